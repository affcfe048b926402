//! Credential plugins: the programs that kubeconfigs name under `exec`
//! (<https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins>).
//!
//! kube runs such a plugin three times for each client, blocking its thread; cloud plugins take a second each. So it is
//! run once here and kube gets the result.

use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use kube::config::{AuthInfo, Cluster, ExecAuthCluster, ExecConfig, ExecInteractiveMode};
use serde::{Deserialize, Serialize};

use crate::Settings;
use crate::error::Refused;

#[derive(Serialize)]
struct Request<'a> {
    kind: &'static str,
    #[serde(rename = "apiVersion")]
    api_version: Option<&'a str>,
    spec: RequestSpec,
}

#[derive(Serialize)]
struct RequestSpec {
    interactive: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<ExecAuthCluster>,
}

#[derive(Deserialize)]
struct Answer {
    status: Option<Issued>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Issued {
    expiration_timestamp: Option<Timestamp>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// Replaces the plugin in `user` by what it issues, and says until when that is good.
pub async fn issue(
    cluster: &Cluster,
    user: &mut AuthInfo,
    settings: &Settings,
) -> Result<Option<Timestamp>, Refused> {
    // As in client-go, credentials in the kubeconfig itself go before the plugin.
    if user.token.is_some() || user.token_file.is_some() || user.username.is_some() {
        user.exec = None;
    }
    let Some(exec) = user.exec.take() else { return Ok(None) };
    let issued = run(cluster, &exec, settings).await.map_err(|cause| Refused::Credentials {
        command: exec.command.clone().unwrap_or_default(),
        cause,
        install_hint: exec.install_hint.clone(),
    })?;
    user.token = issued.token.map(Into::into);
    if let (Some(certificate), Some(key)) = (issued.client_certificate_data, issued.client_key_data) {
        user.client_certificate_data = Some(STANDARD.encode(certificate));
        user.client_key_data = Some(STANDARD.encode(key).into());
    }
    Ok(issued.expiration_timestamp)
}

async fn run(cluster: &Cluster, exec: &ExecConfig, settings: &Settings) -> Result<Issued, String> {
    if exec.interactive_mode == Some(ExecInteractiveMode::Always) {
        return Err("it wants a terminal, which is not there while many contexts are read".into());
    }
    let about = if exec.provide_cluster_info {
        Some(ExecAuthCluster::try_from(cluster).map_err(|error| error.to_string())?)
    } else {
        None
    };
    let request = Request {
        kind: "ExecCredential",
        api_version: exec.api_version.as_deref(),
        spec: RequestSpec { interactive: false, cluster: about },
    };
    let request = serde_json::to_string(&request).map_err(|error| error.to_string())?;
    let variables = exec.env.iter().flatten().filter_map(|entry| entry.get("name").zip(entry.get("value")));

    let mut command = tokio::process::Command::new(exec.command.as_deref().ok_or("it has no command")?);
    command.args(exec.args.iter().flatten()).env_clear();
    command.envs(settings.environment.iter().map(|(name, value)| (name, value)));
    command.envs(variables).env("KUBERNETES_EXEC_INFO", request);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = match tokio::time::timeout(settings.credential_timeout, command.output()).await {
        Ok(output) => output.map_err(|error| error.to_string())?,
        Err(_too_long) => {
            return Err(format!("it did not end within {} s", settings.credential_timeout.as_secs_f32()));
        }
    };
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let last = stderr.trim_end().lines().next_back().unwrap_or("it said nothing");
        return Err(format!("{last} ({})", output.status));
    }
    // client-go takes YAML as well.
    let answer = String::from_utf8(output.stdout).map_err(|_| "its answer is no text")?;
    let answer: Answer = config::parse(&answer, "its answer").map_err(|error| error.to_string())?;
    answer.status.ok_or_else(|| "its answer has no status".into())
}
