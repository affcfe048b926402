//! Reads releases out of a cluster.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Api;
use kube::api::{ListParams, ObjectMeta};

use crate::release::decode;
use crate::release::history::{Detail, own_labels};
use crate::{Answer, Before, Cluster, Error, LastWrite, Release, Revision, last_write, revision_before_run};

/// What Helm keeps releases in (`HELM_DRIVER`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Driver {
    #[default]
    Secret,
    ConfigMap,
}

impl Driver {
    /// Reads the value of `HELM_DRIVER`. `sql` and `memory` cannot be read from a cluster.
    pub fn parse(word: &str) -> Result<Self, Error> {
        match word {
            "" | "secret" | "secrets" => Ok(Self::Secret),
            "configmap" | "configmaps" => Ok(Self::ConfigMap),
            other => Err(Error::Driver(other.to_owned())),
        }
    }
}

impl Cluster {
    /// All revisions of a release, oldest first; empty when there is none. One request, without the payloads.
    pub async fn history(&self, namespace: &str, release: &str) -> Result<Vec<Revision>, Error> {
        let client = self.client().await?;
        let wanted = ListParams::default().labels(&format!("owner=helm,name={release}"));
        let found: Vec<ObjectMeta> = match self.driver() {
            Driver::Secret => {
                let list =
                    self.ask(Api::<Secret>::namespaced(client, namespace).list_metadata(&wanted)).await?;
                list.items.into_iter().map(|item| item.metadata).collect()
            }
            Driver::ConfigMap => {
                let list =
                    self.ask(Api::<ConfigMap>::namespaced(client, namespace).list_metadata(&wanted)).await?;
                list.items.into_iter().map(|item| item.metadata).collect()
            }
        };
        let revision = |metadata: ObjectMeta| {
            let created = metadata.creation_timestamp.map(|time| time.0);
            Revision::from_labels(metadata.labels.unwrap_or_default(), created)
        };
        let mut history: Vec<Revision> = found.into_iter().filter_map(revision).collect();
        history.sort_by_key(|revision| revision.number);
        Ok(history)
    }

    /// One revision of a release with what it installed.
    pub async fn release(&self, namespace: &str, release: &str, revision: u32) -> Result<Release, Error> {
        let (name, record, labels) = self.record(namespace, release, revision).await?;
        let mut release = decode::release(&record).map_err(|cause| Error::Decode { name, cause })?;
        release.labels = own_labels(labels);
        Ok(release)
    }

    /// Applies a rule to a history, reading the records it asks to look at into `history`.
    pub async fn resolve<T>(
        &self,
        namespace: &str,
        release: &str,
        history: &mut [Revision],
        rule: impl Fn(&[Revision]) -> Answer<T>,
    ) -> Result<T, Error> {
        loop {
            match rule(history) {
                Answer::Known(known) => return Ok(known),
                Answer::Look(number) => {
                    let detail = self.detail(namespace, release, number).await?;
                    for revision in history.iter_mut().filter(|revision| revision.number == number) {
                        revision.detail = Some(detail.clone());
                    }
                }
            }
        }
    }

    /// What stood before run `run` wrote the release; see [`revision_before_run`].
    pub async fn before_run(
        &self,
        namespace: &str,
        release: &str,
        history: &mut [Revision],
        run: &str,
    ) -> Result<Before, Error> {
        self.resolve(namespace, release, history, |history| revision_before_run(history, run)).await
    }

    /// Who wrote the newest revision; see [`last_write`].
    pub async fn last_write(
        &self,
        namespace: &str,
        release: &str,
        history: &mut [Revision],
    ) -> Result<LastWrite, Error> {
        self.resolve(namespace, release, history, last_write).await
    }

    async fn detail(&self, namespace: &str, release: &str, revision: u32) -> Result<Detail, Error> {
        let (name, record, _labels) = self.record(namespace, release, revision).await?;
        decode::detail(&record).map_err(|cause| Error::Decode { name, cause })
    }

    /// Name, content and labels of Helm's record of a revision.
    async fn record(
        &self,
        namespace: &str,
        release: &str,
        revision: u32,
    ) -> Result<(String, Vec<u8>, BTreeMap<String, String>), Error> {
        let client = self.client().await?;
        let name = format!("sh.helm.release.v1.{release}.v{revision}");
        let (record, metadata) = match self.driver() {
            Driver::Secret => {
                let found = self.ask(Api::<Secret>::namespaced(client, namespace).get(&name)).await?;
                (
                    found.data.and_then(|mut data| data.remove("release")).map(|record| record.0),
                    found.metadata,
                )
            }
            Driver::ConfigMap => {
                let found = self.ask(Api::<ConfigMap>::namespaced(client, namespace).get(&name)).await?;
                (
                    found.data.and_then(|mut data| data.remove("release")).map(String::into_bytes),
                    found.metadata,
                )
            }
        };
        match record {
            Some(record) => Ok((name, record, metadata.labels.unwrap_or_default())),
            None => Err(Error::Decode { name, cause: "it has no key `release`".into() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_by_helms_names() {
        for word in ["", "secret", "secrets"] {
            assert_eq!(Driver::parse(word).unwrap(), Driver::Secret);
        }
        assert_eq!(Driver::parse("configmap").unwrap(), Driver::ConfigMap);
        let error = Driver::parse("sql").unwrap_err();
        assert_eq!(error.to_string(), "HELM_DRIVER=sql keeps releases where they cannot be read");
    }
}
