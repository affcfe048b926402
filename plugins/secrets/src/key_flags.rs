//! Master keys on the command line, by type as sops names the flags.

use std::collections::BTreeMap;

use clap::Args;
use sops::MasterKey;
use ui::{CommandError, env};

/// A struct of flags, one for each type of key; `$prefix` begins their names, `$doing` their help.
macro_rules! key_flags {
    ($(#[$meta:meta])* $name:ident, $prefix:literal, $doing:literal) => {
        $(#[$meta])*
        #[derive(Debug, Default, Args)]
        #[command(next_help_heading = "Keys")]
        pub struct $name {
            #[arg(long = concat!($prefix, "age"), id = concat!($prefix, "age"), value_name = "RECIPIENT",
                  value_delimiter = ',', help = concat!($doing, " age recipients, separated by commas"))]
            age: Vec<String>,
            #[arg(long = concat!($prefix, "pgp"), id = concat!($prefix, "pgp"), value_name = "FINGERPRINT",
                  value_delimiter = ',', help = concat!($doing, " OpenPGP keys"))]
            pgp: Vec<String>,
            #[arg(long = concat!($prefix, "kms"), id = concat!($prefix, "kms"), value_name = "ARN",
                  value_delimiter = ',', help = concat!($doing, " keys of AWS KMS"))]
            kms: Vec<String>,
            #[arg(long = concat!($prefix, "gcp-kms"), id = concat!($prefix, "gcp-kms"), value_name = "ID",
                  value_delimiter = ',', help = concat!($doing, " keys of Google Cloud KMS"))]
            gcp_kms: Vec<String>,
            #[arg(long = concat!($prefix, "azure-kv"), id = concat!($prefix, "azure-kv"), value_name = "URL",
                  value_delimiter = ',', help = concat!($doing, " keys of Azure Key Vault"))]
            azure_kv: Vec<String>,
            #[arg(long = concat!($prefix, "hc-vault-transit"), id = concat!($prefix, "hc-vault-transit"),
                  value_name = "URI", value_delimiter = ',',
                  help = concat!($doing, " keys of the Transit engine of Vault or OpenBao"))]
            hc_vault_transit: Vec<String>,
            #[arg(long = concat!($prefix, "hckms"), id = concat!($prefix, "hckms"), value_name = "ID",
                  value_delimiter = ',', help = concat!($doing, " keys of Huawei Cloud KMS"))]
            hckms: Vec<String>,
        }

        impl $name {
            /// The keys, each once.
            pub fn keys(&self, aws: &AwsFlags) -> Result<Vec<MasterKey>, CommandError> {
                let lists = Lists {
                    age: &self.age,
                    pgp: &self.pgp,
                    kms: &self.kms,
                    gcp_kms: &self.gcp_kms,
                    azure_kv: &self.azure_kv,
                    hc_vault_transit: &self.hc_vault_transit,
                    hckms: &self.hckms,
                };
                lists.keys(aws)
            }
        }
    };
}

key_flags!(
    /// Keys of a group.
    KeyFlags, "", "Give it"
);
key_flags!(
    /// Keys of a new file.
    NewKeyFlags, "", "Encrypt for"
);
key_flags!(
    /// Keys to add.
    AddFlags, "add-", "Add"
);
key_flags!(
    /// Keys to remove.
    RemoveFlags, "rm-", "Remove"
);

impl NewKeyFlags {
    /// The flags, and for those that are not given the environment, as sops has it.
    pub fn or_environment(&self) -> Self {
        let or = |given: &Vec<String>, variable: &env::Var| match variable.text() {
            Some(text) if given.is_empty() => text.split(',').map(str::to_owned).collect(),
            _ => given.clone(),
        };
        Self {
            age: or(&self.age, &env::SOPS_AGE_RECIPIENTS),
            pgp: or(&self.pgp, &env::SOPS_PGP_FP),
            kms: or(&self.kms, &env::SOPS_KMS_ARN),
            gcp_kms: or(&self.gcp_kms, &env::SOPS_GCP_KMS_IDS),
            azure_kv: or(&self.azure_kv, &env::SOPS_AZURE_KEYVAULT_URLS),
            hc_vault_transit: or(&self.hc_vault_transit, &env::SOPS_VAULT_URIS),
            hckms: or(&self.hckms, &env::SOPS_HUAWEICLOUD_KMS_IDS),
        }
    }
}

/// What goes with keys of AWS KMS.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Keys")]
pub struct AwsFlags {
    /// Encryption context of keys of AWS KMS that have none of their own: `NAME:VALUE`, separated by commas
    #[arg(long, value_name = "CONTEXT", value_delimiter = ',')]
    encryption_context: Vec<String>,
    /// Profile of the AWS configuration for keys of AWS KMS
    #[arg(long, value_name = "NAME")]
    aws_profile: Option<String>,
}

impl AwsFlags {
    /// What `--encryption-context` says.
    pub fn context(&self) -> Result<BTreeMap<String, String>, CommandError> {
        let pair = |word: &String| match word.split_once(':') {
            Some((name, value)) => Ok((name.trim().to_owned(), value.trim().to_owned())),
            None => Err(CommandError::new(format!("--encryption-context {word} has no colon"))
                .hint("write it as NAME:VALUE")),
        };
        self.encryption_context.iter().map(pair).collect()
    }
}

struct Lists<'a> {
    age: &'a [String],
    pgp: &'a [String],
    kms: &'a [String],
    gcp_kms: &'a [String],
    azure_kv: &'a [String],
    hc_vault_transit: &'a [String],
    hckms: &'a [String],
}

impl Lists<'_> {
    fn keys(&self, aws: &AwsFlags) -> Result<Vec<MasterKey>, CommandError> {
        let context = aws.context()?;
        let profile = aws.aws_profile.as_deref().unwrap_or_default();
        let mut keys = Vec::new();
        let mut add = |key: MasterKey| {
            if !keys.contains(&key) {
                keys.push(key);
            }
        };
        words(self.age).for_each(|word| add(MasterKey::Age { recipient: word.to_owned() }));
        words(self.pgp).for_each(|word| add(MasterKey::pgp(word)));
        words(self.kms).for_each(|word| add(MasterKey::aws_kms(word, context.clone(), profile)));
        words(self.gcp_kms).for_each(|word| add(MasterKey::GcpKms { resource_id: word.to_owned() }));
        for url in words(self.azure_kv) {
            let wanted = "a key of Azure Key Vault is https://NAME.vault.azure.net/keys/KEY/VERSION";
            add(MasterKey::azure_key_vault(url).ok_or_else(|| wrong(url, wanted))?);
        }
        for uri in words(self.hc_vault_transit) {
            let wanted = "a Transit key is https://HOST:PORT/v1/ENGINE/keys/NAME";
            add(MasterKey::vault_transit(uri).ok_or_else(|| wrong(uri, wanted))?);
        }
        words(self.hckms).for_each(|word| add(MasterKey::HuaweiKms { key_id: word.to_owned() }));
        Ok(keys)
    }
}

fn words(list: &[String]) -> impl Iterator<Item = &str> {
    list.iter().map(|word| word.trim()).filter(|word| !word.is_empty())
}

fn wrong(word: &str, wanted: &str) -> CommandError {
    CommandError::new(format!("{word} names no key")).hint(wanted)
}
