//! One secret that cannot be had: which, where it should be, why, and what to do about it.

use std::fmt;

use config::Place;

use crate::mapping::Request;

/// Longest list of names an error prints.
const NAMES_SHOWN: usize = 10;

/// One secret that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub secret_id: String,
    pub context: String,
    /// The mapping file and the place in it.
    pub file: String,
    pub place: Option<Place>,
    /// Mount and path as people and the `vault kv` commands name them: `kv/app1`.
    pub path: String,
    /// The path of the API and of policies: `kv/data/app1` on KV version 2. None where the mount is not known.
    pub api_path: Option<String>,
    pub key: String,
    pub problem: Problem,
}

/// Why a secret cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("no mount there, or no access to any path of it")]
    MountDenied,
    #[error("the mount `{mount}` is of type {engine}, not a KV store")]
    NotKv { mount: String, engine: String },
    #[error("names the mount only")]
    MountOnly,
    #[error("a version is asked for, but KV version 1 keeps none")]
    NoVersions,
    #[error("permission denied")]
    Denied,
    #[error("no secret there{}", version_suffix(*.version))]
    MissingPath { version: Option<u64> },
    #[error("the secret is deleted{}", version_suffix(*.version))]
    Deleted { version: Option<u64> },
    #[error("no such key; {}", keys(.present))]
    MissingKey { present: Vec<String> },
    #[error("jsonPath `{json_path}` leads nowhere")]
    MissingJsonPath { json_path: String },
    #[error("the value is not JSON")]
    NotJson,
    #[error("the value is not base64")]
    NotBase64,
    #[error("the value decodes to {length} bytes that are not UTF-8 text")]
    NotText { length: usize },
    #[error("the value is {found}, not {wanted}")]
    WrongType { wanted: &'static str, found: &'static str },
    #[error("the server answers with status {status}")]
    Status { status: u16 },
}

impl Problem {
    /// Whether there is nothing to read, so that `optional` and `default` apply. A denied path is never missing.
    pub fn is_missing(&self) -> bool {
        matches!(
            self,
            Self::MissingPath { .. }
                | Self::Deleted { .. }
                | Self::MissingKey { .. }
                | Self::MissingJsonPath { .. }
        )
    }
}

impl Failure {
    pub(crate) fn new(request: &Request, path: String, api_path: Option<String>, problem: Problem) -> Self {
        Self {
            secret_id: request.secret_id.clone(),
            context: request.context.clone(),
            file: request.file.clone(),
            place: request.place,
            path,
            api_path,
            key: request.source.vault_key.clone(),
            problem,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match &self.problem {
            Problem::Denied => {
                let path = self.api_path.as_ref().unwrap_or(&self.path);
                format!("the policy needs: path \"{path}\" {{ capabilities = [\"read\"] }}")
            }
            Problem::MountDenied => {
                "is the mount's name right? if so, the policy must allow to read a path of it".to_owned()
            }
            Problem::MissingPath { version: None } => {
                format!("write it: vault kv put {} {}=...", self.path, self.key)
            }
            Problem::MissingPath { version: Some(_) } | Problem::Deleted { .. } => {
                format!("see which versions there are: vault kv metadata get {}", self.path)
            }
            Problem::MissingKey { present } => {
                let nearest = config::nearest(&self.key, present.iter().map(String::as_str))?;
                format!("did you mean vaultKey `{nearest}`?")
            }
            Problem::NoVersions => "leave `version` out".to_owned(),
            Problem::NotText { .. } => {
                "leave `decode` out: the value stays base64 and a template decodes it".to_owned()
            }
            Problem::WrongType { found: "an object" | "a list", .. } => {
                "pick a part with jsonPath, or hand it over whole with type: json".to_owned()
            }
            _ => return None,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { secret_id, context, file, path, key, problem, .. } = self;
        let line = self.place.map(|place| format!(":{}", place.line)).unwrap_or_default();
        write!(f, "secret_id `{secret_id}` of context {context}: {path}, key {key}: {problem} ({file}{line})")
    }
}

/// One line for one failure, else a head and a line for each.
pub(crate) fn describe(address: &str, role: Option<&str>, total: usize, failures: &[Failure]) -> String {
    let role = role.map(|role| format!(" as role {role}")).unwrap_or_default();
    match failures {
        [one] => format!("{one} at {address}{role}"),
        many => {
            let head = format!("{} of {total} secrets cannot be read from {address}{role}", many.len());
            many.iter().fold(head, |text, failure| format!("{text}\n  {failure}"))
        }
    }
}

/// The distinct hints, a line each.
pub(crate) fn hints(failures: &[Failure]) -> Option<String> {
    let mut lines: Vec<String> = Vec::new();
    for hint in failures.iter().filter_map(Failure::hint) {
        if !lines.contains(&hint) {
            lines.push(hint);
        }
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn version_suffix(version: Option<u64>) -> String {
    version.map(|version| format!(" in version {version}")).unwrap_or_default()
}

fn keys(present: &[String]) -> String {
    match present {
        [] => "the secret has none".to_owned(),
        few if few.len() <= NAMES_SHOWN => format!("there is {}", few.join(", ")),
        many => format!("there is {} and {} more", many[..NAMES_SHOWN].join(", "), many.len() - NAMES_SHOWN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(secret_id: &str, problem: Problem) -> Failure {
        Failure {
            secret_id: secret_id.to_owned(),
            context: "prod-us".to_owned(),
            file: "app1.yaml".to_owned(),
            place: Some(Place { line: 31, column: 9 }),
            path: "kv/app1".to_owned(),
            api_path: Some("kv/data/app1".to_owned()),
            key: "smtp".to_owned(),
            problem,
        }
    }

    #[test]
    fn one_failure_is_one_line() {
        let text = describe("https://v", Some("helm-prod"), 3, &[failure("mail", Problem::Denied)]);
        let expected = "secret_id `mail` of context prod-us: kv/app1, key smtp: permission denied (app1.yaml:31) \
            at https://v as role helm-prod";
        assert_eq!(text, expected);
    }

    #[test]
    fn several_failures_come_with_their_whole_and_distinct_hints() {
        let failures =
            [failure("a", Problem::Denied), failure("b", Problem::Denied), failure("c", Problem::NotJson)];
        let text = describe("https://v", None, 7, &failures);
        assert!(text.starts_with("3 of 7 secrets cannot be read from https://v\n  secret_id `a`"), "{text}");
        assert_eq!(text.lines().count(), 4);
        let hint = hints(&failures).unwrap();
        assert_eq!(hint, "the policy needs: path \"kv/data/app1\" { capabilities = [\"read\"] }");
    }

    #[test]
    fn a_missing_key_lists_and_suggests() {
        let problem = Problem::MissingKey { present: vec!["smtps".to_owned(), "user".to_owned()] };
        let failure = failure("mail", problem);
        assert!(failure.to_string().contains("no such key; there is smtps, user"), "{failure}");
        assert_eq!(failure.hint().as_deref(), Some("did you mean vaultKey `smtps`?"));
    }
}
