//! An environment with the plugin, the three shared clusters as contexts, and a namespace of its own in each.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::ops::{Deref, DerefMut};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;
use testkit::{AgeKey, ControlPlane, Invocation, KubeContext, OpenBao, Run, TestEnv, shared_clusters, tools};

/// The contexts, in the order of the fleet and of the kubeconfig.
pub const CONTEXTS: [&str; 3] = ["dev-1", "prod-eu", "prod-us"];

/// The contexts of [`Sandbox::with_pair`].
pub const PAIR: [&str; 2] = ["dev-1", "prod-eu"];

/// What the test of a command needs; the environment itself shows through.
pub struct Sandbox {
    env: TestEnv,
}

impl Sandbox {
    /// With the newest helm 4.
    pub fn new() -> Self {
        Self::with_helm(tools::HELM_4)
    }

    /// With another helm. Every context's namespace is that of the environment.
    pub fn with_helm(version: &str) -> Self {
        let sandbox = Self::without_namespaces(version);
        for plane in shared_clusters() {
            plane.create_namespace(sandbox.namespace());
        }
        sandbox
    }

    /// The contexts name a namespace that is nowhere.
    pub fn without_namespaces(version: &str) -> Self {
        let env = TestEnv::with_helm(version);
        for (plugin, binary) in [("multi", "helm-multi"), ("secrets", "helm-secrets")] {
            let folder = env.root().join("helm/plugins").join(plugin);
            fs_err::create_dir_all(folder.join("bin")).unwrap();
            symlink(tools::plugin_binary(binary), folder.join("bin").join(binary)).unwrap();
            let description = tools::repository().join("plugins").join(plugin).join("plugin.yaml");
            symlink(description, folder.join("plugin.yaml")).unwrap();
        }
        env.kubeconfig(
            shared_clusters().iter().map(|plane| KubeContext::new(plane.name(), plane, env.namespace())),
        );
        Self { env }
    }

    /// With the chart `web`, a fleet of the three contexts and a release file for `web` that says nothing but the chart.
    pub fn with_release() -> Self {
        let sandbox = Self::new();
        sandbox.web_chart();
        sandbox.write("convoy.yaml", FLEET);
        sandbox.release("");
        sandbox
    }

    /// The same with two contexts, which is enough for most questions and takes less time.
    pub fn with_pair(version: &str) -> Self {
        let sandbox = Self::with_helm(version);
        sandbox.web_chart();
        let lines = FLEET.lines().filter(|line| !line.contains("prod-us"));
        sandbox.write("convoy.yaml", lines.map(|line| format!("{line}\n")).collect::<String>());
        sandbox.release("  values: ['{context}.yaml?']\n");
        sandbox
    }

    /// `helm multi ARGUMENTS`.
    pub fn multi<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Invocation {
        arguments.into_iter().fold(self.helm(["multi"]), Invocation::arg)
    }

    /// `helm multi WORDS`, run; the words are separated by spaces.
    pub fn helm_multi(&self, words: &str) -> Run {
        self.multi(words.split_whitespace()).run()
    }

    /// The plugin without helm around it: signals and limits meet it alone, and it takes less time.
    pub fn plugin(&self, words: &str) -> Invocation {
        self.command(tools::plugin_binary("helm-multi"), words.split_whitespace())
    }

    /// The same, run.
    pub fn run(&self, words: &str) -> Run {
        self.plugin(words).run()
    }

    /// Copies the chart of the tests to `chart`.
    pub fn web_chart(&self) {
        self.copy(&tools::repository().join("tests/data/charts/web"), "chart");
    }

