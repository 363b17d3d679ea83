//! People whom a machine names without a binding for each: inherited into the set of homes or
//! accounts, or listed for a function that makes one of each name.

use std::path::Path;

use crate::fleet::Place;
use crate::fleet::scope::Found;
use crate::nix::{Binding, List, Literal, Pattern, Source, Token, TokenKind, tokens};

/// Functions that make a set of the names in a list.
const MAKERS: [&str; 2] = ["genAttrs", "listToAttrs"];

/// A list of names that a function makes homes or accounts of.
pub(crate) struct Listed<'f> {
    /// The binding that calls the function.
    pub(crate) by: Found<'f>,
    pub(crate) file: &'f Path,
    pub(crate) list: &'f List,
    pub(crate) names: Vec<String>,
}

/// Everybody who is named so below `names`, such as `home-manager.users`.
pub(crate) fn named(all: &[Found<'_>], names: &[&str]) -> Vec<(String, Place)> {
    let mut people = inherited(all, names);
    for listed in lists(all, names) {
        let place = || Place { file: listed.file.to_owned(), line: listed.list.line };
        people.extend(listed.names.iter().map(|name| (name.clone(), place())));
    }
    people
}

/// `home-manager.users = { inherit ada; };`
fn inherited(all: &[Found<'_>], names: &[&str]) -> Vec<(String, Place)> {
    let end = Pattern::exact(names);
    let mut people = Vec::new();
    for found in all.iter().filter(|found| found.binding.path.ends_with(&end)) {
        let value = found.binding.value;
        let sets = found.source.sets().iter().filter(|set| value.contains(set.span));
        for set in sets.filter(|set| set.path == found.binding.path && !set.given) {
            people.extend(set.inherits.iter().flat_map(|inherit| {
                let line = found.source.position(inherit.span.start).line;
                let place = Place { file: found.file.to_owned(), line };
                inherit.names.iter().map(move |name| (name.clone(), place.clone()))
            }));
        }
    }
    people
}

/// The literal lists that `home-manager.users = lib.genAttrs [ "ada" ] (…)` and its like read: in
/// place, by the name of a `let`, or as an option that the machine sets.
pub(crate) fn lists<'f>(all: &[Found<'f>], names: &[&str]) -> Vec<Listed<'f>> {
    let end = Pattern::exact(names);
    let made = all.iter().filter(|found| found.binding.path.ends_with(&end));
    made.filter_map(|found| {
        let (file, source, list) = read_by(all, found)?;
        let item = |item: &crate::nix::Item| {
            source.literal(item.span).as_ref().and_then(Literal::text).map(str::to_owned)
        };
        let names: Option<Vec<String>> = list.items.iter().map(item).collect();
        Some(Listed { by: *found, file, list, names: names? })
    })
    .collect()
}

type InFile<'f, T> = (&'f Path, &'f Source, &'f T);

/// The list that the function of a binding's value is given: the argument of `genAttrs`, or what is
/// mapped for `listToAttrs`. What is in the function itself is no list of people.
fn read_by<'f>(all: &[Found<'f>], made: &Found<'f>) -> Option<InFile<'f, List>> {
    let start = made.binding.value.start;
    let code = tokens(made.binding.value.of(made.source.text()));
    let code: Vec<&Token> =
        code.iter().filter(|t| !matches!(t.kind, TokenKind::Space | TokenKind::Comment)).collect();
    let maker = code.iter().position(|t| t.kind == TokenKind::Code && MAKERS.contains(&t.text))?;
    let argument = &code[maker + 1..];
    let literal = |fits: &dyn Fn(&List) -> bool| {
        let list = made.source.lists().iter().find(|list| fits(list))?;
        Some((made.file, made.source, list))
    };
    let mapped = code[maker].text == "listToAttrs";
    match argument.first()?.text {
        "[" if !mapped => literal(&|list| list.span.start == start + argument[0].start),
        "(" => {
            let inside = &argument[1..closing(argument)?];
            let maps = inside.iter().find(|t| !matches!(t.text, "lib" | "builtins" | "."))?.text;
            if mapped && maps != "map" {
                return None;
            }
            let last = inside.last()?;
            match last.text {
                "]" => literal(&|list| list.span.end == start + last.start + 1),
                _ => {
                    let path = inside.iter().rev().take_while(|t| t.text == "." || is_word(t));
                    let length = path.scan(None, |after, t| {
                        let goes_on = (t.text == ".") != (*after == Some(".")) || after.is_none();
                        *after = Some(t.text);
                        goes_on.then_some(())
                    });
                    spelled_out(all, made, &inside[inside.len() - length.count()..])
                }
            }
        }
        _ if !mapped => {
            let dotted = argument.iter().enumerate();
            let path =
                dotted.take_while(|(n, t)| if n % 2 == 0 { is_word(t) } else { t.text == "." });
            spelled_out(all, made, &argument[..path.count()])
        }
        _ => None,
    }
}

