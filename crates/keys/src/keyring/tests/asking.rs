//! Keys behind a passphrase, and plugins.

use std::sync::Arc;

use age::scrypt;
use secrecy::SecretString;

use super::*;
use crate::Prompt;

const PASSPHRASE: &str = "correct horse";

/// Answers with one passphrase and notes what it was asked.
#[derive(Default)]
struct Person {
    passphrase: Option<&'static str>,
    asked: Mutex<Vec<String>>,
}

impl Person {
    fn knowing(passphrase: &'static str) -> Arc<Self> {
        Arc::new(Self { passphrase: Some(passphrase), ..Self::default() })
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl Prompt for Person {
    fn secret(&self, question: &str) -> Option<SecretString> {
        self.asked.lock().unwrap().push(question.to_owned());
        self.passphrase.map(SecretString::from)
    }

    fn show(&self, message: &str) {
        self.asked.lock().unwrap().push(message.to_owned());
    }

    fn warn(&self, message: &str) {
        self.asked.lock().unwrap().push(format!("warning: {message}"));
    }
}

fn asking(age: AgeSources, person: &Arc<Person>) -> Keyring {
    Keyring::new(Sources { age, prompt: Some(person.clone()), ..Sources::default() })
}

fn locked_key(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/keys").join(name)
}

fn locked_recipient(name: &str) -> String {
    fs_err::read_to_string(locked_key(&format!("{name}.pub"))).unwrap().trim().to_owned()
}

/// A data key wrapped for `recipients`.
fn wrapped_for(recipients: &[String]) -> (DataKey, Metadata) {
    let key = DataKey::generate();
    let group = recipients.iter().map(|recipient| MasterKey::Age { recipient: recipient.clone() }).collect();
    let groups = nobody().wrap(&key, &[group], None).unwrap();
    (key, metadata(groups))
}

#[test]
fn an_ssh_key_is_unlocked_once_for_all_files() {
    for name in ["ssh_ed25519_locked", "ssh_rsa_locked"] {
        let person = Person::knowing(PASSPHRASE);
        let age = AgeSources { ssh_key_files: vec![locked_key(name)], ..AgeSources::default() };
        let keyring = asking(age, &person);
        for _ in 0..2 {
            let (key, metadata) = wrapped_for(&[locked_recipient(name)]);
            assert_eq!(keyring.data_key(&metadata).unwrap().expose(), key.expose());
        }
        assert_eq!(person.asked(), [format!("passphrase of {}", locked_key(name).display())]);
    }
}

#[test]
fn nobody_is_asked_for_a_key_that_is_not_needed() {
    let identity = Identity::generate();
    let person = Person::knowing(PASSPHRASE);
    let age = AgeSources {
        key: Some(text(&identity).into()),
        ssh_key_file: Some(locked_key("ssh_ed25519_locked")),
        ..AgeSources::default()
    };
    let keyring = asking(age, &person);
    let (_, both) = wrapped_for(&[locked_recipient("ssh_ed25519_locked"), recipient_of(&identity)]);
    keyring.data_key(&both).unwrap();
    let (_, foreign) = wrapped_for(&[locked_recipient("ssh_rsa_locked")]);
    keyring.data_key(&foreign).unwrap_err();
    let (_, foreign) = wrapped_for(&[recipient_of(&Identity::generate())]);
    let error = keyring.data_key(&foreign).unwrap_err().to_string();
    assert!(!error.contains("SSH"), "{error}");
    assert_eq!(person.asked(), Vec::<String>::new());
}

#[test]
fn a_wrong_passphrase_and_a_missing_terminal_are_told() {
    let place = locked_key("ssh_ed25519_locked");
    let age = AgeSources { ssh_key_files: vec![place.clone()], ..AgeSources::default() };
    let (_, metadata) = wrapped_for(&[locked_recipient("ssh_ed25519_locked")]);
    let wrong = Person::knowing("wrong");
    for (keyring, words) in [
        (asking(age.clone(), &wrong), "encrypted with another passphrase than the one given"),
        (
            asking(age.clone(), &Arc::default()),
            "encrypted with a passphrase, for which no terminal could ask",
        ),
        (Keyring::new(with_age(age)), "encrypted with a passphrase, for which no terminal could ask"),
    ] {
        for _ in 0..2 {
            let error = keyring.data_key(&metadata).unwrap_err().to_string();
            assert!(error.ends_with(&format!("{} (1 SSH key, {words})", place.display())), "{error}");
        }
    }
    assert_eq!(wrong.asked().len(), 1, "asked once, not for every file");
}

#[test]
fn an_encrypted_identity_file_is_opened_if_nothing_else_fits() {
    let dir = tempfile::tempdir().unwrap();
    let (inside, outside) = (Identity::generate(), Identity::generate());
    let path = dir.path().join("keys.txt");
    let mut by_passphrase = scrypt::Recipient::new(PASSPHRASE.into());
    by_passphrase.set_work_factor(2);
    let content = text(&inside);
    let armored = age::encrypt_and_armor(&by_passphrase, content.as_bytes()).unwrap();
    for bytes in [armored.into_bytes(), age::encrypt(&by_passphrase, content.as_bytes()).unwrap()] {
        fs_err::write(&path, bytes).unwrap();
        let age = AgeSources {
            key: Some(text(&outside).into()),
            key_files: vec![path.clone()],
            ..AgeSources::default()
        };
        let person = Person::knowing(PASSPHRASE);
        let keyring = asking(age.clone(), &person);
        keyring.data_key(&wrapped(&[&outside]).1).unwrap();
        assert_eq!(person.asked(), Vec::<String>::new());
        for _ in 0..2 {
            let (key, metadata) = wrapped(&[&inside]);
            assert_eq!(keyring.data_key(&metadata).unwrap().expose(), key.expose());
        }
        assert_eq!(person.asked(), [format!("passphrase of {}", path.display())]);

        let error = Keyring::new(with_age(age)).data_key(&wrapped(&[&inside]).1).unwrap_err().to_string();
        let words = "encrypted with a passphrase, for which no terminal could ask";
        assert!(error.ends_with(&format!("{} ({words})", path.display())), "{error}");
    }
}

#[test]
fn encrypted_files_that_cannot_be_opened_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.txt");
    let told = |bytes: &[u8], passphrase| {
        fs_err::write(&path, bytes).unwrap();
        let age = AgeSources { key_files: vec![path.clone()], ..AgeSources::default() };
        let keyring = asking(age, &Person::knowing(passphrase));
        let error = keyring.data_key(&wrapped(&[&Identity::generate()]).1).unwrap_err().to_string();
        error.rsplit_once(" (").unwrap().1.trim_end_matches(')').to_owned()
    };
    let mut by_passphrase = scrypt::Recipient::new(PASSPHRASE.into());
    by_passphrase.set_work_factor(2);
    let once = age::encrypt(&by_passphrase, b"hunter2").unwrap();
    assert_eq!(told(&once, "wrong"), "encrypted with another passphrase than the one given");
    assert_eq!(told(&once, PASSPHRASE), "no identity, something that is no identity in line 1");
    assert_eq!(told(&once[..once.len() - 1], PASSPHRASE), "encrypted, and damaged");
    assert_eq!(told(b"age-encryption.org/v1\n-> x\n", PASSPHRASE), "encrypted, and damaged");
    let twice = age::encrypt(&by_passphrase, &once).unwrap();
    assert_eq!(told(&twice, PASSPHRASE), "encrypted twice");
    let for_a_key = age::encrypt(&Identity::generate().to_public(), b"x").unwrap();
    assert_eq!(told(&for_a_key, PASSPHRASE), "encrypted for other keys; only a passphrase can be asked for");
}

#[test]
fn a_plugin_says_why_it_does_not_open_a_key() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("age-plugin-test");
    let script = "while read -r line; do [ \"$line\" = '-> done' ] && break; done; read -r body\n\
                  printf '%s\\n' '-> msg' 'dG91Y2g' '-> request-secret' 'UElO'; read -r a; read -r a; read -r a\n\
                  read -r pin; [ \"$pin\" = Y29ycmVjdCBob3JzZQ ] && error=YmxvY2tlZA || error=d3JvbmcgUElO\n\
                  printf '%s\\n' '-> error identity 0' $error; read -r a; read -r a; printf '%s\\n' '-> done' ''";
    crate::testing::script(&program, script);
    let prefix = bech32::Hrp::parse_unchecked("age-plugin-test-");
    let identity = age_core::primitives::bech32_encode(prefix, b"x").to_uppercase();
    let age =
        AgeSources { key: Some(identity.into()), path: Some(dir.path().into()), ..AgeSources::default() };
    let (_, metadata) = wrapped(&[&Identity::generate()]);
    let person = Person::knowing(PASSPHRASE);
    let error = asking(age.clone(), &person).data_key(&metadata).unwrap_err().to_string();
    assert!(error.ends_with("\n  age plugin test: blocked"), "{error}");
    assert_eq!(person.asked(), ["touch", "PIN"]);
    let nowhere = AgeSources { path: None, ..age };
    let error = asking(nowhere, &person).data_key(&metadata).unwrap_err().to_string();
    assert!(error.ends_with("\n  age plugin test: age-plugin-test is not in PATH"), "{error}");
}

