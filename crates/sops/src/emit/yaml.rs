//! YAML in the look of sops: four columns a level, lists indented under their key, no lines folded.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use yamldoc::{
    Profile, Style, Value, double_quoted, literal_block, plain, resolve, sexagesimal, single_quoted,
};

use crate::convert::{Item, Tree};
use crate::flat::general_float;

/// Columns a level.
const STEP: usize = 4;

/// Column of what stands below an entry at `column`: the next multiple of the step, also in items of lists, whose
/// entries stand two columns behind the dash.
fn below(column: usize) -> usize {
    STEP * ((column + STEP) / STEP)
}

/// A document that ends in a line break.
pub(crate) fn yaml(tree: &Tree<'_>) -> String {
    let mut out = String::new();
    match tree {
        Tree::Map(items) | Tree::List(items) if tree.is_empty() => {
            comments(&mut out, items, 0);
            out.push_str(empty(tree));
            out.push('\n');
        }
        Tree::Map(_) | Tree::List(_) => lines(&mut out, tree, 0),
        Tree::Leaf(value) => {
            out.push_str(&scalar(value, STEP));
            out.push('\n');
        }
    }
    out
}

fn empty(tree: &Tree<'_>) -> &'static str {
    if matches!(tree, Tree::List(_)) { "[]" } else { "{}" }
}

fn indent(out: &mut String, column: usize) {
    // The first entry of an item stands on the line of its dash.
    if out.is_empty() || out.ends_with('\n') {
        out.extend(std::iter::repeat_n(' ', column));
    }
}

fn comments(out: &mut String, items: &[Item<'_>], column: usize) {
    for item in items {
        let Item::Comment(text) = item else { continue };
        comment(out, text, column);
    }
}

fn comment(out: &mut String, text: &str, column: usize) {
    // A carriage return ends a line in YAML, and in no other store.
    let text = text.replace("\r\n", "\n");
    for line in text.trim_end_matches('\r').split(['\n', '\r']) {
        indent(out, column);
        out.push('#');
        out.push_str(line);
        out.push('\n');
    }
}

/// The entries of a collection that has some, at `column`.
fn lines(out: &mut String, tree: &Tree<'_>, column: usize) {
    let (Tree::Map(items) | Tree::List(items)) = tree else { return };
    for item in items {
        match item {
            Item::Comment(text) => comment(out, text, column),
            Item::Entry(key, value) => {
                indent(out, column);
                if matches!(tree, Tree::List(_)) {
                    out.push('-');
                    list_item(out, value, column);
                } else {
                    out.push_str(&string(key, None));
                    out.push(':');
                    map_value(out, value, column);
                }
            }
        }
    }
}

fn map_value(out: &mut String, value: &Tree<'_>, column: usize) {
    match value {
        Tree::Leaf(value) => {
            out.push(' ');
            out.push_str(&scalar(value, below(column)));
            out.push('\n');
        }
        Tree::Map(items) | Tree::List(items) if value.is_empty() => {
            out.push(' ');
            out.push_str(empty(value));
            out.push('\n');
            comments(out, items, below(column));
        }
        Tree::Map(_) | Tree::List(_) => {
            out.push('\n');
            lines(out, value, below(column));
        }
    }
}

fn list_item(out: &mut String, value: &Tree<'_>, column: usize) {
    match value {
        Tree::Map(items) | Tree::List(items)
            if !value.is_empty() && !matches!(items.first(), Some(Item::Comment(_))) =>
        {
            out.push(' ');
            lines(out, value, column + 2);
        }
        Tree::Map(_) | Tree::List(_) if !value.is_empty() => {
            out.push('\n');
            lines(out, value, column + 2);
        }
        _ => map_value(out, value, column),
    }
}

/// The token of a value; `column` is where the lines of a literal block stand.
fn scalar(value: &Value<'_>, column: usize) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::UInt(value) => value.to_string(),
        Value::Float(value) if value.is_finite() => general_float(*value).to_ascii_lowercase(),
        Value::Float(value) => yamldoc::general_float(*value),
        Value::Time(time) => time.clone(),
        Value::Str(text) => string(text, Some(column)),
        Value::Bytes(bytes) => format!("!!binary {}", STANDARD.encode(bytes)),
    }
}

/// Plain where that is a string to every reader; in double quotes what some reader would take for another type or
/// what needs escapes; in single quotes what plain syntax does not allow; a block for lines.
fn string(text: &str, block: Option<usize>) -> String {
    let trailing = || text.lines().any(|line| line.ends_with([' ', '\t', '\r']));
    if let Some(column) = block.filter(|_| text.contains('\n') && !trailing()) {
        return literal_block(text, column, "\n").unwrap_or_else(|| double_quoted(text));
    }
    if let Some(token) = plain(text, false) {
        return token.to_owned();
    }
    let typed = |profile| !matches!(resolve(text, Style::Plain, None, profile), Ok(Value::Str(_)));
    if text == "<<"
        || sexagesimal(text)
        || text.contains(['\t', '\n'])
        || typed(Profile::Sops)
        || typed(Profile::Helm)
    {
        return double_quoted(text);
    }
    single_quoted(text).unwrap_or_else(|| double_quoted(text))
}
