//! What a check found, how that is known and what to do about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Group;
use crate::explain::catalogue::{Catalogue, Who};
use crate::explain::{Cause, Confidence, fill, mask};
use crate::plan::{Change, Needs, Plan, Step};
use crate::run::{Command, shell_word};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something does not work, or will not the next time.
    Error,
    /// It works, and should not stay so.
    Warning,
}

impl Severity {
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }

    /// As the screen has it.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Error => "✗",
            Self::Warning => "!",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The cause class, where it is one (`assets/diagnosis`), else an id of the check's own.
    pub id: &'static str,
    /// Stamped when the check has ended.
    pub check: &'static str,
    pub group: Group,
    pub severity: Severity,
    /// One line.
    pub summary: String,
    pub evidence: Vec<Evidence>,
    /// Why it matters.
    pub why: String,
    /// The best first. Empty where nothing is known to help.
    pub fixes: Vec<Fix>,
    /// The finding that this one most likely follows from.
    pub follows_from: Option<&'static str>,
    /// Findings that would explain this one.
    pub(super) may_follow: Vec<&'static str>,
    parts: BTreeMap<&'static str, String>,
}

/// How it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// `file:line`, a path or a command; empty where `shown` says it.
    pub at: String,
    /// What is there, or what it said.
    pub shown: String,
}

/// What can be done.
#[derive(Debug, Clone)]
pub struct Fix {
    /// Begins with a verb.
    pub title: String,
    pub risk: Risk,
    pub how: How,
}

/// Whose turn a fix is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Risk {
    /// It changes only what is the person's own, and can be taken back.
    Safe,
    /// The person's own hands: doorstep cannot know enough, or cannot take it back.
    ByHand,
    /// Somebody who can open the files already.
    ForReader,
    /// An administrator of the machine or the fleet.
    ForAdmin,
}

impl Risk {
    fn of(who: Who) -> Self {
        match who {
            Who::You => Self::ByHand,
            Who::Admin => Self::ForAdmin,
            Who::Reader => Self::ForReader,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::ByHand => "by_hand",
            Self::ForReader => "for_reader",
            Self::ForAdmin => "for_admin",
        }
    }
}

#[derive(Debug, Clone)]
pub enum How {
    /// Shared, so that a screen can show and apply it while the report stays.
    Plan(Arc<Plan>),
    /// Commands and sentences to carry out or to hand on, one a line.
    Text(Vec<String>),
}

impl Fix {
    /// One step of changes.
    pub(super) fn plan(id: &'static str, title: &str, bounds: Vec<std::path::PathBuf>) -> Draft {
        Draft { id, title: title.to_owned(), bounds, why: String::new(), by_hand: Vec::new() }
    }

    /// Commands that start something of the person's own again: nothing of it has to be taken back.
    pub(super) fn run(
        id: &'static str,
        title: &str,
        home: &std::path::Path,
        commands: Vec<Command>,
    ) -> Self {
        let draft = Self::plan(id, title, vec![home.to_owned()])
            .why("It starts something of yours again, and changes no file.");
        let draft = commands.iter().fold(draft, |draft, command| draft.by_hand(command.typed()));
        draft.changes(commands.into_iter().map(|command| Change::Run { command }).collect())
    }

    /// The plan, if doorstep may carry it out.
    pub fn safe_plan(&self) -> Option<&Arc<Plan>> {
        match (&self.how, self.risk) {
            (How::Plan(plan), Risk::Safe) => Some(plan),
            _ => None,
        }
    }
}

/// A fix on its way.
pub(super) struct Draft {
    id: &'static str,
    title: String,
    bounds: Vec<std::path::PathBuf>,
    why: String,
    by_hand: Vec<String>,
}

impl Draft {
    pub(super) fn why(self, why: impl Into<String>) -> Self {
        Self { why: why.into(), ..self }
    }

    pub(super) fn by_hand(mut self, line: impl Into<String>) -> Self {
        self.by_hand.push(line.into());
        self
    }

