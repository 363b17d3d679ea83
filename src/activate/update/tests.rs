//! What is planned for whom, and what stands against it. Nothing is run.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::*;
use crate::host::{Account, Os};
use crate::run::{Exit, Stream};

/// A fleet of the tests, and ada at quartz with these tools.
struct Desk {
    folder: tempfile::TempDir,
    host: Host,
    fleet: Fleet,
}

impl Desk {
    fn new(tools: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for path in ["bin", "home"] {
            fs::create_dir(at(path)).unwrap();
        }
        for tool in tools {
            fs::write(at("bin").join(tool), "#!/bin/sh\n").unwrap();
            let executable = fs::Permissions::from_mode(0o755);
            fs::set_permissions(at("bin").join(tool), executable).unwrap();
        }
        let account = Account { name: "ada".into(), uid: 501, home: at("home"), full_name: None };
        let env = BTreeMap::from([
            ("PATH".to_owned(), at("bin").into_os_string()),
            // This machine's own service is no matter.
            ("NIX_REMOTE".to_owned(), "local".into()),
        ]);
        let host = Host::pretend(account, "quartz", Os::Darwin, "aarch64", env);
        let fleet =
            Fleet::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fleets/guide")))
                .unwrap();
        Self { folder, host, fleet }
    }

    fn plan(&self, wish: &Wish) -> Result<Update, Problem> {
        plan(&self.host, &self.fleet, wish, &mut Answers)
    }

    fn refused(&self, wish: &Wish) -> String {
        let problem = self.plan(wish).unwrap_err().to_string();
        problem.replace(&self.folder.path().display().to_string(), "")
    }

    /// Generations of the home, the last of them active.
    fn activated(&self, numbers: &[u64]) {
        let profiles = self.folder.path().join("home/.local/state/nix/profiles");
        fs::create_dir_all(&profiles).unwrap();
        for n in numbers {
            let made = self.folder.path().join(format!("generation-{n}"));
            fs::create_dir(&made).unwrap();
            symlink(made, profiles.join(format!("home-manager-{n}-link"))).unwrap();
        }
        let last = numbers.last().unwrap();
        symlink(format!("home-manager-{last}-link"), profiles.join("home-manager")).unwrap();
    }
}

/// What is asked while a plan is made: names, and how the repository is.
struct Answers;

impl Runner for Answers {
    fn run(
        &mut self,
        command: &Command,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Result<Exit, Problem> {
        if command.args.iter().any(|arg| arg == "eval") {
            line(Stream::Out, r#"["ada@quartz", "kai@basalt"]"#);
        }
        Ok(Exit::Code(0))
    }
}

fn steps(update: &Update) -> Vec<&'static str> {
    update.plan.steps.iter().map(|step| step.id).collect()
}

fn machine(name: &str) -> Wish {
    Wish { hosts: vec![name.to_owned()], offline: true, ..Wish::default() }
}

#[test]
fn a_home_is_planned_by_what_is_here() {
    let desk = Desk::new(&["nix", "git"]);
    let update = desk.plan(&Wish::default()).unwrap();
    assert_eq!((steps(&update), update.about.kind), (vec!["build", "activate"], What::Home));
    assert_eq!(update.about.chosen.unwrap().0, Backend::Nix);
    assert_eq!(update.about.left, None);
    let only = desk.plan(&Wish { build_only: true, ..Wish::default() }).unwrap();
    assert_eq!(steps(&only), ["build"]);
}

#[test]
fn without_nix_nothing_is_planned_for_home_or_machine() {
    let desk = Desk::new(&["git", "darwin-rebuild"]);
    for wish in [Wish::default(), machine("quartz")] {
        assert!(desk.refused(&wish).starts_with("error: `nix` is not on PATH\n"));
    }
}

#[test]
fn a_machine_is_switched_by_an_administrator_alone() {
    let mut desk = Desk::new(&["nix", "git", "darwin-rebuild"]);
    let update = desk.plan(&machine("quartz")).unwrap();
    // Her groups say that she is none: sudo is not asked, and so sends no report.
    assert_eq!(steps(&update), ["build"]);
    let (who, words) = update.about.left.unwrap();
    assert_eq!(who, "an administrator");
    assert!(words.starts_with("Update quartz. The command is: sudo -H "), "{words}");
    let remark = &update.plan.remarks.last().unwrap().text;
    assert_eq!(
        remark,
        "ada is no administrator of quartz, so the switch is left to an administrator."
    );

    desk.host.account.uid = 0;
    let update = desk.plan(&machine("quartz")).unwrap();
    assert_eq!((steps(&update), update.about.left), (vec!["build", "activate"], None));
}

#[test]
fn what_does_not_fit_is_refused_with_a_reason() {
    let desk = Desk::new(&["nix", "git", "darwin-rebuild"]);
    insta::assert_snapshot!(desk.refused(&machine("agate")), @r"
    error: the fleet has no machine `agate`
    cause: it has `basalt`, `flint`, `marl`, `quartz`
    ");
    insta::assert_snapshot!(desk.refused(&machine("basalt")), @r"
    error: nothing here can activate it
    cause: `darwin-rebuild`: it switches the machine that it runs on, which is quartz
    cause: `nh-darwin`: it switches the machine that it runs on, which is quartz
    cause: `nixos-rebuild`: it is for NixOS machines
    cause: `nh-os`: it is for NixOS machines
    cause: `clan`: `clan` is not on PATH, and the fleet's `flake.lock` names no clan-core that could be run instead
    ");
    let two = Wish { hosts: vec!["quartz".into(), "basalt".into()], ..machine("quartz") };
    insta::assert_snapshot!(desk.refused(&two), @r"
    error: nothing here can activate it
    cause: `darwin-rebuild`: it switches the machine that it runs on, which is quartz
    cause: `nh-darwin`: it switches the machine that it runs on, which is quartz
    cause: `nixos-rebuild`: it is for NixOS machines
    cause: `nh-os`: it is for NixOS machines
    cause: `clan`: `clan` is not on PATH, and the fleet's `flake.lock` names no clan-core that could be run instead
    ");
    let rollback = Wish { rollback: true, ..Wish::default() };
    insta::assert_snapshot!(desk.refused(&rollback), @r"
    error: there is no generation of your home to go back to
    cause: looked beside `~/.local/state/nix/profiles/home-manager`
    ");
}

#[test]
fn going_back_is_to_the_newest_generation_below() {
    let desk = Desk::new(&["nix", "git"]);
    desk.activated(&[3, 7, 9]);
    let update = desk.plan(&Wish { rollback: true, ..Wish::default() }).unwrap();
    let command = update.plan.steps[0].command().unwrap();
    assert!(command.typed().ends_with("/generation-7/activate"), "{}", command.typed());
    assert_eq!(
        update.plan.steps[0].why,
        "To generation 7 of your home, which is in the store still."
    );
}
