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

/// The words of a command that [`Command::typed`](super::Command::typed) has written; a kept log
/// has nothing else of it. Of shell syntax it knows what that writes, and no more.
pub fn shell_words(typed: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    let mut chars = typed.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            '\\' if !is_quoted => word.get_or_insert_default().extend(chars.next()),
            ' ' if !is_quoted => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
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
