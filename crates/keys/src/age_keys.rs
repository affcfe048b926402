//! The age identities of a process, and opening wrapped keys with them.
//!
//! Sources are read when the first file needs them, and once for all files; what asks a person or starts a program is
//! used only when the caller says so.

mod identities;
mod identity;
mod open;
mod plugin;
mod post_quantum;
mod recipient;
mod sources;
mod ssh;
mod unlock;
mod xwing;

use std::collections::HashMap;
use std::sync::Arc;

use sops::{KeyGroup, MasterKey, WrappedKey};
use zeroize::Zeroizing;

use crate::no_key::Looked;
use crate::prompt::Prompt;
use crate::report::{Opened, Refused, Report};
use identity::{Identity, same_recipient};
use plugin::Host;
use sources::{KEY_COMMAND, SSH_KEY_COMMAND, Source, ask_command};

pub(crate) use recipient::{Recipient, RecipientError};
pub use sources::AgeSources;

/// All identities.
pub(crate) struct AgeKeys {
    sources: AgeSources,
    host: Host,
    /// Places of age identities.
    places: Vec<Source>,
    /// Places of SSH keys: read when the first file has a key for one.
    ssh_places: Option<Vec<Source>>,
    /// What the commands gave, by variable and recipient.
    commanded: HashMap<(&'static str, String), Source>,
    /// The public keys of the identities in `places`.
    own: Vec<String>,
}

impl AgeKeys {
    /// Reads the places of age identities.
    pub(crate) fn load(sources: &AgeSources, prompt: Option<Arc<dyn Prompt>>) -> Self {
        let host = Host { path: sources.path.clone(), prompt };
        let mut keys = Self {
            sources: sources.clone(),
            host,
            places: sources.load(),
            ssh_places: None,
            commanded: HashMap::new(),
            own: Vec::new(),
        };
        keys.own = identities(&keys.places).filter_map(Identity::recipient).collect();
        keys
    }

