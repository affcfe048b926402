//! Known differences between sops and us, `tests/data/sops-interop.tsv`: each with its reason, none out of date.

use std::collections::BTreeMap;

use crate::bench::data;

/// The exceptions of one check: name of the case and reason.
pub struct Exceptions {
    check: &'static str,
    known: BTreeMap<String, String>,
    wrong: Vec<String>,
}

impl Exceptions {
    pub fn of(check: &'static str) -> Self {
        let table = fs_err::read_to_string(data().join("sops-interop.tsv")).unwrap();
        let rows = table
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split('\t').collect::<Vec<_>>());
        let known = rows.map(|row| match row[..] {
            [of, case, reason] => (of.to_owned(), case.to_owned(), reason.to_owned()),
            _ => panic!("{row:?}: not check, case, reason"),
        });
        let known = known.filter(|(of, ..)| of == check).map(|(_, case, reason)| (case, reason)).collect();
        Self { check, known, wrong: Vec::new() }
    }

    /// Notes the result of a case: it must hold, or be listed.
    pub fn note(&mut self, case: &str, result: Result<(), String>) {
        match (result, self.known.remove(case)) {
            (Ok(()), None) | (Err(_), Some(_)) => {}
            (Ok(()), Some(reason)) => self.wrong.push(format!("{case} holds, but is listed ({reason})")),
            (Err(error), None) => self.wrong.push(format!("{case}: {error}")),
        }
    }

    /// Fails the test when a case did not hold that is not listed, or the other way round.
    #[track_caller]
    pub fn finish(mut self) {
        self.wrong
            .extend(self.known.keys().map(|case| format!("{case} is listed, but there is no such case")));
        assert!(self.wrong.is_empty(), "{}:\n{}", self.check, self.wrong.join("\n"));
    }
}
