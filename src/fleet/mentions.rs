//! Every place of the fleet's text that names somebody.

use super::{Fleet, Place};

/// Larger files and those with NUL bytes are data.
const LARGEST: usize = 1 << 20;
/// More than a person would look through.
const MOST: usize = 500;

/// One line that names somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    pub at: Place,
    /// The line, trimmed.
    pub text: String,
}

impl Fleet {
    /// Every line of a text file that has `name` as a word, encrypted files left out; used to
    /// tell what a plan does not mirror. Reads files; one that cannot be read is passed over.
    pub fn mentions(&self, name: &str) -> Vec<Mention> {
        let mut found = Vec::new();
        for file in self.files.all() {
            let read;
            let text = match self.files.nix(file) {
                Some(source) => source.text(),
                None if self.secrets.iter().any(|secrets| secrets.file == *file) => continue,
                None => match self.small_text(file) {
                    Some(text) => {
                        read = text;
                        &read
                    }
                    None => continue,
                },
            };
            if !text.contains(name) {
                continue;
            }
            for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| names_word(text, name)) {
                let at = Place { file: file.clone(), line };
                found.push(Mention { at, text: text.trim().to_owned() });
                if found.len() == MOST {
                    return found;
                }
            }
        }
        found
    }

    fn small_text(&self, file: &std::path::Path) -> Option<String> {
        let text = self.text(file).ok()?;
        (text.len() <= LARGEST && !text.contains('\0')).then_some(text)
    }
}

/// Whether `text` has `name` as a word: `zoe` is in `&zoe-quartz` and `users/zoe/`, not in `zoes`.
pub(super) fn names_word(text: &str, name: &str) -> bool {
    let ends_word = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    !name.is_empty()
        && text.match_indices(name).any(|(at, _)| {
            ends_word(text[..at].chars().next_back())
                && ends_word(text[at + name.len()..].chars().next())
        })
}
