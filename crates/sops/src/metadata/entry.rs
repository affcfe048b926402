//! Wrapped keys as fields: the names SOPS has for each key type.

use std::collections::BTreeMap;

use super::{Field, WrappedKey};
use crate::master_key::{KeyType, MasterKey};

/// Fields of a map, taken out one by one.
struct Fields(Vec<(String, Field)>);

impl Fields {
    fn take(&mut self, name: &str) -> Option<Field> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(at).1)
    }

    fn text(&mut self, name: &str) -> Result<String, String> {
        match self.take(name) {
            Some(Field::Text(text)) => Ok(text),
            _ => Err(format!("needs a string {name}")),
        }
    }

    /// A string that may be missing; unquoted times and numbers are taken as they stand.
    fn optional(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.take(name) {
            None => Ok(None),
            Some(field) if field.is_null() => Ok(None),
            Some(Field::Text(text) | Field::Literal(text)) => Ok(Some(text)),
            Some(_) => Err(format!("needs a string {name}")),
        }
    }
}

impl WrappedKey {
    /// Reads an entry of the list of `kind`; an error says what the entry needs.
    pub(super) fn read(kind: KeyType, entry: &Field) -> Result<Self, String> {
        let Field::Map(fields) = entry else { return Err("must be a map".to_owned()) };
        let mut fields = Fields(fields.clone());
        let key = match kind {
            KeyType::Age => MasterKey::Age { recipient: fields.text("recipient")? },
            KeyType::Pgp => MasterKey::Pgp { fingerprint: fields.text("fp")? },
            KeyType::AwsKms => MasterKey::AwsKms {
                arn: fields.text("arn")?,
                role: fields.optional("role")?.filter(|role| !role.is_empty()),
                context: match fields.take("context") {
                    Some(Field::Map(context)) => context.into_iter().map(pair).collect::<Result<_, _>>()?,
                    Some(field) if !field.is_null() => return Err("needs a map context".to_owned()),
                    _ => BTreeMap::new(),
                },
                profile: fields.optional("aws_profile")?.unwrap_or_default(),
            },
            KeyType::GcpKms => MasterKey::GcpKms { resource_id: fields.text("resource_id")? },
            KeyType::HuaweiKms => MasterKey::HuaweiKms { key_id: fields.text("key_id")? },
            KeyType::AzureKeyVault => MasterKey::AzureKeyVault {
                vault_url: fields.text("vault_url")?,
                name: fields.text("name")?,
                version: fields.optional("version")?.unwrap_or_default(),
            },
            KeyType::VaultTransit => MasterKey::VaultTransit {
                address: fields.text("vault_address")?,
                engine_path: fields.text("engine_path")?,
                key_name: fields.text("key_name")?,
            },
        };
        let created_at = fields.optional("created_at")?;
        if created_at.as_deref().is_some_and(|time| yamldoc::rfc3339(time, false).is_none()) {
            return Err("needs an RFC 3339 time in created_at".to_owned());
        }
        Ok(Self { key, enc: fields.text("enc")?, created_at, unknown: fields.0 })
    }

    /// The entry for the list of its type.
    pub(super) fn write(&self) -> Field {
        let mut fields = self.unknown.clone();
        let mut text = |name: &str, text: &str| fields.push((name.to_owned(), Field::Text(text.to_owned())));
        match &self.key {
            MasterKey::Age { recipient } => text("recipient", recipient),
            MasterKey::Pgp { fingerprint } => text("fp", fingerprint),
            MasterKey::AwsKms { arn, role, profile, .. } => {
                text("arn", arn);
                text("aws_profile", profile);
                role.iter().for_each(|role| text("role", role));
            }
            MasterKey::GcpKms { resource_id } => text("resource_id", resource_id),
            MasterKey::HuaweiKms { key_id } => text("key_id", key_id),
            MasterKey::AzureKeyVault { vault_url, name, version } => {
                text("vault_url", vault_url);
                text("name", name);
                text("version", version);
            }
            MasterKey::VaultTransit { address, engine_path, key_name } => {
                text("vault_address", address);
                text("engine_path", engine_path);
                text("key_name", key_name);
            }
        }
        self.created_at.iter().for_each(|time| text("created_at", time));
        text("enc", &self.enc);
        if let MasterKey::AwsKms { context, .. } = &self.key
            && !context.is_empty()
        {
            let context = context.iter().map(|(name, value)| (name.clone(), Field::Text(value.clone())));
            fields.push(("context".to_owned(), Field::Map(context.collect())));
        }
        Field::Map(fields)
    }
}

fn pair((name, value): (String, Field)) -> Result<(String, String), String> {
    match value {
        Field::Text(text) | Field::Literal(text) => Ok((name, text)),
        _ => Err("needs a context of strings".to_owned()),
    }
}
