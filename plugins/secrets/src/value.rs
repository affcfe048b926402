//! The value that `set` writes: from the command line, a file, standard input or a person.

use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;

use clap::Args;
use secrecy::ExposeSecret as _;
use sops::NewValue;
use ui::{CommandError, OrHint as _, terminal};
use zeroize::Zeroizing;

/// Where the value comes from and how it is read.
#[derive(Debug, Args)]
pub struct ValueFlags {
    /// Take the value for a string, whatever it looks like. Otherwise it is JSON: "text", 7, true, null, ["a"], {"b": 1}
    ///
    /// A line end after the only line of a string from a file or standard input is left out.
    #[arg(long)]
    string: bool,
    /// Read the value from standard input
    #[arg(long, conflicts_with = "value_file", conflicts_with = "value")]
    value_stdin: bool,
    /// Read the value from the file that VALUE names
    #[arg(long, requires = "value")]
    value_file: bool,
    /// As in sops; it is always so
    #[arg(long, hide = true)]
    idempotent: bool,
    /// JSON as in sops; a string with --string. Without it you are asked for a string, which is not shown
    #[arg(allow_negative_numbers = true)]
    value: Option<String>,
}

impl ValueFlags {
    /// The value for `path`.
    pub fn read(&self, path: &str) -> Result<NewValue, CommandError> {
        match &self.value {
            Some(file) if self.value_file => {
                let bytes = Zeroizing::new(fs_err::read(file)?);
                self.piped(bytes, &Path::new(file).display().to_string())
            }
            Some(value) => self.parse(value),
            None if self.value_stdin => {
                let mut bytes = Zeroizing::new(Vec::new());
                io::stdin().lock().read_to_end(&mut bytes).or_context("failed to read standard input")?;
                self.piped(bytes, "standard input")
            }
            None if !io::stdin().is_terminal() => Err(CommandError::new("no value is given")
                .hint("pipe it in with --value-stdin, or name it after the path")),
            None => {
                let typed = terminal::ask_secret(&format!("{path}: "))
                    .ok_or_else(|| CommandError::new("no value was typed"))?;
                Ok(NewValue::Text(typed.expose_secret().to_owned()))
            }
        }
    }

    fn piped(&self, bytes: Zeroizing<Vec<u8>>, from: &str) -> Result<NewValue, CommandError> {
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| CommandError::new(format!("the value in {from} is not text in UTF-8")))?;
        self.parse(if self.string { one_line(text) } else { text })
    }

    fn parse(&self, text: &str) -> Result<NewValue, CommandError> {
        if self.string {
            return Ok(NewValue::Text(text.to_owned()));
        }
        NewValue::from_json(text).map_err(|error| {
            CommandError::new(error)
                .context("the value is not JSON")
                .hint("for a string add --string, or quote it as JSON: '\"text\"'")
        })
    }
}

/// `text` without its line end, if it is one line: what `echo` and `pass` print. Texts of more lines, such as keys and
/// certificates, stay as they are.
fn one_line(text: &str) -> &str {
    let line = text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    line.filter(|line| !line.contains('\n')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_single_line_loses_its_end() {
        for (text, kept) in [
            ("", ""),
            ("\n", ""),
            ("one", "one"),
            ("one\n", "one"),
            ("one\r\n", "one"),
            ("one\n\n", "one\n\n"),
            ("one\ntwo\n", "one\ntwo\n"),
        ] {
            assert_eq!(one_line(text), kept, "{text:?}");
        }
    }
}
