//! Installing and upgrading: checked by rendering the chart on the context's own API server, then done.

use std::ffi::OsString;

use cluster::{ApplyMethod, RUN_LABEL, Status};
use helm::{Call, Keep, Version};
use manifest::Objects;
use serde::Deserialize;
use tokio::sync::watch;

use super::place::{Place, Places, RENDER_TIMEOUT, cannot_look, flag, join, with_hooks};
use crate::events::{Cause, Done, seconds};
use crate::inputs::{Inputs, LocalChart};
use crate::plan::{Operation, Step};
use crate::rollout::{Hold, Port, Stop, Verdict, Written};

/// Installs or upgrades one release.
#[derive(Debug)]
pub struct Upgrade<'a> {
    pub places: Places<'a>,
    pub chart: &'a LocalChart,
    /// By index of the step.
    pub inputs: Vec<Inputs>,
    /// `--install`: contexts without the release get it.
    pub install: bool,
    /// The user's own flags for helm.
    pub helm_flags: Vec<OsString>,
    pub version: Version,
}

/// A context that can be written.
#[derive(Debug)]
pub struct Ready {
    place: Place,
    before: Option<u32>,
    /// Helm's own check of the rendered objects against the server's schema is left out, because the server refuses
    /// unknown fields itself: so it is with server-side apply, which Helm 4 uses for releases that it made.
    server_checks_fields: bool,
}

/// Both sides of a diff.
#[derive(Debug)]
pub struct Preview {
    pub deployed: Objects,
    pub rendered: Objects,
}

/// What `helm upgrade --dry-run -o json` prints, as far as it matters here.
#[derive(Deserialize)]
struct Rendered {
    #[serde(default)]
    manifest: String,
    #[serde(default)]
    hooks: Option<Vec<Hook>>,
}

#[derive(Deserialize)]
struct Hook {
    #[serde(default)]
    manifest: String,
}

impl Rendered {
    fn with_hooks(&self) -> String {
        join(&self.manifest, self.hooks.iter().flatten().map(|hook| hook.manifest.as_str()))
    }
}

impl Port for Upgrade<'_> {
    type Ready = Ready;

    async fn check(&self, step: &Step) -> Result<Ready, Hold> {
        let ready = self.look(step).await?;
        self.render(step, &ready, &[]).await?;
        Ok(ready)
    }

    fn cross_check(&self, ready: &[(&Step, &Ready)]) -> Verdict {
        let visited: Vec<_> = ready.iter().map(|(step, ready)| (*step, &ready.place)).collect();
        self.places.same_clusters(&visited)
    }

    async fn write(&self, step: &Step, ready: &Ready, stop: watch::Receiver<Stop>) -> Written {
        let mut arguments = self.arguments(ready);
        let run = &self.places.plan.run;
        arguments.extend(flag("--labels", format!("{RUN_LABEL}={run}")));
        arguments.extend(flag("--description", format!("convoy {run}: {}", self.description())));
        let output = match self.helm(step, arguments, Keep::MESSAGES, stop).await {
            Ok(output) => output,
            Err(cause) => return Written::Failed { cause, output: String::new(), seconds: 0.0 },
        };
        if !output.status.success() {
            return self.places.failed(step, &ready.place, &output).await;
        }
        let seconds = seconds(output.duration);
        let release = &self.places.plan.release;
        match ready.place.cluster.history(&step.namespace, release).await {
            Ok(now) => {
                let ours = now.iter().rev().find(|revision| revision.run() == Some(run.as_str()));
                match ours {
                    Some(ours) => {
                        let verb = if ready.before.is_some() { "upgraded" } else { "installed" };
                        Written::Done(Done { before: ready.before, after: Some(ours.number), verb, seconds })
                    }
                    None => {
                        let cause =
                            Cause::new("helm reported success, but the cluster has no revision of this run")
                                .hint(format!("helm multi history {release} --contexts {}", step.context));
                        Written::Failed { cause, output: String::new(), seconds }
                    }
                }
            }
            Err(error) => {
                let cause =
                    Cause::new(format!("helm reported success, but the result could not be read: {error}"))
                        .hint(format!("helm multi status {release} --contexts {}", step.context));
                Written::Failed { cause, output: String::new(), seconds }
            }
        }
    }
}

