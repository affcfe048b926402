//! [`Metadata`] to the text of the `sops` block: keys sorted, as SOPS 3.13 writes it.

use yamldoc::{Context, Wanted};

use super::{Field, KeyGroup, Metadata};

impl Metadata {
    /// The block's fields, sorted; `layout` is our own hint field.
    pub(crate) fn fields(&self, layout: Option<&str>) -> Field {
        let mut fields: Vec<(String, Field)> =
            self.unknown.iter().filter(|(name, _)| name != crate::tree::layout::FIELD).cloned().collect();
        let mut text = |name: &str, text: &str| fields.push((name.to_owned(), Field::Text(text.to_owned())));
        if let Some(layout) = layout {
            text(crate::tree::layout::FIELD, layout);
        }
        text("lastmodified", &self.last_modified);
        text("version", &self.version);
        if let Some(mac) = &self.mac {
            text("mac", mac);
        }
        let (name, value) = self.selector.field();
        text(name, value);
        if let Some(threshold) = self.shamir_threshold {
            fields.push(("shamir_threshold".to_owned(), Field::Literal(threshold.to_string())));
        }
        if self.mac_only_encrypted {
            fields.push(("mac_only_encrypted".to_owned(), Field::Literal("true".to_owned())));
        }
        match self.groups.as_slice() {
            [group] => fields.extend(group_fields(group)),
            groups => {
                let groups = groups.iter().map(|group| Field::Map(group_fields(group))).collect();
                fields.push(("key_groups".to_owned(), Field::List(groups)));
            }
        }
        sorted(Field::Map(fields))
    }

    /// Block style at column `column`, each line ended.
    pub(crate) fn block(&self, layout: Option<&str>, column: usize, step: usize, line_break: &str) -> String {
        let mut writer = Writer { out: String::with_capacity(2048), line_break, step };
        writer.line(column);
        writer.out.push_str("sops:");
        writer.value(&self.fields(layout), column + step, column + step);
        writer.out.push_str(line_break);
        writer.out
    }

    /// `"sops": {...}` on one line, for a root in flow style.
    pub(crate) fn flow(&self, layout: Option<&str>) -> String {
        let mut out = String::from("\"sops\": ");
        flow(&self.fields(layout), &mut out);
        out
    }
}

fn group_fields(group: &KeyGroup) -> Vec<(String, Field)> {
    let mut fields: Vec<(String, Field)> = Vec::new();
    for key in &group.keys {
        let name = key.key.kind().name();
        match fields.iter_mut().find(|(known, _)| known == name) {
            Some((_, Field::List(list))) => list.push(key.write()),
            _ => fields.push((name.to_owned(), Field::List(vec![key.write()]))),
        }
    }
    fields.extend(group.unknown.iter().cloned());
    fields
}

fn sorted(field: Field) -> Field {
    match field {
        Field::Map(mut entries) => {
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Field::Map(entries.into_iter().map(|(key, value)| (key, sorted(value))).collect())
        }
        Field::List(items) => Field::List(items.into_iter().map(sorted).collect()),
        scalar => scalar,
    }
}

struct Writer<'a> {
    out: String,
    line_break: &'a str,
    step: usize,
}

impl Writer<'_> {
    fn line(&mut self, column: usize) {
        if !self.out.is_empty() {
            self.out.push_str(self.line_break);
        }
        self.out.extend(std::iter::repeat_n(' ', column));
    }

    /// What follows a `key:`; `column` is where keys and dashes below it go, `block` where lines of text go.
    fn value(&mut self, field: &Field, column: usize, block: usize) {
        match field {
            Field::Map(entries) if !entries.is_empty() => {
                for entry in entries {
                    self.line(column);
                    self.entry(entry, column);
                }
            }
            Field::List(items) if !items.is_empty() => {
                for item in items {
                    self.line(column);
                    self.out.push('-');
                    match item {
                        Field::Map(entries) if !entries.is_empty() => {
                            for (number, entry) in entries.iter().enumerate() {
                                if number > 0 {
                                    self.line(column + 2);
                                } else {
                                    self.out.push(' ');
                                }
                                self.entry(entry, column + 2);
                            }
                        }
                        _ => self.value(item, column + self.step, column + 2),
                    }
                }
            }
            scalar => {
                self.out.push(' ');
                let context = Context { flow: false, indent: Some(block), line_break: self.line_break };
                self.out.push_str(&token(scalar, context));
            }
        }
    }

    fn entry(&mut self, (key, value): &(String, Field), column: usize) {
        let flow = Context { flow: true, indent: None, line_break: self.line_break };
        self.out.push_str(&yamldoc::render(key, Wanted::Plain, flow));
        self.out.push(':');
        self.value(value, column + self.step, column + 2);
    }
}

fn token(scalar: &Field, context: Context<'_>) -> String {
    match scalar {
        Field::Text(text) => yamldoc::render(text, Wanted::Plain, context),
        Field::Literal(text) if text.is_empty() => "null".to_owned(),
        Field::Literal(text) => text.clone(),
        Field::List(_) => "[]".to_owned(),
        Field::Map(_) => "{}".to_owned(),
    }
}

fn flow(field: &Field, out: &mut String) {
    match field {
        Field::Map(entries) => {
            out.push('{');
            for (number, (key, value)) in entries.iter().enumerate() {
                out.push_str(if number > 0 { ", " } else { "" });
                out.push_str(&yamldoc::double_quoted(key));
                out.push_str(": ");
                flow(value, out);
            }
            out.push('}');
        }
        Field::List(items) => {
            out.push('[');
            for (number, item) in items.iter().enumerate() {
                out.push_str(if number > 0 { ", " } else { "" });
                flow(item, out);
            }
            out.push(']');
        }
        Field::Text(text) => out.push_str(&yamldoc::double_quoted(text)),
        Field::Literal(text) => out.push_str(if text.is_empty() { "null" } else { text }),
    }
}
