use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use sops::{Changes, DataKey, Document, Selector, Settings, Store};
use ui::{CommandError, Exit, OrHint, Printer, env, person};
use zeroize::Zeroizing;

use crate::rules::NewFile;
use crate::scratch::{self, Scratch};
use crate::{editor, files, keyring::keyring};

/// Edit an encrypted values file
///
/// Opens the plaintext in SOPS_EDITOR, EDITOR, vim, nano or vi, in a private file in memory. Values you leave alone
/// keep their ciphertext. A file that does not exist is created. What you typed is never lost: if it cannot be saved,
/// it is kept encrypted in FILE.rescued, and the next edit goes on from there.
#[derive(Debug, Args)]
pub struct Edit {
    file: PathBuf,
}

impl Edit {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        let command = editor::find(env::SOPS_EDITOR.text().or_else(|| env::EDITOR.text()).as_deref())?;
        let target = Target::open(&self.file)?;
        let scratch = claim(&self.file)?;
        let session = Session { file: &self.file, target, scratch, command, printer };
        session.run()
    }
}

/// What is edited: a file that is there, or one to be.
enum Target {
    There { encrypted: String, plain: Zeroizing<Vec<u8>>, data_key: DataKey },
    New { settings: Settings, data_key: DataKey },
}

impl Target {
    fn open(path: &Path) -> Result<Self, CommandError> {
        if !path.exists() {
            super::encrypt::refuse_other_stores(path)?;
            let data_key = DataKey::generate();
            return Ok(Target::New { settings: NewFile::at(path)?.settings(&data_key)?, data_key });
        }
        let encrypted = super::read(path)?.to_string();
        let keyring = keyring();
        let Some(opened) = values::open(path, &keyring).map_err(super::values_error)? else {
            return Err(CommandError::new(format!("{} is not encrypted", path.display()))
                .hint(format!("encrypt it first: helm secrets encrypt -i {}", path.display())));
        };
        let document =
            Document::parse(&encrypted, Store::Yaml).map_err(|error| super::sops_error(error, path))?;
        let data_key = keyring.data_key(document.metadata())?;
        Ok(Target::There { plain: opened.content, data_key, encrypted })
    }

    fn plain(&self) -> &[u8] {
        match self {
            Target::There { plain, .. } => plain,
            Target::New { .. } => b"",
        }
    }

    /// The file with the new text, and what is to be said about it.
    fn encrypt(&self, edited: &str) -> Result<(String, String), sops::Error> {
        match self {
            Target::There { encrypted, data_key, .. } => {
                let (text, changes) = Document::parse(encrypted, Store::Yaml)?.update(
                    edited.as_bytes(),
                    data_key,
                    SystemTime::now(),
                )?;
                Ok((text, describe(&changes)))
            }
            Target::New { settings, data_key } => {
                Ok((sops::encrypt(edited.as_bytes(), Store::Yaml, data_key, settings)?, "created".to_owned()))
            }
        }
    }

    /// An encrypted file that holds `text` whatever it is, openable by whoever can open the target.
    fn rescue(&self, text: &[u8]) -> Result<String, sops::Error> {
        let (groups, shamir_threshold, data_key) = match self {
            Target::There { encrypted, data_key, .. } => {
                let metadata = Document::parse(encrypted, Store::Yaml)?.metadata().clone();
                (metadata.groups, metadata.shamir_threshold, data_key)
            }
            Target::New { settings, data_key } => {
                (settings.groups.clone(), settings.shamir_threshold, data_key)
            }
        };
        let settings = Settings {
            groups,
            shamir_threshold,
            selector: Selector::default(),
            mac_only_encrypted: false,
            now: SystemTime::now(),
            indent: None,
            unknown: Vec::new(),
        };
        let content = Zeroizing::new(format!("{RESCUED}{}\"\n", STANDARD.encode(text)));
        sops::encrypt(content.as_bytes(), Store::Yaml, data_key, &settings)
    }
}

/// How the plaintext of a rescued file begins; base64 and a quote follow.
const RESCUED: &str = "rescued_text_in_base64: \"";

struct Session<'a> {
    file: &'a Path,
    target: Target,
    scratch: Scratch,
    command: Vec<String>,
    printer: Printer,
}

/// Text that could not be saved, and why.
struct Unsaved {
    text: Zeroizing<Vec<u8>>,
    reason: CommandError,
}

