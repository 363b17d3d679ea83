//! What every way to activate a home has in common: the build before, and the step itself.

use super::{Context, Home, nix, private_inputs};
use crate::activate::{Activation, Places, STEP};
use crate::plan::{Change, Needs, Step};
use crate::run::{Command, shell_word};

impl Home<'_> {
    /// `homeConfigurations."zoe@quartz".activationPackage`
    pub fn attribute(&self) -> String {
        let name = crate::nix::attr(self.configuration);
        let name = name.unwrap_or_else(|_| self.configuration.to_owned());
        format!("{}.{name}.activationPackage", self.output)
    }
}

/// Builds the home, without changing anything of the person's.
pub fn build(cx: &Context, home: &Home) -> Step {
    let attribute = home.attribute();
    let command = nix()
        .arg("build")
        .arg(cx.flake(&attribute))
        .args(["--print-build-logs", "--out-link"])
        .arg(home.package)
        .args(cx.nix)
        .cwd(cx.fleet);
    let command = Command { asks: private_inputs(cx.fleet), ..command };
    let offline = cx.nix.iter().any(|arg| arg == "--offline");
    Step {
        id: "build",
        title: "Build your home".to_owned(),
        why: if offline { "Needs no network." } else { "Needs the network." }.to_owned(),
        needs: Needs::You,
        by_hand: cx.by_hand(format!("nix build {}", shell_word(&format!(".#{attribute}")))),
        changes: vec![Change::Run { command }],
        decided_by: Some("mode"),
    }
}

/// Puts it in place with `command`.
pub(super) fn put(cx: &Context, home: &Home, command: Command, by_hand: String) -> Step {
    let command = command.env("USER", home.user).env("HOME", &cx.host.home).cwd(&cx.host.home);
    Step {
        id: STEP,
        title: "Activate it".to_owned(),
        why: "If a file of yours is in the way, you are asked first.".to_owned(),
        needs: Needs::You,
        by_hand: cx.by_hand(by_hand),
        changes: vec![Change::Activate(Activation {
            command,
            package: Some(home.package.to_owned()),
            places: Places::of(cx.host),
        })],
        decided_by: Some("mode"),
    }
}
