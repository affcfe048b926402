//! Where Azure credentials come from, in the order of the Azure SDKs: an application's secret or certificate in the
//! environment, a workload identity, the managed identity of the machine, the Azure CLI.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::super::cache::Lease;
use super::super::http::{Http, safe_url};
use super::super::oauth::{self, Algorithm, Token};
use super::super::program;
use super::{Reason, RemoteSettings, managed};
use crate::Looked;

const AUTHORITY: &str = "https://login.microsoftonline.com";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Longest life that Entra ID grants an assertion is a day.
const TEN_MINUTES: i64 = 600;

/// The first token there is for `resource` (`https://vault.azure.net`).
pub(super) async fn find(settings: &RemoteSettings, http: &Http, resource: &str) -> Result<Token, Reason> {
    let variables = &settings.variables;
    let mut looked = Vec::new();
    let application = (variables.get("AZURE_TENANT_ID"), variables.get("AZURE_CLIENT_ID"));
    if let (Some(tenant), Some(client)) = application {
        let application = Application { settings, http, tenant, client, resource };
        if let Some(secret) = variables.get("AZURE_CLIENT_SECRET") {
            return application.token(&[("client_secret", secret)]).await;
        }
        if let Some(path) = variables.get("AZURE_CLIENT_CERTIFICATE_PATH") {
            let assertion = application.by_certificate(path)?;
            return application.by_assertion(assertion.expose_secret()).await;
        }
        if let Some(path) = variables.get("AZURE_FEDERATED_TOKEN_FILE") {
            return application.by_assertion(String::from_utf8_lossy(&read(path)?).trim()).await;
        }
        looked.push(nothing("AZURE_CLIENT_SECRET and AZURE_FEDERATED_TOKEN_FILE", "not set"));
    } else {
        looked.push(nothing("AZURE_TENANT_ID and AZURE_CLIENT_ID", "not set"));
    }
    if let Some(token) = managed::token(settings, http, resource).await? {
        return Ok(token);
    }
    looked.push(nothing("the managed identity", "not there"));
    match by_cli(resource).await {
        Ok(Some(token)) => return Ok(token),
        Ok(None) => looked.push(nothing("az", "not installed")),
        Err(problem) => looked.push(nothing("az", &problem)),
    }
    Err(Reason::NoCredentials { service: "Azure", looked })
}

/// An application of Entra ID asks for a token.
struct Application<'a> {
    settings: &'a RemoteSettings,
    http: &'a Http,
    tenant: &'a str,
    client: &'a str,
    resource: &'a str,
}

impl Application<'_> {
    fn endpoint(&self) -> Result<Url, Reason> {
        let name = "AZURE_AUTHORITY_HOST";
        let host = self.settings.variables.get(name).unwrap_or(AUTHORITY);
        let with_scheme = if host.contains("://") { host.to_owned() } else { format!("https://{host}") };
        let problem = || Reason::credentials(name, "is no https URL");
        let mut url = safe_url(&with_scheme).ok_or_else(problem)?;
        let parts = [self.tenant, "oauth2", "v2.0", "token"];
        url.path_segments_mut().map_err(|()| problem())?.pop_if_empty().extend(parts);
        Ok(url)
    }

    async fn token(&self, proof: &[(&str, &str)]) -> Result<Token, Reason> {
        let scope = format!("{}/.default", self.resource);
        let mut fields =
            vec![("grant_type", "client_credentials"), ("client_id", self.client), ("scope", &scope)];
        fields.extend_from_slice(proof);
        oauth::token(self.http, self.endpoint()?, &fields).await
    }

    async fn by_assertion(&self, assertion: &str) -> Result<Token, Reason> {
        self.token(&[("client_assertion_type", ASSERTION), ("client_assertion", assertion)]).await
    }

    /// An assertion signed with the key in a PEM file, which has the certificate, too.
    fn by_certificate(&self, path: &str) -> Result<SecretString, Reason> {
        let pem = read(path)?;
        let certificate = CertificateDer::from_pem_slice(&pem)
            .map_err(|_| Reason::credentials(path, "holds no certificate in PEM form"))?;
        let thumbprint = ring::digest::digest(&ring::digest::SHA256, &certificate);
        let header = json!({ "x5t#S256": URL_SAFE_NO_PAD.encode(thumbprint) });
        let now = Timestamp::now().as_second();
        let claims = json!({
            "aud": self.endpoint()?.as_str(),
            "iss": self.client,
            "sub": self.client,
            "jti": format!("{:032x}", rand::random::<u128>()),
            "nbf": now,
            "exp": now + TEN_MINUTES,
        });
        oauth::jwt(&pem, path, Algorithm::Ps256, header, &claims)
    }
}

/// The token of whoever is logged in with the Azure CLI; the error is for the list of places.
async fn by_cli(resource: &str) -> Result<Option<Token>, String> {
    #[derive(Deserialize)]
    struct Printed {
        #[serde(rename = "accessToken")]
        access_token: SecretString,
        /// Seconds since 1970; older versions do not say.
        expires_on: Option<i64>,
    }
    let words = ["az", "account", "get-access-token", "--output", "json", "--resource", resource];
    let printed =
        program::output(&words.map(str::to_owned), "az").await.map_err(|_| "not logged in".to_owned())?;
    let Some(printed) = printed else { return Ok(None) };
    let Printed { access_token, expires_on } =
        serde_json::from_slice(&printed).map_err(|_| "prints no token".to_owned())?;
    let expires = expires_on.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let soon = || Timestamp::now().checked_add(SignedDuration::from_mins(5)).ok();
    Ok(Some(Lease { value: access_token, expires: expires.or_else(soon) }))
}

fn read(path: &str) -> Result<Zeroizing<Vec<u8>>, Reason> {
    let failed =
        |error: std::io::Error| Reason::credentials(path, format!("cannot be read: {}", error.kind()));
    fs_err::read(path).map(Zeroizing::new).map_err(failed)
}

fn nothing(place: &str, found: &str) -> Looked {
    Looked { place: place.to_owned(), found: found.to_owned() }
}
