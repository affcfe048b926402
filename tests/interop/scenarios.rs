//! `.sops.yaml` scenarios recorded with sops, `tests/data/sops/config/scenarios.tsv`: which recipients, selector and
//! indentation a file gets from where, or why it gets none.

use std::collections::BTreeMap;

use testkit::Run;

use crate::bench::{Bench, data};
use crate::exceptions::Exceptions;
use crate::keys;

/// Indented as sops does it by default: we leave a file as it is.
const YAML: &str = "a: 1\nb:\n    c: 2\n";
/// What is in the tree that the scenarios were recorded in.
const TREE: [(&str, &str); 9] = [
    ("proj/x.yaml", YAML),
    ("proj/q.json", "{\n\t\"a\": 1\n}\n"),
    ("proj/e.env", "A=1\n"),
    ("proj/b.bin", "bytes"),
    ("proj/weird.txt", "text"),
    ("proj/sub/y.yaml", YAML),
    ("proj/sub/deep/z.yaml", YAML),
    ("proj/prod/s.yaml", YAML),
    ("other/o.yaml", YAML),
];

/// What sops says in a refusal, and a part of what we say for the same reason.
const REASONS: [(&str, &[&str]); 12] = [
    (
        "config file not found, or has no creation rules",
        &["no .sops.yaml says who", "it has no creation_rules"],
    ),
    ("could not read config file: open nope", &["nope.yaml"]),
    ("no matching creation rules found", &["no creation rule matches"]),
    ("cannot use more than one of", &["exclude each other"]),
    ("must specify --filename-override", &["--filename-override"]),
    ("can not compile regexp", &["path_regex: invalid regular expression"]),
    ("Could not unmarshal config file", &[".sops.yaml: line 1"]),
    ("failed to parse input as Bech32-encoded age public key", &["age1foo"]),
    ("invalid age key configuration", &["age must be a string or a list"]),
    ("empty key group provided", &["names no recipient"]),
    ("Could not generate data key: [could not split data key", &["shamir_threshold must be between 2 and"]),
    ("YAML Negative indentation not accepted", &["stores.yaml.indent must be"]),
];

/// A row of the table.
struct Scenario {
    id: String,
    config_name: String,
    /// Text by folder.
    configs: BTreeMap<String, String>,
    folder: String,
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
    refused: bool,
    recipients: Vec<String>,
    selectors: Vec<String>,
    format: String,
    indent: Option<String>,
    reason: String,
}

impl Scenario {
    fn all() -> Vec<Self> {
        let table = fs_err::read_to_string(data().join("sops/config/scenarios.tsv")).unwrap();
        table.lines().filter(|line| !line.starts_with('#')).map(Self::read).collect()
    }

