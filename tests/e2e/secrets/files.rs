//! `encrypt`, `decrypt` and `view`.

use std::os::unix::fs::{PermissionsExt, symlink};

use testkit::{Invocation, tools};

use super::sandbox::{SECRETS, Sandbox, failure};

/// Everything a person may write that a YAML library would rewrite.
const LAYOUTS: [(&str, &str); 10] = [
    ("comments", "# head\n\na: secret-1   # tail\n\n# foot\n"),
    ("quotes", "a: 'secret-1'\nb: \"sec\\x72et-1\"\nc:   plain text\nd: ''\n"),
    ("flow", "a: {b: [secret-1, 2, true], c: {}}\nd: []\n"),
    ("blocks", "a: |-\n    secret-1\n     more\nb: >\n  folded\n  secret-1\n\n\nc: |+\n  kept\n\n"),
    ("anchors", "base: &base {x: secret-1}\nother: *base\nmerged:\n  <<: *base\n  y: 1\n"),
    ("windows", "a: secret-1\r\nlist:\r\n  - one # c\r\n"),
    ("documents", "---\na: secret-1\n---\nb: 2\n...\n"),
    ("byte order mark", "\u{feff}a: secret-1\n"),
    ("directive", "%YAML 1.2\n---\na: !!str secret-1\nb: !custom {x: 1}\n"),
    ("no newline", "a: secret-1\nn: 0x1F\nt: 2024-01-01T00:00:00Z\nz: ~\nf: 1.50"),
];

#[test]
fn what_was_encrypted_comes_back_byte_for_byte() {
    let sandbox = Sandbox::new();
    for (name, text) in LAYOUTS {
        sandbox.write("secret.yaml", text);
        let encrypted = sandbox.secrets(["encrypt", "secret.yaml"]).run();
        encrypted.assert_success().assert_nowhere("secret-1");
        assert_eq!(encrypted.stderr(), "", "{name}");
        assert_eq!(sandbox.read("secret.yaml"), text, "{name}: printing leaves the file alone");
        sandbox.write("secret.enc.yaml", encrypted.stdout());
        let decrypted = sandbox.secrets(["decrypt", "secret.enc.yaml"]).run();
        assert_eq!((decrypted.assert_success().stdout(), decrypted.stderr()), (text, ""), "{name}");
    }
}

#[test]
fn the_short_names_and_view_do_the_same() {
    let sandbox = Sandbox::with_helm(tools::HELM_3);
    sandbox.write("secret.yaml", SECRETS);
    let encrypted = sandbox.secrets(["enc", "secret.yaml"]).run();
    sandbox.write("secret.yaml", encrypted.assert_success().stdout());
    for command in ["dec", "view"] {
        let run = sandbox.secrets([command, "secret.yaml"]).run();
        assert_eq!((run.assert_success().stdout(), run.stderr()), (SECRETS, ""), "{command}");
    }
}

#[test]
fn in_place_keeps_mode_and_link() {
    let sandbox = Sandbox::new();
    let real = sandbox.write("deep/secret-real.yaml", SECRETS);
    fs_err::set_permissions(&real, PermissionsExt::from_mode(0o640)).unwrap();
    symlink("deep/secret-real.yaml", sandbox.path("secret.yaml")).unwrap();
    let mode = || fs_err::metadata(&real).unwrap().permissions().mode() & 0o7777;
    let is_link = || fs_err::symlink_metadata(sandbox.path("secret.yaml")).unwrap().is_symlink();

    let run = sandbox.secrets(["encrypt", "--in-place", "secret.yaml"]).run();
    assert_eq!((run.assert_success().stdout(), run.stderr()), ("", "secret.yaml: encrypted\n"));
    assert!(fs_err::read_to_string(&real).unwrap().contains("ENC[AES256_GCM,"));
    assert_eq!((mode(), is_link()), (0o640, true));

    let run = sandbox.secrets(["decrypt", "-i", "secret.yaml"]).run();
    let said = "secret.yaml: decrypted; do not commit it\n";
    assert_eq!((run.assert_success().stdout(), run.stderr()), ("", said));
    assert_eq!(fs_err::read_to_string(&real).unwrap(), SECRETS);
    assert_eq!((mode(), is_link()), (0o640, true));
    let left: Vec<_> = fs_err::read_dir(sandbox.path("deep")).unwrap().collect();
    assert_eq!(left.len(), 1, "no temporary file is left: {left:?}");
}

