//! `scripts/install`, as a person with a Helm of their own runs it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use testkit::{Run, TestEnv, tools};

/// The build that is there; the optimised one takes minutes.
const PROFILE: (&str, &str) = ("PROFILE", "dev");

fn script(env: &TestEnv, arguments: &[&str]) -> Run {
    let toolchain = Path::new(&variable("CARGO")).parent().unwrap_or(Path::new("")).to_owned();
    let home = PathBuf::from(variable("HOME"));
    let or_at_home = |name: &str, folder: &str| match variable(name) {
        set if set.is_empty() => home.join(folder).into_os_string(),
        set => set,
    };
    env.command(tools::repository().join("scripts/install"), arguments)
        .env(PROFILE.0, PROFILE.1)
        .env("CARGO_HOME", or_at_home("CARGO_HOME", ".cargo"))
        .env("RUSTUP_HOME", or_at_home("RUSTUP_HOME", ".rustup"))
        .env("PATH", format!("{}:{}:/usr/bin:/bin", toolchain.display(), env.root().join("bin").display()))
        .run()
}

/// A variable of the test process itself; empty when it is not set.
fn variable(name: &str) -> OsString {
    std::env::vars_os().find(|(set, _)| set == name).map(|(_, value)| value).unwrap_or_default()
}

/// One after the other: every one of them puts the binaries into the checkout.
#[test]
fn installs_into_every_helm_and_removes_itself() {
    for version in tools::HELM_VERSIONS {
        let mut env = TestEnv::with_helm(version);
        env.unset("HELM_PLUGINS");
        let first = script(&env, &[]);
        first.assert_success().assert_stdout("Installed: helm-secrets 0.1.0, helm-multi 0.1.0");
        script(&env, &[]).assert_success();
        let list = env.helm(["plugin", "list"]).run();
        for plugin in ["secrets", "multi"] {
            let listed =
                list.assert_success().stdout().lines().filter(|line| line.starts_with(plugin)).count();
            assert_eq!(listed, 1, "{version}: {list}");
        }
        script(&env, &["--remove"]).assert_success().assert_stdout("Removed the plugin multi.");
        let list = env.helm(["plugin", "list"]).run();
        assert_eq!(list.stdout().lines().count(), 1, "{version}: {list}");
    }
}

#[test]
fn another_plugin_of_the_name_is_left_alone() {
    let mut env = TestEnv::new();
    env.unset("HELM_PLUGINS");
    env.write(
        "other/plugin.yaml",
        "name: secrets\nversion: 4.7.0\nusage: x\ndescription: x\ncommand: /bin/true\n",
    );
    env.helm(["plugin", "install"]).arg(env.path("other")).run().assert_success();
    script(&env, &[]).assert_code(1).assert_stderr("another plugin named secrets is installed");
    script(&env, &["--remove"]).assert_success();
    env.helm(["plugin", "list"]).run().assert_success().assert_stdout("secrets");
}
