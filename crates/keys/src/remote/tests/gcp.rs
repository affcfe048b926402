//! Google Cloud KMS: a scripted server that checks its requests and encrypts with a key of its own.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use super::*;

const KEY: &str = "projects/p/locations/global/keyRings/r/cryptoKeys/k";
/// An RSA key made for these tests, with its certificate.
pub const APPLICATION: &str = include_str!("application.pem");

fn key() -> MasterKey {
    MasterKey::GcpKms { resource_id: KEY.to_owned() }
}

/// Key service, token endpoint, exchange, impersonation and metadata service in one.
fn server() -> ScriptedServer {
    ScriptedServer::answering(|request| {
        let token = |name: &str| json!({"access_token": format!("{name}-pl4nted"), "expires_in": 3599});
        match request.path.as_str() {
            "/token" => Reply::json(&token("refreshed")),
            "/exchange" => Reply::json(&token("exchanged")),
            "/impersonate" => Reply::json(&json!({
                "accessToken": "impersonating-pl4nted", "expireTime": "2090-01-01T00:00:00Z"
            })),
            "/subject" => Reply::json(&json!({"value": "subject-pl4nted"})),
            "/computeMetadata/v1/instance/service-accounts/default/token" => {
                assert_eq!(request.header("metadata-flavor"), Some("Google"));
                Reply::json(&token("metadata"))
            }
            path => operate(path, request),
        }
    })
}

