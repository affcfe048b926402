//! Clusters that are another than was meant, that are the same, or that do not answer.

use std::time::{Duration, Instant};

use testkit::net::refusing_address;
use testkit::{Fault, KubeContext, Proxy, Reply, ScriptedServer, shared_clusters};

use super::sandbox::{CONTEXTS, FLEET, Sandbox, cluster, last_states};

/// A kubeconfig where `prod-eu` is another name for the cluster of `prod-us`, in this namespace.
fn aliased(sandbox: &Sandbox, namespace: &str) {
    let [dev, _, us] = shared_clusters();
    sandbox.kubeconfig([
        KubeContext::new("dev-1", dev, sandbox.namespace()),
        KubeContext::new("prod-eu", us, namespace),
        KubeContext::new("prod-us", us, sandbox.namespace()),
    ]);
}

#[test]
fn two_names_for_one_cluster_and_namespace_are_refused() {
    let sandbox = Sandbox::with_release();
    aliased(&sandbox, sandbox.namespace());
    let run = sandbox.run("upgrade web --install");
    run.assert_code(1).assert_stderr("warning: prod-eu and prod-us are one cluster");
    run.assert_stderr(&format!(
        "prod-us cannot go: is the same cluster as prod-eu, so release web in namespace {} would be written twice",
        sandbox.namespace()
    ));
    run.assert_stderr("1 of 3 contexts cannot go. Nothing was changed anywhere.");
    sandbox.assert_untouched();
    sandbox
        .run("upgrade web --install --contexts dev-1,prod-us")
        .assert_success()
        .assert_nowhere("one cluster");
}

#[test]
fn two_namespaces_of_one_cluster_are_told_and_done() {
    let sandbox = Sandbox::with_release();
    let other = format!("{}-other", sandbox.namespace());
    cluster("prod-us").create_namespace(&other);
    aliased(&sandbox, &other);
    let run = sandbox.run("upgrade web --install");
    run.assert_success().assert_stderr("warning: prod-eu and prod-us are one cluster");
    assert_eq!(sandbox.object("prod-us", "configmaps/web")["data"]["clusterName"], "prod-us");
    let path = format!("/api/v1/namespaces/{other}/configmaps/web");
    assert_eq!(cluster("prod-us").get(&path)["data"]["clusterName"], "prod-eu");
}

#[test]
fn a_pinned_cluster_is_no_other() {
    let sandbox = Sandbox::with_release();
    let pinned = |uid: &str| FLEET.replace("name: prod-eu,", &format!("name: prod-eu, clusterUID: {uid},"));
    sandbox.write("convoy.yaml", pinned(cluster("prod-eu").uid()));
    sandbox.run("upgrade web --install").assert_success();
    aliased(&sandbox, sandbox.namespace());
    for words in ["upgrade web", "rollback web", "uninstall web --contexts *"] {
        let run = sandbox.run(words);
        let message = format!(
            "prod-eu cannot go: this is another cluster: its UID is {}, pinned is {}",
            cluster("prod-us").uid(),
            cluster("prod-eu").uid()
        );
        run.assert_code(1).assert_stderr(&message).assert_stderr("Nothing was changed anywhere.");
    }
    sandbox.run("status web").assert_code(3).assert_stderr("error: prod-eu: this is another cluster");
    CONTEXTS.iter().for_each(|context| sandbox.assert_revisions(context, &[(1, "deployed")]));
}

#[test]
fn a_context_may_have_a_kubeconfig_of_its_own() {
    let sandbox = Sandbox::with_release();
    let [dev, eu, us] = shared_clusters();
    // The same name means another cluster in the usual kubeconfig.
    let own = fs_err::read_to_string(eu.kubeconfig()).unwrap();
    let own = own.replace("namespace: 'default'", &format!("namespace: '{}'", sandbox.namespace()));
    sandbox.write("kube/eu.yaml", own);
    sandbox.kubeconfig([
        KubeContext::new("dev-1", dev, sandbox.namespace()),
        KubeContext::new("prod-eu", us, "default"),
        KubeContext::new("prod-us", us, sandbox.namespace()),
    ]);
    let fleet = FLEET.replace("name: prod-eu,", "name: prod-eu, kubeconfig: kube/eu.yaml,");
    sandbox
        .write("deep/convoy.yaml", fleet.replace("[web.yaml]", "[../web.yaml]").replace("kube/", "../kube/"));
    sandbox
        .run("upgrade web --install --fleet deep/convoy.yaml")
        .assert_success()
        .assert_nowhere("one cluster");
    CONTEXTS.iter().for_each(|context| sandbox.assert_revisions(context, &[(1, "deployed")]));
    assert_eq!(sandbox.object("prod-eu", "configmaps/web")["data"]["clusterName"], "prod-eu");
}

