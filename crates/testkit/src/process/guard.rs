//! Children that the kernel kills when the test process is gone.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock};

use crate::tools;

/// A command that runs `program` in a process group of its own and dies with the process that spawns it.
///
/// The process group keeps the terminal's Ctrl-C away from it, and lets a test send a signal to all of it.
pub fn guarded(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(tools::system("setpriv"));
    command.args(["--pdeathsig", "KILL", "--"]).arg(program).process_group(0);
    command
}

type Order = (Command, Sender<io::Result<Child>>);

/// Spawns a [`guarded`] command from the thread that lives as long as the process.
///
/// # Errors
/// As [`Command::spawn`].
pub fn spawn(command: Command) -> io::Result<Child> {
    static ORDERS: OnceLock<Mutex<Sender<Order>>> = OnceLock::new();
    let orders = ORDERS.get_or_init(|| {
        let (sender, orders) = channel::<Order>();
        std::thread::Builder::new()
            .name("spawner".to_owned())
            .spawn(move || {
                for (mut command, reply) in orders {
                    // The asker may have been a test that panicked meanwhile; then nobody wants the child.
                    if let Err(unwanted) = reply.send(command.spawn())
                        && let Ok(mut child) = unwanted.0
                    {
                        let _ = child.kill();
                        let _ = child.wait();
                    }
                }
            })
            .expect("a thread that starts processes");
        Mutex::new(sender)
    });
    let (reply, answer) = channel();
    orders
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .send((command, reply))
        .expect("the spawner never ends");
    answer.recv().expect("the spawner answers every order")
}
