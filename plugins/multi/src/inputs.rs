//! What helm is given for one release: the chart, once for all contexts, and each context's values. Everything is read
//! and decrypted before the first cluster is contacted.

mod chart;
mod secrets;

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::Read as _;
use std::iter;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use fleet::{Release, Target};
use helm::MemFile;
use helm::args::{self, FileFlag, Replacement};
use manifest::Masker;
use ui::{CommandError, OrHint as _};
use zeroize::Zeroizing;

pub use chart::LocalChart;
pub use secrets::resolve as resolve_secrets;

use crate::project::fleet_error;

/// The values of one context, in helm's order: later wins.
#[derive(Debug)]
pub struct Inputs {
    sources: Vec<Source>,
    /// What `--set-file` names and helm is not to read itself, by the name on the command line.
    set_files: Rc<HashMap<OsString, Source>>,
}

/// Where helm finds values.
#[derive(Debug, Clone)]
enum Source {
    /// It reads the file itself.
    File(PathBuf),
    /// In memory: an encrypted file, opened once for all contexts; a stream, read once for all; what we add.
    Memory { name: Rc<str>, content: Rc<Zeroizing<Vec<u8>>> },
}

impl Inputs {
    /// `line`, a helm command with the user's flags, with these values: `--set-file` names files in memory where helm
    /// is not to read them itself, and `-f` flags follow. And those files.
    pub fn add_to(&self, line: &[OsString]) -> std::io::Result<(Vec<OsString>, Vec<MemFile>)> {
        let mut files = Vec::new();
        let mut make = |name: &str, content: &[u8]| -> std::io::Result<PathBuf> {
            let file = MemFile::new(name, content)?;
            let path = file.path();
            files.push(file);
            Ok(path)
        };
        let scanned = args::scan(line);
        let mut renamed = Vec::new();
        for file in scanned.files.iter().filter(|file| file.flag == FileFlag::SetFile) {
            if let Some(Source::Memory { name, content }) = self.set_files.get(&file.name) {
                renamed.push((file, make(name, content)?));
            }
        }
        let replacements: Vec<Replacement<'_>> =
            renamed.iter().map(|(file, path)| Replacement { file, name: path.as_os_str() }).collect();
        let mut line = args::rewrite(line, &replacements);
        for source in &self.sources {
            line.push("--values".into());
            line.push(match source {
                Source::File(path) => quoted(path),
                Source::Memory { name, content } => quoted(&make(name, content)?),
            });
        }
        Ok((line, files))
    }
}

/// A path as an element of helm's comma-separated list of values files.
fn quoted(path: &Path) -> OsString {
    let text = path.to_string_lossy();
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        path.into()
    }
}

/// The inputs of every target and a masker that knows all their secrets.
pub fn gather(
    release: Option<&Release>,
    typed: &[String],
    helm_flags: &[OsString],
    targets: &[Target],
    keyring: &keys::Keyring,
    secrets: &[Option<vault::Resolved>],
) -> Result<(Vec<Inputs>, Masker), CommandError> {
    let mut files = Files { keyring, read: HashMap::new(), secrets: Vec::new() };
    let set_files = Rc::new(files.set_files(helm_flags)?);
    let mut all = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        let mut sources = Vec::new();
        for file in release
            .map(|release| release.values_files(target))
            .transpose()
            .map_err(fleet_error)?
            .unwrap_or_default()
        {
            let is_missing = !is_url(&file.path) && !file.path.exists();
            if is_missing && file.optional {
                continue;
            }
            if is_missing {
                let named_in = release.map(|release| named_at(release, file.place)).unwrap_or_default();
                return Err(missing(&file.path, &named_in)
                    .hint("write a `?` behind the name of a file that may be missing"));
            }
            sources.push(files.source(&file.path)?);
        }
        for path in typed.iter().flat_map(|list| elements(list)) {
            let path = Path::new(&path);
            if !is_url(path) && !is_stdin(path) && !path.exists() {
                return Err(missing(path, " (given with -f)"));
            }
            sources.push(files.source(path)?);
        }
        let overlay = fleet::overlay(release, target).map_err(fleet_error)?;
        sources.push(document("overlay.json", Zeroizing::new(fleet::to_json(&overlay))));
        if let Some(resolved) = secrets.get(index).and_then(Option::as_ref) {
            sources.push(document("secrets.json", resolved.to_values_json()));
        }
        all.push(Inputs { sources, set_files: Rc::clone(&set_files) });
    }
    let opened = files.secrets.iter().map(|secret| secret.as_str());
    let read = secrets.iter().flatten().flat_map(|resolved| &resolved.secrets);
    let values = read.filter_map(|secret| secret.value.as_ref()).map(vault::SecretValue::expose_secret);
    let masker = Masker::new(opened.chain(values))?;
    Ok((all, masker))
}

