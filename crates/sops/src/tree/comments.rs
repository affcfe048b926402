//! Which collection a comment belongs to. Its path is the additional data of the encrypted comment.
//!
//! The YAML library of SOPS attaches comments to nodes by rules of its own. They are followed when writing so that
//! SOPS can decrypt the comment; when reading, every collection that is open around the comment is tried.

use yamldoc::{Kind, NodeId, Span, Stream, column};

use crate::tree::walk::{Visit, Walk, Walker, What};

/// Stands for the text of an empty comment in a list when it is encrypted.
///
/// SOPS cannot encrypt an empty text, and reads a bare `#` in an encrypted list as an item that is an empty string. So
/// it gets a text that cannot be seen.
pub(crate) const EMPTY: &str = "\u{200b}";

/// What is encrypted for a comment; `None` for one that stays.
pub(crate) fn sealed_text<'s>(
    stream: &'s Stream<'_>,
    walk: &Walk,
    visit: &Visit,
    comment: usize,
) -> Option<&'s str> {
    let span = stream.comments[comment].span;
    let text = &stream.text[span.start + 1..span.end];
    let in_list = || {
        let parent = visit.parent.map(|parent| walk.visits[parent].what);
        matches!(parent, Some(What::Collection { node, .. })
            if matches!(stream.node(node).kind, Kind::Sequence { .. }))
    };
    match text {
        _ if !visit.selected => None,
        "" => in_list().then_some(EMPTY),
        _ => Some(text),
    }
}

/// A collection while it is walked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Level {
    pub(crate) path: (u32, u32),
    /// Column of its keys or dashes.
    pub(crate) column: usize,
    pub(crate) flow: bool,
    /// The selector matched above this collection.
    above: bool,
    /// The selector matched a comment that precedes the next entry.
    pub(crate) matched: bool,
    pub(crate) visit: Option<usize>,
}

/// A block collection that has just ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Closed(pub(crate) Level);

impl Level {
    pub(crate) fn new(
        path: (u32, u32),
        column: usize,
        flow: bool,
        above: bool,
        visit: Option<usize>,
    ) -> Self {
        Self { path, column, flow, above, matched: false, visit }
    }
}

/// Comment lines that the library keeps together, and to which token it gives them.
#[derive(Debug, Clone, Copy)]
struct Group {
    /// Comments `first..end` of the stream.
    first: usize,
    end: usize,
    /// Offset and column of the first one.
    start: usize,
    column: usize,
    owner: Owner,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// The entry that follows.
    Next,
    /// The entry before.
    Previous,
    /// The first collection that ends, by the library's reckoning, at or after this offset.
    EndingAfter(usize),
}

impl Walker<'_, '_> {
    /// Comments up to byte `before`, where the next entry of `level` starts or the document ends.
    pub(crate) fn pending(&mut self, before: usize, level: &mut Level) {
        let deepest = self.tail.first().map_or(level.path, |closed| closed.0.path);
        if self.tail.is_empty() {
            while self.upcoming(before).is_some() {
                self.give(level, deepest);
            }
            return;
        }
        while self.upcoming(before).is_some_and(|comment| !comment.own_line) {
            self.give_closed(0, deepest);
        }
        let groups = self.groups(before, level.column);
        let ends = self.ends(&groups, level.column);
        let mut from = 0;
        for group in &groups {
            let owner = match group.owner {
                Owner::Next => None,
                Owner::Previous => Some(0),
                Owner::EndingAfter(offset) => (from..ends.len()).find(|&at| ends[at] >= offset),
            };
            from = owner.unwrap_or(ends.len());
            for _ in group.first..group.end {
                match owner {
                    None => self.give(level, deepest),
                    Some(at) => self.give_closed(at, deepest),
                }
            }
        }
    }

    /// Splits the comment lines before a dedent to column `next` as the scanner of yaml.v3 does: at the first blank
    /// line when they follow the content directly or are dedented, and where a line is dedented below the innermost
    /// collection and stands at another column than the first.
    fn groups(&self, before: usize, next: usize) -> Vec<Group> {
        let inner = self.tail.first().map_or(0, |closed| closed.0.column);
        let comments = &self.stream.comments;
        let mut groups: Vec<Group> = Vec::new();
        let mut open: Option<Group> = None;
        let mut first_blank = true;
        let mut number = self.next_comment;
        loop {
            let comment = comments.get(number).filter(|comment| comment.span.start < before);
            let at = comment.map_or(next, |comment| column(self.stream.text, comment.span.start));
            let blank = match (comment, number.checked_sub(1).filter(|_| open.is_some())) {
                (_, Some(last)) => self.blank_line_after(comments[last].span),
                (Some(comment), None) => self.blank_line_before(comment.span),
                (None, None) => false,
            };
            if blank {
                if let Some(mut group) = open.take() {
                    let below = groups.is_empty()
                        && !self.last_absent
                        && !self.blank_line_before(comments[group.first].span);
                    let dedented = group.column < inner;
                    if first_blank && (below || dedented) {
                        group.owner = match groups.last() {
                            _ if dedented => Owner::EndingAfter(group.start),
                            Some(_) => group.owner,
                            None => Owner::Previous,
                        };
                        groups.push(group);
                    } else {
                        open = Some(group);
                    }
                }
                first_blank = false;
            }
            if let Some(group) = open.take_if(|group| at < inner && at != group.column) {
                groups.push(group);
            }
            if comment.is_none() {
                break;
            }
            let owner = groups
                .last()
                .map_or(Owner::Previous, |last| Owner::EndingAfter(comments[last.end - 1].span.end));
            let start = comments[number].span.start;
            let group = open.get_or_insert(Group { first: number, end: number, start, column: at, owner });
            number += 1;
            group.end = number;
        }
        groups.extend(open.map(|group| Group { owner: Owner::Next, ..group }));
        groups
    }

