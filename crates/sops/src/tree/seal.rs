//! Plain text to encrypted text: ciphertext, the metadata block, the layout hint, and the proof that all of it can be
//! undone.

use yamldoc::{Edits, Kind, Profile, Stream, Syntax};

use crate::cipher::Cipher;
use crate::error::Error;
use crate::mac::Mac;
use crate::selector::{Matcher, Selector};
use crate::tree::block::{self, Block};
use crate::tree::document::{self, Document};
use crate::tree::layout::{self, Layout};
use crate::tree::leaves;
use crate::tree::splice;
use crate::tree::token::Form;
use crate::tree::walk::{Visit, Walk, What};
use crate::typed::{Type, Typed};

/// A parsed plain text, ready to be sealed.
pub(crate) struct Source<'a> {
    pub(crate) stream: Stream<'a>,
    pub(crate) walk: Walk,
    pub(crate) matcher: Matcher,
    pub(crate) form: Form,
}

/// Ciphertext to keep from an earlier version of the file.
pub(crate) trait Reuse {
    /// For the leaf or comment at this visit.
    fn token(&self, visit: usize) -> Option<&str>;
    /// For the layout hint with this text.
    fn layout(&self, text: &str) -> Option<&str>;
}

/// Nothing to keep.
pub(crate) struct Fresh;

impl Reuse for Fresh {
    fn token(&self, _: usize) -> Option<&str> {
        None
    }

    fn layout(&self, _: &str) -> Option<&str> {
        None
    }
}

impl<'a> Source<'a> {
    pub(crate) fn parse(text: &'a str, syntax: Syntax, selector: &Selector) -> Result<Self, Error> {
        let stream = document::read(text, syntax)?;
        stream.check_keys()?;
        if stream.documents.is_empty() {
            return Err(Error::Empty);
        }
        let matcher = selector.compile()?;
        if let (Syntax::Json, Selector::EncryptedCommentRegex(_)) = (syntax, selector) {
            let problem = "JSON has no comments, so nothing would be encrypted".to_owned();
            return Err(Error::Selector { field: selector.field().0, problem });
        }
        let walk = Walk::new(&stream, &matcher)?;
        if let Some(document) = walk.blocks.iter().position(Option::is_some) {
            let key = block::find(&stream, &walk, document).map(|(key, _)| key);
            let place = stream.place(key.unwrap_or(stream.documents[document].root));
            return Err(Error::ReservedKey { place });
        }
        let form = Form::of(&stream, &walk);
        Ok(Self { stream, walk, matcher, form })
    }

    /// How a number of a JSON text is spelled.
    pub(crate) fn spelling(&self, visit: &Visit, leaf: &Typed<'_>) -> Option<&'a str> {
        let What::Leaf(node) = visit.what else { return None };
        let number = matches!(leaf.kind, Type::Int | Type::Float) && self.stream.syntax == Syntax::Json;
        number.then(|| self.stream.source(self.stream.node(node).span))
    }

    /// The MAC of the values, upper-case hex.
    pub(crate) fn mac(&self, typed: &[Option<Typed<'_>>], encrypted_only: bool) -> String {
        let mut mac = Mac::new(encrypted_only);
        for (visit, leaf) in self.walk.visits.iter().zip(typed) {
            if let Some(leaf) = leaf {
                mac.add(&leaf.bytes, visit.selected);
            }
        }
        mac.finish()
    }

    /// The encrypted text with its block, not [`verified`] yet.
    pub(crate) fn seal(
        &self,
        typed: &[Option<Typed<'_>>],
        cipher: &Cipher,
        block: Block<'_>,
        reuse: &dyn Reuse,
    ) -> Result<String, Error> {
        let tokens = splice::tokens(self, typed, cipher, reuse)?;
        let (mut edits, layout) = splice::splice(self, typed, &tokens);
        let hint = sealed_hint(&layout, cipher, reuse);
        let block = Block { layout: hint.as_deref(), ..block };
        block::insert(&mut edits, &self.stream, &self.form, block);
        edits.apply(self.stream.text).map_err(|_| Error::NotRepresentable)
    }
}

/// `sealed`, after it has been decrypted and compared with the plain text it is to give back. Where it does not give
/// that back, the whole plain text becomes the hint.
pub(crate) fn verified(
    sealed: String,
    plain: &str,
    syntax: Syntax,
    cipher: &Cipher,
    block: Block<'_>,
    reuse: &dyn Reuse,
) -> Result<String, Error> {
    let document = Document::parse(&sealed, syntax).map_err(unless_too_large)?;
    if document.decrypts_to(plain, cipher)? {
        drop(document);
        return Ok(sealed);
    }
    let whole = Some((layout::digest(&document.body()?), plain.to_owned()));
    let hint = sealed_hint(&Layout { whole, ..Layout::default() }, cipher, reuse);
    let mut edits = Edits::default();
    let block = Block { layout: hint.as_deref(), ..block };
    block::replace(&mut edits, &document.stream, &document.walk, block);
    let sealed = edits.apply(&sealed).map_err(|_| Error::NotRepresentable)?;
    let document = Document::parse(&sealed, syntax).map_err(unless_too_large)?;
    let right = document.decrypts_to(plain, cipher)?;
    drop(document);
    if right { Ok(sealed) } else { Err(Error::NotRepresentable) }
}

/// The ciphertext of a hint that says anything.
fn sealed_hint(layout: &Layout, cipher: &Cipher, reuse: &dyn Reuse) -> Option<String> {
    if layout.is_empty() {
        return None;
    }
    let text = layout.write();
    let leaf = Typed { kind: Type::Str, bytes: text.as_bytes().into() };
    let kept = reuse.layout(&text).map(str::to_owned);
    Some(kept.unwrap_or_else(|| cipher.seal(&leaf, layout::AAD)))
}

impl Document<'_> {
    /// Whether this new file is what it should be.
    fn decrypts_to(&self, plain: &str, cipher: &Cipher) -> Result<bool, Error> {
        let values = self.open(cipher).ok().filter(|values| values.mac.is_ok());
        let values = values.ok_or(Error::NotRepresentable)?;
        let layout = self.layout(cipher).map(|(layout, _)| layout);
        let decrypted = self.plain_text(&values, layout.as_ref()).map_err(|_| Error::NotRepresentable)?;
        Ok(*decrypted == plain)
    }
}

/// Text that grew beyond what is read is the user's affair; any other error here is ours.
fn unless_too_large(error: Error) -> Error {
    match error {
        Error::TooLarge { .. } => error,
        _ => Error::NotRepresentable,
    }
}

/// Whether two leaves of a plain text are one value to SOPS.
pub(crate) fn same_leaves(stream: &Stream<'_>, walk: &Walk, expected: &[(&str, Option<Typed<'_>>)]) -> bool {
    let Ok(typed) = leaves::typed(stream, walk) else { return false };
    let leaves = walk.visits.iter().zip(typed).filter(|(visit, _)| matches!(visit.what, What::Leaf(_)));
    let mut expected = expected.iter();
    for (visit, leaf) in leaves {
        let Some((aad, other)) = expected.next() else { return false };
        if walk.aad(visit) != *aad || leaf != *other {
            return false;
        }
    }
    expected.next().is_none() && typed_for_helm(stream)
}

/// Every scalar must have a value for Helm too; a tag that does not fit has none.
fn typed_for_helm(stream: &Stream<'_>) -> bool {
    stream.nodes.iter().all(|node| match &node.kind {
        Kind::Scalar { value, style } => {
            yamldoc::resolve(value, *style, node.tag().map(|tag| tag.kind), Profile::Helm).is_ok()
        }
        _ => true,
    })
}
