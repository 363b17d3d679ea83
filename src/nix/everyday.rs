//! A quick reader of the Nix that people write every day.
//!
//! It accepts nothing that the full parser refuses and makes the same [`Tree`] of it, in a small
//! part of the time: it keeps no blanks and makes no nodes for them. Whatever is rare (a
//! carriage return, a path with an expression in it, `$$`, pipes, deep nesting, an error) it
//! leaves to the full parser by answering `None`, so it never has to say what is wrong.

mod entries;
mod lexer;

use lexer::{Level, Token, token};

use super::syntax::{Id, Kind, Tree};

/// Deeper text is not everyday. Any thread's stack holds this much, here and in what walks trees.
const DEEPEST: u16 = 60;
/// For the tree, whose levels are finer: a set, its bindings and one of them are three.
const DEEPEST_TREE: u16 = 120;

/// Each is compared with every other.
const MOST_ARGUMENTS: usize = 200;

/// The tree of `text`, or `None` when it is not everyday.
pub(super) fn read(text: &str) -> Option<Tree<'_>> {
    if text.as_bytes().contains(&b'\r') {
        return None;
    }
    let (token, start, end) = token(text.as_bytes(), 0)?;
    let tree = Tree::new(text);
    let mut parser = Parser { text, tree, at: Place { token, start, end }, before: 0, depth: 0 };
    let root = parser.expr()?;
    parser.tree.set_root(Some(root));
    (parser.at.token == Token::End).then_some(parser.tree)
}

/// The token that comes next.
#[derive(Clone, Copy)]
struct Place {
    token: Token,
    start: usize,
    end: usize,
}

struct Parser<'t> {
    text: &'t str,
    tree: Tree<'t>,
    at: Place,
    /// Where the last token ended.
    before: usize,
    depth: u16,
}