    pub(super) fn changes(self, changes: Vec<Change>) -> Fix {
        let Self { id, title, bounds, why, by_hand } = self;
        let step = Step {
            id,
            title: title.clone(),
            why,
            needs: Needs::You,
            by_hand,
            changes,
            decided_by: None,
        };
        let plan = Plan { steps: vec![step], bounds, ..Plan::default() };
        Fix { title, risk: Risk::Safe, how: How::Plan(Arc::new(plan)) }
    }
}

impl Finding {
    /// A finding that no log shows, so that the catalogue does not know it.
    pub(crate) fn new(
        id: &'static str,
        severity: Severity,
        summary: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        Self {
            id,
            check: "",
            group: Group::Nix,
            severity,
            summary: summary.into(),
            evidence: Vec::new(),
            why: why.into(),
            fixes: Vec::new(),
            follows_from: None,
            may_follow: Vec::new(),
            parts: BTreeMap::new(),
        }
    }

    /// A cause class: what is to be said of it stands in the catalogue.
    pub(super) fn of(class: &'static str, severity: Severity) -> Self {
        let (summary, why) = Catalogue::about(class)
            .map(|entry| (entry.summary.clone(), entry.why.clone()))
            .unwrap_or_default();
        Self::new(class, severity, summary, why)
    }

    /// A cause that a log shows; `at` says which log. `None`: its class is not in the catalogue.
    pub(super) fn heard(cause: &Cause, at: &str) -> Option<Self> {
        let class = Catalogue::about(&cause.class)?.class.as_str();
        let severity = match cause.confidence {
            // A text that may mean something else is no more than a hint.
            Confidence::Possible => Severity::Warning,
            Confidence::Likely | Confidence::Sure => Severity::Error,
        };
        let found = Self::new(class, severity, cause.summary.clone(), cause.why.clone());
        let shown = cause.shown.iter().take(3);
        let found = shown.fold(found, |found, line| found.seen(at, line.text.trim()));
        let found = cause.checked.iter().fold(found, |found, said| found.seen("", &said.words));
        let lines: Vec<String> = cause.run.iter().chain(&cause.admin).cloned().collect();
        Some(found.by(Risk::of(cause.who), cause.next.clone(), &lines))
    }

    #[must_use]
    pub(super) fn seen(mut self, at: impl Into<String>, shown: impl Into<String>) -> Self {
        self.evidence.push(Evidence { at: at.into(), shown: shown.into() });
        self
    }

    /// A better summary than the catalogue's, which knows no names.
    #[must_use]
    pub(super) fn said(self, summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), ..self }
    }

    /// A word that the catalogue's texts leave open in braces.
    #[must_use]
    pub(super) fn part(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.parts.insert(name, text.into());
        self
    }

    #[must_use]
    pub(super) fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    #[must_use]
    pub(super) fn by(mut self, risk: Risk, title: impl Into<String>, lines: &[String]) -> Self {
        let how = How::Text(lines.to_vec());
        self.fixes.push(Fix { title: title.into(), risk, how });
        self
    }

    #[must_use]
    pub(super) fn follows(mut self, causes: &[&'static str]) -> Self {
        self.may_follow.extend(causes);
        self
    }

    /// Private keys are taken out, whatever file they stood in. The rest comes from the catalogue: the
    /// words in braces, and the next action where the check has none of its own.
    pub(super) fn complete(&mut self) {
        for seen in &mut self.evidence {
            seen.shown = mask(&seen.shown);
        }
        let Some(entry) = Catalogue::about(self.id) else { return };
        let parts: BTreeMap<&str, &str> =
            self.parts.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let words = |text: &str| fill(text, &parts, &|text| text.to_owned());
        self.summary = words(&self.summary);
        self.why = words(&self.why);
        if !self.fixes.is_empty() {
            return;
        }
        let mut lines: Vec<String> = Vec::new();
        lines.extend(entry.run.as_ref().map(|run| fill(run, &parts, &shell_word)));
        lines.extend(entry.admin.as_ref().map(|text| words(text)));
        let risk = Risk::of(entry.who);
        self.fixes.push(Fix { title: words(&entry.next), risk, how: How::Text(lines) });
    }

    /// The first fix that doorstep may carry out.
    pub fn safe_fix(&self) -> Option<(&Fix, &Arc<Plan>)> {
        self.fixes.iter().find_map(|fix| Some((fix, fix.safe_plan()?)))
    }
}
