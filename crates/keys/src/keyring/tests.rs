use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret;
use age::x25519::Identity;
use sops::{Document, Selector, Store};

mod asking;
mod gpg_keys;
mod services;

use super::*;
use crate::{AgeSources, GpgSources, Looked};

fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/sops").join(path)
}

fn metadata(groups: Vec<KeyGroup>) -> Metadata {
    Metadata {
        groups,
        shamir_threshold: None,
        selector: Selector::default(),
        mac_only_encrypted: false,
        last_modified: String::new(),
        mac: None,
        version: "3.13.3".to_owned(),
        unknown: Vec::new(),
    }
}

/// A data key wrapped for `identities`.
fn wrapped(identities: &[&Identity]) -> (DataKey, Metadata) {
    let key = DataKey::generate();
    let group = identities.iter().map(|identity| age_key(identity)).collect();
    let groups = nobody().wrap(&key, &[group], None).unwrap();
    (key, metadata(groups))
}

/// A keyring without keys.
fn nobody() -> Keyring {
    Keyring::new(Sources::default())
}

fn recipient_of(identity: &Identity) -> String {
    identity.to_public().to_string()
}

fn age_key(identity: &Identity) -> MasterKey {
    MasterKey::Age { recipient: recipient_of(identity) }
}

fn text(identity: &Identity) -> String {
    identity.to_string().expose_secret().to_owned()
}

fn with_age(age: AgeSources) -> Sources {
    Sources { age, ..Sources::default() }
}

fn with_key(text: &str) -> Sources {
    with_age(AgeSources { key: Some(text.into()), ..AgeSources::default() })
}

