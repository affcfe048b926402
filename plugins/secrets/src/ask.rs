//! Questions to the person at the terminal.

use std::io::{self, BufRead as _, IsTerminal as _};

use ui::{CommandError, OrHint as _, Printer};

/// Asks a question to be answered by yes or no; without a terminal it is an error, and `instead` says what to type.
pub fn ask(question: &str, instead: &str) -> Result<bool, CommandError> {
    if !io::stdin().is_terminal() {
        return Err(
            CommandError::new("nobody is there to be asked: standard input is no terminal").hint(instead)
        );
    }
    Printer::new(false, false, true).status(&format!("{question} [y/N]"));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).or_context("failed to read the answer")?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
