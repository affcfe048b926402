//! Azure Key Vault by its REST API.
//!
//! A file names the vault, and a token for it goes to that address: so only hosts below the domains of Key Vault and
//! Managed HSM get one, over https. `HELM_SECRETS_AZURE_HOSTS` names others (`HOST` or `HOST:PORT`, separated by commas),
//! such as those of an Azure Stack.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Method, RequestBuilder, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::cache::Cache;
use super::http::{Answer, Http};
use super::oauth::code;
use super::{Reason, RemoteSettings};

mod credentials;
mod host;
mod managed;

const API_VERSION: &str = "7.4";

/// The tokens got so far, by what they are for.
#[derive(Debug, Default)]
pub(super) struct Azure(Cache<String, SecretString>);

/// A key as a file names it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'a> {
    pub vault_url: &'a str,
    pub name: &'a str,
    /// Empty for the newest.
    pub version: &'a str,
}

impl Azure {
    /// The version of the key that was used, and the ciphertext in URL-safe base64 without padding.
    pub async fn encrypt(
        &self,
        settings: &RemoteSettings,
        http: &Http,
        key: Key<'_>,
        plaintext: &[u8],
    ) -> Result<(String, String), Reason> {
        let version = match key.version {
            "" => self.newest(settings, http, key).await?,
            version => version.to_owned(),
        };
        let key = Key { version: &version, ..key };
        let plaintext = Zeroizing::new(URL_SAFE_NO_PAD.encode(plaintext));
        let enc = self.operate(settings, http, key, "encrypt", &plaintext).await?;
        Ok((version, enc.as_str().trim_end_matches('=').to_owned()))
    }

    /// `enc` is the ciphertext in URL-safe base64 without padding.
    pub async fn decrypt(
        &self,
        settings: &RemoteSettings,
        http: &Http,
        key: Key<'_>,
        enc: &str,
    ) -> Result<Zeroizing<Vec<u8>>, Reason> {
        let enc: String = enc.split_ascii_whitespace().collect();
        let enc = enc.trim_end_matches('=');
        URL_SAFE_NO_PAD.decode(enc).map_err(|_| Reason::BadKey("its ciphertext is not URL-safe base64"))?;
        let plaintext = self.operate(settings, http, key, "decrypt", enc).await?;
        let decoded = URL_SAFE_NO_PAD.decode(plaintext.trim_end_matches('='));
        let host = || key.vault_url.to_owned();
        decoded.map(Zeroizing::new).map_err(|_| Reason::Malformed { host: host(), expected: "a plaintext" })
    }

    async fn operate(
        &self,
        settings: &RemoteSettings,
        http: &Http,
        key: Key<'_>,
        operation: &str,
        value: &str,
    ) -> Result<Zeroizing<String>, Reason> {
        #[derive(Deserialize)]
        struct Done {
            value: String,
        }
        let body = Zeroizing::new(json!({ "alg": "RSA-OAEP-256", "value": value }).to_string());
        let url = key.url(&[operation])?;
        let answer = self
            .ask(settings, http, Method::POST, url, |request| {
                request.header("Content-Type", "application/json").body(body.as_str().to_owned())
            })
            .await?;
        let Done { value } = answer.json("the result of the operation")?;
        Ok(value.into())
    }

    /// The newest version of a key.
    async fn newest(&self, settings: &RemoteSettings, http: &Http, key: Key<'_>) -> Result<String, Reason> {
        #[derive(Deserialize)]
        struct Bundle {
            key: WebKey,
        }
        #[derive(Deserialize)]
        struct WebKey {
            kid: String,
        }
        let answer = self.ask(settings, http, Method::GET, key.url(&[])?, |request| request).await?;
        let Bundle { key: WebKey { kid } } = answer.json("a key")?;
        let version = kid.rsplit_once('/').map(|(_, version)| version.to_owned());
        version.filter(|version| !version.is_empty()).ok_or_else(|| answer.malformed("the version of a key"))
    }

    async fn ask(
        &self,
        settings: &RemoteSettings,
        http: &Http,
        method: Method,
        url: Url,
        complete: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, Reason> {
        let resource = host::resource(&url, &settings.variables)?;
        let find = credentials::find(settings, http, &resource);
        let token = self.0.get(resource.clone(), find).await?;
        let request = complete(http.request(method, url)?).bearer_auth(token.expose_secret());
        http.send(request, code).await
    }
}

impl Key<'_> {
    /// `VAULT/keys/NAME[/VERSION][/MORE]`
    fn url(&self, more: &[&str]) -> Result<Url, Reason> {
        let bad = || Reason::BadKey("its vault is not https://NAME.vault.azure.net");
        let mut url = Url::parse(self.vault_url).map_err(|_| bad())?;
        let fits = url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none();
        if !fits {
            return Err(bad());
        }
        let version = Some(self.version).filter(|version| !version.is_empty());
        let mut segments = url.path_segments_mut().map_err(|()| bad())?;
        segments.pop_if_empty().push("keys").push(self.name).extend(version).extend(more);
        drop(segments);
        url.set_query(Some(&format!("api-version={API_VERSION}")));
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let url = |vault_url, version| {
            Key { vault_url, name: "k", version }.url(&["decrypt"]).map(|url| url.to_string())
        };
        let expected = "https://v.vault.azure.net/keys/k/1/decrypt?api-version=7.4";
        assert_eq!(url("https://v.vault.azure.net", "1").unwrap(), expected);
        assert_eq!(url("https://v.vault.azure.net/", "1").unwrap(), expected);
        assert_eq!(url("https://v", "").unwrap(), "https://v/keys/k/decrypt?api-version=7.4");
        for bad in ["v.vault.azure.net", "https://u:p@v", "https://v/x", "https://v/?q", "https://v/#f"] {
            assert!(url(bad, "1").is_err(), "{bad}");
        }
    }
}
