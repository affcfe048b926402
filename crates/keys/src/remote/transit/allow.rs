//! Which servers may be sent the user's token; the rule is in the module above.

use std::net::IpAddr;

use url::Url;

use super::{Reason, Variables, agent};

const ALLOWLIST: &str = "SOPS_HC_VAULT_ALLOWLIST";

/// Where to send what is meant for `named`: `None` for there, else the agent.
pub(super) fn check(named: &Url, variables: &Variables) -> Result<Option<Url>, Reason> {
    let agent = agent(variables)?;
    let allowed = match variables.get(ALLOWLIST) {
        Some(list) => is_listed(named, list)?,
        None => agent.is_some() || is_loopback(named) || is_own(named, variables),
    };
    if allowed { Ok(agent) } else { Err(untrusted(named, variables)) }
}

/// Whether one of the prefixes fits, each meant with a slash at its end, as in sops.
fn is_listed(named: &Url, list: &str) -> Result<bool, Reason> {
    let address = with_slash(named.as_str());
    let fits = |prefix: &str| {
        // Compared as parsed, so that upper case and default ports make no difference.
        let parsed = Url::parse(prefix).ok();
        address.starts_with(&with_slash(parsed.as_ref().map_or(prefix, Url::as_str)))
    };
    match list {
        "all" => Ok(true),
        "none" => Ok(false),
        list => {
            let mut prefixes = list.split(',').map(str::trim);
            if prefixes.clone().any(str::is_empty) {
                return Err(Reason::credentials(ALLOWLIST, "has an empty entry"));
            }
            Ok(prefixes.any(fits))
        }
    }
}

fn with_slash(text: &str) -> String {
    format!("{}/", text.trim_end_matches('/'))
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

fn is_own(named: &Url, variables: &Variables) -> bool {
    let own = variables.vault("ADDR").and_then(|text| vault::parse_address(text).ok());
    own.is_some_and(|own| own.origin() == named.origin())
}

fn untrusted(named: &Url, variables: &Variables) -> Reason {
    let address = named.origin().ascii_serialization();
    let remedy = if variables.get(ALLOWLIST).is_some() {
        format!("{ALLOWLIST} does not list it; if your token may go there, add {address}")
    } else if variables.vault("ADDR").is_some() {
        format!("VAULT_ADDR is another server; if your token may go there too, set {ALLOWLIST}={address}")
    } else {
        format!("if your token may go there, set VAULT_ADDR={address} or {ALLOWLIST}={address}")
    };
    Reason::Untrusted { address, remedy }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::RemoteSettings;

    fn goes(address: &str, variables: &[(&str, &str)]) -> Result<String, Reason> {
        let lookup = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())
        };
        let settings = RemoteSettings::from_env(&lookup, None);
        let named = vault::parse_address(address).unwrap();
        let agent = check(&named, &settings.variables)?;
        Ok(agent.unwrap_or(named).to_string())
    }

    #[test]
    fn a_file_alone_sends_the_token_nowhere_but_to_this_machine() {
        for address in ["http://127.0.0.1:8200", "http://localhost:8200", "https://[::1]:8200"] {
            assert!(goes(address, &[]).is_ok(), "{address}");
            assert!(goes(address, &[("VAULT_ADDR", "https://v")]).is_ok(), "{address}");
        }
        for address in ["https://evil", "http://127.0.0.1.evil", "https://localhost.evil", "http://10.0.0.1"]
        {
            let refused = goes(address, &[]).unwrap_err();
            assert!(matches!(refused, Reason::Untrusted { .. }), "{address}: {refused}");
            let hint = refused.hint().unwrap();
            assert!(hint.contains(&format!("VAULT_ADDR={address}")), "{hint}");
        }
    }

    #[test]
    fn the_users_own_server_by_origin() {
        for (own, address, fits) in [
            ("https://v:8200", "https://v:8200/", true),
            ("https://V", "https://v:443", true),
            ("https://v/prefix", "https://v", true),
            ("https://v", "http://v", false),
            ("https://v", "https://v:8200", false),
            ("https://v", "https://v.evil", false),
        ] {
            for variable in ["VAULT_ADDR", "BAO_ADDR"] {
                assert_eq!(goes(address, &[(variable, own)]).is_ok(), fits, "{own} {address}");
            }
        }
        let hint = goes("https://w", &[("VAULT_ADDR", "https://v")]).unwrap_err().hint().unwrap();
        assert!(hint.contains("SOPS_HC_VAULT_ALLOWLIST=https://w"), "{hint}");
    }

    #[test]
    fn the_list_decides_alone() {
        let list = |text: &'static str| [(ALLOWLIST, text), ("VAULT_ADDR", "https://own")];
        assert!(goes("https://anywhere", &list("all")).is_ok());
        assert!(goes("https://own", &list("none")).is_err());
        assert!(goes("http://127.0.0.1:1", &list("https://v")).is_err());
        for (prefixes, address, fits) in [
            ("https://v", "https://v", true),
            ("https://a, https://v/", "https://v/", true),
            ("https://v", "https://v.evil", false),
            ("https://v:820", "https://v:8200", false),
            ("https://V:443", "https://v", true),
        ] {
            assert_eq!(goes(address, &list(prefixes)).is_ok(), fits, "{prefixes} {address}");
        }
        assert!(matches!(goes("https://v", &list("https://v,,")), Err(Reason::Credentials { .. })));
    }

    #[test]
    fn an_agent_takes_the_place_of_the_address() {
        let agent = ("VAULT_AGENT_ADDR", "http://agent:8100");
        assert_eq!(goes("https://any", &[agent]).unwrap(), "http://agent:8100/");
        assert!(goes("https://any", &[agent, (ALLOWLIST, "https://v")]).is_err());
        assert_eq!(goes("https://v", &[agent, (ALLOWLIST, "https://v")]).unwrap(), "http://agent:8100/");
    }
}
