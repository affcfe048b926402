//! dotenv and ini: what we write opens in sops with the values it reads from the plain text, and what it makes of our
//! files opens in ours.

use crate::bench::Bench;

/// Texts with everything that is awkward in them.
const TEXTS: [(&str, &str); 9] = [
    (
        "quotes.env",
        "# c\nA=1\n\nB=\"q\"\nC=a\\nb\nexport D= 2 \nE=\nF=a=b # no comment\nG_unencrypted=x\n#\nA=again\n",
    ),
    ("crlf.env", "A=1\r\nB='x y'\r\n# c\r\nC=\r\n"),
    ("open.env", "A=1\nB=2"),
    (
        "quotes.ini",
        "top = 1\n; one\n; two\na = \"x\" ; three\n\n[s] ; four\nb = `;#`\nc = \"\"\"\n one\n\ntwo\"\"\" ; five\nd = 'it''s'\n",
    ),
    ("auto.ini", "- = one\n[s]\n- = two\n- = three\n"),
    ("lines.ini", "[s]\na = one \\\n  two \\\n three\n\nb : 2\nc = x;y\nd =   \n[s]\na = again\n; end\n"),
    ("crlf.ini", "\u{feff}[s]\r\na = 1\r\n; c\r\nb = \"2\"\r\n"),
    ("open.ini", "a = 1"),
    (
        "clear.ini",
        "; above\na_unencrypted = x\\\n y\n; c\nb_unencrypted = \"\"\"p\nq\"\"\" ; d\n[s]\nc = 1\n",
    ),
];

/// Selectors under which all of them can be encrypted.
const SELECTORS: [&[&str]; 3] =
    [&[], &["--encrypted-regex", "^(A|b|s)$"], &["--unencrypted-comment-regex", "^ *[cC] *$"]];

#[test]
fn sops_reads_the_values_it_reads_from_the_plain_text() {
    let bench = Bench::new();
    for (name, text) in TEXTS {
        bench.write(name, text);
        // By way of JSON: sops cannot read the ini file that it makes of some of them.
        let json = bench.theirs(&["encrypt", "--output-type", "json", name]);
        bench.write("plain.json", json.assert_success().stdout());
        let expected = bench.values("plain.json");
        for selector in SELECTORS {
            bench.write(name, text);
            bench.ours(&[&["encrypt", "-i"], selector, &[name]].concat()).assert_success();
            assert_eq!(bench.values(name), expected, "{name} {selector:?}");
            let ours = bench.ours(&["decrypt", name]);
            assert_eq!(ours.assert_success().stdout(), text, "{name} {selector:?}");
        }
    }
}

#[test]
fn what_sops_changed_in_our_file_opens() {
    let bench = Bench::new();
    // sops writes the key `-` as a comment, which it then misses.
    for (name, text) in TEXTS.into_iter().filter(|(_, text)| !text.contains("\n- =")) {
        let (path, key) = match name.ends_with("env") {
            true => ("[\"NEW\"]", "NEW"),
            false => ("[\"s\"][\"NEW\"]", "s.NEW"),
        };
        bench.write(name, text);
        bench.ours(&["encrypt", "-i", name]).assert_success();
        bench.theirs(&["set", name, path, "\"of; sops\""]).assert_success();
        let mut values = bench.values(name);
        let run = bench.ours(&["get", name, key]);
        assert_eq!(run.assert_success().stdout().trim_end(), "of; sops", "{name}");
        // And once more with what we make of that.
        bench.ours(&["unset", name, key]).assert_success();
        let object = values.as_object_mut().unwrap();
        match name.ends_with("env") {
            true => drop(object.remove("NEW")),
            false => drop(object["s"].as_object_mut().unwrap().remove("NEW")),
        }
        assert_eq!(bench.values(name), values, "{name}");
    }
}
