use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::to_json;

fn release(spec: &str) -> Release {
    let text = format!(
        "apiVersion: convoy/v1\nkind: Release\nmetadata: {{name: app1}}\nspec:\n  chart: {{path: c}}\n{spec}"
    );
    Release::parse_all(&text, "r.yaml").unwrap().remove(0)
}

fn target(globals: Value) -> Target {
    Target { globals: globals.as_object().unwrap().clone(), ..Target::named("prod-eu") }
}

fn overlaid(spec: &str, globals: Value) -> Result<Value, String> {
    overlay(Some(&release(spec)), &target(globals)).map(Value::Object).map_err(|error| error.to_string())
}

const SCALING: &str = "  scaling:\n    - {context: prod-eu, replicas: [{name: hermes, count: 40}, {name: a.b, count: 2}]}\n    - {context: dev, replicas: [{name: hermes, count: 1}]}\n";

#[test]
fn image_scaling_and_globals_of_the_context() {
    let spec = format!("  image: {{tag: 1.10, valuePath: 'api\\.v1.image.tag'}}\n{SCALING}");
    assert_eq!(
        overlaid(&spec, json!({"env": "prod", "clusterName": "prod-eu"})).unwrap(),
        json!({
            "api.v1": {"image": {"tag": "1.10"}},
            "hermes": {"replicaCount": 40},
            "a.b": {"replicaCount": 2},
            "global": {"env": "prod", "clusterName": "prod-eu"},
        })
    );
}

#[test]
fn a_scaling_path_puts_names_where_it_says() {
    let spec = format!("  scalingPath: 'workers.{{name}}-x.count'\n{SCALING}");
    assert_eq!(
        overlaid(&spec, json!({})).unwrap(),
        json!({"workers": {"hermes-x": {"count": 40}, "a.b-x": {"count": 2}}})
    );
}

#[test]
fn without_a_release_there_are_the_globals() {
    assert_eq!(
        Value::Object(overlay(None, &Target::named("a")).unwrap()),
        json!({"global": {"clusterName": "a"}})
    );
}

#[test]
fn globals_win_over_the_image_tag_and_keep_its_neighbours() {
    let spec = "  image: {tag: v1, valuePath: global.image.tag}\n";
    assert_eq!(
        overlaid(spec, json!({"image": {"registry": "r"}, "env": "prod"})).unwrap(),
        json!({"global": {"image": {"tag": "v1", "registry": "r"}, "env": "prod"}})
    );
    assert_eq!(
        overlaid(spec, json!({"image": {"tag": "v2"}})).unwrap(),
        json!({"global": {"image": {"tag": "v2"}}})
    );
}

#[test]
fn scaling_wins_over_the_image_tag() {
    let spec = "  image: {tag: v1, valuePath: hermes.replicaCount}\n".to_owned() + SCALING;
    assert_eq!(overlaid(&spec, json!({})).unwrap()["hermes"], json!({"replicaCount": 40}));
}

#[test]
fn values_in_each_others_way_are_refused() {
    let spec = "  image: {tag: v1, valuePath: hermes}\n".to_owned() + SCALING;
    assert_eq!(
        overlaid(&spec, json!({})).unwrap_err(),
        "r.yaml:8:44: the replica count of `hermes` goes to `hermes.replicaCount`, but `hermes` is taken by another value"
    );
    let spec = "  image: {tag: v1, valuePath: global.env.x}\n";
    assert_eq!(
        overlaid(spec, json!({"env": "prod"})).unwrap_err(),
        "r.yaml:3:18: the globals of context `prod-eu` goes to `global`, but `global.env` is taken by another value"
    );
    assert!(overlaid("  image: {tag: v1, valuePath: global}\n", json!({"env": "prod"})).is_err());
}

proptest! {
    #[test]
    fn globals_always_arrive_whole(
        globals in prop::collection::btree_map("[a-c]{1,2}", any::<String>(), 1..4),
        keys in prop::collection::vec("[a-c]{1,2}", 1..3),
    ) {
        let globals: Map<String, Value> = globals.into_iter().map(|(key, value)| (key, Value::from(value))).collect();
        let mut release = release("");
        let path = ValuePath::from_keys([GLOBAL.to_owned()].into_iter().chain(keys));
        release.image = Some(Image { tag: "v1".to_owned(), path: path.clone(), place: None });
        if let Ok(document) = overlay(Some(&release), &target(Value::Object(globals.clone()))) {
            let back: Value = serde_json::from_slice(&to_json(&document)).unwrap();
            for (key, value) in &globals {
                prop_assert_eq!(&back[GLOBAL][key], value);
            }
            let tag = path.keys().iter().fold(&back, |value, key| &value[key]);
            prop_assert!(tag == "v1" || globals.contains_key(&path.keys()[1]));
        }
    }
}