#[test]
fn own_keys_are_known_without_asking() {
    let identity = Identity::generate();
    let person = Person::knowing(PASSPHRASE);
    let age = AgeSources {
        key: Some(text(&identity).into()),
        key_command: Some("false".to_owned()),
        ssh_key_file: Some(locked_key("ssh_ed25519_locked")),
        ..AgeSources::default()
    };
    let keyring = asking(age, &person);
    let recipients = [
        recipient_of(&Identity::generate()),
        locked_recipient("ssh_ed25519_locked").replace("locked@test", "another comment"),
        locked_recipient("ssh_rsa_locked"),
        recipient_of(&identity),
    ];
    let (_, metadata) = wrapped_for(&recipients);
    let own: Vec<String> = keyring.own_keys(&metadata).into_iter().map(MasterKey::to_string).collect();
    assert_eq!(own, [recipients[1].as_str(), &recipients[3]]);
    assert_eq!(person.asked(), Vec::<String>::new());
}

#[test]
fn unsafe_settings_of_services_are_told_once_and_only_where_a_service_is_used() {
    let person = Person::knowing(PASSPHRASE);
    let lookup = |name: &str| (name == "VAULT_SKIP_VERIFY").then(|| "1".to_owned());
    let sources = Sources::from_env(&lookup, None, None);
    let keyring = Keyring::new(Sources { prompt: Some(person.clone()), ..sources });
    let (_, local) = wrapped(&[&Identity::generate()]);
    keyring.data_key(&local).unwrap_err();
    assert_eq!(person.asked(), <[String; 0]>::default());
    let huawei = WrappedKey::new(MasterKey::HuaweiKms { key_id: "r:k".to_owned() }, "x".to_owned(), None);
    for _ in 0..2 {
        keyring.data_key(&metadata(vec![KeyGroup::of(vec![huawei.clone()])])).unwrap_err();
    }
    assert_eq!(
        person.asked(),
        ["warning: the certificates of Vault servers are not checked (VAULT_SKIP_VERIFY)"]
    );
}
