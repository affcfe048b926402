use std::ffi::OsString;

use clap::Args;
use futures::stream::{self, StreamExt};
use manifest::{Diff as Changes, Group, LineKind, Options};
use serde_json::json;
use ui::{CommandError, Exit, Printer, Style, person};

use super::Show;
use super::upgrade::ReleaseArgs;
use crate::events::Cause;
use crate::operations::Upgrade as Port;
use crate::plan::{Operation, Step};
use crate::report::Format;
use crate::rollout::Hold;
use crate::targets::Parallel;

/// Show what an upgrade would change
///
/// Compares what is deployed in each context with what the chart renders there now, object by object and field by
/// field. Contexts with the same changes are shown once. Values of Secrets and every known secret are masked.
#[derive(Debug, Args)]
pub struct Diff {
    #[command(flatten)]
    release: ReleaseArgs,
    #[command(flatten)]
    parallel: Parallel,
    /// End with code 2 when something would change
    #[arg(long)]
    detailed_exitcode: bool,
    #[command(flatten)]
    show: Show,
}

/// What was found in one context.
type Found = Result<Changes, Cause>;

impl Diff {
    pub fn run(self, helm_flags: Vec<OsString>, printer: Printer) -> Result<Exit, CommandError> {
        let name = self.release.name.clone();
        let found = super::upgrade::with_port(
            self.release,
            Operation::Upgrade,
            true,
            helm_flags,
            printer,
            async |port: &Port<'_>| {
                let looks = stream::iter(&port.places.plan.steps)
                    .map(|step| async move { (step.index, step.context.clone(), look(port, step).await) });
                let mut found: Vec<(usize, String, Found)> =
                    looks.buffer_unordered(self.parallel.max_parallel.into()).collect().await;
                found.sort_by_key(|(index, ..)| *index);
                Ok(found.into_iter().map(|(_, context, found)| (context, found)).collect::<Vec<_>>())
            },
        )?;
        let all = found.len();
        let (mut diffs, mut failed) = (Vec::new(), Vec::new());
        for (context, found) in found {
            match found {
                Ok(diff) => diffs.push((context, diff)),
                Err(cause) => failed.push((context, cause)),
            }
        }
        let changed = diffs.iter().any(|(_, diff)| !diff.is_empty());
        let groups = manifest::group(diffs);
        match self.show.output {
            Format::Table => printer.text(&text(&name, all, &groups))?,
            Format::Json => {
                let failed: Vec<_> = failed
                    .iter()
                    .map(|(context, cause)| json!({"context": context, "cause": cause}))
                    .collect();
                let document = json!({"release": name, "groups": groups, "failed": failed});
                let mut bytes = serde_json::to_vec_pretty(&document)?;
                bytes.push(b'\n');
                printer.data(&bytes)?;
            }
        }
        super::report_failed(printer, &failed);
        Ok(match (failed.len(), changed && self.detailed_exitcode) {
            (0, true) => Exit::Differences,
            (0, false) => Exit::Done,
            (failed, _) if failed == all => Exit::Failed,
            _ => Exit::Partly,
        })
    }
}

async fn look(port: &Port<'_>, step: &Step) -> Found {
    let preview = port.preview(step).await.map_err(Hold::into_cause)?;
    // A secret that was changed since is known from the deployed release only.
    let values =
        [&preview.deployed, &preview.rendered].into_iter().flat_map(manifest::Objects::secret_values);
    let masker = port.places.masker.with(values).map_err(|error| Cause::new(error.to_string()))?;
    Ok(manifest::diff(&preview.deployed, &preview.rendered, &masker, &Options::default()))
}

/// Groups of contexts with their common changes; the unchanged ones last, in one line.
fn text(release: &str, all: usize, groups: &[Group]) -> String {
    let changing = groups.iter().filter(|group| !group.diff.is_empty()).count();
    let unchanged: usize =
        groups.iter().filter(|group| group.diff.is_empty()).map(|group| group.contexts.len()).sum();
    let title = format!(
        "{release}: {}, {}, {unchanged} unchanged",
        person::count(all, "context"),
        match changing {
            1 => "1 change".to_owned(),
            many => format!("{many} different changes"),
        }
    );
    let mut out = format!("{}\n", Style::Bold.paint(&title));
    for group in groups {
        let contexts = person::list(&group.contexts, 8);
        let count = person::count(group.contexts.len(), "context");
        if group.diff.is_empty() {
            out.push_str(&format!("\n{count} unchanged: {contexts}\n"));
            continue;
        }
        out.push_str(&format!("\n{count}: {contexts}\n"));
        for line in group.diff.render() {
            let style = match line.kind {
                LineKind::Header => Style::Bold,
                LineKind::Added => Style::Done,
                LineKind::Removed => Style::Failed,
                LineKind::Changed => Style::Waiting,
                LineKind::Context => Style::Plain,
            };
            out.push_str(&format!("  {}\n", style.paint(&line.text)));
        }
        let sum = group.diff.summary();
        let line = format!("{} to add, {} to change, {} to remove", sum.add, sum.change, sum.remove);
        out.push_str(&format!("  {}\n", Style::Dim.paint(&line)));
    }
    out
}
