//! A small HTTP client for the servers of the test environment: one connection per request, plain, TLS or mutual TLS.
//!
//! It is not the client under test, so that a test never checks code with itself.

use std::fmt::{self, Display};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::WantsClientCert;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ConfigBuilder, RootCertStore, StreamOwned};
use serde_json::Value;

const TIMEOUT: Duration = Duration::from_secs(20);

/// Talks to one server.
#[derive(Clone)]
pub struct Client {
    address: SocketAddr,
    tls: Option<Arc<ClientConfig>>,
    headers: String,
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The body as it came.
    pub body: String,
}

impl Client {
    /// A client that speaks plain HTTP.
    pub fn plain(address: SocketAddr) -> Self {
        Self { address, tls: None, headers: String::new() }
    }

    /// A client that trusts `ca` (PEM) alone.
    ///
    /// # Panics
    /// When the PEM text is not a certificate.
    pub fn tls(address: SocketAddr, ca: &str) -> Self {
        Self::configured(address, trusting(ca).with_no_client_auth())
    }

    /// A client that trusts `ca` alone and shows the certificate `cert` (all PEM).
    ///
    /// # Panics
    /// When a PEM text is not what it should be.
    pub fn mutual_tls(address: SocketAddr, ca: &str, cert: &str, key: &str) -> Self {
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a PEM key");
        let config = trusting(ca).with_client_auth_cert(vec![certificate(cert)], key);
        Self::configured(address, config.expect("the key of the certificate"))
    }

    fn configured(address: SocketAddr, config: ClientConfig) -> Self {
        Self { address, tls: Some(Arc::new(config)), headers: String::new() }
    }

    /// Sends this header with every request.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    /// Sends one request; a body is JSON: a [`Value`], or a text where numbers must stay as written.
    ///
    /// # Errors
    /// When the server cannot be reached or breaks off.
    pub fn request(&self, method: &str, path: &str, body: Option<&dyn Display>) -> io::Result<Response> {
        let stream = TcpStream::connect_timeout(&self.address, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_nodelay(true)?;
        let Some(config) = &self.tls else { return self.exchange(stream, method, path, body) };
        let name = ServerName::IpAddress(self.address.ip().into());
        let connection = ClientConnection::new(config.clone(), name).map_err(io::Error::other)?;
        self.exchange(StreamOwned::new(connection, stream), method, path, body)
    }

    /// HTTP/1.0, so that the answer is not chunked and ends with the connection.
    fn exchange(
        &self,
        mut stream: impl Read + Write,
        method: &str,
        path: &str,
        body: Option<&dyn Display>,
    ) -> io::Result<Response> {
        let body = body.map(ToString::to_string).unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n",
            self.address,
            body.len(),
            self.headers
        );
        stream.write_all((head + &body).as_bytes())?;
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            // Go closes the TCP connection without the closing message of TLS.
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error),
            _ => {}
        }
        parse(&String::from_utf8_lossy(&answer)).ok_or_else(|| io::Error::other("not an HTTP answer"))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({}, tls: {})", self.address, self.tls.is_some())
    }
}

impl Response {
    /// The body as JSON.
    ///
    /// # Panics
    /// When it is something else.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// Whether the status says success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).expect("a PEM certificate")
}

fn trusting(ca: &str) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate(ca)).expect("a CA certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions")
        .with_root_certificates(roots)
}

fn parse(answer: &str) -> Option<Response> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Response { status, body: body.to_owned() })
}
