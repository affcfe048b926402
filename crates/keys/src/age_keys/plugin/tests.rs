use std::path::Path;

use age::Identity as _;
use bech32::Hrp;

use super::*;

/// A host whose only plugin is a shell script, `age-plugin-test`.
fn host(folder: &Path, script: &str) -> Host {
    let program = folder.join("age-plugin-test");
    crate::testing::script(&program, script);
    Host { path: Some(folder.into()), prompt: None }
}

fn text(prefix: &str) -> String {
    age_core::primitives::bech32_encode(Hrp::parse_unchecked(prefix), b"x")
}

fn identity() -> Identity {
    text("age-plugin-test-").to_uppercase().parse().unwrap()
}

fn recipient() -> Recipient {
    text("age1test").parse().unwrap()
}

fn stanza() -> Stanza {
    Stanza { tag: "test".to_owned(), args: vec!["a".to_owned()], body: vec![7; 70] }
}

/// Reads up to the end of the first phase; shows one stanza and waits for its answer; ends.
const DIALOGUE: &str = r#"
say() { printf '%s\n' "$@"; }
answer() { read -r answer; read -r body; echo "$answer $body" >> "$0.log"; }
while read -r line; do echo "$line" >> "$0.log"; [ "$line" = "-> done" ] && break; done
read -r body
"#;

#[test]
fn names() {
    assert_eq!(identity().name(), "test");
    for bad in ["age-plugin-", "age-plugin-a/b-", "age-secret-key-", "age-plugin-test"] {
        assert!(text(bad).to_uppercase().parse::<Identity>().is_err(), "{bad}");
    }
    for bad in ["age1", "age1a/b", "bob"] {
        assert!(text(bad).parse::<Recipient>().is_err(), "{bad}");
    }
    assert!("age1test1q0sxy".parse::<Recipient>().is_err(), "a wrong checksum");
}

#[test]
fn a_file_key_is_unwrapped() {
    let dir = tempfile::tempdir().unwrap();
    let host = host(
        dir.path(),
        &format!(
            "{DIALOGUE}say '-> msg' 'dG91Y2g'; answer\n\
             say '-> file-key 0' 'AAECAwQFBgcICQoLDA0ODw'; answer\nsay '-> done' ''"
        ),
    );
    let key = identity();
    let asked = key.ready(&host);
    let unwrapped = asked.unwrap_stanzas(&[stanza()]).unwrap().ok().unwrap();
    assert_eq!(unwrapped.expose_secret()[..4], [0, 1, 2, 3]);
    assert_eq!(asked.refused(), None);
    let log = fs_err::read_to_string(dir.path().join("age-plugin-test.log")).unwrap();
    let lines: Vec<&str> = log.lines().collect();
    assert!(lines[0].starts_with("-> add-identity AGE-PLUGIN-TEST-1"), "{log}");
    assert_eq!(lines[2], "-> recipient-stanza 0 test a");
    assert_eq!(lines[3].len(), 64);
    // Nobody is there to read the message.
    assert_eq!(lines[lines.len() - 2..], ["-> fail ", "-> ok "]);
}

#[test]
fn a_file_key_is_wrapped() {
    let dir = tempfile::tempdir().unwrap();
    let script = "say '-> recipient-stanza 0 test b c' 'AAEC'; answer\n\
                  say '-> labels postquantum' ''; answer\nsay '-> grease x' ''; answer\nsay '-> done' ''";
    let host = host(dir.path(), &format!("{DIALOGUE}{script}"));
    let (stanzas, labels) =
        age::Recipient::wrap_file_key(&recipient().ready(&host), &FileKey::new(Box::new([9; 16]))).unwrap();
    let expected =
        Stanza { tag: "test".to_owned(), args: vec!["b".to_owned(), "c".to_owned()], body: vec![0, 1, 2] };
    assert_eq!(stanzas, [expected]);
    assert!(labels.contains("postquantum"));
    let log = fs_err::read_to_string(dir.path().join("age-plugin-test.log")).unwrap();
    assert!(log.ends_with("-> ok \n-> ok \n-> unsupported \n"), "{log}");
}

#[test]
fn what_goes_wrong_is_told_in_a_line() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |script: &str| {
        let host = host(dir.path(), script);
        let key = identity();
        let asked = key.ready(&host);
        assert!(asked.unwrap_stanzas(&[stanza()]).is_none());
        asked.refused()
    };
    let no_card = format!("{DIALOGUE}say '-> error identity 0' 'bm8gY2FyZAo'; answer\nsay '-> done' ''");
    assert_eq!(refused(&no_card).as_deref(), Some("no card"));
    assert_eq!(refused(&format!("{DIALOGUE}say '-> done' ''")), None, "the key is for somebody else");
    let early = "age-plugin-test ended too early; run it by hand to see why";
    assert_eq!(refused("exit 1").as_deref(), Some(early));
    let strange = "age-plugin-test does not speak the age plugin protocol";
    assert_eq!(refused(&format!("{DIALOGUE}say hello; read -r x")).as_deref(), Some(strange));

    let key = identity();
    let nowhere = Host::default();
    let asked = key.ready(&nowhere);
    assert!(asked.unwrap_stanzas(&[stanza()]).is_none());
    assert_eq!(asked.refused().as_deref(), Some("age-plugin-test is not in PATH"));
}
