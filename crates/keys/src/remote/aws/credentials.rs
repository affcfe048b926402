//! Where AWS credentials come from, in the order of the AWS SDKs: a profile that the key names; variables; a web
//! identity; the profile in use (keys, role, web identity, program); the container; the instance.

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::super::cache::Lease;
use super::super::http::Http;
use super::super::program;
use super::instance::{HandedOut, from_container, from_metadata};
use super::profiles::{Profile, Profiles};
use super::sts::{Session, Sts, host_session};
use super::{Arn, Reason, RemoteSettings, endpoint};
use crate::Looked;

/// How many profiles may name one another as their source.
const LONGEST_CHAIN: usize = 8;

/// An access key.
#[derive(Debug, Clone)]
pub(super) struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: SecretString,
    /// With temporary keys.
    pub session_token: Option<SecretString>,
}

/// Finds credentials for the keys of one region.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub settings: &'a RemoteSettings,
    pub http: &'a Http,
    pub arn: &'a Arn<'a>,
}

/// A step of looking: what was found, or where nothing was.
enum Step {
    Found(Lease<Credentials>),
    Nothing(Vec<Looked>),
}

impl Source<'_> {
    /// Credentials for a key that names `profile`, or none if that is empty.
    pub async fn find(&self, profile: &str) -> Result<Lease<Credentials>, Reason> {
        let mut looked = Vec::new();
        if profile.is_empty() {
            if let Some(credentials) = self.in_variables()? {
                return Ok(Lease { value: credentials, expires: None });
            }
            looked.push(nothing("AWS_ACCESS_KEY_ID", "not set"));
            if let Some(lease) = self.by_web_identity_in_variables().await? {
                return Ok(lease);
            }
            looked.push(nothing("AWS_WEB_IDENTITY_TOKEN_FILE", "not set"));
        }
        match self.in_profile(profile).await? {
            Step::Found(lease) => return Ok(lease),
            Step::Nothing(more) => looked.extend(more),
        }
        match self.on_machine().await? {
            Step::Found(lease) => Ok(lease),
            Step::Nothing(more) => {
                looked.extend(more);
                Err(Reason::NoCredentials { service: "AWS", looked })
            }
        }
    }

    /// Credentials of a role.
    pub async fn assume(
        &self,
        base: &Credentials,
        session: &Session<'_>,
    ) -> Result<Lease<Credentials>, Reason> {
        self.sts()?.assume(base, session).await
    }

    fn sts(&self) -> Result<Sts<'_>, Reason> {
        let url = endpoint("sts", self.arn, &self.settings.variables)?;
        Ok(Sts { http: self.http, url, region: self.arn.region })
    }

    fn in_variables(&self) -> Result<Option<Credentials>, Reason> {
        let variables = &self.settings.variables;
        match (variables.get("AWS_ACCESS_KEY_ID"), variables.get("AWS_SECRET_ACCESS_KEY")) {
            (Some(id), Some(secret)) => Ok(Some(Credentials {
                access_key_id: id.to_owned(),
                secret_access_key: secret.into(),
                session_token: variables.get("AWS_SESSION_TOKEN").map(SecretString::from),
            })),
            (Some(_), None) => {
                Err(Reason::credentials("AWS_ACCESS_KEY_ID", "is set without AWS_SECRET_ACCESS_KEY"))
            }
            (None, _) => Ok(None),
        }
    }

    async fn by_web_identity_in_variables(&self) -> Result<Option<Lease<Credentials>>, Reason> {
        let variables = &self.settings.variables;
        let Some(file) = variables.get("AWS_WEB_IDENTITY_TOKEN_FILE") else { return Ok(None) };
        let Some(role) = variables.get("AWS_ROLE_ARN") else {
            return Err(Reason::credentials("AWS_WEB_IDENTITY_TOKEN_FILE", "is set without AWS_ROLE_ARN"));
        };
        let name = variables.get("AWS_ROLE_SESSION_NAME");
        self.by_web_identity(file, role, name).await.map(Some)
    }

    async fn by_web_identity(
        &self,
        file: &str,
        role: &str,
        name: Option<&str>,
    ) -> Result<Lease<Credentials>, Reason> {
        let token = read_token(file)?;
        let name = name.map_or_else(host_session, str::to_owned);
        let session = Session { role, name: &name, external_id: None, seconds: None };
        self.sts()?.assume_with_web_identity(&session, &token).await
    }

    /// What the profile in use says; `named` is one that a key insists on, else empty.
    async fn in_profile(&self, named: &str) -> Result<Step, Reason> {
        let in_use = self.settings.variables.first(&["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]);
        let name = if named.is_empty() { in_use.unwrap_or("default") } else { named };
        let profiles = Profiles::read(self.settings)?;
        if profiles.get(name).is_none() {
            let found = "not in ~/.aws/config and ~/.aws/credentials";
            return match (named.is_empty(), in_use) {
                (true, None) => Ok(Step::Nothing(vec![nothing("the profile default", found)])),
                _ => Err(Reason::credentials(format!("the AWS profile {name}"), format!("is {found}"))),
            };
        }
        // From the profile in use to the one that has keys of its own; roles are then assumed the other way round.
        let mut chain = vec![name];
        while let Some(source) = source_of(&profiles, &chain) {
            if chain.len() == LONGEST_CHAIN {
                return Err(Reason::credentials(
                    format!("the AWS profile {name}"),
                    "has a source_profile without end",
                ));
            }
            chain.push(source);
        }
        let mut lease = None;
        for (at, name) in chain.iter().enumerate().rev() {
            let Some(profile) = profiles.get(name) else {
                return Err(Reason::credentials(
                    format!("the AWS profile {name}"),
                    "is named as a source and not there",
                ));
            };
            let base = match lease.take() {
                Some(lease) => lease,
                None => match self.own(name, profile).await? {
                    Step::Found(lease) => lease,
                    Step::Nothing(looked) => return Ok(Step::Nothing(looked)),
                },
            };
            let assumes = at + 1 < chain.len() || profile.get("credential_source").is_some();
            lease = Some(match profile.get("role_arn") {
                // A profile that is its own source has keys and a role.
                Some(role) if assumes || profile.get("source_profile") == Some(name) => {
                    self.assume_for(name, profile, role, &base.value).await?
                }
                _ => base,
            });
        }
        Ok(lease.map_or_else(|| Step::Nothing(Vec::new()), Step::Found))
    }

    async fn assume_for(
        &self,
        name: &str,
        profile: &Profile,
        role: &str,
        base: &Credentials,
    ) -> Result<Lease<Credentials>, Reason> {
        if profile.get("mfa_serial").is_some() {
            return Err(unsupported(name, "asks for a second factor"));
        }
        let session_name = profile.get("role_session_name").map_or_else(host_session, str::to_owned);
        let session = Session {
            role,
            name: &session_name,
            external_id: profile.get("external_id"),
            seconds: profile.get("duration_seconds"),
        };
        self.assume(base, &session).await
    }

    /// What a profile has without another profile.
    async fn own(&self, name: &str, profile: &Profile) -> Result<Step, Reason> {
        if let (Some(id), Some(secret)) =
            (profile.get("aws_access_key_id"), profile.get("aws_secret_access_key"))
        {
            let value = Credentials {
                access_key_id: id.to_owned(),
                secret_access_key: secret.into(),
                session_token: profile.get("aws_session_token").map(SecretString::from),
            };
            return Ok(Step::Found(Lease { value, expires: None }));
        }
        match profile.get("credential_source") {
            Some("Environment") => {
                let found = self.in_variables()?;
                let looked = || vec![nothing("AWS_ACCESS_KEY_ID", "not set")];
                return Ok(found.map_or_else(
                    || Step::Nothing(looked()),
                    |value| Step::Found(Lease { value, expires: None }),
                ));
            }
            Some(_) => return self.on_machine().await,
            None => {}
        }
        if let (Some(file), Some(role)) = (profile.get("web_identity_token_file"), profile.get("role_arn")) {
            return self.by_web_identity(file, role, profile.get("role_session_name")).await.map(Step::Found);
        }
        if profile.get("sso_session").is_some() || profile.get("sso_start_url").is_some() {
            return Err(unsupported(name, "logs in by SSO"));
        }
        if let Some(line) = profile.get("credential_process") {
            return by_program(name, line).await.map(Step::Found);
        }
        Ok(Step::Nothing(vec![nothing(&format!("the profile {name}"), "no credentials in it")]))
    }

    async fn on_machine(&self) -> Result<Step, Reason> {
        if let Some(lease) = from_container(self.settings, self.http).await? {
            return Ok(Step::Found(lease));
        }
        Ok(match from_metadata(self.settings, self.http).await? {
            Some(lease) => Step::Found(lease),
            None => Step::Nothing(vec![
                nothing("the container", "hands out none"),
                nothing("the instance", "hands out none"),
            ]),
        })
    }
}

/// The profile that the last of the chain takes its credentials from, unless that is itself.
fn source_of<'a>(profiles: &'a Profiles, chain: &[&str]) -> Option<&'a str> {
    let last = *chain.last()?;
    let profile = profiles.get(last)?;
    profile.get("role_arn")?;
    profile.get("source_profile").filter(|source| *source != last)
}

