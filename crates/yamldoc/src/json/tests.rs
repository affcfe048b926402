use proptest::prelude::*;

use super::*;
use crate::{Profile, Value};

/// Every scalar with its span, in order of the text.
fn scalars(text: &str) -> Vec<(String, String)> {
    let stream = Stream::parse_json(text).unwrap_or_else(|error| panic!("{error} in {text}"));
    let scalars = stream.nodes.iter().filter_map(|node| match &node.kind {
        Kind::Scalar { value, .. } => Some((value.to_string(), stream.source(node.span).to_owned())),
        _ => None,
    });
    scalars.collect()
}

#[test]
fn spans_are_tokens() {
    let text = " {\"a\" : [1.50,\r\n\ttrue , {\"\\u00e9\\\"\":null}] , \"b\":{} }\n";
    let found = scalars(text);
    let expected = [
        ("a", "\"a\""),
        ("1.50", "1.50"),
        ("true", "true"),
        ("é\"", "\"\\u00e9\\\"\""),
        ("null", "null"),
        ("b", "\"b\""),
    ];
    assert_eq!(found, expected.map(|(value, source)| (value.to_owned(), source.to_owned())));
    let stream = Stream::parse_json(text).unwrap();
    let root = stream.documents[0].root;
    assert_eq!(stream.source(stream.node(root).span), text.trim());
    let empty = stream.get(root, "b").unwrap();
    assert_eq!(stream.source(stream.node(empty).span), "{}");
}

#[test]
fn escapes_are_decoded() {
    let text = r#"["\"\\\/\b\f\n\r\t", "\ud83d\ude00\u0041", "\uD83D\uDE00é"]"#;
    let values: Vec<String> = scalars(text).into_iter().map(|(value, _)| value).collect();
    assert_eq!(values, ["\"\\/\u{8}\u{c}\n\r\t", "😀A", "😀é"]);
}

#[test]
fn numbers_have_the_types_of_sops() {
    for (text, expected) in [
        ("42", Value::Int(42)),
        ("-0", Value::Int(0)),
        ("-0.0", Value::Float(-0.0)),
        ("1.0", Value::Float(1.0)),
        ("1e3", Value::Float(1000.0)),
        ("9223372036854775807", Value::Int(i64::MAX)),
        ("9223372036854775808", Value::Float(9_223_372_036_854_775_808.0)),
        ("12345678901234567890", Value::Float(12_345_678_901_234_567_890.0)),
        ("\"1\"", Value::Str("1".into())),
        ("\"\"", Value::Str("".into())),
        ("true", Value::Bool(true)),
        ("null", Value::Null),
    ] {
        let stream = Stream::parse_json(text).unwrap();
        for profile in [Profile::Sops, Profile::Helm] {
            let value = stream.value(stream.documents[0].root, profile).unwrap().unwrap();
            assert_eq!(format!("{value:?}"), format!("{expected:?}"), "{text}");
        }
    }
}

#[test]
fn what_json_does_not_have_is_refused_with_its_place() {
    for (text, expected) in [
        ("", "line 1, column 1: a value must stand here; the text ends here"),
        ("\u{feff}{}", "line 1, column 1: JSON must not start with a byte order mark"),
        ("{\"a\": 1,}", "line 1, column 9: a comma before `}`"),
        ("[1,\n]", "line 2, column 1: a value must stand here; a bracket closes too early"),
        ("{} x", "line 1, column 4: text after the end"),
        ("{}\n{}", "line 2, column 1: text after the end"),
        ("{\"a\" 1}", "line 1, column 6: `:` must stand here"),
        ("{\"a\": 1 \"b\": 2}", "line 1, column 9: `,` or `}` must stand here"),
        ("[1 2]", "line 1, column 4: `,` or `]` must stand here"),
        ("[1, // c\n2]", "line 1, column 5: a value must stand here; JSON has no comments"),
        ("{a: 1}", "line 1, column 2: a key in double quotes must stand here"),
        ("{'a': 1}", "line 1, column 2: a key in double quotes must stand here; JSON has double quotes only"),
        ("[NaN]", "line 1, column 2: JSON has no NaN"),
        ("[-Infinity]", "line 1, column 2: JSON has no NaN"),
        ("[01]", "line 1, column 2: a number that JSON does not have"),
        ("[1.]", "line 1, column 2: a number that JSON does not have"),
        ("[+1]", "line 1, column 2: a number that JSON does not have"),
        ("[.5]", "line 1, column 2: a number that JSON does not have"),
        ("[0x1F]", "line 1, column 2: a number that JSON does not have"),
        ("[1e400]", "line 1, column 2: a number beyond the range"),
        ("[True]", "line 1, column 2: a value must stand here"),
        ("[\"a\nb\"]", "line 1, column 2: this string does not end on its line"),
        ("[\"a\tb\"]", "line 1, column 4: a control character in a string"),
        ("[\"abc", "line 1, column 2: this string does not end"),
        ("[\"\\x41\"]", "line 1, column 3: an escape that JSON does not have"),
        ("[\"\\u00g0\"]", "line 1, column 3: `\\u` needs four hex digits"),
        ("[\"\\u+123\"]", "line 1, column 3: `\\u` needs four hex digits"),
        ("[\"\\ud800\"]", "line 1, column 3: half a surrogate pair"),
        ("[\"\\ud800\\u0041\"]", "line 1, column 3: half a surrogate pair"),
        ("[\"\\udc00\"]", "line 1, column 3: half a surrogate pair"),
        ("[\"\\", "line 1, column 3: an escape that JSON does not have"),
        ("{\"a\":", "line 1, column 6: a value must stand here; the text ends here"),
        ("[1}", "line 1, column 3: `,` or `]` must stand here; a bracket closes too early"),
    ] {
        let error = Stream::parse_json(text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text:?}: {error}");
    }
}

#[test]
fn messages_do_not_quote_the_text() {
    let error = Stream::parse_json("{\"a\": s3cret}").unwrap_err().to_string();
    assert!(!error.contains("s3cret"), "{error}");
}

#[test]
fn duplicate_keys_are_found_by_their_decoded_text() {
    let stream = Stream::parse_json("{\"a\": 1,\n\"\\u0061\": 2}").unwrap();
    let error = stream.check_keys().unwrap_err().to_string();
    assert_eq!(error, "line 2, column 1: key \"a\" appears twice in the same map (first on line 1)");
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Stream::parse_json(&nested(MAX_DEPTH)).is_ok());
    let error = Stream::parse_json(&nested(10_000)).unwrap_err();
    assert!(matches!(error, Error::TooDeep { limit: MAX_DEPTH, .. }), "{error}");
}

#[test]
fn size_is_bounded() {
    let text = format!("[{}1]", "1,".repeat(MAX_NODES));
    let error = Stream::parse_json(&text).unwrap_err();
    assert!(matches!(error, Error::TooLarge { limit: MAX_NODES, .. }), "{error}");
}

proptest! {
    #[test]
    fn never_panics(text in "[\\[\\]{},:\"\\\\a0-9eE.+\\- \nu\u{e9}tnf]{0,60}") {
        let _ = Stream::parse_json(&text);
    }

    #[test]
    fn any_string_is_read_back(text: String) {
        let token = crate::json_quoted(&text);
        let stream = Stream::parse_json(&token).unwrap();
        let value = stream.value(stream.documents[0].root, Profile::Sops).unwrap().unwrap();
        prop_assert_eq!(value, Value::Str(text.into()));
    }
}
