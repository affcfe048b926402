//! An editor that follows a script: what a person would type, as data.
//!
//! The program `fake-editor SCRIPT FILE` plays it. The script is a text file with one step per line, so that shell
//! scripts can write one too; arguments are JSON strings:
//!
//! ```text
//! expect "password: old"
//! replace "old" "new"
//! append "added: 1\n"
//! next
//! write "whole: file\n"
//! exit 1
//! ```
//!
//! `next` separates the openings: the first time the editor is opened it plays the steps before it, the second time
//! those after it. Each opening is noted in `SCRIPT.openings` as one JSON line; see [`Opening`].

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The exit code for a script that does not fit what the editor was given.
const MISFIT: u8 = 99;

/// One thing the editor does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Fails (exit code 99) unless the file holds this text.
    Expect(String),
    /// Replaces every occurrence of a text that must be there.
    Replace(String, String),
    /// Adds text at the end.
    Append(String),
    /// Writes the whole file anew.
    Write(String),
    /// Replaces the file by a new one under its name, as many editors save.
    SaveByRename,
    /// Waits this many milliseconds, as a person would.
    Pause(u64),
    /// Ends with this exit code.
    Exit(u8),
    /// Dies of SIGKILL.
    Die,
}

impl Edit {
    fn line(&self) -> String {
        let json = |text: &String| serde_json::Value::from(text.as_str()).to_string();
        match self {
            Self::Expect(text) => format!("expect {}", json(text)),
            Self::Replace(old, new) => format!("replace {} {}", json(old), json(new)),
            Self::Append(text) => format!("append {}", json(text)),
            Self::Write(text) => format!("write {}", json(text)),
            Self::SaveByRename => "save-by-rename".to_owned(),
            Self::Pause(milliseconds) => format!("pause {milliseconds}"),
            Self::Exit(code) => format!("exit {code}"),
            Self::Die => "die".to_owned(),
        }
    }

    fn parse(line: &str) -> Result<Self, String> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let wrong = || format!("not a step of the script: {line}");
        let mut texts = serde_json::Deserializer::from_str(rest).into_iter::<String>();
        let mut text = || texts.next().and_then(Result::ok).ok_or_else(wrong);
        Ok(match word {
            "expect" => Self::Expect(text()?),
            "replace" => Self::Replace(text()?, text()?),
            "append" => Self::Append(text()?),
            "write" => Self::Write(text()?),
            "save-by-rename" => Self::SaveByRename,
            "pause" => Self::Pause(rest.parse().map_err(|_| wrong())?),
            "exit" => Self::Exit(rest.parse().map_err(|_| wrong())?),
            "die" => Self::Die,
            _ => return Err(wrong()),
        })
    }
}

/// What the editor was given when it was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The file to edit.
    pub path: PathBuf,
    /// Its permission bits.
    pub mode: u32,
    /// SHA-256 of its content in hexadecimal; the content itself is never written down.
    pub sha256: String,
}

/// A script on disk and the notes of its player.
#[derive(Debug, Clone)]
pub struct ScriptedEditor {
    script: PathBuf,
}

impl ScriptedEditor {
    /// Writes the script: one list of edits for each time the editor is opened.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn write(script: PathBuf, openings: &[Vec<Edit>]) -> Self {
        let steps = |edits: &Vec<Edit>| edits.iter().map(|edit| edit.line() + "\n").collect::<String>();
        let text: Vec<String> = openings.iter().map(steps).collect();
        fs_err::write(&script, text.join("next\n")).expect("the script of the editor");
        Self { script }
    }

    /// What `EDITOR` is set to.
    pub fn command(&self) -> String {
        format!("{} {}", crate::tools::fake_editor().display(), self.script.display())
    }

    /// Every opening so far, oldest first.
    ///
    /// # Panics
    /// When the notes are damaged.
    pub fn openings(&self) -> Vec<Opening> {
        let notes = fs_err::read_to_string(notes(&self.script)).unwrap_or_default();
        notes.lines().map(|line| serde_json::from_str(line).expect("a note of the editor")).collect()
    }
}

fn notes(script: &Path) -> PathBuf {
    script.with_added_extension("openings")
}

