//! Where Google Cloud credentials come from: `GOOGLE_CREDENTIALS` (a path or JSON) and `GOOGLE_OAUTH_ACCESS_TOKEN` as in
//! sops, then the application default credentials: `GOOGLE_APPLICATION_CREDENTIALS`, the file gcloud leaves, the
//! metadata service.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use reqwest::{Method, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::super::cache::Lease;
use super::super::http::{Http, safe_url};
use super::super::oauth::{self, Algorithm, Token, code};
use super::file::File;
use super::{Access, Reason, RemoteSettings, external};
use crate::Looked;

const SCOPE: &str = "https://www.googleapis.com/auth/cloudkms";
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// As long as a token of Google lives.
const HOUR: i64 = 3600;

/// The first credentials there are, as a token.
pub(super) async fn find(settings: &RemoteSettings, http: &Http) -> Result<Lease<Access>, Reason> {
    let variables = &settings.variables;
    let mut looked = Vec::new();
    if let Some(text) = variables.get("GOOGLE_CREDENTIALS") {
        let (name, content) = match read(Path::new(text))? {
            Some(content) => (text, content),
            None => ("GOOGLE_CREDENTIALS", Zeroizing::new(text.as_bytes().to_vec())),
        };
        return from_file(settings, http, name, &content).await;
    }
    looked.push(nothing("GOOGLE_CREDENTIALS", "not set"));
    if let Some(token) = variables.get("GOOGLE_OAUTH_ACCESS_TOKEN") {
        let value = Access { token: token.into(), quota_project: None, universe: None };
        return Ok(Lease { value, expires: None });
    }
    looked.push(nothing("GOOGLE_OAUTH_ACCESS_TOKEN", "not set"));
    if let Some(path) = variables.get("GOOGLE_APPLICATION_CREDENTIALS") {
        let content = read(Path::new(path))?;
        let content = content.ok_or_else(|| {
            Reason::credentials(path, "is named by GOOGLE_APPLICATION_CREDENTIALS and not there")
        })?;
        return from_file(settings, http, path, &content).await;
    }
    looked.push(nothing("GOOGLE_APPLICATION_CREDENTIALS", "not set"));
    if let Some(path) = of_gcloud(settings) {
        let name = path.display().to_string();
        if let Some(content) = read(&path)? {
            return from_file(settings, http, &name, &content).await;
        }
        looked.push(nothing(&name, "not there"));
    }
    if let Some(Lease { value, expires }) = from_metadata(settings, http).await? {
        let value = Access { token: value, quota_project: None, universe: None };
        return Ok(Lease { value, expires });
    }
    looked.push(nothing("the metadata service", "not there"));
    Err(Reason::NoCredentials { service: "Google Cloud", looked })
}

fn of_gcloud(settings: &RemoteSettings) -> Option<PathBuf> {
    settings
        .file("CLOUDSDK_CONFIG", ".config/gcloud")
        .map(|dir| dir.join("application_default_credentials.json"))
}

/// The file's content; `None` if there is no such file.
fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, Reason> {
    use std::io::ErrorKind;
    match fs_err::read(path) {
        Ok(content) => Ok(Some(content.into())),
        // JSON in place of a path may be too long for one.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidFilename) => Ok(None),
        Err(error) => {
            Err(Reason::credentials(path.display().to_string(), format!("cannot be read: {}", error.kind())))
        }
    }
}

async fn from_file(
    settings: &RemoteSettings,
    http: &Http,
    name: &str,
    content: &[u8],
) -> Result<Lease<Access>, Reason> {
    // The error could quote the content.
    let file: File = serde_json::from_slice(content)
        .map_err(|_| Reason::credentials(name, "holds no Google Cloud credentials in JSON"))?;
    let Lease { value, expires } = token(http, name, &file).await?;
    let quota_project =
        settings.variables.get("GOOGLE_CLOUD_QUOTA_PROJECT").map(str::to_owned).or(file.quota_project_id);
    Ok(Lease { value: Access { token: value, quota_project, universe: file.universe_domain }, expires })
}

async fn token(http: &Http, name: &str, file: &File) -> Result<Token, Reason> {
    let source = match file.kind.as_str() {
        "service_account" => return of_service_account(http, name, file).await,
        "authorized_user" => return of_user(http, name, file).await,
        "external_account" => external::token(http, name, file).await?,
        "impersonated_service_account" => {
            let source = file.source_credentials.as_deref();
            let source = source.ok_or_else(|| missing(name, "source_credentials"))?;
            match source.kind.as_str() {
                "service_account" => of_service_account(http, name, source).await?,
                "authorized_user" => of_user(http, name, source).await?,
                "external_account" => external::token(http, name, source).await?,
                other => return Err(unknown(name, other)),
            }
        }
        other => return Err(unknown(name, other)),
    };
    match &file.service_account_impersonation_url {
        Some(url) => impersonate(http, name, url, &source.value).await,
        None => Ok(source),
    }
}

