use std::path::PathBuf;

use clap::Args;
use ui::{CommandError, Exit, Printer};

use super::decrypt::{self, How};

/// Show the plaintext of encrypted values files
#[derive(Debug, Args)]
pub struct View {
    #[command(flatten)]
    how: How,
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl View {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        decrypt::print(&self.files, None, &self.how, printer)
    }
}
