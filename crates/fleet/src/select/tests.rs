use super::*;

const FLEET: &str = "apiVersion: convoy/v1
kind: Fleet
spec:
  contexts:
    - {name: dev-1, labels: {tier: canary}, globals: {env: dev}}
    - {name: prod-eu, labels: {tier: canary}, globals: {env: prod, cloud: true}}
    - {name: prod-us, labels: {tier: rest}, globals: {env: prod, cloud: false}}
    - {name: prod-ap, globals: {env: prod}}
";

fn fleet() -> Fleet {
    Fleet::parse(FLEET, "convoy.yaml").unwrap()
}

fn release(spec: &str) -> Release {
    let head = "apiVersion: convoy/v1\nkind: Release\nmetadata: {name: app1}\nspec:\n  chart: {path: c}\n";
    Release::parse_all(&format!("{head}  {spec}\n"), "r.yaml").unwrap().remove(0)
}

fn selected(
    fleet: &Fleet,
    release: Option<&Release>,
    contexts: &str,
    select: &str,
) -> Result<Vec<String>, String> {
    let flag = |text: &str| if text.is_empty() { vec![] } else { vec![text.to_owned()] };
    let described = |error: Error| match error.hint() {
        Some(hint) => format!("{error} | {hint}"),
        None => error.to_string(),
    };
    let flags = Selection::parse(&flag(contexts), &flag(select)).map_err(described)?;
    let targets = crate::select(fleet, release, &flags).map_err(described)?;
    Ok(targets.into_iter().map(|target| target.name).collect())
}

fn flags(contexts: &str, select: &str) -> Result<Vec<String>, String> {
    selected(&fleet(), None, contexts, select)
}

fn of(spec: &str) -> Result<Vec<String>, String> {
    selected(&fleet(), Some(&release(spec)), "", "")
}

#[test]
fn without_anything_every_context_of_the_fleet() {
    assert_eq!(flags("", "").unwrap(), ["dev-1", "prod-eu", "prod-us", "prod-ap"]);
    assert_eq!(of("values: []").unwrap().len(), 4);
}

#[test]
fn names_and_patterns_in_the_order_of_the_file() {
    assert_eq!(flags("prod-us, dev-1", "").unwrap(), ["dev-1", "prod-us"]);
    assert_eq!(flags("prod-*", "").unwrap(), ["prod-eu", "prod-us", "prod-ap"]);
    assert_eq!(flags("prod-[eu]*,prod-eu", "").unwrap(), ["prod-eu", "prod-us"]);
}

#[test]
fn every_term_must_hold() {
    assert_eq!(flags("", "env=prod").unwrap(), ["prod-eu", "prod-us", "prod-ap"]);
    assert_eq!(flags("", "env=prod,tier!=canary").unwrap(), ["prod-us", "prod-ap"]);
    assert_eq!(flags("", "tier=c*").unwrap(), ["dev-1", "prod-eu"]);
    assert_eq!(flags("", "cloud==true").unwrap(), ["prod-eu"]);
    assert_eq!(flags("", "clusterName!=prod-*").unwrap(), ["dev-1"]);
    assert_eq!(flags("prod-*", "tier=canary").unwrap(), ["prod-eu"]);
}

#[test]
fn unknown_names_are_refused_with_the_list() {
    assert_eq!(
        flags("prod-ue", "").unwrap_err(),
        "--contexts: no context in convoy.yaml is `prod-ue` | did you mean `prod-eu`? contexts: dev-1, prod-eu, prod-us, prod-ap"
    );
    assert_eq!(
        flags("dev-1,staging-*", "").unwrap_err(),
        "--contexts: no context in convoy.yaml matches `staging-*` | contexts: dev-1, prod-eu, prod-us, prod-ap"
    );
    assert_eq!(
        flags("", "teir!=canary").unwrap_err(),
        "--select: no context in convoy.yaml has a label or global `teir` \
         | did you mean `tier`? labels and globals: cloud, clusterName, env, tier"
    );
}

#[test]
fn nothing_left_says_why() {
    assert_eq!(
        flags("", "env=staging").unwrap_err(),
        "--select env=staging: holds for none of the contexts in convoy.yaml | helm multi contexts lists their labels and globals"
    );
    assert!(flags("dev-1", "env=prod").unwrap_err().contains("holds for none of the contexts of --contexts"));
    let release = release("contexts: [dev-1]");
    let error = selected(&fleet(), Some(&release), "", "env=prod").unwrap_err();
    assert!(error.contains("holds for none of the contexts of release `app1`"), "{error}");
}

