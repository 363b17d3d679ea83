//! The whole journey in plain questions: for screen readers, for `--plain`, and where there is
//! no screen to draw on.
//!
//! One thing is said at a time, the most important word first. It decides nothing: questions
//! check, [`Work`] plans and applies, and what is said while it applies is folded from events.

mod accounts;
mod applying;
mod asking;
mod done;
mod explaining;
mod hidden;
mod lines;
mod menus;
mod opening;
mod review;
mod secrets;
mod stations;
mod talk;
mod watch;
mod whereabouts;
mod wording;
mod wrong;

use std::io::IsTerminal as _;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::interview::{Interview, Scene};
use super::{End, Finish, Work};
use crate::activate::InTheWay;
use crate::answers::Settled;
use crate::fleet::Fleet;
use crate::host::Host;
use crate::look::Looked;
use crate::plan::Plan;
use crate::problem::Problem;
use crate::question::Subject;

pub use lines::Lines;
pub use menus::Menus;
pub use opening::Door;
pub use talk::{Ended, Menu, Pointed, Talk};
pub use whereabouts::{Whereabouts, whereabouts};
pub(crate) use wording::{capital, what_it_is};
pub(crate) use wrong::{Errand, Wrong};

use stations::{Answering, Flow};

/// What the prompts need to know; they look nothing up themselves.
pub struct Journey<'a> {
    pub host: &'a Host,
    pub fleet: &'a Fleet,
    pub practice: bool,
    /// The name under which the person at the keyboard acts, when it is not the account's.
    pub as_user: Option<&'a str>,
    /// What can be chosen at the start; with one there is no choice.
    pub doors: &'a [Door],
    /// What is so and worth knowing before the first question, such as changes that are not
    /// committed.
    pub notices: &'a [String],
    /// Set from outside when the person asks to stop.
    pub stop: &'a AtomicBool,
    /// Time since any fixed moment.
    pub clock: &'a (dyn Fn() -> Duration + Sync),
    /// A few lines about a file in the way and the one that comes.
    pub difference: &'a dyn Fn(&Plan, &InTheWay) -> Vec<String>,
    /// Looks at a failure: at its log, and at this machine.
    pub explain: &'a dyn Fn(String) -> Option<Looked>,
}

/// The conversation on this process's terminal: cursor menus where both ends are one and
/// `accessible` (`ACCESSIBLE=1`) does not ask for lines, else line by line.
pub fn on_terminal(accessible: bool) -> Box<dyn Talk> {
    let (input, out) = (std::io::stdin(), std::io::stdout());
    let has_cursor = input.is_terminal() && out.is_terminal();
    let lines = Lines::on_terminal(input.lock(), out);
    if has_cursor && !accessible { Box::new(Menus::new(lines)) } else { Box::new(lines) }
}

/// A few questions line by line on standard error, for a command whose standard output is its
/// result and may lead into a pipe.
pub fn beside_output() -> Box<dyn Talk> {
    Box::new(Lines::on_terminal(std::io::stdin().lock(), std::io::stderr()))
}

/// What is asked for without being shown, on standard error, also while a conversation holds
/// standard input.
pub fn hidden_beside_output() -> Box<dyn Talk> {
    Box::new(Lines::on_terminal(std::io::empty(), std::io::stderr()))
}

/// How the conversation ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Finished(Box<Finish>),
    /// Everything was so already.
    NothingToDo,
    /// A door that leads elsewhere.
    Elsewhere(Door),
    Quit,
}

/// How far the conversation came over one reading of the fleet.
enum Turn {
    Ended(Outcome),
    /// It is another one now, and the same answers are for it.
    Changed(Box<Fleet>),
}

/// Where to go from a plan that cannot be made.
enum Refused {
    Changed(Box<Fleet>),
    Back,
    Quit,
}

/// Where to go from the review.
enum Decision {
    Apply,
    Back,
    Quit,
}

