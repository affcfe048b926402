use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::Value;
use sops::Store;
use ui::{CommandError, Exit, Printer};

use crate::source::InputFlags;

mod explain;
mod show;

use explain::Explanation;

/// Explain which rule of `.sops.yaml` is for a file, and why
///
/// Shows where the rules were found, each rule in order, who could read the file and what would be encrypted in it.
/// The file may be plain, encrypted, or not there yet. Exits with 1 if no rule is for it.
#[derive(Debug, Args)]
pub struct Rules {
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    /// Use the rules of this file instead of those of the nearest `.sops.yaml`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    input: InputFlags,
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

impl Rules {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        let mut explanations = Vec::new();
        let exit = super::each_file(&self.files, printer, |path| {
            let store = self.input.input_type.unwrap_or_else(|| Store::of_path(path));
            let (explanation, result) = Explanation::of(path, store, self.config.as_deref())?;
            if self.output == Format::Text {
                let gap = if explanations.is_empty() { "" } else { "\n" };
                printer.text(&format!("{gap}{}", show::text(&explanation)))?;
            }
            explanations.push(explanation);
            result
        });
        if self.output == Format::Json {
            let list = Value::Array(explanations.iter().map(show::json).collect());
            printer.data(format!("{list:#}\n").as_bytes())?;
        }
        exit
    }
}
