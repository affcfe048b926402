//! One context that cannot go stops the run before the first write anywhere.

use testkit::tools;

use super::sandbox::{CONTEXTS, Sandbox, failure};

#[test]
fn a_chart_that_does_not_render_in_one_context_stops_all() {
    let sandbox = Sandbox::with_release();
    let run = sandbox.run("upgrade web --install --set breakIn={prod-us}");
    run.assert_code(1).assert_stderr("prod-us cannot go: ");
    run.assert_stderr("no database in prod-us");
    run.assert_stderr("1 of 3 contexts cannot go. Nothing was changed anywhere.");
    run.assert_nowhere("upgrading");
    sandbox.assert_untouched();
    // Every context that cannot go is told, at once.
    let run = sandbox.run("upgrade web --install --set breakIn={prod-us,dev-1}");
    run.assert_code(1).assert_stderr("dev-1 cannot go: ").assert_stderr("prod-us cannot go: ");
    run.assert_stderr("2 of 3 contexts cannot go.");
    let run = sandbox.run("diff web --set breakIn={prod-us}");
    run.assert_code(3).assert_stderr("error: prod-us: ");
    let run = sandbox.run("template web --set breakIn={prod-us}");
    run.assert_code(3).assert_stdout("# context: dev-1").assert_stderr("error: prod-us: ");
    assert!(!run.stdout().contains("# context: prod-us"));
}

#[test]
fn an_upgrade_of_what_is_not_there_is_refused_with_the_way_out() {
    let sandbox = Sandbox::with_release();
    sandbox.run("upgrade web --install --contexts dev-1").assert_success();
    let run = sandbox.run("upgrade web");
    run.assert_code(1).assert_stderr("2 of 3 contexts cannot go. Nothing was changed anywhere.");
    run.assert_stderr(&format!(
        "prod-eu and prod-us cannot go: release web is not installed in namespace {}",
        sandbox.namespace()
    ));
    run.assert_stderr("hint: add --install to install it where it is missing");
    sandbox.assert_revisions("dev-1", &[(1, "deployed")]);
}

#[test]
fn an_install_of_what_is_there_is_refused_with_the_way_out() {
    let sandbox = Sandbox::with_release();
    sandbox.run("install web --contexts dev-1").assert_success().assert_stderr("installed   rev 1");
    let run = sandbox.run("install web");
    run.assert_code(1).assert_stderr("dev-1 cannot go: release web is there already (revision 1)");
    run.assert_stderr("hint: helm multi upgrade web").assert_stderr("1 of 3 contexts cannot go");
    sandbox.assert_revisions("dev-1", &[(1, "deployed")]);
    sandbox.assert_revisions("prod-us", &[]);
}

#[test]
fn a_release_that_never_got_deployed_is_refused_with_a_way_out_that_works() {
    let sandbox = Sandbox::with_pair(tools::HELM_4);
    sandbox.run("upgrade web --install --set refuseIn={prod-eu}").assert_code(3);
    sandbox.assert_revisions("prod-eu", &[(1, "failed")]);
    let run = sandbox.run("upgrade web --install");
    run.assert_code(1);
    run.assert_stderr("prod-eu cannot go: release web was never deployed: its newest revision, 1, is failed");
    run.assert_stderr("hint: remove it first: helm multi uninstall web --contexts prod-eu");
    sandbox.run("uninstall web --contexts prod-eu").assert_success();
    sandbox.run("upgrade web --install").assert_success();
    sandbox.assert_revisions("prod-eu", &[(1, "deployed")]);
}

#[test]
fn an_uninstalled_release_with_history_is_installed_again() {
    let sandbox = Sandbox::with_pair(tools::HELM_4);
    sandbox.run("upgrade web --install").assert_success();
    sandbox.run("uninstall web --contexts prod-eu --keep-history").assert_success();
    sandbox.assert_revisions("prod-eu", &[(1, "uninstalled")]);
    sandbox.run("uninstall web --contexts prod-eu").assert_success().assert_stderr("not installed");
    let run = sandbox.run("upgrade web --install");
    run.assert_success();
    assert_eq!(sandbox.revisions("prod-eu", "web").last().unwrap().1, "deployed", "{run}");
}

#[test]
fn a_dry_run_is_not_reported_as_a_run() {
    let sandbox = Sandbox::with_pair(tools::HELM_4);
    sandbox.run("upgrade web --install --contexts dev-1").assert_success();
    for (command, hint) in [
        ("upgrade web --install --dry-run", "helm multi diff web shows what would change"),
        ("install web --dry-run=server", "helm multi diff web shows what would change"),
        ("rollback web --dry-run=client", "helm multi status web shows what is there"),
        ("uninstall web --contexts * --dry-run", "helm multi status web shows what is there"),
    ] {
        let run = sandbox.run(command);
        let expected =
            format!("error: --dry-run does not go with a command that changes clusters\n  hint: {hint}\n");
        assert_eq!(failure(&run), expected);
    }
    sandbox.assert_revisions("dev-1", &[(1, "deployed")]);
    sandbox.assert_revisions("prod-eu", &[]);
}

#[test]
fn a_flag_that_nobody_knows_is_refused() {
    let sandbox = Sandbox::with_release();
    let run = sandbox.run("upgrade web --install --atomicc");
    assert!(failure(&run).contains("--atomicc"), "{run}");
    let run = sandbox.run("upgrade web --install --contexts dev-1 -- --brand-new-flag");
    run.assert_code(1).assert_stderr("unknown flag: --brand-new-flag");
    sandbox.assert_untouched();
}

#[test]
fn a_diff_changes_nothing_and_tells_the_same_change_once() {
    let sandbox = Sandbox::with_release();
    sandbox.run("upgrade web --install").assert_success();
    let run = sandbox.run("diff web --set message=x --set refuseIn={prod-us}");
    run.assert_success().assert_stdout("web: 3 contexts, 2 different changes, 0 unchanged");
    run.assert_stdout("2 contexts: dev-1 and prod-eu")
        .assert_stdout("1 context: prod-us")
        .assert_stdout("+ Service web");
    assert_eq!(CONTEXTS.map(|context| sandbox.message(context)), ["hello"; 3]);
    CONTEXTS.iter().for_each(|context| sandbox.assert_revisions(context, &[(1, "deployed")]));
}
