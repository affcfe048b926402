//! The wrapper: every way to name a values file, and what helm gets to see.

use serde_json::{Value, json};
use testkit::{Invocation, tools};

use super::sandbox::{Sandbox, failure, rendered};

/// A chart, two encrypted files and a plain one; in each `from` tells which came last.
fn with_files(helm: &str) -> Sandbox {
    let sandbox = Sandbox::with_helm(helm);
    sandbox.chart();
    sandbox.encrypted("secret-a.yaml", "a: aa\nfrom: a\n");
    sandbox.encrypted("secret, b.yaml", "b: bb\nfrom: b\n");
    sandbox.write("plain.yaml", "plain: pp\nfrom: plain\n");
    sandbox
}

fn every_spelling(helm: &str) {
    let sandbox = with_files(helm);
    let a = || json!({"a": "aa", "from": "a"});
    let all = |last: &str| json!({"a": "aa", "b": "bb", "plain": "pp", "from": last});
    let cases: &[(&[&str], Value)] = &[
        (&["-f", "secret-a.yaml"], a()),
        (&["-fsecret-a.yaml"], a()),
        (&["-f=secret-a.yaml"], a()),
        (&["--values", "secret-a.yaml"], a()),
        (&["--values=secret-a.yaml"], a()),
        (&["--debug=false", "-f", "./secret-a.yaml"], a()),
        (&["-f", "secret-a.yaml,plain.yaml,\"secret, b.yaml\""], all("b")),
        (&["--values=\"secret, b.yaml\",secret-a.yaml", "-f", "plain.yaml"], all("plain")),
        (&["-f", "plain.yaml", "-f", "\"secret, b.yaml\"", "-fsecret-a.yaml"], all("a")),
        (
            &["-f", "secret-a.yaml", "-f", "plain.yaml", "-f", "secret-a.yaml"],
            json!({"a": "aa", "plain": "pp", "from": "a"}),
        ),
        (&["-f", "secret-a.yaml,secret-a.yaml"], a()),
        (&["-f", "secret-a.yaml", "--set", "from=set"], json!({"a": "aa", "from": "set"})),
        (&["--set-file", "k=secret-a.yaml"], json!({"k": "a: aa\nfrom: a\n"})),
        (&["--set-file=k=secret-a.yaml"], json!({"k": "a: aa\nfrom: a\n"})),
        (
            &["--set-file", "k=secret-a.yaml,l=plain.yaml"],
            json!({"k": "a: aa\nfrom: a\n", "l": "plain: pp\nfrom: plain\n"}),
        ),
        (&["--set-file", "k=secret\\, b.yaml"], json!({"k": "b: bb\nfrom: b\n"})),
    ];
    for (arguments, expected) in cases {
        let run = arguments.iter().fold(sandbox.secrets(["template", "chart"]), Invocation::arg).run();
        assert_eq!(&rendered(&run), expected, "{run}");
        assert_eq!(run.stderr(), "", "{run}");
    }
    // Between the command and its arguments, too.
    let run = sandbox.secrets([
        "template",
        "-fsecret-a.yaml",
        "name",
        "chart",
        "--show-only",
        "templates/values.yaml",
    ]);
    assert_eq!(rendered(&run.run()), a());
}

#[test]
fn every_spelling_with_helm_4() {
    every_spelling(tools::HELM_4);
}

#[test]
fn every_spelling_with_helm_3() {
    every_spelling(tools::HELM_3);
}

#[test]
fn other_commands_take_encrypted_files() {
    for helm in [tools::HELM_3, tools::HELM_4] {
        let sandbox = with_files(helm);
        let template = "kind: X\nmetadata: {name: x}\na: {{ required \"a is missing\" .Values.a }}\n";
        sandbox.write("chart/templates/values.yaml", template);
        let run = sandbox.secrets(["lint", "chart", "-f", "secret-a.yaml"]).run();
        run.assert_success().assert_stdout("0 chart(s) failed").assert_nowhere("a is missing");
        let without = sandbox.secrets(["lint", "chart"]).run();
        without.assert_stderr("a is missing");
    }
}

/// The arguments that helm gets, one per line.
fn arguments_of(sandbox: &Sandbox, arguments: &[&str]) -> Vec<String> {
    let run = sandbox.plugin(arguments).run();
    run.assert_success().stdout().lines().map(str::to_owned).collect()
}

