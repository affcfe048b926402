//! What is JSON's own: how a decrypted value is written, and where the metadata block goes.
//!
//! A number keeps its spelling inside the ciphertext (`1.0`, `1e3`, `-0`): SOPS parses what it decrypts, and hashes the
//! parsed value. Before 3.13.2 SOPS stored every number as a float, so a float may well be a whole number.

use yamldoc::{Kind, NodeId, Span, Stream};

use crate::metadata::Pretty;
use crate::typed::{Opened, Type, Typed};

/// The token of a decrypted value; `None` for what JSON cannot say: bytes that are no text, NaN, infinities.
pub(crate) fn token(kind: Type, raw: &[u8], canonical: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(raw).ok()?;
    let canonical = std::str::from_utf8(canonical).ok()?;
    Some(match kind {
        Type::Str | Type::Comment => yamldoc::json_quoted(text),
        // JSON has no timestamps; SOPS prints text too.
        Type::Time => yamldoc::json_quoted(canonical),
        Type::Bool => (if canonical == "True" { "true" } else { "false" }).to_owned(),
        Type::Int => spelling(text, canonical).unwrap_or(canonical).to_owned(),
        Type::Float => match spelling(text, canonical).filter(|text| !is_long(text)) {
            Some(text) => text.to_owned(),
            None => {
                let general = yamldoc::general_float(yamldoc::parse_float(text)?);
                spelling(&general, canonical)?.to_owned()
            }
        },
    })
}

/// `text`, if it is a number that reads back as this value.
fn spelling<'t>(text: &'t str, canonical: &str) -> Option<&'t str> {
    let number = Typed::of(yamldoc::json_number(text)?).ok()??;
    (*number.bytes == *canonical.as_bytes()).then_some(text)
}

/// Zeros that nobody writes, but SOPS does inside its ciphertext: `1e+300` has 301 digits there.
fn is_long(text: &str) -> bool {
    const DIGITS: usize = 21;
    text.len() > DIGITS && !text.contains(['e', 'E'])
}

/// The value as it is typed when its token is read again; `None` where it has no token.
pub(crate) fn typed(opened: &Opened) -> Option<Typed<'_>> {
    match opened.kind {
        Type::Str => std::str::from_utf8(&opened.raw).ok().map(|_| opened.typed()),
        Type::Bool => Some(opened.typed()),
        Type::Time => Some(Typed { kind: Type::Str, bytes: opened.bytes().into() }),
        Type::Comment => None,
        Type::Int | Type::Float => {
            let token = token(opened.kind, &opened.raw, opened.bytes())?;
            let number = Typed::of(yamldoc::json_number(&token)?).ok()??;
            Some(Typed { kind: number.kind, bytes: number.bytes.into_owned().into() })
        }
    }
}

/// What is encrypted for a leaf: its spelling if it is a number, else its bytes.
pub(crate) fn spelled<'s>(stream: &Stream<'s>, node: NodeId, leaf: &Typed<'s>) -> Typed<'s> {
    match leaf.kind {
        Type::Int | Type::Float => {
            let source = stream.source(stream.node(node).span);
            Typed { kind: leaf.kind, bytes: source.as_bytes().into() }
        }
        _ => leaf.clone(),
    }
}

/// How a new last member of the root object is laid out: as the first member that begins its line; `None` for on one
/// line. `step` is the indentation inside the member where it does not follow from the file.
pub(crate) fn layout(
    stream: &Stream<'_>,
    root: NodeId,
    step: Option<usize>,
    line_break: &'static str,
) -> Option<Pretty> {
    let Kind::Mapping { entries, .. } = &stream.node(root).kind else { return None };
    let margin = entries.iter().find_map(|&(key, _)| margin(stream, key))?;
    let unit = match (step, margin.strip_prefix(blanks_before(stream, root))) {
        (Some(step), _) => " ".repeat(step),
        (None, Some(unit)) if !unit.is_empty() => unit.to_owned(),
        _ => "\t".to_owned(),
    };
    Some(Pretty { line_break, margin: margin.to_owned(), unit })
}

