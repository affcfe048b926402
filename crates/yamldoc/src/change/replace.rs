//! Another value for a node.

use crate::change::block::{insert_lines, is_block_scalar, replace_token, split};
use crate::change::emit::Emit;
use crate::change::form::indentation;
use crate::change::spot::{Lead, before_break, begins_line, body_start, is_absent, line_end, target};
use crate::change::{Spot, Step};
use crate::{
    Edits, Kind, NewValue, Node, NodeId, Span, Stream, Style, Syntax, TagKind, Wanted, block_header,
    block_indent, line_start,
};

/// Writes `value` where the node that `at` leads to stands.
pub(super) fn replace(
    edits: &mut Edits<'_>,
    stream: &Stream<'_>,
    emit: &Emit<'_>,
    at: &[Step],
    value: &NewValue,
) -> Option<()> {
    let Some(id) = target(stream, at) else {
        // A text of nothing but blanks and comments.
        let end = stream.text.len();
        let open = !stream.text.is_empty() && !stream.text.ends_with('\n');
        let line_break = emit.form.line_break;
        let before = if open { line_break } else { "" };
        edits.insert(end, format!("{before}{}{line_break}", root_text(emit, value)));
        return Some(());
    };
    let replacement =
        Replacement { stream, emit, id, node: stream.node(id), spot: Spot::of(stream, at)?, value };
    replacement.drop_tag(edits);
    match replacement.spot.lead {
        Lead::Flow => replacement.in_flow(edits, stream.node(at.last()?.collection)),
        Lead::Root => replacement.root(edits)?,
        Lead::Key(_) | Lead::Item(_) => replacement.in_block(edits)?,
    }
    Some(())
}

/// A node and what it is to be.
struct Replacement<'s, 'a> {
    stream: &'s Stream<'a>,
    emit: &'s Emit<'s>,
    id: NodeId,
    node: &'s Node<'a>,
    spot: Spot,
    value: &'s NewValue,
}

impl Replacement<'_, '_> {
    /// The quotes that a new string takes over.
    fn wanted(&self) -> Wanted {
        match self.node.kind {
            Kind::Scalar { style: Style::Single, .. } => Wanted::Single,
            Kind::Scalar { style: Style::Double, .. } => Wanted::Double,
            _ => Wanted::Plain,
        }
    }

    /// A tag that the new value would not fit goes, with the blank before it.
    fn drop_tag(&self, edits: &mut Edits<'_>) {
        let Some(tag) = self.node.tag() else { return };
        let was_scalar = matches!(self.node.kind, Kind::Scalar { .. });
        let is_text = matches!(self.value, NewValue::Text(_));
        if was_scalar && is_text && matches!(tag.kind, TagKind::Str | TagKind::Other) {
            return;
        }
        let before = self.node.anchor().map(|anchor| anchor.end).filter(|&end| end <= tag.span.start);
        let start = before.or(self.spot.before_properties).unwrap_or(tag.span.start).min(tag.span.start);
        edits.delete(Span { start, end: tag.span.end });
    }

    fn in_flow(&self, edits: &mut Edits<'_>, collection: &Node<'_>) {
        // Collections of JSON take several lines where those around them do, unless this one was on one line.
        let one_line = |node: &Node<'_>| !self.stream.source(node.span).contains('\n');
        let inline = one_line(collection) || (one_line(self.node) && has_entries(self.node));
        let start = self.spot.after.unwrap_or(self.node.span.start);
        let outer = (!inline).then(|| indentation(self.stream.text, start));
        let token = self.emit.flow(self.value, self.wanted(), outer);
        match self.spot.after {
            _ if !is_absent(self.node) => edits.replace(self.node.span, token),
            Some(after) => edits.insert(after, format!(" {token}")),
            // `{key}` has no colon.
            None => edits.insert(self.node.span.end, format!(": {token}")),
        }
    }

    /// A root, which is null or an empty map unless the caller wants it gone.
    fn root(&self, edits: &mut Edits<'_>) -> Option<()> {
        let text = self.stream.text;
        if self.stream.syntax == Syntax::Json {
            edits.replace(self.node.span, self.emit.flow(self.value, Wanted::Plain, Some("")));
            return Some(());
        }
        let new = root_text(self.emit, self.value);
        let line_break = self.emit.form.line_break;
        if is_absent(self.node) {
            // After the comments of the document, on a line of its own.
            let end = self.stream.documents.first()?.end;
            let apart = begins_line(text, end) && end != self.spot.after?;
            let before = if apart { "" } else { line_break };
            edits.insert(end, format!("{before}{new}{line_break}"));
        } else if begins_line(text, self.node.start()) {
            edits.replace(self.node.span, new);
        } else {
            let span = Span { start: self.spot.after?, end: self.node.span.end };
            edits.replace(span, format!("{line_break}{new}"));
        }
        Some(())
    }

