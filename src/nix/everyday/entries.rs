//! Sets, the paths and entries in them, and strings, which may be names of either.

use super::lexer::Token;
use super::{Id, Kind, Parser};

impl Parser<'_> {
    pub(super) fn set(&mut self, kind: Kind, start: usize) -> Option<Id> {
        let inside = self.at.end;
        self.expect(Token::OpenBrace)?;
        let entries = self.entries(Token::CloseBrace)?;
        let bindings = self.tree.add(Kind::Bindings, (inside, self.at.start), &entries)?;
        self.next()?;
        self.add(kind, start, &[bindings])
    }

    /// Entries up to the token that ends them.
    pub(super) fn entries(&mut self, until: Token) -> Option<Vec<Id>> {
        let mut entries = Vec::new();
        while !self.is(until) {
            let start = self.at.start;
            entries.push(if self.is(Token::Inherit) {
                self.inherit(start)?
            } else {
                let path = self.attrpath()?;
                self.expect(Token::Assign)?;
                let value = self.expr()?;
                self.expect(Token::Semicolon)?;
                self.add(Kind::Binding, start, &[path, value])?
            });
        }
        Some(entries)
    }

    fn inherit(&mut self, start: usize) -> Option<Id> {
        self.next()?;
        let (mut kind, mut children) = (Kind::Inherit, Vec::new());
        if self.is(Token::OpenParen) {
            self.next()?;
            kind = Kind::InheritFrom;
            children.push(self.expr()?);
            self.expect(Token::CloseParen)?;
        }
        while self.is(Token::Ident) {
            children.push(self.leaf(Kind::Ident)?);
        }
        self.expect(Token::Semicolon)?;
        self.add(kind, start, &children)
    }

    pub(super) fn attrpath(&mut self) -> Option<Id> {
        let start = self.at.start;
        let mut attrs = vec![self.attr()?];
        while self.is(Token::Dot) {
            self.next()?;
            attrs.push(self.attr()?);
        }
        self.add(Kind::AttrPath, start, &attrs)
    }

    fn attr(&mut self) -> Option<Id> {
        let start = self.at.start;
        match self.at.token {
            Token::Ident => self.leaf(Kind::Ident),
            Token::Quote => self.string(),
            Token::Interpolation => {
                self.next()?;
                let inner = self.expr()?;
                self.expect(Token::CloseBrace)?;
                self.add(Kind::Dynamic, start, &[inner])
            }
            _ => None,
        }
    }

    /// The string whose opening quotes come next.
    pub(super) fn string(&mut self) -> Option<Id> {
        let (start, indented) = (self.at.start, self.is(Token::Quotes));
        let bytes = self.text.as_bytes();
        let (mut at, mut kind) = (self.at.end, Kind::Str);
        let end = loop {
            match (*bytes.get(at)?, bytes.get(at + 1).copied().unwrap_or(0)) {
                (b'$', b'{') => {
                    self.at = self.after(at + 2)?;
                    self.expr()?;
                    if !self.is(Token::CloseBrace) {
                        return None;
                    }
                    (at, kind) = (self.at.end, Kind::Interpolated);
                }
                (b'$', b'$' | b'\'') => return None,
                (b'"', _) if !indented => break at + 1,
                (b'\\', _) if !indented => at += 2,
                (b'\'', b'\'') if indented => match bytes.get(at + 2) {
                    Some(b'\'' | b'$') => at += 3,
                    Some(b'\\') => return None,
                    _ => break at + 2,
                },
                _ => at += 1,
            }
        };
        self.before = end;
        self.at = self.after(end)?;
        self.add(kind, start, &[])
    }
}