fn is_word(token: &Token) -> bool {
    let begins = token.text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    token.kind == TokenKind::Code && begins
}

/// The index of the bracket that closes the first.
fn closing(code: &[&Token]) -> Option<usize> {
    let mut depth = 0usize;
    code.iter().position(|token| {
        match token.text {
            "(" | "{" | "[" | "${" => depth += 1,
            ")" | "}" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })
}

/// The list that `people`, `cfg.people` or `config.homes.people` names.
fn spelled_out<'f>(all: &[Found<'f>], at: &Found<'f>, path: &[&Token]) -> Option<InFile<'f, List>> {
    let names: Vec<&str> = path.iter().map(|token| token.text).filter(|t| *t != ".").collect();
    let (first, rest) = names.split_first()?;
    let alias = at.source.let_binding(first);
    if let Some(alias) = alias.filter(|_| rest.is_empty()) {
        return list_of(at.file, at.source, alias);
    }
    let aliased = alias.and_then(|alias| alias.reference.clone());
    let mut option = aliased.unwrap_or_else(|| vec![(*first).to_owned()]);
    option.extend(rest.iter().map(|name| (*name).to_owned()));
    let option = option.strip_prefix(&["config".to_owned()][..]).filter(|o| !o.is_empty())?;
    let option = Pattern::exact(&option.iter().map(String::as_str).collect::<Vec<_>>());
    let mut set = all.iter().filter(|found| found.binding.path.ends_with(&option));
    set.find_map(|found| list_of(found.file, found.source, found.binding))
}

fn list_of<'f>(file: &'f Path, source: &'f Source, binding: &Binding) -> Option<InFile<'f, List>> {
    let list = source.lists().iter().find(|list| list.span == binding.value)?;
    Some((file, source, list))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who is listed below `people`.
    fn told(text: &str) -> Vec<String> {
        let source = Source::parse(text).unwrap();
        let file = Path::new("a.nix");
        let found = |binding| Found { file, source: &source, binding };
        let all: Vec<Found<'_>> = source.bindings().iter().map(found).collect();
        named(&all, &["people"]).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn names_in_a_list_that_a_function_reads() {
        assert_eq!(told(r#"{ people = lib.genAttrs [ "ada" "kai" ] (n: { }); }"#), ["ada", "kai"]);
        assert_eq!(told(r#"let all = [ "ada" ]; in { people = genAttrs all f; }"#), ["ada"]);
        assert_eq!(told(r#"{ people = lib.genAttrs (lib.unique [ "ada" ]) f; }"#), ["ada"]);
        let option = r#"let cfg = config.homes; in { homes.users = [ "ada" ]; people = BY; }"#;
        for by in [
            "lib.genAttrs cfg.users f",
            "lib.genAttrs config.homes.users (name: import ./x)",
            "builtins.listToAttrs (map (name: { inherit name; }) cfg.users)",
            "lib.mkIf cfg.enable (lib.genAttrs (lib.unique cfg.users) f)",
        ] {
            assert_eq!(told(&option.replace("BY", by)), ["ada"], "{by}");
        }
    }

    #[test]
    fn what_is_inherited() {
        assert_eq!(
            told("{ people = { inherit ada; inherit (x) kai; } // { inherit eve; }; }"),
            ["ada", "kai", "eve"]
        );
        assert_eq!(told("{ people = f { inherit ada; }; }"), [""; 0]);
    }

    #[test]
    fn other_lists_name_nobody() {
        for text in [
            r#"{ people = lib.genAttrs (builtins.attrNames x) (n: { groups = [ "wheel" ]; }); }"#,
            r#"{ people = builtins.listToAttrs [ "ada" ]; }"#,
            r#"{ people = builtins.listToAttrs (lib.concatMap (u: f u) [ "x86_64-linux" ]); }"#,
            r#"{ people = f [ "ada" ]; }"#,
            r#"{ people = lib.genAttrs [ ada ] f; }"#,
            "{ people = lib.genAttrs",
            "{ people = lib.genAttrs ( f; }",
        ] {
            let Ok(_) = Source::parse(text) else { continue };
            assert_eq!(told(text), [""; 0], "{text}");
        }
    }
}
