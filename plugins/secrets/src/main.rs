//! `helm secrets`: encrypted values files, Vault mappings, and a wrapper for every Helm command.

mod cli;
mod commands;
mod editor;
mod files;
mod keyring;
mod rules;
mod scratch;

use std::process::ExitCode;

/// Every allocation is wiped when it is freed, also those of libraries that handle keys and plaintext.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    cli::main().into()
}