async fn of_service_account(http: &Http, name: &str, file: &File) -> Result<Token, Reason> {
    let email = needed(name, "client_email", file.client_email.as_ref())?;
    let key = needed(name, "private_key", file.private_key.as_ref())?;
    let uri = file.token_uri.as_deref().unwrap_or(TOKEN_URI);
    let now = Timestamp::now().as_second();
    let claims = json!({ "iss": email, "scope": SCOPE, "aud": uri, "iat": now, "exp": now + HOUR });
    let header = file.private_key_id.as_ref().map_or_else(|| json!({}), |id| json!({ "kid": id }));
    let assertion = oauth::jwt(key.expose_secret().as_bytes(), name, Algorithm::Rs256, header, &claims)?;
    let fields = [("grant_type", JWT_BEARER), ("assertion", assertion.expose_secret())];
    oauth::token(http, endpoint(name, uri)?, &fields).await
}

async fn of_user(http: &Http, name: &str, file: &File) -> Result<Token, Reason> {
    let uri = file.token_uri.as_deref().unwrap_or(TOKEN_URI);
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", needed(name, "client_id", file.client_id.as_ref())?),
        ("client_secret", needed(name, "client_secret", file.client_secret.as_ref())?.expose_secret()),
        ("refresh_token", needed(name, "refresh_token", file.refresh_token.as_ref())?.expose_secret()),
    ];
    oauth::token(http, endpoint(name, uri)?, &fields).await
}

/// A token of a service account for one of somebody who may act as it.
async fn impersonate(http: &Http, name: &str, url: &str, token: &SecretString) -> Result<Token, Reason> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Generated {
        access_token: SecretString,
        expire_time: String,
    }
    let request = http
        .request(Method::POST, endpoint(name, url)?)?
        .header("Content-Type", "application/json")
        .bearer_auth(token.expose_secret())
        .body(json!({ "scope": [SCOPE] }).to_string());
    let generated: Generated = http.send(request, code).await?.json("a token")?;
    let expires = generated
        .expire_time
        .parse()
        .map_err(|_| Reason::credentials(name, "leads to a token without an end"))?;
    Ok(Lease { value: generated.access_token, expires: Some(expires) })
}

/// The token of the machine's service account; `None` where there is no metadata service.
async fn from_metadata(settings: &RemoteSettings, http: &Http) -> Result<Option<Token>, Reason> {
    // Its address, and not its name: outside of Google Cloud nobody has to be asked who that is.
    let host = settings.variables.get("GCE_METADATA_HOST").unwrap_or("169.254.169.254");
    let url = format!("http://{host}/computeMetadata/v1/instance/service-accounts/default/token");
    let url = safe_url(&url)
        .ok_or_else(|| Reason::credentials("GCE_METADATA_HOST", "is no host of this machine"))?;
    let request = http.request(Method::GET, url)?.header("Metadata-Flavor", "Google");
    match http.send(request, code).await {
        Ok(answer) => answer.json("a token").map(oauth::Answer::into_lease).map(Some),
        Err(Reason::Unreachable { .. } | Reason::Refused { status: 400..=499, .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

/// A URL out of a credential file: the user's own, and still no place for plain text.
pub(super) fn endpoint(name: &str, url: &str) -> Result<Url, Reason> {
    safe_url(url).ok_or_else(|| Reason::credentials(name, "has an address in it that is not https"))
}

pub(super) fn needed<'a, T>(name: &str, field: &str, value: Option<&'a T>) -> Result<&'a T, Reason> {
    value.ok_or_else(|| missing(name, field))
}

fn missing(name: &str, field: &str) -> Reason {
    Reason::credentials(name, format!("has no {field}"))
}

fn unknown(name: &str, kind: &str) -> Reason {
    Reason::Unsupported {
        what: format!("credentials of type {kind} ({name}) are not supported"),
        remedy: Some("set GOOGLE_OAUTH_ACCESS_TOKEN=\"$(gcloud auth print-access-token)\"".to_owned()),
    }
}

fn nothing(place: &str, found: &str) -> Looked {
    Looked { place: place.to_owned(), found: found.to_owned() }
}
