//! `edit` loses nothing: what was typed is found again, whatever went wrong.

use testkit::{Edit, Run, Signal, eventually, tools};

use super::sandbox::{SECRETS, Sandbox, failure};

const TYPED: &str = "typed-for-an-hour";
const KEPT: &str = "  your text is kept, encrypted, in secret.yaml.rescued\n  \
                    hint: go on from there: helm secrets edit secret.yaml\n";
const GOES_ON: &str = "warning: secret.yaml: going on with the unsaved text of secret.yaml.rescued \
                       (delete that file to begin anew)\n";
const GOES_ON_IN_MEMORY: &str = "warning: secret.yaml: going on with the text of an edit that was killed\n";

fn typed() -> Edit {
    Edit::Replace("correct-horse".to_owned(), TYPED.to_owned())
}

fn typed_text() -> String {
    SECRETS.replace("correct-horse", TYPED)
}

/// Opens the editor once more and expects `text` in it.
fn goes_on(sandbox: &mut Sandbox, text: &str, fix: Vec<Edit>, warning: &str) {
    let mut edits = vec![Edit::Expect(text.to_owned())];
    edits.extend(fix);
    let editor = sandbox.editor(&[edits]);
    let run = sandbox.secrets(["edit", "secret.yaml"]).run();
    let said = format!("{warning}secret.yaml: 1 value changed (db.password), 3 kept\n");
    assert_eq!(run.assert_success().stderr(), said);
    assert_eq!(sandbox.decrypted("secret.yaml"), typed_text());
    assert!(!sandbox.path("secret.yaml.rescued").exists());
    let scratch = editor.openings()[0].path.parent().unwrap().to_owned();
    assert!(!scratch.exists(), "{}", scratch.display());
}

#[test]
fn text_that_is_no_yaml_is_kept_encrypted_and_the_next_edit_goes_on_from_it() {
    let mut sandbox = Sandbox::new();
    let before = sandbox.encrypted("secret.yaml", SECRETS);
    let editor = sandbox.editor(&[vec![typed(), Edit::Append("broken: [\n".to_owned())]]);
    let run = sandbox.secrets(["edit", "secret.yaml"]).run();
    let said = failure(&run);
    let expected = format!("error: secret.yaml: line 6, column 9: unclosed bracket '['\n{KEPT}");
    assert_eq!((said, run.stdout()), (expected.as_str(), ""));
    assert_eq!(sandbox.read("secret.yaml"), before);
    let rescued = sandbox.read("secret.yaml.rescued");
    assert!(rescued.contains("ENC[AES256_GCM,") && rescued.contains(&sandbox.key.recipient), "{rescued}");
    assert!(!rescued.contains(TYPED) && !editor.openings()[0].path.exists());

    let broken = typed_text() + "broken: [\n";
    goes_on(&mut sandbox, &broken, vec![Edit::Replace("broken: [\n".to_owned(), String::new())], GOES_ON);
}

#[test]
fn an_editor_that_fails_or_dies_leaves_its_text() {
    for (end, said) in
        [(Edit::Exit(3), "ended with exit status: 3"), (Edit::Die, "ended with signal: 9 (SIGKILL)")]
    {
        let mut sandbox = Sandbox::new();
        let before = sandbox.encrypted("secret.yaml", SECRETS);
        sandbox.editor(&[vec![typed(), end]]);
        let run = sandbox.secrets(["edit", "secret.yaml"]).run();
        assert!(failure(&run).starts_with("error: the editor `") && failure(&run).contains(said), "{run}");
        assert!(failure(&run).ends_with(KEPT), "{run}");
        assert_eq!(sandbox.read("secret.yaml"), before);
        goes_on(&mut sandbox, &typed_text(), vec![], GOES_ON);
    }
}

#[test]
fn an_editor_that_fails_without_a_change_leaves_nothing() {
    let mut sandbox = Sandbox::new();
    let before = sandbox.encrypted("secret.yaml", SECRETS);
    let editor = sandbox.editor(&[vec![Edit::Exit(1)]]);
    let run = sandbox.secrets(["edit", "secret.yaml"]).run();
    assert!(failure(&run).ends_with("ended with exit status: 1\n  secret.yaml is as it was\n"), "{run}");
    assert_eq!(sandbox.read("secret.yaml"), before);
    assert!(!sandbox.path("secret.yaml.rescued").exists() && !editor.openings()[0].path.exists());
}

