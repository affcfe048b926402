//! The OpenBao servers of these tests.

use std::sync::OnceLock;

use serde_json::json;
use testkit::OpenBao;

/// A root token like no other word, so that a leaked one is noticed.
pub const ROOT: &str = "root-pl4nted";

/// The server that all tests share; each test uses mounts of its own.
pub fn shared() -> &'static OpenBao {
    static SHARED: OnceLock<OpenBao> = OnceLock::new();
    SHARED.get_or_init(|| with_root(OpenBao::start()))
}

/// The server, which takes [`ROOT`] from now on.
pub fn with_root(server: OpenBao) -> OpenBao {
    server.write("/v1/auth/token/create", &json!({"id": ROOT, "policies": ["root"]}));
    server
}
