use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;

fn mask(secrets: &[&str], text: &str) -> String {
    Masker::new(secrets).unwrap().mask(text).into_owned()
}

const ODD: &str = "p@ss\"w<o>r\\d&'x y/z+";

#[test]
fn plain_values() {
    assert_eq!(mask(&["hunter22"], "a hunter22, b: hunter22"), "a ***, b: ***");
    assert_eq!(mask(&["hunter22"], "hunter2"), "hunter2");
    assert_eq!(mask(&[], "anything"), "anything");
}

#[test]
fn overlapping_values_leave_nothing_of_either() {
    assert_eq!(mask(&["abcdX", "Xefgh", "bcd4"], "1abcdXefgh2"), "1***2");
    assert_eq!(mask(&["hunter", "hunter22"], "hunter22"), "***");
}

#[test]
fn base64_of_the_value_and_around_it() {
    let value = "s3cr3t-Value!";
    assert_eq!(mask(&[value], &format!("data: {}", STANDARD.encode(value))), "data: ***");
    for before in ["", "a", "ab", "abc", "user:"] {
        for after in ["", "z", "zz", "@host"] {
            let encoded = STANDARD.encode(format!("{before}{value}{after}"));
            let masked = mask(&[value], &encoded);
            assert!(masked.contains(MASK), "{before} {after}: {masked}");
            let left = masked.replace(MASK, "").len();
            let own = (before.len() + after.len()) * 4 / 3 + 7;
            assert!(left <= own, "{masked} keeps too much of {encoded}");
        }
    }
    let bytes = "~~~???~~~>>>";
    assert_eq!(mask(&[bytes], &URL_SAFE_NO_PAD.encode(bytes)), "***");
}

#[test]
fn escaped_values() {
    let json = serde_json::to_string(ODD).unwrap();
    assert_eq!(mask(&[ODD], &json), "\"***\"");
    // What Go's encoding/json writes.
    let go = "p@ss\\\"w\\u003co\\u003er\\\\d\\u0026'x y/z+";
    assert_eq!(mask(&[ODD], go), MASK);
    assert_eq!(mask(&[ODD], &json.replace('/', "\\/")), "\"***\"");
    assert_eq!(mask(&[ODD], &format!("'{}'", ODD.replace('\'', "''"))), "'***'");
    assert_eq!(mask(&[ODD], &serde_yaml::to_string(ODD).unwrap()).replace(['\'', '"', '\n'], ""), MASK);
}

#[test]
fn url_encoded_values() {
    for encoded in [
        "p%40ss%22w%3Co%3Er%5Cd%26%27x%20y%2Fz%2B",
        "p%40ss%22w%3Co%3Er%5Cd%26%27x+y%2Fz%2B",
        "p%40ss%22w%3co%3er%5cd%26%27x%20y%2fz%2b",
        "p@ss%22w%3Co%3Er%5Cd&%27x%20y%2Fz+",
        "p%40ss%22w%3Co%3Er%5Cd%26'x%20y%2Fz%2B",
    ] {
        assert_eq!(mask(&[ODD], &format!("?q={encoded}&r=1")), "?q=***&r=1");
    }
}

#[test]
fn lines_of_a_long_value() {
    let pem = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhki\n-----END KEY-----\n";
    let indented = "  key: |\n    -----BEGIN KEY-----\n    MIIEvQIBADANBg\n    kqhki\n    -----END KEY-----\n  next: 1\n";
    assert_eq!(mask(&[pem], indented), "  key: |\n    ***\n    ***\n    kqhki\n    ***\n  next: 1\n");
    assert_eq!(mask(&[pem], &format!("a{pem}b")), "a***b");
    assert_eq!(mask(&[pem], &pem.replace('\n', "\r\n")), "***\r\n");
    assert_eq!(mask(&["value1\n"], "x=value1;"), "x=***;");
}

#[test]
fn lines_are_masked_one_by_one() {
    let masker = Masker::new(["ab\ncdef\ngh"]).unwrap();
    assert_eq!(masker.mask_lines("1\nxab\r\n2"), ["1", "xab", "2"]);
    assert_eq!(masker.mask_lines("1\nxab\ncdef\nghy\n\n2"), ["1", "x***", "***", "***y", "", "2"]);
    assert!(masker.mask_lines("").is_empty());
}

