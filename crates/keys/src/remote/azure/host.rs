//! Which hosts get a token, and what for.

use url::Url;

use super::super::settings::Variables;
use super::Reason;

const HOSTS: &str = "HELM_SECRETS_AZURE_HOSTS";

/// The domains of Key Vault and Managed HSM in Azure's clouds.
const DOMAINS: &[&str] = &[
    "vault.azure.net",
    "vault.azure.cn",
    "vault.usgovcloudapi.net",
    "vault.microsoftazure.de",
    "managedhsm.azure.net",
    "managedhsm.azure.cn",
    "managedhsm.usgovcloudapi.net",
];

/// What a token for this URL is asked for: `https://` and the domain of the vault's host.
pub(super) fn resource(url: &Url, variables: &Variables) -> Result<String, Reason> {
    let host = url.host_str().unwrap_or_default();
    let domain = host.split_once('.').map(|(_, domain)| domain);
    if let Some(domain) = domain.filter(|domain| DOMAINS.contains(domain))
        && url.scheme() == "https"
        && url.port().is_none()
    {
        return Ok(format!("https://{domain}"));
    }
    let port = url.port_or_known_default().unwrap_or_default();
    let listed = |entry: &str| {
        entry.eq_ignore_ascii_case(host) || entry.eq_ignore_ascii_case(&format!("{host}:{port}"))
    };
    let hosts = variables.get(HOSTS).unwrap_or_default();
    if hosts.split(',').map(str::trim).any(listed) {
        return Ok(format!("https://{}", domain.unwrap_or(host)));
    }
    let address = url.origin().ascii_serialization();
    let remedy = format!("it is none of Azure Key Vault's; if your token may go there, set {HOSTS}={host}");
    Err(Reason::Untrusted { address, remedy })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::RemoteSettings;

    fn resource(url: &str, hosts: &str) -> Result<String, Reason> {
        let lookup = |name: &str| (name == HOSTS).then(|| hosts.to_owned());
        super::resource(&Url::parse(url).unwrap(), &RemoteSettings::from_env(&lookup, None).variables)
    }

    #[test]
    fn azures_own() {
        for (url, expected) in [
            ("https://a.vault.azure.net", "https://vault.azure.net"),
            ("https://A.Vault.Azure.CN", "https://vault.azure.cn"),
            ("https://a.managedhsm.azure.net", "https://managedhsm.azure.net"),
        ] {
            assert_eq!(resource(url, "").as_deref(), Ok(expected), "{url}");
        }
    }

    #[test]
    fn others_only_where_the_user_says_so() {
        for url in [
            "http://a.vault.azure.net",
            "https://a.vault.azure.net:8443",
            "https://vault.azure.net.evil",
            "https://evilvault.azure.net",
            "https://a.b.vault.azure.net",
            "https://vault.azure.net",
            "https://127.0.0.1:1",
        ] {
            assert!(matches!(resource(url, "other"), Err(Reason::Untrusted { .. })), "{url}");
        }
        assert_eq!(
            resource("https://a.stack.example", "x, a.stack.example").as_deref(),
            Ok("https://stack.example")
        );
        assert!(resource("http://127.0.0.1:81", "127.0.0.1:81").is_ok());
        assert!(resource("http://127.0.0.1:82", "127.0.0.1:81").is_err());
    }
}
