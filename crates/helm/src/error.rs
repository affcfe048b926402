//! What can go wrong between us and helm; what helm itself reports is [`crate::Failure`].

use std::io;
use std::path::PathBuf;

use crate::Version;

/// Why helm could not be found or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("helm is not in PATH")]
    NotInPath,
    #[error("helm is not at {}, which HELM_BIN names", .0.display())]
    NotAtHelmBin(PathBuf),
    #[error("helm {found} is too old, {} or newer is needed", Version::OLDEST)]
    TooOld { program: PathBuf, found: Version },
    #[error("{} does not tell its version", .program.display())]
    NoVersion { program: PathBuf },
    #[error("failed to run {}", .program.display())]
    Run { program: PathBuf, source: io::Error },
}

impl Error {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotInPath => {
                Some("install helm (https://helm.sh/docs/intro/install), or set HELM_BIN to it".into())
            }
            Self::NotAtHelmBin(_) => Some("unset HELM_BIN, or set it to the helm to use".into()),
            Self::TooOld { program, .. } => {
                Some(format!("update {}, or set HELM_BIN to a newer helm", program.display()))
            }
            Self::NoVersion { program } => Some(format!("try `{} version`", program.display())),
            Self::Run { .. } => None,
        }
    }
}
