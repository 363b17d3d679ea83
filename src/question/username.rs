//! The user name: the account's own, or somebody else's that is typed.

use super::near::did_you_mean;
use super::{Ask, Context, Question, Reply, plain_text};
use crate::answers::Answers;
use crate::fleet::Machine;
use crate::host::Os;
use crate::problem::Problem;

pub(super) struct Username;

/// `useradd` takes no more; macOS is laxer.
const LONGEST: usize = 32;

/// Accounts that a system makes for itself or that mean something to `sudo`, macOS or Nix.
const RESERVED: &[&str] = &[
    "admin",
    "backup",
    "bin",
    "daemon",
    "games",
    "guest",
    "halt",
    "list",
    "lp",
    "mail",
    "man",
    "messagebus",
    "news",
    "nobody",
    "nogroup",
    "operator",
    "proxy",
    "root",
    "shutdown",
    "sshd",
    "staff",
    "sudo",
    "sync",
    "sys",
    "systemd",
    "uucp",
    "wheel",
    "www-data",
];

impl Question for Username {
    fn id(&self) -> &'static str {
        "username"
    }

    fn ask(&self, cx: &Context) -> Ask {
        match cx.fixed_name() {
            Some(name) => Ask::Skip { because: fixed(cx, name) },
            None => Ask::Text {
                label: "User name".to_owned(),
                help: "The name of the account that the home is for, as the machine has it. \
                       The command id -un prints it there."
                    .to_owned(),
                suggestion: None,
                several: false,
            },
        }
    }

    fn accept(&self, cx: &Context, reply: Reply) -> Result<Answers, Problem> {
        let name = match (reply, cx.fixed_name()) {
            (Reply::Suggested, Some(fixed)) => fixed.to_owned(),
            (Reply::Text(name), Some(fixed)) if name != fixed => return Err(other_name(cx, &name)),
            (reply, _) => plain_text::line_of(&self.ask(cx), reply)?,
        };
        check(&name)?;
        Ok(Answers { username: Some(name), ..cx.answers.clone() })
    }

    fn lead(&self, cx: &Context) -> String {
        match cx.fixed_name() {
            Some(name) => fixed(cx, name),
            None if cx.user().is_some() => already_there(cx),
            None => "The account on the machine; id -un prints it there.".to_owned(),
        }
    }

    fn given(&self, given: &Answers) -> Option<Reply> {
        given.username.clone().map(Reply::Text)
    }

    fn told(&self, answers: &Answers) -> String {
        answers.username.clone().unwrap_or_default()
    }

    fn example(&self) -> &'static str {
        "username: raquel                  # the account's name; another one than yours: somebody else's home"
    }
}

fn fixed(cx: &Context, name: &str) -> String {
    match cx.subject {
        super::Subject::Account => {
            let kind = match cx.host.os {
                Os::Darwin => "Mac",
                Os::Linux => "machine",
            };
            format!("Your account on this {kind}. The home belongs to it: fixed.")
        }
        _ => format!("{name}, as given at the start: fixed."),
    }
}

fn other_name(cx: &Context, name: &str) -> Problem {
    let fixed = cx.fixed_name().unwrap_or_default();
    let close = did_you_mean(name, [fixed]);
    Problem::user(format!("The home belongs to {fixed}, so the user name is fixed.{close}"))
}

fn has_allowed_characters(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(allowed)
}

fn check(name: &str) -> Result<(), Problem> {
    if !has_allowed_characters(name) {
        return Err(Problem::user(format!(
            "A user name has a to z, 0 to 9, - _ and a dot, and starts with a letter.{}",
            cleaned(name).map(|c| format!(" Did you mean {c}?")).unwrap_or_default()
        )));
    }
    if name.contains("..") || name.ends_with('.') {
        return Err(Problem::user("A dot in a user name stands between two other characters."));
    }
    if name.len() > LONGEST {
        return Err(Problem::user(format!(
            "A user name has {LONGEST} characters at most, this one has {}.",
            name.len()
        )));
    }
    if RESERVED.contains(&name) || name.starts_with("nixbld") {
        return Err(Problem::user(format!("{name} is an account of the system, not of a person.")));
    }
    Ok(())
}

