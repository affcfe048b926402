use std::cell::RefCell;
use std::collections::HashMap;

use super::*;
use crate::plan::Operation;

/// A port whose answers are scripted by context name; it records what was begun.
#[derive(Default)]
struct Script {
    blocked: Vec<&'static str>,
    unreachable: Vec<&'static str>,
    failing: Vec<&'static str>,
    same_cluster: bool,
    log: RefCell<Vec<String>>,
    most_at_once: RefCell<(usize, usize)>,
    /// Writing one of these contexts raises the stop level by one.
    stop_during: Option<(Vec<&'static str>, watch::Sender<Stop>)>,
}

impl Port for Script {
    type Ready = ();

    async fn check(&self, step: &Step) -> Result<(), Hold> {
        self.log.borrow_mut().push(format!("check {}", step.context));
        tokio::task::yield_now().await;
        let name = step.context.as_str();
        if self.blocked.contains(&name) {
            Err(Hold::Blocked(Cause::new("no")))
        } else if self.unreachable.contains(&name) {
            Err(Hold::Unreachable(Cause::new("gone")))
        } else {
            Ok(())
        }
    }

    fn cross_check(&self, ready: &[(&Step, &())]) -> Verdict {
        let blocked = if self.same_cluster {
            ready.iter().map(|(s, ())| (s.index, Cause::new("same"))).collect()
        } else {
            vec![]
        };
        Verdict { blocked, notices: vec![] }
    }

    async fn write(&self, step: &Step, (): &(), mut stop: watch::Receiver<Stop>) -> Written {
        self.log.borrow_mut().push(format!("write {}", step.context));
        {
            let mut most = self.most_at_once.borrow_mut();
            most.0 += 1;
            most.1 = most.1.max(most.0);
        }
        if let Some((at, sender)) = &self.stop_during
            && at.contains(&step.context.as_str())
        {
            let next = if *sender.borrow() == Stop::Go { Stop::NoNew } else { Stop::EndRunning };
            sender.send_replace(next);
        }
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        self.most_at_once.borrow_mut().0 -= 1;
        if *stop.borrow_and_update() == Stop::EndRunning {
            return Written::Interrupted { cause: Cause::new("ended"), seconds: 0.0 };
        }
        if self.failing.contains(&step.context.as_str()) {
            return Written::Failed { cause: Cause::new("boom"), output: String::new(), seconds: 0.0 };
        }
        Written::Done(Done { before: Some(1), after: Some(2), verb: "upgraded", seconds: 0.0 })
    }
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

fn plan() -> Plan {
    let step = |(index, name): (usize, &&str)| Step {
        index,
        context: (*name).to_owned(),
        kube_context: (*name).to_owned(),
        kubeconfig: None,
        namespace: "default".into(),
        cluster_uid: None,
    };
    Plan::new(Operation::Upgrade, "app", NAMES.iter().enumerate().map(step).collect())
}

/// The end, the last state of each context and the port's log.
fn play(
    script: Script,
    parallel: usize,
    on_failure: OnFailure,
    stop: watch::Receiver<Stop>,
) -> (End, HashMap<String, State>, Script) {
    let mut last = HashMap::new();
    let mut emit = |kind| {
        if let Kind::Step { context, state } = kind {
            last.insert(context, state);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let end = runtime.block_on(run(&plan(), &script, Pace { parallel, on_failure, stop }, &mut emit));
    (end, last, script)
}

fn go(script: Script, parallel: usize) -> (End, HashMap<String, State>, Script) {
    let (_sender, stop) = watch::channel(Stop::Go);
    play(script, parallel, OnFailure::Stop, stop)
}

fn writes(script: &Script) -> Vec<String> {
    script.log.borrow().iter().filter(|line| line.starts_with("write")).cloned().collect()
}

#[test]
fn every_context_is_checked_before_the_first_write() {
    let (end, _, script) = go(Script::default(), 2);
    assert_eq!(end, End::Done);
    let log = script.log.into_inner();
    assert!(log[..4].iter().all(|line| line.starts_with("check")), "{log:?}");
    assert_eq!(log.len(), 8);
}

#[test]
fn a_blocked_context_means_no_write_anywhere_and_all_are_reported() {
    let (end, last, script) = go(Script { blocked: vec!["b", "d"], ..Script::default() }, 8);
    assert_eq!((end, writes(&script).len()), (End::Refused, 0));
    assert!(matches!((&last["b"], &last["d"]), (State::Blocked { .. }, State::Blocked { .. })));
}

#[test]
fn what_only_shows_when_contexts_are_compared_blocks_too() {
    let (end, _, script) = go(Script { same_cluster: true, ..Script::default() }, 8);
    assert_eq!((end, writes(&script).len()), (End::Refused, 0));
}

#[test]
fn others_go_on_without_an_unreachable_context() {
    let (end, last, script) = go(Script { unreachable: vec!["a"], ..Script::default() }, 8);
    assert_eq!((end, writes(&script).len()), (End::Partly, 3));
    assert!(matches!(last["a"], State::Unreachable { .. }));
}

#[test]
fn nothing_reachable_is_a_failure() {
    assert_eq!(go(Script { unreachable: NAMES.to_vec(), ..Script::default() }, 8).0, End::Failed);
}

#[test]
fn a_failure_stops_what_has_not_begun() {
    let (end, last, script) = go(Script { failing: vec!["b"], ..Script::default() }, 1);
    assert_eq!(end, End::Partly);
    assert_eq!(writes(&script), ["write a", "write b"]);
    assert_eq!(last["c"], State::Untouched);
}

#[test]
fn on_request_a_failure_stops_nothing() {
    let (_sender, stop) = watch::channel(Stop::Go);
    let (end, last, _) =
        play(Script { failing: vec!["b"], ..Script::default() }, 1, OnFailure::Continue, stop);
    assert_eq!(end, End::Partly);
    assert!(matches!(last["d"], State::Done(_)));
}

#[test]
fn never_more_than_the_limit_at_once() {
    for limit in 1..=3 {
        let (_, _, script) = go(Script::default(), limit);
        assert_eq!(script.most_at_once.borrow().1, limit);
    }
}

#[test]
fn a_signal_lets_running_contexts_end_and_begins_no_other() {
    let (sender, stop) = watch::channel(Stop::Go);
    let script = Script { stop_during: Some((vec!["b"], sender)), ..Script::default() };
    let (end, last, script) = play(script, 1, OnFailure::Stop, stop);
    assert_eq!(end, End::Interrupted);
    assert_eq!(writes(&script), ["write a", "write b"]);
    assert!(matches!(last["b"], State::Done(_)));
    assert_eq!(last["c"], State::Untouched);
}

#[test]
fn a_second_signal_ends_the_running_ones() {
    let (sender, stop) = watch::channel(Stop::Go);
    let script = Script { stop_during: Some((vec!["a", "b"], sender)), ..Script::default() };
    let (end, last, _) = play(script, 2, OnFailure::Stop, stop);
    assert_eq!(end, End::Interrupted);
    assert!(matches!((&last["a"], &last["b"]), (State::Interrupted { .. }, State::Interrupted { .. })));
    assert_eq!(last["c"], State::Untouched);
}

#[test]
fn a_signal_during_the_checks_writes_nothing() {
    let (sender, stop) = watch::channel(Stop::Go);
    sender.send_replace(Stop::NoNew);
    let (end, _, script) = play(Script::default(), 1, OnFailure::Stop, stop);
    assert_eq!((end, writes(&script).len()), (End::Interrupted, 0));
}
