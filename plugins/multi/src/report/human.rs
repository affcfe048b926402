use std::time::Duration;

use ui::{Board, Printer, Style, Table, person};

use crate::events::{Cause, Counts, End, Event, Kind, State};
use crate::plan::Operation;

/// Tells a run to a person: a line per context while it goes on, then what failed and why, a table of all contexts
/// and one last line that says how it ended.
#[derive(Debug)]
pub struct Human {
    printer: Printer,
    board: Option<Board>,
    operation: Operation,
    release: String,
    contexts: Vec<(String, State)>,
    outputs: Vec<(String, String)>,
    checked: usize,
}

impl Human {
    pub fn new(printer: Printer) -> Self {
        Self {
            printer,
            board: None,
            operation: Operation::Upgrade,
            release: String::new(),
            contexts: Vec::new(),
            outputs: Vec::new(),
            checked: 0,
        }
    }

    pub fn take(&mut self, event: &Event) {
        match &event.kind {
            Kind::Planned { operation, release, contexts, width, .. } => {
                self.operation = *operation;
                self.release.clone_from(release);
                self.contexts = contexts.iter().map(|name| (name.clone(), State::Untouched)).collect();
                let header = format!(
                    "{} {release}   run {}   {}",
                    operation.word(),
                    event.run,
                    person::count(contexts.len(), "context")
                );
                self.printer.status(&Style::Bold.paint(&header));
                self.board = Some(Board::new(self.printer, *width));
            }
            Kind::Step { context, state } => self.step(context, state),
            Kind::HelmOutput { context, text } => self.outputs.push((context.clone(), text.clone())),
            Kind::Notice { context, text } => {
                let place = context.as_ref().map(|context| format!("{context}: ")).unwrap_or_default();
                self.printer.warning(&format!("{place}{text}"));
            }
            Kind::Ready { ready, of } => {
                let line = format!("checked {of} of {of} contexts, {ready} ready   {}", at(event.time));
                self.line(&line);
            }
            Kind::Stopping { running, ending_them } => self.stopping(running, *ending_them),
            Kind::Finished { end, counts, .. } => self.finished(event, *end, counts),
        }
    }

    fn line(&self, text: &str) {
        match &self.board {
            Some(board) => board.line(text),
            None => self.printer.status(text),
        }
    }

    fn step(&mut self, context: &str, state: &State) {
        if let Some(entry) = self.contexts.iter_mut().find(|(name, _)| name == context) {
            entry.1 = state.clone();
        }
        let Some(board) = &mut self.board else { return };
        match state {
            State::Checking => {
                self.checked += 1;
                self.printer.detail(&format!("  {context}  checking"));
            }
            State::Ready | State::Untouched => {}
            State::Writing => board.running(context, self.operation.going_on()),
            ended => {
                let (style, text) = summary(ended);
                board.ended(context, &style.paint(&text));
            }
        }
    }

    fn stopping(&self, running: &[String], ending_them: bool) {
        let contexts = person::list(running, 5);
        let line = match (running.is_empty(), ending_them) {
            (true, _) => "interrupted: no further context begins".to_owned(),
            (false, true) => format!("interrupted again: ending helm in {contexts}"),
            (false, false) => format!(
                "interrupted: no context begins any more; waiting for {contexts}\nCtrl-C again, or kill -INT {}, ends helm there too",
                std::process::id()
            ),
        };
        self.line(&Style::Waiting.paint(&line));
    }

    fn finished(&mut self, event: &Event, end: End, counts: &Counts) {
        self.board = None;
        if end != End::Done {
            // `-q` is for runs that go well.
            self.printer = Printer::new(false, self.printer.is_verbose(), true);
        }
        for (contexts, state) in self.troubles() {
            self.explain(&contexts, state);
        }
        if end != End::Refused && self.contexts.len() > 1 {
            self.printer.status("");
            self.printer.status(self.table().render().trim_end());
        }
        self.printer.status("");
        self.printer.status(&self.verdict(event, end, counts));
    }

    /// The contexts that did not get where they should; those with the same trouble together.
    fn troubles(&self) -> Vec<(Vec<&str>, &State)> {
        let mut troubles: Vec<(Vec<&str>, &State)> = Vec::new();
        for (context, state) in self.contexts.iter().filter(|(_, state)| cause_of(state).is_some()) {
            let same = |other: &State| {
                what_happened(other) == what_happened(state) && cause_of(other) == cause_of(state)
            };
            match troubles.iter_mut().find(|(_, other)| same(other)) {
                Some((contexts, _)) => contexts.push(context),
                None => troubles.push((vec![context], state)),
            }
        }
        troubles
    }

