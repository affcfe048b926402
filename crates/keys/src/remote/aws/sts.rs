//! The Security Token Service: credentials of a role.

use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, Url};

use super::super::cache::Lease;
use super::super::http::Http;
use super::sigv4::Signing;
use super::{Credentials, Reason, code};

const EXPECTED: &str = "credentials of a role";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
/// Longest name of a session.
const LONGEST_NAME: usize = 64;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Session<'a> {
    /// ARN of the role.
    pub role: &'a str,
    pub name: &'a str,
    pub external_id: Option<&'a str>,
    /// How long; the service has a default.
    pub seconds: Option<&'a str>,
}

/// Where STS is.
#[derive(Debug)]
pub(super) struct Sts<'a> {
    pub http: &'a Http,
    pub url: Url,
    pub region: &'a str,
}

impl Sts<'_> {
    /// `AssumeRole`, signed by `base`.
    pub async fn assume(
        &self,
        base: &Credentials,
        session: &Session<'_>,
    ) -> Result<Lease<Credentials>, Reason> {
        let body = form("AssumeRole", session, None);
        let signing =
            Signing { credentials: base, region: self.region, service: "sts", time: Timestamp::now() };
        let request = signing.request(self.http, Method::POST, self.url.clone(), &[FORM], body.as_bytes())?;
        self.send(request).await
    }

    /// `AssumeRoleWithWebIdentity`: the token vouches for the caller.
    pub async fn assume_with_web_identity(
        &self,
        session: &Session<'_>,
        token: &str,
    ) -> Result<Lease<Credentials>, Reason> {
        let body = form("AssumeRoleWithWebIdentity", session, Some(token));
        let request = self.http.request(Method::POST, self.url.clone())?.header(FORM.0, FORM.1).body(body);
        self.send(request).await
    }

    async fn send(&self, request: RequestBuilder) -> Result<Lease<Credentials>, Reason> {
        let answer = self.http.send(request, code).await?;
        lease(answer.text(EXPECTED)?).ok_or_else(|| answer.malformed(EXPECTED))
    }
}

fn form(action: &str, session: &Session<'_>, token: Option<&str>) -> String {
    let optional = [
        ("ExternalId", session.external_id),
        ("DurationSeconds", session.seconds),
        ("WebIdentityToken", token),
    ];
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", action)
        .append_pair("Version", "2011-06-15")
        .append_pair("RoleArn", session.role)
        .append_pair("RoleSessionName", session.name)
        .extend_pairs(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
    form.finish()
}

fn lease(xml: &str) -> Option<Lease<Credentials>> {
    let value = Credentials {
        access_key_id: element(xml, "AccessKeyId")?.to_owned(),
        secret_access_key: element(xml, "SecretAccessKey")?.into(),
        session_token: Some(element(xml, "SessionToken")?.into()),
    };
    Some(Lease { value, expires: element(xml, "Expiration").and_then(|text| text.parse().ok()) })
}

/// The text of the first element with this name. Credentials and error codes have no character that XML escapes.
pub(super) fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once('<')?;
    (!text.contains('&')).then(|| text.trim())
}

/// The name sops gives its sessions, `sops@HOST`: policies may be bound to it. Characters AWS refuses are left out, and
/// so is the hyphen, as in sops.
pub(super) fn host_session() -> String {
    let host = rustix::system::uname();
    session_name(&host.nodename().to_string_lossy())
}

fn session_name(host: &str) -> String {
    let kept = host.chars().filter(|char| char.is_ascii_alphanumeric() || "=,.@_".contains(*char));
    "sops@".chars().chain(kept).take(LONGEST_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn answers() {
        let xml = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>
            <AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn></AssumedRoleUser><Credentials>
            <AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s/+=</SecretAccessKey>
            <SessionToken>\n t/+== </SessionToken><Expiration>2030-01-02T03:04:05Z</Expiration>
            </Credentials></AssumeRoleResult></AssumeRoleResponse>";
        let Lease { value, expires } = lease(xml).unwrap();
        assert_eq!(
            (value.access_key_id.as_str(), value.secret_access_key.expose_secret()),
            ("ASIA1", "s/+=")
        );
        assert_eq!(value.session_token.unwrap().expose_secret(), "t/+==");
        assert_eq!(expires.unwrap().to_string(), "2030-01-02T03:04:05Z");
        assert!(lease(&xml.replace("ASIA1", "&lt;")).is_none());
        assert!(lease("<AccessKeyId>ASIA1").is_none());
    }

    #[test]
    fn sessions_are_named_as_by_sops() {
        assert_eq!(session_name("ip-10-0-0-1.eu_west"), "sops@ip10001.eu_west");
        assert_eq!(session_name(&"a".repeat(80)).len(), 64);
    }

    #[test]
    fn forms() {
        let session = Session {
            role: "arn:aws:iam::1:role/r",
            name: "sops@h",
            external_id: Some("a b"),
            seconds: None,
        };
        assert_eq!(
            form("AssumeRole", &session, None),
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&\
             RoleSessionName=sops%40h&ExternalId=a+b"
        );
    }
}
