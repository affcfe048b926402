//! The whole life of a release with its secrets in three clusters: the project of `examples/demo`, on both helms.

use serde_json::{Value, json};
use testkit::{Run, tools};

use super::sandbox::{CONTEXTS, Sandbox, events, shared_bao};

/// What the demo's chart and its subchart are to show of each context's globals.
const GLOBALS: [(&str, [&str; 3]); 3] = [
    ("dev-1", ["false", "dev", "local"]),
    ("prod-eu", ["true", "prod", "europe-west1"]),
    ("prod-us", ["true", "prod", "us-central1"]),
];

#[test]
fn the_demo_plays_on_helm_4() {
    play(tools::HELM_4);
}

#[test]
fn the_demo_plays_on_helm_3() {
    play(tools::HELM_3);
}

fn play(version: &str) {
    let mut project = Sandbox::without_namespaces(version);
    let mount = project.vault();
    shared_bao().put(&mount, "default/app1", &json!({"smtp": "smtp-of-all"}));
    shared_bao().put(&mount, "prod-eu/app1", &json!({"smtp": "smtp-of-prod-eu"}));
    project.copy(&tools::repository().join("examples/demo"), ".");
    let release = project.read("releases/app1.yaml");
    let release = release.replace("namespace: shop", &format!("namespace: {}", project.namespace()));
    project.write("releases/app1.yaml", release.replace("/kv/", &format!("/{mount}/")));
    project.encrypted(
        "values/secrets.yaml",
        "database:\n  user: writer\n  password: \"correct-horse\" # monthly\n",
    );

    contexts(&project);
    install(&project);
    let first_run = runs(&project)[0].clone();
    change(&project, "1.4.1", "1.4.2");
    diff(&project);
    upgrade(&project, &first_run);
    history(&project, &first_run);
    template(&project);
    rollback(&project);
    uninstall(&project);
}

fn contexts(project: &Sandbox) {
    let shown = project.helm_multi("contexts -o json").assert_success().json();
    assert_eq!(shown["contexts"].as_array().unwrap().len(), 3);
    assert_eq!(shown["contexts"][1]["name"], "prod-eu");
    assert_eq!(shown["contexts"][1]["labels"], json!({"tier": "prod"}));
    let globals = json!({"cloud": true, "env": "prod", "region": "europe-west1", "clusterName": "prod-eu"});
    assert_eq!(shown["contexts"][1]["globals"], globals);
    project
        .helm_multi("contexts --select tier=prod")
        .assert_success()
        .assert_stdout("europe-west1")
        .assert_nowhere("dev-1");
}

fn install(project: &Sandbox) {
    let run = project.helm_multi("upgrade app1 --install --create-namespace");
    run.assert_success()
        .assert_stderr("checked 3 of 3 contexts, 3 ready")
        .assert_stderr("3 of 3 contexts done");
    assert_eq!(run.stdout(), "", "results of a run are no data\n{run}");
    for (context, [cloud, env, region]) in GLOBALS {
        run.assert_stderr(&format!("{context:<7}  installed   rev 1"));
        let globals = json!({"cloud": cloud, "env": env, "region": region, "clusterName": context});
        assert_eq!(project.object(context, "configmaps/app1")["data"], globals);
        let mut of_subchart = project.object(context, "configmaps/app1-worker")["data"].clone();
        assert_eq!(of_subchart.as_object_mut().unwrap().remove("queue"), Some(json!("default")));
        assert_eq!(of_subchart, globals);
        let replicas = &project_deployment(project, context)["spec"]["replicas"];
        assert_eq!(
            *replicas,
            if env == "prod" { json!(2) } else { json!(1) },
            "values/prod.yaml? in {context}"
        );
        let mail = if context == "prod-eu" { "c210cC1vZi1wcm9kLWV1" } else { "c210cC1vZi1hbGw=" };
        let secret = json!({"database-password": "Y29ycmVjdC1ob3JzZQ==", "mail": mail});
        assert_eq!(project.object(context, "secrets/app1")["data"], secret);
    }
}

fn change(project: &Sandbox, from: &str, to: &str) {
    let release = project.read("releases/app1.yaml");
    project.write("releases/app1.yaml", release.replace(&format!("tag: {from}"), &format!("tag: {to}")));
}

fn diff(project: &Sandbox) {
    let run = project.helm_multi("diff app1 --detailed-exitcode");
    let expected = "\
app1: 3 contexts, 1 change, 0 unchanged

3 contexts: dev-1, prod-eu and prod-us
  ~ Deployment app1
      spec.template.spec.containers[app].image
        - registry.example/app1:1.4.1
        + registry.example/app1:1.4.2
  0 to add, 1 to change, 0 to remove
";
    assert_eq!(run.assert_code(2).stdout(), expected, "{run}");
    project.helm_multi("diff app1").assert_success();
    let groups = project.helm_multi("diff app1 -o json").assert_success().json();
    assert_eq!(groups["failed"], json!([]));
    assert_eq!(groups["groups"].as_array().unwrap().len(), 1);
    assert_eq!(groups["groups"][0]["contexts"], json!(CONTEXTS));
    assert_eq!(groups["groups"][0]["diff"].as_array().unwrap().len(), 1);
}

