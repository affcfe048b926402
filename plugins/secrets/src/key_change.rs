//! Who can open a file: what it has against what it is to have, and its data key wrapped accordingly.

use std::time::SystemTime;

use keys::{Keyring, WrapError};
use sops::{DataKey, Document, KeyGroup, MasterKey, Metadata, WrappedKey};
use ui::CommandError;

use crate::opened;
use crate::source::Source;

/// What would change about who can open a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// By group, in order.
    pub groups: Vec<GroupDifference>,
    /// Shares needed before and after, where that changes.
    pub threshold: Option<(Option<u32>, Option<u32>)>,
}

/// What would change in one group of keys.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct GroupDifference {
    pub kept: Vec<MasterKey>,
    pub added: Vec<MasterKey>,
    pub removed: Vec<MasterKey>,
}

impl Difference {
    /// Compares a file with the keys it is to have; the order within a group does not count.
    pub fn new(metadata: &Metadata, wanted: &[Vec<MasterKey>], threshold: Option<u32>) -> Self {
        let count = metadata.groups.len().max(wanted.len());
        let group = |at: usize| {
            let have: Vec<&MasterKey> =
                metadata.groups.get(at).iter().flat_map(|group| &group.keys).map(|key| &key.key).collect();
            let want = wanted.get(at).map(Vec::as_slice).unwrap_or_default();
            let (kept, removed): (Vec<&MasterKey>, Vec<&MasterKey>) =
                have.iter().copied().partition(|have| want.iter().any(|want| fits(have, want)));
            let added = want.iter().filter(|want| !have.iter().any(|have| fits(have, want)));
            GroupDifference {
                added: added.cloned().collect(),
                kept: kept.into_iter().cloned().collect(),
                removed: removed.into_iter().cloned().collect(),
            }
        };
        let groups = (0..count).map(group).collect();
        // Without groups to choose from the number means nothing.
        let meaning = |groups: usize, threshold: Option<u32>| threshold.filter(|_| groups > 1);
        let before = meaning(metadata.groups.len(), metadata.shamir_threshold);
        let after = meaning(wanted.len(), threshold);
        Self { groups, threshold: (before != after).then_some((before, after)) }
    }

    pub fn is_empty(&self) -> bool {
        let same = |group: &GroupDifference| group.added.is_empty() && group.removed.is_empty();
        self.threshold.is_none() && self.groups.iter().all(same)
    }

    pub fn removes(&self) -> bool {
        self.groups.iter().any(|group| !group.removed.is_empty())
    }

    /// A line for each key: `  age age1...`, `+ age age1...`, `- pgp 85D7...`; those of several groups below
    /// `group 1`.
    pub fn lines(&self) -> Vec<String> {
        self.lines_with(true)
    }

    /// The lines about what changes.
    pub fn changes(&self) -> Vec<String> {
        self.lines_with(false)
    }

    fn lines_with(&self, kept: bool) -> Vec<String> {
        let mut lines = Vec::new();
        for (group, number) in self.groups.iter().zip(1..) {
            if !kept && group.added.is_empty() && group.removed.is_empty() {
                continue;
            }
            let several = self.groups.len() > 1;
            let heading = several.then(|| format!("group {number}"));
            lines.extend(heading);
            let indent = if several { "  " } else { "" };
            let named = |sign: char, key: &MasterKey| format!("{indent}{sign} {} {key}", key.kind().name());
            let kept = group.kept.iter().filter(|_| kept);
            lines.extend(kept.map(|key| named(' ', key)));
            lines.extend(group.removed.iter().map(|key| named('-', key)));
            lines.extend(group.added.iter().map(|key| named('+', key)));
        }
        if let Some((before, after)) = self.threshold {
            let shown =
                |threshold: Option<u32>| threshold.map_or("any".to_owned(), |needed| needed.to_string());
            lines.push(format!("groups needed: {} -> {}", shown(before), shown(after)));
        }
        lines
    }
}

/// Whether the key of a file is the one that a rule names. A rule may leave the version of an Azure key open.
fn fits(have: &MasterKey, want: &MasterKey) -> bool {
    match (have, want) {
        (
            MasterKey::AzureKeyVault { vault_url, name, .. },
            MasterKey::AzureKeyVault { vault_url: wanted_url, name: wanted_name, version },
        ) if version.is_empty() => vault_url == wanted_url && name == wanted_name,
        _ => have.to_string() == want.to_string(),
    }
}

/// The keys of a file by group, without what wraps the data key.
pub fn groups_of(metadata: &Metadata) -> Vec<Vec<MasterKey>> {
    metadata.groups.iter().map(|group| group.keys.iter().map(|key| key.key.clone()).collect()).collect()
}

/// The file for other keys, under the same data key; values, MAC and time stay.
///
/// In a file of one group, keys that stay keep their wrapped data key, and the data key is needed only for new ones.
/// Shares of several groups are made anew.
pub fn rewrap(
    source: &Source,
    document: &Document<'_>,
    keyring: &Keyring,
    wanted: &[Vec<MasterKey>],
    threshold: Option<u32>,
) -> Result<String, CommandError> {
    let data_key = || opened::data_key(source, document, keyring);
    let groups = match (document.metadata().groups.as_slice(), wanted) {
        ([have], [want]) => vec![extend(have, want, keyring, data_key)?],
        _ => wrap(keyring, &data_key()?, wanted, threshold)?,
    };
    document.rewrap(groups, threshold).map_err(|error| source.error(error))
}

