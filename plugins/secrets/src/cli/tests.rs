use clap::CommandFactory;

use super::*;

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn docs_are_fresh() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/");
    let pages = [
        ("helm-secrets.md", ui::reference::commands(&mut Cli::command())),
        ("environment.md", ui::reference::environment()),
        ("exit-codes.md", ui::reference::exit_codes()),
    ];
    for (name, page) in pages {
        ui::reference::check(&format!("{folder}{name}"), &page);
    }
}
