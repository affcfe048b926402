//! Which form each document of a release file has.

use config::Spanned;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Release, convoy, dailymotion, list};

/// What tells the forms apart; the rest is read once the form is known.
#[derive(Deserialize)]
struct Head {
    kind: Option<Spanned<String>>,
    releases: Option<IgnoredAny>,
}

const KINDS: [&str; 2] = ["Release", "DailymotionRelease"];

/// The documents of a YAML stream, each with empty lines before it so that its places are those of the stream.
///
/// `---` or `...` at the start of a line ends a document even inside a block scalar (YAML 1.2, 9.1.2), so that lines
/// are all that has to be looked at.
pub(super) fn split(text: &str) -> Vec<String> {
    let marker = |line: &str, mark: &str| {
        line.strip_prefix(mark)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
    };
    let mut documents = vec![String::new()];
    for (number, line) in text.trim_start_matches('\u{feff}').split_inclusive('\n').enumerate() {
        let starts = marker(line, "---");
        if let Some(current) = documents.last_mut().filter(|_| !starts && !marker(line, "...")) {
            current.push_str(line);
            continue;
        }
        let padding = "\n".repeat(if starts { number } else { number + 1 });
        documents.push(if starts { padding + line } else { padding });
    }
    documents.retain(|document| !is_empty(document));
    documents
}

fn is_empty(document: &str) -> bool {
    document.lines().all(|line| {
        let line = line.strip_prefix("---").unwrap_or(line).trim();
        line.is_empty() || line.starts_with('#')
    })
}

/// The releases of one document.
pub(super) fn parse(document: &str, file: &str) -> Result<Vec<Release>, config::Error> {
    let head: Head = config::parse(document, file)?;
    let Some(kind) = head.kind else {
        return match head.releases {
            Some(_) => list::parse(document, file),
            None => {
                Err(config::Error::new(file, "is no release: it has no `kind`").with_hint("kind: Release"))
            }
        };
    };
    match kind.value.as_str() {
        "Release" => Ok(vec![convoy::parse(document, file)?]),
        "DailymotionRelease" => Ok(vec![dailymotion::parse(document, file)?]),
        other => {
            let hint = config::nearest(other, KINDS).unwrap_or(KINDS[0]);
            Err(config::Error::new(file, format!("kind `{other}` is no release"))
                .at(config::place(&kind))
                .with_hint(format!("kind: {hint}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_keep_their_lines() {
        let text = "\u{feff}# head\n---\na: 1\n--- # two\nb: |\n  x\n...\n# between\n---\n\n---\r\nc: 3\r\n";
        let documents = split(text);
        assert_eq!(
            documents,
            ["\n---\na: 1\n", "\n\n\n--- # two\nb: |\n  x\n", "\n\n\n\n\n\n\n\n\n\n---\r\nc: 3\r\n"]
        );
        assert_eq!(split("a: 1\n"), ["a: 1\n"]);
        assert_eq!(split("a: ---x\n---x: 1\n").len(), 1);
        assert!(split("# nothing\n---\n").is_empty());
    }
}
