//! The parsed stream: an arena of nodes that point into the text.

use std::borrow::Cow;

use crate::resolve::resolve_json;
use crate::{BadTag, Error, Place, Profile, Value, place, resolve};

/// A byte range of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// Index of a node in its [`Stream`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// Position in [`Stream::nodes`].
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes; an absent value is a plain scalar with an empty span.
    Plain,
    /// `'...'`
    Single,
    /// `"..."`
    Double,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// What kind of node it is.
#[derive(Debug, Clone)]
pub enum Kind<'a> {
    /// A scalar with its decoded text (escapes and folding undone).
    Scalar {
        /// The decoded text; empty for an absent value.
        value: Cow<'a, str>,
        /// How it is written.
        style: Style,
    },
    /// A list.
    Sequence {
        /// `[...]` rather than `- ...`.
        flow: bool,
        /// Items in order.
        items: Vec<NodeId>,
    },
    /// A map.
    Mapping {
        /// `{...}` rather than `k: v` lines.
        flow: bool,
        /// Key and value nodes in order.
        entries: Vec<(NodeId, NodeId)>,
    },
    /// `*name`
    Alias {
        /// The anchored node.
        target: NodeId,
    },
}

/// An explicit tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    /// The tag as written.
    pub span: Span,
    /// What it means.
    pub kind: TagKind,
}

/// Tags that matter for typing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagKind {
    /// `!!str`
    Str,
    /// `!!int`
    Int,
    /// `!!float`
    Float,
    /// `!!bool`
    Bool,
    /// `!!null`
    Null,
    /// `!!timestamp`
    Timestamp,
    /// `!!binary`
    Binary,
    /// `!`: as if there were no tag.
    NonSpecific,
    /// Anything else.
    Other,
}

/// One node.
#[derive(Debug, Clone)]
pub struct Node<'a> {
    /// What it is.
    pub kind: Kind<'a>,
    /// Its own token without anchor and tag. A block scalar's runs from its header to its last content
    /// character (with `+`: to before its last line break); a block collection's from first to last child.
    pub span: Span,
    /// Of the few nodes that have any: a file has many nodes, so they are small.
    pub(crate) properties: Option<Box<Properties>>,
}

/// What may stand before a node.
#[derive(Debug, Clone, Default)]
pub(crate) struct Properties {
    pub(crate) tag: Option<Tag>,
    pub(crate) anchor: Option<Span>,
}

impl Node<'_> {
    /// The tag, if written.
    #[must_use]
    pub fn tag(&self) -> Option<Tag> {
        self.properties.as_ref()?.tag
    }

    /// `&name`, if there is one.
    #[must_use]
    pub fn anchor(&self) -> Option<Span> {
        self.properties.as_ref()?.anchor
    }

    /// Where the node begins, its anchor and tag included.
    #[must_use]
    pub fn start(&self) -> usize {
        let anchor = self.anchor().map_or(usize::MAX, |span| span.start);
        let tag = self.tag().map_or(usize::MAX, |tag| tag.span.start);
        self.span.start.min(anchor).min(tag)
    }

    /// A collection in `[]` or `{}`.
    #[must_use]
    pub fn is_flow(&self) -> bool {
        matches!(self.kind, Kind::Sequence { flow: true, .. } | Kind::Mapping { flow: true, .. })
    }
}

/// One comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    /// From `#` to before the line break.
    pub span: Span,
    /// Nothing but blanks stands before it on its line.
    pub own_line: bool,
}

/// One document of a stream.
#[derive(Debug, Clone, Copy)]
pub struct Document {
    /// The root; an empty document has an absent scalar.
    pub root: NodeId,
    /// The `---` line marker, if written.
    pub marker: Option<Span>,
    /// Where the document's text ends: at `...`, at the next `---`, or at the end of the text.
    pub end: usize,
}

/// By whose rules a text is read: they decide what a scalar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// YAML, typed by a [`Profile`].
    Yaml,
    /// JSON: numbers in 64 bits with sign are whole numbers, all others floats.
    Json,
}

