//! Real servers, tools and a private environment for tests.
//!
//! What may live here: everything a test needs around the code it tests: pinned tools ([`tools`]), Kubernetes control
//! planes, OpenBao and AWS's KMS (moto) on loopback, proxies and servers that misbehave on request, a private home and `PATH`
//! ([`TestEnv`]), a scripted editor, and the hunt for leaked secrets ([`Planted`]). The programs `testenv` (the same
//! servers for scripts) and `fake-editor` belong to it. What may not: anything a shipped program links, and
//! assertions about one command: those belong to that command's tests.
//!
//! Everything started here ends with the test process, also when that is killed: see [`process`].
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test code: a panic is a failed test, and the environment of the test runner is read here"
)]

pub mod cluster;
pub mod editor;
pub mod environment;
pub mod http;
pub mod moto;
pub mod net;
pub mod openbao;
pub mod process;
pub mod tools;

mod env;
mod files;
mod leak;
mod scratch;
mod wait;

pub use cluster::{ControlPlane, KubeContext, shared_clusters};
pub use editor::{Edit, Opening, ScriptedEditor};
pub use env::{AgeKey, Invocation, Run, Running, TestEnv};
pub use leak::Planted;
pub use moto::Moto;
pub use net::{Fault, Proxy, Reply, Request, ScriptedServer};
pub use openbao::OpenBao;
pub use rustix::process::Signal;
pub use scratch::private_dir;
pub use wait::{eventually, wait_for};
