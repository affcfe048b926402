//! A running plugin and the stanzas that go to and fro (C2SP age-plugin.md).

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use age_core::format::{Stanza, is_arbitrary_string};
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use zeroize::Zeroizing;

/// Characters of a full line of a body; a shorter one is the last.
const COLUMNS: usize = 64;
/// Longest first line of a stanza that a plugin may send.
const LONGEST_LINE: u64 = 1 << 20;
/// How long a plugin may take to end after its last word.
const GRACE: Duration = Duration::from_secs(1);

/// A plugin program that runs; it ends with this value.
pub(super) struct Connection {
    child: Child,
    /// Taken away to tell the plugin that nothing more comes.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Connection {
    /// Starts `program` in the mode `identity-v1` or `recipient-v1`. What it prints as errors is not shown: plugins send
    /// what a person should read.
    pub fn open(program: &Path, mode: &str) -> io::Result<Self> {
        let mut child = Command::new(program)
            .arg(format!("--age-plugin={mode}"))
            .env_remove("SOPS_AGE_KEY")
            // What lies in the folder of the command is none of its business.
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        Ok(Self { child, input: Some(input), output: BufReader::new(output) })
    }

    /// Sends one stanza.
    pub fn send(&mut self, command: &str, arguments: &[&str], body: &[u8]) -> io::Result<()> {
        let text = encode(command, arguments, body);
        let input = self.input.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        input.write_all(text.as_bytes())?;
        input.flush()
    }

    /// Waits for the next stanza.
    pub fn receive(&mut self) -> io::Result<Stanza> {
        decode(&mut self.output)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.input = None;
        let start = Instant::now();
        while start.elapsed() < GRACE {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        // It may end in between, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn encode(command: &str, arguments: &[&str], body: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(format!("-> {command}"));
    for argument in arguments {
        text.push(' ');
        text.push_str(argument);
    }
    text.push('\n');
    let body = Zeroizing::new(BASE64_STANDARD_NO_PAD.encode(body));
    let mut rest = body.as_str();
    while rest.len() >= COLUMNS {
        let (line, more) = rest.split_at(COLUMNS);
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    text.push_str(rest);
    text.push('\n');
    text
}

fn decode(input: &mut impl BufRead) -> io::Result<Stanza> {
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    let head = line(input)?;
    let words: Vec<String> =
        head.strip_prefix("-> ").ok_or_else(invalid)?.split(' ').map(str::to_owned).collect();
    if !words.iter().all(is_arbitrary_string) {
        return Err(invalid());
    }
    let mut body = Zeroizing::new(String::new());
    loop {
        let line = line(input)?;
        body.push_str(&line);
        match line.len() {
            COLUMNS => {}
            0..COLUMNS => break,
            _ => return Err(invalid()),
        }
    }
    let body = BASE64_STANDARD_NO_PAD.decode(body.as_bytes()).map_err(|_| invalid())?;
    let mut words = words.into_iter();
    Ok(Stanza { tag: words.next().unwrap_or_default(), args: words.collect(), body })
}

fn line(input: &mut impl BufRead) -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    input.by_ref().take(LONGEST_LINE).read_line(&mut line)?;
    if line.pop() != Some('\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_sent_is_received(
            words in proptest::collection::vec("[!-~]{1,9}", 1..4),
            body in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let arguments: Vec<&str> = words[1..].iter().map(String::as_str).collect();
            let text = encode(&words[0], &arguments, &body);
            let stanza = decode(&mut text.as_bytes()).unwrap();
            prop_assert_eq!((&stanza.tag, &stanza.args[..], &stanza.body), (&words[0], &words[1..], &body));
            prop_assert!(text.lines().skip(1).all(|line| line.len() <= COLUMNS));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "ok\n\n", "-> ok\n", "-> a  b\n\n", "-> ok\n$\n", "-> ok\nQUJD=\n"] {
            assert!(decode(&mut text.as_bytes()).is_err(), "{text:?}");
        }
    }
}
