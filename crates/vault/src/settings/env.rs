//! Settings from the variables that `vault` and `bao` read.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Auth, Credential, Settings, Tls, parse_address};
use crate::Error;

impl Settings {
    /// Settings from `VAULT_*` and `BAO_*` variables; where both are set `BAO_*` wins, and empty means unset.
    ///
    /// `lookup` gives a variable's text and `token_file` is the place of the token helper's file (`~/.vault-token`).
    /// A token in the environment wins over an AppRole, an AppRole over the token file. `address` and `namespace`,
    /// where given, win over the environment's.
    ///
    /// Read are ADDR, NAMESPACE, TOKEN, ROLE_ID, SECRET_ID, SECRET_ID_FILE, CACERT, CAPATH, CACERT_BYTES,
    /// CLIENT_CERT, CLIENT_KEY, TLS_SERVER_NAME, SKIP_VERIFY, CLIENT_TIMEOUT, MAX_RETRIES, PROXY_ADDR and HTTP_PROXY.
    pub fn from_env(
        lookup: &dyn Fn(&str) -> Option<String>,
        token_file: Option<&Path>,
        address: Option<&str>,
        namespace: Option<&str>,
    ) -> Result<Self, Error> {
        let env = Env { lookup };
        let address = match address {
            Some(address) => parse_address(address)?,
            None => parse_address(&env.get("ADDR").ok_or(Error::NoAddress)?.1)?,
        };
        let mut settings = Self::new(address, env.auth(token_file)?);
        settings.namespace = namespace.map(str::to_owned).or_else(|| env.text("NAMESPACE"));
        settings.tls = env.tls()?;
        if let Some((name, text)) = env.get("CLIENT_TIMEOUT") {
            settings.timeout = go_duration(&text)
                .filter(|timeout| !timeout.is_zero())
                .ok_or_else(|| variable(&name, "is not a time such as 30s or a number of seconds"))?;
        }
        if let Some((name, text)) = env.get("MAX_RETRIES") {
            settings.max_retries = text.parse().map_err(|_| variable(&name, "is not a number"))?;
        }
        if let Some((name, text)) = env.get("PROXY_ADDR").or_else(|| env.get("HTTP_PROXY")) {
            url::Url::parse(&text).map_err(|_| variable(&name, "is not a URL"))?;
            settings.proxy = Some(text.into());
        }
        Ok(settings)
    }
}

struct Env<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
}

impl Env<'_> {
    /// The variable's full name and its text.
    fn get(&self, name: &str) -> Option<(String, String)> {
        ["BAO_", "VAULT_"].into_iter().find_map(|prefix| {
            let name = format!("{prefix}{name}");
            let text = (self.lookup)(&name)?;
            (!text.trim().is_empty()).then(|| (name, text.trim().to_owned()))
        })
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|(_, text)| text)
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.text(name).map(PathBuf::from)
    }

    fn auth(&self, token_file: Option<&Path>) -> Result<Auth, Error> {
        if let Some(token) = self.text("TOKEN") {
            return Ok(Auth::Token(Credential::Text(token.into())));
        }
        if let Some(role_id) = self.text("ROLE_ID") {
            let secret_id = match self.text("SECRET_ID") {
                Some(text) => Some(Credential::Text(text.into())),
                None => self.path("SECRET_ID_FILE").map(Credential::File),
            };
            return Ok(Auth::AppRole { mount: "approle".to_owned(), role_id, secret_id });
        }
        match token_file {
            Some(file) => Ok(Auth::Token(Credential::File(file.to_owned()))),
            None => Err(Error::NoToken { looked_in: None }),
        }
    }

    fn tls(&self) -> Result<Tls, Error> {
        let client_certificate = match (self.get("CLIENT_CERT"), self.get("CLIENT_KEY")) {
            (Some((_, certificate)), Some((_, key))) => Some((certificate.into(), key.into())),
            (None, None) => None,
            (Some((name, _)), None) => {
                return Err(variable(&name, "is set without the CLIENT_KEY that belongs to it"));
            }
            (None, Some((name, _))) => {
                return Err(variable(&name, "is set without the CLIENT_CERT that belongs to it"));
            }
        };
        let skip_verify = match self.get("SKIP_VERIFY") {
            None => false,
            Some((name, text)) => go_bool(&text)
                .ok_or_else(|| variable(&name, "is neither true nor false; certificates stay checked"))?,
        };
        Ok(Tls {
            ca_file: self.path("CACERT"),
            ca_dir: self.path("CAPATH"),
            ca_pem: self.text("CACERT_BYTES"),
            client_certificate,
            server_name: self.text("TLS_SERVER_NAME"),
            skip_verify,
        })
    }
}

