use ui::Printer;

use crate::events::Event;

/// Prints every event as one line of JSON on stdout.
#[derive(Debug)]
pub struct Json {
    printer: Printer,
}

impl Json {
    pub fn new(printer: Printer) -> Self {
        Self { printer }
    }

    pub fn take(&mut self, event: &Event) {
        let mut line = serde_json::to_vec(event).unwrap_or_default();
        line.push(b'\n');
        // A reader that is gone must not stop a run that is changing clusters.
        let _ = self.printer.data(&line);
    }
}
