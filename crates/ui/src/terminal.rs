//! Asking the person at the terminal, wherever the streams of the command lead.

use std::io::{self, Read, Write};

use fs_err::{File, OpenOptions};
use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::SecretString;
use zeroize::Zeroizing;

/// Asks `question` and reads one line without showing it. `None` if there is no terminal or no answer.
///
/// Ctrl-C interrupts the process as anywhere else, but only after the terminal is as it was.
pub fn ask_secret(question: &str) -> Option<SecretString> {
    let terminal = open().ok()?;
    let mut stream = &terminal;
    let entered = {
        let _quiet = Quiet::on(&terminal).ok()?;
        write!(stream, "{question}").ok()?;
        let entered = read_line(&mut stream);
        let _ = writeln!(stream);
        entered.ok()?
    };
    match entered {
        Entered::Line(line) => Some(SecretString::from(line.as_str())),
        Entered::Nothing => None,
        Entered::Interrupt => {
            // Without a handler for it, the process ends here.
            let _ = kill_process(getpid(), Signal::INT);
            None
        }
    }
}

/// Shows a line at the terminal, if there is one.
pub fn tell(message: &str) {
    if let Ok(mut terminal) = open() {
        let _ = writeln!(terminal, "{message}");
    }
}

fn open() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open("/dev/tty")
}

/// A terminal that shows nothing of what is typed, until this value is dropped.
struct Quiet<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Quiet<'a> {
    fn on(terminal: &'a File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut quiet = before.clone();
        // Signals would end the process before the terminal shows again what is typed.
        quiet.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        // What was typed ahead counts.
        tcsetattr(terminal, OptionalActions::Now, &quiet)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
    }
}

/// What came of one line of typing.
#[derive(Debug, PartialEq, Eq)]
enum Entered {
    Line(Zeroizing<String>),
    Nothing,
    Interrupt,
}

/// Reads up to the end of a line as a terminal would edit it: with Backspace, and Ctrl-U for all of it.
fn read_line(input: &mut impl Read) -> io::Result<Entered> {
    let mut line = Zeroizing::new(Vec::with_capacity(256));
    let mut byte = Zeroizing::new([0]);
    loop {
        if input.read(byte.as_mut_slice())? == 0 {
            return Ok(Entered::Nothing);
        }
        match byte[0] {
            b'\r' | b'\n' => break,
            0x03 => return Ok(Entered::Interrupt),
            // Ctrl-D
            0x04 if line.is_empty() => return Ok(Entered::Nothing),
            // Ctrl-U
            0x15 => line.clear(),
            0x08 | 0x7f => {
                // All bytes of a character.
                while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
            }
            byte => line.push(byte),
        }
    }
    let text = str::from_utf8(&line).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok(Entered::Line(Zeroizing::new(text.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(mut bytes: &[u8]) -> Entered {
        read_line(&mut bytes).unwrap()
    }

    #[test]
    fn typing_is_edited() {
        let line = |text: &str| Entered::Line(Zeroizing::new(text.to_owned()));
        assert_eq!(typed(b"pass word\nmore"), line("pass word"));
        assert_eq!(typed(b"pasx\x7fs\r"), line("pass"));
        assert_eq!(typed("aé\x7fb\n".as_bytes()), line("ab"));
        assert_eq!(typed(b"\x7f\x08a\n"), line("a"));
        assert_eq!(typed(b"wrong\x15right\n"), line("right"));
        assert_eq!(typed(b"\n"), line(""));
    }

    #[test]
    fn no_answer() {
        assert_eq!(typed(b""), Entered::Nothing);
        assert_eq!(typed(b"cut off"), Entered::Nothing);
        assert_eq!(typed(b"\x04"), Entered::Nothing);
        assert_eq!(typed(b"half\x03"), Entered::Interrupt);
        assert!(read_line(&mut &b"\xff\n"[..]).is_err());
    }
}
