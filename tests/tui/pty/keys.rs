//! The notation of keys, and the bytes that a terminal sends for each.

/// One press of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// What an xterm sends for it, without application modes.
    pub(crate) bytes: Vec<u8>,
    /// Whether these bytes alone could also begin another key's.
    pub(crate) is_escape: bool,
}

/// The keys of a notation: characters stand for themselves, names stand in angle brackets, as
/// `zoe<tab><c-u><down*3><lt>`.
///
/// # Panics
/// Of a name that is not known: a script that means another key must not go on.
pub(crate) fn keys(notation: &str) -> Vec<Key> {
    let mut keys = Vec::new();
    let mut rest = notation;
    while let Some(first) = rest.chars().next() {
        if first != '<' {
            keys.push(Key::of(first.to_string().into_bytes()));
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let Some((name, after)) = rest[1..].split_once('>') else {
            panic!("`{notation}`: a `<` without its `>`; the character itself is `<lt>`");
        };
        let (name, times) = name.split_once('*').map_or((name, 1), |(name, times)| {
            (name, times.parse().unwrap_or_else(|e| panic!("`{notation}`: {e}")))
        });
        let bytes = named(name).unwrap_or_else(|| panic!("`{notation}`: no key `<{name}>`"));
        keys.extend(std::iter::repeat_n(Key::of(bytes), times));
        rest = after;
    }
    keys
}

impl Key {
    fn of(bytes: Vec<u8>) -> Self {
        let is_escape = bytes == b"\x1b";
        Self { bytes, is_escape }
    }
}

fn named(name: &str) -> Option<Vec<u8>> {
    if let Some(letter) = name.strip_prefix("c-") {
        let [letter @ b'a'..=b'z'] = letter.as_bytes() else { return None };
        return Some(vec![letter & 0x1f]);
    }
    if let Some(key) = name.strip_prefix("a-") {
        return Some(format!("\x1b{key}").into_bytes());
    }
    let bytes = match name {
        "enter" => "\r",
        "tab" => "\t",
        "s-tab" => "\x1b[Z",
        "esc" => "\x1b",
        "space" => " ",
        "backspace" => "\x7f",
        "delete" => "\x1b[3~",
        "insert" => "\x1b[2~",
        "up" => "\x1b[A",
        "down" => "\x1b[B",
        "right" => "\x1b[C",
        "left" => "\x1b[D",
        "home" => "\x1b[H",
        "end" => "\x1b[F",
        "pgup" => "\x1b[5~",
        "pgdn" => "\x1b[6~",
        "f1" => "\x1bOP",
        "lt" => "<",
        _ => return None,
    };
    Some(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::keys;

    fn bytes(notation: &str) -> Vec<u8> {
        keys(notation).into_iter().flat_map(|key| key.bytes).collect()
    }

    #[test]
    fn characters_stand_for_themselves() {
        assert_eq!(bytes("Zoë 1>"), "Zoë 1>".as_bytes());
        assert_eq!(keys("Zoë").len(), 3);
    }

    #[test]
    fn names_are_what_a_terminal_sends() {
        assert_eq!(bytes("a<tab><s-tab><c-u><lt><a-x>"), b"a\t\x1b[Z\x15<\x1bx");
        assert_eq!(bytes("<down*3>"), b"\x1b[B\x1b[B\x1b[B");
    }

    #[test]
    #[should_panic(expected = "no key `<entre>`")]
    fn a_misspelt_name_is_not_typed() {
        keys("<entre>");
    }
}