fn document(name: &str, json: Zeroizing<Vec<u8>>) -> Source {
    Source::Memory { name: name.into(), content: Rc::new(json) }
}

fn missing(path: &Path, named_in: &str) -> CommandError {
    CommandError::new(format!("values file {} does not exist{named_in}", path.display()))
}

fn is_url(path: &Path) -> bool {
    path.to_string_lossy().contains("://")
}

/// Helm takes `-` for standard input.
fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn named_at(release: &Release, place: Option<config::Place>) -> String {
    let line = place.map(|place| format!(":{}", place.line)).unwrap_or_default();
    format!(" (named in {}{line})", release.file)
}

/// The elements of a comma-separated list as helm reads it.
fn elements(list: &str) -> Vec<String> {
    let flag = [OsString::from("upgrade"), OsString::from("-f"), OsString::from(list)];
    let files = helm::args::scan(&flag).files;
    files.into_iter().map(|file| file.name.to_string_lossy().into_owned()).collect()
}

/// Values files, each opened or read once.
struct Files<'a> {
    keyring: &'a keys::Keyring,
    read: HashMap<PathBuf, Source>,
    /// Every value that was encrypted.
    secrets: Vec<Zeroizing<String>>,
}

impl Files<'_> {
    fn source(&mut self, path: &Path) -> Result<Source, CommandError> {
        if let Some(known) = self.read.get(path) {
            return Ok(known.clone());
        }
        let source = if is_stdin(path) || values::is_stream(path) {
            self.stream(path)?
        } else if is_url(path) {
            Source::File(path.to_owned())
        } else {
            self.opened(path, path)?.unwrap_or_else(|| Source::File(path.to_owned()))
        };
        self.read.insert(path.to_owned(), source.clone());
        Ok(source)
    }

    /// What can be read only once, although every context needs it.
    fn stream(&mut self, path: &Path) -> Result<Source, CommandError> {
        let mut content = Zeroizing::new(Vec::new());
        if is_stdin(path) {
            std::io::stdin().lock().read_to_end(&mut content).or_context("failed to read standard input")?;
        } else {
            fs_err::File::open(path)?.read_to_end(&mut content)?;
        }
        let file = MemFile::new("values", &content)?;
        Ok(match self.opened(&file.path(), path)? {
            Some(opened) => opened,
            None => Source::Memory { name: "values".into(), content: Rc::new(content) },
        })
    }

    /// The plaintext of `path`, which the user calls `name`, if it is encrypted.
    fn opened(&mut self, path: &Path, name: &Path) -> Result<Option<Source>, CommandError> {
        let opened = values::open(path, self.keyring)
            .map_err(|error| CommandError::hinted(error, values::Error::hint))?;
        Ok(opened.map(|opened| {
            self.secrets.extend(opened.secrets);
            let name = name.file_name().unwrap_or_default().to_string_lossy();
            Source::Memory { name: name.as_ref().into(), content: Rc::new(opened.content) }
        }))
    }

    /// The files that `--set-file` names. Helm says itself what is wrong with one that it cannot read.
    fn set_files(&mut self, helm_flags: &[OsString]) -> Result<HashMap<OsString, Source>, CommandError> {
        let line: Vec<OsString> = iter::once("upgrade".into()).chain(helm_flags.iter().cloned()).collect();
        let mut found = HashMap::new();
        for file in args::scan(&line).files.into_iter().filter(|file| file.flag == FileFlag::SetFile) {
            let source = self.source(Path::new(&file.name))?;
            found.insert(file.name, source);
        }
        Ok(found)
    }
}
