//! A check that is one question to the machine: each answer that is bad names its cause.

use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::explain::Answer;
use crate::run::Runner;

/// One question, and what its answers mean.
pub(super) struct Asked {
    pub(super) id: &'static str,
    pub(super) group: Group,
    pub(super) title: &'static str,
    /// Of [`crate::explain::machine::CHECKS`].
    pub(super) question: &'static str,
    pub(super) about: fn(&Scene) -> Vec<(&'static str, String)>,
    pub(super) applies: fn(&Scene) -> bool,
    /// Answer, class, how bad. Any other answer is fine.
    pub(super) says: &'static [(&'static str, &'static str, Severity)],
    /// Findings that would explain these.
    pub(super) follows: &'static [&'static str],
    /// A better fix than the catalogue's, which only tells; it is given the answer.
    pub(super) mend: fn(&Scene, &'static str, Finding) -> Finding,
}

impl Check for Asked {
    fn id(&self) -> &'static str {
        self.id
    }

    fn group(&self) -> Group {
        self.group
    }

    fn title(&self) -> &'static str {
        self.title
    }

    fn applies(&self, scene: &Scene) -> bool {
        (self.applies)(scene)
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let about = (self.about)(scene);
        let about: Vec<(&str, &str)> = about.iter().map(|(n, t)| (*n, t.as_str())).collect();
        match scene.ask(self.question, &about, runner) {
            Answer::Unknown { because } => Err(NotChecked(because)),
            Answer::Is { what, words, parts, at } => {
                let case = self.says.iter().find(|(answer, ..)| *answer == what);
                let found = case.map(|(_, class, severity)| {
                    let named = parts.into_iter().chain((self.about)(scene));
                    let found = Finding::of(class, *severity).seen(at, words);
                    let found = named.fold(found, |f, (name, text)| f.part(name, text));
                    (self.mend)(scene, what, found.follows(self.follows))
                });
                Ok(found.into_iter().collect())
            }
        }
    }
}

pub(super) fn nothing(_: &Scene) -> Vec<(&'static str, String)> {
    Vec::new()
}

pub(super) fn always(_: &Scene) -> bool {
    true
}

pub(super) fn as_is(_: &Scene, _: &str, finding: Finding) -> Finding {
    finding
}
