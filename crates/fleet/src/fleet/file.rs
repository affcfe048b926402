//! The fleet file as written, its checks, and its defaults.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::vault::{ContextVaultFields, VaultFields};
use config::{Place, Spanned};
use serde_json::{Map, Value};

use super::{CLUSTER_NAME, Fleet, Target};
use crate::names;
use crate::pairs::Pairs;
use crate::template::beside;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FleetFile {
    #[serde(rename = "apiVersion")]
    api_version: Spanned<String>,
    kind: Spanned<String>,
    spec: Spanned<Spec>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    #[serde(default)]
    globals: Pairs<Spanned<Value>>,
    contexts: Vec<ContextFields>,
    #[serde(default)]
    releases: Vec<Spanned<String>>,
    vault: Option<VaultFields>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ContextFields {
    name: Spanned<String>,
    kube_context: Option<String>,
    kubeconfig: Option<Spanned<String>>,
    #[serde(rename = "clusterUID")]
    cluster_uid: Option<Spanned<String>>,
    namespace: Option<Spanned<String>>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    globals: Pairs<Spanned<Value>>,
    vault: Option<Spanned<ContextVaultFields>>,
}

impl FleetFile {
    pub(super) fn parse(text: &str, file: &str) -> Result<Fleet, config::Error> {
        let parsed: Self = config::parse(text, file)?;
        check_version(&parsed.api_version, file)?;
        if parsed.kind.value != "Fleet" {
            let message = format!("kind is `{}`, not `Fleet`", parsed.kind.value);
            return Err(config::Error::new(file, message).at(config::place(&parsed.kind)));
        }
        let place = config::place(&parsed.spec);
        let spec = parsed.spec.value;
        if spec.contexts.is_empty() {
            return Err(config::Error::new(file, "the fleet has no contexts").at(place));
        }
        let globals = globals(spec.globals, text, file)?;
        let vault = spec.vault.map(|fields| fields.check(file)).transpose()?;
        let mut seen: HashMap<String, u64> = HashMap::new();
        let mut contexts = Vec::with_capacity(spec.contexts.len());
        for fields in spec.contexts {
            fields.check_name(file, &mut seen)?;
            contexts.push(fields.resolve(text, file, &globals, vault.as_ref())?);
        }
        let mut releases = Vec::with_capacity(spec.releases.len());
        for pattern in spec.releases {
            names::glob(&pattern.value)
                .map_err(|message| config::Error::new(file, message).at(config::place(&pattern)))?;
            releases.push(beside(file, &pattern.value));
        }
        Ok(Fleet { file: Some(file.to_owned()), contexts, releases, vault })
    }
}

impl ContextFields {
    fn check_name(&self, file: &str, seen: &mut HashMap<String, u64>) -> Result<(), config::Error> {
        let name = self.name.value.as_str();
        let place = config::place(&self.name);
        let refuse = |message: String| Err(config::Error::new(file, message).at(place));
        if name.is_empty() || name.trim() != name || name.chars().any(char::is_control) {
            return refuse(format!("context name `{name}` is empty or has blanks at its ends"));
        }
        if let Some(special) = name.chars().find(|c| "*?[],".contains(*c)) {
            return refuse(format!(
                "context name `{name}` has `{special}`, which means something in --contexts"
            ));
        }
        // A mapping's `default` is what contexts without an entry use.
        if name == ::vault::mapping::DEFAULT_CONTEXT {
            return refuse(format!(
                "no context can be called `{name}`: Vault mappings give that name a meaning"
            ));
        }
        match seen.insert(name.to_owned(), place.map_or(0, |place| place.line)) {
            Some(line) => refuse(format!("context `{name}` is listed twice (first in line {line})")),
            None => Ok(()),
        }
    }

    fn resolve(
        self,
        text: &str,
        file: &str,
        fleet_globals: &Map<String, Value>,
        fleet_vault: Option<&super::Vault>,
    ) -> Result<Target, config::Error> {
        let refuse = |field: &Spanned<String>, message: String| {
            Err(config::Error::new(file, message).at(config::place(field)))
        };
        if let Some(namespace) = &self.namespace
            && !names::is_dns_label(&namespace.value)
        {
            return refuse(namespace, format!("`{}` is no name of a namespace", namespace.value));
        }
        if let Some(uid) = &self.cluster_uid
            && uid.value.trim().is_empty()
        {
            return refuse(uid, "clusterUID is empty".to_owned());
        }
        if let Some(kubeconfig) = &self.kubeconfig
            && (kubeconfig.value.is_empty() || kubeconfig.value.starts_with('~'))
        {
            let message = format!("`{}` is no path of a kubeconfig", kubeconfig.value);
            return Err(config::Error::new(file, message).at(config::place(kubeconfig)).with_hint(
                "write an absolute path or one relative to this file; without any, the usual lookup",
            ));
        }
        let name = self.name.value.clone();
        let own_globals = globals(self.globals, text, file)?;
        let mut globals = fleet_globals.clone();
        globals.extend(own_globals);
        globals.entry(CLUSTER_NAME).or_insert_with(|| Value::from(name.as_str()));
        let vault = super::vault::for_context(
            fleet_vault,
            self.vault,
            &name,
            &globals,
            file,
            config::place(&self.name),
        )?;
        Ok(Target {
            kube_context: self.kube_context.unwrap_or_else(|| name.clone()),
            kubeconfig: self.kubeconfig.map(|path| beside(file, &path.value)),
            cluster_uid: self.cluster_uid.map(|uid| uid.value),
            namespace: self.namespace.map(|namespace| namespace.value),
            globals,
            labels: self.labels,
            vault,
            place: config::place(&self.name),
            name,
        })
    }
}

/// Globals as values. Numbers that begin with 0 are refused: helm reads `0123` as octal, other readers do not, and an
/// account number would silently become another.
fn globals(
    pairs: Pairs<Spanned<Value>>,
    text: &str,
    file: &str,
) -> Result<Map<String, Value>, config::Error> {
    let mut globals = Map::new();
    for (key, value) in pairs.0 {
        let place = config::place(&value);
        if value.value.is_number() && place.is_some_and(|place| begins_with_zero(text, place)) {
            return Err(config::Error::new(
                file,
                format!("global `{}` is a number that begins with 0", key.value),
            )
            .at(place)
            .with_hint("put it in quotes"));
        }
        globals.insert(key.value, value.value);
    }
    Ok(globals)
}

fn begins_with_zero(text: &str, place: Place) -> bool {
    let index = |number: u64| usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    let line = text.split('\n').nth(index(place.line)).unwrap_or_default();
    let mut digits = line.chars().skip(index(place.column)).skip_while(|c| matches!(c, '+' | '-'));
    digits.next() == Some('0') && digits.next().is_some_and(|c| c.is_ascii_digit())
}

/// Refuses files of another version than this build reads.
pub(crate) fn check_version(version: &Spanned<String>, file: &str) -> Result<(), config::Error> {
    if version.value == "convoy/v1" {
        return Ok(());
    }
    let message = format!("apiVersion `{}` is not known", version.value);
    Err(config::Error::new(file, message).at(config::place(version)).with_hint("this build reads convoy/v1"))
}
