use super::*;

#[track_caller]
fn check(from: Store, text: &str, to: Store, expected: &str) {
    let new = convert(text.as_bytes(), from, to).unwrap();
    assert_eq!(std::str::from_utf8(&new), Ok(expected));
}

#[track_caller]
fn refused(from: Store, text: &str, to: Store, message: &str) {
    assert_eq!(convert(text.as_bytes(), from, to).unwrap_err().to_string(), message);
}

/// YAML written anew, as `get` does where the text of the file cannot stand alone.
fn emitted(text: &str) -> String {
    let stream = Stream::parse(text).unwrap();
    let root = Builder::new(&stream).root(&stream.documents[0]);
    emit::yaml(&root.unwrap_or_else(|error| panic!("{error}")))
}

/// What sops 3.13.3 prints for this text, except `two`, `neg0` and `tab`, which do not read back there.
#[test]
fn yaml_to_json() {
    let text = "# c\ns: text # c\ni: 42\nf: 1.50\nbig: 1e30\nbig2: 1e20\nsmall: 1e-7\nneg0: -0.0\ntwo: 2.0\nb: TRUE\nn:\nt: 2024-01-02\n\
        ml: |\n  a\n  b\ntab: \"\\tx\\ny\"\nhtml: \"<a>&\\L\\x7fé😀\\b\\f\\x01\"\nem: {}\nel: []\nl:\n  # c\n  - a\n  - b: 1\n    c: [x, y]\noct: 017\n\
        \"k\\ny\": 1\nmm: \"<<\"\nan: &a {x: 1}\nal: *a\nmg:\n  <<: *a\n";
    let expected = r#"{
	"s": "text",
	"i": 42,
	"f": 1.5,
	"big": 1e+30,
	"big2": 100000000000000000000.0,
	"small": 1e-7,
	"neg0": -0.0,
	"two": 2.0,
	"b": true,
	"n": null,
	"t": "2024-01-02T00:00:00Z",
	"ml": "a\nb\n",
	"tab": "\tx\ny",
	"html": "\u003ca\u003e\u0026\u2028é😀\b\f\u0001",
	"em": {},
	"el": [],
	"l": [
		"a",
		{
			"b": 1,
			"c": [
				"x",
				"y"
			]
		}
	],
	"oct": 15,
	"k\ny": 1,
	"mm": "\u003c\u003c",
	"an": {
		"x": 1
	},
	"al": {
		"x": 1
	},
	"mg": {
		"\u003c\u003c": {
			"x": 1
		}
	}
}
"#;
    check(Store::Yaml, text, Store::Json, &expected.replace("é", "\u{7f}é"));
    check(Store::Yaml, "", Store::Json, "{}\n");
}

/// The texts, keys and numbers as sops 3.13.3 prints them, except where it loses them: `two`, `tab`.
#[test]
fn json_to_yaml() {
    let text = r##"{"a": "a: b", "b": "#x", "c": " lead", "d": "trail ", "e": "it's", "f": "\"q\"", "g": "12:30",
        "h": "0x1f", "i": "1_000", "j": "x\ty", "k": "@x", "l": "- a", "m": "a,b [c]", "n": "null", "p": "a #b",
        "r": "trail \nx", "s": "x\n\n", "t": "back\\slash", "u": "~", "v": "!x", "w": "1e5", "x": "2024-01-01",
        "y": "a'b\"c: d", "z": "\u0001", "aa": ".", "ab": "-", "ac": "?", "ad": "é", "ae": "x\n# y\n", "af": 1e10,
        "ag": 100000.5, "ah": 1e-7, "ai": 123456789.25, "aj": 0.0001, "ak": 42, "al": true, "am": null,
        "two": 2.0, "tab": "\tx\ny", "mm": "<<", "": {"": []}, "li": [1, {"d": "x\ny", "e": {}}, [2, [3]], []]}"##;
    let expected = r##"a: 'a: b'
b: '#x'
c: ' lead'
d: 'trail '
e: it's
f: '"q"'
g: "12:30"
h: "0x1f"
i: "1_000"
j: "x\ty"
k: '@x'
l: '- a'
m: a,b [c]
"n": "null"
p: 'a #b'
r: "trail \nx"
s: |+
    x

