//! Getting a syntax tree safely, and the tokens of a text.

use rnix::{Parse, ParseError, Root, SyntaxKind, TextRange, tokenize};

use super::full;
use super::position::{Lines, Position, Span};
use super::syntax::Tree;

/// The first thing wrong with a text, with the place where Nix sees it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{}: {what}", at.line, at.column)]
pub struct SyntaxError {
    pub at: Position,
    pub what: String,
}

/// What a token is, as far as editing needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    Space,
    Comment,
    /// Between the quotes of a string: its newlines belong to the value.
    StringPart,
    Code,
}

/// One token of a text; together the tokens cover it without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'t> {
    pub kind: TokenKind,
    pub text: &'t str,
    /// Offset of its first byte.
    pub start: usize,
}

/// Splits `text`, valid Nix or not, into tokens.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut start = 0;
    tokenize(text)
        .map(|(kind, text)| {
            let token = Token { kind: kind_of(kind), text, start };
            start += text.len();
            token
        })
        .collect()
}

fn kind_of(kind: SyntaxKind) -> TokenKind {
    match kind {
        SyntaxKind::TOKEN_WHITESPACE => TokenKind::Space,
        SyntaxKind::TOKEN_COMMENT => TokenKind::Comment,
        SyntaxKind::TOKEN_STRING_CONTENT => TokenKind::StringPart,
        _ => TokenKind::Code,
    }
}

/// Where the comments are in `gap`, text between two tokens.
pub(super) fn comments(gap: &str) -> Vec<Span> {
    let mut start = 0;
    let spans = tokenize(gap).map(|(kind, text)| {
        let span = Span::new(start, start + text.len());
        start = span.end;
        (kind, span)
    });
    spans.filter(|(kind, _)| *kind == SyntaxKind::TOKEN_COMMENT).map(|(_, span)| span).collect()
}

/// Depth that any thread's stack holds; deeper text is parsed where there is more of it.
const SHALLOW: usize = 60;
/// Beyond this a text is refused: nobody writes it, and trees are dropped recursively.
const DEEPEST: usize = 5_000;
const DEEP_STACK: usize = 256 << 20;

/// What a thread needs for [`Room::Ample`].
pub(crate) const AMPLE_STACK: usize = 64 << 20;
/// A text this short cannot nest deeper than [`AMPLE_STACK`] holds: a level takes a byte at least.
/// (The parser is quadratic in depth, so a hostile text should not be much longer either.)
const SHORT: usize = 4 << 10;

/// How much stack the calling thread has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// As little as a thread has unless somebody asked for more.
    Usual,
    /// [`AMPLE_STACK`].
    Ample,
}

/// Parses `text` and hands the tree to `read`, on a thread with a large stack if need be.
///
/// The parser, the tree's destructor and our own walk all recurse, so hostile nesting would end
/// the process; the depth is therefore bounded before any of them runs.
pub(super) fn with_tree<T: Send>(
    text: &str,
    room: Room,
    read: impl FnOnce(&Tree<'_>) -> T + Send,
) -> Result<T, SyntaxError> {
    let parse_and_read = || full_tree(text).map(|tree| read(&tree));
    if room == Room::Ample && text.len() <= SHORT {
        return parse_and_read();
    }
    match deepest(text) {
        (depth, _) if depth <= SHALLOW => parse_and_read(),
        (depth, at) if depth > DEEPEST => Err(error_at(text, at, "nested too deeply")),
        (_, at) => std::thread::scope(|scope| {
            std::thread::Builder::new()
                .stack_size(DEEP_STACK)
                .spawn_scoped(scope, parse_and_read)
                .ok()
                .and_then(|thread| thread.join().ok())
                .unwrap_or_else(|| Err(error_at(text, at, "nested too deeply")))
        }),
    }
}

/// The tree of a text that is known not to nest, if it has no error.
pub(super) fn unguarded(text: &str) -> Option<Tree<'_>> {
    full_tree(text).ok()
}

