//! One context as it was found: the connection, which cluster it is, the release's revisions.

use std::collections::HashMap;
use std::ffi::OsString;
use std::time::Duration;

use cluster::{Before, Cluster, Reason, Revision, Status, good_before};
use helm::{Call, Output};
use manifest::{Masker, Objects};
use tokio::sync::watch;

use crate::events::{Cause, seconds};
use crate::plan::{Plan, Step};
use crate::rollout::{Hold, Stop, Verdict, Written};
use crate::session::Session;

/// A context that answered.
#[derive(Debug)]
pub struct Place {
    pub cluster: Cluster,
    /// The UID of its namespace kube-system.
    pub uid: String,
    /// The release's revisions, oldest first.
    pub history: Vec<Revision>,
}

impl Place {
    pub fn newest(&self) -> Option<&Revision> {
        self.history.last()
    }
}

/// What all operations need to look at contexts and to run helm there.
#[derive(Debug)]
pub struct Places<'a> {
    pub session: &'a Session,
    pub plan: &'a Plan,
    pub masker: Masker,
}

impl Places<'_> {
    /// Connects to the context of `step`, checks that it is the cluster it should be and reads the release's history.
    pub async fn visit(&self, step: &Step) -> Result<Place, Hold> {
        let found = async {
            let cluster = self.session.connect(step).await?;
            let uid = cluster.identity().await?;
            let history = cluster.history(&step.namespace, &self.plan.release).await?;
            Ok::<_, cluster::Error>(Place { cluster, uid, history })
        };
        let place = found.await.map_err(cannot_look)?;
        match &step.cluster_uid {
            Some(pinned) if *pinned != place.uid => Err(Hold::Blocked(
                Cause::new(format!("this is another cluster: its UID is {}, pinned is {pinned}", place.uid))
                    .hint(
                        "check which cluster the kube context names, or correct clusterUID in the fleet file",
                    ),
            )),
            _ => Ok(place),
        }
    }

    /// Blocks a release that an interrupted helm left half-way, and says the way out.
    pub async fn refuse_pending(&self, step: &Step, place: &Place) -> Result<(), Hold> {
        let Some(newest) = place.newest().filter(|newest| newest.status.is_pending()) else { return Ok(()) };
        let release = &self.plan.release;
        let context = &step.context;
        let since = newest.modified.map(|time| format!(" since {time}")).unwrap_or_default();
        let message = format!(
            "release {release} is {}{since} (revision {}): a helm was interrupted, or is at work",
            newest.status, newest.number
        );
        let number = newest.number;
        let mut history = place.history.clone();
        let rule = |history: &[Revision]| good_before(history, number);
        let before =
            place.cluster.resolve(&step.namespace, release, &mut history, rule).await.map_err(cannot_look)?;
        let hint = match before {
            Before::Revision(good) => format!(
                "if no helm is at work: helm multi rollback {release} --contexts {context} --to-revision {good}"
            ),
            _ => format!("if no helm is at work: helm multi uninstall {release} --contexts {context}"),
        };
        Err(Hold::Blocked(Cause::new(message).hint(hint)))
    }

    /// Contexts that turn out to be one cluster: told, and refused where the same release would be written twice.
    pub fn same_clusters(&self, visited: &[(&Step, &Place)]) -> Verdict {
        let mut by_uid: HashMap<&str, Vec<&Step>> = HashMap::new();
        for (step, place) in visited {
            by_uid.entry(&place.uid).or_default().push(step);
        }
        let mut verdict = Verdict::default();
        let mut shared: Vec<Vec<&Step>> = by_uid.into_values().filter(|steps| steps.len() > 1).collect();
        shared.sort_by_key(|steps| steps[0].index);
        for steps in shared {
            let names: Vec<&str> = steps.iter().map(|step| step.context.as_str()).collect();
            verdict.notices.push(format!("{} are one cluster", ui::person::list(&names, 6)));
            for (at, step) in steps.iter().enumerate() {
                let twin = steps[..at].iter().find(|other| other.namespace == step.namespace);
                if let Some(twin) = twin {
                    let message = format!(
                        "is the same cluster as {}, so release {} in namespace {} would be written twice",
                        twin.context, self.plan.release, step.namespace
                    );
                    let cause = Cause::new(message).hint(
                        "select one of the two; a clusterUID in the fleet file tells such mistakes at once",
                    );
                    verdict.blocked.push((step.index, cause));
                }
            }
        }
        verdict
    }

    /// Runs helm in the context of `step`; ended by a second signal.
    pub async fn helm(&self, step: &Step, call: Call, stop: watch::Receiver<Stop>) -> Result<Output, Cause> {
        let call = call.target(&self.session.helm_target(step));
        let ended = self.session.helm.run(call, end_running(stop)).await;
        ended.map_err(|error| Cause::new(error.to_string()).maybe_hint(error.hint()))
    }

    /// What a helm that failed means: its cause in one line, what the release looks like now, and its output.
    pub async fn failed(&self, step: &Step, place: &Place, output: &Output) -> Written {
        let now = place.cluster.history(&step.namespace, &self.plan.release).await;
        let newest = now.as_ref().ok().and_then(|now| now.last());
        let stored = [place.newest(), newest].into_iter().flatten();
        let masker = self.masker_with(step, place, stored).await;
        let text = masker.mask(&output.stderr.text()).into_owned();
        let failure = helm::classify(&text);
        let mut cause = Cause::new(failure.cause.clone()).maybe_hint(failure.hint().map(str::to_owned));
        match &now {
            Ok(_) => {
                if let Some(line) = left_behind(place.newest(), newest) {
                    cause = cause.detail(line);
                }
            }
            Err(error) => {
                cause = cause.detail(format!("what the release looks like now is not known: {error}"));
            }
        }
        let seconds = seconds(output.duration);
        if output.stopped {
            return Written::Interrupted { cause, seconds };
        }
        Written::Failed { cause, output: text, seconds }
    }

    /// The masker with the values in the Secrets of these revisions as well: helm quotes what it cannot apply, and a
    /// rollback applies what no input of this run holds. A revision that cannot be read adds nothing.
    async fn masker_with(
        &self,
        step: &Step,
        place: &Place,
        revisions: impl Iterator<Item = &Revision>,
    ) -> Masker {
        let mut values = Vec::new();
        let mut numbers: Vec<u32> = revisions.map(|revision| revision.number).collect();
        numbers.dedup();
        for number in numbers {
            let release = place.cluster.release(&step.namespace, &self.plan.release, number).await;
            let manifest = release.map(|release| with_hooks(&release)).unwrap_or_default();
            values.extend(Objects::parse(&manifest, &step.namespace).secret_values());
        }
        self.masker.with(values).unwrap_or_else(|_| self.masker.clone())
    }
}

