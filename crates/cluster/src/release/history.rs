//! The revisions of a release, and the rules which of them to go back to. Pure: what a rule cannot tell from the list it
//! asks to [`Answer::Look`] at.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

/// The label that names the run which wrote a revision.
pub const RUN_LABEL: &str = "convoy.run";

/// The labels Helm itself puts on its records.
const HELM_LABELS: [&str; 6] = ["owner", "name", "version", "status", "createdAt", "modifiedAt"];

/// One revision of a release, as far as a list tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    pub number: u32,
    pub status: Status,
    /// When it was last changed, to the second.
    pub modified: Option<Timestamp>,
    /// The labels given with `--labels`. A rollback takes those of its target.
    pub labels: BTreeMap<String, String>,
    /// What only the record itself tells, once it was read.
    pub detail: Option<Detail>,
}

/// What the record of a revision tells beyond the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detail {
    /// What Helm, or `--description`, says about this revision.
    pub description: String,
    /// The revision this one is a rollback to.
    pub rollback_to: Option<u32>,
}

/// Helm's status of a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    Unknown,
    Deployed,
    Uninstalled,
    Superseded,
    Failed,
    Uninstalling,
    PendingInstall,
    PendingUpgrade,
    PendingRollback,
}

impl Status {
    const WORDS: [(Self, &str); 9] = [
        (Self::Unknown, "unknown"),
        (Self::Deployed, "deployed"),
        (Self::Uninstalled, "uninstalled"),
        (Self::Superseded, "superseded"),
        (Self::Failed, "failed"),
        (Self::Uninstalling, "uninstalling"),
        (Self::PendingInstall, "pending-install"),
        (Self::PendingUpgrade, "pending-upgrade"),
        (Self::PendingRollback, "pending-rollback"),
    ];

    /// The status Helm writes as `word`; `Unknown` for any other.
    pub fn from_word(word: &str) -> Self {
        Self::WORDS.iter().find(|(_, known)| *known == word).map_or(Self::Unknown, |(status, _)| *status)
    }

    /// Whether a helm is writing the release, or was killed while it did.
    pub fn is_pending(self) -> bool {
        matches!(self, Self::PendingInstall | Self::PendingUpgrade | Self::PendingRollback)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::WORDS.iter().find(|(status, _)| status == self).map_or("unknown", |(_, word)| word);
        f.pad(word)
    }
}

impl Revision {
    /// The run named by its label. That need not be the run that wrote it: Helm gives a rollback the labels of its
    /// target, and an upgrade by hand those of the revision before it; see [`last_write`].
    pub fn run(&self) -> Option<&str> {
        self.labels.get(RUN_LABEL).map(String::as_str)
    }

    /// The revision a record's labels describe; `None` when they are not Helm's.
    pub(crate) fn from_labels(labels: BTreeMap<String, String>, created: Option<Timestamp>) -> Option<Self> {
        let number = labels.get("version")?.parse().ok()?;
        let status = Status::from_word(labels.get("status")?);
        let stamp = labels.get("modifiedAt").or_else(|| labels.get("createdAt"));
        let modified = stamp.and_then(|seconds| Timestamp::from_second(seconds.parse().ok()?).ok());
        Some(Self {
            number,
            status,
            modified: modified.or(created),
            labels: own_labels(labels),
            detail: None,
        })
    }
}

/// The labels that are not Helm's own.
pub(crate) fn own_labels(mut labels: BTreeMap<String, String>) -> BTreeMap<String, String> {
    labels.retain(|name, _| !HELM_LABELS.contains(&name.as_str()));
    labels
}

impl Detail {
    /// Whether the operation that wrote this revision failed or never ended. A later rollback marks such a revision
    /// `superseded`, so the status alone does not tell.
    fn is_bad(&self) -> bool {
        tells_failure(&self.description)
    }
}

/// Whether Helm describes an operation that failed or never ended.
pub(crate) fn tells_failure(description: &str) -> bool {
    let failed =
        ["Upgrade \"", "Release \"", "Rollback \""].iter().any(|start| description.starts_with(start))
            && description.contains("\" failed: ");
    failed || matches!(description, "Preparing upgrade" | "Initial install underway")
}

/// The target in Helm's own description of a rollback.
pub(crate) fn rollback_target(description: &str) -> Option<u32> {
    description.strip_prefix("Rollback to ")?.parse().ok()
}

