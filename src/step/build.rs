//! Builds the home, without changing anything of the person's.

use super::{Activation, Context, confirm_name};
use crate::activate::backend::{self, Goal, Home, home};
use crate::activate::package_link;
use crate::answers::Mode;
use crate::plan::{Change, Plan, Step};
use crate::problem::Problem;

pub(super) fn step(cx: &Context, plan: &Plan) -> Result<Option<Step>, Problem> {
    let Activation::Nix { accept_config, offline, .. } = cx.surroundings.activation else {
        return Ok(None);
    };
    // Where the layout is unknown nothing has made an entry for them.
    let made = plan.steps.iter().any(|step| step.id == "standalone");
    let nothing_to_build = cx.layout().is_err() && !cx.has_configuration() && !made;
    if nothing_to_build
        || cx.person.mode != Mode::Standalone
        || (plan.is_empty() && cx.surroundings.home_active)
    {
        return Ok(None);
    }
    let mut step = Own::of(cx, accept_config, offline).with(home::build);
    if let Some(confirm) = confirm_name::command(cx, plan, accept_config, offline)? {
        step.changes.insert(0, Change::Run { command: confirm });
        step.by_hand.insert(1, confirm_name::BY_HAND.to_owned());
    }
    Ok(Some(step))
}

/// What a backend is told of the person's own home.
pub(super) struct Own<'a> {
    cx: &'a Context<'a>,
    configuration: String,
    package: std::path::PathBuf,
    nix: Vec<String>,
    offline: bool,
}

impl<'a> Own<'a> {
    pub(super) fn of(cx: &'a Context<'a>, accept_config: bool, offline: bool) -> Self {
        Self {
            cx,
            configuration: cx.configuration(),
            package: package_link(cx.host, &cx.person.username),
            nix: backend::arguments(accept_config, offline),
            offline,
        }
    }

    pub(super) fn with<T>(&self, ask: impl FnOnce(&backend::Context, &Home) -> T) -> T {
        let home = Home {
            user: &self.cx.person.username,
            output: "homeConfigurations",
            configuration: &self.configuration,
            package: &self.package,
        };
        let told = backend::Context {
            host: self.cx.host,
            fleet: &self.cx.fleet.root,
            goal: Goal::Home(home),
            nix: &self.nix,
            network: !self.offline,
            is_nixos: false,
        };
        ask(&told, &home)
    }
}
