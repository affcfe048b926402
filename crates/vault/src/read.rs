//! One secret from the server: its status told apart, its keys as they stand in the answer.

use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::mounts::{KvVersion, Mount};
use crate::transport::{Answer, Transport};
use crate::value::Keys;
use crate::{Error, Problem};

/// A secret's answer, kept as it came.
pub(crate) struct Body {
    bytes: Zeroizing<Vec<u8>>,
    kv: KvVersion,
}

/// Reads `path` (an API path, see [`Mount::data_path`]); the inner result is about this secret only.
pub(crate) async fn read(
    transport: &Transport,
    mount: &Mount,
    path: &str,
    version: Option<u64>,
) -> Result<Result<Body, Problem>, Error> {
    if version.is_some() && mount.version == KvVersion::V1 {
        return Ok(Err(Problem::NoVersions));
    }
    let answer = transport.get(path, version).await?;
    Ok(match answer.status.as_u16() {
        200 => Ok(Body { bytes: answer.body, kv: mount.version }),
        403 => Err(Problem::Denied),
        404 if mount.version == KvVersion::V2 && is_deleted(&answer) => Err(Problem::Deleted { version }),
        404 => Err(Problem::MissingPath { version }),
        status => Err(Problem::Status { status }),
    })
}

impl Body {
    /// The keys and, on KV version 2, the version read. None if the answer is not a secret's.
    pub fn keys(&self) -> Option<(Keys<'_>, Option<u64>)> {
        #[derive(Deserialize)]
        struct Outer<'a> {
            #[serde(borrow)]
            data: &'a RawValue,
        }
        #[derive(Deserialize)]
        struct Versioned<'a> {
            #[serde(borrow)]
            data: &'a RawValue,
            metadata: Metadata,
        }
        #[derive(Deserialize)]
        struct Metadata {
            version: u64,
        }
        // The parser's errors quote values; they end here.
        let outer: Outer<'_> = serde_json::from_slice(&self.bytes).ok()?;
        match self.kv {
            KvVersion::V1 => Some((serde_json::from_str(outer.data.get()).ok()?, None)),
            KvVersion::V2 => {
                let inner: Versioned<'_> = serde_json::from_str(outer.data.get()).ok()?;
                Some((serde_json::from_str(inner.data.get()).ok()?, Some(inner.metadata.version)))
            }
        }
    }
}

/// Whether a 404 is about a version that was there: such an answer has metadata, one for a path without a secret not.
fn is_deleted(answer: &Answer) -> bool {
    #[derive(Deserialize)]
    struct Outer {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    struct Metadata {
        deletion_time: String,
        destroyed: bool,
    }
    serde_json::from_slice::<Outer>(&answer.body).is_ok_and(|Outer { data: Data { metadata } }| {
        metadata.destroyed || !metadata.deletion_time.is_empty()
    })
}
