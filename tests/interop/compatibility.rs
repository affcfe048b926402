//! `docs/sops-compatibility.md` names tests and recorded cases that there are.

use std::collections::BTreeSet;

use testkit::tools;

use crate::bench::data;
use crate::manifest::cases;

/// Whether there is what one piece of code in the last column names: a test file, one of its tests, or a case.
fn is_there(name: &str, known: &BTreeSet<String>) -> bool {
    let (file, test) = name.split_once(' ').unwrap_or((name, ""));
    if !file.contains('/') {
        return known.contains(file);
    }
    let below = if file.starts_with("crates/") { "" } else { "tests/" };
    let text = fs_err::read_to_string(tools::repository().join(format!("{below}{file}"))).unwrap_or_default();
    !text.is_empty() && (test.is_empty() || text.contains(&format!("fn {test}()")))
}

#[test]
fn what_shows_it_is_there() {
    let mut known: BTreeSet<String> = cases().into_iter().map(|case| case.id).collect();
    let scenarios = fs_err::read_to_string(data().join("sops/config/scenarios.tsv")).unwrap();
    known.extend(scenarios.lines().filter_map(|line| line.split('\t').next()).map(str::to_owned));
    let table = fs_err::read_to_string(tools::repository().join("docs/sops-compatibility.md")).unwrap();
    let mut count = 0;
    for row in table.lines().filter(|line| line.starts_with("| ") && !line.ends_with("| shown by |")) {
        let shown = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let names: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "{row}");
        for name in names {
            assert!(is_there(name, &known), "{name} is not there: {row}");
            count += 1;
        }
    }
    assert!(count > 50, "{count} names");
}
