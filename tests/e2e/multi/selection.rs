//! Which contexts a run goes to, and what is wrong in files and flags.

use super::sandbox::{CONTEXTS, FLEET, Sandbox, failure};

#[test]
fn contexts_by_name_pattern_and_label() {
    let sandbox = Sandbox::with_release();
    for (flags, expected) in [
        ("--contexts prod-us,dev-1", vec!["dev-1", "prod-us"]),
        ("--contexts dev-1 --contexts prod-us", vec!["dev-1", "prod-us"]),
        ("--contexts prod-*", vec!["prod-eu", "prod-us"]),
        ("--select env=prod", vec!["prod-eu", "prod-us"]),
        ("--select tier=prod,region!=us-central1", vec!["prod-eu"]),
        ("--contexts *us,dev-1 --select tier!=dev", vec!["prod-us"]),
        ("", CONTEXTS.to_vec()),
    ] {
        let run = sandbox.run(&format!("status web {flags} -o json"));
        let json = run.assert_success().json();
        let found: Vec<&str> =
            json["contexts"].as_array().unwrap().iter().map(|row| row["context"].as_str().unwrap()).collect();
        assert_eq!(found, expected, "{run}");
        let listed = sandbox.run(&format!("contexts {flags} -o json")).assert_success().json();
        assert_eq!(listed["contexts"].as_array().unwrap().len(), expected.len());
    }
}

#[test]
fn a_release_goes_where_its_file_says() {
    let sandbox = Sandbox::with_release();
    sandbox.release("  contexts: {select: {env: prod}}\n");
    let run = sandbox.run("upgrade web --install --contexts dev-1");
    assert_eq!(
        failure(&run),
        "error: --contexts: release `web` does not go to `dev-1`\n  hint: it goes to: prod-eu, prod-us\n"
    );
    sandbox.run("upgrade web --install").assert_success();
    sandbox.assert_revisions("dev-1", &[]);
    sandbox.assert_revisions("prod-eu", &[(1, "deployed")]);
    sandbox.assert_revisions("prod-us", &[(1, "deployed")]);
}

#[test]
fn a_selection_that_is_wrong_or_empty_is_no_success() {
    let sandbox = Sandbox::with_release();
    for (flags, expected) in [
        (
            "--contexts prod-ue",
            "error: --contexts: no context in convoy.yaml is `prod-ue`\n  hint: did you mean `prod-eu`? contexts: dev-1, prod-eu, prod-us\n",
        ),
        ("--contexts dev-1,dev-1", "error: --contexts: context `dev-1` is listed twice\n"),
        ("--contexts dev-1,", "error: --contexts: `dev-1,` has an empty item\n"),
        (
            "--contexts x-*",
            "error: --contexts: no context in convoy.yaml matches `x-*`\n  hint: contexts: dev-1, prod-eu, prod-us\n",
        ),
        (
            "--select env=test",
            "error: --select env=test: holds for none of the contexts of release `web`\n  \
             hint: helm multi contexts lists their labels and globals\n",
        ),
        (
            "--select teir=prod",
            "error: --select: no context in convoy.yaml has a label or global `teir`\n  hint: did you mean `tier`? labels and globals: clusterName, env, region, tier\n",
        ),
        ("--select prod", "error: --select: `prod` is no term\n  hint: write KEY=VALUE or KEY!=VALUE\n"),
    ] {
        let run = sandbox.run(&format!("upgrade web --install {flags}"));
        assert_eq!(failure(&run), expected);
    }
    sandbox.assert_untouched();
}

#[test]
fn a_context_that_the_kubeconfig_lacks_is_named() {
    let sandbox = Sandbox::with_release();
    sandbox.write("convoy.yaml", FLEET.replace("name: prod-us", "name: prod-us, kubeContext: prod-uss"));
    let run = sandbox.run("upgrade web --install");
    assert_eq!(
        failure(&run),
        "error: there is no kube context `prod-uss`\n  hint: did you mean `prod-us`?\n"
    );
    sandbox.run("contexts").assert_success().assert_stdout("not in the kubeconfig");
    sandbox.assert_untouched();
}

#[test]
fn mistakes_in_files_come_with_their_place_and_the_likely_word() {
    let sandbox = Sandbox::with_release();
    sandbox.write("convoy.yaml", FLEET.replace("labels: {tier: dev}", "lables: {tier: dev}"));
    let run = sandbox.run("upgrade web --install");
    assert_eq!(
        failure(&run),
        "error: convoy.yaml:6:21: unknown field `lables`\n  hint: did you mean `labels`?\n"
    );
    sandbox.write("convoy.yaml", FLEET.replace("name: prod-us", "name: prod-eu"));
    let run = sandbox.run("upgrade web --install");
    assert!(failure(&run).starts_with("error: convoy.yaml:8:"), "{run}");
    assert!(failure(&run).contains("`prod-eu`"), "{run}");
    sandbox.write("convoy.yaml", FLEET);
    sandbox.release("  vaules: [x.yaml]\n");
    let run = sandbox.run("upgrade web --install");
    assert_eq!(
        failure(&run),
        "error: web.yaml:6:3: unknown field `vaules`\n  hint: did you mean `values`?\n"
    );
    sandbox.release("  scaling: [{context: prod-ue, replicas: [{name: web, count: 4}]}]\n");
    let run = sandbox.run("upgrade web --install");
    assert_eq!(
        failure(&run),
        "error: web.yaml:6:23: no context in convoy.yaml is `prod-ue`\n  hint: did you mean `prod-eu`? contexts: dev-1, prod-eu, prod-us\n"
    );
    sandbox.assert_untouched();
}

#[test]
fn a_release_that_no_file_is_about_is_refused_with_the_likely_one() {
    let sandbox = Sandbox::with_release();
    let run = sandbox.run("upgrade webb --install");
    assert_eq!(failure(&run), "error: no release webb in convoy.yaml\n  hint: did you mean web?\n");
    let run = sandbox.run("upgrade web ./chart");
    assert_eq!(
        failure(&run),
        "error: release web has a release file, which says its chart; ./chart was given too\n  \
         hint: leave the chart out, or use another release name\n"
    );
}

#[test]
fn the_fleet_file_is_found_from_below_and_by_name() {
    let sandbox = Sandbox::with_release();
    fs_err::create_dir_all(sandbox.path("deep/er")).unwrap();
    let below = sandbox.multi(["upgrade", "web", "--install"]).current_dir("deep/er").run();
    below.assert_success();
    let elsewhere = sandbox.path("../elsewhere");
    fs_err::create_dir_all(&elsewhere).unwrap();
    let named = |invocation: testkit::Invocation| invocation.current_dir(&elsewhere).run();
    named(sandbox.multi(["status", "web", "--fleet", "../work/convoy.yaml"])).assert_success();
    named(sandbox.multi(["upgrade", "web"]).env("HELM_MULTI_FLEET", "../work/convoy.yaml")).assert_success();
    sandbox.assert_revisions("prod-us", &[(1, "superseded"), (2, "deployed")]);
}
