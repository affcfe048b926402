//! The tree of a dotenv or ini file: strings.

use std::borrow::Cow;

use yamldoc::Value;

use crate::convert::{Item, Tree};
use crate::flat::{Format, Owner, Scan};

/// In ini every section is a map, the one before the first header included; sections of one name are one.
pub(super) fn tree<'a>(scan: &Scan<'a>) -> Tree<'a> {
    let mut root: Vec<Item<'a>> = Vec::new();
    let mut sections: Vec<(Cow<'a, str>, Vec<Item<'a>>)> = Vec::new();
    for name in &scan.sections {
        if !sections.iter().any(|(known, _)| known == name) {
            sections.push((name.clone(), Vec::new()));
        }
    }
    let mut above: Vec<Vec<Item<'a>>> = sections.iter().map(|_| Vec::new()).collect();
    for unit in &scan.units {
        let number = scan
            .sections
            .get(unit.section)
            .and_then(|name| sections.iter().position(|(known, _)| known == name));
        let comment = unit.comment.as_ref().map(|comment| Item::Comment(text(scan.format, &comment.text)));
        let items = match number {
            Some(number) if matches!(unit.owner, Owner::Section) => &mut above[number],
            Some(number) => &mut sections[number].1,
            None => &mut root,
        };
        items.extend(comment);
        if let Owner::Entry { key, token } = &unit.owner {
            items.push(Item::Entry(key.clone(), Tree::Leaf(Value::Str(token.value.clone()))));
        }
    }
    for ((name, items), comments) in sections.into_iter().zip(above) {
        root.extend(comments);
        root.push(Item::Entry(name, Tree::Map(items)));
    }
    Tree::Map(root)
}

/// A comment of ini, perhaps of several lines with their markers, gets the blank that `#` is written with.
fn text<'a>(format: Format, comment: &Cow<'a, str>) -> Cow<'a, str> {
    if format == Format::Dotenv {
        return comment.clone();
    }
    let lines = comment.lines().map(|line| line.trim_start_matches([';', '#', ' ', '\t']).trim_end());
    lines
        .map(|line| if line.is_empty() { String::new() } else { format!(" {line}") })
        .collect::<Vec<_>>()
        .join("\n")
        .into()
}
