//! Walks a helm command line the way cobra and pflag do.

use std::ffi::{OsStr, OsString};
use std::ops::Range;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::flags::{Flag, Syntax, Takes, canonical, has_subcommands};
use super::lists;

/// What a command line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// The command in Helm's own spelling, one or two words (`upgrade`, `repo add`); empty when there is none.
    pub command: String,
    /// Arguments that are neither command nor flag nor a flag's value.
    pub positionals: Vec<Positional>,
    /// Every flag, in order, unknown ones included.
    pub flags: Vec<FlagUse>,
    /// Every file that `-f`, `--values` and `--set-file` name, in order.
    pub files: Vec<FileUse>,
}

impl Scanned {
    /// The value of the last use of flag `long`: in helm the last one wins.
    pub fn last(&self, long: &str) -> Option<&FlagUse> {
        self.flags.iter().rev().find(|flag| flag.long == long)
    }

    /// Whether the switch `long` is given and not set to false.
    pub fn is_set(&self, long: &str) -> bool {
        self.last(long).is_some_and(|flag| flag.value.as_deref().is_none_or(|value| value != "false"))
    }
}

/// An argument that is neither command nor flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Positional {
    /// Index in the scanned arguments.
    pub index: usize,
    /// As given.
    pub value: OsString,
}

/// One use of a flag.
#[derive(Clone, PartialEq, Eq)]
pub struct FlagUse {
    /// Its long name; of an unknown short flag the letter.
    pub long: String,
    /// As given; `None` for a switch without `=`, and for a valued flag at the very end of the line.
    pub value: Option<OsString>,
    /// The arguments it is written in: one, or two when the value stands apart.
    pub args: Range<usize>,
    /// Whether the command has this flag.
    pub known: bool,
}

// A value may be a secret (`--set password=...`).
impl std::fmt::Debug for FlagUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "--{}{} at {:?}", self.long, if self.value.is_some() { "=..." } else { "" }, self.args)
    }
}

/// The flags that name files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFlag {
    /// `-f`, `--values`: a comma list of values files.
    Values,
    /// `--set-file`: values that are the content of files.
    SetFile,
}

/// One file named on the command line. `-` is standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileUse {
    /// The flag that names it.
    pub flag: FileFlag,
    /// The name helm would open, without quotes and escapes.
    pub name: OsString,
    /// Where, to put another name there.
    pub place: Place,
}

/// Where exactly a file's name is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Index in the scanned arguments.
    pub arg: usize,
    /// Bytes of that argument, quotes and escapes included.
    pub bytes: Range<usize>,
}

/// Reads `args` (without `helm` itself) as helm would.
pub fn scan(args: &[OsString]) -> Scanned {
    scan_with(args, &[])
}

/// The same for a command that also has the flags `extra`.
pub fn scan_with(args: &[OsString], extra: &[Flag]) -> Scanned {
    let words = command_words(args, extra);
    let command = words.iter().map(|at| args[*at].to_string_lossy()).collect::<Vec<_>>();
    let command = match command.split_first() {
        Some((first, rest)) => [&[canonical(first).into()], rest].concat().join(" "),
        None => String::new(),
    };
    let syntax = Syntax::of(&command).with(extra);
    let scanned = Scanned { command, positionals: Vec::new(), flags: Vec::new(), files: Vec::new() };
    Walk { args, syntax: &syntax, next: 0, scanned }.run(&words)
}

/// Indexes of the command's words: the first positionals, found as cobra finds them (`stripFlags`): an unknown
/// long flag in front of the command swallows the next argument.
fn command_words(args: &[OsString], extra: &[Flag]) -> Vec<usize> {
    let global = Syntax::global().with(extra);
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        let bytes = arg.as_bytes();
        if bytes == b"--" {
            break;
        }
        let swallows = match bytes {
            [b'-', b'-', name @ ..] if !name.contains(&b'=') => {
                std::str::from_utf8(name).ok().and_then(|name| global.long(name)).is_none_or(takes_value)
            }
            [b'-', letter] => global.short(char::from(*letter)).is_none_or(takes_value),
            _ => false,
        };
        if !is_flag(bytes) {
            words.push(at);
            let wanted = 1 + usize::from(has_subcommands(canonical(&args[words[0]].to_string_lossy())));
            if words.len() == wanted {
                break;
            }
        }
        at += 1 + usize::from(swallows);
    }
    words
}

