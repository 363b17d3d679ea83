//! Is a private key in a text? Asked before anything of the text is shown or kept.

/// A private key is in the text, in any of the forms age, OpenSSH and PGP write, in either case.
pub fn is_in(text: &str) -> bool {
    // One pass over what may be a large file: each of the forms has a dash after one of few words.
    let bytes = text.as_bytes();
    let is_key = |dash: usize| {
        let (head, tail) = bytes.split_at(dash);
        ends_with(head, "AGE")
            && (starts_with(tail, "-SECRET-KEY-") || starts_with(tail, "-PLUGIN-"))
            || (ends_with(head, "PRIVATE KEY") || ends_with(head, "PRIVATE KEY BLOCK"))
                && starts_with(tail, "-----")
    };
    bytes.iter().enumerate().any(|(at, byte)| *byte == b'-' && is_key(at))
}

fn ends_with(bytes: &[u8], word: &str) -> bool {
    let at = bytes.len().checked_sub(word.len());
    at.is_some_and(|at| bytes[at..].eq_ignore_ascii_case(word.as_bytes()))
}

fn starts_with(bytes: &[u8], word: &str) -> bool {
    bytes.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_seen_wherever_it_stands() {
        for private in [
            "AGE-SECRET-KEY-1QQQ",
            "x: age-secret-key-1qqq",
            "age-secret-key-1qq",
            "AGE-SECRET-KEY-PQ-1QQQ",
            "AGE-PLUGIN-YUBIKEY-1QQQ",
            "-----BEGIN OPENSSH PRIVATE KEY-----",
            "-----BEGIN PGP PRIVATE KEY BLOCK-----",
        ] {
            assert!(is_in(private), "{private}");
        }
        for public in [
            "age1qqq",
            "age1jx3c5wv7",
            "-",
            "age-plugin",
            "-----BEGIN PGP PUBLIC KEY BLOCK-----",
            "é-",
        ] {
            assert!(!is_in(public), "{public}");
        }
    }
}
