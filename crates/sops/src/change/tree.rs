//! Changes in YAML and JSON.

use yamldoc::{Change, Kind, NewValue, NodeId, Profile, Stream, Syntax, Value, change};

use crate::error::Error;
use crate::path::{Part, PathError, Reach, ValuePath, find};
use crate::tree::walk::SOPS;

pub(super) fn set(
    text: &str,
    syntax: Syntax,
    path: &ValuePath,
    value: &NewValue,
) -> Result<String, PathError> {
    if matches!(path.parts(), [Part::Key(key), ..] if key == SOPS) {
        return Err(PathError::Reserved { path: path.shown(1) });
    }
    let stream = Stream::parse_as(text, syntax).map_err(Error::from)?;
    let reach = find(&stream, path);
    let aliased = reach.node.filter(|&node| reach.rest > 0 && stream.resolved(node) != node);
    let through = reach.through.or_else(|| aliased.map(|node| (node, reach.steps.len())));
    let reached = path.parts().len() - reach.rest;
    let Some(next) = path.parts().get(reached) else {
        below_alias(&stream, path, through)?;
        return change(&stream, &reach.steps, Change::Replace(value))
            .map_err(|error| PathError::change(error, path.to_string()));
    };
    let op = |value| match next {
        Part::Key(key) => Change::Insert(key, value),
        Part::Index(_) => Change::Append(value),
    };
    if !takes(&stream, reach.node, next) {
        return Err(reach.error(&stream, path));
    }
    below_alias(&stream, path, through)?;
    let value = nested(&path.parts()[reached + 1..], value);
    change(&stream, &reach.steps, op(&value))
        .map_err(|error| PathError::change(error, path.shown(reached + 1)))
}

pub(super) fn unset(text: &str, syntax: Syntax, path: &ValuePath) -> Result<String, PathError> {
    let stream = Stream::parse_as(text, syntax).map_err(Error::from)?;
    let reach: Reach = find(&stream, path);
    if reach.rest > 0 {
        return Err(reach.error(&stream, path));
    }
    below_alias(&stream, path, reach.through)?;
    change(&stream, &reach.steps, Change::Remove).map_err(|error| PathError::change(error, path.to_string()))
}

/// Whether `part` can be added to `node`: a key to a map, an item to a list, either to what is null.
fn takes(stream: &Stream<'_>, node: Option<NodeId>, part: &Part) -> bool {
    let Some(node) = node else { return true };
    match stream.node(stream.resolved(node)).kind {
        Kind::Mapping { .. } => matches!(part, Part::Key(_)),
        Kind::Sequence { .. } => matches!(part, Part::Index(_)),
        _ => stream.value(node, Profile::Sops) == Ok(Some(Value::Null)),
    }
}

fn below_alias(
    stream: &Stream<'_>,
    path: &ValuePath,
    alias: Option<(NodeId, usize)>,
) -> Result<(), PathError> {
    match alias {
        Some((node, steps)) => {
            Err(PathError::BelowAlias { path: path.shown(steps), place: stream.place(node) })
        }
        None => Ok(()),
    }
}

/// `value` in the maps and lists that `parts` name.
fn nested(parts: &[Part], value: &NewValue) -> NewValue {
    parts.iter().rev().fold(value.clone(), |value, part| match part {
        Part::Key(key) => NewValue::Map(vec![(key.clone(), value)]),
        Part::Index(_) => NewValue::List(vec![value]),
    })
}
