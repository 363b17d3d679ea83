//! What an administrator gets wrong, as it is met in the full screen, by ear and with a file.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use base64::Engine as _;
use doorstep::key::Identity;

use super::pty::{Person, Seat};
use super::world::{Ran, World, run, tool};

/// An administrator in one of the fixture fleets.
pub(crate) struct Place {
    pub(crate) world: World,
    zoe: Identity,
}

impl Place {
    pub(crate) fn new(fleet: &str) -> Self {
        let world = World::new();
        let fixture = format!("{}/tests/fleets/{fleet}", env!("CARGO_MANIFEST_DIR"));
        run(tool("cp", ["-R", fixture.as_str()]).arg(world.at("fleet"))).expect(0);
        let place = Self { world, zoe: Identity::generate() };
        place.git(&["init", "--quiet"]);
        place.git(&["add", "--all"]);
        place.git(&["commit", "--quiet", "--message", "All of it"]);
        place
    }

    pub(crate) fn fleet(&self) -> PathBuf {
        self.world.at("fleet")
    }

    pub(crate) fn git(&self, args: &[&str]) {
        let who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
        let mut git = tool("git", who);
        run(git.args(args).current_dir(self.fleet())).expect(0);
    }

    fn merges(&self) {
        let head = run(tool("git", ["rev-parse", "HEAD"]).current_dir(self.fleet())).expect(0);
        fs::write(self.fleet().join(".git/MERGE_HEAD"), head.stdout).unwrap();
    }

    pub(crate) fn doorstep(&self, args: &[&str]) -> Command {
        let mut command = self.world.doorstep(args);
        command.current_dir(self.fleet()).env("USER", "ada").env("LOGNAME", "ada");
        command
    }

    /// The full screen.
    pub(crate) fn looks(&self) -> Person {
        Seat::of(80, 24).runs(&self.doorstep(&[]))
    }

    /// The questions one line after the other.
    pub(crate) fn hears(&self) -> Person {
        Seat::of(100, 40).runs(self.doorstep(&[]).env("ACCESSIBLE", "1"))
    }

    /// With zoe's answers, and those given.
    fn file(&self, answers: &str) -> Ran {
        let file = self.world.at("zoe.yaml");
        let zoe = format!(
            "username: zoe\nname: Zoe\nemail: zoe@example.com\nkey: {}\n{answers}",
            self.zoe.recipient()
        );
        fs::write(&file, zoe).unwrap();
        run(&mut self.doorstep(&["plan", "--answers", file.to_str().unwrap()]))
    }
}

/// Through the second door of the full screen, up to the machines.
pub(crate) fn names_zoe(ada: &mut Person) {
    ada.sees("Add somebody").types("2").sees("Who is this home for?");
    ada.types("zoe<enter>Zoe<enter>zoe@example.com<enter><enter>");
    ada.sees("▸[ Continue ]").types("<enter>").sees("On which machines does zoe get a home?");
}

/// Waits until something was asked and a line is waited for.
pub(crate) fn answers(ada: &mut Person, question: &str, answer: &str) {
    ada.sees(question).sees_that("the prompt", |screen| {
        let row = screen.cursor_position().0;
        screen.contents_between(row, 0, row, screen.size().1.get()).trim_end() == ">"
    });
    ada.types(answer).types("<enter>");
}

/// Through the second door by ear, up to the machines.
pub(crate) fn names_zoe_by_ear(ada: &mut Person) {
    answers(ada, "Add somebody", "2");
    answers(ada, "User name.", "zoe");
    answers(ada, "Full name.", "Zoe");
    answers(ada, "Email.", "zoe@example.com");
    answers(ada, "Public SSH keys.", "");
    answers(ada, "Who puts zoe's home in place?", "");
}

