//! Requests to one server: our own HTTP client, redirects by hand, retries within one time budget, wiped answers.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use rand::Rng;
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use crate::settings::is_loopback;
use crate::{Error, Settings, tls};

mod dns;
mod redirect;
mod refused;

pub use refused::find_cause;
pub(crate) use refused::refused;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The wait before the first retry; it doubles with each and is spread by up to half.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
/// Vault itself refuses requests above 32 MiB; no secret comes near.
const LONGEST_ANSWER: usize = 32 << 20;

/// An answer whose status is the caller's to judge; 429, 5xx gateway errors and redirects never get here.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub body: Zeroizing<Vec<u8>>,
}

pub(crate) struct Transport {
    pub http: reqwest::Client,
    /// Moves to the active node when a standby redirects to it.
    base: Mutex<Url>,
    headers: HeaderMap,
    namespace: Option<String>,
    timeout: Duration,
    max_retries: u32,
    redirect_hosts: Vec<String>,
}

/// What is asked; a body makes it a write.
struct Question<'a> {
    path: &'a str,
    version: Option<u64>,
    body: Option<&'a [u8]>,
}

/// What came back, before anyone looked at the status.
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Zeroizing<Vec<u8>>,
}

impl Transport {
    /// Builds the HTTP client; nothing is dialled yet.
    ///
    /// The process must have installed a rustls crypto provider.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        let mut base = settings.address.clone();
        let https = base.scheme() == "https";
        let mut builder = reqwest::Client::builder()
            .tls_backend_rustls()
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(settings.timeout)
            .https_only(https)
            .tcp_nodelay(true)
            .user_agent(concat!("convoy/", env!("CARGO_PKG_VERSION")));
        builder = match (https, tls::roots(&settings.tls)?) {
            (true, None) => builder,
            (true, Some(roots)) => builder.tls_certs_only(roots),
            // Loading the platform's roots costs time that plain http has no use for.
            (false, _) => builder.tls_certs_only([]),
        };
        if let Some(identity) = tls::identity(&settings.tls)? {
            builder = builder.identity(identity);
        }
        if settings.tls.skip_verify {
            builder = builder.tls_danger_accept_invalid_certs(true);
        }
        builder = match &settings.proxy {
            Some(proxy) => {
                // The error could quote the URL with its password.
                let proxy = reqwest::Proxy::all(proxy.expose_secret())
                    .map_err(|_| setup(&base, &"the proxy's URL is not usable"))?;
                builder.no_proxy().proxy(proxy)
            }
            None if is_loopback(&base) => builder.no_proxy(),
            None => builder,
        };
        if let Some(name) = settings.tls.server_name.as_deref().filter(|_| https) {
            let host = base.host_str().unwrap_or_default().to_owned();
            base.set_host(Some(name)).map_err(|error| setup(&settings.address, &error))?;
            builder = builder.dns_resolver(dns::Stands::new(name, host));
        }
        let http = builder.build().map_err(|error| setup(&base, &error))?;

