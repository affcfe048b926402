//! Keys of services: Transit of a real OpenBao, AWS KMS as moto plays it, Google Cloud KMS as a scripted server.
//!
//! Azure Key Vault is tried with our side only: sops insists on https and on a host of Azure.

use std::sync::OnceLock;

use serde_json::{Value, json};
use testkit::{Moto, OpenBao, Reply, ScriptedServer, openbao};

use crate::bench::Bench;

const TEXT: &str = "a: correct-horse\nb:\n    - 1\n    - x\n";
const GCP_KEY: &str = "projects/p/locations/global/keyRings/r/cryptoKeys/k";

/// The servers that all tests share.
struct Services {
    bao: OpenBao,
    moto: Moto,
    google: ScriptedServer,
}

fn services() -> &'static Services {
    static SHARED: OnceLock<Services> = OnceLock::new();
    SHARED.get_or_init(|| {
        let bao = OpenBao::start();
        for engine in ["sops", "team/a/transit"] {
            bao.write(&format!("/v1/sys/mounts/{engine}"), &json!({"type": "transit"}));
            bao.write(&format!("/v1/{engine}/keys/app"), &json!({}));
        }
        Services { bao, moto: Moto::start(), google: google() }
    })
}

/// "Encrypts" by a mark in front of the base64 text, which no other ciphertext has.
fn google() -> ScriptedServer {
    const MARK: &str = "c2Vh";
    ScriptedServer::answering(|request| {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        let text = |field: &str| body[field].as_str().unwrap().to_owned();
        let path = request.path.split('?').next().unwrap();
        match path.strip_prefix("/v1/").and_then(|path| path.strip_prefix(GCP_KEY)) {
            Some(":encrypt") => Reply::json(&json!({"ciphertext": format!("{MARK}{}", text("plaintext"))})),
            Some(":decrypt") => match text("ciphertext").strip_prefix(MARK) {
                Some(plaintext) => Reply::json(&json!({"plaintext": plaintext})),
                None => Reply::status(400),
            },
            _ => Reply::status(404),
        }
    })
}

impl Services {
    fn transit(&self, engine: &str) -> String {
        format!("{}/v1/{engine}/keys/app", self.bao.url())
    }
}

/// A folder without age identities, from which every service can be used.
fn bench() -> Bench {
    let Services { bao, moto, google } = services();
    let mut bench = Bench::new();
    bench.unset("SOPS_AGE_KEY_FILE");
    for (name, value) in [
        ("VAULT_ADDR", bao.url()),
        ("VAULT_TOKEN", openbao::ROOT_TOKEN.to_owned()),
        ("AWS_ENDPOINT_URL", moto.url()),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "correct-battery".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("SOPS_GCP_KMS_ENDPOINT", google.url()),
        ("SOPS_GCP_KMS_CLIENT_TYPE", "rest".to_owned()),
        ("GOOGLE_OAUTH_ACCESS_TOKEN", "correct-staple".to_owned()),
    ] {
        bench.set(name, value);
    }
    bench
}

/// By this rule each side encrypts, and both sides read it.
#[track_caller]
fn both_ways(bench: &Bench, rule: &str) {
    bench.write(".sops.yaml", format!("creation_rules:\n- {rule}\n"));
    for ours in [true, false] {
        bench.write("secret.yaml", TEXT);
        let encrypt = ["encrypt", "-i", "secret.yaml"];
        let run = if ours { bench.ours(&encrypt) } else { bench.theirs(&encrypt) };
        run.assert_success();
        assert!(!bench.read("secret.yaml").contains("correct-horse"));
        for run in [bench.ours(&["decrypt", "secret.yaml"]), bench.theirs(&["decrypt", "secret.yaml"])] {
            assert_eq!(run.assert_success().stdout(), TEXT, "{rule}");
        }
    }
}

#[test]
fn transit() {
    let bench = bench();
    for engine in ["sops", "team/a/transit"] {
        both_ways(&bench, &format!("hc_vault_transit_uri: {}", services().transit(engine)));
    }
}

#[test]
fn aws_kms() {
    let bench = bench();
    let arn = services().moto.create_key("eu-central-1");
    both_ways(&bench, &format!("kms: {arn}"));
    both_ways(&bench, &format!("kms: '{arn}+arn:aws:iam::{}:role/app'", testkit::moto::ACCOUNT));
    both_ways(
        &bench,
        &format!("key_groups: [{{kms: [{{arn: '{arn}', context: {{app: one, env: prod}}}}]}}]"),
    );
}

#[test]
fn google_cloud_kms() {
    both_ways(&bench(), &format!("gcp_kms: {GCP_KEY}"));
}

