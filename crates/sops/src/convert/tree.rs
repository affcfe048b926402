//! A file as a typed tree with its comments, whatever its store.

use std::borrow::Cow;
use std::collections::HashSet;

use yamldoc::{Document, Kind, NodeId, Profile, Stream, Value, column, line_start};

use crate::convert::{ConvertError, unsupported};
use crate::error::{Error, Unsupported};
use crate::path::{Part, push};

/// Characters from which on a name cannot stand before a colon (YAML 1.2, 7.4: 1024, with its quotes).
const LONGEST_NAME: usize = 1020;
/// More nodes than any real file has; stops aliases of aliases of aliases.
const LIMIT: usize = 2_000_000;

/// A map, list or value.
pub(crate) enum Tree<'a> {
    Map(Vec<Item<'a>>),
    List(Vec<Item<'a>>),
    Leaf(Value<'a>),
}

/// What a map or list holds.
pub(crate) enum Item<'a> {
    /// Its text without the marker, perhaps of several lines.
    Comment(Cow<'a, str>),
    /// An entry of a map, or an item of a list with an empty key.
    Entry(Cow<'a, str>, Tree<'a>),
}

impl<'a> Tree<'a> {
    /// Bytes as the one value `data`.
    pub(crate) fn data(bytes: &'a [u8]) -> Self {
        let value = match std::str::from_utf8(bytes) {
            Ok(text) => Value::Str(text.into()),
            Err(_) => Value::Bytes(bytes.to_vec()),
        };
        Self::Map(vec![Item::Entry("data".into(), Self::Leaf(value))])
    }

    /// The bytes of the string `data`.
    pub(crate) fn into_data(self) -> Option<Vec<u8>> {
        let Self::Map(items) = self else { return None };
        items.into_iter().find_map(|item| match item {
            Item::Entry(key, Self::Leaf(Value::Str(text))) if key == "data" => {
                Some(text.into_owned().into_bytes())
            }
            Item::Entry(key, Self::Leaf(Value::Bytes(bytes))) if key == "data" => Some(bytes),
            _ => None,
        })
    }

    /// Refuses names that a YAML or JSON text could not hold so that it reads back; `above` is the way to this tree.
    pub(super) fn check_names(&self, above: &mut Vec<Part>) -> Result<(), ConvertError> {
        let (Self::Map(items) | Self::List(items)) = self else { return Ok(()) };
        let is_map = matches!(self, Self::Map(_));
        let mut names = HashSet::new();
        let entries = items.iter().filter_map(|item| match item {
            Item::Entry(name, value) => Some((name, value)),
            Item::Comment(_) => None,
        });
        for (index, (name, value)) in entries.enumerate() {
            above.push(if is_map { Part::Key(name.to_string()) } else { Part::Index(index) });
            let problem = match name.chars().count() {
                _ if is_map && !names.insert(name) => Some("the name stands there twice"),
                LONGEST_NAME.. => Some("the name is longer than a YAML file can have it"),
                _ => None,
            };
            if let Some(problem) = problem {
                let mut path = String::new();
                above.iter().for_each(|part| push(&mut path, part));
                return Err(ConvertError::Shape { path, problem });
            }
            value.check_names(above)?;
            above.pop();
        }
        Ok(())
    }

    /// Whether it is a map or list without entries.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Map(items) | Self::List(items) => !items.iter().any(|item| matches!(item, Item::Entry(..))),
            Self::Leaf(_) => false,
        }
    }
}

/// Makes the tree of a parsed text.
pub(crate) struct Builder<'s> {
    stream: &'s Stream<'s>,
    /// The first comment that has no place yet.
    next_comment: usize,
    /// The number of a comment, and where its line begins.
    line: (usize, usize),
    nodes: usize,
    path: Vec<Part>,
}

impl<'s> Builder<'s> {
    pub(crate) fn new(stream: &'s Stream<'s>) -> Self {
        Self { stream, next_comment: 0, line: (usize::MAX, 0), nodes: 0, path: Vec::new() }
    }

