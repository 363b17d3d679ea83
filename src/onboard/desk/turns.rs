//! Several people in one run: each is planned on top of those before, nothing is written until all
//! plans are made, and one receipt holds all of them.

use std::collections::BTreeMap;

use super::deploy;
use super::{Desk, Onboard};
use crate::answers::file::Given;
use crate::answers::{Answers, KeyChoice, Person, Settled};
use crate::apply::Attend;
use crate::front::{Finish, Work as _};
use crate::plan::Plan;
use crate::problem::{Kind, Problem};
use crate::question::Subject;

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
        apart(given)?;
        let people = given.len();
        self.onboard.machines.before.clear();
        let mut turns: Vec<Turn> = Vec::new();
        let mut refused: Vec<(&Given, Problem)> = Vec::new();
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
            let settled = match self.settle(given) {
                Ok(settled) => settled,
                Err(problem) => {
                    refused.push((given, problem));
                    continue;
                }
            };
            // Whoever is refused says so before anything that rests on them is looked at.
            if refused.is_empty() {
                let turn = self.turn(settled)?;
                self.onboard.machines.before.extend(deploy::wanted(&turn.person));
                turns.push(turn);
            }
        }
        match refused.len() {
            0 => {}
            1 => return Err(refused.remove(0).1.of_kind(Kind::Answers)),
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

/// Whether no two people want what only one can have, before anything is looked at for them.
fn apart(given: &[Given]) -> Result<(), Problem> {
    let mut taken: BTreeMap<String, &Given> = BTreeMap::new();
    for given in given {
        for (what, id) in owned(&given.answers) {
            let Some(first) = taken.insert(what.clone(), given) else { continue };
            let of = |given: &Given| place(given, id);
            let people = format!("{} and {}", of(first), of(given));
            return Err(Problem::user(format!("two people have {what}"))
                .of_kind(Kind::Answers)
                .cause(people)
                .hint("give each of them their own"));
        }
    }
    Ok(())
}

/// What belongs to one person alone, in words that follow "have", with the question's id.
fn owned(answers: &Answers) -> Vec<(String, &'static str)> {
    let mut owned = Vec::new();
    if let Some(name) = &answers.username {
        owned.push((format!("the user name `{name}`"), "username"));
    }
    if let Some(KeyChoice::Public(recipient)) = &answers.key {
        owned.push((format!("the public key `{}`", recipient.trim()), "key"));
    }
    for (host, account) in answers.accounts.iter().flatten() {
        if let Some(uid) = account.uid {
            owned.push((format!("uid {uid} on `{host}`"), "accounts"));
        }
    }
    owned
}

/// Whose answer it is and where it stands.
fn place(given: &Given, id: &str) -> String {
    let who = given.answers.username.as_deref().unwrap_or("somebody without a name");
    match (given.lines.get(id), &given.file) {
        (Some(line), Some(file)) => format!("{who} (line {line} of `{file}`)"),
        _ => who.to_owned(),
    }
}

/// The refusals of several people as one.
fn all_of(refused: &[(&Given, Problem)]) -> Problem {
    let file = refused.iter().find_map(|(given, _)| given.file.as_ref());
    let place_of_all = file.map(|file| format!(" in `{file}`")).unwrap_or_default();
    let mut problem = Problem::user(format!(
        "the answers of {} people{place_of_all} cannot be used",
        refused.len()
    ))
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