fn upgrade(project: &Sandbox, first_run: &str) {
    let run = project.helm_multi("upgrade app1 -o json");
    let finished = events(run.assert_success()).pop().unwrap();
    assert_eq!(
        (&finished["type"], &finished["end"], &finished["exit"]),
        (&json!("run.finished"), &json!("done"), &json!(0))
    );
    assert_ne!(finished["run"], first_run);
    for context in CONTEXTS {
        assert_eq!(image(project, context), "registry.example/app1:1.4.2");
    }
    assert_eq!(runs(project), [finished["run"].as_str().unwrap(); 3], "the run's id is on every release");
    project
        .helm_multi("diff app1 --detailed-exitcode")
        .assert_success()
        .assert_stdout("3 contexts unchanged");
    let table = project.helm_multi("status app1");
    for context in CONTEXTS {
        let line = table.assert_success().stdout().lines().find(|line| line.contains(context)).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[..6], ["app1", context, "2", "deployed", "app1-0.4.1", "1.4.1"], "{table}");
    }
}

fn history(project: &Sandbox, first_run: &str) {
    let shown = project.helm_multi("history app1 --contexts prod-us -o json").assert_success().json();
    let revisions = shown["contexts"][0]["revisions"].as_array().unwrap();
    let found: Vec<_> =
        revisions.iter().map(|revision| (revision["revision"].clone(), revision["status"].clone())).collect();
    assert_eq!(found, [(json!(1), json!("superseded")), (json!(2), json!("deployed"))]);
    assert_eq!(revisions[0]["run"], first_run);
    assert_eq!(revisions[0]["description"], format!("convoy {first_run}: upgrade"));
    let newest = project.helm_multi("history app1 --max 1").assert_success().stdout().lines().count();
    assert_eq!(newest, 4, "a head and one line for each context");
}

fn template(project: &Sandbox) {
    let masked = project.helm_multi("template app1");
    masked.assert_success().assert_nowhere("correct-horse").assert_nowhere("Y29ycmVjdC1ob3JzZQ");
    masked.assert_nowhere("smtp-of").assert_stdout("database-password: \"***\"");
    let documents: Vec<&str> =
        masked.stdout().lines().filter(|line| line.starts_with("# context: ")).collect();
    assert_eq!(documents, ["# context: dev-1", "# context: prod-eu", "# context: prod-us"]);
    assert!(masked.stdout().ends_with('\n'), "{masked}");
    let shown = project.helm_multi("template app1 --contexts prod-eu --show-secrets");
    shown.assert_success().assert_stdout("database-password: \"Y29ycmVjdC1ob3JzZQ==\"");
    shown.assert_stdout("mail: \"c210cC1vZi1wcm9kLWV1\"").assert_stdout("region: \"europe-west1\"");
}

fn rollback(project: &Sandbox) {
    let run = project.helm_multi("rollback app1");
    run.assert_success().assert_stderr("3 of 3 contexts done").assert_stderr("rolled back   rev 2 -> 3");
    for context in CONTEXTS {
        assert_eq!(image(project, context), "registry.example/app1:1.4.1");
        assert_eq!(statuses(project, context), ["superseded", "superseded", "deployed"]);
    }
}

fn uninstall(project: &Sandbox) {
    let refused = project.helm_multi("uninstall app1");
    refused.assert_code(1).assert_stderr("uninstall asks for the contexts to be named");
    project.helm_multi("uninstall app1 --contexts *").assert_success().assert_stderr("3 of 3 contexts done");
    for context in CONTEXTS {
        assert!(statuses(project, context).is_empty() && !project.has(context, "configmaps/app1"));
    }
    let status = project.helm_multi("status app1 -o json").assert_success().json();
    let found: Vec<&Value> =
        status["contexts"].as_array().unwrap().iter().map(|row| &row["status"]).collect();
    assert_eq!(found, ["missing"; 3]);
    project.helm_multi("uninstall app1 --contexts *").assert_success().assert_stderr("not installed");
}

fn project_deployment(project: &Sandbox, context: &str) -> Value {
    let path = format!("/apis/apps/v1/namespaces/{}/deployments/app1", project.namespace());
    super::sandbox::cluster(context).get(&path)
}

fn image(project: &Sandbox, context: &str) -> String {
    let deployment = project_deployment(project, context);
    deployment["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap().to_owned()
}

fn statuses(project: &Sandbox, context: &str) -> Vec<String> {
    project.revisions(context, "app1").into_iter().map(|(_, status)| status).collect()
}

/// The run that wrote the newest revision, by context.
fn runs(project: &Sandbox) -> Vec<String> {
    let run: Run = project.helm_multi("status app1 -o json");
    let rows = run.assert_success().json();
    rows["contexts"].as_array().unwrap().iter().map(|row| row["run"].as_str().unwrap().to_owned()).collect()
}
