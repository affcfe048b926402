//! `helm multi`: one release over many kube contexts.

mod cli;
mod commands;
mod events;
mod inputs;
mod interrupt;
mod operations;
mod passthrough;
mod plan;
mod project;
mod report;
mod rollout;
mod run_id;
mod session;
mod targets;

use std::process::ExitCode;

/// Every allocation is wiped when it is freed, also those of libraries that handle keys and plaintext.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    cli::main().into()
}