/// What a rule says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<T> {
    Known(T),
    /// The rule needs [`Revision::detail`] of this revision first.
    Look(u32),
}

/// What stood before a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// This good revision: roll back to it.
    Revision(u32),
    /// Nothing: uninstall to go back.
    Nothing,
    /// Revisions, but none that was ever good: a person must decide.
    NoGood,
    /// Revisions that Helm has pruned since.
    Pruned,
    /// No revision of that run is left.
    NoSuchRun,
}

/// Who wrote the newest revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LastWrite {
    /// There is no revision.
    None,
    /// This run.
    Run(String),
    /// Helm, not through a run.
    ByHand,
    /// A rollback, so the run before it is already undone.
    Rollback { to: u32 },
}

/// The newest revision.
pub fn latest(history: &[Revision]) -> Option<&Revision> {
    history.iter().max_by_key(|revision| revision.number)
}

/// The newest revision that is deployed: what runs, as far as Helm knows.
pub fn latest_deployed(history: &[Revision]) -> Option<&Revision> {
    history
        .iter()
        .filter(|revision| revision.status == Status::Deployed)
        .max_by_key(|revision| revision.number)
}

/// Who wrote the newest revision.
pub fn last_write(history: &[Revision]) -> Answer<LastWrite> {
    let Some(latest) = latest(history) else { return Answer::Known(LastWrite::None) };
    match (&latest.detail, latest.run()) {
        (None, _) => Answer::Look(latest.number),
        (Some(Detail { rollback_to: Some(to), .. }), _) => Answer::Known(LastWrite::Rollback { to: *to }),
        (Some(detail), Some(run)) if wrote(history, latest.number, detail, run) => {
            Answer::Known(LastWrite::Run(run.to_owned()))
        }
        (Some(_), _) => Answer::Known(LastWrite::ByHand),
    }
}

/// Whether run `run` wrote the revision that has its label: a run describes its revisions, and only the first one with
/// the label can be its own where Helm replaced the description by that of a failure.
fn wrote(history: &[Revision], number: u32, detail: &Detail, run: &str) -> bool {
    let labelled = history.iter().filter(|revision| revision.run() == Some(run));
    described_run(&detail.description) == Some(run)
        || detail.is_bad() && labelled.map(|revision| revision.number).min() == Some(number)
}

/// The run in a description that a run gave: `convoy ID: ...`.
pub(crate) fn described_run(description: &str) -> Option<&str> {
    Some(description.strip_prefix("convoy ")?.split_once(": ")?.0)
}

/// What stood before run `run` first wrote the release.
pub fn revision_before_run(history: &[Revision], run: &str) -> Answer<Before> {
    let mut of_run: Vec<&Revision> = history.iter().filter(|revision| revision.run() == Some(run)).collect();
    of_run.sort_by_key(|revision| revision.number);
    if of_run.is_empty() {
        return Answer::Known(Before::NoSuchRun);
    }
    for revision in of_run {
        if !history.iter().any(|other| other.number < revision.number) {
            return good_before(history, revision.number);
        }
        match &revision.detail {
            None => return Answer::Look(revision.number),
            // A rollback carries the label of its target, not of who rolled back.
            Some(detail) if detail.rollback_to.is_some() => {}
            Some(_) => return good_before(history, revision.number),
        }
    }
    Answer::Known(Before::Pruned)
}

/// The newest good revision below `number`: deployed, or superseded and not failed before that.
pub fn good_before(history: &[Revision], number: u32) -> Answer<Before> {
    let mut below: Vec<&Revision> = history.iter().filter(|revision| revision.number < number).collect();
    below.sort_by_key(|revision| std::cmp::Reverse(revision.number));
    for revision in &below {
        match (revision.status, &revision.detail) {
            (Status::Deployed, _) => return Answer::Known(Before::Revision(revision.number)),
            (Status::Superseded, None) => return Answer::Look(revision.number),
            (Status::Superseded, Some(detail)) if !detail.is_bad() => {
                return Answer::Known(Before::Revision(revision.number));
            }
            (Status::Uninstalled | Status::Uninstalling, _) => return Answer::Known(Before::Nothing),
            _ => {}
        }
    }
    Answer::Known(match below.last().map_or(number, |revision| revision.number) {
        1 if below.is_empty() => Before::Nothing,
        1 => Before::NoGood,
        _ => Before::Pruned,
    })
}
