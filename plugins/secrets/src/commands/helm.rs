use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use helm::args::{self, Replacement};
use helm::{Environment, Helm, MemFile};
use ui::{CommandError, Exit, OrHint, Printer, env};
use zeroize::Zeroizing;

use crate::keyring::keyring;

/// Runs any helm command. Files that `-f`, `--values` and `--set-file` name are opened in memory where they are
/// encrypted; helm replaces this process, so that its exit code, signals and terminal are its own.
pub fn run(arguments: &[OsString], printer: Printer) -> Result<Exit, CommandError> {
    let helm =
        Helm::find(env::HELM_BIN.os().as_deref(), &env::PATH.os().unwrap_or_default()).map_err(helm_error)?;
    let scanned = args::scan(arguments);
    let keyring = keyring();
    let mut opened: HashMap<&OsStr, Option<(PathBuf, MemFile)>> = HashMap::new();
    for file in &scanned.files {
        if !opened.contains_key(file.name.as_os_str()) {
            opened.insert(&file.name, open(Path::new(&file.name), &keyring, printer)?);
        }
    }
    let replacements: Vec<Replacement> = scanned
        .files
        .iter()
        .filter_map(|file| {
            let (path, _) = opened.get(file.name.as_os_str())?.as_ref()?;
            Some(Replacement { file, name: path.as_os_str() })
        })
        .collect();
    let arguments = args::rewrite(arguments, &replacements);
    let files = opened.into_values().flatten().map(|(_, file)| file).collect();
    let code = helm.exec(&arguments, &Environment::inherited(env::all()), files).map_err(helm_error)?;
    Ok(Exit::Child(code))
}

fn open(
    path: &Path,
    keyring: &keys::Keyring,
    printer: Printer,
) -> Result<Option<(PathBuf, MemFile)>, CommandError> {
    if let Some((name, content)) = read_stream(path)? {
        let content = values::open_stream(name, content, keyring).map_err(super::values_error)?;
        return in_memory(name, &content).map(Some);
    }
    let Some(plain) = values::open(path, keyring).map_err(super::values_error)? else { return Ok(None) };
    printer.detail(&format!("{}: opened in memory", path.display()));
    in_memory(path, &plain.content).map(Some)
}

/// What a stream is called, and its content.
type Stream<'a> = (&'a Path, Zeroizing<Vec<u8>>);

/// Reads what can be read only once: standard input (`-`, as helm has it) or a pipe, and what to call it.
fn read_stream(path: &Path) -> Result<Option<Stream<'_>>, CommandError> {
    let mut content = Zeroizing::new(Vec::new());
    if path.as_os_str().as_encoded_bytes().trim_ascii() == b"-" {
        std::io::stdin().lock().read_to_end(&mut content).or_context("failed to read standard input")?;
        return Ok(Some((Path::new("standard input"), content)));
    }
    if !values::is_stream(path) {
        return Ok(None);
    }
    fs_err::File::open(path)?.read_to_end(&mut content)?;
    Ok(Some((path, content)))
}

fn in_memory(path: &Path, content: &[u8]) -> Result<(PathBuf, MemFile), CommandError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let file = MemFile::new(&name, content).or_context("failed to make a file in memory")?;
    Ok((file.path(), file))
}

fn helm_error(error: helm::Error) -> CommandError {
    CommandError::hinted(error, helm::Error::hint)
}
