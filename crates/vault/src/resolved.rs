//! Secrets that were read, and the values file they become.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::json_text;

/// The secrets of one context, in the order of the mapping.
#[derive(Debug)]
pub struct Resolved {
    pub secrets: Vec<Secret>,
}

/// One secret of a context.
#[derive(Debug)]
pub struct Secret {
    pub secret_id: String,
    /// None for an optional secret that is not there.
    pub value: Option<SecretValue>,
    pub origin: Origin,
}

/// A value of `.Values.secrets`; its Debug output is redacted.
#[derive(Debug, Clone)]
pub enum SecretValue {
    Text(SecretString),
    /// A number, a truth value or a document as JSON text that helm reads back exactly.
    Json(SecretString),
}

/// Where a value comes from. Displays as `kv/prod/app1@3 password`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Mount and path as the mapping has them, without slashes at the ends.
    pub path: String,
    pub key: String,
    /// The version read; None on KV version 1 and where nothing was read.
    pub version: Option<u64>,
    /// Path or key is missing: the value is the mapping's `default`, or there is none.
    pub missing: bool,
}

impl SecretValue {
    /// The value as text; for [`SecretValue::Json`] the JSON text.
    pub fn expose_secret(&self) -> &str {
        match self {
            Self::Text(text) | Self::Json(text) => text.expose_secret(),
        }
    }
}

impl Resolved {
    /// The values file `{"secrets": {ID: VALUE, ...}}` for helm's `-f`. Optional secrets that are missing are left out.
    pub fn to_values_json(&self) -> Zeroizing<Vec<u8>> {
        let present =
            || self.secrets.iter().filter_map(|secret| Some((&secret.secret_id, secret.value.as_ref()?)));
        // All of it at once: a growing buffer leaves copies behind.
        let longest = |text: &str| json_text::longest(text.len()) + 2;
        let size: usize = present().map(|(id, value)| longest(id) + longest(value.expose_secret())).sum();
        let mut out = String::with_capacity(size + 16);
        out.push_str("{\"secrets\":{");
        for (position, (id, value)) in present().enumerate() {
            if position > 0 {
                out.push(',');
            }
            json_text::push_string(&mut out, id);
            out.push(':');
            match value {
                SecretValue::Text(text) => json_text::push_string(&mut out, text.expose_secret()),
                SecretValue::Json(text) => out.push_str(text.expose_secret()),
            }
        }
        out.push_str("}}\n");
        Zeroizing::new(out.into_bytes())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(version) = self.version {
            write!(f, "@{version}")?;
        }
        write!(f, " {}", self.key)?;
        if self.missing { f.write_str(" (missing)") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(secret_id: &str, value: Option<SecretValue>) -> Secret {
        let origin = Origin {
            path: "kv/prod/app1".to_owned(),
            key: "k".to_owned(),
            version: Some(3),
            missing: value.is_none(),
        };
        Secret { secret_id: secret_id.to_owned(), value, origin }
    }

    #[test]
    fn the_values_file() {
        let resolved = Resolved {
            secrets: vec![
                secret("a-b.c\"", Some(SecretValue::Text("0123\u{85}".into()))),
                secret("gone", None),
                secret("port", Some(SecretValue::Json("5432".into()))),
                secret("yes", Some(SecretValue::Text("{{ x }}".into()))),
            ],
        };
        let json = resolved.to_values_json();
        let expected = r#"{"secrets":{"a-b.c\"":"0123\u0085","port":5432,"yes":"{{ x }}"}}"#;
        assert_eq!(String::from_utf8_lossy(&json).trim_end(), expected);
        assert_eq!(resolved.secrets[1].origin.to_string(), "kv/prod/app1@3 k (missing)");
    }

    #[test]
    fn no_secret_is_a_values_file_too() {
        assert_eq!(&*Resolved { secrets: Vec::new() }.to_values_json(), b"{\"secrets\":{}}\n");
    }

    #[test]
    fn debug_output_holds_no_value() {
        let resolved = Resolved { secrets: vec![secret("a", Some(SecretValue::Text("hunter2".into())))] };
        assert!(!format!("{resolved:?}").contains("hunter2"));
    }
}
