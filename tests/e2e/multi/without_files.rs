//! Without any fleet or release file: everything is on the command line.

use testkit::tools;

use super::sandbox::{Sandbox, failure};

#[test]
fn a_release_needs_no_file() {
    for version in [tools::HELM_4, tools::HELM_3] {
        let sandbox = Sandbox::with_helm(version);
        sandbox.web_chart();
        sandbox.write("values.yaml", "message: from the file\nimage: {tag: '2'}\n");
        let arguments =
            "upgrade web ./chart --install -f values.yaml --contexts dev-1,prod-us --set image.tag=3";
        sandbox.helm_multi(arguments).assert_success().assert_stderr("2 of 2 contexts done");
        for context in ["dev-1", "prod-us"] {
            assert_eq!(sandbox.message(context), "from the file");
            assert_eq!(sandbox.object(context, "configmaps/web")["data"]["clusterName"], context);
        }
        sandbox.assert_revisions("prod-eu", &[]);
        let again = "upgrade web chart --contexts prod-us --set message=again --set-string message=typed";
        sandbox.helm_multi(&format!("{again} --description hotfix")).assert_success();
        assert_eq!(sandbox.message("prod-us"), "typed");
        let history =
            sandbox.helm_multi("history web --contexts prod-us").assert_success().stdout().to_owned();
        let newest = history.lines().last().unwrap_or_default();
        assert!(newest.contains("convoy ") && newest.ends_with(": hotfix"), "{history}");
        sandbox
            .helm_multi("diff web chart --contexts prod-us --set message=other --detailed-exitcode")
            .assert_code(2);
        sandbox.helm_multi("rollback web --contexts prod-us").assert_success();
        assert_eq!(sandbox.message("prod-us"), "from the file");
        sandbox.helm_multi("uninstall web --contexts dev-1,prod-us").assert_success();
        sandbox.assert_untouched();
    }
}

#[test]
fn somebody_has_to_say_where_to() {
    let sandbox = Sandbox::new();
    sandbox.web_chart();
    let run = sandbox.helm_multi("upgrade web ./chart --install");
    assert_eq!(
        failure(&run),
        "error: nothing says which contexts are meant\n  hint: name them: --contexts a,b\n  hint: or write a convoy.yaml\n"
    );
    let run = sandbox.helm_multi("upgrade web --contexts dev-1");
    assert_eq!(
        failure(&run),
        "error: no convoy.yaml was found, so nothing says what release web is\n  \
         hint: give its chart and contexts: helm multi upgrade web ./chart --contexts a,b\n  \
         hint: or name the fleet file: --fleet FILE\n"
    );
    let run = sandbox.helm_multi("upgrade web ./chart --contexts prod-ue");
    assert_eq!(
        failure(&run),
        "error: --contexts: no context in the kubeconfig is `prod-ue`\n  hint: did you mean `prod-eu`? contexts: dev-1, prod-eu, prod-us\n"
    );
    sandbox.assert_untouched();
}

#[test]
fn contexts_without_a_fleet_are_those_of_the_kubeconfig() {
    let sandbox = Sandbox::new();
    let shown = sandbox.helm_multi("contexts").assert_success().stdout().to_owned();
    let names: Vec<&str> = shown.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, super::sandbox::CONTEXTS);
}

#[test]
fn a_chart_that_is_none_is_refused_before_any_cluster_is_asked() {
    let sandbox = Sandbox::new();
    sandbox.write("nochart/values.yaml", "");
    let run = sandbox.helm_multi("upgrade web ./nochart --install --contexts dev-1");
    assert_eq!(failure(&run), "error: ./nochart is no chart: it has no Chart.yaml\n");
    let run = sandbox.helm_multi("upgrade web ./nowhere --install --contexts dev-1");
    assert_eq!(failure(&run), "error: ./nowhere is no chart: it has no Chart.yaml\n");
}
