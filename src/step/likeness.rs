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

/// Whether the code of a Nix text names `word`: as an attribute, or as a word of a string or path.
pub(crate) fn says_word(text: &str, word: &str) -> bool {
    nix::tokens(text).iter().any(|token| match token.kind {
        TokenKind::Space | TokenKind::Comment => false,
        TokenKind::StringPart => replace_words(token.text, word, "\0") != token.text,
        TokenKind::Code if token.text.contains('/') => {
            replace_words(token.text, word, "\0") != token.text
        }
        TokenKind::Code => token.text == word,
    })
}

/// Nix's names of systems.
const SYSTEMS: [&str; 4] = ["aarch64-darwin", "aarch64-linux", "x86_64-darwin", "x86_64-linux"];

/// The systems that code names.
pub(crate) fn systems_in(code: &str) -> Vec<&'static str> {
    let named = |known: &&str| {
        nix::tokens(code)
            .iter()
            .any(|t| t.kind != TokenKind::Comment && replace_words(t.text, known, "\0") != t.text)
    };
    SYSTEMS.into_iter().filter(named).collect()
}

/// A neighbour's text that is about one system, about `system` instead, with home folders where
/// that system keeps them. Text about several systems, or about none, stays as it is.
pub(crate) fn on_system(text: &str, system: &str, user: &str) -> String {
    let &[old] = &systems_in(text)[..] else { return text.to_owned() };
    let (mac, linux) = (format!("/Users/{user}"), format!("/home/{user}"));
    let (from, to) = if system.ends_with("-darwin") { (&linux, &mac) } else { (&mac, &linux) };
    let moved = |token: &nix::Token| match token.kind {
        TokenKind::StringPart => replace_words(&replace_words(token.text, old, system), from, to),
        _ => replace_words(token.text, old, system),
    };
    nix::tokens(text).iter().map(moved).collect()
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
    fn an_entry_moves_to_another_system() {
        let text =
            r#"{ "zoe@aarch64-darwin" = f { pkgs = p.aarch64-darwin; home = "/Users/zoe"; }; }"#;
        assert_eq!(
            on_system(text, "x86_64-linux", "zoe"),
            r#"{ "zoe@x86_64-linux" = f { pkgs = p.x86_64-linux; home = "/home/zoe"; }; }"#
        );
        let both = "{ a = x.aarch64-darwin; b = x.x86_64-linux; }";
        assert_eq!(on_system(both, "aarch64-linux", "zoe"), both);
    }

    #[test]
    fn people_are_found_in_code_and_not_in_remarks() {
        assert!(says_word("[ hm.\"users/ada\" ] # kai", "ada"));
        assert!(says_word("flakeUsers.ada.modules", "ada"));
        assert!(!says_word("[ hm.\"users/adam\" ] # ada", "ada"));
    }

    #[test]
    fn a_name_with_a_dot_is_quoted_where_nix_needs_it() {
        assert_eq!(
            in_the_name_of(r#"{ users.ada.home = "/Users/ada"; }"#, "ada", "zoe.b"),
            r#"{ users."zoe.b".home = "/Users/zoe.b"; }"#
        );
    }
}
