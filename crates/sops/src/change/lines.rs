//! Lines of dotenv and ini that come and go.

use yamldoc::{Edits, Span};

use crate::change::flat::{Name, is_default};
use crate::flat::{Format, Owner, Scan, Unit};

/// Adds the line of a new entry at the end of its section, written as the entries before it are.
pub(super) fn insert(edits: &mut Edits<'_>, scan: &Scan<'_>, name: &Name<'_>, token: &str) {
    let text = scan.text;
    let line_break = scan.line_break();
    let line = format!("{}{}{token}", name.key, separator(scan, name));
    let in_section = |unit: &&Unit<'_>| {
        !matches!(unit.owner, Owner::Nothing)
            && scan.sections.get(unit.section).map(AsRef::as_ref) == name.section
    };
    match scan.units.iter().rev().find(in_section) {
        Some(last) => edits.insert(line_end(text, last.span.end), format!("{line_break}{line}")),
        None if is_default(name.section) && scan.units.iter().any(|unit| unit.section > 0) => {
            // Above everything else, behind a byte order mark.
            let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
            edits.insert(start, format!("{line}{line_break}{line_break}"));
        }
        None => {
            let open = !text.is_empty() && !text.ends_with('\n');
            edits.insert(text.len(), if open { line_break } else { "" });
            if let Some(section) = name.section.filter(|_| !is_default(name.section)) {
                let gap = if text.trim().is_empty() { "" } else { line_break };
                edits.insert(text.len(), format!("{gap}[{section}]{line_break}"));
            }
            edits.insert(text.len(), format!("{line}{line_break}"));
        }
    }
}

/// What stands between key and value: as in the last entry of the section, else of the file.
fn separator<'a>(scan: &Scan<'a>, name: &Name<'_>) -> &'a str {
    let plain = match scan.format {
        Format::Dotenv => return "=",
        Format::Ini => " = ",
    };
    let separator = |unit: &Unit<'_>| {
        let token = unit.token()?;
        let line = yamldoc::line_start(scan.text, token.span.start);
        let before = &scan.text[line..token.span.start];
        let before = before.strip_suffix(token.quote).unwrap_or(before);
        let blanks = before.len() - before.trim_end().len();
        let at = before.trim_end().strip_suffix(['=', ':'])?;
        // Keys may be aligned; a new one is not.
        let gap = if at.ends_with([' ', '\t']) { " " } else { "" };
        Some(match (gap, blanks, &before.trim_end()[at.len()..]) {
            ("", 0, "=") => "=",
            ("", 0, _) => ":",
            ("", _, "=") => "= ",
            ("", _, _) => ": ",
            (_, _, "=") => " = ",
            _ => " : ",
        })
    };
    let own = |unit: &&Unit<'_>| scan.sections.get(unit.section).map(AsRef::as_ref) == name.section;
    let units = || scan.units.iter().rev();
    units().filter(own).find_map(separator).or_else(|| units().find_map(separator)).unwrap_or(plain)
}

/// Removes the lines of an entry; and comment lines that touch it, if a blank line, another comment, a section or the
/// end follows and they do not look like an entry. Above the first entry they stay.
pub(super) fn remove(edits: &mut Edits<'_>, scan: &Scan<'_>, unit: &Unit<'_>) {
    let text = scan.text;
    let own = own_start(scan, unit);
    let end = line_end(text, unit.span.end);
    let after = after_break(text, end);
    let next = text[after..].lines().next().unwrap_or_default().trim();
    let first =
        scan.units.iter().find(|unit| unit.token().is_some()).is_some_and(|first| first.span == unit.span);
    let separated = next.is_empty() || next.starts_with(['#', ';', '[']);
    let mut start = own;
    if separated && !first {
        start = comments_above(text, own);
    }
    if after == end && start > 0 {
        // The last line of the text has no line break; then the one before gets none either.
        let before = text[..start].strip_suffix(scan.line_break()).unwrap_or(&text[..start]);
        edits.delete(Span { start: before.len(), end });
    } else {
        edits.delete(Span { start, end: after });
    }
}

/// The first line of an entry without the comments above it.
fn own_start(scan: &Scan<'_>, unit: &Unit<'_>) -> usize {
    let mut start = unit.span.start;
    while scan.text[start..].trim_start_matches([' ', '\t', '\r', '\n']).starts_with(['#', ';']) {
        let comment = scan.text[start..].find(['#', ';']).map_or(start, |at| start + at);
        let next = after_break(scan.text, line_end(scan.text, comment));
        if next > unit.span.end {
            break;
        }
        start = next;
    }
    let blanks = scan.text[start..unit.span.end].len()
        - scan.text[start..unit.span.end].trim_start_matches(['\r', '\n']).len();
    start + blanks
}

/// Where the comment lines directly above byte `start` begin; `start` if one of them looks like an entry.
fn comments_above(text: &str, start: usize) -> usize {
    let mut first = start;
    while first > 0 {
        let line_start = text[..first - 1].rfind('\n').map_or(0, |at| at + 1);
        let line = text[line_start..first].trim();
        if !line.starts_with(['#', ';']) {
            break;
        }
        let name = line.trim_start_matches(['#', ';', ' ']).split_once('=').map(|(name, _)| name.trim());
        if name.is_some_and(|name| !name.is_empty() && !name.contains(' ')) {
            return start;
        }
        first = line_start;
    }
    first
}

fn line_end(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |at| {
        let end = from + at;
        if text[from..end].ends_with('\r') { end - 1 } else { end }
    })
}

fn after_break(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    at + if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) }
}
