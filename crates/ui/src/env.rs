//! Every environment variable that the plugins read, each declared once; nothing else reads the environment.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A declared variable.
#[derive(Debug)]
pub struct Var {
    pub name: &'static str,
    pub meaning: &'static str,
}

impl Var {
    const fn new(name: &'static str, meaning: &'static str) -> Self {
        Self { name, meaning }
    }

    /// The value, unless it is unset or empty.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn os(&self) -> Option<OsString> {
        std::env::var_os(self.name).filter(|value| !value.is_empty())
    }

    /// The value as text, unless it is unset, empty or no UTF-8.
    pub fn text(&self) -> Option<String> {
        self.os()?.into_string().ok()
    }
}

/// The value of a variable that another crate declares by name (the `VAULT_*` family); empty counts as unset.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn lookup(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The folder of user configuration: `$XDG_CONFIG_HOME`, else where the system keeps it below the home folder.
pub fn config_dir() -> Option<PathBuf> {
    XDG_CONFIG_HOME.os().map(PathBuf::from).or_else(|| {
        let below = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".config" };
        Some(Path::new(&HOME.os()?).join(below))
    })
}

/// The whole environment, for children.
pub fn all() -> Vec<(OsString, OsString)> {
    std::env::vars_os().collect()
}

macro_rules! variables {
    ($(#[doc = $title:literal] $group:ident { $($name:ident: $meaning:literal,)* })*) => {
        $($(#[doc = $meaning] pub const $name: Var = Var::new(stringify!($name), $meaning);)*)*
        /// The variables by group, for the reference page.
        pub const GROUPS: &[(&str, &[&Var])] = &[$(($title, &[$(&$name),*])),*];
    };
}

variables! {
    #[doc = "Helm and its plugins"]
    HELM {
        HELM_BIN: "the helm to run; helm sets it for its plugins",
        HELM_PLUGIN_NAME: "set by helm for its plugins: then helm's own command line says which namespace was typed",
        HELM_DRIVER: "where Helm keeps releases: `secret` (the default) or `configmap`",
        HELM_KUBECONTEXT: "the context of `--kube-context`; `helm multi` refuses it, `--contexts` says where to go",
        HELM_KUBEAPISERVER: "refused by `helm multi`: it would send every context to one API server",
        HELM_KUBETOKEN: "refused by `helm multi`: it would use one identity for every context",
        HELM_KUBEASUSER: "refused by `helm multi`, as HELM_KUBETOKEN",
        HELM_KUBEASGROUPS: "refused by `helm multi`, as HELM_KUBETOKEN",
        HELM_KUBECAFILE: "refused by `helm multi`, as HELM_KUBEAPISERVER",
        HELM_KUBETLS_SERVER_NAME: "refused by `helm multi`, as HELM_KUBEAPISERVER",
        HELM_KUBEINSECURE_SKIP_TLS_VERIFY: "refused by `helm multi` when true; set it for a cluster in the kubeconfig",
        HELM_MULTI_FLEET: "the fleet file; default: `convoy.yaml`, looked for from here up to the root of the git repository",
        KUBECONFIG: "kubeconfig files, separated by colons; default: `~/.kube/config`",
    }
    #[doc = "SOPS"]
    SOPS {
        SOPS_AGE_KEY: "age identities as text",
        SOPS_AGE_KEY_FILE: "a file of age identities",
        SOPS_AGE_KEY_CMD: "a command that prints age identities",
        SOPS_AGE_RECIPIENTS: "age recipients for new files, instead of those of `.sops.yaml`",
        SOPS_CONFIG: "the `.sops.yaml` to use; default: the first one from here upwards",
        SOPS_EDITOR: "the editor of `helm secrets edit`; before EDITOR",
        EDITOR: "the editor, unless SOPS_EDITOR is set; default: vim, nano or vi",
    }
    #[doc = "Vault and OpenBao (each also as BAO_..., which wins)"]
    VAULT {
        VAULT_ADDR: "the server, such as `https://vault.example.com:8200`",
        VAULT_NAMESPACE: "the namespace",
        VAULT_TOKEN: "the token; else an AppRole, else `~/.vault-token`",
        VAULT_ROLE_ID: "the AppRole to log in as",
        VAULT_SECRET_ID: "its secret_id",
        VAULT_SECRET_ID_FILE: "a file that holds the secret_id",
        VAULT_CACERT: "PEM file of the only CAs to trust",
        VAULT_CAPATH: "a folder of such files",
        VAULT_CACERT_BYTES: "such certificates as text",
        VAULT_CLIENT_CERT: "PEM file of the client's certificate",
        VAULT_CLIENT_KEY: "PEM file of its key",
        VAULT_TLS_SERVER_NAME: "the name the server's certificate must have",
        VAULT_SKIP_VERIFY: "`true` accepts any certificate, with a warning each time",
        VAULT_CLIENT_TIMEOUT: "time for one request with its retries; default: 60s",
        VAULT_MAX_RETRIES: "retries of a read; default: 2",
        VAULT_PROXY_ADDR: "an HTTP proxy; also VAULT_HTTP_PROXY",
    }
    #[doc = "Places and terminals"]
    PLACES {
        HOME: "where `~` is",
        XDG_CONFIG_HOME: "user configuration; age identities are in `sops/age/keys.txt` below it; default: `~/.config`",
        XDG_CACHE_HOME: "charts pulled for a run; default: `~/.cache`",
        XDG_RUNTIME_DIR: "private memory-backed files for the editor; default: `/dev/shm`",
        PATH: "where helm, git and the editor are found",
        TMPDIR: "temporary files without secrets",
    }
}
