//! Looking for what is wrong from the full screen, and carrying out what helps.

use super::Session;
use crate::apply::Attend;
use crate::event::Outcome;
use crate::front::{End, Finish};
use crate::look::Look;
use crate::plan::Plan;
use crate::secrets::{self, Carried, Hands};

impl Session<'_> {
    /// At the fleet that is open, or could not be read; without any at the machine alone.
    pub(super) fn place(&self) -> Look {
        Look::at(self.real, self.root.clone())
    }

    /// Carries out a fix like any other plan, with a receipt of its own.
    pub(super) fn fix(&mut self, title: &str, plan: &Plan, attend: &mut dyn Attend) -> Finish {
        let Look { host, root, .. } = self.place();
        let folder = root.unwrap_or_else(|| host.home.clone());
        let (runner, checkpoint) = (&mut self.runner(&host), &self.checkpoint);
        let hands = Hands { host: &host, runner, attend, checkpoint, resuming: None };
        match secrets::carry_out(plan, &folder, &secrets::Asked::Edit, &Vec::new, hands) {
            Ok(carried) => fixed(title, carried),
            Err(problem) => Finish::failed(problem),
        }
    }
}

fn fixed(title: &str, carried: Carried) -> Finish {
    let (end, heading) = match &carried.summary.outcome {
        Outcome::Done => (End::Done, format!("{title}: done.")),
        Outcome::AlreadySo => {
            (End::AlreadySo, "Everything is already so. Nothing was changed.".to_owned())
        }
        Outcome::Stopped => (End::Stopped, "Stopped. Nothing is half written.".to_owned()),
        _ => (End::Failed, "The fix could not be carried out.".to_owned()),
    };
    // A step's own failure was told by its event.
    let (receipt, left) = (Some(carried.receipt), Vec::new());
    Finish { end, heading, receipt, left, note: None, problem: None, back: None }
}
