//! Flags that stand in for `.sops.yaml`, named as those of sops.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use sops::{MasterKey, Selector};
use ui::CommandError;

use crate::key_flags::{AwsFlags, NewKeyFlags};

/// Who can read a new file, and what is encrypted in it, other than its rule says.
#[derive(Debug, Default, Args)]
pub struct RuleFlags {
    #[command(flatten)]
    keys: NewKeyFlags,
    #[command(flatten)]
    aws: AwsFlags,
    #[command(flatten)]
    selector: SelectorFlags,
    #[command(flatten)]
    more: MoreFlags,
}

/// At most one of them.
#[derive(Debug, Default, Args)]
#[group(multiple = false)]
#[command(next_help_heading = "What is encrypted")]
struct SelectorFlags {
    /// Leave keys readable that end with this, and all below them
    #[arg(long, value_name = "SUFFIX")]
    unencrypted_suffix: Option<String>,
    /// Encrypt only keys that end with this, and all below them
    #[arg(long, value_name = "SUFFIX")]
    encrypted_suffix: Option<String>,
    /// Leave keys readable in which this finds a match, and all below them
    #[arg(long, value_name = "REGEX")]
    unencrypted_regex: Option<String>,
    /// Encrypt only keys in which this finds a match, and all below them
    #[arg(long, value_name = "REGEX")]
    encrypted_regex: Option<String>,
    /// Leave readable what stands below a comment in which this finds a match
    #[arg(long, value_name = "REGEX")]
    unencrypted_comment_regex: Option<String>,
    /// Encrypt only what stands below a comment in which this finds a match
    #[arg(long, value_name = "REGEX")]
    encrypted_comment_regex: Option<String>,
}

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Rules")]
struct MoreFlags {
    /// Let the MAC cover encrypted values only
    #[arg(long)]
    mac_only_encrypted: bool,
    /// How many groups are needed to open a file of several, instead of what the rule says
    #[arg(long, value_name = "NUMBER")]
    shamir_secret_sharing_threshold: Option<u32>,
    /// Spaces for each level of what is added to the file, instead of what `.sops.yaml` says
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(0..=16))]
    indent: Option<u8>,
    /// Use the rules of this file instead of those of the nearest `.sops.yaml`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl RuleFlags {
    /// The keys, of flags or environment; without any those of the rule count.
    pub fn keys(&self) -> Result<Option<Vec<MasterKey>>, CommandError> {
        let keys = self.keys.or_environment().keys(&self.aws)?;
        Ok(Some(keys).filter(|keys| !keys.is_empty()))
    }

    /// What is added to keys of AWS KMS that have no context.
    pub fn context(&self) -> Result<BTreeMap<String, String>, CommandError> {
        self.aws.context()
    }

    pub fn selector(&self) -> Option<Selector> {
        let flags = &self.selector;
        let fields = [
            ("unencrypted_suffix", &flags.unencrypted_suffix),
            ("encrypted_suffix", &flags.encrypted_suffix),
            ("unencrypted_regex", &flags.unencrypted_regex),
            ("encrypted_regex", &flags.encrypted_regex),
            ("unencrypted_comment_regex", &flags.unencrypted_comment_regex),
            ("encrypted_comment_regex", &flags.encrypted_comment_regex),
        ];
        fields.into_iter().find_map(|(field, text)| {
            let text = text.as_ref().filter(|text| !text.is_empty())?;
            Selector::from_field(field, text.clone())
        })
    }

    pub fn mac_only_encrypted(&self) -> bool {
        self.more.mac_only_encrypted
    }

    pub fn threshold(&self) -> Option<u32> {
        self.more.shamir_secret_sharing_threshold
    }

    pub fn indent(&self) -> Option<usize> {
        self.more.indent.map(usize::from)
    }

    pub fn config(&self) -> Option<&PathBuf> {
        self.more.config.as_ref()
    }
}
