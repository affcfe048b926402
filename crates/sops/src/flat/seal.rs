//! Plain text to encrypted text.

use yamldoc::Edits;

use crate::cipher::Cipher;
use crate::data_key::DataKey;
use crate::error::{Error, LineProblem, Unsupported};
use crate::flat::decrypt::plain_unit;
use crate::flat::document::Document;
use crate::flat::layout::Layout;
use crate::flat::scan::{Selected, bad_line};
use crate::flat::{Format, Owner, Scan, Site, Unit, block};
use crate::mac::Mac;
use crate::metadata::Metadata;
use crate::selector::{Matcher, Selector};
use crate::settings::Settings;
use crate::tree::layout;
use crate::typed::{Type, Typed};

/// Encrypts a text. Everything but selected values and comments stays byte for byte, and decrypting gives back the
/// same bytes.
pub(crate) fn encrypt(
    plain: &str,
    format: Format,
    key: &DataKey,
    settings: &Settings,
) -> Result<String, Error> {
    let source = Source::parse(plain, format, &settings.selector)?;
    let cipher = Cipher::new(key);
    let kept = Kept::none(&source);
    let mac = source.mac(&kept, settings.mac_only_encrypted);
    source.seal(&cipher, &settings.metadata(&cipher, &mac), &kept)
}

/// A plain text, ready to be sealed.
pub(crate) struct Source<'a> {
    pub(crate) scan: Scan<'a>,
    pub(crate) selected: Vec<Selected>,
    matcher: Matcher,
}

/// Ciphertext to keep from an earlier version of the file, unit by unit.
pub(crate) struct Kept {
    /// With the bytes that the MAC covers: another type's differ from the text.
    pub(crate) values: Vec<Option<(String, Vec<u8>)>>,
    pub(crate) comments: Vec<Option<String>>,
    /// The text of the layout hint and its ciphertext.
    pub(crate) layout: Option<(String, String)>,
}

impl Kept {
    pub(crate) fn none(source: &Source<'_>) -> Self {
        let count = source.scan.units.len();
        Self { values: vec![None; count], comments: vec![None; count], layout: None }
    }
}

impl<'a> Source<'a> {
    pub(crate) fn parse(text: &'a str, format: Format, selector: &Selector) -> Result<Self, Error> {
        let scan = format.scan(text)?;
        if let (Format::Dotenv, Some(first)) = (format, scan.metadata.first()) {
            return bad_line(first.line, LineProblem::ReservedKey);
        }
        if let Some(span) = scan.metadata_spans.first() {
            let header = text[span.start..].len() - text[span.start..].trim_start().len();
            return Err(Error::ReservedKey { place: yamldoc::place(text, span.start + header) });
        }
        let (field, pattern) = selector.field();
        if pattern.contains("\\n") {
            let problem = "\\n in it would be read as a line break in a file of this kind".to_owned();
            return Err(Error::Selector { field, problem });
        }
        let matcher = selector.compile()?;
        let selected = scan.select(&matcher);
        let source = Self { scan, selected, matcher };
        source.refuse_cut_values()?;
        Ok(source)
    }

    /// A value with a `;` or `#` in it, in quotes or without a blank before, is to SOPS a shorter value and a comment.
    /// Where only the value is encrypted, half a secret would stay readable.
    fn refuse_cut_values(&self) -> Result<(), Error> {
        for (unit, selected) in self.scan.units.iter().zip(&self.selected) {
            let (Some(token), Some(comment)) = (unit.token(), &unit.comment) else { continue };
            let inline = !matches!(comment.site, Site::Above { rest: None, .. });
            let glued = self.scan.text[token.span.end..].starts_with([';', '#']);
            let open = glued || token.value.starts_with(['"', '\'']);
            let cut = inline && token.quote.is_empty() && !token.value.is_empty() && open;
            if cut && selected.value && !selected.comment {
                return Err(Error::Unsupported {
                    place: self.scan.place(unit),
                    path: self.scan.path(unit),
                    problem: Unsupported::Cut,
                });
            }
        }
        Ok(())
    }

    /// The MAC of the values, upper-case hex.
    pub(crate) fn mac(&self, kept: &Kept, encrypted_only: bool) -> String {
        let mut mac = Mac::new(encrypted_only);
        for ((unit, selected), kept) in self.scan.units.iter().zip(&self.selected).zip(&kept.values) {
            let Some(token) = unit.token() else { continue };
            mac.add(kept.as_ref().map_or(token.value.as_bytes(), |(_, bytes)| bytes), selected.value);
        }
        mac.finish()
    }

    /// The encrypted text. `metadata` holds a MAC already.
    ///
    /// The result has been decrypted once and compared with the plain text.
    pub(crate) fn seal(&self, cipher: &Cipher, metadata: &Metadata, kept: &Kept) -> Result<String, Error> {
        let body = self.body(cipher, kept)?;
        let layout = self.layout(&body)?;
        let hint = (!layout.is_empty()).then(|| {
            let text = layout.write();
            let leaf = Typed { kind: Type::Str, bytes: text.as_bytes().into() };
            let same = kept.layout.as_ref().filter(|(old, _)| *old == text);
            same.map_or_else(|| cipher.seal(&leaf, layout::AAD), |(_, token)| token.clone())
        });
        let format = self.scan.format;
        let text = block::append(&body, format, metadata, hint.as_deref(), self.scan.line_break());
        let text = text.ok_or(Error::NotRepresentable)?;
        let document = Document::parse(&text, format).map_err(|_| Error::NotRepresentable)?;
        let plain = document.decrypt(cipher).ok().filter(|(_, mac)| mac.is_ok());
        let same = plain.is_some_and(|(plain, _)| *plain.content == self.scan.text.as_bytes());
        // A text in the metadata that its escapes change, such as a selector, would select something else.
        if same
            && document.metadata.selector == metadata.selector
            && document.metadata.groups == metadata.groups
        {
            Ok(text)
        } else {
            Err(Error::NotRepresentable)
        }
    }

