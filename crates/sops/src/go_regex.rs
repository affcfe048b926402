//! Go's regular expressions (RE2) on the `regex` crate.
//!
//! Both find the same matches where both take an expression. What only one of them takes, or each takes differently,
//! is translated or refused here: Perl classes are ASCII in Go, `\Q...\E`, octal escapes and `\p{^...}` exist only
//! there, a brace that is no repetition is a character there, as are brackets and doubled operators inside a class;
//! Go refuses a repetition of a repetition, more than 1000 of them, and the crate's own flags and escapes.

use std::iter::Peekable;
use std::str::Chars;

use regex::bytes::Regex;

/// Go's limit for `{n}`.
const MAX_REPEAT: u32 = 1000;
/// Names of `[[:name:]]`.
const NAMED_CLASSES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

/// Compiles a Go expression; the message says what is wrong with it.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    let bad = |reason: &str| format!("invalid regular expression {pattern:?}: {reason}");
    let translated = Translator::new(pattern).run().map_err(|reason| bad(&reason))?;
    Regex::new(&translated).map_err(|error| match error {
        regex::Error::Syntax(text) => {
            bad(text.lines().last().unwrap_or_default().trim_start_matches("error: "))
        }
        _ => format!("regular expression {pattern:?} is too large"),
    })
}

struct Translator<'p> {
    rest: Peekable<Chars<'p>>,
    out: String,
}

impl<'p> Translator<'p> {
    fn new(pattern: &'p str) -> Self {
        Self { rest: pattern.chars().peekable(), out: String::with_capacity(pattern.len() + 16) }
    }

    fn run(mut self) -> Result<String, String> {
        let mut repeated = false;
        while let Some(c) = self.rest.next() {
            let repeats = match c {
                '*' | '+' | '?' => {
                    self.out.push(c);
                    true
                }
                '{' => self.counted()?,
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '(' => self.group()?,
                _ => {
                    self.out.push(c);
                    false
                }
            };
            if repeats && repeated {
                return Err("a repetition is repeated; put it in a group".to_owned());
            }
            repeated = repeats;
            if repeats && self.rest.next_if_eq(&'?').is_some() {
                self.out.push('?');
            }
        }
        Ok(self.out)
    }

    /// `{n}`, `{n,}` or `{n,m}` from after its brace; any other brace is a character.
    fn counted(&mut self) -> Result<bool, String> {
        let text: String = self.rest.clone().take_while(|&c| c != '}').take(32).collect();
        let closed = self.rest.clone().nth(text.chars().count()) == Some('}');
        let number = |text: &str| {
            let plain =
                text.bytes().all(|b| b.is_ascii_digit()) && !(text.len() > 1 && text.starts_with('0'));
            if text.is_empty() || !plain { None } else { Some(text.parse::<u32>().unwrap_or(u32::MAX)) }
        };
        let (low, high) = text.split_once(',').unwrap_or((&text, &text));
        let bounds = number(low).and_then(|low| Some((low, if high.is_empty() { 0 } else { number(high)? })));
        let Some((low, high)) = bounds.filter(|_| closed) else {
            self.out.push_str("\\{");
            return Ok(false);
        };
        if low.max(high) > MAX_REPEAT {
            return Err(format!("a repetition of more than {MAX_REPEAT}"));
        }
        self.out.push_str(&format!("{{{text}}}"));
        self.skip(text.chars().count() + 1);
        Ok(true)
    }

    /// What follows `(`: its flags must be Go's.
    fn group(&mut self) -> Result<bool, String> {
        self.out.push('(');
        if self.rest.next_if_eq(&'?').is_some() {
            self.out.push('?');
            let flags: String =
                self.rest.clone().take_while(|c| c.is_ascii_alphabetic() || *c == '-').collect();
            if !flags.starts_with('P') && flags.contains(|c: char| !matches!(c, 'i' | 'm' | 's' | 'U' | '-'))
            {
                return Err(format!("unknown flags {flags}"));
            }
            // `?` here is no repetition, nor is what may follow it.
            let next = self.rest.next_if(|c| matches!(c, '<' | ':' | 'P' | '=' | '!'));
            self.out.extend(next);
        }
        Ok(false)
    }

