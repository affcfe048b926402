//! Which value of one text stands at the place of which value of another.

use std::collections::HashMap;

use yamldoc::Stream;

use crate::tree::entry::Entry;
use crate::tree::walk::{Visit, Walk, What};

/// For every visit of the new walk the visit of the old one with the same document and path, list positions included.
/// Comments have none.
pub(crate) fn counterparts(old: (&Stream<'_>, &Walk), new: (&Stream<'_>, &Walk)) -> Vec<Option<usize>> {
    let mut roots: Vec<usize> = Vec::new();
    let mut children: HashMap<(usize, Entry<'_>), usize> = HashMap::with_capacity(old.1.visits.len());
    for (number, visit) in nodes(old.1) {
        match visit.parent {
            None => roots.push(number),
            Some(parent) => {
                if let Some(entry) = old.1.visits[parent].entry(old.0, visit.step) {
                    children.insert((parent, entry), number);
                }
            }
        }
    }
    let mut found = vec![None; new.1.visits.len()];
    for (number, visit) in nodes(new.1) {
        found[number] = match visit.parent {
            None => roots.get(visit.document).copied(),
            Some(parent) => found[parent].and_then(|old_parent| {
                let entry = new.1.visits[parent].entry(new.0, visit.step)?;
                children.get(&(old_parent, entry)).copied()
            }),
        };
    }
    found
}

fn nodes(walk: &Walk) -> impl Iterator<Item = (usize, &Visit)> {
    walk.visits.iter().enumerate().filter(|(_, visit)| !matches!(visit.what, What::Comment(_)))
}
