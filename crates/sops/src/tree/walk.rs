//! The tree walk: leaves, collections and comments in document order with path and selection.

use std::ops::Range;

use yamldoc::{Kind, NodeId, Profile, Stream, Syntax, Value, column, place};

use crate::error::Error;
use crate::selector::Matcher;
use crate::tree::comments::{Closed, Level};

/// Key of the metadata block, no part of the tree.
pub(crate) const SOPS: &str = "sops";
/// More nodes than any real file has; stops aliases of aliases of aliases.
const LIMIT: usize = 2_000_000;
/// Bytes of all paths together; stops long keys in many levels.
const MAX_PATHS: usize = 256 << 20;

/// Where a visited node stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Site {
    /// At its own place.
    Own,
    /// At an alias; the id is the alias node.
    Alias(NodeId),
    /// Below an alias: nothing in the text belongs to this visit. The id is the node below the alias's target, which
    /// may be another alias.
    Inside(NodeId),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum What {
    Leaf(NodeId),
    /// A list or map; `end` is the index after its last visit.
    Collection {
        node: NodeId,
        end: usize,
    },
    /// Index into the stream's comments.
    Comment(usize),
}

/// One step of the walk.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) what: What,
    /// The additional data of a ciphertext here, in [`Walk::paths`].
    aad: (u32, u32),
    /// Of a comment: the path of the deepest collection that may own it.
    deepest: (u32, u32),
    pub(crate) selected: bool,
    pub(crate) site: Site,
    /// Inside `[]` or `{}`.
    pub(crate) flow: bool,
    /// Number among visited nodes; the same in plain and encrypted text.
    pub(crate) ordinal: u32,
    /// The visit of the collection that holds it; `None` for a root.
    pub(crate) parent: Option<usize>,
    /// Entry number in the parent.
    pub(crate) step: usize,
    pub(crate) document: usize,
}

/// The walk over all documents of a stream.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    pub(crate) visits: Vec<Visit>,
    paths: String,
    /// Entry number of the `sops` key in the root of each document.
    pub(crate) blocks: Vec<Option<usize>>,
}

impl Walk {
    /// Walks `stream`; roots must be maps or null.
    pub(crate) fn new(stream: &Stream<'_>, matcher: &Matcher) -> Result<Self, Error> {
        let mut walker = Walker {
            stream,
            matcher,
            out: Self::default(),
            path: String::new(),
            next_comment: 0,
            tail: Vec::new(),
            last_absent: false,
            ordinal: 0,
            document: 0,
        };
        let keys = stream.nodes.iter().map(|node| match &node.kind {
            Kind::Mapping { entries, .. } => entries.len(),
            _ => 0,
        });
        walker.out.visits.reserve(stream.nodes.len() - keys.sum::<usize>() + stream.comments.len());
        for (number, document) in stream.documents.iter().enumerate() {
            walker.document = number;
            let last = number + 1 == stream.documents.len();
            walker.root(document.root, if last { stream.text.len() } else { document.end })?;
        }
        Ok(walker.out)
    }

    /// The visit of a leaf at its own place.
    pub(crate) fn leaf_of(&self, node: NodeId) -> Option<usize> {
        self.visits.iter().position(|visit| matches!(visit.what, What::Leaf(leaf) if leaf == node))
    }

    pub(crate) fn aad(&self, visit: &Visit) -> &str {
        &self.paths[visit.aad.0 as usize..visit.aad.1 as usize]
    }

    /// Additional data a comment may have been encrypted with, the likeliest first: which collection a comment
    /// belongs to depends on the YAML library and on what it printed since.
    pub(crate) fn comment_aads(&self, visit: &Visit) -> impl Iterator<Item = &str> {
        let deepest = &self.paths[visit.deepest.0 as usize..visit.deepest.1 as usize];
        let prefixes = deepest.match_indices(':').map(|(at, _)| &deepest[..=at]);
        std::iter::once(self.aad(visit)).chain(prefixes.rev()).chain(std::iter::once(":"))
    }
}

/// State of the walk; comments are handled in `comments.rs`.
pub(crate) struct Walker<'w, 'a> {
    pub(crate) stream: &'w Stream<'a>,
    pub(crate) matcher: &'w Matcher,
    pub(crate) out: Walk,
    path: String,
    pub(crate) next_comment: usize,
    /// Block collections that ended since the last leaf, innermost first.
    pub(crate) tail: Vec<Closed>,
    /// The last value of a map was absent (`key:`).
    pub(crate) last_absent: bool,
    ordinal: u32,
    document: usize,
}

