//! What helm's error text means. Helm's exit code is 1 for everything, so the text is all there is.

mod cause;
mod kind;
#[cfg(test)]
mod tests;

pub use kind::Kind;

/// A failed helm, understood as far as its text allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub kind: Kind,
    /// What helm did about it before it ended.
    pub aftermath: Aftermath,
    /// Helm's own words in one line, without its prefixes. May quote values: mask it before it is shown.
    pub cause: String,
}

/// What a failed `--rollback-on-failure` (`--atomic`) did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aftermath {
    /// Nothing: the release is as the failure left it.
    None,
    /// The release is back at the revision before.
    RolledBack,
    /// The release, new with this call, was removed.
    Uninstalled,
    /// Helm tried one of these and failed: the release needs a person.
    Failed,
}

impl Failure {
    /// What to type, or to look at, next.
    pub fn hint(&self) -> Option<&'static str> {
        match self.aftermath {
            Aftermath::Failed => {
                Some("helm could not undo it either; look with `helm history` and `helm status`")
            }
            _ => self.kind.hint(),
        }
    }
}

/// Reads what a failed helm (3.15 to 4.3) wrote to stderr.
pub fn classify(stderr: &str) -> Failure {
    let (cause, aftermath) = cause::find(stderr);
    Failure { kind: Kind::of(&cause), aftermath, cause }
}
