//! YAML streams out of a sequence of choices: every style, comment, anchor and line break.

/// Reads one choice after the other; beyond the end every choice is 0, so generation ends.
struct Choices<'a> {
    bytes: &'a [u8],
    keys: usize,
    anchors: usize,
}

impl Choices<'_> {
    fn next(&mut self, options: u8) -> u8 {
        let Some((&first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        first % options
    }

    fn pick<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[usize::from(self.next(u8::try_from(texts.len()).unwrap()))]
    }
}

const PLAIN: [&str; 24] = [
    "a",
    "two words",
    "yes",
    "0x1F",
    "017",
    "1.10",
    "1e3",
    "true",
    "TRUE",
    "~",
    "null",
    "2024-01-01",
    "",
    "-x",
    "a:b",
    "x#y",
    "1_000",
    "99999999999999999999999",
    ".inf",
    "<<",
    "é😀",
    "http://u:p@h/?q=1",
    "- ",
    "12",
];
const DOUBLE: [&str; 8] = ["", "x", "a\\nb", "\\x00", "yes", "\\\"q\\\"", "a\\tb", "#no"];
const SINGLE: [&str; 5] = ["", "x", "it''s", "1", "a # b"];
const FLOW: [&str; 8] = [
    "[]",
    "{}",
    "[a, \"b\", 'c', 1]",
    "{x: 1, \"y\": [z]}",
    "[a, # c\n      b]",
    "{x: , y}",
    "[{a: b}]",
    "[ 1,2 , ]",
];
const COMMENTS: [&str; 6] = ["# c", "#", "#tight", "#  two  ", "# é", "# - x: [y"];
const LINES: [&str; 6] = ["text", "more  ", " indented", "", "# no comment", "\ttab"];

/// A stream of one to three documents.
pub fn stream(bytes: &[u8]) -> String {
    let mut choices = Choices { bytes, keys: 0, anchors: 0 };
    let mut out = String::new();
    for number in 0..=choices.next(3) {
        if number > 0 || choices.next(4) == 1 {
            out.push_str(
                choices.pick(&["---\n", "--- # next\n", "...\n---\n"][..if number > 0 { 3 } else { 2 }]),
            );
        }
        choices.anchors = 0;
        if choices.next(8) == 7 {
            out.push_str(choices.pick(&["{a: 1, b: \"x\"}\n", "{}\n", "null\n"]).trim_start_matches('\n'));
            continue;
        }
        let column = if choices.next(6) == 5 { 2 } else { 0 };
        map(&mut choices, &mut out, column, 0);
        noise(&mut choices, &mut out, 0);
    }
    if choices.next(5) == 4 {
        out.truncate(out.trim_end_matches('\n').len());
    }
    if choices.next(4) == 3 {
        out = out.replace('\n', "\r\n");
    }
    if choices.next(8) == 7 {
        out.insert(0, '\u{feff}');
    }
    out
}

/// Comment and blank lines.
fn noise(choices: &mut Choices<'_>, out: &mut String, column: usize) {
    for _ in 0..choices.next(4).saturating_sub(1) {
        if choices.next(3) == 0 {
            out.push('\n');
        } else {
            let shift = usize::from(choices.next(3)) * 2;
            out.push_str(&" ".repeat((column + shift).saturating_sub(2)));
            out.push_str(choices.pick(&COMMENTS));
            out.push('\n');
        }
    }
}

fn map(choices: &mut Choices<'_>, out: &mut String, column: usize, depth: u8) {
    for _ in 0..=choices.next(4) {
        noise(choices, out, column);
        out.push_str(&" ".repeat(column));
        entry(choices, out, column, depth);
    }
}

fn entry(choices: &mut Choices<'_>, out: &mut String, column: usize, depth: u8) {
    choices.keys += 1;
    let key = format!("k{}{}", choices.next(8), choices.keys);
    out.push_str(&match choices.next(5) {
        3 => format!("\"{key}\""),
        4 => format!("'{key}'"),
        _ => key,
    });
    out.push(':');
    value(choices, out, column, depth);
}

