//! What the key services need from the environment, taken once and understood when a file has a key of theirs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

/// Time for all remote keys of one group together, unless `HELM_SECRETS_KEY_TIMEOUT` says otherwise.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Settings of all key services.
#[derive(Debug, Clone)]
pub struct RemoteSettings {
    /// Time for all keys of one group together.
    pub time_limit: Duration,
    /// The home folder, below which credential files are.
    pub(super) home: Option<PathBuf>,
    pub(super) variables: Variables,
    warnings: Vec<String>,
}

impl Default for RemoteSettings {
    fn default() -> Self {
        Self { time_limit: TIME_LIMIT, home: None, variables: Variables::default(), warnings: Vec::new() }
    }
}

impl RemoteSettings {
    /// Takes the variables that sops and the services' own tools read. Nothing is opened, and a wrong value is an
    /// error only for the keys that need it.
    ///
    /// `lookup` gives a variable's text, `home` is the user's home folder.
    #[must_use]
    pub fn from_env(lookup: &dyn Fn(&str) -> Option<String>, home: Option<&Path>) -> Self {
        let mut settings =
            Self { home: home.map(Path::to_owned), variables: Variables::read(lookup), ..Self::default() };
        if let Some(text) = settings.variables.get(TIME_LIMIT_VARIABLE) {
            match vault::go_duration(text).filter(|limit| !limit.is_zero()) {
                Some(limit) => settings.time_limit = limit,
                None => settings.warnings.push(format!(
                    "{TIME_LIMIT_VARIABLE} is not a time such as 10s; the limit is {} s",
                    TIME_LIMIT.as_secs()
                )),
            }
        }
        if settings.variables.vault("SKIP_VERIFY").is_some_and(|text| vault::go_bool(text) == Some(true)) {
            settings
                .warnings
                .push("the certificates of Vault servers are not checked (VAULT_SKIP_VERIFY)".to_owned());
        }
        settings
    }

    /// What is allowed but unsafe or ignored; a line each, to be shown when a remote key is used.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// A file below the home folder.
    pub(super) fn at_home(&self, path: &str) -> Option<PathBuf> {
        Some(self.home.as_ref()?.join(path))
    }

    /// The file a variable names (`~/` is the home folder), else one below the home folder.
    pub(super) fn file(&self, variable: &str, default: &str) -> Option<PathBuf> {
        match self.variables.get(variable) {
            Some(path) => match path.strip_prefix("~/") {
                Some(rest) => self.at_home(rest),
                None => Some(path.into()),
            },
            None => self.at_home(default),
        }
    }
}

/// Variables by name; their texts stay out of `Debug` output.
#[derive(Debug, Clone, Default)]
pub(super) struct Variables(BTreeMap<String, SecretString>);

impl Variables {
    fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Self {
        let vault = VAULT.iter().flat_map(|name| [format!("VAULT_{name}"), format!("BAO_{name}")]);
        let names = NAMES.iter().map(|name| (*name).to_owned()).chain(vault);
        Self(
            names
                .filter_map(|name| Some((lookup(&name)?.into(), name)))
                .map(|(text, name)| (name, text))
                .collect(),
        )
    }

    /// The trimmed text; a variable that is empty counts as unset.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|text| text.expose_secret().trim()).filter(|text| !text.is_empty())
    }

    /// The first of these that is set.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// `BAO_NAME`, else `VAULT_NAME`.
    pub fn vault(&self, name: &str) -> Option<&str> {
        self.get(&format!("BAO_{name}")).or_else(|| self.get(&format!("VAULT_{name}")))
    }
}

const TIME_LIMIT_VARIABLE: &str = "HELM_SECRETS_KEY_TIMEOUT";

/// Each as `VAULT_` and as `BAO_`.
const VAULT: &[&str] = &[
    "ADDR",
    "AGENT_ADDR",
    "CACERT",
    "CACERT_BYTES",
    "CAPATH",
    "CLIENT_CERT",
    "CLIENT_KEY",
    "CLIENT_TIMEOUT",
    "HTTP_PROXY",
    "MAX_RETRIES",
    "NAMESPACE",
    "PROXY_ADDR",
    "SKIP_VERIFY",
    "TLS_SERVER_NAME",
    "TOKEN",
];

const NAMES: &[&str] = &[
    TIME_LIMIT_VARIABLE,
    "SOPS_HC_VAULT_ALLOWLIST",
    "AWS_ACCESS_KEY_ID",
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_PROFILE",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_KMS",
    "AWS_ENDPOINT_URL_STS",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "CLOUDSDK_CONFIG",
    "GCE_METADATA_HOST",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_CLOUD_QUOTA_PROJECT",
    "GOOGLE_CREDENTIALS",
    "GOOGLE_OAUTH_ACCESS_TOKEN",
    "SOPS_GCP_KMS_ENDPOINT",
    "SOPS_GCP_KMS_UNIVERSE_DOMAIN",
    "AZURE_AUTHORITY_HOST",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    "AZURE_TENANT_ID",
    "HELM_SECRETS_AZURE_HOSTS",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_stay_out_of_debug_output() {
        let lookup = |name: &str| (name == "AWS_SECRET_ACCESS_KEY").then(|| " hunter2\n".to_owned());
        let settings = RemoteSettings::from_env(&lookup, None);
        assert_eq!(settings.variables.get("AWS_SECRET_ACCESS_KEY"), Some("hunter2"));
        assert!(!format!("{settings:?}").contains("hunter2"));
    }

    #[test]
    fn what_is_unsafe_or_wrong_is_warned_of() {
        let lookup = |name: &str| match name {
            "HELM_SECRETS_KEY_TIMEOUT" => Some("soon".to_owned()),
            "VAULT_SKIP_VERIFY" => Some("1".to_owned()),
            _ => None,
        };
        let settings = RemoteSettings::from_env(&lookup, None);
        assert_eq!((settings.time_limit, settings.warnings().len()), (TIME_LIMIT, 2));
        let settings =
            RemoteSettings::from_env(&|name| (name == TIME_LIMIT_VARIABLE).then(|| "5s".into()), None);
        assert_eq!((settings.time_limit, settings.warnings().len()), (Duration::from_secs(5), 0));
    }

    #[test]
    fn no_name_is_listed_twice() {
        let mut names = NAMES.to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), NAMES.len());
    }
}
