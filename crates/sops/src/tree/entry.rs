//! Paths of values: what leads from a collection to its children, and how a person writes it.

use yamldoc::{Kind, Stream};

use crate::tree::walk::{Visit, Walk, What};

/// What leads from a collection to one of its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Entry<'s> {
    Key(&'s str),
    Item(usize),
}

impl Visit {
    /// What leads from this collection to the child that is its entry number `step`.
    pub(crate) fn entry<'s>(&self, stream: &'s Stream<'_>, step: usize) -> Option<Entry<'s>> {
        let What::Collection { node, .. } = self.what else { return None };
        match &stream.node(node).kind {
            Kind::Sequence { .. } => Some(Entry::Item(step)),
            Kind::Mapping { entries, .. } => {
                let key = entries.get(step).and_then(|&(key, _)| stream.key(key).ok());
                Some(Entry::Key(key.unwrap_or_default()))
            }
            _ => None,
        }
    }
}

impl Walk {
    /// Keys and list positions as a person writes them: `db.hosts[0]`.
    pub(crate) fn path(&self, stream: &Stream<'_>, visit: &Visit) -> String {
        let up = |visit: &&Visit| visit.parent.map(|parent| &self.visits[parent]);
        let mut chain: Vec<&Visit> = std::iter::successors(Some(visit), up).collect();
        let mut path = String::new();
        let Some(mut parent) = chain.pop() else { return path };
        for visit in chain.into_iter().rev() {
            match parent.entry(stream, visit.step) {
                Some(Entry::Item(number)) => path.push_str(&format!("[{number}]")),
                Some(Entry::Key(key)) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(key);
                }
                None => {}
            }
            parent = visit;
        }
        path
    }
}
