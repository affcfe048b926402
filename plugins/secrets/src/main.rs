//! `helm secrets`: encrypted values files, Vault mappings, and a wrapper for every Helm command.

mod ask;
mod child;
mod cli;
mod commands;
mod convert;
mod editor;
mod files;
mod key_change;
mod key_flags;
mod keyring;
mod opened;
mod rules;
mod scratch;
mod source;
mod store_flags;
mod target;
mod value;

use std::process::ExitCode;

/// Every allocation is wiped when it is freed, also those of libraries that handle keys and plaintext.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    cli::main().into()
}