fn variable(name: &str, problem: &'static str) -> Error {
    Error::Variable { name: name.to_owned(), problem }
}

/// A truth value as Go's `strconv.ParseBool` reads it. Anything else is no answer: never a reason to skip a check.
pub fn go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// A time as Go's `time.ParseDuration` reads it (`1m30s`, `1.5h`, `500ms`), or a plain number of seconds.
pub fn go_duration(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let unit = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let seconds = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * seconds;
        rest = after;
    }
    Duration::try_from_secs_f64(total).ok().filter(|_| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn settings(variables: &[(&str, &str)]) -> Result<Settings, Error> {
        let lookup =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, text)| (*text).to_owned());
        Settings::from_env(&lookup, Some(Path::new("/home/u/.vault-token")), None, None)
    }

    fn token(auth: &Auth) -> Option<&str> {
        match auth {
            Auth::Token(Credential::Text(text)) => Some(text.expose_secret()),
            _ => None,
        }
    }

    #[test]
    fn bao_wins_over_vault_and_empty_is_unset() {
        let got = settings(&[
            ("VAULT_ADDR", "https://a"),
            ("BAO_ADDR", "https://b"),
            ("BAO_TOKEN", ""),
            ("VAULT_TOKEN", "tok\n"),
            ("VAULT_NAMESPACE", "team"),
        ])
        .unwrap();
        assert_eq!(got.address.as_str(), "https://b/");
        assert_eq!(token(&got.auth), Some("tok"));
        assert_eq!(got.namespace.as_deref(), Some("team"));
    }

    #[test]
    fn token_then_approle_then_token_file() {
        let address = ("VAULT_ADDR", "https://a");
        let role = ("VAULT_ROLE_ID", "r");
        assert!(token(&settings(&[address, role, ("VAULT_TOKEN", "t")]).unwrap().auth).is_some());
        let auth = settings(&[address, role, ("VAULT_SECRET_ID_FILE", "/s")]).unwrap().auth;
        let Auth::AppRole { mount, secret_id: Some(Credential::File(file)), .. } = auth else {
            panic!("{auth:?}")
        };
        assert_eq!((mount.as_str(), file.to_str()), ("approle", Some("/s")));
        assert!(matches!(settings(&[address]).unwrap().auth, Auth::Token(Credential::File(_))));
    }

    #[test]
    fn only_go_bools_switch_checks_off() {
        for (text, skipped) in
            [("true", true), ("1", true), ("T", true), ("0", false), ("False", false), ("", false)]
        {
            let got = settings(&[("VAULT_ADDR", "https://a"), ("VAULT_SKIP_VERIFY", text)]).unwrap();
            assert_eq!(got.tls.skip_verify, skipped, "{text}");
        }
        for text in ["no", "off", "n", "yes", "tRue"] {
            let error = settings(&[("VAULT_ADDR", "https://a"), ("VAULT_SKIP_VERIFY", text)]).unwrap_err();
            assert!(error.to_string().starts_with("VAULT_SKIP_VERIFY is neither true nor false"), "{error}");
        }
    }

    #[test]
    fn half_a_client_certificate_is_an_error() {
        let error = settings(&[("VAULT_ADDR", "https://a"), ("VAULT_CLIENT_CERT", "c.pem")]).unwrap_err();
        assert!(error.to_string().contains("VAULT_CLIENT_CERT"), "{error}");
    }

    #[test]
    fn no_address_is_an_error_with_a_hint() {
        let error = settings(&[]).unwrap_err();
        assert!(error.hint().is_some_and(|hint| hint.contains("VAULT_ADDR")));
    }

    #[test]
    fn limits() {
        let got = settings(&[
            ("VAULT_ADDR", "https://a"),
            ("VAULT_CLIENT_TIMEOUT", "90"),
            ("BAO_MAX_RETRIES", "5"),
        ]);
        let got = got.unwrap();
        assert_eq!((got.timeout, got.max_retries), (Duration::from_secs(90), 5));
        assert!(settings(&[("VAULT_ADDR", "https://a"), ("VAULT_CLIENT_TIMEOUT", "0")]).is_err());
        assert!(settings(&[("VAULT_ADDR", "https://a"), ("VAULT_MAX_RETRIES", "-1")]).is_err());
    }

    #[test]
    fn durations() {
        assert_eq!(go_duration("30"), Some(Duration::from_secs(30)));
        assert_eq!(go_duration("1m30s"), Some(Duration::from_secs(90)));
        assert_eq!(go_duration("1.5h"), Some(Duration::from_secs(5400)));
        assert_eq!(go_duration("500ms"), Some(Duration::from_millis(500)));
        for bad in ["", "s", "5x", "-5s", "5s5", "."] {
            assert_eq!(go_duration(bad), None, "{bad}");
        }
    }
}
