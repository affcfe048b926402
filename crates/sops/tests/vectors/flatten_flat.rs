//! The leaves of dotenv and INI texts; as much of INI as the vectors have.

use super::flatten::Leaf;

pub fn dotenv(text: &str) -> Vec<Leaf> {
    let lines = text.split('\n').filter(|line| !line.is_empty() && !line.starts_with('#'));
    let entries = lines.filter_map(|line| line.split_once('=')).filter(|(key, _)| !key.starts_with("sops_"));
    entries.map(|(key, value)| Leaf::text(&[key], value.replace("\\n", "\n").as_bytes())).collect()
}

pub fn ini(text: &str) -> Vec<Leaf> {
    let mut section = "DEFAULT";
    let mut out = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some((key, value)) = line.split_once(['=', ':'])
            && !line.starts_with([';', '#'])
            && section != "sops"
        {
            let value = value.split_once(" ;").map_or(value, |(value, _)| value).trim();
            out.push(Leaf::text(&[section, key.trim()], value.trim_matches(['"', '\'']).as_bytes()));
        }
    }
    out
}
