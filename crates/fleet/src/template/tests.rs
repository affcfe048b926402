use serde_json::json;

use super::*;

fn globals(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn fill(template: &str) -> Result<String, String> {
    let globals = globals(json!({"env": "prod", "cloud": true, "tier": 3, "limits": {"cpu": 1}}));
    Template::parse(template)?
        .fill("prod-eu", &globals)
        .map_err(|(message, hint)| format!("{message}; {hint}"))
}

fn file_for(template: &str, name: &str) -> Result<ValuesFile, Error> {
    let text =
        config::parse::<Vec<Spanned<String>>>(&format!("- '{template}'"), "releases/app1.yaml").unwrap();
    let template = ValuesTemplate::parse(&text[0], "releases/app1.yaml")?;
    template.file_for(&Target { globals: globals(json!({"env": "a/b"})), ..Target::named(name) })
}

#[test]
fn placeholders_are_the_context_and_its_plain_globals() {
    assert_eq!(fill("secrets/{context}.{ env }.yaml").unwrap(), "secrets/prod-eu.prod.yaml");
    assert_eq!(fill("{cloud}-{tier}").unwrap(), "true-3");
    assert_eq!(fill("{{context}}{{{context}}}").unwrap(), "{context}{prod-eu}");
    assert_eq!(fill("").unwrap(), "");
}

#[test]
fn an_unknown_placeholder_names_the_known_ones() {
    assert_eq!(
        fill("{enw}").unwrap_err(),
        "context `prod-eu` has no global `enw`; did you mean `env`? placeholders: context, env, cloud, tier"
    );
    assert_eq!(
        fill("{limits}").unwrap_err(),
        "global `limits` of context `prod-eu` is no plain value; placeholders: context, env, cloud, tier"
    );
}

#[test]
fn braces_must_close() {
    assert_eq!(fill("a{env").unwrap_err(), "`{` in `a{env` is not closed (a brace itself is written `{{`)");
    assert_eq!(
        fill("{a{env}").unwrap_err(),
        "`{` in `{a{env}` is not closed (a brace itself is written `{{`)"
    );
    assert_eq!(fill("a}b").unwrap_err(), "`}` in `a}b` closes nothing (a brace itself is written `}}`)");
    assert_eq!(fill("a{}b").unwrap_err(), "`a{}b` has an empty placeholder");
}

#[test]
fn files_are_relative_to_the_release() {
    let file = file_for("values/{context}.yaml?", "dev-1").unwrap();
    assert_eq!(file.path, Path::new("releases/values/dev-1.yaml"));
    assert!(file.optional);
    assert_eq!(file_for("./a.yaml", "dev-1").unwrap().path, Path::new("releases/a.yaml"));
    assert_eq!(file_for("../a.yaml", "dev-1").unwrap().path, Path::new("releases/../a.yaml"));
    assert_eq!(file_for("/etc/a.yaml", "dev-1").unwrap().path, Path::new("/etc/a.yaml"));
    let uri = file_for("secrets://s/{context}.yaml", "dev-1").unwrap();
    assert_eq!((uri.path.as_path(), uri.optional), (Path::new("secrets://s/dev-1.yaml"), false));
}

#[test]
fn a_value_cannot_change_the_directory() {
    let error = file_for("{context}.yaml", "cluster/a").unwrap_err();
    assert_eq!(
        error.to_string(),
        "releases/app1.yaml:1:3: `{context}` is `cluster/a` for context `cluster/a`"
    );
    assert_eq!(error.hint(), Some("in a file name it cannot be empty or have a slash"));
    assert!(file_for("{env}/x.yaml", "dev-1").is_err());
    assert!(file_for("{context}/x.yaml", "..").is_err());
}

#[test]
fn names_that_cannot_be_files() {
    assert_eq!(
        file_for("?", "a").unwrap_err().to_string(),
        "releases/app1.yaml:1:3: the name of a values file is empty"
    );
    assert!(file_for("~/a.yaml", "a").unwrap_err().to_string().contains("`~` has no meaning"));
}
