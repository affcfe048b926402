//! Tokens: what stands in the text for a value.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use yamldoc::{Context, Edits, Kind, Node, NodeId, Span, Stream, Style, TagKind, Wanted};

use crate::tree::walk::{Visit, Walk, What};
use crate::typed::Type;

/// The token for a decrypted value where no hint says how it was written.
pub(crate) fn default_token(
    kind: Type,
    raw: &[u8],
    canonical: &[u8],
    wanted: Wanted,
    context: Context<'_>,
) -> String {
    let Ok(text) = std::str::from_utf8(raw) else {
        return format!("!!binary \"{}\"", STANDARD.encode(raw));
    };
    match kind {
        Type::Str | Type::Comment => yamldoc::render(text, wanted, context),
        Type::Bool => (if canonical == b"True" { "true" } else { "false" }).to_owned(),
        Type::Int => String::from_utf8_lossy(canonical).into_owned(),
        Type::Time => text.to_owned(),
        Type::Float => {
            let float = yamldoc::parse_float(text).unwrap_or(f64::NAN);
            // A writer may keep the user's spelling inside the ciphertext.
            let same = |profile| {
                matches!(yamldoc::resolve(text, Style::Plain, None, profile),
                    Ok(yamldoc::Value::Float(read)) if read.to_bits() == float.to_bits())
            };
            let kept = same(yamldoc::Profile::Sops) && same(yamldoc::Profile::Helm);
            if kept { text.to_owned() } else { yamldoc::general_float(float) }
        }
    }
}

/// The quotes a scalar's replacement takes over.
pub(crate) fn wanted(node: &Node<'_>) -> Wanted {
    match node.kind {
        Kind::Scalar { style: Style::Single, .. } => Wanted::Single,
        Kind::Scalar { style: Style::Double, .. } => Wanted::Double,
        _ => Wanted::Plain,
    }
}

/// Line break and indentation step of a file.
pub(crate) struct Form {
    pub(crate) line_break: &'static str,
    pub(crate) step: usize,
}

impl Form {
    /// The first line break of the text; the first indentation of a map within a map. The metadata block does not
    /// count, so plain and encrypted text have the same form.
    pub(crate) fn of(stream: &Stream<'_>, walk: &Walk) -> Self {
        let line_break = match stream.text.find('\n') {
            Some(at) if at > 0 && stream.text.as_bytes()[at - 1] == b'\r' => "\r\n",
            _ => "\n",
        };
        let indented = walk.visits.iter().find_map(|visit| match (visit.what, visit.parent) {
            (What::Collection { node, .. }, Some(parent)) if !visit.flow => {
                indentation(stream, walk, node, parent)
            }
            _ => None,
        });
        Self { line_break, step: indented.unwrap_or(2) }
    }
}

fn indentation(stream: &Stream<'_>, walk: &Walk, node: NodeId, parent: usize) -> Option<usize> {
    let What::Collection { node: parent, .. } = walk.visits[parent].what else { return None };
    let both = matches!(stream.node(node).kind, Kind::Mapping { flow: false, .. })
        && matches!(stream.node(parent).kind, Kind::Mapping { flow: false, .. });
    let column = |node: NodeId| yamldoc::column(stream.text, stream.node(node).span.start);
    column(node).checked_sub(column(parent)).filter(|&step| both && (1..=8).contains(&step))
}

/// Where the token of a leaf stands.
pub(crate) fn context<'f>(
    stream: &Stream<'_>,
    walk: &Walk,
    visit: &Visit,
    node: NodeId,
    form: &'f Form,
) -> Context<'f> {
    let indent = match visit.parent.map(|parent| walk.visits[parent].what) {
        _ if visit.flow => None,
        Some(What::Collection { node: parent, .. }) => {
            let column = |at| yamldoc::column(stream.text, at);
            match stream.node(parent).kind {
                Kind::Mapping { .. } => Some(column(stream.node(parent).span.start) + form.step),
                _ => Some(column(stream.node(node).start())),
            }
        }
        _ => None,
    };
    Context { flow: visit.flow, indent: indent.filter(|&indent| indent > 0), line_break: form.line_break }
}

/// The token of a scalar as a hint keeps it: a block scalar without the rest of its header line, which may hold a
/// comment and stays in the text.
pub(crate) fn kept_token<'a>(stream: &Stream<'a>, node: &Node<'_>) -> Cow<'a, str> {
    let source = stream.source(node.span);
    if !is_block(node) {
        return source.into();
    }
    let header = yamldoc::block_header(source);
    let content = &source[line_end(source, header.len())..];
    if header.len() + content.len() == source.len() {
        source.into()
    } else {
        format!("{header}{content}").into()
    }
}

/// A literal block of `text` with the given header and indentation.
pub(crate) fn literal(header: &str, indent: usize, text: &str, line_break: &str) -> String {
    let body = text.trim_end_matches('\n');
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(header);
    if !body.is_empty() {
        for line in body.split('\n') {
            out.push_str(line_break);
            if !line.is_empty() {
                out.extend(std::iter::repeat_n(' ', indent));
                out.push_str(line);
            }
        }
    }
    if header.contains('+') {
        (1..text.len() - body.len()).for_each(|_| out.push_str(line_break));
    }
    out
}

/// Replaces the token of a scalar. The header line of a block scalar keeps what follows the header, on both sides.
pub(crate) fn replace<'t>(
    edits: &mut Edits<'t>,
    stream: &Stream<'_>,
    node: &Node<'_>,
    token: impl Into<Cow<'t, str>>,
) {
    let mut head: Cow<'t, str> = token.into();
    let content = if head.starts_with(['|', '>']) {
        let line = line_end(&head, 0);
        head.to_mut().split_off(line)
    } else {
        String::new()
    };
    let span = node.span;
    if is_block(node) {
        let header = yamldoc::block_header(stream.source(span)).len();
        let line = line_end(stream.text, span.start);
        edits.replace(Span { start: span.start, end: span.start + header }, head);
        edits.replace(Span { start: line.min(span.end), end: span.end }, content);
    } else {
        edits.replace(span, head);
        if !content.is_empty() {
            edits.insert(line_end(stream.text, span.end), content);
        }
    }
}

/// Replaces the token of a scalar by ciphertext, which takes over its quotes; in flow collections a plain one needs
/// some, for its commas.
pub(crate) fn replace_sealed<'t>(
    edits: &mut Edits<'t>,
    stream: &Stream<'_>,
    node: &Node<'_>,
    token: &'t str,
    flow: bool,
) {
    let span = node.span;
    match wanted(node) {
        _ if is_block(node) => replace(edits, stream, node, token),
        Wanted::Plain if flow => {
            edits.insert(span.start, "\"");
            edits.replace(span, token);
            edits.insert(span.end, "\"");
        }
        Wanted::Plain => edits.replace(span, token),
        _ => edits.replace(Span { start: span.start + 1, end: span.end - 1 }, token),
    }
}

/// Tags that do not fit ciphertext, so that other readers would refuse it.
pub(crate) fn hides_ciphertext(tag: TagKind) -> bool {
    !matches!(tag, TagKind::Str | TagKind::NonSpecific | TagKind::Other)
}

fn is_block(node: &Node<'_>) -> bool {
    matches!(node.kind, Kind::Scalar { style: Style::Literal | Style::Folded, .. })
}

/// Offset of the line break at or after `from`, or the end.
pub(crate) fn line_end(text: &str, from: usize) -> usize {
    text[from..].find(['\n', '\r']).map_or(text.len(), |at| from + at)
}
