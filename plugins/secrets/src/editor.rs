//! Runs the user's editor on a file and waits for it, whatever signals arrive meanwhile.

use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no editor is set and none of vim, nano, vi is installed")]
    None,
    #[error("the editor setting `{0}` has an open quote")]
    Quote(String),
    #[error("could not start the editor `{program}`: {source}")]
    Start { program: String, source: io::Error },
    #[error("could not wait for the editor: {0}")]
    Wait(io::Error),
    #[error("the editor `{program}` ended with {status}")]
    Failed { program: String, status: ExitStatus },
}

/// The editor's command line, from SOPS_EDITOR or EDITOR, else the first of vim, nano and vi that is installed.
pub fn find(setting: Option<&str>) -> Result<Vec<String>, Error> {
    if let Some(setting) = setting {
        let words = shlex::split(setting).ok_or_else(|| Error::Quote(setting.to_owned()))?;
        return if words.is_empty() { Err(Error::None) } else { Ok(words) };
    }
    let found = ["vim", "nano", "vi"].into_iter().find(|name| which::which(name).is_ok());
    found.map(|name| vec![name.to_owned()]).ok_or(Error::None)
}

/// Opens `file` in the editor. A Ctrl-C belongs to the editor, which shares our terminal; a request to end is passed
/// on to it, so that what was typed can still be saved.
pub fn run(command: &[String], file: &Path) -> Result<(), Error> {
    let [program, arguments @ ..] = command else { return Err(Error::None) };
    let mut signals = Signals::new([SIGINT, SIGQUIT, SIGTERM, SIGHUP]).map_err(Error::Wait)?;
    let mut child = Command::new(program)
        .args(arguments)
        .arg(file)
        .spawn()
        .map_err(|source| Error::Start { program: program.clone(), source })?;
    let pid = rustix::process::Pid::from_child(&child);
    let handle = signals.handle();
    let forwarder = std::thread::spawn(move || {
        for signal in signals.forever().filter(|signal| [SIGTERM, SIGHUP].contains(signal)) {
            let ending =
                if signal == SIGTERM { rustix::process::Signal::TERM } else { rustix::process::Signal::HUP };
            let _ = rustix::process::kill_process(pid, ending);
        }
    });
    let status = child.wait();
    handle.close();
    let _ = forwarder.join();
    match status.map_err(Error::Wait)? {
        status if status.success() => Ok(()),
        status => Err(Error::Failed { program: program.clone(), status }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_may_hold_arguments() {
        assert_eq!(find(Some("code --wait '-n x'")).unwrap(), ["code", "--wait", "-n x"]);
        assert!(matches!(find(Some("code '")), Err(Error::Quote(_))));
    }

    #[test]
    fn the_status_of_the_editor_is_told() {
        let file = Path::new("/dev/null");
        run(&["true".into()], file).unwrap();
        let error = run(&["false".into()], file).unwrap_err().to_string();
        assert!(error.contains("`false` ended with exit status: 1"), "{error}");
        assert!(matches!(run(&["/no/such/editor".into()], file), Err(Error::Start { .. })));
    }
}
