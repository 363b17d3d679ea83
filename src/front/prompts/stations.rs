//! The questions in their order: forward, back, and the rest by suggestion.

use std::collections::BTreeSet;

use super::asking::{self, Came};
use super::talk::{Ended, Talk};
use super::{Journey, Work, wording};
use crate::answers::file::{self, Given};
use crate::answers::{Answers, Settled, settle};
use crate::problem::Problem;
use crate::question::{Ask, Context, Found, QUESTIONS, Question, Reply, Subject, question};

/// Questions that are heard under one number. What to do about files in the way is asked when
/// there are some.
const STATIONS: &[&[&str]] = &[
    &["username"],
    &["name"],
    &["email"],
    &["ssh_keys"],
    &["mode", "hosts"],
    &["aggregates"],
    &["key", "key_copy"],
    &["secrets"],
    &["readers"],
];

/// What comes out of the questions.
pub(super) enum Flow {
    Settled(Box<Settled>),
    Quit,
}

/// One person's answers while they are given.
pub(super) struct Answering<'a> {
    journey: &'a Journey<'a>,
    subject: Subject,
    found: Found,
    pub(super) answers: Answers,
    /// Ids of questions that the person answered.
    touched: BTreeSet<&'static str>,
    /// Those that are asked; fixed at the start, so that their numbers hold.
    pub(super) stations: Vec<&'static [&'static str]>,
    at: usize,
    /// Suggestions are taken wherever they are complete.
    rest: bool,
}

/// What came of one number.
enum Station {
    Next,
    Again,
    Back,
    Rest,
    Quit,
}

impl<'a> Answering<'a> {
    pub(super) fn new(journey: &'a Journey<'a>, subject: Subject, found: Found) -> Self {
        let mut answering = Self {
            journey,
            subject,
            found,
            answers: Answers::default(),
            touched: BTreeSet::new(),
            stations: Vec::new(),
            at: 0,
            rest: false,
        };
        let asked = |ids: &&&[&'static str]| {
            let cx = answering.cx(&answering.answers);
            questions(ids).any(|q| !matches!(q.ask(&cx), Ask::Skip { .. }))
        };
        answering.stations = STATIONS.iter().filter(asked).copied().collect();
        answering
    }

    fn cx<'b>(&'b self, answers: &'b Answers) -> Context<'b> {
        Context {
            host: self.journey.host,
            fleet: self.journey.fleet,
            answers,
            found: &self.found,
            subject: &self.subject,
        }
    }

    pub(super) fn settle(&self, given: &Given) -> Result<Settled, Problem> {
        settle(&self.cx(&self.answers), given)
    }

    /// Asks from where we are to the end.
    pub(super) fn ask(&mut self, talk: &mut dyn Talk, work: &mut dyn Work) -> Result<Flow, Ended> {
        while let Some(station) = self.stations.get(self.at).copied() {
            match self.station(talk, work, station)? {
                Station::Next => self.at += 1,
                Station::Again => {}
                Station::Rest => self.rest = true,
                Station::Back if self.at == 0 => talk.say("This is the first question."),
                Station::Back => self.step_back(),
                Station::Quit if self.leaves(talk, work)? => return Ok(Flow::Quit),
                Station::Quit => {}
            }
        }
        self.rebuild();
        let mut settled = self.settle(&Given::new(self.answers.clone())).map_err(Ended::Failed)?;
        settled.suggested = self.taken();
        Ok(Flow::Settled(Box::new(settled)))
    }

    /// To the question before; what was suggested there is asked again.
    pub(super) fn step_back(&mut self) {
        self.rest = false;
        self.at = self.at.saturating_sub(1);
    }

    pub(super) fn stay_at_end(&mut self) {
        self.at = self.stations.len();
    }

