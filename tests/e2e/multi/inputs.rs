//! Values files: plain, encrypted, missing, damaged.

use testkit::tools;

use super::sandbox::{CONTEXTS, Sandbox, failure};

const PLAIN: &str = "database:\n  password: correct-horse\nmessage: from the encrypted file\n";

fn encrypted() -> Sandbox {
    let mut sandbox = Sandbox::with_release();
    sandbox.encrypted("secrets.yaml", PLAIN);
    sandbox.release("  values: [secrets.yaml]\n");
    sandbox
}

#[test]
fn encrypted_values_reach_every_cluster() {
    let sandbox = encrypted();
    sandbox.run("upgrade web --install").assert_success();
    for context in CONTEXTS {
        assert_eq!(sandbox.object(context, "secrets/web")["data"]["password"], "Y29ycmVjdC1ob3JzZQ==");
        assert_eq!(sandbox.message(context), "from the encrypted file");
    }
    let typed = sandbox.run("upgrade other ./chart --install --contexts dev-1 -f secrets.yaml");
    typed.assert_success();
    assert_eq!(sandbox.object("dev-1", "secrets/other")["data"]["password"], "Y29ycmVjdC1ob3JzZQ==");
}

#[test]
fn a_missing_key_stops_the_run() {
    let mut sandbox = encrypted();
    sandbox.unset("SOPS_AGE_KEY_FILE");
    let run = sandbox.run("upgrade web --install");
    let text = failure(&run);
    assert!(text.starts_with("error: failed to decrypt secrets.yaml: no identity opens it\n"), "{run}");
    assert!(text.contains("it is encrypted for  age1") && text.contains("SOPS_AGE_KEY_FILE"), "{run}");
    sandbox.age_key();
    let run = sandbox.run("upgrade web --install");
    assert!(
        failure(&run).contains("hint: ask someone who can open it to encrypt it for you, too: age1"),
        "{run}"
    );
    sandbox.assert_untouched();
}

#[test]
fn tampered_and_truncated_files_stop_the_run() {
    let sandbox = encrypted();
    let text = sandbox.read("secrets.yaml");
    let line = text.lines().find(|line| line.trim_start().starts_with("password:")).unwrap();
    let without = text.replace(&format!("{line}\n"), "");
    let sops = text.find("\nsops:").unwrap();
    let within = text[..sops].rfind("ENC[").unwrap() + 30;
    for (name, damaged) in [
        ("a value is gone", without),
        ("the sops block is gone", text[..=sops].to_owned()),
        ("cut within a value", text[..within].to_owned()),
        ("a value is plain now", text.replace(line, "  password: mine")),
    ] {
        assert_ne!(damaged, text);
        sandbox.write("secrets.yaml", damaged);
        for command in ["upgrade web --install", "diff web --contexts dev-1", "template web"] {
            let run = sandbox.run(command);
            assert!(failure(&run).contains("secrets.yaml"), "{name}: {run}");
            run.assert_nowhere("ENC[").assert_nowhere("correct-horse");
        }
    }
    sandbox.assert_untouched();
}

#[test]
fn a_missing_values_file_is_named_with_the_place_that_names_it() {
    let sandbox = Sandbox::with_release();
    sandbox.release("  values:\n    - values.yaml?\n    - values/{env}.yaml\n");
    sandbox.write("values/prod.yaml", "message: production\n");
    let run = sandbox.run("upgrade web --install");
    assert_eq!(
        failure(&run),
        "error: values file values/dev.yaml does not exist (named in web.yaml:8)\n  \
         hint: write a `?` behind the name of a file that may be missing\n"
    );
    let run = sandbox.run("upgrade other ./chart --install --contexts dev-1 -f nowhere.yaml");
    assert!(
        failure(&run).starts_with("error: values file nowhere.yaml does not exist (given with -f)\n"),
        "{run}"
    );
    sandbox.assert_untouched();
}

#[test]
fn values_files_by_context_and_global_may_be_optional() {
    let sandbox = Sandbox::with_release();
    sandbox.release("  values: [base.yaml, 'values/{env}.yaml?', 'values/{context}.yaml?']\n");
    sandbox.write("base.yaml", "message: base\n");
    sandbox.write("values/prod.yaml", "message: production\n");
    sandbox.write("values/prod-us.yaml", "message: america\n");
    sandbox.run("upgrade web --install").assert_success();
    assert_eq!(CONTEXTS.map(|context| sandbox.message(context)), ["base", "production", "america"]);
}

