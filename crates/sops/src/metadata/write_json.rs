//! [`Metadata`] to the text of the `sops` member of a JSON object: keys sorted, one space after colons, which readers
//! that look for `"mac": "ENC[` rely on.

use yamldoc::json_quoted;

use super::{Field, Metadata};
use crate::selector;

/// How the lines of the block are laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pretty {
    pub(crate) line_break: &'static str,
    /// Indentation of the member itself.
    pub(crate) margin: String,
    /// One level more.
    pub(crate) unit: String,
}

impl Metadata {
    /// `"sops": {...}`, over several lines if `pretty`. A binary file names no selector.
    pub(crate) fn json(&self, layout: Option<&str>, pretty: Option<&Pretty>, with_selector: bool) -> String {
        let fields = match self.fields(layout) {
            Field::Map(fields) if !with_selector => {
                let kept = fields.into_iter().filter(|(name, _)| !selector::FIELDS.contains(&name.as_str()));
                Field::Map(kept.collect())
            }
            fields => fields,
        };
        let mut writer = Writer { out: String::with_capacity(2048), pretty, depth: 0 };
        writer.out.push_str("\"sops\": ");
        writer.value(&fields);
        writer.out
    }
}

struct Writer<'a> {
    out: String,
    pretty: Option<&'a Pretty>,
    depth: usize,
}

impl Writer<'_> {
    fn value(&mut self, field: &Field) {
        match field {
            Field::Map(entries) => self.collection(('{', '}'), entries, |writer, (key, value)| {
                writer.out.push_str(&json_quoted(key));
                writer.out.push_str(": ");
                writer.value(value);
            }),
            Field::List(items) => self.collection(('[', ']'), items, Self::value),
            Field::Literal(text) if is_literal(text) => self.out.push_str(text),
            literal @ Field::Literal(_) if literal.is_null() => self.out.push_str("null"),
            Field::Text(text) | Field::Literal(text) => self.out.push_str(&json_quoted(text)),
        }
    }

    fn collection<T>(&mut self, brackets: (char, char), items: &[T], write: impl Fn(&mut Self, &T)) {
        self.out.push(brackets.0);
        self.depth += 1;
        for (number, item) in items.iter().enumerate() {
            if number > 0 {
                self.out.push_str(if self.pretty.is_some() { "," } else { ", " });
            }
            self.line();
            write(self, item);
        }
        self.depth -= 1;
        if !items.is_empty() {
            self.line();
        }
        self.out.push(brackets.1);
    }

    fn line(&mut self) {
        let Some(pretty) = self.pretty else { return };
        self.out.push_str(pretty.line_break);
        self.out.push_str(&pretty.margin);
        self.out.extend(std::iter::repeat_n(pretty.unit.as_str(), self.depth));
    }
}

/// Fields read from YAML may be literals that JSON does not have.
fn is_literal(text: &str) -> bool {
    matches!(text, "true" | "false" | "null") || yamldoc::json_number(text).is_some()
}
