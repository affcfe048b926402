//! Where a command's result goes: standard output, another file, or the place of what was read.

use std::path::PathBuf;

use clap::Args;
use ui::{CommandError, Printer};

use crate::files;
use crate::source::Source;

/// Says where the result goes; standard output unless told otherwise.
#[derive(Debug, Clone, Default, Args)]
pub struct Target {
    /// Replace the files instead of printing them
    #[arg(short, long)]
    pub in_place: bool,
    /// Write to this file instead of printing; a new one gets mode 0600
    #[arg(long, value_name = "FILE", conflicts_with = "in_place")]
    pub output: Option<PathBuf>,
}

impl Target {
    /// Refuses several files where only one result has room.
    pub fn refuse_several(&self, files: usize, done: &str) -> Result<(), CommandError> {
        if files > 1 && !self.in_place {
            return Err(
                CommandError::new(format!("several files can only be {done} in place")).hint("add -i")
            );
        }
        Ok(())
    }

    /// Hands over the result; `said` follows the file's name in what is reported about a file that was written.
    pub fn put(
        &self,
        source: &Source,
        content: &[u8],
        said: &str,
        printer: Printer,
    ) -> Result<(), CommandError> {
        if self.in_place {
            let wrote = source.replace(content)?;
            printer.status(&format!("{}: {}", source.shown(), if wrote { said } else { "unchanged" }));
        } else if let Some(path) = &self.output {
            files::replace(path, content).map_err(files::explain)?;
            printer.status(&format!("{}: {said}", path.display()));
        } else {
            printer.data(content)?;
        }
        Ok(())
    }
}
