//! Workload identity federation: the token of another identity provider, from a file or a URL, for one of Google Cloud
//! (RFC 8693).

use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use zeroize::Zeroizing;

use super::super::http::Http;
use super::super::oauth::{self, Token, code};
use super::Reason;
use super::credentials::{endpoint, needed};
use super::file::{File, TokenFormat, TokenSource};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// The exchanged token may be for a service account, whose own scope is narrower.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// The exchanged token; `name` is what errors call the file.
pub(super) async fn token(http: &Http, name: &str, file: &File) -> Result<Token, Reason> {
    let source = needed(name, "credential_source", file.credential_source.as_ref())?;
    let subject = subject(http, name, source).await?;
    let fields = [
        ("grant_type", GRANT),
        ("audience", needed(name, "audience", file.audience.as_ref())?),
        ("scope", SCOPE),
        ("requested_token_type", ACCESS_TOKEN),
        ("subject_token", subject.expose_secret()),
        ("subject_token_type", needed(name, "subject_token_type", file.subject_token_type.as_ref())?),
    ];
    let url = needed(name, "token_url", file.token_url.as_ref())?;
    oauth::token(http, endpoint(name, url)?, &fields).await
}

async fn subject(http: &Http, name: &str, source: &TokenSource) -> Result<SecretString, Reason> {
    match source {
        TokenSource { file: Some(path), format, .. } => {
            let failed = |error: std::io::Error| {
                Reason::credentials(path, format!("cannot be read: {}", error.kind()))
            };
            let text = Zeroizing::new(fs_err::read_to_string(path).map_err(failed)?);
            pick(&text, format)
                .ok_or_else(|| Reason::credentials(path, "holds no token in the expected form"))
        }
        TokenSource { url: Some(url), headers, format, .. } => {
            let mut request = http.request(Method::GET, endpoint(name, url)?)?;
            for (header, value) in headers {
                request = request.header(header, value.expose_secret());
            }
            let answer = http.send(request, code).await?;
            pick(answer.text("a token")?, format).ok_or_else(|| answer.malformed("a token"))
        }
        _ => Err(Reason::Unsupported {
            what: format!("tokens from AWS or a program ({name}) are not supported"),
            remedy: Some("use a credential_source with a file or a url".to_owned()),
        }),
    }
}

/// The token in a text.
fn pick(text: &str, format: &TokenFormat) -> Option<SecretString> {
    let text = text.trim();
    let token = match format.kind.as_deref() {
        None | Some("text") => text.to_owned(),
        Some("json") => {
            let value: Value = serde_json::from_str(text).ok()?;
            value.get(format.subject_token_field_name.as_deref()?)?.as_str()?.to_owned()
        }
        Some(_) => return None,
    };
    (!token.is_empty()).then(|| token.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_as_text_and_in_json() {
        let json =
            TokenFormat { kind: Some("json".to_owned()), subject_token_field_name: Some("value".to_owned()) };
        let pick = |text: &str, format: &TokenFormat| {
            pick(text, format).map(|token| token.expose_secret().to_owned())
        };
        assert_eq!(pick("tok\n", &TokenFormat::default()).as_deref(), Some("tok"));
        assert_eq!(pick(r#"{"count":1,"value":"tok"}"#, &json).as_deref(), Some("tok"));
        assert_eq!(pick(r#"{"value":1}"#, &json), None);
        assert_eq!(pick("tok", &json), None);
        assert_eq!(pick(" \n", &TokenFormat::default()), None);
    }
}
