//! An entry less.

use crate::change::insert::after_deeper_comments;
use crate::change::spot::{after_break, before_break, begins_line, entry_end, entry_start, line_end};
use crate::change::{Spot, Step, flow};
use crate::{Comment, Edits, Kind, Span, Stream, column, line_start};

/// Removes the entry that `at` leads to. When `careful`, nothing above it, but the blank lines below.
pub(super) fn remove(edits: &mut Edits<'_>, stream: &Stream<'_>, at: &[Step], careful: bool) -> Option<()> {
    let (&step, above) = at.split_last()?;
    let collection = stream.node(step.collection);
    if collection.is_flow() {
        return flow::remove(edits, stream, step);
    }
    let text = stream.text;
    let (length, value, empty) = match &collection.kind {
        Kind::Mapping { entries, .. } => (entries.len(), entries.get(step.entry)?.1, "{}"),
        Kind::Sequence { items, .. } => (items.len(), *items.get(step.entry)?, "[]"),
        Kind::Scalar { .. } | Kind::Alias { .. } => return None,
    };
    let (start, end) = (entry_start(stream, step)?, entry_end(stream, step)?);
    if length == 1 && (above.is_empty() || !begins_line(text, start)) {
        edits.replace(Span { start, end }, empty);
        return Some(());
    }
    let end = line_end(text, end);
    let block_value = !stream.node(value).is_flow()
        && matches!(stream.node(value).kind, Kind::Mapping { .. } | Kind::Sequence { .. });
    // Above there may be a block scalar, of which comments that deep would become text.
    let end = match careful {
        true => after_deeper_comments(stream, end, column(text, start)),
        false if block_value => after_own_comments(stream, end, column(text, start)),
        false => end,
    };
    if !begins_line(text, start) {
        // The first entry of a collection that begins on the line of a dash: the next one takes its place.
        let blanks = text[end..].len() - text[end..].trim_start_matches([' ', '\t', '\n', '\r']).len();
        edits.delete(Span { start, end: end + blanks });
        return Some(());
    }
    let entry = Entry {
        stream,
        column: column(text, start),
        start: line_start(text, start),
        after: after_break(text, end),
        floor: match step.entry.checked_sub(1) {
            Some(before) => {
                after_break(text, line_end(text, entry_end(stream, Step { entry: before, ..step })?))
            }
            None => 0,
        },
        heading: step.entry == 0 && above.is_empty(),
        last: step.entry + 1 == length,
    };
    // The block above may keep the blank lines that follow it; there must be as many as before.
    let (start, after) = if careful { (entry.start, entry.below()) } else { (entry.begin(), entry.after) };
    if length == 1 {
        edits.insert(Spot::of(stream, above)?.after?, format!(" {empty}"));
    }
    if after == end && !careful {
        // The last line of the text has no line break; then the one before gets none either.
        edits.delete(Span { start: before_break(text, start), end });
    } else {
        edits.delete(Span { start, end: after });
    }
    Some(())
}

/// End of the comment lines directly below, deeper than `column`: those of the value that goes.
fn after_own_comments(stream: &Stream<'_>, mut end: usize, column: usize) -> usize {
    let first = stream.comments.partition_point(|comment| comment.span.start < end);
    for comment in &stream.comments[first..] {
        let next = after_break(stream.text, end) == line_start(stream.text, comment.span.start);
        if !next || !comment.own_line || crate::column(stream.text, comment.span.start) <= column {
            break;
        }
        end = line_end(stream.text, comment.span.end);
    }
    end
}

/// An entry on lines of its own.
struct Entry<'s, 'a> {
    stream: &'s Stream<'a>,
    column: usize,
    /// Its first line begins here, and the line after it there.
    start: usize,
    after: usize,
    /// What is above this offset belongs to the entry before.
    floor: usize,
    /// The first entry of a document, above which stands what is said about the whole.
    heading: bool,
    last: bool,
}

impl Entry<'_, '_> {
    /// Where the lines to remove begin.
    fn begin(&self) -> usize {
        let text = self.stream.text;
        let start = self.with_comments();
        let blank_above = self.blank_lines_above(start);
        let blank_below = self.after >= text.len() || is_blank(text, self.after);
        // Of the blank lines on both sides one side is enough.
        if blank_below && blank_above < start { blank_above } else { start }
    }

    /// Offset after the blank lines that follow.
    fn below(&self) -> usize {
        let text = self.stream.text;
        let mut after = self.after;
        while is_blank(text, after) {
            after = after_break(text, line_end(text, after));
        }
        after
    }

    /// The first line of the comments that clearly belong to the entry.
    fn with_comments(&self) -> usize {
        let text = self.stream.text;
        let separated = self.last || is_blank(text, self.after) || self.comment_at(self.after).is_some();
        if self.heading || !separated {
            return self.start;
        }
        let mut first = self.start;
        while let Some(line) = previous_line(text, first).filter(|&line| line >= self.floor) {
            let Some(comment) = self.comment_at(line) else { break };
            if column(text, comment.span.start) != self.column
                || is_disabled(&text[comment.span.start..comment.span.end])
            {
                return self.start;
            }
            first = line;
        }
        first
    }

    /// The comment that is all there is on the line at byte `line`.
    fn comment_at(&self, line: usize) -> Option<Comment> {
        let comments = &self.stream.comments;
        let next = comments.get(comments.partition_point(|comment| comment.span.start < line))?;
        (next.own_line && line_start(self.stream.text, next.span.start) == line).then_some(*next)
    }

    /// Where the blank lines directly above byte `start` begin.
    fn blank_lines_above(&self, start: usize) -> usize {
        let text = self.stream.text;
        let mut first = start;
        while let Some(line) =
            previous_line(text, first).filter(|&line| line >= self.floor && is_blank(text, line))
        {
            first = line;
        }
        first
    }
}

/// A comment that looks like an entry or item: `# key: value`, `# - item`.
fn is_disabled(comment: &str) -> bool {
    let text = comment.trim_start_matches('#').trim();
    let entry = text.split_once(':').is_some_and(|(key, value)| {
        !key.is_empty() && !key.contains(' ') && (value.is_empty() || value.starts_with(' '))
    });
    entry || text.starts_with("- ")
}

/// Start of the line above the one at byte `line`.
fn previous_line(text: &str, line: usize) -> Option<usize> {
    let end = before_break(text, line);
    (end < line).then(|| line_start(text, end))
}

fn is_blank(text: &str, line: usize) -> bool {
    line < text.len() && text[line..line_end(text, line)].trim().is_empty()
}
