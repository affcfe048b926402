//! Against a real API server, with releases that real helms wrote.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;
use std::time::{Duration, Instant};

use cluster::{
    Answer, ApplyMethod, Before, Cluster, Clusters, Driver, Error, Kubeconfig, LastWrite, Reason, Settings,
    Status, good_before, latest, latest_deployed,
};
use testkit::ControlPlane;
use testkit::tools::{HELM_3, HELM_4};

/// A namespace of its own on a real control plane, and a chart.
struct Place {
    dir: tempfile::TempDir,
    plane: &'static ControlPlane,
    namespace: String,
}

fn place(test: &str) -> Place {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
    let plane = &testkit::shared_clusters()[0];
    let namespace = format!("{test}-{}", std::process::id());
    plane.create_namespace(&namespace);
    let dir = tempfile::tempdir().unwrap();
    let chart = dir.path().join("chart/templates");
    fs_err::create_dir_all(&chart).unwrap();
    let text = "apiVersion: v2\nname: chart\nversion: 0.1.0\nappVersion: '7'\n";
    fs_err::write(chart.join("../Chart.yaml"), text).unwrap();
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {a: '{{ .Values.a }}'}\n";
    fs_err::write(chart.join("cm.yaml"), object).unwrap();
    let hook = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: h, annotations: {helm.sh/hook: 'pre-upgrade,test'}}\n";
    fs_err::write(chart.join("hook.yaml"), hook).unwrap();
    Place { dir, plane, namespace }
}

impl Place {
    fn helm(&self, version: &str, args: &[&str]) {
        self.helm_with(version, args, &[]);
    }

    fn helm_with(&self, version: &str, args: &[&str], variables: &[(&str, &str)]) -> bool {
        let mut command = Command::new(testkit::tools::helm(version));
        command.env_clear().env("HOME", self.dir.path()).env("KUBECONFIG", self.plane.kubeconfig());
        command.envs(variables.iter().copied()).args(args).args(["-n", &self.namespace]);
        let chart = self.dir.path().join("chart");
        if ["install", "upgrade"].contains(&args[0]) {
            command.arg(chart);
        }
        command.output().unwrap().status.success()
    }

    /// A kubeconfig of its own, its user or cluster entry changed.
    fn kubeconfig(&self, change: impl Fn(String) -> String) -> PathBuf {
        let path = self.dir.path().join("kubeconfig");
        fs_err::write(&path, change(fs_err::read_to_string(self.plane.kubeconfig()).unwrap())).unwrap();
        path
    }

    async fn connect(&self) -> Cluster {
        self.connect_to(self.plane.kubeconfig(), settings()).await.unwrap()
    }

    async fn connect_to(&self, kubeconfig: &Path, settings: Settings) -> Result<Cluster, Error> {
        let kubeconfig = Kubeconfig::load(&[kubeconfig.to_owned()])?;
        Clusters::new(settings).connect(&kubeconfig, self.plane.name()).await
    }
}

fn settings() -> Settings {
    Settings::new(vec![(OsString::from("PATH"), OsString::from("/usr/bin:/bin"))])
}

/// The kubeconfig with another entry for its only user.
fn with_user(text: &str, user: &str) -> String {
    let at = text.find("  user: {").unwrap();
    let end = at + text[at..].find('\n').unwrap();
    format!("{}  user: {user}{}", &text[..at], &text[end..])
}

fn user_of(text: &str) -> &str {
    let at = text.find("  user: {").unwrap() + "  user: ".len();
    text[at..].lines().next().unwrap()
}

/// The kubeconfig with another value for the first field of this name.
fn with_field(text: &str, name: &str, value: &str) -> String {
    let at = text.find(name).unwrap() + name.len() + 2;
    let end = at + text[at..].find([',', '}']).unwrap();
    format!("{}{value}{}", &text[..at], &text[end..])
}