#[test]
fn any_recipient_opens_it_whatever_the_label_says() {
    let (a, b, c) = (Identity::generate(), Identity::generate(), Identity::generate());
    let (key, mut metadata) = wrapped(&[&a, &b]);
    metadata.groups[0].keys[1].key = MasterKey::Age { recipient: "not a recipient".to_owned() };
    for identity in [&a, &b] {
        let got = Keyring::new(with_key(&text(identity))).data_key(&metadata).unwrap();
        assert_eq!(got.expose(), key.expose());
    }
    assert!(Keyring::new(with_key(&text(&c))).data_key(&metadata).is_err());
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The metadata of a vector's file.
fn vector(path: &str) -> Metadata {
    let store = match Path::new(path).extension().and_then(|name| name.to_str()) {
        Some("json") => Store::Json,
        _ => Store::Yaml,
    };
    let text = fs_err::read_to_string(data(path)).unwrap();
    Document::parse(&text, store).unwrap().metadata().clone()
}

/// Checks that `sources` open `enc/FILE` and that it has the data key that is written in its vector.
fn opens(file: &str, sources: Sources) {
    let (name, _) = file.split_once('.').unwrap();
    let expected = fs_err::read_to_string(data(&format!("values/{name}.tsv"))).unwrap();
    let key = Keyring::new(sources).data_key(&vector(&format!("enc/{file}"))).unwrap();
    assert_eq!(format!("#datakey\t{}", hex(key.expose())), expected.lines().next().unwrap(), "{file}");
}

#[test]
fn files_that_sops_wrote_open() {
    let age = |names: &[&str]| {
        let text: String = names
            .iter()
            .map(|name| fs_err::read_to_string(data(&format!("keys/{name}.txt"))).unwrap())
            .collect();
        with_key(&text)
    };
    let ssh = |name: &str| with_age(AgeSources { ssh_key_files: vec![data(name)], ..AgeSources::default() });
    for name in ["age1", "age2", "age3"] {
        opens("keys_multi_age.yaml", age(&[name]));
    }
    opens("keys_mixed.yaml", age(&["age1"]));
    opens("keys_pq.yaml", age(&["agepq"]));
    opens("keys_ssh_ed25519.yaml", ssh("keys/ssh_ed25519"));
    opens("keys_ssh_rsa.yaml", ssh("keys/ssh_rsa"));
    for sources in [age(&["age1"]), age(&["agepq"]), ssh("keys/ssh_ed25519"), ssh("keys/ssh_rsa")] {
        opens("keys_all_age.yaml", sources);
    }
    for (one, other) in [("age1", "age3"), ("age1", "age2"), ("age2", "age3")] {
        opens("shamir_2of3_yaml.yaml", age(&[one, other]));
        opens("shamir_2of3_json.json", age(&[one, other]));
        opens("v3132_shamir.yaml", age(&[one, other]));
    }
    opens("shamir_2of2_multi.yaml", age(&["age2", "age3"]));
    opens("onegroup_threshold.yaml", age(&["age1"]));
}

#[test]
fn the_files_of_the_vectors_that_nobody_opens() {
    let age1 = || with_age(AgeSources { key_file: Some(data("keys/age1.txt")), ..AgeSources::default() });
    let age2 = with_age(AgeSources { key_file: Some(data("keys/age2.txt")), ..AgeSources::default() });
    let error = Keyring::new(age1()).data_key(&vector("tamper/shamir_one_share.yaml")).unwrap_err();
    assert!(matches!(error, NoKey::Shares { opened: 1, needed: 2, .. }), "{error}");
    for sources in [Sources::default(), age2] {
        let error = Keyring::new(sources).data_key(&vector("enc/tamper_base.yaml")).unwrap_err();
        assert!(matches!(error, NoKey::NoIdentity { .. }), "{error}");
    }
    assert!(Keyring::new(age1()).data_key(&vector("enc/tamper_base.yaml")).is_ok());
}

#[test]
fn without_a_threshold_all_shares_count_that_open() {
    let file = vector("tamper/shamir_threshold_removed.yaml");
    assert_eq!(file.shamir_threshold, None);
    let text =
        ["age1", "age3"].map(|name| fs_err::read_to_string(data(&format!("keys/{name}.txt"))).unwrap());
    let key = Keyring::new(with_key(&text.concat())).data_key(&file).unwrap();
    let expected =
        Keyring::new(with_key(&text.concat())).data_key(&vector("enc/shamir_2of3_yaml.yaml")).unwrap();
    assert_eq!(key.expose(), expected.expose());
}

#[test]
fn a_broken_source_does_not_hide_a_good_one() {
    let dir = tempfile::tempdir().unwrap();
    let identity = Identity::generate();
    let good = dir.path().join("keys.txt");
    fs_err::write(&good, text(&identity)).unwrap();
    let (_, metadata) = wrapped(&[&identity]);
    let sources = AgeSources {
        key: Some("hunter2".into()),
        key_file: Some(dir.path().join("none.txt")),
        key_files: vec![dir.path().to_owned(), good],
        ..AgeSources::default()
    };
    assert!(Keyring::new(with_age(sources)).data_key(&metadata).is_ok());
}

#[test]
fn without_a_fitting_identity_everything_is_named_and_no_key_shown() {
    let dir = tempfile::tempdir().unwrap();
    let (mine, theirs) = (Identity::generate(), Identity::generate());
    let keys = dir.path().join("keys.txt");
    let (_, mut metadata) = wrapped(&[&theirs]);
    let pgp = WrappedKey::new(MasterKey::pgp("85D77543"), "x".to_owned(), Some("2026".to_owned()));
    metadata.groups[0].keys.push(pgp);
    let age = AgeSources {
        key: Some(format!("{}\nhunter2", text(&mine)).into()),
        key_command: Some("false".to_owned()),
        key_files: vec![keys.clone()],
        ..AgeSources::default()
    };
    let gpg = GpgSources { program: Some("/no/gpg".into()), ..GpgSources::default() };
    let keyring = Keyring::new(Sources { age, gpg, ..Sources::default() });
    let error = keyring.data_key(&metadata).unwrap_err();
    let NoKey::NoIdentity { encrypted_for, looked_in, own, refused } = &error else { panic!("{error}") };
    assert_eq!(encrypted_for, &[recipient_of(&theirs), "pgp 85D77543".to_owned()]);
    assert_eq!(own, &[recipient_of(&mine)]);
    let refused: Vec<String> =
        refused.iter().map(|refused| format!("{}: {}", refused.key, refused.reason)).collect();
    assert_eq!(refused, ["pgp 85D77543: the program /no/gpg is not there"]);
    let looked: Vec<String> = looked_in.iter().map(Looked::to_string).collect();
    let expected = [
        "SOPS_AGE_KEY (1 identity, something that is no identity in line 2)".to_owned(),
        "SOPS_AGE_KEY_FILE (not set)".to_owned(),
        format!("{} (not there)", keys.display()),
        "SOPS_AGE_KEY_CMD (false failed: exit status: 1; run it by hand to see why)".to_owned(),
    ];
    assert_eq!(looked, expected);
    let all = format!("{error} {error:?} {keyring:?} {:?}", error.hint());
    assert!(!all.contains("hunter2") && !all.contains("AGE-SECRET-KEY"), "{all}");
}

#[test]
fn the_command_runs_without_a_shell_once_per_recipient_and_only_if_needed() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (Identity::generate(), Identity::generate());
    let name = |identity: &Identity| dir.path().join(recipient_of(identity));
    fs_err::write(name(&second), text(&second)).unwrap();
    let log = dir.path().join("log");
    let script = dir.path().join("my script.sh");
    let lines = format!(
        "echo \"$1 $SOPS_AGE_RECIPIENT ${{SOPS_AGE_KEY-unset}}\" >> {}\ncat {}/$SOPS_AGE_RECIPIENT || true\n",
        log.display(),
        dir.path().display()
    );
    fs_err::write(&script, lines).unwrap();
    let sources = AgeSources {
        key: Some(text(&Identity::generate()).into()),
        key_command: Some(format!("sh '{}' '$HOME; x'", script.display())),
        ..AgeSources::default()
    };
    let keyring = Keyring::new(with_age(sources));
    let (key, metadata) = wrapped(&[&first, &second]);
    assert_eq!(keyring.data_key(&metadata).unwrap().expose(), key.expose());
    let (_, again) = wrapped(&[&second, &first]);
    keyring.data_key(&again).unwrap();
    let expected =
        format!("$HOME; x {} unset\n$HOME; x {} unset\n", recipient_of(&first), recipient_of(&second));
    assert_eq!(fs_err::read_to_string(&log).unwrap(), expected);

    let sources = AgeSources { key: Some(text(&first).into()), ..keyring.sources.age.clone() };
    Keyring::new(with_age(sources)).data_key(&metadata).unwrap();
    assert_eq!(fs_err::read_to_string(&log).unwrap(), expected, "not asked when another source will do");
}

