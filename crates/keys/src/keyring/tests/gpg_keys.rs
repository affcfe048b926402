//! OpenPGP keys beside others.

use super::*;
use crate::gpg::tests::{ED25519, Home};

fn pgp(home: &Home) -> Sources {
    Sources { gpg: home.sources(), ..Sources::default() }
}

#[test]
fn files_that_sops_wrote_open_by_gpg() {
    let home = Home::new();
    opens("keys_pgp_rsa.yaml", pgp(&home));
    opens("keys_mixed.yaml", pgp(&home));
    let error = Keyring::new(pgp(&Home::empty())).data_key(&vector("enc/keys_pgp_rsa.yaml")).unwrap_err();
    let NoKey::NoIdentity { refused, looked_in, .. } = &error else { panic!("{error}") };
    assert_eq!(refused[0].key, "pgp B52E0DD536221A0DB55D1D8B5D554A0F39AAE935");
    assert_eq!(refused[0].reason, "gpg: decryption failed: No secret key");
    assert_eq!(
        error.to_string(),
        "no identity opens it\n  it is encrypted for  pgp B52E0DD536221A0DB55D1D8B5D554A0F39AAE935\n  \
         pgp B52E0DD536221A0DB55D1D8B5D554A0F39AAE935: gpg: decryption failed: No secret key"
    );
    assert_eq!(error.hint().as_deref(), Some("see which secret keys gpg has: gpg --list-secret-keys"));
    assert!(looked_in.is_empty(), "age identities were not looked for: no key is for one");
}

#[test]
fn a_key_group_of_age_and_one_of_gpg() {
    let home = Home::new();
    let identity = Identity::generate();
    let both = Keyring::new(Sources { age: with_key(&text(&identity)).age, ..pgp(&home) });
    let key = DataKey::generate();
    let groups = [vec![age_key(&identity)], vec![MasterKey::pgp(ED25519)]];
    let mut metadata = metadata(both.wrap(&key, &groups, None).unwrap());
    metadata.shamir_threshold = Some(2);
    let created = metadata.groups[1].keys[0].created_at.as_deref().unwrap();
    assert!(created.parse::<jiff::Timestamp>().is_ok() && created.ends_with('Z'), "{created}");
    assert_eq!(both.data_key(&metadata).unwrap().expose(), key.expose());
    assert_eq!(both.own_keys(&metadata).len(), 2);
    let error = Keyring::new(pgp(&home)).data_key(&metadata).unwrap_err();
    assert!(matches!(error, NoKey::Shares { opened: 1, needed: 2, .. }), "{error}");
}

#[test]
fn a_damaged_key_of_others_does_not_hide_what_gpg_says() {
    let mut metadata = vector("enc/keys_pgp_rsa.yaml");
    let foreign = age_key(&Identity::generate());
    metadata.groups[0].keys.push(WrappedKey::new(foreign, "x".to_owned(), None));
    let error = Keyring::new(pgp(&Home::empty())).data_key(&metadata).unwrap_err();
    assert!(matches!(&error, NoKey::NoIdentity { refused, .. } if refused.len() == 1), "{error}");
}

#[test]
fn the_order_decides_whether_gpg_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    let identity = Identity::generate();
    let log = dir.path().join("log");
    let program = dir.path().join("gpg");
    crate::testing::script(&program, &format!("echo \"$@\" >> {}\nexit 1", log.display()));
    let (key, mut metadata) = wrapped(&[&identity]);
    metadata.groups[0].keys.insert(0, WrappedKey::new(MasterKey::pgp(ED25519), "x".to_owned(), None));
    let gpg = GpgSources { program: Some(program), ..GpgSources::default() };
    let age = with_key(&text(&identity)).age;
    let sources = Sources { age, gpg, ..Sources::default() };
    Keyring::new(sources.clone()).data_key(&metadata).unwrap();
    assert!(!log.exists());
    let sources = Sources { order: vec![KeyType::Pgp, KeyType::Age], ..sources };
    assert_eq!(Keyring::new(sources).data_key(&metadata).unwrap().expose(), key.expose());
    assert_eq!(fs_err::read_to_string(&log).unwrap(), "-d\n");
}
