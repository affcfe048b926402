use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::ExposeSecret as _;
use sops::MasterKey;
use ui::{CommandError, Exit, OrHint as _, Printer, env, person};

use crate::keyring::keyring;
use crate::rules::{self, RuleFile};
use crate::{files, key_change};

/// Make ready to encrypt: an age key, `.sops.yaml` and `.gitignore`
///
/// Reuses the age key that is there, or makes one that only you can read. Writes a rule for files whose name begins
/// with `secrets` and for all in folders called `secrets`, into the root of the repository, and ignores what other
/// tools leave decrypted. What is there already stays as it is; running it again changes nothing.
#[derive(Debug, Args)]
pub struct Init {
    /// Encrypt for this age recipient instead of your own key; none is made then
    #[arg(long, value_name = "RECIPIENT")]
    age: Option<String>,
}

/// An example of the files that the rule is for.
const EXAMPLE: &str = "secrets.yaml";
const PATH_REGEX: &str = r"(^|/)secrets(/|[^/]*\.(yaml|yml|json|env|ini)$)";
/// Plaintext that helm-secrets, editors and people leave beside encrypted files, and text that `edit` rescued.
const IGNORED: [&str; 5] = ["*.dec", "*.dec.*", "*.decrypted", "*.decrypted.*", "*.rescued"];

impl Init {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        let here = std::env::current_dir().or_context("failed to find the current folder")?;
        let root = here.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&here);
        let recipient = match self.age {
            Some(recipient) => checked(recipient)?,
            None => own_recipient(printer)?,
        };
        printer.status(&format!("recipient: {recipient}"));
        let example = here.join(EXAMPLE);
        match rules::config_file(&example) {
            Some(file) => compare(&file, &example, &recipient, printer),
            None => {
                let file = root.join(rules::FILE);
                files::replace_unchanged(&file, None, rule(&recipient).as_bytes()).map_err(files::explain)?;
                printer.status(&format!(
                    "{}: made; a rule for files called secrets*.yaml (and .json, .env, .ini) and folders called secrets",
                    file.display()
                ));
            }
        }
        ignore(&root.join(".gitignore"), printer)?;
        printer.status(&format!("next: helm secrets edit {EXAMPLE}"));
        Ok(Exit::Done)
    }
}

/// A recipient that a key can be wrapped for.
fn checked(recipient: String) -> Result<String, CommandError> {
    let groups = [vec![MasterKey::Age { recipient: recipient.clone() }]];
    key_change::wrap(&keyring(), &sops::DataKey::generate(), &groups, None)?;
    Ok(recipient)
}

fn rule(recipient: &str) -> String {
    format!(
        "# Who can open which file: the first rule whose path_regex matches counts.\n\
         # After a change: helm secrets updatekeys FILE...\n\
         creation_rules:\n  - path_regex: {PATH_REGEX}\n    age: {recipient}\n"
    )
}

/// Says whether the rules that are there are for `recipient`.
fn compare(file: &Path, example: &Path, recipient: &str, printer: Printer) {
    let shown = file.display();
    let rule = RuleFile::load(file.to_owned()).and_then(|rules| rules.new_file(example));
    match rule {
        Ok(rule) if rule.groups.iter().flatten().any(|key| key.to_string() == recipient) => {
            printer.status(&format!("{shown}: is there, and its rule for {EXAMPLE} names this recipient"));
        }
        Ok(_) => printer.warning(&format!(
            "{shown}: is there, and its rule for {EXAMPLE} does not name this recipient; add it, then run \
             helm secrets updatekeys on the files that are there"
        )),
        Err(error) => printer.warning(&format!("{shown}: there is no rule for {EXAMPLE}: {error}")),
    }
}

/// The recipient of the user's own key, which is made if there is none.
fn own_recipient(printer: Printer) -> Result<String, CommandError> {
    if let Some(recipient) = keyring().own_recipients().into_iter().find(|own| own.starts_with("age1")) {
        printer.status("age key: there already");
        return Ok(recipient);
    }
    let file = key_file()?;
    if file.exists() {
        return Err(CommandError::new(format!("{} is there, but holds no age identity", file.display()))
            .hint("move it away, or name a recipient: helm secrets init --age RECIPIENT"));
    }
    if let Some(folder) = file.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .or_context(format!("failed to make the folder {}", folder.display()))?;
    }
    let new = keys::generate(jiff::Timestamp::now());
    files::replace_unchanged(&file, None, new.file.expose_secret().as_bytes()).map_err(files::explain)?;
    printer.status(&format!("age key: made {}; keep a copy of it in a safe place", file.display()));
    Ok(new.recipient)
}

/// Where sops looks for age identities.
fn key_file() -> Result<PathBuf, CommandError> {
    let named = env::SOPS_AGE_KEY_FILE.os().map(PathBuf::from);
    named.or_else(|| Some(env::config_dir()?.join("sops/age/keys.txt"))).ok_or_else(|| {
        CommandError::new("there is no place for an age key: neither HOME nor XDG_CONFIG_HOME is set")
            .hint("name one: SOPS_AGE_KEY_FILE")
    })
}

/// Adds the lines that are missing.
fn ignore(file: &Path, printer: Printer) -> Result<(), CommandError> {
    let before = match fs_err::read(file) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let text = String::from_utf8_lossy(before.as_deref().unwrap_or_default()).into_owned();
    let missing: Vec<&str> =
        IGNORED.into_iter().filter(|wanted| !text.lines().any(|line| line.trim() == *wanted)).collect();
    if missing.is_empty() {
        printer.status(&format!("{}: names plaintext leftovers already", file.display()));
        return Ok(());
    }
    let mut after = before.clone().unwrap_or_default();
    if !after.is_empty() && !after.ends_with(b"\n") {
        after.push(b'\n');
    }
    after.extend_from_slice(b"# Plaintext beside encrypted files\n");
    missing.iter().for_each(|line| after.extend_from_slice(format!("{line}\n").as_bytes()));
    files::replace_unchanged(file, before.as_deref(), &after).map_err(files::explain)?;
    printer.status(&format!("{}: {} added", file.display(), person::count(missing.len(), "line")));
    Ok(())
}
