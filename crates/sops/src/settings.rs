//! How a new file is to be encrypted.

use std::time::SystemTime;

use crate::cipher::Cipher;
use crate::mac::seal_mac;
use crate::metadata::{Field, KeyGroup, Metadata};
use crate::selector::Selector;
use crate::time::rfc3339;

/// The SOPS version whose file format we write; readers require a version of SOPS itself.
const WRITER_VERSION: &str = "3.13.3";

/// How to encrypt a file.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The data key, wrapped.
    pub groups: Vec<KeyGroup>,
    /// Shares needed where there are several groups.
    pub shamir_threshold: Option<u32>,
    /// Which leaves to encrypt.
    pub selector: Selector,
    /// Whether the MAC covers encrypted leaves only.
    pub mac_only_encrypted: bool,
    /// The time to write into the file.
    pub now: SystemTime,
    /// Indentation of what is new in the file: the metadata block in YAML and JSON (by default as the file is), all of
    /// the JSON around a binary file (by default a tab).
    pub indent: Option<usize>,
    /// Further fields for the metadata: those of a file that is encrypted anew.
    pub unknown: Vec<(String, Field)>,
}

impl Settings {
    /// The metadata of a file of these settings whose values hash to `mac` (upper-case hex).
    pub(crate) fn metadata(&self, cipher: &Cipher, mac: &str) -> Metadata {
        let last_modified = rfc3339(self.now);
        Metadata {
            groups: self.groups.clone(),
            shamir_threshold: self.shamir_threshold,
            selector: self.selector.clone(),
            mac_only_encrypted: self.mac_only_encrypted,
            mac: Some(seal_mac(cipher, mac, &last_modified)),
            last_modified,
            version: WRITER_VERSION.to_owned(),
            unknown: self.unknown.clone(),
        }
    }
}
