use super::*;
use crate::{Masker, Objects, Options};

#[test]
fn every_line_says_what_it_is() {
    let object = |spec: &str| format!("kind: A\nmetadata: {{name: a}}\nspec: {spec}\n");
    let objects = |text: &str| Objects::parse(text, "apps");
    let long = "x".repeat(60);
    let old = object(&format!("{{a: 1, long: {long}, list: [x, y], gone: 1}}"));
    let new = object(&format!("{{a: 2, long: {long}z, list: [x, z]}}"));
    let diff = crate::diff(&objects(&old), &objects(&new), &Masker::default(), &Options::default());
    let lines: Vec<String> =
        diff.render().iter().map(|line| format!("{:?}|{}", line.kind, line.text)).collect();
    assert_eq!(
        lines,
        [
            "Header|~ A a".to_owned(),
            "Changed|    spec.a   1 -> 2".to_owned(),
            "Context|    spec.long".to_owned(),
            format!("Removed|      - {long}"),
            format!("Added|      + {long}z"),
            "Context|    spec.list".to_owned(),
            "Context|        x".to_owned(),
            "Removed|      - y".to_owned(),
            "Added|      + z".to_owned(),
            "Context|    spec.gone".to_owned(),
            "Removed|      - 1".to_owned(),
        ]
    );
}

#[test]
fn an_empty_diff_has_no_lines() {
    assert!(Diff::default().render().is_empty());
}
