//! Values that are put into a text.

use std::fmt;

use crate::{Error, Kind, NodeId, Place, Profile, Stream, Value, general_float};

/// A value to be written: what JSON can say, with whole numbers exact.
///
/// Never printed by `Debug`: it is a secret more often than not.
#[derive(Clone, PartialEq)]
pub enum NewValue {
    /// `null`
    Null,
    /// A bool.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A string, of one or many lines.
    Text(String),
    /// A list.
    List(Vec<NewValue>),
    /// A map; keys in order, none twice.
    Map(Vec<(String, NewValue)>),
}

/// Why a text is no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NewValueError {
    /// Not JSON, nested too deeply, or a map with the same key twice.
    #[error(transparent)]
    Json(#[from] Error),
    /// A whole number outside 64 bits with sign, which a float would round.
    #[error("{place}: whole numbers must be between -9223372036854775808 and 9223372036854775807")]
    Number {
        /// The number.
        place: Place,
    },
}

impl NewValue {
    /// Reads one JSON value. Numbers without a fraction and an exponent are whole and stay exact; all others are
    /// floats.
    ///
    /// # Errors
    /// [`NewValueError`]; the message says where, not what.
    pub fn from_json(text: &str) -> Result<Self, NewValueError> {
        let stream = Stream::parse_json(text)?;
        stream.check_keys()?;
        match stream.documents.first() {
            Some(document) => read(&stream, document.root),
            None => Ok(Self::Null),
        }
    }

    /// Whether it is an empty map or list.
    pub(crate) fn is_empty_collection(&self) -> bool {
        match self {
            Self::List(items) => items.is_empty(),
            Self::Map(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// Whether it is a map or list.
    pub(crate) fn is_collection(&self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_))
    }

    /// Whether `node` is exactly this value for SOPS and for Helm.
    #[must_use]
    pub fn is_read_from(&self, stream: &Stream<'_>, node: NodeId) -> bool {
        let id = stream.resolved(node);
        match (&stream.node(id).kind, self) {
            (Kind::Sequence { items, .. }, Self::List(values)) => {
                items.len() == values.len()
                    && values.iter().zip(items).all(|(value, &item)| value.is_read_from(stream, item))
            }
            (Kind::Mapping { entries, .. }, Self::Map(values)) => {
                entries.len() == values.len()
                    && values.iter().zip(entries).all(|((key, value), &(name, node))| {
                        stream.key(name) == Ok(key) && value.is_read_from(stream, node)
                    })
            }
            (Kind::Scalar { .. }, _) => [Profile::Sops, Profile::Helm]
                .into_iter()
                .all(|profile| matches!(stream.value(id, profile), Ok(Some(value)) if self.is(&value))),
            _ => false,
        }
    }

    fn is(&self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Self::Null, Value::Null) => true,
            (Self::Bool(a), Value::Bool(b)) => a == b,
            (Self::Int(a), Value::Int(b)) => a == b,
            (Self::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
            (Self::Text(a), Value::Str(b)) => a == b,
            _ => false,
        }
    }

    /// The token of a scalar that is no string, the same in YAML and JSON; `None` for strings, lists and maps.
    #[must_use]
    pub fn plain_token(&self) -> Option<String> {
        Some(match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => general_float(*value),
            Self::Text(_) | Self::List(_) | Self::Map(_) => return None,
        })
    }
}

fn read(stream: &Stream<'_>, id: NodeId) -> Result<NewValue, NewValueError> {
    Ok(match &stream.node(id).kind {
        Kind::Sequence { items, .. } => {
            NewValue::List(items.iter().map(|&item| read(stream, item)).collect::<Result<_, _>>()?)
        }
        Kind::Mapping { entries, .. } => {
            let entry = |&(key, value): &(NodeId, NodeId)| {
                Ok::<_, NewValueError>((stream.key(key)?.to_owned(), read(stream, value)?))
            };
            NewValue::Map(entries.iter().map(entry).collect::<Result<_, _>>()?)
        }
        Kind::Scalar { .. } | Kind::Alias { .. } => match stream.value(id, Profile::Sops) {
            Ok(Some(Value::Bool(value))) => NewValue::Bool(value),
            Ok(Some(Value::Int(value))) => NewValue::Int(value),
            Ok(Some(Value::Float(value))) => {
                let source = stream.source(stream.node(id).span);
                if !source.contains(['.', 'e', 'E']) {
                    return Err(NewValueError::Number { place: stream.place(id) });
                }
                NewValue::Float(value)
            }
            Ok(Some(Value::Str(value))) => NewValue::Text(value.into_owned()),
            _ => NewValue::Null,
        },
    })
}

impl fmt::Debug for NewValue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Null => "Null",
            Self::Bool(_) => "Bool(..)",
            Self::Int(_) => "Int(..)",
            Self::Float(_) => "Float(..)",
            Self::Text(_) => "Text(..)",
            Self::List(_) => "List(..)",
            Self::Map(_) => "Map(..)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_stay_exact() {
        for (text, value) in [
            ("9007199254740993", NewValue::Int(9_007_199_254_740_993)),
            (" 7 ", NewValue::Int(7)),
            ("7.0", NewValue::Float(7.0)),
            ("1e3", NewValue::Float(1000.0)),
            ("null", NewValue::Null),
            ("\"7\"", NewValue::Text("7".to_owned())),
            ("[true, {\"a\": []}]", {
                let map = NewValue::Map(vec![("a".to_owned(), NewValue::List(Vec::new()))]);
                NewValue::List(vec![NewValue::Bool(true), map])
            }),
        ] {
            assert!(NewValue::from_json(text) == Ok(value), "{text}");
        }
    }

    #[test]
    fn what_json_cannot_say_exactly_is_refused() {
        assert!(matches!(NewValue::from_json("9223372036854775808"), Err(NewValueError::Number { .. })));
        for text in ["", "nope", "'a'", "{\"a\":1,\"a\":2}", "[1,]", "1 2", "NaN", "1e999"] {
            assert!(NewValue::from_json(text).is_err(), "{text}");
        }
    }

    #[test]
    fn debug_shows_no_value() {
        let value = NewValue::from_json("{\"hunter2\": \"hunter2\"}").unwrap();
        assert_eq!(format!("{value:?}"), "Map(..)");
    }
}
