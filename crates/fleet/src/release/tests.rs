use super::*;
use crate::fleet::Fleet;

const RELEASE: &str = r#"apiVersion: convoy/v1
kind: Release
metadata: {name: app1, namespace: ns1, labels: {team: video}}
spec:
  chart: {path: ../charts/app1}
  contexts: {select: {env: prod}}
  values: [values.yaml, "values/{env}.yaml?", "secrets/{context}.yaml"]
  image: {tag: 1.10, valuePath: image.tag}
  scaling:
    - {context: prod-europe-west1, replicas: [{name: hermes, count: 40}]}
  scalingPath: "{name}.replicaCount"
  secrets:
    - secret_id: app1
      contexts:
        - {name: default, vaultPath: /kv/dev/ns1/app1/test, vaultKey: password}
"#;

fn parse(text: &str) -> Result<Vec<Release>, String> {
    Release::parse_all(text, "releases/app1.yaml").map_err(|error| match error.hint() {
        Some(hint) => format!("{error} | {hint}"),
        None => error.to_string(),
    })
}

const OBJECT_FORM: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/fleet/release-object.yaml"));
const LIST_FORM: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/fleet/release-list.yaml"));

fn error_with(from: &str, to: &str) -> String {
    assert!(RELEASE.contains(from), "{from}");
    parse(&RELEASE.replace(from, to)).unwrap_err()
}

#[test]
fn everything_a_release_says() {
    let release = parse(RELEASE).unwrap().remove(0);
    assert_eq!((release.name.as_str(), release.namespace.as_deref()), ("app1", Some("ns1")));
    assert_eq!(release.labels["team"], "video");
    assert_eq!(release.chart, Chart::Path("releases/../charts/app1".into()));
    let Contexts::Select(terms) = &release.contexts else { panic!("{:?}", release.contexts) };
    assert_eq!((terms[0].0.as_str(), terms[0].1.value.as_str()), ("env", "prod"));
    let image = release.image.unwrap();
    assert_eq!((image.tag.as_str(), image.path.to_string()), ("1.10", "image.tag".to_owned()));
    let replica = &release.scaling[0].replicas[0];
    assert_eq!(
        (replica.name.as_str(), replica.count, replica.path.to_string()),
        ("hermes", 40, "hermes.replicaCount".to_owned())
    );
    assert_eq!(release.secrets.entries()[0].secret_id.value, "app1");
    assert_eq!(release.place.unwrap().line, 3);
}

#[test]
fn values_files_of_a_context() {
    let release = parse(RELEASE).unwrap().remove(0);
    let mut target = Target::named("prod-eu");
    target.globals.insert("env".to_owned(), "prod".into());
    let files: Vec<(String, bool)> = release
        .values_files(&target)
        .unwrap()
        .into_iter()
        .map(|file| (file.path.to_string_lossy().into_owned(), file.optional))
        .collect();
    let file = |path: &str, optional| (path.to_owned(), optional);
    assert_eq!(
        files,
        [
            file("releases/values.yaml", false),
            file("releases/values/prod.yaml", true),
            file("releases/secrets/prod-eu.yaml", false)
        ]
    );
    let error = release.values_files(&Target::named("x")).unwrap_err();
    assert_eq!(error.to_string(), "releases/app1.yaml:7:25: context `x` has no global `env`");
    assert_eq!(error.hint(), Some("placeholders: context, clusterName"));
}

#[test]
fn the_namespace_is_the_releases_then_the_contexts() {
    let target = Target { namespace: Some("apps".to_owned()), ..Target::named("a") };
    let release = parse(RELEASE).unwrap().remove(0);
    assert_eq!(release.namespace_in(&target), Some("ns1"));
    let release = parse(&RELEASE.replace("namespace: ns1, ", "")).unwrap().remove(0);
    assert_eq!(release.namespace_in(&target), Some("apps"));
    assert_eq!(release.namespace_in(&Target::named("a")), None);
}

#[test]
fn many_documents_in_one_file() {
    let second = RELEASE.replace("name: app1, ", "name: app2, ");
    let releases = parse(&format!("# all\n---\n{RELEASE}---\n{second}")).unwrap();
    assert_eq!(releases.iter().map(|release| release.name.as_str()).collect::<Vec<_>>(), ["app1", "app2"]);
    assert_eq!(releases[1].place.unwrap().line, 21);
    let broken = second.replace("spec:", "spec:\n  valeus: []");
    assert_eq!(
        parse(&format!("{RELEASE}---\n{broken}")).unwrap_err(),
        "releases/app1.yaml:21:3: unknown field `valeus` | did you mean `values`?"
    );
    assert_eq!(
        parse(&format!("{RELEASE}---\n{RELEASE}")).unwrap_err(),
        "releases/app1.yaml:19:18: release `app1` is in this file twice (first in line 3)"
    );
    assert!(parse("# nothing yet\n").unwrap().is_empty());
}

