//! Where a node stands: behind which colon or dash, and how far its text reaches.

use crate::change::{Change, Step};
use crate::{Kind, Node, NodeId, Place, Stream, Style, column, line_start};

/// What a node follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    /// The colon of an entry of a block map whose keys stand at this column.
    Key(usize),
    /// The dash at this column.
    Item(usize),
    /// A bracket, comma or colon in a flow collection.
    Flow,
    /// Nothing, or the marker of the document.
    Root,
}

/// The place of one node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) lead: Lead,
    /// Offset after the colon or dash, and after anchor and tag of the node if it has them. In flow lists the offset
    /// of the node. `None` for a key in flow style without a colon.
    pub(super) after: Option<usize>,
    /// Where anchor and tag begin to be looked for: `after` without them.
    pub(super) before_properties: Option<usize>,
}

/// The node that `at` leads to; `None` for the root of a text without documents.
pub(super) fn target(stream: &Stream<'_>, at: &[Step]) -> Option<NodeId> {
    match at.last() {
        Some(step) => child(stream, *step),
        None => stream.documents.first().map(|document| document.root),
    }
}

/// The node that one step leads to.
pub(super) fn child(stream: &Stream<'_>, step: Step) -> Option<NodeId> {
    match &stream.node(step.collection).kind {
        Kind::Sequence { items, .. } => items.get(step.entry).copied(),
        Kind::Mapping { entries, .. } => entries.get(step.entry).map(|&(_, value)| value),
        Kind::Scalar { .. } | Kind::Alias { .. } => None,
    }
}

/// The place of the node that `at` leads to, for messages.
pub(super) fn place(stream: &Stream<'_>, at: &[Step]) -> Place {
    let offset = at.last().map_or(0, |step| entry_start(stream, *step).unwrap_or(0));
    crate::place(stream.text, offset)
}

impl Spot {
    pub(super) fn of(stream: &Stream<'_>, at: &[Step]) -> Option<Self> {
        let node = stream.node(target(stream, at)?);
        let lead = match at.last() {
            None => Lead::Root,
            Some(step) => {
                let collection = stream.node(step.collection);
                match collection.kind {
                    _ if collection.is_flow() => Lead::Flow,
                    Kind::Mapping { .. } => Lead::Key(key_column(stream, step.collection)),
                    _ => Lead::Item(column(stream.text, indicator(stream, at)?.checked_sub(1)?)),
                }
            }
        };
        let before_properties = indicator(stream, at);
        let after = properties_end(node).or(before_properties);
        Some(Self { lead, after, before_properties })
    }
}

/// Offset after the colon or dash that the node follows; after the marker for a root.
fn indicator(stream: &Stream<'_>, at: &[Step]) -> Option<usize> {
    let text = stream.text;
    let Some(step) = at.last() else {
        let begin = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        return Some(stream.documents.first()?.marker.map_or(begin, |marker| marker.end));
    };
    let collection = stream.node(step.collection);
    match &collection.kind {
        Kind::Mapping { entries, .. } => {
            let colon = skip(text, stream.node(entries.get(step.entry)?.0).span.end);
            (text.as_bytes().get(colon) == Some(&b':')).then_some(colon + 1)
        }
        Kind::Sequence { flow: true, items } => Some(stream.node(*items.get(step.entry)?).start()),
        Kind::Sequence { items, .. } => {
            dash_before(stream, stream.node(*items.get(step.entry)?).start()).map(|dash| dash + 1)
        }
        Kind::Scalar { .. } | Kind::Alias { .. } => None,
    }
}

/// End of anchor and tag.
fn properties_end(node: &Node<'_>) -> Option<usize> {
    node.anchor().map(|span| span.end).max(node.tag().map(|tag| tag.span.end))
}

/// Whether nothing is written for the node.
pub(super) fn is_absent(node: &Node<'_>) -> bool {
    node.span.start == node.span.end && matches!(node.kind, Kind::Scalar { style: Style::Plain, .. })
}

/// Column of the keys of a block map, where also the question mark of an explicit one stands.
pub(super) fn key_column(stream: &Stream<'_>, map: NodeId) -> usize {
    let node = stream.node(map);
    let key = match &node.kind {
        Kind::Mapping { entries, .. } => entries.first().map(|&(key, _)| stream.node(key).start()),
        _ => None,
    };
    column(stream.text, key.unwrap_or(node.span.start).min(node.span.start))
}

/// First byte of the node without anchor and tag; of a block list its first dash, which its span may leave out.
pub(super) fn body_start(stream: &Stream<'_>, id: NodeId) -> usize {
    let first = match &stream.node(id).kind {
        Kind::Sequence { flow: false, .. } => entry_start(stream, Step { collection: id, entry: 0 }),
        _ => None,
    };
    first.unwrap_or(stream.node(id).span.start)
}

