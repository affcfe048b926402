//! How a new file is to be encrypted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use keys::Keyring;
use sops::{DataKey, Indent, MasterKey, Rule, Selector, Settings, Store};
use ui::{CommandError, OrHint, Printer};

use super::find::{clean, locate, misnamed, no_rules};
use super::{FILE, RuleFile, RuleFlags};
use crate::key_change;

/// What rule and flags say together.
#[derive(Debug)]
pub struct NewFile {
    pub groups: Vec<Vec<MasterKey>>,
    pub shamir_threshold: Option<u32>,
    pub selector: Selector,
    pub mac_only_encrypted: bool,
    indent: Indent,
}

impl NewFile {
    /// What the rule says.
    pub(super) fn of_rule(rule: &Rule, indent: Indent) -> Self {
        Self {
            groups: rule.groups.clone(),
            shamir_threshold: rule.shamir_threshold,
            selector: rule.selector.clone().unwrap_or_default(),
            mac_only_encrypted: rule.mac_only_encrypted,
            indent,
        }
    }

    /// What applies to `path`: the first rule that matches, with the keys of flags or environment instead of its own
    /// where there are any. Without rules such keys are enough; with rules, one must match.
    pub fn at(path: &Path, flags: &RuleFlags, printer: Printer) -> Result<Self, CommandError> {
        let absolute = std::path::absolute(path).or_context(format!("failed to find {}", path.display()))?;
        let path = clean(&absolute);
        let located = locate(&path, flags.config().map(PathBuf::as_path));
        if let Some(file) = misnamed(&path, located.as_ref()) {
            printer.warning(&format!("{} is not read: call it {FILE}", file.display()));
        }
        let rules = located.map(|located| RuleFile::load(located.path)).transpose()?;
        let mut new = match (&rules, flags.keys()?) {
            (Some(rules), keys) => Self::by_rule(rules, &path, keys)?,
            (None, Some(keys)) => Self { groups: vec![keys], ..Self::plain(Indent::default()) },
            (None, None) => return Err(no_rules(&path)),
        };
        let rule = rules.as_ref().and_then(|rules| Some((rules, rules.rule(&path).ok()??)));
        new.select(flags, rule)?;
        add_context(&mut new.groups, &flags.context()?);
        if let Some(asked) = flags.threshold().filter(|_| new.groups.len() > 1) {
            new.shamir_threshold = Some(key_change::check_threshold(asked, new.groups.len())?);
        }
        new.mac_only_encrypted |= flags.mac_only_encrypted();
        if let Some(spaces) = flags.indent() {
            let any = Some(spaces);
            new.indent = Indent { yaml: any.filter(|&spaces| spaces > 0), json: any, json_binary: any };
        }
        Ok(new)
    }

    /// What the first rule that matches `path` says, with `keys`, where there are any, instead of its own.
    pub fn by_rule(
        rules: &RuleFile,
        path: &Path,
        keys: Option<Vec<MasterKey>>,
    ) -> Result<Self, CommandError> {
        let Some(keys) = keys else { return rules.new_file(path) };
        let indent = rules.indent();
        let rule = rules.rule(path)?;
        let new = rule.map_or_else(|| Self::plain(indent), |rule| Self::of_rule(rule, indent));
        Ok(Self { groups: vec![keys], shamir_threshold: None, ..new })
    }

    /// What holds where no rule says anything.
    fn plain(indent: Indent) -> Self {
        Self {
            groups: Vec::new(),
            shamir_threshold: None,
            selector: Selector::default(),
            mac_only_encrypted: false,
            indent,
        }
    }

    /// A selector of the command line replaces that of the rule if it is of the same kind; another kind would turn
    /// the meaning of the rule around.
    fn select(&mut self, flags: &RuleFlags, rule: Option<(&RuleFile, &Rule)>) -> Result<(), CommandError> {
        let Some(asked) = flags.selector() else { return Ok(()) };
        if let Some((rules, rule)) = rule
            && let Some(given) = &rule.selector
            && given.field().0 != asked.field().0
        {
            let flag = asked.field().0.replace('_', "-");
            let (file, place, field) = (rules.path.display(), rule.place, given.field().0);
            return Err(CommandError::new(format!(
                "--{flag} and the {field} of the rule exclude each other"
            ))
            .hint(format!("the rule is in {file}, {place}")));
        }
        self.selector = asked;
        Ok(())
    }

    /// Settings of a file of `store`, with the data key wrapped for every recipient.
    pub fn settings(
        &self,
        data_key: &DataKey,
        store: Store,
        keyring: &Keyring,
    ) -> Result<Settings, CommandError> {
        Ok(Settings {
            groups: key_change::wrap(keyring, data_key, &self.groups, self.shamir_threshold)?,
            shamir_threshold: self.shamir_threshold,
            selector: self.selector.clone(),
            mac_only_encrypted: self.mac_only_encrypted,
            now: SystemTime::now(),
            indent: match store {
                Store::Yaml => self.indent.yaml,
                Store::Json => self.indent.json,
                Store::Binary => self.indent.json_binary,
                Store::Dotenv | Store::Ini => None,
            },
            unknown: Vec::new(),
        })
    }
}

/// Gives keys of AWS KMS that have no context this one: flat lists in `.sops.yaml` have no place for it.
fn add_context(groups: &mut [Vec<MasterKey>], asked: &BTreeMap<String, String>) {
    for key in groups.iter_mut().flatten() {
        if let MasterKey::AwsKms { context, .. } = key
            && context.is_empty()
        {
            context.clone_from(asked);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_without_a_context_get_that_of_the_command_line() {
        let context = |value: &str| BTreeMap::from([("team".to_owned(), value.to_owned())]);
        let arn = "arn:aws:kms:eu-west-1:1:key/a";
        let age = MasterKey::Age { recipient: "age1x".to_owned() };
        let with = |context| MasterKey::aws_kms(arn, context, "");
        let mut groups = [vec![with(BTreeMap::new()), age.clone()], vec![with(context("own"))]];
        add_context(&mut groups, &context("asked"));
        assert_eq!(groups, [vec![with(context("asked")), age], vec![with(context("own"))]]);
    }
}
