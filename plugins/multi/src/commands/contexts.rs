use clap::Args;
use fleet::{Fleet, Target};
use serde_json::json;
use ui::{CommandError, Exit, Printer, Style, Table};

use super::Show;
use crate::project::fleet_error;
use crate::report::Format;
use crate::session::Session;
use crate::targets::Where;

/// List the contexts of the fleet
///
/// Those of convoy.yaml, else those of the kubeconfig. Nothing is contacted.
#[derive(Debug, Args)]
pub struct Contexts {
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    show: Show,
}

impl Contexts {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        let session = Session::new()?;
        let project = self.place.project()?;
        let fleet = match project.fleet {
            Some(fleet) => fleet,
            None => Fleet::of_kubeconfig(session.context_names()?),
        };
        let selection =
            fleet::Selection::parse(&self.place.contexts, &self.place.select).map_err(fleet_error)?;
        let targets = if selection.is_empty() {
            fleet.contexts
        } else {
            fleet::select(&fleet, None, &selection).map_err(fleet_error)?
        };
        match self.show.output {
            Format::Table => printer.text(&table(&targets, &session))?,
            Format::Json => {
                let rows: Vec<_> = targets.iter().map(|target| row(target, &session)).collect();
                let mut bytes = serde_json::to_vec_pretty(&json!({ "contexts": rows }))?;
                bytes.push(b'\n');
                printer.data(&bytes)?;
            }
        }
        Ok(Exit::Done)
    }
}

fn table(targets: &[Target], session: &Session) -> String {
    let mut table = Table::new(["CONTEXT", "KUBE CONTEXT", "SERVER", "NAMESPACE", "LABELS", "GLOBALS"]);
    for target in targets {
        let (server, style) = match session.context(target) {
            Ok(context) => (context.server.unwrap_or_default(), Style::Plain),
            Err(_) => ("not in the kubeconfig".to_owned(), Style::Failed),
        };
        let labels: Vec<String> = target.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let globals: Vec<String> = target
            .globals
            .iter()
            .map(|(key, value)| {
                format!("{key}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            })
            .collect();
        table.row([
            (target.name.clone(), Style::Plain),
            (target.kube_context.clone(), Style::Plain),
            (server, style),
            (target.namespace.clone().unwrap_or_else(|| "-".to_owned()), Style::Plain),
            (labels.join(","), Style::Plain),
            (globals.join(","), Style::Dim),
        ]);
    }
    table.render()
}

fn row(target: &Target, session: &Session) -> serde_json::Value {
    json!({
        "name": target.name,
        "kubeContext": target.kube_context,
        "server": session.context(target).ok().and_then(|context| context.server),
        "namespace": target.namespace,
        "clusterUID": target.cluster_uid,
        "labels": target.labels,
        "globals": target.globals,
    })
}