/// Somebody of the fleet gets what is missing; where that is, comes next.
fn already_there(cx: &Context) -> String {
    let name = cx.username();
    let on = |machine: &&Machine| machine.users.iter().any(|user| user.name.text() == name);
    let machines: Vec<&str> =
        cx.fleet.machines.iter().filter(on).map(|machine| machine.name.as_str()).collect();
    let place = match machines.as_slice() {
        [] => String::new(),
        [one] => format!(", on {one}"),
        [one, other] => format!(", on {one} and {other}"),
        more => format!(", on {} machines", more.len()),
    };
    format!("In this fleet already{place}.")
}

/// What remains of `name` when everything that is not allowed is dropped.
fn cleaned(name: &str) -> Option<String> {
    let lower = name.trim().to_lowercase();
    let mut kept = String::new();
    for c in lower.chars().take(LONGEST) {
        match c {
            'a'..='z' => kept.push(c),
            '0'..='9' | '-' | '_' | '.' if !kept.is_empty() && !kept.ends_with('.') => kept.push(c),
            ' ' if !kept.is_empty() && !kept.ends_with('.') => kept.push('.'),
            _ => {}
        }
    }
    let kept = kept.trim_end_matches(['.', '-', '_']).to_owned();
    (has_allowed_characters(&kept) && check(&kept).is_ok()).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::super::example::Example;
    use super::super::{Answers, Problem, Subject};
    use super::*;

    fn typed(name: &str) -> Result<Answers, Problem> {
        let example = Example { subject: Subject::Somebody(None), ..Example::raquel() };
        Username.accept(&example.cx(), Reply::Text(name.into()))
    }

    fn refusal(name: &str) -> String {
        typed(name).unwrap_err().what
    }

    #[test]
    fn ones_own_name_is_fixed() {
        let example = Example::raquel();
        assert!(matches!(Username.ask(&example.cx()), Ask::Skip { .. }));
        let answers = Username.accept(&example.cx(), Reply::Suggested).unwrap();
        assert_eq!(answers.username.as_deref(), Some("raquel"));
        let other = Username.accept(&example.cx(), Reply::Text("raquell".into())).unwrap_err();
        insta::assert_snapshot!(other.what, @"The home belongs to raquel, so the user name is fixed. Did you mean raquel?");
    }

    #[test]
    fn forbidden_characters_are_said_with_what_was_meant() {
        insta::assert_snapshot!(refusal("Raquel"), @"A user name has a to z, 0 to 9, - _ and a dot, and starts with a letter. Did you mean raquel?");
        assert!(refusal("raquel smith").ends_with("Did you mean raquel.smith?"));
        assert!(refusal("9raquel").ends_with("Did you mean raquel?"));
        assert!(refusal("-raquel").ends_with("Did you mean raquel?"));
        assert!(refusal("../raquel").ends_with("Did you mean raquel?"));
        assert!(refusal("$raquel").ends_with("Did you mean raquel?"));
        assert!(refusal("Ünal").ends_with("Did you mean nal?"));
        assert!(refusal("../..").ends_with("starts with a letter."));
        assert!(refusal("ROOT").ends_with("starts with a letter."));
        assert!(refusal("").starts_with("Please type it"));
        assert!(refusal("ra\nquel").starts_with("That has 2 lines"));
    }

    #[test]
    fn a_dot_stands_inside() {
        assert_eq!(typed("zoe.smith").unwrap().username.as_deref(), Some("zoe.smith"));
        assert!(refusal("zoe..smith").contains("between two"));
        assert!(refusal("zoe.").contains("between two"));
    }

    #[test]
    fn names_of_the_system_are_taken() {
        insta::assert_snapshot!(refusal("root"), @"root is an account of the system, not of a person.");
        assert!(refusal("nixbld1").contains("account of the system"));
        assert!(refusal(&"a".repeat(33)).contains("32 characters at most"));
    }

    #[test]
    fn somebody_of_the_fleet_gets_what_is_missing() {
        let answers = typed("crs58").unwrap();
        let example = Example { subject: Subject::Somebody(None), answers, ..Example::raquel() };
        insta::assert_snapshot!(Username.lead(&example.cx()), @"In this fleet already, on blackphos and stibnite.");
    }

    #[test]
    fn a_name_given_beforehand_may_be_in_the_fleet() {
        let subject = Subject::Somebody(Some("crs58".into()));
        let example = Example { subject, ..Example::raquel() };
        assert!(Username.accept(&example.cx(), Reply::Text("crs58".into())).is_ok());
    }
}
