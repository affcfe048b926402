//! Where a process finds its master keys.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use sops::KeyType;

use crate::age_keys::AgeSources;
use crate::gpg::GpgSources;
use crate::prompt::Prompt;
use crate::remote::RemoteSettings;

/// Everything that keys can come from. The default has no age identity, asks nobody, and runs the `gpg` in `PATH`.
#[derive(Clone, Default)]
pub struct Sources {
    /// age identities and SSH keys.
    pub age: AgeSources,
    /// OpenPGP.
    pub gpg: GpgSources,
    /// Key services.
    pub remote: RemoteSettings,
    /// `SOPS_DECRYPTION_ORDER`: which local type comes first. Empty is sops' own order: age, then OpenPGP.
    pub order: Vec<KeyType>,
    /// Asks for passphrases; nobody is asked without it.
    pub prompt: Option<Arc<dyn Prompt>>,
}

impl Sources {
    /// The places that sops reads; nothing is opened yet.
    ///
    /// `lookup` gives a variable's text, `home` is the user's home folder, `config_dir` that of user configuration.
    pub fn from_env(
        lookup: &dyn Fn(&str) -> Option<String>,
        home: Option<&Path>,
        config_dir: Option<&Path>,
    ) -> Self {
        Self {
            age: AgeSources::from_env(lookup, home, config_dir),
            gpg: GpgSources::from_env(lookup),
            remote: RemoteSettings::from_env(lookup, home),
            order: lookup("SOPS_DECRYPTION_ORDER").map(|text| order(&text)).unwrap_or_default(),
            prompt: None,
        }
    }

    /// These sources with somebody to ask for passphrases.
    #[must_use]
    pub fn with_prompt(self, prompt: impl Prompt + 'static) -> Self {
        Self { prompt: Some(Arc::new(prompt)), ..self }
    }

    /// Whether gpg comes before age. Types that a given order leaves out follow as sops loads them: OpenPGP before age.
    pub(crate) fn gpg_first(&self) -> bool {
        let place = |kind| self.order.iter().position(|known| *known == kind).unwrap_or(self.order.len());
        !self.order.is_empty() && place(KeyType::Pgp) <= place(KeyType::Age)
    }
}

/// The types in a list such as `age,pgp`; words that are no type are left out, as in sops.
fn order(text: &str) -> Vec<KeyType> {
    let known = |word: &str| KeyType::ALL.into_iter().find(|kind| kind.name() == word.trim());
    text.split(',').filter_map(known).collect()
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("age", &self.age)
            .field("gpg", &self.gpg)
            .field("remote", &self.remote)
            .field("order", &self.order)
            .field("prompt", &self.prompt.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn every_variable_of_sops_has_its_place() {
        let lookup = |name: &str| Some(format!("/of/{name}"));
        let found = Sources::from_env(&lookup, Some(Path::new("/home/me")), Some(Path::new("/config")));
        let of = |name: &str| Some(Path::new("/of").join(name));
        assert_eq!(found.age.key.as_ref().map(|key| key.expose_secret().to_owned()), lookup("SOPS_AGE_KEY"));
        assert_eq!(found.age.key_file, of("SOPS_AGE_KEY_FILE"));
        assert_eq!(found.age.key_command, lookup("SOPS_AGE_KEY_CMD"));
        assert_eq!(found.age.key_files, [Path::new("/config/sops/age/keys.txt")]);
        assert_eq!(found.age.ssh_key_file, of("SOPS_AGE_SSH_PRIVATE_KEY_FILE"));
        assert_eq!(found.age.ssh_key_command, lookup("SOPS_AGE_SSH_PRIVATE_KEY_CMD"));
        assert_eq!(
            found.age.ssh_key_files,
            ["/home/me/.ssh/id_ed25519", "/home/me/.ssh/id_rsa"].map(Path::new)
        );
        assert_eq!(found.gpg.program, of("SOPS_GPG_EXEC"));
        assert_eq!(found.gpg.home, of("GNUPGHOME"));
        assert_eq!(found.gpg.tty, lookup("GPG_TTY").map(Into::into));
        assert!(!format!("{found:?}").contains("/of/SOPS_AGE_KEY\""));
    }

    #[test]
    fn the_order_of_sops() {
        let gpg_first = |text: &str| Sources { order: order(text), ..Sources::default() }.gpg_first();
        assert!(!gpg_first(""));
        assert!(!gpg_first("age,pgp"));
        assert!(!gpg_first("kms, age"));
        assert!(gpg_first("pgp,age"));
        assert!(gpg_first("kms"));
        assert!(gpg_first("hc_vault, pgp"));
        assert!(!gpg_first("nonsense"));
    }
}