/// Every method answers `None` to give up.
impl Parser<'_> {
    fn next(&mut self) -> Option<()> {
        self.before = self.at.end;
        self.at = self.after(self.at.end)?;
        Some(())
    }

    fn after(&self, end: usize) -> Option<Place> {
        let (token, start, end) = token(self.text.as_bytes(), end)?;
        Some(Place { token, start, end })
    }

    fn is(&self, token: Token) -> bool {
        self.at.token == token
    }

    fn expect(&mut self, token: Token) -> Option<()> {
        if self.is(token) { self.next() } else { None }
    }

    /// A row from `start` to the end of the last token.
    fn add(&mut self, kind: Kind, start: usize, children: &[Id]) -> Option<Id> {
        let id = self.tree.add(kind, (start, self.before), children)?;
        (self.tree.depth(id) <= DEEPEST_TREE).then_some(id)
    }

    /// A row for the token that comes next.
    fn leaf(&mut self, kind: Kind) -> Option<Id> {
        let start = self.at.start;
        self.next()?;
        self.add(kind, start, &[])
    }

    /// What may nest in itself goes through here.
    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Option<Id>) -> Option<Id> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let id = read(self);
        self.depth -= 1;
        id
    }

    fn expr(&mut self) -> Option<Id> {
        self.nested(Self::unguarded_expr)
    }

    fn unguarded_expr(&mut self) -> Option<Id> {
        let start = self.at.start;
        match self.at.token {
            Token::Ident => match self.after(self.at.end)?.token {
                Token::Colon | Token::At => self.lambda(),
                _ => self.operation(Level::Implies),
            },
            Token::OpenBrace if self.opens_pattern()? => self.lambda(),
            Token::Let => {
                let inside = self.at.end;
                self.next()?;
                let entries = self.entries(Token::In)?;
                let until = self.at.start;
                let bindings = self.tree.add(Kind::Bindings, (inside, until), &entries)?;
                self.next()?;
                let body = self.expr()?;
                self.add(Kind::LetIn, start, &[bindings, body])
            }
            Token::With => {
                self.next()?;
                let namespace = self.expr()?;
                self.expect(Token::Semicolon)?;
                let body = self.expr()?;
                self.add(Kind::With, start, &[namespace, body])
            }
            Token::Assert => {
                self.next()?;
                self.expr()?;
                self.expect(Token::Semicolon)?;
                let body = self.expr()?;
                self.add(Kind::Assert, start, &[body])
            }
            Token::If => {
                self.next()?;
                self.expr()?;
                self.expect(Token::Then)?;
                let yes = self.expr()?;
                self.expect(Token::Else)?;
                let no = self.expr()?;
                self.add(Kind::IfElse, start, &[yes, no])
            }
            _ => self.operation(Level::Implies),
        }
    }

    /// Whether the `{` that comes next begins the arguments of a lambda, not a set.
    fn opens_pattern(&self) -> Option<bool> {
        let first = self.after(self.at.end)?;
        Some(match first.token {
            Token::Ellipsis => true,
            Token::CloseBrace => {
                matches!(self.after(first.end)?.token, Token::Colon | Token::At)
            }
            Token::Ident => matches!(
                self.after(first.end)?.token,
                Token::Comma | Token::Question | Token::CloseBrace
            ),
            _ => false,
        })
    }

    fn lambda(&mut self) -> Option<Id> {
        let start = self.at.start;
        let mut names = Vec::new();
        if self.is(Token::Ident) {
            let name = self.leaf(Kind::Ident)?;
            if self.is(Token::At) {
                self.next()?;
                self.pattern(&mut names)?;
            }
            names.push(name);
        } else {
            self.pattern(&mut names)?;
            if self.is(Token::At) {
                self.next()?;
                if !self.is(Token::Ident) {
                    return None;
                }
                let name = self.leaf(Kind::Ident)?;
                names.push(name);
            }
        }
        if names.len() > MOST_ARGUMENTS || self.has_twins(&names) {
            return None;
        }
        let params = self.add(Kind::Params, start, &names)?;
        self.expect(Token::Colon)?;
        let body = self.expr()?;
        self.add(Kind::Lambda, start, &[params, body])
    }

    /// An argument given twice is an error.
    fn has_twins(&self, names: &[Id]) -> bool {
        let text = |id: &Id| self.tree.text_of(*id);
        names.iter().enumerate().any(|(n, id)| names[..n].iter().any(|o| text(o) == text(id)))
    }

    fn pattern(&mut self, names: &mut Vec<Id>) -> Option<()> {
        self.expect(Token::OpenBrace)?;
        while self.is(Token::Ident) {
            names.push(self.leaf(Kind::Ident)?);
            if self.is(Token::Question) {
                self.next()?;
                self.expr()?;
            }
            if self.is(Token::CloseBrace) {
                return self.next();
            }
            self.expect(Token::Comma)?;
        }
        if self.is(Token::Ellipsis) {
            self.next()?;
        }
        self.expect(Token::CloseBrace)
    }

    /// Operators of `level` and tighter ones.
    fn operation(&mut self, level: Level) -> Option<Id> {
        let start = self.at.start;
        let mut left = self.operand(level)?;
        // The level of an operator that must not follow itself, such as `==`.
        let mut alone = None;
        while let Some(found) = self.operator().filter(|found| *found >= level) {
            if alone == Some(found) {
                return None;
            }
            self.next()?;
            left = if found == Level::HasAttr {
                self.attrpath()?;
                self.add(Kind::Other, start, &[])?
            } else {
                let right = self.nested(|it| it.operation(found.of_right_side()))?;
                self.add(Kind::BinOp, start, &[left, right])?
            };
            let groups = !matches!(found, Level::Equal | Level::Compare | Level::HasAttr);
            alone = (!groups).then_some(found);
        }
        Some(left)
    }

    fn operator(&self) -> Option<Level> {
        match self.at.token {
            Token::Operator(level) => Some(level),
            Token::Minus => Some(Level::Add),
            Token::Question => Some(Level::HasAttr),
            _ => None,
        }
    }

    /// What stands beside an operator of `level`.
    fn operand(&mut self, level: Level) -> Option<Id> {
        let start = self.at.start;
        match self.at.token {
            // The full parser does not take it to the right of what binds tighter.
            Token::Not if level > Level::Not => None,
            Token::Not => {
                self.next()?;
                self.nested(|it| it.operation(Level::Not))?;
                self.add(Kind::Other, start, &[])
            }
            Token::Minus => {
                self.next()?;
                let number = self.nested(|it| it.operand(Level::HasAttr))?;
                self.add(Kind::Negate, start, &[number])
            }
            _ => {
                let mut callee = self.selection()?;
                while self.begins_selection() {
                    let argument = self.selection()?;
                    callee = self.add(Kind::Apply, start, &[callee, argument])?;
                }
                Some(callee)
            }
        }
    }

    fn begins_selection(&self) -> bool {
        use Token::*;
        let beginnings = [
            Ident,
            Int,
            Float,
            PathRel,
            PathAbs,
            Quote,
            Quotes,
            OpenParen,
            OpenBracket,
            OpenBrace,
            Rec,
        ];
        beginnings.contains(&self.at.token)
    }

    fn selection(&mut self) -> Option<Id> {
        let start = self.at.start;
        let of = self.simple()?;
        if !self.is(Token::Dot) {
            return Some(of);
        }
        self.next()?;
        let path = self.attrpath()?;
        if self.is(Token::Or) {
            self.next()?;
            self.nested(Self::selection)?;
        }
        self.add(Kind::Select, start, &[of, path])
    }

    fn simple(&mut self) -> Option<Id> {
        let start = self.at.start;
        match self.at.token {
            Token::Ident => self.leaf(Kind::Ident),
            Token::Int => self.leaf(Kind::Int),
            Token::Float => self.leaf(Kind::Float),
            Token::PathRel => self.leaf(Kind::PathRel),
            Token::PathAbs => self.leaf(Kind::Other),
            Token::Quote | Token::Quotes => self.string(),
            Token::OpenParen => {
                self.next()?;
                let inner = self.expr()?;
                self.expect(Token::CloseParen)?;
                self.add(Kind::Paren, start, &[inner])
            }
            Token::OpenBracket => {
                self.next()?;
                let mut items = Vec::new();
                while !self.is(Token::CloseBracket) {
                    items.push(self.nested(Self::selection)?);
                }
                self.next()?;
                self.add(Kind::List, start, &items)
            }
            Token::OpenBrace => self.set(Kind::AttrSet, start),
            Token::Rec => {
                self.next()?;
                self.set(Kind::RecSet, start)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
