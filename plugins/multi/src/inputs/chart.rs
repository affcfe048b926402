//! The chart as one local file, so that every context gets the same bytes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use fleet::{Chart, Release};
use helm::Call;
use tempfile::TempDir;
use ui::CommandError;

use crate::project::Project;
use crate::session::{Session, helm_error};

/// A packaged chart. What was made for the run goes with it.
#[derive(Debug)]
pub struct LocalChart {
    pub path: PathBuf,
    _folder: Option<TempDir>,
}

impl LocalChart {
    /// The chart of `release`, or the one typed: packaged from its folder or pulled, once. Helm's flags that say where
    /// a chart comes from are taken out of `helm_flags`, because from here on it is a file.
    pub async fn fetch(
        release: Option<&Release>,
        typed: Option<&str>,
        project: &Project,
        helm_flags: &mut Vec<OsString>,
        session: &Session,
    ) -> Result<Self, CommandError> {
        let source_flags = take_source_flags(helm_flags);
        let chart = match (release, typed) {
            (Some(release), None) => release.chart.clone(),
            (_, Some(typed)) => typed_chart(typed, &source_flags),
            (None, None) => {
                return Err(CommandError::new("which chart?").hint("helm multi upgrade NAME CHART"));
            }
        };
        match chart {
            Chart::Path(path) => local(&path, session).await,
            Chart::Named(name) => {
                let release =
                    release.ok_or_else(|| CommandError::new(format!("chart {name} is only a name")))?;
                let folders = release.chart_directories(project.file.as_deref());
                match folders.iter().find(|folder| folder.join("Chart.yaml").is_file()) {
                    Some(folder) => local(folder, session).await,
                    None => {
                        let tried: Vec<_> =
                            folders.iter().map(|folder| folder.display().to_string()).collect();
                        Err(CommandError::new(format!("chart {name} of {} is nowhere", release.file))
                            .hint(format!("looked in {}", tried.join(", "))))
                    }
                }
            }
            Chart::Oci { url, version } => pull(vec![url.into()], version, source_flags, session).await,
            Chart::Repo { url, name, version } => {
                pull(vec![name.into(), "--repo".into(), url.into()], version, source_flags, session).await
            }
        }
    }
}

/// Flags of install, upgrade and template about where a chart comes from; `helm pull` has them all.
const SOURCE_FLAGS: [&str; 13] = [
    "version",
    "repo",
    "username",
    "password",
    "ca-file",
    "cert-file",
    "key-file",
    "insecure-skip-tls-verify",
    "plain-http",
    "pass-credentials",
    "verify",
    "keyring",
    "devel",
];

fn take_source_flags(flags: &mut Vec<OsString>) -> Vec<OsString> {
    let mut line = vec![OsString::from("upgrade")];
    line.append(flags);
    let mut taken = vec![false; line.len()];
    for flag in helm::args::scan(&line).flags.iter().filter(|flag| SOURCE_FLAGS.contains(&flag.long.as_str()))
    {
        flag.args.clone().for_each(|index| taken[index] = true);
    }
    let mut source = Vec::new();
    for (argument, taken) in line.into_iter().zip(taken).skip(1) {
        if taken { source.push(argument) } else { flags.push(argument) }
    }
    source
}

/// A chart argument as helm reads it: a path that exists, else a reference that is pulled.
fn typed_chart(typed: &str, source_flags: &[OsString]) -> Chart {
    let from_repo =
        source_flags.iter().any(|flag| flag == "--repo" || flag.to_string_lossy().starts_with("--repo="));
    if !from_repo && (Path::new(typed).exists() || typed.starts_with(['.', '/'])) {
        return Chart::Path(PathBuf::from(typed));
    }
    Chart::Oci { url: typed.to_owned(), version: None }
}

async fn local(path: &Path, session: &Session) -> Result<LocalChart, CommandError> {
    if path.is_file() {
        return Ok(LocalChart { path: path.to_owned(), _folder: None });
    }
    if !path.join("Chart.yaml").is_file() {
        return Err(CommandError::new(format!("{} is no chart: it has no Chart.yaml", path.display())));
    }
    let doing = format!("failed to package the chart {}", path.display());
    make(|folder| vec!["package".into(), path.into(), "--destination".into(), folder.into()], &doing, session)
        .await
}

async fn pull(
    reference: Vec<OsString>,
    version: Option<String>,
    source_flags: Vec<OsString>,
    session: &Session,
) -> Result<LocalChart, CommandError> {
    let doing = format!("failed to pull the chart {}", reference[0].to_string_lossy());
    let arguments = |folder: &Path| {
        let mut arguments = vec![OsString::from("pull")];
        arguments.extend(reference);
        if let Some(version) = version {
            arguments.extend(["--version".into(), version.into()]);
        }
        arguments.extend(source_flags);
        arguments.extend(["--destination".into(), folder.into()]);
        arguments
    };
    make(arguments, &doing, session).await
}

/// Has helm leave one package in a private folder.
async fn make(
    arguments: impl FnOnce(&Path) -> Vec<OsString>,
    doing: &str,
    session: &Session,
) -> Result<LocalChart, CommandError> {
    let folder = tempfile::Builder::new().prefix("convoy-chart-").tempdir()?;
    let call = Call::new(arguments(folder.path()), session.environment.clone());
    let output = session.helm.run(call, std::future::pending()).await.map_err(helm_error)?;
    if !output.status.success() {
        let failure = helm::classify(&output.stderr.text());
        return Err(CommandError::hinted(failure.cause.clone(), |_| failure.hint()).context(doing));
    }
    let made = fs_err::read_dir(folder.path())?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"));
    match made {
        Some(path) => Ok(LocalChart { path, _folder: Some(folder) }),
        None => Err(CommandError::new("helm left no package").context(doing)),
    }
}