#[test]
fn bad_flags() {
    assert_eq!(flags("a,b,a", "").unwrap_err(), "--contexts: context `a` is listed twice");
    assert_eq!(flags("a,,b", "").unwrap_err(), "--contexts: `a,,b` has an empty item");
    assert!(flags("a[", "").unwrap_err().starts_with("--contexts: `a[` is no pattern"));
    for bad in ["env", "=prod", "env=", "env=a=b", "env!=", "!=x"] {
        let expected = format!("--select: `{bad}` is no term | write KEY=VALUE or KEY!=VALUE");
        assert_eq!(flags("", bad).unwrap_err(), expected);
    }
}

#[test]
fn contexts_of_a_release() {
    assert_eq!(of("contexts: [prod-us, dev-1]").unwrap(), ["dev-1", "prod-us"]);
    assert_eq!(of("contexts: ['prod-*', prod-eu]").unwrap(), ["prod-eu", "prod-us", "prod-ap"]);
    assert_eq!(of("contexts: {select: {env: prod, tier: 'c*'}}").unwrap(), ["prod-eu"]);
    assert_eq!(
        of("contexts: [dev-1, prod-ue]").unwrap_err(),
        "r.yaml:6:21: no context in convoy.yaml is `prod-ue` | did you mean `prod-eu`? contexts: dev-1, prod-eu, prod-us, prod-ap"
    );
    assert_eq!(
        of("contexts: ['stag-*']").unwrap_err(),
        "r.yaml:6:14: no context in convoy.yaml matches `stag-*` | contexts: dev-1, prod-eu, prod-us, prod-ap"
    );
    assert_eq!(
        of("contexts: {select: {env: prod, tier: x}}").unwrap_err(),
        "r.yaml:6:28: no context in convoy.yaml has env=prod,tier=x"
    );
    assert!(
        of("contexts: {select: {enw: prod}}")
            .unwrap_err()
            .contains("has a label or global `enw` | did you mean `env`?")
    );
}

#[test]
fn flags_only_narrow_a_release() {
    let release = release("contexts: ['prod-*']");
    let with = |contexts: &str| selected(&fleet(), Some(&release), contexts, "");
    assert_eq!(with("*-eu").unwrap(), ["prod-eu"]);
    assert_eq!(with("*").unwrap(), ["prod-eu", "prod-us", "prod-ap"]);
    assert_eq!(
        with("prod-eu,dev-1").unwrap_err(),
        "--contexts: release `app1` does not go to `dev-1` | it goes to: prod-eu, prod-us, prod-ap"
    );
}

#[test]
fn names_in_scaling_and_mapping_must_be_contexts() {
    let error = of("scaling: [{context: prod-ue, replicas: []}]").unwrap_err();
    assert!(
        error.starts_with("r.yaml:6:23: no context in convoy.yaml is `prod-ue` | did you mean"),
        "{error}"
    );
    let mapping = |name: &str| {
        of(&format!(
            "secrets: [{{secret_id: a, contexts: [{{name: {name}, vaultPath: /kv/a, vaultKey: b}}]}}]"
        ))
    };
    assert!(mapping("prod-ue").unwrap_err().starts_with("r.yaml:6:"), "{:?}", mapping("prod-ue"));
    assert_eq!(mapping("default").unwrap().len(), 4);
}

#[test]
fn a_kubeconfig_is_never_taken_whole() {
    let fleet = Fleet::of_kubeconfig(["a".to_owned(), "b".to_owned(), "b*".to_owned()]);
    assert_eq!(
        selected(&fleet, None, "", "").unwrap_err(),
        "no context is named and there is no fleet file | name the contexts: --contexts a,b; or list them in convoy.yaml"
    );
    assert!(selected(&fleet, Some(&release("values: []")), "", "").is_err());
    assert_eq!(selected(&fleet, None, "b,a", "").unwrap(), ["a", "b"]);
    assert_eq!(selected(&fleet, None, "b*", "").unwrap(), ["b*"]);
    assert_eq!(selected(&fleet, Some(&release("contexts: [a]")), "", "").unwrap(), ["a"]);
    assert!(
        selected(&fleet, None, "c", "")
            .unwrap_err()
            .starts_with("--contexts: no context in the kubeconfig is `c`")
    );
    let scaled = release("scaling: [{context: elsewhere, replicas: []}]");
    assert_eq!(selected(&fleet, Some(&scaled), "a", "").unwrap(), ["a"]);
}
