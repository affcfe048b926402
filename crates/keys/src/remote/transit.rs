//! The Transit engine of Vault or OpenBao, with the user's token.
//!
//! A file names the server it wants to be opened by, and whoever writes such a file would get the reader's token. So
//! the token goes only where the user, not the file, has said it may:
//!
//! 1. `SOPS_HC_VAULT_ALLOWLIST`, where set, decides alone, as in sops: `all`, `none`, or URL prefixes.
//! 2. Without it: the server of `BAO_ADDR`, else `VAULT_ADDR`; `BAO_AGENT_ADDR` or `VAULT_AGENT_ADDR`, through which
//!    requests then go whatever the file says; and any server on a loopback address.
//!
//! This is stricter than sops, which sends the token anywhere unless the first variable is set.

use std::sync::Arc;

use url::Url;
use vault::{Settings, Transit};
use zeroize::Zeroizing;

use super::cache::{Cache, Lease};
use super::settings::Variables;
use super::{Reason, RemoteSettings};

mod allow;

/// The servers asked so far.
#[derive(Debug, Default)]
pub(super) struct Servers(Cache<String, Arc<Transit>>);

/// A key at a server, as a file names it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'a> {
    pub address: &'a str,
    pub engine: &'a str,
    pub name: &'a str,
}

impl Servers {
    pub async fn encrypt(
        &self,
        settings: &RemoteSettings,
        key: Key<'_>,
        plaintext: &[u8],
    ) -> Result<String, Reason> {
        let server = self.server(settings, key.address).await?;
        server.encrypt(key.engine, key.name, plaintext).await.map_err(refused)
    }

    pub async fn decrypt(
        &self,
        settings: &RemoteSettings,
        key: Key<'_>,
        ciphertext: &str,
    ) -> Result<Zeroizing<Vec<u8>>, Reason> {
        let server = self.server(settings, key.address).await?;
        server.decrypt(key.engine, key.name, ciphertext).await.map_err(refused)
    }

    async fn server(&self, settings: &RemoteSettings, address: &str) -> Result<Arc<Transit>, Reason> {
        let named = vault::parse_address(address).map_err(refused)?;
        let agent = allow::check(&named, &settings.variables)?;
        let address = agent.as_ref().unwrap_or(&named).to_string();
        let connect = connect(settings, address.clone(), agent.is_some());
        self.0.get(address, connect).await
    }
}

async fn connect(
    settings: &RemoteSettings,
    address: String,
    agent: bool,
) -> Result<Lease<Arc<Transit>>, Reason> {
    let settings = vault_settings(settings, &address)?;
    let transit =
        if agent { Transit::through_agent(&settings).await } else { Transit::connect(&settings).await };
    let value = Arc::new(transit.map_err(refused)?);
    Ok(Lease { value, expires: None })
}

fn vault_settings(settings: &RemoteSettings, address: &str) -> Result<Settings, Reason> {
    let RemoteSettings { variables, time_limit, .. } = settings;
    let lookup = |name: &str| variables.get(name).map(str::to_owned);
    let token_file = settings.at_home(".vault-token");
    let mut vault =
        Settings::from_env(&lookup, token_file.as_deref(), Some(address), None).map_err(refused)?;
    vault.timeout = vault.timeout.min(*time_limit);
    Ok(vault)
}

/// The address of the agent, which takes the place of the file's.
fn agent(variables: &Variables) -> Result<Option<Url>, Reason> {
    variables.vault("AGENT_ADDR").map(vault::parse_address).transpose().map_err(refused)
}

fn refused(error: vault::Error) -> Reason {
    Reason::Vault { message: error.to_string(), hint: error.hint() }
}
