use std::collections::HashMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::Printer;

/// One line per item while work goes on: redrawn on a terminal, else a plain line per change.
#[derive(Debug)]
pub struct Board {
    printer: Printer,
    lines: MultiProgress,
    bars: HashMap<String, ProgressBar>,
    width: usize,
}

impl Board {
    /// `width` is that of the widest item name.
    pub fn new(printer: Printer, width: usize) -> Self {
        Self { printer, lines: MultiProgress::new(), bars: HashMap::new(), width }
    }

    /// Work on `item` goes on; `text` says how. On a terminal the line counts its seconds.
    pub fn running(&mut self, item: &str, text: &str) {
        if !self.printer.redraws() {
            return self.plain(item, text);
        }
        let bar = self.bars.entry(item.to_owned()).or_insert_with(|| {
            let bar = self.lines.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("  {prefix}  {msg}  {elapsed}") {
                bar.set_style(style);
            }
            bar.set_prefix(format!("{item:width$}", width = self.width));
            bar.enable_steady_tick(Duration::from_secs(1));
            bar
        });
        bar.set_message(text.to_owned());
    }

    /// Work on `item` ended; its last line stays on the screen.
    pub fn ended(&mut self, item: &str, text: &str) {
        match self.bars.remove(item) {
            Some(bar) => {
                bar.finish_and_clear();
                self.lines.remove(&bar);
                self.line(&self.aligned(item, text));
            }
            None => self.plain(item, text),
        }
    }

    /// A line between the items' lines.
    pub fn line(&self, text: &str) {
        if self.bars.is_empty() {
            return self.printer.status(text);
        }
        // The lines that are redrawn move down, so the text has to go where they are drawn.
        let coloured = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
        let plain = || anstream::adapter::strip_str(text).to_string();
        let _ = self.lines.println(if coloured { text.to_owned() } else { plain() });
    }

    fn plain(&self, item: &str, text: &str) {
        self.printer.status(&self.aligned(item, text));
    }

    fn aligned(&self, item: &str, text: &str) -> String {
        format!("  {item:width$}  {text}", width = self.width)
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        for bar in self.bars.values() {
            bar.finish_and_clear();
        }
    }
}
