use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;

use crate::{
    DataKey, Document, Error, KeyGroup, LineProblem, MasterKey, Selector, Settings, Store, Unsupported,
    WrappedKey, encrypt,
};

fn settings(selector: Selector) -> Settings {
    let enc = "-----BEGIN AGE ENCRYPTED FILE-----\nabc\n-----END AGE ENCRYPTED FILE-----\n";
    let key = MasterKey::Age { recipient: "age1test".into() };
    Settings {
        groups: vec![KeyGroup::of(vec![WrappedKey::new(key, enc.into(), None)])],
        shamir_threshold: None,
        selector,
        mac_only_encrypted: false,
        now: UNIX_EPOCH + Duration::from_secs(1_767_323_045),
        indent: None,
        unknown: Vec::new(),
    }
}

fn seal(plain: &str, store: Store, selector: Selector, key: &DataKey) -> String {
    let text = encrypt(plain.as_bytes(), store, key, &settings(selector));
    text.unwrap_or_else(|error| panic!("{error}\n{plain}"))
}

fn open(text: &str, store: Store, key: &DataKey) -> String {
    let document = Document::parse(text, store).unwrap_or_else(|error| panic!("{error}\n{text}"));
    document.decrypt(key).unwrap_or_else(|error| panic!("{error}\n{text}")).text().unwrap().to_owned()
}

fn roundtrip(plain: &str, store: Store, selector: Selector) -> String {
    let key = DataKey::generate();
    let text = seal(plain, store, selector, &key);
    assert_eq!(open(&text, store, &key), plain, "encrypted:\n{text}");
    text
}

/// The text with `E` for ciphertext, up to the metadata.
fn skeleton(text: &str) -> String {
    let mut out = String::new();
    let mut rest = &text[..text.find("sops_").or_else(|| text.find("[sops]")).unwrap_or(text.len())];
    while let Some(at) = rest.find("ENC[AES256_GCM") {
        out.push_str(&rest[..at]);
        out.push('E');
        rest = &rest[at + rest[at..].find(']').unwrap() + 1..];
    }
    out.push_str(rest);
    out
}

fn has_hint(text: &str) -> bool {
    text.contains("convoy_layout")
}

fn only(key: &str) -> Selector {
    Selector::EncryptedRegex(format!("^{key}$"))
}

#[test]
fn dotenv_lines_stay_as_they_are() {
    let plain = "# c\n#t\nA=1\n\nB=\"q\"\nC=a\\nb\nexport E= 2 \nF=\n\n\nI_unencrypted=x\n#\n";
    let text = roundtrip(plain, Store::Dotenv, Selector::default());
    assert_eq!(skeleton(&text), "#E\n#E\nA=E\n\nB=E\nC=E\nexport E=E\nF=\n\n\nI_unencrypted=x\n#\n");
    assert!(!has_hint(&text), "{text}");
    assert!(text.contains("\nsops_mac=ENC["), "{text}");
    let metadata: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("sops_")).collect();
    assert!(metadata.is_sorted() && metadata.len() == 6, "{metadata:?}");
}

#[test]
fn dotenv_of_any_form() {
    for plain in [
        "",
        "\n",
        "A=1",
        "\r",
        "#\r",
        "A=1\r\n\r\nB=2\r\n",
        "A=1\n  \nB=2\n\t\r\n",
        "A=1\nA=2\n=x\n",
        "#c\r\nA=\r\n",
        "A=\u{feff}é=\n",
        "A=ENC[AES256_GCM,data:Zm9v,iv:Zm9v,tag:Zm9v,type:str]\n",
    ] {
        roundtrip(plain, Store::Dotenv, Selector::default());
        roundtrip(plain, Store::Dotenv, only("A"));
    }
}

#[test]
fn ini_text_stays_as_it_is() {
    let plain = concat!(
        "; file\ntop = 1\n\n[sec]\n; key\na = 1\nb=two words\nc : colon\nd = \"quoted\"\ne='single'\nf = x ; beside\n",
        "h =\nempty_unencrypted = y\nm = \"\"\"one\ntwo\"\"\"\n\n[sec2]\nk = `b;t`\n\n[sec]\ndup = 1\n",
    );
    let text = roundtrip(plain, Store::Ini, Selector::default());
    let expected = concat!(
        "; E\ntop = E\n\n[sec]\n; E\na = E\nb=E\nc : E\nd = \"E\"\ne='E'\nf = E ; E\n",
        "h =\nempty_unencrypted = y\nm = \"\"\"E\"\"\"\n\n[sec2]\nk = `E`\n\n[sec]\ndup = E\n\n",
    );
    assert_eq!(skeleton(&text), expected);
    assert!(!has_hint(&text), "{text}");
    assert!(text.contains("\n[sops]\nage__list_0__map_enc       = "), "{text}");
}

