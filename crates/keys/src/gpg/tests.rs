use super::*;

pub(crate) const ED25519: &str = "62D8BFE294F99909D4F36771E227307E011AC15F";

/// A folder of keys that no user has, with an agent that ends with it.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    /// With the secret keys of the vectors.
    pub(crate) fn new() -> Self {
        let home = Self::empty();
        let key = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/sops/keys/pgp_test_secret.asc");
        home.sources().run(["--batch", "--import", key], b"").unwrap();
        home
    }

    pub(crate) fn empty() -> Self {
        // Short, for the socket of the agent.
        Self(tempfile::Builder::new().prefix("gpg").tempdir_in("/tmp").unwrap())
    }

    pub(crate) fn sources(&self) -> GpgSources {
        GpgSources { home: Some(self.0.path().to_owned()), ..GpgSources::default() }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let kill = ["--kill", "gpg-agent"];
        let _ = Command::new("gpgconf").arg("--homedir").arg(self.0.path()).args(kill).status();
    }
}

#[test]
fn what_is_encrypted_for_a_key_is_decrypted_by_it() {
    let home = Home::new();
    let gpg = home.sources();
    for key in [ED25519, "B52E0DD536221A0DB55D1D8B5D554A0F39AAE935"] {
        let armored = gpg.encrypt(&[7; 32], key).unwrap();
        assert!(armored.starts_with("-----BEGIN PGP MESSAGE-----\n"));
        assert!(armored.ends_with("\n-----END PGP MESSAGE-----"), "trimmed, as by sops");
        assert_eq!(*gpg.decrypt(&armored).unwrap(), [7; 32]);
        let stranger = Home::empty();
        let reason = stranger.sources().decrypt(&armored).unwrap_err();
        assert_eq!(reason, "gpg: decryption failed: No secret key");
    }
}

#[test]
fn a_subkey_can_be_asked_for() {
    let home = Home::new();
    let gpg = home.sources();
    let fingerprints: Vec<String> = gpg.secret_keys().into_iter().collect();
    let subkey = fingerprints
        .iter()
        .find(|key| gpg.encrypt(&[1], &format!("{key}!")).is_ok() && *key != ED25519)
        .unwrap();
    assert_eq!(*gpg.decrypt(&gpg.encrypt(&[1], &format!("{subkey}!")).unwrap()).unwrap(), [1]);
    // A primary key that only signs.
    assert!(gpg.encrypt(&[1], &format!("{ED25519}!")).unwrap_err().starts_with("gpg: "));
}

/// Answers the agent's questions for a passphrase and notes all that it is told.
const PINENTRY: &str = r#"
echo "OK hello"
while read -r line; do
  echo "$line" >> "$0.log"
  case $line in
    GETPIN) echo "D correct-horse"; echo OK ;;
    BYE) echo OK; exit ;;
    *) echo OK ;;
  esac
done
"#;

#[test]
fn the_agent_asks_for_the_passphrase_at_the_terminal() {
    let home = Home::empty();
    let pinentry = home.0.path().join("pinentry");
    crate::testing::script(&pinentry, PINENTRY);
    let settings = format!("pinentry-program {}\n", pinentry.display());
    fs_err::write(home.0.path().join("gpg-agent.conf"), settings).unwrap();
    let new = ["--quick-generate-key", "test@example.com", "default", "default", "never"];
    let quiet = ["--batch", "--pinentry-mode", "loopback", "--passphrase", "correct-horse"];
    let gpg = GpgSources { tty: Some("/dev/pts/4711".into()), ..home.sources() };
    gpg.run([&quiet[..], &new].concat(), b"").unwrap();
    let key = gpg.secret_keys().into_iter().next().unwrap();
    let armored = gpg.encrypt(&[7; 32], &key).unwrap();
    // Forgets the passphrase.
    let mut reload = Command::new("gpgconf");
    reload.arg("--homedir").arg(home.0.path()).args(["--reload", "gpg-agent"]);
    assert!(reload.status().unwrap().success());
    assert_eq!(*gpg.decrypt(&armored).unwrap(), [7; 32]);
    let log = fs_err::read_to_string(home.0.path().join("pinentry.log")).unwrap();
    assert!(log.contains("OPTION ttyname=/dev/pts/4711\n"), "{log}");
}

#[test]
fn secret_keys_are_listed_without_asking() {
    let home = Home::new();
    let known = home.sources().secret_keys();
    for own in [ED25519, "E227307E011AC15F", "011ac15f", &format!("{ED25519}!"), "0xE227307E011AC15F"] {
        assert!(is_among(own, &known), "{own}");
    }
    for foreign in ["85D77543B3D624B63CEA9E6DBC17301B491B3F21", "", "15F"] {
        assert!(!is_among(foreign, &known), "{foreign}");
    }
    assert!(Home::empty().sources().secret_keys().is_empty());
}

#[test]
fn every_failure_has_a_reason() {
    let home = Home::empty();
    let gpg = home.sources();
    assert!(gpg.encrypt(&[1], "0000000000000000000000000000000000000000").unwrap_err().starts_with("gpg: "));
    assert!(gpg.decrypt("hunter2").unwrap_err().starts_with("gpg: "));
    let with = |program: &str| GpgSources { program: Some(program.into()), ..GpgSources::default() };
    assert_eq!(with("/no/gpg").decrypt("x").unwrap_err(), "the program /no/gpg is not there");
    assert!(with("true").decrypt("x").unwrap_err().starts_with("gpg gave nothing back"));
    assert_eq!(with("true").encrypt(&[1], "x").unwrap_err(), "gpg gave nothing back");
    assert_eq!(with("false").decrypt(&"x".repeat(1 << 20)).unwrap_err(), "gpg failed: exit status: 1");
}

#[test]
fn the_id_of_a_key_is_its_end() {
    assert_eq!(long_id("62D8BFE294F99909D4F36771E227307E011AC15F"), "E227307E011AC15F");
    assert_eq!(long_id("62D8BFE294F99909D4F36771E227307E011AC15F!"), "E227307E011AC15F!");
    assert_eq!(long_id("011AC15F"), "011AC15F");
    assert_eq!(long_id(""), "");
    assert_eq!(long_id("é2345678901234é"), "é2345678901234é");
}
