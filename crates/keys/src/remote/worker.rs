//! A thread with an async runtime of its own, so that callers may be plain or inside another runtime.

use std::future::Future;
use std::io;
use std::sync::mpsc;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// The runtime's thread. It ends when dropped, and whatever still runs in it is given up.
#[derive(Debug)]
pub(super) struct Worker {
    handle: Handle,
    _alive: oneshot::Sender<()>,
}

impl Worker {
    /// Starts the thread.
    pub fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (alive, ended) = oneshot::channel::<()>();
        std::thread::Builder::new().name("remote-keys".to_owned()).spawn(move || {
            let _ = runtime.block_on(ended);
            // A host name that is still being resolved would be waited for.
            runtime.shutdown_background();
        })?;
        Ok(Self { handle, _alive: alive })
    }

    /// Runs `task` in the thread and waits for it; `None` if it panicked.
    pub fn run<T: Send + 'static>(&self, task: impl Future<Output = T> + Send + 'static) -> Option<T> {
        let (answer, answered) = mpsc::channel();
        self.handle.spawn(async move {
            let _ = answer.send(task.await);
        });
        answered.recv().ok()
    }
}
