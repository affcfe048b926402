//! The control planes do what a cluster does.

use testkit::{
    ControlPlane, KubeContext, Planted, Proxy, TestEnv, eventually, private_dir, shared_clusters, tools,
};

const CHART: &str = "apiVersion: v2\nname: app\nversion: 0.1.0\n";
const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: example.com/web:1}]}
";

const SECRET: &str = "
apiVersion: v1
kind: Secret
metadata: {name: app}
stringData: {password: {{ .Values.password }}}
";

#[test]
fn three_clusters_differ_and_serve_many_contexts() {
    let [dev, eu, us] = shared_clusters();
    assert!(dev.uid().len() == 36 && dev.uid() != eu.uid() && eu.uid() != us.uid());
    let env = TestEnv::new();
    eu.create_namespace(env.namespace());
    let proxy = Proxy::start(us.address());
    env.kubeconfig([
        KubeContext::new("dev-1", dev, "default"),
        KubeContext::new("eu", eu, env.namespace()),
        KubeContext::new("far", us, "default").through(proxy.address()),
    ]);
    let uid = |context: &str| {
        let get = ["get", "ns", "kube-system", "-o", "jsonpath={.metadata.uid}", "--context", context];
        env.kubectl(get).run().assert_success().stdout().to_owned()
    };
    assert_eq!(
        [uid("dev-1"), uid("eu"), uid("far")].each_ref().map(String::as_str),
        [dev.uid(), eu.uid(), us.uid()]
    );
    assert!(proxy.connections() > 0);
}

#[test]
fn helm_installs_waits_and_sees_failures_in_both_major_versions() {
    let plane = &shared_clusters()[0];
    let install = |version| {
        let env = TestEnv::with_helm(version);
        plane.create_namespace(env.namespace());
        env.kubeconfig([("dev-1", plane, env.namespace())]);
        env.write("app/Chart.yaml", CHART);
        env.write("app/templates/web.yaml", DEPLOYMENT);
        env.helm(["install", "web", "app", "--wait", "--timeout", "30s"]).run().assert_success();
        let ready = format!("/apis/apps/v1/namespaces/{}/deployments/web", env.namespace());
        assert_eq!(plane.get(&ready)["status"]["readyReplicas"], 1);

        let never = DEPLOYMENT
            .replace("{app: web}}\n    spec", "{app: web, testenv/outcome: never-ready}}\n    spec");
        env.write("app/templates/web.yaml", never);
        env.helm(["upgrade", "web", "app", "--wait", "--timeout", "2s"]).run().assert_code(1);
        env.helm(["history", "web"]).run().assert_stdout("failed");
    };
    std::thread::scope(|scope| {
        for version in [tools::HELM_3, tools::HELM_4] {
            scope.spawn(move || install(version));
        }
    });
}

#[test]
fn a_real_installation_can_be_hunted() {
    let env = TestEnv::new();
    let mut planted = Planted::new();
    env.kubeconfig([("dev-1", &shared_clusters()[0], "default")]);
    env.write("app/Chart.yaml", CHART);
    env.write("app/templates/secret.yaml", SECRET);
    env.write("values.yaml", format!("password: {}\n", planted.plant("password")));
    let install = ["upgrade", "--install", "hunted", "app", "-f", "values.yaml", "--create-namespace", "-n"];
    env.helm(install).arg(env.namespace()).hunting(&planted).run().assert_success();
    let shown = env.helm(["get", "manifest", "hunted", "-n", env.namespace()]).hunting(&planted);
    let panicked = std::thread::spawn(|| shown.run()).join().unwrap_err();
    assert!(panicked.downcast::<String>().unwrap().contains("password shows in standard output"));
}

#[test]
fn the_clusters_of_a_running_environment_are_used_where_one_is_named() {
    let run = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "clusters::three_clusters_differ_and_serve_many_contexts"])
        .env("CONVOY_TESTENV", "/nowhere")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(said.contains("CONVOY_TESTENV=/nowhere: nothing healthy runs there"), "{said}");
}

#[test]
fn a_private_control_plane_can_lose_its_api_server() {
    let dir = private_dir("plane");
    let plane = ControlPlane::start("lost", dir.path());
    assert!(plane.request("GET", "/readyz", None).is_success());
    plane.kill_api_server();
    eventually("its port is closed", || std::net::TcpStream::connect(plane.address()).is_err());
}

#[test]
fn a_control_plane_that_cannot_start_says_why() {
    let dir = private_dir("plane");
    fs_err::write(dir.path().join("broken-1"), "a file where the directory should be").unwrap();
    let started = std::thread::spawn(move || ControlPlane::start("broken", dir.path()).uid().to_owned());
    let message = *started.join().unwrap_err().downcast::<String>().unwrap();
    assert!(message.starts_with("control plane broken did not start: "), "{message}");
    assert!(message.contains("broken-1"), "{message}");
}
