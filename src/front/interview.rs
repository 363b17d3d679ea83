//! One person's answers while they are given in any order: what they chose, what was taken for
//! them, and what an earlier change has made doubtful. It asks nothing and shows nothing.

use std::collections::BTreeSet;

use crate::answers::file::Given;
use crate::answers::{Answers, Settled, settle};
use crate::fleet::Fleet;
use crate::host::Host;
use crate::problem::Problem;
use crate::question::{Ask, Context, Found, QUESTIONS, Question, Reply, Subject, question};

/// Questions that are answered on one screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Station {
    You,
    Where,
    Features,
    Key,
    Secrets,
}

impl Station {
    pub const ALL: [Self; 5] = [Self::You, Self::Where, Self::Features, Self::Key, Self::Secrets];

    /// Ids of its questions, in order.
    pub fn questions(self) -> &'static [&'static str] {
        match self {
            Self::You => &["username", "name", "email", "ssh_keys"],
            Self::Where => &["mode", "hosts", "accounts"],
            Self::Features => &["aggregates"],
            Self::Key => &["key", "key_copy"],
            Self::Secrets => &["secrets", "readers", "shared"],
        }
    }

    /// The station that a question is asked at.
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|station| station.questions().contains(&id))
    }
}

/// How far a station is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Still to come.
    Open,
    /// Looked at and answered.
    Answered,
    /// Its suggestions were taken without a look.
    Suggested,
    /// An earlier change means that it must be answered again.
    Doubtful,
}

/// Who is asked about, and where.
#[derive(Debug, Clone)]
pub struct Scene<'a> {
    pub host: &'a Host,
    pub fleet: &'a Fleet,
}

/// The answers so far.
#[derive(Debug, Clone)]
pub struct Interview {
    pub subject: Subject,
    pub found: Found,
    /// What was chosen, and suggestions for the rest wherever they are complete.
    pub answers: Answers,
    /// Ids of questions that the person answered themselves.
    chosen: BTreeSet<&'static str>,
    /// Ids of questions whose choice did not fit any more, with the reason.
    doubtful: Vec<(&'static str, String)>,
    passed: BTreeSet<Station>,
    /// Stations that *Use suggestions for the rest* has jumped over.
    skipped: BTreeSet<Station>,
}

impl Interview {
    pub fn new(scene: &Scene, subject: Subject, found: Found) -> Self {
        let mut interview = Self {
            subject,
            found,
            answers: Answers::default(),
            chosen: BTreeSet::new(),
            doubtful: Vec::new(),
            passed: BTreeSet::new(),
            skipped: BTreeSet::new(),
        };
        interview.rebuild(scene);
        interview
    }

    /// The interview as it was when these answers were given.
    pub fn of(scene: &Scene, subject: Subject, found: Found, answers: Answers) -> Self {
        let mut interview = Self::new(scene, subject, found);
        for question in QUESTIONS {
            if question.given(&answers).is_some() {
                interview.chosen.insert(question.id());
            }
        }
        interview.passed = Station::ALL.into_iter().collect();
        interview.answers = answers;
        interview.rebuild(scene);
        interview
    }

    /// The same answers for a fleet, and findings, that have changed.
    pub fn renew(&mut self, scene: &Scene, found: Found) {
        self.found = found;
        self.rebuild(scene);
    }

    pub fn context<'b>(&'b self, scene: &Scene<'b>) -> Context<'b> {
        self.after(scene, &self.answers)
    }

