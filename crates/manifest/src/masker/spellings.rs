//! The ways a secret value may be written.

use std::collections::HashSet;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// Lines of a multi-line value shorter than this are not secrets by themselves.
const SHORTEST_LINE: usize = 8;

/// Adds every spelling of `secret`.
pub(super) fn add(secret: &str, spellings: &mut HashSet<Vec<u8>>) {
    add_text(secret, spellings);
    add_base64(secret.as_bytes(), spellings);
    // A value ending in a newline is often used without it.
    let trimmed = secret.trim();
    if trimmed != secret {
        add_text(trimmed, spellings);
        add_base64(trimmed.as_bytes(), spellings);
    }
    if trimmed.contains('\n') {
        let lines = trimmed.lines().map(str::trim);
        for line in lines.filter(|line| line.chars().count() >= SHORTEST_LINE) {
            spellings.insert(line.as_bytes().to_vec());
            spellings.insert(escaped(line, false).into_bytes());
        }
        // A file written on another system, or folded by a template.
        add_text(&trimmed.replace('\n', "\r\n"), spellings);
    }
}

fn add_text(text: &str, spellings: &mut HashSet<Vec<u8>>) {
    let mut add = |spelling: String| {
        spellings.insert(spelling.into_bytes());
    };
    add(text.to_owned());
    let json = escaped(text, false);
    add(json.replace('/', "\\/"));
    add(json);
    add(escaped(text, true));
    // YAML and shells double or interrupt a single quote.
    add(text.replace('\'', "''"));
    add(text.replace('\'', "'\\''"));
    for (kept, space) in [(UNRESERVED, "%20"), (UNRESERVED, "+"), (PATH, "%20"), (COMPONENT, "%20")] {
        let encoded = url_encoded(text, kept, space);
        add(lower_hex(&encoded));
        add(encoded);
    }
}

/// What JSON, a double-quoted YAML scalar and Go's `%q` make of `text`, without the quotes. They differ in control
/// characters only, and in `<`, `>` and `&`, which Go's JSON escapes (`html`).
fn escaped(text: &str, html: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' if html => push_unicode(&mut out, c),
            '\0'..='\u{1f}' | '\u{7f}' => push_unicode(&mut out, c),
            '\u{2028}' | '\u{2029}' if html => push_unicode(&mut out, c),
            _ => out.push(c),
        }
    }
    out
}

fn push_unicode(out: &mut String, c: char) {
    // Writing to a String cannot fail.
    let _ = write!(out, "\\u{:04x}", u32::from(c));
}

/// What no URL encoder escapes (RFC 3986, 2.3).
const UNRESERVED: &str = "-._~";
/// What Go's `url.PathEscape` leaves besides.
const PATH: &str = "-._~$&+:=@";
/// What JavaScript's `encodeURIComponent` leaves.
const COMPONENT: &str = "-._~!*'()";

fn url_encoded(text: &str, kept: &str, space: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || (c.is_ascii() && kept.contains(c)) {
            out.push(c);
        } else if c == ' ' {
            out.push_str(space);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The same with `%2f` for `%2F`.
fn lower_hex(encoded: &str) -> String {
    let mut out = String::with_capacity(encoded.len());
    let mut digits = 0_u8;
    for c in encoded.chars() {
        digits = if c == '%' { 2 } else { digits };
        let is_digit = c != '%' && digits > 0;
        out.push(if is_digit { c.to_ascii_lowercase() } else { c });
        digits -= u8::from(is_digit);
    }
    out
}

/// Base64 of the value alone, and what is always the same of it inside a longer encoded text: three possible starts
/// relative to the groups of three bytes. The characters at both ends that share bits with neighbours stay; they tell
/// at most four bits each.
fn add_base64(bytes: &[u8], spellings: &mut HashSet<Vec<u8>>) {
    for alphabet in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
        spellings.insert(alphabet.encode(bytes).into_bytes());
    }
    for alphabet in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        for before in 0..3_usize {
            let shifted = [&[0_u8, 0][..before], bytes].concat();
            let encoded = alphabet.encode(&shifted).into_bytes();
            let inside = (before * 8).div_ceil(6)..shifted.len() * 8 / 6;
            spellings.insert(encoded[inside].to_vec());
        }
    }
}
