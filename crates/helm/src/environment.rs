//! The environment of a helm child.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;

/// The variables a child gets, and no others.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: Vec<(OsString, OsString)>,
}

/// What the helm that started the plugin set for it. `HELM_NAMESPACE` is always there, taken from the *current*
/// context, and `HELM_KUBEAPISERVER` and its like override every context: inherited, they would send all contexts to one
/// place.
const OF_THE_OUTER_HELM: [&str; 6] =
    ["HELM_KUBE", "HELM_NAMESPACE", "HELM_PLUGIN_", "HELM_BIN", "HELM_DEBUG", "HELM_MULTI_"];

/// Credentials that helm has no use for.
const SECRETS: [&str; 6] =
    ["VAULT_TOKEN", "BAO_TOKEN", "VAULT_SECRET_ID", "BAO_SECRET_ID", "SOPS_AGE_KEY", "AGE_PASSPHRASE"];

/// For a Go program of which many run side by side, each for tenths of a second.
///
/// Measured with `helm upgrade` on two cores: one thread at a time takes a tenth off a lone helm's CPU time and makes it
/// 3 to 6 % slower. Collecting garbage half as often takes another tenth off, for a few percent of memory and a fifth with
/// a chart of 400 objects; a fourth as often takes almost twice as much off, but such a chart then needs 70 % more memory.
const GO_RUNTIME: [(&str, &str); 2] = [("GOMAXPROCS", "1"), ("GOGC", "200")];

impl Environment {
    /// `variables` unchanged: for a helm that stands in for the one that started us.
    pub fn inherited(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        Self { variables: variables.into_iter().collect() }
    }

    /// `variables` without what names another context, what the outer helm told its plugin, and credentials that helm
    /// has no use for; `HOME`, `PATH`, proxies and cloud credentials stay. Unless they say otherwise, the Go runtime is set
    /// up for many helms side by side (`GOMAXPROCS`, `GOGC`).
    pub fn for_contexts(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let unwanted = |name: &OsStr| {
            OF_THE_OUTER_HELM
                .iter()
                .chain(&SECRETS)
                .any(|prefix| name.as_bytes().starts_with(prefix.as_bytes()))
        };
        let kept = Self { variables: variables.into_iter().filter(|(name, _)| !unwanted(name)).collect() };
        GO_RUNTIME.into_iter().fold(kept, |environment, (name, value)| match environment.get(name) {
            Some(_) => environment,
            None => environment.with(name, value),
        })
    }

    /// Sets one variable, over any of the same name.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.into(), value.into()));
        self
    }

    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_os_str())
    }

    /// Name and value of each.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

// Values may be credentials.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Vec<(OsString, OsString)> {
        names.iter().map(|name| (OsString::from(name), OsString::from("hunter2"))).collect()
    }

    fn names(environment: &Environment) -> Vec<String> {
        environment.iter().map(|(name, _)| name.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn nothing_of_the_outer_helm_and_no_token_reaches_a_context() {
        let environment = Environment::for_contexts(of(&[
            "HOME",
            "HELM_NAMESPACE",
            "HELM_KUBECONTEXT",
            "HELM_KUBEAPISERVER",
            "HELM_KUBETOKEN",
            "HELM_KUBEINSECURE_SKIP_TLS_VERIFY",
            "HELM_PLUGIN_DIR",
            "HELM_BIN",
            "HELM_DEBUG",
            "HELM_PLUGINS",
            "HELM_CACHE_HOME",
            "HELM_DRIVER",
            "HTTPS_PROXY",
            "AWS_PROFILE",
            "VAULT_TOKEN",
            "VAULT_ADDR",
            "SOPS_AGE_KEY",
            "SOPS_AGE_KEY_FILE",
        ]));
        let kept = [
            "HOME",
            "HELM_PLUGINS",
            "HELM_CACHE_HOME",
            "HELM_DRIVER",
            "HTTPS_PROXY",
            "AWS_PROFILE",
            "VAULT_ADDR",
            "GOMAXPROCS",
            "GOGC",
        ];
        assert_eq!(names(&environment), kept);
    }

    #[test]
    fn the_go_runtime_is_as_the_user_set_it() {
        let environment = Environment::for_contexts([("GOGC".into(), "50".into())]);
        assert_eq!(environment.get("GOGC"), Some(OsStr::new("50")));
        assert_eq!(environment.get("GOMAXPROCS"), Some(OsStr::new("1")));
        assert_eq!(Environment::for_contexts([]).get("GOGC"), Some(OsStr::new("200")));
    }

    #[test]
    fn a_set_variable_replaces() {
        let environment = Environment::inherited(of(&["KUBECONFIG", "HOME"])).with("KUBECONFIG", "a:b");
        assert_eq!(names(&environment), ["HOME", "KUBECONFIG"]);
        assert_eq!(environment.get("KUBECONFIG"), Some(OsStr::new("a:b")));
    }

    #[test]
    fn debug_shows_names_only() {
        let text = format!("{:?}", Environment::inherited(of(&["VAULT_TOKEN"])));
        assert!(text.contains("VAULT_TOKEN") && !text.contains("hunter2"), "{text}");
    }
}
