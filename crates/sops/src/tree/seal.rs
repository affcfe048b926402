//! Plain text to encrypted text: ciphertext in place of tokens, the metadata block, the layout hint.

use yamldoc::{Edits, Kind, Node, Profile, Span, Stream, Style, Wanted};

use crate::cipher::Cipher;
use crate::error::Error;
use crate::mac::Mac;
use crate::metadata::Metadata;
use crate::selector::{Matcher, Selector};
use crate::tree::block;
use crate::tree::comments;
use crate::tree::document::Document;
use crate::tree::layout::{self, Hint, Layout};
use crate::tree::leaves;
use crate::tree::token::{self, Form};
use crate::tree::walk::{Site, Visit, Walk, What, place_of};
use crate::typed::{Type, Typed};

/// A parsed plain text, ready to be sealed.
pub(crate) struct Source<'a> {
    pub(crate) stream: Stream<'a>,
    pub(crate) walk: Walk,
    matcher: Matcher,
    form: Form,
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
    pub(crate) fn parse(text: &'a str, selector: &Selector) -> Result<Self, Error> {
        let stream = Stream::parse(text)?;
        stream.check_keys()?;
        if stream.documents.is_empty() {
            return Err(Error::Empty);
        }
        let matcher = selector.compile()?;
        let walk = Walk::new(&stream, &matcher)?;
        if let Some(document) = walk.blocks.iter().position(Option::is_some) {
            let key = block::find(&stream, &walk, document).map(|(key, _)| key);
            let place = stream.place(key.unwrap_or(stream.documents[document].root));
            return Err(Error::ReservedKey { place });
        }
        let form = Form::of(&stream, &walk);
        Ok(Self { stream, walk, matcher, form })
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

    /// The encrypted text. `metadata` holds a MAC already; `step` is the indentation of the block.
    ///
    /// The result has been decrypted once and compared with the plain text.
    pub(crate) fn seal(
        &self,
        typed: &[Option<Typed<'_>>],
        cipher: &Cipher,
        metadata: &Metadata,
        step: Option<usize>,
        reuse: &dyn Reuse,
    ) -> Result<String, Error> {
        let step = step.unwrap_or(if self.form.step == 2 { 2 } else { 4 });
        let mut sealer = Sealer {
            source: self,
            typed,
            edits: Edits::default(),
            layout: Layout { unterminated: block::unterminated(&self.stream), ..Layout::default() },
            tokens: vec![None; typed.len()],
            encrypted: vec![false; self.stream.nodes.len()],
        };
        sealer.run(cipher, reuse)?;
        let Sealer { edits, mut layout, .. } = sealer;
        for attempt in 0..2 {
            let hint = (!layout.is_empty()).then(|| {
                let text = layout.write();
                let kept = reuse.layout(&text).map(str::to_owned);
                let leaf = Typed { kind: Type::Str, bytes: text.as_bytes().into() };
                kept.unwrap_or_else(|| cipher.seal(&leaf, layout::AAD))
            });
            let mut edits = edits.clone();
            block::insert(&mut edits, &self.stream, &self.form, metadata, hint.as_deref(), step);
            let out = edits.apply(self.stream.text).map_err(|_| Error::NotRepresentable)?;
            let document = Document::parse(&out).map_err(|_| Error::NotRepresentable)?;
            let plain = document.decrypt(cipher).ok().filter(|(_, mac)| mac.is_ok());
            let (plain, _) = plain.ok_or(Error::NotRepresentable)?;
            if *plain.content == self.stream.text.as_bytes() {
                return Ok(out);
            }
            if attempt == 0 {
                let whole = (layout::digest(&document.body()?), self.stream.text.to_owned());
                layout = Layout { whole: Some(whole), ..Layout::default() };
            }
        }
        Err(Error::NotRepresentable)
    }
}

struct Sealer<'s, 'a, 't> {
    source: &'s Source<'a>,
    typed: &'s [Option<Typed<'t>>],
    edits: Edits<'static>,
    layout: Layout,
    /// Ciphertext of each visit.
    tokens: Vec<Option<String>>,
    /// Nodes whose own token became ciphertext, and aliases that became copies.
    encrypted: Vec<bool>,
}

