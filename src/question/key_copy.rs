//! Whether the person knows that a new key cannot be made a second time.

use super::{Ask, Context, Question, Reply};
use crate::answers::{self, Answers, KeyChoice};
use crate::problem::Problem;

pub(super) struct KeyCopy;

/// What saying yes means, in the person's own voice, for a box to tick.
pub const PROMISE: &str = "I will keep a second copy of the private key in a safe place.";

impl Question for KeyCopy {
    fn id(&self) -> &'static str {
        "key_copy"
    }

    fn ask(&self, cx: &Context) -> Ask {
        if cx.answers.key != Some(KeyChoice::Generate) {
            return Ask::Skip { because: "Only a new key needs a second copy.".to_owned() };
        }
        let who = cx.machine().and_then(|m| m.admin.as_deref()).unwrap_or("somebody who can");
        Ask::Confirm {
            label: "Nobody can make this key a second time.\n\
                    Please keep a second copy in a safe place."
                .to_owned(),
            help: format!(
                "If it is lost, you cannot open your secrets any more; {who} has to encrypt them \
                 for a new key. At the end you are told which file to copy."
            ),
        }
    }

    fn accept(&self, cx: &Context, reply: Reply) -> Result<Answers, Problem> {
        let needed = cx.answers.key == Some(KeyChoice::Generate);
        let key_copy = match reply {
            Reply::Yes => Some(answers::KeyCopy::Acknowledged),
            _ if !needed => None,
            _ => {
                return Err(Problem::user(
                    "Please say yes: without a second copy a lost key cannot be replaced.",
                ));
            }
        };
        Ok(Answers { key_copy, ..cx.answers.clone() })
    }

    fn given(&self, given: &Answers) -> Option<Reply> {
        given.key_copy.map(|answers::KeyCopy::Acknowledged| Reply::Yes)
    }

    fn told(&self, answers: &Answers) -> String {
        answers.key_copy.map(|_| "a second copy is kept".to_owned()).unwrap_or_default()
    }

    fn missing(&self, _cx: &Context) -> String {
        "is needed because `key` is `generate`".to_owned()
    }

    fn example(&self) -> &'static str {
        "key_copy: acknowledged            # needed with generate: nobody can make that key again"
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::Example;
    use super::*;

    #[test]
    fn only_a_new_key_asks_and_only_yes_answers() {
        let mut example = Example::raquel();
        example.answers.key = Some(KeyChoice::Found);
        assert!(matches!(KeyCopy.ask(&example.cx()), Ask::Skip { .. }));
        assert_eq!(KeyCopy.accept(&example.cx(), Reply::Suggested).unwrap().key_copy, None);
        example.answers.key = Some(KeyChoice::Generate);
        assert!(!KeyCopy.ask(&example.cx()).is_complete());
        assert!(KeyCopy.accept(&example.cx(), Reply::Suggested).is_err());
        assert!(KeyCopy.accept(&example.cx(), Reply::No).is_err());
        assert!(KeyCopy.accept(&example.cx(), Reply::Yes).unwrap().key_copy.is_some());
    }
}
