//! What goes to standard output and standard error, and how much of it.

use serde_json::{Value, json};
use testkit::tools;

use super::sandbox::{CONTEXTS, Sandbox, events};

#[test]
fn events_are_json_lines_with_a_schema() {
    let sandbox = Sandbox::with_release();
    let run = sandbox.helm_multi("upgrade web --install -o json --set refuseIn={prod-us}");
    let all = events(run.assert_code(3));
    assert!(run.stderr().starts_with("Error: plugin"), "nothing else on stderr\n{run}");
    for (at, event) in all.iter().enumerate() {
        assert_eq!(event["seq"], at + 1);
        assert_eq!(event["run"], all[0]["run"]);
        assert!(event["time"].as_f64().unwrap() >= all[at.saturating_sub(1)]["time"].as_f64().unwrap());
    }
    let head = json!({"type": "run.planned", "schema": 1, "operation": "upgrade", "release": "web", "contexts": CONTEXTS});
    head.as_object().unwrap().iter().for_each(|(key, value)| assert_eq!(all[0][key], *value));
    let states = |context: &str| -> Vec<&Value> {
        let of = |event: &&Value| event["type"] == "step.state" && event["context"] == context;
        all.iter().filter(of).map(|event| &event["state"]).collect()
    };
    assert_eq!(states("dev-1"), ["checking", "ready", "writing", "done"]);
    assert_eq!(states("prod-us"), ["checking", "ready", "writing", "failed"]);
    let of_type = |name: &str| all.iter().find(|event| event["type"] == name).unwrap();
    assert_eq!(of_type("run.ready")["ready"], 3);
    let output = of_type("helm.output");
    assert_eq!(output["context"], "prod-us");
    assert!(output["text"].as_str().unwrap().contains("Service"), "{output}");
    let last = all.last().unwrap();
    assert_eq!(
        (&last["type"], &last["end"], &last["exit"]),
        (&json!("run.finished"), &json!("partly"), &json!(3))
    );
    let counts =
        json!({"done": 2, "unchanged": 0, "failed": 1, "unreachable": 0, "blocked": 0, "untouched": 0});
    assert_eq!(last["counts"], counts);
}

#[test]
fn quiet_is_silent_on_success_and_tells_what_failed() {
    let sandbox = Sandbox::with_release();
    let run = sandbox.run("upgrade web --install -q");
    assert_eq!((run.assert_success().stdout(), run.stderr()), ("", ""));
    sandbox.run("status web -q").assert_success().assert_stdout("deployed");
    let run = sandbox.run("upgrade web -q --set refuseIn={prod-us}");
    run.assert_code(3).assert_stderr("prod-us failed: ").assert_stderr("2 of 3 contexts done, 1 failed");
    run.assert_nowhere("upgrading");
    let run = sandbox.run("upgrade web -q --set breakIn={dev-1}");
    run.assert_code(1).assert_stderr("dev-1 cannot go: ").assert_stderr("Nothing was changed anywhere.");
}

#[test]
fn verbose_tells_more() {
    let sandbox = Sandbox::with_release();
    sandbox.run("upgrade web --install").assert_success().assert_nowhere("checking");
    sandbox.run("upgrade web -v").assert_success().assert_stderr("dev-1  checking");
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let sandbox = Sandbox::with_pair(tools::HELM_4);
    sandbox.run("upgrade web --install").assert_success();
    let status = || sandbox.multi(["status", "web"]);
    let plain = "\u{1b}[";
    status().env_remove("NO_COLOR").run().assert_success().assert_nowhere(plain);
    let forced = status().env_remove("NO_COLOR").env("CLICOLOR_FORCE", "1").run();
    forced.assert_success().assert_stdout(plain);
    let upgraded = sandbox.multi(["upgrade", "web"]).env_remove("NO_COLOR").env("CLICOLOR_FORCE", "1").run();
    upgraded.assert_success().assert_stderr(plain);
}

/// Runs a command at a terminal; what it shows comes back on standard error.
fn at_a_terminal(sandbox: &Sandbox, command: &str) -> testkit::Run {
    let script =
        format!("exec script --quiet --return --flush --command '{command}' /dev/null </dev/null >&2");
    sandbox.command("sh", ["-c", &script]).env("TERM", "xterm").env_remove("NO_COLOR").run()
}

#[test]
fn lines_are_redrawn_at_terminals_only_and_only_if_wanted() {
    let sandbox = Sandbox::with_pair(tools::HELM_4);
    let clears_a_line = "\u{1b}[2K";
    at_a_terminal(&sandbox, "helm multi upgrade web --install").assert_success().assert_stderr(clears_a_line);
    let plain = at_a_terminal(&sandbox, "helm multi upgrade web --no-progress");
    plain.assert_success().assert_nowhere(clears_a_line).assert_stderr("upgrading").assert_stderr("\u{1b}[");
    let uncoloured = at_a_terminal(&sandbox, "NO_COLOR=1 helm multi upgrade web --no-progress");
    uncoloured.assert_success().assert_nowhere("\u{1b}[");
}

#[test]
fn never_more_contexts_at_a_time_than_wanted() {
    let mut sandbox = Sandbox::new();
    sandbox.web_chart();
    // Six contexts, two in each cluster.
    let names: Vec<String> = (0..6).map(|at| format!("c{at}")).collect();
    let second = format!("{}-second", sandbox.namespace());
    let planes = testkit::shared_clusters();
    planes.iter().for_each(|plane| plane.create_namespace(&second));
    let contexts = names.iter().enumerate().map(|(at, name)| {
        let namespace = if at < 3 { sandbox.namespace() } else { &second };
        testkit::KubeContext::new(name, &planes[at % 3], namespace)
    });
    sandbox.kubeconfig(contexts);
    let script = format!(
        "case \" $* \" in *--kube-context*) ;; *) exec {helm} \"$@\" ;; esac\n\
         echo begin >>\"$0.log\"\nsleep 0.2\n{helm} \"$@\"\nstatus=$?\necho end >>\"$0.log\"\nexit $status",
        helm = tools::helm(tools::HELM_4).display()
    );
    let script = sandbox.script("counted", &script);
    sandbox.set("HELM_BIN", script);
    sandbox.plugin("upgrade web ./chart --install --contexts c* -P 2").run().assert_success();
    let (mut now, mut most) = (0, 0);
    for line in sandbox.read("counted.log").lines() {
        now = if line == "begin" { now + 1 } else { now - 1 };
        most = most.max(now);
    }
    assert_eq!((now, most), (0, 2));
    let run = sandbox.plugin("upgrade web ./chart --contexts c* -P 0").run();
    run.assert_code(1).assert_stderr("0 is not in 1..=500");
}

#[test]
fn help_is_there_through_helm() {
    let sandbox = Sandbox::with_release();
    let run = sandbox.helm_multi("--help");
    run.assert_success().assert_stdout("One release over many kube contexts").assert_stdout("rollback");
    sandbox
        .helm_multi("upgrade --help")
        .assert_success()
        .assert_stdout("--install")
        .assert_stdout("--on-failure");
    sandbox.helm_multi("nosuch").assert_code(1).assert_stderr("nosuch");
    sandbox.run("history web --max 0").assert_code(1).assert_stderr("--max");
}

#[test]
fn a_reader_that_went_away_stops_nothing() {
    let sandbox = Sandbox::with_release();
    let command = "helm multi upgrade web --install -o json | head -n 1";
    sandbox.command("sh", ["-c", command]).run().assert_success().assert_stdout("run.planned");
    CONTEXTS.iter().for_each(|context| sandbox.assert_revisions(context, &[(1, "deployed")]));
}
