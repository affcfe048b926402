//! The real helms, with files handed over in memory.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::ffi::OsString;
use std::path::Path;

use helm::args::{FileFlag, Replacement, rewrite, scan};
use helm::{Call, Environment, Helm, Keep, MemFile, Version};
use testkit::tools::{HELM_3, HELM_4, HELM_VERSIONS};

fn real(version: &str) -> Helm {
    Helm::at(testkit::tools::helm(version))
}

/// A directory with a chart that prints its values, some values files, and a plugin that calls helm again.
fn directory() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    };
    write("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 0.1.0\n");
    write(
        "chart/templates/cm.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata:\n  v: {{ .Values | toJson | quote }}\n",
    );
    write("a.yaml", "a: one\n");
    write("b,c.yaml", "b: two\n");
    write("d.txt", "three");
    write(
        "plugins/again/plugin.yaml",
        "name: again\nversion: 0.1.0\nusage: again\ndescription: calls helm again\ncommand: sh $HELM_PLUGIN_DIR/run\n",
    );
    write("plugins/again/run", "exec \"$HELM\" template \"$@\"\n");
    dir
}

fn environment(dir: &Path) -> Environment {
    Environment::default()
        .with("HOME", dir)
        .with("PATH", "/usr/bin:/bin")
        .with("HELM_PLUGINS", dir.join("plugins"))
}

async fn run(helm: &Helm, args: &[OsString], environment: Environment, files: Vec<MemFile>) -> String {
    let call = Call::new(args.iter().cloned(), environment).files(files).keep_stdout(Keep::DATA);
    let output = helm.run(call, std::future::pending()).await.unwrap();
    assert!(output.status.success(), "{args:?}: {}", output.stderr.text());
    String::from_utf8(output.stdout.whole().unwrap().to_vec()).unwrap()
}

/// Every spelling means to helm what it means to us: with each file replaced by one in memory it renders the same.
#[tokio::test]
async fn files_in_memory_render_as_files_on_disk() {
    let dir = directory();
    let d = dir.path().display();
    for version in [HELM_3, HELM_4] {
        let helm = real(version);
        for (spelling, files) in [
            (format!("-f {d}/a.yaml"), 1),
            (format!("-f{d}/a.yaml"), 1),
            (format!("-f={d}/a.yaml"), 1),
            (format!("--values={d}/a.yaml --values {d}/a.yaml"), 2),
            (format!("-f {d}/a.yaml,\"{d}/b,c.yaml\""), 2),
            (format!("-gf {d}/a.yaml"), 1),
            (format!("--set-file x={d}/d.txt,y={d}/b\\,c.yaml"), 2),
            (format!("--set-file x={{{d}/d.txt,{d}/a.yaml}},y={d}/d.txt"), 3),
            (
                format!(
                    "--set-file=x={d}/d.txt -f {d}/a.yaml --set q=-f -n -f --dry-run=client -f {d}/a.yaml"
                ),
                3,
            ),
            (format!("--dry-run=client -f {d}/a.yaml --skip-tests -f {d}/a.yaml"), 2),
        ] {
            let mut args: Vec<OsString> =
                format!("template {spelling}").split(' ').map(OsString::from).collect();
            if !spelling.starts_with("-g") {
                args.push("r".into());
            }
            args.push(dir.path().join("chart").into());
            let scanned = scan(&args);
            assert_eq!(scanned.files.len(), files, "{spelling}");
            let in_memory: Vec<MemFile> = scanned
                .files
                .iter()
                .map(|file| MemFile::new("values", &fs_err::read(&file.name).unwrap()).unwrap())
                .collect();
            let names: Vec<OsString> = in_memory.iter().map(|file| file.path().into()).collect();
            let replacements: Vec<Replacement<'_>> =
                scanned.files.iter().zip(&names).map(|(file, name)| Replacement { file, name }).collect();
            let rewritten = rewrite(&args, &replacements);
            assert!(!rewritten.iter().any(|arg| arg.to_string_lossy().contains("a.yaml")), "{rewritten:?}");
            let from_disk = run(&helm, &args, environment(dir.path()), Vec::new()).await;
            let from_memory = run(&helm, &rewritten, environment(dir.path()), in_memory).await;
            assert_eq!(from_disk, from_memory, "{version} {spelling}");
            let wanted =
                if scanned.files.iter().any(|file| file.flag == FileFlag::SetFile) { "three" } else { "one" };
            assert!(from_disk.contains(wanted), "{from_disk}");
        }
    }
}

/// A plugin's own helm reads the file too: `helm secrets diff upgrade` needs that.
#[tokio::test]
async fn a_file_in_memory_reaches_the_helm_of_a_plugin() {
    let dir = directory();
    for version in [HELM_3, HELM_4] {
        let helm = real(version);
        let file = MemFile::new("values", b"a: from-memory\n").unwrap();
        let args = [
            OsString::from("again"),
            "r".into(),
            dir.path().join("chart").into(),
            "-f".into(),
            file.path().into(),
        ];
        let environment = environment(dir.path()).with("HELM", helm.program());
        let rendered = run(&helm, &args, environment, vec![file]).await;
        assert!(rendered.contains("from-memory"), "{version}: {rendered}");
    }
}

#[tokio::test]
async fn every_supported_helm_tells_its_version() {
    let dir = tempfile::tempdir().unwrap();
    for version in HELM_VERSIONS {
        let found = real(version).version(&environment(dir.path())).await.unwrap();
        assert_eq!(Some(found), Version::parse(version));
    }
}
