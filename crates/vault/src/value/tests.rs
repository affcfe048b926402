use super::*;
use crate::mapping::Mapping;

const SECRET: &str = r#"{"password": "hunter2", "port": 12345678, "price": 1.10, "on": true, "none": null,
    "object": {"a": ["x", 7]}, "document": "{\"user\": {\"name\": \"ann\", \"id\": 12345678901234567890123}}",
    "coded": "aHVudGVyMg==", "unpadded": "aHVudGVyMg", "folded": "aHVu\ndGVyMg==\n", "binary": "/w==",
    "list": "[{\"k\": \"aHVudGVyMg==\"}]", "number": " 42\n", "half": "\ud800"}"#;

fn get(source: &str) -> Result<String, Problem> {
    let text = format!(
        "secrets: [{{secret_id: a, contexts: [{{name: default, vaultPath: /kv/a, vaultKey: {source}}}]}}]"
    );
    let mapping = Mapping::parse(&text, "m.yaml").unwrap();
    let keys: Keys<'_> = serde_json::from_str(SECRET).unwrap();
    extract(&keys, &mapping.entries()[0].contexts[0]).map(|value| match value {
        Value::Text(text) => format!("text {}", *text),
        Value::Json(text) => format!("json {}", *text),
    })
}

#[test]
fn scalars_become_text_as_vault_has_them() {
    assert_eq!(get("password").unwrap(), "text hunter2");
    assert_eq!(get("port").unwrap(), "text 12345678");
    assert_eq!(get("price").unwrap(), "text 1.10");
    assert_eq!(get("on").unwrap(), "text true");
}

#[test]
fn a_type_decides_what_the_value_is() {
    assert_eq!(get("port, type: int").unwrap(), "json 12345678");
    assert_eq!(get("number, type: int").unwrap(), "json 42");
    assert_eq!(get("on, type: bool").unwrap(), "json true");
    assert_eq!(get("object, type: json").unwrap(), r#"json {"a": ["x", 7]}"#);
    assert_eq!(get("list, type: json").unwrap(), r#"json [{"k": "aHVudGVyMg=="}]"#);
    assert_eq!(get("price, type: string").unwrap(), "text 1.10");
}

#[test]
fn a_path_leads_into_a_stored_document_or_object() {
    assert_eq!(get("document, jsonPath: $.user.name").unwrap(), "text ann");
    assert_eq!(get("document, jsonPath: $.user.id").unwrap(), "text 12345678901234567890123");
    assert_eq!(get("object, jsonPath: 'a[0]'").unwrap(), "text x");
    assert_eq!(get("list, jsonPath: '$[0].k', decode: base64").unwrap(), "text hunter2");
    assert_eq!(
        get("document, jsonPath: $.nobody").unwrap_err(),
        Problem::MissingJsonPath { json_path: "$.nobody".to_owned() }
    );
    assert_eq!(get("password, jsonPath: $.a").unwrap_err(), Problem::NotJson);
}

#[test]
fn base64_with_and_without_padding_and_line_breaks() {
    for key in ["coded", "unpadded", "folded"] {
        assert_eq!(get(&format!("{key}, decode: base64")).unwrap(), "text hunter2");
    }
    assert_eq!(get("binary, decode: base64").unwrap_err(), Problem::NotText { length: 1 });
    assert_eq!(get("price, decode: base64").unwrap_err(), Problem::NotBase64);
}

#[test]
fn values_of_another_kind_are_refused() {
    let wrong = |source: &str| match get(source) {
        Err(Problem::WrongType { wanted, found }) => (wanted, found),
        other => panic!("{source}: {other:?}"),
    };
    assert_eq!(wrong("object"), ("text", "an object"));
    assert_eq!(wrong("none"), ("text", "null"));
    assert_eq!(wrong("half"), ("text", "text that is not Unicode"));
    assert_eq!(wrong("password, type: int"), ("an integer", "other text"));
    assert_eq!(wrong("price, type: int"), ("an integer", "other text"));
    assert_eq!(wrong("port, type: bool"), ("true or false", "other text"));
    assert_eq!(get("password, type: json").unwrap_err(), Problem::NotJson);
}

#[test]
fn a_missing_key_names_the_keys_that_are_there() {
    let Err(Problem::MissingKey { present }) = get("passwrd") else { panic!("found") };
    assert_eq!(present.first().map(String::as_str), Some("binary"));
    assert_eq!(present.len(), 14);
}