#[test]
fn the_others_go_on_without_an_unreachable_cluster() {
    let sandbox = Sandbox::with_release();
    let [dev, eu, us] = shared_clusters();
    let contexts = |eu_at| {
        sandbox.kubeconfig([
            KubeContext::new("dev-1", dev, sandbox.namespace()),
            KubeContext::new("prod-eu", eu, sandbox.namespace()).through(eu_at),
            KubeContext::new("prod-us", us, sandbox.namespace()),
        ]);
    };
    contexts(refusing_address());
    let run = sandbox.run("upgrade web --install");
    run.assert_code(3)
        .assert_stderr("prod-eu not reachable: the cluster is unreachable (kube context `prod-eu`)");
    run.assert_stderr("2 of 3 contexts done, 1 unreachable");
    run.assert_stderr(
        "hint: check the address, the VPN and the proxy; `kubectl --context prod-eu version` tries it",
    );
    sandbox.assert_revisions("dev-1", &[(1, "deployed")]);
    sandbox.assert_revisions("prod-eu", &[]);
    sandbox.assert_revisions("prod-us", &[(1, "deployed")]);
    sandbox
        .run("diff web --set message=x")
        .assert_code(3)
        .assert_stderr("error: prod-eu: the cluster is unreachable");
    sandbox.run("status web").assert_code(3).assert_stdout("unknown");
    sandbox.run("history web").assert_code(3).assert_stdout("unknown");
    sandbox.run("rollback web --to-revision 1").assert_code(3).assert_stderr("at revision 1 already");
    let uninstalled = sandbox.run("uninstall web --contexts *");
    uninstalled.assert_code(3).assert_stderr("2 of 3 contexts done, 1 unreachable");
    // Where nothing can be reached, nothing is partly done.
    let run = sandbox.run("upgrade web --install --contexts prod-eu");
    run.assert_code(1).assert_stderr("0 of 1 contexts done, 1 unreachable");
    // Back again, the next run brings it up to date.
    contexts(eu.address());
    sandbox.run("upgrade web --install").assert_success();
    sandbox.assert_revisions("prod-eu", &[(1, "deployed")]);
}

#[test]
fn a_cluster_that_never_answers_holds_nobody_up_for_long() {
    let sandbox = Sandbox::with_release();
    let [dev, eu, us] = shared_clusters();
    let (silent, cutting) = (Proxy::start(eu.address()), Proxy::start(us.address()));
    silent.fault(Fault::Hang);
    cutting.fault(Fault::Close);
    sandbox.kubeconfig([
        KubeContext::new("dev-1", dev, sandbox.namespace()),
        KubeContext::new("prod-eu", eu, sandbox.namespace()).through(silent.address()),
        KubeContext::new("prod-us", us, sandbox.namespace()).through(cutting.address()),
    ]);
    let began = Instant::now();
    let run = sandbox.run("upgrade web --install -o json");
    assert!(began.elapsed() < Duration::from_secs(20), "{run}");
    let states = last_states(run.assert_code(3));
    assert_eq!(states["dev-1"]["state"], "done", "{run}");
    assert_eq!(states["prod-eu"]["state"], "unreachable", "{run}");
    assert_eq!(states["prod-us"]["state"], "unreachable", "{run}");
    sandbox.assert_revisions("dev-1", &[(1, "deployed")]);
}

#[test]
fn what_is_no_cluster_or_takes_no_credentials_blocks_the_run() {
    let sandbox = Sandbox::with_release();
    let config = sandbox.path("../kube/config");
    let text = fs_err::read_to_string(&config).unwrap();
    // A server that answers everything with 401.
    let stranger = ScriptedServer::answering(|_| {
        Reply::status(401).body(
            r#"{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Unauthorized","code":401}"#,
        )
    });
    let at = text.find("- name: 'prod-eu'").unwrap();
    let server = text[at..].find("server: '").map(|found| at + found + "server: '".len()).unwrap();
    let end = server + text[server..].find('\'').unwrap();
    let changed = format!("{}{}{}", &text[..server], stranger.url(), &text[end..]);
    let tls_fields =
        changed[server..].find(", certificate-authority-data").map(|found| server + found).unwrap();
    let line_end = tls_fields + changed[tls_fields..].find('}').unwrap();
    fs_err::write(&config, format!("{}{}", &changed[..tls_fields], &changed[line_end..])).unwrap();
    let run = sandbox.run("upgrade web --install");
    run.assert_code(1).assert_stderr("prod-eu cannot go: the cluster does not accept the credentials");
    run.assert_stderr("hint: log in again; `kubectl --context prod-eu get ns` tries it");
    sandbox.assert_untouched();
}
