//! A TLS server name that is not the host of the address: requests name the one and dial the other.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Resolves `name` to the addresses of `host`; every other name is itself.
pub(super) struct Stands {
    name: String,
    host: String,
}

impl Stands {
    pub fn new(name: &str, host: String) -> Self {
        // Url writes IPv6 addresses in brackets, the resolver wants them bare.
        let host = host.trim_matches(['[', ']']).to_owned();
        Self { name: name.to_ascii_lowercase(), host }
    }
}

impl Resolve for Stands {
    fn resolve(&self, name: Name) -> Resolving {
        let host = if name.as_str().eq_ignore_ascii_case(&self.name) { &self.host } else { name.as_str() };
        let host = host.to_owned();
        Box::pin(async move {
            // Port 0: the one of the URL.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
