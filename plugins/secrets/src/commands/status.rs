use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use keys::Keyring;
use serde_json::{Value, json};
use sops::Store;
use ui::{CommandError, Exit, Printer, Table, person};

use crate::keyring::keyring;
use crate::source::{InputFlags, Source};

mod files;
mod report;

use files::Candidate;
use report::{Report, RuleFiles};

/// Show who can open encrypted files, and whether they follow their rules
///
/// Nothing is opened and no key is needed. Of folders every encrypted file is shown; files that git ignores are left
/// out. `helm secrets status RELEASE`, where no file or folder is called so, is helm's own.
#[derive(Debug, Args)]
pub struct Status {
    /// Exit with 1 if a file is not as its rule in `.sops.yaml` says, or has none
    #[arg(long)]
    check: bool,
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    /// Use the rules of this file instead of those of the nearest `.sops.yaml`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    input: InputFlags,
    /// Files and folders
    #[arg(default_value = ".", value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Table,
    Json,
}

/// What was found out.
#[derive(Default)]
struct Seen {
    reports: Vec<Report>,
    /// Files that were named and are not encrypted, and whether there is a rule for them.
    plain: Vec<(String, bool)>,
}

impl Status {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        let candidates = files::find(&self.files)?;
        let (keyring, mut seen) = (keyring(), Seen::default());
        let mut rules = RuleFiles::new(self.config.clone());
        let mut failed = None;
        for candidate in &candidates {
            if let Err(error) = self.look(candidate, &keyring, &mut rules, &mut seen)
                && let Some(earlier) = failed.replace(error)
            {
                printer.error(&earlier);
            }
        }
        match self.output {
            Format::Json => printer.data(json_text(&seen).as_bytes())?,
            Format::Table => seen.print(candidates.len() == 1, printer)?,
        }
        if failed.is_none() && seen.is_empty() {
            printer.status("no encrypted files");
        }
        match failed {
            Some(error) => Err(error),
            None if self.check => seen.check(),
            None => Ok(Exit::Done),
        }
    }

    fn look(
        &self,
        candidate: &Candidate,
        keyring: &Keyring,
        rules: &mut RuleFiles,
        seen: &mut Seen,
    ) -> Result<(), CommandError> {
        let path = &candidate.path;
        let source = Source::read(path, None, self.input.input_type).map_err(|error| {
            let hint = || format!("for a release, helm's own command: helm status {}", path.display());
            error.maybe_hint((!path.exists()).then(hint))
        })?;
        if !std::str::from_utf8(source.content()).is_ok_and(sops::has_ciphertext) {
            if candidate.named {
                seen.plain.push((path.display().to_string(), rules.rule(path).is_ok()));
            }
            return Ok(());
        }
        let document = match source.document() {
            // A text about SOPS, such as documentation.
            Err(_) if !candidate.named && source.store() == Store::Binary => return Ok(()),
            document => document?,
        };
        seen.reports.push(Report::new(path, &document, keyring, rules));
        Ok(())
    }
}

impl Seen {
    fn is_empty(&self) -> bool {
        self.reports.is_empty() && self.plain.is_empty()
    }

    fn print(&self, alone: bool, printer: Printer) -> Result<(), CommandError> {
        let now = Timestamp::now();
        match self.reports.as_slice() {
            [report] if alone => printer.text(&report.page(now))?,
            [] => {}
            reports => {
                let mut table = Table::new(Report::HEADER);
                reports.iter().for_each(|report| table.row(report.row(now)));
                printer.text(&table.render())?;
                for report in reports {
                    let remarks = report.remarks();
                    if !remarks.is_empty() {
                        printer.text(&format!("{}: {}\n", report.file, remarks.join("\n  ")))?;
                    }
                }
            }
        }
        for (file, ruled) in &self.plain {
            let wanted = if *ruled { ", though there is a rule for it" } else { "" };
            printer.text(&format!("{file}: not encrypted{wanted}\n"))?;
        }
        Ok(())
    }

    fn check(&self) -> Result<Exit, CommandError> {
        let strays = self.reports.iter().filter(|report| !report.follows()).count();
        let strays = strays + self.plain.iter().filter(|(_, ruled)| *ruled).count();
        if strays == 0 {
            return Ok(Exit::Done);
        }
        let whole = person::count(self.reports.len() + self.plain.len(), "file");
        let follow = if strays == 1 { "does" } else { "do" };
        Err(CommandError::new(format!("{strays} of {whole} {follow} not follow the rules")).hint(
            "for other keys: helm secrets updatekeys FILE; for another selector: decrypt and encrypt it",
        ))
    }
}

fn json_text(seen: &Seen) -> String {
    let plain = seen
        .plain
        .iter()
        .map(|(file, ruled)| json!({"file": file, "encrypted": false, "rule": {"follows": !ruled}}));
    let all: Vec<Value> = seen.reports.iter().map(Report::json).chain(plain).collect();
    format!("{:#}\n", Value::Array(all))
}
