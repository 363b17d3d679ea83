//! A neighbour's Nix text in another person's name: the way most of a fleet's own habits are
//! carried over without knowing them.

use crate::nix::{self, TokenKind};

/// `text` with every mention of `old` as `new`: attribute names, words inside strings and paths
/// (`"/Users/ada"`, `./ada.nix`), and comments, there with a capital too.
pub(crate) fn in_the_name_of(text: &str, old: &str, new: &str) -> String {
    nix::tokens(text).iter().map(|token| renamed(token, old, new)).collect()
}

fn renamed(token: &nix::Token, old: &str, new: &str) -> String {
    match token.kind {
        TokenKind::Space => token.text.to_owned(),
        TokenKind::Comment => {
            let text = replace_words(token.text, old, new);
            replace_words(&text, &capitalised(old), &capitalised(new))
        }
        // A name that needs quotes as an attribute needs none inside a string or a path.
        TokenKind::Code if token.text == old => nix::attr(new).unwrap_or_else(|_| new.to_owned()),
        TokenKind::StringPart => replace_words(token.text, old, new),
        TokenKind::Code if token.text.contains('/') => replace_words(token.text, old, new),
        TokenKind::Code => token.text.to_owned(),
    }
}

/// Replaces `old` where it stands as a word: not inside `adam` or `ada-lovelace`, but in
/// `users/ada`, `ada@x86_64-linux` and `ada.sops.yaml`.
pub(crate) fn replace_words(text: &str, old: &str, new: &str) -> String {
    let in_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = None;
    while let Some(at) = rest.find(old).filter(|_| !old.is_empty()) {
        let (head, tail) = rest.split_at(at);
        let after = &tail[old.len()..];
        let left = head.chars().next_back().or(before);
        let whole = !left.is_some_and(in_word) && !after.chars().next().is_some_and(in_word);
        out.push_str(head);
        out.push_str(if whole { new } else { old });
        before = old.chars().next_back();
        rest = after;
    }
    out.push_str(rest);
    out
}

fn capitalised(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_change_and_look_alikes_stay() {
        let text = r#"# Ada's home; ada may not be adam
{ a.ada = "/Users/ada"; "users/ada" = ./ada.nix; ada-x = "ada@x86_64-linux adams ada.sops.yaml"; }"#;
        assert_eq!(
            in_the_name_of(text, "ada", "zoe"),
            r#"# Zoe's home; zoe may not be adam
{ a.zoe = "/Users/zoe"; "users/zoe" = ./zoe.nix; ada-x = "zoe@x86_64-linux adams zoe.sops.yaml"; }"#
        );
    }

    #[test]
    fn a_name_with_a_dot_is_quoted_where_nix_needs_it() {
        assert_eq!(
            in_the_name_of(r#"{ users.ada.home = "/Users/ada"; }"#, "ada", "zoe.b"),
            r#"{ users."zoe.b".home = "/Users/zoe.b"; }"#
        );
    }
}
