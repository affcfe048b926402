use std::ffi::OsString;

use clap::Args;
use ui::{CommandError, Exit, Printer};

use super::roll_out;
use super::upgrade::RunArgs;
use crate::operations::{Places, Uninstall as Port};
use crate::plan::{Operation, Plan};
use crate::session::{Session, block_on, namespace};
use crate::targets::{self, Where};

/// Uninstall a release from several contexts
///
/// A context without the release is left alone. The contexts must be named or selected.
#[derive(Debug, Args)]
pub struct Uninstall {
    name: String,
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    run: RunArgs,
}

impl Uninstall {
    pub fn run(self, helm_flags: Vec<OsString>, printer: Printer) -> Result<Exit, CommandError> {
        if self.place.contexts.is_empty() && self.place.select.is_empty() {
            return Err(CommandError::new("uninstall asks for the contexts to be named")
                .hint("add --contexts a,b or --select env=dev; for all of them: --contexts '*'"));
        }
        super::refuse_dry_run(&helm_flags, &format!("helm multi status {} shows what is there", self.name))?;
        let session = Session::new()?;
        let project = self.place.project()?;
        let typed = namespace::typed();
        let release = project.find(&self.name, typed.as_deref())?;
        let targets = self.place.targets(&project, release, &session)?;
        let steps = targets::steps(&targets, release, typed.as_deref(), &session)?;
        let plan = Plan::new(Operation::Uninstall, &self.name, steps);
        block_on(async {
            let places = Places { session: &session, plan: &plan, masker: manifest::Masker::default() };
            let port = Port { places, helm_flags };
            let RunArgs { parallel, on_failure, show } = self.run;
            Ok(roll_out(&plan, &port, parallel, on_failure, show.output, printer).await?)
        })
    }
}
