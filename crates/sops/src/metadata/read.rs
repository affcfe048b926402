//! The `sops` block to [`Metadata`].

use yamldoc::{Kind, NodeId, Profile, Stream, Value};

use super::{AgeEntry, Field, KeyGroup, Metadata, OtherEntry};
use crate::error::Error;
use crate::selector::{self, Selector};

/// Key types other than age, in the order in which SOPS loads them.
const OTHER_KINDS: [&str; 6] = ["kms", "gcp_kms", "hckms", "azure_kv", "hc_vault", "pgp"];

impl Metadata {
    /// Reads the value of the `sops` key.
    pub(crate) fn read(stream: &Stream<'_>, block: NodeId) -> Result<Self, Error> {
        let reader = Reader { stream, block };
        let Kind::Mapping { entries, .. } = &stream.node(stream.resolved(block)).kind else {
            return Err(Error::NoMetadata);
        };
        let last_modified = reader.text("lastmodified")?.unwrap_or_default();
        if yamldoc::rfc3339(&last_modified, false).is_none() {
            return Err(reader.bad("lastmodified", "lastmodified must be a quoted RFC 3339 time"));
        }
        let version = reader.text("version")?.unwrap_or_default();
        if !is_version(&version) {
            return Err(reader.bad("version", "version must be a SOPS version such as 3.13.3"));
        }
        let mut groups = reader.groups()?;
        let mut flat = KeyGroup::default();
        reader.keys(block, &mut flat)?;
        // Flat lists win where a file has both (SOPS).
        if !flat.age.is_empty() || !flat.others.is_empty() {
            groups = vec![flat];
        }
        if groups.iter().all(|group| group.age.is_empty() && group.others.is_empty()) {
            return Err(Error::NoKeys { place: stream.place(block) });
        }
        let known = |name: &str| {
            ["age", "key_groups", "shamir_threshold", "lastmodified", "mac", "version", "mac_only_encrypted"]
                .contains(&name)
                || OTHER_KINDS.contains(&name)
                || selector::FIELDS.contains(&name)
        };
        let unknown = entries
            .iter()
            .filter_map(|&(key, value)| {
                stream.key(key).ok().filter(|name| !known(name)).map(|name| (name, value))
            })
            .map(|(name, value)| (name.to_owned(), reader.field(value)))
            .collect();
        Ok(Self {
            groups,
            shamir_threshold: reader.threshold()?,
            selector: reader.selector()?,
            mac_only_encrypted: reader.flag("mac_only_encrypted")?,
            last_modified,
            mac: reader.text("mac")?.filter(|mac| !mac.is_empty()),
            version,
            unknown,
        })
    }
}

struct Reader<'r, 'a> {
    stream: &'r Stream<'a>,
    block: NodeId,
}

impl Reader<'_, '_> {
    fn bad(&self, name: &str, problem: &str) -> Error {
        let node = self.stream.get(self.block, name).unwrap_or(self.block);
        Error::BadMetadata { place: self.stream.place(node), problem: problem.to_owned() }
    }

    /// A string field; null counts as missing.
    fn text(&self, name: &str) -> Result<Option<String>, Error> {
        let Some(node) = self.stream.get(self.block, name) else { return Ok(None) };
        match self.stream.value(node, Profile::Sops) {
            Ok(Some(Value::Str(text))) => Ok(Some(text.into_owned())),
            Ok(Some(Value::Null)) => Ok(None),
            // `version: 3.7` and the like; what is not fit for its field is refused there.
            Ok(Some(Value::Float(_) | Value::Int(_))) if name == "version" => {
                Ok(Some(self.stream.source(self.stream.node(node).span).to_owned()))
            }
            _ => Err(self.bad(name, &format!("{name} must be a string"))),
        }
    }

    fn flag(&self, name: &str) -> Result<bool, Error> {
        let Some(node) = self.stream.get(self.block, name) else { return Ok(false) };
        match self.stream.value(node, Profile::Sops) {
            Ok(Some(Value::Bool(flag))) => Ok(flag),
            Ok(Some(Value::Null)) => Ok(false),
            Ok(Some(Value::Str(text))) if text == "true" || text == "false" => Ok(text == "true"),
            _ => Err(self.bad(name, &format!("{name} must be true or false"))),
        }
    }