    /// Where yaml.v3 says that each closed collection deeper than column `next` ends: before all comments, or at the
    /// first one that stands at the collection's own column.
    fn ends(&self, groups: &[Group], next: usize) -> Vec<usize> {
        let columns: Vec<usize> = self.tail.iter().map(|closed| closed.0.column).collect();
        let deeper = columns.iter().take_while(|&&column| column > next);
        let mut end = 0;
        deeper
            .enumerate()
            .map(|(at, &column)| {
                // A list at the column of its key ends without a token of its own.
                if columns.get(at + 1) == Some(&column) {
                    return 0;
                }
                let own = groups.iter().find(|group| group.column == column && group.start >= end);
                end = own.map_or(end, |group| group.start);
                end
            })
            .collect()
    }

    fn give_closed(&mut self, at: usize, deepest: (u32, u32)) {
        let mut closed = self.tail[at].0;
        self.give(&mut closed, deepest);
        self.tail[at].0 = closed;
    }

    /// Comments around a value in flow style: they are its own, up to those on its last line.
    pub(crate) fn before_flow(&mut self, value: NodeId, level: &mut Level) {
        while self.upcoming(self.stream.node(value).span.start).is_some() {
            self.give(level, level.path);
        }
    }

    /// The comment on the last line of a value in flow style.
    pub(crate) fn after_flow(&mut self, value: NodeId, level: &mut Level) {
        let end = self.stream.node(value).span.end;
        let beside =
            |comment: &yamldoc::Comment| !comment.own_line && !self.has_break(end..comment.span.start);
        if self.upcoming(usize::MAX).is_some_and(|comment| beside(&comment)) {
            self.give(level, level.path);
        }
    }

    /// Comments beside an entry, which count as standing before it: those on the line of a scalar, and on the line of
    /// the key (ending at byte `from`) of a block collection without an anchor.
    pub(crate) fn inline(&mut self, from: usize, value: NodeId, level: &mut Level) {
        let node = self.stream.node(value);
        match node.kind {
            Kind::Scalar { .. } | Kind::Alias { .. } => {
                while self.upcoming(node.span.end).is_some() {
                    self.give(level, level.path);
                }
                let beside = |comment: &yamldoc::Comment| {
                    !comment.own_line && !self.has_break(node.span.end..comment.span.start)
                };
                if self.upcoming(usize::MAX).is_some_and(|comment| beside(&comment)) {
                    self.give(level, level.path);
                }
            }
            _ if node.anchor().is_some() => {}
            _ => {
                let beside = |comment: &yamldoc::Comment| {
                    !comment.own_line && !self.has_break(from..comment.span.start)
                };
                if self.upcoming(node.span.start).is_some_and(|comment| beside(&comment)) {
                    self.give(level, level.path);
                }
            }
        }
    }

    /// Passes over comments before byte `end`: those inside the metadata block.
    pub(crate) fn skip_comments(&mut self, end: usize) {
        while self.upcoming(end).is_some() {
            self.next_comment += 1;
        }
    }

    fn upcoming(&self, before: usize) -> Option<yamldoc::Comment> {
        self.stream.comments.get(self.next_comment).filter(|comment| comment.span.start < before).copied()
    }

    /// Makes the next comment an entry of `owner`.
    fn give(&mut self, owner: &mut Level, deepest: (u32, u32)) {
        let number = self.next_comment;
        self.next_comment += 1;
        let span = self.stream.comments[number].span;
        let own = self.matcher.comment_matches(&self.stream.text[span.start + 1..span.end]);
        let matched = owner.above || owner.matched || (own && self.matcher.counts_for_itself());
        self.push_comment(number, owner, deepest, self.matcher.encrypts(matched));
        owner.matched |= own;
    }

    fn blank_line_before(&self, comment: Span) -> bool {
        self.stream.text[..comment.start].rsplit('\n').nth(1).is_some_and(is_blank)
    }

    /// What follows the last line break is no line of its own.
    fn blank_line_after(&self, comment: Span) -> bool {
        let mut after = self.stream.text[comment.end..].split('\n').skip(1).peekable();
        after.next().is_some_and(|line| is_blank(line) && after.peek().is_some())
    }
}

fn is_blank(line: &str) -> bool {
    line.trim_matches([' ', '\t', '\r']).is_empty()
}
