//! The email address that git uses.

use super::{Ask, Context, Question, Reply, Suggestion, plain_text};
use crate::answers::Answers;
use crate::problem::Problem;

pub(super) struct Email;

impl Question for Email {
    fn id(&self) -> &'static str {
        "email"
    }

    fn ask(&self, cx: &Context) -> Ask {
        Ask::Text {
            label: "Email".to_owned(),
            help: "The address that git writes into commits. It goes into the fleet, where \
                   everybody who has the fleet sees it. Nothing is sent to it."
                .to_owned(),
            suggestion: suggestion(cx),
            several: false,
        }
    }

    fn accept(&self, cx: &Context, reply: Reply) -> Result<Answers, Problem> {
        let email = plain_text::line_of(&self.ask(cx), reply)?;
        if !is_address(&email) {
            let who = if cx.username().is_empty() { "zoe" } else { cx.username() };
            return Err(Problem::user(format!(
                "An email address has an @ in it, like {who}@example.com"
            )));
        }
        Ok(Answers { email: Some(email), ..cx.answers.clone() })
    }

    fn lead(&self, cx: &Context) -> String {
        match cx.subject.is_oneself() {
            true => "Not found; please type it.".to_owned(),
            false => "Please type it.".to_owned(),
        }
    }

    fn given(&self, given: &Answers) -> Option<Reply> {
        given.email.clone().map(Reply::Text)
    }

    fn told(&self, answers: &Answers) -> String {
        answers.email.clone().unwrap_or_default()
    }

    fn missing(&self, cx: &Context) -> String {
        match cx.subject.is_oneself() {
            true => "has no suggestion here (git config has none)".to_owned(),
            false => "has no suggestion for somebody else".to_owned(),
        }
    }

    fn example(&self) -> &'static str {
        "email: raquel@example.com"
    }
}

/// Text on both sides of an `@`. The last one divides: what stands before it may be quoted and
/// hold others.
fn is_address(text: &str) -> bool {
    text.rsplit_once('@')
        .is_some_and(|(who, place)| !who.trim().is_empty() && !place.trim().is_empty())
}

fn suggestion(cx: &Context) -> Option<Suggestion<String>> {
    if let Some(email) = &cx.answers.email {
        return Some(Suggestion::new(email.clone(), "Your answer."));
    }
    let of_fleet = cx.user().and_then(|u| {
        Some(Suggestion::new(u.email.clone()?, format!("From {}.", u.module.file.display())))
    });
    let of_git = cx
        .found
        .git_email
        .clone()
        .filter(|_| cx.subject.is_oneself())
        .map(|email| Suggestion::new(email, "From git config."));
    [of_fleet, of_git]
        .into_iter()
        .flatten()
        .find(|s| plain_text::one_line(s.value.clone()).is_ok() && is_address(&s.value))
}

#[cfg(test)]
mod tests {
    use super::super::example::Example;
    use super::*;

    #[test]
    fn an_address_has_text_on_both_sides_of_its_at() {
        let example = Example::raquel();
        let typed = |text: &str| Email.accept(&example.cx(), Reply::Text(text.into()));
        insta::assert_snapshot!(typed("raquel.example.com").unwrap_err().what, @"An email address has an @ in it, like raquel@example.com");
        for bad in ["@example.com", "raquel@", "@", " @ "] {
            assert!(typed(bad).is_err(), "{bad}");
        }
        for good in ["a@b", "\"a@b\"@c.example", "${x}''\"@y", "zoë@exämple.org"] {
            assert_eq!(typed(good).unwrap().email.as_deref(), Some(good));
        }
    }

    #[test]
    fn git_config_is_suggested_only_when_it_is_an_address() {
        let mut example = Example::raquel();
        assert!(!Email.ask(&example.cx()).is_complete());
        example.found.git_email = Some("raquel".into());
        assert!(!Email.ask(&example.cx()).is_complete());
        example.found.git_email = Some("r@example.org".into());
        let Ask::Text { suggestion: Some(suggestion), .. } = Email.ask(&example.cx()) else {
            panic!("no suggestion")
        };
        assert_eq!(suggestion.from, "From git config.");
        assert_eq!(
            Email.accept(&example.cx(), Reply::Suggested).unwrap().email.as_deref(),
            Some("r@example.org")
        );
    }
}