#[test]
fn a_machine_that_cannot_be_edited_gives_its_lines() {
    let place = Place::new("guide");
    let file = place.fleet().join("modules/machines/nixos/marl.nix");
    let mut ada = place.looks();
    names_zoe(&mut ada);
    // basalt, flint, marl and quartz, in this order.
    ada.types("<down><down><space>").sees("1 of 4 chosen");
    ada.types("<s-tab><s-tab>").sees("▸[ Continue ]").types("<enter>");
    ada.sees("Which features do you want?").sees("▸[ Continue ]").types("<enter>");
    ada.sees("1 thing left here: the public key");
    ada.pastes(place.zoe.recipient().as_str()).types("<enter><enter>");
    ada.sees("Which secrets should be ready for zoe?").sees("▸[ Continue ]").types("<enter>");
    ada.sees("No plan can be made of these answers.").sees("nobody is bound there");
    ada.sees("users.users.zoe = {").sees("isNormalUser = true;").sees("home-manager.users.zoe");
    ada.types("c").sees("copy it");
    let copied = ada.copied().pop().expect("something was copied");
    let copied = base64::engine::general_purpose::STANDARD.decode(copied).unwrap();
    let lines = String::from_utf8(copied).unwrap();
    assert!(lines.starts_with("users.users.zoe = {\n  isNormalUser = true;\n};\n"), "{lines}");
    // They are pasted, as was said, and the plan is made with them there.
    let text = fs::read_to_string(&file).unwrap();
    let end = text.trim_end().strip_suffix("};\n}").unwrap().to_owned();
    fs::write(&file, format!("{end}{lines}  }};\n}}\n")).unwrap();
    ada.types("r").sees("Nothing has been changed yet.").sees("Apply");
    ada.types("<c-c>").sees("Leave?").types("<right><right><enter>").ends().well().sane();

    let place = Place::new("guide");
    let mut ada = place.hears();
    names_zoe_by_ear(&mut ada);
    answers(&mut ada, "On which machines does zoe get a home?", "marll");
    answers(&mut ada, "`marll` is not a machine of this fleet. Did you mean marl?", "marl");
    answers(&mut ada, "marl is now chosen.", "");
    answers(&mut ada, "Which account does zoe get?", "rest");
    answers(&mut ada, "Public key:", place.zoe.recipient().as_str());
    ada.sees("marl.nix` cannot be changed safely").sees("users.users.zoe = {");
    answers(&mut ada, "Nothing has been changed.", "again");
    answers(&mut ada, "Nothing in the fleet has changed since.", "");
    ada.sees("Type again, back or quit.");
    let file = place.fleet().join("modules/machines/nixos/marl.nix");
    let text = fs::read_to_string(&file).unwrap();
    let end = text.trim_end().strip_suffix("};\n}").unwrap().to_owned();
    fs::write(&file, format!("{end}{lines}  }};\n}}\n")).unwrap();
    ada.types("again<enter>").sees("Review.").sees("Type a number to hear more");
    answers(&mut ada, "There is no suggestion here.", "apply");
    ada.sees("Everything is prepared. The home of zoe becomes active when");
    answers(&mut ada, "Enter to leave.", "");
    ada.ends().well().sane();

    let place = Place::new("guide");
    let ran = place.file("hosts: [marl]\n").expect(1);
    assert!(ran.stderr.contains("marl.nix` cannot be changed safely"), "{}", ran.stderr);
    assert!(ran.stderr.contains("\n  users.users.zoe = {\n"), "{}", ran.stderr);
}

#[test]
fn a_machine_whose_people_come_from_a_function_gives_its_lines_too() {
    let place = Place::new("helper");
    let mut ada = place.looks();
    names_zoe(&mut ada);
    ada.sees("its users come from mkSystem").types("<space>").sees("1 of 2 chosen");
    // Standalone changes no machine, and so is one key away.
    ada.types("<tab><right>").sees("(*) standalone");
    ada.types("<c-c>").sees("Leave?").types("<right><right><enter>").ends().well().sane();
    let ran = place.file("hosts: [dune]\nreaders: []\n").expect(1);
    assert!(ran.stderr.contains("its users come from mkSystem (line 10)"), "{}", ran.stderr);
    let said = "paste these lines into the module of dune, in `";
    let (place_named, lines) = ran.stderr.split_once(said).unwrap().1.split_once("`:\n").unwrap();
    assert!(place_named.ends_with("machines/dune.nix"), "{place_named}");
    assert!(ran.stderr.contains("mode: standalone"), "{}", ran.stderr);
    // They are pasted, as was said, and dune needs nothing more.
    let lines = lines.split("hint:").next().unwrap();
    let file = place.fleet().join("machines/dune.nix");
    let text = fs::read_to_string(&file).unwrap();
    let text = text.trim_end().strip_suffix('}').unwrap();
    fs::write(&file, format!("{text}{lines}}}\n")).unwrap();
    let ran = place.file("hosts: [dune]\n").expect(0);
    assert!(ran.stdout.contains("Everything is already so"), "{}", ran.stdout);
}

