//! How a text is laid out, so that new entries look like the others.

use crate::change::Step;
use crate::change::spot::{entry_start, key_column};
use crate::{Kind, Node, NodeId, Span, Stream, Syntax, column, line_start};

/// The habits of a text; the first example of each decides.
pub(super) struct Form {
    pub(super) line_break: &'static str,
    /// Columns from a map to a map in it.
    pub(super) step: usize,
    /// Columns from a key to the dashes of its list.
    pub(super) dash: usize,
    /// JSON: what one level is indented by; `None` where everything is on one line.
    pub(super) unit: Option<String>,
    /// JSON: blank after colons and commas.
    pub(super) blank: &'static str,
}

impl Form {
    pub(super) fn of(stream: &Stream<'_>) -> Self {
        let text = stream.text;
        let line_break = match text.find('\n') {
            Some(at) if text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        };
        let (step, dash) = match stream.syntax {
            Syntax::Yaml => steps(stream),
            Syntax::Json => (None, None),
        };
        let (unit, blank) = match stream.syntax {
            Syntax::Yaml => (None, true),
            Syntax::Json => json_layout(stream),
        };
        let step = step.or(dash.filter(|&dash| dash > 0)).unwrap_or(2);
        Self { line_break, step, dash: dash.unwrap_or(step), unit, blank: if blank { " " } else { "" } }
    }
}

/// Columns from a block map to a map and to a list in it.
fn steps(stream: &Stream<'_>) -> (Option<usize>, Option<usize>) {
    let (mut step, mut dash) = (None, None);
    for (id, node) in (0..).map(NodeId).zip(&stream.nodes) {
        let Kind::Mapping { flow: false, entries } = &node.kind else { continue };
        let at = key_column(stream, id);
        for &(_, value) in entries {
            step = step.or_else(|| map_step(stream, value, at));
            dash = dash.or_else(|| dash_step(stream, value, at));
        }
        if step.is_some() && dash.is_some() {
            break;
        }
    }
    (step, dash)
}

/// What a level of JSON is indented by, and whether blanks follow colons; tabs and blanks where there is no example.
fn json_layout(stream: &Stream<'_>) -> (Option<String>, bool) {
    let entry = |node: &Node<'_>| match &node.kind {
        Kind::Mapping { entries, .. } => entries.first().map(|&(key, value)| (node.span, key, value)),
        _ => None,
    };
    // The outermost maps tell; a file of one long line has no more to say.
    let mut maps = stream.nodes.iter().filter_map(entry).take(16).peekable();
    let Some(&(_, key, value)) = maps.peek() else { return (Some("\t".to_owned()), true) };
    let (key, value) = (stream.node(key).span, stream.node(value).span);
    let blank = stream.text[key.end..value.start].ends_with([' ', '\t', '\n', '\r']);
    if !stream.text.trim_end().contains('\n') {
        return (None, blank);
    }
    let unit = maps.find_map(|(map, key, _)| json_unit(stream.text, map, stream.node(key).span));
    (Some(unit.unwrap_or_else(|| "\t".to_owned())), blank)
}

fn map_step(stream: &Stream<'_>, value: NodeId, at: usize) -> Option<usize> {
    matches!(stream.node(value).kind, Kind::Mapping { flow: false, .. })
        .then(|| key_column(stream, value).checked_sub(at))?
        .filter(|step| (1..=8).contains(step))
}

fn dash_step(stream: &Stream<'_>, value: NodeId, at: usize) -> Option<usize> {
    let Kind::Sequence { flow: false, .. } = stream.node(value).kind else { return None };
    let dash = entry_start(stream, Step { collection: value, entry: 0 })?;
    column(stream.text, dash).checked_sub(at).filter(|&step| step <= 8)
}

/// Indentation of the first key beyond that of the line its map begins on.
fn json_unit(text: &str, map: Span, key: Span) -> Option<String> {
    let inner = indentation(text, key.start);
    if line_start(text, key.start) <= map.start || key.start != line_start(text, key.start) + inner.len() {
        return None;
    }
    inner.strip_prefix(indentation(text, map.start)).filter(|unit| !unit.is_empty()).map(str::to_owned)
}

/// The blanks that the line of byte `at` begins with.
pub(super) fn indentation(text: &str, at: usize) -> &str {
    let line = &text[line_start(text, at)..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}
