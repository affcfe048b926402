//! Master keys by name: what wraps the data key of a file. Opening and wrapping live in `keys`.

use std::collections::BTreeMap;
use std::fmt;

/// A key that can wrap a data key, as `.sops.yaml` or a file names it. Its text, from `Display`, is the one sops uses
/// to tell keys apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MasterKey {
    /// An age recipient: `age1...`, `age1pq1...`, `age1PLUGIN1...`, or an SSH public key.
    Age {
        /// As written, not checked. In a file it is a label only: any identity that opens the key will do.
        recipient: String,
    },
    /// An OpenPGP key.
    Pgp {
        /// Without blanks; a `!` at the end asks for just this subkey.
        fingerprint: String,
    },
    /// A key of AWS KMS.
    AwsKms {
        /// `arn:aws:kms:REGION:ACCOUNT:key/ID` or an alias.
        arn: String,
        /// ARN of the role to assume first.
        role: Option<String>,
        /// Encryption context: must be the same when the key is opened.
        context: BTreeMap<String, String>,
        /// Profile of the AWS configuration; may be empty.
        profile: String,
    },
    /// A key of Google Cloud KMS.
    GcpKms {
        /// `projects/P/locations/L/keyRings/R/cryptoKeys/K`.
        resource_id: String,
    },
    /// A key of Azure Key Vault.
    AzureKeyVault {
        /// `https://NAME.vault.azure.net`.
        vault_url: String,
        /// Name of the key.
        name: String,
        /// May be empty in a rule, where it means the newest; in a file it is there.
        version: String,
    },
    /// A key of the Transit engine of Vault or OpenBao.
    VaultTransit {
        /// `https://HOST:PORT`.
        address: String,
        /// Mount path of the engine, may have several parts.
        engine_path: String,
        /// Name of the key.
        key_name: String,
    },
    /// A key of Huawei Cloud KMS: kept and reported, not opened.
    HuaweiKms {
        /// `REGION:UUID`.
        key_id: String,
    },
}

/// A key type, named as SOPS names its lists in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// `kms`
    AwsKms,
    /// `gcp_kms`
    GcpKms,
    /// `hckms`
    HuaweiKms,
    /// `azure_kv`
    AzureKeyVault,
    /// `hc_vault`
    VaultTransit,
    /// `pgp`
    Pgp,
    /// `age`
    Age,
}

impl KeyType {
    /// All types in the order in which sops loads them from a file.
    pub const ALL: [Self; 7] = [
        Self::AwsKms,
        Self::GcpKms,
        Self::HuaweiKms,
        Self::AzureKeyVault,
        Self::VaultTransit,
        Self::Pgp,
        Self::Age,
    ];

    /// The name of the type's list in a file, which is also its word in `SOPS_DECRYPTION_ORDER`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AwsKms => "kms",
            Self::GcpKms => "gcp_kms",
            Self::HuaweiKms => "hckms",
            Self::AzureKeyVault => "azure_kv",
            Self::VaultTransit => "hc_vault",
            Self::Pgp => "pgp",
            Self::Age => "age",
        }
    }
}

impl MasterKey {
    /// Its type.
    #[must_use]
    pub fn kind(&self) -> KeyType {
        match self {
            Self::Age { .. } => KeyType::Age,
            Self::Pgp { .. } => KeyType::Pgp,
            Self::AwsKms { .. } => KeyType::AwsKms,
            Self::GcpKms { .. } => KeyType::GcpKms,
            Self::AzureKeyVault { .. } => KeyType::AzureKeyVault,
            Self::VaultTransit { .. } => KeyType::VaultTransit,
            Self::HuaweiKms { .. } => KeyType::HuaweiKms,
        }
    }

    /// An OpenPGP key; blanks in the fingerprint do not count.
    #[must_use]
    pub fn pgp(fingerprint: &str) -> Self {
        Self::Pgp { fingerprint: fingerprint.replace(' ', "") }
    }

    /// A key of AWS KMS by `ARN` or `ARN+ROLE`.
    #[must_use]
    pub fn aws_kms(arn: &str, context: BTreeMap<String, String>, profile: &str) -> Self {
        let arn = arn.replace(' ', "");
        // `arn:aws:kms:...+arn:aws:iam:...`, as in sops.
        let (arn, role) = match arn.find("+arn:") {
            Some(at) => (arn[..at].to_owned(), Some(arn[at + 1..].to_owned())),
            None => (arn, None),
        };
        Self::AwsKms { arn, role, context, profile: profile.to_owned() }
    }

