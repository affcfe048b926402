//! The `sops` block of a YAML or JSON tree as fields.

use yamldoc::{Kind, NodeId, Profile, Stream, Value};

use super::{Field, Metadata, Problem};
use crate::error::Error;

impl Metadata {
    /// Reads the value of the `sops` key.
    pub(crate) fn of_block(stream: &Stream<'_>, block: NodeId) -> Result<Self, Error> {
        let Field::Map(fields) = field(stream, block) else { return Err(Error::NoMetadata) };
        Self::read(&fields).map_err(|problem| match problem {
            Problem::Field { name, problem } => {
                let node = stream.get(block, &name).unwrap_or(block);
                Error::BadMetadata { place: stream.place(node), problem }
            }
            Problem::NoKeys => Error::NoKeys { place: stream.place(block) },
            Problem::Selector(error) => error,
        })
    }
}

fn field(stream: &Stream<'_>, node: NodeId) -> Field {
    let node = stream.resolved(node);
    match &stream.node(node).kind {
        Kind::Sequence { items, .. } => Field::List(items.iter().map(|&item| field(stream, item)).collect()),
        Kind::Mapping { entries, .. } => {
            let entry = |&(key, value): &(NodeId, NodeId)| {
                (stream.key(key).unwrap_or_default().to_owned(), field(stream, value))
            };
            Field::Map(entries.iter().map(entry).collect())
        }
        _ => match stream.value(node, Profile::Sops) {
            Ok(Some(Value::Str(text))) => Field::Text(text.into_owned()),
            _ => Field::Literal(stream.source(stream.node(node).span).to_owned()),
        },
    }
}
