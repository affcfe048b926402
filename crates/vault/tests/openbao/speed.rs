//! Many paths over a longer wire.

use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{OpenBao, Proxy};
use vault::Client;

use crate::server::{ROOT, shared, with_root};
use crate::{requests, with_token};

const PATHS: usize = 500;
const ROUND_TRIP: Duration = Duration::from_millis(10);

#[tokio::test]
async fn reads_go_out_together() {
    assert!(read_all(shared()).await <= vault::DEFAULT_CONCURRENCY);
}

#[tokio::test]
async fn reads_over_tls_share_one_connection() {
    assert_eq!(read_all(&with_root(OpenBao::start_tls())).await, 1);
}

/// Reads all paths through a slow proxy; how many connections that took.
#[expect(clippy::print_stdout, reason = "the figure, for those who run it with --nocapture")]
async fn read_all(bao: &OpenBao) -> usize {
    bao.mount_kv("many", 2);
    for number in 0..PATHS {
        bao.put("many", &format!("p{number}"), &json!({"k": "v"}));
    }
    let proxy = Proxy::start(bao.address());
    proxy.delay(ROUND_TRIP / 2);
    let sources: Vec<String> = (0..PATHS).map(|number| format!("/many/p{number}, vaultKey: k")).collect();
    let requests = requests(&sources.iter().map(String::as_str).collect::<Vec<_>>());
    let url = bao.url().replace(&bao.address().to_string(), &proxy.address().to_string());
    let mut settings = with_token(&url, ROOT);
    settings.tls.ca_file = bao.ca_file().map(Into::into);
    let started = Instant::now();
    let client = Client::connect(&settings).await.unwrap();
    let resolved = client.resolve(&requests).await.unwrap();
    let took = started.elapsed();
    assert_eq!(resolved.secrets.len(), PATHS);
    println!(
        "{url}: {PATHS} paths, {ROUND_TRIP:?} round trip: {took:?}, {} connections",
        proxy.connections()
    );
    // One after the other they cannot take less. The exact figure is the benchmark's business.
    let sequential = ROUND_TRIP * u32::try_from(PATHS).unwrap();
    assert!(took < sequential, "{took:?}");
    proxy.connections()
}
