//! The managed identity of a machine: of an App Service or Function by `IDENTITY_ENDPOINT`, else by the instance's
//! metadata service.

use reqwest::{Method, Url};

use super::super::http::{Http, safe_url};
use super::super::oauth::{self, Token, code};
use super::{Reason, RemoteSettings};

const IMDS: &str = "http://169.254.169.254";

/// The identity's token for `resource`; `None` where there is no identity. `AZURE_CLIENT_ID` says which, of several.
pub(super) async fn token(
    settings: &RemoteSettings,
    http: &Http,
    resource: &str,
) -> Result<Option<Token>, Reason> {
    let variables = &settings.variables;
    let service = match (variables.get("IDENTITY_ENDPOINT"), variables.get("IDENTITY_HEADER")) {
        (Some(endpoint), Some(secret)) => Some((endpoint, secret)),
        _ => None,
    };
    let (url, api_version, header) = match service {
        Some((endpoint, secret)) => {
            let url = Url::parse(endpoint).ok().filter(Url::has_host);
            let url = url.ok_or_else(|| Reason::credentials("IDENTITY_ENDPOINT", "is no URL"))?;
            (url, "2019-08-01", ("X-IDENTITY-HEADER", secret))
        }
        None => {
            let name = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
            let base = safe_url(variables.get(name).unwrap_or(IMDS));
            let base = base.ok_or_else(|| Reason::credentials(name, "is no URL of this machine"))?;
            let url = base.join("/metadata/identity/oauth2/token");
            let url = url.map_err(|_| Reason::credentials(name, "is no URL"))?;
            (url, "2018-02-01", ("Metadata", "true"))
        }
    };
    let mut url = url;
    {
        let mut query = url.query_pairs_mut();
        query.append_pair("api-version", api_version).append_pair("resource", resource);
        if let Some(client) = variables.get("AZURE_CLIENT_ID") {
            query.append_pair("client_id", client);
        }
    }
    let request = http.request(Method::GET, url)?.header(header.0, header.1);
    match http.send(request, code).await {
        Ok(answer) => answer.json("a token").map(oauth::Answer::into_lease).map(Some),
        // A machine without an identity answers 400.
        Err(Reason::Unreachable { .. } | Reason::Refused { status: 400..=499, .. }) if service.is_none() => {
            Ok(None)
        }
        Err(other) => Err(other),
    }
}