#[test]
fn a_command_that_cannot_run_is_named() {
    let (_, metadata) = wrapped(&[&Identity::generate()]);
    for (command, words) in [
        ("/no/such/program x", "/no/such/program does not start: entity not found"),
        ("echo 'x", "a quote in it does not end"),
        (" ", "it is empty"),
        ("echo hunter2", "no identity, something that is no identity in line 1"),
    ] {
        let sources = AgeSources { key_command: Some(command.to_owned()), ..AgeSources::default() };
        let error = Keyring::new(with_age(sources)).data_key(&metadata).unwrap_err().to_string();
        assert!(error.ends_with(&format!("SOPS_AGE_KEY_CMD ({words})")), "{error}");
    }
}

#[test]
fn sources_are_read_once_and_opened_keys_kept() {
    let dir = tempfile::tempdir().unwrap();
    let identity = Identity::generate();
    let file = dir.path().join("keys.txt");
    fs_err::write(&file, text(&identity)).unwrap();
    let keyring =
        Keyring::new(with_age(AgeSources { key_file: Some(file.clone()), ..AgeSources::default() }));
    let (key, metadata) = wrapped(&[&identity]);
    keyring.data_key(&metadata).unwrap();
    fs_err::remove_file(&file).unwrap();
    assert_eq!(keyring.data_key(&metadata).unwrap().expose(), key.expose());
    keyring.data_key(&wrapped(&[&identity]).1).unwrap();
}

