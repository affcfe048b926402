//! Keys that ask somebody: passphrases, plugins, gpg.

use fs_err as fs;
use testkit::{Planted, Run, tools};

use crate::bench::{Bench, data};
use crate::keys::{self, PGP};

const TEXT: &str = "a: correct-horse\n";
const PASSPHRASE: &str = "correct horse";
/// The identity of age-plugin-batchpass, which has no key in it.
const BATCHPASS: &str = "AGE-PLUGIN-BATCHPASS-1JCS0Q9";
/// The example of a tagged key in age's documentation, whose secret half is in some hardware.
const TAGGED: &str = "age1tag1qt8lw0ual6avlwmwatk888yqnmdamm7xfd0wak53ut6elz5c4swx2yqdj4e";

/// A file that `sops` encrypted for one recipient, and no key.
fn bench_for(recipient: &str) -> Bench {
    let mut bench = Bench::new();
    bench.write(".sops.yaml", format!("creation_rules: [{{age: '{recipient}'}}]\n"));
    bench.write("secret.yaml", TEXT);
    bench.theirs(&["encrypt", "-i", "secret.yaml"]).assert_success();
    bench.unset("SOPS_AGE_KEY_FILE");
    bench
}

/// `PROGRAM decrypt secret.yaml` at a terminal where `typed` is typed; all that shows there.
fn at_terminal(bench: &Bench, program: &str, typed: &str) -> Run {
    let command = format!("{program} decrypt secret.yaml");
    bench.command("script", ["-qec", &command, "/dev/null"]).stdin(format!("{typed}\n")).run()
}

/// Ours and sops, each at a terminal.
fn both_at_terminal(bench: &Bench, typed: &str) -> [Run; 2] {
    [tools::plugin_binary("helm-secrets"), tools::sops()]
        .map(|program| at_terminal(bench, &program.display().to_string(), typed))
}

#[test]
fn the_passphrase_of_an_ssh_key_is_asked_for() {
    for name in ["ssh_ed25519_locked", "ssh_rsa_locked"] {
        let key = data().join("keys").join(name);
        let recipient = fs::read_to_string(key.with_extension("pub")).unwrap();
        let mut bench = bench_for(recipient.trim());
        bench.set("SOPS_AGE_SSH_PRIVATE_KEY_FILE", &key);
        for run in both_at_terminal(&bench, PASSPHRASE) {
            assert!(run.stdout().contains("a: correct-horse"), "{run}");
        }
        let [ours, _] = both_at_terminal(&bench, "wrong");
        assert!(ours.stdout().contains("encrypted with another passphrase than the one given"), "{ours}");
        let run = bench.ours(&["decrypt", "secret.yaml"]);
        assert!(run.stderr().contains("for which no terminal could ask"), "{run}");
    }
}

#[test]
fn the_passphrase_of_an_identity_file_is_asked_for() {
    let mut bench = bench_for(&keys::recipient("age1"));
    let identity = fs::read_to_string(data().join("sops/keys/age1.txt")).unwrap();
    let path = with_plugins(&bench);
    bench.set("PATH", path);
    bench.set("AGE_PASSPHRASE_WORK_FACTOR", "4");
    for armor in ["--armor", "--encrypt"] {
        let path = bench.root().join("home/locked.age");
        let age = bench.command(tools::age(), ["-e", armor, "-j", "batchpass", "-o"]).arg(&path);
        age.env("AGE_PASSPHRASE", PASSPHRASE).stdin(identity.clone()).run().assert_success();
        bench.set("SOPS_AGE_KEY_FILE", &path);
        for run in both_at_terminal(&bench, PASSPHRASE) {
            assert!(run.stdout().contains("a: correct-horse"), "{run}");
        }
    }
}

/// A `PATH` with the plugins.
fn with_plugins(bench: &Bench) -> String {
    let folder = tools::age_plugin("pq").parent().unwrap().display().to_string();
    format!("{folder}:{}:/usr/bin:/bin", bench.root().join("bin").display())
}

#[test]
fn a_plugin_opens_and_wraps() {
    let mut bench = bench_for(&keys::recipient("agepq"));
    let path = with_plugins(&bench);
    bench.set("PATH", path);
    let identity = data().join("sops/keys/agepq.txt");
    let converted = bench.command(tools::age_plugin("pq"), ["-identity"]).arg(identity).run();
    bench.set("SOPS_AGE_KEY", converted.assert_success().stdout());
    for run in [bench.ours(&["decrypt", "secret.yaml"]), bench.theirs(&["decrypt", "secret.yaml"])] {
        assert_eq!(run.assert_success().stdout(), TEXT);
    }

    bench.write(".sops.yaml", format!("creation_rules: [{{age: '{TAGGED},{}'}}]\n", bench.key.recipient));
    bench.write("secret.yaml", TEXT);
    bench.ours(&["encrypt", "-i", "secret.yaml"]).assert_success();
    let file = bench.key.file.clone();
    bench.set("SOPS_AGE_KEY_FILE", file);
    let run = bench.theirs(&["rotate", "-i", "secret.yaml"]);
    run.assert_success();
    assert_eq!(bench.ours(&["decrypt", "secret.yaml"]).assert_success().stdout(), TEXT);

    let path = format!("{}:/usr/bin:/bin", bench.root().join("bin").display());
    bench.set("PATH", path);
    let run = bench.ours(&["rotate", "-i", "secret.yaml"]);
    assert!(run.stderr().contains("age-plugin-tag is not in PATH"), "{run}");
}

