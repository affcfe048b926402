//! Master keys at a service: Transit of Vault and OpenBao, AWS KMS, Google Cloud KMS, Azure Key Vault.
//!
//! Every request is a few lines of JSON over one HTTP client; the clouds' SDKs are not used. Credentials come from the
//! places where the services' own tools look, and are got once per process. They go to the service alone: redirects
//! are not followed, and servers that only a file names get none (see [`transit`] and [`azure`]). Nothing here costs
//! anything before the first remote key is used.

use std::sync::{Arc, OnceLock};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use jiff::Timestamp;
use sops::{MasterKey, WrappedKey};
use zeroize::Zeroizing;

mod aws;
mod azure;
mod cache;
mod gcp;
mod http;
mod oauth;
mod program;
mod refusal;
mod settings;
mod transit;
mod worker;

pub use refusal::{Reason, Refusal};
pub use settings::RemoteSettings;

use worker::Worker;

/// The key services, as one user.
#[derive(Debug, Default)]
pub struct Remote {
    services: Arc<Services>,
    worker: OnceLock<Worker>,
}

#[derive(Debug, Default)]
struct Services {
    settings: RemoteSettings,
    http: http::Http,
    transit: transit::Servers,
    aws: aws::Aws,
    gcp: gcp::Gcp,
    azure: azure::Azure,
}

impl Remote {
    /// Opens nothing and asks nobody.
    #[must_use]
    pub fn new(settings: RemoteSettings) -> Self {
        let services = Services { settings, ..Services::default() };
        Self { services: Arc::new(services), worker: OnceLock::new() }
    }

    /// What is unsafe or wrong about the settings; a line each, to be shown when a remote key is used.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        self.services.settings.warnings()
    }

    /// What the keys wrap, which is the same for all of them. All are asked at the same time, the first that opens
    /// ends it, and the time limit is for all together. Blocks; may be called inside an async runtime.
    ///
    /// # Errors
    /// Why not, for each key in the order given.
    pub fn unwrap_any(&self, keys: &[&WrappedKey]) -> Result<Zeroizing<Vec<u8>>, Vec<Refusal>> {
        let keys: Vec<WrappedKey> = keys.iter().copied().cloned().collect();
        let asked: Vec<MasterKey> = keys.iter().map(|wrapped| wrapped.key.clone()).collect();
        let services = self.services.clone();
        self.run(async move { services.unwrap_any(&keys).await }).unwrap_or_else(|reason| {
            Err(asked.into_iter().map(|key| Refusal { key: key.into(), reason: reason.clone() }).collect())
        })
    }

    /// Wraps a data key, or a share of one, with `key`. Blocks, as [`Remote::unwrap_any`].
    ///
    /// The key of the result is the one that was used: an Azure key without a version gets the newest.
    ///
    /// # Errors
    /// Why the service did not.
    pub fn wrap(&self, share: &[u8], key: &MasterKey) -> Result<WrappedKey, Refusal> {
        let (services, share, asked) = (self.services.clone(), Zeroizing::new(share.to_vec()), key.clone());
        let wrapped = self.run(async move { services.wrap(&share, &asked).await });
        wrapped.flatten().map_err(|reason| Refusal { key: key.clone().into(), reason })
    }

    fn run<T: Send + 'static>(&self, task: impl Future<Output = T> + Send + 'static) -> Result<T, Reason> {
        let worker = match self.worker.get() {
            Some(worker) => worker,
            None => {
                // The binaries install it only where they know that they need TLS.
                let _ = rustls::crypto::ring::default_provider().install_default();
                let started = Worker::start().map_err(|error| Reason::Setup(error.to_string()))?;
                self.worker.get_or_init(|| started)
            }
        };
        worker.run(task).ok_or_else(|| Reason::Setup("the thread for requests ended".to_owned()))
    }
}

