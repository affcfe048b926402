use proptest::prelude::*;

use super::*;
use crate::{Edits, Place, Profile, Value, double_quoted};

/// Source and decoded text of every scalar, in order of appearance.
fn scalars(text: &str) -> Vec<(String, String)> {
    let stream = Stream::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let scalars = stream.nodes.iter().filter_map(|node| match &node.kind {
        Kind::Scalar { value, .. } => Some((stream.source(node.span).to_owned(), value.to_string())),
        _ => None,
    });
    scalars.collect()
}

fn token_of(text: &str, key: &str) -> (String, String) {
    let all = scalars(text);
    let at = all.iter().position(|(source, _)| source == key).unwrap();
    all[at + 1].clone()
}

#[test]
fn block_scalars_span_header_to_last_content() {
    for (text, token, value) in [
        ("a: |2-\n    x\n\n   y\n\n\nb: 1\n", "|2-\n    x\n\n   y", "  x\n\n y"),
        ("a: | # c | d\n  x\nb: 1\n", "| # c | d\n  x", "x\n"),
        ("a: &n|> |\n  x\n", "|\n  x", "x\n"),
        ("a: !t # c\n  |\n  x\n", "|\n  x", "x\n"),
        ("a: |+\n  x\n\n\nb: 1\n", "|+\n  x\n\n", "x\n\n\n"),
        ("m:\n  a: |+\n    x\n  b: 1\n", "|+\n    x", "x\n"),
        ("a: >\r\n  x\r\n  y\r\n\r\nb: 1\r\n", ">\r\n  x\r\n  y", "x y\n"),
        ("a: |\n", "|", ""),
        ("a: |\n  x\n   \nb: 1\n", "|\n  x\n   ", "x\n \n"),
    ] {
        assert_eq!(token_of(text, "a"), (token.to_owned(), value.to_owned()), "{text:?}");
    }
}

#[test]
fn without_a_final_line_break_there_is_none_in_the_value() {
    assert_eq!(token_of("a: |\n  x", "a").1, "x");
    assert_eq!(token_of("a: |+\n  x", "a").1, "x");
    assert_eq!(token_of("a: |\n  x\n", "a").1, "x\n");
}

#[test]
fn absent_values_are_empty_plain_scalars() {
    let stream = Stream::parse("a:\nb: ~\nc: {d: , e}\n").unwrap();
    let root = stream.documents[0].root;
    for key in ["a", "b"] {
        assert_eq!(stream.value(stream.get(root, key).unwrap(), Profile::Sops), Ok(Some(Value::Null)));
    }
    let absent = stream.node(stream.get(root, "a").unwrap());
    // It stands at the end of its key, before the colon.
    assert_eq!(absent.span, Span { start: 1, end: 1 });
}

#[test]
fn many_comments_under_a_key_are_no_error() {
    let text = format!("a:\n{}  b: 1\n", "  # commented out\n".repeat(500));
    assert_eq!(Stream::parse(&text).unwrap().comments.len(), 500);
}

#[test]
fn flow_collections_may_close_at_the_column_of_their_key() {
    assert!(Stream::parse("a: {\n  b: 1\n}\nc: [\n  d,\n]\n").is_ok());
}

#[test]
fn comments_know_whether_they_stand_alone() {
    let text = "\u{feff}# top\na: 1 # beside\n  # alone\nb: \"# none\"\r\n# crlf\r\n";
    let stream = Stream::parse(text).unwrap();
    let comments: Vec<_> =
        stream.comments.iter().map(|comment| (stream.source(comment.span), comment.own_line)).collect();
    assert_eq!(comments, [("# top", true), ("# beside", false), ("# alone", true), ("# crlf", true)]);
}

#[test]
fn documents_end_where_the_next_begins() {
    let text = "%YAML 1.1\n---\na: 1\n# c\n...\n# between\n--- {b: 1}\n---\n";
    let stream = Stream::parse(text).unwrap();
    let ends: Vec<_> = stream.documents.iter().map(|document| &text[document.end..]).collect();
    assert_eq!(ends, ["...\n# between\n--- {b: 1}\n---\n", "---\n", ""]);
    assert!(stream.documents.iter().all(|document| document.marker.is_some()));
    assert!(Stream::parse("# only a comment\n").unwrap().documents.is_empty());
}

#[test]
fn aliases_point_to_the_latest_anchor() {
    let text = "a: &x 1\nb: *x\nc: &x [2]\nd: *x\n";
    let stream = Stream::parse(text).unwrap();
    let root = stream.documents[0].root;
    let target = |key| stream.source(stream.node(stream.resolved(stream.get(root, key).unwrap())).span);
    assert_eq!((target("b"), target("d")), ("1", "[2]"));
    let anchor = stream.node(stream.get(root, "c").unwrap()).anchor().unwrap();
    assert_eq!(stream.source(anchor), "&x");
    let error = Stream::parse("a: &x\n  b: *x\n").unwrap_err();
    assert_eq!(error, Error::RecursiveAlias { place: Place { line: 2, column: 6 } });
    assert!(matches!(Stream::parse("a: *y\n"), Err(Error::Syntax { .. })));
}

