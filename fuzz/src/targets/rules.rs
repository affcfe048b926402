//! `.sops.yaml`.

use sops::Rules;

/// The input is the text of the file.
pub fn rules(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(rules) = Rules::parse(text) else { return };
    for path in ["secrets.yaml", "prod/secrets.yaml", "/etc/a.b", "é\n", ""] {
        let _ = rules.rule_for(path);
    }
}
