//! Floats as Go prints and reads them.

/// Shortest digits that read back, never an exponent: Go's `'f', -1`, the form SOPS hashes and encrypts.
#[must_use]
pub fn fixed(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() }
    } else {
        value.to_string()
    }
}

/// Plain YAML that every reader takes for this float: `1.5`, `2.0`, `1e+21`, `.nan`.
#[must_use]
pub fn general(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf".to_owned() } else { "-.inf".to_owned() };
    }
    let digits = value.to_string();
    let magnitude = value.abs();
    if magnitude >= 1e16 || (magnitude < 1e-6 && magnitude > 0.0) {
        let short = format!("{value:e}");
        return match short.split_once('e') {
            Some((mantissa, exponent)) if !exponent.starts_with('-') => format!("{mantissa}e+{exponent}"),
            _ => short,
        };
    }
    if digits.contains('.') { digits } else { format!("{digits}.0") }
}

/// Reads what Go's `ParseFloat` reads in decimal; too large for a float is an error there, hence `None`.
#[must_use]
pub fn parse(text: &str) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    let named = text.trim_start_matches(['+', '-']).starts_with(['i', 'I', 'n', 'N']);
    (named || value.is_finite()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_never_has_an_exponent() {
        for (value, text) in [
            (1e10, "10000000000"),
            (2.5e-7, "0.00000025"),
            (2.0, "2"),
            (-0.0, "-0"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
            (1e23, "100000000000000000000000"),
        ] {
            assert_eq!(fixed(value), text);
        }
        assert_eq!(fixed(1e300).len(), 301);
    }

    #[test]
    fn general_is_always_a_float() {
        for (value, text) in
            [(1e10, "10000000000.0"), (1e21, "1e+21"), (2.5e-7, "2.5e-7"), (2.0, "2.0"), (-0.0, "-0.0")]
        {
            assert_eq!(general(value), text);
            assert_eq!(parse(text).map(f64::to_bits), Some(value.to_bits()));
        }
    }

    #[test]
    fn overflow_is_not_infinity() {
        assert_eq!(parse("1e400"), None);
        assert_eq!(parse("-Infinity"), Some(f64::NEG_INFINITY));
        assert!(parse("nan").unwrap().is_nan());
        assert_eq!(parse("5."), Some(5.0));
        assert_eq!(parse(""), None);
    }
}
