//! Known secrets in what helm says and in diffs, whatever object uses them.

use testkit::tools;

use super::sandbox::{PAIR, Sandbox};

fn with_password(password: &str) -> Sandbox {
    let mut sandbox = Sandbox::with_pair(tools::HELM_4);
    sandbox.release("  values: [secrets.yaml]\n");
    sandbox.encrypted("secrets.yaml", &format!("replicas: 1\ndatabase: {{password: {password}}}\n"));
    sandbox
}

#[test]
fn an_error_of_helm_that_quotes_a_secret_is_masked() {
    let sandbox = with_password("correct-horse-battery");
    for command in [
        "upgrade web --install --set breakIn={prod-eu}",
        "upgrade web --install --set breakIn={prod-eu} -o json",
        "diff web --set breakIn={prod-eu}",
        "diff web --set breakIn={prod-eu} -o json",
        "template web --set breakIn={prod-eu}",
        "template web --set breakIn={prod-eu} --show-secrets --contexts prod-eu",
    ] {
        let run = sandbox.run(command);
        assert!(matches!(run.code(), Some(1 | 3)), "{run}");
        let text = format!("{}{}", run.stdout(), run.stderr());
        assert!(text.contains("no database in prod-eu, password ***"), "{run}");
        run.assert_nowhere("correct-horse-battery");
    }
    PAIR.iter().for_each(|context| sandbox.assert_revisions(context, &[]));
}

#[test]
fn a_diff_shows_a_secret_in_no_object_neither_the_new_nor_the_old() {
    let mut sandbox = with_password("correct-horse-battery");
    let installing = sandbox.run("diff web --detailed-exitcode");
    installing.assert_code(2).assert_stdout("+ ConfigMap web").assert_stdout("+ Secret web");
    installing.assert_nowhere("correct-horse-battery").assert_nowhere("Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5");
    sandbox.run("upgrade web --install").assert_success();

    sandbox.encrypted("secrets.yaml", "replicas: 1\ndatabase: {password: tr0ubador-and-three}\n");
    for command in ["diff web --detailed-exitcode", "diff web --detailed-exitcode -o json"] {
        let run = sandbox.run(command);
        run.assert_code(2).assert_stdout("url").assert_stdout("postgres://app:***@db.example/app");
        for secret in ["correct-horse", "battery", "tr0ubador", "three", "Y29ycmVj", "dHIwdWJhZG9y"] {
            run.assert_nowhere(secret);
        }
    }
    let text = sandbox.run("diff web");
    text.assert_success()
        .assert_stdout("~ Secret web")
        .assert_stdout("~ ConfigMap web")
        .assert_stdout("~ Deployment web");
    text.assert_stdout("21 bytes -> 19 bytes");
}

#[test]
fn a_rollback_that_fails_shows_no_secret_of_the_release_it_went_to() {
    let sandbox = with_password("correct-horse-battery");
    sandbox.run("upgrade web --install --contexts dev-1 --set app=correct-horse-battery").assert_success();
    sandbox.kubectl(["--context", "dev-1", "-n", sandbox.namespace(), "delete", "deployment", "web"]).run();
    sandbox.write("secrets.yaml", "replicas: 1\n");
    sandbox.run("upgrade web --contexts dev-1").assert_success();
    // The selector of a Deployment cannot be changed back, and the API server quotes it.
    let run = sandbox.run("rollback web --contexts dev-1");
    run.assert_code(1).assert_stderr("field is immutable").assert_stderr("***");
    run.assert_nowhere("correct-horse-battery");
}

#[test]
fn template_shows_secrets_only_on_request() {
    let sandbox = with_password("correct-horse-battery");
    let run = sandbox.run("template web --contexts dev-1");
    run.assert_success()
        .assert_nowhere("correct-horse")
        .assert_stdout("url: postgres://app:***@db.example/app");
    let run = sandbox.run("template web --contexts dev-1 --show-secrets");
    run.assert_success().assert_stdout("url: postgres://app:correct-horse-battery@db.example/app");
}