    /// A number; since 3.13 SOPS takes a string too.
    fn threshold(&self) -> Result<Option<u32>, Error> {
        const NAME: &str = "shamir_threshold";
        let Some(node) = self.stream.get(self.block, NAME) else { return Ok(None) };
        let number = match self.stream.value(node, Profile::Sops) {
            Ok(Some(Value::Int(int))) => u32::try_from(int).ok(),
            Ok(Some(Value::Str(text))) => text.parse().ok(),
            Ok(Some(Value::Null)) => Some(0),
            _ => None,
        };
        let number = number.ok_or_else(|| self.bad(NAME, "shamir_threshold must be a whole number"))?;
        Ok((number > 0).then_some(number))
    }

    fn selector(&self) -> Result<Selector, Error> {
        let mut found = None;
        for name in selector::FIELDS {
            let Some(text) = self.text(name)?.filter(|text| !text.is_empty()) else { continue };
            if let Some(other) = found.replace(name) {
                return Err(self.bad(name, &format!("{other} and {name} exclude each other")));
            }
            if let Some(selector) = Selector::from_field(name, text) {
                selector.compile()?;
            }
        }
        let text = found.map(|name| self.text(name)).transpose()?.flatten();
        Ok(found.zip(text).and_then(|(name, text)| Selector::from_field(name, text)).unwrap_or_default())
    }

    fn groups(&self) -> Result<Vec<KeyGroup>, Error> {
        let Some(node) = self.stream.get(self.block, "key_groups") else { return Ok(Vec::new()) };
        let mut groups = Vec::new();
        for item in self.items(node, "key_groups")? {
            let mut group = KeyGroup::default();
            self.keys(item, &mut group)?;
            groups.push(group);
        }
        Ok(groups)
    }

    /// The wrapped keys that `holder` (the block or a group) lists.
    fn keys(&self, holder: NodeId, group: &mut KeyGroup) -> Result<(), Error> {
        if let Some(list) = self.stream.get(holder, "age") {
            for item in self.items(list, "age")? {
                let field = |name: &str| match self.stream.get(item, name).map(|node| self.field(node)) {
                    Some(Field::Text(text)) => Ok(text),
                    _ => Err(Error::BadMetadata {
                        place: self.stream.place(item),
                        problem: format!("age entry needs a string {name}"),
                    }),
                };
                group.age.push(AgeEntry { recipient: field("recipient")?, enc: field("enc")? });
            }
        }
        for kind in OTHER_KINDS {
            let Some(list) = self.stream.get(holder, kind) else { continue };
            for item in self.items(list, kind)? {
                group.others.push(OtherEntry { kind: kind.to_owned(), fields: self.field(item) });
            }
        }
        Ok(())
    }

    /// Items of a list; null is an empty one.
    fn items(&self, list: NodeId, name: &str) -> Result<Vec<NodeId>, Error> {
        match &self.stream.node(self.stream.resolved(list)).kind {
            Kind::Sequence { items, .. } => Ok(items.clone()),
            _ if self.stream.value(list, Profile::Sops) == Ok(Some(Value::Null)) => Ok(Vec::new()),
            _ => Err(self.bad(name, &format!("{name} must be a list"))),
        }
    }

    fn field(&self, node: NodeId) -> Field {
        let node = self.stream.resolved(node);
        match &self.stream.node(node).kind {
            Kind::Sequence { items, .. } => Field::List(items.iter().map(|&item| self.field(item)).collect()),
            Kind::Mapping { entries, .. } => Field::Map(
                entries
                    .iter()
                    .map(|&(key, value)| {
                        (self.stream.key(key).unwrap_or_default().to_owned(), self.field(value))
                    })
                    .collect(),
            ),
            _ => match self.stream.value(node, Profile::Sops) {
                Ok(Some(Value::Str(text))) => Field::Text(text.into_owned()),
                _ => Field::Literal(self.stream.source(self.stream.node(node).span).to_owned()),
            },
        }
    }
}

/// Major.minor.patch, anything behind a `-` or `+`.
fn is_version(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or_default();
    let mut parts = core.trim_start_matches('v').split('.');
    let mut number =
        || parts.next().is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    number() && number() && number() && parts.next().is_none()
}
