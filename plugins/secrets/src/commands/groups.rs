use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use sops::MasterKey;
use ui::{CommandError, Exit, Printer, person};

use crate::key_change::{self, check_threshold, groups_of};
use crate::key_flags::{AwsFlags, KeyFlags};
use crate::keyring::keyring;
use crate::source::{InputFlags, Source};
use crate::target::Target;

/// Add and delete groups of keys
///
/// The data key of a file with several groups is split among them (Shamir's secret sharing): a number of groups, the
/// threshold, is needed to open it, one key of each.
#[derive(Debug, Subcommand)]
pub enum Groups {
    Add(Add),
    Delete(Delete),
}

/// Add a group of keys to a file
#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    keys: KeyFlags,
    #[command(flatten)]
    aws: AwsFlags,
}

/// Delete a group of keys from a file
#[derive(Debug, Args)]
pub struct Delete {
    #[command(flatten)]
    place: Place,
    /// Number of the group, the first being 0
    #[arg(value_name = "INDEX", required_unless_present = "group")]
    index: Option<usize>,
    /// The same as INDEX
    #[arg(long, value_name = "INDEX", conflicts_with = "index")]
    group: Option<usize>,
}

/// The file, and what becomes of it.
#[derive(Debug, Args)]
struct Place {
    /// The file
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// How many groups are needed to open the file; as before unless told otherwise
    #[arg(long, value_name = "NUMBER")]
    shamir_secret_sharing_threshold: Option<u32>,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    input: InputFlags,
}

impl Groups {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        match self {
            Self::Add(add) => add.run(printer),
            Self::Delete(delete) => delete.run(printer),
        }
    }
}

impl Add {
    fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        let new = self.keys.keys(&self.aws)?;
        if new.is_empty() {
            return Err(
                CommandError::new("the new group has no key").hint("name one, such as --age RECIPIENT")
            );
        }
        self.place.change(printer, |groups, _| {
            groups.push(new);
            Ok(())
        })
    }
}

impl Delete {
    fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        let index = self.index.or(self.group).unwrap_or_default();
        self.place.change(printer, |groups, path| {
            if index < groups.len() && groups.len() > 1 {
                groups.remove(index);
                return Ok(());
            }
            let shown = path.display();
            let there = match groups.len() {
                1 => format!("{shown} has one group of keys, which it needs"),
                many => format!("{shown} has no group {index}: its {many} groups are 0 to {}", many - 1),
            };
            Err(CommandError::new(there))
        })
    }
}

impl Place {
    fn change(
        self,
        printer: Printer,
        change: impl FnOnce(&mut Vec<Vec<MasterKey>>, &Path) -> Result<(), CommandError>,
    ) -> Result<Exit, CommandError> {
        let source = Source::read(&self.file, None, self.input.input_type)?;
        let document = source.document()?;
        let before = document.metadata();
        let mut groups = groups_of(before);
        change(&mut groups, &self.file)?;
        let threshold = match self.shamir_secret_sharing_threshold {
            Some(asked) => check_threshold(asked, groups.len())?,
            None => keep_threshold(before.groups.len(), before.shamir_threshold, groups.len())?,
        };
        let written = (groups.len() > 1).then_some(threshold);
        let changed = key_change::rewrap(&source, &document, &keyring(), &groups, written)?;
        let said = match written {
            None => "one group of keys".to_owned(),
            Some(needed) => format!("{}, {needed} of them needed", person::count(groups.len(), "group")),
        };
        self.target.put(&source, changed.as_bytes(), &said, printer)?;
        Ok(Exit::Done)
    }
}

/// The number of groups needed where nobody asks for another: as before; all, where one was enough before.
fn keep_threshold(groups_before: usize, before: Option<u32>, groups: usize) -> Result<u32, CommandError> {
    let all = u32::try_from(groups).unwrap_or(u32::MAX);
    let needed = before.filter(|_| groups_before > 1).unwrap_or(all);
    if needed <= all {
        return Ok(needed);
    }
    Err(CommandError::new(format!("{needed} groups are needed to open the file, and {groups} would be left"))
        .hint(format!("lower the number: --shamir-secret-sharing-threshold {groups}")))
}
