//! JSON that helm reads back as it was.
//!
//! Helm parses values files as YAML 1.1, of which JSON is nearly a subset: raw DEL and C1 controls are refused and a
//! raw NEL becomes a blank. These are escaped here; characters outside the BMP stay raw, because helm refuses them as
//! escaped surrogate pairs.

use std::io;

use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use serde_json::{Map, Value};
use vault::is_changed_by_yaml;

/// Writes an overlay as a values file for helm. Keys keep their order.
pub fn to_json(document: &Map<String, Value>) -> Vec<u8> {
    use serde::Serialize;
    let mut out = Vec::new();
    // Neither writing to memory nor a map with string keys can fail.
    let _ = document.serialize(&mut Serializer::with_formatter(&mut out, HelmFormatter(CompactFormatter)));
    out
}

struct HelmFormatter(CompactFormatter);

impl Formatter for HelmFormatter {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(is_changed_by_yaml) {
            self.0.write_string_fragment(writer, &rest[..at])?;
            let mut chars = rest[at..].chars();
            if let Some(c) = chars.next() {
                write!(writer, "\\u{:04x}", u32::from(c))?;
            }
            rest = chars.as_str();
        }
        self.0.write_string_fragment(writer, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str) -> String {
        let mut document = Map::new();
        document.insert("k".to_owned(), Value::from(text));
        String::from_utf8(to_json(&document)).unwrap()
    }

    #[test]
    fn what_a_yaml_reader_would_change_is_escaped() {
        assert_eq!(written("0123"), r#"{"k":"0123"}"#);
        assert_eq!(written("a\"\\\n\u{1}"), r#"{"k":"a\"\\\n\u0001"}"#);
        assert_eq!(
            written("\u{7f}x\u{85}\u{feff}\u{2028}\u{ffff}"),
            r#"{"k":"\u007fx\u0085\ufeff\u2028\uffff"}"#
        );
        assert_eq!(written("é😀"), r#"{"k":"é😀"}"#);
    }

    proptest! {
        #[test]
        fn every_text_reads_back(text in any::<String>()) {
            let back: Value = serde_json::from_str(&written(&text)).unwrap();
            prop_assert_eq!(back["k"].as_str(), Some(text.as_str()));
        }
    }
}