/// A file for a key of Azure, opened with the token of whoever is logged in with the Azure CLI.
#[test]
fn azure_key_vault() {
    let vault = ScriptedServer::answering(|request| {
        if request.header("authorization") != Some("Bearer correct-azure") {
            return Reply::status(401);
        }
        assert_eq!(request.path, "/keys/app/0a1b/decrypt?api-version=7.4");
        // This vault "encrypts" by doing nothing.
        let body: Value = serde_json::from_str(&request.body).unwrap();
        Reply::json(&json!({"value": body["value"]}))
    });
    let mut bench = bench();
    bench.write(".sops.yaml", format!("creation_rules: [{{gcp_kms: '{GCP_KEY}'}}]\n"));
    bench.write("secret.yaml", TEXT);
    bench.theirs(&["encrypt", "-i", "secret.yaml"]).assert_success();
    // The data key in base64, out of the entry that the scripted Google made.
    let text = bench.read("secret.yaml");
    let (values, rest) = text.split_once("    gcp_kms:\n").unwrap();
    let (entry, rest) = rest.split_once("    lastmodified:").unwrap();
    let (_, sealed) = entry.split_once("enc: c2Vh").unwrap();
    let enc = sealed.lines().next().unwrap().replace('+', "-").replace('/', "_");
    let entry = format!(
        "    azure_kv:\n        - vault_url: {}\n          name: app\n          version: 0a1b\n          \
         created_at: \"2026-01-02T03:04:05Z\"\n          enc: {}\n",
        vault.url(),
        enc.trim_end_matches('=')
    );
    bench.write("secret.yaml", format!("{values}{entry}    lastmodified:{rest}"));

    let refused = bench.ours(&["decrypt", "secret.yaml"]);
    assert_eq!(refused.code(), Some(1), "{refused}");
    assert!(refused.stderr().contains("no credentials are sent to http://127.0.0.1"), "{refused}");
    assert_eq!(vault.requests(), []);

    bench.set("HELM_SECRETS_AZURE_HOSTS", vault.address().to_string());
    bench.set("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9");
    let program = "#!/bin/sh\n[ \"$*\" = 'account get-access-token --output json --resource https://0.0.1' ] || exit 1\n\
                   echo '{\"accessToken\": \"correct-azure\", \"expires_on\": 4102444800}'\n";
    let az = bench.write("programs/az", program);
    fs_err::set_permissions(&az, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", az.parent().unwrap().display());
    bench.set("PATH", path);
    assert_eq!(bench.ours(&["decrypt", "secret.yaml"]).assert_success().stdout(), TEXT);
}

#[test]
fn one_of_each() {
    let arn = services().moto.create_key("us-east-1");
    let transit = services().transit("sops");
    both_ways(
        &bench(),
        &format!("{{kms: '{arn}', gcp_kms: '{GCP_KEY}', hc_vault_transit_uri: '{transit}'}}"),
    );
}

#[test]
fn shares_at_different_services() {
    let arn = services().moto.create_key("us-east-1");
    let transit = services().transit("sops");
    let groups = format!(
        "{{shamir_threshold: 2, key_groups: [{{kms: [{{arn: '{arn}'}}]}}, \
         {{gcp_kms: [{{resource_id: '{GCP_KEY}'}}]}}, {{hc_vault: ['{transit}']}}]}}"
    );
    let mut bench = bench();
    both_ways(&bench, &groups);
    // Two of three are enough, whichever they are.
    bench.set("VAULT_TOKEN", "wrong-token");
    for run in [bench.ours(&["decrypt", "secret.yaml"]), bench.theirs(&["decrypt", "secret.yaml"])] {
        assert_eq!(run.assert_success().stdout(), TEXT);
    }
    bench.set("SOPS_GCP_KMS_ENDPOINT", "http://127.0.0.1:9");
    for run in [bench.ours(&["decrypt", "secret.yaml"]), bench.theirs(&["decrypt", "secret.yaml"])] {
        assert_ne!(run.code(), Some(0), "{run}");
    }
}

#[test]
fn a_key_that_does_not_open_is_told_with_its_reason() {
    let mut bench = bench();
    let transit = services().transit("sops");
    bench.write(".sops.yaml", format!("creation_rules: [{{hc_vault_transit_uri: '{transit}'}}]\n"));
    bench.write("secret.yaml", TEXT);
    bench.ours(&["encrypt", "-i", "secret.yaml"]).assert_success();
    bench.set("VAULT_TOKEN", "wrong-token");
    let run = bench.ours(&["decrypt", "secret.yaml"]);
    assert_eq!(run.code(), Some(1), "{run}");
    assert!(run.stderr().contains("does not permit sops/decrypt/app (status 403)"), "{run}");
    assert!(!run.stderr().contains("wrong-token"), "{run}");
    // As sops has it: the list decides alone.
    bench.set("VAULT_TOKEN", openbao::ROOT_TOKEN);
    bench.set("SOPS_HC_VAULT_ALLOWLIST", "https://vault.example.com");
    for run in [bench.ours(&["decrypt", "secret.yaml"]), bench.theirs(&["decrypt", "secret.yaml"])] {
        assert_ne!(run.code(), Some(0), "{run}");
    }
    bench.set("SOPS_HC_VAULT_ALLOWLIST", format!("https://vault.example.com, {}", services().bao.url()));
    for run in [bench.ours(&["decrypt", "secret.yaml"]), bench.theirs(&["decrypt", "secret.yaml"])] {
        assert_eq!(run.assert_success().stdout(), TEXT);
    }
}
