//! A new plain text for an encrypted file, with the ciphertext of everything that did not change.

use std::collections::HashMap;
use std::time::SystemTime;

use crate::changes::Changes;
use crate::cipher::Cipher;
use crate::error::Error;
use crate::flat::decrypt::Values;
use crate::flat::document::Document;
use crate::flat::seal::{Kept, Source};
use crate::flat::value_text::text_of;
use crate::flat::{Owner, Scan};

/// An entry of the encrypted file.
struct Old {
    unit: usize,
    used: bool,
}

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
        let source = Source::parse(plain, self.scan.format, &self.metadata.selector)?;
        let (mut kept, changes) = self.compare(&values, &source);
        if *before == plain {
            return Ok((self.scan.text.to_owned(), changes));
        }
        kept.layout = layout.map(|(layout, token)| (layout.write(), token.to_owned()));
        let mac = source.mac(&kept, self.metadata.mac_only_encrypted);
        let metadata = if mac.as_bytes() == old_mac.as_slice() {
            self.metadata.clone()
        } else {
            self.metadata.signed(cipher, &mac, now)
        };
        Ok((source.seal(cipher, &metadata, &kept)?, changes))
    }

    /// The ciphertext to keep, and what is different. Entries of one path are compared in their order.
    fn compare(&self, values: &Values, source: &Source<'_>) -> (Kept, Changes) {
        let mut kept = Kept::none(source);
        let mut changes = Changes::default();
        let mut by_path: HashMap<String, Vec<Old>> = HashMap::new();
        for (unit, path) in entries(&self.scan) {
            by_path.entry(path).or_default().push(Old { unit, used: false });
        }
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (number, path) in entries(&source.scan) {
            let nth = seen.entry(path.clone()).or_default();
            match by_path.get_mut(&path).and_then(|olds| olds.get_mut(*nth)) {
                Some(old) => {
                    old.used = true;
                    if self.keep(values, source, old.unit, number, &mut kept) {
                        changes.kept += 1;
                    } else {
                        changes.changed.push(source.scan.path(&source.scan.units[number]));
                    }
                }
                None => {
                    changes.added.push(source.scan.path(&source.scan.units[number]));
                }
            }
            *nth += 1;
        }
        let unused =
            |olds: &Vec<Old>| olds.iter().filter(|old| !old.used).map(|old| old.unit).collect::<Vec<_>>();
        let mut gone: Vec<usize> = by_path.values().flat_map(unused).collect();
        gone.sort_unstable();
        changes.removed = gone.iter().map(|&unit| self.scan.path(&self.scan.units[unit])).collect();
        self.keep_comments(values, source, &mut kept);
        (kept, changes)
    }

    /// Keeps the ciphertext of entry `old` for entry `new` if it has the same value; whether it has.
    fn keep(&self, values: &Values, source: &Source<'_>, old: usize, new: usize, kept: &mut Kept) -> bool {
        let (Some(before), Some(after)) = (self.scan.units[old].token(), source.scan.units[new].token())
        else {
            return false;
        };
        let Some(opened) = &values.values[old] else { return before.value == after.value };
        let same = text_of(opened).is_some_and(|text| text == after.value);
        if same && source.selected[new].value {
            // Text behind the bracket is not carried over.
            let token = before.value.find(']').map(|end| before.value[..=end].to_owned());
            kept.values[new] = token.map(|token| (token, opened.bytes().to_vec()));
        }
        same
    }

    fn keep_comments(&self, values: &Values, source: &Source<'_>, kept: &mut Kept) {
        let mut by_text: HashMap<(String, &[u8]), Vec<&str>> = HashMap::new();
        for (unit, opened) in self.scan.units.iter().zip(&values.comments).rev() {
            if let (Some(comment), Some(opened)) = (&unit.comment, opened)
                && let Some(end) = comment.text.find(']')
            {
                let same = by_text.entry((self.scan.comment_aad(unit), opened.raw.as_slice())).or_default();
                same.push(&comment.text[..=end]);
            }
        }
        for (number, unit) in source.scan.units.iter().enumerate() {
            let Some(comment) = unit.comment.as_ref().filter(|_| source.selected[number].comment) else {
                continue;
            };
            let key = (source.scan.comment_aad(unit), comment.text.as_bytes());
            kept.comments[number] = by_text.get_mut(&key).and_then(Vec::pop).map(str::to_owned);
        }
    }
}

/// Number and path of every entry.
fn entries<'s>(scan: &'s Scan<'_>) -> impl Iterator<Item = (usize, String)> + 's {
    let entries = scan.units.iter().enumerate().filter(|(_, unit)| matches!(unit.owner, Owner::Entry { .. }));
    entries.map(|(number, unit)| (number, scan.value_aad(unit)))
}
