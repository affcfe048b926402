//! The client: one identity at one server, reading what mappings ask for, all or nothing.

use std::collections::HashMap;
use std::fmt;

use futures::stream::{self, StreamExt, TryStreamExt};
use http::StatusCode;
use secrecy::SecretString;
use tokio::sync::OnceCell;

use crate::login::{self, Login};
use crate::mapping::{Request, Source};
use crate::mounts::Mounts;
use crate::read::{self, Body};
use crate::transport::Transport;
use crate::value::{self, Value};
use crate::{Error, Failure, KvPath, Origin, Problem, Resolved, Secret, SecretValue, Settings};

/// One identity at one Vault or OpenBao.
///
/// A client that logged in holds a token of its own: end with [`Client::finish`], else it lives until it expires.
pub struct Client {
    transport: Transport,
    login: Login,
    concurrency: usize,
    token_is_good: OnceCell<bool>,
}

/// A secret of the server: what several requests may share.
type Target<'a> = (&'a KvPath, Option<u64>);

impl Client {
    /// Logs in, or takes the token it is given without a look at it.
    ///
    /// The process must have installed a rustls crypto provider (`ring`), also for plain http.
    pub async fn connect(settings: &Settings) -> Result<Self, Error> {
        let mut transport = Transport::new(settings)?;
        let login = login::log_in(&settings.auth, &transport).await?;
        transport.set_token(&login.token)?;
        let concurrency = settings.concurrency.max(1);
        Ok(Self { transport, login, concurrency, token_is_good: OnceCell::new() })
    }

    /// The role the server gave a token for, where it told.
    pub fn role(&self) -> Option<&str> {
        self.login.role.as_deref()
    }

    /// Reads the secrets of one context.
    pub async fn resolve(&self, requests: &[Request]) -> Result<Resolved, Error> {
        let mut resolved = self.resolve_all(&[requests]).await?;
        Ok(resolved.pop().unwrap_or(Resolved { secrets: Vec::new() }))
    }

