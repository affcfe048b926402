use serde_json::json;

use super::*;

const FLEET: &str = r#"apiVersion: convoy/v1
kind: Fleet
spec:
  globals: {env: dev, cloud: false}
  contexts:
    - name: dev-1
    - name: prod-eu
      kubeContext: gke_prod_ew1
      kubeconfig: kube/prod.yaml
      clusterUID: 0d3c
      namespace: apps
      labels: {env: prod, tier: 1}
      globals: {cloud: true, env: prod, region: europe-west1}
      vault: {role: helm-eu}
  releases: ["releases/*.yaml"]
  vault: {address: "https://vault:8200", namespace: team, auth: {method: approle, role: "helm-{context}", secretIdFile: sid}}
"#;

fn parse(text: &str) -> Result<Fleet, String> {
    Fleet::parse(text, "conf/convoy.yaml").map_err(|error| match error.hint() {
        Some(hint) => format!("{error} | {hint}"),
        None => error.to_string(),
    })
}

/// The error for a fleet with these lines under `spec.contexts`, which is line 4.
fn contexts_error(contexts: &str) -> String {
    parse(&format!("apiVersion: convoy/v1\nkind: Fleet\nspec:\n  contexts:\n{contexts}")).unwrap_err()
}

#[test]
fn everything_a_fleet_says() {
    let fleet = parse(FLEET).unwrap();
    assert_eq!(fleet.releases, [PathBuf::from("conf/releases/*.yaml")]);
    let prod = &fleet.contexts[1];
    assert_eq!(prod.kube_context, "gke_prod_ew1");
    assert_eq!(prod.kubeconfig.as_deref(), Some(std::path::Path::new("conf/kube/prod.yaml")));
    assert_eq!(prod.cluster_uid.as_deref(), Some("0d3c"));
    assert_eq!(prod.namespace.as_deref(), Some("apps"));
    assert_eq!(prod.labels["tier"], "1");
    assert_eq!(
        Value::Object(prod.globals.clone()),
        json!({"env": "prod", "cloud": true, "region": "europe-west1", "clusterName": "prod-eu"})
    );
    assert_eq!(prod.place.unwrap().line, 7);
}

#[test]
fn defaults_of_a_context() {
    let fleet = parse(FLEET).unwrap();
    let dev = &fleet.contexts[0];
    assert_eq!((dev.kube_context.as_str(), &dev.kubeconfig, &dev.namespace), ("dev-1", &None, &None));
    assert_eq!(
        Value::Object(dev.globals.clone()),
        json!({"env": "dev", "cloud": false, "clusterName": "dev-1"})
    );
}

#[test]
fn a_cluster_name_can_be_given() {
    let text = FLEET.replace("region: europe-west1", "clusterName: other");
    assert_eq!(parse(&text).unwrap().contexts[1].globals["clusterName"], "other");
}

#[test]
fn vault_is_the_fleets_with_the_contexts_over_it() {
    let fleet = parse(FLEET).unwrap();
    let vault = |index: usize| fleet.contexts[index].vault.clone().unwrap();
    assert_eq!(vault(0).role.as_deref(), Some("helm-dev-1"));
    assert_eq!(vault(1).role.as_deref(), Some("helm-eu"));
    assert_eq!(vault(1).address.as_deref(), Some("https://vault:8200"));
    assert_eq!(vault(1).method, Some(AuthMethod::AppRole));
    assert_eq!(vault(1).secret_id_file, Some(PathBuf::from("conf/sid")));
}

