//! What a command reads: a file, or standard input under a name.

use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use sops::{Document, Store};
use ui::{CommandError, OrHint};
use zeroize::Zeroizing;

use crate::{files, store_flags};

/// Says what the input is.
#[derive(Debug, Clone, Default, Args)]
pub struct InputFlags {
    /// Read the input as this store; by default the end of its name and its content say which it is
    #[arg(long, value_name = "STORE", value_parser = store_flags::word())]
    pub input_type: Option<Store>,
}

/// Text that was read, where it came from, and what it is to be taken for.
pub struct Source {
    name: PathBuf,
    file: Option<PathBuf>,
    content: Zeroizing<Vec<u8>>,
    declared: Option<Store>,
}

impl Source {
    /// Reads `path`; `-` is standard input. `name` stands in for the path where store and rule are chosen.
    pub fn read(path: &Path, name: Option<&Path>, declared: Option<Store>) -> Result<Self, CommandError> {
        let mut content = Zeroizing::new(Vec::new());
        let is_stdin = path == Path::new("-");
        if is_stdin {
            io::stdin().lock().read_to_end(&mut content).or_context("failed to read standard input")?;
        } else if path.is_dir() {
            let example = path.join("secrets.yaml");
            return Err(CommandError::new(format!("{} is a folder", path.display()))
                .hint(format!("name the files in it, such as {}", example.display())));
        } else {
            fs_err::File::open(path)?.read_to_end(&mut content)?;
        }
        let file = (!is_stdin).then(|| path.to_owned());
        Ok(Self { name: name.unwrap_or(path).to_owned(), file, content, declared })
    }

    /// What messages call it.
    pub fn shown(&self) -> String {
        match &self.file {
            Some(file) => file.display().to_string(),
            None => "standard input".to_owned(),
        }
    }

    /// The name that decides the store and the rule.
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// Whether it is standard input without a name of its own.
    pub fn is_nameless(&self) -> bool {
        self.file.is_none() && self.name == Path::new("-")
    }

    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// The store of a plain text: the declared one, else that of the name.
    pub fn store(&self) -> Store {
        self.declared.unwrap_or_else(|| Store::of_path(&self.name))
    }

    /// The encrypted file in it.
    pub fn document(&self) -> Result<Document<'_>, CommandError> {
        let shown = self.shown();
        let Ok(text) = std::str::from_utf8(&self.content) else { return Err(self.not_encrypted()) };
        if let Some(store) = self.declared {
            return Document::parse(text, store).map_err(|error| self.error(error));
        }
        let named = if self.is_nameless() { values::store_of_stream(text) } else { self.store() };
        values::document(Path::new(&shown), text, named)
            .map_err(|error| CommandError::hinted(error, values::Error::hint))?
            .ok_or_else(|| self.not_encrypted())
    }

    /// Whether it is encrypted already.
    pub fn is_encrypted(&self) -> bool {
        let text = std::str::from_utf8(&self.content);
        text.is_ok_and(|text| Document::detect(text, self.store()).is_ok_and(|found| found.is_some()))
    }

    /// An error of the format about this text.
    pub fn error(&self, error: sops::Error) -> CommandError {
        CommandError::hinted(error, sops::Error::hint).context(self.shown())
    }

    fn not_encrypted(&self) -> CommandError {
        let shown = self.shown();
        let error = CommandError::new(format!("{shown} is not encrypted"));
        match &self.file {
            Some(_) => error.hint(format!("encrypt it: helm secrets encrypt -i {shown}")),
            None => error,
        }
    }

    /// Puts `content` in the place of what was read, unless somebody else did so meanwhile. An unchanged text is not
    /// written. Says whether it wrote.
    pub fn replace(&self, content: &[u8]) -> Result<bool, CommandError> {
        let Some(file) = &self.file else {
            return Err(CommandError::new("standard input cannot be replaced").hint("leave out --in-place"));
        };
        if content == self.content.as_slice() {
            return Ok(false);
        }
        files::replace_unchanged(file, Some(&self.content), content).map_err(|error| match error {
            files::Error::Changed(_) => {
                files::explain(error).hint("run the command again: it works on what the file holds now")
            }
            error => files::explain(error),
        })?;
        Ok(true)
    }
}

/// `files`, or standard input where none is named and something is piped into it.
pub fn or_stdin(files: Vec<PathBuf>) -> Result<Vec<PathBuf>, CommandError> {
    if !files.is_empty() {
        return Ok(files);
    }
    if io::stdin().is_terminal() {
        return Err(CommandError::new("no file is named, and nothing is piped into standard input")
            .hint("name a FILE; --help says more"));
    }
    Ok(vec![PathBuf::from("-")])
}