    /// What follows a backslash.
    fn escape(&mut self, in_class: bool) -> Result<bool, String> {
        let Some(c) = self.rest.next() else { return Err("a backslash at the end".to_owned()) };
        match c {
            'd' => self.out.push_str("[0-9]"),
            'D' => self.out.push_str("[^0-9]"),
            'w' => self.out.push_str("[0-9A-Za-z_]"),
            'W' => self.out.push_str("[^0-9A-Za-z_]"),
            's' => self.out.push_str(r"[\t\n\f\r ]"),
            'S' => self.out.push_str(r"[^\t\n\f\r ]"),
            'b' | 'B' if !in_class => self.out.push_str(&format!(r"(?-u:\{c})")),
            'A' | 'z' if !in_class => self.out.extend(['\\', c]),
            'Q' if !in_class => return Ok(self.quoted()),
            'p' | 'P' => self.unicode_class(c),
            'a' | 'f' | 'n' | 'r' | 't' | 'v' | 'x' => self.out.extend(['\\', c]),
            '0'..='7' => self.octal(c)?,
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => {
                self.out.push_str(&regex::escape(&c.to_string()));
            }
            c => return Err(format!("unknown escape \\{c}")),
        }
        Ok(false)
    }

    /// `\Q...\E`, which may lack its end.
    fn quoted(&mut self) -> bool {
        let rest: String = self.rest.clone().collect();
        let quoted = rest.split(r"\E").next().unwrap_or_default();
        self.out.push_str(&regex::escape(quoted));
        self.skip(quoted.chars().count() + if quoted.len() < rest.len() { 2 } else { 0 });
        false
    }

    /// `\p{^Greek}` is `\P{Greek}`.
    fn unicode_class(&mut self, mut c: char) {
        let negated = self.rest.clone().take(2).eq(['{', '^']);
        if negated {
            self.skip(2);
            c = if c == 'p' { 'P' } else { 'p' };
        }
        self.out.extend(['\\', c]);
        if negated || self.rest.next_if_eq(&'{').is_some() {
            self.out.push('{');
        }
        // Up to the closing brace nothing has a meaning of its own.
        if self.out.ends_with('{') {
            for c in self.rest.by_ref() {
                self.out.push(c);
                if c == '}' {
                    break;
                }
            }
        } else {
            self.out.extend(self.rest.next());
        }
    }

    /// A character by up to three octal digits; one digit alone is a backreference unless it is 0.
    fn octal(&mut self, first: char) -> Result<(), String> {
        let is_octal = |c: &char| matches!(c, '0'..='7');
        if first != '0' && !self.rest.peek().is_some_and(is_octal) {
            return Err(format!("backreference \\{first}"));
        }
        let mut value = first.to_digit(8).unwrap_or_default();
        for _ in 0..2 {
            let Some(digit) = self.rest.next_if(is_octal) else { break };
            value = value * 8 + digit.to_digit(8).unwrap_or_default();
        }
        self.out.push_str(&format!("\\x{{{value:x}}}"));
        Ok(())
    }

    /// A bracket class, from after its `[`.
    fn class(&mut self) -> Result<bool, String> {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut first = true;
        while let Some(c) = self.rest.next() {
            match c {
                ']' if !first => {
                    self.out.push(']');
                    return Ok(false);
                }
                '[' if self.rest.peek() == Some(&':') => self.named()?,
                '\\' if self.rest.peek().is_some_and(|c| "dDwWsSpP".contains(*c)) => {
                    self.escape(true)?;
                }
                c => {
                    self.class_character(c)?;
                    // A range, unless the dash is the last character.
                    let mut ahead = self.rest.clone();
                    if ahead.next() == Some('-') && ahead.next().is_some_and(|c| c != ']') {
                        self.skip(1);
                        self.out.push('-');
                        if let Some(end) = self.rest.next() {
                            self.class_character(end)?;
                        }
                    }
                }
            }
            first = false;
        }
        Err("a class without its ]".to_owned())
    }

    /// One character of a class, escaped or not.
    fn class_character(&mut self, c: char) -> Result<(), String> {
        match c {
            '\\' => self.escape(true).map(drop),
            '[' | ']' | '&' | '~' | '-' | '^' => {
                self.out.extend(['\\', c]);
                Ok(())
            }
            c => {
                self.out.push(c);
                Ok(())
            }
        }
    }

