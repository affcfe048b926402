//! Runs the fuzz targets.
//!
//! ```text
//! fuzz [--seconds N] [--seed N] [TARGET]...   every target (or these): its seeds, then N seconds of changed ones
//! fuzz --input FILE TARGET                    one input, such as a former finding
//! ```
//!
//! A finding is made smaller, written to `fuzz/findings/` and printed. Put it into `fuzz/seeds/TARGET/` when it is
//! mended, and every later run tries it first.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for developers")]

mod child;
mod parent;
mod shrink;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use fuzz::{TARGETS, Target};

/// What the command line says.
struct Arguments {
    seconds: u64,
    seed: u64,
    /// One input instead of many.
    input: Option<String>,
    /// The file in which a child leaves its present input; a child of the runner has one.
    state: Option<String>,
    targets: Vec<&'static Target>,
}

impl Arguments {
    fn parse() -> Result<Self> {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
        let mut parsed = Self {
            seconds: 5,
            seed: u64::from(now.subsec_nanos()),
            input: None,
            state: None,
            targets: Vec::new(),
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word} needs a value"));
            match word.as_str() {
                "--seconds" => parsed.seconds = value()?.parse()?,
                "--seed" => parsed.seed = value()?.parse()?,
                "--input" => parsed.input = Some(value()?),
                "--state" => parsed.state = Some(value()?),
                name => match TARGETS.iter().find(|target| target.name == name) {
                    Some(target) => parsed.targets.push(target),
                    None => {
                        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
                        bail!("no target {name}; there are {}", names.join(" "));
                    }
                },
            }
        }
        if parsed.targets.is_empty() {
            parsed.targets = TARGETS.iter().collect();
        }
        Ok(parsed)
    }
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse()?;
    let target = arguments.targets[0];
    if let Some(path) = arguments.input {
        (target.run)(&fs_err::read(path)?);
        return Ok(ExitCode::SUCCESS);
    }
    let time = Duration::from_secs(arguments.seconds);
    if let Some(state) = arguments.state {
        child::run(target, time, arguments.seed, &state)?;
        return Ok(ExitCode::SUCCESS);
    }
    let found = parent::run_all(&arguments.targets, time, arguments.seed)?;
    Ok(if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
