use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use proptest::prelude::*;

use super::*;

fn line(text: &str) -> Vec<OsString> {
    text.split(' ').map(OsString::from).collect()
}

fn names(args: &[OsString]) -> Vec<String> {
    scan(args).files.iter().map(|file| file.name.to_string_lossy().into_owned()).collect()
}

fn positionals(args: &[OsString]) -> Vec<String> {
    scan(args).positionals.iter().map(|it| it.value.to_string_lossy().into_owned()).collect()
}

/// The table against the `--help` of the real binaries, both ways.
#[test]
fn table_is_what_helm_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/helm/flags.tsv");
    let text = fs_err::read_to_string(path).unwrap();
    let rows: Vec<Vec<&str>> =
        text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect()).collect();
    assert!(rows.len() > 400, "{}", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        let [command, long, short, takes, _versions] = row[..] else { panic!("{row:?}") };
        let syntax = if command == "*" { Syntax::global() } else { Syntax::of(command) };
        let expected = if takes == "value" { Takes::Value } else { Takes::Nothing };
        if syntax.long(long).map(|flag| flag.takes) != Some(expected) {
            wrong.push(format!("helm {command} --{long} takes {takes}"));
        }
        if short != "-" && syntax.short(short.chars().next().unwrap()).map(|flag| flag.long) != Some(long) {
            wrong.push(format!("helm {command} -{short} is --{long}"));
        }
    }
    for command in ["install", "upgrade", "template", "lint", "rollback", "uninstall", "list"] {
        let real = |flag: &str| rows.iter().any(|row| (row[0] == command || row[0] == "*") && row[1] == flag);
        // Deprecated names that Helm 4's help hides.
        let hidden = ["force", "atomic", "validate"];
        let syntax = Syntax::of(command);
        let extra = syntax.longs().filter(|flag| !hidden.contains(flag) && !real(flag));
        wrong.extend(extra.map(|flag| format!("helm {command} has no --{flag}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_spelling_of_a_values_file() {
    for text in [
        "upgrade r c -f a.yaml",
        "upgrade -fa.yaml r c",
        "upgrade -f=a.yaml r c",
        "upgrade --values a.yaml r c",
        "upgrade r --values=a.yaml c",
        "upgrade r -if a.yaml c",
        "upgrade r -ifa.yaml c",
        "upgrade r -i=true -if=a.yaml c",
        "--namespace f -n -f upgrade r --install c -f a.yaml",
        "-nx upgrade r c --values a.yaml",
        "template r c -f a.yaml",
        "diff upgrade r c -f a.yaml",
        "unittest -f a.yaml r c",
    ] {
        assert_eq!(names(&line(text)), ["a.yaml"], "{text}");
        assert_eq!(positionals(&line(text)), ["r", "c"], "{text}");
    }
}

#[test]
fn a_valued_flag_swallows_what_follows() {
    let args = line("upgrade r c --set -f a.yaml --description -f -l -f");
    assert_eq!(names(&args), [""; 0]);
    assert_eq!(positionals(&args), ["r", "c", "a.yaml"]);
}

#[test]
fn switches_and_optional_values_swallow_nothing() {
    let args =
        line("upgrade --wait r --dry-run c --atomic -f a.yaml --debug -f b.yaml --no-such-flag -f c.yaml");
    assert_eq!(names(&args), ["a.yaml", "b.yaml", "c.yaml"]);
    assert_eq!(positionals(&args), ["r", "c"]);
}

#[test]
fn nothing_is_a_flag_after_two_dashes() {
    let args = line("upgrade -f a.yaml -- r -f b.yaml -");
    assert_eq!(names(&args), ["a.yaml"]);
    assert_eq!(positionals(&args), ["r", "-f", "b.yaml", "-"]);
}

#[test]
fn other_meanings_of_f_name_no_file() {
    for text in
        ["list -f a.yaml", "ls --filter a.yaml", "history -f a.yaml r", "test --filter name=a r", "status r"]
    {
        assert_eq!(names(&line(text)), [""; 0], "{text}");
    }
}

#[test]
fn flag_at_the_end_has_no_value() {
    let scanned = scan(&line("upgrade r c -f"));
    assert_eq!(scanned.files, []);
    assert_eq!(scanned.last("values").unwrap().value, None);
    assert_eq!(names(&line("upgrade r c -f=")), ["="]); // as pflag has it
    assert_eq!(names(&line("upgrade r c --values= x")), [""; 0]);
}

#[test]
fn command_in_helms_own_spelling() {
    for (text, command) in [
        ("upgrade r", "upgrade"),
        ("ls -a", "list"),
        ("--kube-context upgrade del r", "uninstall"),
        ("get values r", "get values"),
        ("-n x diff upgrade r c", "diff upgrade"),
        ("--unknown x lint c", "lint"),
        ("--unknown=x lint c", "lint"),
        ("--debug lint c", "lint"),
        ("--debug", ""),
    ] {
        assert_eq!(scan(&line(text)).command, command, "{text}");
    }
}

#[test]
fn flags_are_found_by_long_name() {
    let scanned = scan(&line("upgrade r c -i --wait=false --timeout 5m -n a -nb --no-such"));
    assert!(scanned.is_set("install"));
    assert!(!scanned.is_set("wait"));
    assert!(!scanned.is_set("atomic"));
    assert_eq!(scanned.last("namespace").unwrap().value.as_deref(), Some(OsStr::new("b")));
    assert_eq!(scanned.last("timeout").unwrap().args, 5..7);
    assert!(!scanned.last("no-such").unwrap().known);
}

#[test]
fn extra_flags_are_read_as_told() {
    let extra = [Flag::value("contexts", None), Flag::value("max-parallel", Some('P'))];
    let scanned = scan_with(&line("upgrade --contexts -f r c -P 3 -f a.yaml"), &extra);
    assert_eq!(scanned.positionals.len(), 2);
    assert_eq!(scanned.files.len(), 1);
    assert_eq!(scanned.last("contexts").unwrap().value.as_deref(), Some(OsStr::new("-f")));
}

#[test]
fn debug_output_hides_values() {
    let scanned = scan(&line("upgrade r c --set password=hunter2"));
    assert!(!format!("{:?}", scanned.flags).contains("hunter2"));
}

/// What pflag's `StringSlice` makes of the same text (its own csv reader, Go 1.24).
#[test]
fn comma_lists_are_csv() {
    for (value, expected) in [
        ("a,b", vec!["a", "b"]),
        ("a, b", vec!["a", " b"]),
        ("\"a,b\",c", vec!["a,b", "c"]),
        ("\"a\"\"b\"", vec!["a\"b"]),
        ("a,,b", vec!["a", "b"]),
        ("a,", vec!["a"]),
        ("a\nb", vec!["a"]),
        ("\na\r\nb", vec!["a"]),
        ("a\"b", vec![]),
        ("\"a", vec![]),
        ("\"a\"b,c", vec![]),
        ("", vec![]),
    ] {
        let args = [OsString::from("lint"), "-f".into(), value.into()];
        assert_eq!(names(&args), expected, "{value:?}");
    }
}

/// What Helm's `strvals` makes of the same text.
#[test]
fn set_file_lists() {
    for (value, expected) in [
        ("k=a", vec!["a"]),
        ("k=a,l.m[0]=b", vec!["a", "b"]),
        ("k=a\\,b,l=c", vec!["a,b", "c"]),
        ("k\\=l=a", vec!["a"]),
        ("k={a,b},l=c", vec!["a", "b", "c"]),
        ("k={a", vec!["a"]),
        ("k={}", vec![]),
        ("k=", vec![]),
        ("k,l=a", vec!["a"]),
        ("k=a=b", vec!["a=b"]),
        ("k=a\\", vec!["a"]),
    ] {
        let args = [OsString::from("lint"), "--set-file".into(), value.into()];
        assert_eq!(names(&args), expected, "{value:?}");
    }
}

#[test]
fn only_the_named_file_is_rewritten() {
    let args = line("upgrade r c -fa.yaml,b.yaml --values=c.yaml --set-file k=d.yaml,l=e.yaml -f a.yaml");
    let scanned = scan(&args);
    let replace: Vec<Replacement<'_>> = scanned
        .files
        .iter()
        .filter(|file| file.name == "b.yaml" || file.name == "e.yaml" || file.name == "c.yaml")
        .map(|file| Replacement { file, name: OsStr::new("/dev/fd/9") })
        .collect();
    let expected =
        "upgrade r c -fa.yaml,/dev/fd/9 --values=/dev/fd/9 --set-file k=d.yaml,l=/dev/fd/9 -f a.yaml";
    assert_eq!(rewrite(&args, &replace), line(expected));
}

#[test]
fn two_files_in_one_argument_may_both_change_length() {
    let args = line("lint c -f a,bb,ccc");
    let scanned = scan(&args);
    let replace: Vec<Replacement<'_>> =
        scanned.files.iter().map(|file| Replacement { file, name: OsStr::new("x,y") }).collect();
    assert_eq!(rewrite(&args, &replace), line("lint c -f \"x,y\",\"x,y\",\"x,y\""));
}

#[rustfmt::skip]
const ARGUMENTS: &[&str] = &[
    "upgrade", "lint", "list", "-f", "--values", "--set-file", "--set", "-n", "-i", "-if", "--", "-", "", "--wait",
    "-f=", "--values=", "k={a,b}", "a,b", "\"a,b\"", "k=a\\,b", "--set-file=k=x", "-fx", "-vf",
];

fn argument() -> impl Strategy<Value = OsString> {
    prop_oneof![
        proptest::sample::select(ARGUMENTS).prop_map(OsString::from),
        "[-=,\"\\\\{}fkn a\n\u{e9}]{0,8}".prop_map(OsString::from),
        proptest::collection::vec(1u8..=255, 0..6).prop_map(|bytes| OsStr::from_bytes(&bytes).to_owned()),
    ]
}

fn arguments() -> impl Strategy<Value = Vec<OsString>> {
    proptest::collection::vec(argument(), 0..8)
}

proptest! {
    #[test]
    fn rewriting_nothing_changes_nothing(args in arguments()) {
        prop_assert_eq!(rewrite(&args, &[]), args);
    }

    /// Putting each file's own name back, and any other, reads back as the same line with those names.
    #[test]
    fn a_rewritten_name_is_read_back(
        mut args in arguments(),
        command in proptest::sample::select(&["upgrade", "lint"][..]),
        name in "[a-z/,\"\\\\{} ]{1,8}",
    ) {
        args.insert(0, command.into());
        let scanned = scan(&args);
        let all = |name| scanned.files.iter().map(|file| Replacement { file, name }).collect::<Vec<_>>();
        let again = scan(&rewrite(&args, &all(OsStr::new(&name))));
        prop_assert_eq!(again.files.len(), scanned.files.len());
        for (file, before) in again.files.iter().zip(&scanned.files) {
            prop_assert_eq!(&file.name, OsStr::new(&name));
            prop_assert_eq!(file.place.arg, before.place.arg);
        }
        prop_assert_eq!(again.positionals, scanned.positionals);
    }

    /// Every argument is a command word, a positional, or inside exactly one flag (a bundle: several in one argument).
    #[test]
    fn nothing_is_lost(args in arguments()) {
        let scanned = scan(&args);
        for index in 0..args.len() {
            let positional = scanned.positionals.iter().filter(|it| it.index == index).count();
            let flag = scanned.flags.iter().any(|it| it.args.contains(&index));
            prop_assert!(positional <= 1);
            prop_assert!(!(positional == 1 && flag), "{index}: both positional and flag");
        }
        for file in &scanned.files {
            prop_assert!(file.place.bytes.end <= args[file.place.arg].len());
        }
    }
}
