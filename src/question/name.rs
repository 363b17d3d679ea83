//! The full name: any line of text.

use super::{Ask, Context, Question, Reply, Suggestion, plain_text};
use crate::answers::Answers;
use crate::problem::Problem;

pub(super) struct Name;

impl Question for Name {
    fn id(&self) -> &'static str {
        "name"
    }

    fn ask(&self, cx: &Context) -> Ask {
        Ask::Text {
            label: "Full name".to_owned(),
            help: "The name that git writes into commits. It goes into the fleet, where \
                   everybody who has the fleet sees it."
                .to_owned(),
            suggestion: suggestion(cx),
            several: false,
        }
    }

    fn accept(&self, cx: &Context, reply: Reply) -> Result<Answers, Problem> {
        let name = plain_text::line_of(&self.ask(cx), reply)?;
        Ok(Answers { name: Some(name), ..cx.answers.clone() })
    }

    fn lead(&self, cx: &Context) -> String {
        match cx.subject.is_oneself() {
            true => "Not found; please type it.".to_owned(),
            false => "Please type it.".to_owned(),
        }
    }

    fn given(&self, given: &Answers) -> Option<Reply> {
        given.name.clone().map(Reply::Text)
    }

    fn told(&self, answers: &Answers) -> String {
        answers.name.clone().unwrap_or_default()
    }

    fn missing(&self, cx: &Context) -> String {
        match cx.subject.is_oneself() {
            true => "has no suggestion here (your account and git config have none)".to_owned(),
            false => "has no suggestion for somebody else".to_owned(),
        }
    }

    fn example(&self) -> &'static str {
        "name: Raquel                      # any text; quotes where YAML needs them"
    }
}

fn suggestion(cx: &Context) -> Option<Suggestion<String>> {
    if let Some(name) = &cx.answers.name {
        return Some(Suggestion::new(name.clone(), "Your answer."));
    }
    let of_fleet = cx.user().and_then(|u| {
        Some(Suggestion::new(u.full_name.clone()?, format!("From {}.", u.module.file.display())))
    });
    let account = &cx.host.account;
    let own_account = account.name == cx.username() || cx.subject.is_oneself();
    let of_account = account
        .full_name
        .clone()
        .filter(|_| own_account)
        .map(|name| Suggestion::new(name, "From your account."));
    let of_git = cx
        .found
        .git_name
        .clone()
        .filter(|_| cx.subject.is_oneself())
        .map(|name| Suggestion::new(name, "From git config."));
    [of_fleet, of_account, of_git]
        .into_iter()
        .flatten()
        // What an account database or a git config holds is as hostile as any other text.
        .find(|s| plain_text::one_line(s.value.clone()).is_ok())
}

#[cfg(test)]
mod tests {
    use super::super::Subject;
    use super::super::example::Example;
    use super::*;

    fn suggested(example: &Example) -> Option<(String, String)> {
        match Name.ask(&example.cx()) {
            Ask::Text { suggestion, .. } => suggestion.map(|s| (s.value, s.from)),
            _ => None,
        }
    }

    #[test]
    fn the_suggestion_says_where_it_is_from() {
        let mut example = Example::raquel();
        example.found.git_name = Some("R.".into());
        assert_eq!(suggested(&example), Some(("Raquel".into(), "From your account.".into())));
        example.host.account.full_name = None;
        assert_eq!(suggested(&example), Some(("R.".into(), "From git config.".into())));
        example.subject = Subject::As("crs58".into());
        assert_eq!(
            suggested(&example),
            Some(("Chris".into(), "From modules/home/users/crs58/default.nix.".into()))
        );
        example.subject = Subject::Somebody(Some("zoe".into()));
        assert_eq!(suggested(&example), None);
    }

    #[test]
    fn a_hostile_account_name_is_not_suggested() {
        let mut example = Example::raquel();
        example.host.account.full_name = Some("R\u{1b}[2J".into());
        assert_eq!(suggested(&example), None);
    }

    #[test]
    fn any_line_is_a_name() {
        let example = Example::raquel();
        for name in ["Zoë \"Z\" O''Hara", "${builtins.abort \"x\"}", "李", "a\\b"] {
            let answers = Name.accept(&example.cx(), Reply::Text(name.into())).unwrap();
            assert_eq!(answers.name.as_deref(), Some(name));
        }
        assert!(Name.accept(&example.cx(), Reply::Text("a\nb".into())).is_err());
    }
}
