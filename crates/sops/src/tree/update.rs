//! A new plain text for an encrypted file, with the ciphertext of everything that did not change.

use std::collections::HashMap;
use std::time::SystemTime;

use yamldoc::Syntax;

use crate::changes::Changes;
use crate::cipher::Cipher;
use crate::error::Error;
use crate::tree::block::{self, Block};
use crate::tree::counterparts::counterparts;
use crate::tree::decrypt::Values;
use crate::tree::document::Document;
use crate::tree::leaves;
use crate::tree::seal::{Reuse, Source, verified};
use crate::tree::walk::{Visit, Walk, What};
use crate::tree::{comments, json};
use crate::typed::{Opened, Type, Typed};

impl Document<'_> {
    /// The encrypted form of `plain`, which replaces the text this file decrypts to.
    pub(crate) fn update(
        &self,
        plain: &str,
        cipher: &Cipher,
        now: SystemTime,
    ) -> Result<(String, Changes), Error> {
        let values = self.open(cipher)?;
        let old_mac = values.mac.as_ref().map_err(Clone::clone)?;
        let layout = self.layout(cipher);
        let before = self.plain_text(&values, layout.as_ref().map(|(layout, _)| layout))?;
        let source = Source::parse(plain, self.stream.syntax, &self.metadata.selector)?;
        let typed = leaves::typed(&source.stream, &source.walk)?;
        let old = self.old_leaves(&values)?;
        let pairs = counterparts((&self.stream, &self.walk), (&source.stream, &source.walk));
        let changes = self.compare(&old, &source, &typed, &pairs);
        if *before == plain {
            return Ok((self.stream.text.to_owned(), changes));
        }
        let mac = source.mac(&typed, self.metadata.mac_only_encrypted);
        let metadata = if mac.as_bytes() == old_mac.as_slice() {
            self.metadata.clone()
        } else {
            self.metadata.signed(cipher, &mac, now)
        };
        let reuse = Kept {
            tokens: self.reusable(&values, &old, &source, &typed, &pairs),
            layout: layout.map(|(layout, token)| (layout.write(), token)),
        };
        let block = Block { metadata: &metadata, layout: None, selector: true, step: self.block_step() };
        drop((old, pairs, before));
        drop(values);
        let sealed = source.seal(&typed, cipher, block, &reuse)?;
        // The check takes as much memory again.
        drop(typed);
        drop(source);
        let text = verified(sealed, plain, self.stream.syntax, cipher, block, &reuse)?;
        Ok((text, changes))
    }

    /// Indentation of the block as it is.
    pub(crate) fn block_step(&self) -> Option<usize> {
        block::step(&self.stream, &self.walk)
    }

    /// The leaves of the encrypted file with their values, by visit.
    fn old_leaves<'v>(&'v self, values: &'v Values) -> Result<Vec<Option<OldLeaf<'v>>>, Error> {
        let leaves = self.walk.visits.iter().zip(&values.opened).map(|(visit, opened)| {
            let What::Leaf(_) = visit.what else { return Ok(None) };
            let leaf = match opened {
                Some(opened) if opened.kind == Type::Comment => return Ok(None),
                Some(opened) => OldLeaf {
                    value: Some(self.typed(visit, opened)?),
                    spelling: self.spelling(opened),
                    sealed: true,
                },
                None => {
                    let value = leaves::leaf(&self.stream, &self.walk, visit)?;
                    OldLeaf { value, spelling: None, sealed: false }
                }
            };
            Ok(Some(leaf))
        });
        leaves.collect()
    }

    /// How a number of a JSON file will be spelled; another spelling needs new ciphertext.
    fn spelling(&self, opened: &Opened) -> Option<String> {
        let number = matches!(opened.kind, Type::Int | Type::Float);
        (number && self.stream.syntax == Syntax::Json)
            .then(|| json::token(opened.kind, &opened.raw, opened.bytes()))
            .flatten()
    }

    fn compare(
        &self,
        old: &[Option<OldLeaf<'_>>],
        source: &Source<'_>,
        typed: &[Option<Typed<'_>>],
        pairs: &[Option<usize>],
    ) -> Changes {
        let mut changes = Changes::default();
        let mut seen = vec![false; old.len()];
        for (number, visit) in leaf_visits(&source.walk) {
            let leaf = pairs[number].and_then(|at| Some((at, old[at].as_ref()?)));
            if let Some((at, leaf)) = leaf {
                seen[at] = true;
                if leaf.value == typed[number] {
                    changes.kept += 1;
                } else {
                    changes.changed.push(source.walk.path(&source.stream, visit));
                }
            } else {
                changes.added.push(source.walk.path(&source.stream, visit));
            }
        }
        let gone = leaf_visits(&self.walk).filter(|&(number, _)| old[number].is_some() && !seen[number]);
        changes.removed = gone.map(|(_, visit)| self.walk.path(&self.stream, visit)).collect();
        changes
    }

    /// For every visit of the new text the ciphertext to keep: that of the same place, then that of the same value
    /// anywhere under the same keys.
    fn reusable<'d>(
        &'d self,
        values: &Values,
        old: &[Option<OldLeaf<'_>>],
        source: &Source<'_>,
        typed: &[Option<Typed<'_>>],
        pairs: &[Option<usize>],
    ) -> Vec<Option<&'d str>> {
        let mut tokens = vec![None; typed.len()];
        let mut used = vec![false; old.len()];
        for (number, visit) in leaf_visits(&source.walk).filter(|(_, visit)| visit.selected) {
            let Some(at) = pairs[number] else { continue };
            let same = old[at].as_ref().is_some_and(|leaf| {
                let aad = self.walk.aad(&self.walk.visits[at]);
                let spelled = typed[number].as_ref().and_then(|value| source.spelling(visit, value));
                leaf.sealed
                    && leaf.value == typed[number]
                    && leaf.spelling.as_deref() == spelled
                    && aad == source.walk.aad(visit)
            });
            if same {
                used[at] = true;
                tokens[number] = self.token_text(at);
            }
        }
        let mut moved: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, visit) in leaf_visits(&self.walk).filter(|&(at, _)| !used[at]).rev() {
            if let Some(OldLeaf { value: Some(value), spelling, sealed: true }) = &old[at] {
                moved.entry((self.walk.aad(visit), value, spelling.as_deref())).or_default().push(at);
            }
        }
        for (number, visit) in leaf_visits(&source.walk).filter(|(_, visit)| visit.selected) {
            let Some(value) = typed[number].as_ref().filter(|_| tokens[number].is_none()) else { continue };
            let same = moved.get_mut(&(source.walk.aad(visit), value, source.spelling(visit, value)));
            if let Some(at) = same.and_then(Vec::pop) {
                tokens[number] = self.token_text(at);
            }
        }
        self.reusable_comments(values, source, &mut tokens);
        tokens
    }

    /// Comments are kept by text where their path is still the one they were encrypted with.
    fn reusable_comments<'d>(&'d self, values: &Values, source: &Source<'_>, tokens: &mut [Option<&'d str>]) {
        let mut by_text: HashMap<(&str, &[u8]), Vec<&str>> = HashMap::new();
        for (visit, opened) in self.walk.visits.iter().zip(&values.opened).rev() {
            if let (What::Comment(comment), Some(opened)) = (visit.what, opened) {
                let span = self.stream.comments[comment].span;
                let token = &self.stream.text[span.start + 1..span.end];
                let aad = values.comment_aads.get(&comment).map_or(self.walk.aad(visit), String::as_str);
                by_text.entry((aad, &opened.raw)).or_default().push(token);
            }
        }
        for (number, visit) in source.walk.visits.iter().enumerate() {
            let What::Comment(comment) = visit.what else { continue };
            let text = comments::sealed_text(&source.stream, &source.walk, visit, comment);
            let Some(text) = text.map(str::as_bytes) else { continue };
            if let Some(token) = by_text.get_mut(&(source.walk.aad(visit), text)).and_then(Vec::pop) {
                tokens[number] = Some(token);
            }
        }
    }

    /// The ciphertext that stands at a visit.
    fn token_text(&self, number: usize) -> Option<&str> {
        let What::Leaf(node) = self.walk.visits[number].what else { return None };
        match &self.stream.node(node).kind {
            // Folded or trailing text behind the bracket is not carried over.
            yamldoc::Kind::Scalar { value, .. } => value.find(']').map(|end| &value[..=end]),
            _ => None,
        }
    }
}

/// A leaf of the encrypted file.
struct OldLeaf<'v> {
    value: Option<Typed<'v>>,
    spelling: Option<String>,
    /// It is ciphertext.
    sealed: bool,
}

struct Kept<'d> {
    tokens: Vec<Option<&'d str>>,
    layout: Option<(String, &'d str)>,
}

impl Reuse for Kept<'_> {
    fn token(&self, visit: usize) -> Option<&str> {
        *self.tokens.get(visit)?
    }

    fn layout(&self, text: &str) -> Option<&str> {
        self.layout.as_ref().filter(|(old, _)| old == text).map(|&(_, token)| token)
    }
}

fn leaf_visits(walk: &Walk) -> impl DoubleEndedIterator<Item = (usize, &Visit)> {
    walk.visits.iter().enumerate().filter(|(_, visit)| matches!(visit.what, What::Leaf(_)))
}
