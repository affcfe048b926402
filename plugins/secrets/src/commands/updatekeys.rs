use std::path::{Path, PathBuf};

use clap::Args;
use keys::Keyring;
use sops::MasterKey;
use ui::{CommandError, Exit, OrHint, Printer, person};

use crate::ask::ask;
use crate::key_change::{self, Difference};
use crate::keyring::keyring;
use crate::rules::{self, RuleFile};
use crate::source::{InputFlags, Source};

/// Give files to the people their rule names now
///
/// Compares the keys of each file with those of its rule in `.sops.yaml`, shows what differs, asks, and wraps the data
/// key for the keys of the rule. Values, MAC and time stay as they are, and so does all else in the file.
#[derive(Debug, Args)]
pub struct UpdateKeys {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Change nothing; exit with 1 if a file has other keys than its rule names. Needs no key
    #[arg(long, conflicts_with = "yes")]
    check: bool,
    /// How many groups are needed to open a file of several, instead of what the rule says
    #[arg(long, value_name = "NUMBER")]
    shamir_secret_sharing_threshold: Option<u32>,
    /// Use the rules of this file instead of those of the nearest `.sops.yaml`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    input: InputFlags,
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl UpdateKeys {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        let keyring = keyring();
        let mut stale = Vec::new();
        let exit = super::each_file(&self.files, printer, |path| {
            if self.update(path, &keyring, printer)? {
                stale.push(path.display().to_string());
            }
            Ok(())
        })?;
        if stale.is_empty() {
            return Ok(exit);
        }
        let differ = if stale.len() == 1 { "has" } else { "have" };
        let counted = person::count(self.files.len(), "file");
        Err(CommandError::new(format!(
            "{} of {counted} {differ} other keys than the rules name",
            stale.len()
        ))
        .hint(format!("helm secrets updatekeys {}", stale.join(" "))))
    }

    /// Brings one file up to date; true if `--check` found that it is not.
    fn update(&self, path: &Path, keyring: &Keyring, printer: Printer) -> Result<bool, CommandError> {
        let source = Source::read(path, None, self.input.input_type)?;
        let document = source.document()?;
        let shown = source.shown();
        let (wanted, threshold) = self.wanted(path)?;
        let difference = Difference::new(document.metadata(), &wanted, threshold);
        if difference.is_empty() {
            printer.status(&format!("{shown}: up to date"));
            return Ok(false);
        }
        printer.status(&format!("{shown}: its keys are not those of its rule"));
        difference.lines().iter().for_each(|line| printer.status(&format!("  {line}")));
        if self.check {
            return Ok(true);
        }
        if !self.yes && !ask("Change them?", "add -y to change them without being asked")? {
            printer.status(&format!("{shown}: unchanged"));
            return Ok(false);
        }
        let updated = key_change::rewrap(&source, &document, keyring, &wanted, threshold)?;
        source.replace(updated.as_bytes())?;
        printer.status(&format!("{shown}: keys updated"));
        if difference.removes() {
            printer.status(&format!(
                "{shown}: whoever was removed may know the data key; for a new one: helm secrets rotate -i {shown}"
            ));
        }
        Ok(false)
    }

    /// The groups of keys that the file is to have, and how many of them are needed.
    fn wanted(&self, path: &Path) -> Result<(Vec<Vec<MasterKey>>, Option<u32>), CommandError> {
        let absolute = std::path::absolute(path).or_context(format!("failed to find {}", path.display()))?;
        let located = rules::locate(&absolute, self.config.as_deref());
        let file = located.ok_or_else(|| rules::no_rules(&absolute))?.path;
        let rule = RuleFile::load(file)?.new_file(&absolute)?;
        let threshold = match self.shamir_secret_sharing_threshold {
            Some(asked) => Some(key_change::check_threshold(asked, rule.groups.len())?),
            None => rule.shamir_threshold,
        };
        let several = rule.groups.len() > 1;
        Ok((rule.groups, threshold.filter(|_| several)))
    }
}
