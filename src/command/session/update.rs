//! An update from the full screen: the plan of `doorstep activate`, carried out as it does.

use std::path::PathBuf;

use super::{Session, done};
use crate::activate::after;
use crate::activate::update::{self, About, Run, Update, Wish};
use crate::apply::Attend;
use crate::front::Finish;
use crate::front::world::{Errand, Resumed};
use crate::plan::{Plan, Remark};
use crate::practice::NEWCOMER;
use crate::problem::Problem;
use crate::receipt::Receipt;

/// An update that was planned.
pub(super) struct Updating {
    about: About,
    /// With what is known of the place.
    wish: Wish,
    /// The receipt that is gone on with.
    resuming: Option<PathBuf>,
}

impl Session<'_> {
    pub(super) fn plan_update(&mut self, wish: &Wish) -> Result<Plan, Problem> {
        let here = self.here()?;
        let practice = here.asked.options.practice;
        let wish = Wish {
            user: wish.user.clone().or_else(|| practice.then(|| NEWCOMER.to_owned())),
            offline: wish.offline || practice,
            practice,
            ..wish.clone()
        };
        let (host, fleet) = (here.host.clone(), here.fleet.clone());
        let Update { mut plan, about } =
            update::plan(&host, &fleet, &wish, &mut self.runner(&host))?;
        if let Some((backend, why)) = &about.chosen {
            let (text, places) = (format!("By {}: {why}.", backend.id()), Vec::new());
            plan.remarks.push(Remark { warns: false, text, places });
        }
        // The same thing once more still goes on with its receipt.
        let before = self.updating.take().filter(|before| before.wish == wish);
        let resuming = before.and_then(|before| before.resuming);
        self.updating = Some(Updating { about, wish, resuming });
        Ok(plan)
    }

    pub(super) fn resume_update(
        &mut self,
        receipt: &Receipt,
        wish: Wish,
    ) -> Result<Resumed, Problem> {
        let plan = self.plan_update(&wish)?;
        if let Some(updating) = &mut self.updating {
            updating.resuming = Some(receipt.path.clone());
        }
        Ok(Resumed { errand: Errand::Update(wish), asked: None, plan, done: done(receipt) })
    }

    pub(super) fn update(&mut self, plan: &Plan, attend: &mut dyn Attend) -> Finish {
        self.carry_out(plan, attend).unwrap_or_else(Finish::failed)
    }

    fn carry_out(&mut self, plan: &Plan, attend: &mut dyn Attend) -> Result<Finish, Problem> {
        let updating = self.updating.take();
        let updating = updating.ok_or_else(|| Problem::bug("nothing was planned"))?;
        let _lock = self.lock()?;
        let here = self.here()?;
        let (host, fleet) = (here.host.clone(), here.fleet.root.clone());
        let run = Run {
            host: &host,
            fleet: &fleet,
            wish: &updating.wish,
            runner: &mut self.runner(&host),
            checkpoint: &self.checkpoint,
            resuming: updating.resuming.as_deref(),
            patience: after::PATIENCE,
        };
        Ok(run.carry_out(plan, &updating.about, attend))
    }
}
