//! The two list forms in which helm's flags name files.

use std::ops::Range;

use super::scan::FileFlag;

/// One file named in a flag's value: where it is written, and the name helm sees.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Element {
    /// Bytes of the flag's value, quotes and escapes included.
    pub range: Range<usize>,
    pub name: Vec<u8>,
}

/// The files in the value of `-f`: one CSV record as Go's `encoding/csv` reads it (pflag's `StringSlice`).
///
/// A value that helm refuses (a stray quote) names no file: helm reports it better than we could.
pub(super) fn values(value: &[u8]) -> Vec<Element> {
    let mut found = Vec::new();
    let mut at = 0;
    while value[at..].starts_with(b"\n") || value[at..].starts_with(b"\r\n") {
        at += if value[at] == b'\n' { 1 } else { 2 };
    }
    if at == value.len() {
        return found;
    }
    loop {
        let Some((element, end)) = csv_field(value, at) else { return Vec::new() };
        if !element.name.is_empty() {
            found.push(element);
        }
        match value.get(end) {
            Some(b',') => at = end + 1,
            _ => return found,
        }
    }
}

/// One CSV field that starts at `start`, and where it ends; `None` is what the reader calls a syntax error.
fn csv_field(value: &[u8], start: usize) -> Option<(Element, usize)> {
    if value.get(start) != Some(&b'"') {
        let rest = &value[start..];
        let mut length = rest.iter().position(|byte| matches!(byte, b',' | b'\n')).unwrap_or(rest.len());
        let end = start + length;
        if rest.get(length) != Some(&b',') && rest[..length].ends_with(b"\r") {
            length -= 1;
        }
        let name = rest[..length].to_vec();
        let range = start..start + length;
        return (!name.contains(&b'"')).then_some((Element { range, name }, end));
    }
    let mut name = Vec::new();
    let mut at = start + 1;
    loop {
        match (value.get(at)?, value.get(at + 1)) {
            (b'"', Some(b'"')) => {
                name.push(b'"');
                at += 2;
            }
            (b'"', after) => {
                let end = at + 1;
                let closes = match after {
                    None | Some(b',' | b'\n') => true,
                    Some(b'\r') => matches!(value.get(at + 2), None | Some(b'\n')),
                    Some(_) => false,
                };
                return closes.then_some((Element { range: start..end, name }, end));
            }
            (b'\r', Some(b'\n')) => at += 1,
            (byte, _) => {
                name.push(*byte);
                at += 1;
            }
        }
    }
}

/// The files in the value of `--set-file`: `KEY=PATH[,KEY=PATH]` and `KEY={PATH,PATH}` with backslash escapes
/// (Helm's `strvals`).
pub(super) fn set_file(value: &[u8]) -> Vec<Element> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < value.len() {
        at = end_of(value, at, b"=,");
        if value.get(at) == Some(&b'=') {
            at += 1;
            if value.get(at) == Some(&b'{') {
                while !matches!(value.get(at), None | Some(b'}')) {
                    let end = end_of(value, at + 1, b",}");
                    found.extend(element(value, at + 1..end));
                    at = end;
                }
                at = end_of(value, at, b",");
            } else {
                let end = end_of(value, at, b",");
                found.extend(element(value, at..end));
                at = end;
            }
        }
        at += 1; // the comma
    }
    found
}

fn element(value: &[u8], range: Range<usize>) -> Option<Element> {
    let name = unescape(&value[range.clone()]);
    (!name.is_empty()).then_some(Element { range, name })
}

/// Where the first of `stops` that no backslash escapes is, from `start` on; else the end.
fn end_of(text: &[u8], start: usize, stops: &[u8]) -> usize {
    let mut at = start;
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if stops.contains(byte) => return at,
            _ => at += 1,
        }
    }
    text.len()
}

fn unescape(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        plain.extend(if *byte == b'\\' { bytes.next() } else { Some(byte) });
    }
    plain
}

/// `name` as it must be written inside the value of `flag`.
pub(super) fn encode(flag: FileFlag, name: &[u8]) -> Vec<u8> {
    match flag {
        FileFlag::Values => {
            let plain = !name.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r'));
            if plain && !name.is_empty() {
                return name.to_vec();
            }
            let mut quoted = vec![b'"'];
            for byte in name {
                quoted.push(*byte);
                if *byte == b'"' {
                    quoted.push(b'"');
                }
            }
            quoted.push(b'"');
            quoted
        }
        FileFlag::SetFile => {
            let escaped = |byte: u8| matches!(byte, b'\\' | b',' | b'{' | b'}');
            name.iter().flat_map(|byte| escaped(*byte).then_some(b'\\').into_iter().chain([*byte])).collect()
        }
    }
}
