//! Where a path's mount ends and which KV version it has. Only the server knows: mounts may have several segments.

use std::collections::HashSet;

use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;

use crate::transport::Transport;
use crate::{Error, KvPath, Problem};

/// A KV mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    /// With a slash at its end: `kv/`.
    pub path: String,
    pub version: KvVersion,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KvVersion {
    V1,
    V2,
}

/// What was found out about the mounts of some paths.
#[derive(Default)]
pub(crate) struct Mounts {
    found: Vec<Mount>,
    /// Paths whose mount cannot be used.
    refused: Vec<(KvPath, Problem)>,
}

impl Mounts {
    /// Looks up the mounts of `paths`: one request for each mount, those of different first segments together.
    ///
    /// The very first request goes out alone: it opens the one connection that HTTP/2 then shares.
    pub async fn detect(paths: &[&KvPath], transport: &Transport, concurrency: usize) -> Result<Self, Error> {
        let mut mounts = Self::default();
        let mut first = true;
        loop {
            let mut segments = HashSet::new();
            let unknown = paths.iter().copied().filter(|path| mounts.of(path).is_none());
            let mut ask: Vec<&KvPath> = unknown.filter(|path| segments.insert(first_segment(path))).collect();
            if ask.is_empty() {
                return Ok(mounts);
            }
            if std::mem::take(&mut first) {
                ask.truncate(1);
            }
            let answers = stream::iter(ask)
                .map(|path| async move { Ok((path, look_up(path, transport).await?)) })
                .buffer_unordered(concurrency);
            for (path, answer) in answers.try_collect::<Vec<(&KvPath, Result<Mount, Problem>)>>().await? {
                match answer {
                    Ok(mount) if mount.holds(path) => mounts.found.push(mount),
                    Ok(_) => mounts.refused.push((path.clone(), Problem::MountOnly)),
                    Err(problem) => mounts.refused.push((path.clone(), problem)),
                }
            }
        }
    }

    /// The mount of a path, if it was looked up.
    pub fn of(&self, path: &KvPath) -> Option<Result<&Mount, &Problem>> {
        let found = self.found.iter().find(|mount| mount.holds(path)).map(Ok);
        found.or_else(|| {
            self.refused.iter().find(|(refused, _)| refused == path).map(|(_, problem)| Err(problem))
        })
    }
}

impl Mount {
    fn holds(&self, path: &KvPath) -> bool {
        path.as_str().starts_with(&self.path)
    }

    /// The API path of a secret's data: `kv/data/app1` on version 2, whether `data/` was written or not.
    pub fn data_path(&self, path: &KvPath) -> String {
        match self.version {
            KvVersion::V1 => path.to_string(),
            KvVersion::V2 => format!("{}data/{}", self.path, self.rest(path)),
        }
    }

    /// The path without `data/`, as the `vault kv` commands take it: `kv/app1`.
    pub fn logical_path(&self, path: &KvPath) -> String {
        format!("{}{}", self.path, self.rest(path))
    }

    fn rest<'a>(&self, path: &'a KvPath) -> &'a str {
        let rest = path.as_str().strip_prefix(&self.path).unwrap_or(path.as_str());
        match self.version {
            KvVersion::V1 => rest,
            KvVersion::V2 => rest.strip_prefix("data/").unwrap_or(rest),
        }
    }
}

fn first_segment(path: &KvPath) -> &str {
    path.as_str().split('/').next().unwrap_or_default()
}

async fn look_up(path: &KvPath, transport: &Transport) -> Result<Result<Mount, Problem>, Error> {
    let api_path = format!("sys/internal/ui/mounts/{path}");
    let answer = transport.get(&api_path, None).await?;
    match answer.status.as_u16() {
        200 => parse(&answer.body).ok_or_else(|| transport.unexpected(&api_path, "no mount in it")),
        // The server tells nothing about mounts of which the token may see no path.
        400 | 403 | 404 => Ok(Err(Problem::MountDenied)),
        status => Err(transport.unexpected(&api_path, format!("status {status}"))),
    }
}

fn parse(body: &[u8]) -> Option<Result<Mount, Problem>> {
    #[derive(Deserialize)]
    struct Body {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        path: String,
        #[serde(rename = "type")]
        engine: String,
        options: Option<Options>,
    }
    #[derive(Deserialize)]
    struct Options {
        version: Option<String>,
    }
    let Body { data } = serde_json::from_slice(body).ok()?;
    let version = data.options.and_then(|options| options.version);
    let version = match (data.engine.as_str(), version.as_deref()) {
        ("kv", Some("2")) => KvVersion::V2,
        // `generic` is what KV version 1 was called first.
        ("kv" | "generic", None | Some("1")) => KvVersion::V1,
        (engine, version) => {
            let engine =
                version.map_or_else(|| engine.to_owned(), |version| format!("{engine} version {version}"));
            return Some(Err(Problem::NotKv { mount: data.path, engine }));
        }
    };
    Some(Ok(Mount { path: data.path, version }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> KvPath {
        KvPath::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn data_is_put_behind_the_mount_once() {
        let v2 = Mount { path: "team/a/kv/".to_owned(), version: KvVersion::V2 };
        assert_eq!(v2.data_path(&path("/team/a/kv/x/y")), "team/a/kv/data/x/y");
        assert_eq!(v2.data_path(&path("/team/a/kv/data/x/y")), "team/a/kv/data/x/y");
        assert_eq!(v2.data_path(&path("/team/a/kv/data")), "team/a/kv/data/data");
        let v1 = Mount { path: "kv/".to_owned(), version: KvVersion::V1 };
        assert_eq!(v1.data_path(&path("/kv/data/x")), "kv/data/x");
        assert_eq!(v1.logical_path(&path("/kv/data/x")), "kv/data/x");
        assert_eq!(v2.logical_path(&path("/team/a/kv/data/x/y")), "team/a/kv/x/y");
    }

    #[test]
    fn a_mount_is_no_mere_prefix() {
        let mount = Mount { path: "kv/".to_owned(), version: KvVersion::V1 };
        assert!(mount.holds(&path("kv/a")));
        assert!(!mount.holds(&path("kv1/a")));
    }

    #[test]
    fn what_the_server_says_about_a_mount() {
        let parsed = |text: &str| parse(text.as_bytes());
        let mount = |version| Some(Ok(Mount { path: "kv/".to_owned(), version }));
        assert_eq!(
            parsed(r#"{"data":{"path":"kv/","type":"kv","options":{"version":"2"}}}"#),
            mount(KvVersion::V2)
        );
        assert_eq!(parsed(r#"{"data":{"path":"kv/","type":"kv","options":null}}"#), mount(KvVersion::V1));
        assert_eq!(parsed(r#"{"data":{"path":"kv/","type":"generic","options":{}}}"#), mount(KvVersion::V1));
        let not_kv = Problem::NotKv { mount: "db/".to_owned(), engine: "database".to_owned() };
        assert_eq!(parsed(r#"{"data":{"path":"db/","type":"database","options":null}}"#), Some(Err(not_kv)));
        assert_eq!(parsed("<html>"), None);
    }
}
