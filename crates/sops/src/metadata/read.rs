//! The fields of a `sops` block to [`Metadata`], whatever store they come from.

use super::{Field, KeyGroup, Metadata, WrappedKey};
use crate::master_key::KeyType;
use crate::selector::{self, Selector};

/// What is wrong with a block.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// A field that cannot be used; an empty name is the block.
    Field { name: String, problem: String },
    /// No wrapped key at all.
    NoKeys,
    /// A selector that is no regular expression.
    Selector(crate::Error),
}

/// Every field name of a block but those of key types and selectors.
const FIELDS: [&str; 6] =
    ["key_groups", "shamir_threshold", "lastmodified", "mac", "version", "mac_only_encrypted"];

impl Metadata {
    /// Reads the fields of a block.
    pub(crate) fn read(fields: &[(String, Field)]) -> Result<Self, Problem> {
        let reader = Reader { fields };
        let last_modified = reader.text("lastmodified")?.unwrap_or_default();
        if yamldoc::rfc3339(&last_modified, false).is_none() {
            return Err(bad("lastmodified", "lastmodified must be a quoted RFC 3339 time"));
        }
        let version = match reader.get("version") {
            // `version: 3.7` and the like; what is not fit is refused below.
            Some(Field::Literal(text)) => text.clone(),
            _ => reader.text("version")?.unwrap_or_default(),
        };
        if !is_version(&version) {
            return Err(bad("version", "version must be a SOPS version such as 3.13.3"));
        }
        let mut groups = reader.groups()?;
        let flat = group(fields)?;
        // Flat lists win where a file has both (SOPS).
        if !flat.keys.is_empty() {
            groups = vec![KeyGroup { keys: flat.keys, unknown: Vec::new() }];
        }
        if groups.iter().all(|group| group.keys.is_empty()) {
            return Err(Problem::NoKeys);
        }
        let known = |name: &str| {
            FIELDS.contains(&name)
                || KeyType::ALL.iter().any(|kind| kind.name() == name)
                || selector::FIELDS.contains(&name)
        };
        Ok(Self {
            groups,
            shamir_threshold: reader.threshold()?,
            selector: reader.selector()?,
            mac_only_encrypted: reader.flag("mac_only_encrypted")?,
            last_modified,
            mac: reader.text("mac")?.filter(|mac| !mac.is_empty()),
            version,
            unknown: fields.iter().filter(|(name, _)| !known(name)).cloned().collect(),
        })
    }
}

struct Reader<'r> {
    fields: &'r [(String, Field)],
}

fn bad(name: &str, problem: impl Into<String>) -> Problem {
    Problem::Field { name: name.to_owned(), problem: problem.into() }
}

impl Reader<'_> {
    /// A field that is there and not null.
    fn get(&self, name: &str) -> Option<&Field> {
        self.fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, field)| field)
            .filter(|field| !field.is_null())
    }

    fn text(&self, name: &str) -> Result<Option<String>, Problem> {
        match self.get(name) {
            None => Ok(None),
            Some(Field::Text(text)) => Ok(Some(text.clone())),
            Some(_) => Err(bad(name, format!("{name} must be a string"))),
        }
    }

    /// A flag; flat stores have it as text, and since 3.13 SOPS takes text in all of them.
    fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.get(name) {
            None => Ok(false),
            Some(Field::Text(text) | Field::Literal(text)) if text == "true" || text == "false" => {
                Ok(text == "true")
            }
            Some(_) => Err(bad(name, format!("{name} must be true or false"))),
        }
    }

    /// A number, or text that is one; old flat files have it as `2.000000`.
    fn threshold(&self) -> Result<Option<u32>, Problem> {
        const NAME: &str = "shamir_threshold";
        let number = match self.get(NAME) {
            None => return Ok(None),
            Some(Field::Text(text) | Field::Literal(text)) => {
                let whole = text.split_once('.').filter(|(_, rest)| rest.bytes().all(|b| b == b'0'));
                whole.map_or(text.as_str(), |(whole, _)| whole).parse::<u32>().ok()
            }
            Some(_) => None,
        };
        let number = number.ok_or_else(|| bad(NAME, "shamir_threshold must be a whole number"))?;
        Ok((number > 0).then_some(number))
    }

    fn selector(&self) -> Result<Selector, Problem> {
        let mut found: Option<(&str, Selector)> = None;
        for name in selector::FIELDS {
            let Some(text) = self.text(name)?.filter(|text| !text.is_empty()) else { continue };
            if let Some((other, _)) = found {
                return Err(bad(name, format!("{other} and {name} exclude each other")));
            }
            found = Selector::from_field(name, text).map(|selector| (name, selector));
        }
        let selector = found.map(|(_, selector)| selector).unwrap_or_default();
        selector.compile().map_err(Problem::Selector)?;
        Ok(selector)
    }

    fn groups(&self) -> Result<Vec<KeyGroup>, Problem> {
        match self.get("key_groups") {
            None => Ok(Vec::new()),
            Some(Field::List(items)) => items
                .iter()
                .map(|item| match item {
                    Field::Map(fields) => group(fields),
                    _ => Err(bad("key_groups", "a key group must be a map")),
                })
                .collect(),
            Some(_) => Err(bad("key_groups", "key_groups must be a list")),
        }
    }
}

/// The wrapped keys that the block or a group lists; the rest, which is nothing of a group's in the block itself.
fn group(fields: &[(String, Field)]) -> Result<KeyGroup, Problem> {
    let mut group = KeyGroup::default();
    for kind in KeyType::ALL {
        let name = kind.name();
        match (Reader { fields }).get(name) {
            None => {}
            Some(Field::List(entries)) => {
                for entry in entries {
                    let key = WrappedKey::read(kind, entry);
                    group.keys.push(key.map_err(|needs| bad(name, format!("{name} entry {needs}")))?);
                }
            }
            Some(_) => return Err(bad(name, format!("{name} must be a list"))),
        }
    }
    let known = |name: &str| KeyType::ALL.iter().any(|kind| kind.name() == name);
    group.unknown = fields.iter().filter(|(name, _)| !known(name)).cloned().collect();
    Ok(group)
}

/// Major.minor.patch, anything behind a `-` or `+`.
fn is_version(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or_default();
    let mut parts = core.trim_start_matches('v').split('.');
    let mut number =
        || parts.next().is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    number() && number() && number() && parts.next().is_none()
}
