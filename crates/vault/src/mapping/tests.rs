use super::*;

const SAMPLE: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/fleet/mapping.yaml"));
const RELEASE: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/fleet/release-object.yaml"));

/// A mapping with one secret `a`; `source` are further lines of its only context.
fn with(source: &str) -> Result<Mapping, config::Error> {
    let lines: String = source.lines().map(|line| format!("        {line}\n")).collect();
    let head = "secrets:\n  - secret_id: a\n    contexts:\n      - name: default\n";
    Mapping::parse(&format!("{head}{lines}"), "m.yaml")
}

fn error(text: &str) -> String {
    let error = Mapping::parse(text, "m.yaml").expect_err("is refused");
    match error.hint {
        Some(ref hint) => format!("{error} | {hint}"),
        None => error.to_string(),
    }
}

#[test]
fn the_named_context_wins_over_default() {
    let mapping = Mapping::parse(SAMPLE, "mapping.yaml").unwrap();
    let path = |context: &str| mapping.for_context(context).unwrap()[0].source.vault_path.to_string();
    assert_eq!(path("prod-eu"), "kv/prod/video/player/eu");
    assert_eq!(path("dev-1"), "kv/dev/video/player/test");
    assert_eq!(path(DEFAULT_CONTEXT), "kv/dev/video/player/test");
    let request = &mapping.for_context("prod-eu").unwrap()[0];
    assert_eq!(
        (request.secret_id.as_str(), request.source.vault_key.as_str()),
        ("video-player-password", "password")
    );
    assert_eq!(request.place, Some(Place { line: 7, column: 15 }));
}

#[test]
fn a_release_gives_its_mapping() {
    let mapping = Mapping::parse(RELEASE, "release.yaml").unwrap();
    assert_eq!(mapping.entries().len(), 1);
    let request = &mapping.for_context("dev-europe-west1-0").unwrap()[0];
    assert_eq!(request.source.vault_path.as_str(), "kv/dev/video/player/europe");
    assert_eq!(Mapping::parse("kind: Release\nspec: {chart: {path: x}}\n", "r.yaml").unwrap().entries(), &[]);
}

#[test]
fn every_optional_field() {
    let mapping = with(
        "vaultPath: /kv/data/a\nvaultKey: k\nversion: 3\ndecode: base64\njsonPath: $.a.b[0]\n\
        optional: true\ndefault: 5432\ntype: int",
    )
    .unwrap();
    let source = &mapping.entries()[0].contexts[0];
    assert_eq!(source.version.map(NonZeroU64::get), Some(3));
    assert_eq!(source.decode, Some(Encoding::Base64));
    assert_eq!(source.json_path.as_ref().map(ToString::to_string).as_deref(), Some("$.a.b[0]"));
    assert!(source.optional);
    assert_eq!(source.default.as_deref(), Some("5432"));
    assert_eq!(source.value_type, Some(ValueType::Int));
}

#[test]
fn an_empty_default_is_a_default() {
    let default = |text: &str| {
        let mapping = with(&format!("vaultPath: /kv/a\nvaultKey: k\ndefault: {text}")).unwrap();
        mapping.entries()[0].contexts[0].default.clone()
    };
    assert_eq!(default("''").as_deref(), Some(""));
    assert_eq!(default("0123").as_deref(), Some("0123"));
    assert_eq!(default("true").as_deref(), Some("true"));
    assert_eq!(default("null"), None);
}

#[test]
fn neither_context_nor_default_names_everything() {
    let text = "secrets:\n- secret_id: a\n  contexts: [{name: prod-eu, vaultPath: /kv/a, vaultKey: k}]\n\
        - secret_id: b\n  contexts: [{name: prod-us, vaultPath: /kv/b, vaultKey: k}]\n";
    let mapping = Mapping::parse(text, "m.yaml").unwrap();
    let missing = mapping.for_context("prod-eu").unwrap_err();
    assert_eq!(
        missing.to_string(),
        "m.yaml:4: secret_id `b` has no entry for context `prod-eu` and no `default`"
    );
    let missing = mapping.for_context("prd-eu").unwrap_err();
    assert_eq!(missing.secrets.len(), 2);
    assert_eq!(missing.hint().as_deref(), Some("did you mean context `prod-eu`?"));
    let missing = mapping.for_context("qq").unwrap_err();
    assert_eq!(missing.hint().as_deref(), Some("add a context named `qq` or `default` to each"));
}

#[test]
fn duplicates_and_empty_lists_are_refused_with_their_place() {
    let source = "{name: default, vaultPath: /kv/a, vaultKey: k}";
    let entry = |id: &str, sources: &str| format!("- secret_id: {id}\n  contexts: [{sources}]\n");
    let file = |entries: &str| format!("secrets:\n{entries}");
    assert_eq!(
        error(&file(&(entry("a", source) + &entry("a", source)))),
        "m.yaml:4:14: secret_id `a` is given twice"
    );
    assert_eq!(
        error(&file(&entry("a", &format!("{source}, {source}")))),
        "m.yaml:3:69: context `default` is given twice for secret_id `a`"
    );
    assert_eq!(error(&file(&entry("a", ""))), "m.yaml:2:14: secret_id `a` has no contexts");
    assert!(error(&file(&entry("\"<<\"", source))).starts_with("m.yaml:2:14: secret_id `<<` is not allowed"));
    assert!(error(&file(&entry("''", source))).starts_with("m.yaml:2:14: secret_id is empty"));
    assert!(
        error(&file(&entry("a", "{name: default, vaultPath: /kv/a, vaultKey: ''}"))).contains("vaultKey")
    );
}

#[test]
fn unknown_fields_are_refused_with_a_suggestion() {
    let message =
        error("secrets:\n- secret_id: a\n  contexts: [{name: default, vaultpath: /kv/a, vaultKey: k}]\n");
    assert_eq!(message, "m.yaml:3:30: unknown field `vaultpath` | did you mean `vaultPath`?");
    assert!(error("secrets:\n- secretid: a\n").ends_with("| did you mean `secret_id`?"));
    assert!(error("secret: []\n").ends_with("| did you mean `secrets`?"));
}

#[test]
fn bad_values_are_refused_with_their_place() {
    let good = "vaultPath: /kv/a\nvaultKey: k\n";
    let refused = |source: &str| with(source).expect_err(source).to_string();
    assert!(
        refused("vaultPath: /kv/../sys\nvaultKey: k").starts_with("m.yaml:5:"),
        "{}",
        refused("vaultPath: /kv/../sys\nvaultKey: k")
    );
    assert!(
        refused("vaultPath: /kv/../sys\nvaultKey: k").contains("vaultPath `/kv/../sys` has the segment `..`")
    );
    assert!(refused("vaultPath: /kv/a").contains("vaultKey"));
    for (line, names) in [
        ("decode: base32", "base32"),
        ("type: float", "float"),
        ("version: 0", "nonzero"),
        ("jsonPath: $.a[", "jsonPath `$.a[`"),
    ] {
        let message = refused(&format!("{good}{line}"));
        assert!(message.starts_with("m.yaml:7:"), "{message}");
        assert!(message.contains(names), "{message}");
    }
}

#[test]
fn a_file_that_is_no_mapping_is_refused() {
    assert!(error("kind: Fleet\nspec: {}\n").starts_with("m.yaml:1:7: kind `Fleet` has no Vault mapping"));
    assert!(error("spec: {secrets: []}\n").starts_with("m.yaml: has no `secrets` list"));
    assert!(error("kind: Release\nsecrets: []\nspec: {}\n").contains("both"));
    assert!(error("").contains("m.yaml"));
}
