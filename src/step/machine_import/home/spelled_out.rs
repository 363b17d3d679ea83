//! A value without the names that lead to its owner: an expression that makes the owner's name, and
//! the `let`s that name them or a file of theirs.

use crate::nix::{self, Binding, Part, Shape, Source, Token, TokenKind};
use crate::splice::nix::outdented;
use crate::step::likeness::says_word;

/// `value`, of `binding`, with the newcomer's name for the expression that makes the neighbour's,
/// and with what `let`s say of the neighbour in place of their names.
///
/// # Errors
/// When a name leads to the neighbour and cannot be taken out.
pub(in crate::step) fn spelled_out(
    source: &Source,
    binding: &Binding,
    value: &str,
    neighbour: &str,
    newcomer: &str,
) -> Result<String, String> {
    let mut value = value.to_owned();
    if let Some(Part::Computed(text)) =
        binding.path.parts().iter().find(|part| part.name().is_none())
    {
        value = without_expression(&value, text, newcomer)?;
    }
    without_aliases(source, &value, neighbour)
}

/// `user` and `${user}` where the binding is `users.${user}`.
fn without_expression(value: &str, written: &str, newcomer: &str) -> Result<String, String> {
    let attribute = nix::attr(newcomer).map_err(|e| e.to_string())?;
    let quoted = nix::quote(newcomer).map_err(|e| e.to_string())?;
    let value = value.replace(&format!(".{written}"), &format!(".{attribute}"));
    let value = value.replace(written, newcomer);
    let expression =
        written.trim_matches('"').trim_start_matches("${").trim_end_matches('}').trim();
    let mut out = value.clone();
    for start in expressions(&value, expression).into_iter().rev() {
        out.replace_range(start..start + expression.len(), &quoted);
    }
    match expression.contains('.') && out.contains(expression) {
        true => Err(format!("what is bound there depends on `{expression}`")),
        false => Ok(out),
    }
}

/// Where `code` evaluates `expression`, a name or a selection that is written without blanks.
fn expressions(code: &str, expression: &str) -> Vec<usize> {
    let tokens = nix::tokens(code);
    let tokens: Vec<&Token> = significant(&tokens).collect();
    let starts = |at: usize| code[tokens[at].start..].starts_with(expression);
    let whole = |at: usize| {
        let after = code[tokens[at].start + expression.len()..].chars().next();
        !after.is_some_and(|c| c.is_alphanumeric() || "._-'".contains(c))
    };
    let found = (0..tokens.len()).filter(|at| is_evaluated(&tokens, *at) && starts(*at));
    found.filter(|at| whole(*at)).map(|at| tokens[at].start).collect()
}

fn significant<'t, 's>(tokens: &'t [Token<'s>]) -> impl Iterator<Item = &'t Token<'s>> {
    tokens.iter().filter(|t| !matches!(t.kind, TokenKind::Space | TokenKind::Comment))
}

/// Whether the token at `at` is a name whose value is used: no attribute, no argument of a function.
fn is_evaluated(tokens: &[&Token], at: usize) -> bool {
    let token = tokens[at];
    let name = token.text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let before = at.checked_sub(1).map(|before| tokens[before].text);
    let inherited = tokens[..at]
        .iter()
        .rev()
        .take_while(|t| !matches!(t.text, ";" | "{" | "="))
        .any(|t| t.text == "inherit");
    token.kind == TokenKind::Code
        && name
        && !inherited
        && !matches!(before, Some("{" | ";" | "." | "," | "?"))
}

/// What `let`s of the file say of the neighbour, in place of the names they give it.
pub(in crate::step) fn without_aliases(
    source: &Source,
    value: &str,
    neighbour: &str,
) -> Result<String, String> {
    let about = |name: &str| {
        let alias = source.let_binding(name)?;
        let code = outdented(source, alias.value);
        (alias.shape != Shape::Function && says_word(&code, neighbour)).then_some((alias, code))
    };
    let mut out = value.to_owned();
    let all = nix::tokens(value);
    let tokens: Vec<&Token> = significant(&all).collect();
    for (at, token) in tokens.iter().enumerate().rev() {
        let Some((alias, code)) =
            (token.kind == TokenKind::Code).then(|| about(token.text)).flatten()
        else {
            continue;
        };
        let before = at.checked_sub(1).map_or("", |before| tokens[before].text);
        let after = tokens.get(at + 1).map_or("", |after| after.text);
        let plain = source.literal(alias.value).is_some();
        let place = token.start..token.start + token.text.len();
        match is_evaluated(&tokens, at) {
            // `"/Users/${user}"`
            true if before == "${" && after == "}" && plain => {
                let text = source.literal(alias.value);
                let text = text.as_ref().and_then(nix::Literal::text).unwrap_or_default();
                out.replace_range(tokens[at - 1].start..tokens[at + 1].start + 1, text);
            }
            true if plain || alias.shape == Shape::Set || !code.contains(' ') => {
                out.replace_range(place, &code);
            }
            true => out.replace_range(place, &format!("({code})")),
            false if before == "." || after == "=" || after == "." => {}
            false => return Err(format!("what is bound there depends on `{}`", token.text)),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of `users.ada`, or of whoever a file binds, for zoe.
    fn told(text: &str) -> Result<String, String> {
        let source = Source::parse(text).unwrap();
        let bound =
            |b: &&Binding| b.path.index_of(&["users"]) == Some(0) && b.path.parts().len() > 1;
        let binding = source.bindings().iter().find(bound).unwrap();
        spelled_out(&source, binding, &outdented(&source, binding.value), "ada", "zoe.b")
    }

    #[test]
    fn an_expression_that_makes_the_name() {
        let text = r#"{ users.${c.owner} = { home.username = c.owner; home.file.x = "${c.owner} a"; a = o.${c.owner}.b; }; }"#;
        let expected = r#"{ home.username = "zoe.b"; home.file.x = "zoe.b a"; a = o."zoe.b".b; }"#;
        assert_eq!(told(text).as_deref(), Ok(expected));
        let text = r#"let user = "ada"; in { users.${user} = { home.username = user; user = 1; a.user = 2; }; }"#;
        let expected = r#"{ home.username = "zoe.b"; user = 1; a.user = 2; }"#;
        assert_eq!(told(text).as_deref(), Ok(expected));
    }

    #[test]
    fn names_of_what_is_the_neighbours() {
        let text = r#"let file = ./ada.nix; home = import ./ada.nix { }; in { users.ada.imports = [ file home ]; }"#;
        assert_eq!(told(text).as_deref(), Ok("[ ./ada.nix (import ./ada.nix { }) ]"));
        let text = r#"let me = "ada"; in { users.ada = { a = "/x/${me}/y"; b = [ me ]; }; }"#;
        assert_eq!(told(text).as_deref(), Ok(r#"{ a = "/x/ada/y"; b = [ "ada" ]; }"#));
    }

    #[test]
    fn what_is_inherited_stays_the_neighbours_and_is_refused() {
        let text = r#"let me = "ada"; in { users.ada = import ./x.nix { inherit me; }; }"#;
        assert!(told(text).unwrap_err().contains("depends on `me`"));
    }
}
