//! `edit`: what an editor session changes.

use std::os::unix::fs::{PermissionsExt, symlink};

use testkit::Edit;

use super::sandbox::{SECRETS, Sandbox, failure};

fn replace(old: &str, new: &str) -> Edit {
    Edit::Replace(old.to_owned(), new.to_owned())
}

/// The lines of `new` that `old` does not have.
fn new_lines<'a>(old: &str, new: &'a str) -> Vec<&'a str> {
    new.lines().filter(|line| !old.lines().any(|known| known == *line)).collect()
}

#[test]
fn unchanged_values_keep_their_ciphertext() {
    let mut sandbox = Sandbox::new();
    let before = sandbox.encrypted("secret.yaml", SECRETS);
    let editor =
        sandbox.editor(&[vec![Edit::Expect(SECRETS.to_owned()), replace("correct-horse", "battery")]]);
    let run = sandbox.secrets(["edit", "secret.yaml"]).run();
    let said = "secret.yaml: 1 value changed (db.password), 3 kept\n";
    assert_eq!((run.assert_success().stdout(), run.stderr()), ("", said));
    assert_eq!(editor.openings().len(), 1);

    let after = sandbox.read("secret.yaml");
    let changed: Vec<_> =
        new_lines(&before, &after).iter().map(|line| line.trim().split(':').next().unwrap()).collect();
    let metadata = |key: &&&str| !["convoy_layout", "lastmodified", "mac"].contains(*key);
    assert_eq!(changed.iter().filter(metadata).collect::<Vec<_>>(), [&"password"], "{after}");
    assert_eq!(after.lines().count(), before.lines().count());
    assert_eq!(sandbox.decrypted("secret.yaml"), SECRETS.replace("correct-horse", "battery"));
}

#[test]
fn it_says_what_was_added_and_removed() {
    let mut sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", SECRETS);
    sandbox.editor(&[
        vec![replace("  user: app\n", ""), Edit::Append("new: {key: 1}\n".to_owned())],
        vec![replace("# for the database\n", "")],
    ]);
    let run = sandbox.secrets(["edit", "secret.yaml"]).run();
    assert_eq!(
        run.assert_success().stderr(),
        "secret.yaml: 1 value added (new.key), 1 value removed (db.user), 3 kept\n"
    );
    let run = sandbox.secrets(["edit", "secret.yaml"]).run();
    assert_eq!(run.assert_success().stderr(), "secret.yaml: no value changed, 4 kept\n");
    let expected = "db:\n  password: correct-horse  # rotated in May\nlist: [one, two]\nnew: {key: 1}\n";
    assert_eq!(sandbox.decrypted("secret.yaml"), expected);
}

#[test]
fn an_unchanged_text_leaves_the_file_alone() {
    let mut sandbox = Sandbox::new();
    let before = sandbox.encrypted("secret.yaml", SECRETS);
    sandbox.editor(&[vec![], vec![Edit::SaveByRename]]);
    for _ in 0..2 {
        let run = sandbox.secrets(["edit", "secret.yaml"]).run();
        assert_eq!(run.assert_success().stderr(), "secret.yaml: unchanged\n");
        assert_eq!(sandbox.read("secret.yaml"), before);
    }
}

#[test]
fn an_editor_that_saves_by_renaming_is_fine() {
    let mut sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", SECRETS);
    sandbox.editor(&[vec![replace("app", "other"), Edit::SaveByRename]]);
    let run = sandbox.secrets(["edit", "secret.yaml"]).run();
    assert_eq!(run.assert_success().stderr(), "secret.yaml: 1 value changed (db.user), 3 kept\n");
    assert_eq!(sandbox.decrypted("secret.yaml"), SECRETS.replace("app", "other"));
}