#[test]
fn a_plugin_opens_what_no_recipient_names() {
    let mut bench = bench_for(&keys::recipient("age1"));
    let path = with_plugins(&bench);
    bench.set("PATH", path);
    bench.set("AGE_PASSPHRASE", PASSPHRASE);
    bench.set("AGE_PASSPHRASE_WORK_FACTOR", "4");
    // Nothing of sops wraps a key with a passphrase: the one of the file is taken out and put back.
    let text = bench.read("secret.yaml");
    let (head, rest) = text.split_once("-----BEGIN AGE").unwrap();
    let (armored, tail) = rest
        .split_once("FILE-----\n")
        .map(|(first, rest)| (format!("-----BEGIN AGE{first}FILE-----\n"), rest))
        .unwrap();
    let (body, tail) = tail.split_once("-----END AGE ENCRYPTED FILE-----").unwrap();
    let indent = head.rsplit('\n').next().unwrap().to_owned();
    let wrapped =
        format!("{armored}{body}-----END AGE ENCRYPTED FILE-----\n").replace(&format!("\n{indent}"), "\n");
    let age = |arguments: &[&str]| bench.command(tools::age(), arguments);
    let identity = data().join("sops/keys/age1.txt");
    let key = age(&["-d", "-i"]).arg(identity).stdin(wrapped.trim_start()).run();
    let again = age(&["-e", "-a", "-j", "batchpass"]).stdin(key.assert_success().stdout_bytes()).run();
    let again = again.assert_success().stdout().trim_end().replace('\n', &format!("\n{indent}"));
    bench.write("secret.yaml", format!("{head}{again}{tail}"));
    bench.set("SOPS_AGE_KEY", BATCHPASS);
    for run in [bench.ours(&["decrypt", "secret.yaml"]), bench.theirs(&["decrypt", "secret.yaml"])] {
        assert_eq!(run.assert_success().stdout(), TEXT);
    }
    bench.set("AGE_PASSPHRASE", "wrong");
    let run = bench.ours(&["decrypt", "secret.yaml"]);
    assert!(run.stderr().contains("age plugin batchpass: incorrect passphrase"), "{run}");
}

#[test]
fn gpg_gets_no_secret_but_the_key_on_standard_input() {
    let mut bench = Bench::new();
    let home = bench.keyring();
    bench.set("GNUPGHOME", home);
    bench.write(".sops.yaml", format!("creation_rules: [{{pgp: {}}}]\n", PGP[0]));
    let log = bench.path("gpg.log");
    let script = format!("#!/bin/sh\n{{ echo \"$*\"; env; }} >> {}\nexec gpg \"$@\"\n", log.display());
    let program = bench.private_file("gpg.sh", &script);
    bench.set("SOPS_GPG_EXEC", make_executable(&program));
    let secrets =
        ["SOPS_AGE_KEY", "VAULT_TOKEN", "BAO_TOKEN", "AWS_SECRET_ACCESS_KEY", "AZURE_CLIENT_SECRET"];
    for variable in secrets {
        bench.set(variable, "hunter2hunter2");
    }
    bench.write("secret.yaml", TEXT);
    bench.ours(&["encrypt", "-i", "secret.yaml"]).assert_success();
    let run = bench.ours(&["decrypt", "secret.yaml"]);
    assert_eq!(run.assert_success().stdout(), TEXT);
    assert_eq!(bench.theirs(&["decrypt", "secret.yaml"]).assert_success().stdout(), TEXT);
    let log = bench.read("gpg.log");
    // sops hands all of its environment on, so only our own two runs count.
    let ours = log.split_inclusive('\n').take_while(|line| !line.starts_with("hunter2"));
    let ours: String = ours.collect();
    let (encrypt, rest) = ours.split_once("\n-d\n").unwrap();
    let arguments = format!(
        "--no-default-recipient --yes --encrypt -a -r {} --trusted-key {} --no-encrypt-to\n",
        PGP[0],
        &PGP[0][24..]
    );
    assert!(encrypt.starts_with(&arguments), "{encrypt}");
    let (decrypt, _) = rest.split_once("\n-d\n").unwrap();
    for environment in [encrypt, decrypt] {
        assert!(environment.contains("\nHOME="), "{environment}");
        assert!(!environment.contains("hunter2"), "{environment}");
    }
}

fn make_executable(path: &std::path::Path) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path.to_owned()
}

#[test]
fn what_a_key_command_prints_shows_nowhere() {
    let mut bench = Bench::new();
    let mut planted = Planted::new();
    planted.add("the identity", &bench.key.identity);
    bench.write("secret.yaml", TEXT);
    bench.ours(&["encrypt", "-i", "secret.yaml"]).assert_success();
    let file = bench.key.file.clone();
    bench.unset("SOPS_AGE_KEY_FILE");
    bench.set("SOPS_AGE_KEY_CMD", format!("cat '{}'", file.display()));
    for arguments in [["-v", "decrypt", "secret.yaml"], ["-v", "rotate", "secret.yaml"]] {
        bench.plugin(arguments).hunting(&planted).run().assert_success();
    }
}
