//! Timestamps: which plain scalars are one, and their RFC 3339 form.

/// Date, time and offset, checked against the calendar.
struct Stamp<'a> {
    year: &'a str,
    month: u8,
    day: u8,
    /// Hour, minute, second.
    clock: (u8, u8, u8),
    /// Digits after the point, without trailing zeros.
    fraction: &'a str,
    /// `Z` or `+hh:mm`; `Z` for a zero offset.
    zone: String,
}

impl Stamp<'_> {
    fn print(&self, fraction: bool) -> String {
        let (hour, minute, second) = self.clock;
        let point = if fraction && !self.fraction.is_empty() { "." } else { "" };
        let digits = if fraction { self.fraction } else { "" };
        format!(
            "{}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}{point}{digits}{}",
            self.year, self.month, self.day, self.zone
        )
    }
}

/// The RFC 3339 form (nanoseconds as needed, zone kept) of a plain scalar that yaml.v3 reads as a timestamp.
///
/// Accepted: `Y-M-D`, `Y-M-D h:m:s[.f]` (UTC), `Y-M-DTh:m:s[.f](Z|±hh:mm)` with `T` or `t`; month, day and hour
/// may have one digit.
#[must_use]
pub fn yaml(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' {
        return None;
    }
    let separator = text.find(['T', 't', ' ']);
    let Some(at) = separator else { return Some(date_only(text)?.print(true)) };
    let spaced = bytes[at] == b' ';
    let stamp = parse(&text[..at], &text[at + 1..], spaced, false)?;
    Some(stamp.print(true))
}

/// Reads a strict RFC 3339 timestamp and prints it again, `+00:00` as `Z`, with or without the fraction.
#[must_use]
pub fn rfc3339(text: &str, fraction: bool) -> Option<String> {
    let at = 10;
    if text.as_bytes().get(at) != Some(&b'T') {
        return None;
    }
    Some(parse(&text[..at], &text[at + 1..], false, true)?.print(fraction))
}

fn date_only(text: &str) -> Option<Stamp<'_>> {
    let (year, month, day) = date(text, false)?;
    Some(Stamp { year, month, day, clock: (0, 0, 0), fraction: "", zone: "Z".to_owned() })
}

fn parse<'a>(day_part: &'a str, clock_part: &'a str, spaced: bool, strict: bool) -> Option<Stamp<'a>> {
    let (year, month, day) = date(day_part, strict)?;
    let (clock_part, zone) = if spaced { (clock_part, "Z".to_owned()) } else { zone(clock_part)? };
    let (clock_part, fraction) = match clock_part.split_once('.') {
        Some((_, digits)) if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) => return None,
        Some((clock, digits)) => (clock, digits.get(..9).unwrap_or(digits).trim_end_matches('0')),
        None => (clock_part, ""),
    };
    let mut parts = clock_part.split(':');
    let hour = number(parts.next()?, if strict { 2 } else { 1 }, 23)?;
    let minute = number(parts.next()?, 2, 59)?;
    let second = number(parts.next()?, 2, 59)?;
    if parts.next().is_some() {
        return None;
    }
    Some(Stamp { year, month, day, clock: (hour, minute, second), fraction, zone })
}

fn date(text: &str, strict: bool) -> Option<(&str, u8, u8)> {
    let mut parts = text.split('-');
    let year = parts.next().filter(|year| year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()))?;
    let digits = if strict { 2 } else { 1 };
    let month = number(parts.next()?, digits, 12)?;
    let day = number(parts.next()?, digits, 31)?;
    let leap = year.parse::<u32>().is_ok_and(|y| y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    };
    (parts.next().is_none() && month > 0 && day > 0 && day <= last).then_some((year, month, day))
}

/// Splits the zone off a time of day.
fn zone(text: &str) -> Option<(&str, String)> {
    if let Some(clock) = text.strip_suffix('Z') {
        return Some((clock, "Z".to_owned()));
    }
    let at = text.rfind(['+', '-'])?;
    let (hours, minutes) = text[at + 1..].split_once(':')?;
    let (hour, minute) = (number(hours, 2, 24)?, number(minutes, 2, 60)?);
    let zone = if hour == 0 && minute == 0 { "Z".to_owned() } else { text[at..].to_owned() };
    Some((&text[..at], zone))
}

fn number(text: &str, least_digits: usize, most: u8) -> Option<u8> {
    let fits = (least_digits..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|&value| fits && value <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_forms() {
        for (text, expected) in [
            ("2001-12-14", Some("2001-12-14T00:00:00Z")),
            ("2001-1-2", Some("2001-01-02T00:00:00Z")),
            ("2001-12-15T02:59:43.1Z", Some("2001-12-15T02:59:43.1Z")),
            ("2001-12-14t21:59:43.10-05:00", Some("2001-12-14T21:59:43.1-05:00")),
            ("2001-12-14 21:59:43", Some("2001-12-14T21:59:43Z")),
            ("2001-12-14T21:59:43+00:00", Some("2001-12-14T21:59:43Z")),
            ("2001-12-14T1:59:43Z", Some("2001-12-14T01:59:43Z")),
            ("2001-12-14 21:59:43.10 -5", None),
            ("2001-12-14T21:59:43", None),
            ("2001-13-45", None),
            ("2001-02-29", None),
            ("2000-02-29", Some("2000-02-29T00:00:00Z")),
            ("1234-", None),
            ("2001-12", None),
        ] {
            assert_eq!(yaml(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn rfc3339_is_strict() {
        assert_eq!(rfc3339("2026-01-02T03:04:05.5Z", false).as_deref(), Some("2026-01-02T03:04:05Z"));
        assert_eq!(rfc3339("2026-01-02T03:04:05+00:00", false).as_deref(), Some("2026-01-02T03:04:05Z"));
        assert_eq!(
            rfc3339("2026-01-02T03:04:05.120+02:00", true).as_deref(),
            Some("2026-01-02T03:04:05.12+02:00")
        );
        for bad in
            ["2026-01-02 03:04:05Z", "2026-1-2T03:04:05Z", "2026-01-02T3:04:05Z", "2026-01-02T03:04:05", ""]
        {
            assert_eq!(rfc3339(bad, false), None, "{bad}");
        }
    }
}
