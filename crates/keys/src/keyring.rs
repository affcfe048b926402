//! The identities of a process, and the data keys they have opened.

use std::collections::HashMap;
use std::fmt;
use std::io::Read;
use std::sync::{Mutex, OnceLock, PoisonError};

use age::armor::ArmoredReader;
use age::x25519::Identity;
use age::{DecryptError, Decryptor};
use sops::{DataKey, KeyGroup, KeyType, MasterKey, Metadata, WrappedKey};
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
    opened: Mutex<HashMap<String, Zeroizing<Vec<u8>>>>,
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

    /// The data key of a file, by the first identity that opens one of its age keys; of several groups as many shares
    /// as the file needs.
    ///
    /// A recipient in the file is only a label, as in sops: every identity is tried on every key. The command
    /// (`SOPS_AGE_KEY_CMD`) is run only if no other source has a fitting identity, once per recipient.
    ///
    /// # Errors
    /// [`NoKey`], which says for whom the file is encrypted and where was looked.
    pub fn data_key(&self, metadata: &Metadata) -> Result<DataKey, NoKey> {
        let groups = metadata.groups.as_slice();
        if let [group] = groups {
            return data_key(self.share(group)?);
        }
        let needed = metadata.shamir_threshold.map_or(2, |threshold| threshold as usize);
        let mut shares = Vec::new();
        let mut missing = None;
        for group in groups {
            match self.share(group) {
                Ok(share) => shares.push(share),
                Err(error) => missing = missing.or(Some(error)),
            }
            if shares.len() == needed {
                break;
            }
        }
        match missing {
            Some(source) if shares.len() < needed => Err(NoKey::Shares {
                opened: shares.len(),
                needed,
                groups: groups.len(),
                source: Box::new(source),
            }),
            _ => data_key(sops::join(&shares).map_err(NoKey::Shamir)?),
        }
    }

    /// What the keys of a group wrap: the data key, or a share of it.
    fn share(&self, group: &KeyGroup) -> Result<Zeroizing<Vec<u8>>, NoKey> {
        if let Some(key) = self.opened_before(group) {
            return Ok(key);
        }
        let loaded = self.loaded.get_or_init(|| self.load());
        let mut damaged = None;
        let mut foreign = false;
        // Labels are right nearly always: begin with the keys that name one of our own recipients.
        let (ours, others): (Vec<_>, Vec<_>) =
            age_keys(group).partition(|(recipient, _)| loaded.own.iter().any(|own| own == recipient));
        for (recipient, wrapped) in ours.into_iter().chain(others) {
            match open(wrapped, &loaded.identities) {
                Ok(Some(key)) => return Ok(self.remember(wrapped, key)),
                Ok(None) => foreign = true,
                Err(reason) => {
                    damaged.get_or_insert((recipient, reason));
                }
            }
        }
        // Somebody else's damaged key is not why this one does not open.
        let damaged =
            damaged.filter(|(recipient, _)| !foreign || loaded.own.iter().any(|own| own == recipient));
        let mut looked_in = loaded.looked.clone();
        let mut own = loaded.own.clone();
        if let Some(key) = self.open_by_command(group, &mut looked_in, &mut own) {
            return Ok(key);
        }
        match damaged {
            Some((recipient, reason)) => Err(NoKey::Damaged { recipient: recipient.to_owned(), reason }),
            None => Err(NoKey::NoIdentity { encrypted_for: recipients(group), looked_in, own }),
        }
    }

    fn load(&self) -> Loaded {
        let (Identities { usable, .. }, looked) = self.sources.load();
        let own = usable.iter().map(recipient_of).collect();
        Loaded { identities: usable, own, looked }
    }

    fn opened_before(&self, group: &KeyGroup) -> Option<Zeroizing<Vec<u8>>> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        group.keys.iter().find_map(|wrapped| opened.get(&wrapped.enc).cloned())
    }

    fn remember(&self, wrapped: &WrappedKey, key: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.insert(wrapped.enc.clone(), key.clone());
        key
    }

    fn open_by_command(
        &self,
        group: &KeyGroup,
        looked_in: &mut Vec<Looked>,
        own: &mut Vec<String>,
    ) -> Option<Zeroizing<Vec<u8>>> {
        for (recipient, _) in age_keys(group) {
            let mut commanded = self.commanded.lock().unwrap_or_else(PoisonError::into_inner);
            if !commanded.contains_key(recipient) {
                let (Identities { usable, .. }, looked) = self.sources.ask_command(recipient)?;
                commanded.insert(recipient.to_owned(), (usable, looked));
            }
            let (identities, looked) = commanded.get(recipient)?;
            // The command may print its identities whatever the recipient is.
            let mut keys = age_keys(group);
            if let Some((wrapped, key)) =
                keys.find_map(|(_, wrapped)| Some((wrapped, open(wrapped, identities).ok()??)))
            {
                return Some(self.remember(wrapped, key));
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

/// The age keys of a group with their recipients.
fn age_keys(group: &KeyGroup) -> impl Iterator<Item = (&str, &WrappedKey)> {
    group.keys.iter().filter_map(|wrapped| match &wrapped.key {
        MasterKey::Age { recipient } => Some((recipient.as_str(), wrapped)),
        _ => None,
    })
}

fn data_key(bytes: Zeroizing<Vec<u8>>) -> Result<DataKey, NoKey> {
    DataKey::new(bytes).map_err(|error| NoKey::NotAKey { bytes: error.0 })
}

/// What `wrapped` holds, if one of the identities opens it; an error if it is no intact age file.
fn open(wrapped: &WrappedKey, identities: &[Identity]) -> Result<Option<Zeroizing<Vec<u8>>>, &'static str> {
    let decryptor = match Decryptor::new_buffered(ArmoredReader::new(wrapped.enc.as_bytes())) {
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
    reader.take(LONGEST_KEY + 1).read_to_end(&mut key).map_err(|_| "its content was changed")?;
    Ok(Some(key))
}

fn recipient_of(identity: &Identity) -> String {
    identity.to_public().to_string()
}

/// All keys of a group by name: age recipients as they are, others with their type, the age ones first.
fn recipients(group: &KeyGroup) -> Vec<String> {
    let age = age_keys(group).map(|(recipient, _)| recipient.to_owned());
    let others = group.keys.iter().map(|wrapped| &wrapped.key).filter(|key| key.kind() != KeyType::Age);
    age.chain(others.map(|key| format!("{} {key}", key.kind().name()))).collect()
}

#[cfg(test)]
mod tests;