/// Plays the next opening of the script on the file: the whole of the program `fake-editor`.
///
/// # Errors
/// A text that says how script and file do not fit.
pub fn play(script: &Path, file: &Path) -> Result<ExitCode, String> {
    let text = fs_err::read_to_string(script).map_err(|error| error.to_string())?;
    let number = note(script, file).map_err(|error| error.to_string())?;
    let openings: Vec<Vec<&str>> =
        text.lines().collect::<Vec<_>>().split(|line| *line == "next").map(<[&str]>::to_vec).collect();
    let steps = openings
        .get(number)
        .ok_or_else(|| format!("opened {} times, more than in the script", number + 1))?;
    for line in steps.iter().filter(|line| !line.trim().is_empty()) {
        if let Some(code) = step(&Edit::parse(line)?, file)? {
            return Ok(code.into());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The exit code of a script that does not fit.
pub fn misfit() -> ExitCode {
    MISFIT.into()
}

/// Notes the opening and returns how many there were before.
fn note(script: &Path, file: &Path) -> std::io::Result<usize> {
    let notes = notes(script);
    let before = fs_err::read_to_string(&notes).unwrap_or_default().lines().count();
    let digest = Sha256::digest(fs_err::read(file)?);
    let opening = Opening {
        path: file.to_owned(),
        mode: fs_err::metadata(file)?.permissions().mode() & 0o7777,
        sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    let mut notes = fs_err::OpenOptions::new().create(true).append(true).open(notes)?;
    writeln!(notes, "{}", serde_json::to_string(&opening)?)?;
    Ok(before)
}

/// Does one step; an exit code ends the script.
fn step(edit: &Edit, file: &Path) -> Result<Option<u8>, String> {
    let read = || fs_err::read_to_string(file).map_err(|error| error.to_string());
    let write = |text: String| fs_err::write(file, text).map_err(|error| error.to_string());
    match edit {
        Edit::Expect(text) if read()?.contains(text) => {}
        Edit::Expect(text) => return Err(format!("the file does not hold {text:?}")),
        Edit::Replace(old, new) => {
            let text = read()?;
            if !text.contains(old) {
                return Err(format!("the file does not hold {old:?}"));
            }
            write(text.replace(old, new))?;
        }
        Edit::Append(text) => write(read()? + text)?,
        Edit::Write(text) => write(text.clone())?,
        Edit::SaveByRename => save_by_rename(file).map_err(|error| error.to_string())?,
        Edit::Pause(milliseconds) => std::thread::sleep(Duration::from_millis(*milliseconds)),
        Edit::Exit(code) => return Ok(Some(*code)),
        Edit::Die => kill_process(getpid(), Signal::KILL).map_err(|error| error.to_string())?,
    }
    Ok(None)
}

fn save_by_rename(file: &Path) -> std::io::Result<()> {
    let copy = file.with_added_extension("new");
    fs_err::write(&copy, fs_err::read(file)?)?;
    fs_err::set_permissions(&copy, Permissions::from_mode(fs_err::metadata(file)?.permissions().mode()))?;
    fs_err::rename(copy, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edit_is_read_back_from_its_line() {
        let edits = [
            Edit::Expect("a \"quoted\" text".to_owned()),
            Edit::Replace("old\nline".to_owned(), String::new()),
            Edit::Append("x: 1\n".to_owned()),
            Edit::Write(": no yaml".to_owned()),
            Edit::SaveByRename,
            Edit::Pause(20),
            Edit::Exit(3),
            Edit::Die,
        ];
        for edit in edits {
            assert_eq!(Edit::parse(&edit.line()), Ok(edit));
        }
    }

    #[test]
    fn each_opening_plays_its_own_part() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file.yaml");
        fs_err::write(&file, "a: 1\n").unwrap();
        let edits = [
            vec![Edit::Replace("1".to_owned(), "2".to_owned()), Edit::SaveByRename, Edit::Exit(4)],
            vec![Edit::Append("b: 3\n".to_owned())],
        ];
        let editor = ScriptedEditor::write(dir.path().join("script"), &edits);
        assert_eq!(play(&editor.script, &file), Ok(ExitCode::from(4)));
        assert_eq!(play(&editor.script, &file), Ok(ExitCode::SUCCESS));
        assert_eq!(fs_err::read_to_string(&file).unwrap(), "a: 2\nb: 3\n");
        assert!(play(&editor.script, &file).unwrap_err().contains("opened 3 times"));
        assert_eq!(editor.openings().len(), 3);
    }

    #[test]
    fn replacing_what_is_not_there_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file.yaml");
        fs_err::write(&file, "a: 1\n").unwrap();
        let edits = [vec![Edit::Replace("absent".to_owned(), "2".to_owned())]];
        let editor = ScriptedEditor::write(dir.path().join("script"), &edits);
        assert!(play(&editor.script, &file).unwrap_err().contains("absent"));
    }
}
