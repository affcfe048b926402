//! OpenPGP keys, through the user's own gpg: it has the secret keys, its agent asks for passphrases.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rustix::stdio::{stderr, stdin};
use rustix::termios::ttyname;
use zeroize::Zeroizing;

use crate::text::one_line;

/// Variables with secrets that gpg has no use for.
const SECRETS: [&str; 13] = [
    "SOPS_AGE_KEY",
    "VAULT_TOKEN",
    "BAO_TOKEN",
    "VAULT_SECRET_ID",
    "BAO_SECRET_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "GOOGLE_CREDENTIALS",
    "GOOGLE_OAUTH_ACCESS_TOKEN",
    "AZURE_CLIENT_SECRET",
    "IDENTITY_HEADER",
    "HELM_KUBETOKEN",
];

/// Which gpg to run, and with which keys.
#[derive(Debug, Clone, Default)]
pub struct GpgSources {
    /// `SOPS_GPG_EXEC`: the program; default: `gpg` in `PATH`.
    pub program: Option<PathBuf>,
    /// `GNUPGHOME`: the folder with its keys; default: gpg's own.
    pub home: Option<PathBuf>,
    /// `GPG_TTY`: where a passphrase is asked for; default: the terminal of this process, if it has one.
    pub tty: Option<OsString>,
}

impl GpgSources {
    /// `SOPS_GPG_EXEC`, `GNUPGHOME` and `GPG_TTY` as `lookup` gives them.
    pub fn from_env(lookup: &dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            program: lookup("SOPS_GPG_EXEC").map(PathBuf::from),
            home: lookup("GNUPGHOME").map(PathBuf::from),
            tty: lookup("GPG_TTY").map(OsString::from),
        }
    }

    /// What the OpenPGP message `armored` holds; the words of an error are gpg's own last line.
    pub(crate) fn decrypt(&self, armored: &str) -> Result<Zeroizing<Vec<u8>>, String> {
        let plain = self.run(["-d"], armored.as_bytes())?;
        if plain.is_empty() {
            // An old gpg skips what it does not know (AEAD), says nothing and succeeds.
            return Err("gpg gave nothing back; a newer gpg may be needed".to_owned());
        }
        Ok(plain)
    }

    /// An armored OpenPGP message of `plain` for the key called `fingerprint`; `!` behind it asks for just this subkey.
    pub(crate) fn encrypt(&self, plain: &[u8], fingerprint: &str) -> Result<String, String> {
        let arguments = [
            "--no-default-recipient",
            "--yes",
            "--encrypt",
            "-a",
            "-r",
            fingerprint,
            "--trusted-key",
            long_id(fingerprint),
            "--no-encrypt-to",
        ];
        let armored = self.run(arguments, plain)?;
        let armored = str::from_utf8(&armored).unwrap_or_default().trim();
        if armored.is_empty() {
            return Err("gpg gave nothing back".to_owned());
        }
        Ok(armored.to_owned())
    }

    /// The fingerprints of all secret keys and subkeys; none if gpg cannot say.
    pub(crate) fn secret_keys(&self) -> BTreeSet<String> {
        let listed = self.run(["--batch", "--with-colons", "--list-secret-keys"], b"");
        listed.map(|text| fingerprints(&String::from_utf8_lossy(&text))).unwrap_or_default()
    }

    fn run<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
        input: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, String> {
        let program = self.program.as_deref().unwrap_or(Path::new("gpg"));
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for secret in SECRETS {
            command.env_remove(secret);
        }
        if let Some(home) = &self.home {
            command.env("GNUPGHOME", home);
        }
        if let Some(tty) = self.tty.clone().or_else(terminal) {
            command.env("GPG_TTY", tty);
        }
        let output = exchange(&mut command, input).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => format!("the program {} is not there", program.display()),
            kind => format!("{} does not run: {kind}", program.display()),
        })?;
        let printed = Zeroizing::new(output.stdout);
        if output.status.success() {
            return Ok(printed);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().map(one_line).rfind(|line| !line.is_empty());
        Err(last.unwrap_or_else(|| format!("gpg failed: {}", output.status)))
    }
}

/// Runs `command` with `input` and waits for its end. A program that ends without reading all is judged by its status.
fn exchange(command: &mut Command, input: &[u8]) -> io::Result<Output> {
    let mut child = command.spawn()?;
    let stdin = child.stdin.take();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if let Some(mut stdin) = stdin {
                let _ = stdin.write_all(input);
            }
        });
        child.wait_with_output()
    })
}

fn terminal() -> Option<OsString> {
    // Either may be redirected.
    let name = ttyname(stdin(), Vec::new()).or_else(|_| ttyname(stderr(), Vec::new())).ok()?;
    Some(OsStr::from_bytes(name.to_bytes()).to_owned())
}

/// The last 16 digits, with the `!` where there is one: what `--trusted-key` takes.
fn long_id(fingerprint: &str) -> &str {
    let digits = fingerprint.strip_suffix('!').map_or(16, |_| 17);
    fingerprint.get(fingerprint.len().saturating_sub(digits)..).unwrap_or(fingerprint)
}

/// The fingerprints in a listing of `--with-colons`.
fn fingerprints(listing: &str) -> BTreeSet<String> {
    let fields = listing.lines().filter_map(|line| line.strip_prefix("fpr:"));
    fields.filter_map(|fields| fields.split(':').nth(8)).map(str::to_ascii_uppercase).collect()
}

/// Whether `fingerprint`, as a file has it (also in its short form, also with `!`), is one of `known`.
pub(crate) fn is_among(fingerprint: &str, known: &BTreeSet<String>) -> bool {
    let digits = fingerprint.trim_end_matches('!').trim_start_matches("0x").to_ascii_uppercase();
    digits.len() >= 8 && known.iter().any(|known| known.ends_with(&digits))
}

#[cfg(test)]
pub(crate) mod tests;
