use std::ffi::OsString;

use clap::Args;
use futures::stream::{self, StreamExt};
use ui::{CommandError, Exit, Printer};

use super::roll_out;
use super::upgrade::RunArgs;
use crate::operations::{Goal, Places, Rollback as Port, last_run};
use crate::plan::{Operation, Plan};
use crate::session::{Session, block_on, helm_error, namespace};
use crate::targets::{self, Where};

/// Roll a release back in several contexts
///
/// Each context goes to the revision it had before the last run, never to one that failed. Contexts that were not part
/// of that run are left alone; one where somebody else's revision came later blocks.
#[derive(Debug, Args)]
pub struct Rollback {
    name: String,
    /// Take back this run instead of the last one
    #[arg(long = "run", value_name = "ID", conflicts_with = "to_revision")]
    run_id: Option<String>,
    /// Go to this revision in every context
    #[arg(long, value_name = "N")]
    to_revision: Option<u32>,
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    run: RunArgs,
}

impl Rollback {
    pub fn run(self, helm_flags: Vec<OsString>, printer: Printer) -> Result<Exit, CommandError> {
        super::refuse_dry_run(&helm_flags, &format!("helm multi status {} shows what is there", self.name))?;
        let session = Session::new()?;
        let project = self.place.project()?;
        let typed = namespace::typed();
        let release = project.find(&self.name, typed.as_deref())?;
        let targets = self.place.targets(&project, release, &session)?;
        let steps = targets::steps(&targets, release, typed.as_deref(), &session)?;
        let plan = Plan::new(Operation::Rollback, &self.name, steps);
        let RunArgs { parallel, on_failure, show } = self.run;
        block_on(async {
            let version = session.helm.version(&session.environment).await.map_err(helm_error)?;
            let places = Places { session: &session, plan: &plan, masker: manifest::Masker::default() };
            let goal = match (self.run_id, self.to_revision) {
                (Some(run), _) => Goal::BeforeRun(run),
                (None, Some(revision)) => Goal::Revision(revision),
                (None, None) => last(&places, parallel.max_parallel.into()).await,
            };
            if let Goal::BeforeRun(run) = &goal {
                printer.status(&format!("Taking back run {run} of {}", self.name));
            }
            let port = Port { places, goal, helm_flags, version };
            Ok(roll_out(&plan, &port, parallel, on_failure, show.output, printer).await?)
        })
    }
}

/// The newest run found in any context; without one the last good revision is the goal.
async fn last(places: &Places<'_>, parallel: usize) -> Goal {
    let visits = stream::iter(&places.plan.steps).map(|step| async move { places.visit(step).await.ok() });
    let visited: Vec<_> = visits.buffer_unordered(parallel).filter_map(std::future::ready).collect().await;
    last_run(visited.iter().map(|place| place.history.as_slice())).map_or(Goal::LastGood, Goal::BeforeRun)
}
