//! Commands as a person would type them into a POSIX shell, and read back from that.

/// `word` quoted for a POSIX shell, left bare where that is safe.
pub fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,#^~".contains(c);
    // `#` and `~` are special only at the start of a word.
    if !word.is_empty() && word.chars().all(plain) && !word.starts_with(['#', '~', '=']) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The words of a command that a person wrote for a shell, or [`Command::typed`](super::Command::typed)
/// did: as quotes and backslashes part them. Of shell syntax it knows no more.
pub fn shell_words(typed: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut signs = typed.chars();
    while let Some(sign) = signs.next() {
        match (quote, sign) {
            (Some(open), sign) if sign == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(sign);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(signs.next()),
            (None, sign) if sign.is_whitespace() => words.extend(word.take()),
            (_, sign) => word.get_or_insert_default().push(sign),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Command;
    use super::*;

    #[test]
    fn what_people_write_is_read_as_a_shell_would() {
        assert_eq!(shell_words(r#"a 'b c' "d \"e" f\ g ''"#), ["a", "b c", "d \"e", "f g", ""]);
        assert!(shell_words("  ").is_empty());
    }

    proptest! {
        #[test]
        fn what_was_typed_is_read_again(words in prop::collection::vec("(a|\\PC|'| |\\\\|#){0,6}", 1..6)) {
            let (program, args) = words.split_first().unwrap();
            let typed = Command::new(program).args(args).typed();
            prop_assert_eq!(shell_words(&typed), words);
        }

        #[test]
        fn no_line_is_too_odd(line in "('|\\\\| |\\PC){0,20}") {
            let _ = shell_words(&line);
        }
    }
}
