//! A map or list out of a text.

use yamldoc::{Kind, Node, NodeId, Stream, column, line_start};
use zeroize::Zeroizing;

use crate::convert;
use crate::error::Error;

/// The collection `id`, whose key is `key` if it is the value of a map's entry, as a text of its own: as it stands,
/// with its indentation taken off, if that reads back alike; else written anew.
pub(super) fn text(stream: &Stream<'_>, id: NodeId, key: Option<NodeId>) -> Result<Zeroizing<String>, Error> {
    if let Some(text) = own_text(stream, id, key)
        && Stream::parse_as(&text, stream.syntax)
            .is_ok_and(|new| new.documents.len() == 1 && same(stream, id, &new, new.documents[0].root))
    {
        return Ok(text);
    }
    convert::subtree(stream, id)
}

fn own_text(stream: &Stream<'_>, id: NodeId, key: Option<NodeId>) -> Option<Zeroizing<String>> {
    let source = stream.text;
    let node = stream.node(id);
    let start = first_byte(stream, id)?;
    let indent = if node.is_flow() {
        let line = &source[line_start(source, start)..];
        line.len() - line.trim_start_matches([' ', '\t']).len()
    } else {
        column(source, start)
    };
    // Comment lines between the key and the first entry belong to it.
    let comment = key.map_or(start, |key| {
        let from = stream.comments.partition_point(|comment| comment.span.start < stream.node(key).span.end);
        let above = stream.comments[from..].iter().find(|comment| comment.own_line);
        above.map_or(start, |comment| comment.span.start).min(start)
    });
    let end = node.span.end;
    let beside = &source[end..end + source[end..].find(['\n', '\r']).unwrap_or(source.len() - end)];
    let end = if !node.is_flow() && beside.trim_start().starts_with('#') { end + beside.len() } else { end };
    let mut out = Zeroizing::new(String::with_capacity(end - comment + 1));
    for (number, line) in source[comment..end].split_inclusive('\n').enumerate() {
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        out.push_str(if number == 0 { line } else { &line[blanks.min(indent)..] });
    }
    out.push_str(if source.contains("\r\n") { "\r\n" } else { "\n" });
    Some(out)
}

/// Where the keys or dashes of a collection begin; its span may leave out the first dash.
fn first_byte(stream: &Stream<'_>, id: NodeId) -> Option<usize> {
    let node = stream.node(id);
    match &node.kind {
        Kind::Sequence { flow: false, items } => {
            let first: &Node<'_> = stream.node(*items.first()?);
            let before = stream.text[..first.start()].trim_end_matches(' ');
            before.ends_with('-').then(|| before.len() - 1)
        }
        _ => Some(node.span.start),
    }
}

/// Equal values, tags and keys.
fn same(old: &Stream<'_>, a: NodeId, new: &Stream<'_>, b: NodeId) -> bool {
    let (x, y) = (old.node(a), new.node(b));
    match (&x.kind, &y.kind) {
        (Kind::Scalar { value: v, style: p }, Kind::Scalar { value: w, style: q }) => {
            v == w && p == q && x.tag().map(|tag| tag.kind) == y.tag().map(|tag| tag.kind)
        }
        (Kind::Sequence { items: v, .. }, Kind::Sequence { items: w, .. }) => {
            v.len() == w.len() && v.iter().zip(w).all(|(&a, &b)| same(old, a, new, b))
        }
        (Kind::Mapping { entries: v, .. }, Kind::Mapping { entries: w, .. }) => {
            v.len() == w.len()
                && v.iter().zip(w).all(|(a, b)| same(old, a.0, new, b.0) && same(old, a.1, new, b.1))
        }
        // One that leads out of the subtree did not parse, so the name stands for the same node.
        (Kind::Alias { .. }, Kind::Alias { .. }) => old.source(x.span) == new.source(y.span),
        _ => false,
    }
}