#[tokio::test]
async fn tells_which_cluster_it_is() {
    let place = place("identity");
    let cluster = place.connect().await;
    assert_eq!(cluster.identity().await.unwrap(), place.plane.uid());
    assert!(cluster.server_version().await.unwrap().starts_with("v1."));
    assert_eq!(cluster.history(&place.namespace, "nosuch").await.unwrap(), []);
    let error = cluster.release(&place.namespace, "nosuch", 1).await.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::NotFound), "{error}");
}

#[tokio::test]
async fn reads_what_both_helms_store() {
    for (version, apply) in [(HELM_3, ApplyMethod::Client), (HELM_4, ApplyMethod::Server)] {
        let place = place(&format!("stored-{}", &version[..1]));
        place.helm(version, &["install", "r", "--set", "a=one"]);
        place.helm(
            version,
            &[
                "upgrade",
                "r",
                "--set",
                "a=two",
                "--labels",
                "convoy.run=7K,team=video",
                "--description",
                "convoy 7K: upgrade",
            ],
        );
        let cluster = place.connect().await;
        let history = cluster.history(&place.namespace, "r").await.unwrap();
        let seen: Vec<_> = history.iter().map(|it| (it.number, it.status, it.run())).collect();
        assert_eq!(seen, [(1, Status::Superseded, None), (2, Status::Deployed, Some("7K"))], "{version}");
        assert_eq!(history[1].labels.len(), 2);
        let age = jiff::Timestamp::now().duration_since(history[1].modified.unwrap());
        assert!(age.as_secs().abs() < 60, "{age}");

        let release = cluster.release(&place.namespace, "r", 2).await.unwrap();
        assert_eq!((release.name.as_str(), release.revision, release.status), ("r", 2, Status::Deployed));
        assert_eq!(release.namespace, place.namespace);
        assert_eq!(release.description, "convoy 7K: upgrade");
        assert_eq!(release.apply_method, apply, "{version}");
        assert_eq!((release.chart.name.as_str(), release.chart.version.as_str()), ("chart", "0.1.0"));
        assert_eq!(release.chart.app_version.as_deref(), Some("7"));
        assert!(release.manifest.contains("data: {a: 'two'}"), "{}", release.manifest);
        assert_eq!(release.hooks.len(), 1);
        assert_eq!(release.hooks[0].events, ["pre-upgrade", "test"]);
        assert!(release.hooks[0].manifest.contains("name: h"));
        assert_eq!(release.labels, history[1].labels);
        assert!(release.first_deployed.unwrap() < release.last_deployed.unwrap());
    }
}