    /// Cause first, then what helm said beyond it, then what to type.
    fn explain(&self, contexts: &[&str], state: &State) {
        let Some(cause) = cause_of(state) else { return };
        let names = Style::Failed.paint(&person::list(contexts, 8));
        self.printer.status("");
        self.printer.status(&format!("{names} {}: {}", what_happened(state), cause.message));
        for detail in &cause.details {
            self.printer.status(&format!("  {detail}"));
        }
        let output = self.outputs.iter().find(|(name, _)| contexts.contains(&name.as_str()));
        let lines = output.iter().flat_map(|(_, output)| output.lines());
        for line in lines.filter(|line| !line.contains(&cause.message)) {
            self.printer.status(&Style::Dim.paint(&format!("  helm: {line}")));
        }
        if let Some(hint) = &cause.hint {
            self.printer.status(&format!("  {}: {hint}", Style::Dim.paint("hint")));
        }
    }

    fn table(&self) -> Table {
        let mut table = Table::new(["CONTEXT", "RESULT", "REVISION", "TIME"]);
        for (context, state) in &self.contexts {
            let (revision, time) = match state {
                State::Done(done) => (revisions(done.before, done.after), lasted(done.seconds)),
                State::Failed { seconds, .. } | State::Interrupted { seconds, .. } => {
                    (String::new(), lasted(*seconds))
                }
                _ => Default::default(),
            };
            let (style, result) = result(state);
            table.row([
                (context.clone(), Style::Plain),
                (result, style),
                (revision, Style::Plain),
                (time, Style::Dim),
            ]);
        }
        table
    }

    fn verdict(&self, event: &Event, end: End, counts: &Counts) -> String {
        let of = self.contexts.len();
        let run = format!("run {}   {}", event.run, at(event.time));
        match end {
            End::Done => format!("{}   {run}", Style::Done.paint(&tally(counts, of))),
            End::Refused => format!(
                "{}   {run}",
                Style::Failed.paint(&format!(
                    "{} of {of} contexts cannot go. Nothing was changed anywhere.",
                    counts.blocked
                ))
            ),
            End::Failed | End::Partly => format!("{}   {run}", Style::Failed.paint(&tally(counts, of))),
            End::Interrupted => {
                format!("{}   {run}", Style::Waiting.paint(&format!("interrupted: {}", tally(counts, of))))
            }
        }
    }
}

fn at(time: f64) -> String {
    person::duration(Duration::from_secs_f64(time))
}

fn lasted(seconds: f64) -> String {
    person::duration(Duration::from_secs_f64(seconds))
}

fn revisions(before: Option<u32>, after: Option<u32>) -> String {
    match (before, after) {
        (Some(before), Some(after)) => format!("{before} -> {after}"),
        (None, Some(after)) => format!("{after}"),
        (Some(before), None) => format!("{before} -> none"),
        (None, None) => String::new(),
    }
}

/// `3 of 4 contexts done, 1 unreachable`.
fn tally(counts: &Counts, of: usize) -> String {
    let mut text = format!("{} of {of} contexts done", counts.done + counts.unchanged);
    for (number, what) in [
        (counts.failed, "failed"),
        (counts.unreachable, "unreachable"),
        (counts.blocked, "blocked"),
        (counts.untouched, "not begun"),
    ] {
        if number > 0 {
            text.push_str(&format!(", {number} {what}"));
        }
    }
    text
}

fn what_happened(state: &State) -> &'static str {
    match state {
        State::Blocked { .. } => "cannot go",
        State::Unreachable { .. } => "not reachable",
        State::Interrupted { .. } => "interrupted",
        _ => "failed",
    }
}

fn cause_of(state: &State) -> Option<&Cause> {
    match state {
        State::Unreachable { cause }
        | State::Blocked { cause }
        | State::Failed { cause, .. }
        | State::Interrupted { cause, .. } => Some(cause),
        _ => None,
    }
}

fn result(state: &State) -> (Style, String) {
    match state {
        State::Done(done) => (Style::Done, done.verb.to_owned()),
        State::Unchanged { reason } => (Style::Dim, reason.clone()),
        State::Unreachable { .. } => (Style::Failed, "unreachable".to_owned()),
        State::Blocked { .. } => (Style::Failed, "blocked".to_owned()),
        State::Failed { .. } => (Style::Failed, "failed".to_owned()),
        State::Interrupted { .. } => (Style::Failed, "interrupted".to_owned()),
        State::Checking | State::Ready | State::Writing | State::Untouched => {
            (Style::Dim, "not begun".to_owned())
        }
    }
}

/// The line of a context that came to its end.
fn summary(state: &State) -> (Style, String) {
    let (style, text) = result(state);
    let text = match state {
        State::Done(done) => {
            format!("{text}   rev {}   {}", revisions(done.before, done.after), lasted(done.seconds))
        }
        State::Failed { cause, seconds } | State::Interrupted { cause, seconds } => {
            format!("{text} after {}: {}", lasted(*seconds), cause.message)
        }
        State::Unreachable { cause } | State::Blocked { cause } => format!("{text}: {}", cause.message),
        _ => text,
    };
    (style, text)
}