    fn in_block(&self, edits: &mut Edits<'_>) -> Option<()> {
        let (stream, node, span) = (self.stream, self.node, self.node.span);
        let after = self.spot.after?;
        let absent = is_absent(node);
        let between = if absent { "" } else { stream.text.get(after..body_start(stream, self.id))? };
        let new = self.block_text(between)?;
        let (head, lines) = split(&new);
        let own_lines = !node.is_flow() && matches!(node.kind, Kind::Mapping { .. } | Kind::Sequence { .. });
        let below = between.contains(['\n', '\r']);
        if absent {
            edits.insert(after, head.to_owned());
            insert_lines(edits, stream, after, lines);
        } else if !own_lines && !head.trim().is_empty() && (lines.is_empty() || !below) {
            let token = self.reindented().unwrap_or_else(|| new.trim_start().to_owned());
            replace_token(edits, stream, node, &token);
        } else if !between.trim().is_empty() {
            self.around_comments(edits, head, lines)?;
        } else if own_lines {
            edits.replace(Span { start: after, end: line_end(stream.text, span.end) }, new);
        } else if is_block_scalar(node) {
            let header = span.start + block_header(stream.source(span)).len();
            edits.replace(Span { start: after, end: header }, head.to_owned());
            let content = Span { start: line_end(stream.text, span.start).min(span.end), end: span.end };
            edits.replace(content, lines.to_owned());
        } else {
            edits.replace(Span { start: after, end: span.end }, head.to_owned());
            insert_lines(edits, stream, span.end, lines);
        }
        Some(())
    }

    /// What follows the colon or dash and its anchor. `between` stands there now.
    fn block_text(&self, between: &str) -> Option<String> {
        let (emit, value) = (self.emit, self.value);
        Some(match self.spot.lead {
            _ if value.is_collection() && self.node.is_flow() && has_entries(self.node) => {
                format!(" {}", emit.flow(value, Wanted::Plain, None))
            }
            Lead::Key(column) => emit.after_key(value, self.wanted(), column),
            // A collection cannot begin on the line of its anchor.
            Lead::Item(column) if self.node.anchor().is_some() && fills_lines(value) => {
                format!("{}{}", emit.next_line(column + 2), emit.body(value, column + 2))
            }
            Lead::Item(column) => {
                let gap = !between.is_empty() && between.bytes().all(|byte| byte == b' ');
                emit.after_dash(value, self.wanted(), if gap { between } else { " " }, column)
            }
            Lead::Flow | Lead::Root => return None,
        })
    }

    /// Comments that stand between the key and its value stay.
    fn around_comments(&self, edits: &mut Edits<'_>, head: &str, lines: &str) -> Option<()> {
        let text = self.stream.text;
        let start = body_start(self.stream, self.id);
        if !begins_line(text, start) {
            return None;
        }
        let end = line_end(text, self.node.span.end);
        let old = Span { start: before_break(text, line_start(text, start)), end };
        if head.trim().is_empty() {
            edits.replace(old, lines.to_owned());
        } else if fills_lines(self.value) {
            // An item whose entries would begin on the line of the dash, before the comment.
            let Lead::Item(column) = self.spot.lead else { return None };
            let body = self.emit.body(self.value, column + 2);
            edits.replace(old, format!("{}{body}", self.emit.next_line(column + 2)));
        } else {
            let after = self.spot.after?;
            edits.insert(after, head.to_owned());
            insert_lines(edits, self.stream, after, lines);
            edits.delete(old);
        }
        Some(())
    }

    /// A literal block in the place of another one keeps its indentation.
    fn reindented(&self) -> Option<String> {
        let source = self.stream.source(self.node.span);
        let indent = block_indent(source).filter(|_| is_block_scalar(self.node))?;
        let text = matches!(self.value, NewValue::Text(_));
        text.then(|| self.emit.scalar(self.value, Wanted::Plain, false, indent))
    }
}

fn has_entries(node: &Node<'_>) -> bool {
    match &node.kind {
        Kind::Mapping { entries, .. } => !entries.is_empty(),
        Kind::Sequence { items, .. } => !items.is_empty(),
        Kind::Scalar { .. } | Kind::Alias { .. } => false,
    }
}

/// Whether the value takes lines of its own in block style.
fn fills_lines(value: &NewValue) -> bool {
    value.is_collection() && !value.is_empty_collection()
}

/// The text of a root in block style.
fn root_text(emit: &Emit<'_>, value: &NewValue) -> String {
    if fills_lines(value) { emit.body(value, 0) } else { emit.flow(value, Wanted::Plain, None) }
}