    /// `[:alpha:]` inside a class; without `:]` its bracket is a character.
    fn named(&mut self) -> Result<(), String> {
        let rest: String = self.rest.clone().skip(1).collect();
        let Some((name, _)) = rest.split_once(":]") else {
            self.out.push_str(r"\[");
            return Ok(());
        };
        if !NAMED_CLASSES.contains(&name.trim_start_matches('^')) {
            return Err(format!("unknown class [:{name}:]"));
        }
        self.out.push_str(&format!("[:{name}:]"));
        self.skip(name.chars().count() + 3);
        Ok(())
    }

    fn skip(&mut self, count: usize) {
        self.rest.by_ref().take(count).for_each(drop);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        compile(pattern).unwrap_or_else(|error| panic!("{error}")).is_match(text.as_bytes())
    }

    /// Patterns, a text that each matches and one that it does not, as Go 1.26 has it.
    #[test]
    fn matches_what_go_matches() {
        for (pattern, yes, no) in [
            (r"^\d+$", "12", "\u{663}"),
            (r"[\W]", "é", "a"),
            (r"^\s$", "\t", "\u{a0}"),
            (r"^[\d_]x$", "_x", "éx"),
            (r"\bx\b", "éx-", "ax"),
            (r"\Qa.b\E.", "a.bc", "axbc"),
            (r"\Q(", "(", ")"),
            ("^[[a]$", "[", "]"),
            ("^[]a]$", "]", "b"),
            ("^[a&&b]$", "&", "c"),
            ("^[a~~b]$", "~", "c"),
            ("^[+--]$", ",", "."),
            ("^[--/]$", ".", ","),
            ("^[[:alpha:]-]$", "-", "1"),
            ("^[[:^alpha:]]$", "1", "a"),
            ("^[[:a]$", ":", "b"),
            ("(?i)^data$", "DATA", "date"),
            ("^a{,2}$", "a{,2}", "aa"),
            ("^a{2$", "a{2", "aa"),
            ("^a{x}$", "a{x}", "a"),
            ("^a{2,3}$", "aaa", "a"),
            ("^a{02}$", "a{02}", "aa"),
            ("^{$", "{", "}"),
            ("x{2}?$", "xx", "x"),
            (r"^\<a\>$", "<a>", "a"),
            (r"^\060$", "0", "060"),
            (r"^\101b$", "Ab", "1b"),
            (r"^[\101]$", "A", "1"),
            (r"^\x41\x{42}$", "AB", "ab"),
            (r"^\p{^Greek}$", "a", "α"),
            (r"^\P{^Greek}$", "α", "a"),
            (r"^\pL\d$", "é1", "11"),
            (r"^[\p{Greek}x]$", "α", "a"),
            ("^(?P<n>a)(?<m>b)$", "ab", "a"),
            ("^(?U)a+?$", "aa", "b"),
            ("(?s)^a.b$", "a\nb", "ab"),
            ("^(|a)$", "a", "b"),
            (r"^a\_b\-c\ d$", "a_b-c d", "ab"),
            ("^}$", "}", "{"),
            ("^[a-c-e]$", "-", "d"),
            ("^(?i:k)$", "K", "l"),
            ("^a*?$", "aa", "b"),
            (r"^[^\n]$", "a", "\n"),
            (r"^[\[\]]$", "]", "a"),
            (r"\.ya?ml$", "a.yaml", "a.yam"),
        ] {
            assert!(matches(pattern, yes) && !matches(pattern, no), "{pattern}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for pattern in [
            "(",
            "(?=x)",
            "(?!x)",
            "[a",
            "[]",
            r"\1",
            r"\9",
            "a**",
            "a*+",
            "a{2}{3}",
            "a*??",
            "a{1001}",
            "x{0,1001}",
            "a{3,2}",
            "(?x)a b",
            "(?u)a",
            "(?R)a",
            r"\u0041",
            r"\U00000041",
            r"\C",
            r"\Z",
            r"\h",
            "[[:foo:]]",
            r"[\Q]\E]",
            r"[\b]",
            "[z-a]",
            "[a--b]",
            r"[a-\d]",
            "*a",
            "a|*",
            "(?#c)a",
            "(?P=n)a",
            "\\",
            "^**",
            r"\K",
            r"\e",
            r"\R",
            r"\pX",
            r"\p{Foo}",
        ] {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
    }
}