/// Install by hand, run A, a failed run B, helm's own rollback, run C: what each goes back to.
#[tokio::test]
async fn finds_the_good_revision_in_a_real_history() {
    for version in [HELM_3, HELM_4] {
        let place = place(&format!("rules-{}", &version[..1]));
        let upgrade = |run: &str, value: &str| {
            let label = format!("convoy.run={run}");
            place.helm_with(version, &["upgrade", "r", "--set", value, "--labels", &label], &[])
        };
        place.helm(version, &["install", "r", "--set", "a=1"]);
        assert!(upgrade("A", "a=2"));
        let object = place.dir.path().join("chart/templates/bad.yaml");
        fs_err::write(&object, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Not_Valid}\n").unwrap();
        assert!(!upgrade("B", "a=3"));
        fs_err::remove_file(&object).unwrap();
        place.helm(version, &["rollback", "r", "2"]);
        assert!(upgrade("C", "a=5"));
        place.helm(version, &["rollback", "r", "1"]);

        let cluster = place.connect().await;
        let mut history = cluster.history(&place.namespace, "r").await.unwrap();
        assert_eq!(history.iter().map(|it| it.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
        let ns = place.namespace.as_str();
        for (run, before) in [
            ("A", Before::Revision(1)),
            ("B", Before::Revision(2)),
            ("C", Before::Revision(4)),
            ("D", Before::NoSuchRun),
        ] {
            assert_eq!(
                cluster.before_run(ns, "r", &mut history, run).await.unwrap(),
                before,
                "{version} {run}"
            );
        }
        assert_eq!(cluster.last_write(ns, "r", &mut history).await.unwrap(), LastWrite::Rollback { to: 1 });
        assert_eq!(latest_deployed(&history).map(|it| it.number), latest(&history).map(|it| it.number));
        let good = cluster.resolve(ns, "r", &mut history, |history| good_before(history, 6)).await.unwrap();
        assert_eq!(good, Before::Revision(5));
        // What was looked at is known now.
        assert!(matches!(good_before(&history, 6), Answer::Known(_)));
    }
}

#[tokio::test]
async fn reads_config_maps_where_helm_keeps_releases_there() {
    let place = place("configmap");
    place.helm_with(HELM_4, &["install", "r", "--set", "a=one"], &[("HELM_DRIVER", "configmap")]);
    let in_secrets = place.connect().await;
    assert_eq!(in_secrets.history(&place.namespace, "r").await.unwrap(), []);
    let in_maps = Settings { driver: Driver::parse("configmap").unwrap(), ..settings() };
    let cluster = place.connect_to(place.plane.kubeconfig(), in_maps).await.unwrap();
    assert_eq!(cluster.history(&place.namespace, "r").await.unwrap().len(), 1);
    let release = cluster.release(&place.namespace, "r", 1).await.unwrap();
    assert!(release.manifest.contains("data: {a: 'one'}"));
}

#[tokio::test]
async fn failures_are_told_apart() {
    let place = place("failures");
    let reason = async |kubeconfig: PathBuf| {
        let quick = Settings { connect_timeout: Duration::from_millis(500), ..settings() };
        let started = Instant::now();
        let cluster = place.connect_to(&kubeconfig, quick).await.unwrap();
        let error = cluster.history(&place.namespace, "r").await.unwrap_err();
        assert!(error.hint().is_some(), "{error}");
        assert!(started.elapsed() < Duration::from_secs(3), "{error} after {:?}", started.elapsed());
        (error.reason().unwrap(), error.to_string())
    };
    let address = format!("https://{}", place.plane.address());

    let (found, text) = reason(place.kubeconfig(|text| with_user(&text, "{token: wrong}"))).await;
    assert_eq!(found, Reason::Unauthorized, "{text}");
    let nobody = |text: String| with_user(&text, &user_of(&text).replacen('{', "{as: nobody, ", 1));
    let (found, text) = reason(place.kubeconfig(nobody)).await;
    assert_eq!(found, Reason::Forbidden, "{text}");
    assert!(text.contains("User \"nobody\" cannot list resource \"secrets\""), "{text}");
    let (found, text) = reason(place.kubeconfig(|text| text.replace(&address, "https://127.0.0.1:1"))).await;
    assert_eq!(found, Reason::Unreachable, "{text}");
    assert!(text.contains("Connection refused"), "{text}");
    let (found, text) =
        reason(place.kubeconfig(|text| text.replace(&address, "https://nosuch.invalid"))).await;
    assert_eq!(found, Reason::Unreachable, "{text}");
    let unknown = |text: String| text.replace("certificate-authority-data", "x-unknown");
    let (found, text) = reason(place.kubeconfig(unknown)).await;
    assert_eq!(found, Reason::Untrusted, "{text}");
}

/// A server that takes the connection and says nothing.
#[tokio::test]
async fn a_silent_server_is_not_waited_for() {
    let place = place("silent");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", place.plane.address());
    let silent = format!("https://{}", listener.local_addr().unwrap());
    let kubeconfig = place.kubeconfig(|text| text.replace(&address, &silent));
    let quick = Settings { connect_timeout: Duration::from_millis(300), ..settings() };
    let started = Instant::now();
    let error = place.connect_to(&kubeconfig, quick).await.unwrap().identity().await.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::Timeout), "{error}");
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_bad_context_names_its_fault() {
    let place = place("bad");
    let bad = async |name: &str, value: &str| {
        let kubeconfig = place.kubeconfig(|text| with_field(&text, name, value));
        place.connect_to(&kubeconfig, settings()).await.unwrap_err().to_string()
    };
    let text = bad("certificate-authority-data", "'*'").await;
    assert!(text.ends_with("cannot be used: its certificate-authority-data is no base64"), "{text}");
    let text = bad("certificate-authority-data", "aGk=").await;
    assert!(text.ends_with("its certificate authority holds no certificate"), "{text}");
    let text = bad("server", "''").await;
    assert!(text.ends_with("its cluster has no server"), "{text}");
    let text = bad("server", "'http://a b'").await;
    assert!(text.ends_with("its server `http://a b` is no URL"), "{text}");
}

/// A plugin that issues the administrator's certificate, and counts its runs.
fn plugin(place: &Place, extra: &str) -> PathBuf {
    let text = fs_err::read_to_string(place.plane.kubeconfig()).unwrap();
    let field = |name: &str| {
        let rest = &text[text.find(name).unwrap() + name.len() + 2..];
        let encoded = &rest[..rest.find([',', '}']).unwrap()];
        let pem = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, encoded).unwrap();
        String::from_utf8(pem).unwrap()
    };
    let mut status = serde_json::json!({
        "clientCertificateData": field("client-certificate-data"), "clientKeyData": field("client-key-data"),
    });
    if !extra.is_empty() {
        status["expirationTimestamp"] = extra.into();
    }
    let answer = serde_json::json!({"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": status});
    fs_err::write(place.dir.path().join("answer"), answer.to_string()).unwrap();
    let script = "#!/bin/sh\ncd \"$(dirname \"$0\")\"\necho \"$SECRET$KUBERNETES_EXEC_INFO\" >> log\nsleep 0.2\ncat answer\n";
    let path = place.dir.path().join("plugin");
    fs_err::write(&path, script).unwrap();
    fs_err::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let exec = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, provideClusterInfo: true, interactiveMode: IfAvailable, env: [{name: SECRET, value: s}]}}";
    place.kubeconfig(|text| with_user(&text, exec))
}

