//! Whether the machines are updated at the end.

use super::{Ask, Choice, Context, Question, Reply, Suggestion, choosing};
use crate::answers::{self, Answers, Mode};
use crate::problem::Problem;

pub(super) struct Deploy;

const LATER: &str = "later";
const NOW: &str = "now";

impl Question for Deploy {
    fn id(&self) -> &'static str {
        "deploy"
    }

    fn ask(&self, cx: &Context) -> Ask {
        if cx.subject.is_oneself() {
            let because = "A machine is updated by whoever looks after it.";
            return Ask::Skip { because: because.to_owned() };
        }
        if cx.answers.hosts.as_ref().is_none_or(Vec::is_empty)
            || cx.answers.mode == Some(Mode::Standalone)
        {
            return Ask::Skip { because: "No machine has to be updated.".to_owned() };
        }
        Ask::Pick {
            label: "Are the machines updated at the end?".to_owned(),
            note: String::new(),
            help: "A home becomes active when its machine is next updated. That can be the last \
                   step here, one machine after the other, or be left for later."
                .to_owned(),
            options: vec![
                Choice::row(LATER, "Not now", "The commands are told at the end."),
                Choice::row(
                    NOW,
                    "At the end",
                    "One machine after the other; each is asked for what it needs.",
                ),
            ],
            suggested: Some(Suggestion::new(
                usize::from(cx.answers.deploy == Some(answers::Deploy::Now)),
                "",
            )),
        }
    }

    fn accept(&self, cx: &Context, reply: Reply) -> Result<Answers, Problem> {
        let ask = self.ask(cx);
        let deploy = match (&ask, &reply) {
            (Ask::Skip { .. }, Reply::Suggested) => answers::Deploy::Later,
            // Given where it changes nothing, it is kept as it is.
            (Ask::Skip { .. }, Reply::Named(ids)) if ids == &[LATER] => answers::Deploy::Later,
            (Ask::Skip { because }, _) => return Err(Problem::user(because.clone())),
            _ => match choosing::one(&ask, &reply, "later or now")?.id.as_str() {
                NOW => answers::Deploy::Now,
                _ => answers::Deploy::Later,
            },
        };
        Ok(Answers { deploy: Some(deploy), ..cx.answers.clone() })
    }

    fn given(&self, given: &Answers) -> Option<Reply> {
        let id = match given.deploy? {
            answers::Deploy::Later => LATER,
            answers::Deploy::Now => NOW,
        };
        Some(Reply::Named(vec![id.to_owned()]))
    }

    fn told(&self, answers: &Answers) -> String {
        match answers.deploy {
            Some(answers::Deploy::Later) => "not now".to_owned(),
            Some(answers::Deploy::Now) => "at the end".to_owned(),
            None => String::new(),
        }
    }

    fn example(&self) -> &'static str {
        "deploy: later                     # later | now: whether the machines of somebody else are updated at the end"
    }
}

#[cfg(test)]
mod tests {
    use super::super::Subject;
    use super::super::example::Example;
    use super::*;

    fn for_somebody() -> Example {
        let mut example =
            Example { subject: Subject::Somebody(Some("zoe".into())), ..Example::raquel() };
        example.answers.mode = Some(Mode::Integrated);
        example.answers.hosts = Some(vec!["blackphos".into()]);
        example
    }

    #[test]
    fn machines_are_updated_only_when_it_is_said() {
        let example = for_somebody();
        let accept = |reply| Deploy.accept(&example.cx(), reply).unwrap().deploy;
        assert_eq!(accept(Reply::Suggested), Some(answers::Deploy::Later));
        assert_eq!(accept(Reply::Named(vec!["now".into()])), Some(answers::Deploy::Now));
    }

    #[test]
    fn ones_own_machines_are_updated_by_their_administrator() {
        let now = Reply::Named(vec!["now".into()]);
        let refusal = Deploy.accept(&Example::raquel().cx(), now).unwrap_err();
        assert_eq!(refusal.what, "A machine is updated by whoever looks after it.");
    }
}
