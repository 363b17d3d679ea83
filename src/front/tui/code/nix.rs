//! Nix in colour, from the parser's own tokens: they cover every text, whether it is valid or not.

use crate::front::tui::theme::Role;
use crate::nix::{TokenKind, tokens};

const KEYWORDS: [&str; 10] =
    ["assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with"];

pub(super) fn pieces(text: &str) -> Vec<(Role, &str)> {
    tokens(text).into_iter().map(|token| (role(token.kind, token.text), token.text)).collect()
}

fn role(kind: TokenKind, text: &str) -> Role {
    match kind {
        TokenKind::Space => Role::Text,
        TokenKind::Comment => Role::Muted,
        TokenKind::StringPart => Role::String,
        // Quotes are tokens of their own.
        TokenKind::Code if matches!(text, "\"" | "''") => Role::String,
        TokenKind::Code if KEYWORDS.contains(&text) => Role::Keyword,
        TokenKind::Code => Role::Text,
    }
}
