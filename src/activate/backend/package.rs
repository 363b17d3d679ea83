//! `nix build` and the package's own `activate`: needs nothing but Nix.

use super::{Context, Home, Offer, home};
use crate::plan::Step;
use crate::problem::Problem;
use crate::run::Command;

pub(super) fn offer(cx: &Context) -> Offer {
    match cx.host.tool("nix") {
        Some(_) => Offer::Best("it needs nothing but Nix".to_owned()),
        None => Offer::No("`nix` is not on PATH".to_owned()),
    }
}

pub(super) fn steps(cx: &Context, home: &Home) -> Result<Vec<Step>, Problem> {
    let activate = Command::new(home.package.join("activate"));
    let put = home::put(cx, home, activate, "./result/activate".to_owned());
    Ok(vec![home::build(cx, home), put])
}