/// What a child inherits.
#[derive(Clone, Copy)]
struct From {
    parent: usize,
    step: usize,
    /// The selector matched a key or comment above.
    matched: bool,
    /// Below an alias.
    inside: bool,
    flow: bool,
}

impl Walker<'_, '_> {
    fn root(&mut self, root: NodeId, end: usize) -> Result<(), Error> {
        self.path.clear();
        self.tail.clear();
        self.out.blocks.push(None);
        let visit = self.push(What::Leaf(root), Site::Own, None);
        let node = self.stream.node(root);
        let mut level = Level::new(self.remember(), 0, false, false, Some(visit));
        match node.kind {
            Kind::Mapping { flow, .. } => {
                level.column = if flow { 0 } else { column(self.stream.text, node.span.start) };
                let inherited = From { parent: visit, step: 0, matched: false, inside: false, flow };
                self.mapping(root, inherited, &mut level)?;
            }
            _ if self.stream.syntax == Syntax::Yaml
                && self.stream.value(root, Profile::Sops) == Ok(Some(Value::Null)) => {}
            _ => return Err(Error::NotAMap { place: self.stream.place(root) }),
        }
        self.pending(end, &mut level);
        let end = self.out.visits.len();
        self.out.visits[visit].what = What::Collection { node: root, end };
        Ok(())
    }

    /// Adds a visit and returns its index.
    fn push(&mut self, what: What, site: Site, from: Option<(From, bool)>) -> usize {
        let aad = self.remember();
        let (inherited, selected) = from.unzip();
        self.out.visits.push(Visit {
            what,
            aad,
            deepest: aad,
            selected: selected.unwrap_or(false),
            site,
            flow: inherited.is_some_and(|from| from.flow),
            ordinal: self.ordinal,
            parent: inherited.map(|from| from.parent),
            step: inherited.map_or(0, |from| from.step),
            document: self.document,
        });
        self.ordinal += 1;
        self.out.visits.len() - 1
    }

    /// Adds the visit of a comment that belongs to `owner`.
    pub(crate) fn push_comment(
        &mut self,
        comment: usize,
        owner: &Level,
        deepest: (u32, u32),
        selected: bool,
    ) {
        self.out.visits.push(Visit {
            what: What::Comment(comment),
            aad: owner.path,
            deepest,
            selected,
            site: Site::Own,
            flow: owner.flow,
            ordinal: self.ordinal,
            parent: owner.visit,
            step: 0,
            document: self.document,
        });
    }

    /// The additional data of the current path: its keys, each with a colon; `:` for the root. Items of a list share
    /// it with their list.
    fn remember(&mut self) -> (u32, u32) {
        let path = if self.path.is_empty() { ":" } else { &self.path };
        let start = match self.out.paths.len().checked_sub(path.len()) {
            Some(last) if self.out.paths.as_bytes()[last..] == *path.as_bytes() => last,
            _ => {
                let start = self.out.paths.len();
                self.out.paths.push_str(path);
                start
            }
        };
        (index(start), index(start + path.len()))
    }

    fn mapping(&mut self, id: NodeId, from: From, level: &mut Level) -> Result<(), Error> {
        let stream = self.stream;
        let Kind::Mapping { flow, entries } = &stream.node(id).kind else { return Ok(()) };
        let depth = self.path.len();
        for (step, &(key, value)) in entries.iter().enumerate() {
            let name = stream.key(key)?;
            if !from.inside {
                self.pending(stream.node(key).start(), level);
                self.tail.clear();
                if level.visit.is_some_and(|visit| self.out.visits[visit].parent.is_none()) && name == SOPS {
                    self.out.blocks[self.document] = Some(step);
                    self.skip_comments(stream.node(value).span.end);
                    continue;
                }
                self.inline(stream.node(key).span.end, value, level);
            }
            self.path.push_str(name);
            self.path.push(':');
            let matched = from.matched || level.matched || self.matcher.key_matches(name);
            self.value(value, From { step, matched, flow: from.inside || *flow, ..from })?;
            self.path.truncate(depth);
            level.matched = false;
        }
        Ok(())
    }

