//! Values of ini files as go-ini 1.67 reads them with its default options.

use std::borrow::Cow;

use yamldoc::Span;

use crate::error::LineProblem;
use crate::flat::Token;

/// The lines of a text.
pub(super) struct Lines<'a> {
    pub(super) text: &'a str,
    /// Where the next line begins.
    pub(super) at: usize,
    /// Lines read so far.
    pub(super) number: usize,
}

impl<'a> Lines<'a> {
    /// Begins behind a byte order mark.
    pub(super) fn new(text: &'a str) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { text, at, number: 0 }
    }

    /// The next line with its line break.
    pub(super) fn next_line(&mut self) -> Option<Span> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return None;
        }
        let length = rest.find('\n').map_or(rest.len(), |at| at + 1);
        let span = Span { start: self.at, end: self.at + length };
        self.at = span.end;
        self.number += 1;
        Some(span)
    }

    pub(super) fn text(&self, span: Span) -> &'a str {
        &self.text[span.start..span.end]
    }

    /// `span` without blanks around it.
    pub(super) fn trimmed(&self, span: Span) -> Span {
        let text = self.text(span);
        let start = span.end - text.trim_start().len();
        Span { start, end: start + text.trim().len() }
    }
}

/// A value and what follows it.
pub(super) struct Read<'a> {
    pub(super) token: Token<'a>,
    /// A comment on the (last) line of the value, marker included.
    pub(super) comment: Option<Span>,
}

/// Reads the value that begins at `start`, behind the delimiter, in the line that ends at `end`; further lines are
/// taken from `lines`.
pub(super) fn read<'a>(lines: &mut Lines<'a>, start: usize, end: usize) -> Result<Read<'a>, LineProblem> {
    let line = lines.trimmed(Span { start, end });
    // What go-ini looks at still has its line break.
    let source = lines.text(Span { start: line.start, end });
    if line.start == line.end {
        let token = Token { span: Span { start, end: start }, value: "".into(), quote: "", ignored: false };
        return Ok(Read { token, comment: None });
    }
    if source.starts_with("\"\"\"") && source.len() > 3 {
        return quoted(lines, line, end, "\"\"\"");
    }
    if source.starts_with('`') {
        return quoted(lines, line, end, "`");
    }
    if lines.text(line).ends_with('\\') {
        return Ok(continued(lines, line));
    }
    let text = lines.text(line);
    let comment = text.find(['#', ';']).map(|at| Span { start: line.start + at, end: line.end });
    let span = Span { start: line.start, end: comment.map_or(line.end, |comment| comment.start) };
    let span = Span { start: line.start, end: line.start + lines.text(span).trim_end().len() };
    // Blanks before a comment do not belong to an empty value.
    let span = if span.start == span.end { Span { start, end: start } } else { span };
    let value = lines.text(span);
    let quote = ["'", "\""].into_iter().find(|&quote| surrounded(value, quote)).unwrap_or_default();
    let value = &value[quote.len()..value.len() - quote.len()];
    Ok(Read { token: Token { span, value: value.into(), quote, ignored: false }, comment })
}

/// Within quotes, and without such a quote in between.
fn surrounded(value: &str, quote: &str) -> bool {
    let inner = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inner.is_some_and(|inner| !inner.contains(quote))
}

/// In backticks or three quotes, which may close on a later line. What follows them on a line of their own is ignored,
/// even a comment.
fn quoted<'a>(
    lines: &mut Lines<'a>,
    line: Span,
    end: usize,
    quote: &'static str,
) -> Result<Read<'a>, LineProblem> {
    let start = line.start + quote.len();
    let first = lines.text(Span { start, end });
    if let Some(at) = first.rfind(quote) {
        let value = Span { start, end: start + at };
        let ignored = value.end + quote.len() < line.end;
        let token = Token { span: line, value: lines.text(value).into(), quote, ignored };
        return Ok(Read { token, comment: None });
    }
    while let Some(next) = lines.next_line() {
        let text = lines.text(next);
        let Some(at) = text.rfind(quote) else { continue };
        let rest = text[at + quote.len()..].trim_end_matches(['\r', '\n']);
        if rest.trim().ends_with('\\') {
            continue;
        }
        let value = Span { start, end: next.start + at };
        let close = value.end + quote.len();
        let last = lines.trimmed(Span { start: close, end: next.end });
        let comment = lines.text(last).find(['#', ';']);
        let comment = comment.map(|at| Span { start: last.start + at, end: last.end });
        let behind = Span { start: close, end: comment.map_or(last.end, |comment| comment.start) };
        let span_end = close + lines.text(behind).trim_end().len();
        let token = Token {
            span: Span { start: line.start, end: span_end },
            value: lines.text(value).into(),
            quote,
            ignored: span_end > close,
        };
        return Ok(Read { token, comment });
    }
    Err(LineProblem::UnclosedQuote)
}

/// With a backslash at the end of the line: the next line, trimmed, goes on.
fn continued<'a>(lines: &mut Lines<'a>, line: Span) -> Read<'a> {
    let mut value = lines.text(line).to_owned();
    value.pop();
    let mut span = line;
    while let Some(next) = lines.next_line() {
        let next = lines.trimmed(next);
        if next.start == next.end {
            break;
        }
        span.end = next.end;
        value.push_str(lines.text(next));
        if !value.ends_with('\\') {
            break;
        }
        value.pop();
    }
    Read { token: Token { span, value: value.into(), quote: "", ignored: false }, comment: None }
}

/// How `value` is written so that it reads back: with `quote`, else bare, else in the quotes that do.
pub(super) fn token(value: &str, quote: &'static str) -> Option<String> {
    let fits = |quote: &&str| {
        let text = format!("{quote}{value}{quote}\n");
        let mut lines = Lines { text: &text, at: 0, number: 0 };
        let end = lines.next_line().map_or(0, |line| line.end);
        let read = read(&mut lines, 0, end);
        read.is_ok_and(|read| {
            let token = &read.token;
            token.value == value && read.comment.is_none() && !token.ignored && lines.at == text.len()
        })
    };
    let quotes = [quote, "", "`", "\"\"\"", "\"", "'"];
    quotes.iter().find(|quote| fits(quote)).map(|quote| format!("{quote}{value}{quote}"))
}

/// The text of a comment: from the first marker on, without it and the blanks behind it. Also how much went.
pub(super) fn comment_text(text: &str) -> (Cow<'_, str>, usize) {
    let stripped = match text.as_bytes().first() {
        Some(b';') => text.trim_start_matches([';', ' ']),
        Some(b'#') => text.trim_start_matches(['#', ' ']),
        _ => text,
    };
    (stripped.into(), text.len() - stripped.len())
}
