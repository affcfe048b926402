//! The metadata block in the text: where it goes and how it comes out again.

use yamldoc::{Edits, Kind, NodeId, Span, Stream, Syntax, column, line_start};

use crate::metadata::Metadata;
use crate::tree::json;
use crate::tree::token::{Form, line_end};
use crate::tree::walk::Walk;

/// The block to write.
#[derive(Clone, Copy)]
pub(crate) struct Block<'b> {
    pub(crate) metadata: &'b Metadata,
    /// The layout hint, encrypted; it goes into the first document.
    pub(crate) layout: Option<&'b str>,
    /// Whether JSON names the selector; YAML always does.
    pub(crate) selector: bool,
    /// Indentation inside the block, where it is not to follow from the file.
    pub(crate) step: Option<usize>,
}

/// Inserts the block at the end of every document.
///
/// In YAML in block style at the column of the root's keys; `sops:` stands alone on its line and `mac` unquoted on one
/// line, which is what Flux and other readers look for. In a root in flow style and in JSON it is the last entry.
pub(crate) fn insert(edits: &mut Edits<'_>, stream: &Stream<'_>, form: &Form, block: Block<'_>) {
    for (number, document) in stream.documents.iter().enumerate() {
        let layout = block.layout.filter(|_| number == 0);
        let root = stream.node(document.root);
        if let Kind::Mapping { flow: true, entries } = &root.kind {
            let (separator, block) = member(stream, document.root, form.line_break, block, layout);
            match (entries.first(), entries.last()) {
                // An absent last value is nothing that a comma could follow.
                (Some(&(first, _)), Some(&(_, last))) if is_absent(stream, last) => {
                    edits.insert(stream.node(first).start(), format!("{block}, "));
                }
                (_, Some(&(_, last))) => {
                    edits.insert(stream.node(last).span.end, format!("{separator}{block}"));
                }
                _ => edits.insert(root.span.start + 1, block),
            }
            continue;
        }
        let indent = match root.kind {
            Kind::Mapping { .. } => column(stream.text, root.span.start),
            _ => 0,
        };
        let end = document.end;
        let line_break = if is_unterminated(stream.text, end) { form.line_break } else { "" };
        let step = block.step.unwrap_or(if form.step == 2 { 2 } else { 4 });
        let block = block.metadata.block(layout, indent, step, form.line_break);
        edits.insert(end, format!("{line_break}{block}"));
    }
}

/// The block as a new member of a root in flow style, and what separates it from the member before.
fn member(
    stream: &Stream<'_>,
    root: NodeId,
    line_break: &'static str,
    block: Block<'_>,
    layout: Option<&str>,
) -> (String, String) {
    if stream.syntax == Syntax::Yaml {
        return (", ".to_owned(), block.metadata.flow(layout));
    }
    let pretty = json::layout(stream, root, block.step, line_break);
    let separator = match &pretty {
        Some(pretty) => format!(",{line_break}{}", pretty.margin),
        None => json::separator(stream, root).to_owned(),
    };
    (separator, block.metadata.json(layout, pretty.as_ref(), block.selector))
}

/// Documents that end without a line break.
pub(crate) fn unterminated(stream: &Stream<'_>) -> Vec<u32> {
    let documents = (0..).zip(&stream.documents);
    documents
        .filter(|(_, document)| {
            !stream.node(document.root).is_flow() && is_unterminated(stream.text, document.end)
        })
        .map(|(number, _)| number)
        .collect()
}

fn is_absent(stream: &Stream<'_>, node: NodeId) -> bool {
    let span = stream.node(node).span;
    span.start == span.end
}

fn is_unterminated(text: &str, end: usize) -> bool {
    !matches!(&text[..end], "" | "\u{feff}") && !text[..end].ends_with(['\n', '\r'])
}

/// The `sops` key of a document and its value.
pub(crate) fn find(stream: &Stream<'_>, walk: &Walk, document: usize) -> Option<(NodeId, NodeId)> {
    let Kind::Mapping { entries, .. } = &stream.node(stream.documents[document].root).kind else {
        return None;
    };
    walk.blocks[document].and_then(|step| entries.get(step)).copied()
}

/// Removes the blocks of all documents; `unterminated` documents lose the line break before it too.
pub(crate) fn remove(edits: &mut Edits<'_>, stream: &Stream<'_>, walk: &Walk, unterminated: &[u32]) {
    for (number, document) in (0..).zip(&stream.documents) {
        let Kind::Mapping { flow, entries } = &stream.node(document.root).kind else { continue };
        let Some(step) = walk.blocks[number as usize] else { continue };
        let Some(&(key, value)) = entries.get(step) else { continue };
        let span = if *flow {
            let end = stream.node(value).span.end;
            let before = step.checked_sub(1).map(|before| stream.node(entries[before].1).span.end);
            let after = entries.get(step + 1).map(|&(key, _)| stream.node(key).start());
            match (before, after) {
                (Some(before), _) => Span { start: before, end },
                (None, Some(after)) => Span { start: stream.node(key).start(), end: after },
                (None, None) => Span { start: stream.node(key).start(), end },
            }
        } else {
            let mut start = line_start(stream.text, stream.node(key).start());
            let end = after_break(stream.text, line_end(stream.text, stream.node(value).span.end));
            if unterminated.contains(&number) {
                let before = &stream.text[..start];
                let before = before.strip_suffix('\n').unwrap_or(before);
                start = before.strip_suffix('\r').unwrap_or(before).len();
            }
            Span { start, end }
        };
        edits.delete(span);
    }
}

/// Writes the block where each document's block stands; documents without one stay so.
pub(crate) fn replace(edits: &mut Edits<'_>, stream: &Stream<'_>, walk: &Walk, block: Block<'_>) {
    let line_break = Form::of(stream, walk).line_break;
    for number in 0..stream.documents.len() {
        let Some((key, value)) = find(stream, walk, number) else { continue };
        let layout = block.layout.filter(|_| number == 0);
        let (start, end) = (stream.node(key).start(), stream.node(value).span.end);
        let (span, text) = if stream.syntax == Syntax::Json {
            let pretty = json::existing(stream, (key, value), line_break);
            (Span { start, end }, block.metadata.json(layout, pretty.as_ref(), block.selector))
        } else if stream.node(stream.documents[number].root).is_flow() {
            (Span { start, end }, block.metadata.flow(layout))
        } else {
            let column = column(stream.text, start);
            let text = block.metadata.block(layout, column, block.step.unwrap_or(4), line_break);
            let end = after_break(stream.text, line_end(stream.text, end));
            (Span { start: line_start(stream.text, start), end }, text)
        };
        edits.replace(span, text);
    }
}

/// Indentation of the first document's block as it is, in blanks.
pub(crate) fn step(stream: &Stream<'_>, walk: &Walk) -> Option<usize> {
    let (key, value) = find(stream, walk, 0)?;
    if stream.syntax == Syntax::Json {
        let unit = json::existing(stream, (key, value), "")?.unit;
        return unit.bytes().all(|byte| byte == b' ').then_some(unit.len());
    }
    let column = column(stream.text, stream.node(value).span.start);
    (!stream.node(value).is_flow() && (1..=8).contains(&column)).then_some(column)
}

/// Offset after the line break at `at`.
fn after_break(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    at + if rest.starts_with("\r\n") { 2 } else { rest.len().min(1) }
}