    /// Reads the secrets of several contexts; each path and version is read once, whoever asks for it.
    ///
    /// All or nothing: with one secret missing the others are not given out either, and the error names every one
    /// that cannot be had.
    pub async fn resolve_all(&self, lists: &[&[Request]]) -> Result<Vec<Resolved>, Error> {
        let mut targets: HashMap<Target<'_>, Vec<(usize, usize)>> = HashMap::new();
        let mut order = Vec::new();
        for (list, requests) in lists.iter().enumerate() {
            for (position, request) in requests.iter().enumerate() {
                let target = target(&request.source);
                let users = targets.entry(target).or_default();
                if users.is_empty() {
                    order.push(target);
                }
                users.push((list, position));
            }
        }
        let paths: Vec<&KvPath> = order.iter().map(|(path, _)| *path).collect();
        let mounts = Mounts::detect(&paths, &self.transport, self.concurrency).await?;
        let mounts = &mounts;
        let reads = stream::iter(order)
            .map(|target| async move { Ok((target, self.read(target, mounts).await?)) })
            .buffer_unordered(self.concurrency)
            .try_collect::<Vec<(Target<'_>, Read)>>()
            .await?;

        let mut secrets: Vec<Vec<Option<Secret>>> =
            lists.iter().map(|requests| requests.iter().map(|_| None).collect()).collect();
        let mut failures = Vec::new();
        for (target, Read { path, api_path, answer }) in reads {
            let users = targets.remove(&target).unwrap_or_default();
            let keys = answer.as_ref().map_err(Clone::clone).map(Body::keys);
            for (list, position) in users {
                let request = &lists[list][position];
                let value = match &keys {
                    Err(problem) => Err(problem.clone()),
                    Ok(None) => return Err(self.transport.unexpected(&path, "no secret in it")),
                    Ok(Some((keys, version))) => {
                        value::extract(keys, &request.source).map(|value| (value, *version))
                    }
                };
                match finish_secret(request, value) {
                    Ok(secret) => secrets[list][position] = Some(secret),
                    Err(problem) => {
                        let failure = Failure::new(request, path.clone(), api_path.clone(), problem);
                        failures.push(((list, position), failure));
                    }
                }
            }
        }
        if failures.is_empty() {
            let whole =
                |secrets: Vec<Option<Secret>>| Resolved { secrets: secrets.into_iter().flatten().collect() };
            return Ok(secrets.into_iter().map(whole).collect());
        }
        failures.sort_by_key(|(place, _)| *place);
        let failures: Vec<Failure> = failures.into_iter().map(|(_, failure)| failure).collect();
        // A token that is used up in the middle shows as 403, or as 500 to reads that were under way.
        let doubtful = |failure: &Failure| {
            matches!(failure.problem, Problem::Denied | Problem::MountDenied | Problem::Status { .. })
        };
        if failures.iter().any(doubtful) && !self.token_is_good().await? {
            return Err(Error::WrongToken { address: self.transport.address() });
        }
        let total = lists.iter().map(|requests| requests.len()).sum();
        Err(Error::Secrets {
            address: self.transport.address(),
            role: self.login.role.clone(),
            total,
            failures,
        })
    }

    /// Ends the session: revokes the token if this client logged in for it.
    pub async fn finish(self) -> Result<(), Error> {
        if self.login.revocable { login::revoke(&self.login.token, &self.transport).await } else { Ok(()) }
    }

    async fn read(&self, (path, version): Target<'_>, mounts: &Mounts) -> Result<Read, Error> {
        let refused = |problem| Read { path: path.to_string(), api_path: None, answer: Err(problem) };
        match mounts.of(path) {
            Some(Ok(mount)) => {
                let api_path = mount.data_path(path);
                let answer = read::read(&self.transport, mount, &api_path, version).await?;
                Ok(Read { path: mount.logical_path(path), api_path: Some(api_path), answer })
            }
            Some(Err(problem)) => Ok(refused(problem.clone())),
            None => Ok(refused(Problem::MountDenied)),
        }
    }

    /// Whether the server knows the token at all: its 403 for an unknown token and for a forbidden path look alike.
    async fn token_is_good(&self) -> Result<bool, Error> {
        let ask = || async {
            let answer = self.transport.get("auth/token/lookup-self", None).await?;
            // A token without the default policy may not look itself up; the policy engine says so in other words
            // than the check of the token, which came first.
            let forbidden = answer.says("1 error occurred") && !answer.says("invalid token");
            Ok(answer.status != StatusCode::FORBIDDEN || forbidden)
        };
        self.token_is_good.get_or_try_init(ask).await.copied()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("address", &self.transport.address())
            .field("role", &self.login.role)
            .finish()
    }
}

/// What reading one target gave, and where it was read; see [`Failure`].
struct Read {
    path: String,
    api_path: Option<String>,
    answer: Result<Body, Problem>,
}

fn target(source: &Source) -> Target<'_> {
    (&source.vault_path, source.version.map(std::num::NonZeroU64::get))
}

/// Applies `default` and `optional` to what is missing, and to nothing else.
fn finish_secret(request: &Request, value: Result<(Value, Option<u64>), Problem>) -> Result<Secret, Problem> {
    let source = &request.source;
    let (value, version, missing) = match value {
        Ok((value, version)) => (Some(value), version, false),
        Err(problem) => match (&source.default, problem.is_missing()) {
            (Some(default), true) => (Some(value::from_default(default, source)?), None, true),
            (None, true) if source.optional => (None, None, true),
            _ => return Err(problem),
        },
    };
    let secret = |text: &str| SecretString::from(text);
    let value = value.map(|value| match value {
        Value::Text(text) => SecretValue::Text(secret(&text)),
        Value::Json(text) => SecretValue::Json(secret(&text)),
    });
    let origin =
        Origin { path: source.vault_path.to_string(), key: source.vault_key.clone(), version, missing };
    Ok(Secret { secret_id: request.secret_id.clone(), value, origin })
}
