//! `exec-env` and `exec-file`: values for one command.

use testkit::{Planted, Signal, eventually};

use super::sandbox::{Sandbox, failure};

const FLAT: &str =
    "PASSWORD: correct-horse\nPORT: 5432\nON: true\nNOTHING: null\nTEXT: \"two\\nlines 'x'\"\n";

#[test]
fn values_are_variables_of_the_command_alone() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", FLAT);
    let script = "printf '%s|' \"$PASSWORD\" \"$PORT\" \"$ON\" \"$NOTHING\" \"$TEXT\" \"$HOME\"";
    let expected =
        format!("correct-horse|5432|true||two\nlines 'x'|{}|", sandbox.root().join("home").display());
    let run = sandbox.secrets(["exec-env", "secret.yaml", script]).run();
    assert_eq!((run.assert_success().stdout(), run.stderr()), (expected.as_str(), ""));
    let run = sandbox.secrets(["exec-env", "secret.yaml", "--", "sh", "-c", script]).run();
    assert_eq!(run.assert_success().stdout(), expected);
    let run = sandbox.secrets(["exec-env", "secret.yaml", "--", "printf", "%s", "$PASSWORD"]).run();
    assert_eq!(run.assert_success().stdout(), "$PASSWORD", "no shell");
    let run = sandbox.secrets(["exec-env", "--pristine", "secret.yaml", script]).run();
    assert_eq!(run.assert_success().stdout(), "correct-horse|5432|true||two\nlines 'x'||");
    let run = sandbox.plugin(["exec-env", "--pristine", "secret.yaml", "--", "/usr/bin/env"]).run();
    let lines = run.assert_success().stdout().lines();
    let mut names: Vec<&str> = lines.filter_map(|line| Some(line.split_once('=')?.0)).collect();
    names.sort_unstable();
    assert_eq!(names, ["NOTHING", "ON", "PASSWORD", "PORT", "TEXT"]);
}

#[test]
fn a_value_wins_over_the_environment() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret.env", "PASSWORD=correct-horse\nLINES=a\\nb\n");
    let run = sandbox.secrets(["exec-env", "secret.env", "printf '%s,' \"$PASSWORD\" \"$LINES\""]);
    let run = run.env("PASSWORD", "outer").run();
    assert_eq!(run.assert_success().stdout(), "correct-horse,a\nb,");
}

#[test]
fn nested_files_cannot_be_variables() {
    let sandbox = Sandbox::new();
    for (name, text, key) in [
        ("secret.yaml", "a: 1\ndb: {password: correct-horse}\n", "db is a map"),
        ("secret-2.yaml", "list: [correct-horse]\n", "list is a list"),
        ("secret.ini", "[db]\npassword = correct-horse\n", "is a map"),
        ("secret.json", "{\"a=b\": \"correct-horse\"}\n", "a=b cannot be the name of a variable"),
        ("secret-3.json", "{\"zero\": \"correct-horse\\u0000\"}\n", "zero holds a zero byte"),
    ] {
        sandbox.encrypted(name, text);
        let run = sandbox.secrets(["exec-env", name, "env"]).run();
        assert!(
            failure(&run).starts_with(&format!("error: {name}: ")) && failure(&run).contains(key),
            "{run}"
        );
        run.assert_nowhere("correct-horse");
    }
}

