use proptest::prelude::*;
use serde_yaml::{Mapping, Value};

use super::*;

const APP: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/manifest/app1.yaml"));
const SECRET: &str = "hunter22hunter22";

/// The rendered diff of two manifests as text.
fn shown(old: &str, new: &str, secrets: &[&str]) -> String {
    let (old, new) = (Objects::parse(old, "apps"), Objects::parse(new, "apps"));
    let diff = diff(&old, &new, &Masker::new(secrets).unwrap(), &Options::default());
    let lines: Vec<String> = diff.render().into_iter().map(|line| line.text).collect();
    lines.join("\n")
}

/// The rendered diff after replacing a text in the sample.
fn after(from: &str, to: &str) -> String {
    assert!(APP.contains(from), "{from}");
    shown(APP, &APP.replace(from, to), &[SECRET])
}

/// The rendered diff of two values of `spec`, without the header.
fn spec(old: &str, new: &str) -> String {
    let object = |spec: &str| format!("kind: Thing\nmetadata: {{name: a}}\nspec:\n{spec}\n");
    let shown = shown(&object(old), &object(new), &[SECRET]);
    shown.lines().skip(1).map(|line| line.strip_prefix("    ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn nothing_changes() {
    assert_eq!(shown(APP, APP, &[SECRET]), "");
    assert_eq!(after("type: ClusterIP", "\"type\": 'ClusterIP'   # same"), "");
    assert_eq!(
        after(
            "app.kubernetes.io/name: c\n    app.kubernetes.io/instance: app1\n\n---\n# Source: c/templates/deployment.yaml",
            "app.kubernetes.io/instance: app1\n    app.kubernetes.io/name: c\n---\n"
        ),
        ""
    );
    assert_eq!(spec("  {a: 1, b: null}", "  {b: ~, a: 1.0}"), "");
}

#[test]
fn a_scalar() {
    assert_eq!(
        after("nginx:1.4.2", "nginx:1.4.3"),
        "~ Deployment app1-c\n    spec.template.spec.containers[c].image   nginx:1.4.2 -> nginx:1.4.3"
    );
    let long = "registry.example/some/very/long/path/to/an/image";
    assert_eq!(
        after("nginx:1.4.2", long),
        format!(
            "~ Deployment app1-c\n    spec.template.spec.containers[c].image\n      - nginx:1.4.2\n      + {long}"
        )
    );
}

#[test]
fn a_number_and_the_same_digits_as_text_differ() {
    assert_eq!(spec("  {port: 80}", "  {port: '80'}"), "spec.port   80 -> \"80\"");
    assert_eq!(spec("  {a: 'x '}", "  {a: ''}"), "spec.a   \"x \" -> \"\"");
    assert_eq!(spec("  {a: true}", "  {a: 'true'}"), "spec.a   true -> \"true\"");
}

#[test]
fn keys_that_read_as_paths_are_quoted() {
    assert_eq!(spec("  {a.b/c: 1, d: 2}", "  {a.b/c: 3, d: 4}"), "spec[\"a.b/c\"]   1 -> 3\nspec.d   2 -> 4");
}

#[test]
fn fields_that_come_and_go() {
    assert_eq!(
        after(
            "          imagePullPolicy: IfNotPresent\n",
            "          resources:\n            limits: {cpu: 1}\n"
        ),
        "~ Deployment app1-c\n    \
         spec.template.spec.containers[c].imagePullPolicy\n      - IfNotPresent\n    \
         spec.template.spec.containers[c].resources\n      + limits:\n      +   cpu: 1"
    );
    assert_eq!(spec("  {a: {b: 1}}", "  {a: text}"), "spec.a\n  - b: 1\nspec.a\n  + text");
}

#[test]
fn named_items_are_matched_by_name() {
    assert_eq!(
        after(
            "            - name: MODE\n              value: fast\n",
            "            - name: EXTRA\n              value: x\n            - name: MODE\n              value: slow\n"
        ),
        "~ Deployment app1-c\n    \
         spec.template.spec.containers[c].env[MODE].value   fast -> slow\n    \
         spec.template.spec.containers[c].env[EXTRA]\n      + name: EXTRA\n      + value: x"
    );
    assert_eq!(
        spec("  ports: [{containerPort: 80}, {containerPort: 81}]", "  ports: [{containerPort: 81}]"),
        "spec.ports[80]\n  - containerPort: 80"
    );
    // One volume mounted twice: the name does not name an item, the path does.
    let mounts =
        |sub: &str| format!("  m: [{{name: v, mountPath: /a}}, {{name: v, mountPath: /b, subPath: {sub}}}]");
    assert_eq!(spec(&mounts("x"), &mounts("y")), "spec.m[/b].subPath   x -> y");
}

#[test]
fn another_order_of_named_items_is_a_change() {
    assert_eq!(
        spec("  c: [{name: a}, {name: b}, {name: old}]", "  c: [{name: new}, {name: b}, {name: a}]"),
        "spec.c[old]\n  - name: old\nspec.c[new]\n  + name: new\nspec.c   order changed\n  - a, b\n  + b, a"
    );
}

#[test]
fn other_lists_are_compared_by_content() {
    assert_eq!(
        after("[\"--verbose\", \"--port\", \"8080\"]", "[\"--port\", \"8081\"]"),
        "~ Deployment app1-c\n    spec.template.spec.containers[c].args\n      - --verbose\n        --port\n      - \"8080\"\n      + \"8081\""
    );
    assert_eq!(spec("  a: [{x: 1}, {x: 2}]", "  a: [{x: 1}, {x: 3}]"), "spec.a[1].x   2 -> 3");
    assert_eq!(spec("  a: [{x: 1}]", "  a: [{x: 1}, {x: 2}]"), "spec.a\n    {\"x\":1}\n  + {\"x\":2}");
    assert_eq!(spec("  a: [1, 2]", "  a: [1.0, 2]"), "");
}

#[test]
fn texts_are_compared_line_by_line() {
    assert_eq!(
        after("db.pool=10", "db.pool=20"),
        "~ ConfigMap app1-c\n    data[\"app.properties\"]\n        cloud=true\n        db.user=app1\n        db.password=***\n      - db.pool=10\n      + db.pool=20\n        log.level=info"
    );
    let lines = |first: u32, last: u32| {
        let middle: String = (0..20).map(|n| format!("    {n}\n")).collect();
        format!("  t: |\n    {first}\n{middle}    {last}")
    };
    let both = spec(&lines(100, 200), &lines(101, 201));
    assert!(both.contains("    2\n    ...\n    17\n"), "{both}");
    assert_eq!(spec("  t: \"a\\nb\\n\"", "  t: \"a\\nb\""), "spec.t\n    (no line end at the end any more)");
    assert_eq!(spec("  t: \"a\\nb\"", "  t: \"a\\nb\\n\""), "spec.t\n    (a line end at the end is new)");
    assert_eq!(spec("  t: \"a\\nb\"", "  t: \"a\\r\\nb\""), "spec.t\n    (only line ends differ)");
}

#[test]
fn values_of_a_secret_are_never_shown() {
    assert_eq!(
        after("aHVudGVyMjJodW50ZXIyMg==", "YW5vdGhlci1vbmU="),
        "~ Secret app1-c\n    data.password   changed (16 bytes -> 11 bytes)"
    );
    assert_eq!(
        after("password: aHVudGVyMjJodW50ZXIyMg==", "token: eA=="),
        "~ Secret app1-c\n    data.password   removed (16 bytes)\n    data.token   added (1 byte)"
    );
    // The same bytes in the other field are the same to the cluster.
    assert_eq!(
        after(
            "data:\n  password: aHVudGVyMjJodW50ZXIyMg==\nstringData:",
            "stringData:\n  password: hunter22hunter22"
        ),
        ""
    );
    assert_eq!(after("type: Opaque", "type: other"), "~ Secret app1-c\n    type   Opaque -> other");
    assert_eq!(
        after("app1:hunter22hunter22@db", "app1:unknown-password@db"),
        "~ Secret app1-c\n    data.url   changed (40 bytes -> 40 bytes)"
    );
}

#[test]
fn malformed_secrets_are_hidden_too() {
    let secret = |rest: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\n{rest}\n");
    let text = shown(&secret("data: first-value"), &secret("data: other-values"), &[]);
    assert_eq!(text, "~ Secret a\n    data[\"\"]   changed (11 bytes -> 12 bytes)");
    assert_eq!(shown("", &secret("stringData: [planted-value]"), &[]).matches("planted").count(), 0);
    let text = shown(&secret("data: {a: not*base64}"), &secret("stringData: {a: 12}"), &[]);
    assert_eq!(text, "~ Secret a\n    data.a   changed (10 bytes -> 2 bytes)");
    let broken = |value: &str| secret(&format!("stringData: {{a: {value}"));
    let text = shown(&broken("planted-1"), &broken("planted-22"), &[]);
    assert_eq!(text, "~ document #1\n    content   changed (73 bytes -> 74 bytes)");
    assert!(!shown("", &broken("planted-1"), &[]).contains("planted"));
}

#[test]
fn the_copy_kubectl_keeps_is_hidden() {
    let secret = |value: &str| {
        format!(
            "kind: Secret\nmetadata: {{name: a, annotations: {{kubectl.kubernetes.io/last-applied-configuration: '{value}'}}}}\n"
        )
    };
    assert_eq!(shown(&secret("planted-1"), &secret("planted-2"), &[]), "");
    assert!(!shown("", &secret("planted-1"), &[]).contains("planted"));
}

#[test]
fn a_known_secret_is_masked_everywhere() {
    let new = APP
        .replace(SECRET, "other-secret-value")
        .replace("aHVudGVyMjJodW50ZXIyMg==", "b3RoZXItc2VjcmV0LXZhbHVl");
    let text = shown(APP, &new, &[SECRET, "other-secret-value"]);
    assert_eq!(
        text,
        "~ Secret app1-c\n    data.password   changed (16 bytes -> 18 bytes)\n    data.url   changed (40 bytes -> 42 bytes)\n\
         ~ ConfigMap app1-c\n    data[\"app.properties\"]\n        cluster=prod-eu\n        cloud=true\n        db.user=app1\n      \
         - db.password=***\n      + db.password=***\n        db.pool=10\n        log.level=info\n\
         ~ Deployment app1-c\n    spec.template.spec.containers[c].env[PASSWORD].value   *** -> ***"
    );
}

#[test]
fn objects_that_come_and_go() {
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: other}\ndata: {url: \"u:hunter22hunter22\"}\n";
    assert_eq!(
        shown("", config, &[SECRET]),
        "+ ConfigMap other/x\n    + apiVersion: v1\n    + kind: ConfigMap\n    + metadata:\n    +   name: x\n    +   namespace: other\n    + data:\n    +   url: u:***"
    );
    assert_eq!(shown(config, "", &[SECRET]), "- ConfigMap other/x");
    let kept = config.replace("name: x", "name: x, annotations: {helm.sh/resource-policy: keep}");
    assert_eq!(
        shown(&kept, "", &[SECRET]),
        "  ConfigMap other/x   stays in the cluster (helm.sh/resource-policy: keep)"
    );
    let secret = "kind: Secret\nmetadata: {name: x}\ndata: {a: aHVudGVyMjJodW50ZXIyMg==}\n";
    assert_eq!(
        shown("", secret, &[]),
        "+ Secret x\n    + kind: Secret\n    + metadata:\n    +   name: x\n    + data:\n    +   a: <16 bytes>"
    );
}

#[test]
fn objects_are_counted() {
    let objects = |text: &str| Objects::parse(text, "apps");
    let thing =
        |name: &str, value: u32| format!("---\nkind: A\nmetadata: {{name: {name}}}\nvalue: {value}\n");
    let kept = "---\nkind: A\nmetadata: {name: k, annotations: {helm.sh/resource-policy: keep}}\n";
    let old = [thing("a", 1), thing("b", 1), thing("c", 1), kept.to_owned()].concat();
    let new = [thing("a", 2), thing("b", 1), thing("d", 1), thing("e", 1)].concat();
    let diff = diff(&objects(&old), &objects(&new), &Masker::default(), &Options::default());
    assert_eq!(diff.summary(), Summary { add: 2, change: 1, remove: 1 });
    assert_eq!(
        serde_json::to_value(&diff).unwrap()[0],
        serde_json::json!({
            "change": "changed", "group": "", "kind": "A", "namespace": null, "name": "a", "source": null,
            "hook": false, "kept": false, "body": [],
            "fields": [{"path": "value", "change": "changed", "old": "1", "new": "2"}],
        })
    );
}

#[test]
fn an_object_keeps_its_identity_over_versions_and_namespaces() {
    let text = |version: &str, namespace: &str| {
        format!(
            "apiVersion: apps/{version}\nkind: Deployment\nmetadata: {{name: a, namespace: {namespace}}}\n"
        )
    };
    let parse = |namespace: &str, version: &str| Objects::parse(&text(version, namespace), namespace);
    let diff = |old: &Objects, new: &Objects| diff(old, new, &Masker::default(), &Options::default());
    assert!(diff(&parse("n1", "v1"), &parse("n2", "v1")).is_empty());
    let changed = diff(&parse("n1", "v1beta1"), &parse("n1", "v1"));
    assert_eq!(changed.render()[1].text, "    apiVersion   apps/v1beta1 -> apps/v1");
}

#[test]
fn hooks_are_compared_and_tests_only_if_asked() {
    assert_eq!(after("busybox", "busybox:2"), "");
    let hook = |event: &str, value: u32| {
        Objects::parse(
            &format!(
                "kind: Job\nmetadata: {{name: j, annotations: {{helm.sh/hook: {event}}}}}\nspec: {value}\n"
            ),
            "apps",
        )
    };
    let options = Options { include_tests: true, ..Options::default() };
    let first = |event: &str, options: &Options| {
        let diff = diff(&hook(event, 1), &hook(event, 2), &Masker::default(), options);
        diff.render().first().map(|line| line.text.clone())
    };
    assert_eq!(first("pre-upgrade", &Options::default()).as_deref(), Some("~ Job j (hook)"));
    assert_eq!(first("test", &Options::default()), None);
    assert_eq!(first("test", &options).as_deref(), Some("~ Job j (hook)"));
}

#[test]
fn an_object_rendered_twice_is_compared_in_order() {
    let thing = |value: u32| format!("---\nkind: A\nmetadata: {{name: a}}\nvalue: {value}\n");
    assert_eq!(shown(&(thing(1) + &thing(2)), &(thing(1) + &thing(3)), &[]), "~ A a\n    value   2 -> 3");
    assert_eq!(shown(&thing(1), &(thing(1) + &thing(1)), &[]).lines().next(), Some("+ A a"));
}

#[test]
fn documents_that_are_no_yaml_are_compared_as_text() {
    let broken = |value: &str| format!("# Source: c/x.yaml\nkind: A\na: [\npassword: {value}\nb: 1\n");
    let text = shown(&broken(SECRET), &broken("hunter23hunter23"), &[SECRET, "hunter23hunter23"]);
    assert!(text.starts_with("~ document c/x.yaml\n    content\n"), "{text}");
    assert!(text.contains("      - password: ***\n      + password: ***\n        b: 1"), "{text}");
    assert!(shown("", &broken(SECRET), &[SECRET]).contains("+ password: ***"));
}

#[test]
fn secrets_in_keys_names_and_numbers_are_masked() {
    let object = |name: &str, key: &str, value: &str| {
        format!(
            "kind: A\nmetadata: {{name: {name}}}\nspec: {{\"{key}\": {value}, l: [{{name: {key}, v: {value}}}]}}\n"
        )
    };
    let secrets = ["planted-1", "planted-2", "12345678", "87654321"];
    let text = shown(
        &object("planted-1", "planted-2", "12345678"),
        &object("planted-1", "planted-2", "87654321"),
        &secrets,
    );
    assert_eq!(text, "~ A ***\n    spec.***   *** -> ***\n    spec.l[***].v   *** -> ***");
    let text = shown("", &object("planted-1", "planted-2", "12345678"), &secrets);
    assert!(secrets.iter().all(|secret| !text.contains(secret)), "{text}");
}

fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| Value::Number(number.into())),
        "[a-z0-9 :\n'-]{0,12}".prop_map(Value::String),
        "(x|\n)?planted-(one|two)( \n|=)?".prop_map(Value::String),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    scalars().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Sequence),
            prop::collection::btree_map("name|key|[a-c./]{1,2}|planted-one", inner, 0..4).prop_map(|map| {
                Value::Mapping(map.into_iter().map(|(key, value)| (key.into(), value)).collect())
            }),
        ]
    })
}