#[test]
fn mode_and_link_stay() {
    let mut sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", SECRETS);
    let real = sandbox.path("secret.yaml");
    fs_err::set_permissions(&real, PermissionsExt::from_mode(0o640)).unwrap();
    symlink("secret.yaml", sandbox.path("link.yaml")).unwrap();
    sandbox.editor(&[vec![replace("app", "other")]]);
    let run = sandbox.secrets(["edit", "link.yaml"]).run();
    assert_eq!(run.assert_success().stderr(), "link.yaml: 1 value changed (db.user), 3 kept\n");
    assert!(fs_err::symlink_metadata(sandbox.path("link.yaml")).unwrap().is_symlink());
    assert_eq!(fs_err::metadata(&real).unwrap().permissions().mode() & 0o7777, 0o640);
    assert_eq!(sandbox.decrypted("secret.yaml"), SECRETS.replace("app", "other"));
}

#[test]
fn a_file_that_does_not_exist_is_created() {
    let mut sandbox = Sandbox::new();
    sandbox.editor(&[vec![], vec![Edit::Write("a: correct-horse\n".to_owned())]]);
    let run = sandbox.secrets(["edit", "secret.yaml"]).run();
    assert_eq!(run.assert_success().stderr(), "secret.yaml: unchanged\n");
    assert!(!sandbox.path("secret.yaml").exists());
    let run = sandbox.secrets(["edit", "secret.yaml"]).run();
    assert_eq!(run.assert_success().stderr(), "secret.yaml: created\n");
    assert!(!sandbox.read("secret.yaml").contains("correct-horse"));
    assert_eq!(sandbox.decrypted("secret.yaml"), "a: correct-horse\n");
}

#[test]
fn what_cannot_be_edited_never_reaches_the_editor() {
    let mut sandbox = Sandbox::new();
    sandbox.write("plain.yaml", "a: 1\n");
    sandbox.encrypted("secret.yaml", SECRETS);
    let editor = sandbox.editor(&[vec![]]);
    let run = sandbox.secrets(["edit", "plain.yaml"]).run();
    assert_eq!(
        failure(&run),
        "error: plain.yaml is not encrypted\n  hint: encrypt it: helm secrets encrypt -i plain.yaml\n"
    );
    let run = sandbox.secrets(["edit", "other.yaml"]).run();
    assert!(failure(&run).contains("no creation rule matches other.yaml"), "{run}");
    let run = sandbox.secrets(["edit", "secret.yaml"]).env_remove("SOPS_AGE_KEY_FILE").run();
    assert!(
        failure(&run).starts_with("error: failed to decrypt secret.yaml: no identity opens it\n"),
        "{run}"
    );
    let run = sandbox.secrets(["edit", "missing/secret.yaml"]).run();
    assert!(failure(&run).contains("missing"), "{run}");
    assert_eq!(editor.openings(), []);
}

#[test]
fn the_editor_is_found_where_sops_looks() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", SECRETS);
    sandbox.script("home/an editor", "sed -i s/app/from-editor/ \"$2\"");
    sandbox.script("home/sops-editor", "sed -i \"s/$1/from-sops-editor/\" \"$2\"");
    let edit = || sandbox.secrets(["edit", "secret.yaml"]);
    let quoted = format!("'{}' x", sandbox.path("home/an editor").display());
    edit().env("EDITOR", quoted).run().assert_success();
    assert!(sandbox.decrypted("secret.yaml").contains("user: from-editor\n"));
    let other = format!("{} from-editor", sandbox.path("home/sops-editor").display());
    edit().env("SOPS_EDITOR", other).env("EDITOR", "false").run().assert_success();
    assert!(sandbox.decrypted("secret.yaml").contains("user: from-sops-editor\n"));

    for (editor, expected) in [
        ("/no/such/editor", "error: could not start the editor `/no/such/editor`: "),
        ("vi 'x", "error: the editor setting `vi 'x` has an open quote\n"),
    ] {
        let run = edit().env("EDITOR", editor).run();
        assert!(failure(&run).starts_with(expected), "{run}");
    }
    let run = sandbox.plugin(["edit", "secret.yaml"]).env("PATH", "/nowhere").run();
    assert_eq!(failure(&run), "error: no editor is set and none of vim, nano, vi is installed\n");
}