fn full_tree(text: &str) -> Result<Tree<'_>, SyntaxError> {
    let parsed = Root::parse(text);
    match first_error(text, &parsed) {
        Some(error) => Err(error),
        None => {
            let mut tree = Tree::new(text);
            full::convert(&parsed.tree(), &mut tree);
            Ok(tree)
        }
    }
}

/// An upper bound for the tree's depth, and where it is reached.
///
/// Operators, applications and lambdas nest without brackets, so every token between two commas
/// or semicolons may be a level; the items of a list are not.
fn deepest(text: &str) -> (usize, usize) {
    let mut open: Vec<Level> = vec![Level::default()];
    let (mut depth, mut deepest, mut offset) = (0usize, (0, 0), 0);
    for (kind, token) in tokenize(text) {
        use SyntaxKind::*;
        match kind {
            TOKEN_L_BRACE | TOKEN_L_PAREN | TOKEN_INTERPOL_START | TOKEN_L_BRACK => {
                open.push(Level { list: kind == TOKEN_L_BRACK, kept: 1, tokens: 1 });
                depth += 1;
            }
            TOKEN_R_BRACE | TOKEN_R_PAREN | TOKEN_INTERPOL_END | TOKEN_R_BRACK
                if open.len() > 1 =>
            {
                depth -= open.pop().map_or(0, |level| level.tokens);
            }
            TOKEN_WHITESPACE | TOKEN_COMMENT | TOKEN_STRING_CONTENT => {}
            _ => {
                if let Some(level) = open.last_mut() {
                    if matches!(kind, TOKEN_SEMICOLON | TOKEN_COMMA) {
                        depth -= level.tokens - level.kept;
                        level.tokens = level.kept;
                    } else if !level.list {
                        // What follows the `;` of these is still inside them.
                        let stays = matches!(kind, TOKEN_WITH | TOKEN_ASSERT | TOKEN_LET);
                        level.kept += usize::from(stays);
                        level.tokens += 1;
                        depth += 1;
                    }
                }
            }
        }
        if depth > deepest.0 {
            deepest = (depth, offset);
        }
        offset += token.len();
    }
    deepest
}

#[derive(Default)]
struct Level {
    list: bool,
    /// Levels that a separator does not end; part of `tokens`.
    kept: usize,
    tokens: usize,
}

fn first_error(text: &str, parsed: &Parse<Root>) -> Option<SyntaxError> {
    let error = parsed.errors().first()?;
    let (at, what) = match error {
        ParseError::UnexpectedEOF | ParseError::UnexpectedEOFWanted(_) => {
            (last_token(text), "unexpected end of file".to_owned())
        }
        ParseError::Unexpected(range)
        | ParseError::UnexpectedExtra(range)
        | ParseError::UnexpectedWanted(_, range, _)
        | ParseError::UnexpectedDoubleBind(range) => (start(range), unexpected(text, range)),
        ParseError::DuplicatedArgs(range, name) => {
            (start(range), format!("the argument `{name}` is given twice"))
        }
        ParseError::RecursionLimitExceeded => (0, "nested too deeply".to_owned()),
        _ => (0, "syntax error".to_owned()),
    };
    Some(error_at(text, at, &what))
}

fn start(range: &TextRange) -> usize {
    range.start().into()
}

fn unexpected(text: &str, range: &TextRange) -> String {
    let span = Span::new(range.start().into(), range.end().into());
    match span.of(text).split_whitespace().next() {
        Some(word) => format!("unexpected `{}`", word.chars().take(40).collect::<String>()),
        None => "unexpected end of file".to_owned(),
    }
}

/// Nix reports the end of a file at the last token that it read, white space included.
fn last_token(text: &str) -> usize {
    tokens(text).last().map_or(0, |token| token.start)
}

fn error_at(text: &str, offset: usize, what: &str) -> SyntaxError {
    SyntaxError { at: Lines::of(text).position(offset), what: what.to_owned() }
}
