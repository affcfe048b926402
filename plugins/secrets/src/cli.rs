use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use ui::{CommandError, Exit, Printer};

use crate::commands::{
    decrypt, edit, encrypt, exec_env, exec_file, get, groups, helm, init, rotate, rules, set, status, unset,
    updatekeys, vault, view,
};

const AFTER_HELP: &str = "\
Any helm command:
  helm secrets upgrade app1 ./chart -f values.yaml -f secrets.yaml
  helm secrets template app1 ./chart --set-file tls.key=key.pem.enc.yaml";

/// Keep secrets in git safely
///
/// Encrypted values files are SOPS files: sops, Flux and Argo CD read them too. Any other command is helm's own, and
/// its values files may be encrypted: they are opened in memory and never written to disk.
#[derive(Debug, Parser)]
#[command(name = "helm-secrets", bin_name = "helm secrets", version, max_term_width = 110)]
#[command(subcommand_value_name = "COMMAND", after_help = AFTER_HELP)]
pub struct Cli {
    #[command(flatten)]
    output: Output,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
struct Output {
    /// Say nothing but errors and warnings
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Say more about what is done
    #[arg(short, long, global = true)]
    verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Encrypt(encrypt::Encrypt),
    Decrypt(decrypt::Decrypt),
    View(view::View),
    Edit(edit::Edit),
    Get(get::Get),
    Set(set::Set),
    Unset(unset::Unset),
    Rotate(rotate::Rotate),
    #[command(name = "updatekeys")]
    UpdateKeys(updatekeys::UpdateKeys),
    #[command(subcommand)]
    Groups(groups::Groups),
    Status(status::Status),
    Rules(rules::Rules),
    Init(init::Init),
    ExecEnv(exec_env::ExecEnv),
    ExecFile(exec_file::ExecFile),
    #[command(subcommand)]
    Vault(vault::Vault),
    /// Any helm command, such as `helm secrets upgrade app1 ./chart -f secrets.yaml`
    #[command(external_subcommand)]
    Helm(Vec<OsString>),
}

pub fn main() -> Exit {
    let printer = Printer::new(false, false, false);
    if let Err(error) = ::helm::harden() {
        printer.warning(&format!("could not switch off core dumps: {error}"));
    }
    let cli = match parse(std::env::args_os().collect()) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let printer = Printer::new(cli.output.quiet, cli.output.verbose, true);
    match run(cli.command, printer) {
        Ok(exit) => exit,
        Err(error) => {
            printer.error(&error);
            error.exit()
        }
    }
}

/// Reads the command line; `words` begins with the program.
fn parse(words: Vec<OsString>) -> Result<Cli, clap::Error> {
    let is_flag = |word: &&OsString| word.as_encoded_bytes().starts_with(b"-");
    let flags = words.iter().skip(1).take_while(is_flag).count();
    let (ours, command) = words.split_at(words.len().min(flags + 1));
    if !helm::is_meant(command) {
        return Cli::try_parse_from(&words);
    }
    // Any name that is none of ours is helm's.
    let cli = Cli::try_parse_from(ours.iter().cloned().chain([OsString::from("helm")]))?;
    Ok(Cli { command: Command::Helm(command.to_vec()), ..cli })
}

fn run(command: Command, printer: Printer) -> Result<Exit, CommandError> {
    match command {
        Command::Encrypt(command) => command.run(printer),
        Command::Decrypt(command) => command.run(printer),
        Command::View(command) => command.run(printer),
        Command::Edit(command) => command.run(printer),
        Command::Get(command) => command.run(printer),
        Command::Set(command) => command.run(printer),
        Command::Unset(command) => command.run(printer),
        Command::Rotate(command) => command.run(printer),
        Command::UpdateKeys(command) => command.run(printer),
        Command::Groups(command) => command.run(printer),
        Command::Status(command) => command.run(printer),
        Command::Rules(command) => command.run(printer),
        Command::Init(command) => command.run(printer),
        Command::ExecEnv(command) => command.run(printer),
        Command::ExecFile(command) => command.run(printer),
        Command::Vault(command) => command.run(printer),
        Command::Helm(arguments) => helm::run(&arguments, printer),
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
