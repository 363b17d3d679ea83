//! The tokens of everyday Nix, between strings.

/// One token. Strings are read by the parser, because expressions nest in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    End,
    Ident,
    Int,
    Float,
    /// A path that begins with a name or a dot.
    PathRel,
    PathAbs,
    /// `"`
    Quote,
    /// `''`
    Quotes,
    /// `${`
    Interpolation,
    OpenBrace,
    CloseBrace,
    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    Semicolon,
    Comma,
    Colon,
    At,
    Dot,
    Ellipsis,
    Question,
    Assign,
    Not,
    Minus,
    /// Any other operator between two values, by how tightly it binds.
    Operator(Level),
    If,
    Then,
    Else,
    Let,
    In,
    With,
    Assert,
    Rec,
    Inherit,
    Or,
    /// `__curPos`, which nothing here takes.
    CurPos,
}

/// The levels of operators, the loosest first, as in Nix's own grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Implies,
    Or,
    And,
    Equal,
    Compare,
    Update,
    Not,
    Add,
    Multiply,
    Concat,
    HasAttr,
}

impl Level {
    /// The level that the right side of an operator must have at least.
    pub(super) fn of_right_side(self) -> Self {
        match self {
            // These two group to the right, as do `->` and `++`.
            Self::Implies | Self::Update | Self::Concat => self,
            Self::Or => Self::And,
            Self::And => Self::Equal,
            Self::Equal => Self::Compare,
            Self::Compare => Self::Update,
            Self::Not => Self::Add,
            Self::Add => Self::Multiply,
            Self::Multiply => Self::Concat,
            Self::HasAttr => Self::HasAttr,
        }
    }
}

/// A longer run of names and dots is not everyday. Each of its names looks ahead to its end, which
/// would make a hostile one quadratic.
const LONGEST_RUN: usize = 256;

/// Where blanks and comments from `at` on end; `None`: a comment does not end.
fn skip_blanks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\n' | b'\t') => at += 1,
            Some(b'#') => {
                at = bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| at + n);
            }
            Some(b'/') if bytes.get(at + 1) == Some(&b'*') => {
                at += 2 + bytes[at + 2..].windows(2).position(|pair| pair == b"*/")? + 2;
            }
            _ => return Some(at),
        }
    }
}

fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'+')
}

fn is_uri_byte(byte: u8) -> bool {
    is_path_byte(byte) || b"%/?:@&=$,!~*'".contains(&byte)
}

/// The token from `at` on, with its start and end; `None` for what is not everyday.
pub(super) fn token(bytes: &[u8], at: usize) -> Option<(Token, usize, usize)> {
    let start = skip_blanks(bytes, at)?;
    let Some(first) = bytes.get(start).copied() else {
        return Some((Token::End, start, start));
    };
    let next = |n: usize| bytes.get(start + n).copied().unwrap_or(0);
    if is_path_byte(first) || first == b'/' {
        let run = bytes[start..].iter().take(LONGEST_RUN).take_while(|b| is_path_byte(**b)).count();
        if run == LONGEST_RUN {
            return None;
        }
        if next(run) == b'/' && is_path_byte(next(run + 1)) {
            return path(bytes, start, first);
        }
        if next(run) == b':' && first.is_ascii_alphabetic() && is_uri_byte(next(run + 1)) {
            return None;
        }
    }
    use Token::*;
    let (token, width) = match (first, next(1)) {
        (b'a'..=b'z' | b'A'..=b'Z' | b'_', _) => {
            let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'\'');
            let width = bytes[start..].iter().take_while(|b| is_part(b)).count();
            (word(&bytes[start..start + width]), width)
        }
        (b'0'..=b'9', _) => return number(bytes, start),
        (b'"', _) => (Quote, 1),
        (b'\'', b'\'') => (Quotes, 2),
        (b'$', b'{') => (Interpolation, 2),
        (b'{', _) => (OpenBrace, 1),
        (b'}', _) => (CloseBrace, 1),
        (b'(', _) => (OpenParen, 1),
        (b')', _) => (CloseParen, 1),
        (b'[', _) => (OpenBracket, 1),
        (b']', _) => (CloseBracket, 1),
        (b';', _) => (Semicolon, 1),
        (b',', _) => (Comma, 1),
        (b':', _) => (Colon, 1),
        (b'@', _) => (At, 1),
        (b'.', b'.') if next(2) == b'.' => (Ellipsis, 3),
        (b'.', b'.' | b'0'..=b'9') => return None,
        (b'.', _) => (Dot, 1),
        (b'?', _) => (Question, 1),
        (b'=', b'=') => (Operator(Level::Equal), 2),
        (b'=', _) => (Assign, 1),
        (b'!', b'=') => (Operator(Level::Equal), 2),
        (b'!', _) => (Not, 1),
        (b'-', b'>') => (Operator(Level::Implies), 2),
        (b'-', _) => (Minus, 1),
        (b'+', b'+') => (Operator(Level::Concat), 2),
        (b'+', _) => (Operator(Level::Add), 1),
        (b'*', _) => (Operator(Level::Multiply), 1),
        (b'/', b'/') => (Operator(Level::Update), 2),
        (b'/', _) => (Operator(Level::Multiply), 1),
        (b'&', b'&') => (Operator(Level::And), 2),
        (b'|', b'|') => (Operator(Level::Or), 2),
        // `<name>` is a path, `<|` and `|>` are new.
        (b'<' | b'>', b'=') => (Operator(Level::Compare), 2),
        (b'<' | b'>', b' ' | b'\n') => (Operator(Level::Compare), 1),
        _ => return None,
    };
    Some((token, start, start + width))
}

fn word(word: &[u8]) -> Token {
    match word {
        b"if" => Token::If,
        b"then" => Token::Then,
        b"else" => Token::Else,
        b"let" => Token::Let,
        b"in" => Token::In,
        b"with" => Token::With,
        b"assert" => Token::Assert,
        b"rec" => Token::Rec,
        b"inherit" => Token::Inherit,
        b"or" => Token::Or,
        b"__curPos" => Token::CurPos,
        _ => Token::Ident,
    }
}

fn path(bytes: &[u8], start: usize, first: u8) -> Option<(Token, usize, usize)> {
    let is_part = |b: &u8| is_path_byte(*b) || *b == b'/';
    let end = start + bytes[start..].iter().take_while(|b| is_part(b)).count();
    let text = &bytes[start..end];
    let odd = text.ends_with(b"/") || text.windows(2).any(|pair| pair == b"//");
    let goes_on = bytes.get(end).is_some_and(|b| matches!(b, b'$' | b'\'' | b':'));
    match first {
        _ if odd || goes_on => None,
        b'.' if !text.starts_with(b"./") && !text.starts_with(b"../") => None,
        b'/' => Some((Token::PathAbs, start, end)),
        b'.' | b'a'..=b'z' | b'A'..=b'Z' | b'_' => Some((Token::PathRel, start, end)),
        _ => None,
    }
}

fn number(bytes: &[u8], start: usize) -> Option<(Token, usize, usize)> {
    let digits =
        |from: usize| from + bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut end = digits(start);
    let mut token = Token::Int;
    if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
        (token, end) = (Token::Float, digits(end + 1));
        // A leading zero, as in `00.5`, is no float.
        if bytes[start] == b'0' {
            return None;
        }
    }
    let ends = |b: &u8| b" \n\t;)]},".contains(b);
    let too_long = end - start > 18;
    (!too_long && bytes.get(end).is_none_or(ends)).then_some((token, start, end))
}
