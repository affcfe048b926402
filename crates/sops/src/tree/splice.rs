//! Ciphertext in place of tokens: the edits that turn a plain text into an encrypted one, and the hint for what
//! ciphertext cannot carry.

use std::borrow::Cow;

use yamldoc::{Edits, Kind, Node, Span, Style, Syntax, Wanted};

use crate::cipher::Cipher;
use crate::error::Error;
use crate::tree::block;
use crate::tree::comments;
use crate::tree::json;
use crate::tree::layout::{Hint, Layout};
use crate::tree::seal::{Reuse, Source};
use crate::tree::token;
use crate::tree::walk::{Site, Visit, What, place_of};
use crate::typed::{Type, Typed};

/// The ciphertext of each visit, where it has one.
type Tokens<'r> = Vec<Option<Cow<'r, str>>>;

/// Ciphertext for every selected leaf and comment of `source`: what can be kept is, the rest is encrypted.
pub(crate) fn tokens<'r>(
    source: &Source<'_>,
    typed: &[Option<Typed<'_>>],
    cipher: &Cipher,
    reuse: &'r dyn Reuse,
) -> Result<Tokens<'r>, Error> {
    let stream = &source.stream;
    let mut tokens: Tokens<'r> = Vec::with_capacity(typed.len());
    for (number, (visit, leaf)) in source.walk.visits.iter().zip(typed).enumerate() {
        let (leaf, node) = match visit.what {
            What::Comment(comment) => {
                let text = comments::sealed_text(stream, &source.walk, visit, comment);
                (text.map(Typed::comment), None)
            }
            What::Leaf(node) | What::Collection { node, .. } => {
                let leaf = leaf.as_ref().filter(|leaf| visit.selected && !leaf.is_empty());
                (leaf.cloned(), Some(node))
            }
        };
        let token = leaf.map(|leaf| match (reuse.token(number), node) {
            (Some(kept), _) => Cow::Borrowed(kept),
            (None, Some(node)) if stream.syntax == Syntax::Json => {
                cipher.seal(&json::spelled(stream, node, &leaf), source.walk.aad(visit)).into()
            }
            (None, _) => cipher.seal(&leaf, source.walk.aad(visit)).into(),
        });
        let comment = token.as_ref().filter(|_| matches!(visit.what, What::Comment(_)));
        if comment
            .is_some_and(|token| source.matcher.counts_for_itself() && source.matcher.comment_matches(token))
        {
            return Err(Error::SelectorMatchesCiphertext { place: place_of(stream, visit) });
        }
        tokens.push(token);
    }
    Ok(tokens)
}

/// The edits that put `tokens` into the text, and what they lose.
pub(crate) fn splice<'t>(
    source: &'t Source<'_>,
    typed: &'t [Option<Typed<'_>>],
    tokens: &'t Tokens<'_>,
) -> (Edits<'t>, Layout) {
    let mut splicer = Splicer {
        source,
        typed,
        tokens,
        edits: Edits::default(),
        layout: Layout { unterminated: block::unterminated(&source.stream), ..Layout::default() },
        encrypted: vec![false; source.stream.nodes.len()],
    };
    splicer.run();
    (splicer.edits, splicer.layout)
}

struct Splicer<'t, 'a, 'v, 'r> {
    source: &'t Source<'a>,
    typed: &'t [Option<Typed<'v>>],
    tokens: &'t Tokens<'r>,
    edits: Edits<'t>,
    layout: Layout,
    /// Nodes whose own token became ciphertext, and aliases that became copies.
    encrypted: Vec<bool>,
}

impl<'t> Splicer<'t, '_, '_, '_> {
    fn run(&mut self) {
        let source = self.source;
        for (visit, token) in source.walk.visits.iter().zip(self.tokens) {
            if let (Site::Own, What::Leaf(node), Some(_)) = (visit.site, visit.what, token) {
                self.encrypted[node.index()] = true;
            }
        }
        for (number, visit) in source.walk.visits.iter().enumerate() {
            match (visit.site, visit.what) {
                (_, What::Comment(comment)) => self.comment(number, comment),
                (Site::Own, _) => self.own(number, visit),
                (Site::Alias(_), _) => self.alias(number, visit),
                (Site::Inside(_), _) => {}
            }
        }
        for document in &source.stream.documents {
            // `null` for a whole document makes room for the block.
            let root = source.stream.node(document.root);
            if matches!(root.kind, Kind::Scalar { .. }) && root.start() < root.span.end {
                self.edits.delete(Span { start: root.start(), end: root.span.end });
            }
        }
    }

    fn comment(&mut self, number: usize, comment: usize) {
        let span = self.source.stream.comments[comment].span;
        if let Some(token) = &self.tokens[number] {
            self.edits.replace(Span { start: span.start + 1, end: span.end }, &**token);
        }
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
        token::replace_sealed(&mut self.edits, stream, node, token, visit.flow);
        if let Some(tag) = node.tag().filter(|tag| token::hides_ciphertext(tag.kind)) {
            let rest = &stream.text[tag.span.end..];
            let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            self.edits.delete(Span { start: tag.span.start, end: tag.span.end + blanks });
        }
        let source = token::kept_token(stream, node);
        if stream.syntax == Syntax::Json {
            let raw = json::spelled(stream, id, leaf);
            if json::token(leaf.kind, &raw.bytes, &leaf.bytes).is_none_or(|token| token != source) {
                self.layout.nodes.insert(visit.ordinal, Hint::Token(source.into_owned()));
            }
            return;
        }
        let context = token::context(stream, &self.source.walk, visit, id, &self.source.form);
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
        // A last line of blanks belongs to the value too, and may be outside of the span.
        let rest = &stream.text[node.span.end..];
        let is_last = rest.trim_matches([' ', '\t', '\n', '\r']).is_empty() && !rest.ends_with(['\n', '\r']);
        if !block || !is_last {
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
                (Some(token), _) if flow => format!("\"{token}\""),
                (Some(token), _) => token.clone().into_owned(),
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