impl Sealer<'_, '_, '_> {
    fn run(&mut self, cipher: &Cipher, reuse: &dyn Reuse) -> Result<(), Error> {
        let source = self.source;
        for (number, visit) in source.walk.visits.iter().enumerate() {
            if let What::Comment(comment) = visit.what {
                self.comment(comment, visit, cipher, reuse.token(number))?;
                continue;
            }
            let Some(leaf) = self.typed[number].as_ref().filter(|leaf| visit.selected && !leaf.is_empty())
            else {
                continue;
            };
            let kept = reuse.token(number).map(str::to_owned);
            self.tokens[number] = Some(kept.unwrap_or_else(|| cipher.seal(leaf, source.walk.aad(visit))));
            if let (Site::Own, What::Leaf(node)) = (visit.site, visit.what) {
                self.encrypted[node.index()] = true;
            }
        }
        for (number, visit) in source.walk.visits.iter().enumerate() {
            match visit.site {
                Site::Own => self.own(number, visit),
                Site::Alias(_) => self.alias(number, visit),
                Site::Inside(_) => {}
            }
        }
        for document in &source.stream.documents {
            // `null` for a whole document makes room for the block.
            let root = source.stream.node(document.root);
            if matches!(root.kind, Kind::Scalar { .. }) && root.start() < root.span.end {
                self.edits.delete(Span { start: root.start(), end: root.span.end });
            }
        }
        Ok(())
    }

    fn comment(
        &mut self,
        comment: usize,
        visit: &Visit,
        cipher: &Cipher,
        kept: Option<&str>,
    ) -> Result<(), Error> {
        let source = self.source;
        let span = source.stream.comments[comment].span;
        let Some(text) = comments::sealed_text(&source.stream, &source.walk, visit, comment) else {
            return Ok(());
        };
        let seal = || cipher.seal(&Typed::comment(text), source.walk.aad(visit));
        let token = kept.map_or_else(seal, str::to_owned);
        if source.matcher.counts_for_itself() && source.matcher.comment_matches(&token) {
            return Err(Error::SelectorMatchesCiphertext { place: place_of(&source.stream, visit) });
        }
        self.edits.replace(span, format!("#{token}"));
        Ok(())
    }

    /// A leaf at its own place.
    fn own(&mut self, number: usize, visit: &Visit) {
        let What::Leaf(id) = visit.what else { return };
        let stream = &self.source.stream;
        let node = stream.node(id);
        let (Some(token), Some(leaf)) = (&self.tokens[number], &self.typed[number]) else {
            self.keep_end_of_text(node);
            return;
        };
        let wanted = token::wanted(node);
        token::replace(&mut self.edits, stream, node, &token::quote(token, wanted, visit.flow));
        if let Some(tag) = node.tag.filter(|tag| token::hides_ciphertext(tag.kind)) {
            let rest = &stream.text[tag.span.end..];
            let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            self.edits.delete(Span { start: tag.span.start, end: tag.span.end + blanks });
        }
        let context = token::context(stream, &self.source.walk, visit, id, &self.source.form);
        let source = token::kept_token(stream, node);
        // What decryption will see is the quotes around the ciphertext.
        let quoted = if visit.flow && wanted == Wanted::Plain { Wanted::Double } else { wanted };
        if token::default_token(leaf.kind, &leaf.bytes, &leaf.bytes, quoted, context) != source {
            let hint = hint(node, &source, leaf, self.source.form.line_break);
            self.layout.nodes.insert(visit.ordinal, hint);
        }
    }

    /// A cleartext block scalar that ends with the text: the block that follows would end its last line, which then
    /// would be part of the value.
    fn keep_end_of_text(&mut self, node: &Node<'_>) {
        let stream = &self.source.stream;
        let block = matches!(node.kind, Kind::Scalar { style: Style::Literal | Style::Folded, .. });
        if !block || node.span.end < stream.text.len() {
            return;
        }
        let header = yamldoc::block_header(stream.source(node.span));
        if !header.contains('-') {
            let stripped = format!("{}-", header.trim_end_matches('+'));
            self.edits
                .replace(Span { start: node.span.start, end: node.span.start + header.len() }, stripped);
        }
    }

    /// An alias stays where neither its target nor the copy under its own path is encrypted; else it becomes a copy
    /// in flow style on one line.
    fn alias(&mut self, number: usize, visit: &Visit) {
        let Site::Alias(site) = visit.site else { return };
        let end = match visit.what {
            What::Collection { end, .. } => end,
            _ => number + 1,
        };
        let visits = &self.source.walk.visits[number..end];
        let encrypted = visits.iter().zip(&self.tokens[number..end]).any(|(visit, token)| {
            // The target is encrypted, or an alias in it has become a copy.
            let inner = matches!(visit.site, Site::Inside(site) if self.encrypted[site.index()]);
            token.is_some() || inner || matches!(visit.what, What::Leaf(node) if self.encrypted[node.index()])
        });
        if !encrypted {
            return;
        }
        let span = self.source.stream.node(site).span;
        let name = self.source.stream.source(span).trim_start_matches('*').to_owned();
        self.encrypted[site.index()] = true;
        let copy = self.copy(number, visit.flow).0;
        self.edits.replace(span, copy);
        self.layout.nodes.insert(visit.ordinal, Hint::Alias(name));
    }

    /// The visit as a token and the visit after it.
    fn copy(&self, number: usize, flow: bool) -> (String, usize) {
        let stream = &self.source.stream;
        let context = yamldoc::Context { flow: true, indent: None, line_break: "\n" };
        let visit = &self.source.walk.visits[number];
        let What::Collection { node, end } = visit.what else {
            let text = match (&self.tokens[number], &self.typed[number]) {
                (Some(token), _) => token::quote(token, Wanted::Plain, flow),
                (None, Some(leaf)) => {
                    token::default_token(leaf.kind, &leaf.bytes, &leaf.bytes, Wanted::Double, context)
                }
                (None, None) => "null".to_owned(),
            };
            return (text, number + 1);
        };
        let (mut children, mut next) = (Vec::new(), number + 1);
        while next < end {
            let (text, after) = self.copy(next, true);
            children.push(text);
            next = after;
        }
        let text = match &stream.node(node).kind {
            Kind::Mapping { entries, .. } => {
                let pairs = entries.iter().zip(children).map(|(&(key, _), child)| {
                    let merge = matches!(&stream.node(key).kind,
                        Kind::Scalar { value, style: Style::Plain } if value == "<<");
                    let key = stream.key(key).unwrap_or_default();
                    let key =
                        if merge { key.to_owned() } else { yamldoc::render(key, Wanted::Plain, context) };
                    format!("{key}: {child}")
                });
                format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
            }
            _ => format!("[{}]", children.join(", ")),
        };
        (text, end)
    }
}

