//! Names as git writes them in lines: plain, or in quotes with the escapes of C
//! (`core.quotePath`, quote.c in git).

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

/// The name that `text` stands for. Text that is not properly quoted stands for itself.
pub(super) fn path(text: &str) -> PathBuf {
    let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let bytes = inner.and_then(|inner| unescape(inner.as_bytes()));
    PathBuf::from(OsString::from_vec(bytes.unwrap_or_else(|| text.as_bytes().to_vec())))
}

fn unescape(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'\\' {
            bytes.push(first);
            continue;
        }
        let (&kind, after) = rest.split_first()?;
        let plain = match kind {
            b'a' => 7,
            b'b' => 8,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 11,
            b'f' => 12,
            b'r' => b'\r',
            b'"' | b'\\' => kind,
            _ => {
                let digits = std::str::from_utf8(rest.get(..3)?).ok()?;
                bytes.push(u8::from_str_radix(digits, 8).ok()?);
                rest = &rest[3..];
                continue;
            }
        };
        bytes.push(plain);
        rest = after;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for (text, name) in [
            ("flake.nix", "flake.nix"),
            (r#""a\n\"\303\274\\""#, "a\n\"ü\\"),
            (r#""\t""#, "\t"),
            (r#""broken\"#, r#""broken\"#),
            (r#""\9""#, r#""\9""#),
            ("\"", "\""),
        ] {
            assert_eq!(path(text), PathBuf::from(name), "{text}");
        }
    }
}
