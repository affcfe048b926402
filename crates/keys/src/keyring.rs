//! The master keys of a process, and the data keys they have opened.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sops::{DataKey, KeyGroup, KeyType, MasterKey, Metadata, WrappedKey};
use zeroize::Zeroizing;

use crate::age_keys::AgeKeys;
use crate::gpg;
use crate::no_key::NoKey;
use crate::remote::Remote;
use crate::report::{Opened, Refused, Report};
use crate::sources::Sources;

/// Opens and wraps data keys. Sources are read when the first file needs them, and once for all files.
pub struct Keyring {
    pub(crate) sources: Sources,
    remote: Remote,
    /// Whether the warnings of the key services were given.
    warned: AtomicBool,
    /// One file at a time: whoever is asked for a passphrase is asked one thing.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    age: Option<AgeKeys>,
    /// Fingerprints of the secret keys that gpg has.
    gpg: Option<BTreeSet<String>>,
    /// Data keys and shares by the wrapped key they came from: the documents of a file repeat theirs.
    opened: HashMap<String, Zeroizing<Vec<u8>>>,
}

/// A way to open keys. Each is tried for all groups before the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// age identities and SSH keys at hand.
    Quiet,
    /// age identities that a command prints.
    Command,
    /// Programs for single age keys.
    Plugin,
    /// SSH keys with a passphrase.
    SshPassphrase,
    /// OpenPGP.
    Gpg,
    /// Identity files with a passphrase.
    FilePassphrase,
    /// Key services, all at the same time.
    Remote,
}

/// A group on the way to its share.
struct Attempt<'a> {
    group: &'a KeyGroup,
    share: Option<Zeroizing<Vec<u8>>>,
    report: Report,
}

impl Keyring {
    /// Reads nothing yet.
    #[must_use]
    pub fn new(sources: Sources) -> Self {
        let remote = Remote::new(sources.remote.clone());
        Self { sources, remote, warned: AtomicBool::new(false), state: Mutex::default() }
    }

    /// The data key of a file, by the first of our keys that opens one of its keys; of several groups as many shares
    /// as the file needs.
    ///
    /// What is at hand comes first, then what starts a program or asks a person (in the order of
    /// `SOPS_DECRYPTION_ORDER`), and last what needs the network. A recipient in the file is only a label, as in sops:
    /// every age identity is tried on every age key.
    ///
    /// # Errors
    /// [`NoKey`], which says for whom the file is encrypted and where was looked.
    pub fn data_key(&self, metadata: &Metadata) -> Result<DataKey, NoKey> {
        let groups = metadata.groups.as_slice();
        let threshold = metadata.shamir_threshold.map(|threshold| threshold as usize);
        // sops joins whatever it can open where a file does not say how many it needs.
        let (wanted, needed) = match groups.len() {
            1 => (1, 1),
            all => (threshold.unwrap_or(all), threshold.unwrap_or(2)),
        };
        let mut state = self.lock();
        let mut attempts: Vec<Attempt<'_>> =
            groups.iter().map(|group| Attempt::new(group, state.opened_before(group))).collect();
        for way in self.ways() {
            for at in 0..attempts.len() {
                if opened(&attempts) >= wanted {
                    break;
                }
                let attempt = &mut attempts[at];
                if attempt.share.is_none()
                    && let Some(Opened { wrapped, key }) = self.by(way, &mut state, attempt)
                {
                    state.opened.insert(wrapped.enc.clone(), key.clone());
                    attempt.share = Some(key);
                }
            }
        }
        let opened = opened(&attempts);
        if opened < needed {
            let Some(missing) = attempts.into_iter().find(|attempt| attempt.share.is_none()) else {
                return Err(NoKey::TooFewGroups { needed, groups: groups.len() });
            };
            let source = state.explain(missing);
            return Err(match groups.len() {
                1 => source,
                groups => NoKey::Shares { opened, needed, groups, source: Box::new(source) },
            });
        }
        let mut shares: Vec<Zeroizing<Vec<u8>>> =
            attempts.into_iter().filter_map(|attempt| attempt.share).collect();
        let key = match groups.len() {
            1 => shares.swap_remove(0),
            _ => sops::join(&shares).map_err(NoKey::Shamir)?,
        };
        DataKey::new(key).map_err(|error| NoKey::NotAKey { bytes: error.0 })
    }