#[test]
fn a_new_file_that_is_no_yaml_is_rescued_too() {
    let mut sandbox = Sandbox::new();
    let broken = format!("a: [{TYPED}\n");
    sandbox.editor(&[vec![Edit::Write(broken.clone())]]);
    let run = sandbox.secrets(["edit", "secret.yaml"]).run();
    assert!(failure(&run).ends_with(KEPT), "{run}");
    assert!(!sandbox.path("secret.yaml").exists());
    sandbox.editor(&[vec![Edit::Expect(broken), Edit::Write("a: 1\n".to_owned())]]);
    let run = sandbox.secrets(["edit", "secret.yaml"]).run();
    assert_eq!(run.assert_success().stderr(), format!("{GOES_ON}secret.yaml: created\n"));
    assert_eq!(sandbox.decrypted("secret.yaml"), "a: 1\n");
    assert!(!sandbox.path("secret.yaml.rescued").exists());
}

#[test]
fn being_killed_loses_nothing() {
    let mut sandbox = Sandbox::new();
    let before = sandbox.encrypted("secret.yaml", SECRETS);
    let editor = sandbox.editor(&[vec![typed(), Edit::Pause(60_000)]]);
    let running = sandbox.plugin(["edit", "secret.yaml"]).spawn();
    eventually("the editor has saved", || {
        let opened = editor.openings();
        let text = opened.first().and_then(|opening| fs_err::read_to_string(&opening.path).ok());
        text.is_some_and(|text| text.contains(TYPED))
    });
    running.signal_group(Signal::KILL);
    assert_eq!(running.wait().signal(), Some(9));
    assert_eq!(sandbox.read("secret.yaml"), before);
    assert!(!sandbox.path("secret.yaml.rescued").exists());
    goes_on(&mut sandbox, &typed_text(), vec![], GOES_ON_IN_MEMORY);
}

#[test]
fn a_request_to_end_ends_the_editor_and_keeps_its_text() {
    let mut sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", SECRETS);
    for signal in [Signal::TERM, Signal::HUP] {
        let editor = sandbox.editor(&[vec![typed(), Edit::Pause(60_000)]]);
        let running = sandbox.plugin(["edit", "secret.yaml"]).spawn();
        eventually("the editor has saved", || {
            let opened = editor.openings();
            let text = opened.first().and_then(|opening| fs_err::read_to_string(&opening.path).ok());
            text.is_some_and(|text| text.contains(TYPED))
        });
        running.signal(signal);
        let run = running.wait();
        assert!(failure(&run).contains(&format!("ended with signal: {}", signal.as_raw())), "{run}");
        assert!(failure(&run).ends_with(KEPT), "{run}");
        goes_on(&mut sandbox, &typed_text(), vec![], GOES_ON);
        sandbox.encrypted("secret.yaml", SECRETS);
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    let mut sandbox = Sandbox::new();
    let before = sandbox.encrypted("secret.yaml", SECRETS);
    sandbox.editor(&[vec![typed()]]);
    // No file may grow beyond 600 bytes: the scratch text fits, neither the new file nor the rescued one does.
    let plugin = tools::plugin_binary("helm-secrets");
    let limited = format!("trap '' XFSZ; exec prlimit --fsize=600 {} edit secret.yaml", plugin.display());
    let run = sandbox.command("sh", ["-c", &limited]).run();
    let said = failure(&run);
    assert!(said.starts_with("error: failed to write secret.yaml: File too large"), "{run}");
    assert!(said.contains("  your text could not be kept in secret.yaml.rescued: File too large"), "{run}");
    assert!(said.contains("  it stays in memory, in /dev/shm/convoy-edit-"), "{run}");
    assert!(said.ends_with("  hint: go on from there: helm secrets edit secret.yaml\n"), "{run}");
    assert_eq!(sandbox.read("secret.yaml"), before);
    let left: Vec<_> =
        fs_err::read_dir(sandbox.dir()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".convoy")), "{left:?}");
    goes_on(&mut sandbox, &typed_text(), vec![], GOES_ON_IN_MEMORY);
}

