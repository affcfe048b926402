//! Azure Key Vault: a scripted server that checks its requests and encrypts with a key of its own.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use super::gcp::APPLICATION;
use super::*;

/// Key Vault, Entra ID and the metadata service in one.
fn server() -> ScriptedServer {
    ScriptedServer::answering(|request| {
        let token = |name: &str| {
            // Entra ID gives the seconds as a number, the metadata service as text.
            Reply::json(&json!({"access_token": format!("{name}-pl4nted"), "expires_in": "3599"}))
        };
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        match path {
            "/tenant/oauth2/v2.0/token" => token("application"),
            "/metadata/identity/oauth2/token" if request.header("metadata") == Some("true") => {
                token("machine")
            }
            "/identity" if request.header("x-identity-header") == Some("id-pl4nted") => token("service"),
            _ if !request.header("authorization").is_some_and(|value| value.ends_with("-pl4nted")) => {
                Reply::status(401).body(r#"{"error": {"code": "Unauthorized"}}"#)
            }
            _ if query != "api-version=7.4" => Reply::status(400),
            "/keys/app" => Reply::json(&json!({"key": {"kid": "https://v/keys/app/0a1b", "kty": "RSA"}})),
            path => operate(path, request),
        }
    })
}

fn operate(path: &str, request: &Request) -> Reply {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(body["alg"], "RSA-OAEP-256");
    let value = URL_SAFE_NO_PAD.decode(body["value"].as_str().unwrap()).unwrap();
    let done = |value: &[u8]| {
        Reply::json(&json!({"kid": "https://v/keys/app/0a1b", "value": URL_SAFE_NO_PAD.encode(value)}))
    };
    match path {
        "/keys/app/0a1b/encrypt" => done(&LocalKey::seal(&value)),
        "/keys/app/0a1b/decrypt" => match LocalKey::open(&value) {
            Some(plaintext) => done(&plaintext),
            None => Reply::status(400).body(r#"{"error": {"code": "BadParameter", "message": "pl4nted"}}"#),
        },
        _ => Reply::status(404).body(r#"{"error": {"code": "KeyNotFound"}}"#),
    }
}

fn key(server: &ScriptedServer, version: &str) -> MasterKey {
    let (vault_url, name, version) = (server.url(), "app".to_owned(), version.to_owned());
    MasterKey::AzureKeyVault { vault_url, name, version }
}

/// With these variables, and the server allowed as a vault and in place of Entra ID.
fn azure(server: &ScriptedServer, variables: &[(&str, &str)]) -> Remote {
    let (host, url) = (server.address().to_string(), server.url());
    let mut all = vec![("HELM_SECRETS_AZURE_HOSTS", host.as_str()), ("AZURE_AUTHORITY_HOST", &url)];
    all.extend_from_slice(variables);
    remote(&all)
}

const APP: [(&str, &str); 2] = [("AZURE_TENANT_ID", "tenant"), ("AZURE_CLIENT_ID", "client")];
const SECRET: [(&str, &str); 3] = [APP[0], APP[1], ("AZURE_CLIENT_SECRET", "cs-pl4nted")];

#[track_caller]
fn used(server: &ScriptedServer, variables: &[(&str, &str)]) -> String {
    round_trip(&azure(server, variables), &key(server, "0a1b"));
    let asked = server.requests();
    let token = asked.last().unwrap().header("authorization").unwrap();
    token.strip_prefix("Bearer ").unwrap().strip_suffix("-pl4nted").unwrap().to_owned()
}

/// The fields of a form.
fn form(request: &Request) -> Vec<(String, String)> {
    url::form_urlencoded::parse(request.body.as_bytes()).into_owned().collect()
}

#[test]
fn an_application_with_a_secret() {
    let server = server();
    assert_eq!(used(&server, &SECRET), "application");
    let asked = server.requests();
    assert_eq!(asked.len(), 3, "one token for both");
    let expected = [
        ("grant_type", "client_credentials"),
        ("client_id", "client"),
        ("scope", "https://0.0.1/.default"),
        ("client_secret", "cs-pl4nted"),
    ];
    let expected: Vec<_> = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    assert_eq!(form(&asked[0]), expected);
}

#[test]
fn an_application_with_a_certificate() {
    let server = server();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("application.pem");
    fs_err::write(&file, APPLICATION).unwrap();
    let variables = [APP[0], APP[1], ("AZURE_CLIENT_CERTIFICATE_PATH", file.to_str().unwrap())];
    assert_eq!(used(&server, &variables), "application");
    let fields = form(&server.requests()[0]);
    let assertion = &fields.iter().find(|(name, _)| name == "client_assertion").unwrap().1;
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let PrivateKeyDer::Pkcs8(der) = PrivateKeyDer::from_pem_slice(APPLICATION.as_bytes()).unwrap() else {
        panic!("not PKCS#8")
    };
    let pair = ring::signature::RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, pair.public());
    public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let part =
        |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    assert_eq!(part(header)["alg"], "PS256");
    assert_eq!(part(header)["x5t#S256"].as_str().unwrap().len(), 43);
    assert_eq!(part(claims)["aud"], format!("{}/tenant/oauth2/v2.0/token", server.url()));
}

#[test]
fn a_workload_identity() {
    let server = server();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("token");
    fs_err::write(&file, "jwt-pl4nted\n").unwrap();
    let variables = [APP[0], APP[1], ("AZURE_FEDERATED_TOKEN_FILE", file.to_str().unwrap())];
    assert_eq!(used(&server, &variables), "application");
    let fields = form(&server.requests()[0]);
    assert!(fields.contains(&("client_assertion".to_owned(), "jwt-pl4nted".to_owned())), "{fields:?}");
}

#[test]
fn managed_identities() {
    let server = server();
    let url = server.url();
    assert_eq!(used(&server, &[("AZURE_POD_IDENTITY_AUTHORITY_HOST", &url)]), "machine");
    let asked = &server.requests()[0].path;
    assert!(asked.contains("api-version=2018-02-01&resource=https%3A%2F%2F0.0.1"), "{asked}");
    let endpoint = format!("{url}/identity");
    let variables = [
        ("IDENTITY_ENDPOINT", endpoint.as_str()),
        ("IDENTITY_HEADER", "id-pl4nted"),
        ("AZURE_CLIENT_ID", "mine"),
    ];
    assert_eq!(used(&server, &variables), "service");
    let asked = server.requests();
    let asked = asked.iter().find(|request| request.path.starts_with("/identity")).unwrap();
    assert!(asked.path.ends_with("&client_id=mine"), "{}", asked.path);
}

#[test]
fn a_key_without_a_version_gets_the_newest() {
    let server = server();
    let remote = azure(&server, &SECRET);
    let wrapped = remote.wrap(SHARE, &key(&server, "")).unwrap();
    assert_eq!(wrapped.key, key(&server, "0a1b"));
    assert!(!wrapped.enc.contains(['=', '+', '/']));
    assert_eq!(opened(&remote, &[&wrapped]), SHARE);
}

#[test]
fn vaults_that_only_the_file_names_get_no_token() {
    let server = server();
    let url = server.url();
    let mut variables = SECRET.to_vec();
    variables.push(("AZURE_AUTHORITY_HOST", &url));
    let refusal = refused(&remote(&variables), &wrapped(&key(&server, "0a1b"), "AAAA"));
    assert!(matches!(refusal.reason, Reason::Untrusted { .. }), "{refusal}");
    assert!(refusal.hint().unwrap().contains("HELM_SECRETS_AZURE_HOSTS=127.0.0.1"));
    assert_eq!(server.requests(), []);
}

#[test]
fn refusals() {
    let server = server();
    let remote = azure(&server, &SECRET);
    let not_ours = wrapped(&key(&server, "0a1b"), "AAAA");
    assert_eq!(refused_status(&remote, &not_ours), (400, Some("BadParameter".to_owned())));
    let other = wrapped(&key(&server, "ffff"), "AAAA");
    assert_eq!(refused_status(&remote, &other), (404, Some("KeyNotFound".to_owned())));
    let bad = wrapped(&key(&server, "0a1b"), "a/b+");
    assert!(matches!(refused(&remote, &bad).reason, Reason::BadKey(_)));
}

#[test]
fn no_credentials_anywhere() {
    let server = server();
    let remote = azure(&server, &[("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9")]);
    let text = refused(&remote, &wrapped(&key(&server, "0a1b"), "AAAA")).to_string();
    let expected = "no Azure credentials (AZURE_TENANT_ID and AZURE_CLIENT_ID: not set, \
        the managed identity: not there, az: ";
    assert!(text.contains(expected), "{text}");
}
