//! Decrypted values of any type as the text of a line. Other tools put typed values here by converting YAML or JSON.

use std::borrow::Cow;

use crate::typed::{Opened, Type};

/// The text as SOPS prints it; `None` for bytes that are no text.
pub(crate) fn text_of(opened: &Opened) -> Option<Cow<'_, str>> {
    let text = std::str::from_utf8(opened.bytes()).ok()?;
    Some(match opened.kind {
        Type::Bool => text.to_ascii_lowercase().into(),
        Type::Float => yamldoc::parse_float(text).map(float)?.into(),
        Type::Str | Type::Int | Type::Time | Type::Comment => text.into(),
    })
}

/// Go's `%G` with its shortest digits, and `.0` behind what would be a whole number.
pub(crate) fn float(value: f64) -> String {
    let short = format!("{value:e}");
    let (mantissa, exponent) = short.split_once('e').unwrap_or((&short, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if value.is_finite() && value != 0.0 && !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}E{sign}{:02}", exponent.abs());
    }
    let fixed = yamldoc::fixed_float(value);
    if value.is_finite() && !fixed.contains('.') { format!("{fixed}.0") } else { fixed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_as_go_prints_them() {
        for (value, text) in [
            (1.5, "1.5"),
            (2.0, "2.0"),
            (1e5, "100000.0"),
            (1_234_567.5, "1.2345675E+06"),
            (1e-4, "0.0001"),
            (-0.0, "-0.0"),
            (1e-5, "1E-05"),
            (1.25e-7, "1.25E-07"),
            (f64::INFINITY, "+Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(float(value), text);
        }
    }
}