/// A parsed YAML or JSON text.
#[derive(Debug, Clone)]
pub struct Stream<'a> {
    /// The text.
    pub text: &'a str,
    /// What the text was read as.
    pub syntax: Syntax,
    /// All nodes; a parent comes before its children, anchored nodes before their aliases.
    pub nodes: Vec<Node<'a>>,
    /// The documents in order; a text of nothing but comments has none.
    pub documents: Vec<Document>,
    /// All comments in order.
    pub comments: Vec<Comment>,
}

impl<'a> Stream<'a> {
    /// The node with this id.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node<'a> {
        &self.nodes[id.index()]
    }

    /// The node an alias stands for; any other node is returned as it is.
    #[must_use]
    pub fn resolved(&self, id: NodeId) -> NodeId {
        match self.node(id).kind {
            Kind::Alias { target } => target,
            _ => id,
        }
    }

    /// The source of `span`.
    #[must_use]
    pub fn source(&self, span: Span) -> &'a str {
        &self.text[span.start..span.end]
    }

    /// Line and column of a node.
    #[must_use]
    pub fn place(&self, id: NodeId) -> Place {
        place(self.text, self.node(id).start())
    }

    /// The typed value of a scalar; `None` for a collection. JSON has one typing, whatever the profile.
    ///
    /// # Errors
    /// [`BadTag`] when an explicit tag does not fit the text (`!!bool "yes"`).
    pub fn value(&self, id: NodeId, profile: Profile) -> Result<Option<Value<'_>>, BadTag> {
        let node = self.node(self.resolved(id));
        match &node.kind {
            Kind::Scalar { value, style } if self.syntax == Syntax::Json => {
                Ok(Some(resolve_json(value, *style)))
            }
            Kind::Scalar { value, style } => {
                resolve(value, *style, node.tag().map(|tag| tag.kind), profile).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Parses a text of this syntax.
    ///
    /// # Errors
    /// Those of [`Stream::parse`] and [`Stream::parse_json`].
    pub fn parse_as(text: &'a str, syntax: Syntax) -> Result<Self, Error> {
        match syntax {
            Syntax::Yaml => Self::parse(text),
            Syntax::Json => Self::parse_json(text),
        }
    }

    /// The text of a string key, else an error that says what it is.
    ///
    /// # Errors
    /// [`Error::NonStringKey`].
    pub fn key(&self, id: NodeId) -> Result<&str, Error> {
        let node = self.node(id);
        let found = match &node.kind {
            Kind::Scalar { value, style } => {
                // `<<` is a merge key, which SOPS treats as the name it is.
                match resolve(value, *style, node.tag().map(|tag| tag.kind), Profile::Sops) {
                    Ok(Value::Str(_)) => return Ok(value),
                    Ok(Value::Null) => "null",
                    Ok(Value::Bool(_)) => "a bool",
                    Ok(Value::Int(_) | Value::UInt(_) | Value::Float(_)) => "a number",
                    Ok(Value::Time(_)) => "a date",
                    Ok(Value::Bytes(_)) => "binary",
                    Err(_) => "wrongly tagged",
                }
            }
            Kind::Sequence { .. } => "a list",
            Kind::Mapping { .. } => "a map",
            Kind::Alias { .. } => "an alias",
        };
        let key = self.source(node.span).chars().take(40).collect();
        Err(Error::NonStringKey { place: self.place(id), key, found })
    }

    /// The value under a key of a mapping (through an alias), without merge keys.
    #[must_use]
    pub fn get(&self, mapping: NodeId, name: &str) -> Option<NodeId> {
        let Kind::Mapping { entries, .. } = &self.node(self.resolved(mapping)).kind else { return None };
        entries.iter().find_map(|&(key, value)| match &self.node(key).kind {
            Kind::Scalar { value: text, .. } if text == name => Some(value),
            _ => None,
        })
    }
}
