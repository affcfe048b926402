//! Typed leaves and their bytes, which are what SOPS encrypts and hashes.

use std::borrow::Cow;

use yamldoc::Value;
use zeroize::Zeroizing;

use crate::error::ValueProblem;

/// Type tag of an `ENC[...]` string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Type {
    Str,
    Int,
    Float,
    Bool,
    Time,
    Comment,
}

impl Type {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Str => "str",
            Self::Int => "int",
            Self::Float => "float",
            Self::Bool => "bool",
            Self::Time => "time",
            Self::Comment => "comment",
        }
    }

    /// Types in other spellings or unknown ones are errors; `bytes` is one, the Python tool's.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "str" => Self::Str,
            "int" => Self::Int,
            "float" => Self::Float,
            "bool" => Self::Bool,
            "time" => Self::Time,
            "comment" => Self::Comment,
            _ => return None,
        })
    }
}

/// A leaf that is not null: its type and canonical bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Typed<'a> {
    pub(crate) kind: Type,
    pub(crate) bytes: Cow<'a, [u8]>,
}

impl<'a> Typed<'a> {
    pub(crate) fn comment(text: &'a str) -> Self {
        Self { kind: Type::Comment, bytes: text.as_bytes().into() }
    }

    /// `None` for null. An unsigned number has no form.
    pub(crate) fn of(value: Value<'a>) -> Result<Option<Self>, crate::error::Unsupported> {
        let (kind, bytes) = match value {
            Value::Null => return Ok(None),
            Value::UInt(_) => return Err(crate::error::Unsupported::Unsigned),
            Value::Bool(true) => (Type::Bool, Cow::Borrowed(b"True".as_slice())),
            Value::Bool(false) => (Type::Bool, Cow::Borrowed(b"False".as_slice())),
            Value::Int(int) => (Type::Int, int.to_string().into_bytes().into()),
            Value::Float(float) => (Type::Float, yamldoc::fixed_float(float).into_bytes().into()),
            Value::Time(time) => (Type::Time, time.into_bytes().into()),
            Value::Str(Cow::Borrowed(text)) => (Type::Str, text.as_bytes().into()),
            Value::Str(Cow::Owned(text)) => (Type::Str, text.into_bytes().into()),
            Value::Bytes(bytes) => (Type::Str, bytes.into()),
        };
        Ok(Some(Self { kind, bytes }))
    }

    /// Empty strings are never encrypted.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// A decrypted leaf: its canonical bytes, which the MAC covers, and the text that was inside the ciphertext.
///
/// They differ for `007` (int), `1.50` (float), `1` (bool) or a time with trailing zeros.
pub(crate) struct Opened {
    pub(crate) kind: Type,
    pub(crate) raw: Zeroizing<Vec<u8>>,
    pub(crate) canonical: Option<Zeroizing<Vec<u8>>>,
}

impl Opened {
    /// Types decrypted bytes by the rules of SOPS (Go's `strconv`).
    pub(crate) fn parse(kind: Type, raw: Zeroizing<Vec<u8>>) -> Result<Self, ValueProblem> {
        let text = || std::str::from_utf8(&raw).map_err(|_| ValueProblem::Parse("text"));
        let canonical = match kind {
            Type::Str | Type::Comment => None,
            Type::Int => Some(int(text()?).ok_or(ValueProblem::Parse("an int"))?.to_string()),
            Type::Float => {
                let float = yamldoc::parse_float(text()?).ok_or(ValueProblem::Parse("a float"))?;
                Some(yamldoc::fixed_float(float))
            }
            Type::Bool => Some(match text()? {
                "1" | "t" | "T" | "TRUE" | "true" | "True" => "True".to_owned(),
                "0" | "f" | "F" | "FALSE" | "false" | "False" => "False".to_owned(),
                _ => return Err(ValueProblem::Parse("a bool")),
            }),
            Type::Time => Some(yamldoc::rfc3339(text()?, true).ok_or(ValueProblem::Parse("a timestamp"))?),
        };
        let canonical = canonical.map(|text| Zeroizing::new(text.into_bytes()));
        Ok(Self { kind, canonical: canonical.filter(|bytes| **bytes != *raw), raw })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.canonical.as_ref().unwrap_or(&self.raw)
    }

    pub(crate) fn typed(&self) -> Typed<'_> {
        Typed { kind: self.kind, bytes: self.bytes().into() }
    }
}

/// Optional sign and decimal digits; no `_`, no base prefix.
fn int(text: &str) -> Option<i64> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(kind: Type, raw: &str) -> Result<String, ValueProblem> {
        let opened = Opened::parse(kind, Zeroizing::new(raw.as_bytes().to_vec()))?;
        Ok(String::from_utf8(opened.bytes().to_vec()).unwrap())
    }

    #[test]
    fn the_mac_covers_the_parsed_value() {
        for (kind, raw, bytes) in [
            (Type::Int, "007", "7"),
            (Type::Int, "+7", "7"),
            (Type::Float, "1.50", "1.5"),
            (Type::Float, "1e10", "10000000000"),
            (Type::Bool, "t", "True"),
            (Type::Time, "2026-01-02T03:04:05.120+00:00", "2026-01-02T03:04:05.12Z"),
            (Type::Str, " a ", " a "),
        ] {
            assert_eq!(canonical(kind, raw).as_deref(), Ok(bytes));
        }
    }

    #[test]
    fn what_go_does_not_parse_is_an_error() {
        for (kind, raw) in [
            (Type::Int, "9223372036854775808"),
            (Type::Int, "1_0"),
            (Type::Int, "0x1"),
            (Type::Int, " 1"),
            (Type::Float, "1e400"),
            (Type::Bool, "yes"),
            (Type::Time, "2026-01-02"),
        ] {
            assert!(matches!(canonical(kind, raw), Err(ValueProblem::Parse(_))), "{raw}");
        }
    }
}
