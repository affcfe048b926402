//! dotenv as SOPS reads it: nothing is trimmed, quotes are part of the value, `\n` is a line break.

use std::borrow::Cow;

use yamldoc::Span;

use crate::error::{Error, LineProblem};
use crate::flat::scan::{Format, MetadataLine, Scan, bad_line};
use crate::flat::{Comment, Owner, Site, Token, Unit};

/// What metadata keys begin with.
pub(crate) const PREFIX: &str = "sops_";

pub(crate) fn scan(text: &str) -> Result<Scan<'_>, Error> {
    let mut scan = Scan {
        format: Format::Dotenv,
        text,
        sections: Vec::new(),
        units: Vec::new(),
        metadata: Vec::new(),
        metadata_spans: Vec::new(),
    };
    let mut start = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let (line_number, next) = (number + 1, start + line.len());
        let content = line.strip_suffix('\n').unwrap_or(line);
        let span = Span { start, end: start + content.len() };
        start = next;
        let mut unit = Unit { span, section: 0, owner: Owner::Nothing, comment: None };
        if let Some(comment) = content.strip_prefix('#') {
            let span = Span { start: span.start + 1, end: span.end };
            unit.comment = Some(Comment { text: comment.into(), site: Site::Above { span, rest: None } });
        } else if let Some((key, value)) = content.split_once('=') {
            let value = unescaped(value);
            if let Some(name) = key.strip_prefix(PREFIX) {
                scan.metadata.push(MetadataLine { line: line_number, name: name.into(), value });
                scan.metadata_spans.push(Span { start: span.start, end: next });
                continue;
            }
            let span = Span { start: span.start + key.len() + 1, end: span.end };
            let token = Token { span, value, quote: "", ignored: false };
            unit.owner = Owner::Entry { key: key.into(), token };
        } else if !content.trim_matches([' ', '\t', '\r']).is_empty() {
            return bad_line(line_number, LineProblem::NoEquals);
        }
        scan.units.push(unit);
    }
    Ok(scan)
}

/// The text of a value.
pub(crate) fn token(value: &str) -> String {
    value.replace('\n', "\\n")
}

fn unescaped(value: &str) -> Cow<'_, str> {
    if value.contains("\\n") { value.replace("\\n", "\n").into() } else { value.into() }
}