#[test]
fn a_change_by_someone_else_is_not_overwritten() {
    let mut sandbox = Sandbox::new();
    sandbox.encrypted("theirs-secret.yaml", "db: {user: theirs}\n");
    sandbox.encrypted("secret.yaml", SECRETS);
    let script = sandbox.script(
        "editor",
        &format!("sed -i s/correct-horse/{TYPED}/ \"$1\"; cp theirs-secret.yaml secret.yaml"),
    );
    let run = sandbox.secrets(["edit", "secret.yaml"]).env("EDITOR", script).run();
    let expected = format!("error: secret.yaml was changed by someone else meanwhile\n{KEPT}");
    assert_eq!(failure(&run), expected);
    assert_eq!(sandbox.decrypted("secret.yaml"), "db: {user: theirs}\n");
    sandbox.editor(&[vec![Edit::Expect(typed_text())]]);
    let run = sandbox.secrets(["edit", "secret.yaml"]).run();
    assert!(run.assert_success().stderr().starts_with(GOES_ON), "{run}");
    assert_eq!(sandbox.decrypted("secret.yaml"), typed_text());
}

#[test]
fn a_rescued_file_of_something_else_is_not_lost() {
    let mut sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", SECRETS);
    let other = sandbox.encrypted("other-secret.yaml", "a: 1\n");
    sandbox.write("secret.yaml.rescued", &other);
    let editor = sandbox.editor(&[vec![]]);
    let run = sandbox.secrets(["edit", "secret.yaml"]).run();
    let expected =
        "error: secret.yaml.rescued does not hold rescued text\n  hint: move it away and edit again\n";
    assert_eq!(failure(&run), expected);
    assert_eq!(sandbox.read("secret.yaml.rescued"), other);
    assert_eq!(editor.openings(), []);
}

/// `edit` at a terminal where `answers` are typed.
fn at_a_terminal(sandbox: &Sandbox, answers: &str) -> Run {
    let line = format!("{} edit secret.yaml", tools::plugin_binary("helm-secrets").display());
    sandbox.command("script", ["-qec", &line, "/dev/null"]).stdin(answers).run()
}

#[test]
fn a_person_is_asked_whether_to_edit_again() {
    let mut sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", SECRETS);
    let broken = Edit::Append("broken: [\n".to_owned());
    let fix = Edit::Replace("broken: [\n".to_owned(), String::new());
    let editor = sandbox.editor(&[vec![typed(), broken.clone()], vec![fix]]);
    let run = at_a_terminal(&sandbox, "\n");
    run.assert_success()
        .assert_stdout("Press Enter to edit again, or type q and Enter to keep the text and stop.");
    run.assert_stdout("secret.yaml: 1 value changed (db.password), 3 kept");
    assert_eq!((editor.openings().len(), sandbox.decrypted("secret.yaml")), (2, typed_text()));

    let editor = sandbox.editor(&[vec![broken]]);
    let run = at_a_terminal(&sandbox, "q\n");
    run.assert_code(1)
        .assert_stdout("error: secret.yaml was not saved\r\n  your text is kept, encrypted, in ");
    assert_eq!(run.stdout().matches("unclosed bracket").count(), 1, "{run}");
    assert_eq!(editor.openings().len(), 1);
    assert!(sandbox.path("secret.yaml.rescued").exists());
}

#[test]
fn ctrl_c_is_the_editors_affair() {
    let mut sandbox = Sandbox::new();
    sandbox.encrypted("secret.yaml", SECRETS);
    let script = format!(
        "trap 'echo told >&2; sed -i s/correct-horse/{TYPED}/ \"$1\"; exit 0' INT; echo open >&2; while :; do sleep 0.01; done"
    );
    let editor = sandbox.script("editor", &script);
    sandbox.set("EDITOR", editor);
    let mut running = sandbox.plugin(["edit", "secret.yaml"]).spawn();
    running.wait_for_stderr("open");
    running.signal_group(Signal::INT);
    let run = running.wait();
    assert_eq!(
        run.assert_success().stderr(),
        "open\ntold\nsecret.yaml: 1 value changed (db.password), 3 kept\n"
    );
    assert_eq!(sandbox.decrypted("secret.yaml"), typed_text());
}