/// How the member that is there is laid out.
pub(crate) fn existing(
    stream: &Stream<'_>,
    (key, value): (NodeId, NodeId),
    line_break: &'static str,
) -> Option<Pretty> {
    let Kind::Mapping { entries, .. } = &stream.node(value).kind else { return None };
    let inner = margin(stream, entries.first()?.0)?;
    let outer = margin(stream, key).unwrap_or_default();
    let unit = inner.strip_prefix(outer).unwrap_or("\t").to_owned();
    Some(Pretty { line_break, margin: outer.to_owned(), unit })
}

/// The indentation of a key that begins its line.
fn margin<'a>(stream: &Stream<'a>, key: NodeId) -> Option<&'a str> {
    let blanks = blanks_before(stream, key);
    let line = stream.node(key).span.start - blanks.len();
    stream.text[..line].ends_with(['\n', '\r']).then_some(blanks)
}

/// The blanks before a node.
fn blanks_before<'a>(stream: &Stream<'a>, node: NodeId) -> &'a str {
    let before = &stream.text[..stream.node(node).span.start];
    &before[before.trim_end_matches([' ', '\t']).len()..]
}

/// What stands between two members: a comma, with a blank where the file has blanks after its colons.
pub(crate) fn separator(stream: &Stream<'_>, root: NodeId) -> &'static str {
    let Kind::Mapping { entries, .. } = &stream.node(root).kind else { return "," };
    let spaced = entries.first().is_some_and(|&(key, value)| {
        let between = Span { start: stream.node(key).span.end, end: stream.node(value).span.start };
        stream.source(between).ends_with(' ')
    });
    if spaced { ", " } else { "," }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn token_of(kind: Type, raw: &str) -> Option<String> {
        let opened = Opened::parse(kind, Zeroizing::new(raw.as_bytes().to_vec())).unwrap();
        token(opened.kind, &opened.raw, opened.bytes())
    }

    #[test]
    fn numbers_keep_a_spelling_that_is_the_same_number() {
        for (kind, raw, expected) in [
            (Type::Int, "42", "42"),
            (Type::Int, "-0", "-0"),
            (Type::Int, "007", "7"),
            (Type::Int, "+7", "7"),
            // Whole numbers of older SOPS.
            (Type::Float, "42", "42"),
            (Type::Float, "12345678901234567890", "12345678901234567890"),
            (Type::Float, "1.0", "1.0"),
            (Type::Float, "1E+2", "1E+2"),
            (Type::Float, "-0.0", "-0.0"),
            (Type::Float, "-0", "-0.0"),
            (Type::Float, ".5", "0.5"),
            (Type::Float, "5.", "5.0"),
            (Type::Float, "0.00000025", "0.00000025"),
            (Type::Float, "100000000000000000000000", "1e+23"),
            (Type::Float, "0.00000000000000000000000025", "2.5e-25"),
        ] {
            assert_eq!(token_of(kind, raw).as_deref(), Some(expected), "{raw}");
        }
        assert_eq!(token_of(Type::Float, "NaN"), None);
        assert_eq!(token_of(Type::Float, "-Inf"), None);
    }

    #[test]
    fn times_are_text() {
        assert_eq!(
            token_of(Type::Time, "2026-01-02T03:04:05.10+00:00").as_deref(),
            Some("\"2026-01-02T03:04:05.1Z\"")
        );
    }

    #[test]
    fn the_block_is_laid_out_as_the_members_are() {
        let layout = |text: &str, step| {
            let stream = Stream::parse_json(text).unwrap();
            layout(&stream, stream.documents[0].root, step, "\n").map(|pretty| (pretty.margin, pretty.unit))
        };
        let is = |margin: &str, unit: &str| Some((margin.to_owned(), unit.to_owned()));
        assert_eq!(layout("{\n  \"a\": 1\n}", None), is("  ", "  "));
        assert_eq!(layout("{\r\n\t\"a\": 1\r\n}", None), is("\t", "\t"));
        assert_eq!(layout("  {\n     \"a\": 1}", None), is("     ", "   "));
        assert_eq!(layout("{\n\"a\": 1}", None), is("", "\t"));
        assert_eq!(layout("{\"a\": 1,\n \"b\": 1}", None), is(" ", " "));
        assert_eq!(layout("{\n  \"a\": 1\n}", Some(4)), is("  ", "    "));
        assert_eq!(layout("{\n  \"a\": 1\n}", Some(0)), is("  ", ""));
        assert_eq!(layout("{\"a\": [\n 1]}", None), None);
        assert_eq!(layout("{}", None), None);
    }
}