fn manifest(kind: &str, value: &Value) -> String {
    let mut object = Mapping::new();
    object.insert("kind".into(), kind.into());
    object.insert("spec".into(), value.clone());
    object.insert("data".into(), value.clone());
    serde_yaml::to_string(&Value::Mapping(object)).unwrap()
}

proptest! {
    #[test]
    fn a_manifest_does_not_differ_from_itself(value in values(), kind in "A|Secret") {
        prop_assert_eq!(shown(&manifest(&kind, &value), &manifest(&kind, &value), &[]), "");
    }

    #[test]
    fn a_difference_is_never_lost(old in values(), new in values()) {
        let same = scalar::same(&old, &new);
        let diff = shown(&manifest("A", &old), &manifest("A", &new), &["planted-one", "planted-two"]);
        prop_assert_eq!(same || (old.is_null() && new.is_null()), diff.is_empty(), "{}", diff);
    }

    #[test]
    fn no_planted_value_is_ever_shown(old in values(), new in values(), kind in "A|Secret") {
        let (old, new) = (manifest(&kind, &old), manifest(&kind, &new));
        for (old, new) in [(old.as_str(), new.as_str()), ("", new.as_str())] {
            let objects = |text: &str| Objects::parse(text, "apps");
            let masker = Masker::new(["planted-one", "planted-two"]).unwrap();
            let diff = diff(&objects(old), &objects(new), &masker, &Options::default());
            let text: String = diff.render().into_iter().map(|line| line.text).collect();
            prop_assert!(!text.contains("planted"), "{}", text);
            prop_assert!(!serde_json::to_string(&diff).unwrap().contains("planted"));
        }
    }
}
