//! A new plain text for an encrypted file, with the ciphertext of everything that did not change.

use std::collections::HashMap;
use std::time::SystemTime;

use yamldoc::Stream;

use crate::changes::Changes;
use crate::cipher::Cipher;
use crate::error::Error;
use crate::mac::seal_mac;
use crate::metadata::Metadata;
use crate::time::rfc3339;
use crate::tree::decrypt::Values;
use crate::tree::document::Document;
use crate::tree::leaves;
use crate::tree::seal::{Reuse, Source};
use crate::tree::walk::{Visit, Walk, What};
use crate::tree::{block, comments};
use crate::typed::{Type, Typed};

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
        let source = Source::parse(plain, &self.metadata.selector)?;
        let typed = leaves::typed(&source.stream, &source.walk)?;
        let old = self.old_leaves(&values)?;
        let changes = compare(&old, &source, &typed);
        if *before == plain {
            return Ok((self.stream.text.to_owned(), changes));
        }
        let mac = source.mac(&typed, self.metadata.mac_only_encrypted);
        let metadata = if mac.as_bytes() == old_mac.as_slice() {
            self.metadata.clone()
        } else {
            let last_modified = rfc3339(now);
            let mac = Some(seal_mac(cipher, &mac, &last_modified));
            Metadata { last_modified, mac, ..self.metadata.clone() }
        };
        let reuse = Kept {
            tokens: self.reusable(&values, &old, &source, &typed),
            layout: layout.map(|(layout, token)| (layout.write(), token.to_owned())),
        };
        let text = source.seal(&typed, cipher, &metadata, self.block_step(), &reuse)?;
        Ok((text, changes))
    }

    /// Indentation of the block as it is.
    pub(crate) fn block_step(&self) -> Option<usize> {
        let (_, block) = block::find(&self.stream, &self.walk, 0)?;
        let column = yamldoc::column(self.stream.text, self.stream.node(block).span.start);
        (!self.stream.node(block).is_flow() && (1..=8).contains(&column)).then_some(column)
    }

    /// The leaves of the encrypted file with their values.
    fn old_leaves<'v>(&'v self, values: &'v Values) -> Result<Vec<OldLeaf<'v>>, Error> {
        let mut leaves = Vec::new();
        for (number, (visit, opened)) in self.walk.visits.iter().zip(&values.opened).enumerate() {
            let What::Leaf(_) = visit.what else { continue };
            let value = match opened {
                Some(opened) if opened.kind == Type::Comment => continue,
                Some(opened) => Some(opened.typed()),
                None => leaves::leaf(&self.stream, &self.walk, visit)?,
            };
            leaves.push(OldLeaf { number, position: position(&self.stream, &self.walk, visit), value });
        }
        Ok(leaves)
    }

    /// For every visit of the new text the ciphertext to keep.
    fn reusable(
        &self,
        values: &Values,
        old: &[OldLeaf<'_>],
        source: &Source<'_>,
        typed: &[Option<Typed<'_>>],
    ) -> Vec<Option<String>> {
        let mut tokens = vec![None; typed.len()];
        let mut by_position: HashMap<&Position, usize> = HashMap::new();
        let mut by_value: HashMap<(&str, Typed<'_>), Vec<usize>> = HashMap::new();
        for (index, leaf) in old.iter().enumerate().filter(|(_, leaf)| values.opened[leaf.number].is_some()) {
            by_position.insert(&leaf.position, index);
        }
        let mut used = vec![false; old.len()];
        let leaves =
            || source.walk.visits.iter().enumerate().filter(|(_, visit)| matches!(visit.what, What::Leaf(_)));
        for (number, visit) in leaves() {
            let at = by_position.get(&position(&source.stream, &source.walk, visit));
            if let Some(&index) =
                at.filter(|&&index| visit.selected && self.fits(&old[index], visit, source, &typed[number]))
            {
                used[index] = true;
                tokens[number] = self.token_text(old[index].number);
            }
        }
        for (index, leaf) in old.iter().enumerate().rev().filter(|&(index, _)| !used[index]) {
            if let (Some(value), Some(_)) = (&leaf.value, &values.opened[leaf.number]) {
                let aad = self.walk.aad(&self.walk.visits[leaf.number]);
                by_value.entry((aad, value.clone())).or_default().push(index);
            }
        }
        for (number, visit) in leaves().filter(|(_, visit)| visit.selected) {
            let Some(value) = typed[number].as_ref().filter(|_| tokens[number].is_none()) else { continue };
            let same = by_value.get_mut(&(source.walk.aad(visit), value.clone()));
            if let Some(index) = same.and_then(Vec::pop) {
                tokens[number] = self.token_text(old[index].number);
            }
        }
        self.reusable_comments(values, source, &mut tokens);
        tokens
    }

    fn fits(&self, old: &OldLeaf<'_>, visit: &Visit, source: &Source<'_>, new: &Option<Typed<'_>>) -> bool {
        old.value == *new && self.walk.aad(&self.walk.visits[old.number]) == source.walk.aad(visit)
    }

    /// Comments are kept by text where their path is still the one they were encrypted with.
    fn reusable_comments(&self, values: &Values, source: &Source<'_>, tokens: &mut [Option<String>]) {
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
                tokens[number] = Some(token.to_owned());
            }
        }
    }

    /// The ciphertext that stands at a visit.
    fn token_text(&self, number: usize) -> Option<String> {
        let What::Leaf(node) = self.walk.visits[number].what else { return None };
        match &self.stream.node(node).kind {
            // Folded or trailing text behind the bracket is not carried over.
            yamldoc::Kind::Scalar { value, .. } => value.find(']').map(|end| value[..=end].to_owned()),
            _ => None,
        }
    }
}

/// Document number and path with list positions.
type Position = (usize, String);

struct OldLeaf<'v> {
    /// Index of its visit.
    number: usize,
    position: Position,
    value: Option<Typed<'v>>,
}

struct Kept {
    tokens: Vec<Option<String>>,
    layout: Option<(String, String)>,
}

impl Reuse for Kept {
    fn token(&self, visit: usize) -> Option<&str> {
        self.tokens.get(visit)?.as_deref()
    }

    fn layout(&self, text: &str) -> Option<&str> {
        self.layout.as_ref().filter(|(old, _)| old == text).map(|(_, token)| token.as_str())
    }
}

fn position(stream: &Stream<'_>, walk: &Walk, visit: &Visit) -> Position {
    (visit.document, walk.path(stream, visit))
}

fn compare(old: &[OldLeaf<'_>], source: &Source<'_>, typed: &[Option<Typed<'_>>]) -> Changes {
    let mut changes = Changes::default();
    let mut before: HashMap<&Position, &OldLeaf<'_>> =
        old.iter().map(|leaf| (&leaf.position, leaf)).collect();
    for (visit, value) in source.walk.visits.iter().zip(typed) {
        let What::Leaf(_) = visit.what else { continue };
        let position = position(&source.stream, &source.walk, visit);
        match before.remove(&position) {
            Some(leaf) if leaf.value == *value => changes.kept += 1,
            Some(_) => changes.changed.push(position.1),
            None => changes.added.push(position.1),
        }
    }
    let gone = old.iter().filter(|leaf| before.contains_key(&leaf.position));
    changes.removed = gone.map(|leaf| leaf.position.1.clone()).collect();
    changes
}
