//! Replies to lists: by number, by name, or as suggested.

use super::near::did_you_mean;
use super::{Ask, Choice, Reply};
use crate::problem::Problem;

/// The one row that a reply chooses. `kind` is what a row is, for the refusal of an unknown one.
pub(super) fn one<'a>(ask: &'a Ask, reply: &Reply, kind: &str) -> Result<&'a Choice, Problem> {
    let Ask::Pick { options, suggested, .. } = ask else { return Err(not_asked(ask)) };
    let index = match reply {
        Reply::Suggested => suggested.as_ref().map(|s| s.value).ok_or_else(choose)?,
        Reply::Picked(index) => *index,
        Reply::Named(names) => match names.as_slice() {
            [name] => named(options, name, kind)?,
            _ => return Err(Problem::user("Choose one.")),
        },
        _ => return Err(choose()),
    };
    open(options.get(index).ok_or_else(choose)?)
}

/// The rows that a reply chooses, in the order of the list, each once.
pub(super) fn many<'a>(
    options: &'a [Choice],
    reply: &Reply,
    kind: &str,
) -> Result<Vec<&'a Choice>, Problem> {
    let mut indices: Vec<usize> = match reply {
        Reply::Suggested => (0..options.len()).filter(|i| options[*i].chosen).collect(),
        Reply::Many(indices) => indices.clone(),
        Reply::Named(names) => {
            names.iter().map(|n| named(options, n, kind)).collect::<Result<_, _>>()?
        }
        _ => return Err(choose()),
    };
    indices.sort_unstable();
    indices.dedup();
    indices.into_iter().map(|i| open(options.get(i).ok_or_else(choose)?)).collect()
}

/// `kind` with its article: `a machine`, `an aggregate`.
fn named(options: &[Choice], name: &str, kind: &str) -> Result<usize, Problem> {
    options.iter().position(|c| c.id == name).ok_or_else(|| {
        let close = did_you_mean(name, options.iter().map(|c| c.id.as_str()));
        let known = match (close.is_empty(), options.len()) {
            (true, 1..=12) => {
                let ids: Vec<_> = options.iter().map(|c| c.id.as_str()).collect();
                format!(" There are {}.", ids.join(", "))
            }
            _ => close,
        };
        Problem::user(format!("`{}` is not {kind}.{known}", shown(name)))
    })
}

/// A name for a message: without control characters, at most 60 characters.
pub(super) fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(60).collect()
}

fn open(choice: &Choice) -> Result<&Choice, Problem> {
    match &choice.off {
        Some(why) => Err(Problem::user(format!("{} is off here: {why}.", choice.label))),
        None => Ok(choice),
    }
}

fn choose() -> Problem {
    Problem::user("Choose one of the list.")
}

fn not_asked(ask: &Ask) -> Problem {
    match ask {
        Ask::Skip { because } => Problem::user(because.clone()),
        _ => choose(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Choice> {
        let row = |id: &str, off: Option<&str>| Choice {
            id: id.into(),
            label: id.into(),
            off: off.map(Into::into),
            ..Choice::default()
        };
        vec![
            row("quartz", None),
            row("onyx", Some("its users come from a function")),
            row("jade", None),
        ]
    }

    #[test]
    fn rows_come_back_in_the_lists_order_and_once() {
        let rows = rows();
        let ids = |reply: Reply| -> Vec<&str> {
            many(&rows, &reply, "a machine").unwrap().iter().map(|c| c.id.as_str()).collect()
        };
        assert_eq!(ids(Reply::Many(vec![2, 0, 2])), ["quartz", "jade"]);
        assert_eq!(ids(Reply::Named(vec!["jade".into()])), ["jade"]);
        assert!(ids(Reply::Suggested).is_empty());
    }

    #[test]
    fn what_cannot_be_chosen_says_why() {
        let rows = rows();
        let refusal = |name: &str| {
            many(&rows, &Reply::Named(vec![name.into()]), "a machine of this fleet")
                .unwrap_err()
                .what
        };
        assert_eq!(
            refusal("quarzt"),
            "`quarzt` is not a machine of this fleet. Did you mean quartz?"
        );
        assert_eq!(
            refusal("basalt\u{7}"),
            "`basalt` is not a machine of this fleet. There are quartz, onyx, jade."
        );
        assert_eq!(refusal("onyx"), "onyx is off here: its users come from a function.");
        assert!(many(&rows, &Reply::Many(vec![9]), "a machine").is_err());
    }
}
