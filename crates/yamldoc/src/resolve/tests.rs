use super::*;

fn sops(text: &str) -> Value<'_> {
    resolve(text, Style::Plain, None, Profile::Sops).unwrap()
}

fn helm(text: &str) -> Value<'_> {
    resolve(text, Style::Plain, None, Profile::Helm).unwrap()
}

#[test]
fn whole_numbers() {
    for (text, value) in [
        ("42", 42),
        ("+42", 42),
        ("0x1F", 31),
        ("0XAB", 171),
        ("0o17", 15),
        ("017", 15),
        ("007", 7),
        ("0b1011", 11),
        ("1_000_000", 1_000_000),
        ("12345_54321", 1_234_554_321),
        ("-0x10", -16),
        ("9223372036854775807", i64::MAX),
        ("-9223372036854775808", i64::MIN),
        ("0", 0),
        ("-0", 0),
    ] {
        assert_eq!(sops(text), Value::Int(value), "{text}");
        assert_eq!(helm(text), Value::Int(value), "{text}");
    }
    assert_eq!(sops("12345678901234567890"), Value::UInt(12_345_678_901_234_567_890));
}

#[test]
fn floats() {
    for (text, value) in [
        ("089", 89.0),
        ("08", 8.0),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1_000.5", 1000.5),
        ("99999999999999999999999", 1e23),
        ("-9223372036854775809", -9_223_372_036_854_775_809.0),
        (".inf", f64::INFINITY),
        ("-.INF", f64::NEG_INFINITY),
    ] {
        assert_eq!(sops(text), Value::Float(value), "{text}");
    }
    assert!(matches!(sops(".NaN"), Value::Float(value) if value.is_nan()));
}

#[test]
fn strings() {
    for text in [
        "1:30:00",
        "1e",
        "0x",
        "1e400",
        "tRue",
        "nuLL",
        "<<",
        "=",
        "0o8",
        "2001-13-45",
        ".",
        "-",
        "+",
        "._",
        "1 2",
    ] {
        assert_eq!(sops(text), Value::Str(text.into()), "{text}");
        assert_eq!(helm(text), Value::Str(text.into()), "{text}");
    }
}

#[test]
fn profiles_differ() {
    for text in ["yes", "On", "y", "OFF", "n"] {
        assert_eq!(sops(text), Value::Str(text.into()));
        assert!(matches!(helm(text), Value::Bool(_)), "{text}");
    }
    assert_eq!(sops("2024-01-01"), Value::Time("2024-01-01T00:00:00Z".into()));
    assert_eq!(helm("2024-01-01"), Value::Str("2024-01-01".into()));
}

#[test]
fn tags_and_styles() {
    let typed = |text, style, tag| resolve(text, style, Some(tag), Profile::Sops);
    assert_eq!(typed("3", Style::Double, TagKind::Int), Ok(Value::Int(3)));
    assert_eq!(typed("3", Style::Plain, TagKind::Float), Ok(Value::Float(3.0)));
    assert_eq!(typed("1", Style::Plain, TagKind::Str), Ok(Value::Str("1".into())));
    assert_eq!(typed("12", Style::Plain, TagKind::Other), Ok(Value::Str("12".into())));
    assert_eq!(typed("yes", Style::Double, TagKind::Bool), Err(BadTag));
    assert_eq!(typed("aGk=", Style::Plain, TagKind::Binary), Ok(Value::Str("hi".into())));
    assert_eq!(typed("/w ==", Style::Plain, TagKind::Binary), Ok(Value::Bytes(vec![0xff])));
    assert_eq!(typed("aGk", Style::Plain, TagKind::Binary), Err(BadTag));
    assert_eq!(resolve("1", Style::Single, None, Profile::Helm), Ok(Value::Str("1".into())));
    assert_eq!(resolve("", Style::Plain, None, Profile::Helm), Ok(Value::Null));
}
