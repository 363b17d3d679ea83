//! A number with what is counted, and several names in a row, as people say them.

use std::fmt::Display;

/// `1 file`, `3 files`: for words whose plural is made with an s.
pub(crate) fn counted(count: impl Display + PartialEq + From<u8>, what: &str) -> String {
    if count == 1.into() { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// `slate`, `slate and shale`, `opal, slate and shale`.
pub(crate) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        names => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_several() {
        assert_eq!([counted(0, "file"), counted(1, "file")], ["0 files", "1 file"]);
        assert_eq!(counted(12, "more line"), "12 more lines");
    }

    #[test]
    fn names_are_listed_as_they_are_said() {
        let told = [&[][..], &["a"], &["a", "b"], &["a", "b", "c"]].map(listed);
        assert_eq!(told, ["", "a", "a and b", "a, b and c"]);
    }
}
