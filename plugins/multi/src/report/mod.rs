//! Consumers of a run's events: one for people, one for programs.

mod human;
mod json;

use std::time::Instant;

use clap::ValueEnum;
use ui::Printer;

use crate::events::{Event, Kind, seconds};
use crate::run_id::RunId;

pub use human::Human;
pub use json::Json;

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
}

/// Numbers the events of a run and hands them to its reporter.
#[derive(Debug)]
pub struct Recorder {
    run: RunId,
    began: Instant,
    seq: u64,
    reporter: Reporter,
}

#[derive(Debug)]
enum Reporter {
    Human(Box<Human>),
    Json(Json),
}

impl Recorder {
    pub fn new(run: &RunId, format: Format, printer: Printer) -> Self {
        let reporter = match format {
            Format::Table => Reporter::Human(Box::new(Human::new(printer))),
            Format::Json => Reporter::Json(Json::new(printer)),
        };
        Self { run: run.clone(), began: Instant::now(), seq: 0, reporter }
    }

    pub fn emit(&mut self, kind: Kind) {
        self.seq += 1;
        let event = Event { seq: self.seq, time: seconds(self.began.elapsed()), run: self.run.clone(), kind };
        match &mut self.reporter {
            Reporter::Human(human) => human.take(&event),
            Reporter::Json(json) => json.take(&event),
        }
    }
}