    fn after<'b>(&'b self, scene: &Scene<'b>, answers: &'b Answers) -> Context<'b> {
        Context {
            host: scene.host,
            fleet: scene.fleet,
            answers,
            found: &self.found,
            subject: &self.subject,
        }
    }

    /// How a question is put now: a suggestion that stands in for an answer is still one. `None`:
    /// there is no such question.
    pub fn ask(&self, scene: &Scene, id: &str) -> Option<Ask> {
        let question = question(id)?;
        if self.chosen.contains(id) {
            return Some(question.ask(&self.context(scene)));
        }
        let open = self.answers.clone().without(id);
        Some(question.ask(&self.after(scene, &open)))
    }

    /// The answers for a question that is put alone, to be followed by [`Self::keep`]: suggestions
    /// that stand in for its own answer and for later ones are none.
    pub fn open(&self, id: &str) -> Answers {
        let later = QUESTIONS.iter().map(|question| question.id()).skip_while(|other| *other != id);
        let open = later.filter(|later| !self.chosen.contains(later));
        open.fold(self.answers.clone(), Answers::without)
    }

    /// What answering would give, without doing it: for checks while somebody types.
    ///
    /// # Errors
    /// The question's refusal.
    pub fn check(&self, scene: &Scene, id: &str, reply: Reply) -> Result<Answers, Problem> {
        let question = question(id).ok_or_else(|| Problem::bug("there is no such question"))?;
        question.accept(&self.context(scene), reply)
    }

    /// Answers a question; later suggestions are made again, choices are kept.
    ///
    /// # Errors
    /// The question's refusal; then nothing has changed.
    pub fn answer(&mut self, scene: &Scene, id: &'static str, reply: Reply) -> Result<(), Problem> {
        self.answers = self.check(scene, id, reply)?;
        self.chosen.insert(id);
        self.doubtful.retain(|(doubtful, _)| *doubtful != id);
        self.rebuild(scene);
        Ok(())
    }

    /// Keeps what a question made of the answers that [`Self::open`] gave. One may answer a later
    /// one as well, or open it again.
    pub fn keep(&mut self, scene: &Scene, id: &'static str, after: Answers) {
        for later in QUESTIONS.iter().skip_while(|question| question.id() != id) {
            match later.given(&after) {
                Some(_) => self.chosen.insert(later.id()),
                None => self.chosen.remove(later.id()),
            };
        }
        self.answers = after;
        self.doubtful.retain(|(doubtful, _)| *doubtful != id);
        self.rebuild(scene);
    }

    /// Back to what is suggested.
    pub fn forget(&mut self, scene: &Scene, id: &str) {
        self.chosen.remove(id);
        self.rebuild(scene);
    }

    /// Whether the person chose it, rather than a suggestion.
    pub fn is_chosen(&self, id: &str) -> bool {
        self.chosen.contains(id)
    }

    /// Whether leaving would lose anything: how many questions the person answered.
    pub fn chosen(&self) -> usize {
        let told = |id: &&&str| question(id).is_some_and(|q| !q.told(&self.answers).is_empty());
        self.chosen.iter().filter(told).count()
    }

    /// Questions of a station that still need the person.
    pub fn needs(&self, scene: &Scene, station: Station) -> Vec<&'static str> {
        let cx = self.context(scene);
        let open = |question: &dyn Question| match question.ask(&cx) {
            Ask::Skip { .. } => false,
            _ => question.given(&self.answers).is_none(),
        };
        let asked = station.questions().iter().filter_map(|id| question(id));
        asked.filter(|question| open(*question)).map(|question| question.id()).collect()
    }

    /// Whether a station asks anything at all.
    pub fn asks(&self, scene: &Scene, station: Station) -> bool {
        let cx = self.context(scene);
        let asked = station.questions().iter().filter_map(|id| question(id));
        let mut asked = asked.filter(|question| !matches!(question.ask(&cx), Ask::Skip { .. }));
        asked.next().is_some()
    }

    /// The person has looked at a station and gone on.
    pub fn pass(&mut self, station: Station) {
        self.passed.insert(station);
        self.skipped.remove(&station);
        self.doubtful.retain(|(id, _)| Station::of(id) != Some(station));
    }

    /// Takes the suggestions of stations after `from` that need nobody, up to the first that does.
    /// That one, or `None` when all are done.
    pub fn rest(&mut self, scene: &Scene, from: Station) -> Option<Station> {
        self.pass(from);
        for station in Station::ALL.into_iter().filter(|station| *station > from) {
            if !self.needs(scene, station).is_empty() {
                return Some(station);
            }
            if !self.passed.contains(&station) {
                self.skipped.insert(station);
            }
        }
        None
    }

    pub fn mark(&self, station: Station) -> Mark {
        if self.doubtful.iter().any(|(id, _)| Station::of(id) == Some(station)) {
            Mark::Doubtful
        } else if self.passed.contains(&station) {
            Mark::Answered
        } else if self.skipped.contains(&station) {
            Mark::Suggested
        } else {
            Mark::Open
        }
    }

    /// Why a station is doubtful.
    pub fn doubt(&self, station: Station) -> Option<&str> {
        let at = self.doubtful.iter().find(|(id, _)| Station::of(id) == Some(station));
        at.map(|(_, why)| why.as_str())
    }

    /// Every answer, checked.
    ///
    /// # Errors
    /// What is missing or wrong.
    pub fn settle(&self, scene: &Scene) -> Result<Settled, Problem> {
        let mut settled = settle(&self.context(scene), &Given::new(self.answers.clone()))?;
        let ids = Station::ALL.into_iter().flat_map(|s| s.questions().iter().copied());
        settled.suggested = ids.filter(|id| !self.chosen.contains(id)).collect();
        Ok(settled)
    }

    /// Makes the answers again from what was chosen: a suggestion follows the answers before it,
    /// and a choice that no longer fits becomes doubtful.
    fn rebuild(&mut self, scene: &Scene) {
        let before = std::mem::take(&mut self.answers);
        let mut answers = Answers::default();
        let mut doubts = Vec::new();
        for question in QUESTIONS {
            let id = question.id();
            let cx = self.after(scene, &answers);
            let ask = question.ask(&cx);
            let chosen = question.given(&before).filter(|_| self.chosen.contains(id));
            let chosen = chosen.map(|reply| question.carried(&cx, reply));
            let was_chosen = chosen.is_some();
            let reply = match chosen {
                Some(reply) => reply,
                None if ask.is_complete() => Reply::Suggested,
                None => continue,
            };
            match question.accept(&cx, reply) {
                Ok(after) => answers = after,
                Err(why) if was_chosen => {
                    doubts.push((id, why.what));
                    // The suggestion stands in until the person has looked.
                    let cx = self.after(scene, &answers);
                    if let Ok(after) = question.accept(&cx, Reply::Suggested) {
                        answers = after;
                    }
                }
                Err(_) => {}
            }
        }
        for (id, why) in doubts {
            self.chosen.remove(id);
            self.doubtful.retain(|(doubtful, _)| *doubtful != id);
            self.doubtful.push((id, why));
        }
        self.answers = answers;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::{KeyChoice, Mode};
    use crate::question::example::Example;

    fn interview(example: &Example) -> (Scene<'_>, Interview) {
        let scene = Scene { host: &example.host, fleet: &example.fleet };
        let interview = Interview::new(&scene, example.subject.clone(), example.found.clone());
        (scene, interview)
    }

    #[test]
    fn suggestions_fill_what_they_can() {
        let example = Example::raquel();
        let (scene, interview) = interview(&example);
        assert_eq!(interview.answers.username.as_deref(), Some("raquel"));
        assert_eq!(interview.answers.mode, Some(Mode::Standalone));
        assert_eq!(interview.needs(&scene, Station::You), ["email"]);
        assert_eq!(interview.needs(&scene, Station::Key), ["key_copy"]);
        assert_eq!(interview.chosen(), 0);
    }

    #[test]
    fn the_rest_stops_where_the_person_is_needed() {
        let example = Example::raquel();
        let (scene, mut interview) = interview(&example);
        let email = Reply::Text("raquel@example.com".into());
        interview.answer(&scene, "email", email).unwrap();
        assert_eq!(interview.rest(&scene, Station::You), Some(Station::Key));
        assert_eq!(interview.mark(Station::You), Mark::Answered);
        assert_eq!(interview.mark(Station::Where), Mark::Suggested);
        assert_eq!(interview.mark(Station::Key), Mark::Open);
        interview.answer(&scene, "key_copy", Reply::Yes).unwrap();
        assert_eq!(interview.rest(&scene, Station::Key), None);
        let settled = interview.settle(&scene).unwrap();
        assert_eq!(settled.answers.key, Some(KeyChoice::Generate));
        assert!(settled.suggested.contains(&"aggregates"));
    }

    #[test]
    fn a_refused_answer_changes_nothing() {
        let example = Example::raquel();
        let (scene, mut interview) = interview(&example);
        let before = interview.answers.clone();
        let wrong = interview.answer(&scene, "email", Reply::Text("raquel".into()));
        assert!(wrong.is_err());
        assert_eq!(interview.answers, before);
        assert!(!interview.is_chosen("email"));
    }

    #[test]
    fn one_answer_may_settle_or_open_the_next() {
        let example = Example::raquel();
        let (scene, mut interview) = interview(&example);
        let mut answer = |row| {
            let open = interview.open("mode");
            let cx = interview.context(&scene).with(&open);
            let after = question("mode").unwrap().accept(&cx, Reply::Picked(row)).unwrap();
            interview.keep(&scene, "mode", after);
            let asked = interview.ask(&scene, "hosts").unwrap();
            (interview.is_chosen("hosts"), matches!(asked, Ask::Skip { .. }))
        };
        assert_eq!(answer(1), (true, true), "together with this machine says where");
        assert_eq!(answer(2), (false, false), "other machines do not");
        assert_eq!(answer(0), (true, true));
    }

    #[test]
    fn choices_outlive_changes_before_them() {
        let example = Example::raquel();
        let (scene, mut interview) = interview(&example);
        let chosen = Reply::Named(vec!["aggregate-core".into()]);
        interview.answer(&scene, "aggregates", chosen).unwrap();
        interview.answer(&scene, "name", Reply::Text("Raquel R".into())).unwrap();
        assert_eq!(interview.answers.aggregates, Some(vec!["aggregate-core".to_owned()]));
    }
}
