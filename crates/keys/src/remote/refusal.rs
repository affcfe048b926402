//! Why a key service did not open or wrap a data key.

use std::fmt;
use std::time::Duration;

use sops::MasterKey;

use crate::Looked;

/// One key and why it could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} {key}: {reason}", .key.kind().name())]
pub struct Refusal {
    /// The key asked.
    pub key: Box<MasterKey>,
    /// What came of it.
    pub reason: Reason,
}

/// What kept a key from being used. Holds no credential, and no text of a service but its error code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The entry in the file or rule is not what it should be.
    #[error("{0}")]
    BadKey(&'static str),
    /// The file names a server that is not known to be the user's: no credential goes there.
    #[error("no credentials are sent to {address}, which only the file names")]
    Untrusted {
        /// Scheme, host and port.
        address: String,
        /// What makes the server known.
        remedy: String,
    },
    /// No source of credentials has any.
    #[error("no {service} credentials ({})", Places(.looked))]
    NoCredentials {
        /// `AWS`, `Google Cloud`, `Azure`
        service: &'static str,
        /// Every source in the order asked.
        looked: Vec<Looked>,
    },
    /// A source of credentials is there and not usable.
    #[error("{source_name} {problem}")]
    Credentials {
        /// The variable, the file, the profile, the program.
        source_name: String,
        /// What is wrong with it, fits after its name.
        problem: String,
    },
    /// Something that other programs can do and this one does not.
    #[error("{what}")]
    Unsupported {
        /// A sentence.
        what: String,
        /// What to do instead.
        remedy: Option<String>,
    },
    /// The service said no.
    #[error("{host} refuses (status {status}{})", Code(.code.as_deref()))]
    Refused {
        /// Who was asked.
        host: String,
        /// The HTTP status.
        status: u16,
        /// The service's own word for it, such as `AccessDeniedException`.
        code: Option<String>,
    },
    /// The service sends elsewhere, where credentials do not go.
    #[error("{host} answers with a redirect, which is not followed")]
    Redirected {
        /// Who was asked.
        host: String,
    },
    /// No connection, or one that broke.
    #[error("{host} cannot be reached: {problem}")]
    Unreachable {
        /// Who was asked.
        host: String,
        /// Why, in a few words.
        problem: String,
    },
    /// An answer that is not the service's.
    #[error("{host} answers something else than {expected}")]
    Malformed {
        /// Who was asked.
        host: String,
        /// What should have been there.
        expected: &'static str,
    },
    /// The time for all keys together was over.
    #[error("no answer within {} s", .0.as_secs_f64())]
    TimedOut(Duration),
    /// Vault or OpenBao; the text is that of [`vault::Error`].
    #[error("{message}")]
    Vault {
        /// What went wrong.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// This process cannot ask anyone.
    #[error("cannot set up connections: {0}")]
    Setup(String),
}

impl Refusal {
    /// What to type or look at next.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.reason.hint()
    }
}

impl Reason {
    /// What to type or look at next.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Untrusted { remedy, .. } => Some(remedy.clone()),
            Self::Unsupported { remedy, .. } => remedy.clone(),
            Self::Vault { hint, .. } => hint.clone(),
            Self::NoCredentials { service, .. } => Some(
                match *service {
                    "AWS" => "set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; try: aws sts get-caller-identity",
                    "Azure" => "log in: az login",
                    _ => "log in: gcloud auth application-default login",
                }
                .to_owned(),
            ),
            Self::Refused { status, code, .. } => after_refusal(*status, code.as_deref()).map(str::to_owned),
            Self::Unreachable { .. } => Some("is the address right, and is a proxy needed (HTTPS_PROXY)?".to_owned()),
            Self::TimedOut(_) => Some("give it more time with HELM_SECRETS_KEY_TIMEOUT, such as 2m".to_owned()),
            Self::BadKey(_)
            | Self::Credentials { .. }
            | Self::Redirected { .. }
            | Self::Malformed { .. }
            | Self::Setup(_) => None,
        }
    }

    /// A source of credentials that is there and not usable.
    pub(super) fn credentials(source: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Credentials { source_name: source.into(), problem: problem.into() }
    }
}

fn after_refusal(status: u16, code: Option<&str>) -> Option<&'static str> {
    let code = code.unwrap_or_default();
    let is = |words: &[&str]| words.iter().any(|word| code.contains(word));
    if is(&["Expired", "InvalidClientTokenId", "UnrecognizedClient", "invalid_grant"]) || status == 401 {
        Some("the credentials are wrong or have expired: log in again")
    } else if is(&["AccessDenied", "PERMISSION_DENIED", "Forbidden"]) || status == 403 {
        Some("do the credentials in use belong to someone who may use the key?")
    } else if is(&["NotFound", "NOT_FOUND"]) || status == 404 {
        Some("does the key still exist, and is its name right?")
    } else {
        None
    }
}

struct Places<'a>(&'a [Looked]);

impl fmt::Display for Places<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, Looked { place, found }) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(out, "{comma}{place}: {found}")?;
        }
        Ok(())
    }
}

struct Code<'a>(Option<&'a str>);

impl fmt::Display for Code<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |code| write!(out, ", {code}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_fit_the_refusal() {
        let hint = |status, code: &str| {
            let code = Some(code.to_owned());
            Reason::Refused { host: String::new(), status, code }.hint().unwrap_or_default()
        };
        assert!(hint(400, "AccessDeniedException").contains("someone who may use the key"));
        assert!(hint(403, "PERMISSION_DENIED").contains("someone who may use the key"));
        assert!(hint(400, "ExpiredTokenException").contains("log in again"));
        assert!(hint(400, "invalid_grant").contains("log in again"));
        assert!(hint(400, "NotFoundException").contains("still exist"));
        assert_eq!(hint(400, "InvalidCiphertextException"), "");
    }
}
