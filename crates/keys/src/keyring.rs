//! The identities of a process, and the data keys they have opened.

use std::collections::HashMap;
use std::fmt;
use std::io::Read;
use std::sync::{Mutex, OnceLock, PoisonError};

use age::armor::ArmoredReader;
use age::x25519::Identity;
use age::{DecryptError, Decryptor};
use sops::{AgeEntry, DataKey, Field, KeyGroup, Metadata, OtherEntry};
use zeroize::Zeroizing;

use crate::identities::Identities;
use crate::no_key::{Looked, NoKey};
use crate::sources::AgeSources;

/// Longest content of a wrapped key: an AES-256 key, or a Shamir share of it, which is a byte longer.
const LONGEST_KEY: u64 = 33;

/// Unwraps data keys. Sources are read when the first file needs them, and once for all files.
pub struct Keyring {
    sources: AgeSources,
    loaded: OnceLock<Loaded>,
    /// What the command gave for each recipient.
    commanded: Mutex<HashMap<String, (Vec<Identity>, Looked)>>,
    /// Data keys by the wrapped key they came from: the documents of a file repeat theirs.
    opened: Mutex<HashMap<String, DataKey>>,
}

struct Loaded {
    identities: Vec<Identity>,
    /// Their recipients, in the same order.
    own: Vec<String>,
    looked: Vec<Looked>,
}

impl Keyring {
    pub fn new(sources: AgeSources) -> Self {
        Self {
            sources,
            loaded: OnceLock::new(),
            commanded: Mutex::new(HashMap::new()),
            opened: Mutex::new(HashMap::new()),
        }
    }

    /// The data key of a file, by the first identity that opens one of its age keys.
    ///
    /// A recipient in the file is only a label, as in sops: every identity is tried on every key. The command
    /// (`SOPS_AGE_KEY_CMD`) is run only if no other source has a fitting identity, once per recipient.
    ///
    /// # Errors
    /// [`NoKey`], which says for whom the file is encrypted and where was looked.
    pub fn data_key(&self, metadata: &Metadata) -> Result<DataKey, NoKey> {
        let [group] = metadata.groups.as_slice() else {
            return Err(NoKey::ShamirGroups { groups: metadata.groups.len() });
        };
        if let Some(key) = self.opened_before(group) {
            return Ok(key);
        }
        let loaded = self.loaded.get_or_init(|| self.load());
        let mut damaged = None;
        let mut foreign = false;
        // Labels are right nearly always: begin with the keys that name one of our own recipients.
        let (ours, others): (Vec<_>, Vec<_>) =
            group.age.iter().partition(|entry| loaded.own.contains(&entry.recipient));
        for entry in ours.into_iter().chain(others) {
            match open(entry, &loaded.identities) {
                Ok(Some(key)) => return Ok(self.remember(entry, key)),
                Ok(None) => foreign = true,
                Err(reason) => {
                    damaged.get_or_insert((entry, reason));
                }
            }
        }
        // Somebody else's damaged key is not why this one does not open.
        let damaged = damaged.filter(|(entry, _)| !foreign || loaded.own.contains(&entry.recipient));
        let mut looked_in = loaded.looked.clone();
        let mut own = loaded.own.clone();
        if let Some(key) = self.open_by_command(group, &mut looked_in, &mut own) {
            return Ok(key);
        }
        match damaged {
            Some((AgeEntry { recipient, .. }, reason)) => {
                Err(NoKey::Damaged { recipient: recipient.clone(), reason })
            }
            None => Err(NoKey::NoIdentity { encrypted_for: recipients(group), looked_in, own }),
        }
    }

    fn load(&self) -> Loaded {
        let (Identities { usable, .. }, looked) = self.sources.load();
        let own = usable.iter().map(recipient_of).collect();
        Loaded { identities: usable, own, looked }
    }

    fn opened_before(&self, group: &KeyGroup) -> Option<DataKey> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        group.age.iter().find_map(|entry| opened.get(&entry.enc).cloned())
    }

    fn remember(&self, entry: &AgeEntry, key: DataKey) -> DataKey {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.insert(entry.enc.clone(), key.clone());
        key
    }

    fn open_by_command(
        &self,
        group: &KeyGroup,
        looked_in: &mut Vec<Looked>,
        own: &mut Vec<String>,
    ) -> Option<DataKey> {
        for entry in &group.age {
            let mut commanded = self.commanded.lock().unwrap_or_else(PoisonError::into_inner);
            if !commanded.contains_key(&entry.recipient) {
                let (Identities { usable, .. }, looked) = self.sources.ask_command(&entry.recipient)?;
                commanded.insert(entry.recipient.clone(), (usable, looked));
            }
            let (identities, looked) = commanded.get(&entry.recipient)?;
            // The command may print its identities whatever the recipient is.
            if let Some(key) =
                group.age.iter().find_map(|entry| Some((entry, open(entry, identities).ok()??)))
            {
                return Some(self.remember(key.0, key.1));
            }
            if !looked_in.contains(looked) {
                looked_in.push(looked.clone());
            }
            for recipient in identities.iter().map(recipient_of) {
                if !own.contains(&recipient) {
                    own.push(recipient);
                }
            }
        }
        None
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("sources", &self.sources).finish_non_exhaustive()
    }
}

/// The data key in `entry`, if one of the identities opens it; an error if it is no intact age file.
fn open(entry: &AgeEntry, identities: &[Identity]) -> Result<Option<DataKey>, &'static str> {
    let decryptor = match Decryptor::new_buffered(ArmoredReader::new(entry.enc.as_bytes())) {
        Ok(decryptor) => decryptor,
        Err(DecryptError::UnknownFormat) => return Err("it is of an unknown age version"),
        Err(_) => return Err("it has no valid age header"),
    };
    let reader = match decryptor.decrypt(identities.iter().map(|identity| identity as &dyn age::Identity)) {
        Ok(reader) => reader,
        Err(DecryptError::NoMatchingKeys) => return Ok(None),
        Err(DecryptError::InvalidMac) => return Err("its header was changed"),
        Err(_) => return Err("it does not decrypt"),
    };
    let mut key = Zeroizing::new(Vec::with_capacity(64));
    reader.take(LONGEST_KEY).read_to_end(&mut key).map_err(|_| "its content was changed")?;
    DataKey::new(key).map(Some).map_err(|_| "it holds no AES key")
}

fn recipient_of(identity: &Identity) -> String {
    identity.to_public().to_string()
}

/// All keys of a group by name, the age ones first.
fn recipients(group: &KeyGroup) -> Vec<String> {
    let age = group.age.iter().map(|entry| entry.recipient.clone());
    age.chain(group.others.iter().map(describe)).collect()
}

/// The type of a key and what names it there: a fingerprint, an ARN, ...
fn describe(key: &OtherEntry) -> String {
    let Field::Map(fields) = &key.fields else {
        return key.kind.clone();
    };
    let names = [
        "fp",
        "arn",
        "resource_id",
        "key_id",
        "vault_address",
        "vault_url",
        "engine_path",
        "key_name",
        "name",
    ];
    let text = |wanted: &&str| {
        fields.iter().find_map(|(name, field)| match field {
            Field::Text(text) | Field::Literal(text) if name == wanted => Some(text.as_str()),
            _ => None,
        })
    };
    names.iter().filter_map(text).fold(key.kind.clone(), |description, name| format!("{description} {name}"))
}

#[cfg(test)]
mod tests;
