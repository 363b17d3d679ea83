//! Whether git gets a commit of what the plan wrote, and on which branch.

use super::choosing::shown;
use super::plain_text::one_line;
use super::{Ask, Choice, Context, Question, Reply, Suggestion, choosing};
use crate::answers::{self, Answers};
use crate::key::private;
use crate::problem::Problem;

pub(super) struct Commit;

const NO: &str = "no";
const ONE: &str = "one";
const BRANCH: &str = "branch";

impl Question for Commit {
    fn id(&self) -> &'static str {
        "commit"
    }

    fn ask(&self, cx: &Context) -> Ask {
        if cx.subject.is_oneself() {
            let because = "The files are left for whoever looks them over to commit.";
            return Ask::Skip { because: because.to_owned() };
        }
        self.list(cx)
    }

    fn accept(&self, cx: &Context, reply: Reply) -> Result<Answers, Problem> {
        let commit = match reply {
            Reply::Text(name) => answers::Commit::Branch(branch(name)?),
            Reply::Suggested if cx.answers.commit.is_some() => return Ok(cx.answers.clone()),
            reply => {
                match choosing::one(&self.list(cx), &reply, "no, one or a branch")?.id.as_str() {
                    NO => answers::Commit::No,
                    ONE => answers::Commit::One,
                    _ => return Err(Problem::user("Please name the branch.")),
                }
            }
        };
        Ok(Answers { commit: Some(commit), ..cx.answers.clone() })
    }

    fn given(&self, given: &Answers) -> Option<Reply> {
        Some(match given.commit.as_ref()? {
            answers::Commit::No => Reply::Named(vec![NO.to_owned()]),
            answers::Commit::One => Reply::Named(vec![ONE.to_owned()]),
            answers::Commit::Branch(name) => Reply::Text(name.clone()),
        })
    }

    fn told(&self, answers: &Answers) -> String {
        match &answers.commit {
            Some(answers::Commit::No) => "not now".to_owned(),
            Some(answers::Commit::One) => "one commit".to_owned(),
            Some(answers::Commit::Branch(name)) => format!("one commit on {name}"),
            None => String::new(),
        }
    }

    fn example(&self) -> &'static str {
        "commit: no                        # no | one | { branch: NAME }: a commit of what was written; never a push"
    }
}

impl Commit {
    fn list(&self, cx: &Context) -> Ask {
        let asks = Some("Name of the branch".to_owned());
        Ask::Pick {
            label: "Is what was written committed?".to_owned(),
            note: String::new(),
            help: "A commit holds exactly the files of this plan, and says who was added where. \
                   Nothing is pushed."
                .to_owned(),
            options: vec![
                Choice::row(NO, "Not now", "The files are left for you to look at and commit."),
                Choice::row(ONE, "One commit", "On the branch that is checked out."),
                Choice {
                    asks,
                    facts: vec![("suggested", format!("add-{}", cx.username()))],
                    ..Choice::row(BRANCH, "On a new branch", "One commit there.")
                },
            ],
            suggested: Some(Suggestion::new(
                match cx.answers.commit {
                    None | Some(answers::Commit::No) => 0,
                    Some(answers::Commit::One) => 1,
                    Some(answers::Commit::Branch(_)) => 2,
                },
                "",
            )),
        }
    }
}

/// A branch's name, by the rules of `git check-ref-format --branch`.
fn branch(name: String) -> Result<String, Problem> {
    if private::is_in(&name) {
        return Err(Problem::user("That is a private key; it was not kept or shown."));
    }
    let name = one_line(name.trim().to_owned())?;
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || "~^:?*[\\".contains(c);
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && !part.ends_with('.')
            && !part.ends_with(".lock")
    };
    let fine = !name.starts_with('-')
        && name != "HEAD"
        && name != "@"
        && !name.contains("..")
        && !name.contains("@{")
        && !name.chars().any(forbidden)
        && name.split('/').all(part);
    match fine {
        true => Ok(name),
        false => Err(Problem::user(format!(
            "git does not take `{}` as the name of a branch. Letters, digits, - and / are fine.",
            shown(&name)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Subject;
    use super::super::example::Example;
    use super::*;

    fn accept(reply: Reply) -> Result<answers::Commit, String> {
        let example = Example { subject: Subject::Somebody(None), ..Example::raquel() };
        let accepted = Commit.accept(&example.cx(), reply);
        accepted.map(|answers| answers.commit.unwrap()).map_err(|problem| problem.what)
    }

    #[test]
    fn nothing_is_committed_unless_it_is_said() {
        assert_eq!(accept(Reply::Suggested), Ok(answers::Commit::No));
        assert_eq!(accept(Reply::Named(vec!["one".into()])), Ok(answers::Commit::One));
        let branch = answers::Commit::Branch("add/raquel".into());
        assert_eq!(accept(Reply::Text("add/raquel".into())), Ok(branch));
        assert!(accept(Reply::Picked(2)).is_err());
    }

    #[test]
    fn a_branch_that_git_refuses_is_refused() {
        for bad in [
            "-f", "a b", "a..b", "a/", "/a", "a//b", "a.lock", ".a", "a~1", "a^", "a:b", "a?",
            "a*", "a[b", "a\\b", "@", "HEAD", "a@{1}", "a.", "x/.y",
        ] {
            let refusal = accept(Reply::Text(bad.into())).unwrap_err();
            assert!(refusal.starts_with("git does not take"), "{bad}: {refusal}");
        }
        assert!(accept(Reply::Text(String::new())).is_err());
        assert!(accept(Reply::Text("a\nb".into())).is_err());
    }

    #[test]
    fn what_is_chosen_is_given_again() {
        let mut example = Example { subject: Subject::Somebody(None), ..Example::raquel() };
        example.answers.commit = Some(answers::Commit::Branch("b".into()));
        let again = Commit.accept(&example.cx(), Reply::Suggested).unwrap();
        assert_eq!(again.commit, example.answers.commit);
    }
}