#[test]
fn ini_of_any_form() {
    for plain in [
        "",
        "\n",
        "a=1",
        "\u{feff}[s]\r\na = 1\r\n; c\r\nb = 2 ; d\r\n",
        "\u{feff}",
        "\u{feff}; c\na=1\n",
        "; one\n;two\n# three\n\n  ; four\na = x ; five\n",
        "[s] ; c\na=1\n",
        "; above\n[s] junk ; c\na=1\n; alone\n",
        ";;  a\n; \n; b\n[s]\n",
        "a = one \\\n  two \\\n\nb = 2\n",
        "a = one \\\n[s]\nb = `x` ignored ; too\n",
        "a = ``  left\nb = \"\"\nc = ''\n",
        "a = \"\"\"x\ny\"\"\" z ; c\nb = `q\n\nr`\n",
        "- = x\n- = y\n[s]\n- = z\n",
        "\"k=1\" = v\n`k\"2` = v\n\"\"\"k`3\"\"\" = v\n  i = v\n",
        "a = \"x;y\"\nb = x#y\nc = it's\nd = \"un\n",
        "a = x\\\n",
        "#\na= ;",
        "b=`\n`#",
        "#\na_unencrypted=\\#",
        "a = 'x'y'\nb = \"\"\"\n\"\"\"\n",
        "[DEFAULT]\na = 1\n[s.t]\nb = 2\n[s]\n",
        "; only a comment\n",
        ";\n#\n; ;\na =\n;\n",
        "a = \u{a0}x\u{2003}\n\u{a0}\nb = \u{85}\n",
    ] {
        roundtrip(plain, Store::Ini, Selector::default());
        roundtrip(plain, Store::Ini, only("zz"));
    }
}

#[test]
fn half_a_secret_is_not_left_readable() {
    let key = DataKey::generate();
    for plain in ["a = \"x;y\"\n", "a = x#y\n", "; c\na = 'x ; y'\n", "a = `x`\nb = x;y\n"] {
        let selector = Selector::EncryptedRegex("^[ab]$".into());
        let error = encrypt(plain.as_bytes(), Store::Ini, &key, &settings(selector)).unwrap_err();
        assert!(matches!(error, Error::Unsupported { problem: Unsupported::Cut, .. }), "{plain}: {error}");
        roundtrip(plain, Store::Ini, Selector::default());
    }
    roundtrip("a = x ; y\nb = `x;y`\n", Store::Ini, only("[ab]"));
    let text = roundtrip("a = `x\ny` ; z\n; c\nb = `x\ny`# z\n", Store::Ini, only("[ab]"));
    assert_eq!(skeleton(&text), "; z\na = `E`\n; c\n# z\nb = `E`\n\n");
}

#[test]
fn what_is_no_such_file_is_refused_with_its_line() {
    let key = DataKey::generate();
    for (store, plain, line, expected) in [
        (Store::Dotenv, "A=1\nB\n", 2, LineProblem::NoEquals),
        (Store::Dotenv, "A=1\nsops_x=1\n", 2, LineProblem::ReservedKey),
        (Store::Ini, "a=1\nb\n", 2, LineProblem::NoDelimiter),
        (Store::Ini, " = x\n", 1, LineProblem::EmptyName),
        (Store::Ini, "a=1\n[]\n", 2, LineProblem::EmptyName),
        (Store::Ini, "a=1\n[s\n", 2, LineProblem::UnclosedSection),
        (Store::Ini, "a=`x\nb=1\n", 1, LineProblem::UnclosedQuote),
        (Store::Ini, "`a=1\n", 1, LineProblem::UnclosedQuote),
        (Store::Ini, "a=1\n[s]\na=1\nb=\na=2\n", 5, LineProblem::DuplicateKey("a".into())),
    ] {
        let error = encrypt(plain.as_bytes(), store, &key, &settings(Selector::default())).unwrap_err();
        assert_eq!(error, Error::Line { line, problem: expected }, "{plain}");
    }
    let error =
        encrypt(b"a=1\n\n[sops]\nb=1\n", Store::Ini, &key, &settings(Selector::default())).unwrap_err();
    assert_eq!(error, Error::ReservedKey { place: yamldoc::Place { line: 3, column: 1 } });
}

