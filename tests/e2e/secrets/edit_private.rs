//! `edit` shows the plaintext to one editor and to nobody else.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt};

use testkit::{Edit, Signal, eventually, tools};

use super::sandbox::{SECRETS, Sandbox, failure};

#[test]
fn the_text_is_in_memory_for_the_user_alone() {
    let mut sandbox = Sandbox::new();
    sandbox.encrypted("deep/secret.yaml", SECRETS);
    let editor = sandbox.editor(&[vec![Edit::Pause(60_000)]]);
    let running = sandbox.plugin(["edit", "deep/secret.yaml"]).spawn();
    eventually("the editor is open", || !editor.openings().is_empty());

    let opening = editor.openings().remove(0);
    assert_eq!(opening.mode, 0o600);
    assert_eq!(opening.path.file_name().unwrap(), "secret.yaml", "editors tell the language by the name");
    let folder = opening.path.parent().unwrap();
    for folder in [folder, folder.parent().unwrap()] {
        let found = fs_err::metadata(folder).unwrap();
        assert_eq!((found.permissions().mode() & 0o7777, found.uid()), (0o700, own_uid()));
    }
    let kind = sandbox.command("stat", ["-f", "-c", "%T"]).arg(&opening.path).run();
    assert_eq!(kind.assert_success().stdout(), "tmpfs\n");

    let limits = fs_err::read_to_string(format!("/proc/{}/limits", running.pid())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    running.signal(Signal::TERM);
    running.wait().assert_code(1);
    assert!(!folder.exists() && !folder.with_extension("lock").exists());
}

fn own_uid() -> u32 {
    fs_err::metadata("/proc/self").unwrap().uid()
}

#[test]
fn nobody_may_look_into_the_process() {
    let sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", SECRETS);
    let plugin = tools::plugin_binary("helm-secrets");
    let trace = sandbox.command("strace", ["-qq", "-e", "trace=prctl,openat"]).arg(plugin);
    let run = trace.arg("decrypt").arg("secret.yaml").run();
    let calls = run.assert_success().stderr();
    let hidden = calls.find("prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE)").unwrap_or_else(|| panic!("{run}"));
    let read = calls.find("\"secret.yaml\"").unwrap_or_else(|| panic!("{run}"));
    assert!(hidden < read, "{run}");
}

#[test]
fn one_editor_at_a_time() {
    let mut sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", SECRETS);
    let first = sandbox.editor(&[vec![Edit::Pause(60_000)]]);
    let running = sandbox.plugin(["edit", "secret.yaml"]).spawn();
    eventually("the editor is open", || !first.openings().is_empty());

    let second = sandbox.editor(&[vec![], vec![]]);
    fs_err::create_dir(sandbox.path("sub")).unwrap();
    for (folder, name) in [(".", "secret.yaml"), ("sub", "../secret.yaml")] {
        let run = sandbox.secrets(["edit", name]).current_dir(folder).run();
        let said = failure(&run);
        assert!(
            said.ends_with(" is being edited by another process\n  hint: end the other editor first\n"),
            "{run}"
        );
        assert!(said.contains("secret.yaml"), "{run}");
    }
    assert_eq!(second.openings(), []);
    assert!(first.openings()[0].path.exists(), "the first editor's text stays");

    running.signal(Signal::TERM);
    running.wait().assert_code(1);
    sandbox.secrets(["edit", "secret.yaml"]).run().assert_success();
}

#[test]
fn a_link_and_its_file_are_one() {
    let mut sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", SECRETS);
    std::os::unix::fs::symlink("secret.yaml", sandbox.path("link.yaml")).unwrap();
    let first = sandbox.editor(&[vec![Edit::Pause(60_000)]]);
    let running = sandbox.plugin(["edit", "secret.yaml"]).spawn();
    eventually("the editor is open", || !first.openings().is_empty());
    sandbox.editor(&[vec![]]);
    let run = sandbox.secrets(["edit", "link.yaml"]).run();
    assert!(failure(&run).contains("is being edited by another process"), "{run}");
    running.signal(Signal::TERM);
    running.wait().assert_code(1);
}

#[test]
fn a_folder_that_others_prepared_is_refused() {
    let mut sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", SECRETS);
    let editor = sandbox.editor(&[vec![]]);
    // On a tmpfs, as XDG_RUNTIME_DIR is.
    let base = format!("/dev/shm/convoy-test-{}", sandbox.namespace());
    let prepared = format!("{base}/convoy-edit-{}", own_uid());
    fs_err::create_dir_all(&prepared).unwrap();
    fs_err::set_permissions(&prepared, PermissionsExt::from_mode(0o777)).unwrap();
    let run = sandbox.secrets(["edit", "secret.yaml"]).env("XDG_RUNTIME_DIR", &base).run();
    fs_err::remove_dir_all(&base).unwrap();
    assert_eq!(failure(&run), format!("error: {prepared} belongs to someone else\n"));
    assert_eq!(editor.openings(), []);
}
