//! moto's server on loopback: KMS and STS of AWS as AWS's own SDKs see them, with real encryption by keys in memory. It
//! takes any credentials and does not check signatures.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::{Client, Response};
use crate::net::free_port;
use crate::process::{Daemon, Lifetime};
use crate::{private_dir, tools, wait_for};

const NAME: &str = "moto";
/// The account that everything is in.
pub const ACCOUNT: &str = "123456789012";

/// A running server; ends when dropped or with the test process.
#[derive(Debug)]
pub struct Moto {
    address: SocketAddr,
    _daemon: Daemon,
    _dir: TempDir,
}

impl Moto {
    /// Starts a server without any keys.
    ///
    /// # Panics
    /// When it does not come up within a minute.
    pub fn start() -> Self {
        let dir = private_dir(NAME);
        let address: SocketAddr = (Ipv4Addr::LOCALHOST, free_port()).into();
        let arguments =
            ["-H".to_owned(), address.ip().to_string(), "-p".to_owned(), address.port().to_string()];
        let daemon = Daemon::start(NAME, &tools::moto_server(), &arguments, dir.path(), Lifetime::Process);
        let daemon = daemon.unwrap_or_else(|error| panic!("moto: {error}"));
        let up = wait_for(Duration::from_secs(60), Duration::from_millis(20), || {
            let answer = Client::plain(address).request("GET", "/moto-api/data.json", None).ok()?;
            answer.is_success().then_some(())
        });
        assert!(up.is_some(), "moto did not come up; its output ends with:\n{}", daemon.log_tail());
        Self { address, _daemon: daemon, _dir: dir }
    }

    /// What `AWS_ENDPOINT_URL` is set to.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Calls an operation of KMS, for instance `CreateKey`.
    ///
    /// # Panics
    /// When the server does not answer.
    #[track_caller]
    pub fn kms(&self, region: &str, operation: &str, body: &Value) -> Response {
        // Only the scope counts: it tells moto service and region.
        let scope = format!("AWS4-HMAC-SHA256 Credential=test/20260101/{region}/kms/aws4_request");
        let client = Client::plain(self.address)
            .header("X-Amz-Target", &format!("TrentService.{operation}"))
            .header("Authorization", &format!("{scope}, SignedHeaders=host, Signature=0"));
        client.request("POST", "/", Some(body)).unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    /// Makes a key and returns its ARN.
    ///
    /// # Panics
    /// When the server does not.
    #[track_caller]
    pub fn create_key(&self, region: &str) -> String {
        let answer = self.kms(region, "CreateKey", &json!({})).json();
        answer["KeyMetadata"]["Arn"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}
