//! Which values of a file are encrypted.
//!
//! A creation rule (and then the file's own metadata) carries at most one of six selectors; none
//! means `unencrypted_suffix: _unencrypted`. Suffixes and patterns are tried on every component of
//! a value's path, comment patterns on the comments above it (`shouldBeEncrypted` in `sops.go`).

use super::pattern::Pattern;

/// The rule that tells encrypted values from plain ones.
#[derive(Debug, Clone)]
pub enum Selector {
    UnencryptedSuffix(String),
    EncryptedSuffix(String),
    UnencryptedRegex(Pattern),
    EncryptedRegex(Pattern),
    UnencryptedCommentRegex(Pattern),
    EncryptedCommentRegex(Pattern),
}

impl Default for Selector {
    fn default() -> Self {
        Self::UnencryptedSuffix("_unencrypted".to_owned())
    }
}

/// Where a value or comment stands.
pub(crate) struct Position<'a> {
    /// Mapping keys from the top; list positions are not part of it.
    pub(crate) path: &'a [String],
    /// For each enclosing collection, the comments since its last value.
    pub(crate) comments: &'a [Vec<String>],
    /// Whether it is a comment, which is then the last of `comments`.
    pub(crate) is_comment: bool,
}

impl Selector {
    /// The selector's key in metadata and creation rules, and its value there.
    pub fn entry(&self) -> (&'static str, &str) {
        match self {
            Self::UnencryptedSuffix(suffix) => ("unencrypted_suffix", suffix),
            Self::EncryptedSuffix(suffix) => ("encrypted_suffix", suffix),
            Self::UnencryptedRegex(p) => ("unencrypted_regex", p.as_str()),
            Self::EncryptedRegex(p) => ("encrypted_regex", p.as_str()),
            Self::UnencryptedCommentRegex(p) => ("unencrypted_comment_regex", p.as_str()),
            Self::EncryptedCommentRegex(p) => ("encrypted_comment_regex", p.as_str()),
        }
    }

    pub(crate) fn encrypts(&self, at: &Position<'_>) -> bool {
        let path = |test: &dyn Fn(&str) -> bool| at.path.iter().any(|part| test(part));
        match self {
            Self::UnencryptedSuffix(s) => !path(&|part| part.ends_with(s.as_str())),
            Self::EncryptedSuffix(s) => path(&|part| part.ends_with(s.as_str())),
            Self::UnencryptedRegex(p) => !path(&|part| p.matches(part)),
            Self::EncryptedRegex(p) => path(&|part| p.matches(part)),
            Self::UnencryptedCommentRegex(p) => !at.comments.iter().flatten().any(|c| p.matches(c)),
            Self::EncryptedCommentRegex(p) => self_excepted(at).any(|c| p.matches(c)),
        }
    }
}

/// A comment that asks for encryption stays readable itself: only earlier ones count for it.
fn self_excepted<'a>(at: &Position<'a>) -> impl Iterator<Item = &'a String> {
    let all = at.comments.iter().map(Vec::len).sum::<usize>();
    at.comments.iter().flatten().take(all - usize::from(at.is_comment && all > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encrypts(selector: &Selector, path: &[&str], comments: &[&str], is_comment: bool) -> bool {
        let path: Vec<_> = path.iter().map(ToString::to_string).collect();
        let comments = [comments.iter().map(ToString::to_string).collect()];
        selector.encrypts(&Position { path: &path, comments: &comments, is_comment })
    }

    #[test]
    fn suffixes_and_patterns_try_every_component() {
        let default = Selector::default();
        assert!(encrypts(&default, &["a", "b"], &[], false));
        assert!(!encrypts(&default, &["a_unencrypted", "b"], &[], false));
        let regex = Selector::EncryptedRegex(Pattern::new("^data$").unwrap());
        assert!(encrypts(&regex, &["data", "x"], &[], false));
        assert!(!encrypts(&regex, &["database"], &[], false));
    }

    #[test]
    fn a_comment_does_not_encrypt_itself() {
        let selector = Selector::EncryptedCommentRegex(Pattern::new("sops:enc").unwrap());
        assert!(encrypts(&selector, &["a"], &["sops:enc"], false));
        assert!(!encrypts(&selector, &[], &["sops:enc"], true));
        assert!(encrypts(&selector, &[], &["sops:enc", "next"], true));
        assert!(!encrypts(&selector, &["a"], &[], false));
    }
}
