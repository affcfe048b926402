//! What happens during a run, as typed events: the one source for the human report and for `-o json`.

use std::time::Duration;

use serde::Serialize;

use crate::plan::Operation;
use crate::run_id::RunId;

/// The version of the event schema, in every `run.planned`.
pub const SCHEMA: u32 = 1;

/// One event of a run. With `-o json` each is one line: `seq` counts from 1, `time` is seconds since the run began.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    pub seq: u64,
    pub time: f64,
    pub run: RunId,
    #[serde(flatten)]
    pub kind: Kind,
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type")]
pub enum Kind {
    /// The contexts of the run, in their order; nothing was contacted yet.
    #[serde(rename = "run.planned")]
    Planned { schema: u32, operation: Operation, release: String, contexts: Vec<String>, width: usize },
    /// A context went from one state to the next.
    #[serde(rename = "step.state")]
    Step {
        context: String,
        #[serde(flatten)]
        state: State,
    },
    /// What helm printed in a context that failed; known secret values are masked.
    #[serde(rename = "helm.output")]
    HelmOutput { context: String, text: String },
    /// Something to know that is no failure.
    #[serde(rename = "notice")]
    Notice {
        #[serde(skip_serializing_if = "Option::is_none")]
        context: Option<String>,
        text: String,
    },
    /// Every context was checked; writing begins.
    #[serde(rename = "run.ready")]
    Ready { ready: usize, of: usize },
    /// A signal arrived: no context begins any more, `running` ones are waited for.
    #[serde(rename = "run.stopping")]
    Stopping { running: Vec<String>, ending_them: bool },
    /// The run is over.
    #[serde(rename = "run.finished")]
    Finished { end: End, counts: Counts, exit: u8 },
}

/// Where one context is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum State {
    Checking,
    Ready,
    /// The API server did not answer; the others go on.
    Unreachable {
        cause: Cause,
    },
    /// Cannot go, so the run does not begin.
    Blocked {
        cause: Cause,
    },
    /// Nothing to do here.
    Unchanged {
        reason: String,
    },
    Writing,
    Done(Done),
    Failed {
        cause: Cause,
        seconds: f64,
    },
    /// Ended by a signal; what the release looks like now is in the cause.
    Interrupted {
        cause: Cause,
        seconds: f64,
    },
    /// Never begun, because the run ended before.
    Untouched,
}

/// What a write left behind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Done {
    pub before: Option<u32>,
    pub after: Option<u32>,
    /// What was done, in the past tense: `upgraded`, `installed`, `rolled back`.
    pub verb: &'static str,
    pub seconds: f64,
}

/// Why a context did not get where it should.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Cause {
    pub message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Cause {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), details: Vec::new(), hint: None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    Done,
    /// A context was blocked: nothing was written anywhere.
    Refused,
    /// Nothing that should have been written was.
    Failed,
    Partly,
    Interrupted,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub done: usize,
    pub unchanged: usize,
    pub failed: usize,
    pub unreachable: usize,
    pub blocked: usize,
    pub untouched: usize,
}

impl Counts {
    pub fn of<'a>(states: impl IntoIterator<Item = &'a State>) -> Self {
        let mut counts = Self::default();
        for state in states {
            match state {
                State::Done(_) => counts.done += 1,
                State::Unchanged { .. } => counts.unchanged += 1,
                State::Failed { .. } | State::Interrupted { .. } => counts.failed += 1,
                State::Unreachable { .. } => counts.unreachable += 1,
                State::Blocked { .. } => counts.blocked += 1,
                State::Checking | State::Ready | State::Writing | State::Untouched => counts.untouched += 1,
            }
        }
        counts
    }
}

/// Seconds with millisecond resolution, as events carry them.
pub fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000.0).round() / 1_000.0
}
