//! Metadata without nesting: `age__list_0__map_enc` for the field `enc` of the first item of the list `age`.

use std::collections::BTreeMap;

use crate::metadata::Field;

const MAP: &str = "__map_";
const LIST: &str = "__list_";
/// No metadata is deeper; names from outside must not decide how deep we recurse.
const MAX_DEPTH: usize = 16;

/// Names and texts of all scalars, in order; empty maps and lists have none.
pub(crate) fn flatten(fields: &Field) -> Vec<(String, &str)> {
    let mut out = Vec::new();
    let Field::Map(entries) = fields else { return out };
    for (name, field) in entries {
        descend(field, name.clone(), &mut out);
    }
    out
}

fn descend<'f>(field: &'f Field, name: String, out: &mut Vec<(String, &'f str)>) {
    match field {
        Field::Map(entries) => {
            entries.iter().for_each(|(key, field)| descend(field, format!("{name}{MAP}{key}"), out));
        }
        Field::List(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(number, item)| descend(item, format!("{name}{LIST}{number}"), out));
        }
        Field::Text(text) | Field::Literal(text) => out.push((name, text)),
    }
}

/// The fields that these names and texts stand for, sorted; an error names the first that fits nowhere and says why.
pub(crate) fn unflatten<'f>(
    flat: impl Iterator<Item = (&'f str, &'f str)>,
) -> Result<Vec<(String, Field)>, (String, String)> {
    let mut root = Node::default();
    for (name, text) in flat {
        let bad = |problem: &str| (name.to_owned(), format!("{name} {problem}"));
        let mut node = &mut root;
        let mut depth = 0;
        for step in steps(name) {
            let step = step.ok_or_else(|| bad("has a list position that is no number"))?;
            node = node.children.entry(step).or_default();
            depth += 1;
            if depth > MAX_DEPTH {
                return Err(bad("is nested too deep"));
            }
        }
        if node.text.replace(text.to_owned()).is_some() {
            return Err(bad("appears twice"));
        }
    }
    match root.field(0) {
        Some(Field::Map(fields)) => Ok(fields),
        Some(_) => Ok(Vec::new()),
        None => Err((String::new(), "a list lacks an item, or a name stands for two things".to_owned())),
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Key(String),
    Item(usize),
}

#[derive(Debug, Default)]
struct Node {
    text: Option<String>,
    children: BTreeMap<Step, Node>,
}

impl Node {
    fn field(self, depth: usize) -> Option<Field> {
        let Some((first, _)) = self.children.first_key_value() else {
            return self
                .text
                .map_or((depth == 0).then(|| Field::Map(Vec::new())), |text| Some(Field::Text(text)));
        };
        if self.text.is_some() {
            return None;
        }
        if let Step::Key(_) = first {
            let entries = self.children.into_iter().map(|(step, node)| match step {
                Step::Key(key) => Some((key, node.field(depth + 1)?)),
                Step::Item(_) => None,
            });
            return entries.collect::<Option<_>>().map(Field::Map);
        }
        let items = self.children.into_iter().enumerate().map(|(number, (step, node))| {
            if step == Step::Item(number) { node.field(depth + 1) } else { None }
        });
        items.collect::<Option<_>>().map(Field::List)
    }
}

/// The steps of a name; `None` for a list position that is no number.
fn steps(name: &str) -> impl Iterator<Item = Option<Step>> {
    let mut rest = Some((name, false));
    std::iter::from_fn(move || {
        let (text, list) = rest.take()?;
        let next = [MAP, LIST].into_iter().filter_map(|mark| Some((text.find(mark)?, mark))).min();
        let step = match next {
            Some((at, mark)) => {
                rest = Some((&text[at + mark.len()..], mark == LIST));
                &text[..at]
            }
            None => text,
        };
        Some(if list { step.parse().ok().map(Step::Item) } else { Some(Step::Key(step.to_owned())) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: Vec<(&str, Field)>) -> Field {
        Field::Map(entries.into_iter().map(|(key, field)| (key.to_owned(), field)).collect())
    }

    fn text(text: &str) -> Field {
        Field::Text(text.to_owned())
    }

    #[test]
    fn there_and_back() {
        let key = |name: &str| map(vec![("enc", text("e")), ("recipient", text(name))]);
        let many = (0..12).map(|number| key(&number.to_string())).collect();
        let group = map(vec![("age", Field::List(many))]);
        let fields = map(vec![("key_groups", Field::List(vec![group])), ("version", text("3.13.3"))]);
        let flat = flatten(&fields);
        assert_eq!(flat[0].0, "key_groups__list_0__map_age__list_0__map_enc");
        assert_eq!(flat[23], ("key_groups__list_0__map_age__list_11__map_recipient".to_owned(), "11"));
        let back = unflatten(flat.iter().map(|(name, text)| (name.as_str(), *text))).unwrap();
        assert_eq!(Field::Map(back), fields);
    }

    #[test]
    fn names_that_fit_nowhere() {
        let deep = vec!["a"; 40].join(MAP);
        for (names, problem) in [
            (vec!["a", "a"], "appears twice"),
            (vec!["a", "a__map_b"], "two things"),
            (vec!["a__list_0", "a__map_b"], "two things"),
            (vec!["a__list_1"], "lacks an item"),
            (vec!["a__list_x"], "no number"),
            (vec!["a__list_99999999999999999999999"], "no number"),
            (vec![deep.as_str()], "too deep"),
        ] {
            let error = unflatten(names.iter().map(|name| (*name, ""))).unwrap_err();
            assert!(error.1.contains(problem), "{names:?}: {error:?}");
        }
    }
}
