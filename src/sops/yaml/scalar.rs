//! Scalars as sops' YAML library (go-yaml v3) reads and writes them.

use std::sync::LazyLock;

use regex::Regex;

use crate::sops::cipher::{Kind, go_float};

/// The type of a plain scalar, and the bytes that the MAC covers for it.
pub(crate) fn resolve(text: &str) -> (Kind, String) {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return (Kind::Null, String::new()),
        "true" | "True" | "TRUE" => return (Kind::Bool, "True".to_owned()),
        "false" | "False" | "FALSE" => return (Kind::Bool, "False".to_owned()),
        ".nan" | ".NaN" | ".NAN" => return (Kind::Float, go_float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return (Kind::Float, go_float(f64::INFINITY));
        }
        "-.inf" | "-.Inf" | "-.INF" => return (Kind::Float, go_float(f64::NEG_INFINITY)),
        _ => {}
    }
    number(text)
        .or_else(|| time(text).map(|t| (Kind::Time, t)))
        .unwrap_or_else(|| (Kind::Str, text.to_owned()))
}

fn number(text: &str) -> Option<(Kind, String)> {
    static FLOAT: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$").ok());
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return None;
    }
    let plain = text.replace('_', "");
    if let Some(int) = integer(&plain) {
        return Some((Kind::Int, int));
    }
    let is_float = FLOAT.as_ref().is_some_and(|re| re.is_match(&plain));
    let float = if is_float { plain.parse::<f64>().ok() } else { None };
    float.map(|f| (Kind::Float, go_float(f)))
}

/// Go's `ParseInt(text, 0, 64)`, which also takes `0755` for octal, in decimal. Numbers up to
/// 2⁶⁴ are taken too: sops refuses those, and nothing is gained by doing so later than it.
fn integer(text: &str) -> Option<String> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, body) = match lower.get(..2) {
        Some("0x") => (16, &lower[2..]),
        Some("0o") => (8, &lower[2..]),
        Some("0b") => (2, &lower[2..]),
        Some(_) if lower.starts_with('0') => (8, &lower[1..]),
        _ => (10, &lower[..]),
    };
    if body.is_empty() || !body.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let value = u64::from_str_radix(body, radix).ok()?;
    let fits = if sign.is_empty() { true } else { value <= 1 << 63 };
    let sign = if value == 0 { "" } else { sign };
    fits.then(|| format!("{sign}{value}"))
}

/// The timestamps that go-yaml knows, as RFC 3339.
fn time(text: &str) -> Option<String> {
    static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(concat!(
            r"^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})",
            r"(?:(?:[Tt]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2}))",
            r"|(?: ([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(\.[0-9]+)?))?$",
        ))
        .ok()
    });
    let parts = TIME.as_ref()?.captures(text)?;
    let part = |i: usize| parts.get(i).map(|m| m.as_str());
    let number = |i: usize, or: usize| part(i).or(part(or)).unwrap_or("0").parse::<u32>().ok();
    let (month, day) = (number(2, 2)?, number(3, 3)?);
    let (hour, minute, second) = (number(4, 9)?, number(5, 10)?, number(6, 11)?);
    if !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    let fraction =
        part(7).or(part(12)).unwrap_or_default().trim_end_matches('0').trim_end_matches('.');
    let zone = match part(8) {
        None | Some("+00:00" | "-00:00") => "Z",
        Some(zone) => zone,
    };
    let year = part(1)?;
    Some(format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}"))
}

