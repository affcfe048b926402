//! Rolling back: each context to the revision that was there before a run, or to one that is named.

use std::ffi::OsString;

use cluster::{Before, LastWrite, Revision, Status, good_before};
use helm::{Call, Version};
use tokio::sync::watch;

use super::place::{Place, Places, cannot_look, flag};
use crate::events::{Cause, Done, seconds};
use crate::plan::Step;
use crate::rollout::{Hold, Port, Stop, Verdict, Written};

/// Where a rollback is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// Before this run.
    BeforeRun(String),
    /// To this revision, in every context.
    Revision(u32),
    /// To the last good revision before the current one: for releases that no run of ours wrote.
    LastGood,
}

#[derive(Debug)]
pub struct Rollback<'a> {
    pub places: Places<'a>,
    pub goal: Goal,
    /// The user's own flags for helm.
    pub helm_flags: Vec<OsString>,
    pub version: Version,
}

/// A context that can be rolled back.
#[derive(Debug)]
pub struct Ready {
    place: Place,
    before: u32,
    target: u32,
}

impl Port for Rollback<'_> {
    type Ready = Ready;

    async fn check(&self, step: &Step) -> Result<Ready, Hold> {
        let place = self.places.visit(step).await?;
        let Some(newest) = place.newest() else { return Err(Hold::Unchanged("not installed".to_owned())) };
        let before = newest.number;
        let target = self.target(step, &place, newest).await?;
        Ok(Ready { place, before, target })
    }

    fn cross_check(&self, ready: &[(&Step, &Ready)]) -> Verdict {
        let visited: Vec<_> = ready.iter().map(|(step, ready)| (*step, &ready.place)).collect();
        self.places.same_clusters(&visited)
    }

    async fn write(&self, step: &Step, ready: &Ready, stop: watch::Receiver<Stop>) -> Written {
        let plan = self.places.plan;
        let mut arguments: Vec<OsString> =
            vec!["rollback".into(), plan.release.clone().into(), ready.target.to_string().into()];
        if self.version >= (Version { major: 4, minor: 3, patch: 0 }) {
            let description = format!("convoy {}: rollback to {}", plan.run, ready.target);
            arguments.extend(flag("--description", description));
        }
        arguments.extend(self.helm_flags.iter().cloned());
        let call = Call::new(arguments, self.places.session.environment.clone());
        let output = match self.places.helm(step, call, stop).await {
            Ok(output) if output.status.success() => output,
            Ok(output) => return self.places.failed(step, &ready.place, &output).await,
            Err(cause) => return Written::Failed { cause, output: String::new(), seconds: 0.0 },
        };
        let after = ready.place.cluster.history(&step.namespace, &plan.release).await;
        Written::Done(Done {
            before: Some(ready.before),
            after: after.ok().and_then(|now| now.last().map(|newest| newest.number)),
            verb: "rolled back",
            seconds: seconds(output.duration),
        })
    }
}

impl Rollback<'_> {
    /// The revision to go to.
    async fn target(&self, step: &Step, place: &Place, newest: &Revision) -> Result<u32, Hold> {
        let mut history = place.history.clone();
        let release = &self.places.plan.release;
        let before = match &self.goal {
            Goal::BeforeRun(run) => {
                if !history.iter().any(|revision| revision.run() == Some(run)) {
                    return Err(Hold::Unchanged(format!("not part of run {run}")));
                }
                let last = place.cluster.last_write(&step.namespace, release, &mut history).await;
                self.refuse_later_write(run, &history, newest, &last.map_err(cannot_look)?)?;
                place.cluster.before_run(&step.namespace, release, &mut history, run).await
            }
            Goal::LastGood => {
                let rule = |history: &[Revision]| good_before(history, newest.number);
                place.cluster.resolve(&step.namespace, release, &mut history, rule).await
            }
            Goal::Revision(number) => {
                if *number == newest.number && newest.status == Status::Deployed {
                    return Err(Hold::Unchanged(format!("at revision {number} already")));
                }
                if !history.iter().any(|revision| revision.number == *number) {
                    return Err(
                        self.blocked(format!("there is no revision {number} any more, or there never was"))
                    );
                }
                // The newest good one below the next is this one, or it is not good.
                let rule = |history: &[Revision]| good_before(history, number + 1);
                let found = place.cluster.resolve(&step.namespace, release, &mut history, rule).await;
                if found.as_ref().is_ok_and(|found| *found != Before::Revision(*number)) {
                    return Err(self.blocked(format!("revision {number} failed or was never finished")));
                }
                found
            }
        };
        match before.map_err(cannot_look)? {
            Before::Revision(number) => Ok(number),
            Before::Nothing => {
                let message = format!("there was no release before {}", self.what());
                let hint = format!("to remove it: helm multi uninstall {release}");
                Err(Hold::Blocked(Cause::new(message).hint(hint)))
            }
            Before::Pruned => {
                Err(self.blocked(format!("helm keeps no good revision from before {} any more", self.what())))
            }
            Before::NoGood | Before::NoSuchRun => {
                Err(self.blocked(format!("no revision before {} is good", self.what())))
            }
        }
    }

    /// Somebody else's newer revision is not taken back with the run.
    fn refuse_later_write(
        &self,
        run: &str,
        history: &[Revision],
        newest: &Revision,
        last: &LastWrite,
    ) -> Result<(), Hold> {
        let number = newest.number;
        let own = history.iter().find(|revision| revision.run() == Some(run)).map_or(0, |own| own.number);
        match last {
            LastWrite::Run(last) if last == run => Ok(()),
            // What runs now is what the run made.
            LastWrite::Rollback { to } if *to == own => Ok(()),
            LastWrite::Rollback { to } if *to < own => Err(Hold::Unchanged(format!(
                "rolled back already (revision {number} has the content of {to})"
            ))),
            LastWrite::Rollback { to } => Err(self
                .blocked(format!("revision {number} has the content of {to}, which came after run {run}"))),
            LastWrite::Run(other) => {
                Err(self.blocked(format!("revision {number} of run {other} came after run {run}")))
            }
            LastWrite::ByHand | LastWrite::None => {
                Err(self.blocked(format!("revision {number} was made by hand after run {run}")))
            }
        }
    }

    fn blocked(&self, message: String) -> Hold {
        let release = &self.places.plan.release;
        let hint = format!("see them with helm multi history {release}; --to-revision chooses one");
        Hold::Blocked(Cause::new(message).hint(hint))
    }

    /// What the revision to go to is to be before.
    fn what(&self) -> String {
        match &self.goal {
            Goal::BeforeRun(run) => format!("run {run}"),
            Goal::Revision(number) => format!("revision {number}"),
            Goal::LastGood => "the current revision".to_owned(),
        }
    }
}

/// The last run that made a revision in any of the histories. Run ids sort by time, and a rollback bears the label of
/// an older run.
pub fn last_run<'a>(histories: impl IntoIterator<Item = &'a [Revision]>) -> Option<String> {
    histories.into_iter().flatten().filter_map(Revision::run).max().map(str::to_owned)
}
