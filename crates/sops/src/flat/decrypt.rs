//! Encrypted text to plain text.

use yamldoc::{Edits, Span};
use zeroize::Zeroizing;

use crate::cipher::{Cipher, PREFIX};
use crate::error::{Error, ValueProblem};
use crate::flat::document::Document;
use crate::flat::layout::Layout;
use crate::flat::value_text::text_of;
use crate::flat::{Scan, Site, Unit};
use crate::mac::{Mac, check_mac};
use crate::metadata::Field;
use crate::plain::Plain;
use crate::tree::layout;
use crate::typed::{Opened, Type};

/// What was opened, unit by unit; what is not encrypted is not here.
pub(crate) struct Values {
    pub(crate) values: Vec<Option<Opened>>,
    pub(crate) comments: Vec<Option<Opened>>,
    /// The MAC's own text, or why the file fails the check.
    pub(crate) mac: Result<Zeroizing<Vec<u8>>, Error>,
}

impl Document<'_> {
    /// Decrypts all values and comments; beside the plain text what the check of the MAC says.
    ///
    /// A comment that cannot be decrypted stays as it is: comments are not authenticated.
    pub(crate) fn decrypt(&self, cipher: &Cipher) -> Result<(Plain, Result<(), Error>), Error> {
        let values = self.open(cipher)?;
        let layout = self.layout(cipher).map(|(layout, _)| layout);
        let text = self.plain_text(&values, layout.as_ref())?;
        let secret = |opened: Opened| {
            let bytes = (opened.kind == Type::Str).then_some(opened.raw)?;
            std::str::from_utf8(&bytes).ok().map(|text| Zeroizing::new(text.to_owned()))
        };
        let secrets = values.values.into_iter().flatten().filter_map(secret).collect();
        Ok((Plain::of_text(text, secrets), values.mac.map(drop)))
    }

    /// Opens every value, and checks the MAC.
    pub(crate) fn open(&self, cipher: &Cipher) -> Result<Values, Error> {
        let mut mac = Mac::new(self.metadata.mac_only_encrypted);
        let mut values = Vec::with_capacity(self.scan.units.len());
        let mut comments = Vec::with_capacity(self.scan.units.len());
        for (unit, selected) in self.scan.units.iter().zip(&self.selected) {
            let value = unit.token().map(|token| &*token.value).filter(|value| !value.is_empty());
            values.push(match value {
                Some(value) if selected.value => Some(self.open_value(cipher, unit, value)?),
                Some(value) => {
                    mac.add(value.as_bytes(), false);
                    None
                }
                // Never encrypted; the MAC tells whether it was put here.
                None => None,
            });
            if let Some(Some(opened)) = values.last() {
                mac.add(opened.bytes(), true);
            }
            let comment = unit.comment.as_ref().filter(|comment| comment.text.starts_with(PREFIX));
            let opened =
                comment.and_then(|comment| cipher.open(&comment.text, &self.scan.comment_aad(unit)).ok());
            let is_text =
                |opened: &Opened| opened.kind == Type::Comment && std::str::from_utf8(&opened.raw).is_ok();
            comments.push(opened.filter(is_text));
        }
        let mac = check_mac(&self.metadata, cipher, &mac.finish());
        Ok(Values { values, comments, mac })
    }

    fn open_value(&self, cipher: &Cipher, unit: &Unit<'_>, value: &str) -> Result<Opened, Error> {
        let opened = cipher.open(value, &self.scan.value_aad(unit)).and_then(|opened| match opened.kind {
            Type::Comment => Err(ValueProblem::Type("comment".to_owned())),
            _ if text_of(&opened).is_none() => Err(ValueProblem::Parse("text")),
            _ => Ok(opened),
        });
        opened.map_err(|problem| Error::Value {
            place: self.scan.place(unit),
            path: self.scan.path(unit),
            problem,
        })
    }

    /// The layout hint and its ciphertext, if there is one that can be read.
    pub(crate) fn layout(&self, cipher: &Cipher) -> Option<(Layout, &str)> {
        let (_, field) = self.metadata.unknown.iter().find(|(name, _)| name == layout::FIELD)?;
        let Field::Text(token) = field else { return None };
        let opened = cipher.open(token, layout::AAD).ok()?;
        Some((Layout::read(std::str::from_utf8(&opened.raw).ok()?)?, token))
    }

    /// The plain text; a hint with which it does not read back as the values is dropped.
    pub(crate) fn plain_text(
        &self,
        values: &Values,
        layout: Option<&Layout>,
    ) -> Result<Zeroizing<String>, Error> {
        let default = Layout::default();
        for layout in [layout, Some(&default)].into_iter().flatten() {
            let Some(text) = self.assemble(values, layout).map(Zeroizing::new) else { continue };
            if self.reads_as(&text, values, !layout.is_empty()) {
                return Ok(text);
            }
        }
        Err(Error::NotRepresentable)
    }

    fn assemble(&self, values: &Values, layout: &Layout) -> Option<String> {
        let mut edits = Edits::default();
        self.scan.metadata_spans.iter().for_each(|&span| edits.delete(span));
        for (number, unit) in self.scan.units.iter().enumerate() {
            if let Some(text) = layout.units.get(&number) {
                edits.replace(unit.span, text.clone());
                continue;
            }
            let value = values.values[number].as_ref().and_then(text_of);
            let comment =
                values.comments[number].as_ref().and_then(|opened| std::str::from_utf8(&opened.raw).ok());
            plain_unit(&mut edits, &self.scan, unit, 0, value.as_deref(), comment)?;
        }
        let mut text = edits.apply(self.scan.text).ok()?;
        if layout.unterminated && text.ends_with('\n') {
            text.pop();
        }
        Some(text)
    }

    /// Whether `text` has the same entries with these values; and, if `comments` matter, those that were encrypted.
    fn reads_as(&self, text: &str, values: &Values, comments: bool) -> bool {
        let Ok(scan) = self.scan.format.scan(text) else { return false };
        let same = |(number, (found, unit)): (usize, (&Unit<'_>, &Unit<'_>))| {
            let opened = values.values[number].as_ref().and_then(text_of);
            let value = opened.as_deref().or_else(|| unit.token().map(|token| &*token.value));
            let comment = values.comments[number].as_ref().filter(|_| comments);
            let found_comment = found.comment.as_ref().map(|comment| comment.text.as_bytes());
            scan.value_aad(found) == self.scan.value_aad(unit)
                && found.token().map(|token| &*token.value) == value
                && comment.is_none_or(|comment| found_comment == Some(comment.raw.as_slice()))
        };
        scan.metadata_spans.is_empty()
            && scan.units.len() == self.scan.units.len()
            && scan.units.iter().zip(&self.scan.units).enumerate().all(same)
    }
}

