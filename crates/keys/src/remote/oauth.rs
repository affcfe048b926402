//! What Google Cloud and Azure have in common: tokens from an OAuth 2.0 token endpoint (RFC 6749), asked for with a
//! signed JWT (RFC 7523) or otherwise.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use reqwest::{Method, Url};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::Reason;
use super::cache::Lease;
use super::http::Http;

/// A token for the `Authorization` header.
pub(super) type Token = Lease<SecretString>;

/// Asks a token endpoint with these form fields.
pub(super) async fn token(http: &Http, endpoint: Url, fields: &[(&str, &str)]) -> Result<Token, Reason> {
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = http
        .request(Method::POST, endpoint)?
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("Accept", "application/json")
        .body(form);
    http.send(request, code).await?.json("a token").map(Answer::into_lease)
}

/// The answer of a token endpoint, and of metadata services.
#[derive(Deserialize)]
pub(super) struct Answer {
    access_token: SecretString,
    /// Seconds; some metadata services write them as text.
    expires_in: Option<Value>,
    /// Seconds since 1970: what the identity service of an Azure App Service says instead.
    expires_on: Option<Value>,
}

impl Answer {
    pub fn into_lease(self) -> Token {
        let Self { access_token, expires_in, expires_on } = self;
        let end = expires_on.as_ref().and_then(number).and_then(|end| Timestamp::from_second(end).ok());
        match (expires_in.as_ref().and_then(number), end) {
            (None, Some(end)) => Lease { value: access_token, expires: Some(end) },
            // RFC 6749 only recommends to say; all who do not say mean an hour.
            (seconds, _) => Lease::seconds(access_token, seconds.unwrap_or(3600)),
        }
    }
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// The `error` of RFC 6749, or the code inside of it that APIs of Google and Azure have.
pub(super) fn code(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let error = &body["error"];
    let code = error.as_str().or_else(|| error["status"].as_str()).or_else(|| error["code"].as_str());
    code.map(str::to_owned)
}

/// How a JWT is signed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Algorithm {
    /// RSA PKCS#1 v1.5 with SHA-256.
    Rs256,
    /// RSA PSS with SHA-256.
    Ps256,
}

/// Signs a JWT with an RSA key in PEM; `name` is what an error calls the key.
pub(super) fn jwt(
    pem: &[u8],
    name: &str,
    algorithm: Algorithm,
    mut header: Value,
    claims: &Value,
) -> Result<SecretString, Reason> {
    let (word, padding): (&str, &'static dyn RsaEncoding) = match algorithm {
        Algorithm::Rs256 => ("RS256", &RSA_PKCS1_SHA256),
        Algorithm::Ps256 => ("PS256", &RSA_PSS_SHA256),
    };
    header["alg"] = word.into();
    header["typ"] = "JWT".into();
    let key = key(pem).ok_or_else(|| Reason::credentials(name, "holds no usable RSA private key"))?;
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let mut token = Zeroizing::new(format!("{}.{}", part(&header), part(claims)));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(padding, &SystemRandom::new(), token.as_bytes(), &mut signature)
        .map_err(|_| Reason::credentials(name, "holds a key that does not sign"))?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token.as_str().into())
}

fn key(pem: &[u8]) -> Option<RsaKeyPair> {
    match PrivateKeyDer::from_pem_slice(pem).ok()? {
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).ok(),
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_token_in_every_spelling() {
        let seconds = |fields: &str| {
            let text = format!(r#"{{"access_token": "t", "token_type": "Bearer"{fields}}}"#);
            let lease = serde_json::from_str::<Answer>(&text).unwrap().into_lease();
            let left = Timestamp::now().duration_until(lease.expires.unwrap()).as_secs_f64();
            left.round() as i64
        };
        let end = Timestamp::now().as_second() + 500;
        assert_eq!(seconds(r#", "expires_in": 90"#), 90);
        assert_eq!(seconds(r#", "expires_in": "91", "expires_on": "1""#), 91);
        assert!((498..=501).contains(&seconds(&format!(r#", "expires_on": "{end}""#))));
        assert_eq!(seconds(""), 3600);
    }

    #[test]
    fn error_codes_of_every_service() {
        for (body, expected) in [
            (r#"{"error": "invalid_grant", "error_description": "x"}"#, Some("invalid_grant")),
            (
                r#"{"error": {"code": 403, "message": "x", "status": "PERMISSION_DENIED"}}"#,
                Some("PERMISSION_DENIED"),
            ),
            (r#"{"error": {"code": "Forbidden", "message": "x"}}"#, Some("Forbidden")),
            (r#"{"message": "x"}"#, None),
            ("<html>", None),
        ] {
            assert_eq!(code(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }
}
