//! Recipients of a rule: flat lists or key groups.

use yamldoc::{Kind, NodeId, Profile, Value};

use super::{Reader, RulesError};

/// Fields of a rule for key types other than age, and the name each has in key groups.
const OTHER_FIELDS: [(&str, &str); 6] = [
    ("pgp", "pgp"),
    ("kms", "kms"),
    ("gcp_kms", "gcp_kms"),
    ("hckms", "hckms"),
    ("azure_keyvault", "azure_keyvault"),
    ("hc_vault_transit_uri", "hc_vault"),
];

/// Recipients any of whom can open the data key (or this group's share).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecipientGroup {
    /// age recipients in order, without duplicates, not checked.
    pub age: Vec<String>,
    /// Field name and text of keys of every other type, so that they can be refused by name.
    pub others: Vec<(String, String)>,
}

impl RecipientGroup {
    pub(super) fn is_empty(&self) -> bool {
        self.age.is_empty() && self.others.is_empty()
    }

    fn add_age(&mut self, recipient: &str) {
        if !self.age.iter().any(|known| known == recipient) {
            self.age.push(recipient.to_owned());
        }
    }

    fn add_other(&mut self, kind: &str, text: String) {
        let entry = (kind.to_owned(), text);
        if !self.others.contains(&entry) {
            self.others.push(entry);
        }
    }
}

impl Reader<'_, '_> {
    /// `key_groups` where present; the flat fields, as one group, otherwise.
    pub(super) fn groups(&self, rule: NodeId) -> Result<Vec<RecipientGroup>, RulesError> {
        if let Some(groups) = self.get(rule, "key_groups").filter(|&groups| !self.is_null(groups)) {
            let groups = self.items(groups, "key_groups")?;
            return groups
                .into_iter()
                .map(|item| {
                    let mut group = RecipientGroup::default();
                    self.group(item, &mut group)?;
                    Ok(group)
                })
                .collect();
        }
        let mut group = RecipientGroup::default();
        for recipient in self.words(rule, "age")? {
            group.add_age(&recipient);
        }
        for (field, _) in OTHER_FIELDS {
            for word in self.words(rule, field)? {
                group.add_other(field, word);
            }
        }
        Ok(vec![group])
    }

    /// One key group; merged groups come first.
    fn group(&self, item: NodeId, group: &mut RecipientGroup) -> Result<(), RulesError> {
        if let Some(merge) = self.get(item, "merge").filter(|&merge| !self.is_null(merge)) {
            for other in self.items(merge, "merge")? {
                self.group(other, group)?;
            }
        }
        for recipient in self.words(item, "age")? {
            group.add_age(&recipient);
        }
        for (_, field) in OTHER_FIELDS {
            let Some(list) = self.get(item, field).filter(|&list| !self.is_null(list)) else { continue };
            for key in self.items(list, field)? {
                let key = self.stream.node(self.stream.resolved(key));
                group.add_other(field, self.stream.source(key.span).to_owned());
            }
        }
        Ok(())
    }

    /// A string with commas or a list of strings, trimmed.
    fn words(&self, map: NodeId, name: &str) -> Result<Vec<String>, RulesError> {
        let Some(node) = self.get(map, name).filter(|&node| !self.is_null(node)) else {
            return Ok(Vec::new());
        };
        let parts = match &self.stream.node(self.stream.resolved(node)).kind {
            Kind::Sequence { items, .. } => items.clone(),
            _ => vec![node],
        };
        let mut words = Vec::new();
        for part in parts {
            let Ok(Some(Value::Str(text))) = self.stream.value(part, Profile::Sops) else {
                return Err(self.invalid(part, format!("{name} must be a string or a list of strings")));
            };
            words.extend(text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned));
        }
        Ok(words)
    }
}
