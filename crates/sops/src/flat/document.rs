//! An encrypted file.

use yamldoc::Edits;

use crate::error::Error;
use crate::flat::scan::Selected;
use crate::flat::{Format, Scan, block};
use crate::metadata::{Field, Metadata};
use crate::tree::layout;

/// An encrypted text of lines.
pub(crate) struct Document<'a> {
    pub(crate) scan: Scan<'a>,
    pub(crate) selected: Vec<Selected>,
    pub(crate) metadata: Metadata,
}

impl<'a> Document<'a> {
    /// Reads an encrypted text.
    ///
    /// # Errors
    /// [`Error::Line`], [`Error::NoMetadata`], [`Error::BadMetadata`], [`Error::NoKeys`], [`Error::Selector`].
    pub(crate) fn parse(text: &'a str, format: Format) -> Result<Self, Error> {
        Self::of(format.scan(text)?)
    }

    /// Reads `text` if it has metadata; a plain text gives `None`.
    ///
    /// # Errors
    /// As [`Document::parse`], for texts that look encrypted only.
    pub(crate) fn detect(text: &'a str, format: Format) -> Result<Option<Self>, Error> {
        let marks: [&str; 3] = match format {
            Format::Dotenv => ["sops_version=", "sops_mac=", "sops_lastmodified="],
            Format::Ini => ["version", "mac", "lastmodified"],
        };
        let found = |mark: &str| text.lines().any(|line| line.trim_start().starts_with(mark));
        let section = format == Format::Dotenv || found("[sops]");
        if !section || !found(marks[0]) || !(found(marks[1]) || found(marks[2])) {
            return Ok(None);
        }
        let scan = format.scan(text)?;
        if scan.metadata.is_empty() { Ok(None) } else { Self::of(scan).map(Some) }
    }

    fn of(scan: Scan<'a>) -> Result<Self, Error> {
        let metadata = block::read(&scan)?;
        let selected = scan.select(&metadata.selector.compile()?);
        Ok(Self { scan, selected, metadata })
    }

    /// The text without the metadata, values still encrypted.
    pub(crate) fn body(&self) -> Result<String, Error> {
        let mut edits = Edits::default();
        self.scan.metadata_spans.iter().for_each(|&span| edits.delete(span));
        edits.apply(self.scan.text).map_err(|_| Error::NotRepresentable)
    }

    /// The text with other wrapped keys; nothing else changes, not even the MAC.
    pub(crate) fn rewrap(&self, metadata: &Metadata) -> Result<String, Error> {
        let hint = metadata.unknown.iter().find_map(|(name, field)| match field {
            Field::Text(text) if name == layout::FIELD => Some(text.as_str()),
            _ => None,
        });
        let text = block::append(&self.body()?, self.scan.format, metadata, hint, self.scan.line_break());
        text.ok_or(Error::NotRepresentable)
    }
}
