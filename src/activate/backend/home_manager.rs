//! `home-manager switch --flake`, from `PATH` or in the fleet's own version.
//!
//! The name is always given: home-manager would otherwise probe `user@host` and `user`
//! (`setFlakeAttribute` in its home-manager/home-manager), and evaluate the fleet for it.

use super::{Context, Home, Offer, Program, home};
use crate::plan::Step;
use crate::problem::Problem;

fn program(cx: &Context) -> Result<Program, String> {
    cx.program("home-manager", &["home-manager"], "home-manager")
}

pub(super) fn offer(cx: &Context) -> Offer {
    match program(cx) {
        Ok(program) => program.offer(false, "home-manager is here"),
        Err(why) => Offer::No(why),
    }
}

pub(super) fn steps(cx: &Context, home: &Home) -> Result<Vec<Step>, Problem> {
    if home.output != "homeConfigurations" {
        return Err(Problem::tool("`home-manager` cannot activate your home")
            .cause(format!("it looks in `homeConfigurations`, and yours is in `{}`", home.output))
            .hint("leave out `--backend`: building with Nix and activating finds it"));
    }
    let program = program(cx).map_err(Problem::tool)?;
    let command = cx
        .with_flakes(program.command())
        .args(["switch", "--flake"])
        .arg(cx.flake(home.configuration))
        .args(cx.nix);
    let typed = command.typed();
    Ok(vec![home::build(cx, home), home::put(cx, home, command, typed)])
}
