//! Rules for names, and how long lists of them are shown.

use globset::{GlobBuilder, GlobMatcher};

/// More names than this make a hint unreadable.
const SHOWN: usize = 20;

/// Whether `text` is a DNS label (RFC 1123), as Kubernetes asks of a namespace.
pub(crate) fn is_dns_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty()
        && text.len() <= 63
        && text.chars().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether helm takes `text` as the name of a release: DNS labels joined by dots, at most 53 characters
/// (`ValidateReleaseName`).
pub(crate) fn is_release_name(text: &str) -> bool {
    text.len() <= 53 && text.split('.').all(is_dns_label)
}

/// Whether `text` is meant as a pattern.
pub(crate) fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Compiles a pattern of names; `*` also matches `/`, which names of cloud contexts hold.
pub(crate) fn glob(text: &str) -> Result<GlobMatcher, String> {
    match GlobBuilder::new(text).literal_separator(false).backslash_escape(true).build() {
        Ok(glob) => Ok(glob.compile_matcher()),
        Err(error) => Err(format!("`{text}` is no pattern: {}", error.kind())),
    }
}

/// `did you mean `prod-eu`? contexts: ...`, for a name that is not among `known`.
pub(crate) fn suggestion(what: &str, name: &str, known: &[&str]) -> String {
    let list = list(known);
    match config::nearest(name, known.iter().copied()) {
        Some(likely) => format!("did you mean `{likely}`? {what}: {list}"),
        None => format!("{what}: {list}"),
    }
}

/// `a, b, c and 17 more`.
pub(crate) fn list(names: &[&str]) -> String {
    if names.len() <= SHOWN {
        return names.join(", ");
    }
    format!("{} and {} more", names[..SHOWN].join(", "), names.len() - SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_namespaces_and_releases() {
        assert!(is_dns_label("ns-1"));
        for bad in ["", "-a", "a-", "A", "a.b", "a_b", &"a".repeat(64)] {
            assert!(!is_dns_label(bad), "{bad}");
        }
        assert!(is_release_name("app1.blue"));
        for bad in ["", "a..b", "a.", "App", &"a".repeat(54)] {
            assert!(!is_release_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_star_matches_slashes() {
        assert!(glob("arn:*prod-?").unwrap().is_match("arn:aws:eks:eu:1:cluster/prod-1"));
        assert_eq!(glob("a[").unwrap_err(), "`a[` is no pattern: unclosed character class; missing ']'");
    }

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (0..25).map(|n| format!("c{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert!(list(&names).ends_with("c19 and 5 more"), "{}", list(&names));
        assert_eq!(
            suggestion("contexts", "prod-ue", &["dev", "prod-eu"]),
            "did you mean `prod-eu`? contexts: dev, prod-eu"
        );
    }
}
