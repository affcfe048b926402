//! Files that cannot be read or written: one clear error each, and what is there stays.

use std::os::unix::fs::PermissionsExt;

use testkit::{Invocation, tools};

use super::sandbox::{SECRETS, Sandbox, failure};

/// Every command that changes a file, so that it would.
fn changing<'a>(file: &'a str, recipient: &'a str) -> [Vec<&'a str>; 6] {
    [
        vec!["decrypt", "-i", file],
        vec!["set", file, "db.user", "\"other\""],
        vec!["unset", file, "db.user"],
        vec!["rotate", "-i", file],
        vec!["groups", "add", "-i", "--file", file, "--age", recipient],
        vec!["updatekeys", "-y", file],
    ]
}

/// A sandbox with a file whose rule names one more key than it has.
fn stale() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    let before = sandbox.encrypted("deep/secret.yaml", SECRETS);
    let other = "age1mqq2rjxcga730khquz96yd89axq5u97y2pshqm35fxf6nu8n599sgwwr93";
    let rule =
        format!("creation_rules: [{{path_regex: secret, age: '{}, {other}'}}]\n", sandbox.key.recipient);
    sandbox.write(".sops.yaml", rule);
    (sandbox, before)
}

#[test]
fn what_is_no_file_with_values() {
    let sandbox = Sandbox::new();
    sandbox.write("empty-secret.yaml", "");
    sandbox.write("latin-secret.yaml", b"a: caf\xe9\n");
    fs_err::create_dir(sandbox.path("secret-folder")).unwrap();
    for command in [
        &["decrypt"][..],
        &["view"],
        &["rotate"],
        &["updatekeys"],
        &["get", "X", "a"],
        &["set", "X", "a", "1"],
        &["unset", "X", "a"],
        &["exec-env", "X", "env"],
        &["exec-file", "X", "cat {}"],
    ] {
        let run = |file: &str| {
            let words = command.iter().map(|word| if *word == "X" { file } else { word });
            let run = words.fold(sandbox.secrets(<[&str; 0]>::default()), Invocation::arg);
            if command.contains(&"X") { run.run() } else { run.arg(file).run() }
        };
        for (file, expected) in [
            ("empty-secret.yaml", "error: empty-secret.yaml is not encrypted\n  hint: encrypt it: "),
            ("latin-secret.yaml", "error: latin-secret.yaml is not encrypted\n  hint: encrypt it: "),
            ("secret-folder", "error: secret-folder is a folder\n  hint: name the files in it, such as "),
            ("none.yaml", "error: failed to open file `none.yaml`: No such file or directory"),
        ] {
            assert!(failure(&run(file)).starts_with(expected), "{}", run(file));
        }
    }
    for (file, expected) in [
        ("empty-secret.yaml", "error: empty-secret.yaml: no YAML document, only blanks and comments\n"),
        ("latin-secret.yaml", "error: latin-secret.yaml: line 1 is not text in UTF-8\n"),
        ("secret-folder", "error: secret-folder is a folder\n"),
        ("secret-none.yaml", "error: failed to open file `secret-none.yaml`: No such file"),
    ] {
        let run = sandbox.secrets(["encrypt", "-i", file]).run();
        assert!(failure(&run).starts_with(expected), "{run}");
    }
}

#[test]
fn a_folder_that_may_not_be_written() {
    let (sandbox, before) = stale();
    let folder = sandbox.path("deep");
    let mode = |mode| fs_err::set_permissions(&folder, PermissionsExt::from_mode(mode)).unwrap();
    mode(0o555);
    for arguments in changing("deep/secret.yaml", &sandbox.key.recipient) {
        // Root may write everywhere unless it gives that up.
        let plugin = tools::plugin_binary("helm-secrets");
        let capabilities = "--bounding-set=-dac_override,-dac_read_search";
        let run = sandbox.command("setpriv", [capabilities.as_ref(), plugin.as_os_str()]);
        let run = arguments.iter().fold(run, Invocation::arg).run();
        let said = failure(&run);
        assert!(said.contains("error: failed to write deep/secret.yaml: Permission denied"), "{run}");
        assert!(said.contains("  deep/secret.yaml is as it was\n  hint: make the folder "), "{run}");
        assert_eq!(sandbox.read("deep/secret.yaml"), before, "{arguments:?}");
    }
    mode(0o755);
}

#[test]
fn a_full_disk() {
    let (sandbox, before) = stale();
    let plugin = tools::plugin_binary("helm-secrets");
    for arguments in changing("deep/secret.yaml", &sandbox.key.recipient) {
        if arguments[0] == "decrypt" {
            continue;
        }
        let limited = format!("trap '' XFSZ; exec prlimit --fsize=300 {} \"$@\"", plugin.display());
        let run = sandbox.command("sh", ["-c", &limited, "sh"]);
        let run = arguments.iter().fold(run, Invocation::arg).run();
        assert!(failure(&run).contains("error: failed to write deep/secret.yaml: File too large"), "{run}");
        assert!(
            failure(&run).contains("  deep/secret.yaml is as it was\n  hint: free space where "),
            "{run}"
        );
        assert_eq!(sandbox.read("deep/secret.yaml"), before);
        assert_eq!(fs_err::read_dir(sandbox.path("deep")).unwrap().count(), 1, "{arguments:?}");
    }
}

#[test]
fn changes_at_the_same_time_never_lose_one() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", "start: 0\n");
    let running: Vec<_> = (0..8)
        .map(|number| sandbox.plugin(["set", "secret.yaml", &format!("key{number}"), "1"]).spawn())
        .collect();
    let mut saved = 0;
    let mut kept = Vec::new();
    for (number, running) in running.into_iter().enumerate() {
        let run = running.wait();
        if run.code() == Some(0) {
            saved += 1;
            kept.push(format!("key{number}: 1"));
        } else {
            let expected =
                "error: secret.yaml was changed by someone else meanwhile\n  hint: run the command again";
            assert!(failure(&run).starts_with(expected), "{run}");
        }
    }
    let text = sandbox.decrypted("secret.yaml");
    assert!(saved > 0 && kept.iter().all(|line| text.contains(line.as_str())), "{kept:?}\n{text}");
    assert_eq!(text.lines().count(), saved + 1);
}

#[test]
fn an_unchanged_file_is_not_written() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", SECRETS);
    let inode =
        || std::os::unix::fs::MetadataExt::ino(&fs_err::metadata(sandbox.path("secret.yaml")).unwrap());
    let before = inode();
    sandbox.secrets(["set", "secret.yaml", "db.user", "\"app\""]).run().assert_success();
    sandbox.secrets(["unset", "--idempotent", "secret.yaml", "db.none"]).run().assert_success();
    sandbox.secrets(["updatekeys", "-y", "secret.yaml"]).run().assert_success();
    assert_eq!(inode(), before);
}
