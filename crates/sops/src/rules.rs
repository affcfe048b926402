//! `.sops.yaml`: creation rules, which say for a path who may read a new file and what is encrypted in it.

use regex::bytes::Regex;
use yamldoc::{Kind, NodeId, Place, Profile, Stream, Value};

use crate::go_regex;
use crate::master_key::MasterKey;
use crate::selector::{FIELDS, Selector};

mod keys;

/// A parsed `.sops.yaml`. Fields SOPS does not know are ignored, as it does.
#[derive(Debug)]
pub struct Rules {
    /// `None` when there are no rules at all, which SOPS treats as if there were no file.
    rules: Option<Vec<Rule>>,
    /// `stores.*.indent`.
    pub indent: Indent,
}

/// Indentation of what we write new into a file; `None` where it is not set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Indent {
    /// Spaces a level of the metadata block in YAML.
    pub yaml: Option<usize>,
    /// Spaces a level in JSON.
    pub json: Option<usize>,
    /// Spaces a level of the JSON that holds a binary file.
    pub json_binary: Option<usize>,
}

/// One creation rule.
#[derive(Debug)]
pub struct Rule {
    path: Option<Regex>,
    /// `path_regex` as written; without one the rule is for every path.
    pub path_regex: Option<String>,
    /// Who can open the file: one group, or one per Shamir share. Within a group without duplicates, and in the
    /// order age, pgp, kms, gcp_kms, hckms, azure_kv, hc_vault; groups that are merged in come first.
    pub groups: Vec<Vec<MasterKey>>,
    /// Shares needed where there are several groups.
    pub shamir_threshold: Option<u32>,
    /// What is encrypted, where the rule says so.
    pub selector: Option<Selector>,
    /// The MAC covers encrypted values only.
    pub mac_only_encrypted: bool,
    /// Where the rule stands.
    pub place: Place,
}

/// Why a `.sops.yaml` gives no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// Not YAML.
    #[error(transparent)]
    Yaml(#[from] yamldoc::Error),
    /// A field that cannot be used.
    #[error("{place}: {problem}")]
    Invalid {
        /// The field or the rule.
        place: Place,
        /// What is wrong with it.
        problem: String,
    },
    /// No `creation_rules`.
    #[error("it has no creation_rules")]
    NoRules,
    /// No rule for this path.
    #[error("no creation rule matches {path}")]
    NoMatch {
        /// The path that was looked for.
        path: String,
    },
    /// The matching rule names nobody.
    #[error("{place}: the rule names no recipient")]
    NoRecipients {
        /// The rule.
        place: Place,
    },
}

impl Rules {
    /// Reads the text of a `.sops.yaml`.
    ///
    /// # Errors
    /// [`RulesError::Yaml`], [`RulesError::Invalid`]: also for rules that SOPS would only reach later.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let stream = Stream::parse(text)?;
        stream.check_keys()?;
        let reader = Reader { stream: &stream };
        let Some(root) = stream.documents.first().map(|document| document.root) else {
            return Ok(Self { rules: None, indent: Indent::default() });
        };
        let rules = match reader.get(root, "creation_rules") {
            Some(list) if !reader.is_null(list) => {
                let rules = reader.items(list, "creation_rules")?;
                Some(rules.into_iter().map(|rule| reader.rule(rule)).collect::<Result<_, _>>()?)
            }
            _ => None,
        };
        let indent = |store| reader.indent(root, store);
        let indent = Indent {
            yaml: indent("yaml")?.filter(|&indent| indent > 0),
            json: indent("json")?,
            json_binary: indent("json_binary")?,
        };
        Ok(Self { rules, indent })
    }

    /// Whether there are rules at all. A file without any says nothing about other files, not even that none may be
    /// encrypted; an empty list of them says just that.
    #[must_use]
    pub fn are_given(&self) -> bool {
        self.rules.is_some()
    }

    /// All rules in order.
    #[must_use]
    pub fn all(&self) -> &[Rule] {
        self.rules.as_deref().unwrap_or_default()
    }

    /// The first rule for a file: `path` relative to the directory of the `.sops.yaml` with `/` between parts, or
    /// absolute for a file outside of it.
    ///
    /// # Errors
    /// [`RulesError::NoRules`], [`RulesError::NoMatch`].
    pub fn find(&self, path: &str) -> Result<&Rule, RulesError> {
        let rules = self.rules.as_ref().ok_or(RulesError::NoRules)?;
        let found = rules.iter().find(|rule| rule.matches(path));
        found.ok_or_else(|| RulesError::NoMatch { path: path.to_owned() })
    }

    /// The first rule for a file as [`Rules::find`] has it, which must name recipients.
    ///
    /// # Errors
    /// Those of [`Rules::find`], and [`RulesError::NoRecipients`].
    pub fn rule_for(&self, path: &str) -> Result<&Rule, RulesError> {
        let rule = self.find(path)?;
        if rule.groups.is_empty() || rule.groups.iter().any(Vec::is_empty) {
            return Err(RulesError::NoRecipients { place: rule.place });
        }
        Ok(rule)
    }
}

impl Rule {
    /// Whether the rule is for this path, which is given as for [`Rules::find`].
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.path.as_ref().is_none_or(|regex| regex.is_match(path.as_bytes()))
    }
}

/// Access to a `.sops.yaml` with aliases and merge keys followed.
struct Reader<'r, 'a> {
    stream: &'r Stream<'a>,
}

impl Reader<'_, '_> {
    fn invalid(&self, node: NodeId, problem: String) -> RulesError {
        RulesError::Invalid { place: self.stream.place(node), problem }
    }

