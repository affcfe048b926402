//! What `status` says about one file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use keys::Keyring;
use serde_json::{Value, json};
use sops::{Coverage, Document, KeyGroup, KeyType, MasterKey, Metadata, Selector, Store};
use ui::{Style, person};

use crate::key_change::Difference;
use crate::rules::{self, NewFile, RuleFile};

/// An encrypted file, seen from outside.
pub struct Report {
    pub file: String,
    store: Store,
    version: String,
    last_modified: String,
    groups: Vec<Vec<Key>>,
    threshold: Option<u32>,
    selector: Selector,
    mac_only_encrypted: bool,
    coverage: Coverage,
    rule: RuleState,
}

struct Key {
    key: MasterKey,
    ours: bool,
}

/// What the rule of a file says against what the file is.
enum RuleState {
    Follows {
        rules: PathBuf,
    },
    Differs {
        rules: PathBuf,
        lines: Vec<String>,
    },
    /// There is none, or it cannot be read.
    None {
        reason: String,
    },
}

/// The `.sops.yaml` files that were needed so far.
pub struct RuleFiles {
    named: Option<PathBuf>,
    loaded: HashMap<PathBuf, Result<RuleFile, String>>,
}

impl RuleFiles {
    /// `named` is what `--config` says.
    pub fn new(named: Option<PathBuf>) -> Self {
        Self { named, loaded: HashMap::new() }
    }

    /// What a new file at `path` would be, and where that is said; or why nothing is.
    pub fn rule(&mut self, path: &Path) -> Result<(NewFile, PathBuf), String> {
        let absolute = std::path::absolute(path).map_err(|error| error.to_string())?;
        let located = rules::locate(&absolute, self.named.as_deref());
        let file = located.ok_or("there is no .sops.yaml")?.path;
        let rules = self
            .loaded
            .entry(file.clone())
            .or_insert_with(|| RuleFile::load(file.clone()).map_err(|error| error.to_string()));
        let rules = rules.as_ref().map_err(Clone::clone)?;
        let rule = rules.new_file(&absolute).map_err(|error| error.to_string())?;
        Ok((rule, file))
    }
}

impl Report {
    pub fn new(path: &Path, document: &Document<'_>, keyring: &Keyring, rules: &mut RuleFiles) -> Self {
        let metadata = document.metadata();
        let own = keyring.own_keys(metadata);
        let group = |group: &KeyGroup| {
            let keys = group.keys.iter().map(|wrapped| wrapped.key.clone());
            keys.map(|key| Key { ours: own.contains(&&key), key }).collect()
        };
        let rule = match rules.rule(path) {
            Err(reason) => RuleState::None { reason },
            Ok((rule, rules)) => {
                let lines = differences(document.store(), metadata, &rule);
                if lines.is_empty() {
                    RuleState::Follows { rules }
                } else {
                    RuleState::Differs { rules, lines }
                }
            }
        };
        Self {
            file: path.display().to_string(),
            store: document.store(),
            version: metadata.version.clone(),
            last_modified: metadata.last_modified.clone(),
            groups: metadata.groups.iter().map(group).collect(),
            threshold: metadata.shamir_threshold.filter(|_| metadata.groups.len() > 1),
            selector: metadata.selector.clone(),
            mac_only_encrypted: metadata.mac_only_encrypted,
            coverage: document.coverage(),
            rule,
        }
    }

    /// Whether it is as a new file of its rule would be; a file without a rule follows none.
    pub fn follows(&self) -> bool {
        matches!(self.rule, RuleState::Follows { .. }) && self.coverage.exposed.is_empty()
    }

    /// Whether the keys at hand open it; `None` where that takes a key service, which is not asked.
    fn openable(&self) -> Option<bool> {
        let needed = match self.groups.len() {
            0 | 1 => 1,
            many => self.threshold.map_or(many, |needed| needed as usize),
        };
        let groups = |opens: fn(&Key) -> bool| {
            self.groups.iter().filter(|group| group.iter().any(opens)).count() >= needed
        };
        match (groups(|key| key.ours), groups(|key| key.ours || key.of_service())) {
            (true, _) => Some(true),
            (_, false) => Some(false),
            (false, true) => None,
        }
    }
}

impl Key {
    /// Only the service that holds it can say who may use it.
    fn of_service(&self) -> bool {
        use KeyType::{AwsKms, AzureKeyVault, GcpKms, VaultTransit};
        matches!(self.key.kind(), AwsKms | AzureKeyVault | GcpKms | VaultTransit)
    }
}

/// What differs between a file and a new one of its rule, a line each.
fn differences(store: Store, metadata: &Metadata, rule: &NewFile) -> Vec<String> {
    let mut lines = Difference::new(metadata, &rule.groups, rule.shamir_threshold).changes();
    let shown = |selector: &Selector| {
        let (field, text) = selector.field();
        format!("{field} {text:?}")
    };
    // A binary file is one value and has no selector.
    if store != Store::Binary && metadata.selector != rule.selector {
        lines.push(format!("selector: {} -> {}", shown(&metadata.selector), shown(&rule.selector)));
    }
    if store != Store::Binary && metadata.mac_only_encrypted != rule.mac_only_encrypted {
        let (before, after) = (metadata.mac_only_encrypted, rule.mac_only_encrypted);
        lines.push(format!("mac_only_encrypted: {before} -> {after}"));
    }
    lines
}

/// For people.
impl Report {
    pub const HEADER: [&str; 7] = ["FILE", "STORE", "KEYS", "YOURS", "ENCRYPTED", "CHANGED", "RULE"];

