//! Identities behind a passphrase: SSH keys, and identity files that age encrypted.

use std::io::Read;

use age::armor::ArmoredReader;
use age::{Decryptor, scrypt};
use secrecy::SecretString;
use sops::KeyGroup;
use zeroize::Zeroizing;

use super::identities::Identities;
use super::identity::Identity;
use super::{AgeKeys, age_keys, open, try_all};
use crate::report::{Opened, Report};

/// The work factor up to which age accepts files, too: some 16 seconds and 4 GB of memory.
const MAX_WORK_FACTOR: u8 = 22;

const NOT_ASKED: &str = "encrypted with a passphrase, for which no terminal could ask";
const WRONG: &str = "encrypted with another passphrase than the one given";

impl AgeKeys {
    /// Opens one of the group's keys with an SSH key whose passphrase is asked for: only one that such a key was made
    /// for.
    pub(crate) fn by_ssh_passphrase<'a>(&mut self, group: &'a KeyGroup) -> Option<Opened<'a>> {
        let prompt = self.host.prompt.clone();
        let places = self.places.iter_mut().chain(self.ssh_places.iter_mut().flatten());
        for place in places.chain(self.commanded.values_mut()) {
            let Ok(found) = &mut place.found else { continue };
            for identity in &mut found.usable {
                let Identity::Ssh(key) = identity else { continue };
                // Asked once, not for every file.
                if !key.is_locked() || place.refused.is_some() {
                    continue;
                }
                let fitting = age_keys(group).find(|(_, wrapped)| {
                    open::stanzas(&wrapped.enc).iter().any(|stanza| key.is_named_by(stanza))
                });
                let Some((_, wrapped)) = fitting else { continue };
                let passphrase = prompt.as_ref().and_then(|prompt| prompt.secret(&place.question));
                match passphrase.map(|passphrase| key.unlock(passphrase)) {
                    None => place.refused = Some(NOT_ASKED),
                    Some(false) => place.refused = Some(WRONG),
                    Some(true) => {
                        if let Ok(Some(opened)) = open::open(&wrapped.enc, key.unlocked()) {
                            return Some(Opened { wrapped, key: opened });
                        }
                    }
                }
            }
        }
        None
    }

    /// Opens one of the group's keys with what is in encrypted identity files, whose passphrases are asked for.
    pub(crate) fn by_file_passphrase<'a>(
        &mut self,
        group: &'a KeyGroup,
        report: &mut Report,
    ) -> Option<Opened<'a>> {
        age_keys(group).next()?;
        let prompt = self.host.prompt.clone();
        let mut unlocked = false;
        for place in self.places.iter_mut().chain(self.commanded.values_mut()) {
            let Ok(Identities { locked: Some(locked), .. }) = &place.found else { continue };
            place.found = match prompt.as_ref().and_then(|prompt| prompt.secret(&place.question)) {
                None => Err(NOT_ASKED.to_owned()),
                Some(passphrase) => unlock(locked, passphrase).map_err(str::to_owned),
            };
            if let Ok(found) = &place.found {
                self.own.extend(found.usable.iter().filter_map(Identity::recipient));
                unlocked = true;
            }
            if let Some(opened) = try_all(group, [&*place]) {
                return Some(opened);
            }
        }
        // A file may hold what needs a program or a second passphrase.
        if !unlocked {
            return None;
        }
        self.by_plugin(group, report).or_else(|| self.by_ssh_passphrase(group))
    }
}

/// The identities in an encrypted file.
fn unlock(locked: &[u8], passphrase: SecretString) -> Result<Identities, &'static str> {
    let damaged = "encrypted, and damaged";
    let decryptor = Decryptor::new_buffered(ArmoredReader::new(locked)).map_err(|_| damaged)?;
    if !decryptor.is_scrypt() {
        return Err("encrypted for other keys; only a passphrase can be asked for");
    }
    let mut identity = scrypt::Identity::new(passphrase);
    identity.set_max_work_factor(MAX_WORK_FACTOR);
    let mut reader =
        decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(|error| match error {
            age::DecryptError::ExcessiveWork { .. } => "encrypted with a work factor beyond all reason",
            _ => WRONG,
        })?;
    let mut text = Zeroizing::new(Vec::new());
    reader.read_to_end(&mut text).map_err(|_| damaged)?;
    let found = Identities::parse_bytes(&text);
    if found.locked.is_some() { Err("encrypted twice") } else { Ok(found) }
}