    fn get(&self, map: NodeId, name: &str) -> Option<NodeId> {
        self.stream.get(map, name).or_else(|| {
            let merged = self.stream.get(map, "<<")?;
            match &self.stream.node(self.stream.resolved(merged)).kind {
                Kind::Sequence { items, .. } => items.iter().find_map(|&item| self.get(item, name)),
                _ => self.get(merged, name),
            }
        })
    }

    fn is_null(&self, node: NodeId) -> bool {
        self.stream.value(node, Profile::Sops) == Ok(Some(Value::Null))
    }

    fn items(&self, list: NodeId, name: &str) -> Result<Vec<NodeId>, RulesError> {
        match &self.stream.node(self.stream.resolved(list)).kind {
            Kind::Sequence { items, .. } => Ok(items.clone()),
            _ => Err(self.invalid(list, format!("{name} must be a list"))),
        }
    }

    /// A string field; null, missing and empty are the same. A number is the string it is written as: versions of keys
    /// may consist of digits.
    fn text(&self, map: NodeId, name: &str) -> Result<Option<String>, RulesError> {
        let Some(node) = self.get(map, name).filter(|&node| !self.is_null(node)) else { return Ok(None) };
        match &self.stream.node(self.stream.resolved(node)).kind {
            Kind::Scalar { value, .. } => Ok(Some(value.to_string()).filter(|text| !text.is_empty())),
            _ => Err(self.invalid(node, format!("{name} must be a string"))),
        }
    }

    fn rule(&self, rule: NodeId) -> Result<Rule, RulesError> {
        if !matches!(self.stream.node(self.stream.resolved(rule)).kind, Kind::Mapping { .. }) {
            return Err(self.invalid(rule, "a creation rule must be a map".to_owned()));
        }
        let path_regex = self.text(rule, "path_regex")?;
        let path =
            path_regex.as_deref().map(|pattern| self.regex(rule, "path_regex", pattern)).transpose()?;
        let groups = self.groups(rule)?;
        Ok(Rule {
            path,
            path_regex,
            shamir_threshold: self.threshold(rule, groups.len())?,
            groups,
            selector: self.selector(rule)?,
            mac_only_encrypted: self.flag(rule, "mac_only_encrypted")?,
            place: self.stream.place(rule),
        })
    }

    fn regex(&self, rule: NodeId, name: &str, pattern: &str) -> Result<Regex, RulesError> {
        let node = self.get(rule, name).unwrap_or(rule);
        go_regex::compile(pattern).map_err(|problem| self.invalid(node, format!("{name}: {problem}")))
    }

    fn selector(&self, rule: NodeId) -> Result<Option<Selector>, RulesError> {
        let mut found: Option<Selector> = None;
        for name in FIELDS {
            let Some(text) = self.text(rule, name)? else { continue };
            if name.ends_with("regex") {
                self.regex(rule, name, &text)?;
            }
            if let Some(other) = &found {
                let node = self.get(rule, name).unwrap_or(rule);
                return Err(self.invalid(node, format!("{} and {name} exclude each other", other.field().0)));
            }
            found = Selector::from_field(name, text);
        }
        Ok(found)
    }

    fn flag(&self, rule: NodeId, name: &str) -> Result<bool, RulesError> {
        let Some(node) = self.get(rule, name) else { return Ok(false) };
        match self.stream.value(node, Profile::Sops) {
            Ok(Some(Value::Bool(flag))) => Ok(flag),
            Ok(Some(Value::Null)) => Ok(false),
            // As sops reads them, for the sake of YAML 1.1.
            Ok(Some(Value::Str(word))) if ["y", "Y", "yes", "on"].contains(&&*word) => Ok(true),
            Ok(Some(Value::Str(word))) if ["n", "N", "no", "off"].contains(&&*word) => Ok(false),
            _ => Err(self.invalid(node, format!("{name} must be true or false"))),
        }
    }

    /// Shares needed for `groups` groups: all of them unless the rule says otherwise; no meaning for one group.
    fn threshold(&self, rule: NodeId, groups: usize) -> Result<Option<u32>, RulesError> {
        let groups = u32::try_from(groups).unwrap_or(u32::MAX);
        let all = (groups > 1).then_some(groups);
        let Some(node) = self.get(rule, "shamir_threshold") else { return Ok(all) };
        match self.stream.value(node, Profile::Sops) {
            Ok(Some(Value::Null | Value::Int(0))) => Ok(all),
            Ok(Some(Value::Int(number))) => {
                let number =
                    u32::try_from(number).ok().filter(|&number| groups < 2 || (2..=groups).contains(&number));
                let problem =
                    || format!("shamir_threshold must be between 2 and the number of key groups, {groups}");
                number.map(Some).ok_or_else(|| self.invalid(node, problem()))
            }
            _ => Err(self.invalid(node, "shamir_threshold must be a whole number".to_owned())),
        }
    }

    /// `stores.STORE.indent`; sops means tabs by -1.
    fn indent(&self, root: NodeId, store: &str) -> Result<Option<usize>, RulesError> {
        let settings = self.get(root, "stores").and_then(|stores| self.get(stores, store));
        let Some(node) = settings.and_then(|settings| self.get(settings, "indent")) else { return Ok(None) };
        match self.stream.value(node, Profile::Sops) {
            Ok(Some(Value::Null)) => Ok(None),
            Ok(Some(Value::Int(-1))) if store != "yaml" => Ok(None),
            Ok(Some(Value::Int(indent @ 0..=16))) => Ok(usize::try_from(indent).ok()),
            _ => Err(self.invalid(node, format!("stores.{store}.indent must be a number from 0 to 16"))),
        }
    }
}

#[cfg(test)]
mod tests;
