//! An encrypted file.

use yamldoc::{Edits, Kind, NodeId, Stream, Syntax};

use crate::error::Error;
use crate::metadata::{Field, Metadata};
use crate::selector;
use crate::tree::walk::{SOPS, Walk};
use crate::tree::{block, layout};

/// An encrypted text that is a tree: YAML, and JSON with its own spelling.
pub(crate) struct Document<'a> {
    pub(crate) stream: Stream<'a>,
    pub(crate) walk: Walk,
    pub(crate) metadata: Metadata,
}

/// Texts up to this size are read; offsets are kept in 32 bits.
const MAX_BYTES: usize = 1 << 30;

/// Parses a text that is not too large.
pub(crate) fn read(text: &str, syntax: Syntax) -> Result<Stream<'_>, Error> {
    if text.len() > MAX_BYTES {
        return Err(Error::TooLarge { what: "text", limit: MAX_BYTES >> 20 });
    }
    Ok(Stream::parse_as(text, syntax)?)
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
    pub(crate) fn parse(text: &'a str, syntax: Syntax) -> Result<Self, Error> {
        Self::of(read(text, syntax)?)
    }

    /// Reads `text` if it is encrypted (its first document has a block that looks like metadata), parsing it once; a plain text gives `None`.
    ///
    /// # Errors
    /// As [`Document::parse`], for texts that look encrypted only.
    pub(crate) fn detect(text: &'a str, syntax: Syntax) -> Result<Option<Self>, Error> {
        if !may_be_encrypted(text) {
            return Ok(None);
        }
        let stream = read(text, syntax)?;
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
        let metadata = Metadata::of_block(&stream, sops)?;
        let walk = Walk::new(&stream, &metadata.selector.compile()?)?;
        Ok(Self { stream, walk, metadata })
    }

    /// Whether the file itself says which leaves are encrypted; binary files do not.
    pub(crate) fn names_selector(&self) -> bool {
        let block = block::find(&self.stream, &self.walk, 0);
        block.is_some_and(|(_, block)| {
            selector::FIELDS.iter().any(|field| self.stream.get(block, field).is_some())
        })
    }

    /// The text with other wrapped keys; nothing else changes, not even the MAC.
    pub(crate) fn rewrap(&self, metadata: &Metadata) -> Result<String, Error> {
        let selector = self.stream.syntax == Syntax::Yaml || self.names_selector();
        let layout = metadata.unknown.iter().find_map(|(name, field)| match field {
            Field::Text(text) if name == layout::FIELD => Some(text.as_str()),
            _ => None,
        });
        let mut edits = Edits::default();
        block::replace(
            &mut edits,
            &self.stream,
            &self.walk,
            block::Block { metadata, layout, selector, step: self.block_step() },
        );
        edits.apply(self.stream.text).map_err(|_| Error::NotRepresentable)
    }

    /// The text without the metadata blocks, values still encrypted.
    pub(crate) fn body(&self) -> Result<String, Error> {
        let mut edits = Edits::default();
        block::remove(&mut edits, &self.stream, &self.walk, &[]);
        edits.apply(self.stream.text).map_err(|_| Error::NotRepresentable)
    }
}
