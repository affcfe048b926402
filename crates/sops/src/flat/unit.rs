//! The pieces of a file of lines.

use std::borrow::Cow;

use yamldoc::Span;

/// An entry or a section header with its comment; a comment alone; a blank line that is none for SOPS.
pub(crate) struct Unit<'a> {
    /// From the start of its first line, which may be a comment's, to the end of its last line without the line break.
    pub(crate) span: Span,
    /// Index of the section it is in or begins; 0 in dotenv.
    pub(crate) section: usize,
    pub(crate) owner: Owner<'a>,
    pub(crate) comment: Option<Comment<'a>>,
}

pub(crate) enum Owner<'a> {
    /// `KEY=value`.
    Entry { key: Cow<'a, str>, token: Token<'a> },
    /// `[section]`.
    Section,
    /// A comment alone or a blank line.
    Nothing,
}

/// A value as it stands in the text.
pub(crate) struct Token<'a> {
    /// With quotes, continuation lines, and what SOPS ignores behind a closing quote.
    pub(crate) span: Span,
    /// What SOPS reads.
    pub(crate) value: Cow<'a, str>,
    /// What stands before and after the value.
    pub(crate) quote: &'static str,
    /// Something behind the closing quote is not part of the value.
    pub(crate) ignored: bool,
}

/// A comment as SOPS sees it: in ini all lines above an entry or header, and what follows on its line, are one.
pub(crate) struct Comment<'a> {
    /// Without the first marker.
    pub(crate) text: Cow<'a, str>,
    pub(crate) site: Site,
}

/// Where the ciphertext of a comment goes.
#[derive(Clone, Copy)]
pub(crate) enum Site {
    /// In the place of the text above the entry; the rest of the text, on the line of the entry, goes.
    Above { span: Span, rest: Option<Span> },
    /// In the place of the text, on the line of the entry.
    Beside(Span),
    /// On a line of its own before the unit: where the text stands, ciphertext would be misread.
    Moves { span: Span },
}

impl Unit<'_> {
    /// The value of an entry.
    pub(crate) fn token(&self) -> Option<&Token<'_>> {
        match &self.owner {
            Owner::Entry { token, .. } => Some(token),
            _ => None,
        }
    }
}
