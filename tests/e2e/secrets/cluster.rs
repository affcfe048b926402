//! The wrapper on a real control plane.

use serde_json::Value;
use testkit::{ControlPlane, Invocation, KubeContext, Signal, eventually, shared_clusters, tools};

use super::sandbox::Sandbox;

const SECRET: &str = "\
apiVersion: v1
kind: Secret
metadata: {name: app}
stringData: {password: {{ .Values.db.password | quote }}}
";

fn with_release_chart(helm: &str) -> Sandbox {
    let sandbox = Sandbox::with_helm(helm);
    sandbox.chart();
    fs_err::remove_file(sandbox.path("chart/templates/values.yaml")).unwrap();
    sandbox.write("chart/templates/secret.yaml", SECRET);
    sandbox.encrypted("secret.yaml", "db: {password: correct-horse}\n");
    sandbox
}

/// The password that reached the cluster, in base64.
fn password(plane: &ControlPlane, namespace: &str) -> Option<String> {
    let answer = plane.request("GET", &format!("/api/v1/namespaces/{namespace}/secrets/app"), None);
    let secret: Value = answer.is_success().then(|| answer.json())?;
    secret["data"]["password"].as_str().map(str::to_owned)
}

fn install_upgrade_uninstall(helm: &str) {
    let sandbox = with_release_chart(helm);
    let plane = &shared_clusters()[0];
    let namespace = sandbox.namespace();
    plane.create_namespace(namespace);
    sandbox.kubeconfig([("dev-1", plane, namespace)]);
    let run = sandbox.secrets(["install", "app", "chart", "-f", "secret.yaml"]).run();
    run.assert_success().assert_stdout("STATUS: deployed");
    assert_eq!(password(plane, namespace).as_deref(), Some("Y29ycmVjdC1ob3JzZQ=="));

    sandbox.encrypted("next-secret.yaml", "db: {password: battery}\n");
    let run = sandbox.secrets(["upgrade", "-if", "next-secret.yaml", "app", "chart"]).run();
    run.assert_success().assert_stdout("REVISION: 2");
    assert_eq!(password(plane, namespace).as_deref(), Some("YmF0dGVyeQ=="));

    let run = sandbox.secrets(["get", "values", "app"]).run();
    run.assert_success().assert_stdout("password: battery");
    sandbox.secrets(["uninstall", "app"]).run().assert_success();
    assert_eq!(password(plane, namespace), None);
}

#[test]
fn install_upgrade_uninstall_with_helm_4() {
    install_upgrade_uninstall(tools::HELM_4);
}

#[test]
fn install_upgrade_uninstall_with_helm_3() {
    install_upgrade_uninstall(tools::HELM_3);
}

#[test]
fn namespace_and_context_flags_decide_where() {
    let sandbox = with_release_chart(tools::HELM_4);
    let [dev, eu, _] = shared_clusters();
    let namespace = sandbox.namespace();
    eu.create_namespace(namespace);
    dev.create_namespace(namespace);
    sandbox
        .kubeconfig([KubeContext::new("dev-1", dev, "default"), KubeContext::new("prod-eu", eu, "default")]);
    for flags in
        [["--kube-context", "prod-eu", "-n", namespace], ["-n", namespace, "--kube-context", "prod-eu"]]
    {
        let run = sandbox.secrets(["upgrade", "--install", "app", "chart", "-f", "secret.yaml"]);
        flags.iter().fold(run, Invocation::arg).run().assert_success();
        assert_eq!(password(eu, namespace).as_deref(), Some("Y29ycmVjdC1ob3JzZQ=="));
        assert_eq!(password(dev, namespace), None);
        assert_eq!(password(eu, "default"), None);
    }
    let glued = format!("-n{namespace}");
    let run = sandbox.secrets(["status", "app", &glued, "--kube-context=prod-eu"]).run();
    run.assert_success().assert_stdout("REVISION: 2");
}

#[test]
fn helm_that_is_told_to_end_marks_its_release_as_failed() {
    let sandbox = with_release_chart(tools::HELM_4);
    let plane = &shared_clusters()[0];
    plane.create_namespace(sandbox.namespace());
    sandbox.kubeconfig([("dev-1", plane, sandbox.namespace())]);
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: never}\nspec:\n  nodeSelector: {no: such}\n  \
               containers: [{name: a, image: example.com/a:1}]\n";
    sandbox.write("chart/templates/pod.yaml", pod);
    let install = ["install", "app", "chart", "-f", "secret.yaml", "--wait", "--timeout", "2m"];
    let running = sandbox.plugin(install).spawn();
    eventually("the release waits for its pod", || password(plane, sandbox.namespace()).is_some());
    running.signal(Signal::TERM);
    running.wait().assert_code(1);
    let run = sandbox.helm(["status", "app", "-o", "json"]).run();
    run.assert_success();
    assert_eq!(run.json()["info"]["status"], "failed", "{run}");
}
