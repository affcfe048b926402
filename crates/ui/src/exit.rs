use std::process::ExitCode;

/// How a command ended; the one table of exit codes, printed in `docs/exit-codes.md` as it stands here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done, or no difference.
    Done,
    /// 1: failed; nothing was left half-way, or what was is named. Wrong usage too, as in Helm.
    Failed,
    /// 2: differences were found, and `--detailed-exitcode` asked to be told.
    Differences,
    /// 3: partly done: some contexts succeeded, others failed and are named.
    Partly,
    /// 130: interrupted by a signal; what was done where was reported.
    Interrupted,
    /// The exit code of the wrapped helm, as it was.
    Child(u8),
}

impl Exit {
    /// Every fixed code with its meaning, in the order of the codes.
    pub const TABLE: [(Exit, &'static str); 5] = [
        (Exit::Done, "done, or no difference found"),
        (Exit::Failed, "failed, or wrong usage"),
        (Exit::Differences, "differences found (`diff` with `--detailed-exitcode`)"),
        (Exit::Partly, "partly done: some contexts failed, each is named"),
        (Exit::Interrupted, "interrupted by a signal; what was done where was reported"),
    ];

    /// The number the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Differences => 2,
            Exit::Partly => 3,
            Exit::Interrupted => 130,
            Exit::Child(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}
