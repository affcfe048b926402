//! The namespace that the user typed.
//!
//! Helm takes `-n` and `--namespace` off the command line of its plugins and hands them on as HELM_NAMESPACE, which
//! it also sets, from the *current* context, when nobody typed one. Only helm's own command line tells them apart.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use helm::args;
use ui::env;

/// `-n` or `--namespace` as given to the helm that started us, or HELM_NAMESPACE as set for it.
pub fn typed() -> Option<String> {
    env::HELM_PLUGIN_NAME.os()?;
    let parent = rustix::process::getppid()?.as_raw_pid();
    let read = |file: &str| fs_err::read(format!("/proc/{parent}/{file}")).ok();
    from(&read("cmdline")?, &read("environ").unwrap_or_default())
}

/// The same from the NUL-separated lists of /proc.
fn from(command_line: &[u8], environment: &[u8]) -> Option<String> {
    let arguments: Vec<OsString> = entries(command_line).skip(1).map(OsString::from_vec).collect();
    let flag = args::scan(&arguments).last("namespace").and_then(|flag| flag.value.clone());
    let variable =
        || entries(environment).find_map(|entry| entry.strip_prefix(b"HELM_NAMESPACE=").map(<[u8]>::to_vec));
    let typed = flag.or_else(|| variable().map(OsString::from_vec))?;
    typed.into_string().ok().filter(|typed| !typed.is_empty())
}

fn entries(list: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    list.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed_in(command_line: &str, environment: &str) -> Option<String> {
        from(command_line.replace(' ', "\0").as_bytes(), environment.replace(' ', "\0").as_bytes())
    }

    #[test]
    fn only_what_was_typed_counts() {
        assert_eq!(typed_in("helm multi upgrade a", "HOME=/h"), None);
        assert_eq!(typed_in("helm multi upgrade a -n shop", "").as_deref(), Some("shop"));
        assert_eq!(typed_in("helm --namespace=shop multi upgrade a", "").as_deref(), Some("shop"));
        assert_eq!(typed_in("helm multi upgrade a", "HELM_NAMESPACE=shop").as_deref(), Some("shop"));
        assert_eq!(typed_in("helm multi upgrade a -n x", "HELM_NAMESPACE=shop").as_deref(), Some("x"));
    }
}
