//! One file per subcommand: its arguments (the doc comments are the help) and what it does.

pub mod contexts;
pub mod diff;
pub mod history;
pub mod rollback;
pub mod status;
pub mod template;
pub mod uninstall;
pub mod upgrade;

use std::ffi::OsString;
use std::iter;

use clap::Args;
use cluster::Status;
use ui::{CommandError, Exit, Printer, Style};

use crate::events::{self, Cause, Kind};
use crate::interrupt::{self, Foreground};
use crate::plan::Plan;
use crate::report::{Format, Recorder};
use crate::rollout::{self, OnFailure, Pace, Port};
use crate::targets::Parallel;

/// How results are printed.
#[derive(Debug, Clone, Copy, Args)]
pub struct Show {
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

/// Runs a plan that changes clusters and reports it.
async fn roll_out<P: Port>(
    plan: &Plan,
    port: &P,
    parallel: Parallel,
    on_failure: OnFailure,
    output: Format,
    printer: Printer,
) -> std::io::Result<Exit> {
    let stop = interrupt::listen()?;
    let _foreground = Foreground::take();
    let mut recorder = Recorder::new(&plan.run, output, printer);
    recorder.emit(Kind::Planned {
        schema: events::SCHEMA,
        operation: plan.operation,
        release: plan.release.clone(),
        contexts: plan.steps.iter().map(|step| step.context.clone()).collect(),
        width: plan.width(),
    });
    let pace = Pace { parallel: parallel.max_parallel.into(), on_failure, stop };
    let end = rollout::run(plan, port, pace, &mut |kind| recorder.emit(kind)).await;
    Ok(rollout::exit_of(end))
}

/// Refuses `--dry-run`: helm would report success, and the run would say what did not happen.
fn refuse_dry_run(helm_flags: &[OsString], instead: &str) -> Result<(), CommandError> {
    let line: Vec<OsString> = iter::once("upgrade".into()).chain(helm_flags.iter().cloned()).collect();
    match helm::args::scan(&line).last("dry-run") {
        Some(_) => {
            Err(CommandError::new("--dry-run does not go with a command that changes clusters").hint(instead))
        }
        None => Ok(()),
    }
}

/// Names the contexts that could not be looked at, with the cause and what to do.
fn report_failed(printer: Printer, failed: &[(String, Cause)]) {
    for (context, cause) in failed {
        let mut error = CommandError::new(cause.message.clone()).context(context.clone());
        for detail in &cause.details {
            error = error.detail(detail.clone());
        }
        printer.error(&error.maybe_hint(cause.hint.clone()));
    }
}

/// Reports the contexts that could not be looked at and says how the command ends.
fn end_of_look<T>(printer: Printer, found: Vec<(String, Result<T, Cause>)>) -> Exit {
    let all = found.len();
    let failed: Vec<(String, Cause)> =
        found.into_iter().filter_map(|(context, found)| Some((context, found.err()?))).collect();
    report_failed(printer, &failed);
    match failed.len() {
        0 => Exit::Done,
        some if some == all => Exit::Failed,
        _ => Exit::Partly,
    }
}

fn style_of(status: Status) -> Style {
    match status {
        Status::Deployed => Style::Done,
        Status::Failed => Style::Failed,
        Status::Superseded | Status::Uninstalled => Style::Dim,
        _ => Style::Waiting,
    }
}
