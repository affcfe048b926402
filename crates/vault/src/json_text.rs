//! JSON that helm's YAML reader reads back exactly.
//!
//! Helm parses values as YAML 1.1. JSON is nearly a subset of it, but a raw DEL or C1 control is refused, a raw NEL
//! becomes a blank, and an escaped surrogate pair (`\ud83d\ude00`) is refused. So characters outside the BMP are
//! written raw and the troublesome ones as `\uXXXX`.

use std::fmt::Write;

/// Whether helm's YAML reader refuses `c` raw in a JSON string or reads it as something else: DEL, the C1 controls, the
/// byte order mark, the Unicode line breaks, and the two that are no characters. Written as `\uXXXX` it is read back.
///
/// The controls below the blank do not count: JSON itself escapes them.
pub fn is_changed_by_yaml(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}' | '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
}

/// Appends `text` as a quoted JSON string.
pub(crate) fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' || is_changed_by_yaml(c) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

/// Appends the JSON `document` (valid, for instance a `RawValue`'s text) with its strings written anew and its
/// numbers as they are. None if a string holds half a surrogate pair, which no YAML reader takes.
pub(crate) fn push_document(out: &mut String, document: &str) -> Option<()> {
    let mut rest = document;
    while let Some(start) = rest.find('"') {
        out.push_str(&rest[..start]);
        let end = start + closing_quote(&rest[start..])?;
        let text: zeroize::Zeroizing<String> = serde_json::from_str::<String>(&rest[start..end]).ok()?.into();
        push_string(out, &text);
        rest = &rest[end..];
    }
    out.push_str(rest);
    Some(())
}

/// The length of the string token that `token` begins with.
fn closing_quote(token: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in token.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The most bytes [`push_string`] appends for a text of `len` bytes.
pub(crate) fn longest(len: usize) -> usize {
    len * 6 + 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn string(text: &str) -> String {
        let mut out = String::new();
        push_string(&mut out, text);
        out
    }

    #[test]
    fn what_a_yaml_reader_would_change_is_escaped() {
        assert_eq!(string("a\"b\\c"), r#""a\"b\\c""#);
        assert_eq!(string("\u{0}\u{1f}\n\t\r"), r#""\u0000\u001f\n\t\r""#);
        assert_eq!(string("\u{7f}\u{80}\u{85}\u{9f}"), r#""\u007f\u0080\u0085\u009f""#);
        assert_eq!(string("\u{feff}\u{2028}\u{2029}\u{fffe}\u{ffff}"), r#""\ufeff\u2028\u2029\ufffe\uffff""#);
        assert_eq!(string("é\u{a0}😀"), "\"é\u{a0}😀\"");
    }

    #[test]
    fn documents_keep_numbers_and_lose_surrogate_escapes() {
        let mut out = String::new();
        push_document(
            &mut out,
            r#"{"a\/b": [1.10, 12345678901234567890123, "\ud83d\ude00", "\\\""], "": null}"#,
        )
        .unwrap();
        assert_eq!(out, r#"{"a/b": [1.10, 12345678901234567890123, "😀", "\\\""], "": null}"#);
        assert_eq!(push_document(&mut String::new(), r#"["\ud83d"]"#), None);
    }

    proptest! {
        #[test]
        fn every_document_reads_back(texts in proptest::collection::vec(any::<String>(), 0..4), number in any::<i64>()) {
            let document = serde_json::json!({ "texts": texts, "number": number, "map": { texts.concat(): null } });
            let mut written = String::new();
            prop_assert!(push_document(&mut written, &document.to_string()).is_some());
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&written).unwrap(), document);
        }

        #[test]
        fn every_text_reads_back(text in any::<String>()) {
            let written = string(&text);
            prop_assert!(written.len() <= longest(text.len()));
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
}
