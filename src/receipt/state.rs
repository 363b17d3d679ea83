//! A receipt in one glance, for a person who comes back.

use super::{Receipt, Record};

/// How far a run came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// UTC, such as `2026-11-20T10:19:15Z`.
    pub started: String,
    pub phase: Phase,
    /// Every step that any run of this receipt had, in order.
    pub steps: Vec<StepState>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Cut off, stopped or failed: it can go on or be undone.
    Unfinished,
    Finished,
    /// An undo was cut off: it can be run again.
    Undoing,
    TakenBack,
    /// Taken back but for what had been changed since.
    PartlyTakenBack,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepState {
    pub id: String,
    pub title: String,
    /// The latest [`crate::event::Outcome::word`]; `None` for a step that was not reached or was
    /// cut short.
    pub outcome: Option<String>,
}

impl StepState {
    pub fn is_done(&self) -> bool {
        matches!(self.outcome.as_deref(), Some("done" | "already_so"))
    }
}

impl State {
    pub fn steps_done(&self) -> usize {
        self.steps.iter().filter(|step| step.is_done()).count()
    }

    /// The first step that is not done.
    pub fn stopped_at(&self) -> Option<&StepState> {
        self.steps.iter().find(|step| !step.is_done())
    }

    /// Whether a person should be offered to go on with it or to undo it.
    pub fn is_unfinished(&self) -> bool {
        matches!(self.phase, Phase::Unfinished | Phase::Undoing)
    }
}

impl Receipt {
    pub fn state(&self) -> State {
        let mut state = State {
            started: self.header.started.clone(),
            phase: Phase::Unfinished,
            steps: Vec::new(),
        };
        for record in &self.records {
            match record {
                Record::Planned { steps, .. } => {
                    state.phase = Phase::Unfinished;
                    for step in steps {
                        // A step planned again has something left to do.
                        match state.steps.iter_mut().find(|known| known.id == step.id) {
                            Some(known) => known.outcome = None,
                            None => state.steps.push(StepState {
                                id: step.id.clone(),
                                title: step.title.clone(),
                                outcome: None,
                            }),
                        }
                    }
                }
                Record::Step { step, outcome, .. } => {
                    if let Some(known) = state.steps.iter_mut().find(|known| known.id == *step) {
                        known.outcome = Some(outcome.clone());
                    }
                }
                Record::Finished { outcome, .. } => {
                    state.phase = match outcome.as_str() {
                        "done" | "already_so" => Phase::Finished,
                        _ => Phase::Unfinished,
                    };
                }
                Record::Undone { .. } | Record::Left { .. } => state.phase = Phase::Undoing,
                Record::TakenBack { left, .. } => {
                    state.phase =
                        if *left == 0 { Phase::TakenBack } else { Phase::PartlyTakenBack };
                }
                _ => {}
            }
        }
        state
    }
}
