//! An [`Explanation`] for people and for programs.

use serde_json::{Value, json};
use sops::{MasterKey, Selector, Store};
use ui::{Style, Table, person};

use super::explain::{Content, Explanation, RuleLine, State};

/// Paths that are named before they are only counted.
const NAMED: usize = 8;

impl State {
    fn text(self) -> &'static str {
        match self {
            Self::Matches => "matches",
            Self::DoesNotMatch => "does not match",
            Self::NotReached => "not reached",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Matches => Style::Done,
            Self::DoesNotMatch => Style::Plain,
            Self::NotReached => Style::Dim,
        }
    }
}

impl RuleLine {
    fn cells(&self, number: usize) -> Vec<(String, Style)> {
        let path = match &self.path_regex {
            Some(regex) => format!("path_regex {regex}"),
            None => "every path".to_owned(),
        };
        vec![
            (format!("  {:<8}", format!("rule {number}")), self.state.style()),
            (format!("line {}", self.line), self.state.style()),
            (path, self.state.style()),
            (self.state.text().to_owned(), self.state.style()),
        ]
    }
}

pub fn text(explanation: &Explanation) -> String {
    let mut out = format!("{}\n", explanation.file);
    let mut line = |name: &str, text: &str| out.push_str(&format!("  {name:<10}{text}\n"));
    let located = &explanation.located;
    line("rules", &format!("{}, {}", located.path.display(), located.reason.text()));
    line("path", &format!("{}, which each path_regex is matched with", explanation.matched));
    let mut table = Table::new([""; 0]);
    for (number, rule) in explanation.rules.iter().enumerate() {
        table.row(rule.cells(number + 1));
    }
    if explanation.rules.is_empty() {
        line("rule", "there is none");
    }
    out.push_str(&table.render());
    let mut line = |name: &str, text: &str| out.push_str(&format!("  {name:<10}{text}\n"));
    if let Some(new_file) = &explanation.new_file {
        let several = new_file.groups.len() > 1;
        for (number, group) in new_file.groups.iter().enumerate() {
            for (at, key) in group.iter().enumerate() {
                let name = match (several, at) {
                    (true, 0) => format!("group {}", number + 1),
                    (false, 0) => "keys".to_owned(),
                    _ => String::new(),
                };
                line(&name, &format!("{} {key}", key.kind().name()));
            }
        }
        if explanation.keys_from_environment {
            line("", "from the environment, instead of those of the rule");
        }
        if let Some(needed) = new_file.shamir_threshold.filter(|_| several) {
            line("needs", &format!("{needed} of {}", person::count(new_file.groups.len(), "group")));
        }
        line("encrypts", &encrypts(&new_file.selector, explanation.store));
        if new_file.mac_only_encrypted {
            line("mac", "covers encrypted values only");
        }
    }
    line("file", &content(explanation));
    out
}

/// What a selector means.
fn encrypts(selector: &Selector, store: Store) -> String {
    if store == Store::Binary {
        return "the file as a whole".to_owned();
    }
    match selector {
        Selector::UnencryptedSuffix(suffix) => {
            format!("all values but those of keys that end with {suffix:?}, and below them")
        }
        Selector::EncryptedSuffix(suffix) => {
            format!("values of keys that end with {suffix:?}, and below them")
        }
        Selector::UnencryptedRegex(regex) => {
            format!("all values but those of keys that match {regex}, and below them")
        }
        Selector::EncryptedRegex(regex) => format!("values of keys that match {regex}, and below them"),
        Selector::UnencryptedCommentRegex(regex) => {
            format!("all values but those below a comment that matches {regex}")
        }
        Selector::EncryptedCommentRegex(regex) => {
            format!("values below a comment that matches {regex}")
        }
    }
}

/// What the file holds, and what would become of it.
fn content(explanation: &Explanation) -> String {
    let store = explanation.store.name();
    match &explanation.content {
        Content::Missing => format!("{store}, not there yet"),
        Content::Encrypted(selector) => {
            let wanted = explanation.new_file.as_ref().map(|new_file| &new_file.selector);
            let differs =
                explanation.store != Store::Binary && wanted.is_some_and(|wanted| wanted != selector);
            let (field, text) = selector.field();
            let kept = if differs { format!("; it keeps its own {field} {text:?}") } else { String::new() };
            format!("{store}, encrypted{kept}")
        }
        Content::Unusable(reason) => format!("{store}, cannot be encrypted: {reason}"),
        Content::Plain(_) if explanation.new_file.is_none() => format!("{store}, plain"),
        Content::Plain(preview) => {
            let whole = preview.encrypted.len() + preview.clear.len();
            let clear = match preview.clear.as_slice() {
                [] => String::new(),
                paths => format!("; readable: {}", person::list(paths, NAMED)),
            };
            format!(
                "{store}, plain: {} of {} would be encrypted{clear}",
                preview.encrypted.len(),
                person::count(whole, "value")
            )
        }
    }
}

pub fn json(explanation: &Explanation) -> Value {
    let rule = |rule: &RuleLine| json!({"line": rule.line, "pathRegex": rule.path_regex, "state": rule.state.text()});
    let rules: Vec<Value> = explanation.rules.iter().map(rule).collect();
    let key = |key: &MasterKey| json!({"type": key.kind().name(), "key": key.to_string()});
    let new_file = explanation.new_file.as_ref().map(|new_file| {
        let groups: Vec<Vec<Value>> =
            new_file.groups.iter().map(|group| group.iter().map(key).collect()).collect();
        let (field, text) = new_file.selector.field();
        json!({
            "groups": groups,
            "keysFromEnvironment": explanation.keys_from_environment,
            "threshold": new_file.shamir_threshold,
            "selector": {"field": field, "value": text},
            "macOnlyEncrypted": new_file.mac_only_encrypted,
        })
    });
    let (state, values, problem) = match &explanation.content {
        Content::Missing => ("missing", None, None),
        Content::Encrypted(_) => ("encrypted", None, None),
        Content::Plain(preview) => {
            ("plain", Some(json!({"encrypted": preview.encrypted, "readable": preview.clear})), None)
        }
        Content::Unusable(reason) => ("unusable", None, Some(reason)),
    };
    json!({
        "file": explanation.file,
        "store": explanation.store.name(),
        "state": state,
        "problem": problem,
        "rulesFile": explanation.located.path,
        "rulesFileReason": explanation.located.reason.text(),
        "path": explanation.matched,
        "rules": rules,
        "newFile": new_file,
        "values": values,
    })
}