    /// The tree of the only document.
    pub(crate) fn root(mut self, document: &Document) -> Result<Tree<'s>, Error> {
        let stream = self.stream;
        let mut tree = match stream.value(document.root, Profile::Sops) {
            Ok(Some(Value::Null)) => Tree::Map(Vec::new()),
            Ok(Some(_)) | Err(_) => return Err(Error::NotAMap { place: stream.place(document.root) }),
            Ok(None) if matches!(stream.node(document.root).kind, Kind::Sequence { .. }) => {
                return Err(Error::NotAMap { place: stream.place(document.root) });
            }
            Ok(None) => self.node(document.root, usize::MAX)?,
        };
        if let Tree::Map(items) = &mut tree {
            self.comments(usize::MAX, items);
        }
        Ok(tree)
    }

    /// The tree of one value, with the comments in it.
    pub(crate) fn subtree(mut self, id: NodeId) -> Result<Tree<'s>, Error> {
        let node = self.stream.node(id);
        let comments = &self.stream.comments;
        self.next_comment = comments.partition_point(|comment| comment.span.start < node.start());
        self.node(id, node.span.end)
    }

    /// `until` is where comments after its last entry cease to be its own; 0 below an alias.
    fn node(&mut self, site: NodeId, until: usize) -> Result<Tree<'s>, Error> {
        let stream = self.stream;
        let id = stream.resolved(site);
        let until = if id == site { until } else { 0 };
        self.nodes += 1;
        if self.nodes > LIMIT {
            return Err(Error::TooManyAliases { limit: LIMIT });
        }
        match &stream.node(id).kind {
            Kind::Sequence { items, .. } => {
                let children: Vec<_> = items.iter().map(|&item| (None, item)).collect();
                self.collection(id, &children, until).map(Tree::List)
            }
            Kind::Mapping { entries, .. } => {
                let children: Vec<_> = entries.iter().map(|&(key, value)| (Some(key), value)).collect();
                self.collection(id, &children, until).map(Tree::Map)
            }
            Kind::Scalar { .. } | Kind::Alias { .. } => self.leaf(id),
        }
    }

    fn leaf(&self, id: NodeId) -> Result<Tree<'s>, Error> {
        let stream = self.stream;
        let value = stream.value(id, Profile::Sops).map_err(|_| Unsupported::Tag);
        let value = value.map_err(|problem| unsupported(stream, id, self.path(), problem))?;
        Ok(Tree::Leaf(value.unwrap_or(Value::Null)))
    }

    /// The entries (with keys) or items of the collection `id`.
    fn collection(
        &mut self,
        id: NodeId,
        children: &[(Option<NodeId>, NodeId)],
        until: usize,
    ) -> Result<Vec<Item<'s>>, Error> {
        let stream = self.stream;
        let start = |&(key, value): &(Option<NodeId>, NodeId)| stream.node(key.unwrap_or(value)).start();
        let mut items = Vec::with_capacity(children.len());
        for (number, child) in children.iter().enumerate() {
            let &(key, value) = child;
            let name = key.map(|key| stream.key(key)).transpose()?;
            if until > 0 {
                self.comments(start(child), &mut items);
                self.beside(key, value, &mut items);
            }
            let next = children.get(number + 1).map_or(until, start);
            self.path.push(name.map_or(Part::Index(number), |name| Part::Key(name.to_owned())));
            let tree = self.node(value, if until > 0 { next } else { 0 })?;
            self.path.pop();
            items.push(Item::Entry(name.unwrap_or_default().into(), tree));
        }
        if until > 0 {
            self.trailing(id, until, &mut items);
        }
        Ok(items)
    }

    /// Comments behind the last entry: up to the bracket, or lines that are indented as the collection is.
    fn trailing(&mut self, id: NodeId, until: usize, items: &mut Vec<Item<'s>>) {
        let node = self.stream.node(id);
        if node.is_flow() {
            return self.comments(node.span.end, items);
        }
        let at = column(self.stream.text, node.span.start);
        let inside = |comment: &yamldoc::Comment| {
            comment.own_line && at > 0 && column(self.stream.text, comment.span.start) >= at
        };
        while let Some(comment) = self.upcoming(until).filter(inside) {
            items.push(self.take(comment));
        }
    }

    /// Comments before byte `before`.
    fn comments(&mut self, before: usize, items: &mut Vec<Item<'s>>) {
        while let Some(comment) = self.upcoming(before) {
            items.push(self.take(comment));
        }
    }

    /// The comment on the line of a key or scalar, which sops writes above it.
    fn beside(&mut self, key: Option<NodeId>, value: NodeId, items: &mut Vec<Item<'s>>) {
        let node = self.stream.node(value);
        let block = matches!(node.kind, Kind::Sequence { .. } | Kind::Mapping { .. }) && !node.is_flow();
        let from = match key {
            Some(key) if block => self.stream.node(key).span.end,
            None if block => return,
            _ => node.span.end,
        };
        let Some(comment) = self.upcoming(usize::MAX).filter(|comment| !comment.own_line) else { return };
        // The line of a comment is looked for once, however many values stand on it.
        if self.line.0 != self.next_comment {
            self.line = (self.next_comment, line_start(self.stream.text, comment.span.start));
        }
        if self.line.1 <= from && (!node.is_flow() || comment.span.start >= from) {
            items.push(self.take(comment));
        }
    }

    fn upcoming(&self, before: usize) -> Option<yamldoc::Comment> {
        self.stream.comments.get(self.next_comment).filter(|comment| comment.span.start < before).copied()
    }

    fn take(&mut self, comment: yamldoc::Comment) -> Item<'s> {
        self.next_comment += 1;
        Item::Comment(self.stream.text[comment.span.start + 1..comment.span.end].into())
    }

    fn path(&self) -> String {
        let mut path = String::new();
        self.path.iter().for_each(|part| push(&mut path, part));
        path
    }
}