#[test]
fn a_selector_that_the_metadata_cannot_hold_is_refused() {
    let key = DataKey::generate();
    let selector = Selector::EncryptedRegex("a\\n".into());
    let error = encrypt(b"a=1\n", Store::Dotenv, &key, &settings(selector)).unwrap_err();
    assert!(matches!(error, Error::Selector { field: "encrypted_regex", .. }), "{error}");
}

#[test]
fn a_comment_counts_for_what_follows() {
    let selector = || Selector::EncryptedCommentRegex("secret".into());
    let text = roundtrip("# secret\n# more\nA=1\nB=2\n", Store::Dotenv, selector());
    assert_eq!(skeleton(&text), "# secret\n#E\nA=E\nB=2\n");
    // The comment of an entry stands behind it in the tree of SOPS.
    let text = roundtrip("; secret\na=1\nb=2\nc=3\n[s] ; secret\nd=4\n", Store::Ini, selector());
    assert_eq!(skeleton(&text), "; secret\na=1\nb=E\nc=3\n[s] ; secret\nd=E\n\n");
    let selector = Selector::UnencryptedCommentRegex("public".into());
    let text = roundtrip("#public\nA=1\n# other\nB=2\n", Store::Dotenv, selector);
    assert_eq!(skeleton(&text), "#public\nA=1\n#E\nB=E\n");
}

#[test]
fn unchanged_values_keep_their_ciphertext() {
    let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    for (store, before, after) in [
        (Store::Dotenv, "# c\nA=1\nB=2\nA=3\n", "# c\nN=0\nA=1\nB=5\nA=3\n# d\n"),
        (
            Store::Ini,
            "; c\nA = 1\nB = \"2\"\n[s]\nA = 3\n",
            "; c\nN = 0\nA = 1\nB = \"5\"\n[s]\nA = '3' ; d\n",
        ),
    ] {
        let key = DataKey::generate();
        let old = seal(before, store, Selector::default(), &key);
        let document = Document::parse(&old, store).unwrap();
        let (same, changes) = document.update(before.as_bytes(), &key, now).unwrap();
        assert!(same == old && changes.is_empty() && changes.kept == 3, "{changes:?}");
        let (new, changes) = document.update(after.as_bytes(), &key, now).unwrap();
        assert_eq!(open(&new, store, &key), after);
        let name = |key: &str| if store == Store::Ini { format!("DEFAULT.{key}") } else { key.to_owned() };
        assert_eq!((changes.changed, changes.added), (vec![name("B")], vec![name("N")]));
        let tokens = |text: &str| {
            let body = &text[..text.find("sops").unwrap()];
            body.split("ENC[")
                .skip(1)
                .map(|part| part[..part.find(']').unwrap()].to_owned())
                .collect::<Vec<_>>()
        };
        let (old_tokens, new_tokens) = (tokens(&old), tokens(&new));
        let kept = old_tokens.iter().filter(|token| new_tokens.contains(token)).count();
        assert_eq!((kept, old_tokens.len()), (3, 4), "{old}\n{new}");
        assert!(new.contains("2027-01-15T08:00:00Z"), "{new}");
        let (text, changes) = document.update(b"", &key, now).unwrap();
        assert_eq!((open(&text, store, &key).as_str(), changes.removed.len()), ("", 3));
    }
}

#[test]
fn comments_alone_leave_mac_and_time() {
    let key = DataKey::generate();
    let old = seal("A=1\n", Store::Dotenv, Selector::default(), &key);
    let document = Document::parse(&old, Store::Dotenv).unwrap();
    let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let (new, changes) = document.update(b"A=1\n# c\n", &key, now).unwrap();
    assert!(changes.is_empty());
    let new = Document::parse(&new, Store::Dotenv).unwrap();
    assert_eq!(new.metadata().mac, document.metadata().mac);
    assert_eq!(new.metadata().last_modified, document.metadata().last_modified);
}

#[test]
fn other_keys_leave_the_rest() {
    for (store, plain) in [(Store::Dotenv, "A=1\n\nB=2"), (Store::Ini, "[s]\r\na = 'x' \\\r\n y\r\n; end")] {
        let key = DataKey::generate();
        let old = seal(plain, store, Selector::default(), &key);
        let document = Document::parse(&old, store).unwrap();
        let group = |name: &str| {
            let key = MasterKey::Age { recipient: name.into() };
            KeyGroup::of(vec![WrappedKey::new(key, "x\ny\n".into(), None)])
        };
        let new = document.rewrap(vec![group("age1a"), group("age1b")], Some(2)).unwrap();
        let read = Document::parse(&new, store).unwrap();
        assert_eq!(read.metadata().shamir_threshold, Some(2));
        assert_eq!(read.metadata().groups, vec![group("age1a"), group("age1b")]);
        assert_eq!(skeleton(&new), skeleton(&old));
        assert_eq!(open(&new, store, &key), plain);
        let other = DataKey::generate();
        let rotated = document.rotate(&key, &other, vec![group("age1a")], None, UNIX_EPOCH).unwrap();
        assert_eq!(open(&rotated, store, &other), plain);
    }
}