#[test]
fn several_files_at_once() {
    let sandbox = Sandbox::new();
    sandbox.write("secret-a.yaml", "a: one\n");
    sandbox.write("secret-b.yaml", "b: two\n");
    let both = ["secret-a.yaml", "secret-b.yaml"];
    let run = sandbox.secrets(["encrypt", both[0], both[1]]).run();
    assert_eq!(failure(&run), "error: several files can only be encrypted in place\n  hint: add -i\n");
    assert_eq!(run.stdout(), "");

    let run = sandbox.secrets(["encrypt", "-i", both[0], both[1]]).run();
    assert_eq!(run.assert_success().stderr(), "secret-a.yaml: encrypted\nsecret-b.yaml: encrypted\n");
    let run = sandbox.secrets(["view", both[0], both[1]]).run();
    assert_eq!(run.assert_success().stdout(), "a: one\n---\nb: two\n");
}

#[test]
fn one_bad_file_does_not_keep_the_others_from_their_turn() {
    let sandbox = Sandbox::new();
    sandbox.write("secret-a.yaml", "a: one\n");
    sandbox.write("secret-b.yaml", "b: two\n");
    let files = ["secret-a.yaml", "secret-none.yaml", "other.yaml", "secret-b.yaml"];
    let run = files.iter().fold(sandbox.secrets(["encrypt", "-i"]), Invocation::arg).run();
    let said = failure(&run);
    assert!(sandbox.read("secret-b.yaml").contains("ENC["), "{run}");
    let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 2, "{run}");
    assert!(errors[0].contains("secret-none.yaml") && errors[1].contains("other.yaml"), "{run}");
    assert!(
        said.contains("secret-a.yaml: encrypted\n") && said.contains("secret-b.yaml: encrypted\n"),
        "{run}"
    );

    let run = sandbox.secrets(["decrypt", "secret-none.yaml", "secret-b.yaml"]).run();
    assert_eq!(run.assert_code(1).stdout(), "b: two\n");
}

#[test]
fn what_is_in_the_wrong_state_is_named_with_what_to_type() {
    let sandbox = Sandbox::new();
    let before = sandbox.encrypted("secret.yaml", SECRETS);
    sandbox.write("plain.yaml", "a: 1\n");
    let cases = [
        (
            ["encrypt", "secret.yaml"],
            "error: secret.yaml is already encrypted\n  hint: change it with: helm secrets edit secret.yaml\n",
        ),
        (
            ["decrypt", "plain.yaml"],
            "error: plain.yaml is not encrypted\n  hint: encrypt it: helm secrets encrypt -i plain.yaml\n",
        ),
        (
            ["view", "plain.yaml"],
            "error: plain.yaml is not encrypted\n  hint: encrypt it: helm secrets encrypt -i plain.yaml\n",
        ),
        (
            ["decrypt", "none.yaml"],
            "error: failed to open file `none.yaml`: No such file or directory (os error 2)\n",
        ),
        (
            ["encrypt", "none.yaml"],
            "error: failed to open file `none.yaml`: No such file or directory (os error 2)\n",
        ),
    ];
    for (arguments, expected) in cases {
        let run = sandbox.secrets(arguments).run();
        assert_eq!((failure(&run), run.stdout()), (expected, ""), "{run}");
        let in_place = sandbox.secrets(arguments).arg("-i").run();
        if arguments[0] != "view" {
            assert_eq!(failure(&in_place), expected, "{in_place}");
        }
    }
    assert_eq!(sandbox.read("secret.yaml"), before);
    assert_eq!(sandbox.read("plain.yaml"), "a: 1\n");
}

#[test]
fn what_no_yaml_values_file_can_be_is_refused() {
    let sandbox = Sandbox::new();
    let cases: [(&str, &[u8], &str); 7] = [
        ("secret.json", b"{\"a\": 1,}", "error: secret.json: line 1, column 9: "),
        ("secret-1.yaml", b"a: \xff\n", "error: secret-1.yaml: line 1 is not text in UTF-8"),
        ("secret-2.yaml", b"a: [1\nb: 2\n", "error: secret-2.yaml: line 2, column 2: "),
        ("secret-3.yaml", b"a: 1\na: 2\n", "error: secret-3.yaml: line 2, column 1: "),
        ("secret-4.yaml", b"- a\n", "the root of a document must be a map"),
        ("secret-5.yaml", b"# nothing\n", "no YAML document, only blanks and comments"),
        ("secret-6.yaml", b"sops: 1\n", "the key \"sops\" is reserved for metadata"),
    ];
    for (name, content, expected) in cases {
        sandbox.write(name, content);
        let run = sandbox.secrets(["encrypt", "-i", name]).run();
        assert!(
            failure(&run).starts_with("error: ") && failure(&run).contains(expected),
            "{expected}:\n{run}"
        );
        assert_eq!(fs_err::read(sandbox.path(name)).unwrap(), content, "{name} stays as it was");
    }
}
