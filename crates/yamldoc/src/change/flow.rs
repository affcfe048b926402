//! Entries of flow collections: commas, and lines of their own where the others have them.

use crate::change::Step;
use crate::change::emit::Emit;
use crate::change::form::indentation;
use crate::change::spot::{before_break, begins_line, entry_end, entry_start, line_end, skip};
use crate::{Edits, Kind, NewValue, Span, Stream, Wanted, line_start};

/// Adds an entry after `last`; `key` is its token in a map.
pub(super) fn insert(
    edits: &mut Edits<'_>,
    stream: &Stream<'_>,
    emit: &Emit<'_>,
    last: Step,
    key: Option<String>,
    value: &NewValue,
) -> Option<()> {
    let text = stream.text;
    let (start, end) = (entry_start(stream, last)?, entry_end(stream, last)?);
    let own_line = begins_line(text, start);
    let indent = indentation(text, start);
    let outer = own_line.then_some(indent);
    let key = key.map(|key| format!("{key}:{}", emit.blank())).unwrap_or_default();
    let entry = format!("{key}{}", emit.flow(value, Wanted::Plain, outer));
    let comma = comma_after(stream, end);
    let from = comma.unwrap_or(end);
    let rest = &text[from..line_end(text, from)];
    let alone = own_line && (rest.trim().is_empty() || rest.trim_start().starts_with('#'));
    // An absent value leaves its colon last, which a comma must not touch.
    let gap = if text[..end].ends_with(':') { " " } else { "" };
    let tail = if comma.is_some() { "," } else { "" };
    if comma.is_none() {
        edits.insert(end, format!("{gap},"));
    }
    if alone {
        edits.insert(line_end(text, from), format!("{}{indent}{entry}{tail}", emit.form.line_break));
    } else {
        edits.insert(from, format!("{}{entry}{tail}", emit.blank()));
    }
    Some(())
}

/// Removes an entry with the comma that separates it.
pub(super) fn remove(edits: &mut Edits<'_>, stream: &Stream<'_>, step: Step) -> Option<()> {
    let text = stream.text;
    let collection = stream.node(step.collection);
    let length = match &collection.kind {
        Kind::Mapping { entries, .. } => entries.len(),
        Kind::Sequence { items, .. } => items.len(),
        Kind::Scalar { .. } | Kind::Alias { .. } => return None,
    };
    let (start, end) = (entry_start(stream, step)?, entry_end(stream, step)?);
    let comma = comma_after(stream, end);
    if length == 1 {
        let inside = Span { start: collection.span.start + 1, end: collection.span.end.checked_sub(1)? };
        let comments = stream
            .comments
            .iter()
            .any(|comment| comment.span.start > inside.start && comment.span.end < inside.end);
        edits.delete(if comments { Span { start, end: comma.unwrap_or(end) } } else { inside });
    } else if step.entry + 1 < length {
        // Up to the next entry, or a comment line about it.
        let after = comma?;
        let rest = &text[after..];
        let beside = rest.trim_start_matches([' ', '\t']).starts_with('#');
        let after = if beside { line_end(text, after) } else { after };
        let blanks = text[after..].len() - text[after..].trim_start_matches([' ', '\t', '\n', '\r']).len();
        edits.delete(Span { start, end: after + blanks });
    } else {
        let before = entry_end(stream, Step { entry: step.entry.checked_sub(1)?, ..step })?;
        let separator = comma_after(stream, before)?;
        let end = comma.unwrap_or(end);
        let from = if comma.is_some() { separator } else { before };
        if text[from..start].contains('#') {
            // Comments stand before the entry: they stay, the comma goes unless this one's takes its place.
            if comma.is_none() {
                edits.delete(Span { start: separator - 1, end: separator });
            }
            // A bracket behind the entry must not come to stand in the comment.
            let alone = begins_line(text, start) && text[end..line_end(text, end)].trim().is_empty();
            let start = if alone { before_break(text, line_start(text, start)) } else { start };
            edits.delete(Span { start, end });
        } else {
            edits.delete(Span { start: from, end });
        }
    }
    Some(())
}

/// Offset after the comma that follows byte `end`.
fn comma_after(stream: &Stream<'_>, end: usize) -> Option<usize> {
    let at = skip(stream.text, end);
    (stream.text.as_bytes().get(at) == Some(&b',')).then_some(at + 1)
}
