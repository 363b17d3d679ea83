//! What must not leave the machine with a report.

use crate::explain::mask;
use crate::fleet::Fleet;
use crate::host::Host;

/// Takes homes, and if asked people's names, out of texts; private keys always.
pub(in crate::command) struct Redact {
    /// What is replaced, the longest first.
    words: Vec<(String, String)>,
}

impl Redact {
    pub(in crate::command) fn new(host: &Host, fleet: Option<&Fleet>, no_names: bool) -> Self {
        let mut words = vec![(host.home.display().to_string(), "~".to_owned())];
        if host.account.home != host.home {
            words.push((host.account.home.display().to_string(), "~".to_owned()));
        }
        if no_names {
            let mut names = vec![(host.account.name.clone(), "you".to_owned())];
            names.extend(host.account.full_name.clone().map(|name| (name, "You".to_owned())));
            let others = fleet.map(|fleet| &fleet.users[..]).unwrap_or_default().iter();
            for (number, user) in (1..).zip(others.filter(|u| u.name != host.account.name)) {
                names.push((user.name.clone(), format!("person-{number}")));
                names.extend(user.full_name.clone().map(|n| (n, format!("Person {number}"))));
                names.extend(user.email.clone().map(|mail| (mail, format!("person-{number}@…"))));
            }
            names.push((host.name.clone(), "this-machine".to_owned()));
            words.extend(names);
        }
        words.retain(|(word, _)| word.len() > 1);
        words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        Self { words }
    }

    /// A text without them. Names count only as whole words: `ada` is no part of `Canada`.
    pub(in crate::command) fn text(&self, text: &str) -> String {
        let mut text = mask(text);
        for (word, instead) in &self.words {
            text = whole_words(&text, word, instead);
        }
        text
    }
}

fn whole_words(text: &str, word: &str, instead: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut before) = (text, None);
    while let Some(at) = rest.find(word) {
        let (head, tail) = rest.split_at(at);
        let after = &tail[word.len()..];
        before = head.chars().next_back().or(before);
        let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        out.push_str(head);
        let stays = is_part(before) || is_part(after.chars().next());
        out.push_str(if stays { word } else { instead });
        before = word.chars().next_back();
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::whole_words;

    #[test]
    fn only_whole_words_are_replaced() {
        assert_eq!(
            whole_words("ada, Canada ada-quartz adam ada", "ada", "X"),
            "X, Canada X-quartz adam X"
        );
    }
}
