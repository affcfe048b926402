//! JSON objects out of a sequence of choices: every kind of value, spelling and layout.

/// Reads one choice after the other; beyond the end every choice is 0, so generation ends.
struct Choices<'a> {
    bytes: &'a [u8],
    keys: usize,
    /// How this text is laid out.
    layout: Layout,
}

#[derive(Clone, Copy)]
struct Layout {
    line_break: &'static str,
    unit: &'static str,
    colon: &'static str,
    comma: &'static str,
}

impl Choices<'_> {
    fn next(&mut self, options: u8) -> u8 {
        let Some((&first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        first % options
    }

    fn pick(&mut self, texts: &[&'static str]) -> &'static str {
        texts[usize::from(self.next(u8::try_from(texts.len()).unwrap()))]
    }
}

const LAYOUTS: [Layout; 6] = [
    Layout { line_break: "\n", unit: "\t", colon: ": ", comma: "," },
    Layout { line_break: "\n", unit: "  ", colon: ": ", comma: "," },
    Layout { line_break: "\r\n", unit: "    ", colon: " : ", comma: " ," },
    Layout { line_break: "\n", unit: "", colon: ":", comma: "," },
    Layout { line_break: "", unit: "", colon: ":", comma: "," },
    Layout { line_break: " ", unit: "", colon: ": ", comma: "," },
];

const STRINGS: [&str; 18] = [
    "\"text\"",
    "\"\"",
    "\"two words\"",
    "\"\\u00e9\"",
    "\"é😀\"",
    "\"\\ud83d\\ude00\"",
    "\"\\/path\\/\"",
    "\"a\\nb\\tc\"",
    "\"\\b\\f\\r\\\\ \\\"q\\\"\"",
    "\"\\u0000\\u001f\\u007f\"",
    "\"\u{7f}\"",
    "\"\\u2028\"",
    "\"\u{2028}\"",
    "\"<&>\"",
    "\"true\"",
    "\"12\"",
    "\"2024-01-01T00:00:00Z\"",
    "\"ENC[AES256_GCM,data:Zm9v,iv:Zm9v,tag:Zm9v,type:str]\"",
];

const NUMBERS: [&str; 20] = [
    "0",
    "-0",
    "-0.0",
    "1",
    "42",
    "-17",
    "1.0",
    "1.50",
    "1e3",
    "1E+2",
    "2.5e-7",
    "0.00000025",
    "1e-300",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "12345678901234567890",
    "100000000000000000000000",
    "1e23",
    "0.1000000000000000055511151231257827",
];

/// A text whose root is an object.
pub fn object(bytes: &[u8]) -> String {
    let mut choices = Choices { bytes, keys: 0, layout: LAYOUTS[0] };
    choices.layout = LAYOUTS[usize::from(choices.next(6))];
    let mut out = String::from(choices.pick(&["", "", "\n", "  ", "\t\r\n"]));
    members(&mut choices, &mut out, 0);
    out.push_str(choices.pick(&["\n", "", "\r\n", "\n\n  "]));
    out
}

fn line(choices: &mut Choices<'_>, out: &mut String, depth: u8) {
    out.push_str(choices.layout.line_break);
    (0..depth).for_each(|_| out.push_str(choices.layout.unit));
}

fn members(choices: &mut Choices<'_>, out: &mut String, depth: u8) {
    out.push('{');
    let count = choices.next(5);
    for number in 0..count {
        if number > 0 {
            out.push_str(choices.layout.comma);
        }
        line(choices, out, depth + 1);
        choices.keys += 1;
        let key = format!("k{}{}", choices.next(8), choices.keys);
        let key = match choices.next(6) {
            4 => format!("\\u006b {key}"),
            5 => format!("{key}:é"),
            _ => key,
        };
        out.push_str(&format!("\"{key}\"{}", choices.layout.colon));
        value(choices, out, depth + 1);
    }
    if count > 0 || choices.next(3) == 2 {
        line(choices, out, depth);
    }
    out.push('}');
}

fn value(choices: &mut Choices<'_>, out: &mut String, depth: u8) {
    match choices.next(if depth < 4 { 8 } else { 5 }) {
        0 | 1 => out.push_str(choices.pick(&STRINGS)),
        2 | 3 => out.push_str(choices.pick(&NUMBERS)),
        4 => out.push_str(choices.pick(&["true", "false", "null"])),
        5 => members(choices, out, depth),
        6 => {
            // All on one line, as people write short lists.
            let items: Vec<_> = (0..choices.next(4)).map(|_| choices.pick(&NUMBERS)).collect();
            out.push_str(&format!("[{}]", items.join(choices.pick(&[", ", ",", " , "]))));
        }
        _ => {
            out.push('[');
            for number in 0..=choices.next(3) {
                out.push_str(if number > 0 { choices.layout.comma } else { "" });
                line(choices, out, depth + 1);
                value(choices, out, depth + 1);
            }
            line(choices, out, depth);
            out.push(']');
        }
    }
}
