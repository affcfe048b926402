//! Helm's record of a release: base64 of gzip of JSON, in the data key `release` of a Secret (there base64 once more)
//! or ConfigMap.

use std::io::{self, BufRead as _, BufReader, Read as _};

use base64::engine::general_purpose::STANDARD;
use base64::read::DecoderReader;
use flate2::read::GzDecoder;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use super::history::{Detail, Status, rollback_target};
use super::{ApplyMethod, Chart, Hook, Release};

/// The record is at most 1 MiB; what it unpacks to is bounded here.
const LARGEST: u64 = 256 << 20;

/// The release in `record` (the base64 text that Helm wrote), read as a stream: only what [`Release`] holds is kept.
pub(crate) fn release(record: &[u8]) -> Result<Release, String> {
    let payload: Payload = read(record)?;
    let info = payload.info;
    let metadata = payload.chart.and_then(|chart| chart.metadata).unwrap_or_default();
    Ok(Release {
        name: payload.name,
        namespace: payload.namespace,
        revision: payload.version,
        status: Status::from_word(&info.status),
        rollback_to: info.rollback_revision.or_else(|| rollback_target(&info.description)),
        description: info.description,
        first_deployed: info.first_deployed,
        last_deployed: info.last_deployed,
        chart: Chart { name: metadata.name, version: metadata.version, app_version: metadata.app_version },
        manifest: payload.manifest,
        hooks: payload.hooks.unwrap_or_default(),
        apply_method: match payload.apply_method.as_deref() {
            Some("ssa") => ApplyMethod::Server,
            _ => ApplyMethod::Client,
        },
        labels: Default::default(),
    })
}

/// Only what [`super::history::Revision::detail`] holds.
pub(crate) fn detail(record: &[u8]) -> Result<Detail, String> {
    let Brief { info } = read(record)?;
    let rollback_to = info.rollback_revision.or_else(|| rollback_target(&info.description));
    Ok(Detail { description: info.description, rollback_to })
}

fn read<T: for<'de> Deserialize<'de>>(record: &[u8]) -> Result<T, String> {
    let mut plain = BufReader::new(DecoderReader::new(record.trim_ascii(), &STANDARD));
    let start = plain.fill_buf().map_err(|error| error.to_string())?;
    // Very old records are not compressed.
    let text: Box<dyn io::Read + '_> = if start.starts_with(&[0x1f, 0x8b, 0x08]) {
        Box::new(GzDecoder::new(plain))
    } else {
        Box::new(plain)
    };
    // The parser's message may quote a value; its place is enough.
    serde_json::from_reader(BufReader::new(text.take(LARGEST))).map_err(|error| match error.classify() {
        serde_json::error::Category::Io => error.to_string(),
        _ => format!("it is no release, at line {} column {}", error.line(), error.column()),
    })
}

#[derive(Deserialize)]
struct Payload {
    name: String,
    #[serde(default)]
    namespace: String,
    version: u32,
    info: Info,
    #[serde(default)]
    manifest: String,
    hooks: Option<Vec<Hook>>,
    chart: Option<ChartPayload>,
    apply_method: Option<String>,
}

#[derive(Deserialize)]
struct Brief {
    info: Info,
}

#[derive(Deserialize)]
struct Info {
    #[serde(default, deserialize_with = "time")]
    first_deployed: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    last_deployed: Option<Timestamp>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    status: String,
    rollback_revision: Option<u32>,
}

#[derive(Deserialize)]
struct ChartPayload {
    metadata: Option<ChartMetadata>,
}

#[derive(Default, Deserialize)]
struct ChartMetadata {
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
    #[serde(rename = "appVersion")]
    app_version: Option<String>,
}

impl<'de> Deserialize<'de> for Hook {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(default)]
        #[derive(Default)]
        struct HookPayload {
            name: String,
            kind: String,
            path: String,
            manifest: String,
            events: Option<Vec<String>>,
        }
        let HookPayload { name, kind, path, manifest, events } = HookPayload::deserialize(deserializer)?;
        Ok(Self { name, kind, path, events: events.unwrap_or_default(), manifest })
    }
}

/// Helm 3 writes `""`, Go's zero time or nothing where there is none.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.starts_with("0001-")).and_then(|text| text.parse().ok()))
}

#[cfg(test)]
mod tests;
