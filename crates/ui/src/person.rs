//! Numbers, lists and times as people read them.

use std::time::Duration;

/// `850 ms`, `8.1 s`, `1:05` (minutes and seconds).
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{} ms", time.as_millis()),
        1..60 => format!("{:.1} s", time.as_secs_f64()),
        _ => format!("{}:{:02}", seconds / 60, seconds % 60),
    }
}

/// How long ago `seconds` is: `now`, `40s`, `12m`, `3h`, `5d`, with `ago`.
pub fn ago(seconds: i64) -> String {
    match seconds {
        ..5 => "now".to_owned(),
        5..120 => format!("{seconds}s ago"),
        120..7_200 => format!("{}m ago", seconds / 60),
        7_200..172_800 => format!("{}h ago", seconds / 3_600),
        _ => format!("{}d ago", seconds / 86_400),
    }
}

/// `1 context`, `3 contexts`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// `a, b and c`; past `most` items `a, b and 7 more`.
pub fn list<S: AsRef<str>>(items: &[S], most: usize) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        many if many.len() > most.max(1) => {
            let shown = most.max(1);
            format!("{} and {} more", many[..shown].join(", "), many.len() - shown)
        }
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let shown = [850, 8_100, 65_000].map(|ms| duration(Duration::from_millis(ms)));
        assert_eq!(shown, ["850 ms", "8.1 s", "1:05"]);
    }

    #[test]
    fn lists() {
        assert_eq!(list(&["a"], 3), "a");
        assert_eq!(list(&["a", "b", "c"], 3), "a, b and c");
        assert_eq!(list(&["a", "b", "c", "d"], 2), "a, b and 2 more");
    }
}
