use super::*;

fn run(store: Store, text: &str, path: &str, value: &str) -> Result<String, PathError> {
    let value = NewValue::from_json(value).unwrap();
    let new = set(text.as_bytes(), store, &path.parse().unwrap(), &value)?;
    Ok(String::from_utf8(new.to_vec()).unwrap())
}

fn remove(store: Store, text: &str, path: &str) -> Result<String, PathError> {
    let new = unset(text.as_bytes(), store, &path.parse().unwrap())?;
    Ok(String::from_utf8(new.to_vec()).unwrap())
}

#[test]
fn missing_maps_and_lists_are_made() {
    let text = "a: 1\nl: [x]\n";
    let value = r#"{"k":1.5,"n":null,"s":"v"}"#;
    let expected = "a: 1\nl: [x]\nnew:\n  x:\n    - k: 1.5\n      \"n\": null\n      s: v\n";
    assert_eq!(run(Store::Yaml, text, r#"["new"]["x"][0]"#, value).as_deref(), Ok(expected));
    assert_eq!(run(Store::Yaml, text, "l[99]", "\"y z\"").as_deref(), Ok("a: 1\nl: [x, y z]\n"));
    assert_eq!(run(Store::Yaml, "a:\n", "a.b.c", "7").as_deref(), Ok("a:\n  b:\n    c: 7\n"));
    assert_eq!(run(Store::Yaml, "", "a[0]", "7").as_deref(), Ok("a:\n  - 7\n"));
    let json = "{\n  \"a\": {}\n}\n";
    let expected = "{\n  \"a\": {\n    \"b\": [\n      9007199254740993\n    ]\n  }\n}\n";
    assert_eq!(run(Store::Json, json, "a.b[0]", "9007199254740993").as_deref(), Ok(expected));
}

#[test]
fn nothing_else_is_overwritten() {
    let text = "s: secret\nl:\n  - 1\nm:\n  k: 1\n1234567: x\n";
    let text = text.trim_end_matches("1234567: x\n");
    for (path, message) in [
        ("s.k", "s is a string, so it has no key \"k\""),
        ("s[0]", "s is a string, so it has no item 0"),
        ("l.k", "l is a list, so it has no key \"k\""),
        ("m[0]", "m is a map, so it has no item 0"),
        ("l[0].x", "l[0] is a number, so it has no key \"x\""),
        ("sops.mac", "sops is reserved for metadata"),
        ("[0]", "the root is a map, so it has no item 0"),
    ] {
        let error = run(Store::Yaml, text, path, "1").unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn what_is_missing_is_named_with_what_was_meant() {
    let text = "db:\n  password: x\n  hosts: [a]\nuse:\n  <<: *d\n".replace("*d", "{user: u}");
    for (path, message, hint) in [
        ("db.pasword", "db.pasword: there is no such key", Some("did you mean `db.password`?")),
        ("db.unlike.it", "db.unlike: there is no such key", None),
        ("db.hosts[1]", "db.hosts[1]: the list has 1 item", None),
        ("use.user", "use.user: there is no such key", Some("did you mean `use.<<.user`?")),
    ] {
        let error = remove(Store::Yaml, &text, path).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(error.hint().as_deref(), hint);
    }
    assert!(matches!(remove(Store::Yaml, "a:\n", "a.b"), Err(PathError::Missing { .. })));
    assert!(matches!(remove(Store::Yaml, "a:\n", "a[0]"), Err(PathError::OutOfRange { length: 0, .. })));
    let error = remove(Store::Ini, "[db]\nuser=x\n", "db.usr").unwrap_err();
    assert_eq!(error.hint().as_deref(), Some("did you mean `db.user`?"));
}

#[test]
fn aliases_are_not_written_through() {
    let text = "a: &n\n  x: 1\nb: *n\nc:\n  <<: *n\n";
    for path in ["b.x", "b.new", "c.<<.x", "b.x.y"] {
        let error = run(Store::Yaml, text, path, "2").unwrap_err();
        assert!(matches!(error, PathError::BelowAlias { .. } | PathError::NotAMap { .. }), "{path}: {error}");
    }
    let error = run(Store::Yaml, text, "a.x", "2").unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.x: the alias at line 3, column 4 stands for the same text, so the change would show there too"
    );
    assert_eq!(run(Store::Yaml, text, "b", "2").unwrap(), text.replace("*n\nc", "2\nc"));
    assert!(run(Store::Yaml, text, "c.x", "2").unwrap().ends_with("  <<: *n\n  x: 2\n"));
}

#[test]
fn lines_of_dotenv() {
    let text = "# top\nA=1\n# b\nB=x y \n\nC=z";
    assert_eq!(run(Store::Dotenv, text, "B", r#""p=q\nr""#).unwrap(), text.replace("x y ", "p=q\\nr"));
    assert_eq!(run(Store::Dotenv, text, "A", "\"1\"").unwrap(), text);
    assert_eq!(run(Store::Dotenv, text, "N", "true").unwrap(), format!("{text}\nN=true"));
    assert_eq!(run(Store::Dotenv, "", "N", "1.5").unwrap(), "N=1.5\n");
    assert_eq!(run(Store::Dotenv, "# c\n", "N", "1").unwrap(), "# c\nN=1\n");
    assert_eq!(remove(Store::Dotenv, text, "B").unwrap(), "# top\nA=1\n\nC=z");
    assert_eq!(remove(Store::Dotenv, text, "A").unwrap(), text.replace("A=1\n", ""));
    assert_eq!(remove(Store::Dotenv, text, "C").unwrap(), "# top\nA=1\n# b\nB=x y \n");
    assert_eq!(remove(Store::Dotenv, "A=1\n", "A").unwrap(), "");
    assert_eq!(remove(Store::Dotenv, "A=1\r\nB=2", "B").unwrap(), "A=1\r");
    for (path, value) in [
        ("A.b", "1"),
        ("A[0]", "1"),
        ("A", "null"),
        ("A", "[]"),
        ("x=y", "1"),
        ("#x", "1"),
        ("sops_mac", "1"),
        ("A", r#""a\\nb""#),
    ] {
        assert!(run(Store::Dotenv, text, path, value).is_err(), "{path} {value}");
    }
    for error in [run(Store::Dotenv, "A=1\nA=2\n", "A", "3"), remove(Store::Dotenv, "A=1\nA=2\n", "A")] {
        assert_eq!(error.unwrap_err().to_string(), "A: the file has this key more than once");
    }
    assert!(matches!(remove(Store::Dotenv, text, "D"), Err(PathError::Missing { .. })));
}

#[test]
fn lines_of_ini() {
    let text = "; top\nroot=1\n\n[s]\n; of a\na = 1 ; beside\nb = \"q\"\n\n[t]\nc: x\n";
    assert_eq!(run(Store::Ini, text, "s.a", "2").unwrap(), text.replace("a = 1 ;", "a = 2 ;"));
    assert_eq!(run(Store::Ini, text, "s.b", "\"r\"").unwrap(), text.replace("\"q\"", "\"r\""));
    assert_eq!(run(Store::Ini, text, "s.n", "\"v w\"").unwrap(), text.replace("\"q\"\n", "\"q\"\nn = v w\n"));
    assert_eq!(run(Store::Ini, text, "t.n", "5").unwrap(), format!("{text}n: 5\n"));
    assert_eq!(run(Store::Ini, text, "DEFAULT.n", "5").unwrap(), text.replace("root=1\n", "root=1\nn=5\n"));
    assert_eq!(run(Store::Ini, text, "new.n", "5").unwrap(), format!("{text}\n[new]\nn: 5\n"));
    assert_eq!(run(Store::Ini, "[s]\na=1\n", "DEFAULT.n", "5").unwrap(), "n=5\n\n[s]\na=1\n");
    assert_eq!(run(Store::Ini, text, "s.a", "\"1\"").unwrap(), text);
    assert_eq!(remove(Store::Ini, text, "s.b").unwrap(), text.replace("b = \"q\"\n", ""));
    assert_eq!(remove(Store::Ini, text, "t.c").unwrap(), text.replace("c: x\n", ""));
    for (path, value) in [("s", "1"), ("s.a.b", "1"), ("s.a", "null"), ("sops.mac", "1"), ("s.[x", "1")] {
        let path: ValuePath = path.replace("s.[x", "s[\"[x\"]").parse().unwrap();
        assert!(
            set(text.as_bytes(), Store::Ini, &path, &NewValue::from_json(value).unwrap()).is_err(),
            "{path}"
        );
    }
}

#[test]
fn binary_files_have_one_value() {
    assert_eq!(run(Store::Binary, "old", "data", "\"new\\n\"").unwrap(), "new\n");
    assert!(run(Store::Binary, "old", "data", "1").is_err());
    assert!(run(Store::Binary, "old", "x", "\"\"").is_err());
    assert!(remove(Store::Binary, "old", "data").is_err());
}

#[test]
fn errors_never_hold_a_value() {
    let text = "a: hunter2\nb: &n [hunter2]\nc: *n\n";
    for path in ["a.x", "a[0]", "b.x", "b[0]", "c[0]", "d.e"] {
        for error in
            [run(Store::Yaml, text, path, "\"hunter2\"").err(), remove(Store::Yaml, text, path).err()]
        {
            let shown =
                error.map(|error| format!("{error} {error:?} {:?}", error.hint())).unwrap_or_default();
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}