        let mut headers = HeaderMap::new();
        headers.insert("X-Vault-Request", HeaderValue::from_static("true"));
        if let Some(namespace) = &settings.namespace {
            headers.insert("X-Vault-Namespace", header("namespace", namespace)?);
        }
        Ok(Self {
            http,
            base: Mutex::new(base),
            headers,
            namespace: settings.namespace.clone(),
            timeout: settings.timeout,
            max_retries: settings.max_retries,
            redirect_hosts: settings.redirect_hosts.clone(),
        })
    }

    /// Sends `token` with every request from now on.
    pub fn set_token(&mut self, token: &SecretString) -> Result<(), Error> {
        let mut value = header("token", token.expose_secret())?;
        value.set_sensitive(true);
        self.headers.insert("X-Vault-Token", value);
        Ok(())
    }

    /// The server as errors name it, without a slash at the end.
    pub fn address(&self) -> String {
        self.base().as_str().trim_end_matches('/').to_owned()
    }

    pub fn base(&self) -> Url {
        self.base.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// `GET /v1/PATH`, retried as the settings say. `path` is not percent-encoded yet.
    pub async fn get(&self, path: &str, version: Option<u64>) -> Result<Answer, Error> {
        self.ask(&Question { path, version, body: None }).await
    }

    /// `PUT /v1/PATH` with a JSON body, retried as a read is: only for what may be asked twice.
    pub async fn put(&self, path: &str, body: &[u8]) -> Result<Answer, Error> {
        self.ask(&Question { path, version: None, body: Some(body) }).await
    }

    async fn ask(&self, question: &Question<'_>) -> Result<Answer, Error> {
        let deadline = Instant::now() + self.timeout;
        let mut retries = 0;
        loop {
            let (error, wait) = match self.ask_through_redirect(question, deadline).await {
                Ok(reply) => match self.judge(reply, question.path).await? {
                    Judged::Answer(answer) => return Ok(answer),
                    Judged::Retry { error, wait } => (error, wait),
                },
                Err(Failed { error, broken: true }) => (error, None),
                Err(Failed { error, broken: false }) => return Err(error),
            };
            let wait = wait.unwrap_or_else(|| backoff(retries));
            let left = deadline.saturating_duration_since(Instant::now());
            if retries >= self.max_retries || wait >= left {
                return Err(error);
            }
            retries += 1;
            tokio::time::sleep(wait).await;
        }
    }

    /// The URL of an API path on the current base.
    fn url(&self, path: &str, version: Option<u64>) -> Url {
        let mut url = self.base();
        // Cannot fail: the address is http or https, which have segments.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v1").extend(path.split('/'));
        }
        if let Some(version) = version {
            url.set_query(Some(&format!("version={version}")));
        }
        url
    }

    async fn ask_through_redirect(
        &self,
        question: &Question<'_>,
        deadline: Instant,
    ) -> Result<Reply, Failed> {
        let url = self.url(question.path, question.version);
        let reply = self.once(url.clone(), question.body, deadline).await?;
        if !reply.status.is_redirection() {
            return Ok(reply);
        }
        let target = redirect::target(&url, &reply.headers, &self.redirect_hosts);
        let target =
            target.map_err(|to| Failed::for_good(Error::Redirected { address: self.address(), to }))?;
        let reply = self.once(target.clone(), question.body, deadline).await?;
        if reply.status.is_redirection() {
            let to = redirect::origin(&target);
            return Err(Failed::for_good(Error::Redirected {
                address: self.address(),
                to: format!("{to} and on"),
            }));
        }
        if target.path() == url.path() {
            let mut base = self.base.lock().unwrap_or_else(PoisonError::into_inner);
            let prefix = base.path().to_owned();
            *base = target;
            base.set_query(None);
            base.set_path(&prefix);
        }
        Ok(reply)
    }

    /// One request: `PUT` if there is a body, else `GET`.
    async fn once(&self, url: Url, body: Option<&[u8]>, deadline: Instant) -> Result<Reply, Failed> {
        let left = deadline.saturating_duration_since(Instant::now());
        let failed = |error: reqwest::Error| self.failed(&error);
        let request = match body {
            None => self.http.get(url),
            Some(body) => self.http.put(url).header(CONTENT_TYPE, "application/json").body(body.to_vec()),
        };
        let request = request.headers(self.headers.clone()).timeout(left);
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let expected =
            response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(4096);
        let mut body = Zeroizing::new(Vec::with_capacity(expected.min(LONGEST_ANSWER)));
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                let reason = format!("longer than {} MiB", LONGEST_ANSWER >> 20);
                return Err(Failed::for_good(self.unexpected(response.url().path(), reason)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, headers, body })
    }

    async fn judge(&self, reply: Reply, path: &str) -> Result<Judged, Error> {
        let address = self.address();
        let wait = retry_after(&reply.headers);
        let error = match reply.status.as_u16() {
            429 => Error::RateLimited { address, retry_after: wait },
            503 if self.is_sealed().await => return Err(Error::Sealed { address }),
            status @ (502..=504) => Error::Unavailable { address, status },
            404 => {
                let answer = Answer { status: reply.status, body: reply.body };
                return match &self.namespace {
                    Some(namespace) if answer.says("namespace not found") => {
                        Err(Error::Namespace { address, namespace: namespace.clone() })
                    }
                    _ => Ok(Judged::Answer(answer)),
                };
            }
            400 if reply.body.starts_with(b"Client sent an HTTP request to an HTTPS server") => {
                return Err(self.unexpected(path, "the server wants https"));
            }
            _ => return Ok(Judged::Answer(Answer { status: reply.status, body: reply.body })),
        };
        Ok(Judged::Retry { error, wait })
    }

    /// Asked without retries: the server has just said that it is not available.
    pub async fn is_sealed(&self) -> bool {
        #[derive(Deserialize)]
        struct SealStatus {
            sealed: bool,
        }
        let deadline = Instant::now() + self.timeout.min(CONNECT_TIMEOUT);
        match self.once(self.url("sys/seal-status", None), None, deadline).await {
            Ok(reply) => serde_json::from_slice(&reply.body).is_ok_and(|status: SealStatus| status.sealed),
            Err(_) => false,
        }
    }

    fn failed(&self, error: &reqwest::Error) -> Failed {
        let broken = !error.is_timeout() || error.is_connect();
        let error = refused(error, self.address(), self.timeout);
        // A certificate does not become trusted by asking again.
        let broken = broken && !matches!(error, Error::Tls { .. });
        Failed { error, broken }
    }

    pub fn unexpected(&self, path: &str, reason: impl Into<String>) -> Error {
        Error::Unexpected { address: self.address(), path: path.to_owned(), reason: reason.into() }
    }
}

impl Answer {
    /// Whether one of the server's `errors` holds `words`. Only for telling cases apart; the text is never shown.
    pub fn says(&self, words: &str) -> bool {
        #[derive(Deserialize)]
        struct Errors {
            errors: Vec<String>,
        }
        serde_json::from_slice(&self.body)
            .is_ok_and(|body: Errors| body.errors.iter().any(|error| error.contains(words)))
    }
}

enum Judged {
    Answer(Answer),
    Retry { error: Error, wait: Option<Duration> },
}

struct Failed {
    error: Error,
    /// The connection failed in a way that may pass.
    broken: bool,
}

impl Failed {
    fn for_good(error: Error) -> Self {
        Self { error, broken: false }
    }
}

fn header(what: &'static str, text: &str) -> Result<HeaderValue, Error> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::NotAHeader { what });
    }
    HeaderValue::from_str(text).map_err(|_| Error::NotAHeader { what })
}

/// `Retry-After` in seconds; the form with a date is not Vault's.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn backoff(retries: u32) -> Duration {
    let whole = FIRST_BACKOFF * 2u32.saturating_pow(retries.min(6));
    whole.mul_f64(rand::thread_rng().gen_range(0.5..1.0))
}

fn setup(address: &Url, error: &dyn std::fmt::Display) -> Error {
    Error::Setup { address: address.to_string(), reason: error.to_string() }
}