    /// Which of the file's keys are ours, as far as that shows without opening one, without asking anybody and without
    /// the network: age and SSH keys whose recipients we have the identities of, OpenPGP keys that gpg has the secret
    /// keys of. In the order of the file.
    pub fn own_keys<'a>(&self, metadata: &'a Metadata) -> Vec<&'a MasterKey> {
        let mut state = self.lock();
        let keys = metadata.groups.iter().flat_map(|group| &group.keys).map(|wrapped| &wrapped.key);
        keys.filter(|key| match key {
            MasterKey::Age { recipient } => state.age(&self.sources).is_own(recipient),
            MasterKey::Pgp { fingerprint } => {
                let known = state.gpg.get_or_insert_with(|| self.sources.gpg.secret_keys());
                gpg::is_among(fingerprint, known)
            }
            _ => false,
        })
        .collect()
    }

    /// The recipients of the age identities and SSH keys at hand, as far as they show without asking anybody.
    pub fn own_recipients(&self) -> Vec<String> {
        self.lock().age(&self.sources).own()
    }

    fn by<'a>(&self, way: Way, state: &mut State, attempt: &mut Attempt<'a>) -> Option<Opened<'a>> {
        let Attempt { group, report, .. } = attempt;
        match way {
            Way::Gpg => by_gpg(&self.sources.gpg, group, report),
            Way::Remote => self.by_services(group, report),
            // Files for other types than age need none of its sources.
            _ if !has(group, |kind| kind == KeyType::Age) => None,
            Way::Quiet => state.age(&self.sources).quietly(group, report),
            Way::Command => state.age(&self.sources).by_command(group),
            Way::Plugin => state.age(&self.sources).by_plugin(group, report),
            Way::SshPassphrase => state.age(&self.sources).by_ssh_passphrase(group),
            Way::FilePassphrase => state.age(&self.sources).by_file_passphrase(group, report),
        }
    }

    fn by_services<'a>(&self, group: &'a KeyGroup, report: &mut Report) -> Option<Opened<'a>> {
        let keys: Vec<&WrappedKey> =
            group.keys.iter().filter(|wrapped| is_remote(wrapped.key.kind())).collect();
        let first = *keys.first()?;
        match self.services().unwrap_any(&keys) {
            Ok(key) => Some(Opened { wrapped: first, key }),
            Err(refusals) => {
                for refusal in refusals {
                    let key = named(&refusal.key);
                    report.refuse(Refused { key, reason: refusal.reason.to_string(), hint: refusal.hint() });
                }
                None
            }
        }
    }

    /// The key services. Their warnings are given with their first use, so that files without such keys need none.
    pub(crate) fn services(&self) -> &Remote {
        if !self.warned.swap(true, Ordering::Relaxed)
            && let Some(prompt) = &self.sources.prompt
        {
            self.remote.warnings().iter().for_each(|warning| prompt.warn(warning));
        }
        &self.remote
    }

    fn ways(&self) -> impl Iterator<Item = Way> {
        let age = [Way::Quiet, Way::Command, Way::Plugin, Way::SshPassphrase];
        let (first, second): (&[Way], &[Way]) = match self.sources.gpg_first() {
            true => (&[Way::Gpg], &age),
            false => (&age, &[Way::Gpg]),
        };
        let local = first.iter().chain(second).copied().collect::<Vec<_>>();
        local.into_iter().chain([Way::FilePassphrase, Way::Remote])
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn age(&mut self, sources: &Sources) -> &mut AgeKeys {
        self.age.get_or_insert_with(|| AgeKeys::load(&sources.age, sources.prompt.clone()))
    }

    fn opened_before(&self, group: &KeyGroup) -> Option<Zeroizing<Vec<u8>>> {
        group.keys.iter().find_map(|wrapped| self.opened.get(&wrapped.enc).cloned())
    }

    fn explain(&self, Attempt { group, report, .. }: Attempt<'_>) -> NoKey {
        if let Some((recipient, reason)) = report.cause() {
            return NoKey::Damaged { recipient: recipient.to_owned(), reason };
        }
        NoKey::NoIdentity {
            encrypted_for: recipients(group),
            looked_in: self.age.as_ref().map(|age| age.looked(group)).unwrap_or_default(),
            own: self.age.as_ref().map(AgeKeys::own).unwrap_or_default(),
            refused: report.refused,
        }
    }
}

impl<'a> Attempt<'a> {
    fn new(group: &'a KeyGroup, share: Option<Zeroizing<Vec<u8>>>) -> Self {
        Self { group, share, report: Report::default() }
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("sources", &self.sources).finish_non_exhaustive()
    }
}

fn opened(attempts: &[Attempt<'_>]) -> usize {
    attempts.iter().filter(|attempt| attempt.share.is_some()).count()
}

fn by_gpg<'a>(gpg: &gpg::GpgSources, group: &'a KeyGroup, report: &mut Report) -> Option<Opened<'a>> {
    group.keys.iter().filter(|wrapped| wrapped.key.kind() == KeyType::Pgp).find_map(|wrapped| {
        match gpg.decrypt(&wrapped.enc) {
            Ok(key) => Some(Opened { wrapped, key }),
            Err(reason) => {
                let hint = Some("see which secret keys gpg has: gpg --list-secret-keys".to_owned());
                report.refuse(Refused { key: named(&wrapped.key), reason, hint });
                None
            }
        }
    })
}

fn has(group: &KeyGroup, kind: impl Fn(KeyType) -> bool) -> bool {
    group.keys.iter().any(|wrapped| kind(wrapped.key.kind()))
}

/// Whether only a service can use keys of this type.
pub(crate) fn is_remote(kind: KeyType) -> bool {
    !matches!(kind, KeyType::Age | KeyType::Pgp)
}

/// Type and name of a key.
fn named(key: &MasterKey) -> String {
    format!("{} {key}", key.kind().name())
}

/// All keys of a group by name: age recipients as they are, others with their type, the age ones first.
fn recipients(group: &KeyGroup) -> Vec<String> {
    let (age, others): (Vec<_>, Vec<_>) =
        group.keys.iter().map(|wrapped| &wrapped.key).partition(|key| key.kind() == KeyType::Age);
    age.into_iter().map(MasterKey::to_string).chain(others.into_iter().map(named)).collect()
}

#[cfg(test)]
mod tests;
