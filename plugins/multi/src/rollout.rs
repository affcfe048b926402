//! Runs a plan: checks every context, and only when none is blocked writes them, several at a time. Emits events and
//! prints nothing. One task takes every decision; the contexts' own work goes on beside it and only reports to it.

use std::future::Future;

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::watch;

use crate::events::{Cause, Counts, Done, End, Kind, State};
use crate::plan::{Plan, Step};

/// What a rollout needs done in the contexts; the operations implement it with helm and the API servers.
pub trait Port {
    /// What a check found out and the write needs.
    type Ready;

    /// Finds out whether `step` can go. Writes nothing.
    fn check(&self, step: &Step) -> impl Future<Output = Result<Self::Ready, Hold>>;

    /// Looks at all contexts that are ready, together; the causes it returns block their steps.
    fn cross_check(&self, ready: &[(&Step, &Self::Ready)]) -> Verdict;

    /// Makes the change. Ends the child when `stop` says so.
    fn write(
        &self,
        step: &Step,
        ready: &Self::Ready,
        stop: watch::Receiver<Stop>,
    ) -> impl Future<Output = Written>;
}

/// Why a context is not written.
#[derive(Debug)]
pub enum Hold {
    /// Nothing is to be done there.
    Unchanged(String),
    /// It does not answer; the others go on.
    Unreachable(Cause),
    /// It cannot go, so none goes.
    Blocked(Cause),
}

impl Hold {
    pub fn into_cause(self) -> Cause {
        match self {
            Hold::Unreachable(cause) | Hold::Blocked(cause) => cause,
            Hold::Unchanged(reason) => Cause::new(reason),
        }
    }
}

/// What was seen only by looking at several contexts.
#[derive(Debug, Default)]
pub struct Verdict {
    /// By index of the step.
    pub blocked: Vec<(usize, Cause)>,
    pub notices: Vec<String>,
}

/// What a write did.
#[derive(Debug)]
pub enum Written {
    Done(Done),
    /// Helm failed; what it printed, with secrets masked.
    Failed {
        cause: Cause,
        output: String,
        seconds: f64,
    },
    Interrupted {
        cause: Cause,
        seconds: f64,
    },
}

/// What a person's signals ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    Go,
    /// Begin no further context; let the running ones end.
    NoNew,
    /// End the running ones too.
    EndRunning,
}

/// What a failed context does to those not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum OnFailure {
    /// Begin no further context
    Stop,
    /// Go on with the others
    Continue,
}

/// How a rollout is to go.
#[derive(Debug, Clone)]
pub struct Pace {
    /// Contexts worked on at a time, at least 1.
    pub parallel: usize,
    pub on_failure: OnFailure,
    pub stop: watch::Receiver<Stop>,
}

/// Runs `plan` and returns how it ended; every step's last state was emitted.
pub async fn run<P: Port>(plan: &Plan, port: &P, pace: Pace, emit: &mut impl FnMut(Kind)) -> End {
    let mut run = Run { plan, port, pace, emit, states: vec![State::Untouched; plan.steps.len()] };
    let end = run.go().await;
    let counts = Counts::of(&run.states);
    (run.emit)(Kind::Finished { end, counts, exit: exit_of(end).code() });
    end
}

/// The exit code of each end.
pub fn exit_of(end: End) -> ui::Exit {
    match end {
        End::Done => ui::Exit::Done,
        End::Refused | End::Failed => ui::Exit::Failed,
        End::Partly => ui::Exit::Partly,
        End::Interrupted => ui::Exit::Interrupted,
    }
}

struct Run<'a, P: Port, E: FnMut(Kind)> {
    plan: &'a Plan,
    port: &'a P,
    pace: Pace,
    emit: &'a mut E,
    states: Vec<State>,
}