async fn by_program(name: &str, line: &str) -> Result<Lease<Credentials>, Reason> {
    let program = format!("credential_process of the AWS profile {name}");
    let words =
        shlex::split(line).ok_or_else(|| Reason::credentials(&program, "has a quote that does not end"))?;
    let printed = program::output(&words, &program).await?;
    let printed = printed.ok_or_else(|| Reason::credentials(&program, "is not installed"))?;
    // The error could quote what was printed.
    match serde_json::from_slice::<HandedOut>(&printed) {
        Ok(credentials) if credentials.is_versioned() => Ok(credentials.into_lease()),
        _ => Err(Reason::credentials(program, "prints no credentials of version 1")),
    }
}

/// The trimmed text of a file with a token.
pub(super) fn read_token(file: &str) -> Result<Zeroizing<String>, Reason> {
    let failed =
        |error: std::io::Error| Reason::credentials(file, format!("cannot be read: {}", error.kind()));
    let text = Zeroizing::new(fs_err::read_to_string(file).map_err(failed)?);
    Ok(Zeroizing::new(text.trim().to_owned()))
}

fn nothing(place: &str, found: &str) -> Looked {
    Looked { place: place.to_owned(), found: found.to_owned() }
}

fn unsupported(profile: &str, what: &str) -> Reason {
    Reason::Unsupported {
        what: format!("the AWS profile {profile} {what}, which is not supported"),
        remedy: Some(format!(
            "let the AWS CLI do it: eval \"$(aws configure export-credentials --profile {profile} --format env)\""
        )),
    }
}
