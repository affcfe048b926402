//! Scalars of several lines in the text: their first line is shared with other things, such as comments.

use crate::change::spot::line_end;
use crate::{Edits, Kind, Node, Span, Stream, Style, block_header};

/// The token without its following lines, and those with the line break before each.
pub(super) fn split(token: &str) -> (&str, &str) {
    token.split_at(line_end(token, 0))
}

/// Whether the node is a `|` or `>` scalar.
pub(super) fn is_block_scalar(node: &Node<'_>) -> bool {
    matches!(node.kind, Kind::Scalar { style: Style::Literal | Style::Folded, .. })
}

/// Replaces the token of a node that is no block collection by `token`; what follows the node on its first line, in
/// the case of a block scalar its header, stays there.
pub(super) fn replace_token<'a>(edits: &mut Edits<'a>, stream: &Stream<'_>, node: &Node<'_>, token: &str) {
    let (head, lines) = split(token);
    let span = node.span;
    if is_block_scalar(node) {
        let header = block_header(stream.source(span)).len();
        let line = line_end(stream.text, span.start).min(span.end);
        edits.replace(Span { start: span.start, end: span.start + header }, head.to_owned());
        edits.replace(Span { start: line, end: span.end }, lines.to_owned());
    } else {
        edits.replace(span, head.to_owned());
        insert_lines(edits, stream, span.end, lines);
    }
}

/// Inserts lines, each with a line break before it, below the line of byte `at`.
pub(super) fn insert_lines<'a>(edits: &mut Edits<'a>, stream: &Stream<'_>, at: usize, lines: &str) {
    if !lines.is_empty() {
        edits.insert(line_end(stream.text, at), lines.to_owned());
    }
}
