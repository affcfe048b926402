//! ini as go-ini 1.67 reads it, which SOPS uses.

use std::borrow::Cow;
use std::collections::HashSet;

use yamldoc::Span;

use crate::error::{Error, LineProblem};
use crate::flat::ini_value::{self, Lines, comment_text};
use crate::flat::scan::{Format, MetadataLine, Scan, bad_line};
use crate::flat::{Comment, Owner, Site, Unit};

/// The section before the first header.
const DEFAULT: &str = "DEFAULT";
/// The section of the metadata.
pub(crate) const SOPS: &str = "sops";

pub(crate) fn scan(text: &str) -> Result<Scan<'_>, Error> {
    let mut reader = Reader {
        lines: Lines::new(text),
        above: Vec::new(),
        keys: HashSet::new(),
        automatic: 1,
        scan: Scan {
            format: Format::Ini,
            text,
            sections: vec![DEFAULT.into()],
            units: Vec::new(),
            metadata: Vec::new(),
            metadata_spans: Vec::new(),
        },
    };
    reader.run()?;
    Ok(reader.scan)
}

struct Reader<'a> {
    lines: Lines<'a>,
    /// Comment lines since the last entry or header, from their markers to the end of the line.
    above: Vec<Span>,
    /// Keys of the section so far.
    keys: HashSet<Cow<'a, str>>,
    /// The number of the next key that is written as `-`.
    automatic: usize,
    scan: Scan<'a>,
}

impl<'a> Reader<'a> {
    fn run(&mut self) -> Result<(), Error> {
        while let Some(line) = self.lines.next_line() {
            let text = self.lines.text(line).trim_start();
            let start = line.end - text.len();
            match text.as_bytes().first() {
                None => {}
                Some(b'#' | b';') => self.above.push(Span { start, end: line.end }),
                Some(b'[') => self.section(start, line.end)?,
                Some(_) => self.entry(start, line.end)?,
            }
        }
        if self.in_metadata() {
            self.end_metadata(self.lines.text.len());
        } else {
            self.comment_alone();
        }
        Ok(())
    }

    /// Comments without an entry or header after them. SOPS drops them.
    fn comment_alone(&mut self) {
        let Some(last) = self.above.last() else { return };
        let last = self.lines.trimmed(*last);
        self.push(last, Owner::Nothing, None, last.end, false);
    }

    fn section(&mut self, start: usize, end: usize) -> Result<(), Error> {
        let line = self.lines.trimmed(Span { start, end });
        let text = self.lines.text(line);
        let Some(close) = text.rfind(']') else {
            return bad_line(self.lines.number, LineProblem::UnclosedSection);
        };
        let name = &text[1..close];
        if name.is_empty() {
            return bad_line(self.lines.number, LineProblem::EmptyName);
        }
        let sops = name == SOPS;
        if sops {
            if !self.scan.metadata_spans.is_empty() {
                let place = yamldoc::place(self.lines.text, start);
                return Err(Error::BadMetadata {
                    place,
                    problem: "there are two [sops] sections".to_owned(),
                });
            }
            self.comment_alone();
            self.scan.metadata_spans.push(Span { start: line_start(self.lines.text, start), end: 0 });
        } else {
            let first = self.above.first().map_or(start, |first| first.start);
            self.end_metadata(line_start(self.lines.text, first));
        }
        self.keys.clear();
        self.automatic = 1;
        self.scan.sections.push(name.into());
        if sops {
            return Ok(());
        }
        let behind = line.start + close + 1;
        let comment = self.lines.text(Span { start: behind, end: line.end }).find(['#', ';']);
        let comment = comment.map(|at| Span { start: behind + at, end: line.end });
        // The bracket of ciphertext would be taken for the header's.
        self.push(line, Owner::Section, comment, behind, false);
        Ok(())
    }

    fn entry(&mut self, start: usize, end: usize) -> Result<(), Error> {
        let number = self.lines.number;
        let (key, offset) =
            key_name(self.lines.text(Span { start, end })).or_else(|p| bad_line(number, p))?;
        let key = if key == "-" {
            self.automatic += 1;
            Cow::Owned(format!("#{}", self.automatic - 1))
        } else {
            Cow::Borrowed(key)
        };
        let read = ini_value::read(&mut self.lines, start + offset, end).or_else(|p| bad_line(number, p))?;
        if !self.keys.insert(key.clone()) {
            return bad_line(number, LineProblem::DuplicateKey(key.into_owned()));
        }
        if self.in_metadata() {
            let value = read.token.value;
            let value = if value.contains("\\n") { value.replace("\\n", "\n").into() } else { value };
            self.scan.metadata.push(MetadataLine { line: number, name: key, value });
            self.above.clear();
            return Ok(());
        }
        let last = Span { start, end: read.comment.map_or(read.token.span.end, |comment| comment.end) };
        let value_end = read.token.span.end;
        let beside = !matches!(read.token.quote, "`" | "\"\"\"");
        let owner = Owner::Entry { key, token: read.token };
        self.push(last, owner, read.comment, value_end, beside);
        Ok(())
    }