fn value(choices: &mut Choices<'_>, out: &mut String, column: usize, depth: u8) {
    let inner = column + [2, 4, 1][usize::from(choices.next(3))];
    let kind = choices.next(if depth < 3 { 12 } else { 9 });
    if kind == 8 && choices.anchors > 0 {
        let number = usize::from(choices.next(u8::try_from(choices.anchors).unwrap()));
        out.push_str(&format!(" *n{number}\n"));
        return;
    }
    if choices.next(6) == 5 && kind != 8 {
        out.push_str(&format!(" &n{}", choices.anchors));
        // Counted when the value is complete, so that no alias stands inside its own anchor.
        let anchor = choices.anchors;
        body(choices, out, (column, inner), depth, kind);
        choices.anchors = choices.anchors.max(anchor + 1);
        return;
    }
    body(choices, out, (column, inner), depth, kind);
}

fn body(choices: &mut Choices<'_>, out: &mut String, (column, inner): (usize, usize), depth: u8, kind: u8) {
    match kind {
        0..=2 | 8 => {
            let text = choices.pick(&PLAIN).trim_end();
            out.push_str(&if text == "-" { " x".to_owned() } else { format!(" {text}") });
            beside(choices, out);
        }
        3 => {
            let text = choices.pick(&DOUBLE);
            out.push_str(&format!(" \"{text}\""));
            beside(choices, out);
        }
        4 => {
            let text = choices.pick(&SINGLE);
            out.push_str(&format!(" '{text}'"));
            beside(choices, out);
        }
        5 => block(choices, out, column),
        6 => {
            let text = choices.pick(&FLOW).replace('\n', &format!("\n{}", " ".repeat(column + 2)));
            out.push_str(&format!(" {text}"));
            beside(choices, out);
        }
        7 => {
            let indent = " ".repeat(column + 2);
            out.push_str(&match choices.next(3) {
                0 => format!(" plain over\n{indent}two lines\n"),
                1 => format!(" \"double\n\n{indent}lines\"\n"),
                _ => format!(" 'single\n{indent}lines'\n"),
            });
        }
        9 => {
            beside(choices, out);
            map(choices, out, inner, depth + 1);
        }
        10 => {
            beside(choices, out);
            list(choices, out, inner, depth + 1);
        }
        _ => {
            out.push('\n');
            list(choices, out, column, depth + 1);
        }
    }
}

/// A comment on the same line, or none.
fn beside(choices: &mut Choices<'_>, out: &mut String) {
    if choices.next(5) == 4 {
        out.push_str("  ");
        out.push_str(choices.pick(&COMMENTS));
    }
    out.push('\n');
}

fn block(choices: &mut Choices<'_>, out: &mut String, column: usize) {
    let indent = [2, 4][usize::from(choices.next(2))];
    let explicit = choices.next(3) == 2;
    let chomping = choices.pick(&["", "-", "+"]);
    let digit = if explicit { indent.to_string() } else { String::new() };
    out.push_str(&format!(" {}{digit}{chomping}", choices.pick(&["|", ">"])));
    beside(choices, out);
    let margin = " ".repeat(column + indent);
    let mut first = true;
    for _ in 0..=choices.next(5) {
        let line = choices.pick(&LINES);
        // A block of blank lines before an indented comment is no YAML to some parsers.
        let line = if first && (line.is_empty() || !explicit && line.starts_with([' ', '\t', '#'])) {
            "first"
        } else {
            line
        };
        first = false;
        out.push_str(&if line.is_empty() { "\n".to_owned() } else { format!("{margin}{line}\n") });
    }
}

fn list(choices: &mut Choices<'_>, out: &mut String, column: usize, depth: u8) {
    for _ in 0..=choices.next(3) {
        noise(choices, out, column);
        out.push_str(&format!("{}-", " ".repeat(column)));
        if choices.next(3) == 2 {
            out.push(' ');
            entry(choices, out, column + 2, depth);
            if choices.next(2) == 1 {
                out.push_str(&" ".repeat(column + 2));
                entry(choices, out, column + 2, depth);
            }
        } else {
            value(choices, out, column, depth);
        }
    }
}
