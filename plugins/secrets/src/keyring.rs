//! The keys at hand, from the places where sops looks for them.

use std::path::Path;

use keys::{Keyring, Prompt, Sources};
use secrecy::SecretString;
use ui::{Printer, env, terminal};

/// Reads nothing yet: identities are loaded when the first file needs them.
pub fn keyring() -> Keyring {
    let home = env::HOME.os();
    let home = home.as_deref().map(Path::new);
    let sources = Sources::from_env(&env::lookup, home, env::config_dir().as_deref());
    Keyring::new(sources.with_prompt(AtTerminal))
}

/// Asks for the passphrases of keys.
struct AtTerminal;

impl Prompt for AtTerminal {
    fn secret(&self, question: &str) -> Option<SecretString> {
        terminal::ask_secret(&format!("{question}: "))
    }

    fn show(&self, message: &str) {
        terminal::tell(message);
    }

    fn warn(&self, message: &str) {
        Printer::new(false, false, false).warning(message);
    }
}