fn runs(place: &Place) -> usize {
    fs_err::read_to_string(place.dir.path().join("log")).unwrap().lines().count()
}

#[tokio::test]
async fn a_credential_plugin_runs_once() {
    let place = place("plugin");
    let cluster = place.connect_to(&plugin(&place, ""), settings()).await.unwrap();
    cluster.history(&place.namespace, "r").await.unwrap();
    assert_eq!(cluster.identity().await.unwrap(), place.plane.uid());
    assert_eq!(runs(&place), 1);
    let log = fs_err::read_to_string(place.dir.path().join("log")).unwrap();
    assert!(log.starts_with("s{\"kind\":\"ExecCredential\""), "{log}");
    assert!(log.contains("\"certificate-authority-data\"") && log.contains("\"interactive\":false"), "{log}");
}

/// The kubeconfig with the contexts `a` and `b`, which share cluster and user.
fn twice(place: &Place, kubeconfig: &Path) -> Kubeconfig {
    let text = fs_err::read_to_string(kubeconfig).unwrap();
    let context = text.lines().find(|line| line.starts_with("  context: {")).unwrap();
    fs_err::write(kubeconfig, format!("{text}- name: a\n{context}\n- name: b\n{context}\n")).unwrap();
    Kubeconfig::load(&[place.dir.path().join("kubeconfig")]).unwrap()
}

