//! A `.sops.yaml` that was read.

use std::path::{Path, PathBuf};

use sops::{Indent, Rule, Rules, RulesError};
use ui::{CommandError, OrHint};

use super::NewFile;
use super::find::clean;

/// Rules, and the folder that paths are relative to.
#[derive(Debug)]
pub struct RuleFile {
    pub path: PathBuf,
    folder: PathBuf,
    rules: Rules,
}

impl RuleFile {
    pub fn load(file: PathBuf) -> Result<Self, CommandError> {
        let text = fs_err::read_to_string(&file)?;
        let rules = Rules::parse(&text).map_err(|error| at_file(&file, error))?;
        let absolute = std::path::absolute(&file).or_context(format!("failed to find {}", file.display()))?;
        let folder = clean(&absolute).parent().map(Path::to_owned).unwrap_or(absolute);
        Ok(Self { path: file, folder, rules })
    }

    /// What the first rule that matches `path`, an absolute one, says.
    pub fn new_file(&self, path: &Path) -> Result<NewFile, CommandError> {
        let rule = self.rules.rule_for(&self.matched(path)).map_err(|error| self.error(error))?;
        Ok(NewFile::of_rule(rule, self.rules.indent))
    }

    /// The first rule that matches `path`, which may name nobody; `None` where there are no rules at all.
    pub fn rule(&self, path: &Path) -> Result<Option<&Rule>, CommandError> {
        if !self.rules.are_given() {
            return Ok(None);
        }
        self.rules.find(&self.matched(path)).map(Some).map_err(|error| self.error(error))
    }

    /// All rules in order.
    pub fn rules(&self) -> &[Rule] {
        self.rules.all()
    }

    pub fn indent(&self) -> Indent {
        self.rules.indent
    }

    /// The text that `path_regex` is matched with: `path` from the folder of the rules on, or the whole of it.
    pub fn matched(&self, path: &Path) -> String {
        let path = clean(path);
        path.strip_prefix(&self.folder).unwrap_or(&path).to_string_lossy().into_owned()
    }

    /// An error about these rules, with what to do about it.
    fn error(&self, error: RulesError) -> CommandError {
        at_file(&self.path, error)
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
