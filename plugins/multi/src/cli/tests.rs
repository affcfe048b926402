use super::*;

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn docs_are_fresh() {
    let page = ui::reference::commands(&mut Cli::command());
    ui::reference::check(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/helm-multi.md"), &page);
}

fn parsed(line: &str) -> (Cli, Vec<String>) {
    let (cli, helm) = parse(line.split(' ').map(OsString::from).collect()).unwrap();
    (cli, helm.into_iter().map(|word| word.into_string().unwrap()).collect())
}

#[test]
fn helm_flags_pass_through_with_their_values() {
    let line = "helm-multi upgrade app1 ./chart --contexts a,b --set x=y --wait -f v.yaml --timeout 5m -P4 -q --history-max=3";
    let (cli, helm) = parsed(line);
    assert_eq!(helm, ["--set", "x=y", "--wait", "--timeout", "5m", "--history-max=3"]);
    let Command::Upgrade(upgrade) = cli.command else { panic!("another command") };
    assert!(cli.output.quiet);
    assert_eq!(upgrade.release.name, "app1");
    assert_eq!(upgrade.release.chart.as_deref(), Some("./chart"));
    assert_eq!(upgrade.release.values, ["v.yaml"]);
}

#[test]
fn a_flag_that_neither_knows_is_refused_with_the_likely_one() {
    let arguments = ["helm-multi", "upgrade", "app1", "--context", "a"].map(OsString::from).to_vec();
    let error = parse(arguments).unwrap_err().to_string();
    assert!(error.contains("--context") && error.contains("--contexts"), "{error}");
}

#[test]
fn what_follows_two_dashes_is_helms() {
    let (_, helm) = parsed("helm-multi upgrade app1 -- --brand-new-flag x");
    assert_eq!(helm, ["--brand-new-flag", "x"]);
}