/// A context that cannot be looked at: one that does not answer is left out, one that refuses blocks the run.
pub fn cannot_look(error: cluster::Error) -> Hold {
    let cause = Cause::new(error.to_string()).maybe_hint(error.hint());
    let unreachable = matches!(error.reason(), Some(Reason::Unreachable | Reason::Timeout));
    if unreachable { Hold::Unreachable(cause) } else { Hold::Blocked(cause) }
}

/// What a failed write left of a release.
fn left_behind(before: Option<&Revision>, now: Option<&Revision>) -> Option<String> {
    let now = now?;
    if before.is_some_and(|before| before.number == now.number && before.status == now.status) {
        return Some(format!("the release is as it was: revision {}, {}", now.number, now.status));
    }
    let meaning = match now.status {
        Status::Failed => "; workloads may run a part of it",
        status if status.is_pending() => "; helm did not finish",
        _ => "",
    };
    Some(format!("the release is now at revision {}, {}{meaning}", now.number, now.status))
}

async fn end_running(mut stop: watch::Receiver<Stop>) {
    if stop.wait_for(|stop| *stop == Stop::EndRunning).await.is_err() {
        std::future::pending::<()>().await; // nobody can stop this run any more
    }
}

/// Time that a check may take to render a chart.
pub const RENDER_TIMEOUT: Duration = Duration::from_secs(300);

/// A flag and its value.
pub fn flag(name: &str, value: impl Into<OsString>) -> [OsString; 2] {
    [name.into(), value.into()]
}

/// What a release installs, hooks included.
pub fn with_hooks(release: &cluster::Release) -> String {
    join(&release.manifest, release.hooks.iter().map(|hook| hook.manifest.as_str()))
}

/// One stream of YAML documents.
pub fn join<'a>(manifest: &'a str, hooks: impl Iterator<Item = &'a str>) -> String {
    [manifest].into_iter().chain(hooks).collect::<Vec<_>>().join("\n---\n")
}
