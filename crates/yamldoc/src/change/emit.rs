//! New values as text.

use crate::change::form::Form;
use crate::{Context, NewValue, Syntax, Wanted, double_quoted, json_quoted, render};

/// Writes values in the manner of one text.
pub(super) struct Emit<'f> {
    pub(super) form: &'f Form,
    pub(super) syntax: Syntax,
    /// No literal blocks: what stands around them could become part of them.
    pub(super) careful: bool,
}

impl Emit<'_> {
    /// The token of a scalar. `indent` is where the lines of a literal block would stand; in flow style there are none.
    pub(super) fn scalar(&self, value: &NewValue, wanted: Wanted, flow: bool, indent: usize) -> String {
        let NewValue::Text(text) = value else { return value.plain_token().unwrap_or_default() };
        match self.syntax {
            Syntax::Json => json_quoted(text),
            Syntax::Yaml if self.careful && text.contains('\n') => double_quoted(text),
            Syntax::Yaml => {
                let indent = Some(indent).filter(|&indent| !flow && indent > 0);
                render(text, wanted, Context { flow, indent, line_break: self.form.line_break })
            }
        }
    }

    /// The token of a key.
    pub(super) fn key(&self, key: &str, wanted: Wanted, flow: bool) -> String {
        match self.syntax {
            Syntax::Json => json_quoted(key),
            Syntax::Yaml => {
                render(key, wanted, Context { flow, indent: None, line_break: self.form.line_break })
            }
        }
    }

    /// A value in flow style. `outer` is the indentation of the line it begins on if collections may take several
    /// lines, as those of JSON do.
    pub(super) fn flow(&self, value: &NewValue, wanted: Wanted, outer: Option<&str>) -> String {
        let pair = |(key, value): &(String, NewValue), outer: Option<&str>| {
            format!(
                "{}:{}{}",
                self.key(key, Wanted::Plain, true),
                self.blank(),
                self.flow(value, wanted, outer)
            )
        };
        let unit = self.form.unit.as_deref();
        let inner = outer.zip(unit).map(|(outer, unit)| format!("{outer}{unit}"));
        let (open, close, items): (_, _, Vec<String>) = match value {
            NewValue::Map(entries) => {
                ('{', '}', entries.iter().map(|entry| pair(entry, inner.as_deref())).collect())
            }
            NewValue::List(items) => {
                ('[', ']', items.iter().map(|item| self.flow(item, wanted, inner.as_deref())).collect())
            }
            _ => return self.scalar(value, wanted, true, 0),
        };
        match (outer.filter(|_| !items.is_empty()), inner) {
            (Some(outer), Some(inner)) => {
                let line_break = self.form.line_break;
                let items = items.join(&format!(",{line_break}{inner}"));
                format!("{open}{line_break}{inner}{items}{line_break}{outer}{close}")
            }
            _ => format!("{open}{}{close}", items.join(&format!(",{}", self.blank()))),
        }
    }

    /// What stands after a colon or comma of a flow collection.
    pub(super) fn blank(&self) -> &'static str {
        match self.syntax {
            Syntax::Yaml => " ",
            Syntax::Json => self.form.blank,
        }
    }

    /// The lines of a collection in block style whose keys or dashes stand at `column`, without the indentation of
    /// the first line.
    pub(super) fn body(&self, value: &NewValue, column: usize) -> String {
        let entries: Vec<String> = match value {
            NewValue::Map(entries) => {
                entries.iter().map(|(key, value)| self.entry(key, Wanted::Plain, value, column)).collect()
            }
            NewValue::List(items) => items.iter().map(|item| self.item(item, " ", column)).collect(),
            _ => Vec::new(),
        };
        entries.join(&self.next_line(column))
    }

    /// An entry of a block map whose keys stand at `column`.
    pub(super) fn entry(&self, key: &str, wanted: Wanted, value: &NewValue, column: usize) -> String {
        format!("{}:{}", self.key(key, wanted, false), self.after_key(value, Wanted::Plain, column))
    }

    /// An item of a block list whose dashes stand at `column`.
    pub(super) fn item(&self, value: &NewValue, gap: &str, column: usize) -> String {
        format!("-{}", self.after_dash(value, Wanted::Plain, gap, column))
    }

    /// What follows the colon of an entry in block style.
    pub(super) fn after_key(&self, value: &NewValue, wanted: Wanted, column: usize) -> String {
        if !value.is_collection() {
            return format!(" {}", self.scalar(value, wanted, false, column + self.form.step));
        }
        if value.is_empty_collection() {
            return format!(" {}", self.flow(value, wanted, None));
        }
        let column = self.below_key(value, column);
        format!("{}{}", self.next_line(column), self.body(value, column))
    }

    /// Column of the collection below a key at `column`.
    pub(super) fn below_key(&self, value: &NewValue, column: usize) -> usize {
        column + if matches!(value, NewValue::List(_)) { self.form.dash } else { self.form.step }
    }

    /// What follows the dash of an item in block style: collections begin on its line.
    pub(super) fn after_dash(&self, value: &NewValue, wanted: Wanted, gap: &str, column: usize) -> String {
        let inner = column + 1 + gap.len();
        if !value.is_collection() {
            return format!("{gap}{}", self.scalar(value, wanted, false, inner));
        }
        if value.is_empty_collection() {
            return format!("{gap}{}", self.flow(value, wanted, None));
        }
        format!("{gap}{}", self.body(value, inner))
    }

    /// A line break and the indentation to `column`.
    pub(super) fn next_line(&self, column: usize) -> String {
        format!("{}{}", self.form.line_break, " ".repeat(column))
    }
}
