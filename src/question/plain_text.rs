//! What holds for every line of text.

use super::{Ask, Reply};
use crate::key::private;
use crate::problem::Problem;

/// More than this is no name, address or key.
const LONGEST: usize = 64 * 1024;

/// The text of a reply to `ask`, checked for what no field takes. Blanks are kept: an answers
/// file means what it says, and a front end trims what is typed.
pub(super) fn line_of(ask: &Ask, reply: Reply) -> Result<String, Problem> {
    match (reply, ask) {
        (Reply::Text(text), _) => one_line(text),
        (Reply::Suggested, Ask::Text { suggestion: Some(suggestion), .. }) => {
            Ok(suggestion.value.clone())
        }
        _ => Err(Problem::user("Please type it.")),
    }
}

/// Refuses what is empty, longer than a field or more than a line, control characters, and private
/// keys: a name or an address goes into the fleet, where everybody reads it.
pub(super) fn one_line(text: String) -> Result<String, Problem> {
    if text.trim().is_empty() {
        return Err(Problem::user("Please type it; it cannot be empty."));
    }
    if text.len() > LONGEST {
        let size = text.len() / 1024;
        return Err(Problem::user(format!(
            "That is {size} KiB, this field takes 64 KiB at most. Nothing was taken."
        )));
    }
    if private::is_in(&text) {
        return Err(Problem::user("That is a private key; it was not kept or shown."));
    }
    let lines = text.lines().count();
    if lines > 1 {
        return Err(Problem::user(format!(
            "That has {lines} lines, this field takes one. Nothing was taken."
        )));
    }
    match text.chars().find(|c| c.is_control()) {
        Some('\n' | '\r') => Err(Problem::user("This field takes one line, without a line end.")),
        Some('\t') => Err(Problem::user("This has a tab in it; please use a blank.")),
        Some(c) => Err(Problem::user(format!(
            "This has a control character in it (number {}), which cannot be typed or seen.",
            u32::from(c)
        ))),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_field_takes() {
        let refusal = |text: &str| one_line(text.to_owned()).unwrap_err().what;
        assert_eq!(
            refusal("a\nb\nc"),
            "That has 3 lines, this field takes one. Nothing was taken."
        );
        assert_eq!(
            refusal("AGE-SECRET-KEY-1QQQ"),
            "That is a private key; it was not kept or shown."
        );
        assert_eq!(refusal("a\n"), "This field takes one line, without a line end.");
        assert_eq!(refusal("a\tb"), "This has a tab in it; please use a blank.");
        assert!(refusal("a\u{1b}[31m").contains("number 27"));
        assert!(refusal("a\u{9b}").contains("number 155"));
        assert!(refusal(&"x".repeat(70_000)).starts_with("That is 68 KiB"));
        assert_eq!(refusal(" "), "Please type it; it cannot be empty.");
        assert_eq!(one_line("''${x}\" é ".into()).unwrap(), "''${x}\" é ");
    }
}
