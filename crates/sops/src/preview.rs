//! What encrypting a plain text would encrypt.

use yamldoc::{Profile, Stream, Value};

use crate::document::text_of;
use crate::error::Error;
use crate::flat::Format;
use crate::selector::Selector;
use crate::store::Store;
use crate::tree::walk::{Walk, What};

/// The values of a plain text by what a selector does with them: their paths in the order of the text. Null and empty
/// strings, which SOPS never encrypts, are in neither list; nor are comments. In YAML, values come again with each
/// alias.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// Would be ciphertext.
    pub encrypted: Vec<String>,
    /// Would stay readable.
    pub clear: Vec<String>,
}

impl Preview {
    /// Looks at a plain text of `store`; a binary one is a single value without a path.
    ///
    /// # Errors
    /// [`Error::Yaml`], [`Error::Line`], [`Error::NotText`], [`Error::NotAMap`], [`Error::Selector`].
    pub fn of(plain: &[u8], store: Store, selector: &Selector) -> Result<Self, Error> {
        let mut preview = Self::default();
        match store {
            Store::Yaml => preview.tree(&Stream::parse(text_of(plain)?)?, selector)?,
            Store::Json => preview.tree(&Stream::parse_json(text_of(plain)?)?, selector)?,
            Store::Dotenv => preview.flat(text_of(plain)?, Format::Dotenv, selector)?,
            Store::Ini => preview.flat(text_of(plain)?, Format::Ini, selector)?,
            Store::Binary => preview.add(plain.is_empty(), true, String::new),
        }
        Ok(preview)
    }

    fn tree(&mut self, stream: &Stream<'_>, selector: &Selector) -> Result<(), Error> {
        let walk = Walk::new(stream, &selector.compile()?)?;
        for visit in &walk.visits {
            let What::Leaf(node) = visit.what else { continue };
            let empty = match stream.value(node, Profile::Sops) {
                Ok(None | Some(Value::Null)) => true,
                Ok(Some(Value::Str(text))) => text.is_empty(),
                _ => false,
            };
            self.add(empty, visit.selected, || walk.path(stream, visit));
        }
        Ok(())
    }

    fn flat(&mut self, text: &str, format: Format, selector: &Selector) -> Result<(), Error> {
        let scan = format.scan(text)?;
        let selected = scan.select(&selector.compile()?);
        for (unit, selected) in scan.units.iter().zip(selected) {
            if let Some(token) = unit.token() {
                self.add(token.value.is_empty(), selected.value, || scan.path(unit));
            }
        }
        Ok(())
    }

    fn add(&mut self, empty: bool, selected: bool, path: impl FnOnce() -> String) {
        match (empty, selected) {
            (true, _) => {}
            (_, true) => self.encrypted.push(path()),
            _ => self.clear.push(path()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_by_what_happens_to_them() {
        let selector = Selector::EncryptedRegex("^s".to_owned());
        for (store, text, encrypted, clear) in [
            (Store::Yaml, "sa: {x: 1, y: [a, ~]}\nb: ''\nc: 2\n", "sa.x sa.y[0]", "c"),
            (Store::Json, "{\"sa\": 1, \"b\": \"x\"}", "sa", "b"),
            (Store::Dotenv, "sa=1\n#c\nb=2\nsc=\n", "sa", "b"),
            (Store::Ini, "b=1\n[s]\na=2\n", "s.a", "DEFAULT.b"),
            (Store::Binary, "x", "", ""),
        ] {
            let preview = Preview::of(text.as_bytes(), store, &selector).unwrap();
            assert_eq!(preview.encrypted.join(" "), encrypted, "{text}");
            assert_eq!(preview.clear.join(" "), clear, "{text}");
            assert!(!preview.encrypted.is_empty(), "{text}");
        }
    }
}
