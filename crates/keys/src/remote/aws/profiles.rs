//! The shared files of the AWS tools: `~/.aws/config` and `~/.aws/credentials`.

use std::collections::HashMap;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::{Reason, RemoteSettings};

/// Both files as one.
#[derive(Debug, Default)]
pub(super) struct Profiles(HashMap<String, Profile>);

/// The settings of one profile.
#[derive(Debug, Default)]
pub(super) struct Profile(HashMap<String, SecretString>);

impl Profile {
    /// The text of a setting, unless it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(ExposeSecret::expose_secret).filter(|text| !text.is_empty())
    }
}

impl Profiles {
    /// Reads both files; a file that is not there is empty. Where both have a setting, the credentials file's counts.
    pub fn read(settings: &RemoteSettings) -> Result<Self, Reason> {
        let mut profiles = Self::default();
        for (variable, default, kind) in [
            ("AWS_CONFIG_FILE", ".aws/config", Kind::Config),
            ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials", Kind::Credentials),
        ] {
            if let Some(path) = settings.file(variable, default) {
                profiles.add(&text(&path)?, kind);
            }
        }
        Ok(profiles)
    }

    /// The profile of this name.
    pub fn get(&self, name: &str) -> Option<&Profile> {
        self.0.get(name)
    }

    fn add(&mut self, text: &str, kind: Kind) {
        let mut profile = None;
        // A setting without a value has its own settings below it, indented; none of them is for us.
        let mut nested = false;
        for line in text.lines() {
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
                continue;
            }
            if let Some(header) = trimmed.strip_prefix('[') {
                profile = header.split_once(']').and_then(|(name, _)| kind.profile(name));
                nested = false;
            } else if let (Some(name), Some((key, value))) = (&profile, trimmed.split_once('=')) {
                if nested && line.starts_with([' ', '\t']) {
                    continue;
                }
                let value = without_comment(value);
                nested = value.is_empty();
                let settings: &mut Profile = self.0.entry(String::clone(name)).or_default();
                settings.0.insert(key.trim().to_ascii_lowercase(), value.into());
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Config,
    Credentials,
}

impl Kind {
    /// The profile a section header is for: `[profile NAME]` or `[default]`, in the credentials file `[NAME]`.
    fn profile(self, header: &str) -> Option<String> {
        let header = header.trim();
        let name = match header.strip_prefix("profile").filter(|rest| rest.starts_with([' ', '\t'])) {
            Some(name) if self == Self::Config => name,
            None if self == Self::Credentials || header == "default" => header,
            _ => return None,
        };
        Some(name.trim().trim_matches(['"', '\'']).to_owned())
    }
}

/// A comment begins at a `#` or `;` after a blank.
fn without_comment(value: &str) -> &str {
    let at = [" #", " ;", "\t#", "\t;"].iter().filter_map(|mark| value.find(mark)).min();
    value[..at.unwrap_or(value.len())].trim()
}

fn text(path: &Path) -> Result<zeroize::Zeroizing<String>, Reason> {
    match fs_err::read_to_string(path) {
        Ok(text) => Ok(text.into()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new().into()),
        Err(error) => {
            Err(Reason::credentials(path.display().to_string(), format!("cannot be read: {}", error.kind())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profiles(config: &str, credentials: &str) -> Profiles {
        let mut profiles = Profiles::default();
        profiles.add(config, Kind::Config);
        profiles.add(credentials, Kind::Credentials);
        profiles
    }

    #[test]
    fn both_files_make_one_profile() {
        let config = "# c\n[default]\nregion = eu-west-1\n[profile \"prod\"]\nrole_arn = r ; why\nSource_Profile=default\n\
            aws_access_key_id = from-config\n[sso-session x]\nsso_region = a\n";
        let credentials = "[default]\naws_access_key_id=A\r\naws_secret_access_key = s#not;comment\r\n\
            [prod]\naws_access_key_id = from-credentials\n";
        let profiles = profiles(config, credentials);
        let get = |profile: &str, name: &str| profiles.get(profile).and_then(|found| found.get(name));
        assert_eq!(get("default", "aws_access_key_id"), Some("A"));
        assert_eq!(get("default", "aws_secret_access_key"), Some("s#not;comment"));
        assert_eq!(get("prod", "role_arn"), Some("r"));
        assert_eq!(get("prod", "source_profile"), Some("default"));
        assert_eq!(get("prod", "aws_access_key_id"), Some("from-credentials"));
        assert!(profiles.get("sso-session x").is_none() && profiles.get("x").is_none());
    }

    #[test]
    fn nested_settings_are_not_the_profiles_own() {
        let profiles =
            profiles("[default]\ns3 =\n  role_arn = no\n  max_queue_size = 1\nrole_arn = yes\n", "");
        assert_eq!(profiles.get("default").unwrap().get("role_arn"), Some("yes"));
        assert_eq!(profiles.get("default").unwrap().get("max_queue_size"), None);
    }

    #[test]
    fn in_the_config_file_profiles_are_called_so() {
        let profiles = profiles("[prod]\nrole_arn = a\n[profiles]\nrole_arn = b\n", "");
        assert!(profiles.0.is_empty(), "{profiles:?}");
    }

    #[test]
    fn values_stay_out_of_debug_output() {
        let profiles = profiles("", "[default]\naws_secret_access_key = hunter2\n");
        assert!(!format!("{profiles:?}").contains("hunter2"));
    }
}
