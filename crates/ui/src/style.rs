use anstyle::{AnsiColor, Effects};

/// Colour only where it carries meaning; everything stays readable without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Plain,
    /// Green: done, added.
    Done,
    /// Yellow: waiting, changed, warnings.
    Waiting,
    /// Red: failed, removed.
    Failed,
    /// Dim: what repeats.
    Dim,
    Bold,
}

impl Style {
    fn ansi(self) -> anstyle::Style {
        let colour = |colour: AnsiColor| anstyle::Style::new().fg_color(Some(colour.into()));
        match self {
            Style::Plain => anstyle::Style::new(),
            Style::Done => colour(AnsiColor::Green),
            Style::Waiting => colour(AnsiColor::Yellow),
            Style::Failed => colour(AnsiColor::Red),
            Style::Dim => anstyle::Style::new().effects(Effects::DIMMED),
            Style::Bold => anstyle::Style::new().effects(Effects::BOLD),
        }
    }

    /// `text` with the escape codes around it; the streams of [`crate::Printer`] strip them where they do not belong.
    pub fn paint(self, text: &str) -> String {
        if self == Style::Plain {
            return text.to_owned();
        }
        let style = self.ansi();
        format!("{style}{text}{style:#}")
    }
}
