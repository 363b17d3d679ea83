//! Puts the built home in place.

use super::build::Own;
use super::{Activation, Context};
use crate::activate;
use crate::plan::{Plan, Step};
use crate::problem::Problem;

pub(super) fn step(cx: &Context, plan: &Plan) -> Result<Option<Step>, Problem> {
    let Activation::Nix { accept_config, offline, backend } = cx.surroundings.activation else {
        return Ok(None);
    };
    if !plan.steps.iter().any(|step| step.id == "build") {
        return Ok(None);
    }
    let steps = Own::of(cx, accept_config, offline).with(|cx, _| backend.steps(cx))?;
    Ok(steps.into_iter().find(|step| step.id == activate::STEP))
}
