//! The questions in their order: forward, back, and the rest by suggestion.

use super::asking::{self, Came};
use super::talk::{Ended, Talk};
use super::{Journey, Work, wording};
use crate::answers::{Settled, file};
use crate::fleet::Fleet;
use crate::front::interview::{Interview, Scene};
use crate::problem::Problem;
use crate::question::{Ask, Question, Subject, question};

/// Questions that are heard under one number. What to do about files in the way is asked when
/// there are some.
const STATIONS: &[&[&str]] = &[
    &["username"],
    &["name"],
    &["email"],
    &["ssh_keys"],
    &["mode", "hosts", "accounts"],
    &["aggregates"],
    &["key", "key_copy"],
    &["secrets"],
    &["readers"],
    &["shared"],
    &crate::question::AFTERWARDS,
];

/// What comes out of the questions.
pub(super) enum Flow {
    Settled(Box<Settled>),
    Quit,
}

/// One person's answers while they are given.
pub(super) struct Answering<'a> {
    journey: &'a Journey<'a>,
    fleet: &'a Fleet,
    pub(super) interview: Interview,
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
    pub(super) fn new(journey: &'a Journey<'a>, fleet: &'a Fleet, interview: Interview) -> Self {
        let scene = Scene { host: journey.host, fleet };
        let asked = |ids: &&&[&'static str]| {
            ids.iter().any(|id| !matches!(interview.ask(&scene, id), Some(Ask::Skip { .. }) | None))
        };
        let stations = STATIONS.iter().filter(asked).copied().collect();
        Self { journey, fleet, interview, stations, at: 0, rest: false }
    }

    /// The same answers over a fleet that was read again: at their end, or from the first question
    /// where they do not fit any more.
    ///
    /// # Errors
    /// What the questions need to know cannot be looked up.
    pub(super) fn going_on(
        journey: &'a Journey<'a>,
        fleet: &'a Fleet,
        mut interview: Interview,
        work: &mut dyn Work,
    ) -> Result<Self, Problem> {
        let name = interview.answers.username.clone();
        let subject = match &interview.subject {
            Subject::Somebody(_) => Subject::Somebody(name),
            subject => subject.clone(),
        };
        let found = work.look(&subject)?;
        interview.renew(&Scene { host: journey.host, fleet }, found);
        let mut answering = Self::new(journey, fleet, interview);
        if answering.settle().is_ok() {
            answering.stay_at_end();
        }
        Ok(answering)
    }

    fn scene(&self) -> Scene<'a> {
        Scene { host: self.journey.host, fleet: self.fleet }
    }

    /// Every answer, checked; what was taken without being heard is told with them.
    pub(super) fn settle(&self) -> Result<Settled, Problem> {
        let mut settled = self.interview.settle(&self.scene())?;
        settled.suggested = self.taken();
        Ok(settled)
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
        Ok(Flow::Settled(Box::new(self.settle().map_err(Ended::Failed)?)))
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
        let scene = self.scene();
        let mut opening = self.opening();
        let mut told = String::new();
        let mut asked = false;
        for question in questions(station) {
            let id = question.id();
            let Some(ask) = self.interview.ask(&scene, id) else { continue };
            let skipped = matches!(ask, Ask::Skip { .. });
            if skipped || (self.rest && ask.is_complete()) {
                let words = question.told(&self.interview.answers);
                // A question that follows is about what was taken here.
                if !skipped && !words.is_empty() && self.follows(station, id) {
                    opening.push_str(&format!("{}. ", wording::capital(&words)));
                }
                continue;
            }
            // A promise is not asked for twice.
            if self.rest && self.interview.is_chosen(id) {
                continue;
            }
            let open = self.interview.open(id);
            let cx = self.interview.context(&scene).with(&open);
            match asking::put(talk, &cx, question, &opening)? {
                Came::Answer(after, words) => {
                    self.interview.keep(&scene, id, after);
                    opening = if words.is_empty() { words.clone() } else { format!("{words} ") };
                    told = words;
                }
                Came::Back(changed) => {
                    if let Some(changed) = changed {
                        self.interview.keep(&scene, id, changed);
                    }
                    return Ok(if asked { Station::Again } else { Station::Back });
                }
                Came::Rest => return Ok(Station::Rest),
                Came::Quit => return Ok(Station::Quit),
            }
            asked = true;
            // Heard as the start of what follows; said alone when nothing does.
            if self.follows(station, id) {
                told.clear();
            }
        }
        if !told.is_empty() {
            talk.say(&told);
        }
        if asked {
            self.look_again(talk, work, station)?;
        }
        Ok(Station::Next)
    }

    /// `Practice. Question 3 of 7. `
    fn opening(&self) -> String {
        let mark = self.journey.mark();
        format!("{mark}Question {} of {}. ", self.at + 1, self.stations.len())
    }

    /// Whether a later question of the station is still to be heard.
    fn follows(&self, station: &[&'static str], id: &str) -> bool {
        let scene = self.scene();
        let heard = |id: &str| match self.interview.ask(&scene, id) {
            Some(Ask::Skip { .. }) | None => false,
            Some(ask) => !self.rest || !ask.is_complete(),
        };
        station.iter().skip_while(|other| **other != id).skip(1).any(|id| heard(id))
    }

    /// Somebody else's name decides what there is to find.
    fn look_again(
        &mut self,
        talk: &mut dyn Talk,
        work: &mut dyn Work,
        station: &[&str],
    ) -> Result<(), Ended> {
        let name = self.interview.answers.username.clone();
        let name = name.filter(|_| !self.interview.subject.is_oneself());
        if let (Some(name), ["username"]) = (name, station) {
            let found = work.look(&Subject::Somebody(Some(name))).map_err(Ended::Failed)?;
            let scene = self.scene();
            self.interview.renew(&scene, found);
            let cx = self.interview.context(&scene);
            let known = self.fleet.user(cx.username()).and(question("username"));
            if let Some(username) = known {
                talk.say(&username.lead(&cx));
            }
        }
        Ok(())
    }

    /// What was taken without being heard: all of a number, or nothing of it.
    fn taken(&self) -> Vec<&'static str> {
        let heard = |ids: &&&[&'static str]| !ids.iter().any(|id| self.interview.is_chosen(id));
        self.stations.iter().filter(heard).flat_map(|ids| ids.iter().copied()).collect()
    }

    /// Asks before answers are lost. Whether the person leaves.
    pub(super) fn leaves(&self, talk: &mut dyn Talk, work: &mut dyn Work) -> Result<bool, Ended> {
        let given = self.interview.chosen();
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
                    let name = self.interview.answers.username.as_deref().unwrap_or("home");
                    let text = file::write(&self.interview.answers);
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

fn questions(ids: &[&'static str]) -> impl Iterator<Item = &'static dyn Question> {
    ids.iter().filter_map(|id| question(id))
}
