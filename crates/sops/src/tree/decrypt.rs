//! Encrypted text to plain text.

use std::collections::HashMap;

use yamldoc::{Edits, Kind, NodeId, Profile, Span, Stream, Syntax, Value};
use zeroize::Zeroizing;

use crate::cipher::{Cipher, PREFIX};
use crate::error::{Error, ValueProblem};
use crate::mac::{Mac, check_mac};
use crate::metadata::Field;
use crate::plain::Plain;
use crate::tree::block;
use crate::tree::comments::EMPTY;
use crate::tree::document::Document;
use crate::tree::json;
use crate::tree::layout::{self, Hint, Layout};
use crate::tree::leaves;
use crate::tree::seal::same_leaves;
use crate::tree::token::{self, Form};
use crate::tree::walk::{Site, Visit, Walk, What, place_of};
use crate::typed::{Opened, Type, Typed};

/// The values of a file, opened.
pub(crate) struct Values {
    /// What each visit opened to; cleartext, null and empty leaves are not here.
    pub(crate) opened: Vec<Option<Opened>>,
    /// The MAC's own text, or why the file fails the check.
    pub(crate) mac: Result<Zeroizing<Vec<u8>>, Error>,
    /// Additional data of the comments that were encrypted with another path than ours.
    pub(crate) comment_aads: HashMap<usize, String>,
}

