use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use ui::{CommandError, Exit, Printer, Style, Table, env};
use vault::mapping::{Mapping, MissingEntry};
use vault::{Client, Resolved, Settings};

/// Look at Vault mappings
#[derive(Debug, Subcommand)]
pub enum Vault {
    Resolve(Resolve),
}

impl Vault {
    pub fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        match self {
            Vault::Resolve(resolve) => resolve.run(printer),
        }
    }
}

/// Show what a mapping gives a context
///
/// Reads every secret of the context and prints where each comes from, its value masked. VAULT_ADDR and VAULT_TOKEN
/// (or VAULT_ROLE_ID and VAULT_SECRET_ID) say where and as whom.
#[derive(Debug, Args)]
pub struct Resolve {
    /// A file with `secrets:`, or a release file
    mapping: PathBuf,
    /// The context whose secrets to read; an entry without it falls back to `default`
    #[arg(long, value_name = "NAME")]
    context: String,
    /// Print the values
    #[arg(long)]
    show_secrets: bool,
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    #[default]
    Table,
    Json,
}

impl Resolve {
    fn run(self, printer: Printer) -> Result<Exit, CommandError> {
        let text = fs_err::read_to_string(&self.mapping)?;
        let mapping = Mapping::parse(&text, &self.mapping.display().to_string())
            .map_err(|error| CommandError::hinted(error, |error| error.hint.clone()))?;
        let requests = mapping
            .for_context(&self.context)
            .map_err(|error| CommandError::hinted(error, MissingEntry::hint))?;
        let settings = settings()?;
        for warning in settings.warnings() {
            printer.warning(&warning);
        }
        // Whatever was installed before is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let resolved = runtime.block_on(async {
            let client = Client::connect(&settings).await?;
            let resolved = client.resolve(&requests).await;
            let finished = client.finish().await;
            if let Err(error) = finished {
                printer.warning(&format!("the token could not be revoked: {error}"));
            }
            resolved
        });
        let resolved = resolved.map_err(vault_error)?;
        match self.output {
            Format::Table => printer.text(&self.table(&resolved))?,
            Format::Json => printer.data(&self.json(&resolved)?)?,
        }
        Ok(Exit::Done)
    }

    fn table(&self, resolved: &Resolved) -> String {
        let mut table = Table::new(["SECRET", "VALUE", "SOURCE"]);
        for secret in &resolved.secrets {
            let value = match &secret.value {
                None => "(none)".to_owned(),
                Some(value) if self.show_secrets => value.expose_secret().to_owned(),
                Some(value) => masked(value.expose_secret()),
            };
            table.row([
                (secret.secret_id.clone(), Style::Plain),
                (value, Style::Plain),
                (secret.origin.to_string(), Style::Dim),
            ]);
        }
        table.render()
    }

    fn json(&self, resolved: &Resolved) -> Result<Vec<u8>, CommandError> {
        let secrets: Vec<_> = resolved
            .secrets
            .iter()
            .map(|secret| {
                let value = secret.value.as_ref().map(vault::SecretValue::expose_secret);
                let shown =
                    value.map(|value| if self.show_secrets { value.to_owned() } else { masked(value) });
                serde_json::json!({
                    "secret_id": secret.secret_id,
                    "value": shown,
                    "masked": !self.show_secrets,
                    "path": secret.origin.path,
                    "key": secret.origin.key,
                    "version": secret.origin.version,
                    "missing": secret.origin.missing,
                })
            })
            .collect();
        let mut text =
            serde_json::to_vec_pretty(&serde_json::json!({"context": self.context, "secrets": secrets}))?;
        text.push(b'\n');
        Ok(text)
    }
}

/// A value's length, never a part of it.
fn masked(value: &str) -> String {
    format!("**** ({})", ui::person::count(value.chars().count(), "character"))
}

fn settings() -> Result<Settings, CommandError> {
    let token_file = env::HOME.os().map(|home| Path::new(&home).join(".vault-token"));
    Settings::from_env(&env::lookup, token_file.as_deref(), None, None).map_err(vault_error)
}

fn vault_error(error: vault::Error) -> CommandError {
    CommandError::hinted(error, vault::Error::hint)
}
