//! What the rules say about one file.

use std::path::Path;

use sops::{Document, Preview, Selector, Store};
use ui::{CommandError, OrHint};

use crate::rules::{self, Located, NewFile, RuleFile, RuleFlags};

/// All that is known about a file and its rule.
pub struct Explanation {
    pub file: String,
    pub located: Located,
    /// What `path_regex` is matched with.
    pub matched: String,
    pub rules: Vec<RuleLine>,
    /// How a new file would be encrypted; `None` if no rule says so.
    pub new_file: Option<NewFile>,
    /// The keys are those of the environment, not of the rule.
    pub keys_from_environment: bool,
    pub store: Store,
    pub content: Content,
}

/// One rule.
pub struct RuleLine {
    /// Where it begins.
    pub line: usize,
    pub path_regex: Option<String>,
    pub state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Matches,
    DoesNotMatch,
    /// It comes after the one that matches.
    NotReached,
}

/// What the file holds now.
pub enum Content {
    /// There is no such file yet.
    Missing,
    /// Ciphertext, of values that this selects.
    Encrypted(Selector),
    /// Plain text, and what encrypting it would do.
    Plain(Preview),
    /// Something that cannot be encrypted, and why.
    Unusable(String),
}

impl Explanation {
    /// Explains `path`; beside that the error that encrypting it would end in, if its rule is the reason.
    pub fn of(
        path: &Path,
        store: Store,
        config: Option<&Path>,
    ) -> Result<(Self, Result<(), CommandError>), CommandError> {
        let absolute = std::path::absolute(path).or_context(format!("failed to find {}", path.display()))?;
        let located = rules::locate(&absolute, config).ok_or_else(|| rules::no_rules(&absolute))?;
        let file = RuleFile::load(located.path.clone())?;
        let matched = file.matched(&absolute);
        let mut reached = false;
        let lines = file.rules().iter().map(|rule| {
            let state = match rule.matches(&matched) {
                _ if reached => State::NotReached,
                true => State::Matches,
                false => State::DoesNotMatch,
            };
            reached |= state == State::Matches;
            RuleLine { line: rule.place.line, path_regex: rule.path_regex.clone(), state }
        });
        let lines = lines.collect();
        let keys = RuleFlags::default().keys()?;
        let keys_from_environment = keys.is_some();
        let new_file = NewFile::by_rule(&file, &absolute, keys);
        let (new_file, result) = match new_file {
            Ok(new_file) => (Some(new_file), Ok(())),
            Err(error) => (None, Err(error)),
        };
        let selector = new_file.as_ref().map(|new_file| &new_file.selector);
        let content = Content::of(path, store, selector)?;
        let file = path.display().to_string();
        let explanation =
            Self { file, located, matched, rules: lines, new_file, keys_from_environment, store, content };
        Ok((explanation, result))
    }
}

impl Content {
    fn of(path: &Path, store: Store, selector: Option<&Selector>) -> Result<Self, CommandError> {
        if !path.exists() {
            return Ok(Self::Missing);
        }
        let bytes = zeroize::Zeroizing::new(fs_err::read(path)?);
        if let Ok(text) = std::str::from_utf8(&bytes)
            && let Ok(Some(document)) = Document::detect(text, store)
        {
            return Ok(Self::Encrypted(document.metadata().selector.clone()));
        }
        let selector = selector.cloned().unwrap_or_default();
        Ok(match Preview::of(&bytes, store, &selector) {
            Ok(preview) => Self::Plain(preview),
            Err(error) => Self::Unusable(error.to_string()),
        })
    }
}
