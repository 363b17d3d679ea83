//! The state of every screen, kept while the person is elsewhere.

use crate::front::tui::screen::{self, Place, Screen};

/// Where the person is in each screen.
#[derive(Default)]
pub(in crate::front::tui) struct Screens {
    pub(super) no_fleet: screen::no_fleet::NoFleet,
    pub(super) welcome: screen::welcome::Welcome,
    pub(super) you: screen::you::You,
    pub(super) where_: screen::where_::Where,
    pub(super) features: screen::features::Features,
    pub(super) keys: screen::keys::Keys,
    pub(super) public_key: screen::public_key::PublicKey,
    pub(super) second_copy: screen::second_copy::SecondCopy,
    pub(super) secrets: screen::secrets::Secrets,
    pub(super) review: screen::review::Review,
    pub(super) refused: screen::refused::Refused,
    pub(super) apply: screen::apply::Apply,
    pub(super) coming: screen::coming::Coming,
    pub(super) in_the_way: screen::in_the_way::InTheWay,
    pub(super) failure: screen::failure::Failure,
    pub(super) finished: screen::finished::Finished,
    pub(super) undone: screen::undone::Undone,
    pub(super) findings: screen::findings::Findings,
    pub(super) finding: screen::finding::Finding,
    pub(super) explain: screen::explain::Explain,
    pub(super) matrix: screen::matrix::Matrix,
    pub(super) replay: screen::replay::Replay,
}

impl Screens {
    pub(super) fn at(&self, place: Place) -> &dyn Screen {
        match place {
            Place::NoFleet => &self.no_fleet,
            Place::Welcome => &self.welcome,
            Place::You => &self.you,
            Place::Where => &self.where_,
            Place::Features => &self.features,
            Place::Keys => &self.keys,
            Place::PublicKey => &self.public_key,
            Place::SecondCopy => &self.second_copy,
            Place::Secrets => &self.secrets,
            Place::Review => &self.review,
            Place::Refused => &self.refused,
            Place::Apply => &self.apply,
            Place::Coming => &self.coming,
            Place::InTheWay => &self.in_the_way,
            Place::Failure => &self.failure,
            Place::Finished => &self.finished,
            Place::Undone => &self.undone,
            Place::Findings => &self.findings,
            Place::Finding => &self.finding,
            Place::Explain => &self.explain,
            Place::Matrix => &self.matrix,
            Place::Replay => &self.replay,
        }
    }

    pub(super) fn at_mut(&mut self, place: Place) -> &mut dyn Screen {
        match place {
            Place::NoFleet => &mut self.no_fleet,
            Place::Welcome => &mut self.welcome,
            Place::You => &mut self.you,
            Place::Where => &mut self.where_,
            Place::Features => &mut self.features,
            Place::Keys => &mut self.keys,
            Place::PublicKey => &mut self.public_key,
            Place::SecondCopy => &mut self.second_copy,
            Place::Secrets => &mut self.secrets,
            Place::Review => &mut self.review,
            Place::Refused => &mut self.refused,
            Place::Apply => &mut self.apply,
            Place::Coming => &mut self.coming,
            Place::InTheWay => &mut self.in_the_way,
            Place::Failure => &mut self.failure,
            Place::Finished => &mut self.finished,
            Place::Undone => &mut self.undone,
            Place::Findings => &mut self.findings,
            Place::Finding => &mut self.finding,
            Place::Explain => &mut self.explain,
            Place::Matrix => &mut self.matrix,
            Place::Replay => &mut self.replay,
        }
    }
}
