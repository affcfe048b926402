//! `rollback`: per context to the revision before a run, never to one that failed.

use testkit::tools;

use super::sandbox::{PAIR, Sandbox};

/// Installed in both contexts with message `one`.
fn installed() -> Sandbox {
    let sandbox = Sandbox::with_pair(tools::HELM_4);
    sandbox.run("upgrade web --install --set message=one").assert_success();
    sandbox
}

/// In one context and without a release file.
fn upgrade(sandbox: &Sandbox, flags: &str) -> testkit::Run {
    sandbox.run(&format!("upgrade web ./chart --install --contexts prod-eu {flags}"))
}

/// The run that a finished command's last line names.
fn run_id(run: &testkit::Run) -> String {
    let (_, rest) = run.stderr().rsplit_once("   run ").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

/// The run in the label of a revision in `prod-eu`.
fn run_id_of(sandbox: &Sandbox, revision: u32) -> String {
    let record = sandbox.object("prod-eu", &format!("secrets/sh.helm.release.v1.web.v{revision}"));
    record["metadata"]["labels"]["convoy.run"].as_str().unwrap().to_owned()
}

#[test]
fn contexts_that_were_not_part_of_the_last_run_are_left_alone() {
    let sandbox = installed();
    sandbox.run("upgrade web --contexts prod-* --set message=two").assert_success();
    let run = sandbox.run("rollback web");
    run.assert_success().assert_stderr("dev-1    not part of run").assert_stderr("2 of 2 contexts done");
    let expected = [(1, "superseded"), (2, "superseded"), (3, "deployed")];
    sandbox.assert_revisions("dev-1", &[(1, "deployed")]);
    sandbox.assert_revisions("prod-eu", &expected);
    assert_eq!(sandbox.message("prod-eu"), "one");
    let again = sandbox.run("rollback web");
    again.assert_success().assert_stderr("rolled back already (revision 3 has the content of 1)");
    sandbox.assert_revisions("prod-eu", &expected);
}

#[test]
fn a_run_can_be_named() {
    let sandbox = installed();
    let second = run_id(&sandbox.run("upgrade web --set message=two"));
    let third = run_id(&sandbox.run("upgrade web --contexts dev-1 --set message=three"));
    let blocked = sandbox.run(&format!("rollback web --run {second}"));
    blocked.assert_code(1).assert_stderr("Nothing was changed anywhere");
    blocked.assert_stderr(&format!("dev-1 cannot go: revision 3 of run {third} came after run {second}"));
    blocked.assert_stderr("hint: see them with helm multi history web; --to-revision chooses one");
    sandbox.assert_revisions("prod-eu", &[(1, "superseded"), (2, "deployed")]);
    sandbox.run(&format!("rollback web --run {second} --contexts prod-eu")).assert_success();
    assert_eq!(PAIR.map(|context| sandbox.message(context)), ["three", "one"]);
    // What runs there now is what the first run made, so that can be taken back as well.
    let first = run_id_of(&sandbox, 1);
    let run = sandbox.run(&format!("rollback web --run {first} --contexts prod-eu"));
    run.assert_code(1).assert_stderr(&format!("prod-eu cannot go: there was no release before run {first}"));
    let unknown = sandbox.run("rollback web --run 00000000");
    unknown.assert_success().assert_stderr("not part of run 00000000");
}

#[test]
fn a_revision_can_be_named() {
    let sandbox = installed();
    sandbox.run("upgrade web --set message=two").assert_success();
    sandbox.run("upgrade web --set message=three").assert_success();
    sandbox.run("rollback web --to-revision 1").assert_success();
    assert_eq!(PAIR.map(|context| sandbox.message(context)), ["one", "one"]);
    let run = sandbox.run("rollback web --to-revision 4");
    run.assert_success().assert_stderr("at revision 4 already");
    let run = sandbox.run("rollback web --to-revision 9");
    run.assert_code(1)
        .assert_stderr("dev-1 and prod-eu cannot go: there is no revision 9 any more, or there never was");
    run.assert_stderr("2 of 2 contexts cannot go. Nothing was changed anywhere.");
}

#[test]
fn never_to_a_revision_that_failed() {
    let sandbox = Sandbox::new();
    sandbox.web_chart();
    upgrade(&sandbox, "--set message=one").assert_success();
    upgrade(&sandbox, "--set message=two").assert_success();
    upgrade(&sandbox, "--set message=three --set refuseIn={prod-eu}").assert_code(1);
    upgrade(&sandbox, "--set message=four").assert_success();
    let found = [(1, "superseded"), (2, "superseded"), (3, "failed"), (4, "deployed")];
    sandbox.assert_revisions("prod-eu", &found);
    sandbox.run("rollback web --contexts prod-eu").assert_success().assert_stderr("rev 4 -> 5");
    assert_eq!(sandbox.message("prod-eu"), "two");
    let run = sandbox.run("rollback web --contexts prod-eu --to-revision 3");
    run.assert_code(1).assert_stderr("prod-eu cannot go: revision 3 failed or was never finished");
}

#[test]
fn superseded_does_not_mean_good() {
    let sandbox = Sandbox::with_helm(tools::HELM_3);
    sandbox.web_chart();
    upgrade(&sandbox, "--set message=one").assert_success();
    upgrade(&sandbox, "--set message=two --set refuseIn={prod-eu}").assert_code(1);
    upgrade(&sandbox, "--set message=three --set refuseIn={prod-eu}").assert_code(1);
    // A rollback that fails marks the revision before it superseded, although that failed as well.
    let words = format!("rollback web 2 --kube-context prod-eu -n {}", sandbox.namespace());
    sandbox.helm(words.split(' ')).run().assert_code(1);
    assert_eq!(sandbox.revisions("prod-eu", "web")[2].1, "superseded", "else this test tests nothing");
    upgrade(&sandbox, "--set message=five").assert_success();
    sandbox.run("rollback web --contexts prod-eu --to-revision 3").assert_code(1);
    sandbox.run("rollback web --contexts prod-eu").assert_success();
    assert_eq!(sandbox.message("prod-eu"), "one");
}

#[test]
fn a_failed_run_is_taken_back() {
    let sandbox = installed();
    let failed = sandbox.run("upgrade web --set message=two --set refuseIn={prod-eu}");
    failed.assert_code(3);
    sandbox.assert_revisions("prod-eu", &[(1, "deployed"), (2, "failed")]);
    sandbox.run("rollback web").assert_success();
    for context in PAIR {
        assert_eq!(sandbox.message(context), "one", "{context}");
        assert_eq!(sandbox.revisions(context, "web").len(), 3, "{context}");
        assert_eq!(sandbox.revisions(context, "web")[2].1, "deployed", "{context}");
    }
}

#[test]
fn somebody_elses_later_revision_blocks_although_helm_hands_on_the_label_of_the_run() {
    let sandbox = installed();
    let second = run_id(&sandbox.run("upgrade web --set message=two"));
    let words =
        format!("upgrade web chart --set message=manual --kube-context prod-eu -n {}", sandbox.namespace());
    sandbox.helm(words.split(' ')).run().assert_success();
    assert_eq!(run_id_of(&sandbox, 3), second, "else this test tests nothing");
    let status = sandbox.run("status web -o json").assert_success().json();
    assert_eq!(status["contexts"][0]["run"], second.as_str());
    assert!(status["contexts"][1]["run"].is_null(), "{status}");
    let run = sandbox.run("rollback web");
    run.assert_code(1);
    run.assert_stderr(&format!("prod-eu cannot go: revision 3 was made by hand after run {second}"));
    assert_eq!(PAIR.map(|context| sandbox.message(context)), ["two", "manual"]);
    sandbox.run("rollback web --contexts dev-1").assert_success();
    assert_eq!(PAIR.map(|context| sandbox.message(context)), ["one", "manual"]);
}

#[test]
fn a_fresh_install_has_nothing_before_it() {
    let sandbox = installed();
    let run = sandbox.run("rollback web");
    run.assert_code(1).assert_stderr("2 of 2 contexts cannot go. Nothing was changed anywhere.");
    run.assert_stderr("dev-1 and prod-eu cannot go: there was no release before run");
    run.assert_stderr("hint: to remove it: helm multi uninstall web");
    sandbox.assert_revisions("dev-1", &[(1, "deployed")]);
}

#[test]
fn a_release_that_is_nowhere_is_left_alone() {
    let sandbox = Sandbox::with_release();
    sandbox.run("rollback web").assert_success().assert_stderr("not installed");
    sandbox.assert_untouched();
}

#[test]
fn after_helms_own_rollback_there_is_nothing_to_take_back() {
    for (version, flag) in [(tools::HELM_4, "--rollback-on-failure"), (tools::HELM_3, "--atomic")] {
        let sandbox = Sandbox::with_helm(version);
        sandbox.web_chart();
        upgrade(&sandbox, "--set message=one").assert_success();
        let failed =
            upgrade(&sandbox, &format!("--set message=two --set refuseIn={{prod-eu}} {flag} --timeout 20s"));
        failed.assert_code(1).assert_stderr("the release is now at revision 3, deployed");
        sandbox.assert_revisions("prod-eu", &[(1, "superseded"), (2, "failed"), (3, "deployed")]);
        let run = sandbox.run("rollback web --contexts prod-eu");
        run.assert_success().assert_stderr("rolled back already (revision 3 has the content of 1)");
        assert_eq!(sandbox.message("prod-eu"), "one");
    }
}

#[test]
fn releases_made_by_helm_alone_go_back_to_the_last_good_revision() {
    let sandbox = Sandbox::new();
    sandbox.web_chart();
    for message in ["one", "two"] {
        let words = format!(
            "upgrade web chart --install --set message={message} --kube-context prod-eu -n {}",
            sandbox.namespace()
        );
        sandbox.helm(words.split(' ')).run().assert_success();
    }
    sandbox.run("rollback web --contexts prod-eu").assert_success();
    assert_eq!(sandbox.message("prod-eu"), "one");
}
