//! Waiting for something that another process does.

use std::time::{Duration, Instant};

/// Calls `probe` every `interval` until it answers `Some`, at most for `limit`.
pub fn wait_for<T>(limit: Duration, interval: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = probe() {
            return Some(found);
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(interval);
    }
}

/// Waits up to 30 seconds for `condition`; fails the test, naming `what`, when it does not come true.
#[track_caller]
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let limit = Duration::from_secs(30);
    if wait_for(limit, Duration::from_millis(10), || condition().then_some(())).is_none() {
        panic!("{what}: not so after {} s", limit.as_secs());
    }
}