    /// The text with ciphertext in place of values and comments, without metadata.
    fn body(&self, cipher: &Cipher, kept: &Kept) -> Result<String, Error> {
        let scan = &self.scan;
        let mut edits = Edits::default();
        for (number, (unit, selected)) in scan.units.iter().zip(&self.selected).enumerate() {
            match &unit.owner {
                Owner::Entry { token, .. }
                    if selected.value && (!token.value.is_empty() || token.ignored) =>
                {
                    let leaf = Typed { kind: Type::Str, bytes: token.value.as_bytes().into() };
                    let old = kept.values[number].as_ref().map(|(token, _)| token.clone());
                    let sealed = match old {
                        _ if leaf.is_empty() => String::new(),
                        Some(old) => old,
                        None => cipher.seal(&leaf, &scan.value_aad(unit)),
                    };
                    edits.replace(token.span, format!("{0}{sealed}{0}", token.quote));
                }
                // A blank line that is none for SOPS.
                Owner::Nothing if unit.comment.is_none() => edits.delete(unit.span),
                _ => {}
            }
            let Some(comment) = &unit.comment else { continue };
            if !selected.comment || comment.text.is_empty() {
                let replaced = unit.token().is_some_and(|token| selected.value && token.value.contains('\n'));
                if replaced {
                    self.move_above(&mut edits, unit, comment.site);
                }
                continue;
            }
            let seal = || cipher.seal(&Typed::comment(&comment.text), &scan.comment_aad(unit));
            let sealed = kept.comments[number].clone().unwrap_or_else(seal);
            if self.matcher.counts_for_itself() && self.matcher.comment_matches(&sealed) {
                return Err(Error::SelectorMatchesCiphertext { place: scan.place(unit) });
            }
            match comment.site {
                Site::Above { span, rest } => {
                    edits.replace(span, sealed);
                    // At the end of the line a backslash would go on with the next one.
                    let open =
                        unit.token().is_some_and(|token| !selected.value && token.value.ends_with('\\'));
                    rest.into_iter().for_each(|rest| edits.replace(rest, if open { "#" } else { "" }));
                }
                Site::Beside(span) => edits.replace(span, sealed),
                Site::Moves { span } => {
                    edits.delete(span);
                    edits.insert(unit.span.start, format!("; {sealed}{}", scan.line_break()));
                }
            }
        }
        if unterminated(scan.text) {
            edits.insert(scan.text.len(), "\n");
        }
        edits.apply(scan.text).map_err(|_| Error::NotRepresentable)
    }

    /// Puts a comment that follows the last line of a value above it: behind quotes that close on the line on which
    /// they open, SOPS would not see it.
    fn move_above(&self, edits: &mut Edits<'_>, unit: &Unit<'_>, site: Site) {
        let line_break = self.scan.line_break();
        let (beside, at) = match site {
            Site::Moves { span } => (span, unit.span.start),
            Site::Above { span, rest: Some(rest) } => (rest, span.end),
            _ => return,
        };
        let text = &self.scan.text[beside.start..beside.end];
        let text = &text[text.find(['#', ';']).unwrap_or_default()..];
        edits.delete(beside);
        edits.insert(
            at,
            if at == unit.span.start { format!("{text}{line_break}") } else { format!("{line_break}{text}") },
        );
    }

    /// What decrypting `body` would not give back.
    fn layout(&self, body: &str) -> Result<Layout, Error> {
        let plain = &self.scan;
        let encrypted = plain.format.scan(body)?;
        let mut layout = Layout { unterminated: unterminated(plain.text), ..Layout::default() };
        if encrypted.units.len() != plain.units.len() {
            return Err(Error::NotRepresentable);
        }
        for (number, (unit, before)) in encrypted.units.iter().zip(&plain.units).enumerate() {
            let selected = self.selected[number];
            let value = before.token().map(|token| &*token.value).filter(|_| selected.value);
            let comment = before.comment.as_ref().map(|comment| &*comment.text).filter(|_| selected.comment);
            let mut edits = Edits::default();
            let source = &body[unit.span.start..unit.span.end];
            let default = plain_unit(
                &mut edits,
                &encrypted,
                unit,
                unit.span.start,
                value.filter(|value| !value.is_empty()),
                comment.filter(|comment| !comment.is_empty()),
            );
            let default = default.and_then(|()| edits.apply(source).ok());
            let original = &plain.text[before.span.start..before.span.end];
            if default.as_deref() != Some(original) {
                layout.units.insert(number, original.to_owned());
            }
        }
        Ok(layout)
    }
}

/// Without a line break at its end, which the metadata needs.
fn unterminated(text: &str) -> bool {
    !text.is_empty() && !text.ends_with('\n')
}
