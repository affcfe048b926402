use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use ui::{CommandError, Exit, Printer};

use crate::commands::{contexts, diff, history, rollback, status, template, uninstall, upgrade};
use crate::passthrough;

/// One release over many kube contexts
///
/// `helm multi upgrade NAME` takes chart, values and contexts from the release file of that name, which `convoy.yaml`
/// leads to; `helm multi upgrade NAME CHART -f values.yaml --contexts a,b` needs no file. Every other flag is helm's
/// and passes through.
#[derive(Debug, Parser)]
#[command(name = "helm-multi", bin_name = "helm multi", version, max_term_width = 110)]
#[command(subcommand_value_name = "COMMAND")]
struct Cli {
    #[command(flatten)]
    output: Output,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
struct Output {
    /// Say nothing but results, errors and warnings
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Say more about what is done
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Print a line per change instead of redrawing
    #[arg(long, global = true)]
    no_progress: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Install(upgrade::Install),
    Upgrade(upgrade::Upgrade),
    Diff(diff::Diff),
    Rollback(rollback::Rollback),
    Uninstall(uninstall::Uninstall),
    Status(status::Status),
    History(history::History),
    Template(template::Template),
    Contexts(contexts::Contexts),
}

pub fn main() -> Exit {
    let printer = Printer::new(false, false, false);
    if let Err(error) = helm::harden() {
        printer.warning(&format!("could not switch off core dumps: {error}"));
    }
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let (cli, helm_flags) = match parse(arguments) {
        Ok(parsed) => parsed,
        Err(error) => return usage(&error),
    };
    let printer = Printer::new(cli.output.quiet, cli.output.verbose, cli.output.no_progress);
    match run(cli.command, helm_flags, printer) {
        Ok(exit) => exit,
        Err(error) => {
            printer.error(&error);
            error.exit()
        }
    }
}

/// Our own part of the command line, and helm's flags in it.
fn parse(arguments: Vec<OsString>) -> Result<(Cli, Vec<OsString>), clap::Error> {
    let mut command = Cli::command();
    let split = passthrough::split(&mut command, arguments);
    let cli = Cli::from_arg_matches(&command.try_get_matches_from(split.ours)?)?;
    Ok((cli, split.helm))
}

fn run(command: Command, helm_flags: Vec<OsString>, printer: Printer) -> Result<Exit, CommandError> {
    match command {
        Command::Install(command) => command.run(helm_flags, printer),
        Command::Upgrade(command) => command.run(helm_flags, printer),
        Command::Diff(command) => command.run(helm_flags, printer),
        Command::Rollback(command) => command.run(helm_flags, printer),
        Command::Uninstall(command) => command.run(helm_flags, printer),
        Command::Status(command) => command.run(printer),
        Command::History(command) => command.run(printer),
        Command::Template(command) => command.run(helm_flags, printer),
        Command::Contexts(command) => command.run(printer),
    }
}

/// Prints help or what is wrong with the command line; wrong usage is code 1, as in Helm.
fn usage(error: &clap::Error) -> Exit {
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Done,
        _ => Exit::Failed,
    }
}

#[cfg(test)]
mod tests;
