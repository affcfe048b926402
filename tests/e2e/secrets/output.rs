//! Help, streams and colours.

use testkit::tools;

use super::sandbox::{SECRETS, Sandbox, failure};

#[test]
fn help_says_what_the_commands_do() {
    let sandbox = Sandbox::new();
    let run = sandbox.secrets(["--help"]).run();
    let text = run.assert_success().stdout();
    assert!(text.contains("Usage: helm secrets [OPTIONS] <COMMAND>"), "{run}");
    for command in [
        "encrypt     Encrypt values files [alias: enc]",
        "  decrypt ",
        "  view ",
        "  edit ",
        "  get ",
        "  set ",
        "  unset ",
        "  rotate ",
        "  updatekeys ",
        "  groups ",
        "  status ",
        "  init ",
        "  exec-env ",
        "  exec-file ",
        "  vault ",
    ] {
        assert!(text.contains(command), "{command}:\n{run}");
    }
    assert_eq!(run.stderr(), "");
    for (command, expected) in [
        (&["encrypt"][..], "--in-place"),
        (&["decrypt"], "--in-place"),
        (&["view"], "Usage: helm secrets view [OPTIONS] <FILE>"),
        (&["edit"], "FILE.rescued"),
        (&["vault", "resolve"], "--show-secrets"),
    ] {
        let run = sandbox.secrets(command).arg("--help").run();
        run.assert_success().assert_stdout("Usage: helm secrets ").assert_stdout(expected);
        assert_eq!(run.stderr(), "", "{run}");
    }
    sandbox.secrets(["--version"]).run().assert_success().assert_stdout(env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_command_line_without_sense_is_an_error() {
    let sandbox = Sandbox::new();
    for (arguments, expected) in [
        (&[][..], "Usage: helm secrets"),
        (&["view"], "error: the following required arguments were not provided:"),
        (&["encrypt"], "error: standard input has no name by which to choose a rule"),
        (&["decrypt", "--nonsense", "x"], "error: unexpected argument '--nonsense' found"),
        (&["vault", "bogus"], "error: unrecognized subcommand 'bogus'"),
        (&["vault", "resolve", "m.yaml"], "--context <NAME>"),
    ] {
        let run = sandbox.secrets(arguments).run();
        assert!(failure(&run).contains(expected), "{expected}:\n{run}");
        assert_eq!(run.stdout(), "", "{run}");
    }
}

#[test]
fn quiet_leaves_data_and_errors() {
    let sandbox = Sandbox::new();
    sandbox.write("secret.yaml", SECRETS);
    let run = sandbox.secrets(["-q", "encrypt", "-i", "secret.yaml"]).run();
    assert_eq!((run.assert_success().stdout(), run.stderr()), ("", ""));
    let run = sandbox.secrets(["--quiet", "decrypt", "secret.yaml"]).run();
    assert_eq!((run.assert_success().stdout(), run.stderr()), (SECRETS, ""));
    let run = sandbox.secrets(["decrypt", "--quiet", "secret.yaml"]).run();
    assert_eq!((run.assert_success().stdout(), run.stderr()), (SECRETS, ""));
    let run = sandbox.secrets(["encrypt", "-q", "secret.yaml"]).run();
    assert!(failure(&run).starts_with("error: secret.yaml is already encrypted\n"), "{run}");
}

#[test]
fn verbose_names_files_and_never_values() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", SECRETS);
    sandbox.chart();
    let run = sandbox.secrets(["-v", "template", "chart", "-f", "secret.yaml"]).run();
    assert_eq!(run.assert_success().stderr(), "secret.yaml: opened in memory\n");
    let behind = sandbox.secrets(["template", "chart", "--quiet"]).run();
    assert!(
        failure(&behind).contains("unknown flag: --quiet"),
        "behind helm's command flags are helm's: {behind}"
    );
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let sandbox = Sandbox::new();
    let plugin = tools::plugin_binary("helm-secrets");
    let in_terminal = format!("{} decrypt none.yaml", plugin.display());
    let terminal = |sandbox: &Sandbox| {
        let run = sandbox.command("script", ["-qec", &in_terminal, "/dev/null"]).env("TERM", "xterm");
        let run = run.env_remove("NO_COLOR");
        (run.clone().run(), run.env("NO_COLOR", "1").run())
    };
    let (coloured, plain) = terminal(&sandbox);
    coloured.assert_code(1).assert_stdout("\u{1b}[");
    plain.assert_code(1).assert_stdout("error: failed to open file").assert_nowhere("\u{1b}");

    let piped = sandbox.plugin(["decrypt", "none.yaml"]).env_remove("NO_COLOR").run();
    piped.assert_code(1).assert_nowhere("\u{1b}");
    let help = sandbox.plugin(["--help"]).env_remove("NO_COLOR").run();
    help.assert_success().assert_nowhere("\u{1b}");
}

#[test]
fn a_reader_that_goes_away_is_no_error_and_a_full_disk_is_one() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", &format!("a: {}\n", "long ".repeat(60_000)));
    let shell = |tail: &str| {
        let line = format!("set -o pipefail; helm-secrets decrypt secret.yaml {tail}");
        let path = tools::plugin_binary("helm-secrets").parent().unwrap().display().to_string();
        sandbox.command("bash", ["-c", &line]).env("PATH", format!("{path}:/usr/bin:/bin")).run()
    };
    let run = shell("| head -c 10");
    assert_eq!((run.assert_success().stdout(), run.stderr()), ("a: long lo", ""));
    let run = shell(">/dev/full");
    assert_eq!(run.assert_code(1).stderr(), "error: No space left on device (os error 28)\n");
}
