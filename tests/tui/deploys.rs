//! Somebody is brought in and their machines are updated, in the full screen at a real terminal: a
//! line for each machine, one of three that fails, what ssh asks, and what is left to go on with.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use super::pty::{Person, Seat};
use super::world::{World, run, tool};

const KEY: &str = "age1ed5yf262fnwhpm3349gj2234vaxlx442s84lhqwwkxzumlucf4uqapvs75";

/// A clan of four machines, with programs that stand in for clan and ssh. The file `broken` names the
/// machine that refuses, `refuses` how.
pub(crate) struct Clan {
    pub(crate) world: World,
}

impl Clan {
    pub(crate) fn new() -> Self {
        let clan = Self { world: World::new() };
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        let fleet = clan.world.at("fleet");
        run(tool("cp", ["-r"]).arg(tests.join("fleets/clan-files")).arg(&fleet)).expect(0);
        let me = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
        for args in [&["init"][..], &["add", "--all"], &["commit", "--message", "Begin"]] {
            run(tool("git", me).arg("-C").arg(&fleet).args(args)).expect(0);
        }
        fs::create_dir(clan.world.at("bin")).unwrap();
        for program in ["clan", "ssh"] {
            let place = clan.world.at("bin").join(program);
            let text = format!(
                "#!/bin/sh\nexport STAND_IN_BROKEN=$(cat '{here}/broken' 2>/dev/null)\n\
                 export STAND_IN_REFUSES=$(cat '{here}/refuses' 2>/dev/null)\n\
                 exec '{}' \"$@\"\n",
                tests.join("stand-ins").join(program).display(),
                here = clan.world.at("").display(),
            );
            fs::write(&place, text).unwrap();
            fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
        }
        clan
    }

    pub(crate) fn says(&self, file: &str, text: &str) -> &Self {
        fs::write(self.world.at(file), text).unwrap();
        self
    }

    fn mends(&self) {
        fs::remove_file(self.world.at("broken")).unwrap();
    }

    pub(crate) fn doorstep(&self, args: &[&str]) -> Command {
        let mut command = self.world.doorstep(args);
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.world.at("bin").display()));
        command.env("STAND_IN_ARGUMENTS", self.world.at("arguments"));
        command.env("STAND_IN_LOG", self.world.at("log")).env("STAND_IN_USER", "zoe");
        command.current_dir(self.world.at("fleet"));
        command
    }

    /// What was run to update machines, in order.
    fn updates(&self) -> String {
        let log = fs::read_to_string(self.world.at("log")).unwrap_or_default();
        let lines = log.lines().filter_map(|line| line.strip_prefix("clan machines update "));
        lines.collect::<Vec<_>>().join(", ")
    }

    /// Ada adds zoe to marl, shale and slate, and has them updated; `go_on`: also after one that
    /// fails.
    fn applies(&self, width: u16, height: u16, go_on: bool) -> Person {
        let mut ada = chooses(Seat::of(width, height).runs(&self.doorstep(&[])));
        plans(&mut ada, go_on);
        ada.types("a");
        ada
    }
}

/// Ada goes through the second door, up to zoe's machines.
pub(crate) fn chooses(mut ada: Person) -> Person {
    ada.sees("Add somebody").types("2").sees("Who is this home for?");
    ada.types("zoe<enter>Zoe<enter>zoe@example.com<enter><enter>");
    ada.sees("▸[ Continue ]").types("<enter>").sees("On which machines does zoe get a home?");
    // marl, quartz, shale and slate, in this order.
    ada.types("<space><down><down><space><down><space>").sees("3 of 4 chosen");
    ada
}

/// From the machines to the plan, with their updates.
pub(crate) fn plans(ada: &mut Person, go_on: bool) {
    ada.types("<s-tab><s-tab>").sees("▸[ Continue ]").types("<enter>");
    ada.sees("Which features do you want?").sees("▸[ Continue ]").types("<enter>");
    ada.sees("1 thing left here: the public key").pastes(KEY).types("<enter>");
    ada.sees("▸[ Continue ]").types("<enter>").sees("Which secrets should be ready");
    ada.sees("▸[ Continue ]").types("<enter>").sees("Apply 6 steps");
    to(ada, "? Update machines: not");
    ada.types("<enter>").sees("9 Update slate");
    if go_on {
        to(ada, "? If one machine fails");
        ada.types("<enter>").sees("Update 3 machines");
    }
}

