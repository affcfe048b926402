//! dotenv and ini: strings, one entry a line.

use yamldoc::Value;

use crate::convert::{ConvertError, Item, Tree};
use crate::flat::{Format, Owner, general_float};
use crate::path::{Part, push};

/// `KEY=value`, line breaks as `\n`.
pub(crate) fn dotenv(tree: &Tree<'_>) -> Result<String, ConvertError> {
    let mut out = String::new();
    for item in items(tree) {
        match item {
            Item::Comment(text) => text.split('\n').for_each(|line| out.push_str(&format!("#{line}\n"))),
            Item::Entry(key, value) => {
                let path = [Part::Key(key.clone().into_owned())];
                let Tree::Leaf(value) = value else {
                    return shape(&path, "a dotenv file has no maps and lists");
                };
                out.push_str(&entry(Format::Dotenv, key, 0, value, &path)?);
            }
        }
    }
    Ok(out)
}

/// `[section]` and `key = value`, aligned in their section. What is named `DEFAULT` and comes first has no header.
pub(crate) fn ini(tree: &Tree<'_>) -> Result<String, ConvertError> {
    let mut out = String::new();
    let mut first = true;
    for item in items(tree) {
        match item {
            Item::Comment(text) => comment(&mut out, text),
            Item::Entry(name, section @ Tree::Map(_)) => {
                if !(first && name == "DEFAULT") {
                    out.push_str(&header(name)?);
                }
                entries(&mut out, name, items(section))?;
                out.push('\n');
                first = false;
            }
            Item::Entry(name, _) => {
                let path = [Part::Key(name.clone().into_owned())];
                return shape(&path, "an ini file has sections, and keys only in them");
            }
        }
    }
    // Sections are apart; an empty first one is nothing to be apart from.
    Ok(format!("{}\n", out.trim_matches('\n')))
}

fn entries(out: &mut String, section: &str, items: &[Item<'_>]) -> Result<(), ConvertError> {
    let width = items.iter().map(|item| match item {
        Item::Entry(key, _) => name_token(key).chars().count(),
        Item::Comment(_) => 0,
    });
    let width = width.max().unwrap_or_default();
    for item in items {
        match item {
            Item::Comment(text) => comment(out, text),
            Item::Entry(key, value) => {
                let path = [Part::Key(section.to_owned()), Part::Key(key.clone().into_owned())];
                let Tree::Leaf(value) = value else {
                    return shape(&path, "an ini file has no maps and lists in its sections");
                };
                out.push_str(&entry(Format::Ini, key, width, value, &path)?);
            }
        }
    }
    Ok(())
}

fn items<'t, 'a>(tree: &'t Tree<'a>) -> &'t [Item<'a>] {
    match tree {
        Tree::Map(items) | Tree::List(items) => items,
        Tree::Leaf(_) => &[],
    }
}

fn comment(out: &mut String, text: &str) {
    for line in text.split('\n') {
        out.push_str(&format!("; {}\n", line.trim()));
    }
}

/// The header of a section, if it reads back.
fn header(name: &str) -> Result<String, ConvertError> {
    let header = format!("[{name}]\n");
    let reads_back = Format::Ini.scan(&header).is_ok_and(|scan| {
        scan.sections.last().is_some_and(|read| read == name) && scan.metadata_spans.is_empty()
    });
    if reads_back {
        Ok(header)
    } else {
        value(&[Part::Key(name.to_owned())], "an ini section cannot have this name")
    }
}

/// The line of an entry, or the lines, if they read back; before another line, as some values would swallow it.
fn entry(
    format: Format,
    key: &str,
    width: usize,
    leaf: &Value<'_>,
    path: &[Part],
) -> Result<String, ConvertError> {
    let text = text_of(leaf, path)?;
    let line = token(format, &text).map(|token| match format {
        Format::Dotenv => format!("{key}={token}\n"),
        Format::Ini => format!("{:width$} = {token}\n", name_token(key)),
    });
    let line = line.filter(|line| {
        format.scan(&format!("{line}next=\n")).is_ok_and(|scan| {
            let mut units = scan.units.iter().map(|unit| match &unit.owner {
                Owner::Entry { key, token } => Some((key.as_ref(), token.value.as_ref())),
                _ => None,
            });
            let read = units.next() == Some(Some((key, text.as_str())));
            read && units.next() == Some(Some(("next", ""))) && units.next().is_none()
        })
    });
    line.map_or_else(|| value(path, "this name or value would not read back from a file of lines"), Ok)
}

/// A name with a delimiter or quote in it is quoted.
fn name_token(name: &str) -> String {
    match name {
        _ if name.contains('`') => format!("\"\"\"{name}\"\"\""),
        _ if name.contains(['=', ':']) || name.starts_with(['[', '#', ';', '"']) => format!("`{name}`"),
        _ => name.to_owned(),
    }
}

/// The quotes of ini are those that go-ini chooses.
fn token(format: Format, text: &str) -> Option<String> {
    let quote = match format {
        Format::Dotenv => "",
        Format::Ini if text.contains(['\n', '`']) => "\"\"\"",
        Format::Ini if text.contains(['#', ';']) => "`",
        Format::Ini if text.trim() != text => "\"",
        Format::Ini => "",
    };
    format.token(text, quote)
}

fn text_of(leaf: &Value<'_>, path: &[Part]) -> Result<String, ConvertError> {
    Ok(match leaf {
        Value::Null => String::new(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::UInt(value) => value.to_string(),
        Value::Float(value) => general_float(*value),
        Value::Time(time) => time.clone(),
        Value::Str(text) => text.clone().into_owned(),
        Value::Bytes(_) => return value(path, "a file of lines has no bytes that are not UTF-8"),
    })
}

fn shown(path: &[Part]) -> String {
    let mut shown = String::new();
    path.iter().for_each(|part| push(&mut shown, part));
    shown
}

fn shape<T>(path: &[Part], problem: &'static str) -> Result<T, ConvertError> {
    Err(ConvertError::Shape { path: shown(path), problem })
}

fn value<T>(path: &[Part], problem: &'static str) -> Result<T, ConvertError> {
    Err(ConvertError::Value { path: shown(path), problem })
}
