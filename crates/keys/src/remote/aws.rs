//! AWS KMS by its JSON protocol 1.1, requests signed with Signature Version 4.
//!
//! The region is that of the key's ARN. `AWS_ENDPOINT_URL_KMS`, `AWS_ENDPOINT_URL_STS` and `AWS_ENDPOINT_URL` replace
//! the services' own addresses; a file cannot.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use reqwest::{Method, Url};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use super::cache::Cache;
use super::http::{Answer, Http};
use super::settings::Variables;
use super::{Reason, RemoteSettings};

mod arn;
mod credentials;
mod instance;
mod profiles;
mod sigv4;
mod sts;

use arn::Arn;
use credentials::{Credentials, Source};

/// Credentials got so far.
#[derive(Debug, Default)]
pub(super) struct Aws(Cache<Who, Credentials>);

/// Whose credentials: a profile and a role, at the STS of a region.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Who {
    profile: String,
    role: Option<String>,
    region: String,
}

/// A key as a file names it.
#[derive(Debug)]
pub(super) struct Key<'a> {
    pub arn: &'a str,
    pub role: Option<&'a str>,
    pub context: &'a BTreeMap<String, String>,
    pub profile: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Request<'a> {
    key_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    plaintext: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext_blob: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    encryption_context: &'a BTreeMap<String, String>,
}

impl Aws {
    /// The ciphertext in base64.
    pub async fn encrypt(
        &self,
        settings: &RemoteSettings,
        http: &Http,
        key: &Key<'_>,
        plaintext: &[u8],
    ) -> Result<String, Reason> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Encrypted {
            ciphertext_blob: String,
        }
        let plaintext = Zeroizing::new(STANDARD.encode(plaintext));
        let answer = self
            .ask(settings, http, key, "TrentService.Encrypt", &key.request(Some(&plaintext), None))
            .await?;
        let Encrypted { ciphertext_blob } = answer.json("a ciphertext")?;
        Ok(ciphertext_blob)
    }

    /// `enc` is the ciphertext in base64.
    pub async fn decrypt(
        &self,
        settings: &RemoteSettings,
        http: &Http,
        key: &Key<'_>,
        enc: &str,
    ) -> Result<Zeroizing<Vec<u8>>, Reason> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Decrypted {
            plaintext: String,
        }
        // Line breaks do no harm in sops either.
        let enc: String = enc.split_ascii_whitespace().collect();
        STANDARD.decode(&enc).map_err(|_| Reason::BadKey("its ciphertext is not base64"))?;
        let answer =
            self.ask(settings, http, key, "TrentService.Decrypt", &key.request(None, Some(&enc))).await?;
        let plaintext = Zeroizing::new(answer.json::<Decrypted>("a plaintext")?.plaintext);
        STANDARD.decode(&*plaintext).map(Zeroizing::new).map_err(|_| answer.malformed("a plaintext"))
    }

    async fn ask(
        &self,
        settings: &RemoteSettings,
        http: &Http,
        key: &Key<'_>,
        target: &str,
        request: &Request<'_>,
    ) -> Result<Answer, Reason> {
        let arn = Arn::parse(key.arn)?;
        let url = endpoint("kms", &arn, &settings.variables)?;
        let body = serde_json::to_vec(request).map(Zeroizing::new);
        let body = body.map_err(|_| Reason::BadKey("its encryption context is not text"))?;
        let credentials = self.credentials(settings, http, key, &arn).await?;
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target)];
        let signing = sigv4::Signing {
            credentials: &credentials,
            region: arn.region,
            service: "kms",
            time: Timestamp::now(),
        };
        let request = signing.request(http, Method::POST, url, &headers, &body)?;
        http.send(request, code).await
    }

    async fn credentials(
        &self,
        settings: &RemoteSettings,
        http: &Http,
        key: &Key<'_>,
        arn: &Arn<'_>,
    ) -> Result<Credentials, Reason> {
        let source = Source { settings, http, arn };
        let base_of = Who { profile: key.profile.to_owned(), role: None, region: arn.region.to_owned() };
        let base = self.0.get(base_of.clone(), source.find(key.profile)).await?;
        let Some(role) = key.role else { return Ok(base) };
        let who = Who { role: Some(role.to_owned()), ..base_of };
        let assume = async {
            let session = sts::Session { role, name: &sts::host_session(), external_id: None, seconds: None };
            source.assume(&base, &session).await
        };
        self.0.get(who, assume).await
    }
}

impl<'a> Key<'a> {
    fn request(&'a self, plaintext: Option<&'a str>, ciphertext_blob: Option<&'a str>) -> Request<'a> {
        Request { key_id: self.arn, plaintext, ciphertext_blob, encryption_context: self.context }
    }
}

/// Where `service` (`kms`, `sts`) is for a key.
fn endpoint(service: &str, arn: &Arn<'_>, variables: &Variables) -> Result<Url, Reason> {
    let own = format!("AWS_ENDPOINT_URL_{}", service.to_ascii_uppercase());
    for name in [own.as_str(), "AWS_ENDPOINT_URL"] {
        if let Some(text) = variables.get(name) {
            return Url::parse(text)
                .ok()
                .filter(Url::has_host)
                .ok_or_else(|| Reason::credentials(name, "is no URL"));
        }
    }
    let fips = variables.get("AWS_USE_FIPS_ENDPOINT").is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let fips = if fips { "-fips" } else { "" };
    let url = format!("https://{service}{fips}.{}.{}", arn.region, arn.domain);
    Url::parse(&url).map_err(|_| Reason::BadKey("its ARN has no region"))
}

/// The error code of a JSON answer (`com.amazonaws.kms#NotFoundException`), else of an XML one.
fn code(body: &[u8]) -> Option<String> {
    if let Ok(body) = serde_json::from_slice::<Value>(body) {
        let code = body["__type"].as_str()?;
        return Some(code.rsplit('#').next().unwrap_or(code).to_owned());
    }
    sts::element(std::str::from_utf8(body).ok()?, "Code").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_codes_of_both_protocols() {
        let json = br#"{"__type":"com.amazonaws.kms#AccessDeniedException","Message":"User: arn..."}"#;
        assert_eq!(code(json).as_deref(), Some("AccessDeniedException"));
        let xml =
            b"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code></Error></ErrorResponse>";
        assert_eq!(code(xml).as_deref(), Some("AccessDenied"));
        assert_eq!(code(b"<html>"), None);
    }

    #[test]
    fn addresses() {
        let endpoint = |arn: &str, variables: &[(&str, &str)]| {
            let lookup = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())
            };
            let settings = RemoteSettings::from_env(&lookup, None);
            endpoint("kms", &Arn::parse(arn).unwrap(), &settings.variables).map(|url| url.to_string())
        };
        let arn = "arn:aws:kms:eu-west-1:1:key/a";
        assert_eq!(endpoint(arn, &[]).unwrap(), "https://kms.eu-west-1.amazonaws.com/");
        assert_eq!(
            endpoint(arn, &[("AWS_USE_FIPS_ENDPOINT", "true")]).unwrap(),
            "https://kms-fips.eu-west-1.amazonaws.com/"
        );
        let own = [("AWS_ENDPOINT_URL", "http://any:1"), ("AWS_ENDPOINT_URL_KMS", "http://kms:1")];
        assert_eq!(endpoint(arn, &own).unwrap(), "http://kms:1/");
        assert_eq!(endpoint(arn, &own[..1]).unwrap(), "http://any:1/");
        assert!(endpoint(arn, &[("AWS_ENDPOINT_URL", "nowhere")]).is_err());
    }
}
