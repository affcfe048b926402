//! For the tests: a process that is replaced (`exec PROGRAM SCRIPT`) or hardened (`harden`), which a test process
//! cannot be.

use std::error::Error;
use std::ffi::OsString;
use std::process::Command;

use helm::{Environment, Helm, MemFile};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        // SCRIPT is run by the shell PROGRAM; `FILE` in it becomes the name of a file in memory.
        ["exec", program, script] => {
            let file = MemFile::new("values", b"a: 1\n")?;
            let script = script.replace("FILE", &file.path().display().to_string());
            let environment = Environment::inherited(std::env::vars_os()).with("SEEN", "yes");
            Helm::at(program).exec(&["-c".into(), OsString::from(script)], &environment, vec![file])?;
            Err("exec returned".into())
        }
        ["harden"] => {
            helm::harden()?;
            // Files are still handed over: a process may always open its own.
            let file = MemFile::new("values", b"x")?;
            if fs_err::read(file.path())? != b"x" {
                return Err("the file in memory cannot be read".into());
            }
            let limits = fs_err::read_to_string("/proc/self/limits")?;
            let own = limits.lines().find(|line| line.starts_with("Max core file size")).ok_or("no limit")?;
            let child = Command::new("/bin/sh").args(["-c", "ulimit -c"]).output()?;
            let fields: Vec<&str> = own.split_whitespace().collect();
            let inherited = String::from_utf8(child.stdout)?;
            if fields[4..6] == ["0", "0"] && inherited == "0\n" { Ok(()) } else { Err(own.into()) }
        }
        other => Err(format!("what is {other:?}?").into()),
    }
}
