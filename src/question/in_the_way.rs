//! What happens to a file of the person's own where the new home brings its own version. Front
//! ends with a person ask when it comes to that, with the files named; this is the answer given
//! beforehand.

use super::{Ask, Choice, Context, Question, Reply, Suggestion, choosing};
use crate::activate::InTheWayChoice;
use crate::answers::Answers;
use crate::problem::Problem;

pub(super) struct InTheWay;

const KEEP: &str = "keep";
const STOP: &str = "stop";

impl Question for InTheWay {
    fn id(&self) -> &'static str {
        "in_the_way"
    }

    fn ask(&self, cx: &Context) -> Ask {
        let row = |id: &str, label: &str, detail: &str, told: &str| Choice {
            id: id.to_owned(),
            label: label.to_owned(),
            detail: detail.to_owned(),
            told: told.to_owned(),
            ..Choice::default()
        };
        let kept = cx.answers.in_the_way == Some(InTheWayChoice::Keep);
        Ask::Pick {
            label: "What if a file of yours is in the way?".to_owned(),
            note: String::new(),
            help: "Your new home brings its own version of some files, such as .zshrc. Yours is \
                   never deleted."
                .to_owned(),
            options: vec![
                row(
                    KEEP,
                    "Keep a copy and go on",
                    "Its name ends in .before-doorstep.",
                    "keep copies",
                ),
                row(STOP, "Stop and ask", "Nothing is replaced.", "stop and ask"),
            ],
            suggested: Some(Suggestion::new(if kept { 0 } else { 1 }, "")),
        }
    }

    fn accept(&self, cx: &Context, reply: Reply) -> Result<Answers, Problem> {
        let ask = self.ask(cx);
        let choice = match choosing::one(&ask, &reply, "keep or stop")?.id.as_str() {
            KEEP => InTheWayChoice::Keep,
            _ => InTheWayChoice::Stop,
        };
        Ok(Answers { in_the_way: Some(choice), ..cx.answers.clone() })
    }

    fn given(&self, given: &Answers) -> Option<Reply> {
        let name = match given.in_the_way? {
            InTheWayChoice::Keep => KEEP,
            InTheWayChoice::Stop => STOP,
        };
        Some(Reply::Named(vec![name.to_owned()]))
    }

    fn told(&self, answers: &Answers) -> String {
        match answers.in_the_way {
            Some(InTheWayChoice::Keep) => "keep copies".to_owned(),
            Some(InTheWayChoice::Stop) => "stop and ask".to_owned(),
            None => String::new(),
        }
    }

    fn example(&self) -> &'static str {
        "in_the_way: keep                  # keep | stop (stop is the default)"
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::Example;
    use super::*;

    #[test]
    fn stop_unless_told_otherwise() {
        let example = Example::raquel();
        let accept = |reply| InTheWay.accept(&example.cx(), reply).unwrap().in_the_way;
        assert_eq!(accept(Reply::Suggested), Some(InTheWayChoice::Stop));
        assert_eq!(accept(Reply::Named(vec!["keep".into()])), Some(InTheWayChoice::Keep));
    }
}