#[test]
fn keys_are_judged_in_every_document() {
    let check = |text: &str| Stream::parse(text).unwrap().check_keys();
    assert_eq!(
        check("a: 1\n---\nm:\n  b: 1\n  \"b\": 2\n"),
        Err(Error::DuplicateKey { place: Place { line: 5, column: 3 }, key: "b".into(), first: 4 })
    );
    let many: String = (0..40).map(|number| format!("k{number}: 1\n")).collect();
    assert_eq!(check(&many), Ok(()));
    let error = check(&format!("{many}k7: 2\n")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 41, column 1: key \"k7\" appears twice in the same map (first on line 8)"
    );
    for (text, found) in [
        ("1: a", "a number"),
        ("~: a", "null"),
        ("true: a", "a bool"),
        ("2024-01-01: a", "a date"),
        ("? [a]\n: b", "a list"),
        ("a: &a b\n*a : c", "an alias"),
    ] {
        assert!(check(text).unwrap_err().to_string().contains(found), "{text}");
    }
    assert_eq!(check("yes: a\n\"1\": b\n!!str 2: c\n<<: {d: e}\n"), Ok(()));
}

#[test]
fn tabs_and_broken_text_are_errors_with_a_place() {
    for (text, line) in
        [("a:\n\tb: 1\n", 2), ("a: [1\nb: 2\n", 2), ("a: \"x\n", 2), ("<<<<<<< HEAD\na: 1\n=======\n", 2)]
    {
        let error = Stream::parse(text).unwrap_err();
        assert!((1..=line + 1).contains(&error.place().line), "{text:?}: {error}");
    }
}

/// Any text the parser takes.
fn texts() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "[a-c]: [a-c\"'|>&*!{}\\[\\], #-]{0,8}",
        "  [a-c]: [a-c]{0,3}",
        "- [a-c \"']{0,4}",
        "# [a-z]{0,3}",
        "[a-c]: [|>][+-]?",
        "  [a-c ]{1,5}",
        Just(String::new()),
        Just("---".to_owned()),
    ];
    (proptest::collection::vec(line, 0..8), any::<bool>())
        .prop_map(|(lines, crlf)| lines.join(if crlf { "\r\n" } else { "\n" }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// Replacing the token of one scalar changes that scalar and nothing else.
    #[test]
    fn one_token_is_one_scalar(text in texts(), pick: prop::sample::Index) {
        let Ok(stream) = Stream::parse(&text) else { return Ok(()) };
        let quoted: Vec<usize> = (0..stream.nodes.len())
            .filter(|&at| matches!(&stream.nodes[at].kind,
                Kind::Scalar { style: Style::Plain | Style::Single | Style::Double, .. })
                && stream.nodes[at].span.start < stream.nodes[at].span.end)
            .collect();
        if quoted.is_empty() {
            return Ok(());
        }
        let at = quoted[pick.index(quoted.len())];
        let mut edits = Edits::default();
        edits.replace(stream.nodes[at].span, double_quoted("new: value"));
        let edited = edits.apply(&text).unwrap();
        let after = Stream::parse(&edited).unwrap();
        prop_assert_eq!(after.nodes.len(), stream.nodes.len());
        for (number, (before, after)) in stream.nodes.iter().zip(&after.nodes).enumerate() {
            if let (Kind::Scalar { value: old, .. }, Kind::Scalar { value: new, .. }) = (&before.kind, &after.kind) {
                prop_assert_eq!(new.as_ref(), if number == at { "new: value" } else { old.as_ref() });
            }
        }
    }
}

#[test]
fn depth_is_bounded() {
    let flow = |depth: usize| format!("a: {}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Stream::parse(&flow(crate::parse::MAX_DEPTH - 1)).is_ok());
    for text in [
        flow(10_000),
        (0..2_000).map(|level| format!("{}a:\n", " ".repeat(level))).collect(),
        format!("{}x", "- ".repeat(10_000)),
        format!("{}x", "? ".repeat(10_000)),
        "{\"a\":".repeat(10_000),
        // Blocks and flow collections count together.
        format!("{}{}{}", "- ".repeat(600), "[".repeat(600), "]".repeat(600)),
    ] {
        let error = Stream::parse(&text).unwrap_err();
        assert!(matches!(error, Error::TooDeep { .. }), "{error}");
    }
}