#[test]
fn helm_sees_plain_files_and_all_else_as_typed() {
    let mut sandbox = with_files(tools::HELM_4);
    sandbox.helm_script("printf '%s\\n' \"$@\"");
    for arguments in [
        &["template", "chart", "-f", "./plain.yaml", "--values=plain.yaml,\"plain.yaml\"", "-fplain.yaml"][..],
        &[
            "upgrade",
            "-if=plain.yaml",
            "r",
            "c",
            "--set",
            "a={b,c}",
            "--set-file",
            "x=plain.yaml",
            "--",
            "-f",
        ],
        &["get", "values", "-a", "secret-a.yaml"],
        &["version", "--short", "-f", "secret-none.yaml"],
        &["template", "chart", "-f", "https://example.invalid/secret-a.yaml"],
        &["template", "chart", "-f"],
    ] {
        assert_eq!(arguments_of(&sandbox, arguments), arguments);
    }
    let given = arguments_of(
        &sandbox,
        &["upgrade", "-if", "secret-a.yaml", "r", "c", "--values=plain.yaml,secret-a.yaml"],
    );
    let [command, bundle, file, r, c, list] = &given[..] else { panic!("{given:?}") };
    assert_eq!([command, bundle, r, c], ["upgrade", "-if", "r", "c"]);
    assert!(file.starts_with("/dev/fd/"), "{given:?}");
    assert_eq!(list, &format!("--values=plain.yaml,{file}"), "one file in memory for one file on disk");
    let given = arguments_of(&sandbox, &["some-plugin", "run", "-fsecret-a.yaml"]);
    assert!(given[2].starts_with("-f/dev/fd/"), "{given:?}");
}

#[test]
fn what_helm_gets_is_sealed_in_memory() {
    let mut sandbox = with_files(tools::HELM_4);
    sandbox.helm_script(
        "readlink \"$4\"; stat -L -c %a \"$4\"; cat \"$4\" \"$4\"; echo x 2>/dev/null >>\"$4\" || echo refused; env | grep -c '^HELM_BIN='",
    );
    let run = sandbox.plugin(["template", "chart", "-f", "secret-a.yaml"]).run();
    let lines: Vec<&str> = run.assert_success().stdout().lines().collect();
    assert!(lines[0].starts_with("/memfd:"), "{run}");
    assert_eq!(lines[2..], ["a: aa", "from: a", "a: aa", "from: a", "refused", "1"], "{run}");
}

#[test]
fn a_missing_file_is_reported_by_helm() {
    for helm in [tools::HELM_3, tools::HELM_4] {
        let sandbox = with_files(helm);
        let run = sandbox.secrets(["template", "chart", "-f", "none.yaml"]).run();
        assert_eq!(failure(&run), "Error: open none.yaml: no such file or directory\n");
        let plain = sandbox.helm(["template", "chart", "-f", "none.yaml"]).run();
        assert_eq!(failure(&run), plain.stderr(), "the same as without the plugin");
    }
}

#[test]
fn values_on_standard_input_are_opened_too() {
    let sandbox = with_files(tools::HELM_4);
    let template = || sandbox.secrets(["template", "chart", "-f", "plain.yaml", "-f", "-"]);
    let run = template().stdin("from: stdin\n").run();
    assert_eq!(rendered(&run), json!({"plain": "pp", "from": "stdin"}));
    let run = template().stdin(sandbox.read("secret-a.yaml")).run();
    assert_eq!(rendered(&run), json!({"plain": "pp", "a": "aa", "from": "a"}));
    run.assert_nowhere("ENC[");
}

#[test]
fn values_from_a_process_are_opened_too() {
    let sandbox = with_files(tools::HELM_3);
    let pipe = |file: &str| {
        let line = format!("helm secrets template chart -f <(cat '{file}')");
        sandbox.command("bash", ["-c", &line]).run()
    };
    assert_eq!(rendered(&pipe("plain.yaml")), json!({"plain": "pp", "from": "plain"}));
    assert_eq!(rendered(&pipe("secret-a.yaml")), json!({"a": "aa", "from": "a"}));
}

#[test]
fn plugins_of_helm_get_the_same_files() {
    for helm in [tools::HELM_3, tools::HELM_4] {
        let sandbox = with_files(helm);
        let folder = sandbox.root().join("helm/plugins/diff");
        fs_err::create_dir_all(&folder).unwrap();
        let manifest =
            "name: diff\nversion: 1.0.0\nusage: u\ndescription: d\ncommand: $HELM_PLUGIN_DIR/diff\n";
        fs_err::write(folder.join("plugin.yaml"), manifest).unwrap();
        let script = sandbox.script("diff", "for word; do last=$word; done; cat \"${last#--values=}\"");
        fs_err::rename(script, folder.join("diff")).unwrap();
        for arguments in [
            &["diff", "upgrade", "r", "chart", "-f", "secret-a.yaml"][..],
            &["diff", "upgrade", "r", "chart", "--values=secret-a.yaml"],
            &["diff", "--context", "3", "upgrade", "-f", "secret-a.yaml"],
        ] {
            let run = sandbox.secrets(arguments).run();
            assert_eq!(run.assert_success().stdout(), "a: aa\nfrom: a\n", "{run}");
        }
    }
}