    fn sequence(&mut self, id: NodeId, from: From, level: &mut Level) -> Result<(), Error> {
        let stream = self.stream;
        let Kind::Sequence { flow, items } = &stream.node(id).kind else { return Ok(()) };
        for (step, &item) in items.iter().enumerate() {
            let start = stream.node(item).start();
            if !from.inside {
                self.pending(start, level);
                self.tail.clear();
                self.inline(start, item, level);
            }
            let matched = from.matched || level.matched;
            self.value(item, From { step, matched, flow: from.inside || *flow, ..from })?;
            // Older SOPS stores a list comment as an item, which must not end the comments of the next item.
            let comment = matches!(&stream.node(item).kind,
                Kind::Scalar { value, .. } if crate::cipher::is_comment(value));
            level.matched &= comment;
        }
        Ok(())
    }

    /// A value or item: an alias is followed, its target's children are visited under this path.
    fn value(&mut self, site: NodeId, from: From) -> Result<(), Error> {
        let stream = self.stream;
        let id = stream.resolved(site);
        let own = match (from.inside, id == site) {
            (true, _) => Site::Inside(site),
            (false, true) => Site::Own,
            (false, false) => Site::Alias(site),
        };
        if own != Site::Own && self.out.visits.len() > LIMIT {
            return Err(Error::TooManyAliases { limit: LIMIT });
        }
        if self.out.paths.len() > MAX_PATHS {
            return Err(Error::TooLarge { what: "keys above all values", limit: MAX_PATHS >> 20 });
        }
        let selected = self.matcher.encrypts(from.matched);
        let node = stream.node(id);
        let visit = self.push(What::Leaf(id), own, Some((from, selected)));
        if matches!(node.kind, Kind::Scalar { .. } | Kind::Alias { .. }) {
            self.last_absent = own == Site::Own && node.span.start == node.span.end;
            return Ok(());
        }
        let flow = from.flow || node.is_flow();
        self.last_absent = false;
        // Columns count in block style only, and lines in flow style may be as long as the file.
        let at = if flow { 0 } else { column(stream.text, node.span.start) };
        let mut level = Level::new(self.remember(), at, flow, from.matched, Some(visit));
        let below = From { parent: visit, inside: own != Site::Own, flow, ..from };
        let outer_flow = own == Site::Own && node.is_flow() && !from.flow;
        if outer_flow {
            self.before_flow(id, &mut level);
        }
        match node.kind {
            Kind::Mapping { .. } => self.mapping(id, below, &mut level)?,
            _ => self.sequence(id, below, &mut level)?,
        }
        if own == Site::Own {
            if node.is_flow() {
                self.pending(node.span.end, &mut level);
                if outer_flow {
                    self.after_flow(id, &mut level);
                }
            } else {
                if matches!(node.kind, Kind::Sequence { .. }) {
                    level.column = self.dash_column(id);
                }
                self.tail.push(Closed(level));
            }
        }
        let end = self.out.visits.len();
        self.out.visits[visit].what = What::Collection { node: id, end };
        Ok(())
    }

    /// Column of the dashes of a block sequence; the node itself starts at its first item.
    fn dash_column(&self, id: NodeId) -> usize {
        let start = self.stream.node(id).span.start;
        let before = &self.stream.text[..start];
        let dash = before.trim_end_matches([' ', '\t']).len();
        if before[..dash].ends_with('-') {
            column(self.stream.text, dash - 1)
        } else {
            column(self.stream.text, start)
        }
    }

    /// Line number distance is all that is asked of it: whether a break lies in `range`.
    pub(crate) fn has_break(&self, range: Range<usize>) -> bool {
        self.stream
            .text
            .as_bytes()
            .get(range)
            .is_some_and(|bytes| bytes.iter().any(|b| matches!(b, b'\n' | b'\r')))
    }
}

/// Offsets of the path arena; texts of 4 GiB are not handled anywhere else either.
fn index(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// The place of a visited node for error messages.
pub(crate) fn place_of(stream: &Stream<'_>, visit: &Visit) -> yamldoc::Place {
    match (visit.what, visit.site) {
        (_, Site::Alias(site)) => stream.place(site),
        (What::Leaf(node) | What::Collection { node, .. }, _) => stream.place(node),
        (What::Comment(comment), _) => place(stream.text, stream.comments[comment].span.start),
    }
}
