//! Puts the built home in place.

use super::{Activation, Context, build};
use crate::activate::{self, Backend, Places, Target};
use crate::plan::{Change, Needs, Plan, Step};
use crate::problem::Problem;

pub(super) fn step(cx: &Context, plan: &Plan) -> Result<Option<Step>, Problem> {
    let Activation::Nix { accept_config, offline, backend } = cx.surroundings.activation else {
        return Ok(None);
    };
    if !plan.steps.iter().any(|step| step.id == "build") {
        return Ok(None);
    }
    let package = activate::package_link(cx.host, &cx.person.username);
    let configuration = cx.configuration();
    let target = Target {
        fleet: &cx.fleet.root,
        configuration: &configuration,
        package: &package,
        home_manager: cx.fleet.lock.home_manager_rev.as_deref(),
        nix: &build::arguments(accept_config, offline),
    };
    let command = backend
        .command(cx.host, &target)?
        .env("USER", &cx.person.username)
        .env("HOME", &cx.host.home)
        .cwd(&cx.host.home);
    Ok(Some(Step {
        id: activate::STEP,
        title: "Activate it".to_owned(),
        why: "If a file of yours is in the way, you are asked first.".to_owned(),
        needs: Needs::You,
        by_hand: vec![
            format!("cd {}", cx.host.typed(&cx.fleet.root)),
            match backend {
                Backend::Nix => "./result/activate".to_owned(),
                Backend::HomeManager | Backend::Nh => command.typed(),
            },
        ],
        changes: vec![Change::Activate(activate::Activation {
            command,
            package: Some(package),
            places: Places {
                home: cx.host.home.clone(),
                state: cx.host.state_dir(),
                config: cx.host.config_dir(),
            },
        })],
        decided_by: Some("mode"),
    }))
}
