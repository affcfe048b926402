//! Clients for contexts.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine as _;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, Client};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::sync::{Mutex, OnceCell};

use crate::error::Refused;
use crate::kubeconfig::Entries;
use crate::{Context, Driver, Error, Kubeconfig, Reason, credentials, proxy};

/// How to talk to clusters.
#[derive(Clone)]
pub struct Settings {
    /// For the connection, TLS included.
    pub connect_timeout: Duration,
    /// For one request with its retries.
    pub request_timeout: Duration,
    /// For a credential plugin.
    pub credential_timeout: Duration,
    /// Where Helm keeps releases.
    pub driver: Driver,
    /// What credential plugins get, and where proxies are looked up.
    pub environment: Vec<(OsString, OsString)>,
}

impl Settings {
    /// 5 s to connect, 30 s for a request, a minute for a credential plugin; releases in Secrets.
    pub fn new(environment: Vec<(OsString, OsString)>) -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            credential_timeout: Duration::from_secs(60),
            driver: Driver::Secret,
            environment,
        }
    }
}

// The environment holds credentials.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("driver", &self.driver).finish_non_exhaustive()
    }
}

/// Clients, one for each API server and user, however many contexts share it.
///
/// Contexts that differ in their namespace only are common. Together they need one TLS connection or a few, one run of
/// the credential plugin, and one answer to which cluster they are.
#[derive(Debug)]
pub struct Clusters {
    settings: Settings,
    links: Mutex<HashMap<Entries, Arc<Opened>>>,
}

/// Opened once; a failure is not tried again for the next context, which may take a credential plugin a minute.
type Opened = OnceCell<Result<Arc<Link>, Refused>>;

impl Clusters {
    /// Opens nothing yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings, links: Mutex::default() }
    }

    /// Prepares a client for `context`; runs its credential plugin, if it has one. Sends nothing yet.
    pub async fn connect(&self, kubeconfig: &Kubeconfig, context: &str) -> Result<Cluster, Error> {
        let described = kubeconfig.context(context)?;
        let (entries, cluster, user) = kubeconfig.parts(context)?;
        let cell = Arc::clone(self.links.lock().await.entry(entries).or_default());
        let link =
            cell.get_or_init(async || Link::new(cluster, user, &self.settings).await.map(Arc::new)).await;
        match link {
            Ok(link) => Ok(Cluster { context: described, link: Arc::clone(link) }),
            Err(refused) => Err(refused.clone().of(context)),
        }
    }
}

/// One context, ready to be asked.
pub struct Cluster {
    context: Context,
    link: Arc<Link>,
}

/// A client for one API server and user.
struct Link {
    settings: Settings,
    /// Without credentials; those are in the session.
    config: kube::Config,
    parts: (kube::config::Cluster, kube::config::AuthInfo),
    session: Mutex<Session>,
    uid: OnceLock<String>,
}

struct Session {
    client: Client,
    expires: Option<Timestamp>,
}

/// Issued credentials are renewed when they have no more than this left.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

impl Cluster {
    /// The context it was made for.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// What tells this cluster from any other: the UID of its namespace `kube-system`. Asked once.
    pub async fn identity(&self) -> Result<String, Error> {
        if let Some(known) = self.link.uid.get() {
            return Ok(known.clone());
        }
        // Whoever asks meanwhile asks too: waiting in a row for a server that does not answer would take longer.
        let namespaces: Api<Namespace> = Api::all(self.client().await?);
        let found = self.ask(namespaces.get_metadata("kube-system")).await?;
        let uid = found.metadata.uid.ok_or_else(|| Error::Request {
            context: self.context.name.clone(),
            reason: Reason::Other,
            cause: "namespace kube-system has no UID".into(),
        })?;
        Ok(self.link.uid.get_or_init(|| uid).clone())
    }

    /// The version of its API server, such as `v1.36.3`.
    pub async fn server_version(&self) -> Result<String, Error> {
        let client = self.client().await?;
        Ok(self.ask(client.apiserver_version()).await?.git_version)
    }

    pub(crate) fn driver(&self) -> Driver {
        self.link.settings.driver
    }

