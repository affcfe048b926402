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
        SOPS_AGE_SSH_PRIVATE_KEY_FILE: "a private SSH key, besides `~/.ssh/id_ed25519` and `~/.ssh/id_rsa`",
        SOPS_AGE_SSH_PRIVATE_KEY_CMD: "a command that prints a private SSH key",
        SOPS_GPG_EXEC: "the gpg to run for OpenPGP keys; default: `gpg`",
        GNUPGHOME: "the folder of gpg's keys",
        GPG_TTY: "the terminal at which gpg asks for passphrases; default: the one of the command",
        SOPS_DECRYPTION_ORDER: "the types of local keys in the order to try, such as `pgp,age`; default: `age,pgp`",
        SOPS_AGE_RECIPIENTS: "age recipients of new files, separated by commas, as `--age`: with this or any of the next ones the keys of `.sops.yaml` do not count",
        SOPS_PGP_FP: "OpenPGP keys of new files, as `--pgp`",
        SOPS_KMS_ARN: "keys of AWS KMS of new files, as `--kms`",
        SOPS_GCP_KMS_IDS: "keys of Google Cloud KMS of new files, as `--gcp-kms`",
        SOPS_AZURE_KEYVAULT_URLS: "keys of Azure Key Vault of new files, as `--azure-kv`",
        SOPS_HUAWEICLOUD_KMS_IDS: "keys of Huawei Cloud KMS of new files, as `--hckms`; they can be named, not used",
        SOPS_VAULT_URIS: "Transit keys of new files, as `--hc-vault-transit`",
        SOPS_CONFIG: "the `.sops.yaml` to use; default: the first one from the file's folder upwards, else from here upwards",
        SOPS_EDITOR: "the editor of `helm secrets edit`; before EDITOR",
        EDITOR: "the editor, unless SOPS_EDITOR is set; default: vim, nano or vi",
    }
    #[doc = "Keys of Vault, AWS, Google Cloud and Azure, as the services' own tools read them"]
    KEY_SERVICES {
        HELM_SECRETS_KEY_TIMEOUT: "time for all remote keys of a file together; default: 30s",
        SOPS_HC_VAULT_ALLOWLIST: "servers that a file may send the Vault token to: URL prefixes separated by commas, `all` or `none`; default: that of VAULT_ADDR, and this machine's",
        HELM_SECRETS_AZURE_HOSTS: "hosts, besides Azure Key Vault's own, that a file may send a token to",
        AWS_ACCESS_KEY_ID: "the access key, with AWS_SECRET_ACCESS_KEY",
        AWS_SECRET_ACCESS_KEY: "its secret",
        AWS_SESSION_TOKEN: "with temporary access keys",
        AWS_PROFILE: "the profile of `~/.aws/config` and `~/.aws/credentials`; default: `default`; also AWS_DEFAULT_PROFILE",
        AWS_CONFIG_FILE: "in place of `~/.aws/config`",
        AWS_SHARED_CREDENTIALS_FILE: "in place of `~/.aws/credentials`",
        AWS_WEB_IDENTITY_TOKEN_FILE: "a token that vouches for the role AWS_ROLE_ARN",
        AWS_ROLE_ARN: "the role of AWS_WEB_IDENTITY_TOKEN_FILE",
        AWS_ROLE_SESSION_NAME: "the name of its session; default: `sops@HOST`",
        AWS_CONTAINER_CREDENTIALS_FULL_URI: "where a container gets credentials; also AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: "what it shows there; also AWS_CONTAINER_AUTHORIZATION_TOKEN",
        AWS_EC2_METADATA_DISABLED: "`true` leaves the metadata service of the instance alone",
        AWS_EC2_METADATA_SERVICE_ENDPOINT: "in place of `http://169.254.169.254`",
        AWS_ENDPOINT_URL: "in place of AWS's own addresses; AWS_ENDPOINT_URL_KMS and AWS_ENDPOINT_URL_STS for one service",
        AWS_USE_FIPS_ENDPOINT: "`true` uses the FIPS addresses",
        GOOGLE_CREDENTIALS: "Google Cloud credentials: the path of a JSON file, or its text",
        GOOGLE_OAUTH_ACCESS_TOKEN: "a Google Cloud access token",
        GOOGLE_APPLICATION_CREDENTIALS: "the path of a JSON file with Google Cloud credentials",
        GOOGLE_CLOUD_QUOTA_PROJECT: "the Google Cloud project that pays for requests",
        CLOUDSDK_CONFIG: "where gcloud leaves its credentials; default: `~/.config/gcloud`",
        GCE_METADATA_HOST: "the metadata service of Google Cloud; default: 169.254.169.254",
        SOPS_GCP_KMS_ENDPOINT: "in place of `cloudkms.googleapis.com`",
        SOPS_GCP_KMS_UNIVERSE_DOMAIN: "in place of `googleapis.com`",
        AZURE_TENANT_ID: "the Azure tenant of AZURE_CLIENT_ID",
        AZURE_CLIENT_ID: "the Azure application, or the managed identity of several",
        AZURE_CLIENT_SECRET: "the application's secret",
        AZURE_CLIENT_CERTIFICATE_PATH: "PEM file of the application's certificate and key, in place of a secret",
        AZURE_FEDERATED_TOKEN_FILE: "a token that vouches for the application (workload identity)",
        AZURE_AUTHORITY_HOST: "in place of `https://login.microsoftonline.com`",
        AZURE_POD_IDENTITY_AUTHORITY_HOST: "the metadata service of Azure; default: `http://169.254.169.254`",
        IDENTITY_ENDPOINT: "where an Azure App Service gets tokens, with IDENTITY_HEADER",
        IDENTITY_HEADER: "what it shows there",
    }
    #[doc = "Vault and OpenBao (each also as BAO_..., which wins)"]
    VAULT {
        VAULT_ADDR: "the server, such as `https://vault.example.com:8200`",
        VAULT_AGENT_ADDR: "an agent or proxy, through which keys of the Transit engine are used",
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
