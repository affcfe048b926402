//! Whether a changed text has the change and is otherwise as before.

use crate::change::{Change, Step};
use crate::{Kind, NewValue, NodeId, Stream};

/// Whether `new` is `old` with `change` at `at` in its first document.
pub(super) fn verify(old: &Stream<'_>, new: &Stream<'_>, at: &[Step], change: Change<'_>) -> bool {
    let before = old.documents.len().max(1);
    if before != new.documents.len() {
        return false;
    }
    let mut check = Check { old, new, map: vec![None; old.nodes.len()] };
    let first = match (old.documents.first(), new.documents.first()) {
        (Some(a), Some(b)) => check.changed(a.root, b.root, at, change),
        (None, Some(b)) => written(new, b.root, change),
        _ => false,
    };
    first && old.documents.iter().zip(&new.documents).skip(1).all(|(a, b)| check.same(a.root, b.root))
}

/// Whether a node that was nothing holds what `change` puts there.
fn written(new: &Stream<'_>, node: NodeId, change: Change<'_>) -> bool {
    match (change, &new.node(node).kind) {
        (Change::Replace(value), _) => value.is_read_from(new, node),
        (Change::Insert(key, value), Kind::Mapping { entries, .. }) => {
            matches!(entries.as_slice(), [entry] if is_entry(new, *entry, key, value))
        }
        (Change::Append(value), Kind::Sequence { items, .. }) => {
            matches!(items.as_slice(), [item] if value.is_read_from(new, *item))
        }
        _ => false,
    }
}

fn is_entry(new: &Stream<'_>, (name, node): (NodeId, NodeId), key: &str, value: &NewValue) -> bool {
    new.key(name) == Ok(key) && value.is_read_from(new, node)
}

struct Check<'s, 'o, 'n> {
    old: &'s Stream<'o>,
    new: &'s Stream<'n>,
    /// The new node for each old one, for the targets of aliases.
    map: Vec<Option<NodeId>>,
}

impl Check<'_, '_, '_> {
    /// Equal but for the change below `a`.
    fn changed(&mut self, a: NodeId, b: NodeId, at: &[Step], change: Change<'_>) -> bool {
        self.map[a.index()] = Some(b);
        let step = at.first();
        let removed = step.filter(|_| at.len() == 1 && matches!(change, Change::Remove));
        if let Some(step) = removed {
            return self.children(a, b, Some(step.entry), None);
        }
        if let Some(step) = step {
            return self.children(a, b, None, Some((step.entry, &at[1..], change)));
        }
        let (old, new) = (self.old, self.new);
        match (&old.node(a).kind, &new.node(b).kind, change) {
            (
                Kind::Mapping { entries: before, .. },
                Kind::Mapping { entries, .. },
                Change::Insert(key, value),
            ) if !before.is_empty() => entries.split_last().is_some_and(|(&last, rest)| {
                is_entry(new, last, key, value)
                    && rest.len() == before.len()
                    && before.iter().zip(rest).all(|(a, b)| self.same(a.0, b.0) && self.same(a.1, b.1))
            }),
            (Kind::Sequence { items: before, .. }, Kind::Sequence { items, .. }, Change::Append(value))
                if !before.is_empty() =>
            {
                items.split_last().is_some_and(|(&last, rest)| {
                    value.is_read_from(new, last)
                        && rest.len() == before.len()
                        && before.iter().zip(rest).all(|(&a, &b)| self.same(a, b))
                })
            }
            _ => written(new, b, change),
        }
    }

    /// Equal children, but that `without` is gone, or that one has a change below it.
    fn children(
        &mut self,
        a: NodeId,
        b: NodeId,
        without: Option<usize>,
        mut below: Option<(usize, &[Step], Change<'_>)>,
    ) -> bool {
        let (old, new) = (self.old, self.new);
        let mut value = |this: &mut Self, number: usize, a: NodeId, b: NodeId| match below
            .take_if(|(entry, ..)| *entry == number)
        {
            Some((_, at, change)) => this.changed(a, b, at, change),
            None => this.same(a, b),
        };
        match (&old.node(a).kind, &new.node(b).kind) {
            (Kind::Sequence { items: x, .. }, Kind::Sequence { items: y, .. }) => {
                let x = || x.iter().enumerate().filter(|&(number, _)| Some(number) != without);
                x().count() == y.len() && x().zip(y).all(|((number, &a), &b)| value(self, number, a, b))
            }
            (Kind::Mapping { entries: x, .. }, Kind::Mapping { entries: y, .. }) => {
                let x = || x.iter().enumerate().filter(|&(number, _)| Some(number) != without);
                x().count() == y.len()
                    && x().zip(y).all(|((number, a), b)| self.same(a.0, b.0) && value(self, number, a.1, b.1))
            }
            _ => false,
        }
    }

    /// Equal: the same tokens in the same order. Nothing of them was touched, so spelling and type go together.
    fn same(&mut self, a: NodeId, b: NodeId) -> bool {
        self.map[a.index()] = Some(b);
        let (old, new) = (self.old.node(a), self.new.node(b));
        if old.tag().map(|tag| tag.kind) != new.tag().map(|tag| tag.kind) {
            return false;
        }
        match (&old.kind, &new.kind) {
            (Kind::Scalar { value: x, style: p }, Kind::Scalar { value: y, style: q }) => x == y && p == q,
            (Kind::Alias { target: x }, Kind::Alias { target: y }) => self.map[x.index()] == Some(*y),
            _ => self.children(a, b, None, None),
        }
    }
}
