//! Events of the parser to an arena of nodes.

use std::collections::{HashMap, HashSet};

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StructureStyle, Tag as RawTag};

use crate::token::block_span;
use crate::tree::{
    Comment, Document, Kind, Node, NodeId, Properties, Span, Stream, Style, Syntax, Tag, TagKind,
};
use crate::{Error, place};

/// Maps up to this size are searched for duplicate keys pair by pair, larger ones by a hash set.
const SMALL_MAP: usize = 12;
/// Keys, values, collections and comments that are read: more than any real file has, few enough for any machine.
pub(crate) const MAX_NODES: usize = 2_000_000;
/// Levels of nesting that are read; whoever walks a tree may recurse.
pub(crate) const MAX_DEPTH: usize = 1000;

impl<'a> Stream<'a> {
    /// Parses every document of `text` by the rules of YAML 1.2.
    ///
    /// # Errors
    /// [`Error::Syntax`], [`Error::RecursiveAlias`], [`Error::TooDeep`], [`Error::TooLarge`]. Keys are not judged, see
    /// [`Stream::check_keys`].
    pub fn parse(text: &'a str) -> Result<Self, Error> {
        let options = granit_parser::options! {
            // Helm and SOPS take flow collections whose closing bracket stands at the indentation of the key.
            strict_indentation: false,
            emit_anchor_events: true,
            // Long commented-out passages under a key are common in values files; the default allows 96 lines.
            max_buffered_comment_events: usize::MAX,
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        let mut builder = Builder::new(text);
        for event in Parser::new_from_str_with_options(text, options) {
            let (event, span) = event.map_err(|error| syntax(text, &error))?;
            let bytes = span.byte_range().unwrap_or(0..0);
            let tag = span.tag_span().and_then(|tag| tag.byte_range());
            let tag = tag.map(|range| Span { start: range.start, end: range.end });
            builder.take(event, Span { start: bytes.start, end: bytes.end }, tag)?;
            builder.stream.check_size(bytes.start)?;
        }
        Ok(builder.stream)
    }

    /// Refuses a text of too many nodes and comments; the last one begins at byte `at`.
    pub(crate) fn check_size(&self, at: usize) -> Result<(), Error> {
        if self.nodes.len() + self.comments.len() > MAX_NODES {
            return Err(Error::TooLarge { place: place(self.text, at), limit: MAX_NODES });
        }
        Ok(())
    }

    /// Refuses duplicate and non-string keys in every document.
    ///
    /// # Errors
    /// [`Error::DuplicateKey`], [`Error::NonStringKey`]: the first one in the text.
    pub fn check_keys(&self) -> Result<(), Error> {
        for node in &self.nodes {
            let Kind::Mapping { entries, .. } = &node.kind else { continue };
            let mut seen = HashSet::new();
            for (at, &(id, _)) in entries.iter().enumerate() {
                let key = self.key(id)?;
                let new = if entries.len() <= SMALL_MAP {
                    entries[..at].iter().all(|&(other, _)| self.key(other) != Ok(key))
                } else {
                    seen.insert(key)
                };
                if !new {
                    let first = entries.iter().find(|&&(other, _)| self.key(other) == Ok(key));
                    let first = first.map_or(0, |&(other, _)| self.place(other).line);
                    return Err(Error::DuplicateKey { place: self.place(id), key: key.to_owned(), first });
                }
            }
        }
        Ok(())
    }
}

fn syntax(text: &str, error: &ScanError) -> Error {
    let marker = error.marker();
    let offset = marker.byte_offset();
    let place = offset.map_or(crate::Place { line: marker.line(), column: marker.col() + 1 }, |offset| {
        place(text, offset.min(text.len()))
    });
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => Error::TooDeep { place, limit: MAX_DEPTH },
        _ => Error::Syntax { place, message: error.info() },
    }
}

/// A collection whose end has not come yet.
struct Open {
    id: NodeId,
    /// The key of a mapping entry whose value is still to come.
    key: Option<NodeId>,
}