    /// A key of Azure Key Vault by `https://HOST/keys/NAME[/VERSION]`; `None` for anything else.
    #[must_use]
    pub fn azure_key_vault(url: &str) -> Option<Self> {
        let (vault_url, key) = url.split_once("/keys/")?;
        let host = vault_url.strip_prefix("https://")?;
        let mut parts = key.split('/');
        let (name, version) = (parts.next()?, parts.next().unwrap_or_default());
        let fits = !host.is_empty() && !host.contains('/') && !name.is_empty() && parts.next().is_none();
        fits.then(|| Self::AzureKeyVault {
            vault_url: vault_url.to_owned(),
            name: name.to_owned(),
            version: version.to_owned(),
        })
    }

    /// A Transit key by `SCHEME://HOST[:PORT]/v1/ENGINE/keys/NAME`; `None` for anything else. The word before the name
    /// is not checked, and the engine may have several parts, as in sops.
    #[must_use]
    pub fn vault_transit(uri: &str) -> Option<Self> {
        let (scheme, rest) = uri.split_once("://")?;
        let (host, path) = rest.split_once("/v1/")?;
        if !["http", "https"].contains(&scheme) || host.is_empty() || host.contains('/') {
            return None;
        }
        let (path, key_name) = path.trim_end_matches('/').rsplit_once('/')?;
        let (engine_path, _word) = path.rsplit_once('/')?;
        let engine_path = engine_path.trim_matches('/');
        (!engine_path.is_empty() && !key_name.is_empty()).then(|| Self::VaultTransit {
            address: format!("{scheme}://{host}"),
            engine_path: engine_path.to_owned(),
            key_name: key_name.to_owned(),
        })
    }
}

impl fmt::Display for MasterKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Age { recipient } => out.write_str(recipient),
            Self::Pgp { fingerprint } => out.write_str(fingerprint),
            Self::AwsKms { arn, role, context, profile } => {
                out.write_str(arn)?;
                if let Some(role) = role {
                    write!(out, "+{role}")?;
                }
                if !context.is_empty() || !profile.is_empty() {
                    out.write_str("|")?;
                }
                for (number, (name, value)) in context.iter().enumerate() {
                    write!(out, "{}{name}:{value}", if number > 0 { "," } else { "" })?;
                }
                if profile.is_empty() { Ok(()) } else { write!(out, "|{profile}") }
            }
            Self::GcpKms { resource_id } => out.write_str(resource_id),
            Self::AzureKeyVault { vault_url, name, version } => {
                write!(out, "{vault_url}/keys/{name}/{version}")
            }
            Self::VaultTransit { address, engine_path, key_name } => {
                write!(out, "{address}/v1/{engine_path}/keys/{key_name}")
            }
            Self::HuaweiKms { key_id } => out.write_str(key_id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_named_as_sops_names_them() {
        let role = MasterKey::aws_kms(
            "arn:aws:kms:eu-west-1:1:key/a + arn:aws:iam::1:role/r",
            BTreeMap::from([("b".to_owned(), "2".to_owned()), ("a".to_owned(), "1".to_owned())]),
            "",
        );
        assert_eq!(role.to_string(), "arn:aws:kms:eu-west-1:1:key/a+arn:aws:iam::1:role/r|a:1,b:2");
        let profile = MasterKey::aws_kms("arn:a", BTreeMap::new(), "p");
        assert_eq!(profile.to_string(), "arn:a||p");
        let azure = MasterKey::azure_key_vault("https://v.vault.azure.net/keys/k/0123").unwrap();
        assert_eq!(azure.to_string(), "https://v.vault.azure.net/keys/k/0123");
        assert_eq!(MasterKey::pgp("85D7 7543").to_string(), "85D77543");
    }

    #[test]
    fn transit_addresses() {
        for (uri, name) in [
            ("http://v:8200/v1/sops/keys/k", Some("http://v:8200/v1/sops/keys/k")),
            ("https://v/v1/team/transit/encrypt/k/", Some("https://v/v1/team/transit/keys/k")),
            ("https://v/ui/v1/sops/keys/k", None),
            ("https://v/v1/keys/k", None),
            ("v/v1/sops/keys/k", None),
            ("ftp://v/v1/sops/keys/k", None),
        ] {
            let key = MasterKey::vault_transit(uri).map(|key| key.to_string());
            assert_eq!(key.as_deref(), name, "{uri}");
        }
    }

    #[test]
    fn azure_addresses() {
        for uri in [
            "http://v/keys/k",
            "https://v/k",
            "https://v/x/keys/k",
            "https://v/keys/k/1/2",
            "https://v/keys/",
        ] {
            assert_eq!(MasterKey::azure_key_vault(uri), None, "{uri}");
        }
        let newest = MasterKey::azure_key_vault("https://v/keys/k").unwrap();
        assert!(matches!(newest, MasterKey::AzureKeyVault { version, .. } if version.is_empty()));
    }
}
