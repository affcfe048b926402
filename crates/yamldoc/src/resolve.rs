//! What type a scalar has. SOPS and Helm disagree, so there are two profiles.

use std::borrow::Cow;

use crate::tree::{Style, TagKind};
use crate::{float, timestamp};

/// Whose typing rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// yaml.v3 as SOPS uses it: `yes` is a string, `2024-01-01` a timestamp.
    Sops,
    /// sigs.k8s.io/yaml as Helm uses it: YAML 1.1, `yes` is a bool, `2024-01-01` a string.
    Helm,
}

/// A typed scalar.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// `null`, `~` or nothing.
    Null,
    /// A bool.
    Bool(bool),
    /// A whole number in 64 bits with sign.
    Int(i64),
    /// A whole number that fits 64 bits only without sign.
    UInt(u64),
    /// Any other number.
    Float(f64),
    /// A timestamp in RFC 3339.
    Time(String),
    /// Text.
    Str(Cow<'a, str>),
    /// `!!binary` whose bytes are not UTF-8.
    Bytes(Vec<u8>),
}

/// An explicit tag that the text does not fit, such as `!!bool "yes"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value does not fit its tag")]
pub struct BadTag;

/// Types a scalar: `text` is its decoded text, `tag` its explicit tag.
///
/// # Errors
/// [`BadTag`].
pub fn resolve<'a>(
    text: &'a str,
    style: Style,
    tag: Option<TagKind>,
    profile: Profile,
) -> Result<Value<'a>, BadTag> {
    let string = || Value::Str(Cow::Borrowed(text));
    match tag {
        None | Some(TagKind::NonSpecific) if style == Style::Plain => Ok(untagged(text, profile)),
        None | Some(TagKind::NonSpecific | TagKind::Str | TagKind::Other) => Ok(string()),
        Some(TagKind::Binary) => binary(text),
        Some(TagKind::Timestamp) => timestamp::yaml(text).map(Value::Time).ok_or(BadTag),
        Some(tag) => {
            let value = untagged(text, profile);
            match (tag, &value) {
                (TagKind::Int, Value::Int(_) | Value::UInt(_))
                | (TagKind::Float, Value::Float(_))
                | (TagKind::Bool, Value::Bool(_))
                | (TagKind::Null, Value::Null) => Ok(value),
                #[expect(clippy::cast_precision_loss, reason = "yaml.v3 converts a tagged int the same way")]
                (TagKind::Float, &Value::Int(int)) => Ok(Value::Float(int as f64)),
                _ => Err(BadTag),
            }
        }
    }
}

/// Types a scalar of a JSON text as SOPS does since 3.13.2: what fits 64 bits with sign is whole.
pub(crate) fn resolve_json(text: &str, style: Style) -> Value<'_> {
    let string = Value::Str(Cow::Borrowed(text));
    match text {
        _ if style != Style::Plain => string,
        "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => match text.parse() {
            Ok(int) => Value::Int(int),
            Err(_) => float::parse(text).map_or(string, Value::Float),
        },
    }
}

/// yaml.v3's `resolve`: tables first, then by the first character.
fn untagged(text: &str, profile: Profile) -> Value<'_> {
    let string = Value::Str(Cow::Borrowed(text));
    let Some(&first) = text.as_bytes().first() else { return Value::Null };
    match first {
        b'0'..=b'9' | b'+' | b'-' => numeric(text, profile).unwrap_or(string),
        b'.' => match text {
            ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
            ".inf" | ".Inf" | ".INF" => Value::Float(f64::INFINITY),
            _ => float::parse(text).map_or(string, Value::Float),
        },
        b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'o' | b'O' => {
            word(text, profile).unwrap_or(string)
        }
        _ => string,
    }
}

fn word(text: &str, profile: Profile) -> Option<Value<'static>> {
    match text {
        "~" | "null" | "Null" | "NULL" => Some(Value::Null),
        "true" | "True" | "TRUE" => Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => Some(Value::Bool(false)),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" if profile == Profile::Helm => {
            Some(Value::Bool(true))
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" if profile == Profile::Helm => {
            Some(Value::Bool(false))
        }
        _ => None,
    }
}

fn numeric(text: &str, profile: Profile) -> Option<Value<'_>> {
    match text {
        "+.inf" | "+.Inf" | "+.INF" => return Some(Value::Float(f64::INFINITY)),
        "-.inf" | "-.Inf" | "-.INF" => return Some(Value::Float(f64::NEG_INFINITY)),
        _ => {}
    }
    if let Some(time) = timestamp::yaml(text) {
        return Some(match profile {
            Profile::Sops => Value::Time(time),
            Profile::Helm => Value::Str(Cow::Borrowed(text)),
        });
    }
    let digits: Cow<'_, str> = if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    integer(&digits)
        .or_else(|| style_float(&digits).then(|| float::parse(&digits).map(Value::Float)).flatten())
}

/// Go's `ParseInt(s, 0, 64)`, then `ParseUint`: the prefix decides the base, a leading zero means octal.
fn integer(text: &str) -> Option<Value<'static>> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &unsigned[2..]),
        [b'0', b'o' | b'O', ..] => (8, &unsigned[2..]),
        [b'0', b'b' | b'B', ..] => (2, &unsigned[2..]),
        [b'0', _, ..] => (8, &unsigned[1..]),
        _ => (10, unsigned),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return 0_i64.checked_sub_unsigned(magnitude).map(Value::Int);
    }
    match i64::try_from(magnitude) {
        Ok(int) => Some(Value::Int(int)),
        // A sign keeps Go's ParseUint away.
        Err(_) if unsigned.len() == text.len() => Some(Value::UInt(magnitude)),
        Err(_) => None,
    }
}

/// sign? (.d+ | d+ (. d*)?) exponent?
fn style_float(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let mantissa_ok = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && digits(fraction),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    mantissa_ok
        && exponent.is_none_or(|exponent| {
            let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent)
        })
}

/// `!!binary`: base64 with blanks and line breaks allowed.
fn binary(text: &str) -> Result<Value<'static>, BadTag> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count, mut padding) = (0_u32, 0_u32, 0_u32);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding += 1;
                continue;
            }
            _ => return Err(BadTag),
        };
        if padding > 0 {
            return Err(BadTag);
        }
        bits = bits << 6 | u32::from(digit);
        count += 1;
        if count % 4 == 0 {
            bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
            bits = 0;
        }
    }
    match (count % 4, padding) {
        (0, 0) => {}
        (2, 2) => bytes.push((bits >> 4) as u8),
        (3, 1) => bytes.extend_from_slice(&((bits >> 2) as u16).to_be_bytes()),
        _ => return Err(BadTag),
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => Value::Str(text.into()),
        Err(error) => Value::Bytes(error.into_bytes()),
    })
}

#[cfg(test)]
mod tests;
