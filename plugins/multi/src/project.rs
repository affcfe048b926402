//! Finds and reads the fleet file and its releases.

use std::path::{Path, PathBuf};

use fleet::{Fleet, Release};
use ui::{CommandError, OrHint, env};

/// The name of the fleet file.
const FILE: &str = "convoy.yaml";

/// What a fleet file says; or, without one, nothing.
#[derive(Debug)]
pub struct Project {
    pub file: Option<PathBuf>,
    pub fleet: Option<Fleet>,
    releases: Vec<Release>,
}

impl Project {
    /// Reads the fleet file that `--fleet` or HELM_MULTI_FLEET names, else the first `convoy.yaml` from here up to the
    /// root of the git repository; and every release file that it names.
    pub fn load(flag: Option<&Path>) -> Result<Self, CommandError> {
        let named = flag.map(Path::to_owned).or_else(|| env::HELM_MULTI_FLEET.os().map(PathBuf::from));
        let Some(file) = named.or_else(find) else {
            return Ok(Self { file: None, fleet: None, releases: Vec::new() });
        };
        let shown = file.display().to_string();
        let text = fs_err::read_to_string(&file).or_context("failed to read the fleet file")?;
        let fleet = Fleet::parse(&text, &shown).map_err(fleet_error)?;
        let mut releases: Vec<Release> = Vec::new();
        for pattern in &fleet.releases {
            for path in expand(pattern, &shown)? {
                read_releases(&path, &mut releases)?;
            }
        }
        Ok(Self { file: Some(file), fleet: Some(fleet), releases })
    }

    /// The release called `name`; `namespace` decides where several namespaces have one.
    pub fn release(&self, name: &str, namespace: Option<&str>) -> Result<&Release, CommandError> {
        let named: Vec<&Release> = self.releases.iter().filter(|release| release.name == name).collect();
        match named.as_slice() {
            [] => Err(self.no_such_release(name)),
            [release] => Ok(release),
            several => several
                .iter()
                .copied()
                .find(|release| namespace.is_some() && release.namespace.as_deref() == namespace)
                .ok_or_else(|| {
                    let places: Vec<_> = several.iter().map(|release| release.file.as_str()).collect();
                    CommandError::new(format!("release {name} is in {}", ui::person::list(&places, 5)))
                        .hint("name its namespace: -n NAMESPACE")
                }),
        }
    }

    /// The release called `name` if a release file is about it: commands that only look at clusters need none.
    pub fn find(&self, name: &str, namespace: Option<&str>) -> Result<Option<&Release>, CommandError> {
        if self.knows(name) { self.release(name, namespace).map(Some) } else { Ok(None) }
    }

    /// Whether a release file is about `name`.
    pub fn knows(&self, name: &str) -> bool {
        self.releases.iter().any(|release| release.name == name)
    }

    fn no_such_release(&self, name: &str) -> CommandError {
        let Some(file) = &self.file else {
            return CommandError::new(format!("no {FILE} was found, so nothing says what release {name} is"))
                .hint(format!(
                    "give its chart and contexts: helm multi upgrade {name} ./chart --contexts a,b"
                ))
                .hint("or name the fleet file: --fleet FILE");
        };
        let names: Vec<&str> = self.releases.iter().map(|release| release.name.as_str()).collect();
        let error = CommandError::new(format!("no release {name} in {}", file.display()));
        match config::nearest(name, names.iter().copied()) {
            Some(likely) => error.hint(format!("did you mean {likely}?")),
            None if names.is_empty() => error.hint("its `releases` names no file with a release"),
            None => error.hint(format!("releases there: {}", ui::person::list(&names, 12))),
        }
    }
}

/// An error in what the user wrote, with its hint.
pub fn fleet_error(error: fleet::Error) -> CommandError {
    CommandError::hinted(error, |error| error.hint().map(str::to_owned))
}

fn find() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let mut up = PathBuf::new();
    for folder in here.ancestors() {
        if folder.join(FILE).is_file() {
            return Some(up.join(FILE));
        }
        if folder.join(".git").exists() {
            return None;
        }
        up.push("..");
    }
    None
}

fn expand(pattern: &Path, fleet_file: &str) -> Result<Vec<PathBuf>, CommandError> {
    let pattern = pattern.to_string_lossy();
    let paths = glob::glob(&pattern).map_err(|error| {
        CommandError::new(format!("{fleet_file}: `releases` has the pattern {pattern}: {error}"))
    })?;
    let found: Result<Vec<PathBuf>, _> = paths.collect();
    let found = found.or_context("failed to look for release files")?;
    if found.is_empty() && !pattern.contains(['*', '?', '[']) {
        return Err(CommandError::new(format!(
            "{fleet_file}: `releases` names {pattern}, which does not exist"
        )));
    }
    Ok(found)
}

fn read_releases(path: &Path, releases: &mut Vec<Release>) -> Result<(), CommandError> {
    let text = fs_err::read_to_string(path).or_context("failed to read a release file")?;
    for release in Release::parse_all(&text, &path.display().to_string()).map_err(fleet_error)? {
        let twin = releases
            .iter()
            .find(|other| (&other.name, &other.namespace) == (&release.name, &release.namespace));
        if let Some(twin) = twin.filter(|twin| twin.file != release.file) {
            return Err(CommandError::new(format!(
                "release {} is in {} and in {}",
                release.name, twin.file, release.file
            ))
            .hint("give each its own name or namespace, or remove one"));
        }
        if twin.is_none() {
            releases.push(release);
        }
    }
    Ok(())
}
