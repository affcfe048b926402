use proptest::prelude::*;

use super::*;
use crate::{Kind, Stream};

const BLOCK: Context<'static> = Context { flow: false, indent: Some(4), line_break: "\n" };
const FLOW: Context<'static> = Context { flow: true, indent: None, line_break: "\n" };

#[test]
fn words_that_some_reader_takes_for_something_else_are_quoted() {
    for text in [
        "yes",
        "No",
        "on",
        "y",
        "~",
        "null",
        "true",
        "0777",
        "1_000",
        "2024-01-01",
        "1:30",
        "",
        "<<",
        "=",
        ".5",
        "0x1F",
        "1e3",
        " a",
        "a ",
        "a: b",
        "a #b",
        "a:",
        "- a",
        "-",
        "? a",
        "#a",
        "&a",
        "*a",
        "!a",
        "%a",
        "@a",
        "`a",
        "'a",
        "\"a",
        "[a",
        "{a",
        "a\tb",
        "---",
        "...",
        "a\u{2028}b",
        "|",
        ">",
    ] {
        assert_eq!(plain(text, false), None, "{text:?}");
    }
    for text in ["a", "-a", "a:b", "a#b", "http://x/?y=1", "a,b", "é", "\u{1f600}", "1:a", "nope", "10.0.0.1"]
    {
        assert_eq!(plain(text, false), Some(text), "{text:?}");
    }
    assert_eq!(plain("a,b", true), None);
    assert_eq!(plain("a:]", true), None);
}

#[test]
fn several_lines_become_a_literal_block() {
    assert_eq!(render("a\n\n b\n", Wanted::Plain, BLOCK), "|\n    a\n\n     b");
    assert_eq!(render("a\nb", Wanted::Plain, BLOCK), "|-\n    a\n    b");
    assert_eq!(render("a\n\n", Wanted::Plain, BLOCK), "|+\n    a\n");
    assert_eq!(render("\ta\nb", Wanted::Plain, BLOCK), "\"\\ta\\nb\"");
    assert_eq!(render("a\nb", Wanted::Plain, FLOW), "\"a\\nb\"");
    assert_eq!(render("it's", Wanted::Single, BLOCK), "'it''s'");
    assert_eq!(render("\u{85}\u{0}", Wanted::Single, BLOCK), "\"\\x85\\x00\"");
}

/// The value `token` has as the value of `k`, with a second key after it to see that it ends where it should.
fn read(token: &str, context: Context<'_>) -> (String, usize) {
    let text = if context.flow {
        format!("{{k: {token}, z: end}}\n")
    } else {
        format!("m:\n  k: {token}\nz: end\n")
    };
    let stream = Stream::parse(&text).unwrap();
    let root = stream.documents[0].root;
    let Kind::Mapping { entries, .. } = &stream.node(root).kind else { panic!("no map") };
    let count = entries.len();
    let map = if context.flow { root } else { entries[0].1 };
    let node = stream.get(map, "k").unwrap();
    for profile in [Profile::Sops, Profile::Helm] {
        assert!(matches!(stream.value(node, profile), Ok(Some(Value::Str(_)))), "{token:?}");
    }
    let Kind::Scalar { value, .. } = &stream.node(node).kind else { panic!("no scalar") };
    (value.to_string(), count)
}

proptest! {
    #[test]
    fn every_string_reads_back(
        text in prop_oneof![
            "\\PC{0,12}",
            "[ -~\t\n\r\u{85}\u{a0}\u{2028}\u{feff}é😀]{0,20}",
            "[a-c \n:#'\"\\-]{0,20}",
            "[-+0-9_.:eExobTtZ]{0,12}",
        ],
        style in prop_oneof![Just(Wanted::Plain), Just(Wanted::Single), Just(Wanted::Double)],
        flow: bool,
    ) {
        let context = if flow { FLOW } else { BLOCK };
        let token = render(&text, style, context);
        let (value, entries) = read(&token, context);
        prop_assert_eq!(value, text);
        prop_assert_eq!(entries, 2);
    }
}
