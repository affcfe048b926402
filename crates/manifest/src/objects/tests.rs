use super::*;

fn keys(manifest: &str) -> Vec<String> {
    Objects::parse(manifest, "apps")
        .iter()
        .map(|object| {
            let Key { group, kind, namespace, name } = &object.key;
            format!("{group}|{kind}|{}|{name}", namespace.as_deref().unwrap_or("-"))
        })
        .collect()
}

#[test]
fn documents_and_their_sources() {
    let manifest = "\n---\n# Source: c/templates/a.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n---\n# empty\n--- # two\napiVersion: v1\nkind: Service\nmetadata:\n  name: b\n  namespace: other\n";
    assert_eq!(keys(manifest), ["apps|Deployment|-|a", "|Service|other|b"]);
    let objects = Objects::parse(manifest, "apps");
    let sources: Vec<_> = objects.iter().map(|object| object.source.as_deref()).collect();
    assert_eq!(sources, [Some("c/templates/a.yaml"), None]);
    assert!(Objects::parse("---\n# Source: x\n\n---\n", "apps").is_empty());
}

#[test]
fn the_releases_own_namespace_is_left_out() {
    assert_eq!(keys("kind: A\nmetadata: {name: a, namespace: apps}\n"), ["|A|-|a"]);
}

#[test]
fn lists_are_unpacked() {
    let manifest = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: A, metadata: {name: a}}\n- {apiVersion: v1, kind: B, metadata: {name: b}}\n";
    assert_eq!(keys(manifest), ["|A|-|a", "|B|-|b"]);
    assert_eq!(keys("apiVersion: v1\nkind: List\nitems: []\n"), Vec::<String>::new());
}

#[test]
fn markers_inside_a_value_are_text() {
    assert_eq!(keys("kind: A\nmetadata: {name: a}\ndata:\n  x: |\n    ---\n    y\n  z: '---'\n"), ["|A|-|a"]);
}

#[test]
fn hooks_and_policies() {
    let objects = Objects::parse(
        "kind: A\nmetadata: {name: a, annotations: {helm.sh/hook: test}}\n---\nkind: A\nmetadata: {name: b, annotations: {helm.sh/hook: 'post-install, test'}}\n---\nkind: A\nmetadata: {name: c, annotations: {helm.sh/resource-policy: keep}}\n",
        "apps",
    );
    let seen: Vec<_> =
        objects.iter().map(|object| (object.is_test(), object.hooks.len(), object.keep)).collect();
    assert_eq!(seen, [(true, 1, false), (false, 2, false), (false, 0, true)]);
}

#[test]
fn what_is_no_object_is_kept_as_text() {
    assert_eq!(
        keys("# Source: c/x.yaml\na: [\n---\njust text\n---\na: 1\n"),
        ["|document|-|c/x.yaml", "|document|-|#2", "|document|-|#3"]
    );
    let objects = Objects::parse("kind: Secret\ndata: {a: [}\n", "apps");
    assert!(objects.iter().all(Object::is_secret));
}

#[test]
fn debug_output_holds_no_body() {
    let objects = Objects::parse("kind: Secret\nmetadata: {name: a}\nstringData: {p: hunter22}\n", "apps");
    assert!(!format!("{objects:?}").contains("hunter22"));
}

#[test]
fn values_of_secrets_are_decoded_texts() {
    let manifest = "\
apiVersion: v1
kind: Secret
metadata: {name: web}
data: {password: Y29ycmVjdC1ob3JzZQ==, binary: /w==, user: d2Vi}
stringData: {token: 'two
  lines', number: 12345}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {password: plain}}
---
{apiVersion: v1, kind: Secret, metadata: {name: empty}}
";
    let values = Objects::parse(manifest, "apps").secret_values();
    assert_eq!(values, ["correct-horse", "two lines", "12345"], "not `web`: it is an object's name");
}
