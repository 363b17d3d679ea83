//! Attribute paths, and the patterns that look for them.

use std::fmt;
use std::sync::Arc;

use super::quote::attr;

/// One step of an attribute path, as it is written. Shared, because every binding repeats the
/// steps of what encloses it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    /// An identifier: `users`.
    Plain(Arc<str>),
    /// A quoted string without interpolation: `"users/zoe"`.
    Quoted(Arc<str>),
    /// Made by an expression, kept as its text: `${config.primaryUser}`, `"${u}@${system}"`.
    Computed(Arc<str>),
}

impl Part {
    /// The attribute's name, unless an expression makes it.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Plain(name) | Self::Quoted(name) => Some(name),
            Self::Computed(_) => None,
        }
    }

    /// The name, or the text of the expression that makes it.
    pub fn text(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Quoted(text) | Self::Computed(text) => text,
        }
    }
}

/// A full dotted path: what encloses a binding, then what the binding itself writes. Shared by the
/// binding, the set that is its value and the lists in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct AttrPath(Arc<[Part]>);

impl AttrPath {
    pub fn new(parts: &[Part]) -> Self {
        Self(parts.into())
    }

    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    pub fn last(&self) -> Option<&Part> {
        self.0.last()
    }

    /// Where `pattern` first occurs: the index of its first part.
    pub fn find(&self, pattern: &Pattern) -> Option<usize> {
        let width = pattern.0.len();
        self.0
            .windows(width)
            .position(|window| window.iter().zip(&pattern.0).all(|(part, want)| want.fits(part)))
    }

    pub fn contains(&self, pattern: &Pattern) -> bool {
        self.find(pattern).is_some()
    }

    /// Whether the path's last parts are `pattern`.
    pub fn ends_with(&self, pattern: &Pattern) -> bool {
        let width = pattern.0.len();
        self.0.len() >= width
            && self.0[self.0.len() - width..].iter().zip(&pattern.0).all(|(p, want)| want.fits(p))
    }

    /// Where exactly these names first stand in a row.
    pub fn index_of(&self, names: &[&str]) -> Option<usize> {
        let named = |run: &[Part]| run.iter().zip(names).all(|(p, n)| p.name() == Some(n));
        self.0.windows(names.len()).position(named)
    }

    /// The part that follows exactly these names.
    pub fn below(&self, names: &[&str]) -> Option<&Part> {
        self.index_of(names).and_then(|at| self.0.get(at + names.len()))
    }

    /// The part that follows the first occurrence of `pattern`.
    pub fn after(&self, pattern: &Pattern) -> Option<&Part> {
        self.find(pattern).and_then(|at| self.0.get(at + pattern.0.len()))
    }
}

/// As Nix would accept it: names quoted where they must be.
impl fmt::Display for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, part) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            match part {
                Part::Computed(text) => f.write_str(text)?,
                Part::Plain(name) | Part::Quoted(name) => {
                    f.write_str(&attr(name).unwrap_or_default())?;
                }
            }
        }
        Ok(())
    }
}

/// A run of parts to look for anywhere in a path: `home-manager.users.*`.
///
/// `*` stands for any run of characters without `/`, so `modules.homeManager.*` finds `core` and
/// passes over `"users/zoe"`, which `modules.homeManager.users/*` finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<PartPattern>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum PartPattern {
    Exact(String),
    Glob(String),
}

impl Pattern {
    /// Reads parts divided by dots. An attribute name with a dot in it cannot be looked for.
    pub fn new(dotted: &str) -> Self {
        let part = |text: &str| match text.contains('*') {
            true => PartPattern::Glob(text.to_owned()),
            false => PartPattern::Exact(text.to_owned()),
        };
        Self(dotted.split('.').map(part).collect())
    }

    /// A run of exactly these names, dots and all.
    pub fn exact(names: &[&str]) -> Self {
        Self(names.iter().map(|name| PartPattern::Exact((*name).to_owned())).collect())
    }

    /// Whether `text` has the words that a file needs to spell such a path or reference: a quick
    /// way to pass over files.
    pub fn may_be_in(&self, text: &str) -> bool {
        self.0.iter().all(|part| match part {
            PartPattern::Exact(name) => text.contains(name.as_str()),
            PartPattern::Glob(glob) => glob.split('*').all(|piece| text.contains(piece)),
        })
    }

    /// Whether it occurs anywhere in `names`, such as those of a reference.
    pub fn occurs_in(&self, names: &[String]) -> bool {
        let fits = |want: &PartPattern, name: &str| match want {
            PartPattern::Exact(want) => want == name,
            PartPattern::Glob(glob) => glob_fits(glob, name),
        };
        names.windows(self.0.len()).any(|run| run.iter().zip(&self.0).all(|(n, w)| fits(w, n)))
    }

    /// How many parts it spans.
    pub fn width(&self) -> usize {
        self.0.len()
    }
}

impl PartPattern {
    fn fits(&self, part: &Part) -> bool {
        match self {
            Self::Exact(want) => part.name() == Some(want),
            // A computed name may be anything, so it fits only a bare `*`.
            Self::Glob(glob) => match part.name() {
                Some(name) => glob_fits(glob, name),
                None => glob == "*",
            },
        }
    }
}

/// Whether `name` fits `glob`, whose `*` never crosses a `/`.
pub(crate) fn glob_fits(glob: &str, name: &str) -> bool {
    let (mut globs, mut names) = (glob.split('/'), name.split('/'));
    loop {
        match (globs.next(), names.next()) {
            (None, None) => return true,
            (Some(glob), Some(name)) if segment_fits(glob, name) => {}
            _ => return false,
        }
    }
}

fn segment_fits(glob: &str, name: &str) -> bool {
    let Some((head, tail)) = glob.split_once('*') else { return glob == name };
    let Some(rest) = name.strip_prefix(head) else { return false };
    if !tail.contains('*') {
        return rest.ends_with(tail);
    }
    rest.char_indices()
        .map(|(i, _)| i)
        .chain([rest.len()])
        .any(|at| segment_fits(tail, &rest[at..]))
}
