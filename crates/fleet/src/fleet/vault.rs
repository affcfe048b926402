//! Which Vault a fleet uses and as whom each context logs in.

use std::path::PathBuf;

use config::{Place, Spanned};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Template;
use crate::template::beside;

/// A Vault and the way to log in. Nothing here is a secret: those come from the environment or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vault {
    /// The server's address; else the environment's.
    pub address: Option<String>,
    pub namespace: Option<String>,
    /// How to log in; else whatever the environment has credentials for.
    pub method: Option<AuthMethod>,
    /// The auth mount of a login; else the method's usual one.
    pub mount: Option<String>,
    /// Whom to log in as: the `role_id` of an AppRole.
    pub role: Option<String>,
    /// The file that holds the `secret_id` of the AppRole.
    pub secret_id_file: Option<PathBuf>,
}

/// A way to get a Vault token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthMethod {
    /// A token that exists already.
    Token,
    /// A login with `role_id` and `secret_id`.
    AppRole,
}

/// `spec.vault` as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VaultFields {
    address: Option<String>,
    namespace: Option<String>,
    auth: Option<AuthFields>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AuthFields {
    method: AuthMethod,
    mount: Option<Spanned<String>>,
    role: Option<Spanned<String>>,
    secret_id_file: Option<Spanned<String>>,
}

/// `vault` of a context as written: what differs there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ContextVaultFields {
    address: Option<String>,
    namespace: Option<String>,
    role: Option<Spanned<String>>,
}

impl VaultFields {
    pub(super) fn check(self, file: &str) -> Result<Vault, config::Error> {
        let mut vault = Vault {
            address: self.address,
            namespace: self.namespace,
            method: None,
            mount: None,
            role: None,
            secret_id_file: None,
        };
        if let Some(auth) = self.auth {
            if auth.method == AuthMethod::Token {
                let fields =
                    [("mount", &auth.mount), ("role", &auth.role), ("secretIdFile", &auth.secret_id_file)];
                if let Some((name, Some(field))) = fields.into_iter().find(|(_, field)| field.is_some()) {
                    return Err(useless(name, file, config::place(field)));
                }
            }
            if let Some(role) = &auth.role {
                Template::parse(&role.value)
                    .map_err(|message| config::Error::new(file, message).at(config::place(role)))?;
            }
            vault.method = Some(auth.method);
            vault.mount = auth.mount.map(|mount| mount.value);
            vault.role = auth.role.map(|role| role.value);
            vault.secret_id_file = auth.secret_id_file.map(|path| beside(file, &path.value));
        }
        Ok(vault)
    }
}

/// The fleet's Vault with what the context says over it, placeholders of the role filled in.
pub(super) fn for_context(
    fleet: Option<&Vault>,
    fields: Option<Spanned<ContextVaultFields>>,
    name: &str,
    globals: &Map<String, Value>,
    file: &str,
    context: Option<Place>,
) -> Result<Option<Vault>, config::Error> {
    let Some(mut vault) = fleet.cloned().or_else(|| fields.is_some().then(Vault::of_environment)) else {
        return Ok(None);
    };
    let mut role_place = context;
    if let Some(fields) = fields.map(|fields| fields.value) {
        vault.address = fields.address.or(vault.address);
        vault.namespace = fields.namespace.or(vault.namespace);
        if let Some(role) = fields.role {
            role_place = config::place(&role);
            if vault.method == Some(AuthMethod::Token) {
                return Err(useless("role", file, role_place));
            }
            vault.role = Some(role.value);
        }
    }
    if let Some(role) = &vault.role {
        let template =
            Template::parse(role).map_err(|message| config::Error::new(file, message).at(role_place))?;
        let role = template.fill(name, globals).map_err(|(message, hint)| {
            config::Error::new(file, format!("Vault role `{role}`: {message}")).at(role_place).with_hint(hint)
        })?;
        vault.role = Some(role);
    }
    Ok(Some(vault))
}

impl Vault {
    fn of_environment() -> Self {
        Self { address: None, namespace: None, method: None, mount: None, role: None, secret_id_file: None }
    }
}

fn useless(field: &str, file: &str, place: Option<Place>) -> config::Error {
    config::Error::new(file, format!("`{field}` has no meaning with auth method `token`"))
        .at(place)
        .with_hint("remove it, or log in with method `approle`")
}