impl Upgrade<'_> {
    async fn look(&self, step: &Step) -> Result<Ready, Hold> {
        let place = self.places.visit(step).await?;
        self.places.refuse_pending(step, &place).await?;
        let deployed = cluster::latest_deployed(&place.history);
        self.refuse_wrong_start(step, &place, deployed.is_some())?;
        let server_checks_fields = match deployed {
            _ if self.version.major < 4 || self.chooses_apply() => false,
            None => true,
            Some(deployed) => {
                let release =
                    place.cluster.release(&step.namespace, &self.places.plan.release, deployed.number).await;
                release.map_err(cannot_look)?.apply_method == ApplyMethod::Server
            }
        };
        let before = deployed.map(|revision| revision.number);
        Ok(Ready { place, before, server_checks_fields })
    }

    /// What helm would refuse too, said before anything is written anywhere.
    fn refuse_wrong_start(&self, step: &Step, place: &Place, deployed: bool) -> Result<(), Hold> {
        let release = &self.places.plan.release;
        let context = &step.context;
        let cause = match (self.places.plan.operation, deployed, place.newest()) {
            (Operation::Install, true, Some(newest)) => {
                Cause::new(format!("release {release} is there already (revision {})", newest.number))
                    .hint(format!("helm multi upgrade {release}"))
            }
            (Operation::Upgrade, false, None) if !self.install => {
                Cause::new(format!("release {release} is not installed in namespace {}", step.namespace))
                    .hint("add --install to install it where it is missing")
            }
            (Operation::Upgrade, false, Some(newest)) if newest.status != Status::Uninstalled => {
                Cause::new(format!(
                    "release {release} was never deployed: its newest revision, {}, is {}",
                    newest.number, newest.status
                ))
                .hint(format!("remove it first: helm multi uninstall {release} --contexts {context}"))
            }
            _ => return Ok(()),
        };
        Err(Hold::Blocked(cause))
    }

    /// What is deployed and what the chart renders now, hooks included.
    pub async fn preview(&self, step: &Step) -> Result<Preview, Hold> {
        let ready = self.look(step).await?;
        let deployed = match ready.before {
            None => String::new(),
            Some(number) => {
                let release =
                    ready.place.cluster.release(&step.namespace, &self.places.plan.release, number).await;
                with_hooks(&release.map_err(cannot_look)?)
            }
        };
        let output = self.render(step, &ready, &["--output", "json"]).await?;
        let unreadable = || Hold::Blocked(Cause::new("helm's rendering could not be read"));
        let rendered = output.stdout.whole().ok_or_else(unreadable)?;
        let rendered: Rendered = serde_json::from_slice(rendered).map_err(|_| unreadable())?;
        Ok(Preview {
            deployed: Objects::parse(&deployed, &step.namespace),
            rendered: Objects::parse(&rendered.with_hooks(), &step.namespace),
        })
    }

    /// Has helm render the chart with this context's values and API server, and change nothing.
    async fn render(&self, step: &Step, ready: &Ready, flags: &[&str]) -> Result<helm::Output, Hold> {
        let mut arguments = self.arguments(ready);
        arguments.push("--dry-run=server".into());
        arguments.extend(flags.iter().map(OsString::from));
        let keep = if flags.is_empty() { Keep::MESSAGES } else { Keep::DATA };
        let (_sender, never) = watch::channel(Stop::Go);
        let rendered = tokio::time::timeout(RENDER_TIMEOUT, self.helm(step, arguments, keep, never));
        let output = match rendered.await {
            Ok(Ok(output)) => output,
            Ok(Err(cause)) => return Err(Hold::Blocked(cause)),
            Err(_) => {
                return Err(Hold::Blocked(Cause::new("rendering the chart took longer than 5 minutes")));
            }
        };
        if output.status.success() {
            return Ok(output);
        }
        let failure = helm::classify(&self.places.masker.mask(&output.stderr.text()));
        let cause = Cause::new(failure.cause.clone()).maybe_hint(failure.hint().map(str::to_owned));
        Err(match failure.kind {
            helm::Kind::Unreachable => Hold::Unreachable(cause),
            _ => Hold::Blocked(cause),
        })
    }

    /// `upgrade NAME CHART` and the flags that both the rendering and the write have.
    fn arguments(&self, ready: &Ready) -> Vec<OsString> {
        let install = self.places.plan.operation == Operation::Install;
        let word = if install { "install" } else { "upgrade" };
        let mut arguments: Vec<OsString> =
            vec![word.into(), self.places.plan.release.clone().into(), self.chart.path.clone().into()];
        if self.install && !install {
            arguments.push("--install".into());
        }
        // Values are never empty here (globals), so helm would drop the old ones anyway; saying it makes `diff` and
        // `upgrade` agree.
        if !install && !self.has_flag(&["reuse-values", "reset-then-reuse-values", "reset-values"]) {
            arguments.push("--reset-values".into());
        }
        if ready.server_checks_fields && !self.has_flag(&["disable-openapi-validation"]) {
            arguments.push("--disable-openapi-validation".into());
        }
        arguments.extend(self.helm_flags.iter().cloned());
        arguments
    }

    async fn helm(
        &self,
        step: &Step,
        line: Vec<OsString>,
        keep: Keep,
        stop: watch::Receiver<Stop>,
    ) -> Result<helm::Output, Cause> {
        let (arguments, files) = self.inputs[step.index]
            .add_to(&line)
            .map_err(|error| Cause::new(format!("could not make a file in memory: {error}")))?;
        let call =
            Call::new(arguments, self.places.session.environment.clone()).files(files).keep_stdout(keep);
        self.places.helm(step, call, stop).await
    }

    fn chooses_apply(&self) -> bool {
        self.has_flag(&["server-side", "force", "force-replace"])
    }

    fn has_flag(&self, names: &[&str]) -> bool {
        self.scanned().flags.iter().any(|flag| names.contains(&flag.long.as_str()))
    }

    /// What the user says about the change, else what it is.
    fn description(&self) -> String {
        let typed = self.scanned().last("description").and_then(|flag| flag.value.clone());
        typed.map_or_else(
            || self.places.plan.operation.word().to_owned(),
            |typed| typed.to_string_lossy().into_owned(),
        )
    }

    /// The user's flags as helm reads them.
    fn scanned(&self) -> helm::args::Scanned {
        let mut line = vec![OsString::from("upgrade")];
        line.extend(self.helm_flags.iter().cloned());
        helm::args::scan(&line)
    }
}
