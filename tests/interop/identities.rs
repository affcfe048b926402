//! Identities made by age-keygen, in every place where sops looks for them.

use testkit::Run;

use crate::bench::Bench;

const TEXT: &str = "a: correct-horse\n";

/// A file for two recipients and an environment without identities.
fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.write("secret.yaml", TEXT);
    bench.ours(&["encrypt", "-i", "secret.yaml"]).assert_success();
    bench.unset("SOPS_AGE_KEY_FILE");
    bench
}

#[track_caller]
fn both(bench: &Bench) -> [Run; 2] {
    [bench.ours(&["decrypt", "secret.yaml"]), bench.theirs(&["decrypt", "secret.yaml"])]
}

#[track_caller]
fn both_open(bench: &Bench) {
    for run in both(bench) {
        assert_eq!(run.assert_success().stdout(), TEXT);
    }
}

#[test]
fn in_every_place() {
    let mut bench = bench();
    for run in both(&bench) {
        assert_ne!(run.code(), Some(0), "{run}");
    }
    let file = bench.key.file.clone();
    let identity = bench.key.identity.clone();
    bench.set("SOPS_AGE_KEY", &identity);
    both_open(&bench);
    bench.unset("SOPS_AGE_KEY");

    bench.set("SOPS_AGE_KEY_FILE", &file);
    both_open(&bench);
    bench.unset("SOPS_AGE_KEY_FILE");

    bench.set("SOPS_AGE_KEY_CMD", format!("cat '{}'", file.display()));
    both_open(&bench);
    bench.unset("SOPS_AGE_KEY_CMD");

    let keys = bench.root().join("config/sops/age");
    fs_err::create_dir_all(&keys).unwrap();
    fs_err::copy(&file, keys.join("keys.txt")).unwrap();
    both_open(&bench);
}

#[test]
fn among_others_with_comments_and_windows_line_ends() {
    let mut bench = bench();
    let identity = bench.key.identity.clone();
    let other = bench.age_key().identity;
    let text = format!("# made today\r\n\r\n{other}\r\n# mine\r\n{identity}\r\n");
    let file = bench.write("keys.txt", &text);
    bench.set("SOPS_AGE_KEY_FILE", file);
    both_open(&bench);
    bench.unset("SOPS_AGE_KEY_FILE");
    bench.set("SOPS_AGE_KEY", format!("{other}\n{identity}\n"));
    both_open(&bench);
}

#[test]
fn a_place_without_the_right_one_does_not_hide_the_others() {
    let mut bench = bench();
    let mine = bench.key.file.clone();
    let other = bench.age_key();
    bench.set("SOPS_AGE_KEY", &other.identity);
    bench.set("SOPS_AGE_KEY_FILE", mine);
    both_open(&bench);
}

#[test]
fn any_of_several_recipients_opens() {
    let mut bench = Bench::new();
    let (first, second) = (bench.key.clone(), bench.age_key());
    bench.write(
        ".sops.yaml",
        format!("creation_rules: [{{age: '{},{}'}}]\n", first.recipient, second.recipient),
    );
    bench.write("secret.yaml", TEXT);
    bench.ours(&["encrypt", "-i", "secret.yaml"]).assert_success();
    for key in [&first, &second] {
        bench.set("SOPS_AGE_KEY_FILE", &key.file);
        both_open(&bench);
    }
    bench.write("secret.yaml", TEXT);
    bench.theirs(&["encrypt", "-i", "secret.yaml"]).assert_success();
    for key in [&first, &second] {
        bench.set("SOPS_AGE_KEY_FILE", &key.file);
        both_open(&bench);
    }
}