    /// A client with credentials that are good for a while.
    pub(crate) async fn client(&self) -> Result<Client, Error> {
        self.link.client().await.map_err(|refused| refused.of(&self.context.name))
    }

    /// One request, within its time.
    pub(crate) async fn ask<T>(&self, request: impl Future<Output = kube::Result<T>>) -> Result<T, Error> {
        let limit = self.link.settings.request_timeout;
        match tokio::time::timeout(limit, request).await {
            Ok(answer) => answer.map_err(|error| Error::request(&self.context.name, &error)),
            Err(_too_long) => Err(Error::Request {
                context: self.context.name.clone(),
                reason: Reason::Timeout,
                cause: format!("no answer within {} s", limit.as_secs_f32()),
            }),
        }
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("context", &self.context).finish_non_exhaustive()
    }
}

impl Link {
    async fn new(
        cluster: &kube::config::Cluster,
        user: kube::config::AuthInfo,
        settings: &Settings,
    ) -> Result<Self, Refused> {
        let config = configure(cluster, settings).map_err(Refused::Entry)?;
        let session = open(&config, cluster, &user, settings).await?;
        Ok(Self {
            settings: settings.clone(),
            config,
            parts: (cluster.clone(), user),
            session: Mutex::new(session),
            uid: OnceLock::new(),
        })
    }

    async fn client(&self) -> Result<Client, Refused> {
        let mut session = self.session.lock().await;
        if session.expires.is_some_and(|expires| expires <= Timestamp::now() + LEEWAY) {
            let (cluster, user) = &self.parts;
            *session = open(&self.config, cluster, user, &self.settings).await?;
        }
        Ok(session.client.clone())
    }
}

// The user entry holds keys.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("server", &self.config.cluster_url).finish_non_exhaustive()
    }
}

async fn open(
    config: &kube::Config,
    cluster: &kube::config::Cluster,
    user: &kube::config::AuthInfo,
    settings: &Settings,
) -> Result<Session, Refused> {
    let mut config = config.clone();
    config.auth_info = user.clone();
    let expires = credentials::issue(cluster, &mut config.auth_info, settings).await?;
    let client = Client::try_from(config).map_err(|error| Refused::Entry(error.to_string()))?;
    Ok(Session { client, expires })
}

/// What kube's own loader does, without its look at the environment (see [`proxy`]).
fn configure(cluster: &kube::config::Cluster, settings: &Settings) -> Result<kube::Config, String> {
    let server =
        cluster.server.as_deref().filter(|server| !server.is_empty()).ok_or("its cluster has no server")?;
    let server: http::Uri = server.parse().map_err(|_| format!("its server `{server}` is no URL"))?;
    let mut config = kube::Config::new(server);
    config.root_cert = certificate_authority(cluster)?;
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or_default();
    config.tls_server_name = cluster.tls_server_name.clone().filter(|name| !name.is_empty());
    config.proxy_url =
        proxy::choose(&config.cluster_url, cluster.proxy_url.as_deref(), &settings.environment)?;
    config.connect_timeout = Some(settings.connect_timeout);
    config.read_timeout = Some(settings.request_timeout);
    config.reset_reader_on_write = true; // else the time a pooled connection was idle would count
    Ok(config)
}

/// The authorities of the API server, as DER; `None` means those of the system.
fn certificate_authority(cluster: &kube::config::Cluster) -> Result<Option<Vec<Vec<u8>>>, String> {
    let set = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
    let pem = match (set(&cluster.certificate_authority_data), set(&cluster.certificate_authority)) {
        (Some(data), _) => base64::engine::general_purpose::STANDARD
            .decode(data)
            .map_err(|_| "its certificate-authority-data is no base64")?,
        (None, Some(path)) => fs_err::read(path).map_err(|error| error.to_string())?,
        (None, None) => return Ok(None),
    };
    let certificates = CertificateDer::pem_slice_iter(&pem).map(|found| found.map(|it| it.to_vec()));
    let certificates: Vec<Vec<u8>> =
        certificates.collect::<Result<_, _>>().map_err(|_| "its certificate authority is no PEM")?;
    if certificates.is_empty() {
        return Err("its certificate authority holds no certificate".into());
    }
    Ok(Some(certificates))
}
