//! The control planes that all tests of a process share.

use std::path::PathBuf;
use std::sync::OnceLock;

use super::ControlPlane;
use crate::environment::Environment;
use crate::process::Lifetime;
use crate::scratch::process_dir;

/// The shared control planes by name.
pub const NAMES: [&str; 3] = ["dev-1", "prod-eu", "prod-us"];

/// Three control planes named as in [`NAMES`], started together at the first call.
///
/// Each test takes a namespace of its own ([`crate::TestEnv::namespace`]). Where the variable `CONVOY_TESTENV` names
/// the directory of a running `testenv up`, its control planes are used instead, so that several test binaries, or
/// many runs of one test, share them.
///
/// # Panics
/// When one does not come up.
pub fn shared_clusters() -> &'static [ControlPlane; 3] {
    // The failure is kept, or every test would wait for it again.
    static SHARED: OnceLock<Result<[ControlPlane; 3], String>> = OnceLock::new();
    SHARED.get_or_init(obtain).as_ref().unwrap_or_else(|failure| panic!("{failure}"))
}

fn obtain() -> Result<[ControlPlane; 3], String> {
    let environment = match std::env::var_os("CONVOY_TESTENV").map(PathBuf::from) {
        Some(dir) => Environment::attach(&dir)
            .ok_or_else(|| format!("CONVOY_TESTENV={}: nothing healthy runs there", dir.display()))?,
        None => Environment::start(&process_dir().join("clusters"), &NAMES, false, Lifetime::Process)?,
    };
    let mut planes = environment.into_clusters();
    let mut take = |name: &str| {
        let found = planes.iter().position(|plane| plane.name() == name);
        found
            .map(|at| planes.swap_remove(at))
            .ok_or_else(|| format!("the running environment has no cluster {name}"))
    };
    Ok([take(NAMES[0])?, take(NAMES[1])?, take(NAMES[2])?])
}
