//! A number with what is counted, as people say it.

use std::fmt::Display;

/// `1 file`, `3 files`: for words whose plural is made with an s.
pub(crate) fn counted(count: impl Display + PartialEq + From<u8>, what: &str) -> String {
    if count == 1.into() { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_several() {
        assert_eq!([counted(0, "file"), counted(1, "file")], ["0 files", "1 file"]);
        assert_eq!(counted(12, "more line"), "12 more lines");
    }
}
