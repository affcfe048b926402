//! The HTTP clients of the key services: no redirects, nothing of an answer in errors.

use std::io;
use std::net::IpAddr;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Url};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::Reason;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Metadata services are next door, or not there at all.
const CONNECT_TIMEOUT_NEAR: Duration = Duration::from_secs(1);
/// Keys, tokens and credentials are small.
const LONGEST_ANSWER: usize = 1 << 20;
const RETRIES: u32 = 2;
const FIRST_BACKOFF: Duration = Duration::from_millis(200);

/// Two clients, each built when it is first needed.
#[derive(Debug, Default)]
pub(super) struct Http {
    /// For services anywhere; uses the proxies of the system.
    far: OnceLock<Client>,
    /// For loopback and link-local addresses: no proxy, no wait.
    near: OnceLock<Client>,
}

/// An answer with a status below 300.
pub(super) struct Answer {
    host: String,
    body: Zeroizing<Vec<u8>>,
}

impl Http {
    /// A request that [`Http::send`] takes.
    pub fn request(&self, method: Method, url: Url) -> Result<RequestBuilder, Reason> {
        let near = is_near(&url);
        let slot = if near { &self.near } else { &self.far };
        let client = match slot.get() {
            Some(client) => client,
            None => {
                let built = build(near)?;
                slot.get_or_init(|| built)
            }
        };
        Ok(client.request(method, url))
    }

    /// Sends it, again if the service is busy or the connection broke: only for what may be done twice.
    ///
    /// `code` finds the service's own error code in a refusal's body.
    pub async fn send(
        &self,
        request: RequestBuilder,
        code: fn(&[u8]) -> Option<String>,
    ) -> Result<Answer, Reason> {
        let mut retries = 0;
        loop {
            let again = request.try_clone();
            let (reason, passing) = match once(request_or_setup(again)?).await {
                Ok(reply) => match judge(reply, code) {
                    Ok(answer) => return Ok(answer),
                    Err(judged) => judged,
                },
                Err(failed) => failed,
            };
            if !passing || retries == RETRIES {
                return Err(reason);
            }
            tokio::time::sleep(FIRST_BACKOFF * 2u32.pow(retries)).await;
            retries += 1;
        }
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json<T: DeserializeOwned>(&self, expected: &'static str) -> Result<T, Reason> {
        // The error could quote the body.
        serde_json::from_slice(&self.body).map_err(|_| self.malformed(expected))
    }

    /// The body as text.
    pub fn text(&self, expected: &'static str) -> Result<&str, Reason> {
        std::str::from_utf8(&self.body).map_err(|_| self.malformed(expected))
    }

    /// The answer is none.
    pub fn malformed(&self, expected: &'static str) -> Reason {
        Reason::Malformed { host: self.host.clone(), expected }
    }
}

struct Reply {
    host: String,
    status: u16,
    body: Zeroizing<Vec<u8>>,
}

fn request_or_setup(request: Option<RequestBuilder>) -> Result<RequestBuilder, Reason> {
    request.ok_or_else(|| Reason::Setup("the request has no fixed body".to_owned()))
}

fn build(near: bool) -> Result<Client, Reason> {
    let builder = Client::builder()
        .tls_backend_rustls()
        .redirect(Policy::none())
        .referer(false)
        .tcp_nodelay(true)
        .user_agent(concat!("convoy/", env!("CARGO_PKG_VERSION")));
    let builder = if near {
        // Loading the platform's roots costs time that plain http has no use for.
        builder.no_proxy().connect_timeout(CONNECT_TIMEOUT_NEAR).tls_certs_only([])
    } else {
        builder.connect_timeout(CONNECT_TIMEOUT)
    };
    builder.build().map_err(|error| Reason::Setup(error.to_string()))
}

/// Plain http to this machine, or to a metadata service.
fn is_near(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let near = match host.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local(),
        Err(_) => matches!(host, "localhost" | "metadata.google.internal"),
    };
    near && url.scheme() == "http"
}

async fn once(request: RequestBuilder) -> Result<Reply, (Reason, bool)> {
    let (client, request) = request.build_split();
    let request = request
        .map_err(|_| (Reason::Setup("a credential has characters that no header has".to_owned()), false))?;
    let (host, near) = (authority(request.url()), is_near(request.url()));
    let failed = |error: reqwest::Error| {
        let (reason, passing) = unreachable(&host, &error);
        // What is next door and does not answer is not there.
        (reason, passing && !near)
    };
    let mut response = client.execute(request).await.map_err(failed)?;
    let status = response.status().as_u16();
    let mut body = Zeroizing::new(Vec::with_capacity(4096));
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            let expected = "a short answer";
            return Err((Reason::Malformed { host, expected }, false));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { host, status, body })
}

/// The answer; or the reason there is none, and whether it may pass.
fn judge(reply: Reply, code: fn(&[u8]) -> Option<String>) -> Result<Answer, (Reason, bool)> {
    let Reply { host, status, body } = reply;
    match status {
        200..=299 => Ok(Answer { host, body }),
        300..=399 => Err((Reason::Redirected { host }, false)),
        _ => {
            let code = code(&body).filter(|code| is_code(code));
            let throttled = code.as_deref().is_some_and(|code| code.starts_with("Throttling"));
            let passing = throttled || matches!(status, 429 | 500 | 502..=504);
            Err((Reason::Refused { host, status, code }, passing))
        }
    }
}

/// A word, and not a text that could hold anything.
fn is_code(code: &str) -> bool {
    (1..=64).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn unreachable(host: &str, error: &reqwest::Error) -> (Reason, bool) {
    let tls =
        vault::find_cause(error, &|cause| cause.downcast_ref::<rustls::Error>().map(ToString::to_string));
    // Asking again makes no certificate trusted, and waiting again for nobody takes the time of others.
    let passing = tls.is_none() && !error.is_timeout();
    let problem = match tls {
        Some(tls) => format!("no trusted TLS connection ({tls})"),
        None if error.is_timeout() => "no connection in time".to_owned(),
        None if error.is_dns() => "the host name does not resolve".to_owned(),
        None => vault::find_cause(error, &|cause| {
            cause.downcast_ref::<io::Error>().map(|error| error.kind().to_string())
        })
        .unwrap_or_else(|| "the connection broke".to_owned()),
    };
    (Reason::Unreachable { host: host.to_owned(), problem }, passing)
}

/// A URL that credentials may go to: https, or plain http that does not leave this machine.
pub(super) fn safe_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let safe = url.has_host() && (url.scheme() == "https" || is_near(&url));
    safe.then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_travel_encrypted_or_not_at_all() {
        for (url, safe) in [
            ("https://sts.amazonaws.com", true),
            ("http://127.0.0.1:1", true),
            ("http://[::1]:1", true),
            ("http://[fd00:ec2::23]/v1", true),
            ("http://169.254.170.2/v2", true),
            ("http://sts.amazonaws.com", false),
            ("http://localhost.example.com", false),
            ("http://10.0.0.1", false),
            ("file:///etc/passwd", false),
            ("token", false),
        ] {
            assert_eq!(safe_url(url).is_some(), safe, "{url}");
        }
    }

    #[test]
    fn codes_are_words() {
        for (code, is) in
            [("AccessDeniedException", true), ("invalid_grant", true), ("", false), ("a b", false)]
        {
            assert_eq!(is_code(code), is, "{code}");
        }
        assert!(!is_code(&"a".repeat(65)));
    }
}
