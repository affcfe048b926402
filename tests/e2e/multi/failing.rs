//! A context that fails while it is written.

use std::time::Duration;

use testkit::tools;

use super::sandbox::{CONTEXTS, FLEET, Sandbox, last_states};

/// Installed everywhere; the next upgrade's workload never becomes ready in `prod-eu`.
fn installed(version: &str) -> Sandbox {
    let sandbox = Sandbox::with_helm(version);
    sandbox.web_chart();
    sandbox.write("convoy.yaml", FLEET);
    sandbox.release("  values: ['{context}.yaml?']\n");
    sandbox.run("upgrade web --install --set message=one").assert_success();
    sandbox.write("prod-eu.yaml", "outcome: never-ready\n");
    sandbox
}

const UPGRADE: &str = "upgrade web --set replicas=1,message=two --wait --timeout 3s";

#[test]
fn a_failure_stops_those_not_begun() {
    let sandbox = installed(tools::HELM_4);
    let run = sandbox.run(&format!("{UPGRADE} -P 1"));
    run.assert_code(3).assert_stderr("1 of 3 contexts done, 1 failed, 1 not begun");
    run.assert_stderr("prod-eu failed: ");
    run.assert_stderr("  the release is now at revision 2, failed; workloads may run a part of it");
    run.assert_stderr("prod-us  not begun");
    assert!(run.duration() < Duration::from_secs(30), "{run}");
    sandbox.assert_revisions("dev-1", &[(1, "superseded"), (2, "deployed")]);
    sandbox.assert_revisions("prod-eu", &[(1, "deployed"), (2, "failed")]);
    sandbox.assert_revisions("prod-us", &[(1, "deployed")]);
    // What is deployed is not what failed: the diff is against the last good revision.
    let diff = sandbox.run("diff web --set replicas=1,message=one --contexts prod-eu");
    diff.assert_success().assert_stdout("+ Deployment web").assert_nowhere("message");
}

#[test]
fn on_request_the_others_go_on() {
    let sandbox = installed(tools::HELM_4);
    let run = sandbox.run(&format!("{UPGRADE} -P 1 --on-failure continue -o json"));
    let states = last_states(run.assert_code(3));
    let found = CONTEXTS.map(|context| states[context]["state"].as_str().unwrap());
    assert_eq!(found, ["done", "failed", "done"], "{run}");
    assert_eq!(
        states["prod-eu"]["cause"]["details"][0],
        "the release is now at revision 2, failed; workloads may run a part of it"
    );
    sandbox.assert_revisions("prod-us", &[(1, "superseded"), (2, "deployed")]);
    // The next run, with the mistake corrected, brings all to the same state.
    sandbox.write("prod-eu.yaml", "outcome: ready\n");
    sandbox.run(UPGRADE).assert_success();
    sandbox.assert_revisions("prod-eu", &[(1, "superseded"), (2, "failed"), (3, "deployed")]);
}

#[test]
fn a_failure_everywhere_is_code_1() {
    let sandbox = Sandbox::with_release();
    let run = sandbox.run("upgrade web --install --set refuseIn={dev-1,prod-eu,prod-us}");
    run.assert_code(1).assert_stderr("0 of 3 contexts done, 3 failed");
    run.assert_stderr("the release is now at revision 1, failed");
    run.assert_stderr("Service \"web\" is invalid");
}

#[test]
fn helm_3_fails_the_same_way_and_its_own_way_back_is_told() {
    let sandbox = Sandbox::with_pair(tools::HELM_3);
    sandbox.run("upgrade web --install --set message=one").assert_success();
    sandbox.write("prod-eu.yaml", "outcome: never-ready\n");
    let run = sandbox.run(UPGRADE);
    run.assert_code(3).assert_stderr("1 of 2 contexts done, 1 failed");
    run.assert_stderr("  the release is now at revision 2, failed; workloads may run a part of it");
    let run = sandbox.run(&format!("{UPGRADE} --atomic"));
    run.assert_code(3).assert_stderr("the release is now at revision 4, deployed");
    assert_eq!(sandbox.message("prod-eu"), "one");
}