    /// Opens one of the group's keys with what is at hand: age identities, and SSH keys where one of the keys is for such.
    pub(crate) fn quietly<'a>(&mut self, group: &'a KeyGroup, report: &mut Report) -> Option<Opened<'a>> {
        // Labels are right nearly always: begin with the keys that name one of our own recipients.
        let (ours, others): (Vec<_>, Vec<_>) = age_keys(group).partition(|(label, _)| self.names_own(label));
        for (label, wrapped) in ours.into_iter().chain(others) {
            let quiet = identities(&self.places).filter_map(Identity::quiet);
            match open::open(&wrapped.enc, quiet) {
                Ok(Some(key)) => return Some(Opened { wrapped, key }),
                Ok(None) => report.foreign = true,
                // Somebody else's damaged key is not why this one does not open.
                Err(reason) => report.damaged(label, reason, self.names_own(label)),
            }
        }
        if !age_keys(group).any(|(_, wrapped)| is_for_ssh(wrapped)) {
            return None;
        }
        let places = self.ssh_places.get_or_insert_with(|| self.sources.load_ssh());
        try_all(group, &*places)
    }

    /// Opens one of the group's keys with what the commands print, each asked once for every recipient.
    pub(crate) fn by_command<'a>(&mut self, group: &'a KeyGroup) -> Option<Opened<'a>> {
        let (key, ssh) = (self.sources.key_command.clone(), self.sources.ssh_key_command.clone());
        for (variable, line) in [(KEY_COMMAND, key), (SSH_KEY_COMMAND, ssh)] {
            let Some(line) = line else { continue };
            for (label, wrapped) in age_keys(group) {
                if variable == SSH_KEY_COMMAND && !is_for_ssh(wrapped) {
                    continue;
                }
                let asked = (variable, label.to_owned());
                let source =
                    self.commanded.entry(asked).or_insert_with(|| ask_command(variable, &line, label));
                // It may print its identities whatever the recipient is.
                if let Some(opened) = try_all(group, [&*source]) {
                    return Some(opened);
                }
            }
        }
        None
    }

    /// Opens one of the group's keys with the help of plugins, those it names first.
    pub(crate) fn by_plugin<'a>(&self, group: &'a KeyGroup, report: &mut Report) -> Option<Opened<'a>> {
        let all = identities(&self.places).chain(identities(self.commanded.values()));
        for identity in all {
            let Identity::Plugin(identity) = identity else { continue };
            let named = format!("age1{}1", identity.name());
            let (ours, others): (Vec<_>, Vec<_>) =
                age_keys(group).partition(|(label, _)| label.starts_with(&named));
            for (_, wrapped) in ours.into_iter().chain(others) {
                let asked = identity.ready(&self.host);
                if let Ok(Some(key)) = open::open(&wrapped.enc, [&asked as &dyn age::Identity]) {
                    return Some(Opened { wrapped, key });
                }
                if let Some(reason) = asked.refused() {
                    report.refuse(Refused::new(format!("age plugin {}", identity.name()), reason));
                }
            }
        }
        None
    }

    /// Every place looked at for `group`, with what was there.
    pub(crate) fn looked(&self, group: &KeyGroup) -> Vec<Looked> {
        let ssh_places = if age_keys(group).any(|(_, wrapped)| is_for_ssh(wrapped)) {
            self.ssh_places.as_deref().unwrap_or_default()
        } else {
            &[]
        };
        let mut looked: Vec<Looked> = self.places.iter().chain(ssh_places).map(Source::looked).collect();
        for (label, _) in age_keys(group) {
            for variable in [KEY_COMMAND, SSH_KEY_COMMAND] {
                let found = self.commanded.get(&(variable, label.to_owned())).map(Source::looked);
                looked.extend(found.filter(|found| !looked.contains(found)));
            }
        }
        looked
    }

    /// The public keys of all identities found so far.
    pub(crate) fn own(&self) -> Vec<String> {
        let ssh = self.ssh_places.iter().flatten();
        let others = identities(ssh).chain(identities(self.commanded.values()));
        let mut own = self.own.clone();
        for recipient in others.filter_map(Identity::recipient) {
            if !own.contains(&recipient) {
                own.push(recipient);
            }
        }
        own
    }

    /// Whether `recipient` names one of our identities. Commands and plugins are not asked.
    pub(crate) fn is_own(&mut self, recipient: &str) -> bool {
        if self.names_own(recipient) {
            return true;
        }
        if !recipient.trim_start().starts_with("ssh-") {
            return false;
        }
        let places = self.ssh_places.get_or_insert_with(|| self.sources.load_ssh());
        identities(&*places).filter_map(Identity::recipient).any(|own| same_recipient(&own, recipient))
    }

    fn names_own(&self, label: &str) -> bool {
        self.own.iter().any(|own| same_recipient(own, label))
    }
}

/// The age keys of a group with their recipients.
fn age_keys(group: &KeyGroup) -> impl Iterator<Item = (&str, &WrappedKey)> {
    group.keys.iter().filter_map(|wrapped| match &wrapped.key {
        MasterKey::Age { recipient } => Some((recipient.as_str(), wrapped)),
        _ => None,
    })
}

fn identities<'a>(places: impl IntoIterator<Item = &'a Source>) -> impl Iterator<Item = &'a Identity> {
    places.into_iter().filter_map(|place| place.found.as_ref().ok()).flat_map(|found| &found.usable)
}

/// Tries every identity of `places` that asks nobody on every key of the group. What is damaged was told before.
fn try_all<'a, 's>(
    group: &'a KeyGroup,
    places: impl IntoIterator<Item = &'s Source> + Clone,
) -> Option<Opened<'a>> {
    age_keys(group).find_map(|(_, wrapped)| {
        let quiet = identities(places.clone()).filter_map(Identity::quiet);
        let key: Zeroizing<Vec<u8>> = open::open(&wrapped.enc, quiet).ok()??;
        Some(Opened { wrapped, key })
    })
}

/// Whether a key was wrapped for an SSH key, whatever its label says.
fn is_for_ssh(wrapped: &WrappedKey) -> bool {
    let stanzas = open::stanzas(&wrapped.enc);
    stanzas.iter().any(|words| words.first().is_some_and(|kind| kind.starts_with("ssh-")))
}
