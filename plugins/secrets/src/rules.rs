//! Who can read a new file: the rule of `.sops.yaml` that applies to it.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sops::{DataKey, MasterKey, Rules, RulesError, Selector, Settings};
use ui::{CommandError, OrHint, env};

const FILE: &str = ".sops.yaml";

/// How a new file is to be encrypted.
#[derive(Debug)]
pub struct NewFile {
    groups: Vec<Vec<MasterKey>>,
    shamir_threshold: Option<u32>,
    selector: Selector,
    mac_only_encrypted: bool,
    indent: Option<usize>,
}

impl NewFile {
    /// What applies to `path`: the first rule that matches, with the recipients of SOPS_AGE_RECIPIENTS instead of its
    /// own where that is set.
    ///
    /// `.sops.yaml` is looked for from the file's folder upwards, so that the result does not depend on where one
    /// stands, then from the current folder upwards, as sops does; SOPS_CONFIG names another.
    pub fn at(path: &Path) -> Result<Self, CommandError> {
        let path = std::path::absolute(path).or_context(format!("failed to find {}", path.display()))?;
        let recipients = env::SOPS_AGE_RECIPIENTS.text().map(|list| {
            list.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(|part| MasterKey::Age { recipient: part.to_owned() })
                .collect::<Vec<_>>()
        });
        let file = config_file(&path);
        let Some(file) = file else {
            return match recipients {
                Some(recipients) => Ok(Self {
                    groups: vec![recipients],
                    shamir_threshold: None,
                    selector: Selector::default(),
                    mac_only_encrypted: false,
                    indent: None,
                }),
                None => Err(no_rules(&path)),
            };
        };
        let text = fs_err::read_to_string(&file)?;
        let rules = Rules::parse(&text).map_err(|error| at_file(&file, error))?;
        let folder = std::path::absolute(&file).ok().and_then(|file| file.parent().map(Path::to_owned));
        let relative = folder.as_deref().and_then(|folder| path.strip_prefix(folder).ok()).unwrap_or(&path);
        let rule = rules.rule_for(&relative.to_string_lossy()).map_err(|error| at_file(&file, error))?;
        let (groups, shamir_threshold) = match recipients {
            Some(recipients) => (vec![recipients], None),
            None => (rule.groups.clone(), rule.shamir_threshold),
        };
        Ok(Self {
            groups,
            shamir_threshold,
            selector: rule.selector.clone(),
            mac_only_encrypted: rule.mac_only_encrypted,
            indent: rules.indent.yaml,
        })
    }

    /// Settings with the data key wrapped for every recipient.
    pub fn settings(&self, data_key: &DataKey) -> Result<Settings, CommandError> {
        let groups = keys::wrap(data_key, &self.groups, self.shamir_threshold)
            .map_err(|error| CommandError::hinted(error, keys::WrapError::hint))?;
        Ok(Settings {
            groups,
            shamir_threshold: self.shamir_threshold,
            selector: self.selector.clone(),
            mac_only_encrypted: self.mac_only_encrypted,
            now: SystemTime::now(),
            indent: self.indent,
            unknown: Vec::new(),
        })
    }
}

fn at_file(file: &Path, error: RulesError) -> CommandError {
    let hint = match &error {
        RulesError::NoMatch { .. } => Some("add a rule for it; the first whose path_regex matches counts"),
        RulesError::NoRules => Some("add creation_rules: [{age: AGE-RECIPIENT}]"),
        RulesError::NoRecipients { .. } => {
            Some("add `age: AGE-RECIPIENT`; age-keygen prints one as the public key")
        }
        RulesError::Yaml(_) | RulesError::Invalid { .. } => None,
    };
    CommandError::new(format!("{}: {error}", file.display())).maybe_hint(hint)
}

fn no_rules(path: &Path) -> CommandError {
    CommandError::new(format!("no {FILE} says who can read {}", path.display()))
        .hint(format!("create {FILE} in the root of the repository, with a line such as"))
        .hint("creation_rules: [{path_regex: secrets, age: AGE-RECIPIENT}]")
        .hint("a recipient is what age-keygen prints as the public key")
}

fn config_file(path: &Path) -> Option<PathBuf> {
    if let Some(named) = env::SOPS_CONFIG.os() {
        return Some(PathBuf::from(named));
    }
    let here = std::env::current_dir().ok();
    path.ancestors()
        .skip(1)
        .chain(here.iter().flat_map(|here| here.ancestors()))
        .map(|folder| folder.join(FILE))
        .find(|file| file.is_file())
}