    /// Copies a folder of the repository below the working directory.
    pub fn copy(&self, from: &Path, to: &str) {
        for entry in fs_err::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = format!("{to}/{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                self.copy(&entry.path(), &target);
            } else {
                self.write(target, fs_err::read(entry.path()).unwrap());
            }
        }
    }

    /// Writes the release file of `web`; `spec` are further lines of its `spec`, indented by two.
    pub fn release(&self, spec: &str) {
        let head =
            "apiVersion: convoy/v1\nkind: Release\nmetadata: {name: web}\nspec:\n  chart: {path: chart}\n";
        self.write("web.yaml", format!("{head}{spec}"));
    }

    /// Makes an executable script below the working directory.
    pub fn script(&self, path: &str, text: &str) -> PathBuf {
        let path = self.write(path, format!("#!/bin/sh\n{text}\n"));
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// The revisions of a release in a context: number and status, oldest first.
    #[track_caller]
    pub fn revisions(&self, context: &str, release: &str) -> Vec<(u64, String)> {
        let path = format!(
            "/api/v1/namespaces/{}/secrets?labelSelector=owner%3Dhelm,name%3D{release}",
            self.namespace()
        );
        let list = cluster(context).get(&path);
        let mut found: Vec<(u64, String)> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| &item["metadata"]["labels"])
            .map(|labels| {
                let text = |name: &str| labels[name].as_str().unwrap();
                (text("version").parse().unwrap(), text("status").to_owned())
            })
            .collect();
        found.sort();
        found
    }

    /// Fails the test unless the release has exactly these revisions there.
    #[track_caller]
    pub fn assert_revisions(&self, context: &str, expected: &[(u64, &str)]) {
        let found = self.revisions(context, "web");
        let found: Vec<_> = found.iter().map(|(number, status)| (*number, status.as_str())).collect();
        assert_eq!(found, expected, "revisions of web in {context}");
    }

    /// Fails the test if any context has a revision of `web`.
    #[track_caller]
    pub fn assert_untouched(&self) {
        CONTEXTS.iter().for_each(|context| self.assert_revisions(context, &[]));
    }

    /// An object in the environment's namespace: `configmaps/web`.
    #[track_caller]
    pub fn object(&self, context: &str, what: &str) -> Value {
        cluster(context).get(&format!("/api/v1/namespaces/{}/{what}", self.namespace()))
    }

    /// The message that the chart `web` put into its ConfigMap.
    #[track_caller]
    pub fn message(&self, context: &str) -> String {
        self.object(context, "configmaps/web")["data"]["message"].as_str().unwrap().to_owned()
    }

    /// Whether an object is there.
    pub fn has(&self, context: &str, what: &str) -> bool {
        let path = format!("/api/v1/namespaces/{}/{what}", self.namespace());
        cluster(context).request("GET", &path, None).is_success()
    }

    /// Lets the commands use the shared OpenBao as root, with a KV engine (version 2) of this test's own; its mount.
    pub fn vault(&mut self) -> String {
        let mount = format!("kv-{}", self.namespace());
        shared_bao().mount_kv(&mount, 2);
        self.set("VAULT_ADDR", shared_bao().url());
        self.set("VAULT_TOKEN", testkit::openbao::ROOT_TOKEN);
        mount
    }

    /// Writes `text` encrypted to `path`, for a new age key that the commands have.
    #[track_caller]
    pub fn encrypted(&mut self, path: &str, text: &str) -> AgeKey {
        let key = self.age_key();
        self.write(".sops.yaml", format!("creation_rules: [{{age: {}}}]\n", key.recipient));
        self.write(path, text);
        self.helm(["secrets", "encrypt", "-i", path]).run().assert_success();
        key
    }
}

/// A fleet of the three contexts with what tells them apart.
pub const FLEET: &str = "\
apiVersion: convoy/v1
kind: Fleet
spec:
  globals: {env: prod}
  contexts:
    - {name: dev-1, labels: {tier: dev}, globals: {env: dev, region: local}}
    - {name: prod-eu, labels: {tier: prod}, globals: {region: europe-west1}}
    - {name: prod-us, labels: {tier: prod}, globals: {region: us-central1}}
  releases: [web.yaml]
";

/// The shared cluster behind a context.
#[track_caller]
pub fn cluster(context: &str) -> &'static ControlPlane {
    shared_clusters().iter().find(|plane| plane.name() == context).expect("a shared cluster")
}

/// An OpenBao server for all tests that do not break it.
pub fn shared_bao() -> &'static OpenBao {
    static SHARED: OnceLock<OpenBao> = OnceLock::new();
    SHARED.get_or_init(OpenBao::start)
}

/// The events that `-o json` printed, one a line.
#[track_caller]
pub fn events(run: &Run) -> Vec<Value> {
    run.stdout()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// The last state of each context in the events of a run.
#[track_caller]
pub fn last_states(run: &Run) -> BTreeMap<String, Value> {
    let steps = events(run).into_iter().filter(|event| event["type"] == "step.state");
    steps.map(|event| (event["context"].as_str().unwrap().to_owned(), event)).collect()
}

/// Standard error of a command that failed before its run began, without what helm adds to it.
#[track_caller]
pub fn failure(run: &Run) -> &str {
    run.assert_code(1);
    assert_eq!(run.stdout(), "", "{run}");
    let stderr = run.stderr();
    stderr.strip_suffix("Error: plugin \"multi\" exited with error\n").unwrap_or(stderr)
}

impl Deref for Sandbox {
    type Target = TestEnv;

    fn deref(&self) -> &TestEnv {
        &self.env
    }
}

impl DerefMut for Sandbox {
    fn deref_mut(&mut self) -> &mut TestEnv {
        &mut self.env
    }
}