impl Services {
    async fn unwrap_any(&self, keys: &[WrappedKey]) -> Result<Zeroizing<Vec<u8>>, Vec<Refusal>> {
        let limit = self.settings.time_limit;
        let mut reasons: Vec<Reason> = vec![Reason::TimedOut(limit); keys.len()];
        let mut asked: FuturesUnordered<_> =
            keys.iter().enumerate().map(async |(at, wrapped)| (at, self.unwrap(wrapped).await)).collect();
        let first = async {
            while let Some((at, answer)) = asked.next().await {
                match answer {
                    Ok(opened) => return Some(opened),
                    Err(reason) => reasons[at] = reason,
                }
            }
            None
        };
        if let Ok(Some(opened)) = tokio::time::timeout(limit, first).await {
            return Ok(opened);
        }
        let refusal =
            |(wrapped, reason): (&WrappedKey, Reason)| Refusal { key: wrapped.key.clone().into(), reason };
        Err(keys.iter().zip(reasons).map(refusal).collect())
    }

    async fn unwrap(&self, wrapped: &WrappedKey) -> Result<Zeroizing<Vec<u8>>, Reason> {
        let (enc, settings, http) = (wrapped.enc.as_str(), &self.settings, &self.http);
        match &wrapped.key {
            MasterKey::VaultTransit { address, engine_path, key_name } => {
                let key = transit::Key { address, engine: engine_path, name: key_name };
                self.transit.decrypt(settings, key, enc).await
            }
            MasterKey::AwsKms { arn, role, context, profile } => {
                let key = aws::Key { arn, role: role.as_deref(), context, profile };
                self.aws.decrypt(settings, http, &key, enc).await
            }
            MasterKey::GcpKms { resource_id } => self.gcp.decrypt(settings, http, resource_id, enc).await,
            MasterKey::AzureKeyVault { vault_url, name, version } => {
                let key = azure::Key { vault_url, name, version };
                self.azure.decrypt(settings, http, key, enc).await
            }
            MasterKey::HuaweiKms { .. } => Err(huawei()),
            MasterKey::Age { .. } | MasterKey::Pgp { .. } => Err(not_remote()),
        }
    }

    async fn wrap(&self, share: &[u8], key: &MasterKey) -> Result<WrappedKey, Reason> {
        let limit = self.settings.time_limit;
        let wrapped = tokio::time::timeout(limit, self.wrap_untimed(share, key)).await;
        let (key, enc) = wrapped.map_err(|_| Reason::TimedOut(limit))??;
        Ok(WrappedKey::new(key, enc, Some(format!("{:.0}", Timestamp::now()))))
    }

    async fn wrap_untimed(&self, share: &[u8], key: &MasterKey) -> Result<(MasterKey, String), Reason> {
        let (settings, http) = (&self.settings, &self.http);
        let enc = match key {
            MasterKey::VaultTransit { address, engine_path, key_name } => {
                let key = transit::Key { address, engine: engine_path, name: key_name };
                self.transit.encrypt(settings, key, share).await?
            }
            MasterKey::AwsKms { arn, role, context, profile } => {
                let key = aws::Key { arn, role: role.as_deref(), context, profile };
                self.aws.encrypt(settings, http, &key, share).await?
            }
            MasterKey::GcpKms { resource_id } => self.gcp.encrypt(settings, http, resource_id, share).await?,
            MasterKey::AzureKeyVault { vault_url, name, version } => {
                let key = azure::Key { vault_url, name, version };
                let (version, enc) = self.azure.encrypt(settings, http, key, share).await?;
                let (vault_url, name) = (vault_url.clone(), name.clone());
                return Ok((MasterKey::AzureKeyVault { vault_url, name, version }, enc));
            }
            MasterKey::HuaweiKms { .. } => return Err(huawei()),
            MasterKey::Age { .. } | MasterKey::Pgp { .. } => return Err(not_remote()),
        };
        Ok((key.clone(), enc))
    }
}

fn huawei() -> Reason {
    Reason::Unsupported {
        what: "keys of Huawei Cloud KMS are kept in the file and not used; sops can use them".to_owned(),
        remedy: None,
    }
}

fn not_remote() -> Reason {
    Reason::BadKey("it is no key of a service")
}

#[cfg(test)]
mod tests;
