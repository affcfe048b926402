//! Finds the one sentence that says what went wrong.

use super::Aftermath;

/// The text of the last `Error:` in one line, and what helm did afterwards. Log lines (`level=WARN ...`) repeat
/// it and are left out.
pub(super) fn find(stderr: &str) -> (String, Aftermath) {
    let block = match (stderr.rfind("\nError: "), stderr.strip_prefix("Error: ")) {
        (Some(at), _) => &stderr[at + "\nError: ".len()..],
        (None, Some(rest)) => rest,
        (None, None) => stderr.trim_end().lines().next_back().unwrap_or_default(),
    };
    let mut cause = String::new();
    for line in block.lines().take_while(|line| !ends(line)) {
        let line = line.trim().trim_start_matches("* ");
        match cause.chars().next_back() {
            None => {}
            Some(':') => cause.push(' '),
            Some(_) => cause.push_str("; "),
        }
        cause.push_str(line);
    }
    let mut rest = cause.as_str();
    for prefix in ["UPGRADE FAILED: ", "INSTALLATION FAILED: ", "query: failed to query with labels: "] {
        rest = rest.strip_prefix(prefix).unwrap_or(rest);
    }
    let (rest, aftermath) = aftermath(rest);
    (rest.replace("1 error occurred: ", ""), aftermath)
}

/// Where the message ends and helm's advice, usage or debug trace begins.
fn ends(line: &str) -> bool {
    line.trim().is_empty()
        || line.starts_with("Use --debug")
        || line.starts_with("Usage:")
        || line.starts_with("helm.go:")
}

fn aftermath(cause: &str) -> (&str, Aftermath) {
    let after = |mark: &str| cause.find(mark).map(|at| &cause[at + mark.len()..]);
    let reason = |rest: &'_ str| rest.find(": ").map(|at| at + 2);
    for (mark, aftermath) in [
        ("and has been rolled back due to ", Aftermath::RolledBack),
        ("and has been uninstalled due to ", Aftermath::Uninstalled),
    ] {
        if let Some(rest) = after(mark) {
            return (&rest[reason(rest).unwrap_or_default()..], aftermath);
        }
    }
    for mark in ["original upgrade error: ", "original install error: "] {
        if let Some(rest) = after(mark) {
            return (rest, Aftermath::Failed);
        }
    }
    (cause, Aftermath::None)
}
