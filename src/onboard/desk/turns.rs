//! Several people in one run: each is planned on top of those before, nothing is written until all
//! plans are made, and one receipt holds all of them.

mod apart;

use super::deploy;
use super::{Desk, Onboard};
use crate::answers::file::Given;
use crate::answers::{Person, Settled};
use crate::apply::Attend;
use crate::front::{Finish, Work as _};
use crate::plan::Plan;
use crate::problem::{Kind, Problem};
use crate::question::Subject;

use apart::{Taken, apart};

/// What is planned for one of several people.
#[derive(Debug)]
pub struct Turn {
    pub settled: Settled,
    pub plan: Plan,
    onboard: Onboard,
    person: Person,
}

impl Desk<'_> {
    /// Plans for everybody, each on top of those before; touches nothing. A desk with one person's
    /// answers has one turn.
    ///
    /// # Errors
    /// What is missing or wrong in the answers, of all people at once; what two of them cannot both
    /// have; a step that cannot be planned.
    pub fn turns(&mut self, given: &[Given]) -> Result<Vec<Turn>, Problem> {
        let host = self.onboard.host.clone();
        apart(given, &host)?;
        let (everybody, people) = (given, given.len());
        self.onboard.machines.before.clear();
        let mut turns: Vec<Turn> = Vec::new();
        let mut refused: Vec<(&Given, Problem)> = Vec::new();
        // With what was suggested, such as a number.
        let mut taken = Taken::new(&host);
        for (place, given) in given.iter().enumerate() {
            if let Some(before) = turns.last() {
                self.onboard.fleet = before.onboard.fleet.after(&before.plan);
            }
            self.onboard.machines.waits = place + 1 < people;
            // The desk was opened for the first.
            if place > 0 {
                let host = &self.onboard.host;
                let subject = Subject::of(host, &given.answers, self.as_user.as_deref());
                self.look(&subject)?;
            }
            taken.is_free(given, &given.answers)?;
            let settled = match self.settle(given) {
                Ok(settled) => settled,
                Err(problem) => {
                    refused.push((given, problem));
                    continue;
                }
            };
            // Whoever is refused says so before anything that rests on them is looked at.
            if refused.is_empty() {
                taken.take(given, &settled.answers)?;
                let turn = self.turn(settled);
                let mut turn = turn.map_err(|why| of_one(why, everybody, place))?;
                let before: Vec<&Given> = everybody[..place].iter().collect();
                turn.plan.remarks.extend(apart::alike(&before, given));
                self.onboard.machines.before.extend(deploy::wanted(&turn.person));
                turns.push(turn);
            }
        }
        match refused.len() {
            0 => {}
            1 if people == 1 => return Err(refused.remove(0).1.of_kind(Kind::Answers)),
            _ => return Err(all_of(&refused)),
        }
        let mut settled = turns.iter().map(|turn| turn.settled.answers.clone());
        self.answers = settled.next().unwrap_or_default();
        self.more = settled.collect();
        Ok(turns)
    }

    /// Carries one turn out. `is_followed`: another one comes after it.
    pub fn take(&mut self, turn: Turn, is_followed: bool, attend: &mut dyn Attend) -> Finish {
        let Turn { plan, onboard, person, .. } = turn;
        self.renew(onboard);
        self.person = Some(person);
        self.is_followed = is_followed;
        let finish = self.apply(&plan, attend);
        self.receipt = self.receipt.take().or_else(|| finish.receipt.clone());
        finish
    }

    fn turn(&mut self, settled: Settled) -> Result<Turn, Problem> {
        let plan = self.plan(&settled)?;
        let person = self.person.take();
        let person = person.ok_or_else(|| Problem::bug("nobody was planned for"))?;
        Ok(Turn { settled, plan, onboard: self.onboard.clone(), person })
    }
}

/// What cannot be planned for one of several people, and for whom: lines of files count what is
/// planned before.
fn of_one(why: Problem, everybody: &[Given], place: usize) -> Problem {
    if everybody.len() == 1 {
        return why;
    }
    let who = apart::place(&everybody[place], "username");
    let before = everybody[..place].iter().filter_map(|given| given.answers.username.as_deref());
    match before.collect::<Vec<_>>().as_slice() {
        [] => why.cause(format!("this is for {who}")),
        before => why.cause(format!(
            "this is for {who}; lines of files are as they are after {}",
            before.join(", ")
        )),
    }
}

/// The refusals of several people as one.
fn all_of(refused: &[(&Given, Problem)]) -> Problem {
    let file = refused.iter().find_map(|(given, _)| given.file.as_ref());
    let place_of_all = file.map(|file| format!(" in `{file}`")).unwrap_or_default();
    let whose = match refused {
        [(one, _)] => one.answers.username.clone().unwrap_or_else(|| "one person".to_owned()),
        many => format!("{} people", many.len()),
    };
    let mut problem = Problem::user(format!("the answers of {whose}{place_of_all} cannot be used"))
        .of_kind(Kind::Answers);
    for (given, why) in refused {
        let who = given.answers.username.as_deref().unwrap_or("somebody without a name");
        let mut causes = why.causes.join("; ");
        if causes.is_empty() {
            causes.clone_from(&why.what);
        }
        problem = problem.cause(format!("{who}: {causes}"));
    }
    problem
}

#[cfg(test)]
mod tests;