#[test]
fn a_damaged_key_is_told_from_a_foreign_one() {
    let identity = Identity::generate();
    let sources = with_key(&text(&identity));
    let damaged = |enc: String| {
        let keys = vec![WrappedKey::new(age_key(&identity), enc, None)];
        match Keyring::new(sources.clone()).data_key(&metadata(vec![KeyGroup::of(keys)])) {
            Err(NoKey::Damaged { reason, .. }) => reason.to_owned(),
            Err(error @ NoKey::NotAKey { .. }) => error.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let enc = |content: &[u8]| age::encrypt_and_armor(&identity.to_public(), content).unwrap();
    assert_eq!(damaged(String::new()), "it has no valid age header");
    assert_eq!(damaged("hunter2".to_owned()), "it has no valid age header");
    assert_eq!(damaged(enc(&[7; 31])), "its data key has 31 bytes, which is no AES key");
    assert_eq!(damaged(enc(&[7; 33])), "its data key has 33 bytes, which is no AES key");
    assert_eq!(damaged(enc(&[7; 1000])), "its data key has 34 bytes, which is no AES key");
    let whole = enc(&[7; 32]);
    let lines: Vec<&str> = whole.lines().collect();
    let last = lines.len() - 2;
    let cut = whole.replace(&format!("{}\n", lines[last]), "");
    assert!(
        ["its content was changed", "it does not decrypt"].contains(&damaged(cut.clone()).as_str()),
        "{}",
        damaged(cut)
    );

    // Somebody else's damaged key is not what keeps us out.
    let (_, mut metadata) = wrapped(&[&Identity::generate(), &Identity::generate()]);
    metadata.groups[0].keys[0].enc = "x".to_owned();
    let error = Keyring::new(sources.clone()).data_key(&metadata).unwrap_err();
    assert!(matches!(error, NoKey::NoIdentity { .. }), "{error}");

    // One damaged key among good ones does no harm.
    let (key, mut metadata) = wrapped(&[&Identity::generate(), &identity]);
    metadata.groups[0].keys[0].enc = "x".to_owned();
    assert_eq!(Keyring::new(sources.clone()).data_key(&metadata).unwrap().expose(), key.expose());
}

#[test]
fn shares_of_enough_groups_open_it() {
    let identities = [Identity::generate(), Identity::generate(), Identity::generate()];
    let groups: Vec<Vec<MasterKey>> = identities.iter().map(|identity| vec![age_key(identity)]).collect();
    let key = DataKey::generate();
    let mut metadata = metadata(nobody().wrap(&key, &groups, Some(2)).unwrap());
    metadata.shamir_threshold = Some(2);
    let two = with_key(&format!("{}\n{}", text(&identities[2]), text(&identities[0])));
    assert_eq!(Keyring::new(two.clone()).data_key(&metadata).unwrap().expose(), key.expose());
    metadata.shamir_threshold = Some(3);
    let error = Keyring::new(two).data_key(&metadata).unwrap_err().to_string();
    assert!(
        error.starts_with("2 of its 3 key groups open and 3 are needed; of the first other: no identity"),
        "{error}"
    );
    let error = Keyring::new(with_key(&text(&identities[0]))).data_key(&metadata).unwrap_err();
    assert!(matches!(error, NoKey::Shares { opened: 1, .. }), "{error}");
}

#[test]
fn a_threshold_above_the_number_of_groups_is_told() {
    let identity = Identity::generate();
    let groups = [vec![age_key(&identity)], vec![age_key(&identity)]];
    let mut metadata = metadata(nobody().wrap(&DataKey::generate(), &groups, None).unwrap());
    metadata.shamir_threshold = Some(5);
    let error = Keyring::new(with_key(&text(&identity))).data_key(&metadata).unwrap_err();
    assert_eq!(error.to_string(), "it has 2 key groups, and its shamir_threshold asks for 5");
}

#[test]
fn the_threshold_of_one_group_means_nothing() {
    let identity = Identity::generate();
    let (key, mut metadata) = wrapped(&[&identity]);
    metadata.shamir_threshold = Some(3);
    let opened = Keyring::new(with_key(&text(&identity))).data_key(&metadata).unwrap();
    assert_eq!(opened.expose(), key.expose());
}