t: back\slash
u: "~"
v: '!x'
w: "1e5"
x: "2024-01-01"
"y": 'a''b"c: d'
z: "\x01"
aa: .
ab: '-'
ac: '?'
ad: é
ae: |
    x
    # y
af: 1e+10
ag: 100000.5
ah: 1e-07
ai: 1.2345678925e+08
aj: 0.0001
ak: 42
al: true
am: null
two: 2.0
tab: "\tx\ny"
mm: "<<"
"":
    "": []
li:
    - 1
    - d: |-
        x
        y
      e: {}
    - - 2
      - - 3
    - []
"##;
    check(Store::Json, text, Store::Yaml, expected);
}

#[test]
fn comments_go_along() {
    let text = "a: # key\n  # first\n  b: # c\n    x\n  # foot\nl: [1, # in\n  2] # beside\n# tail\n";
    let expected = "# key\na:\n    # first\n    # c\n    b: x\n    # foot\nl:\n    # in\n    - 1\n    # beside\n    - 2\n# tail\n";
    let json = convert(text.as_bytes(), Store::Yaml, Store::Json).unwrap();
    assert_eq!(
        std::str::from_utf8(&json),
        Ok("{\n\t\"a\": {\n\t\t\"b\": \"x\"\n\t},\n\t\"l\": [\n\t\t1,\n\t\t2\n\t]\n}\n")
    );
    assert_eq!(emitted(text), expected);
    check(
        Store::Dotenv,
        "# c\nA=1\n\n#d\nB=x y\nC=l\\nm\n# e\n",
        Store::Yaml,
        "# c\nA: \"1\"\n#d\nB: x y\nC: |-\n    l\n    m\n# e\n",
    );
    check(
        Store::Yaml,
        "# head\nA: text # beside\n# about C\nC: 42\n# foot\n",
        Store::Dotenv,
        "# head\n# beside\nA=text\n# about C\nC=42\n# foot\n",
    );
    let text = "; top\nroot=1\n# about s\n[s]\n; ca\na = 1 ; beside\nb = \"q\"\n\n[t]\nc=x\n";
    let yaml = "DEFAULT:\n    # top\n    root: \"1\"\n# about s\ns:\n    # ca\n    # beside\n    a: \"1\"\n    b: q\nt:\n    c: x\n";
    check(Store::Ini, text, Store::Yaml, yaml);
    check(
        Store::Yaml,
        yaml,
        Store::Ini,
        "; top\nroot = 1\n\n; about s\n[s]\n; ca\n; beside\na = 1\nb = q\n\n[t]\nc = x\n",
    );
    check(Store::Json, "{\"a\": {\"b\": 1}}", Store::Ini, "[a]\nb = 1\n");
}

/// As sops 3.13.3, but nothing for null.
#[test]
fn typed_values_in_lines() {
    let yaml =
        "C: 42\nD: 1.5\nD2: 2.0\nD3: 1e30\nD4: 1234567.5\nE: true\nF: null\nG: 2024-01-02\nH: \"#x=y\"\n";
    let lines =
        "C=42\nD=1.5\nD2=2.0\nD3=1E+30\nD4=1.2345675E+06\nE=true\nF=\nG=2024-01-02T00:00:00Z\nH=#x=y\n";
    check(Store::Yaml, yaml, Store::Dotenv, lines);
    let yaml = "sec:\n  a: text\n  long: 1.5\n  g: \"a\\nb\"\n  h: \"a;b#c\"\n  i: \" lead\"\n  \"k=1\": v\nsec3: {}\n";
    let ini = "[sec]\na     = text\nlong  = 1.5\ng     = \"\"\"a\nb\"\"\"\nh     = `a;b#c`\ni     = \" lead\"\n`k=1` = v\n\n[sec3]\n";
    check(Store::Yaml, yaml, Store::Ini, ini);
}

