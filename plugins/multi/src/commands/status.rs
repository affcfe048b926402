use clap::Args;
use cluster::{Release, Revision};
use futures::stream::{self, StreamExt};
use serde_json::json;
use ui::{CommandError, Exit, Printer, Style, Table, person};

use super::Show;
use crate::events::Cause;
use crate::operations::Places;
use crate::plan::{Operation, Plan, Step};
use crate::report::Format;
use crate::rollout::Hold;
use crate::session::{Session, block_on, namespace};
use crate::targets::{self, Parallel, Where};

/// Show a release in several contexts
#[derive(Debug, Args)]
pub struct Status {
    name: String,
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    parallel: Parallel,
    #[command(flatten)]
    show: Show,
}

/// The newest revision in one context, or that there is none.
type Found = Result<Option<(Revision, Release)>, Cause>;

impl Status {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        let found = look_everywhere(&self.name, &self.place, self.parallel, look)?;
        match self.show.output {
            Format::Table => printer.text(&self.table(&found))?,
            Format::Json => printer.data(&self.json(&found)?)?,
        }
        Ok(super::end_of_look(printer, found))
    }

    fn table(&self, found: &[(String, Found)]) -> String {
        let mut table = Table::new(["RELEASE", "CONTEXT", "REV", "STATUS", "CHART", "APP", "UPDATED", "RUN"]);
        for (context, found) in found {
            let mut row = vec![(self.name.clone(), Style::Plain), (context.clone(), Style::Plain)];
            match found {
                Err(_) => row.extend([("-".into(), Style::Dim), ("unknown".into(), Style::Failed)]),
                Ok(None) => row.extend([("-".into(), Style::Dim), ("missing".into(), Style::Waiting)]),
                Ok(Some((revision, release))) => row.extend([
                    (revision.number.to_string(), Style::Plain),
                    (revision.status.to_string(), super::style_of(revision.status)),
                    (chart(release), Style::Plain),
                    (release.chart.app_version.clone().unwrap_or_default(), Style::Plain),
                    (updated(revision), Style::Dim),
                    (release.run().unwrap_or_default().to_owned(), Style::Dim),
                ]),
            }
            table.row(row);
        }
        table.render()
    }

    fn json(&self, found: &[(String, Found)]) -> Result<Vec<u8>, CommandError> {
        let rows: Vec<_> = found
            .iter()
            .map(|(context, found)| match found {
                Err(cause) => json!({"context": context, "status": "unknown", "cause": cause}),
                Ok(None) => json!({"context": context, "status": "missing"}),
                Ok(Some((revision, release))) => json!({
                    "context": context,
                    "revision": revision.number,
                    "status": revision.status.to_string(),
                    "chart": chart(release),
                    "appVersion": release.chart.app_version,
                    "updated": revision.modified.map(|time| time.to_string()),
                    "run": release.run(),
                    "description": release.description,
                }),
            })
            .collect();
        let mut bytes = serde_json::to_vec_pretty(&json!({"release": self.name, "contexts": rows}))?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

async fn look(places: &Places<'_>, step: &Step) -> Found {
    let place = places.visit(step).await.map_err(Hold::into_cause)?;
    let Some(newest) = place.newest().cloned() else { return Ok(None) };
    let release = place.cluster.release(&step.namespace, &places.plan.release, newest.number).await;
    let release = release.map_err(|error| crate::operations::cannot_look(error).into_cause())?;
    Ok(Some((newest, release)))
}

/// Name and version of a release's chart, as helm shows them.
pub fn chart(release: &Release) -> String {
    format!("{}-{}", release.chart.name, release.chart.version)
}

/// How long ago a revision was written.
pub fn updated(revision: &Revision) -> String {
    let age = revision.modified.map(|time| jiff::Timestamp::now().as_second() - time.as_second());
    age.map(person::ago).unwrap_or_default()
}

/// A context's name and what was found there.
pub type InContext<T> = (String, Result<T, Cause>);

/// Does `look` in every context, several at a time; the results are in the order of the contexts.
pub fn look_everywhere<T>(
    name: &str,
    place: &Where,
    parallel: Parallel,
    look: impl AsyncFn(&Places<'_>, &Step) -> Result<T, Cause>,
) -> Result<Vec<InContext<T>>, CommandError> {
    let session = Session::new()?;
    let project = place.project()?;
    let typed = namespace::typed();
    let release = project.find(name, typed.as_deref())?;
    let targets = place.targets(&project, release, &session)?;
    let steps = targets::steps(&targets, release, typed.as_deref(), &session)?;
    let plan = Plan::new(Operation::Upgrade, name, steps);
    let places = Places { session: &session, plan: &plan, masker: manifest::Masker::default() };
    block_on(async {
        let (places, look) = (&places, &look);
        let looks =
            stream::iter(&plan.steps).map(|step| async move { (step.index, look(places, step).await) });
        let mut found: Vec<_> = looks.buffer_unordered(parallel.max_parallel.into()).collect().await;
        found.sort_by_key(|(index, _)| *index);
        Ok(found.into_iter().map(|(index, found)| (plan.steps[index].context.clone(), found)).collect())
    })
}
