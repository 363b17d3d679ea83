//! Encrypting again as the rules say, from the full screen.

use std::time::SystemTime;

use super::Session;
use crate::answers::Hidden;
use crate::apply::Attend;
use crate::counted::counted;
use crate::event::Outcome;
use crate::front::{End, Finish, Left};
use crate::look::Look;
use crate::plan::Plan;
use crate::problem::Problem;
use crate::secrets::rekey::Wish;
use crate::secrets::{self, Carried, Hands, Held, Keyring, Rekey, Store};

/// Encrypting again, from its plan to its proof.
pub(super) struct Rekeying {
    store: Store,
    ring: Keyring,
    rekey: Rekey,
}

impl Session<'_> {
    /// The rules of the fleet, and every key here that opens files. A protected key is among them
    /// once its passphrase was given.
    pub(super) fn secrets(&mut self) -> Result<(Store, Keyring), Problem> {
        let Look { host, root, .. } = self.place();
        let root = root.ok_or_else(|| Problem::user("there is no fleet here"))?;
        let store = Store::find(&host, Some(&root), &root).map_err(|mut problem| {
            // The fleet is open; naming another one would not help.
            problem.hints.clear();
            problem
        })?;
        let mut runner = self.runner(&host);
        let mut ring = Keyring::gather(&host, &mut runner);
        ring.keys.extend(self.opened.iter().cloned());
        Ok((store, ring))
    }

    /// Opens what this passphrase opens, for as long as the screen is there.
    pub(super) fn open_keys(&mut self, passphrase: &Hidden) -> Result<(), Problem> {
        let host = self.place().host;
        let mut ring = Keyring::gather(&host, &mut self.runner(&host));
        let before = ring.keys.len();
        ring.unlock(&mut |_| Some(passphrase.0.clone()));
        let opened = ring.keys.split_off(before.min(ring.keys.len()));
        if opened.is_empty() {
            return Err(Problem::user("the passphrase opens none of your keys"));
        }
        let is_new = |held: &Held, known: &[Held]| !known.iter().any(|k| k.from == held.from);
        for held in opened {
            if is_new(&held, &self.opened) {
                self.opened.push(held);
            }
        }
        Ok(())
    }

    pub(super) fn plan_rekey(&mut self) -> Result<Plan, Problem> {
        let (store, ring) = self.secrets()?;
        let rekey = Rekey::make(&store, &ring, &Wish::default(), SystemTime::now().into());
        let mut plan = rekey.plan(&store);
        plan.remarks = rekey.remarks();
        self.rekeying = Some(Rekeying { store, ring, rekey });
        Ok(plan)
    }

    pub(super) fn rekey(&mut self, plan: &Plan, attend: &mut dyn Attend) -> Finish {
        let Some(Rekeying { store, ring, rekey }) = self.rekeying.take() else {
            return Finish::failed(Problem::bug("nothing was planned"));
        };
        let host = self.place().host;
        let config = store.file.clone();
        let asked = secrets::Asked::Rekey { config, only: Vec::new(), rotate: false };
        let prove = || rekey.proof(&store, &ring);
        let (runner, checkpoint) = (&mut self.runner(&host), &self.checkpoint);
        let hands = Hands { host: &host, runner, attend, checkpoint, resuming: None };
        match secrets::carry_out(plan, store.folder(), &asked, &prove, hands) {
            Ok(carried) => rekeyed(&rekey, carried, &host.account.name),
            Err(problem) => Finish::failed(problem),
        }
    }
}

/// How encrypting again ended, and what it leaves to do for the person.
fn rekeyed(rekey: &Rekey, carried: Carried, who: &str) -> Finish {
    let files = counted(rekey.changed.len(), "file");
    let (end, heading) = match (&carried.summary.outcome, carried.proved) {
        (Outcome::Done, true) => (End::Done, format!("Encrypted again as the rules say: {files}.")),
        (Outcome::Done, false) => (End::Failed, "Not every file is as it should be.".to_owned()),
        (Outcome::AlreadySo, _) => {
            (End::AlreadySo, "Everything is already so. Nothing was changed.".to_owned())
        }
        (Outcome::Stopped, _) => (End::Stopped, "Stopped. No file is half written.".to_owned()),
        _ => (End::Failed, "Not every file could be encrypted again.".to_owned()),
    };
    let own = |what, words: String| Left {
        who: who.to_owned(),
        what,
        words,
        data: serde_json::Map::new(),
    };
    let mut left = Vec::new();
    if end == End::Done {
        let known = rekey.known_to_removed().count();
        if known > 0 {
            left.push(own(
                "replace-values",
                "Replace the values that somebody who was removed could read. Git keeps old \
                 revisions, which they can still open; `doorstep secrets rekey --rotate` renews \
                 the data keys."
                    .to_owned(),
            ));
        }
        left.push(own("review-and-commit", format!("Review and commit {files}.")));
    }
    let receipt = Some(carried.receipt);
    Finish { end, heading, receipt, left, note: None, problem: None, back: None }
}