#[test]
fn changes_by_others_are_noticed() {
    let key = DataKey::generate();
    for (store, plain) in [(Store::Dotenv, "A=1\nB=2\n"), (Store::Ini, "A = 1\nB = 2\n")] {
        let text = seal(plain, store, Selector::default(), &key);
        let error = |text: &str| {
            Document::parse(text, store).and_then(|document| document.decrypt(&key)).unwrap_err()
        };
        let first = text.lines().next().unwrap();
        let token = &first[first.find("ENC").unwrap()..];
        assert!(matches!(error(&text.replacen('A', "C", 1)), Error::Value { place, .. } if place.line == 1));
        assert_eq!(error(&text.replacen(&format!("{first}\n"), "", 1)), Error::MacMismatch);
        assert_eq!(error(&text.replacen(token, "", 1)), Error::MacMismatch);
        assert!(matches!(error(&text.replacen(token, "x", 1)), Error::Value { .. }));
    }
}

#[test]
fn a_hint_that_does_not_fit_is_dropped() {
    let key = DataKey::generate();
    let text = seal("a = one \\\n two\nb = 1\n", Store::Ini, Selector::default(), &key);
    let other = seal("a = \\\n one\nb = 1\n", Store::Ini, Selector::default(), &key);
    let hint = |text: &str| text.lines().find(|line| line.starts_with("convoy_layout")).unwrap().to_owned();
    let mixed = text.replace(&hint(&text), &hint(&other));
    assert_eq!(open(&mixed, Store::Ini, &key), "a = one two\nb = 1\n");
    let without = text.replace(&hint(&text), "");
    assert_eq!(open(&without, Store::Ini, &key), "a = one two\nb = 1\n");
}

#[test]
fn multi_line_metadata_of_some_versions_is_read() {
    let key = DataKey::generate();
    let text = seal("a = 1\n", Store::Ini, Selector::default(), &key);
    let line = text.lines().find(|line| line.contains("map_enc")).unwrap();
    let (name, value) = line.split_once(" = ").unwrap();
    let raw = format!("{name} = \"\"\"{}\"\"\"", value.replace("\\n", "\n"));
    let document = text.replace(line, &raw);
    assert_eq!(open(&document, Store::Ini, &key), "a = 1\n");
    let groups = |text: &str| Document::parse(text, Store::Ini).unwrap().metadata().groups.clone();
    assert_eq!(groups(&document), groups(&text));
}

#[test]
fn metadata_may_stand_anywhere() {
    let key = DataKey::generate();
    for (store, plain) in [(Store::Dotenv, "A=1\n\nB=2\n"), (Store::Ini, "[s]\na = 1\n")] {
        let text = seal(plain, store, Selector::default(), &key);
        let at = text.find("sops_").or_else(|| text.find("[sops]")).unwrap();
        let moved = format!("{}{}", &text[at..], &text[..at]);
        assert_eq!(open(&moved, store, &key).trim_end(), plain.trim_end());
        let detected = Document::detect(&moved, Store::Binary).unwrap().unwrap();
        assert_eq!(detected.store(), store);
        assert!(Document::detect(plain, store).unwrap().is_none());
    }
}

fn dotenv_text() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "[A-Za-z _]{0,4}=[ -~éµ\u{1f600}\t\r]{0,8}",
        "#[ -~é\r]{0,6}",
        Just(String::new()),
        Just("\r".to_owned()),
        "[AB](_unencrypted)?=(x|\\\\n|\")*",
    ];
    (proptest::collection::vec(line, 0..8), any::<bool>()).prop_map(|(lines, end)| {
        let mut text = lines.join("\n");
        text.push_str(if end { "\n" } else { "" });
        text
    })
}

