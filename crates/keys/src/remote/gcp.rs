//! Google Cloud KMS by its REST API.
//!
//! `SOPS_GCP_KMS_ENDPOINT` and `SOPS_GCP_KMS_UNIVERSE_DOMAIN` replace the service's own address; a file cannot.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::cache::{Cache, Lease};
use super::http::{Answer, Http};
use super::oauth::code;
use super::settings::Variables;
use super::{Reason, RemoteSettings};

mod credentials;
mod external;
mod file;

/// The tokens got so far: there is one user.
#[derive(Debug, Default)]
pub(super) struct Gcp(Cache<(), Arc<Access>>);

/// What the credentials come to.
#[derive(Debug)]
struct Access {
    token: SecretString,
    /// The project that pays, where it is not that of the key.
    quota_project: Option<String>,
    /// `googleapis.com` if the credentials do not say otherwise.
    universe: Option<String>,
}

impl Gcp {
    /// The ciphertext in base64.
    pub async fn encrypt(
        &self,
        settings: &RemoteSettings,
        http: &Http,
        resource: &str,
        plaintext: &[u8],
    ) -> Result<String, Reason> {
        #[derive(Deserialize)]
        struct Encrypted {
            ciphertext: String,
        }
        let plaintext = Zeroizing::new(STANDARD.encode(plaintext));
        let body = Zeroizing::new(json!({ "plaintext": *plaintext }).to_string());
        let answer = self.ask(settings, http, resource, "encrypt", &body).await?;
        let Encrypted { ciphertext } = answer.json("a ciphertext")?;
        Ok(ciphertext)
    }

    /// `enc` is the ciphertext in base64.
    pub async fn decrypt(
        &self,
        settings: &RemoteSettings,
        http: &Http,
        resource: &str,
        enc: &str,
    ) -> Result<Zeroizing<Vec<u8>>, Reason> {
        #[derive(Deserialize)]
        struct Decrypted {
            plaintext: String,
        }
        let enc: String = enc.split_ascii_whitespace().collect();
        STANDARD.decode(&enc).map_err(|_| Reason::BadKey("its ciphertext is not base64"))?;
        let body = json!({ "ciphertext": enc }).to_string();
        let answer = self.ask(settings, http, resource, "decrypt", &body).await?;
        let plaintext = Zeroizing::new(answer.json::<Decrypted>("a plaintext")?.plaintext);
        STANDARD.decode(&*plaintext).map(Zeroizing::new).map_err(|_| answer.malformed("a plaintext"))
    }

    async fn ask(
        &self,
        settings: &RemoteSettings,
        http: &Http,
        resource: &str,
        verb: &str,
        body: &str,
    ) -> Result<Answer, Reason> {
        check(resource)?;
        let find = async {
            let Lease { value, expires } = credentials::find(settings, http).await?;
            Ok(Lease { value: Arc::new(value), expires })
        };
        let access = self.0.get((), find).await?;
        let url = address(&settings.variables, access.universe.as_deref(), resource, verb)?;
        let mut request = http
            .request(Method::POST, url)?
            .header("Content-Type", "application/json")
            .bearer_auth(access.token.expose_secret())
            .body(body.to_owned());
        if let Some(project) = &access.quota_project {
            request = request.header("x-goog-user-project", project);
        }
        http.send(request, code).await
    }
}

/// Takes what sops takes: `projects/P/locations/L/keyRings/R/cryptoKeys/K`.
fn check(resource: &str) -> Result<(), Reason> {
    let parts: Vec<&str> = resource.split('/').collect();
    let named = |part: &str| !matches!(part, "" | "." | "..");
    match parts[..] {
        ["projects", project, "locations", location, "keyRings", ring, "cryptoKeys", key]
            if [project, location, ring, key].into_iter().all(named) =>
        {
            Ok(())
        }
        _ => Err(Reason::BadKey("it is not projects/P/locations/L/keyRings/R/cryptoKeys/K")),
    }
}

fn address(variables: &Variables, universe: Option<&str>, resource: &str, verb: &str) -> Result<Url, Reason> {
    let (name, base) = match variables.get("SOPS_GCP_KMS_ENDPOINT") {
        // For the gRPC client of sops it is HOST:PORT.
        Some(endpoint) if endpoint.contains("://") => ("SOPS_GCP_KMS_ENDPOINT", endpoint.to_owned()),
        Some(endpoint) => ("SOPS_GCP_KMS_ENDPOINT", format!("https://{endpoint}")),
        None => {
            let own = variables.get("SOPS_GCP_KMS_UNIVERSE_DOMAIN").or(universe);
            let domain = own.unwrap_or("googleapis.com");
            ("SOPS_GCP_KMS_UNIVERSE_DOMAIN", format!("https://cloudkms.{domain}"))
        }
    };
    let problem = || Reason::credentials(name, "makes no address");
    let mut url = Url::parse(&base).ok().filter(Url::has_host).ok_or_else(problem)?;
    let parts = resource.split('/');
    url.path_segments_mut().map_err(|()| problem())?.pop_if_empty().push("v1").extend(parts);
    // The verb follows the last part after a colon, which is not to be escaped.
    let path = format!("{}:{verb}", url.path());
    url.set_path(&path);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "projects/p/locations/global/keyRings/r/cryptoKeys/k";

    #[test]
    fn names() {
        assert!(check(KEY).is_ok());
        for bad in [
            "projects/p/locations/global/keyRings/r/cryptoKeys/",
            "projects/p/locations/global/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1",
            "projects/../locations/global/keyRings/r/cryptoKeys/k",
            "k",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses() {
        let address = |variables: &[(&str, &str)], universe, resource: &str| {
            let lookup = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())
            };
            let settings = RemoteSettings::from_env(&lookup, None);
            address(&settings.variables, universe, resource, "decrypt").map(|url| url.to_string())
        };
        let at = |host: &str| format!("{host}/v1/{KEY}:decrypt");
        assert_eq!(address(&[], None, KEY).unwrap(), at("https://cloudkms.googleapis.com"));
        assert_eq!(address(&[], Some("s3nsapis.fr"), KEY).unwrap(), at("https://cloudkms.s3nsapis.fr"));
        let universe = ("SOPS_GCP_KMS_UNIVERSE_DOMAIN", "u.example");
        assert_eq!(address(&[universe], Some("s3nsapis.fr"), KEY).unwrap(), at("https://cloudkms.u.example"));
        let endpoint = ("SOPS_GCP_KMS_ENDPOINT", "kms.example:443");
        assert_eq!(address(&[universe, endpoint], None, KEY).unwrap(), at("https://kms.example"));
        let odd = KEY.replace("/k", "/k?x#y");
        assert!(address(&[], None, &odd).unwrap().ends_with("/k%3Fx%23y:decrypt"));
    }
}
