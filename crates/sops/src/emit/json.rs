//! JSON as Go writes it: indented by tabs, `<`, `>` and `&` escaped.

use yamldoc::Value;

use crate::convert::{ConvertError, Item, Tree};
use crate::path::{Part, push};

/// A text that ends in a line break. Comments have no form.
pub(crate) fn json(tree: &Tree<'_>) -> Result<String, ConvertError> {
    Ok(json_value(tree)? + "\n")
}

/// One value.
pub(crate) fn json_value(tree: &Tree<'_>) -> Result<String, ConvertError> {
    let mut out = String::new();
    value(&mut out, tree, &mut Vec::new())?;
    Ok(out)
}

fn value(out: &mut String, tree: &Tree<'_>, path: &mut Vec<Part>) -> Result<(), ConvertError> {
    let (open, close, items) = match tree {
        Tree::Map(items) => ('{', '}', items),
        Tree::List(items) => ('[', ']', items),
        Tree::Leaf(value) => return leaf(out, value, path),
    };
    out.push(open);
    let depth = path.len();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n('\t', depth));
    };
    let entries = items.iter().filter_map(|item| match item {
        Item::Entry(key, value) => Some((key, value)),
        Item::Comment(_) => None,
    });
    for (number, (key, item)) in entries.enumerate() {
        if number > 0 {
            out.push(',');
        }
        line(out, depth + 1);
        if let Tree::Map(_) = tree {
            quoted(out, key);
            out.push_str(": ");
            path.push(Part::Key(key.clone().into_owned()));
        } else {
            path.push(Part::Index(number));
        }
        value(out, item, path)?;
        path.pop();
    }
    if !tree.is_empty() {
        line(out, depth);
    }
    out.push(close);
    Ok(())
}

fn leaf(out: &mut String, value: &Value<'_>, path: &[Part]) -> Result<(), ConvertError> {
    let refuse = |problem| {
        let mut shown = String::new();
        path.iter().for_each(|part| push(&mut shown, part));
        Err(ConvertError::Value { path: shown, problem })
    };
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(&value.to_string()),
        Value::Int(value) => out.push_str(&value.to_string()),
        Value::UInt(value) => out.push_str(&value.to_string()),
        Value::Float(value) if value.is_finite() => out.push_str(&number(*value)),
        Value::Float(_) => return refuse("JSON has no infinite numbers and no NaN"),
        Value::Time(time) => quoted(out, time),
        Value::Str(text) => quoted(out, text),
        Value::Bytes(_) => return refuse("JSON has no bytes that are not UTF-8"),
    }
    Ok(())
}

/// As ES6 prints it, and always a float to whoever tells them from whole numbers.
fn number(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude >= 1e21 || (magnitude < 1e-6 && magnitude > 0.0) {
        let short = format!("{value:e}");
        return if short.contains("e-") { short } else { short.replace('e', "e+") };
    }
    let fixed = yamldoc::fixed_float(value);
    if fixed.contains('.') { fixed } else { fixed + ".0" }
}

fn quoted(out: &mut String, text: &str) {
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
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
