//! The module of the person whose files are copied, as far as single values of it are.

use super::Context;
use super::likeness::in_the_name_of;
use crate::nix::{self, Binding, Source, TokenKind};

/// Arguments that every home module can ask for. What names anything else cannot stand elsewhere.
const KNOWN: [&str; 5] = ["config", "lib", "pkgs", "inputs", "flake"];

/// The neighbour's module.
pub(super) struct Neighbour<'a> {
    name: &'a str,
    newcomer: &'a str,
    source: Source,
}

impl<'a> Neighbour<'a> {
    pub(super) fn of(cx: &Context<'a>) -> Option<Self> {
        let name = cx.neighbour()?.name.as_str();
        let user = cx.fleet.users.iter().find(|user| user.name == name)?;
        let text = cx.fleet.text(&user.module.file).ok()?;
        let source = Source::parse(text).ok()?;
        Some(Self { name: &user.name, newcomer: &cx.person.username, source })
    }

    /// The last binding that ends in `path`: what stands below overrides in people's minds.
    fn binding(&self, path: &str) -> Option<&Binding> {
        self.source.find(path).last()
    }

    pub(super) fn says(&self, path: &str) -> bool {
        self.binding(path).is_some()
    }

    /// The text of `path`, when it is spelled out.
    pub(super) fn literal(&self, path: &str) -> Option<String> {
        self.source.literal(self.binding(path)?.value)?.text().map(str::to_owned)
    }

    /// The value of `path` in the newcomer's name, when it can stand elsewhere: it names only
    /// arguments that every home module gets.
    pub(super) fn expression(&self, path: &str) -> Option<String> {
        let value = self.binding(path)?.value.of(self.source.text());
        let text = in_the_name_of(value, self.name, self.newcomer);
        names(&text).iter().all(|name| KNOWN.contains(&name.as_str())).then_some(text)
    }
}

/// Names that an expression refers to: identifiers that do not follow a dot. Attribute names of a
/// set count too, so a set never passes for something simple.
fn names(expression: &str) -> Vec<String> {
    let keyword = |word: &str| matches!(word, "if" | "then" | "else");
    let code = nix::tokens(expression).into_iter().filter(|t| t.kind == TokenKind::Code);
    let mut selected = false;
    let mut names = Vec::new();
    for token in code {
        let identifier = token.text.starts_with(|c: char| c.is_alphabetic() || c == '_');
        if identifier && !selected && !keyword(token.text) {
            names.push(token.text.to_owned());
        }
        selected = token.text == ".";
    }
    names
}

/// Whether the Nix text uses `name` as a variable.
pub(super) fn uses(expression: &str, name: &str) -> bool {
    names(expression).iter().any(|n| n == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_variables_are_names() {
        let home = "lib.mkDefault (if pkgs.stdenv.isDarwin then \"/U/${config.home.x}\" else y)";
        assert_eq!(names(home), ["lib", "pkgs", "config", "y"]);
        assert!(uses("flake.inputs.self + \"/config\"", "flake"));
        assert!(!uses("flake.inputs.self + \"/config\"", "inputs"));
        assert!(!uses("flake.inputs.self + \"/config\"", "config"));
    }
}
