//! A release that a killed helm left half-way: named, with a way out that works.

use testkit::{Signal, eventually, tools};

use super::sandbox::Sandbox;

/// Helm itself, killed while it waits for pods that never become ready.
fn kill_helm(sandbox: &Sandbox, command: &str, expected: &str) {
    let words = format!(
        "{command} web chart --set replicas=1,outcome=never-ready,message=half --wait --kube-context prod-eu -n {}",
        sandbox.namespace()
    );
    let helm = sandbox.helm(words.split(' ')).spawn();
    eventually("helm has begun", || {
        sandbox.revisions("prod-eu", "web").last().is_some_and(|(_, status)| status == expected)
            && sandbox.has("prod-eu", "configmaps/web")
    });
    helm.signal_group(Signal::KILL);
}

#[test]
fn a_pending_upgrade_is_rolled_back() {
    let sandbox = Sandbox::with_pair(tools::HELM_4);
    sandbox.run("upgrade web --install --set message=one").assert_success();
    sandbox.run("upgrade web --set message=two --contexts prod-eu").assert_success();
    kill_helm(&sandbox, "upgrade", "pending-upgrade");
    let run = sandbox.run("upgrade web");
    run.assert_code(1).assert_stderr("1 of 2 contexts cannot go. Nothing was changed anywhere.");
    run.assert_stderr("prod-eu cannot go: release web is pending-upgrade since ");
    run.assert_stderr("(revision 3): a helm was interrupted, or is at work");
    let way_out = "helm multi rollback web --contexts prod-eu --to-revision 2";
    run.assert_stderr(&format!("hint: if no helm is at work: {way_out}"));
    sandbox.assert_revisions("dev-1", &[(1, "deployed")]);
    sandbox.run("diff web").assert_code(3).assert_stderr("error: prod-eu: release web is pending-upgrade");
    sandbox.run("status web").assert_success().assert_stdout("pending-upgrade");

    sandbox.run(way_out.strip_prefix("helm multi ").unwrap()).assert_success();
    assert_eq!(sandbox.message("prod-eu"), "two");
    sandbox.run("upgrade web --set message=five").assert_success();
    assert_eq!(sandbox.message("prod-eu"), "five");
    // The half revision is never taken for a good one.
    sandbox.run("rollback web").assert_success();
    assert_eq!(sandbox.message("prod-eu"), "two");
    sandbox.run("rollback web --contexts prod-eu --to-revision 3").assert_code(1);
}

#[test]
fn a_pending_install_is_removed() {
    let sandbox = Sandbox::with_pair(tools::HELM_3);
    kill_helm(&sandbox, "install", "pending-install");
    for command in ["upgrade web --install", "install web"] {
        let run = sandbox.run(command);
        run.assert_code(1).assert_stderr("prod-eu cannot go: release web is pending-install since ");
        run.assert_stderr("hint: if no helm is at work: helm multi uninstall web --contexts prod-eu");
        sandbox.assert_revisions("dev-1", &[]);
    }
    sandbox.run("uninstall web --contexts prod-eu").assert_success();
    sandbox.run("upgrade web --install").assert_success();
    sandbox.assert_revisions("prod-eu", &[(1, "deployed")]);
}
