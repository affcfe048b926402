//! Programs that print credentials, run without a shell.

use std::process::Stdio;

use tokio::process::Command;
use zeroize::Zeroizing;

use super::Reason;

/// What the program prints; `None` if it is not installed. It ends when nobody waits for it any more.
pub(super) async fn output(words: &[String], name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Reason> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Reason::credentials(name, "names no program"));
    };
    let run = Command::new(program)
        .args(arguments)
        // Not theirs to know.
        .env_remove("SOPS_AGE_KEY")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = match run.await {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Reason::credentials(name, format!("does not start: {}", error.kind()))),
    };
    let printed = Zeroizing::new(output.stdout);
    if output.status.success() {
        Ok(Some(printed))
    } else {
        Err(Reason::credentials(name, format!("failed ({}); run it by hand to see why", output.status)))
    }
}
