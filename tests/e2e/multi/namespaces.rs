//! Which namespace and which server: what was typed, the release file, the context; never what helm guessed.

use testkit::{KubeContext, shared_clusters};

use super::sandbox::{CONTEXTS, Sandbox, cluster, failure};

/// The current context has one namespace, the others have another: helm tells its plugins the current one's.
fn apart() -> (Sandbox, String) {
    let sandbox = Sandbox::with_release();
    let other = format!("{}-current", sandbox.namespace());
    let namespace = |name: &str| if name == "dev-1" { &other } else { sandbox.namespace() };
    sandbox.kubeconfig(
        shared_clusters().iter().map(|plane| KubeContext::new(plane.name(), plane, namespace(plane.name()))),
    );
    for context in CONTEXTS {
        cluster(context).create_namespace(&other);
    }
    (sandbox, other)
}

fn installed_in(context: &str, namespace: &str) -> bool {
    let path = format!("/api/v1/namespaces/{namespace}/configmaps/web");
    cluster(context).request("GET", &path, None).is_success()
}

#[test]
fn each_context_has_its_own_default() {
    let (sandbox, other) = apart();
    sandbox.helm_multi("upgrade web --install").assert_success();
    assert!(installed_in("dev-1", &other) && !installed_in("dev-1", sandbox.namespace()));
    for context in ["prod-eu", "prod-us"] {
        assert!(installed_in(context, sandbox.namespace()), "HELM_NAMESPACE of the current context leaked");
        assert!(!installed_in(context, &other));
    }
}

#[test]
fn what_is_typed_wins_in_every_spelling() {
    let (sandbox, other) = apart();
    sandbox.release("");
    for (at, flag) in ["-n", "--namespace"].into_iter().enumerate() {
        let words = format!("upgrade web --install {flag} {other}");
        sandbox.helm_multi(&words).assert_success();
        for context in CONTEXTS {
            assert!(installed_in(context, &other), "{flag} in {context}");
        }
        assert!(!installed_in("prod-eu", sandbox.namespace()), "{flag}");
        let status =
            sandbox.helm_multi(&format!("status web {flag} {other} -o json")).assert_success().json();
        assert_eq!(status["contexts"][1]["revision"], at + 1);
    }
    let run = sandbox.helm(["-n", &other, "multi", "status", "web", "-o", "json"]).run();
    assert_eq!(run.assert_success().json()["contexts"][2]["revision"], 2, "before the plugin's name");
    let run = sandbox.multi(["status", "web", "-o", "json"]).env("HELM_NAMESPACE", &other).run();
    assert_eq!(run.assert_success().json()["contexts"][2]["revision"], 2, "by the user's own variable");
    let run = sandbox.helm_multi("status web -o json");
    assert_eq!(run.assert_success().json()["contexts"][2]["status"], "missing");
}

#[test]
fn a_release_file_goes_before_the_context() {
    let (sandbox, other) = apart();
    let text = sandbox.read("web.yaml").replace("{name: web}", &format!("{{name: web, namespace: {other}}}"));
    sandbox.write("web.yaml", text);
    sandbox.helm_multi("upgrade web --install").assert_success();
    for context in CONTEXTS {
        assert!(installed_in(context, &other) && !installed_in(context, sandbox.namespace()));
    }
    sandbox.helm_multi(&format!("upgrade web --install -n {}", sandbox.namespace())).assert_success();
    assert!(installed_in("prod-eu", sandbox.namespace()), "-n goes before the release file");
}

#[test]
fn a_namespace_that_is_missing_blocks_and_says_the_way_out() {
    let sandbox = Sandbox::with_release();
    let missing = format!("{}-missing", sandbox.namespace());
    let run = sandbox.helm_multi(&format!("upgrade web --install -n {missing}"));
    run.assert_code(1);
    sandbox.helm_multi(&format!("upgrade web --install -n {missing} --create-namespace")).assert_success();
    assert!(installed_in("prod-us", &missing));
}

#[test]
fn settings_that_would_send_every_context_to_one_place_are_refused() {
    let sandbox = Sandbox::with_release();
    for (variable, value) in [
        ("HELM_KUBEAPISERVER", "https://127.0.0.1:1"),
        ("HELM_KUBETOKEN", "abc"),
        ("HELM_KUBEASUSER", "eve"),
        ("HELM_KUBECAFILE", "/ca.pem"),
    ] {
        let run = sandbox.multi(["upgrade", "web", "--install"]).env(variable, value).run();
        assert_eq!(
            failure(&run),
            format!(
                "error: {variable} would override every context\n  hint: leave the flag or variable out; \
                 each context has its own server and user in the kubeconfig\n"
            )
        );
    }
    let run = sandbox.helm_multi("upgrade web --install --kube-apiserver https://127.0.0.1:1");
    assert!(failure(&run).contains("HELM_KUBEAPISERVER would override every context"), "{run}");
    let run = sandbox.helm_multi("upgrade web --install --kube-context prod-eu");
    assert_eq!(
        failure(&run),
        "error: --kube-context names one context only\n  \
         hint: say where to go with --contexts a,b or --select env=prod\n"
    );
    sandbox.assert_untouched();
}
