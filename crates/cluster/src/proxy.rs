//! Which proxy leads to an API server, by the rules of Go's `http.ProxyFromEnvironment`, which helm and kubectl follow.
//!
//! kube's own rules are not used: kube 5 matches `NO_PROXY` against the proxy instead of the server, and an empty entry in
//! it (`a,b,`) makes every connection fail.

use std::ffi::{OsStr, OsString};
use std::net::IpAddr;

use http::Uri;

/// The proxy to use for `server`: what the kubeconfig says, else what `environment` says.
pub fn choose(
    server: &Uri,
    kubeconfig: Option<&str>,
    environment: &[(OsString, OsString)],
) -> Result<Option<Uri>, String> {
    let variable = |names: [&str; 2]| {
        let value = |name: &str| {
            environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_os_str())
        };
        names.into_iter().filter_map(value).filter_map(OsStr::to_str).find(|value| !value.is_empty())
    };
    let chosen = match kubeconfig.filter(|url| !url.is_empty()) {
        Some(url) => url,
        None => {
            let https = server.scheme_str() == Some("https");
            let names = if https { ["HTTPS_PROXY", "https_proxy"] } else { ["HTTP_PROXY", "http_proxy"] };
            let Some(url) = variable(names) else { return Ok(None) };
            if bypasses(server, variable(["NO_PROXY", "no_proxy"]).unwrap_or_default()) {
                return Ok(None);
            }
            url
        }
    };
    // The address may hold a password, so the error must not repeat it. Without a scheme it means http.
    let url = if chosen.contains("://") { chosen.to_owned() } else { format!("http://{chosen}") };
    url.parse().map(Some).map_err(|_| "its proxy address is no URL".to_owned())
}

fn bypasses(server: &Uri, no_proxy: &str) -> bool {
    let host = server.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_lowercase();
    let port = server.port_u16().unwrap_or(if server.scheme_str() == Some("https") { 443 } else { 80 });
    let address: Option<IpAddr> = host.parse().ok();
    host == "localhost"
        || address.is_some_and(|address| address.is_loopback())
        || no_proxy
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .any(|entry| entry == "*" || matches(&host, address, port, &entry.to_lowercase()))
}

/// One entry: `10.0.0.0/8`, `10.0.0.1`, `example.org` (subdomains too), `.example.org` (only subdomains), any with a port.
fn matches(host: &str, address: Option<IpAddr>, port: u16, entry: &str) -> bool {
    if let Some((network, bits)) = entry.split_once('/') {
        let inside = |network, bits| address.is_some_and(|address| contains(network, bits, address));
        return network
            .parse()
            .ok()
            .zip(bits.parse().ok())
            .is_some_and(|(network, bits)| inside(network, bits));
    }
    let (name, wanted) = match entry.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') || name.ends_with(']') => {
            (name, digits.parse::<u16>().ok())
        }
        _ => (entry, None),
    };
    if wanted.is_some_and(|wanted| wanted != port) {
        return false;
    }
    let name = name.trim_start_matches('[').trim_end_matches(']');
    match (name.parse::<IpAddr>(), address) {
        (Ok(name), address) => address == Some(name),
        (Err(_), Some(_)) => false,
        (Err(_), None) => {
            let name = name.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(name);
            let exact = !name.starts_with('.') && host == name;
            let suffix = name.strip_prefix('.').unwrap_or(name);
            exact || host.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'))
        }
    }
}

fn contains(network: IpAddr, bits: u32, address: IpAddr) -> bool {
    let (network, address, width) = match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            (network.to_bits().into(), address.to_bits().into(), 32)
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => (network.to_bits(), address.to_bits(), 128),
        _ => return false,
    };
    let differing: u128 = network ^ address;
    bits <= width && differing.checked_shr(width - bits).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(server: &str, kubeconfig: Option<&str>, variables: &[(&str, &str)]) -> Option<String> {
        let variables: Vec<_> = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        choose(&server.parse().unwrap(), kubeconfig, &variables).unwrap().map(|uri| uri.to_string())
    }

    #[test]
    fn kubeconfig_goes_before_the_environment() {
        let variables = [("HTTPS_PROXY", "proxy:3128"), ("NO_PROXY", "*")];
        assert_eq!(chosen("https://k", Some("socks5://s:1"), &variables).as_deref(), Some("socks5://s:1/"));
        assert_eq!(chosen("https://k", Some(""), &variables[..1]).as_deref(), Some("http://proxy:3128/"));
        assert_eq!(chosen("https://k", None, &[("https_proxy", "http://p")]).as_deref(), Some("http://p/"));
        assert_eq!(chosen("http://k", None, &variables), None);
        assert_eq!(chosen("https://127.0.0.1:6443", None, &variables[..1]), None);
    }

    #[test]
    fn no_proxy_by_gos_rules() {
        for (server, no_proxy, bypassed) in [
            ("https://k.example.org", "example.org", true),
            ("https://example.org", "example.org", true),
            ("https://badexample.org", "example.org", false),
            ("https://example.org", ".example.org", false),
            ("https://k.example.org", "*.example.org", true),
            ("https://k.example.org:6443", "example.org:443", false),
            ("https://k.example.org:6443", "example.org:6443", true),
            ("https://K.Example.org", "EXAMPLE.org", true),
            ("https://10.1.2.3", "10.0.0.0/8", true),
            ("https://11.1.2.3", "10.0.0.0/8", false),
            ("https://11.1.2.3", "0.0.0.0/0", true),
            ("https://10.1.2.3", "a, ,10.1.2.3,", true),
            ("https://[fd00::1]:6443", "fd00::/8", true),
            ("https://[fd00::1]:6443", "fd00::1", true),
            ("https://[fd00::1]:6443", "[fd00::1]:6443", true),
            ("https://k", "*", true),
            ("https://k", "", false),
            ("https://k", "10.0.0.0/99,x/y,:", false),
        ] {
            let variables = [("HTTPS_PROXY", "http://p"), ("NO_PROXY", no_proxy)];
            assert_eq!(chosen(server, None, &variables).is_none(), bypassed, "{server} {no_proxy}");
        }
    }

    #[test]
    fn a_bad_address_is_not_repeated() {
        let error = choose(&"https://k".parse().unwrap(), Some("http://u:hunter2@ bad"), &[]).unwrap_err();
        assert_eq!(error, "its proxy address is no URL");
    }
}