    fn station(
        &mut self,
        talk: &mut dyn Talk,
        work: &mut dyn Work,
        station: &'static [&'static str],
    ) -> Result<Station, Ended> {
        self.rebuild();
        let mut answers = self.answers.clone();
        let mut opening = self.opening();
        let mut told = String::new();
        let mut asked = false;
        for question in questions(station) {
            let cx = self.cx(&answers);
            let ask = question.ask(&cx);
            let skipped = matches!(ask, Ask::Skip { .. });
            if skipped || (self.rest && ask.is_complete()) {
                answers = question.accept(&cx, Reply::Suggested).map_err(Ended::Failed)?;
                let words = question.told(&answers);
                // A question that follows is about what was taken here.
                if !skipped && !words.is_empty() && self.follows(station, question.id(), &answers) {
                    opening.push_str(&format!("{}. ", wording::capital(&words)));
                }
                continue;
            }
            // A promise is not asked for twice.
            if self.rest && self.touched.contains(question.id()) && given(question, &answers) {
                continue;
            }
            match asking::put(talk, &cx, question, &opening)? {
                Came::Answer(after, words) => {
                    opening = if words.is_empty() { words.clone() } else { format!("{words} ") };
                    told = words;
                    answers = after;
                }
                Came::Back(changed) => {
                    if let Some(changed) = changed {
                        self.answers = changed;
                        self.touched.insert(question.id());
                    }
                    return Ok(if asked { Station::Again } else { Station::Back });
                }
                Came::Rest => return Ok(Station::Rest),
                Came::Quit => return Ok(Station::Quit),
            }
            asked = true;
            // Heard as the start of what follows; said alone when nothing does.
            if self.follows(station, question.id(), &answers) {
                told.clear();
            }
        }
        if !told.is_empty() {
            talk.say(&told);
        }
        self.answers = answers;
        if asked {
            self.touched.extend(station);
            self.look_again(work, station)?;
        }
        Ok(Station::Next)
    }

    /// `Practice. Question 3 of 7. `
    fn opening(&self) -> String {
        let mark = self.journey.mark();
        format!("{mark}Question {} of {}. ", self.at + 1, self.stations.len())
    }

    /// Whether a later question of the station is still to be heard.
    fn follows(&self, station: &[&'static str], id: &str, answers: &Answers) -> bool {
        let cx = self.cx(answers);
        let heard = |question: &dyn Question| match question.ask(&cx) {
            Ask::Skip { .. } => false,
            ask => !self.rest || !ask.is_complete(),
        };
        questions(station).skip_while(|q| q.id() != id).skip(1).any(heard)
    }

    /// Somebody else's name decides what there is to find.
    fn look_again(&mut self, work: &mut dyn Work, station: &[&str]) -> Result<(), Ended> {
        let name = self.answers.username.clone().filter(|_| !self.subject.is_oneself());
        if let (Some(name), ["username"]) = (name, station) {
            self.found = work.look(&Subject::Somebody(Some(name))).map_err(Ended::Failed)?;
        }
        Ok(())
    }

    /// Makes the answers again from what the person chose: a suggestion that was taken follows
    /// the answers before it, and a choice that no longer fits is asked for again.
    fn rebuild(&mut self) {
        let passed: BTreeSet<&str> =
            self.stations.iter().take(self.at).flat_map(|ids| ids.iter().copied()).collect();
        let before = std::mem::take(&mut self.answers);
        let mut answers = Answers::default();
        for question in QUESTIONS {
            let id = question.id();
            let cx = self.cx(&answers);
            let ask = question.ask(&cx);
            let given = question.given(&before).filter(|_| self.touched.contains(id));
            let unasked = matches!(ask, Ask::Skip { .. });
            let reply = match given {
                Some(reply) => reply,
                None if unasked || (passed.contains(id) && ask.is_complete()) => Reply::Suggested,
                None => continue,
            };
            match question.accept(&cx, reply) {
                Ok(after) => answers = after,
                Err(_) => {
                    self.touched.remove(id);
                }
            }
        }
        self.answers = answers;
    }

    /// What was taken without being heard.
    fn taken(&self) -> Vec<&'static str> {
        let ids = self.stations.iter().flat_map(|ids| ids.iter().copied());
        ids.filter(|id| !self.touched.contains(id)).collect()
    }

    /// Asks before answers are lost. Whether the person leaves.
    pub(super) fn leaves(&self, talk: &mut dyn Talk, work: &mut dyn Work) -> Result<bool, Ended> {
        let given = QUESTIONS
            .iter()
            .filter(|q| self.touched.contains(q.id()) && !q.told(&self.answers).is_empty())
            .count();
        if given == 0 {
            return Ok(true);
        }
        talk.say(&format!("Leave? {}", asking::unsaved(given)));
        let rows = ["Keep going.", "Save the answers, then leave.", "Leave."].map(str::to_owned);
        asking::speak(talk, &rows);
        talk.say("Type a number. Suggested: 1");
        loop {
            match talk.ask()?.as_str() {
                "" | "1" | "back" => return Ok(false),
                "2" => {
                    let name = self.answers.username.as_deref().unwrap_or("home");
                    let text = file::write(&self.answers);
                    match work.save(&format!("answers-{name}.yaml"), &text) {
                        Ok(path) => {
                            let place = wording::place(self.journey.host, &path);
                            talk.say(&format!("Saved as {place}. Secret values are not in it."));
                            return Ok(true);
                        }
                        Err(problem) => asking::refuse(talk, &problem, "Type 1, 2 or 3."),
                    }
                }
                "3" | "quit" => return Ok(true),
                _ => talk.say("Type 1, 2 or 3."),
            }
        }
    }
}

fn given(question: &dyn Question, answers: &Answers) -> bool {
    question.given(answers).is_some()
}

fn questions(ids: &[&'static str]) -> impl Iterator<Item = &'static dyn Question> {
    ids.iter().filter_map(|id| question(id))
}