impl Journey<'_> {
    /// The conversation from its first words to its last.
    pub fn run(&self, talk: &mut dyn Talk, work: &mut dyn Work) -> Result<Outcome, Problem> {
        self.greet(talk);
        let door = match self.door(talk) {
            Ok(door) => door,
            Err(ended) => return self.ended(talk, ended, None),
        };
        let subject = match (door, self.as_user) {
            (Door::SomethingIsWrong | Door::Practice, _) => return Ok(Outcome::Elsewhere(door)),
            (Door::AddSomebody, _) => Subject::Somebody(None),
            (Door::SetUp, Some(name)) => Subject::As(name.to_owned()),
            (Door::SetUp, None) => Subject::Account,
        };
        let found = work.look(&subject)?;
        let interview =
            Interview::new(&Scene { host: self.host, fleet: self.fleet }, subject, found);
        let mut answering = Answering::new(self, self.fleet, interview);
        let questions = wording::count(answering.stations.len(), "question", "questions");
        talk.say(&format!(
            "{}. {questions}, then a review. Nothing is changed before you type apply.\n",
            door.label()
        ));
        let mut fleet;
        loop {
            let now = match self.converse(talk, work, &mut answering) {
                Ok(Turn::Ended(Outcome::Quit)) => {
                    return self.ended(talk, Ended::Quit, Some(&answering));
                }
                Ok(Turn::Ended(outcome)) => return Ok(outcome),
                Ok(Turn::Changed(now)) => now,
                Err(ended) => return self.ended(talk, ended, Some(&answering)),
            };
            let interview = answering.interview;
            fleet = *now;
            answering = Answering::going_on(self, &fleet, interview, work)?;
        }
    }

    fn converse(
        &self,
        talk: &mut dyn Talk,
        work: &mut dyn Work,
        answering: &mut Answering,
    ) -> Result<Turn, Ended> {
        loop {
            let settled = match answering.ask(talk, work)? {
                Flow::Settled(settled) => settled,
                Flow::Quit => return Ok(Turn::Ended(Outcome::Quit)),
            };
            let plan = match work.plan(&settled) {
                Ok(plan) if plan.is_empty() => {
                    talk.say("Everything is already so. Nothing to apply.");
                    return Ok(Turn::Ended(Outcome::NothingToDo));
                }
                Ok(plan) => plan,
                Err(problem) => {
                    watch::problem(&problem).iter().for_each(|line| talk.say(line));
                    match self.refused(talk, work)? {
                        Refused::Changed(now) => return Ok(Turn::Changed(now)),
                        Refused::Back => answering.step_back(),
                        Refused::Quit if answering.leaves(talk, work)? => {
                            return Ok(Turn::Ended(Outcome::Quit));
                        }
                        Refused::Quit => answering.stay_at_end(),
                    }
                    continue;
                }
            };
            match self.review(talk, work, &plan, &settled)? {
                Decision::Apply => {
                    return self.carry_out(talk, work, &plan, &settled).map(Turn::Ended);
                }
                Decision::Back => answering.step_back(),
                Decision::Quit if answering.leaves(talk, work)? => {
                    return Ok(Turn::Ended(Outcome::Quit));
                }
                Decision::Quit => answering.stay_at_end(),
            }
        }
    }

    /// No plan can be made: what is in the way is put right in the fleet or among the answers.
    fn refused(&self, talk: &mut dyn Talk, work: &mut dyn Work) -> Result<Refused, Ended> {
        talk.say(
            "Nothing has been changed. Type again once you have changed the fleet, back to change \
             an answer, or quit.",
        );
        let help = "The plan is made again after a change. Lines to paste go into the file that \
                    was named; then type again, and the fleet is read once more.";
        loop {
            match asking::typed(talk, help)? {
                asking::Typed::Quit => return Ok(Refused::Quit),
                asking::Typed::Back => return Ok(Refused::Back),
                asking::Typed::Text(word) if word == "again" => match work.read_again() {
                    Ok(Some(now)) => return Ok(Refused::Changed(Box::new(now))),
                    Ok(None) => talk.say("Nothing in the fleet has changed since."),
                    Err(problem) => asking::refuse(talk, &problem, ""),
                },
                _ => talk.say("Type again, back or quit."),
            }
        }
    }

    fn carry_out(
        &self,
        talk: &mut dyn Talk,
        work: &mut dyn Work,
        plan: &Plan,
        settled: &Settled,
    ) -> Result<Outcome, Ended> {
        let (finish, log) = self.apply(talk, work, plan);
        if finish.end == End::Failed {
            self.why(talk, &finish, log);
        }
        self.finish(talk, work, &finish, settled.username());
        Ok(Outcome::Finished(Box::new(finish)))
    }

    /// The person at the keyboard.
    fn person(&self) -> &str {
        self.as_user.unwrap_or(&self.host.account.name)
    }

    /// `Practice. ` where it is.
    fn mark(&self) -> &'static str {
        if self.practice { "Practice. " } else { "" }
    }

    /// Leaving before anything is applied, for whatever reason.
    fn ended(
        &self,
        talk: &mut dyn Talk,
        ended: Ended,
        answering: Option<&Answering>,
    ) -> Result<Outcome, Problem> {
        match ended {
            Ended::Quit => {
                talk.say("Nothing has been changed.");
                Ok(Outcome::Quit)
            }
            Ended::Failed(problem) => Err(problem),
            Ended::NoInput => Err(no_input(answering)),
        }
    }
}

/// Nothing can be read: what is missing is told, so that a file can bring it.
fn no_input(answering: Option<&Answering>) -> Problem {
    let problem = Problem::user("the questions cannot be asked: there is no more input");
    let missing = answering.map(Answering::settle);
    match missing {
        Some(Err(missing)) => Problem { kind: missing.kind, what: problem.what, ..missing },
        _ => problem.hint(
            "give the answers with `--answers FILE`; `doorstep answers` prints an example of \
             every key",
        ),
    }
}

#[cfg(test)]
mod tests;
