use std::ffi::OsString;

use clap::Args;
use ui::{CommandError, Exit, Printer};

use super::{Show, roll_out};
use crate::inputs::{self, LocalChart};
use crate::operations::{Places, Upgrade as Port};
use crate::plan::{Operation, Plan};
use crate::rollout::OnFailure;
use crate::session::{Session, block_on, helm_error, namespace};
use crate::targets::{self, Parallel, Where};

/// Which release, with which values.
#[derive(Debug, Clone, Args)]
pub struct ReleaseArgs {
    /// The release; without CHART the one of that name in the release files
    pub name: String,
    /// A chart: folder, package, oci:// reference, or a name with --repo
    pub chart: Option<String>,
    /// Values files, plain or encrypted, after those of the release file
    #[arg(short = 'f', long = "values", value_name = "FILE")]
    pub values: Vec<String>,
    #[command(flatten)]
    pub place: Where,
}

/// Install a release in several contexts
///
/// As `helm multi upgrade`, but a context that has the release already blocks the run.
#[derive(Debug, Args)]
pub struct Install {
    #[command(flatten)]
    pub release: ReleaseArgs,
    #[command(flatten)]
    run: RunArgs,
}

/// Upgrade a release in several contexts
///
/// Values, secrets and the chart are read once. Then every context is checked: reachable, the right cluster, no helm
/// at work, and the chart renders there with that context's values. If one is blocked, nothing is changed anywhere; a
/// context that does not answer is left out and the run ends with code 3. Values win in this order: the chart's, the
/// release's values files, -f, image, scaling, globals, Vault secrets, --set.
#[derive(Debug, Args)]
pub struct Upgrade {
    #[command(flatten)]
    pub release: ReleaseArgs,
    /// Install the release where it is missing
    #[arg(short, long)]
    install: bool,
    #[command(flatten)]
    run: RunArgs,
}

/// How a run goes.
#[derive(Debug, Clone, Copy, Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub parallel: Parallel,
    /// What a context that fails does to those not begun
    #[arg(long, value_enum, default_value = "stop")]
    pub on_failure: OnFailure,
    #[command(flatten)]
    pub show: Show,
}

impl Install {
    pub fn run(self, helm_flags: Vec<OsString>, printer: Printer) -> Result<Exit, CommandError> {
        run(self.release, self.run, Operation::Install, false, helm_flags, printer)
    }
}

impl Upgrade {
    pub fn run(self, helm_flags: Vec<OsString>, printer: Printer) -> Result<Exit, CommandError> {
        run(self.release, self.run, Operation::Upgrade, self.install, helm_flags, printer)
    }
}

fn run(
    args: ReleaseArgs,
    run: RunArgs,
    operation: Operation,
    install: bool,
    helm_flags: Vec<OsString>,
    printer: Printer,
) -> Result<Exit, CommandError> {
    super::refuse_dry_run(&helm_flags, &format!("helm multi diff {} shows what would change", args.name))?;
    with_port(args, operation, install, helm_flags, printer, async |port: &Port<'_>| {
        let plan = port.places.plan;
        Ok(roll_out(plan, port, run.parallel, run.on_failure, run.show.output, printer).await?)
    })
}

/// Reads files, secrets and the chart, and hands everything an upgrade needs to `work`.
pub fn with_port<T>(
    args: ReleaseArgs,
    operation: Operation,
    install: bool,
    mut helm_flags: Vec<OsString>,
    printer: Printer,
    work: impl AsyncFnOnce(&Port<'_>) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let session = Session::new()?;
    let project = args.place.project()?;
    let typed = namespace::typed();
    let release = args.release(&project, typed.as_deref())?;
    let targets = args.place.targets(&project, release, &session)?;
    let steps = targets::steps(&targets, release, typed.as_deref(), &session)?;
    let plan = Plan::new(operation, &args.name, steps);
    let keyring = session.keyring();
    block_on(async {
        let secrets = inputs::resolve_secrets(release, &targets, printer).await?;
        let (inputs, masker) =
            inputs::gather(release, &args.values, &helm_flags, &targets, &keyring, &secrets)?;
        drop(secrets);
        let (version, chart) = futures::join!(
            session.helm.version(&session.environment),
            LocalChart::fetch(release, args.chart.as_deref(), &project, &mut helm_flags, &session),
        );
        let (version, chart) = (version.map_err(helm_error)?, chart?);
        let places = Places { session: &session, plan: &plan, masker };
        work(&Port { places, chart: &chart, inputs, install, helm_flags, version }).await
    })
}
