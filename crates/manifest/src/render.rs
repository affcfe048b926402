//! A diff as lines of text, without colours.

use serde::Serialize;

use crate::diff::{Change, Diff, FieldChange, FieldDiff, ObjectDiff};

/// One line of a rendered diff.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Line {
    pub kind: LineKind,
    pub text: String,
}

/// What a line says, for colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LineKind {
    /// An object: `~ Deployment app1-api`.
    Header,
    /// The path of a field whose change is in the lines below.
    Context,
    Added,
    Removed,
    /// A field that changes on one line: `spec.replicas   40 -> 12`.
    Changed,
}

/// Longer pairs of values get a line each.
const ONE_LINE: usize = 48;

impl Diff {
    /// The diff as text: per object a header, indented below it the changed fields with their old and new values.
    pub fn render(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for object in &self.objects {
            object.render(&mut lines);
        }
        lines
    }
}

impl ObjectDiff {
    /// `Deployment apps/app1-api`; the namespace only if it is not the release's own.
    pub fn title(&self) -> String {
        let hook = if self.hook { " (hook)" } else { "" };
        match &self.namespace {
            Some(namespace) => format!("{} {namespace}/{}{hook}", self.kind, self.name),
            None => format!("{} {}{hook}", self.kind, self.name),
        }
    }

    fn render(&self, lines: &mut Vec<Line>) {
        let header = match (self.change, self.kept) {
            (Change::Added, _) => format!("+ {}", self.title()),
            (Change::Changed, _) => format!("~ {}", self.title()),
            (Change::Removed, false) => format!("- {}", self.title()),
            (Change::Removed, true) => {
                format!("  {}   stays in the cluster (helm.sh/resource-policy: keep)", self.title())
            }
        };
        lines.push(Line { kind: LineKind::Header, text: header });
        lines.extend(
            self.body.iter().map(|line| Line { kind: LineKind::Added, text: format!("    + {line}") }),
        );
        for field in &self.fields {
            field.render(lines);
        }
    }
}

impl FieldDiff {
    fn render(&self, lines: &mut Vec<Line>) {
        let mut push =
            |kind, text: String| lines.push(Line { kind, text: format!("    {text}").trim_end().to_owned() });
        let path = &self.path;
        match &self.change {
            FieldChange::Changed { old, new } if old.chars().count() + new.chars().count() <= ONE_LINE => {
                push(LineKind::Changed, format!("{path}   {old} -> {new}"));
            }
            FieldChange::Changed { old, new } => {
                push(LineKind::Context, path.clone());
                push(LineKind::Removed, format!("  - {old}"));
                push(LineKind::Added, format!("  + {new}"));
            }
            FieldChange::Added { new } => {
                push(LineKind::Context, path.clone());
                new.iter().for_each(|line| push(LineKind::Added, format!("  + {line}")));
            }
            FieldChange::Removed { old } => {
                push(LineKind::Context, path.clone());
                old.iter().for_each(|line| push(LineKind::Removed, format!("  - {line}")));
            }
            FieldChange::Lines { lines } => {
                push(LineKind::Context, path.clone());
                for Line { kind, text } in lines {
                    let sign = match kind {
                        LineKind::Added => '+',
                        LineKind::Removed => '-',
                        LineKind::Context | LineKind::Header | LineKind::Changed => ' ',
                    };
                    push(*kind, format!("  {sign} {text}"));
                }
            }
            FieldChange::Reordered { old, new } => {
                push(LineKind::Context, format!("{path}   order changed"));
                push(LineKind::Removed, format!("  - {}", old.join(", ")));
                push(LineKind::Added, format!("  + {}", new.join(", ")));
            }
            FieldChange::Hidden { old, new } => {
                push(LineKind::Changed, format!("{path}   {}", sizes(*old, *new)));
            }
        }
    }
}

fn sizes(old: Option<usize>, new: Option<usize>) -> String {
    let bytes = |count: usize| format!("{count} byte{}", if count == 1 { "" } else { "s" });
    match (old, new) {
        (Some(old), Some(new)) => format!("changed ({} -> {})", bytes(old), bytes(new)),
        (None, Some(new)) => format!("added ({})", bytes(new)),
        (Some(old), None) => format!("removed ({})", bytes(old)),
        (None, None) => "changed".to_owned(),
    }
}

#[cfg(test)]
mod tests;