#[test]
fn set_file_opens_encrypted_files_too() {
    let sandbox = encrypted();
    sandbox.write("plain.txt", "plain text");
    let flags = "--set-file message=secrets.yaml,secrets.plain=plain.txt";
    sandbox.run(&format!("upgrade web --install --contexts dev-1 {flags}")).assert_success();
    assert_eq!(sandbox.message("dev-1"), PLAIN);
    assert_eq!(sandbox.object("dev-1", "secrets/web")["data"]["plain"], "cGxhaW4gdGV4dA==");
    let shown = sandbox.run(&format!("template web --contexts dev-1 {flags}"));
    shown.assert_success().assert_nowhere("correct-horse").assert_nowhere("ENC[");
    let missing = sandbox.run("upgrade web --contexts dev-1 --set-file message=nowhere.txt");
    missing.assert_code(1).assert_stderr("nowhere.txt").assert_stderr("Nothing was changed anywhere.");
}

#[test]
fn what_can_be_read_only_once_reaches_every_context() {
    let sandbox = Sandbox::with_release();
    let run = sandbox.multi(["upgrade", "web", "--install", "-f", "-"]).stdin("message: from stdin\n").run();
    run.assert_success();
    assert_eq!(CONTEXTS.map(|context| sandbox.message(context)), ["from stdin"; 3]);
    let piped = "helm multi upgrade web -f <(echo 'message: from a pipe') --contexts dev-1,prod-eu";
    sandbox.command("bash", ["-c", piped]).run().assert_success();
    assert_eq!(
        CONTEXTS.map(|context| sandbox.message(context)),
        ["from a pipe", "from a pipe", "from stdin"]
    );
}

#[test]
fn an_encrypted_stream_is_opened_and_masked() {
    let sandbox = encrypted();
    sandbox.release("");
    let run = sandbox.multi(["template", "web", "-f", "-"]).stdin(sandbox.read("secrets.yaml")).run();
    run.assert_success().assert_stdout("postgres://app:***@db.example/app").assert_nowhere("correct-horse");
    assert_eq!(run.stdout().matches("message: \"***\"").count(), 3);
}

#[test]
fn lists_and_odd_names_of_values_files() {
    let sandbox = Sandbox::with_pair(tools::HELM_4);
    sandbox.release("  values: ['odd, \"name\".yaml']\n");
    sandbox.write("odd, \"name\".yaml", "message: odd\nglobal: {region: odd}\n");
    let rendered = |flags: &[&str]| {
        let start = ["template", "web", "--contexts", "dev-1"];
        sandbox.multi(start.iter().chain(flags)).run().assert_success().stdout().to_owned()
    };
    assert!(rendered(&[]).contains("message: \"odd\""));
    sandbox.write("one.yaml", "message: one\n");
    sandbox.write("two.yaml", "image: {tag: two}\nreplicas: 1\n");
    for flags in [
        &["-f", "one.yaml,two.yaml"][..],
        &["-fone.yaml", "--values=two.yaml"],
        &["-f=one.yaml", "--values", "two.yaml"],
    ] {
        let text = rendered(flags);
        assert!(text.contains("message: \"one\"") && text.contains("web:two"), "{flags:?}: {text}");
    }
}

#[test]
fn each_layer_of_values_wins_over_those_before_it() {
    let sandbox = Sandbox::with_release();
    sandbox.write("file.yaml", "message: file\nimage: {tag: file}\nglobal: {region: file}\nreplicas: 1\n");
    sandbox.write("typed.yaml", "message: typed\n");
    sandbox.release(
        "  values: [file.yaml]\n  image: {tag: said, valuePath: image.tag}\n  scalingPath: '{name}'\n  \
         scaling: [{context: prod-us, replicas: [{name: replicas, count: 3}]}]\n",
    );
    let rendered = |flags: &str| {
        sandbox.run(&format!("template web --contexts prod-us {flags}")).assert_success().stdout().to_owned()
    };
    let text = rendered("");
    assert!(
        text.contains("message: \"file\"") && text.contains("web:said") && text.contains("replicas: 3"),
        "{text}"
    );
    assert!(text.contains("region: \"us-central1\""), "a context's globals win over files: {text}");
    let text = rendered("-f typed.yaml --set image.tag=set,global.region=set");
    assert!(
        text.contains("message: \"typed\"") && text.contains("web:set") && text.contains("region: \"set\""),
        "{text}"
    );
}

#[test]
fn keys_that_only_helms_yaml_reads_otherwise_stay_as_helm_reads_them() {
    let sandbox = Sandbox::with_release();
    // YAML 1.1, as helm reads it: the key is a boolean and becomes "true".
    sandbox.write("chart/templates/keys.yaml", "# {{ .Values.switches | toJson }}\n");
    sandbox.write("old.yaml", "switches: {y: 0o7, on: 1}\n");
    let plain = sandbox.helm(["template", "web", "chart", "-f", "old.yaml"]).run();
    let line = plain.assert_success().stdout().lines().find(|line| line.starts_with("# {")).unwrap();
    let ours = sandbox.run("template web --contexts dev-1 -f old.yaml");
    ours.assert_success().assert_stdout(line);
}
