use super::*;

#[track_caller]
fn found(store: Store, text: &str, path: &str) -> String {
    match get(text.as_bytes(), store, &path.parse().unwrap()).unwrap() {
        Found::Text(text) => format!("text {}", *text),
        Found::Scalar(text) => format!("scalar {}", *text),
        Found::Tree(text) => text.to_string(),
    }
}

#[test]
fn scalars() {
    let text = "s: a b\nq: \"x\\ny\"\nn:\nb: TRUE\ni: 0x1F\nf: 1.10\nt: 2024-01-02\nu: 18446744073709551615\na: &z yes\nc: *z\n";
    for (path, value) in [
        ("s", "text a b"),
        ("q", "text x\ny"),
        ("n", "scalar null"),
        ("b", "scalar true"),
        ("i", "scalar 31"),
        ("f", "scalar 1.10"),
        ("t", "scalar 2024-01-02T00:00:00Z"),
        ("u", "scalar 18446744073709551615"),
        ("c", "text yes"),
    ] {
        assert_eq!(found(Store::Yaml, text, path), value);
    }
    assert_eq!(found(Store::Json, "{\"a\": [1, \"\\u00e9\", 2.0]}", "a[1]"), "text é");
    assert_eq!(found(Store::Json, "{\"a\": [1, \"\\u00e9\", 2.0]}", "a[2]"), "scalar 2.0");
    assert_eq!(found(Store::Dotenv, "A= x\\ny\n", "A"), "text  x\ny");
    assert_eq!(found(Store::Ini, "[s]\na = \"q\"\n", "s.a"), "text q");
    assert_eq!(found(Store::Binary, "bytes", "data"), "text bytes");
}

#[test]
fn collections_keep_their_text() {
    let text = "m:\n    # about k\n    k: 'v' # beside\n\n    b: |\n      x\n        y\n    # end\nl:\n- a: 1\n  b:   [x,\n    y]\n- - 2\n  - 3\nf: {a: \"1\"}\n";
    for (path, value) in [
        ("m", "# about k\nk: 'v' # beside\n\nb: |\n  x\n    y\n"),
        ("l", "- a: 1\n  b:   [x,\n    y]\n- - 2\n  - 3\n"),
        ("l[0]", "a: 1\nb:   [x,\n  y]\n"),
        ("l[0].b", "[x,\n  y]\n"),
        ("l[1]", "- 2\n- 3\n"),
        ("f", "{a: \"1\"}\n"),
    ] {
        assert_eq!(found(Store::Yaml, text, path), value, "{path}");
        assert_eq!(
            found(Store::Yaml, &text.replace('\n', "\r\n"), path),
            value.replace('\n', "\r\n"),
            "{path}"
        );
    }
    let json = "{\n\t\"a\": {\n\t\t\"b\": [\n\t\t\t1\n\t\t]\n\t}\n}\n";
    assert_eq!(found(Store::Json, json, "a"), "{\n\t\"b\": [\n\t\t1\n\t]\n}\n");
    assert_eq!(found(Store::Ini, "[s]\n; c\na=1\n\n[t]\nb=2\n", "s"), "; c\na=1\n");
}

#[test]
fn aliases_that_lead_out_are_written_out() {
    let text = "d: &d\n  u: &u app\nm:\n  a: *u\n  <<: *d\nn: *d\no:\n  p: &p 1\n  q: *p\n";
    assert_eq!(found(Store::Yaml, text, "m"), "a: app\n\"<<\":\n    u: app\n");
    assert_eq!(found(Store::Yaml, text, "n"), "u: &u app\n");
    assert_eq!(found(Store::Yaml, text, "o"), "p: &p 1\nq: *p\n");
    assert_eq!(found(Store::Yaml, text, "m.<<.u"), "text app");
}

#[test]
fn only_the_first_document_counts() {
    assert_eq!(found(Store::Yaml, "a: 1\n---\na: 2\nb: 3\n", "a"), "scalar 1");
    let error = get(b"a: 1\n---\nb: 3\n", Store::Yaml, &"b".parse().unwrap()).unwrap_err();
    assert!(matches!(error, PathError::Missing { .. }));
}
