//! JSON (RFC 8259) to the same arena of nodes as YAML: objects and arrays are maps and lists in flow style, strings
//! double-quoted scalars, everything else plain ones.

mod lexical;

pub use lexical::number;

use crate::parse::{MAX_DEPTH, MAX_NODES};
use crate::tree::{Document, Kind, Node, NodeId, Span, Stream, Style, Syntax};
use crate::{Error, place};

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    /// The first item, or the end of an empty array.
    ItemOrEnd,
    Key,
    /// The first key, or the end of an empty object.
    KeyOrEnd,
    /// A comma or the end of the collection; the end of the text after the outermost one.
    Separator,
}

impl<'a> Stream<'a> {
    /// Parses one JSON value; nothing may follow it. Strict: no comments, no trailing commas, no byte order mark.
    ///
    /// # Errors
    /// [`Error::Syntax`], [`Error::TooDeep`], [`Error::TooLarge`]. Duplicate keys are not judged, see [`Stream::check_keys`].
    pub fn parse_json(text: &'a str) -> Result<Self, Error> {
        let quotes = text.bytes().filter(|&byte| byte == b'"').count();
        let stream = Stream {
            text,
            syntax: Syntax::Json,
            // The number of strings and some more; room that is not used is wiped all the same.
            nodes: Vec::with_capacity((quotes / 2 + quotes / 16 + 16).min(MAX_NODES)),
            documents: Vec::new(),
            comments: Vec::new(),
        };
        let mut parser = Parser { text, at: 0, stream, open: Vec::new() };
        parser.run()?;
        Ok(parser.stream)
    }
}

/// A collection whose end has not come yet.
struct Open {
    id: NodeId,
    /// The key of a member whose value is still to come; `None` in arrays.
    key: Option<NodeId>,
    object: bool,
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    stream: Stream<'a>,
    open: Vec<Open>,
}

impl<'a> Parser<'a> {
    fn run(&mut self) -> Result<(), Error> {
        if self.text.starts_with('\u{feff}') {
            return Err(self.error(0, "JSON must not start with a byte order mark"));
        }
        let mut next = Next::Value;
        loop {
            self.stream.check_size(self.at)?;
            self.blanks();
            next = match (next, self.peek()) {
                (Next::ItemOrEnd, Some(b']')) | (Next::KeyOrEnd, Some(b'}')) => self.close(),
                (Next::Value | Next::ItemOrEnd, Some(b'{')) => {
                    self.start(Kind::Mapping { flow: true, entries: Vec::new() }, true)?;
                    Next::KeyOrEnd
                }
                (Next::Value | Next::ItemOrEnd, Some(b'[')) => {
                    self.start(Kind::Sequence { flow: true, items: Vec::new() }, false)?;
                    Next::ItemOrEnd
                }
                (Next::Value | Next::ItemOrEnd, _) => {
                    let id = self.scalar()?;
                    self.attach(id);
                    Next::Separator
                }
                (Next::Key | Next::KeyOrEnd, Some(b'"')) => {
                    self.key()?;
                    Next::Value
                }
                (Next::Key, Some(b'}')) => return Err(self.error(self.at, "a comma before `}`")),
                (Next::Key | Next::KeyOrEnd, _) => {
                    return Err(self.unexpected("a key in double quotes"));
                }
                (Next::Separator, byte) => match self.open.last().map(|open| open.object) {
                    None if byte.is_none() => return Ok(()),
                    None => return Err(self.error(self.at, "text after the end of the JSON value")),
                    Some(true) if byte == Some(b'}') => self.close(),
                    Some(false) if byte == Some(b']') => self.close(),
                    Some(object) if byte == Some(b',') => {
                        self.at += 1;
                        if object { Next::Key } else { Next::Value }
                    }
                    Some(object) => {
                        return Err(self.unexpected(if object { "`,` or `}`" } else { "`,` or `]`" }));
                    }
                },
            };
        }
    }

    fn start(&mut self, kind: Kind<'a>, object: bool) -> Result<(), Error> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Error::TooDeep { place: place(self.text, self.at), limit: MAX_DEPTH });
        }
        let id = self.add(kind, Span { start: self.at, end: self.at + 1 });
        self.attach(id);
        self.open.push(Open { id, key: None, object });
        self.at += 1;
        Ok(())
    }

    fn close(&mut self) -> Next {
        self.at += 1;
        if let Some(open) = self.open.pop() {
            self.stream.nodes[open.id.index()].span.end = self.at;
        }
        Next::Separator
    }

    fn key(&mut self) -> Result<(), Error> {
        let id = self.scalar()?;
        self.blanks();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("`:`"));
        }
        self.at += 1;
        if let Some(open) = self.open.last_mut() {
            open.key = Some(id);
        }
        Ok(())
    }

    fn scalar(&mut self) -> Result<NodeId, Error> {
        let start = self.at;
        let (value, style) = match self.peek() {
            Some(b'"') => (self.string()?, Style::Double),
            _ => (self.plain()?.into(), Style::Plain),
        };
        Ok(self.add(Kind::Scalar { value, style }, Span { start, end: self.at }))
    }

    fn add(&mut self, kind: Kind<'a>, span: Span) -> NodeId {
        let id = NodeId(u32::try_from(self.stream.nodes.len()).unwrap_or(u32::MAX));
        self.stream.nodes.push(Node { kind, span, properties: None });
        id
    }

    /// Makes `id` the next value of the innermost open collection, or the root.
    fn attach(&mut self, id: NodeId) {
        let Some(open) = self.open.last_mut() else {
            self.stream.documents.push(Document { root: id, marker: None, end: self.text.len() });
            return;
        };
        match &mut self.stream.nodes[open.id.index()].kind {
            Kind::Sequence { items, .. } => items.push(id),
            Kind::Mapping { entries, .. } => entries.extend(open.key.take().map(|key| (key, id))),
            Kind::Scalar { .. } | Kind::Alias { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests;