#[test]
fn short_values_are_counted_and_left() {
    let masker = Masker::new(["abc", "", " x ", "abcd"]).unwrap();
    assert_eq!(masker.skipped(), 2);
    assert_eq!(masker.mask("abc abcd"), "abc ***");
}

#[test]
fn debug_output_holds_no_value() {
    let masker = Masker::new(["hunter22"]).unwrap();
    let mut writer = masker.writer(Vec::new());
    writer.write_all(b"hunter2").unwrap();
    let shown = format!("{masker:?} {writer:?}");
    assert!(!shown.contains("hunter") && !shown.contains("104"), "{shown}");
}

#[test]
fn long_values_with_the_same_beginning_are_told_apart() {
    let head = "-----BEGIN RSA PRIVATE KEY-----";
    let (a, b, short) = (format!("{head}aaaa"), format!("{head}aaaabbbb"), head.to_owned());
    assert_eq!(mask(&[&a, &b], &format!("{a} {b} {head}")), format!("*** *** {head}"));
    assert_eq!(mask(&[&b], &a), a);
    assert_eq!(mask(&[&b, &short], &a), "***aaaa");
}

fn streamed(masker: &Masker, text: &str, cuts: &[usize]) -> (String, usize) {
    let mut writer = masker.writer(Vec::new());
    let mut rest = text.as_bytes();
    let mut held = 0;
    for cut in cuts.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (now, later) = rest.split_at((*cut).min(rest.len()));
        writer.write_all(now).unwrap();
        held = held.max(writer.held());
        rest = later;
    }
    (String::from_utf8(writer.finish().unwrap()).unwrap(), held)
}

#[test]
fn a_stream_of_secrets_is_not_held_back() {
    let masker = Masker::new(["aaaa"]).unwrap();
    let (masked, held) = streamed(&masker, &"a".repeat(1000), &[1]);
    assert_eq!(masked, MASK);
    assert!(held < 20, "{held}");
}

proptest! {
    #[test]
    fn streaming_masks_like_the_whole(
        secrets in prop::collection::vec("[ab\n]{4,9}", 0..4),
        long in prop::collection::vec("[ab]{20,40}", 0..3),
        start in "[abcd\n]{0,60}",
        cuts in prop::collection::vec(1_usize..7, 1..5),
    ) {
        let text = [start, long.concat(), "bba".to_owned()].concat();
        let masker = Masker::new(secrets.iter().chain(&long)).unwrap();
        prop_assert_eq!(streamed(&masker, &text, &cuts).0, masker.mask(&text));
    }

    #[test]
    fn no_spelling_survives(
        secret in "[ -)+-~é😀]{4,20}",
        before in "[a-z:/é]{0,5}",
        after in "[a-z@\n]{0,5}",
    ) {
        prop_assume!(secret.trim().chars().count() >= 4);
        let masker = Masker::new([&secret]).unwrap();
        let json = serde_json::to_string(&secret).unwrap();
        let json = &json[1..json.len() - 1];
        for spelling in [secret.as_str(), json, &STANDARD.encode(&secret)] {
            let masked = masker.mask(&format!("{before}{spelling}{after}")).into_owned();
            prop_assert!(!masked.contains(spelling), "{masked}");
            prop_assert_eq!(masker.mask_lines(spelling).concat(), MASK);
        }
        let embedded = STANDARD.encode(format!("{before}{secret}{after}"));
        prop_assert!(masker.mask(&embedded).contains(MASK));
    }
}

#[test]
fn more_values_leave_the_first_masker_as_it_was() {
    let first = Masker::new(["hunter2-hunter2"]).unwrap();
    let both = first.with(["correct-horse", "abc"]).unwrap();
    let text = "hunter2-hunter2correct-horse, correct-horse, hunter2-hunter2";
    assert_eq!(both.mask(text), "***, ***, ***");
    assert_eq!(first.mask(text), "***correct-horse, correct-horse, ***");
    assert_eq!((first.skipped(), both.skipped()), (0, 1));
    assert_eq!(first.with(Vec::<String>::new()).unwrap().mask(text), first.mask(text));
}
