//! Credential files of Google Cloud, in the forms that `gcloud` and the console make.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::Deserialize;

/// One file; unknown fields are for other programs.
#[derive(Debug, Deserialize)]
pub(super) struct File {
    #[serde(rename = "type")]
    pub kind: String,
    pub quota_project_id: Option<String>,
    pub universe_domain: Option<String>,

    // A service account: signs its own requests for tokens.
    pub client_email: Option<String>,
    pub private_key: Option<SecretString>,
    pub private_key_id: Option<String>,
    pub token_uri: Option<String>,

    // A user, as `gcloud auth application-default login` leaves one.
    pub client_id: Option<String>,
    pub client_secret: Option<SecretString>,
    pub refresh_token: Option<SecretString>,

    // Another identity provider vouches: workload identity federation.
    pub audience: Option<String>,
    pub subject_token_type: Option<String>,
    pub token_url: Option<String>,
    pub credential_source: Option<TokenSource>,

    /// Where the token is exchanged for one of a service account.
    pub service_account_impersonation_url: Option<String>,
    /// Who exchanges it.
    pub source_credentials: Option<Box<File>>,
}

/// Where the token of the other provider is.
#[derive(Debug, Deserialize)]
pub(super) struct TokenSource {
    pub file: Option<String>,
    pub url: Option<String>,
    #[serde(default)]
    pub headers: BTreeMap<String, SecretString>,
    #[serde(default)]
    pub format: TokenFormat,
}

/// How it is written there.
#[derive(Debug, Default, Deserialize)]
pub(super) struct TokenFormat {
    /// `text` (the default) or `json`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub subject_token_field_name: Option<String>,
}
