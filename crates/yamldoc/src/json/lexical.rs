//! Tokens of JSON: blanks, strings, numbers, names; and what is wrong where none can be read.

use std::borrow::Cow;

use super::Parser;
use crate::resolve::resolve_json;
use crate::tree::Style;
use crate::{Error, Value, parse_float, place};

impl<'a> Parser<'a> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// A string, decoded; borrowed where nothing is escaped.
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, Error> {
        let open = self.at;
        self.at += 1;
        let mut decoded: Option<String> = None;
        loop {
            let start = self.at;
            let run = self.text.as_bytes()[start..].iter().position(|&b| b == b'"' || b == b'\\' || b < b' ');
            self.at = run.map_or(self.text.len(), |run| start + run);
            let part = &self.text[start..self.at];
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(match decoded {
                        None => part.into(),
                        Some(mut text) => {
                            text.push_str(part);
                            text.into()
                        }
                    });
                }
                Some(b'\\') => {
                    let mut text = decoded.take().unwrap_or_default();
                    text.push_str(part);
                    text.push(self.escape()?);
                    decoded = Some(text);
                }
                Some(b'\n' | b'\r') => return Err(self.error(open, "this string does not end on its line")),
                Some(_) => return Err(self.error(self.at, "a control character in a string; escape it")),
                None => return Err(self.error(open, "this string does not end")),
            }
        }
    }

    /// The character of the escape that begins here.
    fn escape(&mut self) -> Result<char, Error> {
        let start = self.at;
        let code = self.text.as_bytes().get(start + 1).copied();
        self.at += 2;
        Ok(match code {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let unit = self.unit(start)?;
                let code = match unit {
                    0xd800..=0xdbff if self.text[self.at..].starts_with("\\u") => {
                        self.at += 2;
                        let low = self.unit(start)?;
                        let low = (0xdc00..=0xdfff).contains(&low).then_some(low.wrapping_sub(0xdc00));
                        low.map(|low| 0x10000 + ((unit - 0xd800) << 10) + low)
                    }
                    _ => Some(unit),
                };
                code.and_then(char::from_u32)
                    .ok_or_else(|| self.error(start, "half a surrogate pair, which is no character"))?
            }
            _ => return Err(self.error(start, "an escape that JSON does not have")),
        })
    }

    /// Four hex digits of the escape at `start`.
    fn unit(&mut self, start: usize) -> Result<u32, Error> {
        let digits = self.text.get(self.at..self.at + 4);
        let digits = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        self.at += 4;
        unit.ok_or_else(|| self.error(start, "`\\u` needs four hex digits"))
    }

    /// A number, `true`, `false` or `null`.
    pub(super) fn plain(&mut self) -> Result<&'a str, Error> {
        let start = self.at;
        let rest = &self.text[start..];
        let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.' | b'_');
        let token = &rest[..rest.bytes().position(|b| !word(b)).unwrap_or(rest.len())];
        if matches!(token, "true" | "false" | "null") {
            self.at += token.len();
            return Ok(token);
        }
        if is_number(token) {
            if parse_float(token).is_none() {
                return Err(self.error(start, "a number beyond the range of floats"));
            }
            self.at += token.len();
            return Ok(token);
        }
        Err(match token.trim_start_matches(['+', '-']) {
            "NaN" | "nan" | "Infinity" | "inf" | "Inf" => {
                self.error(start, "JSON has no NaN and no Infinity")
            }
            _ if token.starts_with(|c: char| "+-.".contains(c) || c.is_ascii_digit()) => {
                self.error(start, "a number that JSON does not have")
            }
            _ => self.unexpected("a value"),
        })
    }

    pub(super) fn error(&self, at: usize, message: &str) -> Error {
        Error::Syntax { place: place(self.text, at), message: message.to_owned() }
    }

    /// Says what should be here, and what else JSON's relatives would have in its place. Does not quote the text, which
    /// may be a secret.
    pub(super) fn unexpected(&self, wanted: &str) -> Error {
        let found = match self.peek() {
            None => "; the text ends here",
            Some(b'/' | b'#') => "; JSON has no comments",
            Some(b'\'') => "; JSON has double quotes only",
            Some(b',') => "; there is a comma too many",
            Some(b']' | b'}') => "; a bracket closes too early, or there is a comma before it",
            Some(_) => "",
        };
        self.error(self.at, &format!("{wanted} must stand here{found}"))
    }
}

/// `-? (0 | [1-9] d*) (. d+)? ([eE] [+-]? d+)?`
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

/// The value of `text` if it is a number as JSON writes it, within the range of floats.
#[must_use]
pub fn number(text: &str) -> Option<Value<'_>> {
    (is_number(text) && parse_float(text).is_some()).then(|| resolve_json(text, Style::Plain))
}