#[test]
fn what_would_not_read_back_is_refused() {
    for (from, text, to, message) in [
        (Store::Yaml, "a: {b: {c: 1}}", Store::Dotenv, "a: a dotenv file has no maps and lists"),
        (Store::Yaml, "a: 1", Store::Ini, "a: an ini file has sections, and keys only in them"),
        (Store::Yaml, "a: {b: [1]}", Store::Ini, "a.b: an ini file has no maps and lists in its sections"),
        (Store::Yaml, "a: .nan", Store::Json, "a: JSON has no infinite numbers and no NaN"),
        (Store::Yaml, "a: !!binary /w==", Store::Json, "a: JSON has no bytes that are not UTF-8"),
        (Store::Yaml, "a: 1\n---\nb: 1", Store::Json, "the file has 2 documents, a json file has one"),
        (
            Store::Yaml,
            "a: 1",
            Store::Binary,
            "only a file with a string under `data` can be written as binary",
        ),
        (
            Store::Yaml,
            "a: 'x\\ny'",
            Store::Dotenv,
            "a: this name or value would not read back from a file of lines",
        ),
        (
            Store::Yaml,
            "'a=b': x",
            Store::Dotenv,
            "a=b: this name or value would not read back from a file of lines",
        ),
    ] {
        refused(from, text, to, message);
    }
}

#[test]
fn binary_is_one_string() {
    check(Store::Binary, "hello\n", Store::Yaml, "data: |\n    hello\n");
    check(Store::Binary, "hello\n", Store::Json, "{\n\t\"data\": \"hello\\n\"\n}\n");
    check(Store::Json, "{\"data\": \"da\\nta\", \"b\": 1}", Store::Binary, "da\nta");
    let bytes = b"h\xff\n";
    assert_eq!(&**convert(bytes, Store::Binary, Store::Yaml).unwrap(), b"data: !!binary aP8K\n");
    let back = convert(b"data: !!binary aP8K\n", Store::Yaml, Store::Binary).unwrap();
    assert_eq!(&**back, bytes);
}

#[test]
fn the_same_store_changes_nothing() {
    let text = b"a:   1 # x\n---\n[\xff";
    for store in Store::ALL {
        assert_eq!(&**convert(text, store, store).unwrap(), text);
    }
}

#[test]
fn values_as_json() {
    let json = |text: &str, store, path: &str| {
        get_json(text.as_bytes(), store, &path.parse().unwrap()).map(|json| json.to_string())
    };
    assert_eq!(json("a: &x [1, 'b']\nc: *x\n", Store::Yaml, "c").as_deref(), Ok("[\n\t1,\n\t\"b\"\n]"));
    assert_eq!(json("a: b\n", Store::Yaml, "a").as_deref(), Ok("\"b\""));
    assert_eq!(json("[s]\na=1\n", Store::Ini, "s").as_deref(), Ok("{\n\t\"a\": \"1\"\n}"));
    assert!(json("a: .inf\n", Store::Yaml, "a").is_err());
    assert!(json("a: 1\n", Store::Yaml, "b").is_err());
}

#[test]
fn a_carriage_return_does_not_end_a_comment() {
    let yaml = |text: &str, from| convert(text.as_bytes(), from, Store::Yaml).unwrap();
    assert_eq!(str::from_utf8(&yaml(";\rm: 1\na = b\n", Store::Ini)).unwrap().matches("\nm").count(), 0);
    for (text, from) in [("#x\r---\nA=b\n", Store::Dotenv), ("#x\r\nA=b\n", Store::Dotenv)] {
        let written = yaml(text, from);
        let stream = Stream::parse(str::from_utf8(&written).unwrap()).unwrap();
        assert_eq!(stream.documents.len(), 1, "{written:?}");
        assert!(stream.get(stream.documents[0].root, "A").is_some());
    }
}

#[test]
fn names_that_would_not_read_back_are_refused() {
    let error = |text: &str, from, to| convert(text.as_bytes(), from, to).unwrap_err().to_string();
    assert_eq!(error("B=\nB=x\n", Store::Dotenv, Store::Yaml), "B: the name stands there twice");
    assert_eq!(error("B=\nB=x\n", Store::Dotenv, Store::Json), "B: the name stands there twice");
    let long = format!("{{\"{}\": 1}}", "k".repeat(1024));
    assert!(error(&long, Store::Json, Store::Yaml).ends_with("longer than a YAML file can have it"));
}
