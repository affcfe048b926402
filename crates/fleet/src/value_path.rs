//! Where a value goes in a chart's values: `image.tag`, `api\.v1.replicaCount`.

use std::fmt;

use serde_json::{Map, Value};

/// A dotted path of keys, as in helm's `--set`; `\.` is a dot inside a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ValuePath(Vec<String>);

impl ValuePath {
    /// Reads a path. List indexes are refused: helm replaces a list as a whole, so a values file cannot set one item.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut keys = vec![String::new()];
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let key = match keys.last_mut() {
                Some(key) if c != '.' => key,
                _ => {
                    keys.push(String::new());
                    continue;
                }
            };
            match c {
                '\\' => match chars.next() {
                    Some(escaped) => key.push(escaped),
                    None => return Err(format!("path `{text}` ends with a backslash")),
                },
                '[' => {
                    return Err(format!(
                        "path `{text}` goes into a list, which helm only replaces as a whole"
                    ));
                }
                _ => key.push(c),
            }
        }
        if keys.iter().any(String::is_empty) {
            return Err(format!("path `{text}` has an empty key"));
        }
        Ok(Self(keys))
    }

    /// A path of these keys; a dot in a key belongs to the key.
    pub fn from_keys(keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(keys.into_iter().map(Into::into).collect())
    }

    /// The keys from the root; never empty for a parsed path.
    pub fn keys(&self) -> &[String] {
        &self.0
    }

    /// The same path with `from` in every key replaced by `to`, dots of which stay inside the key.
    pub(crate) fn replace(&self, from: &str, to: &str) -> Self {
        Self(self.0.iter().map(|key| key.replace(from, to)).collect())
    }

    /// Puts `value` at this path, creating maps on the way. A scalar there is replaced.
    ///
    /// Err names the path that is in the way: a scalar or list where a map is needed, or a map that would get lost.
    pub(crate) fn set(&self, root: &mut Map<String, Value>, value: Value) -> Result<(), ValuePath> {
        let Some((last, parents)) = self.0.split_last() else {
            return Ok(());
        };
        let mut map = root;
        for (depth, key) in parents.iter().enumerate() {
            let child = map.entry(key.clone()).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(child) = child else {
                return Err(Self(self.0[..=depth].to_vec()));
            };
            map = child;
        }
        match map.get(last) {
            Some(Value::Object(_)) => Err(self.clone()),
            _ => {
                map.insert(last.clone(), value);
                Ok(())
            }
        }
    }
}

impl fmt::Display for ValuePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, key) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            f.write_str(&key.replace('\\', "\\\\").replace('.', "\\.").replace('[', "\\["))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dots_separate_and_backslashes_escape() {
        assert_eq!(ValuePath::parse(r"a\.b.c").unwrap().keys(), ["a.b", "c"]);
        assert_eq!(ValuePath::parse(r"a\[0\\").unwrap().keys(), [r"a[0\"]);
        assert_eq!(ValuePath::parse("a..b").unwrap_err(), "path `a..b` has an empty key");
        assert_eq!(ValuePath::parse("").unwrap_err(), "path `` has an empty key");
        assert_eq!(ValuePath::parse(r"a\").unwrap_err(), r"path `a\` ends with a backslash");
        assert!(ValuePath::parse("a[0].b").unwrap_err().contains("as a whole"));
    }

    #[test]
    fn what_is_in_the_way_is_named() {
        let mut root = Map::new();
        let set = |root: &mut _, path: &str| {
            ValuePath::parse(path).unwrap().set(root, Value::from(1)).map_err(|at| at.to_string())
        };
        assert_eq!(set(&mut root, "a.b"), Ok(()));
        assert_eq!(set(&mut root, "a.b.c.d"), Err("a.b".to_owned()));
        assert_eq!(set(&mut root, "a"), Err("a".to_owned()));
        assert_eq!(set(&mut root, "a.b"), Ok(()));
    }

    fn keys() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(r"[a-c.\\\[{}]{1,4}", 1..4)
    }

    proptest! {
        #[test]
        fn shown_paths_parse_to_themselves(keys in keys()) {
            let path = ValuePath::from_keys(keys);
            prop_assert_eq!(ValuePath::parse(&path.to_string()), Ok(path));
        }

        #[test]
        fn what_was_set_is_there_and_the_last_one_wins(paths in prop::collection::vec(keys(), 1..6)) {
            let mut root = Map::new();
            let mut set: Vec<(ValuePath, usize)> = Vec::new();
            for (number, keys) in paths.into_iter().enumerate() {
                let path = ValuePath::from_keys(keys);
                if path.set(&mut root, Value::from(number)).is_ok() {
                    set.retain(|(earlier, _)| earlier != &path);
                    set.push((path, number));
                }
            }
            let root = Value::Object(root);
            for (path, number) in set {
                let found = path.keys().iter().try_fold(&root, |value, key| value.get(key));
                prop_assert_eq!(found, Some(&Value::from(number)));
            }
        }
    }
}