#[test]
fn the_plaintext_is_a_file_of_the_command() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", "a: correct-horse # why\n");
    let twice = sandbox.secrets(["exec-file", "secret.yaml", "cat {}; tail -c 4 {}; cat < {}"]).run();
    let text = "a: correct-horse # why\n";
    assert_eq!(twice.assert_success().stdout(), format!("{text}why\n{text}"));
    let run = sandbox.secrets(["exec-file", "secret.yaml", "--", "cat", "{}", "x{}y"]).run();
    assert_eq!((run.code(), run.stdout()), (Some(1), text), "{run}");
    let run =
        sandbox.secrets(["exec-file", "--output-type", "json", "--no-fifo", "secret.yaml", "cat {}"]).run();
    assert_eq!(run.assert_success().json(), serde_json::json!({"a": "correct-horse"}));
    sandbox.write("secret.bin", b"\x00\xff");
    sandbox.plugin(["encrypt", "-i", "secret.bin"]).run().assert_success();
    let run = sandbox.secrets(["exec-file", "secret.bin", "cat {}"]).run();
    assert_eq!(run.assert_success().stdout_bytes(), b"\x00\xff");
    let run = sandbox.secrets(["exec-file", "secret.yaml", "cat"]).run();
    assert!(failure(&run).starts_with("error: the command does not use the file: it holds no {}\n"), "{run}");
}

#[test]
fn the_file_may_have_a_name() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", "a: correct-horse\n");
    let script = "echo {}; cat {}; cat {}; kill -TERM $PPID; sleep 1";
    let run = sandbox.plugin(["exec-file", "--filename", "x.tfvars", "secret.yaml", script]).run();
    let (path, text) = run.stdout().split_once('\n').unwrap();
    assert_eq!((text, run.code()), ("a: correct-horse\na: correct-horse\n", Some(128 + 15)), "{run}");
    assert!(path.ends_with("/x.tfvars") && !std::path::Path::new(path).parent().unwrap().exists(), "{run}");
    for name in ["", "..", "a/b"] {
        let run = sandbox.secrets(["exec-file", "--filename", name, "secret.yaml", "cat {}"]).run();
        assert!(failure(&run).contains("--filename"), "{run}");
    }
}

#[test]
fn exit_codes_and_signals_are_those_of_the_command() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", FLAT);
    for command in ["exec-env", "exec-file"] {
        sandbox.plugin([command, "secret.yaml", "exit 7 # {}"]).run().assert_code(7);
        let run = sandbox.plugin([command, "secret.yaml", "kill -9 $$ # {}"]).run();
        assert_eq!(run.signal(), Some(9));
        let run = sandbox.secrets([command, "secret.yaml", "--", "/no/such/program", "{}"]).run();
        assert!(failure(&run).starts_with("error: failed to run /no/such/program: No such file"), "{run}");
        let run = sandbox.secrets([command, "secret.yaml"]).run();
        assert!(failure(&run).contains("required arguments were not provided"), "{run}");
    }
    let script = "trap 'exit 9' TERM; touch ready; while :; do sleep 0.05; done";
    let running = sandbox.plugin(["exec-env", "secret.yaml", script]).spawn();
    eventually("the command runs", || sandbox.path("ready").exists());
    running.signal(Signal::TERM);
    running.wait().assert_code(9);
}

#[test]
fn nothing_is_written_and_nobody_else_is_told() {
    let sandbox = Sandbox::new();
    let mut planted = Planted::new();
    planted.add("the age identity", &sandbox.key.identity);
    let value = planted.plant("value");
    sandbox.encrypted("secret.yaml", &format!("A: {value}\n"));
    let run = sandbox.secrets(["exec-file", "secret.yaml", "wc -c {} > size"]).hunting(&planted).run();
    run.assert_success();
    assert!(sandbox.read("size").starts_with(&(value.len() + 4).to_string()));
    let run = sandbox.secrets(["set", "--string", "--value-stdin", "secret.yaml", "B"]).stdin(value.clone());
    run.hunting(&planted).run().assert_success();
    sandbox.secrets(["rotate", "-i", "secret.yaml"]).hunting(&planted).run().assert_success();
    let run = sandbox.secrets(["get", "secret.yaml", "B"]).hunting(&planted).stdout_may_show().run();
    assert_eq!(run.assert_success().stdout(), value);
    sandbox.secrets(["unset", "secret.yaml", "B"]).hunting(&planted).run().assert_success();
}