/// First byte of an entry: its key, the `?` before it, or its dash.
pub(super) fn entry_start(stream: &Stream<'_>, step: Step) -> Option<usize> {
    let collection = stream.node(step.collection);
    match &collection.kind {
        Kind::Mapping { entries, .. } => {
            let start = stream.node(entries.get(step.entry)?.0).start();
            let before = stream.text[..start].trim_end_matches([' ', '\t']);
            // Only an explicit key is preceded by a question mark; anything else before it ends in a break or dash.
            Some(if before.ends_with('?') { before.len() - 1 } else { start })
        }
        Kind::Sequence { flow, items } => {
            let item = stream.node(*items.get(step.entry)?).start();
            if *flow { Some(item) } else { dash_before(stream, item) }
        }
        Kind::Scalar { .. } | Kind::Alias { .. } => None,
    }
}

/// The dash that the item at byte `item` follows: only blanks, breaks and comments are between them.
fn dash_before(stream: &Stream<'_>, item: usize) -> Option<usize> {
    let mut end = item;
    loop {
        end = stream.text[..end].trim_end_matches([' ', '\t', '\n', '\r']).len();
        let comment = stream.comments.partition_point(|comment| comment.span.start < end).checked_sub(1);
        match comment.map(|number| stream.comments[number].span).filter(|span| span.end >= end) {
            Some(span) => end = span.start,
            None => return stream.text[..end].ends_with('-').then(|| end - 1),
        }
    }
}

/// One past the last byte of an entry: of its value, or of what stands for an absent one.
pub(super) fn entry_end(stream: &Stream<'_>, mut step: Step) -> Option<usize> {
    let mut end = 0;
    loop {
        let id = child(stream, step)?;
        let node = stream.node(id);
        if let Kind::Mapping { entries, .. } = &stream.node(step.collection).kind {
            let key = stream.node(entries.get(step.entry)?.0).span.end;
            let colon = skip(stream.text, key);
            let colon = (stream.text.as_bytes().get(colon) == Some(&b':')).then_some(colon + 1);
            end = end.max(colon.unwrap_or(key));
        }
        // The span of an absent value may lie before its colon, never before its dash.
        end = end.max(node.span.end).max(properties_end(node).unwrap_or(0));
        let length = match &node.kind {
            Kind::Mapping { flow: false, entries } => entries.len(),
            Kind::Sequence { flow: false, items } => items.len(),
            _ => return Some(end),
        };
        step = Step { collection: id, entry: length.checked_sub(1)? };
    }
}

/// The next byte at or after `from` that is neither blank nor in a comment.
pub(super) fn skip(text: &str, from: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            b'#' => at = line_end(text, at),
            _ => break,
        }
    }
    at
}

/// Offset of the line break at or after `from`, or the end.
pub(super) fn line_end(text: &str, from: usize) -> usize {
    text[from..].find(['\n', '\r']).map_or(text.len(), |at| from + at)
}

/// Offset after the line break at `at`.
pub(super) fn after_break(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    at + if rest.starts_with("\r\n") { 2 } else { rest.len().min(1) }
}

/// Offset before the line break that ends at `at`.
pub(super) fn before_break(text: &str, at: usize) -> usize {
    let before = &text[..at];
    let cut = before.strip_suffix('\n').unwrap_or(before);
    if cut.len() < at {
        cut.strip_suffix('\r').unwrap_or(cut).len()
    } else {
        before.trim_end_matches('\r').len()
    }
}

/// Whether nothing but blanks stands before byte `at` on its line.
pub(super) fn begins_line(text: &str, at: usize) -> bool {
    text[line_start(text, at)..at].bytes().all(|byte| byte == b' ' || byte == b'\t')
}

/// An alias outside the changed text for a node in it or around it.
pub(super) fn shared(stream: &Stream<'_>, at: &[Step], change: Change<'_>) -> Option<NodeId> {
    let target = target(stream, at)?;
    // Nodes of a subtree follow each other.
    let end = match change {
        Change::Replace(_) | Change::Remove => last(stream, target).index(),
        Change::Insert(..) | Change::Append(_) => target.index(),
    };
    let inside = target.index()..=end;
    let ids = stream.nodes.iter().enumerate();
    ids.filter(|(index, _)| !inside.contains(index)).find_map(|(index, node)| match node.kind {
        Kind::Alias { target: used } => {
            let around = at.iter().any(|step| step.collection == used);
            (around || inside.contains(&used.index())).then_some(NodeId(u32::try_from(index).ok()?))
        }
        _ => None,
    })
}

/// The last node below `id`, or `id` itself.
pub(super) fn last(stream: &Stream<'_>, mut id: NodeId) -> NodeId {
    loop {
        let below = match &stream.node(id).kind {
            Kind::Sequence { items, .. } => items.last().copied(),
            Kind::Mapping { entries, .. } => entries.last().map(|&(_, value)| value),
            Kind::Scalar { .. } | Kind::Alias { .. } => None,
        };
        match below {
            Some(below) => id = below,
            None => return id,
        }
    }
}
