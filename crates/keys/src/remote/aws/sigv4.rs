//! AWS Signature Version 4 for requests without a query.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use reqwest::header::HeaderValue;
use reqwest::{Method, RequestBuilder, Url};
use ring::{digest, hmac};
use secrecy::ExposeSecret as _;

use super::super::Reason;
use super::super::http::Http;
use super::Credentials;

/// Who signs for which service, and when.
pub(super) struct Signing<'a> {
    pub credentials: &'a Credentials,
    pub region: &'a str,
    pub service: &'a str,
    pub time: Timestamp,
}

impl Signing<'_> {
    /// A signed request with these headers, whose names are in lower case.
    pub fn request(
        &self,
        http: &Http,
        method: Method,
        url: Url,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<RequestBuilder, Reason> {
        let date = self.date_time();
        let mut headers = headers.to_vec();
        headers.push(("x-amz-date", &date));
        if let Some(token) = &self.credentials.session_token {
            headers.push(("x-amz-security-token", token.expose_secret()));
        }
        let authorization = self.authorization(&method, &url, &headers, body);
        let mut request = http.request(method, url)?.body(body.to_vec());
        for (name, value) in headers {
            request = request.header(name, sensitive(value)?);
        }
        Ok(request.header("authorization", sensitive(&authorization)?))
    }

    /// The header that vouches for these headers, `host` and the body.
    fn authorization(&self, method: &Method, url: &Url, headers: &[(&str, &str)], body: &[u8]) -> String {
        let host = match (url.host_str().unwrap_or_default(), url.port()) {
            (host, Some(port)) => format!("{host}:{port}"),
            (host, None) => host.to_owned(),
        };
        let mut headers = headers.to_vec();
        headers.push(("host", &host));
        headers.sort_unstable();
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");

        let mut canonical = format!("{method}\n{}\n\n", url.path());
        for (name, value) in &headers {
            let _ = writeln!(canonical, "{name}:{}", value.trim());
        }
        let _ = write!(canonical, "\n{names}\n{}", hex(digest::digest(&digest::SHA256, body).as_ref()));

        let date_time = self.date_time();
        let date = &date_time[..8];
        let scope = format!("{date}/{}/{}/aws4_request", self.region, self.service);
        let canonical = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
        let text = format!("AWS4-HMAC-SHA256\n{date_time}\n{scope}\n{canonical}");
        let signature = hex(keyed(&self.key(date), &text).as_ref());
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            self.credentials.access_key_id
        )
    }

    fn key(&self, date: &str) -> hmac::Tag {
        let secret =
            zeroize::Zeroizing::new(format!("AWS4{}", self.credentials.secret_access_key.expose_secret()));
        let key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), date.as_bytes());
        [self.region, self.service, "aws4_request"].iter().fold(key, |key, part| keyed(&key, part))
    }

    /// `20150830T123600Z`
    fn date_time(&self) -> String {
        self.time.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
    }
}

fn keyed(key: &hmac::Tag, text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()), text.as_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn sensitive(value: &str) -> Result<HeaderValue, Reason> {
    let value = HeaderValue::from_str(value);
    let mut value = value
        .map_err(|_| Reason::credentials("the AWS credentials", "have characters that no header has"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> Credentials {
        Credentials {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            session_token: None,
        }
    }

    fn signature(method: &str, headers: &[(&str, &str)], body: &str) -> String {
        let credentials = credentials();
        let time = "2015-08-30T12:36:00Z".parse().unwrap();
        let signing = Signing { credentials: &credentials, region: "us-east-1", service: "service", time };
        let mut headers = headers.to_vec();
        headers.push(("x-amz-date", "20150830T123600Z"));
        let url = Url::parse("https://example.amazonaws.com/").unwrap();
        let line = signing.authorization(&method.parse().unwrap(), &url, &headers, body.as_bytes());
        let (head, signature) = line.rsplit_once("Signature=").unwrap();
        let scope =
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=";
        assert!(head.starts_with(scope), "{head}");
        signature.to_owned()
    }

    /// Cases of the aws-sig-v4-test-suite that AWS has published.
    #[test]
    fn published_vectors() {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        for (case, method, headers, body, expected) in [
            (
                "get-vanilla",
                "GET",
                &[][..],
                "",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "post-vanilla",
                "POST",
                &[],
                "",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                "post-header-key-sort",
                "POST",
                &[("my-header1", "value1")],
                "",
                "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
            ),
            (
                "post-x-www-form-urlencoded",
                "POST",
                &form,
                "Param1=value1",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
        ] {
            assert_eq!(signature(method, headers, body), expected, "{case}");
        }
    }

    /// From AWS's description of how a signing key is derived.
    #[test]
    fn published_signing_key() {
        let credentials = credentials();
        let time = "2015-08-30T12:36:00Z".parse().unwrap();
        let signing = Signing { credentials: &credentials, region: "us-east-1", service: "iam", time };
        let expected = "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9";
        assert_eq!(hex(signing.key("20150830").as_ref()), expected);
    }

    #[test]
    fn credentials_are_marked_sensitive_and_must_fit_a_header() {
        assert_eq!(format!("{:?}", sensitive("hunter2").unwrap()), "Sensitive");
        assert!(sensitive("a\nb").is_err());
    }
}
