//! An encrypted file.

use std::fmt;

use yamldoc::{Edits, Kind, NodeId, Stream};

use crate::block;
use crate::error::Error;
use crate::metadata::Metadata;
use crate::walk::{SOPS, Walk};

/// An encrypted YAML text: its tree and its metadata.
pub struct Document<'a> {
    pub(crate) stream: Stream<'a>,
    pub(crate) walk: Walk,
    pub(crate) metadata: Metadata,
}

impl fmt::Debug for Document<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Document").field("metadata", &self.metadata).finish_non_exhaustive()
    }
}

/// Whether `text` is a SOPS file: the root map of the first document has a `sops` map with `lastmodified` or `mac`,
/// and `version`. A text that is not YAML is none.
#[must_use]
pub fn is_encrypted(text: &str) -> bool {
    may_be_encrypted(text) && Stream::parse(text).is_ok_and(|stream| find_block(&stream).is_some())
}

/// Whether ciphertext occurs anywhere in `text`, also in a file that lost its metadata. Such a file must not be taken
/// for a plain one.
#[must_use]
pub fn has_ciphertext(text: &str) -> bool {
    text.contains(crate::cipher::PREFIX)
}

/// Words without which there is no metadata; spares large plain files the parser.
fn may_be_encrypted(text: &str) -> bool {
    ["sops", "version"].iter().all(|word| text.contains(word))
        && ["lastmodified", "mac"].iter().any(|word| text.contains(word))
}

/// The block of the first document, if it looks like metadata.
fn find_block(stream: &Stream<'_>) -> Option<NodeId> {
    let block = stream.get(stream.documents.first()?.root, SOPS)?;
    let has = |name| stream.get(block, name).is_some();
    (has("version") && (has("lastmodified") || has("mac"))).then_some(block)
}

impl<'a> Document<'a> {
    /// Reads an encrypted text.
    ///
    /// # Errors
    /// [`Error::Yaml`], [`Error::NoMetadata`], [`Error::BadMetadata`], [`Error::NoKeys`], [`Error::Selector`].
    pub fn parse(text: &'a str) -> Result<Self, Error> {
        Self::of(Stream::parse(text)?)
    }

    /// Reads `text` if it is encrypted (see [`is_encrypted`]), parsing it once; a plain text gives `None`.
    ///
    /// # Errors
    /// As [`Document::parse`], for texts that look encrypted only.
    pub fn detect(text: &'a str) -> Result<Option<Self>, Error> {
        if !may_be_encrypted(text) {
            return Ok(None);
        }
        let stream = Stream::parse(text)?;
        if find_block(&stream).is_none() {
            return Ok(None);
        }
        Self::of(stream).map(Some)
    }

    fn of(stream: Stream<'a>) -> Result<Self, Error> {
        stream.check_keys()?;
        let root = stream.documents.first().ok_or(Error::NoMetadata)?.root;
        let sops = stream.get(root, SOPS).ok_or(Error::NoMetadata)?;
        if !matches!(stream.node(stream.resolved(sops)).kind, Kind::Mapping { .. }) {
            return Err(Error::NoMetadata);
        }
        let metadata = Metadata::read(&stream, sops)?;
        let walk = Walk::new(&stream, &metadata.selector.compile()?)?;
        Ok(Self { stream, walk, metadata })
    }

    /// The `sops` block of the first document, which speaks for all.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The text without the metadata blocks, values still encrypted.
    pub(crate) fn body(&self) -> Result<String, Error> {
        let mut edits = Edits::default();
        block::remove(&mut edits, &self.stream, &self.walk, &[]);
        edits.apply(self.stream.text).map_err(|_| Error::NotRepresentable)
    }
}