#[test]
fn mistakes_are_named_with_their_place() {
    assert_eq!(
        error_with("kind: Release", "kind: Relaese"),
        "releases/app1.yaml:2:7: kind `Relaese` is no release | kind: Release"
    );
    assert_eq!(
        error_with("kind: Release\n", ""),
        "releases/app1.yaml: is no release: it has no `kind` | kind: Release"
    );
    assert_eq!(
        error_with("convoy/v1", "v1"),
        "releases/app1.yaml:1:13: apiVersion `v1` is not known | this build reads convoy/v1"
    );
    assert_eq!(
        error_with("name: app1,", "name: App_1,"),
        "releases/app1.yaml:3:18: `App_1` is no name of a release | lower case letters, digits, `-` and `.`, at most 53 characters"
    );
    assert_eq!(
        error_with("namespace: ns1", "namespace: n_1"),
        "releases/app1.yaml:3:35: `n_1` is no name of a namespace"
    );
    assert_eq!(error_with("tag: 1.10", "tag: ''"), "releases/app1.yaml:8:16: the image tag is empty");
    assert_eq!(
        error_with("valuePath: image.tag", "valuePath: image..tag"),
        "releases/app1.yaml:8:33: path `image..tag` has an empty key"
    );
    assert_eq!(
        error_with("\"{name}.replicaCount\"", "replicaCount"),
        "releases/app1.yaml:11:16: scalingPath `replicaCount` has no `{name}` \
         | the count of each workload needs a place of its own, such as {name}.replicaCount"
    );
    assert_eq!(
        error_with("[{name: hermes, count: 40}]", "[{name: h, count: 1}, {name: h, count: 2}]"),
        "releases/app1.yaml:10:75: `h` has two replica counts in context `prod-europe-west1`"
    );
    assert_eq!(
        error_with("  scalingPath", "    - {context: prod-europe-west1, replicas: []}\n  scalingPath"),
        "releases/app1.yaml:11:17: scaling of context `prod-europe-west1` is given twice (first in line 10)"
    );
    assert!(error_with("count: 40", "count: -1").starts_with("releases/app1.yaml:10:"));
    assert_eq!(
        error_with("count: 40", "cuont: 40"),
        "releases/app1.yaml:10:62: unknown field `cuont` | did you mean `count`?"
    );
    assert!(error_with("  chart: {path: ../charts/app1}\n", "").contains("missing field `chart`"));
    assert!(
        error_with("vaultKey", "vaultKye").contains("unknown field `vaultKye` | did you mean `vaultKey`?")
    );
    assert!(error_with("secrets:", "notify: {}\n  secrets:").contains("unknown field `notify`"));
}

#[test]
fn contexts_are_a_list_or_a_selector() {
    let error = |contexts: &str| error_with("{select: {env: prod}}", contexts);
    assert_eq!(error("[a, b, a]"), "releases/app1.yaml:6:20: context `a` is listed twice (first in line 6)");
    assert_eq!(
        error("{selct: {env: prod}}"),
        "releases/app1.yaml:6:14: unknown field `selct` | did you mean `select`?"
    );
    assert!(
        error("prod").contains("a list of context names or {select: {LABEL: VALUE}}"),
        "{}",
        error("prod")
    );
    assert!(error("prod").starts_with("releases/app1.yaml:6:"), "{}", error("prod"));
    assert!(error("[]").contains("`contexts` is an empty list"));
    assert!(error("{select: {}}").contains("`select` has no labels"));
    assert!(error("{select: {env: [a]}}").starts_with("releases/app1.yaml:6:"));
    assert!(error("['a[']").contains("is no pattern"));
}

