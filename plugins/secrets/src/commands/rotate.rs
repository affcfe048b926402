use std::path::PathBuf;

use clap::Args;
use sops::{Document, MasterKey};
use ui::{CommandError, Exit, Printer, person};

use crate::key_change::{self, groups_of};
use crate::key_flags::{AddFlags, AwsFlags, RemoveFlags};
use crate::keyring::keyring;
use crate::source::{InputFlags, Source};
use crate::target::Target;

/// Give files a new data key
///
/// Every value is encrypted anew, so that whoever knew the old data key cannot read later versions of the file. Keys
/// are added to the first group and removed from all. Prints the file, or replaces it with `--in-place`.
#[derive(Debug, Args)]
pub struct Rotate {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    input: InputFlags,
    #[command(flatten)]
    add: AddFlags,
    #[command(flatten)]
    remove: RemoveFlags,
    #[command(flatten)]
    aws: AwsFlags,
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Rotate {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        self.target.refuse_several(self.files.len(), "rotated")?;
        let (add, remove) = (self.add.keys(&self.aws)?, self.remove.keys(&self.aws)?);
        let keyring = keyring();
        super::each_file(&self.files, printer, |path| {
            let source = Source::read(path, None, self.input.input_type)?;
            let document = source.document()?;
            let groups = change(&source, &document, &add, &remove, printer)?;
            let rotated = key_change::rotate(&source, &document, &keyring, &groups)?;
            let keys = person::count(groups.iter().map(Vec::len).sum(), "key");
            self.target.put(&source, rotated.as_bytes(), &format!("new data key, for {keys}"), printer)
        })
    }
}

/// The groups of a file with keys added and removed.
fn change(
    source: &Source,
    document: &Document<'_>,
    add: &[MasterKey],
    remove: &[MasterKey],
    printer: Printer,
) -> Result<Vec<Vec<MasterKey>>, CommandError> {
    let shown = source.shown();
    let mut groups = groups_of(document.metadata());
    for key in remove {
        let named = key.to_string();
        let before: usize = groups.iter().map(Vec::len).sum();
        groups.iter_mut().for_each(|group| group.retain(|key| key.to_string() != named));
        if groups.iter().map(Vec::len).sum::<usize>() == before {
            printer.warning(&format!("{shown}: there is no {} key {named} to remove", key.kind().name()));
        }
    }
    if let Some(first) = groups.first_mut() {
        for key in add {
            if first.iter().any(|known| known.to_string() == key.to_string()) {
                printer.status(&format!("{shown}: {key} is there already"));
            } else {
                first.push(key.clone());
            }
        }
    }
    match groups.iter().position(Vec::is_empty) {
        None => Ok(groups),
        Some(_) if groups.len() == 1 => {
            Err(CommandError::new(format!("{shown}: its last key cannot be removed"))
                .hint("add another one in the same command, such as --add-age RECIPIENT"))
        }
        Some(at) => {
            Err(CommandError::new(format!("{shown}: the last key of group {} cannot be removed", at + 1))
                .hint(format!("remove the group: helm secrets groups delete -i --file {shown} {at}")))
        }
    }
}
