//! Where AWS credentials come from. The access key id in the request's signature tells which were used.

use std::collections::BTreeMap;

use serde_json::json;
use tempfile::TempDir;

use super::aws::{key, opening};
use super::*;

const ARN: &str = "arn:aws:kms:us-east-1:1:key/1";

struct Sandbox {
    home: TempDir,
    server: ScriptedServer,
}

impl Sandbox {
    fn new() -> Self {
        let handed_out = |id: &str| {
            Reply::json(&json!({
                "AccessKeyId": id, "SecretAccessKey": "secret-pl4nted", "Token": "token-pl4nted",
                "Expiration": "2090-01-01T00:00:00Z"
            }))
        };
        let server = opening(move |request| match request.path.as_str() {
            "/container" => Some(handed_out("CONTAINER")),
            "/latest/api/token" => Some(Reply::status(200).body("imds-pl4nted")),
            "/latest/meta-data/iam/security-credentials/" => Some(Reply::status(200).body("app\n")),
            "/latest/meta-data/iam/security-credentials/app" => Some(handed_out("INSTANCE")),
            _ if request.body.starts_with("Action=") => Some(Reply::status(200).body(format!(
                "<AccessKeyId>{}</AccessKeyId><SecretAccessKey>s-pl4nted</SecretAccessKey>\
                 <SessionToken>t-pl4nted</SessionToken><Expiration>2090-01-01T00:00:00Z</Expiration>",
                if request.body.contains("WebIdentity") { "WEB" } else { "ROLE" }
            ))),
            _ => None,
        });
        Self { home: tempfile::tempdir().unwrap(), server }
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn remote(&self, variables: &[(&str, &str)]) -> Remote {
        let url = self.server.url();
        let mut all = vec![("AWS_ENDPOINT_URL", url.as_str()), ("AWS_EC2_METADATA_DISABLED", "true")];
        all.retain(|(name, _)| !variables.iter().any(|(own, _)| own == name));
        all.extend_from_slice(variables);
        remote_at(self.home.path(), &all)
    }

    /// The access key that signs the request for the key, whose entry names `profile`.
    #[track_caller]
    fn used(&self, profile: &str, variables: &[(&str, &str)]) -> String {
        let key = MasterKey::aws_kms(ARN, BTreeMap::new(), profile);
        assert_eq!(opened(&self.remote(variables), &[&wrapped(&key, "AAAA")]), SHARE);
        signer(self.server.requests().last().unwrap())
    }
}

fn signer(request: &Request) -> String {
    let (_, rest) = request.header("authorization").unwrap().split_once("Credential=").unwrap();
    rest.split('/').next().unwrap().to_owned()
}

#[test]
fn files_and_profiles() {
    let sandbox = Sandbox::new();
    sandbox.write(
        ".aws/credentials",
        "[default]\naws_access_key_id = DEFAULT\naws_secret_access_key = s-pl4nted\n\
         [team]\naws_access_key_id = TEAM\naws_secret_access_key = s-pl4nted\naws_session_token = t-pl4nted\n",
    );
    assert_eq!(sandbox.used("", &[]), "DEFAULT");
    assert_eq!(sandbox.used("", &[("AWS_PROFILE", "team")]), "TEAM");
    assert_eq!(sandbox.used("team", &[]), "TEAM");
    let variables = [("AWS_ACCESS_KEY_ID", "VARIABLE"), ("AWS_SECRET_ACCESS_KEY", "s-pl4nted")];
    assert_eq!(sandbox.used("", &variables), "VARIABLE");
    assert_eq!(sandbox.used("team", &variables), "TEAM", "the file's own wish comes first");
    let elsewhere = sandbox.write("else", "[default]\naws_access_key_id = ELSE\naws_secret_access_key = s\n");
    assert_eq!(sandbox.used("", &[("AWS_SHARED_CREDENTIALS_FILE", &elsewhere)]), "ELSE");
}

#[test]
fn roles_over_source_profiles() {
    let sandbox = Sandbox::new();
    sandbox.write(
        ".aws/config",
        "[default]\naws_access_key_id = DEFAULT\naws_secret_access_key = s-pl4nted\n\
         [profile middle]\nrole_arn = arn:aws:iam::1:role/middle\nsource_profile = default\n\
         [profile top]\nrole_arn = arn:aws:iam::1:role/top\nsource_profile = middle\nexternal_id = x1\n\
         [profile loop]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = pool\n\
         [profile pool]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = loop\n",
    );
    assert_eq!(sandbox.used("top", &[]), "ROLE");
    let asked = sandbox.server.requests();
    let [middle, top, _] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!((signer(middle), signer(top)), ("DEFAULT".to_owned(), "ROLE".to_owned()));
    assert!(middle.body.contains("role%2Fmiddle&RoleSessionName=sops%40"), "{}", middle.body);
    assert!(top.body.contains("role%2Ftop") && top.body.contains("ExternalId=x1"), "{}", top.body);
    assert!(middle.header("authorization").unwrap().contains("/us-east-1/sts/"));
    let looping = MasterKey::aws_kms(ARN, BTreeMap::new(), "loop");
    let refusal = refused(&sandbox.remote(&[]), &wrapped(&looping, "AAAA"));
    assert!(refusal.to_string().contains("without end"), "{refusal}");
}

#[test]
fn web_identity() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("token", "jwt-pl4nted\n");
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file.as_str()),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/r"),
        ("AWS_ROLE_SESSION_NAME", "ci"),
    ];
    assert_eq!(sandbox.used("", &variables), "WEB");
    let asked = &sandbox.server.requests()[0];
    assert!(asked.body.ends_with("RoleSessionName=ci&WebIdentityToken=jwt-pl4nted"), "{}", asked.body);
    assert_eq!(asked.header("authorization"), None);
    let profile =
        format!("[profile ci]\nrole_arn = arn:aws:iam::1:role/r\nweb_identity_token_file = {file}\n");
    sandbox.write(".aws/config", &profile);
    assert_eq!(sandbox.used("ci", &[]), "WEB");
    let half = sandbox.remote(&variables[..1]);
    let refusal = refused(&half, &wrapped(&key(ARN), "AAAA"));
    assert!(refusal.to_string().contains("without AWS_ROLE_ARN"), "{refusal}");
}