#[test]
fn a_private_key_is_refused_wherever_it_is_pasted() {
    let place = Place::new("guide");
    let secret = place.zoe.secret_text();
    for field in ["", "<enter>", "<enter><enter>", "<enter><enter><enter>"] {
        let mut ada = place.looks();
        ada.sees("Add somebody").types("2").sees("Who is this home for?").types(field);
        ada.pastes(&secret).sees("That is a private key; it was not kept or shown.");
        let shown = String::from_utf8_lossy(&ada.output()).into_owned();
        assert!(!shown.contains(secret.as_str()));
        ada.types("<c-c>").ends().well().sane();
    }
    let file = place.world.at("zoe.yaml");
    for line in [format!("key: {}", *secret), format!("ssh_keys: [\"{}\"]", *secret)] {
        fs::write(&file, format!("username: zoe\n{line}\n")).unwrap();
        let ran = run(&mut place.doorstep(&["plan", "--answers", file.to_str().unwrap()]));
        let said = ran.stdout.clone() + &ran.stderr;
        assert!(
            said.contains("line 2 of") && said.contains("a private key stands there"),
            "{said}"
        );
        assert!(said.contains("make a new key"), "{said}");
        assert!(!said.contains(secret.as_str()));
    }
    // A file that turns out to hold one.
    let keys = place.world.at("zoe.keys");
    fs::write(&keys, secret.as_str()).unwrap();
    let text = format!("username: zoe\nkey: {{ file: {} }}\nhosts: [basalt]\n", keys.display());
    fs::write(&file, format!("{text}name: Zoe\nemail: zoe@example.com\n")).unwrap();
    let ran = run(&mut place.doorstep(&["plan", "--answers", file.to_str().unwrap()]));
    let said = ran.stdout.clone() + &ran.stderr;
    assert!(ran.code != 0 && said.contains("private key"), "{said}");
    assert!(!said.contains(secret.as_str()));
}

#[test]
fn a_merge_under_way_is_said_before_anything_is_asked() {
    let place = Place::new("guide");
    place.merges();
    let mut ada = place.looks();
    ada.sees("is in the middle of a merge").types("q").ends().well().sane();
    let mut ada = place.hears();
    ada.sees("is in the middle of a merge").sees("Add somebody");
    answers(&mut ada, "Add somebody", "quit");
    ada.ends().sane();
    let ran = place.file("hosts: [basalt]\ncommit: one\n");
    assert!(ran.stderr.contains("is in the middle of a merge"), "{}", ran.stderr);
}

#[test]
fn slips_in_a_file_are_told_at_once_with_what_was_meant() {
    let place = Place::new("clan-files");
    let hosts = |hosts: &str| place.file(&format!("hosts: [{hosts}]\n")).expect(2).stderr;
    let said = hosts("quarz");
    assert!(said.contains("Did you mean quartz?"), "{said}");
    let said = hosts("tag:cloudy");
    assert!(said.contains("`cloudy` is not a tag of the clan. Did you mean cloud?"), "{said}");
    // Groups of an instance reach a Mac as well, which heeds none of them.
    let ran = place.file("hosts: [all]\n").expect(0);
    assert!(ran.stdout.contains("Add clan account"), "{}", ran.stdout);
}

#[test]
fn who_is_there_already_gets_what_is_missing() {
    let place = Place::new("guide");
    let mut ada = place.looks();
    ada.sees("Add somebody").types("2").sees("Who is this home for?").types("kai<enter>");
    ada.sees("In this fleet already, on basalt and flint.").types("<c-c>");
    ada.sees("Leave?").types("<right><right><enter>").ends().well().sane();
    let mut ada = place.hears();
    answers(&mut ada, "Add somebody", "2");
    answers(&mut ada, "User name.", "kai");
    ada.sees("In this fleet already, on basalt and flint.");
    answers(&mut ada, "Full name.", "quit");
    answers(&mut ada, "Save the answers, then leave.", "3");
    ada.ends().well().sane();
    let file = place.world.at("kai.yaml");
    let plan = |hosts: &str| {
        fs::write(&file, format!("username: kai\nhosts: [{hosts}]\n")).unwrap();
        run(&mut place.doorstep(&["plan", "--answers", file.to_str().unwrap()])).expect(0).stdout
    };
    assert!(plan("basalt").contains("Everything is already so"), "{}", plan("basalt"));
    let more = plan("basalt, quartz");
    assert!(more.contains("Add kai to machines") && !more.contains("Write home module"), "{more}");
}