/// The shortest hint that gives `source` back.
fn hint(node: &Node<'_>, source: &str, leaf: &Typed<'_>, line_break: &str) -> Hint {
    let text = std::str::from_utf8(&leaf.bytes).unwrap_or_default();
    match node.kind {
        Kind::Scalar { style: Style::Plain, .. } if leaf.kind == Type::Str && text == source => Hint::Plain,
        Kind::Scalar { style: Style::Literal, .. } if leaf.kind == Type::Str => {
            let header = yamldoc::block_header(source);
            match yamldoc::block_indent(source) {
                Some(indent) => {
                    // An indentation digit hides that the first line is indented further.
                    let candidates = (1..=indent)
                        .rev()
                        .map(|indent| (indent, token::literal(header, indent, text, line_break)));
                    let mut fitting = candidates.filter(|(_, token)| token == source);
                    fitting.next().map_or_else(
                        || Hint::Token(source.to_owned()),
                        |(indent, _)| Hint::Literal { header: header.to_owned(), indent },
                    )
                }
                None => Hint::Token(source.to_owned()),
            }
        }
        _ => Hint::Token(source.to_owned()),
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
            yamldoc::resolve(value, *style, node.tag.map(|tag| tag.kind), Profile::Helm).is_ok()
        }
        _ => true,
    })
}