    fn in_metadata(&self) -> bool {
        self.scan.metadata_spans.last().is_some_and(|span| span.end == 0)
    }

    /// Ends the metadata section at `end`, if it is open; a blank line before it goes with it.
    fn end_metadata(&mut self, end: usize) {
        let text = self.lines.text;
        if let Some(span) = self.scan.metadata_spans.last_mut().filter(|span| span.end == 0) {
            let before = &text[..span.start];
            let blank = ["\r\n", "\n"].into_iter().find(|end| {
                before.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('\n'))
            });
            *span = Span { start: span.start - blank.map_or(0, str::len), end };
        }
    }

    /// Adds the unit whose own line (or lines) is `last`, with the comments above it and `inline`, which may hold
    /// ciphertext where it is if `in_place`; `behind` is where it would be cut off.
    fn push(&mut self, last: Span, owner: Owner<'a>, inline: Option<Span>, behind: usize, in_place: bool) {
        let above = std::mem::take(&mut self.above);
        let start = above.first().map_or(last.start, |first| first.start);
        let span = Span { start: line_start(self.lines.text, start), end: last.end };
        let comment = self.comment(&above, inline, behind, in_place);
        let section = self.scan.sections.len() - 1;
        self.scan.units.push(Unit { span, section, owner, comment });
    }

    fn comment(
        &self,
        above: &[Span],
        inline: Option<Span>,
        behind: usize,
        in_place: bool,
    ) -> Option<Comment<'a>> {
        let lines = &self.lines;
        let Some((first, last)) = above.first().zip(above.last()) else {
            let inline = inline?;
            let (text, marker) = comment_text(lines.text(inline));
            let site = if in_place {
                Site::Beside(Span { start: inline.start + marker, end: inline.end })
            } else {
                Site::Moves { span: Span { start: behind, end: inline.end } }
            };
            return Some(Comment { text, site });
        };
        let text: Cow<'a, str> = match (above, inline) {
            ([one], None) => lines.text(*one).into(),
            _ => above.iter().chain(&inline).map(|&span| lines.text(span)).collect::<String>().into(),
        };
        let trimmed = text.trim_end();
        let (_, marker) = comment_text(trimmed);
        let text = match &text {
            Cow::Borrowed(text) => Cow::Borrowed(&text.trim_end()[marker..]),
            Cow::Owned(_) => Cow::Owned(trimmed[marker..].to_owned()),
        };
        let end = lines.trimmed(*last).end;
        let start = (first.start + marker).min(end);
        let rest = inline.map(|inline| Span { start: behind, end: inline.end });
        Some(Comment { text, site: Site::Above { span: Span { start, end }, rest } })
    }
}

/// The name of the key that a line begins with, and the offset behind the delimiter.
fn key_name(line: &str) -> Result<(&str, usize), LineProblem> {
    let quote = match line.as_bytes() {
        [b'"', b'"', b'"', _, _, _, _, ..] => "\"\"\"",
        [b'"', ..] => "\"",
        [b'`', ..] => "`",
        _ => "",
    };
    let rest = &line[quote.len()..];
    let (name, offset) = if quote.is_empty() {
        let end = line.find(['=', ':']).ok_or(LineProblem::NoDelimiter)?;
        (&line[..end], end + 1)
    } else {
        let close = rest.find(quote).ok_or(LineProblem::UnclosedQuote)?;
        let behind = 2 * quote.len() + close;
        let end = line.get(behind..).and_then(|rest| rest.find(['=', ':']));
        (&rest[..close], behind + end.ok_or(LineProblem::NoDelimiter)? + 1)
    };
    match name.trim() {
        "" => Err(LineProblem::EmptyName),
        name => Ok((name, offset)),
    }
}

/// Where the line begins that has byte `at`; behind a byte order mark in the first one.
fn line_start(text: &str, at: usize) -> usize {
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    if start == 0 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { start }
}
