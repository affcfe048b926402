//! A new entry at the end of a collection that has some.

use crate::change::Step;
use crate::change::block::is_block_scalar;
use crate::change::emit::Emit;
use crate::change::flow;
use crate::change::spot::{self, child, entry_end, entry_start, key_column, line_end, target};
use crate::{Edits, Kind, NewValue, Node, Span, Stream, Style, Wanted, block_header, column};

/// Adds an entry (with a key) or item at the end of the collection that `at` leads to.
pub(super) fn insert(
    edits: &mut Edits<'_>,
    stream: &Stream<'_>,
    emit: &Emit<'_>,
    at: &[Step],
    key: Option<&str>,
    value: &NewValue,
) -> Option<()> {
    let id = target(stream, at)?;
    let node = stream.node(id);
    let (length, last_key) = match &node.kind {
        Kind::Sequence { items, .. } => (items.len(), None),
        Kind::Mapping { entries, .. } => (entries.len(), entries.last().map(|&(key, _)| stream.node(key))),
        Kind::Scalar { .. } | Kind::Alias { .. } => return None,
    };
    let last = Step { collection: id, entry: length.checked_sub(1)? };
    let quotes = last_key.map_or(Wanted::Plain, key_quotes);
    if node.is_flow() {
        return flow::insert(edits, stream, emit, last, key.map(|key| emit.key(key, quotes, true)), value);
    }
    let (column, entry) = match key {
        Some(key) => {
            let column = key_column(stream, id);
            (column, emit.entry(key, quotes, value, column))
        }
        None => {
            let dash = entry_start(stream, Step { entry: 0, ..last })?;
            let column = column(stream.text, dash);
            (column, emit.item(value, dash_gap(stream, dash), column))
        }
    };
    let end = line_end(stream.text, entry_end(stream, last)?);
    if emit.careful && end == stream.text.len() {
        strip_last_break(edits, stream, last);
    }
    let end = after_deeper_comments(stream, end, column);
    edits.insert(end, format!("{}{entry}", emit.next_line(column)));
    Some(())
}

/// A block scalar at the end of a text without a final line break has none in its value either, which `-` says where
/// lines follow.
fn strip_last_break(edits: &mut Edits<'_>, stream: &Stream<'_>, last: Step) {
    let node = child(stream, last).map(|child| stream.node(spot::last(stream, child)));
    if let Some(node) = node.filter(|node| is_block_scalar(node)) {
        let header = block_header(stream.source(node.span));
        let span = Span { start: node.span.start, end: node.span.start + header.len() };
        edits.replace(span, format!("{}-", header.trim_end_matches(['+', '-'])));
    }
}

fn key_quotes(key: &Node<'_>) -> Wanted {
    match key.kind {
        Kind::Scalar { style: Style::Single, .. } => Wanted::Single,
        Kind::Scalar { style: Style::Double, .. } => Wanted::Double,
        _ => Wanted::Plain,
    }
}

/// Blanks between dash and item, if both are on one line.
fn dash_gap<'a>(stream: &Stream<'a>, dash: usize) -> &'a str {
    let after = &stream.text[dash + 1..line_end(stream.text, dash)];
    let gap = &after[..after.len() - after.trim_start_matches(' ').len()];
    if gap.is_empty() || gap.len() == after.len() || after[gap.len()..].starts_with('#') { " " } else { gap }
}

/// End of the comment lines after the line that ends at `end` which are indented deeper than `column`: they belong
/// to collections that end here.
pub(super) fn after_deeper_comments(stream: &Stream<'_>, mut end: usize, column: usize) -> usize {
    let first = stream.comments.partition_point(|comment| comment.span.start < end);
    for comment in &stream.comments[first..] {
        let blank = stream.text[end..comment.span.start].trim().is_empty();
        if !blank || !comment.own_line || crate::column(stream.text, comment.span.start) <= column {
            break;
        }
        end = line_end(stream.text, comment.span.end);
    }
    end
}