fn operate(path: &str, request: &Request) -> Reply {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let bytes = |field: &str| STANDARD.decode(body[field].as_str().unwrap()).unwrap();
    if !request.header("authorization").is_some_and(|value| value.ends_with("-pl4nted")) {
        return Reply::status(401).body(r#"{"error": {"code": 401, "status": "UNAUTHENTICATED"}}"#);
    }
    match path.strip_prefix("/v1/").and_then(|path| path.strip_prefix(KEY)) {
        Some(":encrypt") => {
            Reply::json(&json!({"ciphertext": STANDARD.encode(LocalKey::seal(&bytes("plaintext")))}))
        }
        Some(":decrypt") => match LocalKey::open(&bytes("ciphertext")) {
            Some(plaintext) => Reply::json(&json!({"plaintext": STANDARD.encode(plaintext)})),
            None => {
                Reply::status(400).body(r#"{"error": {"status": "INVALID_ARGUMENT", "message": "pl4nted"}}"#)
            }
        },
        _ => Reply::status(404).body("<html>pl4nted"),
    }
}

/// Encrypts and decrypts with these variables, and tells with which token.
#[track_caller]
fn used(server: &ScriptedServer, variables: &[(&str, &str)]) -> String {
    let url = server.url();
    let mut all = vec![("SOPS_GCP_KMS_ENDPOINT", url.as_str())];
    all.extend_from_slice(variables);
    let remote = remote(&all);
    round_trip(&remote, &key());
    let asked = server.requests();
    let operations: Vec<&Request> = asked.iter().filter(|request| request.path.starts_with("/v1/")).collect();
    let [.., first, second] = operations[..] else { panic!("{operations:?}") };
    assert_eq!(first.header("authorization"), second.header("authorization"));
    let token = second.header("authorization").unwrap();
    token.strip_prefix("Bearer ").unwrap().strip_suffix("-pl4nted").unwrap().to_owned()
}

#[test]
fn a_token_in_the_environment() {
    assert_eq!(used(&server(), &[("GOOGLE_OAUTH_ACCESS_TOKEN", "given-pl4nted")]), "given");
}

#[test]
fn a_service_account_signs_for_its_token() {
    let server = server();
    let uri = format!("{}/token", server.url());
    let account = json!({
        "type": "service_account", "client_email": "app@p.iam", "private_key": APPLICATION,
        "private_key_id": "k1", "token_uri": uri
    });
    // As JSON, and as the path of a file; sops takes both.
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("account.json");
    fs_err::write(&file, account.to_string()).unwrap();
    assert_eq!(used(&server, &[("GOOGLE_CREDENTIALS", &account.to_string())]), "refreshed");
    assert_eq!(used(&server, &[("GOOGLE_CREDENTIALS", file.to_str().unwrap())]), "refreshed");
    assert_eq!(used(&server, &[("GOOGLE_APPLICATION_CREDENTIALS", file.to_str().unwrap())]), "refreshed");

    let asked = server.requests();
    assert_eq!(asked.iter().filter(|request| request.path == "/token").count(), 3, "one for each process");
    let form = &asked[0].body;
    let (head, assertion) = form.split_once("&assertion=").unwrap();
    assert_eq!(head, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer");
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let PrivateKeyDer::Pkcs8(der) = PrivateKeyDer::from_pem_slice(APPLICATION.as_bytes()).unwrap() else {
        panic!("not PKCS#8")
    };
    let pair = ring::signature::RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public());
    public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let part =
        |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    let (header, claims) = signed.split_once('.').unwrap();
    assert_eq!(part(header), json!({"kid": "k1", "alg": "RS256", "typ": "JWT"}));
    let claims = part(claims);
    assert_eq!((claims["iss"].as_str(), claims["aud"].as_str()), (Some("app@p.iam"), Some(uri.as_str())));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3600);
}

#[test]
fn what_gcloud_leaves_behind() {
    let server = server();
    let user = json!({
        "type": "authorized_user", "client_id": "c", "client_secret": "s-pl4nted",
        "refresh_token": "r-pl4nted", "token_uri": format!("{}/token", server.url()), "quota_project_id": "payer"
    });
    let dir = tempfile::tempdir().unwrap();
    fs_err::write(dir.path().join("application_default_credentials.json"), user.to_string()).unwrap();
    assert_eq!(used(&server, &[("CLOUDSDK_CONFIG", dir.path().to_str().unwrap())]), "refreshed");
    let asked = server.requests();
    assert_eq!(
        asked[0].body,
        "grant_type=refresh_token&client_id=c&client_secret=s-pl4nted&refresh_token=r-pl4nted"
    );
    assert_eq!(asked[1].header("x-goog-user-project"), Some("payer"));
}

#[test]
fn workload_identity() {
    let server = server();
    let url = server.url();
    let dir = tempfile::tempdir().unwrap();
    let token = dir.path().join("token");
    fs_err::write(&token, "subject-pl4nted\n").unwrap();
    let from_file = json!({"file": token.to_str().unwrap()});
    let from_url = json!({
        "url": format!("{url}/subject"), "headers": {"Authorization": "bearer runner-pl4nted"},
        "format": {"type": "json", "subject_token_field_name": "value"}
    });
    for (source, impersonates) in [(from_file, false), (from_url, true)] {
        let mut account = json!({
            "type": "external_account", "audience": "//iam/aud", "token_url": format!("{url}/exchange"),
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "credential_source": source
        });
        if impersonates {
            account["service_account_impersonation_url"] = format!("{url}/impersonate").into();
        }
        let expected = if impersonates { "impersonating" } else { "exchanged" };
        assert_eq!(used(&server, &[("GOOGLE_CREDENTIALS", &account.to_string())]), expected);
    }
    let asked = server.requests();
    assert!(asked[0].body.contains("subject_token=subject-pl4nted&"), "{}", asked[0].body);
    let subject = asked.iter().find(|request| request.path == "/subject").unwrap();
    assert_eq!(subject.header("authorization"), Some("bearer runner-pl4nted"));
    let impersonation = asked.iter().find(|request| request.path == "/impersonate").unwrap();
    assert_eq!(impersonation.header("authorization"), Some("Bearer exchanged-pl4nted"));
}

#[test]
fn the_metadata_service() {
    let server = server();
    let host = server.address().to_string();
    assert_eq!(used(&server, &[("GCE_METADATA_HOST", &host)]), "metadata");
}

#[test]
fn refusals() {
    let server = server();
    let url = server.url();
    let with = |name: &str, value: &str| {
        let enc = STANDARD.encode("x");
        refused(&remote(&[("SOPS_GCP_KMS_ENDPOINT", &url), (name, value)]), &wrapped(&key(), &enc))
            .to_string()
    };
    assert!(with("GOOGLE_OAUTH_ACCESS_TOKEN", "bad").ends_with("(status 401, UNAUTHENTICATED)"));
    assert!(with("GOOGLE_OAUTH_ACCESS_TOKEN", "t-pl4nted").ends_with("(status 400, INVALID_ARGUMENT)"));
    assert!(
        with("GOOGLE_CREDENTIALS", "{pl4nted")
            .contains("GOOGLE_CREDENTIALS holds no Google Cloud credentials")
    );
    assert!(with("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent/a.json").contains("and not there"));
    for (account, problem) in [
        (json!({"type": "gdch_service_account"}), "credentials of type gdch_service_account"),
        (json!({"type": "authorized_user", "client_id": "c"}), "has no client_secret"),
        (
            json!({"type": "service_account", "client_email": "e", "private_key": "pl4nted"}),
            "no usable RSA private key",
        ),
        (
            json!({"type": "authorized_user", "client_id": "c", "client_secret": "pl4nted",
                "refresh_token": "pl4nted", "token_uri": "http://evil.example/"}),
            "an address in it that is not https",
        ),
    ] {
        let text = with("GOOGLE_CREDENTIALS", &account.to_string());
        assert!(text.contains(problem), "{text}");
    }
    let nowhere = remote(&[("GCE_METADATA_HOST", "127.0.0.1:9"), ("SOPS_GCP_KMS_ENDPOINT", &url)]);
    let text = refused(&nowhere, &wrapped(&key(), "AAAA")).to_string();
    assert!(text.contains("no Google Cloud credentials (GOOGLE_CREDENTIALS: not set, "), "{text}");
    assert!(
        text.ends_with("application_default_credentials.json: not there, the metadata service: not there)"),
        "{text}"
    );
}
