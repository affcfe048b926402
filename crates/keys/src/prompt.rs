//! Asking the person at the terminal.

use secrecy::SecretString;

/// Reaches the person who runs the program. The callers are one at a time.
pub trait Prompt: Send + Sync {
    /// Asks for a passphrase or a PIN: `question` is `passphrase of /home/me/.ssh/id_ed25519`, or the words of an age
    /// plugin. `None`: nobody can be asked, for example because there is no terminal, or no answer was given.
    fn secret(&self, question: &str) -> Option<SecretString>;

    /// Shows a message that asks for no answer, such as to touch a hardware key.
    fn show(&self, message: &str);

    /// Warns of something unsafe that the settings ask for, or of a setting that is ignored.
    fn warn(&self, message: &str);
}
