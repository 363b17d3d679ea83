//! What becomes of the other machines when one cannot be updated.

use super::{Ask, Choice, Context, Question, Reply, Suggestion, choosing};
use crate::answers::{self, Answers, Deploy};
use crate::problem::Problem;

pub(super) struct IfFailed;

const STOP: &str = "stop";
const GO_ON: &str = "go_on";

impl Question for IfFailed {
    fn id(&self) -> &'static str {
        "if_failed"
    }

    fn ask(&self, cx: &Context) -> Ask {
        let several = cx.answers.hosts.as_ref().is_some_and(|hosts| hosts.len() > 1);
        if cx.answers.deploy != Some(Deploy::Now) || !several {
            return Ask::Skip { because: "No two machines are updated.".to_owned() };
        }
        self.list(cx)
    }

    fn accept(&self, cx: &Context, reply: Reply) -> Result<Answers, Problem> {
        let choice = match choosing::one(&self.list(cx), &reply, "stop or go_on")?.id.as_str() {
            GO_ON => answers::IfFailed::GoOn,
            _ => answers::IfFailed::Stop,
        };
        Ok(Answers { if_failed: Some(choice), ..cx.answers.clone() })
    }

    fn given(&self, given: &Answers) -> Option<Reply> {
        let id = match given.if_failed? {
            answers::IfFailed::Stop => STOP,
            answers::IfFailed::GoOn => GO_ON,
        };
        Some(Reply::Named(vec![id.to_owned()]))
    }

    fn told(&self, answers: &Answers) -> String {
        match answers.if_failed {
            Some(answers::IfFailed::Stop) => "stop".to_owned(),
            Some(answers::IfFailed::GoOn) => "go on".to_owned(),
            None => String::new(),
        }
    }

    fn example(&self) -> &'static str {
        "if_failed: stop                   # stop | go_on: the other machines, when one cannot be updated"
    }
}

impl IfFailed {
    fn list(&self, cx: &Context) -> Ask {
        Ask::Pick {
            label: "What if one machine fails?".to_owned(),
            note: String::new(),
            help: "Machines are updated one after the other. What was done before stays done."
                .to_owned(),
            options: vec![
                Choice::row(STOP, "Stop", "The machines after it are left as they are."),
                Choice::row(GO_ON, "Go on", "The machines after it are updated all the same."),
            ],
            suggested: Some(Suggestion::new(
                usize::from(cx.answers.if_failed == Some(answers::IfFailed::GoOn)),
                "",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::Example;
    use super::*;

    #[test]
    fn it_is_asked_where_two_machines_are_updated() {
        let mut example = Example::raquel();
        assert!(matches!(IfFailed.ask(&example.cx()), Ask::Skip { .. }));
        example.answers.deploy = Some(Deploy::Now);
        example.answers.hosts = Some(vec!["blackphos".into(), "stibnite".into()]);
        assert!(matches!(IfFailed.ask(&example.cx()), Ask::Pick { .. }));
        let accept = |reply| IfFailed.accept(&example.cx(), reply).unwrap().if_failed;
        assert_eq!(accept(Reply::Suggested), Some(answers::IfFailed::Stop));
        assert_eq!(accept(Reply::Named(vec!["go_on".into()])), Some(answers::IfFailed::GoOn));
    }
}
