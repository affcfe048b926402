//! Texts of several lines, compared line by line.

use similar::{Algorithm, ChangeTag, capture_diff_slices, group_diff_ops};

use super::FieldChange;
use super::compare::Compare;
use crate::render::{Line, LineKind};

impl Compare<'_> {
    /// The changed lines of a text. They are compared as they are and shown masked, so that a line in which only a
    /// secret changed is shown as changed.
    pub(super) fn text(&self, old: &str, new: &str) -> FieldChange {
        let shown = |text| self.masker.mask_lines(text).into_iter().map(String::from).collect::<Vec<_>>();
        let mut lines = self.changed_lines(&raw_lines(old), &raw_lines(new), &shown(old), &shown(new));
        if lines.is_empty() {
            lines.push(Line { kind: LineKind::Context, text: line_ends(old, new).to_owned() });
        }
        FieldChange::Lines { lines }
    }

    /// The changed items of `old` and `new`, each shown as its `shown_` text, with unchanged ones around.
    pub(super) fn changed_lines<T: std::hash::Hash + Ord>(
        &self,
        old: &[T],
        new: &[T],
        shown_old: &[String],
        shown_new: &[String],
    ) -> Vec<Line> {
        let ops = capture_diff_slices(Algorithm::Myers, old, new);
        let mut lines = Vec::new();
        for (number, hunk) in group_diff_ops(ops, self.options.context).into_iter().enumerate() {
            if number > 0 {
                lines.push(Line { kind: LineKind::Context, text: "...".to_owned() });
            }
            for op in hunk {
                for (tag, of_old, of_new) in op_ranges(&op) {
                    let (kind, texts) = match tag {
                        ChangeTag::Delete => (LineKind::Removed, &shown_old[of_old]),
                        ChangeTag::Insert => (LineKind::Added, &shown_new[of_new]),
                        ChangeTag::Equal => (LineKind::Context, &shown_new[of_new]),
                    };
                    lines.extend(texts.iter().map(|text| Line { kind, text: text.clone() }));
                }
            }
        }
        lines
    }
}

type Ranges = (ChangeTag, std::ops::Range<usize>, std::ops::Range<usize>);

fn op_ranges(op: &similar::DiffOp) -> Vec<Ranges> {
    let (old, new) = (op.old_range(), op.new_range());
    match op.tag() {
        similar::DiffTag::Equal => vec![(ChangeTag::Equal, old, new)],
        similar::DiffTag::Delete => vec![(ChangeTag::Delete, old, new)],
        similar::DiffTag::Insert => vec![(ChangeTag::Insert, old, new)],
        similar::DiffTag::Replace => {
            vec![(ChangeTag::Delete, old.clone(), new.clone()), (ChangeTag::Insert, old, new)]
        }
    }
}

/// The lines that the masker shows one by one.
fn raw_lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').map(|line| line.trim_end_matches(['\n', '\r'])).collect()
}

/// What differs between two texts that have the same lines.
fn line_ends(old: &str, new: &str) -> &'static str {
    match (old.ends_with('\n'), new.ends_with('\n')) {
        (true, false) => "(no line end at the end any more)",
        (false, true) => "(a line end at the end is new)",
        _ => "(only line ends differ)",
    }
}
