use super::*;
use crate::Syntax;

/// Steps along `a.0.b`: keys and list positions.
fn steps(stream: &Stream<'_>, path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut node = stream.documents.first().map(|document| document.root);
    for part in path.split('.').filter(|part| !part.is_empty()) {
        let collection = node.unwrap();
        let entry = match &stream.node(collection).kind {
            Kind::Mapping { entries, .. } => {
                entries.iter().position(|&(key, _)| stream.key(key) == Ok(part)).unwrap()
            }
            _ => part.parse().unwrap(),
        };
        steps.push(Step { collection, entry });
        node = spot::target(stream, &steps);
    }
    steps
}

fn run(syntax: Syntax, text: &str, path: &str, op: Change<'_>) -> Result<String, ChangeError> {
    let stream = Stream::parse_as(text, syntax).unwrap();
    let steps = steps(&stream, path);
    change(&stream, &steps, op)
}

fn json(text: &str) -> NewValue {
    NewValue::from_json(text).unwrap()
}

#[track_caller]
fn replaced(text: &str, path: &str, value: &str, expected: &str) {
    let value = json(value);
    let new = run(Syntax::Yaml, text, path, Change::Replace(&value)).unwrap();
    assert_eq!(new, expected);
    assert_eq!(run(Syntax::Yaml, &new, path, Change::Replace(&value)).unwrap(), expected, "twice");
}

#[track_caller]
fn inserted(text: &str, path: &str, key: &str, value: &str, expected: &str) {
    let value = json(value);
    let new = run(Syntax::Yaml, text, path, Change::Insert(key, &value)).unwrap();
    assert_eq!(new, expected);
    let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    if !matches!(expected, "k: v\n" | "k: v") && !text.contains("null") {
        assert_eq!(run(Syntax::Yaml, &new, &path, Change::Remove).unwrap(), text, "removed again");
    }
}

#[track_caller]
fn appended(text: &str, path: &str, value: &str, expected: &str) {
    assert_eq!(run(Syntax::Yaml, text, path, Change::Append(&json(value))).unwrap(), expected);
}

#[track_caller]
fn removed(text: &str, path: &str, expected: &str) {
    assert_eq!(run(Syntax::Yaml, text, path, Change::Remove).unwrap(), expected);
}

#[test]
fn scalars_keep_quotes_gaps_and_comments() {
    replaced("a:   b   # c\n", "a", "\"x\"", "a:   x   # c\n");
    replaced("a: 'b'\n", "a", "\"it's\"", "a: 'it''s'\n");
    replaced("a: \"b\"\n", "a", "\"x\"", "a: \"x\"\n");
    replaced("a: b\n", "a", "\"yes\"", "a: \"yes\"\n");
    replaced("a: 'b'\n", "a", "7", "a: 7\n");
    replaced("a: 7\n", "a", "7.0", "a: 7.0\n");
    replaced("a: b\r\nc: d\r\n", "a", "null", "a: null\r\nc: d\r\n");
    replaced("a:\n  b\nc: d\n", "a", "\"x\"", "a:\n  x\nc: d\n");
    replaced("a: [b, \"c\", 'd']\n", "a.1", "\"x, y\"", "a: [b, \"x, y\", 'd']\n");
    replaced("a: [b, c]\n", "a.0", "\"x, y\"", "a: [\"x, y\", c]\n");
    replaced("a: b", "a", "\"c\"", "a: c");
    replaced("\u{feff}a: b\n", "a", "\"c\"", "\u{feff}a: c\n");
}

#[test]
fn absent_values_get_a_token_behind_their_indicator() {
    replaced("a:\nb: 1\n", "a", "\"x\"", "a: x\nb: 1\n");
    replaced("a:   # c\nb: 1\n", "a", "\"x\"", "a: x   # c\nb: 1\n");
    replaced("a: &n\n", "a", "1", "a: &n 1\n");
    replaced("a: !!str\n", "a", "1", "a: 1\n");
    replaced("a:\n  -\n  - b\n", "a.0", "\"x\"", "a:\n  - x\n  - b\n");
    replaced("{a: , b}\n", "a", "1", "{a: 1 , b}\n");
    replaced("{a: , b}\n", "b", "1", "{a: , b: 1}\n");
    replaced("a:\n", "a", "{\"b\": [1]}", "a:\n  b:\n    - 1\n");
}

