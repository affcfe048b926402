//! Where a block scalar begins and ends in the text.

use crate::tree::Span;

/// The header of a block scalar token: indicator, indentation digit, chomping (`|`, `>2-`).
#[must_use]
pub fn block_header(token: &str) -> &str {
    let rest = token.trim_start_matches(['|', '>', '+', '-', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    &token[..token.len() - rest.len()]
}

/// Indentation of the first content line of a block scalar token that has one.
#[must_use]
pub fn block_indent(token: &str) -> Option<usize> {
    let lines = token.split(['\n', '\r']).skip(1);
    let mut content = lines.filter(|line| !line.trim_start_matches(' ').is_empty());
    content.next().map(|line| line.len() - line.trim_start_matches(' ').len())
}

/// The whole token: from the header found at or after `from` to the end of the content.
///
/// The parser reports `content` from after the first indentation through all trailing blank lines. Trailing line
/// breaks are content only with `+`, and then the last one still ends the line.
pub(crate) fn block_span(text: &str, from: usize, content: Span) -> Span {
    let start = header(text, from).unwrap_or(content.start);
    let body = &text[start..content.end];
    let header = block_header(body);
    let end = if header.contains('+') {
        // The parser's span may run into the indentation of what follows.
        let body =
            Some(body.trim_end_matches(' ')).filter(|body| body.ends_with(['\n', '\r'])).unwrap_or(body);
        let body = body.strip_suffix('\n').unwrap_or(body);
        start + body.strip_suffix('\r').unwrap_or(body).len()
    } else {
        start + end_of_content(body, header)
    };
    Span { start, end: end.max(start + header.len()) }
}

/// Length of `body` without the blank lines after its content. A line with more blanks than the indentation is
/// content; lines before the first content line belong to the token when there is content.
fn end_of_content(body: &str, header: &str) -> usize {
    let explicit = header.bytes().find(u8::is_ascii_digit);
    let Some(indent) = block_indent(body).filter(|_| explicit.is_none()).or_else(|| explicit_indent(body))
    else {
        return header.len();
    };
    let mut end = header.len();
    let mut at = 0;
    for line in body.split_inclusive(['\n', '\r']) {
        let text = line.trim_end_matches(['\n', '\r']);
        if at > 0 && (text.len() > indent || !text.trim_start_matches(' ').is_empty()) {
            end = at + text.len();
        }
        at += line.len();
    }
    end
}

/// With an indentation digit the indentation is at most that of the least indented content line, and lines of
/// blanks only can be content too.
fn explicit_indent(body: &str) -> Option<usize> {
    let lines = body.split(['\n', '\r']).skip(1);
    lines
        .filter(|line| !line.trim_start_matches(' ').is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .min()
}

/// Offset of `|` or `>`, skipping indicators, blanks and comments.
fn header(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'|' | b'>' => return Some(at),
            b'#' => at += bytes[at..].iter().position(|&b| b == b'\n' || b == b'\r')?,
            _ => at += 1,
        }
    }
    None
}
