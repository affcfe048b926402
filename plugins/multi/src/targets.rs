//! Which release goes to which contexts: the flags that every command has, and what they select.

use std::path::PathBuf;

use clap::Args;
use fleet::{Fleet, Release, Selection, Target};
use ui::CommandError;

use crate::plan::Step;
use crate::project::{Project, fleet_error};
use crate::session::Session;

/// Where to.
#[derive(Debug, Clone, Args)]
pub struct Where {
    /// Names of contexts or patterns such as `prod-*`, separated by commas
    #[arg(long, value_name = "A,B")]
    pub contexts: Vec<String>,
    /// Contexts by labels and globals: `env=prod,tier!=canary`
    #[arg(long, value_name = "K=V")]
    pub select: Vec<String>,
    /// The fleet file; default: the first convoy.yaml from here up to the root of the git repository
    #[arg(long, value_name = "FILE")]
    pub fleet: Option<PathBuf>,
}

/// How many at a time.
#[derive(Debug, Clone, Copy, Args)]
pub struct Parallel {
    /// Contexts worked on at a time
    #[arg(short = 'P', long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub max_parallel: u16,
}

impl Where {
    pub fn project(&self) -> Result<Project, CommandError> {
        Project::load(self.fleet.as_deref())
    }

    /// The contexts for `release`, in the order of the fleet.
    pub fn targets(
        &self,
        project: &Project,
        release: Option<&Release>,
        session: &Session,
    ) -> Result<Vec<Target>, CommandError> {
        let selection = Selection::parse(&self.contexts, &self.select).map_err(fleet_error)?;
        let targets = match &project.fleet {
            Some(fleet) => fleet::select(fleet, release, &selection),
            None if self.contexts.is_empty() => {
                return Err(CommandError::new("nothing says which contexts are meant")
                    .hint("name them: --contexts a,b")
                    .hint("or write a convoy.yaml"));
            }
            None => fleet::select(&Fleet::of_kubeconfig(session.context_names()?), release, &selection),
        };
        targets.map_err(fleet_error)
    }
}

/// The steps for `targets`, once every kube context is known to exist. `namespace` is the one on the command line.
pub fn steps(
    targets: &[Target],
    release: Option<&Release>,
    namespace: Option<&str>,
    session: &Session,
) -> Result<Vec<Step>, CommandError> {
    let mut steps = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        let context = session.context(target)?;
        let said = namespace.or_else(|| match release {
            Some(release) => release.namespace_in(target),
            None => target.namespace.as_deref(),
        });
        steps.push(Step {
            index,
            context: target.name.clone(),
            kube_context: target.kube_context.clone(),
            kubeconfig: target.kubeconfig.clone(),
            namespace: said.map(str::to_owned).or(context.namespace).unwrap_or_else(|| "default".to_owned()),
            cluster_uid: target.cluster_uid.clone(),
        });
    }
    Ok(steps)
}

impl crate::commands::upgrade::ReleaseArgs {
    /// The release file's release of this name; none when the chart is on the command line.
    pub fn release<'a>(
        &self,
        project: &'a Project,
        namespace: Option<&str>,
    ) -> Result<Option<&'a Release>, CommandError> {
        match &self.chart {
            None => project.release(&self.name, namespace).map(Some),
            Some(chart) if project.knows(&self.name) => Err(CommandError::new(format!(
                "release {} has a release file, which says its chart; {chart} was given too",
                self.name
            ))
            .hint("leave the chart out, or use another release name")),
            Some(_) => Ok(None),
        }
    }
}
