//! Logging in and out, by vaultrs on our own HTTP client.

use std::collections::HashMap;

use rustify::errors::ClientError as RestError;
use secrecy::{ExposeSecret, SecretString};
use vaultrs::api::EndpointMiddleware;
use vaultrs::auth::approle;
use vaultrs::client::{VaultClient, VaultClientSettingsBuilder};
use vaultrs::error::ClientError;

use crate::transport::{Transport, refused};
use crate::{Auth, Credential, Error};

/// A token and what is known about it.
pub(crate) struct Login {
    pub token: SecretString,
    /// The role the server says the token was given for.
    pub role: Option<String>,
    /// It was made for us and is ours to revoke.
    pub revocable: bool,
}

/// Gets a token the way `auth` says.
pub(crate) async fn log_in(auth: &Auth, transport: &Transport) -> Result<Login, Error> {
    match auth {
        Auth::Token(credential) => {
            let token = match read("token", credential) {
                Ok(token) => token,
                Err(Error::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => "".into(),
                Err(other) => return Err(other),
            };
            if token.expose_secret().is_empty() {
                let looked_in = match credential {
                    Credential::File(file) => Some(file.clone()),
                    Credential::Text(_) => None,
                };
                return Err(Error::NoToken { looked_in });
            }
            Ok(Login { token, role: None, revocable: false })
        }
        Auth::AppRole { mount, role_id, secret_id } => {
            let secret_id = match secret_id {
                Some(credential) => read("secret_id", credential)?,
                None => "".into(),
            };
            as_app_role(mount.trim_matches('/'), role_id.trim(), &secret_id, transport).await
        }
    }
}

/// Revokes the token itself; it is of no use to anyone afterwards.
pub(crate) async fn revoke(token: &SecretString, transport: &Transport) -> Result<(), Error> {
    let client = client(transport, token.expose_secret())?;
    match vaultrs::token::revoke_self(&client).await {
        Ok(()) => Ok(()),
        Err(error) => Err(explain(&error, transport, "auth/token/revoke-self").await),
    }
}

async fn as_app_role(
    mount: &str,
    role_id: &str,
    secret_id: &SecretString,
    transport: &Transport,
) -> Result<Login, Error> {
    let mut redirected = false;
    let mut retried = false;
    let auth = loop {
        let client = client(transport, "")?;
        let error = match approle::login(&client, mount, role_id, secret_id.expose_secret()).await {
            Ok(auth) => break auth,
            Err(error) => error,
        };
        match status(&error) {
            // vaultrs does not tell where to. Any request without a token finds the way, and none was used up.
            Some(300..=399) if !redirected => {
                redirected = true;
                transport.get("sys/internal/ui/mounts", None).await?;
            }
            Some(400 | 401 | 403) => {
                let (address, mount) = (transport.address(), mount.to_owned());
                return Err(match status(&error) {
                    // Refused before the role was looked at.
                    Some(403) => Error::NoAuthMethod { address, mount },
                    _ => Error::LoginRefused { address, mount, role: format!("role_id {role_id}") },
                });
            }
            Some(404) => {
                return Err(match transport.namespace() {
                    Some(namespace) if says(&error, "namespace not found") => {
                        Error::Namespace { address: transport.address(), namespace: namespace.to_owned() }
                    }
                    _ => Error::NoAuthMethod { address: transport.address(), mount: mount.to_owned() },
                });
            }
            // A secret_id may be good for one use: only a request that never arrived is sent again.
            None if !retried && is_connect(&error) => retried = true,
            _ => return Err(explain(&error, transport, &format!("auth/{mount}/login")).await),
        }
    };
    let role = auth
        .metadata
        .as_ref()
        .and_then(|metadata: &HashMap<String, String>| metadata.get("role_name").cloned());
    // The server refuses to revoke a batch token.
    Ok(Login { token: auth.client_token.into(), role, revocable: auth.token_type != "batch" })
}

fn client(transport: &Transport, token: &str) -> Result<VaultClient, Error> {
    let mut address = transport.base();
    // vaultrs puts the version in front of everything: a path prefix of the address goes into it.
    let prefix = address.path().trim_matches('/').to_owned();
    address.set_path("");
    let version = if prefix.is_empty() { "v1".to_owned() } else { format!("{prefix}/v1") };
    // Every setting is given: what is left out, vaultrs reads from the environment.
    let settings = VaultClientSettingsBuilder::default()
        .address(address.as_str())
        .token("")
        .ca_certs(Vec::new())
        .identity(None)
        .verify(true)
        .build()
        .map_err(|error| Error::Setup { address: address.to_string(), reason: error.to_string() })?;
    Ok(VaultClient {
        http: rustify::clients::reqwest::Client::new(address.as_str(), transport.http.clone()),
        middle: EndpointMiddleware {
            token: token.to_owned(),
            version,
            wrap: None,
            namespace: transport.namespace().map(str::to_owned),
        },
        settings,
    })
}

fn read(what: &'static str, credential: &Credential) -> Result<SecretString, Error> {
    match credential {
        Credential::Text(text) => Ok(text.expose_secret().trim().into()),
        Credential::File(path) => {
            let text = fs_err::read_to_string(path).map_err(|source| Error::File { what, source })?;
            let text = zeroize::Zeroizing::new(text);
            Ok(text.trim().into())
        }
    }
}

/// The status the server answered with, if it answered.
fn status(error: &ClientError) -> Option<u16> {
    match error {
        ClientError::APIError { code, .. } => Some(*code),
        ClientError::RestClientError { source: RestError::ServerResponseError { code, .. } } => Some(*code),
        _ => None,
    }
}

fn says(error: &ClientError, words: &str) -> bool {
    matches!(error, ClientError::APIError { errors, .. } if errors.iter().any(|error| error.contains(words)))
}

fn transport_error(error: &ClientError) -> Option<&reqwest::Error> {
    let ClientError::RestClientError { source } = error else { return None };
    match source {
        RestError::RequestError { source, .. } | RestError::ResponseError { source } => source.downcast_ref(),
        _ => None,
    }
}

fn is_connect(error: &ClientError) -> bool {
    transport_error(error).is_some_and(reqwest::Error::is_connect)
}

/// Our error for vaultrs's, of which only the status and the kind are used: its own text can hold the body.
async fn explain(error: &ClientError, transport: &Transport, path: &str) -> Error {
    if let Some(error) = transport_error(error) {
        return refused(error, transport.address(), transport.timeout());
    }
    let address = transport.address();
    match status(error) {
        Some(503) if transport.is_sealed().await => Error::Sealed { address },
        Some(429) => Error::RateLimited { address, retry_after: None },
        Some(status @ 502..=504) => Error::Unavailable { address, status },
        Some(status @ 300..=399) => transport.unexpected(path, format!("a redirect (status {status})")),
        Some(status) => transport.unexpected(path, format!("status {status}")),
        None => transport.unexpected(path, "no token in it"),
    }
}