struct Builder<'a> {
    stream: Stream<'a>,
    open: Vec<Open>,
    anchors: HashMap<usize, NodeId>,
    /// End of the last token; where the search for a block scalar's header begins.
    last_end: usize,
    /// A block scalar whose header is still to be found, and from where: its anchor comes as the next event.
    block: Option<(NodeId, usize)>,
    marker: Option<Span>,
    root: Option<NodeId>,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str) -> Self {
        // A key and a value a line is what most files are; room that is not used is wiped all the same.
        let lines = text.bytes().filter(|&byte| byte == b'\n').count();
        let nodes = Vec::with_capacity((2 * lines + lines / 8 + 16).min(MAX_NODES));
        let stream =
            Stream { text, syntax: Syntax::Yaml, nodes, documents: Vec::new(), comments: Vec::new() };
        Self {
            stream,
            open: Vec::new(),
            anchors: HashMap::new(),
            last_end: 0,
            block: None,
            marker: None,
            root: None,
        }
    }

    fn take(&mut self, event: Event<'a>, span: Span, tag: Option<Span>) -> Result<(), Error> {
        if let Event::Anchor(id, _) = event {
            if let Some(&node) = self.anchors.get(&id) {
                self.stream.nodes[node.index()].properties.get_or_insert_default().anchor = Some(span);
            }
            if let Some((_, from)) = &mut self.block {
                *from = (*from).max(span.end);
            }
            return Ok(());
        }
        self.finish_block();
        match event {
            Event::Comment(..) => self.comment(span),
            Event::DocumentStart(explicit, _) => {
                self.close_document_at(span.start);
                self.marker = explicit.then_some(span);
                if !explicit {
                    return Ok(());
                }
            }
            Event::DocumentEnd => self.end_document(span),
            Event::Alias(anchor) => self.alias(anchor, span)?,
            Event::Scalar(value, style, anchor, raw) => {
                let absent = span.start == span.end && style == ScalarStyle::Plain;
                let style = style_of(style);
                let value = if absent { "".into() } else { value };
                let id = self.add(Kind::Scalar { value, style }, span, tag, raw.as_deref(), anchor);
                if matches!(style, Style::Literal | Style::Folded) {
                    self.block = Some((id, tag.map_or(0, |tag| tag.end).max(self.last_end)));
                }
                self.attach(id);
            }
            Event::SequenceStart(style, anchor, raw) => {
                let kind = Kind::Sequence { flow: style == StructureStyle::Flow, items: Vec::new() };
                let id = self.add(kind, span, tag, raw.as_deref(), anchor);
                self.attach(id);
                self.enter(id)?;
            }
            Event::MappingStart(style, anchor, raw) => {
                let kind = Kind::Mapping { flow: style == StructureStyle::Flow, entries: Vec::new() };
                let id = self.add(kind, span, tag, raw.as_deref(), anchor);
                self.attach(id);
                self.enter(id)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            _ => return Ok(()),
        }
        self.last_end = self.last_end.max(span.end);
        Ok(())
    }

    fn comment(&mut self, span: Span) {
        let line = &self.stream.text[crate::line_start(self.stream.text, span.start)..span.start];
        let own_line = line.bytes().all(|byte| byte == b' ' || byte == b'\t');
        self.stream.comments.push(Comment { span, own_line });
    }

    fn add(
        &mut self,
        kind: Kind<'a>,
        span: Span,
        tag: Option<Span>,
        raw: Option<&RawTag>,
        anchor: usize,
    ) -> NodeId {
        let id = NodeId(u32::try_from(self.stream.nodes.len()).unwrap_or(u32::MAX));
        let tag = raw.map(|raw| Tag { span: tag.unwrap_or(span), kind: tag_kind(raw) });
        let properties = tag.map(|tag| Box::new(Properties { tag: Some(tag), anchor: None }));
        self.stream.nodes.push(Node { kind, span, properties });
        if anchor > 0 {
            self.anchors.insert(anchor, id);
        }
        id
    }

    /// Makes `id` the next child of the innermost open collection, or the root.
    fn attach(&mut self, id: NodeId) {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(id);
            return;
        };
        match &mut self.stream.nodes[open.id.index()].kind {
            Kind::Sequence { items, .. } => items.push(id),
            Kind::Mapping { entries, .. } => match open.key.take() {
                None => open.key = Some(id),
                Some(key) => entries.push((key, id)),
            },
            Kind::Scalar { .. } | Kind::Alias { .. } => {}
        }
    }

    fn enter(&mut self, id: NodeId) -> Result<(), Error> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Error::TooDeep { place: self.stream.place(id), limit: MAX_DEPTH });
        }
        self.open.push(Open { id, key: None });
        Ok(())
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Error> {
        let target = self.anchors.get(&anchor).copied();
        let Some(target) = target.filter(|&target| self.open.iter().all(|open| open.id != target)) else {
            return Err(Error::RecursiveAlias { place: place(self.stream.text, span.start) });
        };
        let id = self.add(Kind::Alias { target }, span, None, None, 0);
        self.attach(id);
        Ok(())
    }

    fn close(&mut self, span: Span) {
        let Some(open) = self.open.pop() else { return };
        let node = &self.stream.nodes[open.id.index()];
        let last = match &node.kind {
            Kind::Sequence { items, .. } => items.last().copied(),
            Kind::Mapping { entries, .. } => entries.last().map(|&(_, value)| value),
            _ => None,
        };
        let end = if node.is_flow() {
            span.end
        } else {
            last.map_or(node.span.end, |last| {
                let last = self.stream.node(last);
                let tag = last.tag().map_or(0, |tag| tag.span.end);
                last.span.end.max(tag).max(last.anchor().map_or(0, |anchor| anchor.end))
            })
        };
        self.stream.nodes[open.id.index()].span.end = end;
    }

    fn finish_block(&mut self) {
        let Some((id, from)) = self.block.take() else { return };
        let text = self.stream.text;
        let node = &mut self.stream.nodes[id.index()];
        let content = node.span;
        node.span = block_span(text, from, content);
        if let Kind::Scalar { value, .. } = &mut node.kind {
            // Without a final line break in the text there is none in the value (libyaml, hence SOPS and Helm).
            let cut = content.end == text.len() && !text.ends_with(['\n', '\r']) && value.ends_with('\n');
            if cut && content.start < content.end {
                value.to_mut().pop();
            }
        }
    }

    fn end_document(&mut self, span: Span) {
        if let Some(root) = self.root.take() {
            let explicit = span.end > span.start;
            let end = if explicit { span.start } else { usize::MAX };
            self.stream.documents.push(Document { root, marker: self.marker.take(), end });
        }
        if let Some(last) = self.stream.documents.last_mut() {
            // An implicit end is set by what follows; until then it is the end of the text.
            last.end = last.end.min(self.stream.text.len());
        }
        self.anchors.clear();
    }

    /// The document before ends where the next one starts, unless `...` ended it.
    fn close_document_at(&mut self, start: usize) {
        let length = self.stream.text.len();
        if let Some(last) = self.stream.documents.last_mut()
            && last.end == length
        {
            last.end = start;
        }
    }
}

fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::Single,
        ScalarStyle::DoubleQuoted => Style::Double,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    }
}

fn tag_kind(tag: &RawTag) -> TagKind {
    match tag.suffix_in_namespace("tag:yaml.org,2002:").as_deref() {
        Some("str") => TagKind::Str,
        Some("int") => TagKind::Int,
        Some("float") => TagKind::Float,
        Some("bool") => TagKind::Bool,
        Some("null") => TagKind::Null,
        Some("timestamp") => TagKind::Timestamp,
        Some("binary") => TagKind::Binary,
        Some(_) => TagKind::Other,
        None if tag.original() == "!" => TagKind::NonSpecific,
        None => TagKind::Other,
    }
}

#[cfg(test)]
mod tests;