#[test]
fn programs_are_run_without_a_shell() {
    let sandbox = Sandbox::new();
    let printed = json!({
        "Version": 1, "AccessKeyId": "PROGRAM", "SecretAccessKey": "s-pl4nted", "SessionToken": "t",
        "Expiration": "2090-01-01T00:00:00Z"
    });
    let file = sandbox.write("with blank.json", &printed.to_string());
    sandbox.write(
        ".aws/config",
        &format!(
            "[default]\ncredential_process = cat '{file}'\n\
             [profile shell]\ncredential_process = cat {file};true\n\
             [profile none]\ncredential_process = /nonexistent/program\n\
             [profile other]\ncredential_process = echo pl4nted\n"
        ),
    );
    assert_eq!(sandbox.used("", &[]), "PROGRAM");
    for (profile, problem) in
        [("shell", "failed"), ("none", "is not installed"), ("other", "prints no credentials")]
    {
        let key = MasterKey::aws_kms(ARN, BTreeMap::new(), profile);
        let refusal = refused(&sandbox.remote(&[]), &wrapped(&key, "AAAA"));
        assert!(refusal.to_string().contains(problem), "{refusal}");
    }
}

#[test]
fn containers_and_instances() {
    let sandbox = Sandbox::new();
    let full = format!("{}/container", sandbox.server.url());
    let token = sandbox.write("token", "container-pl4nted\n");
    let variables = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", full.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &token),
    ];
    assert_eq!(sandbox.used("", &variables), "CONTAINER");
    assert_eq!(sandbox.server.requests()[0].header("authorization"), Some("container-pl4nted"));
    let url = sandbox.server.url();
    let instance = [("AWS_EC2_METADATA_DISABLED", "false"), ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &*url)];
    assert_eq!(sandbox.used("", &instance), "INSTANCE");
    let asked = sandbox.server.requests();
    let listed = asked.iter().find(|request| request.path.ends_with("/security-credentials/")).unwrap();
    assert_eq!(listed.header("x-aws-ec2-metadata-token"), Some("imds-pl4nted"));
    let outside = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://evil.example/")];
    let refusal = refused(&sandbox.remote(&outside), &wrapped(&key(ARN), "AAAA"));
    assert!(refusal.to_string().contains("is no https URL and none of this machine"), "{refusal}");
}

#[test]
fn what_is_not_there_or_not_supported_is_named() {
    let sandbox = Sandbox::new();
    sandbox.write(
        ".aws/config",
        "[profile sso]\nsso_session = x\n[profile mfa]\nrole_arn = r\nmfa_serial = m\nsource_profile = mfa\n\
         aws_access_key_id = A\naws_secret_access_key = s-pl4nted\n",
    );
    let refusal = |profile: &str, variables: &[(&str, &str)]| {
        let key = MasterKey::aws_kms(ARN, BTreeMap::new(), profile);
        refused(&sandbox.remote(variables), &wrapped(&key, "AAAA"))
    };
    let sso = refusal("sso", &[]);
    assert!(sso.to_string().contains("logs in by SSO"), "{sso}");
    assert!(sso.hint().unwrap().contains("export-credentials --profile sso"));
    assert!(refusal("mfa", &[]).to_string().contains("second factor"));
    assert!(refusal("nobody", &[]).to_string().contains("the AWS profile nobody is not in"));
    assert!(
        refusal("", &[("AWS_PROFILE", "nobody")]).to_string().contains("the AWS profile nobody is not in")
    );
    assert_eq!(
        refusal("", &[]).to_string(),
        format!(
            "kms {ARN}: no AWS credentials (AWS_ACCESS_KEY_ID: not set, AWS_WEB_IDENTITY_TOKEN_FILE: not set, \
             the profile default: not in ~/.aws/config and ~/.aws/credentials, the container: hands out none, \
             the instance: hands out none)"
        )
    );
    assert_eq!(sandbox.server.requests(), []);
}

#[test]
fn credentials_are_got_once() {
    let sandbox = Sandbox::new();
    let full = format!("{}/container", sandbox.server.url());
    let remote = sandbox.remote(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &full)]);
    for _ in 0..3 {
        assert_eq!(opened(&remote, &[&wrapped(&key(ARN), "AAAA")]), SHARE);
    }
    let asked = sandbox.server.requests();
    assert_eq!(asked.iter().filter(|request| request.path == "/container").count(), 1);
    assert_eq!(asked.len(), 4);
}