/// Puts `value` and `comment`, where given, into the place of a unit's ciphertext; `base` is where the edited text
/// begins. `None` if the value cannot be written.
pub(crate) fn plain_unit(
    edits: &mut Edits<'_>,
    scan: &Scan<'_>,
    unit: &Unit<'_>,
    base: usize,
    value: Option<&str>,
    comment: Option<&str>,
) -> Option<()> {
    let shifted = |span: Span| Span { start: span.start - base, end: span.end - base };
    let mut ends_line = false;
    if let (Some(value), Some(token)) = (value, unit.token()) {
        let text = scan.format.token(value, token.quote)?;
        ends_line = text.starts_with('`') || text.starts_with("\"\"\"");
        edits.replace(shifted(token.span), text);
    }
    let (Some(comment), Some(found)) = (comment, &unit.comment) else { return Some(()) };
    match found.site {
        Site::Above { span, .. } => edits.replace(shifted(span), comment_lines(scan, comment)),
        Site::Beside(span) if !ends_line && !comment.contains('\n') => {
            edits.replace(shifted(span), comment.to_owned());
        }
        Site::Beside(span) | Site::Moves { span } => {
            let start = unit.token().map_or(span.start, |token| token.span.end);
            edits.delete(shifted(Span { start, end: span.end }));
            edits.insert(
                unit.span.start - base,
                format!("; {}{}", comment_lines(scan, comment), scan.line_break()),
            );
        }
    }
    Some(())
}

/// A comment of several lines; those of ini have their own markers, those that come from other formats have none.
fn comment_lines(scan: &Scan<'_>, text: &str) -> String {
    let marker = if scan.sections.is_empty() { "#" } else { "; " };
    let mut lines = text.split('\n');
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        out.push('\n');
        if !scan.sections.is_empty() && line.trim_start().starts_with(['#', ';']) {
            out.push_str(line);
        } else {
            out.push_str(&format!("{marker}{line}"));
        }
    }
    out
}
