//! The test keys of `tests/data/sops/keys`, handed to commands.

use fs_err as fs;

use crate::bench::{Bench, data};

/// The fingerprints of the OpenPGP keys: Curve25519 and RSA.
pub const PGP: [&str; 2] =
    ["62D8BFE294F99909D4F36771E227307E011AC15F", "B52E0DD536221A0DB55D1D8B5D554A0F39AAE935"];

fn file(name: &str) -> String {
    fs::read_to_string(data().join("sops/keys").join(name)).unwrap()
}

/// The recipient of a key: `age1` to `age3`, `agepq`, `ssh_ed25519`, `ssh_rsa`.
pub fn recipient(name: &str) -> String {
    if name.starts_with("ssh") {
        return file(&format!("{name}.pub")).trim().to_owned();
    }
    let text = file(&format!("{name}.txt"));
    text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap().to_owned()
}

/// Gives commands the keys called `names` and no other: `age1` and so on, and `pgp`.
pub fn give(bench: &mut Bench, names: &[&str]) {
    for variable in ["SOPS_AGE_KEY_FILE", "SOPS_AGE_SSH_PRIVATE_KEY_FILE", "GNUPGHOME"] {
        bench.unset(variable);
    }
    let mut identities = String::new();
    for name in names {
        match *name {
            "pgp" => {
                let home = bench.keyring();
                bench.set("GNUPGHOME", home);
            }
            ssh if ssh.starts_with("ssh") => {
                let path = bench.private_file(ssh, &file(ssh));
                bench.set("SOPS_AGE_SSH_PRIVATE_KEY_FILE", path);
            }
            age => identities.push_str(&file(&format!("{age}.txt"))),
        }
    }
    if !identities.is_empty() {
        let path = bench.private_file("identities.txt", &identities);
        bench.set("SOPS_AGE_KEY_FILE", path);
    }
}

/// A key type: its name, what a rule says of its keys, and the keys that open its files.
pub type KeyType = (&'static str, String, &'static [&'static str]);

/// How many there are.
pub const KEY_TYPES: usize = 6;

/// The key types that need no service.
pub fn types() -> [KeyType; KEY_TYPES] {
    let of = |name: &str| format!("age: '{}'", recipient(name));
    let groups = format!(
        "shamir_threshold: 2, key_groups: [{{{}}}, {{age: ['{}']}}, {{pgp: [{}]}}]",
        format_args!("age: ['{}']", recipient("age1")),
        recipient("agepq"),
        PGP[1]
    );
    [
        ("age", of("age1"), &["age1"]),
        ("pq", of("agepq"), &["agepq"]),
        ("ssh-ed25519", of("ssh_ed25519"), &["ssh_ed25519"]),
        ("ssh-rsa", of("ssh_rsa"), &["ssh_rsa"]),
        ("pgp", format!("pgp: {}", PGP[0]), &["pgp"]),
        ("groups", groups, &["age1", "pgp"]),
    ]
}
