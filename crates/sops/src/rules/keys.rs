//! Who can open a file by a rule: flat lists or key groups.

use std::collections::BTreeMap;

use yamldoc::{Kind, NodeId, Profile, Value};

use super::{Reader, RulesError};
use crate::master_key::MasterKey;

/// Appends without repeating: a key twice in a group opens nothing that it does not open once.
fn add(group: &mut Vec<MasterKey>, key: MasterKey) {
    if !group.contains(&key) {
        group.push(key);
    }
}

impl Reader<'_, '_> {
    /// `key_groups` where present; the flat fields, as one group, otherwise.
    pub(super) fn groups(&self, rule: NodeId) -> Result<Vec<Vec<MasterKey>>, RulesError> {
        if let Some(groups) = self.get(rule, "key_groups").filter(|&groups| !self.is_null(groups)) {
            let groups = self.items(groups, "key_groups")?;
            return groups
                .into_iter()
                .map(|item| {
                    let mut group = Vec::new();
                    self.group(item, &mut group)?;
                    Ok(group)
                })
                .collect();
        }
        let mut group = Vec::new();
        let profile = self.text(rule, "aws_profile")?.unwrap_or_default();
        for (_, recipient) in self.words(rule, "age")? {
            add(&mut group, MasterKey::Age { recipient });
        }
        for (_, fingerprint) in self.words(rule, "pgp")? {
            add(&mut group, MasterKey::pgp(&fingerprint));
        }
        for (_, arn) in self.words(rule, "kms")? {
            add(&mut group, MasterKey::aws_kms(&arn, BTreeMap::new(), &profile));
        }
        for (_, resource_id) in self.words(rule, "gcp_kms")? {
            add(&mut group, MasterKey::GcpKms { resource_id });
        }
        for (_, key_id) in self.words(rule, "hckms")? {
            add(&mut group, MasterKey::HuaweiKms { key_id });
        }
        for (node, url) in self.words(rule, "azure_keyvault")? {
            add(&mut group, self.azure(node, &url)?);
        }
        for (node, uri) in self.words(rule, "hc_vault_transit_uri")? {
            add(&mut group, self.transit(node, &uri)?);
        }
        Ok(vec![group])
    }

    /// One key group; merged groups come first.
    fn group(&self, item: NodeId, group: &mut Vec<MasterKey>) -> Result<(), RulesError> {
        for other in self.list(item, "merge")? {
            self.group(other, group)?;
        }
        for (_, recipient) in self.words(item, "age")? {
            add(group, MasterKey::Age { recipient });
        }
        for (_, fingerprint) in self.words(item, "pgp")? {
            add(group, MasterKey::pgp(&fingerprint));
        }
        for key in self.list(item, "kms")? {
            let role = self.text(key, "role")?.map(|role| format!("+{role}")).unwrap_or_default();
            let arn = format!("{}{role}", self.required(key, "kms", "arn")?);
            let profile = self.text(key, "aws_profile")?.unwrap_or_default();
            add(group, MasterKey::aws_kms(&arn, self.context(key)?, &profile));
        }
        for key in self.list(item, "gcp_kms")? {
            let resource_id = self.required(key, "gcp_kms", "resource_id")?;
            add(group, MasterKey::GcpKms { resource_id });
        }
        for key in self.list(item, "hckms")? {
            add(group, MasterKey::HuaweiKms { key_id: self.required(key, "hckms", "key_id")? });
        }
        for key in self.list(item, "azure_keyvault")? {
            let field = |name| self.required(key, "azure_keyvault", name);
            let version = self.text(key, "version")?.unwrap_or_default();
            let url =
                format!("{}/keys/{}/{version}", field("vaultUrl")?.trim_end_matches('/'), field("key")?);
            add(group, self.azure(key, url.trim_end_matches('/'))?);
        }
        for (node, uri) in self.words(item, "hc_vault")? {
            add(group, self.transit(node, &uri)?);
        }
        Ok(())
    }

    fn azure(&self, node: NodeId, url: &str) -> Result<MasterKey, RulesError> {
        let wanted =
            || format!("{url} is no key of Azure Key Vault: https://NAME.vault.azure.net/keys/KEY/VERSION");
        MasterKey::azure_key_vault(url).ok_or_else(|| self.invalid(node, wanted()))
    }

    fn transit(&self, node: NodeId, uri: &str) -> Result<MasterKey, RulesError> {
        let wanted = || format!("{uri} is no Transit key: https://HOST:PORT/v1/ENGINE/keys/NAME");
        MasterKey::vault_transit(uri).ok_or_else(|| self.invalid(node, wanted()))
    }

    /// The items of a list that may be missing.
    fn list(&self, map: NodeId, name: &str) -> Result<Vec<NodeId>, RulesError> {
        match self.get(map, name).filter(|&list| !self.is_null(list)) {
            Some(list) => self.items(list, name),
            None => Ok(Vec::new()),
        }
    }

    fn required(&self, map: NodeId, list: &str, name: &str) -> Result<String, RulesError> {
        self.text(map, name)?.ok_or_else(|| self.invalid(map, format!("{list} needs {name}")))
    }

    /// The encryption context of an AWS key.
    fn context(&self, key: NodeId) -> Result<BTreeMap<String, String>, RulesError> {
        let Some(context) = self.get(key, "context").filter(|&context| !self.is_null(context)) else {
            return Ok(BTreeMap::new());
        };
        let Kind::Mapping { entries, .. } = &self.stream.node(self.stream.resolved(context)).kind else {
            return Err(self.invalid(context, "context must be a map of strings".to_owned()));
        };
        let pair =
            |&(name, value): &(NodeId, NodeId)| match &self.stream.node(self.stream.resolved(value)).kind {
                Kind::Scalar { value, .. } => {
                    Ok((self.stream.key(name).unwrap_or_default().to_owned(), value.to_string()))
                }
                _ => Err(self.invalid(value, "context must be a map of strings".to_owned())),
            };
        entries.iter().map(pair).collect()
    }

    fn string(&self, node: NodeId, name: &str) -> Result<String, RulesError> {
        match self.stream.value(node, Profile::Sops) {
            Ok(Some(Value::Str(text))) => Ok(text.into_owned()),
            _ => Err(self.invalid(node, format!("{name} must be a string or a list of strings"))),
        }
    }

    /// A string with commas or a list of strings, trimmed, each with its place.
    fn words(&self, map: NodeId, name: &str) -> Result<Vec<(NodeId, String)>, RulesError> {
        let Some(node) = self.get(map, name).filter(|&node| !self.is_null(node)) else {
            return Ok(Vec::new());
        };
        let parts = match &self.stream.node(self.stream.resolved(node)).kind {
            Kind::Sequence { items, .. } => items.clone(),
            _ => vec![node],
        };
        let mut words = Vec::new();
        for part in parts {
            let text = self.string(part, name)?;
            let trimmed = text.split(',').map(str::trim).filter(|word| !word.is_empty());
            words.extend(trimmed.map(|word| (part, word.to_owned())));
        }
        Ok(words)
    }
}