#[test]
fn vault_fields_without_effect_are_refused() {
    let text = FLEET.replace("method: approle, role: \"helm-{context}\", secretIdFile: sid", "method: token");
    assert_eq!(
        parse(&text).unwrap_err(),
        "conf/convoy.yaml:14:21: `role` has no meaning with auth method `token` | remove it, or log in with method `approle`"
    );
    let text = FLEET.replace("method: approle", "method: token");
    assert!(
        parse(&text).unwrap_err().contains(":16:87: `role` has no meaning"),
        "{}",
        parse(&text).unwrap_err()
    );
    let text = FLEET.replace("method: approle", "method: jwt");
    assert!(parse(&text).unwrap_err().starts_with("conf/convoy.yaml:16:"), "{}", parse(&text).unwrap_err());
    let text = FLEET.replace("helm-{context}", "helm-{regoin}");
    assert_eq!(
        parse(&text).unwrap_err(),
        "conf/convoy.yaml:6:13: Vault role `helm-{regoin}`: context `dev-1` has no global `regoin` \
         | placeholders: context, env, cloud, clusterName"
    );
}

#[test]
fn names_are_checked() {
    assert_eq!(
        contexts_error("    - name: a\n    - name: b\n    - name: a\n"),
        "conf/convoy.yaml:7:13: context `a` is listed twice (first in line 5)"
    );
    assert_eq!(
        contexts_error("    - name: 'a*'\n"),
        "conf/convoy.yaml:5:13: context name `a*` has `*`, which means something in --contexts"
    );
    assert!(contexts_error("    - name: default\n").contains("no context can be called `default`"));
    assert!(contexts_error("    - name: ''\n").contains("is empty"));
    assert_eq!(
        contexts_error("    - {name: a, namespace: A_b}\n"),
        "conf/convoy.yaml:5:28: `A_b` is no name of a namespace"
    );
    assert!(
        contexts_error("    - {name: a, kubeconfig: ~/.kube/x}\n").contains("is no path of a kubeconfig")
    );
    assert!(contexts_error("    - {name: a, clusterUID: ''}\n").contains("clusterUID is empty"));
    assert_eq!(contexts_error("    []\n"), "conf/convoy.yaml:4:3: the fleet has no contexts");
}

#[test]
fn unknown_fields_and_kinds_are_refused() {
    assert_eq!(
        contexts_error("    - name: a\n      kubecontext: b\n"),
        "conf/convoy.yaml:6:7: unknown field `kubecontext` | did you mean `kubeContext`?"
    );
    assert!(
        contexts_error("    - name: a\n  rollout: {}\n")
            .contains(":6:3: unknown field `rollout` | fields here: ")
    );
    assert_eq!(
        parse(&FLEET.replace("convoy/v1", "convoy/v2")).unwrap_err(),
        "conf/convoy.yaml:1:13: apiVersion `convoy/v2` is not known | this build reads convoy/v1"
    );
    assert_eq!(
        parse(&FLEET.replace("kind: Fleet", "kind: Release")).unwrap_err(),
        "conf/convoy.yaml:2:7: kind is `Release`, not `Fleet`"
    );
    assert!(contexts_error("    - kubeContext: b\n").contains("missing field `name`"));
    assert!(
        parse(&FLEET.replace("releases/*.yaml", "releases/[.yaml")).unwrap_err().contains("is no pattern")
    );
}

#[test]
fn globals_have_the_types_helm_would_read() {
    let text = FLEET.replace(
        "env: dev, cloud: false",
        "a: yes, b: '0123', c: 0.5, d: 1.10, e: [1, x], f: {g: ~}, h: 0x10",
    );
    let globals = Value::Object(parse(&text).unwrap().contexts[0].globals.clone());
    assert_eq!(
        globals,
        json!({"a": true, "b": "0123", "c": 0.5, "d": 1.1, "e": [1, "x"], "f": {"g": null}, "h": 16, "clusterName": "dev-1"})
    );
}

#[test]
fn a_number_that_helm_would_read_as_octal_is_refused() {
    for number in ["0123", "-007", "012345678901"] {
        let text = FLEET.replace("cloud: false", &format!("zone: {number}"));
        let expected =
            "conf/convoy.yaml:4:29: global `zone` is a number that begins with 0 | put it in quotes";
        assert_eq!(parse(&text).unwrap_err(), expected);
    }
    let text = FLEET.replace("cloud: true", "cloud: 08");
    assert!(parse(&text).unwrap_err().contains(":13:24: global `cloud` is a number"), "{:?}", parse(&text));
}