/// `text` as a scalar that every YAML reader takes for this string, styled as go-yaml would. Only
/// where go-yaml's own choice is a trap (`!!merge <<`, a bare `=`, a key of several lines) it is
/// quoted instead.
pub(crate) fn write(text: &str) -> String {
    if looks_typed(text) || !text.chars().all(is_printable) {
        double_quoted(text)
    } else if is_plain(text) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// `text` of several lines as a literal block (`|`) whose lines begin at `column`, as people write
/// a key or a certificate. `None`: a block could not say all of it.
pub(crate) fn block(text: &str, column: usize) -> Option<String> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let is_clean = body.contains('\n')
        && !body.starts_with([' ', '\n'])
        && !body.ends_with('\n')
        && text.chars().all(|c| c == '\n' || is_printable(c));
    let pad = " ".repeat(column);
    is_clean.then(|| {
        let mut block = String::with_capacity(text.len() * 2);
        block.push_str(if text.ends_with('\n') { "|" } else { "|-" });
        for line in body.split('\n') {
            block.push('\n');
            if !line.is_empty() {
                block.push_str(&pad);
                block.push_str(line);
            }
        }
        block
    })
}

/// Other types, and the YAML 1.1 booleans that other readers still know.
fn looks_typed(text: &str) -> bool {
    const OLD_BOOLEANS: [&str; 6] = ["y", "n", "yes", "no", "on", "off"];
    resolve(text).0 != Kind::Str
        || ["<<", "="].contains(&text)
        || OLD_BOOLEANS.contains(&text.to_ascii_lowercase().as_str())
        || is_base_60(text)
}

/// `12:30:45` is a number to YAML 1.1.
fn is_base_60(text: &str) -> bool {
    text.contains(':') && text.chars().all(|c| c.is_ascii_digit() || "+-:._".contains(c))
}

fn is_plain(text: &str) -> bool {
    const INDICATORS: &str = "-?:,[]{}#&*!|>'\"%@`";
    !text.is_empty()
        && !text.starts_with(|c| INDICATORS.contains(c))
        && !text.starts_with(' ')
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
}

/// What go-yaml writes unescaped; above the basic plane it escapes.
fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && !matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}')
}

fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_printable(c) => out.push(c),
            c if u32::from(c) < 0x100 => out.push_str(&format!("\\x{:02X}", u32::from(c))),
            c if u32::from(c) < 0x1_0000 => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08X}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_resolve_as_go_yaml_does() {
        let cases = [
            ("0755", Kind::Int, "493"),
            ("0o17", Kind::Int, "15"),
            ("0x1F", Kind::Int, "31"),
            ("-7", Kind::Int, "-7"),
            ("1_000", Kind::Int, "1000"),
            ("089", Kind::Float, "89"),
            ("1e21", Kind::Float, "1000000000000000000000"),
            (".5", Kind::Float, "0.5"),
            ("2024-01-02", Kind::Time, "2024-01-02T00:00:00Z"),
            ("2024-01-02T03:04:05+02:00", Kind::Time, "2024-01-02T03:04:05+02:00"),
            ("2024-1-2 3:4:5.50", Kind::Time, "2024-01-02T03:04:05.5Z"),
            ("2024-13-02", Kind::Str, "2024-13-02"),
            ("yes", Kind::Str, "yes"),
            ("~", Kind::Null, ""),
            ("TRUE", Kind::Bool, "True"),
            ("1.2.3", Kind::Str, "1.2.3"),
            ("-", Kind::Str, "-"),
            ("0x", Kind::Str, "0x"),
        ];
        for (text, kind, bytes) in cases {
            assert_eq!(resolve(text), (kind, bytes.to_owned()), "{text}");
        }
    }

    #[test]
    fn strings_are_quoted_as_needed() {
        let cases = [
            ("github-token", "github-token"),
            ("^(secret|data)$", "^(secret|data)$"),
            ("Grüße", "Grüße"),
            ("1password", "1password"),
            ("12:30", "\"12:30\""),
            ("- a", "'- a'"),
            ("yes", "\"yes\""),
            ("3.13", "\"3.13\""),
            ("a: b", "'a: b'"),
            ("it's #1", "'it''s #1'"),
            (" lead", "' lead'"),
            ("", "\"\""),
            ("a\nb\u{1}", "\"a\\nb\\x01\""),
            ("🔑", "\"\\U0001F511\""),
        ];
        for (text, written) in cases {
            assert_eq!(write(text), written);
        }
    }
}
