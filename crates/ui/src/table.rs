use crate::Style;

/// Columns of text aligned to the widest cell: a header line, then rows. No borders.
#[derive(Debug, Clone)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<(String, Style)>>,
}

impl Table {
    pub fn new(header: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { header: header.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row; missing cells at its end stay empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = (String, Style)>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The lines, without trailing blanks.
    pub fn render(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).chain([self.header.len()]).max().unwrap_or(0);
        let width = |column: usize| {
            let header = self.header.get(column).map_or(0, |cell| cell.chars().count());
            let cells =
                self.rows.iter().filter_map(|row| row.get(column)).map(|(text, _)| text.chars().count());
            cells.chain([header]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut out = String::new();
        if !self.header.is_empty() {
            line(&mut out, &widths, self.header.iter().map(|text| (text.as_str(), Style::Dim)));
        }
        for row in &self.rows {
            line(&mut out, &widths, row.iter().map(|(text, style)| (text.as_str(), *style)));
        }
        out
    }
}

fn line<'a>(out: &mut String, widths: &[usize], cells: impl Iterator<Item = (&'a str, Style)>) {
    let cells: Vec<_> = cells.collect();
    let last = cells.iter().rposition(|(text, _)| !text.is_empty()).map_or(0, |at| at + 1);
    for (index, (text, style)) in cells.iter().take(last).enumerate() {
        out.push_str(&style.paint(text));
        if index + 1 < last {
            let gap = widths[index].saturating_sub(text.chars().count()) + 2;
            out.extend(std::iter::repeat_n(' ', gap));
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligns_columns_and_leaves_no_trailing_blanks() {
        let mut table = Table::new(["RELEASE", "REV"]);
        table.row([("a-long-release".into(), Style::Plain), ("1".into(), Style::Plain)]);
        table.row([("b".into(), Style::Plain), (String::new(), Style::Plain)]);
        let plain = anstream::adapter::strip_str(&table.render()).to_string();
        assert_eq!(plain, "RELEASE         REV\na-long-release  1\nb\n");
    }
}
