//! What any user of the machine could see while a command runs: `/proc/PID/cmdline` and `/proc/PID/environ`.
//!
//! `strace` shows what a program was started with; this also sees what a process makes of itself later.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::planted::Needles;
use crate::process::descendants;

const INTERVAL: Duration = Duration::from_millis(5);

/// Looks at every process below one, again and again, until told to stop.
#[derive(Debug)]
pub(super) struct Watch {
    ended: Arc<AtomicBool>,
    found: Option<JoinHandle<BTreeSet<(String, String)>>>,
}

impl Watch {
    pub(super) fn start(root: u32, needles: Needles) -> Self {
        let ended = Arc::<AtomicBool>::default();
        let stop = ended.clone();
        let found = std::thread::spawn(move || {
            let mut found = BTreeSet::new();
            while !stop.load(Ordering::SeqCst) {
                for pid in descendants(root) {
                    look(pid, &needles, &mut found);
                }
                std::thread::sleep(INTERVAL);
            }
            found
        });
        Self { ended, found: Some(found) }
    }

    /// Secret and place of everything seen.
    pub(super) fn stop(mut self) -> BTreeSet<(String, String)> {
        self.ended.store(true, Ordering::SeqCst);
        self.found.take().map(|thread| thread.join().expect("the watch ends")).unwrap_or_default()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
    }
}

fn look(pid: u32, needles: &Needles, found: &mut BTreeSet<(String, String)>) {
    for (file, place) in [("cmdline", "arguments"), ("environ", "environment")] {
        // The process may be gone, or not ours to look into.
        let Ok(bytes) = std::fs::read(format!("/proc/{pid}/{file}")) else { continue };
        for (name, _) in needles.find(&bytes) {
            let program = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            found.insert((name.to_owned(), format!("the {place} of {}", program.trim_end())));
        }
    }
}