fn takes_value(flag: Flag) -> bool {
    flag.takes == Takes::Value
}

/// pflag: `-` alone and the empty argument are positionals.
fn is_flag(arg: &[u8]) -> bool {
    arg.len() > 1 && arg[0] == b'-'
}

/// pflag's `parseArgs`, `parseLongArg` and `parseSingleShortArg`.
struct Walk<'a> {
    args: &'a [OsString],
    syntax: &'a Syntax,
    next: usize,
    scanned: Scanned,
}

impl Walk<'_> {
    fn run(mut self, words: &[usize]) -> Scanned {
        while let Some(arg) = self.args.get(self.next) {
            let index = self.next;
            self.next += 1;
            match arg.as_bytes() {
                _ if words.contains(&index) => {}
                b"--" => {
                    let rest = (self.next..self.args.len()).filter(|at| !words.contains(at));
                    let rest = rest.map(|index| Positional { index, value: self.args[index].clone() });
                    self.scanned.positionals.extend(rest);
                    break;
                }
                [b'-', b'-', ..] => self.long(index, arg.as_bytes()),
                bytes if is_flag(bytes) => self.short(index, arg.as_bytes()),
                _ => self.scanned.positionals.push(Positional { index, value: arg.clone() }),
            }
        }
        self.scanned
    }

    fn long(&mut self, index: usize, arg: &[u8]) {
        let equals = arg.iter().position(|byte| *byte == b'=');
        let name = String::from_utf8_lossy(&arg[2..equals.unwrap_or(arg.len())]).into_owned();
        let flag = self.syntax.long(&name);
        let value = match (equals, flag) {
            (Some(equals), _) => Some((index, equals + 1)),
            (None, Some(flag)) if takes_value(flag) => self.swallow(),
            (None, _) => None,
        };
        self.push(flag, name, index, value);
    }

    fn short(&mut self, index: usize, arg: &[u8]) {
        for (at, byte) in arg.iter().enumerate().skip(1) {
            let (letter, after) = (char::from(*byte), at + 1);
            let flag = self.syntax.short(letter);
            let name = flag.map_or_else(|| letter.to_string(), |flag| flag.long.to_owned());
            // pflag wants something behind the `=`: `-f=` names a file called `=`.
            let value = match (arg.get(after), flag) {
                (Some(b'='), _) if arg.len() > after + 1 => Some((index, after + 1)),
                (Some(_), Some(flag)) if takes_value(flag) => Some((index, after)),
                (None, Some(flag)) if takes_value(flag) => self.swallow(),
                _ => None,
            };
            self.push(flag, name, index, value);
            if value.is_some() {
                break;
            }
        }
    }

    /// The next argument as a value, even when it looks like a flag.
    fn swallow(&mut self) -> Option<(usize, usize)> {
        (self.next < self.args.len()).then(|| {
            self.next += 1;
            (self.next - 1, 0)
        })
    }

    /// Records a flag whose value starts at byte `.1` of argument `.0`.
    fn push(&mut self, flag: Option<Flag>, long: String, index: usize, value: Option<(usize, usize)>) {
        let bytes = value.map(|(arg, start)| &self.args[arg].as_bytes()[start..]);
        let file_flag = match long.as_str() {
            "values" => Some(FileFlag::Values),
            "set-file" => Some(FileFlag::SetFile),
            _ => None,
        };
        if let (Some(file_flag), Some(bytes), Some((arg, start)), Some(_)) = (file_flag, bytes, value, flag) {
            let elements = match file_flag {
                FileFlag::Values => lists::values(bytes),
                FileFlag::SetFile => lists::set_file(bytes),
            };
            self.scanned.files.extend(elements.into_iter().map(|element| FileUse {
                flag: file_flag,
                name: OsString::from_vec(element.name),
                place: Place { arg, bytes: start + element.range.start..start + element.range.end },
            }));
        }
        self.scanned.flags.push(FlagUse {
            long,
            value: bytes.map(|bytes| OsStr::from_bytes(bytes).to_owned()),
            args: index..value.map_or(index, |(arg, _)| arg) + 1,
            known: flag.is_some(),
        });
    }
}
