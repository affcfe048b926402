//! What one invocation works with: helm, its children's environment, the kubeconfig.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use cluster::{Cluster, Clusters, Context, Driver, Kubeconfig};
use fleet::Target;
use helm::{Environment, Helm};
use keys::{Keyring, Prompt, Sources};
use secrecy::SecretString;
use ui::{CommandError, Printer, env, terminal};

use crate::plan::Step;

/// Settings, from outside, that would send every context to the same place or as the same user.
const OVERRIDES: [&env::Var; 7] = [
    &env::HELM_KUBEAPISERVER,
    &env::HELM_KUBETOKEN,
    &env::HELM_KUBEASUSER,
    &env::HELM_KUBEASGROUPS,
    &env::HELM_KUBECAFILE,
    &env::HELM_KUBETLS_SERVER_NAME,
    &env::HELM_KUBEINSECURE_SKIP_TLS_VERIFY,
];

#[derive(Debug)]
pub struct Session {
    pub helm: Helm,
    pub environment: Environment,
    clusters: Clusters,
    /// Those read so far, by where they are.
    kubeconfigs: RefCell<HashMap<Vec<PathBuf>, Rc<Kubeconfig>>>,
}

impl Session {
    /// Finds helm and refuses settings that override contexts.
    pub fn new() -> Result<Self, CommandError> {
        // Helm sets some of them for every plugin, to nothing or to `false`.
        let is_set = |variable: &&env::Var| variable.os().is_some_and(|value| value != "false");
        if let Some(variable) = OVERRIDES.into_iter().find(is_set) {
            return Err(CommandError::new(format!("{} would override every context", variable.name)).hint(
                "leave the flag or variable out; each context has its own server and user in the kubeconfig",
            ));
        }
        if env::HELM_KUBECONTEXT.os().is_some() {
            return Err(CommandError::new("--kube-context names one context only")
                .hint("say where to go with --contexts a,b or --select env=prod"));
        }
        // Whatever was installed before is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let helm = Helm::find(env::HELM_BIN.os().as_deref(), &env::PATH.os().unwrap_or_default())
            .map_err(helm_error)?;
        let environment = Environment::for_contexts(env::all());
        let mut settings = cluster::Settings::new(env::all());
        settings.driver =
            Driver::parse(&env::HELM_DRIVER.text().unwrap_or_default()).map_err(cluster_error)?;
        Ok(Self { helm, environment, clusters: Clusters::new(settings), kubeconfigs: RefCell::default() })
    }

    /// The kubeconfig `own`, or that of contexts without one of their own.
    fn kubeconfig(&self, own: Option<&PathBuf>) -> Result<Rc<Kubeconfig>, cluster::Error> {
        let usual =
            || Kubeconfig::paths(env::KUBECONFIG.os().as_deref(), env::HOME.os().as_deref().map(Path::new));
        let paths = own.map_or_else(usual, |own| vec![own.clone()]);
        if let Some(known) = self.kubeconfigs.borrow().get(&paths) {
            return Ok(Rc::clone(known));
        }
        let loaded = Rc::new(Kubeconfig::load(&paths)?);
        self.kubeconfigs.borrow_mut().insert(paths, Rc::clone(&loaded));
        Ok(loaded)
    }

    /// Every context of the kubeconfig.
    pub fn context_names(&self) -> Result<Vec<String>, CommandError> {
        let kubeconfig = self.kubeconfig(None).map_err(cluster_error)?;
        Ok(kubeconfig.contexts().map(|context| context.name).collect())
    }

    /// The kube context of `target`; an error that names a near one if there is none.
    pub fn context(&self, target: &Target) -> Result<Context, CommandError> {
        let kubeconfig = self.kubeconfig(target.kubeconfig.as_ref()).map_err(cluster_error)?;
        kubeconfig.context(&target.kube_context).map_err(cluster_error)
    }

    /// A client for the context of `step`.
    pub async fn connect(&self, step: &Step) -> Result<Cluster, cluster::Error> {
        let kubeconfig = self.kubeconfig(step.kubeconfig.as_ref())?;
        self.clusters.connect(&kubeconfig, &step.kube_context).await
    }

    /// Where a helm child for `step` is to go.
    pub fn helm_target(&self, step: &Step) -> helm::Target {
        helm::Target {
            kubeconfig: step.kubeconfig.as_ref().map(|path| OsString::from(path.as_os_str())),
            context: step.kube_context.clone(),
            namespace: step.namespace.clone(),
        }
    }

    /// The keys for encrypted values files, from where sops looks.
    pub fn keyring(&self) -> Keyring {
        let home = env::HOME.os();
        let home = home.as_deref().map(Path::new);
        let sources = Sources::from_env(&env::lookup, home, env::config_dir().as_deref());
        Keyring::new(sources.with_prompt(AtTerminal))
    }
}

/// Asks for the passphrases of keys.
struct AtTerminal;

impl Prompt for AtTerminal {
    fn secret(&self, question: &str) -> Option<SecretString> {
        terminal::ask_secret(&format!("{question}: "))
    }

    fn show(&self, message: &str) {
        terminal::tell(message);
    }

    fn warn(&self, message: &str) {
        Printer::new(false, false, false).warning(message);
    }
}

/// Runs `work` on a single-threaded runtime.
pub fn block_on<T>(work: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

pub fn helm_error(error: helm::Error) -> CommandError {
    CommandError::hinted(error, helm::Error::hint)
}

pub fn cluster_error(error: cluster::Error) -> CommandError {
    CommandError::hinted(error, cluster::Error::hint)
}

pub mod namespace;