#[tokio::test]
async fn contexts_of_one_server_and_user_share_a_client() {
    let place = place("shared");
    let kubeconfig = twice(&place, &plugin(&place, ""));
    let clusters = Clusters::new(settings());
    let (a, b) = tokio::join!(clusters.connect(&kubeconfig, "a"), clusters.connect(&kubeconfig, "b"));
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(runs(&place), 1);
    assert_eq!((a.context().name.as_str(), b.context().name.as_str()), ("a", "b"));
    assert_eq!(a.identity().await.unwrap(), place.plane.uid());
    assert_eq!(b.identity().await.unwrap(), place.plane.uid());
    let error = b.release(&place.namespace, "nosuch", 1).await.unwrap_err();
    assert!(error.to_string().contains("`b`"), "{error}");

    let other = place.dir.path().join("other");
    fs_err::copy(place.plane.kubeconfig(), &other).unwrap();
    let other = Kubeconfig::load(&[other]).unwrap();
    clusters.connect(&other, place.plane.name()).await.unwrap().identity().await.unwrap();
    assert_eq!(runs(&place), 1, "the entry of the same name in another kubeconfig has no plugin");
}

#[tokio::test]
async fn a_failed_plugin_is_not_run_for_the_next_context() {
    let place = place("failed");
    let kubeconfig = twice(&place, &plugin(&place, ""));
    fs_err::write(place.dir.path().join("plugin"), "#!/bin/sh\necho >> \"$0.log\"\nexit 3\n").unwrap();
    let clusters = Clusters::new(settings());
    for context in ["a", "b"] {
        let error = clusters.connect(&kubeconfig, context).await.unwrap_err().to_string();
        assert!(error.contains(&format!("kube context `{context}`")), "{error}");
    }
    assert_eq!(fs_err::read_to_string(place.dir.path().join("plugin.log")).unwrap().lines().count(), 1);
}

#[tokio::test]
async fn credentials_about_to_end_are_renewed() {
    let place = place("renewed");
    let soon = (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(30)).to_string();
    let cluster = place.connect_to(&plugin(&place, &soon), settings()).await.unwrap();
    cluster.history(&place.namespace, "r").await.unwrap();
    assert_eq!(runs(&place), 2);
}

/// Plugins of many contexts run side by side on one thread.
#[tokio::test(flavor = "current_thread")]
async fn plugins_do_not_wait_for_each_other() {
    let place = place("parallel");
    let kubeconfig = plugin(&place, "");
    let started = Instant::now();
    let all = (0..8).map(|_| place.connect_to(&kubeconfig, settings()));
    let mut all: Vec<_> = all.map(Box::pin).collect();
    let mut connected = 0;
    std::future::poll_fn(|context| {
        all.retain_mut(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(result) => {
                result.unwrap();
                connected += 1;
                false
            }
            std::task::Poll::Pending => true,
        });
        if all.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    assert_eq!((connected, runs(&place)), (8, 8));
    assert!(started.elapsed() < Duration::from_millis(1200), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_failing_plugin_says_why() {
    let place = place("refused");
    let fails = |script: &str| {
        let kubeconfig = plugin(&place, "");
        fs_err::write(place.dir.path().join("plugin"), format!("#!/bin/sh\n{script}\n")).unwrap();
        kubeconfig
    };
    let quick = || Settings { credential_timeout: Duration::from_millis(300), ..settings() };
    for (script, cause) in [
        ("echo one >&2; echo login expired >&2; exit 3", "failed: login expired (exit status: 3)"),
        ("sleep 9", "failed: it did not end within 0.3 s"),
        ("echo {}", "failed: its answer has no status"),
        ("echo 'token: hunter2'", "failed: its answer has no status"),
    ] {
        let error = place.connect_to(&fails(script), quick()).await.unwrap_err();
        assert!(error.to_string().ends_with(cause), "{error}");
        assert!(error.hint().unwrap().starts_with("log in again"), "{error}");
    }
    let missing = "{exec: {command: nosuch-login, installHint: 'brew install login'}}";
    let error =
        place.connect_to(&place.kubeconfig(|text| with_user(&text, missing)), quick()).await.unwrap_err();
    assert!(error.to_string().contains("`nosuch-login`"), "{error}");
    assert_eq!(error.hint().as_deref(), Some("brew install login"));
}