fn ini_text() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        "[ -~é]{0,8}",
        "[\"'`;#\\\\x ]{0,6}",
        "\"\"\"[a;`\"\n ]{0,6}\"\"\"[ ;x]{0,3}",
        "`[a\n;\"]{0,5}`[ x;#]{0,3}",
        "[a\\\\ ]{0,3}\\\\\n[ab;\\\\]{0,3}",
    ];
    let line = prop_oneof![
        4 => ("[ \t]{0,1}[a-d]{1,2}(_unencrypted)?[ ]{0,2}[=:][ ]{0,2}", value).prop_map(|(key, value)| key + &value),
        1 => "[ ]{0,1}[;#]{1,2}[ -~]{0,5}",
        1 => "\\[[a-c;\\] ]{1,3}\\][ x]{0,2}([;#][ a-c\\]]{0,3})?",
        1 => Just(String::new()),
        1 => "[ \t]{1,2}",
    ];
    let breaks = prop_oneof![3 => Just("\n"), 1 => Just("\r\n")];
    (proptest::collection::vec(line, 0..9), breaks, any::<bool>()).prop_map(|(lines, line_break, end)| {
        let mut text = lines.join(line_break);
        text.push_str(if end { line_break } else { "" });
        text
    })
}

fn selectors() -> impl Strategy<Value = Selector> {
    prop_oneof![
        Just(Selector::default()),
        Just(only("[ab]")),
        Just(Selector::UnencryptedRegex("^a".into())),
        Just(Selector::EncryptedCommentRegex("[a-f]".into())),
    ]
}

fn decrypts_to_the_same_bytes(plain: &str, store: Store, selector: Selector) -> Result<(), TestCaseError> {
    let key = DataKey::generate();
    match encrypt(plain.as_bytes(), store, &key, &settings(selector)) {
        Ok(text) => {
            let document =
                Document::parse(&text, store).map_err(|error| TestCaseError::fail(error.to_string()))?;
            let opened =
                document.decrypt(&key).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
            prop_assert_eq!(opened.text(), Some(plain), "{}", text);
            Ok(())
        }
        Err(Error::Line { .. } | Error::ReservedKey { .. }) => Err(TestCaseError::reject("no such file")),
        Err(Error::Unsupported { problem: Unsupported::Cut, .. }) => Err(TestCaseError::reject("cut")),
        Err(error) => Err(TestCaseError::fail(error.to_string())),
    }
}

fn is_replaced(before: &str, after: &str, store: Store, selector: Selector) -> Result<(), TestCaseError> {
    let key = DataKey::generate();
    let Ok(text) = encrypt(before.as_bytes(), store, &key, &settings(selector)) else {
        return Err(TestCaseError::reject("no such file"));
    };
    let document = Document::parse(&text, store).unwrap();
    match document.update(after.as_bytes(), &key, UNIX_EPOCH) {
        Ok((text, changes)) => {
            let document = Document::parse(&text, store).unwrap();
            let opened =
                document.decrypt(&key).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
            prop_assert_eq!(opened.text(), Some(after), "{}", text);
            let (_, none) = document.update(after.as_bytes(), &key, UNIX_EPOCH).unwrap();
            prop_assert!(none.is_empty(), "{:?} {:?}", changes, none);
            Ok(())
        }
        Err(Error::NotRepresentable) => Err(TestCaseError::fail(format!("not representable\n{text}"))),
        Err(_) => Err(TestCaseError::reject("no such file")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 1_000_000, ..ProptestConfig::default() })]

    #[test]
    fn any_dotenv_comes_back(plain in dotenv_text(), selector in selectors()) {
        decrypts_to_the_same_bytes(&plain, Store::Dotenv, selector)?;
    }

    #[test]
    fn any_ini_comes_back(plain in ini_text(), selector in selectors()) {
        decrypts_to_the_same_bytes(&plain, Store::Ini, selector)?;
    }

    #[test]
    fn any_dotenv_replaces_any_other(before in dotenv_text(), after in dotenv_text(), selector in selectors()) {
        is_replaced(&before, &after, Store::Dotenv, selector)?;
    }

    #[test]
    fn any_ini_replaces_any_other(before in ini_text(), after in ini_text(), selector in selectors()) {
        is_replaced(&before, &after, Store::Ini, selector)?;
    }

    #[test]
    fn no_text_panics(text in "([a-c=:;#`\"'\\\\\\[\\]\r\n ]|sops|\"\"\"){0,30}") {
        for store in [Store::Dotenv, Store::Ini] {
            let _ = Document::detect(&text, store);
            let _ = Document::parse(&format!("[sops]\nversion=1.1.1\nmac=x\n{text}"), store);
            let _ = encrypt(text.as_bytes(), store, &DataKey::generate(), &settings(Selector::default()));
        }
    }
}
