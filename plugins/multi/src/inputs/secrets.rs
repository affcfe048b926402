//! The Vault mapping of a release, resolved for every context before anything else happens.

use std::path::Path;

use fleet::{AuthMethod, Release, Target};
use ui::{CommandError, Printer, env};
use vault::mapping::{MissingEntry, Request};
use vault::{Auth, Client, Credential, Resolved, Settings};

/// For each target what the mapping gives it; nothing for a release without a mapping.
///
/// Targets that use the same Vault as the same role share one login, and each secret is read once for all of them.
pub async fn resolve(
    release: Option<&Release>,
    targets: &[Target],
    printer: Printer,
) -> Result<Vec<Option<Resolved>>, CommandError> {
    let mut resolved: Vec<Option<Resolved>> = targets.iter().map(|_| None).collect();
    let Some(mapping) =
        release.map(|release| &release.secrets).filter(|mapping| !mapping.entries().is_empty())
    else {
        return Ok(resolved);
    };
    let mut groups: Vec<(Option<&fleet::Vault>, Vec<usize>)> = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        let vault = target.vault.as_ref();
        match groups.iter_mut().find(|(known, _)| *known == vault) {
            Some((_, members)) => members.push(index),
            None => groups.push((vault, vec![index])),
        }
    }
    for (vault, members) in groups {
        let mut requests: Vec<Vec<Request>> = Vec::new();
        for index in &members {
            let wanted = mapping
                .for_context(&targets[*index].name)
                .map_err(|error| CommandError::hinted(error, MissingEntry::hint))?;
            requests.push(wanted);
        }
        let settings = settings(vault)?;
        for warning in settings.warnings() {
            printer.warning(&warning);
        }
        let client = Client::connect(&settings).await.map_err(vault_error)?;
        let lists: Vec<&[Request]> = requests.iter().map(Vec::as_slice).collect();
        let answer = client.resolve_all(&lists).await;
        if let Err(error) = client.finish().await {
            printer.warning(&format!("the Vault token could not be revoked: {error}"));
        }
        for (index, secrets) in members.into_iter().zip(answer.map_err(vault_error)?) {
            resolved[index] = Some(secrets);
        }
    }
    Ok(resolved)
}

/// What the environment says, with what the fleet says over it.
fn settings(vault: Option<&fleet::Vault>) -> Result<Settings, CommandError> {
    let token_file = env::HOME.os().map(|home| Path::new(&home).join(".vault-token"));
    let address = vault.and_then(|vault| vault.address.as_deref());
    let namespace = vault.and_then(|vault| vault.namespace.as_deref());
    let lookup = |name: &str| lookup(name, vault);
    let mut settings =
        Settings::from_env(&lookup, token_file.as_deref(), address, namespace).map_err(vault_error)?;
    if let Some(vault) = vault
        && let Auth::AppRole { mount, role_id, secret_id } = &mut settings.auth
    {
        if let Some(said) = &vault.mount {
            mount.clone_from(said);
        }
        if let Some(said) = &vault.role {
            role_id.clone_from(said);
        }
        if let Some(file) = &vault.secret_id_file {
            *secret_id = Some(Credential::File(file.clone()));
        }
    }
    Ok(settings)
}

/// The environment as far as the fleet's auth method lets it count.
fn lookup(name: &str, vault: Option<&fleet::Vault>) -> Option<String> {
    let method = vault.and_then(|vault| vault.method);
    let ends =
        |suffix: &str| name.strip_suffix(suffix).is_some_and(|prefix| matches!(prefix, "VAULT_" | "BAO_"));
    match method {
        Some(AuthMethod::AppRole) if ends("TOKEN") => None,
        Some(AuthMethod::Token) if ends("ROLE_ID") => None,
        Some(AuthMethod::AppRole) if ends("ROLE_ID") => {
            env::lookup(name).or_else(|| vault.and_then(|vault| vault.role.clone()))
        }
        _ => env::lookup(name),
    }
}

fn vault_error(error: vault::Error) -> CommandError {
    CommandError::hinted(error, vault::Error::hint)
}
