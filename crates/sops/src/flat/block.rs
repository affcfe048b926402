//! The metadata in the text.

use crate::error::Error;
use crate::flat::dotenv::PREFIX;
use crate::flat::flatten::{flatten, unflatten};
use crate::flat::ini::SOPS;
use crate::flat::{Format, Scan};
use crate::metadata::{Metadata, Problem};

/// Reads the metadata of a text.
pub(crate) fn read(scan: &Scan<'_>) -> Result<Metadata, Error> {
    let Some(first) = scan.metadata.first() else { return Err(Error::NoMetadata) };
    let place = |name: &str| {
        let line = scan.metadata.iter().find(|line| line.name.starts_with(name)).unwrap_or(first).line;
        yamldoc::Place { line, column: 1 }
    };
    let bad = |(name, problem): (String, String)| Error::BadMetadata { place: place(&name), problem };
    let flat = scan.metadata.iter().map(|line| (&*line.name, &*line.value));
    let fields = unflatten(flat).map_err(bad)?;
    Metadata::read(&fields).map_err(|problem| match problem {
        Problem::Field { name, problem } => bad((name, problem)),
        Problem::NoKeys => Error::NoKeys { place: place("") },
        Problem::Selector(error) => error,
    })
}

/// `body`, the text without metadata, with `metadata` behind it; `None` if a text in it cannot be written.
pub(crate) fn append(
    body: &str,
    format: Format,
    metadata: &Metadata,
    hint: Option<&str>,
    line_break: &str,
) -> Option<String> {
    let fields = metadata.fields(hint);
    let lines = flatten(&fields);
    let mut out = String::with_capacity(body.len() + 2048);
    out.push_str(body);
    if !body.is_empty() && !body.ends_with('\n') {
        out.push('\n');
    }
    if format == Format::Dotenv {
        for (name, text) in lines {
            out.push_str(&format!("{PREFIX}{name}={}\n", format.token(text, "")?));
        }
        return Some(out);
    }
    if !body.trim_start_matches('\u{feff}').is_empty() {
        out.push_str(line_break);
    }
    out.push_str(&format!("[{SOPS}]{line_break}"));
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, text) in lines {
        let token = format.token(&text.replace('\n', "\\n"), "")?;
        out.push_str(&format!("{name:width$} = {token}{line_break}"));
    }
    Some(out)
}
