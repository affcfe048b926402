//! One change at one place of a parsed text: a value replaced, an entry added or removed. Everything else stays byte
//! for byte, which is checked on the result.

mod block;
mod emit;
mod flow;
mod form;
mod insert;
mod remove;
mod replace;
mod spot;
mod verify;

use crate::change::emit::Emit;
use crate::change::form::Form;
use crate::change::spot::Spot;
use crate::{Edits, Kind, NewValue, NodeId, Place, Stream};

/// From a collection to one of its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The list or map.
    pub collection: NodeId,
    /// Number of the item or entry.
    pub entry: usize,
}

/// What to do with the node that a list of [`Step`]s leads to.
#[derive(Debug, Clone, Copy)]
pub enum Change<'v> {
    /// Writes another value in its place. Quotes and flow style stay where the value allows it.
    Replace(&'v NewValue),
    /// Adds an entry at the end of this map; an empty map and null become a map with it.
    Insert(&'v str, &'v NewValue),
    /// Adds an item at the end of this list; an empty list and null become a list with it.
    Append(&'v NewValue),
    /// Removes the entry that holds the node. The last one leaves `{}` or `[]`.
    ///
    /// A comment beside it goes with it, and so do comments below it that are indented deeper. Comment lines above go
    /// only where they can belong to nothing else: they touch the entry, stand at its column, do not look like an
    /// entry that was commented out, and a blank line, a comment or the end of the collection follows the entry. The
    /// comment above the first entry of a document stays in any case.
    Remove,
}

/// Why a change cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The node, or one around or in it, is used elsewhere by an alias, which would change too.
    #[error("{alias}: an alias uses the same text, so the change would show there too")]
    Shared {
        /// The alias.
        alias: Place,
    },
    /// A layout that no edit was found for which changes just this; an explicit key without a value, for example.
    #[error("{place}: the value cannot be changed in this layout")]
    Layout {
        /// The node.
        place: Place,
    },
}

/// `stream`'s text with one change in its first document; replacing a value by the same value is none. `at` leads from the root to the node, no step through an
/// alias; no step at all means the root itself.
///
/// The result is parsed again: it has the change, typed alike for SOPS and Helm, and everything else as before.
///
/// # Errors
/// [`ChangeError`].
pub fn change(stream: &Stream<'_>, at: &[Step], change: Change<'_>) -> Result<String, ChangeError> {
    let same =
        |value: &NewValue| spot::target(stream, at).is_some_and(|node| value.is_read_from(stream, node));
    if matches!(change, Change::Replace(value) if same(value)) {
        return Ok(stream.text.to_owned());
    }
    if let Some(alias) = spot::shared(stream, at, change) {
        return Err(ChangeError::Shared { alias: stream.place(alias) });
    }
    let form = Form::of(stream);
    // Literal blocks, removed line breaks and the like do not fit everywhere; careful edits do.
    [false, true]
        .into_iter()
        .find_map(|careful| attempt(stream, &form, at, change, careful))
        .ok_or_else(|| ChangeError::Layout { place: spot::place(stream, at) })
}

fn attempt(
    stream: &Stream<'_>,
    form: &Form,
    at: &[Step],
    change: Change<'_>,
    careful: bool,
) -> Option<String> {
    let mut edits = Edits::default();
    let emit = Emit { form, syntax: stream.syntax, careful };
    match change {
        Change::Remove => remove::remove(&mut edits, stream, at, careful)?,
        Change::Replace(value) => replace::replace(&mut edits, stream, &emit, at, value)?,
        Change::Insert(key, value) if is_empty(stream, at) => {
            let value = NewValue::Map(vec![(key.to_owned(), value.clone())]);
            replace::replace(&mut edits, stream, &emit, at, &value)?;
        }
        Change::Append(value) if is_empty(stream, at) => {
            let value = NewValue::List(vec![value.clone()]);
            replace::replace(&mut edits, stream, &emit, at, &value)?;
        }
        Change::Insert(key, value) => insert::insert(&mut edits, stream, &emit, at, Some(key), value)?,
        Change::Append(value) => insert::insert(&mut edits, stream, &emit, at, None, value)?,
    }
    let text = edits.apply(stream.text).ok()?;
    let new = Stream::parse_as(&text, stream.syntax).ok()?;
    verify::verify(stream, &new, at, change).then_some(text)
}

/// Whether the node has no entry that another could follow.
fn is_empty(stream: &Stream<'_>, at: &[Step]) -> bool {
    spot::target(stream, at).is_none_or(|node| match &stream.node(node).kind {
        Kind::Sequence { items, .. } => items.is_empty(),
        Kind::Mapping { entries, .. } => entries.is_empty(),
        Kind::Scalar { .. } | Kind::Alias { .. } => true,
    })
}

#[cfg(test)]
mod tests;