impl Session<'_> {
    fn run(self) -> Result<Exit, CommandError> {
        let start = self.starting_text()?;
        self.scratch.write(&start).or_context("failed to prepare the editor's file")?;
        match self.edit_until_saved() {
            Ok(message) => {
                self.printer.status(&format!("{}: {message}", self.file.display()));
                let _ = fs_err::remove_file(rescue_path(self.file));
                Ok(Exit::Done)
            }
            Err(unsaved) => Err(self.keep(unsaved)),
        }
    }

    /// The plaintext; or what an earlier session could not save.
    fn starting_text(&self) -> Result<Zeroizing<Vec<u8>>, CommandError> {
        let shown = self.file.display();
        let plain = self.target.plain();
        if let Some(left) = self.scratch.read()?.filter(|left| left.as_slice() != plain && !left.is_empty()) {
            self.printer.warning(&format!("{shown}: going on with the text of an edit that was killed"));
            return Ok(left);
        }
        let path = rescue_path(self.file);
        if path.exists() {
            let opened = values::open(&path, &keyring()).map_err(super::values_error)?;
            let text = opened.as_ref().and_then(|opened| {
                let text = str::from_utf8(&opened.content).ok()?;
                let encoded = text.strip_prefix(RESCUED)?.trim_end().strip_suffix('"')?;
                STANDARD.decode(encoded).ok()
            });
            let text = text.ok_or_else(|| {
                CommandError::new(format!("{} does not hold rescued text", path.display()))
                    .hint("move it away and edit again")
            })?;
            self.printer.warning(&format!(
                "{shown}: going on with the unsaved text of {} (delete that file to begin anew)",
                path.display()
            ));
            return Ok(Zeroizing::new(text));
        }
        Ok(Zeroizing::new(plain.to_vec()))
    }

    fn edit_until_saved(&self) -> Result<String, Unsaved> {
        loop {
            let ended = editor::run(&self.command, self.scratch.file());
            let text = match self.scratch.read() {
                Ok(text) => text.unwrap_or_default(),
                Err(error) => return Err(Unsaved { text: Zeroizing::default(), reason: error.into() }),
            };
            let reason = match ended {
                Err(error) => return Err(Unsaved { text, reason: CommandError::new(error) }),
                Ok(()) if text.as_slice() == self.target.plain() => {
                    return Ok("unchanged".to_owned());
                }
                Ok(()) => match self.save(&text) {
                    Ok(message) => return Ok(message),
                    Err(reason) => reason,
                },
            };
            if !io::stdin().is_terminal() {
                return Err(Unsaved { text, reason });
            }
            self.printer.error(&reason);
            if !again() {
                let reason = CommandError::new(format!("{} was not saved", self.file.display()));
                return Err(Unsaved { text, reason });
            }
        }
    }

    fn save(&self, text: &[u8]) -> Result<String, CommandError> {
        let shown = self.file.display();
        let text = std::str::from_utf8(text)
            .map_err(|_| CommandError::new(format!("{shown}: the edited text is not UTF-8")))?;
        let (encrypted, message) =
            self.target.encrypt(text).map_err(|error| super::sops_error(error, self.file))?;
        self.refuse_overwriting()?;
        files::replace(self.file, encrypted.as_bytes()).or_context(format!("failed to write {shown}"))?;
        Ok(message)
    }

    /// Somebody else's change made while the editor was open must not be lost.
    fn refuse_overwriting(&self) -> Result<(), CommandError> {
        let now = match fs_err::read(self.file) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        let same = match &self.target {
            Target::There { encrypted, .. } => now.as_deref() == Some(encrypted.as_bytes()),
            Target::New { .. } => now.is_none(),
        };
        if same {
            return Ok(());
        }
        Err(CommandError::new(format!(
            "{} was changed by someone else while it was edited",
            self.file.display()
        )))
    }

    /// Keeps unsaved text encrypted beside the file; if even that fails, in memory where the next session finds it.
    fn keep(self, unsaved: Unsaved) -> CommandError {
        let Unsaved { text, reason } = unsaved;
        if text.as_slice() == self.target.plain() || text.is_empty() {
            return reason.detail(format!("{} is as it was", self.file.display()));
        }
        let path = rescue_path(self.file);
        let kept = match self.target.rescue(&text) {
            Ok(encrypted) => files::replace(&path, encrypted.as_bytes()).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let again = format!("go on from there: helm secrets edit {}", self.file.display());
        match kept {
            Ok(()) => {
                reason.detail(format!("your text is kept, encrypted, in {}", path.display())).hint(again)
            }
            Err(error) => {
                let place = self.scratch.keep();
                reason
                    .detail(format!("your text could not be kept in {}: {error}", path.display()))
                    .detail(format!("it stays in memory, in {}, until the machine restarts", place.display()))
                    .hint(again)
            }
        }
    }
}

fn claim(file: &Path) -> Result<Scratch, CommandError> {
    let bases: Vec<PathBuf> =
        env::XDG_RUNTIME_DIR.os().map(PathBuf::from).into_iter().chain([PathBuf::from("/dev/shm")]).collect();
    Scratch::claim(file, &bases).map_err(|error| match error {
        scratch::Error::Busy(_) => CommandError::new(error).hint("end the other editor first"),
        scratch::Error::NoMemory(_) => {
            CommandError::new(error).hint("set XDG_RUNTIME_DIR to a folder on tmpfs")
        }
        other => CommandError::new(other),
    })
}

fn rescue_path(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".rescued");
    PathBuf::from(name)
}

/// Asks the person at the terminal whether to open the editor again.
fn again() -> bool {
    let printer = Printer::new(false, false, true);
    printer.status("Press Enter to edit again, or type q and Enter to keep the text and stop.");
    let mut answer = String::new();
    match io::stdin().lock().read_line(&mut answer) {
        Ok(0) | Err(_) => false,
        Ok(_) => !answer.trim().eq_ignore_ascii_case("q"),
    }
}

/// `1 value changed (db.password), 14 kept`.
fn describe(changes: &Changes) -> String {
    let mut parts = Vec::new();
    for (paths, what) in
        [(&changes.changed, "changed"), (&changes.added, "added"), (&changes.removed, "removed")]
    {
        if !paths.is_empty() {
            parts.push(format!(
                "{} {what} ({})",
                person::count(paths.len(), "value"),
                person::list(paths, 3)
            ));
        }
    }
    if parts.is_empty() {
        parts.push("no value changed".to_owned());
    }
    parts.push(format!("{} kept", changes.kept));
    parts.join(", ")
}