#[test]
fn the_older_object_form() {
    let release = Release::parse_all(OBJECT_FORM, "r/player.yaml").unwrap().remove(0);
    assert_eq!((release.name.as_str(), release.namespace.as_deref()), ("player", Some("video")));
    assert_eq!(release.chart, Chart::Named("player".to_owned()));
    assert_eq!(release.scaling[1].context.value, "dev-europe-west1-0");
    assert_eq!(release.scaling[1].replicas[0].path.to_string(), "player-deploy.replicaCount");
    assert_eq!(
        release.secrets.for_context("dev-europe-west1-0").unwrap()[0].source.vault_path.as_str(),
        "kv/dev/video/player/europe"
    );
    let fleet = "apiVersion: convoy/v1\nkind: Fleet\nspec:\n  contexts:\n    - {name: dev-us-central1-0, globals: {env: dev}, labels: {env: x}}\n    - {name: dev-europe-west1-0, globals: {env: dev}}\n    - {name: prod, globals: {env: prod}}\n";
    let select = |fleet: &str| {
        crate::select(&Fleet::parse(fleet, "convoy.yaml").unwrap(), Some(&release), &Default::default())
    };
    let names: Vec<String> = select(fleet).unwrap().into_iter().map(|target| target.name).collect();
    assert_eq!(names, ["dev-us-central1-0", "dev-europe-west1-0"]);
    assert_eq!(
        select(&fleet.replace("{env: dev}", "{env: Dev}")).unwrap_err().to_string(),
        "r/player.yaml:5:16: no context in convoy.yaml has the global env `dev`"
    );
    assert_eq!(release.chart_directories(None)[1], Path::new("r/charts/player"));
}

#[test]
fn mistakes_in_the_older_object_form() {
    let error = |from: &str, to: &str| {
        let text = OBJECT_FORM;
        assert!(text.contains(from));
        parse(&text.replace(from, to)).unwrap_err()
    };
    assert_eq!(
        error("chart_name", "chart"),
        "releases/app1.yaml:9:3: unknown field `chart` | did you mean `chart_name`?"
    );
    assert_eq!(
        error("\"player.video\"", "\"Player.video\""),
        "releases/app1.yaml:4:9: `Player.video` does not begin with the name of a release | write APP.NAMESPACE"
    );
    assert_eq!(
        error("player.video", "player.vi.deo"),
        "releases/app1.yaml:4:9: `vi.deo` is no name of a namespace"
    );
    assert_eq!(
        error("chart_name: \"player\"", "chart_name: ../x"),
        "releases/app1.yaml:9:15: `../x` is no name of a chart"
    );
}

#[test]
fn the_older_list_form() {
    let release = Release::parse_all(LIST_FORM, "r.yaml").unwrap().remove(0);
    assert_eq!((release.name.as_str(), release.namespace.as_deref()), ("player", Some("video")));
    assert_eq!(release.chart, Chart::Named("player-captions".to_owned()));
    assert_eq!(release.place.unwrap().line, 4);
    let Contexts::Listed(names) = &release.contexts else { panic!("{:?}", release.contexts) };
    let names: Vec<&str> = names.iter().map(|name| name.value.as_str()).collect();
    assert_eq!(names, ["prod-europe-west1", "prod-us-central1"]);
    let counts: Vec<(String, u32)> =
        release.scaling[0].replicas.iter().map(|replica| (replica.path.to_string(), replica.count)).collect();
    assert_eq!(
        counts,
        [("captions-api.replicaCount".to_owned(), 18), ("captions-worker.replicaCount".to_owned(), 3)]
    );
}

#[test]
fn services_without_a_chart_are_subcharts() {
    let text = LIST_FORM.replace("      chart_name: player-captions\n", "");
    let release = parse(&text).unwrap().remove(0);
    assert_eq!(release.chart, Chart::Named("player".to_owned()));
    assert_eq!(release.scaling[1].replicas[0].path.to_string(), "captions.captions-api.replicaCount");
}

#[test]
fn mistakes_in_the_older_list_form() {
    let text = LIST_FORM;
    assert_eq!(
        parse(&text.replace("- player.video", "- player.vdeo")).unwrap_err(),
        "releases/app1.yaml:2:5: `player.vdeo` is not described in this file | did you mean `player.video`? described: player.video"
    );
    assert!(parse(&text.replace("  - player.video", "  []")).unwrap().is_empty());
    let other = "    other:\n      contexts: {prod-us-central1: {}}\n";
    assert_eq!(
        parse(&format!("{text}{other}")).unwrap_err(),
        "releases/app1.yaml:6:5: service `captions` has a chart of its own, and one release has one chart \
         | describe it under a name of its own, APP.NAMESPACE"
    );
    let subcharts = text.replace("      chart_name: player-captions\n", "");
    assert_eq!(
        parse(&format!("{subcharts}{other}")).unwrap_err(),
        "releases/app1.yaml:19:5: service `other` names other contexts than those before it \
         | services of one chart go to the same contexts: split the release"
    );
    assert_eq!(
        parse(&text.replace("captions-worker", "captions-api")).unwrap_err(),
        "releases/app1.yaml:14:21: deployment `captions-api` is listed twice"
    );
    assert_eq!(
        parse(&text.replace("replicas: 3", "replcas: 3")).unwrap_err(),
        "releases/app1.yaml:15:15: unknown field `replcas` | did you mean `replicas`?"
    );
}
