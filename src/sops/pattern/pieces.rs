//! Simple patterns taken apart: those in which every sign is plainly a literal, a dot, a simple
//! class or a quantifier.

/// One sign of a simple pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    Literal(char),
    /// `.`, or a bracketed class, with its quantifier.
    Any,
    /// `^`
    Start,
    /// `$`
    End,
}

/// A pattern without groups, alternatives, counts and escapes of letters, taken apart. `None`:
/// it is not that simple.
pub fn pieces(pattern: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    each(pattern, &mut |piece| pieces.push(piece))?;
    Some(pieces)
}

/// Every match of `pattern` holds a run of literals that `subject` lacks. `false` says nothing.
pub(super) fn cannot_match(pattern: &str, subject: &str) -> bool {
    let mut run = String::with_capacity(pattern.len());
    let mut lacks = false;
    let simple = each(pattern, &mut |piece| match piece {
        Piece::Literal(c) => run.push(c),
        Piece::Any | Piece::Start | Piece::End => {
            lacks = lacks || !subject.contains(&run);
            run.clear();
        }
    });
    // Only a pattern that is simple to its end has been understood.
    simple.is_some() && (lacks || !subject.contains(&run))
}

fn each(pattern: &str, take: &mut impl FnMut(Piece)) -> Option<()> {
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        let piece = match c {
            '\\' => Piece::Literal(
                chars
                    .next()
                    .filter(char::is_ascii_punctuation)
                    .filter(|c| !matches!(c, '<' | '>'))?,
            ),
            '.' => Piece::Any,
            '^' => Piece::Start,
            '$' => Piece::End,
            '[' => {
                simple_class(&mut chars)?;
                Piece::Any
            }
            '*' | '+' | '?' | '(' | ')' | '|' | '{' | '}' | ']' => return None,
            c => Piece::Literal(c),
        };
        if chars.next_if(|c| matches!(c, '*' | '+' | '?')).is_none() {
            take(piece);
            continue;
        }
        if matches!(piece, Piece::Start | Piece::End) {
            return None;
        }
        chars.next_if_eq(&'?');
        take(Piece::Any);
    }
    Some(())
}

/// The rest of a class of letters, digits and a few signs that mean themselves everywhere.
fn simple_class(chars: &mut impl Iterator<Item = char>) -> Option<()> {
    let mut inside = 0;
    for c in chars {
        match c {
            ']' if inside > 0 => return Some(()),
            '^' if inside == 0 => {}
            '/' | '.' | '_' => inside += 1,
            c if c.is_ascii_alphanumeric() => inside += 1,
            _ => return None,
        }
    }
    None
}
