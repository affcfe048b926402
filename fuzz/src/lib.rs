//! Fuzz targets: plain functions that take any bytes and panic when a promise of the code is broken.
//!
//! What is fuzzed lives in other crates. Here are only targets, their seeds and the mutator; `main.rs` runs them on
//! stable Rust, in a child process each, so that a stack overflow, a hang or a memory explosion is a finding too.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a panic is how a target reports")]

pub mod mutate;
pub mod seeds;
pub mod targets;

pub use targets::{TARGETS, Target};
