//! Puts the built home in place.

use super::{Context, build};
use crate::activate::{self, Places};
use crate::plan::{Change, Needs, Plan, Step};
use crate::problem::Problem;
use crate::run::Command;

pub(super) fn step(cx: &Context, plan: &Plan) -> Result<Option<Step>, Problem> {
    if !plan.steps.iter().any(|step| step.id == "build") {
        return Ok(None);
    }
    let package = build::package_link(cx);
    let command = Command::new(package.join("activate"))
        .env("USER", &cx.person.username)
        .env("HOME", &cx.host.home)
        .cwd(&cx.host.home);
    Ok(Some(Step {
        id: activate::STEP,
        title: "Activate it".to_owned(),
        why: "If a file of yours is in the way, you are asked first.".to_owned(),
        needs: Needs::You,
        by_hand: vec![
            format!("cd {}", cx.host.short(&cx.fleet.root)),
            "./result/activate".to_owned(),
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