    /// A row under [`Report::HEADER`].
    pub fn row(&self, now: Timestamp) -> Vec<(String, Style)> {
        let plain = |text: String| (text, Style::Plain);
        let yours = match self.openable() {
            Some(true) => ("yes", Style::Done),
            Some(false) => ("no", Style::Failed),
            None => ("unknown", Style::Plain),
        };
        let Coverage { encrypted, clear, exposed } = &self.coverage;
        let whole = encrypted + clear + exposed.len();
        let seen = if exposed.is_empty() { Style::Plain } else { Style::Failed };
        let rule = match &self.rule {
            RuleState::Follows { .. } => ("follows", Style::Done),
            RuleState::Differs { .. } => ("differs", Style::Waiting),
            RuleState::None { .. } => ("none", Style::Waiting),
        };
        vec![
            plain(self.file.clone()),
            plain(self.store.name().to_owned()),
            plain(self.keys_in_short()),
            (yours.0.to_owned(), yours.1),
            (format!("{encrypted} of {whole}"), seen),
            plain(self.changed(now)),
            (rule.0.to_owned(), rule.1),
        ]
    }

    /// Lines about what is not as it should be.
    pub fn remarks(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.coverage.exposed.is_empty() {
            let paths = person::list(&self.coverage.exposed, 5);
            lines.push(format!("readable, though the file says encrypted: {paths}"));
        }
        match &self.rule {
            RuleState::Follows { .. } => {}
            RuleState::None { reason } => lines.push(format!("no rule: {reason}")),
            RuleState::Differs { rules, lines: differences } => {
                lines.push(format!("differs from {}:", rules.display()));
                lines.extend(differences.iter().map(|line| format!("  {line}")));
            }
        }
        lines
    }

    /// Everything, for a file that was asked for alone.
    pub fn page(&self, now: Timestamp) -> String {
        let mut page = format!("{}\n", self.file);
        let mut line = |name: &str, text: &str| page.push_str(&format!("  {name:<12}{text}\n"));
        line("store", self.store.name());
        line("written by", &format!("sops {}", self.version));
        line("changed", &format!("{} ({})", self.last_modified, self.changed(now)));
        for (group, number) in self.groups.iter().zip(1..) {
            let several = self.groups.len() > 1;
            let group_name = if several { format!("group {number}") } else { String::new() };
            for (key, at) in group.iter().zip(0..) {
                let name = if number == 1 && at == 0 { "opens by" } else { "" };
                let yours = if key.ours { "  (yours)" } else { "" };
                let kind = key.key.kind().name();
                line(name, format!("{group_name}  {kind} {}{yours}", key.key).trim_start());
            }
        }
        if let Some(needed) = self.threshold {
            line("needs", &format!("{needed} of {}", person::count(self.groups.len(), "group")));
        }
        let you = match self.openable() {
            Some(true) => "can open it",
            Some(false) => "have no key for it",
            None => "may be able to open it: only the key service knows",
        };
        line("you", you);
        if self.store != Store::Binary {
            let (field, text) = self.selector.field();
            line("selector", &format!("{field} {text:?}"));
        }
        let Coverage { encrypted, clear, .. } = &self.coverage;
        line("values", &format!("{encrypted} encrypted, {clear} readable"));
        if let RuleState::Follows { rules } = &self.rule {
            line("rule", &format!("as {} says", rules.display()));
        }
        self.remarks().iter().for_each(|remark| page.push_str(&format!("  {remark}\n")));
        page
    }

    /// `2 age, 1 pgp`, or `2 of 3 groups: 2 age, 1 pgp`.
    fn keys_in_short(&self) -> String {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for key in self.groups.iter().flatten() {
            let name = key.key.kind().name();
            match counts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += 1,
                None => counts.push((name, 1)),
            }
        }
        let keys: Vec<String> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
        let keys = keys.join(", ");
        match self.threshold {
            Some(needed) => format!("{needed} of {}: {keys}", person::count(self.groups.len(), "group")),
            None => keys,
        }
    }

    /// How long ago it changed.
    fn changed(&self, now: Timestamp) -> String {
        let seconds = |then: Timestamp| now.as_second() - then.as_second();
        self.last_modified.parse().map_or("unknown".to_owned(), |then| person::ago(seconds(then)))
    }
}

/// For programs.
impl Report {
    pub fn json(&self) -> Value {
        let key =
            |key: &Key| json!({"type": key.key.kind().name(), "key": key.key.to_string(), "yours": key.ours});
        let groups: Vec<Vec<Value>> =
            self.groups.iter().map(|group| group.iter().map(key).collect()).collect();
        let (field, text) = self.selector.field();
        let (rules, reason, differences) = match &self.rule {
            RuleState::Follows { rules } => (Some(rules), None, &[][..]),
            RuleState::Differs { rules, lines } => (Some(rules), None, lines.as_slice()),
            RuleState::None { reason } => (None, Some(reason), &[][..]),
        };
        json!({
            "file": self.file,
            "encrypted": true,
            "store": self.store.name(),
            "sopsVersion": self.version,
            "lastModified": self.last_modified,
            "groups": groups,
            "threshold": self.threshold,
            "openable": self.openable(),
            "selector": {"field": field, "value": text},
            "macOnlyEncrypted": self.mac_only_encrypted,
            "values": {
                "encrypted": self.coverage.encrypted,
                "readable": self.coverage.clear,
                "exposed": self.coverage.exposed,
            },
            "rule": {
                "file": rules,
                "reason": reason,
                "follows": self.follows(),
                "differences": differences,
            },
        })
    }
}