impl Document<'_> {
    /// Decrypts all values and comments; beside the plain text what the check of the MAC says.
    ///
    /// A comment that cannot be decrypted stays as it is: comments are not authenticated, and other tools move them.
    pub(crate) fn decrypt(&self, cipher: &Cipher) -> Result<(Plain, Result<(), Error>), Error> {
        let values = self.open(cipher)?;
        let layout = self.layout(cipher).map(|(layout, _)| layout);
        let text = self.plain_text(&values, layout.as_ref())?;
        let secret = |mut opened: Opened| {
            let bytes = (opened.kind == Type::Str).then(|| std::mem::take(&mut *opened.raw))?;
            String::from_utf8(bytes).ok().map(Zeroizing::new)
        };
        let secrets = values.opened.into_iter().flatten().filter_map(secret).collect();
        Ok((Plain::of_text(text, secrets), values.mac.map(drop)))
    }

    /// Opens every value, and checks the MAC.
    pub(crate) fn open(&self, cipher: &Cipher) -> Result<Values, Error> {
        let mut mac = Mac::new(self.metadata.mac_only_encrypted);
        let mut opened: Vec<Option<Opened>> = Vec::with_capacity(self.walk.visits.len());
        let mut comment_aads = HashMap::new();
        for visit in &self.walk.visits {
            opened.push(match visit.what {
                What::Leaf(node) if visit.selected => self.open_leaf(cipher, visit, node)?,
                What::Leaf(_) => {
                    if let Some(leaf) = leaves::leaf(&self.stream, &self.walk, visit)? {
                        mac.add(&leaf.bytes, false);
                    }
                    None
                }
                What::Comment(comment) => self.open_comment(cipher, visit, comment).map(|(opened, aad)| {
                    if aad != self.walk.aad(visit) {
                        comment_aads.insert(comment, aad.to_owned());
                    }
                    opened
                }),
                What::Collection { .. } => None,
            });
            if let Some(Some(leaf)) = opened.last().filter(|_| matches!(visit.what, What::Leaf(_)))
                && leaf.kind != Type::Comment
            {
                mac.add(leaf.bytes(), true);
            }
        }
        let mac = check_mac(&self.metadata, cipher, &mac.finish());
        Ok(Values { opened, mac, comment_aads })
    }

    fn open_leaf(&self, cipher: &Cipher, visit: &Visit, node: NodeId) -> Result<Option<Opened>, Error> {
        let opened = match self.stream.value(node, Profile::Sops) {
            // Never encrypted; the MAC tells whether they were put here.
            Ok(None | Some(Value::Null)) => return Ok(None),
            Ok(Some(Value::Str(text))) if text.is_empty() => return Ok(None),
            Ok(Some(Value::Str(text))) => cipher.open(&text, self.walk.aad(visit)),
            _ => Err(ValueProblem::NotEncrypted),
        };
        // SOPS writes list comments as items; as the value of a key a comment means nothing.
        let opened = opened.and_then(|opened| match opened.kind {
            Type::Comment if !self.is_block_item(visit) => Err(ValueProblem::Type("comment".to_owned())),
            _ => Ok(opened),
        });
        opened.map(Some).map_err(|problem| Error::Value {
            place: place_of(&self.stream, visit),
            path: self.walk.path(&self.stream, visit),
            problem,
        })
    }

    fn is_block_item(&self, visit: &Visit) -> bool {
        let parent = visit.parent.map(|parent| self.walk.visits[parent].what);
        matches!(parent, Some(What::Collection { node, .. })
            if matches!(self.stream.node(node).kind, Kind::Sequence { flow: false, .. }))
    }

    fn open_comment(&self, cipher: &Cipher, visit: &Visit, comment: usize) -> Option<(Opened, &str)> {
        let span = self.stream.comments[comment].span;
        let text = &self.stream.text[span.start + 1..span.end];
        if !text.starts_with(PREFIX) {
            return None;
        }
        let opened = self.walk.comment_aads(visit).find_map(|aad| Some((cipher.open(text, aad).ok()?, aad)));
        opened.filter(|(opened, _)| opened.kind == Type::Comment && std::str::from_utf8(&opened.raw).is_ok())
    }

    /// The layout hint and its ciphertext, if there is one that can be read.
    pub(crate) fn layout(&self, cipher: &Cipher) -> Option<(Layout, &str)> {
        let (_, field) = self.metadata.unknown.iter().find(|(name, _)| name == layout::FIELD)?;
        let Field::Text(token) = field else { return None };
        let opened = cipher.open(token, layout::AAD).ok()?;
        Some((Layout::read(std::str::from_utf8(&opened.raw).ok()?)?, token))
    }

    /// The plain text, which is read again and compared with the values; a hint that does not fit is dropped.
    pub(crate) fn plain_text(
        &self,
        values: &Values,
        layout: Option<&Layout>,
    ) -> Result<Zeroizing<String>, Error> {
        let hinted = layout.is_some_and(|layout| !layout.nodes.is_empty() || layout.whole.is_some());
        if !hinted {
            // Without hints, and with one line for one line, every token reads back by construction.
            let plain = self.assemble(values, layout).filter(|&(_, same_lines)| same_lines);
            if let Some((text, _)) = plain {
                return Ok(Zeroizing::new(text));
            }
        }
        let expected = self.expected(values)?;
        if let Some((hash, text)) = layout.and_then(|layout| layout.whole.as_ref())
            && layout::digest(&self.body()?) == *hash
            && self.reads_as(text, &expected)
        {
            return Ok(Zeroizing::new(text.clone()));
        }
        for hints in [layout, None] {
            let text = self.assemble(values, hints).map(|(text, _)| Zeroizing::new(text));
            if let Some(text) = text.filter(|text| self.reads_as(text, &expected)) {
                return Ok(text);
            }
        }
        Err(Error::NotRepresentable)
    }

    /// Path and value of every leaf of the plain text.
    fn expected<'v>(&'v self, values: &'v Values) -> Result<Vec<(&'v str, Option<Typed<'v>>)>, Error> {
        let mut expected = Vec::with_capacity(self.walk.visits.len());
        for (visit, opened) in self.walk.visits.iter().zip(&values.opened) {
            let What::Leaf(_) = visit.what else { continue };
            let leaf = match opened {
                Some(opened) if opened.kind == Type::Comment => continue,
                Some(opened) => Some(self.typed(visit, opened)?),
                None => leaves::leaf(&self.stream, &self.walk, visit)?,
            };
            expected.push((self.walk.aad(visit), leaf));
        }
        Ok(expected)
    }

    /// The value that a decrypted leaf will have in the plain text.
    pub(crate) fn typed<'v>(&self, visit: &Visit, opened: &'v Opened) -> Result<Typed<'v>, Error> {
        match self.stream.syntax {
            Syntax::Yaml => Ok(opened.typed()),
            Syntax::Json => json::typed(opened).ok_or_else(|| Error::Value {
                place: place_of(&self.stream, visit),
                path: self.walk.path(&self.stream, visit),
                problem: ValueProblem::NotInJson,
            }),
        }
    }

    fn reads_as(&self, text: &str, expected: &[(&str, Option<Typed<'_>>)]) -> bool {
        let Ok(stream) = Stream::parse_as(text, self.stream.syntax) else { return false };
        let Ok(matcher) = self.metadata.selector.compile() else { return false };
        Walk::new(&stream, &matcher).is_ok_and(|walk| same_leaves(&stream, &walk, expected))
    }

    /// Every token and comment replaced, and whether each took one line for one line; `None` when the replacements do
    /// not fit together.
    fn assemble(&self, values: &Values, layout: Option<&Layout>) -> Option<(String, bool)> {
        let mut same_lines = true;
        let mut edits = Edits::default();
        let form = Form::of(&self.stream, &self.walk);
        let mut number = 0;
        while let Some(visit) = self.walk.visits.get(number) {
            let after = number + 1;
            if visit.site == Site::Own {
                let hint = layout.and_then(|layout| layout.nodes.get(&visit.ordinal));
                match (visit.what, &values.opened[number], hint) {
                    (What::Leaf(node) | What::Collection { node, .. }, _, Some(Hint::Alias(name))) => {
                        edits.replace(self.stream.node(node).span, format!("*{name}"));
                        number = if let What::Collection { end, .. } = visit.what { end } else { after };
                        continue;
                    }
                    (What::Leaf(node), Some(opened), _) if opened.kind == Type::Comment => {
                        same_lines = false;
                        self.list_comment(&mut edits, visit, node, opened)?;
                    }
                    (What::Leaf(node), Some(opened), hint) => {
                        let token = self.token(visit, node, opened, hint, &form)?;
                        same_lines &= !token.contains('\n') && !token.starts_with('!');
                        token::replace(&mut edits, &self.stream, self.stream.node(node), token);
                    }
                    (What::Comment(comment), Some(opened), _) => {
                        let text = std::str::from_utf8(&opened.raw).ok()?;
                        let span = self.stream.comments[comment].span;
                        same_lines &= !text.contains(['\n', '\r']);
                        edits.replace(
                            span,
                            comment_lines(text, yamldoc::column(self.stream.text, span.start)),
                        );
                    }
                    _ => {}
                }
            }
            number = after;
        }
        let unterminated = layout.map_or(&[][..], |layout| &layout.unterminated);
        block::remove(&mut edits, &self.stream, &self.walk, unterminated);
        Some((edits.apply(self.stream.text).ok()?, same_lines))
    }

    fn token(
        &self,
        visit: &Visit,
        id: NodeId,
        opened: &Opened,
        hint: Option<&Hint>,
        form: &Form,
    ) -> Option<String> {
        let node = self.stream.node(id);
        let text = std::str::from_utf8(&opened.raw).unwrap_or_default();
        Some(match hint {
            Some(Hint::Plain) => text.to_owned(),
            Some(Hint::Literal { header, indent }) => token::literal(header, *indent, text, form.line_break),
            Some(Hint::Token(token)) => token.clone(),
            _ if self.stream.syntax == Syntax::Json => json::token(opened.kind, &opened.raw, opened.bytes())?,
            _ => {
                let context = token::context(&self.stream, &self.walk, visit, id, form);
                token::default_token(opened.kind, &opened.raw, opened.bytes(), token::wanted(node), context)
            }
        })
    }

    /// SOPS stores a list comment as an item; it becomes a comment line where the dash was.
    fn list_comment(&self, edits: &mut Edits<'_>, visit: &Visit, id: NodeId, opened: &Opened) -> Option<()> {
        let text = std::str::from_utf8(&opened.raw).ok()?;
        let span = self.stream.node(id).span;
        let parent = visit.parent.map(|parent| self.walk.visits[parent].what);
        let Some(What::Collection { node: parent, .. }) = parent.filter(|_| !visit.flow) else { return None };
        let Kind::Sequence { items, .. } = &self.stream.node(parent).kind else { return None };
        let before = self.stream.text[..span.start].trim_end_matches([' ', '\t']);
        let dash = before.strip_suffix('-')?.len();
        let column = yamldoc::column(self.stream.text, dash);
        let mut lines = comment_lines(text, column);
        // Without any other item the list would be gone.
        let comments_only = items.iter().all(|&item| {
            matches!(&self.stream.node(item).kind,
                Kind::Scalar { value, .. } if crate::cipher::is_comment(value))
        });
        if comments_only && items.last() == Some(&id) {
            lines.push_str(&format!("\n{}[]", " ".repeat(column.max(1))));
        }
        edits.replace(Span { start: dash, end: span.end }, lines);
        Some(())
    }
}

/// `#` before every line of a comment's text; a comment of several lines comes from other formats only.
fn comment_lines(text: &str, column: usize) -> String {
    let text = if text == EMPTY { "" } else { text };
    let lines: Vec<String> = text.split('\n').map(|line| format!("#{line}")).collect();
    lines.join(&format!("\n{}", " ".repeat(column)))
}
