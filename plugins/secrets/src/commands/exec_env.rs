use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use helm::Environment;
use serde_json::Value;
use sops::Store;
use ui::{CommandError, Exit, OrHint, Printer, env};
use zeroize::Zeroizing;

use crate::child::Child;
use crate::convert::convert;
use crate::keyring::keyring;
use crate::opened::{self, MacFlags, Opened};
use crate::source::{InputFlags, Source};

/// Run a command with the values in its environment
///
/// Each key of the file becomes a variable of this one command; null becomes an empty one. Only flat files will do.
/// The command takes the place of `helm secrets`, so that signals and exit code are its own.
#[derive(Debug, Args)]
pub struct ExecEnv {
    /// Give the command the values only, nothing of the environment here
    #[arg(long)]
    pristine: bool,
    /// As in sops; it is always so
    #[arg(long, hide = true)]
    same_process: bool,
    #[command(flatten)]
    input: InputFlags,
    #[command(flatten)]
    mac: MacFlags,
    /// The encrypted file
    file: PathBuf,
    #[command(flatten)]
    child: Child,
}

impl ExecEnv {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        let source = Source::read(&self.file, None, self.input.input_type)?;
        let opened = opened::open(&source, &keyring(), self.mac, printer)?;
        let inherited = if self.pristine { Vec::new() } else { env::all() };
        let environment = variables(&source, &opened)?
            .into_iter()
            .fold(Environment::inherited(inherited), |environment, (name, value)| {
                environment.with(&name, value)
            });
        self.child.become_it(ToOwned::to_owned, &environment, Vec::new())
    }
}

/// The values of a flat file as text.
fn variables(source: &Source, opened: &Opened<'_>) -> Result<Vec<(String, OsString)>, CommandError> {
    let shown = source.shown();
    let plain = &opened.plain.content;
    let json = convert(source, plain, opened.document.store(), Store::Json)?;
    let json: &Zeroizing<Vec<u8>> = json.as_ref().unwrap_or(plain);
    let values: serde_json::Map<String, Value> =
        serde_json::from_slice(json).or_context(format!("failed to read the values of {shown}"))?;
    let variable = |(name, value): (String, Value)| {
        let problem = |problem: &str| CommandError::new(format!("{shown}: {name} {problem}"));
        let text = match &value {
            Value::Null => String::new(),
            Value::Bool(flag) => flag.to_string(),
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.clone(),
            Value::Array(_) | Value::Object(_) => {
                let kind = if value.is_array() { "a list" } else { "a map" };
                return Err(problem(&format!("is {kind}, which cannot be a variable"))
                    .hint("keep variables in a file of their own, without nesting; or hand over the file: exec-file"));
            }
        };
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(problem("cannot be the name of a variable"));
        }
        if text.contains('\0') {
            return Err(problem("holds a zero byte, which no variable can"));
        }
        Ok((name, text.into()))
    };
    values.into_iter().map(variable).collect()
}
