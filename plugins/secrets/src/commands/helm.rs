use std::collections::HashMap;
use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use helm::args::{self, Replacement};
use helm::{Environment, Helm, MemFile};
use ui::{CommandError, Exit, OrHint, Printer, env};
use zeroize::Zeroizing;

use crate::keyring::keyring;

/// What `helm get` gets.
const OF_GET: [&str; 6] = ["all", "hooks", "manifest", "metadata", "notes", "values"];

/// Whether `arguments` are for helm although we have a command of that name: `get values RELEASE` and its like, and
/// `status RELEASE`. A file or folder of that name makes it ours.
pub fn is_meant(arguments: &[OsString]) -> bool {
    let [command, word, ..] = arguments else { return false };
    let Some(word) = word.to_str().filter(|word| !Path::new(word).exists()) else { return false };
    // A path has an ending or a folder.
    let is_release = || word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match command.to_str() {
        Some("get") => OF_GET.contains(&word),
        Some("status") => !word.starts_with('-') && is_release(),
        _ => false,
    }
}

/// Runs any helm command. Files that `-f`, `--values` and `--set-file` name are opened in memory where they are
/// encrypted; helm replaces this process, so that its exit code, signals and terminal are its own.
pub fn run(arguments: &[OsString], printer: Printer) -> Result<Exit, CommandError> {
    let helm =
        Helm::find(env::HELM_BIN.os().as_deref(), &env::PATH.os().unwrap_or_default()).map_err(helm_error)?;
    let scanned = args::scan(arguments);
    let keyring = keyring();
    let mut opened = HashMap::new();
    let mut files: Vec<&Path> = Vec::new();
    for file in &scanned.files {
        let path = Path::new(&file.name);
        if opened.contains_key(path) || files.contains(&path) {
            continue;
        }
        match stream(path, &keyring)? {
            Some(stream) => drop(opened.insert(path, stream)),
            None => files.push(path),
        }
    }
    for (path, plain) in files.iter().zip(values::open_all(&files, &keyring)) {
        if let Some(plain) = plain.map_err(super::values_error)? {
            printer.detail(&format!("{}: opened in memory", path.display()));
            opened.insert(path, in_memory(path, &plain.content)?);
        }
    }
    let replacements: Vec<Replacement> = scanned
        .files
        .iter()
        .filter_map(|file| {
            let (path, _) = opened.get(Path::new(&file.name))?;
            Some(Replacement { file, name: path.as_os_str() })
        })
        .collect();
    let arguments = args::rewrite(arguments, &replacements);
    let files = opened.into_values().map(|(_, file)| file).collect();
    let code = helm.exec(&arguments, &Environment::inherited(env::all()), files).map_err(helm_error)?;
    Ok(Exit::Child(code))
}

/// What stands in for `path` where it can be read only once.
fn stream(path: &Path, keyring: &keys::Keyring) -> Result<Option<(PathBuf, MemFile)>, CommandError> {
    let Some((name, content)) = read_stream(path)? else { return Ok(None) };
    let content = values::open_stream(name, content, keyring).map_err(super::values_error)?;
    in_memory(name, &content).map(Some)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_helm_has_too() {
        let meant = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            is_meant(&words)
        };
        for line in ["get values app1 -a", "get all app1", "status app1", "status my-app-2 -n ns1 -o json"] {
            assert!(meant(line), "{line}");
        }
        // `src` is a folder here.
        for line in [
            "get",
            "get secrets.yaml a",
            "status",
            "status .",
            "status -o json",
            "status prod/x",
            "status x.yaml",
            "status src",
            "list",
        ] {
            assert!(!meant(line), "{line}");
        }
    }
}
