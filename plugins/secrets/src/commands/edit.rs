use std::io::{self, BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use clap::Args;
use ui::{CommandError, Exit, OrHint, Printer, env};
use zeroize::Zeroizing;

use crate::opened::MacFlags;
use crate::rules::RuleFlags;
use crate::scratch::{self, Scratch};
use crate::source::InputFlags;
use crate::{editor, files};

pub mod subject;

use subject::Subject;

/// Edit an encrypted values file
///
/// Opens the plaintext in SOPS_EDITOR, EDITOR, vim, nano or vi, in a private file in memory. Values you leave alone
/// keep their ciphertext. A file that does not exist is created. What you typed is never lost: if it cannot be saved,
/// it is kept encrypted in FILE.rescued, and the next edit goes on from there.
#[derive(Debug, Args)]
pub struct Edit {
    #[command(flatten)]
    input: InputFlags,
    #[command(flatten)]
    mac: MacFlags,
    #[command(flatten)]
    rules: RuleFlags,
    /// The encrypted file
    file: PathBuf,
}

impl Edit {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        let command = editor::find(env::SOPS_EDITOR.text().or_else(|| env::EDITOR.text()).as_deref())?;
        let subject = Subject::open(&self.file, self.input.input_type, self.mac, &self.rules, printer)?;
        let scratch = claim(&self.file)?;
        let session = Session { file: &self.file, subject, scratch, command, printer };
        session.run()
    }
}

struct Session<'a> {
    file: &'a Path,
    subject: Subject,
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
        let plain = self.subject.plain();
        if let Some(left) = self.scratch.read()?.filter(|left| left.as_slice() != plain && !left.is_empty()) {
            self.printer.warning(&format!("{shown}: going on with the text of an edit that was killed"));
            return Ok(left);
        }
        let path = rescue_path(self.file);
        if path.exists() {
            let text = subject::rescued(&path, self.printer)?.ok_or_else(|| {
                CommandError::new(format!("{} does not hold rescued text", path.display()))
                    .hint("move it away and edit again")
            })?;
            self.printer.warning(&format!(
                "{shown}: going on with the unsaved text of {} (delete that file to begin anew)",
                path.display()
            ));
            return Ok(text);
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
                Ok(()) if text.as_slice() == self.subject.plain() => {
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

    /// Somebody else's change made while the editor was open must not be lost.
    fn save(&self, text: &[u8]) -> Result<String, CommandError> {
        let (encrypted, message) = self.subject.encrypt(self.file, text)?;
        files::replace_unchanged(self.file, self.subject.before(), encrypted.as_bytes())
            .map_err(files::explain)?;
        Ok(message)
    }

    /// Keeps unsaved text encrypted beside the file; if even that fails, in memory where the next session finds it.
    fn keep(self, unsaved: Unsaved) -> CommandError {
        let Unsaved { text, reason } = unsaved;
        if text.as_slice() == self.subject.plain() || text.is_empty() {
            return reason.detail(format!("{} is as it was", self.file.display()));
        }
        let path = rescue_path(self.file);
        let kept = match self.subject.rescue(&text) {
            Ok(encrypted) => files::replace(&path, encrypted.as_bytes()).map_err(|error| error.reason()),
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