    fn read(row: &str) -> Self {
        let cells: Vec<&str> = row.split('\t').collect();
        let [id, config_name, configs, folder, arguments, environment, code, recipients, selectors, ..] =
            cells[..]
        else {
            panic!("{row}")
        };
        let list = |text: &str, separator: char| {
            text.split(separator).filter(|word| !word.is_empty()).map(str::to_owned).collect()
        };
        Self {
            id: id.to_owned(),
            config_name: config_name.to_owned(),
            configs: serde_json::from_str(&named(configs)).unwrap(),
            folder: folder.to_owned(),
            arguments: list(&named(arguments), ' '),
            environment: serde_json::from_str(&named(environment)).unwrap(),
            refused: code != "0",
            recipients: list(recipients, ','),
            selectors: list(selectors, ';'),
            format: cells[9].to_owned(),
            indent: cells[10].strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).map(unescaped),
            reason: cells[11].to_owned(),
        }
    }

    /// Runs the plugin as sops was run: `-e FILE` is `encrypt FILE`.
    fn run(&self, bench: &Bench) -> Run {
        for folder in ["proj", "other"] {
            let _ = fs_err::remove_dir_all(bench.path(folder));
        }
        for (file, text) in TREE {
            bench.write(file, text);
        }
        fs_err::os::unix::fs::symlink("../x.yaml", bench.path("proj/sub/link.yaml")).unwrap();
        for (folder, text) in &self.configs {
            bench.write(format!("{folder}/{}", self.config_name), text);
        }
        let command = if self.arguments.iter().any(|word| word == "-d") { "decrypt" } else { "encrypt" };
        let rest = self.arguments.iter().filter(|word| !["-e", "-d", "encrypt"].contains(&word.as_str()));
        let arguments: Vec<&str> = [command].into_iter().chain(rest.map(String::as_str)).collect();
        let mut run = bench.plugin(arguments).current_dir(bench.path(&self.folder)).stdin(YAML);
        for (name, value) in &self.environment {
            run = run.env(name, value);
        }
        run.run()
    }

    fn check(&self, bench: &Bench) -> Result<(), String> {
        let run = self.run(bench);
        if self.refused != (run.code() != Some(0)) {
            return Err(format!("refused: {}\n{run}", !self.refused));
        }
        if self.refused {
            return self.same_reason(&run);
        }
        let text = run.stdout();
        let recipients = recipients(text);
        if recipients != self.recipients {
            return Err(format!("recipients {recipients:?}, not {:?}\n{run}", self.recipients));
        }
        if format_of(text) != self.format {
            return Err(format!("not {}\n{run}", self.format));
        }
        // The table has none of dotenv files, and a binary file has none.
        let found = if self.selectors.is_empty() { Vec::new() } else { selectors(text) };
        if found != self.selectors {
            return Err(format!("{found:?}, not {:?}\n{run}", self.selectors));
        }
        match &self.indent {
            Some(expected) if indent(text) != Some(expected) => {
                Err(format!("indentation {:?}, not {expected:?}\n{run}", indent(text)))
            }
            _ => Ok(()),
        }
    }

    fn same_reason(&self, run: &Run) -> Result<(), String> {
        let (_, ours) = REASONS
            .iter()
            .find(|(theirs, _)| self.reason.contains(theirs))
            .unwrap_or_else(|| panic!("{}: no counterpart for {:?}", self.id, self.reason));
        if ours.iter().any(|ours| run.stderr().contains(ours)) {
            return Ok(());
        }
        Err(format!("refused for another reason than {:?}\n{run}", self.reason))
    }
}

/// Recipients by their names in the table.
fn named(text: &str) -> String {
    (1..=3).fold(text.to_owned(), |text, number| {
        text.replace(&format!("{{R{number}}}"), &keys::recipient(&format!("age{number}")))
    })
}

fn unescaped(text: &str) -> String {
    text.replace("\\t", "\t")
}

/// The age recipients in an encrypted text in their order, as R1 to R3.
fn recipients(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.starts_with("age1"));
    let name = |word: &str| (1..=3).find(|number| keys::recipient(&format!("age{number}")) == word);
    words.filter_map(|word| name(word).map(|number| format!("R{number}"))).collect()
}

fn format_of(text: &str) -> &'static str {
    match text {
        _ if text.starts_with('{') => "json",
        _ if text.contains("\nsops_mac=") => "dotenv",
        _ => "yaml",
    }
}

/// Selector, `mac_only_encrypted` and `shamir_threshold` as the metadata of YAML or JSON has them, sorted as in the
/// table.
fn selectors(text: &str) -> Vec<String> {
    let fields = [
        "shamir_threshold",
        "unencrypted_suffix",
        "encrypted_suffix",
        "unencrypted_regex",
        "encrypted_regex",
    ];
    let fields = fields.iter().chain(&["mac_only_encrypted"]);
    let value = |field: &&str| {
        text.lines().find_map(|line| {
            let (name, value) = line.trim().split_once(": ")?;
            let value = value.trim_end_matches(',').trim_matches(['"', '\'']);
            (name.trim_matches('"') == *field).then(|| format!("{field}={value}"))
        })
    };
    fields.filter_map(value).collect()
}

/// What the first metadata line is indented by, from the key of the metadata on: that one stands where the file has its
/// other keys.
fn indent(text: &str) -> Option<&str> {
    let mut lines = text.lines();
    let key = lines.find(|line| *line == "sops:" || line.trim_start().starts_with("\"sops\":"))?;
    let margin = &key[..key.len() - key.trim_start().len()];
    let first = lines.next()?.strip_prefix(margin)?;
    Some(&first[..first.len() - first.trim_start().len()])
}

#[test]
fn every_scenario_ends_as_with_sops() {
    let scenarios = Scenario::all();
    assert!(scenarios.len() >= 65, "{} scenarios", scenarios.len());
    let bench = Bench::new();
    fs_err::remove_file(bench.path(".sops.yaml")).unwrap();
    let mut exceptions = Exceptions::of("rules");
    for scenario in &scenarios {
        exceptions.note(&scenario.id, scenario.check(&bench));
    }
    exceptions.finish();
}