/// `have` with the keys `want`.
fn extend(
    have: &KeyGroup,
    want: &[MasterKey],
    keyring: &Keyring,
    data_key: impl FnOnce() -> Result<DataKey, CommandError>,
) -> Result<KeyGroup, CommandError> {
    let known = |want: &MasterKey| have.keys.iter().find(|have| fits(&have.key, want));
    let new: Vec<MasterKey> = want.iter().filter(|want| known(want).is_none()).cloned().collect();
    let mut wrapped: Vec<WrappedKey> = Vec::new();
    if !new.is_empty() {
        wrapped.extend(wrap(keyring, &data_key()?, &[new], None)?.into_iter().flat_map(|group| group.keys));
    }
    let mut wrapped = wrapped.into_iter();
    let keys = want.iter().filter_map(|want| known(want).cloned().or_else(|| wrapped.next())).collect();
    Ok(KeyGroup { keys, unknown: have.unknown.clone() })
}

/// Wraps a data key for groups of keys.
pub fn wrap(
    keyring: &Keyring,
    data_key: &DataKey,
    groups: &[Vec<MasterKey>],
    threshold: Option<u32>,
) -> Result<Vec<KeyGroup>, CommandError> {
    keyring.wrap(data_key, groups, threshold).map_err(|error| CommandError::hinted(error, WrapError::hint))
}

/// The file under a new data key, for `groups`.
pub fn rotate(
    source: &Source,
    document: &Document<'_>,
    keyring: &Keyring,
    groups: &[Vec<MasterKey>],
) -> Result<String, CommandError> {
    let old = opened::data_key(source, document, keyring)?;
    let new = DataKey::generate();
    let threshold = document.metadata().shamir_threshold;
    let wrapped = wrap(keyring, &new, groups, threshold)?;
    document.rotate(&old, &new, wrapped, threshold, SystemTime::now()).map_err(|error| {
        CommandError::hinted(error, sops::Error::hint).context(format!("failed to rotate {}", source.shown()))
    })
}

/// `asked`, if that many of `groups` groups can be needed.
pub fn check_threshold(asked: u32, groups: usize) -> Result<u32, CommandError> {
    let most = u32::try_from(groups).unwrap_or(u32::MAX);
    let least = most.min(2);
    if (least..=most).contains(&asked) {
        return Ok(asked);
    }
    let number = if least == most { most.to_string() } else { format!("from {least} to {most}") };
    Err(CommandError::new(format!("{asked} cannot be the number of groups needed"))
        .hint(format!("of {groups} it is {number}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age(recipient: &str) -> MasterKey {
        MasterKey::Age { recipient: recipient.to_owned() }
    }

    fn metadata(groups: &[&[MasterKey]], shamir_threshold: Option<u32>) -> Metadata {
        let wrapped = |key: &MasterKey| WrappedKey::new(key.clone(), format!("enc of {key}"), None);
        Metadata {
            groups: groups.iter().map(|group| KeyGroup::of(group.iter().map(wrapped).collect())).collect(),
            shamir_threshold,
            selector: sops::Selector::default(),
            mac_only_encrypted: false,
            last_modified: String::new(),
            mac: None,
            version: String::new(),
            unknown: Vec::new(),
        }
    }

    #[test]
    fn the_order_within_a_group_does_not_count() {
        let have = metadata(&[&[age("a"), MasterKey::pgp("B")]], None);
        assert!(Difference::new(&have, &[vec![MasterKey::pgp("B"), age("a")]], None).is_empty());
        let changed = Difference::new(&have, &[vec![age("c"), age("a")]], None);
        assert_eq!(changed.lines(), ["  age a", "- pgp B", "+ age c"]);
        assert!(changed.removes());
    }

    #[test]
    fn groups_and_shares() {
        let have = metadata(&[&[age("a")], &[age("b")]], Some(2));
        let wanted = [vec![age("a")], vec![age("b"), age("d")], vec![age("c")]];
        let changed = Difference::new(&have, &wanted, Some(2));
        let lines = ["group 1", "    age a", "group 2", "    age b", "  + age d", "group 3", "  + age c"];
        assert_eq!((changed.lines(), changed.removes()), (lines.map(str::to_owned).to_vec(), false));
        let less = Difference::new(&have, &wanted[..1], Some(2));
        assert_eq!(less.lines(), ["group 1", "    age a", "group 2", "  - age b", "groups needed: 2 -> any"]);
        assert!(Difference::new(&metadata(&[&[age("a")]], Some(7)), &wanted[..1], None).is_empty());
    }

    #[test]
    fn a_rule_may_leave_the_version_of_an_azure_key_open() {
        let key = |url| MasterKey::azure_key_vault(url).unwrap();
        let have = metadata(&[&[key("https://v/keys/k/1")]], None);
        let differs = |url| !Difference::new(&have, &[vec![key(url)]], None).is_empty();
        assert!(!differs("https://v/keys/k") && !differs("https://v/keys/k/1"));
        assert!(differs("https://v/keys/k/2") && differs("https://v/keys/j"));
    }
}
