//! Lines of code as panes show them: a number, a sign, and the text in colour roles. Only what a
//! line is drawn with; where lines come from is the screens'.

use super::paint::Paint;
use super::theme::{Palette, Role};
use crate::nix::{TokenKind, tokens};

const KEYWORDS: [&str; 9] = ["with", "let", "in", "inherit", "rec", "if", "then", "else", "assert"];

/// One line in runs of one role.
pub(crate) type Runs<'t> = Vec<(Role, &'t str)>;

/// What a line is in a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Same,
    Added,
    Removed,
}

/// Nix text, a row a line, valid or not.
pub(crate) fn nix(text: &str) -> Vec<Runs<'_>> {
    let mut lines: Vec<Runs<'_>> = vec![Vec::new()];
    for token in tokens(text) {
        let role = match token.kind {
            TokenKind::Comment => Role::Muted,
            TokenKind::StringPart => Role::String,
            TokenKind::Code if matches!(token.text, "\"" | "''") => Role::String,
            TokenKind::Code if KEYWORDS.contains(&token.text) => Role::Keyword,
            TokenKind::Space | TokenKind::Code => Role::Text,
        };
        for (index, part) in token.text.split('\n').enumerate() {
            if index > 0 {
                lines.push(Vec::new());
            }
            if let (Some(line), false) = (lines.last_mut(), part.is_empty()) {
                line.push((role, part));
            }
        }
    }
    // A text ends with its last line's end; what follows is no line.
    if lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    lines
}

/// Draws a line from column `x` on: the number in `digits` columns, the sign, the text, cut at
/// the place's end. Gives the column where the text begins.
pub(crate) fn line(
    paint: &mut Paint,
    x: u16,
    y: u16,
    (number, digits): (usize, u16),
    side: Side,
    runs: &[(Role, &str)],
) -> u16 {
    let (sign, role) = match side {
        Side::Same => (" ", Role::Muted),
        Side::Added => ("+", Role::Added),
        Side::Removed => ("-", Role::Removed),
    };
    // Where the palette is the person's own only the sign is coloured.
    let painted = matches!(paint.theme.palette, Palette::Dark | Palette::Light);
    let of = |own: Role| match side {
        Side::Same => own,
        Side::Removed => role,
        Side::Added if painted => role,
        Side::Added => Role::Text,
    };
    paint.right(x + digits, y, of(Role::Muted), &number.to_string());
    paint.text(x + digits + 1, y, role, sign);
    let start = x + digits + 3;
    let whole: String = runs.iter().map(|(_, text)| *text).collect();
    let room = paint.width().saturating_sub(start + 1);
    let shown = super::text::cut(&whole, usize::from(room), paint.theme.ellipsis()).into_owned();
    let mut left = shown.as_str();
    let mut at = start;
    for (own, text) in runs {
        let taken = left.len().min(text.len());
        // An ellipsis may be longer than what it stands for.
        let Some((now, after)) = left.split_at_checked(taken) else { break };
        at = paint.text(at, y, of(*own), now);
        left = after;
    }
    paint.text(at, y, of(Role::Text), left);
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nix_has_its_roles() {
        let lines = nix("with a; [ # one\n  \"b\n  c\"\n]\n");
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[0][0], (Role::Keyword, "with"));
        assert_eq!(lines[0].last(), Some(&(Role::Muted, "# one")));
        assert!(lines[1].contains(&(Role::String, "b")));
        assert_eq!(lines[2].first(), Some(&(Role::String, "  c")));
        assert_eq!(nix(""), Vec::<Runs>::new());
        assert_eq!(nix("a\n\n").len(), 2);
    }
}
