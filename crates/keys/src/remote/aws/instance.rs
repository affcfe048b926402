//! Credentials that the machine hands out: a container's agent (ECS, EKS Pod Identity), or the metadata service of an
//! EC2 instance (IMDS version 2).

use jiff::Timestamp;
use reqwest::{Method, Url};
use secrecy::SecretString;
use serde::Deserialize;

use super::super::cache::Lease;
use super::super::http::{Http, safe_url};
use super::{Credentials, Reason, RemoteSettings, code};

const ECS: &str = "http://169.254.170.2";
const IMDS: &str = "http://169.254.169.254";
const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const EXPECTED: &str = "credentials";

/// The form in which both, and programs, hand credentials out.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HandedOut {
    /// Of the form; only programs say.
    version: Option<u32>,
    access_key_id: String,
    secret_access_key: SecretString,
    #[serde(alias = "Token")]
    session_token: Option<SecretString>,
    expiration: Option<String>,
}

impl HandedOut {
    /// Whether it says that it has this form.
    pub fn is_versioned(&self) -> bool {
        self.version == Some(1)
    }

    pub fn into_lease(self) -> Lease<Credentials> {
        let Self { access_key_id, secret_access_key, session_token, expiration, .. } = self;
        let expires = expiration.and_then(|text| text.parse::<Timestamp>().ok());
        Lease { value: Credentials { access_key_id, secret_access_key, session_token }, expires }
    }
}

/// What the container's agent hands out; `None` outside a container.
pub(super) async fn from_container(
    settings: &RemoteSettings,
    http: &Http,
) -> Result<Option<Lease<Credentials>>, Reason> {
    let variables = &settings.variables;
    let (variable, text) = match (variables.get(FULL), variables.get(RELATIVE)) {
        (_, Some(path)) => (RELATIVE, format!("{ECS}{path}")),
        (Some(url), None) => (FULL, url.to_owned()),
        (None, None) => return Ok(None),
    };
    let problem = "is no https URL and none of this machine";
    let url = safe_url(&text).ok_or_else(|| Reason::credentials(variable, problem))?;
    let mut request = http.request(Method::GET, url)?.header("Accept", "application/json");
    let token = match variables.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
        Some(file) => Some(super::credentials::read_token(file)?),
        None => variables.get("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(|token| token.to_owned().into()),
    };
    if let Some(token) = token {
        request = request.header("Authorization", token.as_str());
    }
    let handed: HandedOut = http.send(request, code).await?.json(EXPECTED)?;
    Ok(Some(handed.into_lease()))
}

/// What the instance's metadata service hands out; `None` where there is no such service or no role.
pub(super) async fn from_metadata(
    settings: &RemoteSettings,
    http: &Http,
) -> Result<Option<Lease<Credentials>>, Reason> {
    let variables = &settings.variables;
    if variables.get("AWS_EC2_METADATA_DISABLED").is_some_and(|text| text.eq_ignore_ascii_case("true")) {
        return Ok(None);
    }
    let variable = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
    let text = variables.get(variable).unwrap_or(IMDS);
    let base = safe_url(text).ok_or_else(|| Reason::credentials(variable, "is no URL of this machine"))?;
    let at = |path: &str| -> Result<Url, Reason> {
        base.join(path).map_err(|_| Reason::credentials(variable, "is no URL"))
    };
    let token = http
        .request(Method::PUT, at("/latest/api/token")?)?
        .header("X-aws-ec2-metadata-token-ttl-seconds", "300")
        .body(Vec::new());
    let token = match http.send(token, code).await {
        Ok(answer) => SecretString::from(answer.text("a session token")?.trim()),
        Err(Reason::Unreachable { .. } | Reason::Refused { status: 403..=405, .. }) => return Ok(None),
        Err(other) => return Err(other),
    };
    let get = async |path: &str| {
        use secrecy::ExposeSecret as _;
        let request = http.request(Method::GET, at(path)?)?;
        http.send(request.header("X-aws-ec2-metadata-token", token.expose_secret()), code).await
    };
    let roles = "/latest/meta-data/iam/security-credentials/";
    let role = match get(roles).await {
        Ok(answer) => answer.text("the name of a role")?.lines().next().unwrap_or_default().trim().to_owned(),
        Err(Reason::Refused { status: 404, .. }) => return Ok(None),
        Err(other) => return Err(other),
    };
    let handed: HandedOut = get(&format!("{roles}{role}")).await?.json(EXPECTED)?;
    Ok(Some(handed.into_lease()))
}