impl<P: Port, E: FnMut(Kind)> Run<'_, P, E> {
    async fn go(&mut self) -> End {
        let Some(ready) = self.check_all().await else { return End::Interrupted };
        if self.states.iter().any(|state| matches!(state, State::Blocked { .. })) {
            return End::Refused;
        }
        if ready.iter().any(Option::is_some) {
            let number = ready.iter().flatten().count();
            (self.emit)(Kind::Ready { ready: number, of: ready.len() });
            self.write_all(&ready).await;
        }
        self.end()
    }

    fn end(&self) -> End {
        let counts = Counts::of(&self.states);
        if *self.pace.stop.borrow() != Stop::Go {
            return End::Interrupted;
        }
        match (counts.failed + counts.unreachable + counts.untouched, counts.done + counts.unchanged) {
            (0, _) => End::Done,
            (_, 0) => End::Failed,
            _ => End::Partly,
        }
    }

    fn enter(&mut self, index: usize, state: State) {
        self.states[index] = state.clone();
        (self.emit)(Kind::Step { context: self.plan.steps[index].context.clone(), state });
    }

    /// What each step's write needs, or nothing when a signal came first.
    async fn check_all(&mut self) -> Option<Vec<Option<P::Ready>>> {
        let (plan, port) = (self.plan, self.port);
        let mut ready: Vec<Option<P::Ready>> = plan.steps.iter().map(|_| None).collect();
        let mut queue = plan.steps.iter();
        let mut running = FuturesUnordered::new();
        let mut stop = self.pace.stop.clone();
        loop {
            while running.len() < self.pace.parallel {
                let Some(step) = queue.next() else { break };
                self.enter(step.index, State::Checking);
                running.push(async move { (step.index, port.check(step).await) });
            }
            let (index, checked) = tokio::select! {
                biased;
                () = stopped(&mut stop) => return None,
                next = running.next() => match next {
                    Some(next) => next,
                    None => break,
                },
            };
            let state = match checked {
                Ok(found) => {
                    ready[index] = Some(found);
                    State::Ready
                }
                Err(Hold::Unchanged(reason)) => State::Unchanged { reason },
                Err(Hold::Unreachable(cause)) => State::Unreachable { cause },
                Err(Hold::Blocked(cause)) => State::Blocked { cause },
            };
            self.enter(index, state);
        }
        self.cross_check(&ready);
        Some(ready)
    }

    fn cross_check(&mut self, ready: &[Option<P::Ready>]) {
        let found: Vec<_> = self
            .plan
            .steps
            .iter()
            .zip(ready)
            .filter_map(|(step, ready)| Some((step, ready.as_ref()?)))
            .collect();
        let verdict = self.port.cross_check(&found);
        for text in verdict.notices {
            (self.emit)(Kind::Notice { context: None, text });
        }
        for (index, cause) in verdict.blocked {
            self.enter(index, State::Blocked { cause });
        }
    }

    async fn write_all(&mut self, ready: &[Option<P::Ready>]) {
        let (plan, port) = (self.plan, self.port);
        let mut queue = plan.steps.iter().filter_map(|step| Some((step, ready[step.index].as_ref()?)));
        let mut running = FuturesUnordered::new();
        let mut stop = self.pace.stop.clone();
        let mut failed = false;
        loop {
            while running.len() < self.pace.parallel && self.may_begin(failed) {
                let Some((step, found)) = queue.next() else { break };
                self.enter(step.index, State::Writing);
                let stop = self.pace.stop.clone();
                running.push(async move { (step.index, port.write(step, found, stop).await) });
            }
            tokio::select! {
                biased;
                next = running.next() => match next {
                    Some((index, written)) => failed |= self.observe(index, written),
                    None => break,
                },
                Ok(()) = stop.changed() => self.announce_stop(*stop.borrow_and_update()),
            }
        }
        for (step, _) in queue {
            self.enter(step.index, State::Untouched);
        }
    }

    fn may_begin(&self, failed: bool) -> bool {
        *self.pace.stop.borrow() == Stop::Go && !(failed && self.pace.on_failure == OnFailure::Stop)
    }

    /// Takes in the end of a write; true when it failed.
    fn observe(&mut self, index: usize, written: Written) -> bool {
        let state = match written {
            Written::Done(done) => State::Done(done),
            Written::Failed { cause, output, seconds } => {
                if !output.is_empty() {
                    let context = self.plan.steps[index].context.clone();
                    (self.emit)(Kind::HelmOutput { context, text: output });
                }
                State::Failed { cause, seconds }
            }
            Written::Interrupted { cause, seconds } => State::Interrupted { cause, seconds },
        };
        let failed = !matches!(state, State::Done(_));
        self.enter(index, state);
        failed
    }

    fn announce_stop(&mut self, stop: Stop) {
        let steps = self.plan.steps.iter().zip(&self.states);
        let running = steps
            .filter(|(_, state)| **state == State::Writing)
            .map(|(step, _)| step.context.clone())
            .collect();
        (self.emit)(Kind::Stopping { running, ending_them: stop == Stop::EndRunning });
    }
}

async fn stopped(stop: &mut watch::Receiver<Stop>) {
    if stop.wait_for(|stop| *stop != Stop::Go).await.is_err() {
        std::future::pending::<()>().await; // nobody can stop this run any more
    }
}

#[cfg(test)]
mod tests;
