use std::ffi::OsString;

use clap::Args;
use futures::stream::{self, StreamExt};
use helm::{Call, Keep};
use ui::{CommandError, Exit, Printer, Style};

use super::upgrade::ReleaseArgs;
use crate::events::Cause;
use crate::inputs::{self, Inputs, LocalChart};
use crate::session::{Session, block_on, namespace};
use crate::targets::Parallel;

/// Print what the chart renders in several contexts
///
/// No cluster is contacted. Known secret values are masked.
#[derive(Debug, Args)]
pub struct Template {
    #[command(flatten)]
    release: ReleaseArgs,
    #[command(flatten)]
    parallel: Parallel,
    /// Print the values of secrets
    #[arg(long)]
    show_secrets: bool,
}

impl Template {
    pub fn run(self, mut helm_flags: Vec<OsString>, printer: Printer) -> Result<Exit, CommandError> {
        let args = self.release;
        let session = Session::new()?;
        let project = args.place.project()?;
        let typed = namespace::typed();
        let release = args.release(&project, typed.as_deref())?;
        let targets = args.place.targets(&project, release, &session)?;
        let keyring = session.keyring();
        let (found, masker) = block_on(async {
            let secrets = inputs::resolve_secrets(release, &targets, printer).await?;
            let (inputs, masker) =
                inputs::gather(release, &args.values, &helm_flags, &targets, &keyring, &secrets)?;
            let chart =
                LocalChart::fetch(release, args.chart.as_deref(), &project, &mut helm_flags, &session)
                    .await?;
            let (session, flags, chart, name) = (&session, &helm_flags, &chart, &args.name);
            let renders =
                stream::iter(targets.iter().zip(&inputs)).map(|(target, inputs)| {
                    let said = release.and_then(|release| release.namespace_in(target));
                    let namespace = typed.as_deref().or(said).unwrap_or("default").to_owned();
                    async move {
                        (target.name.clone(), render(session, name, chart, inputs, &namespace, flags).await)
                    }
                });
            let found: Vec<_> = renders.buffered(self.parallel.max_parallel.into()).collect().await;
            Ok((found, masker))
        })?;
        for (context, rendered) in &found {
            let Ok(rendered) = rendered else { continue };
            printer.text(&Style::Dim.paint(&format!("# context: {context}")))?;
            printer.data(b"\n")?;
            if self.show_secrets {
                printer.data(rendered.as_bytes())?;
            } else {
                printer.data(masker.mask(rendered).as_bytes())?;
            }
        }
        let masked = found.into_iter().map(|(context, rendered)| {
            let masked = |cause: Cause| Cause { message: masker.mask(&cause.message).into_owned(), ..cause };
            (context, rendered.map_err(masked))
        });
        Ok(super::end_of_look(printer, masked.collect()))
    }
}

async fn render(
    session: &Session,
    name: &str,
    chart: &LocalChart,
    inputs: &Inputs,
    namespace: &str,
    flags: &[OsString],
) -> Result<String, Cause> {
    let mut line: Vec<OsString> = vec!["template".into(), name.into(), chart.path.clone().into()];
    line.extend(["--namespace".into(), namespace.into()]);
    line.extend(flags.iter().cloned());
    let (arguments, files) = inputs
        .add_to(&line)
        .map_err(|error| Cause::new(format!("could not make a file in memory: {error}")))?;
    let call = Call::new(arguments, session.environment.clone()).files(files).keep_stdout(Keep::DATA);
    let output = session
        .helm
        .run(call, std::future::pending())
        .await
        .map_err(|error| Cause::new(error.to_string()).maybe_hint(error.hint()))?;
    if output.status.success() {
        return Ok(output.stdout.text());
    }
    let failure = helm::classify(&output.stderr.text());
    Err(Cause::new(failure.cause.clone()).maybe_hint(failure.hint().map(str::to_owned)))
}
