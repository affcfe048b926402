use std::num::NonZeroUsize;

use clap::Args;
use cluster::{Release, Revision};
use serde_json::json;
use ui::{CommandError, Exit, Printer, Style, Table};

use super::Show;
use super::status::{chart, look_everywhere, updated};
use crate::events::Cause;
use crate::operations::Places;
use crate::plan::Step;
use crate::report::Format;
use crate::rollout::Hold;
use crate::targets::{Parallel, Where};

/// Show the revisions of a release in several contexts
#[derive(Debug, Args)]
pub struct History {
    name: String,
    /// Revisions to show of each context, the newest ones
    #[arg(long, value_name = "N", default_value = "10")]
    max: NonZeroUsize,
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    parallel: Parallel,
    #[command(flatten)]
    show: Show,
}

type Found = Result<Vec<(Revision, Release)>, Cause>;

impl History {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        let max = self.max.get();
        let found = look_everywhere(&self.name, &self.place, self.parallel, async |places, step| {
            look(places, step, max).await
        })?;
        match self.show.output {
            Format::Table => printer.text(&table(&found))?,
            Format::Json => printer.data(&self.json(&found)?)?,
        }
        Ok(super::end_of_look(printer, found))
    }

    fn json(&self, found: &[(String, Found)]) -> Result<Vec<u8>, CommandError> {
        let revision = |(revision, release): &(Revision, Release)| {
            json!({
                "revision": revision.number,
                "status": revision.status.to_string(),
                "chart": chart(release),
                "appVersion": release.chart.app_version,
                "updated": revision.modified.map(|time| time.to_string()),
                "run": release.run(),
                "description": release.description,
            })
        };
        let rows: Vec<_> = found
            .iter()
            .map(|(context, found)| match found {
                Err(cause) => json!({"context": context, "cause": cause}),
                Ok(revisions) => {
                    json!({"context": context, "revisions": revisions.iter().map(revision).collect::<Vec<_>>()})
                }
            })
            .collect();
        let mut bytes = serde_json::to_vec_pretty(&json!({"release": self.name, "contexts": rows}))?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

fn table(found: &[(String, Found)]) -> String {
    let mut table = Table::new(["CONTEXT", "REV", "UPDATED", "STATUS", "CHART", "APP", "RUN", "DESCRIPTION"]);
    for (context, found) in found {
        let plain = |text: &str| (text.to_owned(), Style::Plain);
        match found {
            Err(_) => {
                table.row([plain(context), plain("-"), plain(""), ("unknown".to_owned(), Style::Failed)]);
            }
            Ok(revisions) if revisions.is_empty() => {
                table.row([plain(context), plain("-"), plain(""), ("missing".to_owned(), Style::Waiting)]);
            }
            Ok(revisions) => {
                for (revision, release) in revisions {
                    table.row([
                        plain(context),
                        plain(&revision.number.to_string()),
                        (updated(revision), Style::Dim),
                        (revision.status.to_string(), super::style_of(revision.status)),
                        plain(&chart(release)),
                        plain(release.chart.app_version.as_deref().unwrap_or_default()),
                        (release.run().unwrap_or_default().to_owned(), Style::Dim),
                        (release.description.clone(), Style::Dim),
                    ]);
                }
            }
        }
    }
    table.render()
}

async fn look(places: &Places<'_>, step: &Step, max: usize) -> Found {
    let place = places.visit(step).await.map_err(Hold::into_cause)?;
    let mut revisions = Vec::new();
    for revision in place.history.iter().rev().take(max).rev() {
        let release = place.cluster.release(&step.namespace, &places.plan.release, revision.number).await;
        let release = release.map_err(|error| crate::operations::cannot_look(error).into_cause())?;
        revisions.push((revision.clone(), release));
    }
    Ok(revisions)
}
