//! Typed leaves of a cleartext walk.

use yamldoc::{Profile, Stream};

use crate::error::{Error, Unsupported};
use crate::tree::walk::{Visit, Walk, What, place_of};
use crate::typed::Typed;

/// The typed leaf of every visit; `None` for null, collections and comments.
pub(crate) fn typed<'s>(stream: &'s Stream<'_>, walk: &Walk) -> Result<Vec<Option<Typed<'s>>>, Error> {
    walk.visits.iter().map(|visit| leaf(stream, walk, visit)).collect()
}

/// The typed leaf of one visit.
pub(crate) fn leaf<'s>(
    stream: &'s Stream<'_>,
    walk: &Walk,
    visit: &Visit,
) -> Result<Option<Typed<'s>>, Error> {
    let What::Leaf(node) = visit.what else { return Ok(None) };
    let value = stream.value(node, Profile::Sops).map_err(|_| Unsupported::Tag);
    let value = value.and_then(|value| value.map_or(Ok(None), Typed::of));
    value.map_err(|problem| Error::Unsupported {
        place: place_of(stream, visit),
        path: walk.path(stream, visit),
        problem,
    })
}