/// Down to the row that begins so.
fn to(ada: &mut Person, row: &str) {
    for _ in 0..20 {
        if ada.screen().iter().any(|line| line.contains('▸') && line.contains(row)) {
            return;
        }
        let before = ada.looks().contents();
        ada.types("<down>").sees_that("another row", |screen| screen.contents() != before);
    }
    panic!("{row} is not reached: {:#?}", ada.screen());
}

/// What is told of machines on the last page.
fn machines(ada: &Person) -> Vec<String> {
    let screen = ada.screen();
    let lines = screen.iter().skip_while(|line| !line.contains("What is true now")).skip(1);
    let lines = lines.take_while(|line| !line.contains("last lines"));
    let told = lines.map(|line| line.trim().to_owned());
    told.filter(|line| {
        [" is updated", " is not updated", " is as it was"].iter().any(|w| line.contains(w))
    })
    .collect()
}

#[test]
fn the_queue_stops_at_the_machine_that_fails_and_is_gone_on_with() {
    for (width, height) in [(80, 24), (120, 40)] {
        let clan = Clan::new();
        clan.says("broken", "shale");
        let mut ada = clan.applies(width, height, false);
        ada.sees("✗ Update shale: shale cannot be reached: No route to host");
        ada.sees("Next    See with ssh shale whether it is on and in reach. Then press r.");
        assert_eq!(
            machines(&ada),
            [
                "✓ marl is updated.",
                "✗ shale is not updated: shale cannot be reached: No route to host.",
                "- slate is as it was: Update shale was not done.",
            ]
        );
        assert_eq!(clan.updates(), "marl, shale");
        // Mended, it goes on where it stopped.
        clan.mends();
        ada.types("r").sees("Look it over, then go on.").sees("Update shale").types("a");
        ada.sees("shale and slate are updated.");
        assert_eq!(clan.updates(), "marl, shale, shale, slate");
        ada.types("q").ends().well().sane();
    }
}

#[test]
fn it_goes_on_after_one_and_only_that_is_tried_again() {
    for (width, height) in [(80, 24), (120, 40)] {
        let clan = Clan::new();
        clan.says("broken", "shale");
        let mut ada = clan.applies(width, height, true);
        ada.sees("✗ Update 3 machines: shale cannot be reached");
        assert_eq!(
            machines(&ada),
            [
                "✓ marl is updated.",
                "✓ slate is updated.",
                "✗ shale is not updated: shale cannot be reached: No route to host.",
            ]
        );
        assert_eq!(clan.updates(), "marl shale slate");
        // Left like that it is no success, and can be gone on with from anywhere.
        let left = ada.types("<c-c>").ends().with(1).sane();
        assert!(left.text.contains("marl and slate are updated, shale is not."), "{}", left.text);
        clan.mends();
        let resumed = run(&mut clan.doorstep(&["resume"])).expect(0);
        assert!(resumed.stdout.contains("shale is updated."), "{}", resumed.stdout);
        assert_eq!(clan.updates(), "marl shale slate, shale");
    }
}

#[test]
fn what_ssh_asks_is_asked_on_the_terminal_itself() {
    for (answer, is_updated) in [("yes", true), ("no", false)] {
        let clan = Clan::new();
        clan.says("broken", "shale").says("refuses", "unknown-key");
        let mut ada = clan.applies(80, 24, false);
        ada.sees("doorstep has stepped aside: a command needs you.");
        ada.sees("clan machines update shale").sees("shale: the answer?");
        ada.types(answer).types("<enter>");
        if is_updated {
            ada.sees("marl, shale and slate are updated.").types("q").ends().well().sane();
        } else {
            ada.sees("✗ Update shale").sees("✓ marl is updated.");
            ada.sees("- slate is as it was").types("<c-c>").ends().with(1).sane();
        }
    }
}

#[test]
fn what_sudo_asks_on_a_machine_is_asked_too() {
    let clan = Clan::new();
    let machines = clan.world.at("fleet/modules/clan/inventory/machines.nix");
    let text = fs::read_to_string(&machines).unwrap();
    fs::write(&machines, text.replace("root@shale", "ada@shale")).unwrap();
    clan.says("broken", "shale").says("refuses", "sudo");
    let mut ada = clan.applies(80, 24, false);
    ada.sees("doorstep has stepped aside: a command needs you.").sees("shale: the answer?");
    ada.types("yes<enter>").sees("marl, shale and slate are updated.");
    let log = fs::read_to_string(clan.world.at("log")).unwrap();
    assert!(log.contains("-- ada@shale.example.net sudo -n true\n"), "{log}");
    ada.types("q").ends().well().sane();
}
