//! Text to a scalar token that reads back as exactly that string, for SOPS and for Helm.

use crate::resolve::{Profile, Value, resolve};
use crate::tree::Style;

/// The style to use if the text allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// No quotes; a literal block for several lines where blocks may stand.
    Plain,
    /// `'...'`
    Single,
    /// `"..."`
    Double,
}

/// Where the token will stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context<'a> {
    /// Inside `[]` or `{}`, or a key: one line, and no flow indicators in plain text.
    pub flow: bool,
    /// Indentation for the lines of a literal block; `None` where no block may stand.
    pub indent: Option<usize>,
    /// The line break of the document.
    pub line_break: &'a str,
}

/// A token for `text` as a string, in the wanted style or the nearest one that can carry it.
#[must_use]
pub fn render(text: &str, wanted: Wanted, context: Context<'_>) -> String {
    let token = match wanted {
        Wanted::Plain => plain(text, context.flow).map(str::to_owned).or_else(|| {
            let indent = context.indent.filter(|_| text.contains('\n'))?;
            literal_block(text, indent, context.line_break)
        }),
        Wanted::Single => single_quoted(text),
        Wanted::Double => None,
    };
    token.unwrap_or_else(|| double_quoted(text))
}

/// `text` itself where it can stand without quotes as a string under both profiles.
#[must_use]
pub fn plain(text: &str, flow: bool) -> Option<&str> {
    let bytes = text.as_bytes();
    let first = *bytes.first()?;
    let last = *bytes.last()?;
    let starts_well = match first {
        b'-' | b'?' | b':' => bytes.get(1).is_some_and(|&b| b != b' ' && !(flow && b",[]{}".contains(&b))),
        _ => !b",[]{}#&*!|>'\"%@`= \t".contains(&first),
    };
    let inside = |pair: &[u8]| matches!(pair, b": " | b":\t" | b" #" | b"\t#");
    let unsafe_char =
        |c: char| !printable(c) || c == '\t' || (flow && matches!(c, ',' | '[' | ']' | '{' | '}'));
    if !starts_well
        || last == b' '
        || last == b':'
        || text.starts_with("---")
        || text.starts_with("...")
        || bytes.windows(2).any(inside)
        || (flow && bytes.windows(2).any(|pair| pair[0] == b':' && b",[]{}".contains(&pair[1])))
        || text.chars().any(unsafe_char)
        || sexagesimal(text)
        || text == "<<"
    {
        return None;
    }
    let string = |profile| matches!(resolve(text, Style::Plain, None, profile), Ok(Value::Str(_)));
    (string(Profile::Sops) && string(Profile::Helm)).then_some(text)
}

/// `1:30`: a number in base 60 to YAML 1.1 readers.
#[must_use]
pub fn sexagesimal(text: &str) -> bool {
    text.contains(':') && text.bytes().all(|b| b.is_ascii_digit() || b":._+-".contains(&b))
}

/// Characters that may stand raw in any scalar: no controls, no Unicode line breaks, no byte order mark.
fn printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
        || c == '\t'
}

/// `'text'`, if it has no character that needs an escape and stays on one line.
#[must_use]
pub fn single_quoted(text: &str) -> Option<String> {
    text.chars().all(printable).then(|| format!("'{}'", text.replace('\'', "''")))
}

/// `"text"` with escapes; carries any text.
#[must_use]
pub fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if printable(c) => out.push(c),
            c => {
                let code = u32::from(c);
                let escaped = if code < 0x100 { format!("\\x{code:02x}") } else { format!("\\u{code:04x}") };
                out.push_str(&escaped);
            }
        }
    }
    out.push('"');
    out
}

/// `"text"` as JSON has it; carries any text. What YAML readers of the token would fold or refuse is escaped too.
#[must_use]
pub fn json_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if printable(c) => out.push(c),
            // Nothing above U+FFFF is unprintable, so there are no pairs to write.
            c => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

/// A literal block token (`|`, `|-` or `|+`, then the lines) for text of several lines that needs no escapes and no
/// indentation digit.
#[must_use]
pub fn literal_block(text: &str, indent: usize, line_break: &str) -> Option<String> {
    let body = text.trim_end_matches('\n');
    let breaks = text.len() - body.len();
    let carried = |line: &str| line.is_empty() || !line.trim_matches([' ', '\t']).is_empty();
    let odd = |c: char| c != '\n' && !printable(c);
    if body.is_empty()
        || body.starts_with([' ', '\t', '\n'])
        || body.chars().any(odd)
        || !body.split('\n').all(carried)
    {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(match breaks {
        0 => "|-",
        1 => "|",
        _ => "|+",
    });
    for line in body.split('\n') {
        out.push_str(line_break);
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent));
            out.push_str(line);
        }
    }
    for _ in 1..breaks {
        out.push_str(line_break);
    }
    Some(out)
}

#[cfg(test)]
mod tests;