#[test]
fn several_lines_become_a_block() {
    replaced("a: b # c\nd: e\n", "a", r#""x\ny\n""#, "a: | # c\n  x\n  y\nd: e\n");
    replaced("a:\n    b: c\n", "a.b", r#""x\ny""#, "a:\n    b: |-\n        x\n        y\n");
    replaced("a: |\n   x\n   y\nb: 1\n", "a", r#""p\nq\n""#, "a: |\n   p\n   q\nb: 1\n");
    replaced("a: | # c\n  x\n  y\n\nb: 1\n", "a", "\"p\"", "a: p # c\n\nb: 1\n");
    replaced("a: >-\n  x\n", "a", r#""p\nq""#, "a: |-\n  p\n  q\n");
    replaced("l:\n- a\n- b\n", "l.0", r#""p\nq\n""#, "l:\n- |\n  p\n  q\n- b\n");
    replaced("a: 'x'\n", "a", r#""p\nq\n""#, "a: \"p\\nq\\n\"\n");
    replaced("a: \"x\"\n", "a", r#""p\nq\n""#, "a: \"p\\nq\\n\"\n");
    replaced("a: x\r\nb: y\r\n", "a", r#""p\nq\n""#, "a: |\r\n  p\r\n  q\r\nb: y\r\n");
}

#[test]
fn a_block_never_swallows_its_surroundings() {
    // The comment would be text of the block, the blank line part of the value, the missing line break missing.
    replaced("a:\n  b: 1\n  # c\nd: 2\n", "a", r#""p\nq\n""#, "a: \"p\\nq\\n\"\n  # c\nd: 2\n");
    replaced("a: x\n\nb: 1\n", "a", r#""p\n\n""#, "a: \"p\\n\\n\"\n\nb: 1\n");
    replaced("a: x", "a", r#""p\nq\n""#, "a: \"p\\nq\\n\"");
    replaced("a: x\n", "a", r#""\tp\nq\n""#, "a: \"\\tp\\nq\\n\"\n");
}

#[test]
fn collections_and_scalars_replace_each_other() {
    replaced("a: b # c\nd: 1\n", "a", "{\"x\": 1, \"z\": [2]}", "a: # c\n  x: 1\n  z:\n    - 2\nd: 1\n");
    replaced("a:\n  x: 1 # one\n  y: 2\n# d\nd: 1\n", "a", "\"b\"", "a: b\n# d\nd: 1\n");
    replaced("a: # c\n  x: 1\nd: 1\n", "a", "\"b\"", "a: b # c\nd: 1\n");
    replaced("a: # c\n  # x\n  x: 1\nd: 1\n", "a", "{\"z\": 1}", "a: # c\n  # x\n  z: 1\nd: 1\n");
    replaced("a:\n- x\n- y\nb: 1\n", "a", "[3, {\"k\": 1, \"l\": 2}]", "a:\n- 3\n- k: 1\n  l: 2\nb: 1\n");
    replaced("a:\n- x: 1\n  y: 2\n- b\n", "a.0", "7", "a:\n- 7\n- b\n");
    replaced("a:\n- 7 # c\n- b\n", "a.0", "{\"x\": 1, \"z\": 2}", "a:\n- x: 1 # c\n  z: 2\n- b\n");
    replaced("a:\n- # c\n  x: 1\n- b\n", "a.0", "{\"z\": [1]}", "a:\n- # c\n  z:\n  - 1\n- b\n");
    replaced("a: {x: 1}\n", "a", "{\"z\": [1, \"b\"]}", "a: {z: [1, b]}\n");
    replaced("a: [x, {y: 1}]\n", "a.1", "[]", "a: [x, []]\n");
    replaced("a: {}\n", "a", "{\"w\": {\"z\": 1}}", "a:\n  w:\n    z: 1\n");
    replaced("a:\n  b: 1\n", "a", "{}", "a: {}\n");
    replaced("a: |\n  x\nb: 1\n", "a", "[1, 2]", "a:\n  - 1\n  - 2\nb: 1\n");
    replaced("a:\n  - &n x\n  - 2\n", "a.0", "[1]", "a:\n  - &n\n    - 1\n  - 2\n");
    replaced(
        "a:\n- &n\n    b: 1\n    c: 2\n",
        "a.0.b",
        "{\"d\": 1}",
        "a:\n- &n\n    b:\n      d: 1\n    c: 2\n",
    );
    replaced("a: |\n  x\n", "a", "[]", "a: []\n");
    replaced("a: &n\n  b: 1\n", "a", "\"x\"", "a: &n x\n");
}

#[test]
fn tags_that_do_not_fit_go() {
    replaced("a: !!int \"3\"\n", "a", "\"x\"", "a: \"x\"\n");
    replaced("a: &n !!str 3\n", "a", "4", "a: &n 4\n");
    replaced("a: !!str 3\n", "a", "\"4\"", "a: !!str \"4\"\n");
    replaced("a: !secret x\n", "a", "\"z\"", "a: !secret z\n");
    replaced("a: !!binary aGk=\n", "a", "\"z\"", "a: z\n");
}

#[test]
fn new_keys_come_last_in_their_map() {
    inserted("a: 1\n", "", "k", "\"v\"", "a: 1\nk: v\n");
    inserted("a: 1", "", "k", "\"v\"", "a: 1\nk: v");
    inserted("a: 1\r\n", "", "k", "\"v\"", "a: 1\r\nk: v\r\n");
    inserted("a: 1 # c\n\n# next\n---\nb: 1\n", "", "k", "2", "a: 1 # c\nk: 2\n\n# next\n---\nb: 1\n");
    inserted("m:\n    a: 1\n    # of a\nn: 1\n", "m", "k", "2", "m:\n    a: 1\n    k: 2\n    # of a\nn: 1\n");
    inserted("m:\n  a:\n    x: 1\n    # y: 2\n", "m", "k", "2", "m:\n  a:\n    x: 1\n    # y: 2\n  k: 2\n");
    inserted("m:\n  a: |\n    x\n\nn: 1\n", "m", "k", "2", "m:\n  a: |\n    x\n  k: 2\n\nn: 1\n");
    inserted("m:\n  a: |+\n    x\n\nn: 1\n", "m", "k", "2", "m:\n  a: |+\n    x\n\n  k: 2\nn: 1\n");
    inserted("l:\n- a: 1\n- b\n", "l.0", "k", "2", "l:\n- a: 1\n  k: 2\n- b\n");
    inserted("m:\n  a:\nn: 1\n", "m", "k", "{\"x\": {}}", "m:\n  a:\n  k:\n    x: {}\nn: 1\n");
    inserted("\"a\": 1\n", "", "k", "\"yes\"", "\"a\": 1\n\"k\": \"yes\"\n");
    inserted("a: 1\n", "", "1", "2", "a: 1\n\"1\": 2\n");
    inserted("a: 1\n", "", "x: y", "2", "a: 1\n\"x: y\": 2\n");
}

#[test]
fn a_block_at_the_end_of_the_text_keeps_its_value() {
    let value = json("1");
    for (text, expected) in [
        ("m:\n  a: |\n    x", "m:\n  a: |-\n    x\nk: 1"),
        ("a: >2+ # c\n  x", "a: >2- # c\n  x\nk: 1"),
        ("a: |\n  x\n", "a: |\n  x\nk: 1\n"),
    ] {
        assert_eq!(run(Syntax::Yaml, text, "", Change::Insert("k", &value)).as_deref(), Ok(expected));
    }
}

#[test]
fn flow_collections_stay_in_flow_style() {
    inserted("m: {a: 1}\n", "m", "k", "\"v, w\"", "m: {a: 1, k: \"v, w\"}\n");
    inserted("m: {a: 1, }\n", "m", "k", "2", "m: {a: 1, k: 2, }\n");
    inserted("m: {a: }\n", "m", "k", "2", "m: {a: , k: 2 }\n");
    inserted("m: {a}\n", "m", "k", "2", "m: {a, k: 2}\n");
    inserted(
        "{\n  a: 1, # one\n  b: 2 # two\n}\n",
        "",
        "k",
        "[1]",
        "{\n  a: 1, # one\n  b: 2, # two\n  k: [1]\n}\n",
    );
    inserted("{\n  a: 1,\n}\n", "", "k", "3", "{\n  a: 1,\n  k: 3,\n}\n");
    appended("a: [ 1,2 , ]\n", "a", "3", "a: [ 1,2 , 3, ]\n");
    appended("a: [x]\n", "a", "{\"k\": \"l\"}", "a: [x, {k: l}]\n");
}

#[test]
fn new_items_come_last_in_their_list() {
    appended("a:\n- x\nb: 1\n", "a", "\"y\"", "a:\n- x\n- \"y\"\nb: 1\n");
    appended("a:\n  -   x\n", "a", "{\"k\": 1, \"l\": 2}", "a:\n  -   x\n  -   k: 1\n      l: 2\n");
    appended("a:\n  - - x\n", "a.0", "2", "a:\n  - - x\n    - 2\n");
    appended("a:\n  -\n", "a", "2", "a:\n  -\n  - 2\n");
    appended("a: []\n", "a", "2", "a:\n  - 2\n");
    appended("b:\n- 1\na: []\n", "a", "2", "b:\n- 1\na:\n- 2\n");
    inserted("l:\n    - 1\n", "", "k", "{\"x\": 1}", "l:\n    - 1\nk:\n    x: 1\n");
    appended("a:\n", "a", "2", "a:\n  - 2\n");
}

#[test]
fn empty_roots_get_their_first_key() {
    let value = json("\"v\"");
    for (text, expected) in [
        ("", "k: v\n"),
        ("# c\n", "# c\nk: v\n"),
        ("# c", "# c\nk: v\n"),
        ("{}\n", "k: v\n"),
        ("# c\n{} # d\n", "# c\nk: v # d\n"),
        ("---\n", "---\nk: v\n"),
        ("---", "---\nk: v\n"),
        ("---\n# c\n", "---\n# c\nk: v\n"),
        ("--- {}\n", "---\nk: v\n"),
        ("null\n", "k: v\n"),
        ("---\n---\na: 1\n", "---\nk: v\n---\na: 1\n"),
    ] {
        assert_eq!(
            run(Syntax::Yaml, text, "", Change::Insert("k", &value)).as_deref(),
            Ok(expected),
            "{text:?}"
        );
    }
}

#[test]
fn the_last_entry_leaves_an_empty_collection() {
    removed("a:\n  b: 1\nc: 2\n", "a.b", "a: {}\nc: 2\n");
    removed("a: # c\n  b: 1\nc: 2\n", "a.b", "a: {} # c\nc: 2\n");
    removed("a:\n- 1\n", "a.0", "a: []\n");
    removed("a:\n- b: 1 # c\n", "a.0.b", "a:\n- {} # c\n");
    removed("# c\na: 1\n", "a", "# c\n{}\n");
    removed("a: &n\n  b: 1\nc: 2\n", "a.b", "a: &n {}\nc: 2\n");
    removed("a: {b: 1}\n", "a.b", "a: {}\n");
    removed("a: [ 1 ]\n", "a.0", "a: []\n");
    removed("a:\n  b: 1", "a.b", "a: {}");
    removed("a:\n  b: ", "a", "{} ");
}

#[test]
fn entries_go_with_their_lines() {
    removed("a: 1\nb: 2 # c\nc: 3\n", "b", "a: 1\nc: 3\n");
    removed("a: 1\nb:\n  x: 1\n  # y: 2\nc: 3\n", "b", "a: 1\nc: 3\n");
    removed("a: 1\nb: |\n  x\n\n  y\n\nc: 3\n", "b", "a: 1\n\nc: 3\n");
    removed("a: 1\nb: 2", "b", "a: 1");
    removed("a: |\n  x\nb: 2", "b", "a: |\n  x\n");
    removed("a: 1\r\nb: 2\r\nc: 3\r\n", "b", "a: 1\r\nc: 3\r\n");
    removed("a:\n  - x\nb: [1, # c\n  2]\n", "a", "b: [1, # c\n  2]\n");
    removed("l:\n- a: 1\n  b: 2\n", "l.0.a", "l:\n- b: 2\n");
    removed("l:\n- a: 1\n  # b\n  b: 2\n", "l.0.a", "l:\n- # b\n  b: 2\n");
    removed("l:\n- - x\n  - y\n", "l.0.0", "l:\n- - y\n");
    removed("l:\n  - x\n  - y\n", "l.1", "l:\n  - x\n");
    removed("a: 1\n? b\n: 2\nc: 3\n", "b", "a: 1\nc: 3\n");
    removed("a: |\n  x\nb: 2\n  # c\nc: 3\n", "b", "a: |\n  x\nc: 3\n");
    removed("a: |\n  x\nb: 2\n\n  # c\n", "b", "a: |\n  x\n");
    removed("a: 1\nb: 2\n  # c\nc: 3\n", "b", "a: 1\n  # c\nc: 3\n");
    removed("a: [1, # c\n    2]\n", "a.1", "a: [1 # c\n    ]\n");
    removed("a: [1, 2, 3]\n", "a.0", "a: [2, 3]\n");
    removed("a: [1, 2, 3]\n", "a.2", "a: [1, 2]\n");
    removed("{\n  a: 1, # one\n  # two\n  b: 2\n}\n", "a", "{\n  # two\n  b: 2\n}\n");
    removed("{\n  a: 1, # one\n  # two\n  b: 2\n}\n", "b", "{\n  a: 1 # one\n  # two\n}\n");
}

#[test]
fn comments_above_go_only_where_they_can_belong_to_nothing_else() {
    removed("a: 1\n\n# b\n# more\nb: 2\n\n# c\nc: 3\n", "b", "a: 1\n\n# c\nc: 3\n");
    removed("a: 1\n# b\nb: 2\n# c\nc: 3\n", "b", "a: 1\n# c\nc: 3\n");
    removed("m:\n  # b\n  b: 2\n\n  c: 3\n", "m.b", "m:\n\n  c: 3\n");
    removed("a: 1\n\n# b\nb: 2\n", "b", "a: 1\n");
    // A heading of several entries, of the file, of the entries that were commented out, of the entry above.
    removed("a: 1\n# both\nb: 2\nc: 3\n", "b", "a: 1\n# both\nc: 3\n");
    removed("# file\na: 1\n\nb: 2\n", "a", "# file\n\nb: 2\n");
    removed("a: 1\n# x: 2\nb: 2\n", "b", "a: 1\n# x: 2\n");
    removed("a:\n  x: 1\n  # y\nb: 2\n", "b", "a:\n  x: 1\n  # y\n");
    removed("a: 1\n# apart\n\nb: 2\n", "b", "a: 1\n# apart\n");
    // Blank lines that are text of the block above stay.
    removed("a: |+\n  x\n\nb: 2\n\nc: 3\n", "b", "a: |+\n  x\n\nc: 3\n");
}

#[test]
fn what_aliases_use_stays() {
    let value = json("5");
    for (text, path) in [
        ("a: &n x\nb: *n\n", "a"),
        ("a: &n {x: 1}\nb: *n\n", "a.x"),
        ("a: &n\n  x: 1\nb:\n  <<: *n\n", "a.x"),
        ("a:\n  x: &n 1\nb: *n\n", "a"),
    ] {
        let line = text.lines().count();
        let result = run(Syntax::Yaml, text, path, Change::Replace(&value));
        assert!(matches!(result, Err(ChangeError::Shared { alias }) if alias.line == line), "{text}");
        assert!(run(Syntax::Yaml, text, path, Change::Remove).is_err());
    }
    replaced("a: &n x\nb: *n\n", "b", "1", "a: &n x\nb: 1\n");
    removed("a: &n x\nb: *n\nc: *n\n", "b", "a: &n x\nc: *n\n");
    inserted("a: &n x\nb: *n\n", "", "k", "1", "a: &n x\nb: *n\nk: 1\n");
}

#[test]
fn what_cannot_be_done_in_place_is_an_error() {
    let result = run(Syntax::Yaml, "a: 1\n? b\n", "b", Change::Replace(&json("1")));
    assert!(matches!(result, Err(ChangeError::Layout { place }) if place.line == 2));
}

#[test]
fn json_keeps_its_layout() {
    let check = |text: &str, path: &str, op: Change<'_>, expected: &str| {
        assert_eq!(run(Syntax::Json, text, path, op).as_deref(), Ok(expected));
    };
    let (text, map, float) = (json(r#""é\n\"""#), json(r#"{"x": [1, "y"], "z": {}}"#), json("2.0"));
    let pretty = "{\n\t\"a\": 1,\n\t\"m\": {\n\t\t\"b\": [1, 2]\n\t}\n}\n";
    check(pretty, "a", Change::Replace(&text), &pretty.replace(": 1,", r#": "é\n\"","#));
    check(pretty, "m.b.1", Change::Replace(&float), &pretty.replace("2]", "2.0]"));
    check(pretty, "m.b", Change::Append(&map), &pretty.replace("2]", r#"2, {"x": [1, "y"], "z": {}}]"#));
    let new = "\t\t\"b\": [1, 2],\n\t\t\"k\": {\n\t\t\t\"x\": [\n\t\t\t\t1,\n\t\t\t\t\"y\"\n\t\t\t],\n\t\t\t\"z\": {}\n\t\t}\n";
    check(pretty, "m", Change::Insert("k", &map), &pretty.replace("\t\t\"b\": [1, 2]\n", new));
    check(pretty, "a", Change::Remove, "{\n\t\"m\": {\n\t\t\"b\": [1, 2]\n\t}\n}\n");
    check(pretty, "m.b", Change::Remove, "{\n\t\"a\": 1,\n\t\"m\": {}\n}\n");
    check(pretty, "m", Change::Remove, "{\n\t\"a\": 1\n}\n");
    check("{\"a\":1,\"m\":{}}", "m", Change::Insert("k", &map), r#"{"a":1,"m":{"k":{"x":[1,"y"],"z":{}}}}"#);
    check("{}", "", Change::Insert("k", &json("1")), "{\n\t\"k\": 1\n}");
    check("{\n  \"a\": []\n}\n", "a", Change::Append(&json("1")), "{\n  \"a\": [\n    1\n  ]\n}\n");
}
