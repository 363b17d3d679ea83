//! Each program from its plan to what runs afterwards.

use std::fs;
use std::path::Path;

use doorstep::activate::backend::{Backend, Context, Goal, Home, System, system};
use doorstep::activate::package_link;
use doorstep::activate::update::{Asked, What, Wish};
use doorstep::event::Event;
use doorstep::fleet::Platform;
use doorstep::front::End;
use doorstep::host::Os;
use doorstep::plan::Step;
use doorstep::receipt::Receipt;

use super::world::World;

/// The steps for the machine that this is, or for these.
fn machines(world: &World, names: &[&str], back: bool, backend: Backend) -> Vec<Step> {
    let host = world.host();
    let (fleet, profile) = (world.at("fleet"), world.at("current-system"));
    let package = host.receipts_dir().join("built-machine");
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let system = System {
        machines: &names,
        platform: Platform::of(world.os),
        is_here: names == [host.name.as_str()],
        deploy: (backend == Backend::Clan).then_some("clan"),
        addresses: &names,
        package: &package,
        profile: &profile,
    };
    let cx = context(&host, &fleet, Goal::System(system));
    if back { system::back(&cx, &system).unwrap() } else { backend.steps(&cx).unwrap() }
}

fn home(world: &World, backend: Backend) -> Vec<Step> {
    let host = world.host();
    let (fleet, package) = (world.at("fleet"), package_link(&host, "zoe"));
    let home = Home {
        user: "zoe",
        output: "homeConfigurations",
        configuration: "zoe@quartz",
        package: &package,
    };
    backend.steps(&context(&host, &fleet, Goal::Home(home))).unwrap()
}

fn context<'a>(host: &'a doorstep::host::Host, fleet: &'a Path, goal: Goal<'a>) -> Context<'a> {
    let is_nixos = host.os == Os::Linux;
    Context { host, fleet, goal, nix: &[], network: false, is_nixos }
}

const BOTH: [Os; 2] = [Os::Darwin, Os::Linux];

#[test]
fn a_home_is_activated_by_home_manager_and_by_itself() {
    for os in BOTH {
        for backend in [Backend::Nix, Backend::HomeManager] {
            let mut world = World::new(os);
            let generation = world.at("generation").into_os_string();
            world.env.insert("STAND_IN_BUILT".to_owned(), generation);
            let (finish, heard) = world.carry_out(What::Home, home(&world, backend));
            assert_eq!(finish.end, End::Done, "{os:?} {backend:?}: {finish:?}");
            assert_eq!(heard.lines(), ["Activating writeBoundary"]);
            assert!(world.at("home/.zshrc").is_symlink());
            if backend == Backend::HomeManager {
                let fleet = world.at("fleet");
                // An older Nix: its records come by standard error.
                let told = format!(
                    "switch --flake {}#zoe@quartz --log-format internal-json",
                    fleet.display()
                );
                assert_eq!(world.arguments(), told);
            }
        }
    }
}

#[test]
fn a_machine_is_switched_and_goes_back() {
    for (os, backend, name) in [
        (Os::Darwin, Backend::DarwinRebuild, "quartz"),
        (Os::Linux, Backend::NixosRebuild, "slate"),
    ] {
        let world = World::new(os);
        let (finish, heard) =
            world.carry_out(What::System, machines(&world, &[name], false, backend));
        assert_eq!(finish.end, End::Done, "{finish:?} {:?}", heard.events);
        assert_eq!(finish.heading, format!("{name} is switched."));
        assert_eq!(world.runs(), "new");
        assert!(!heard.lines().is_empty());
        let flake = format!("switch --flake {}#{name}", world.at("fleet").display());
        assert!(world.arguments().starts_with(&flake), "{}", world.arguments());

        let (finish, heard) =
            world.carry_out(What::System, machines(&world, &[name], true, backend));
        assert_eq!(finish.end, End::Done, "{finish:?} {:?}", heard.events);
        assert_eq!(world.runs(), "old");
    }
}

#[test]
fn undo_leaves_a_switch_to_an_administrator_and_says_so() {
    let world = World::new(Os::Linux);
    let steps = machines(&world, &["slate"], false, Backend::NixosRebuild);
    let (finish, _) = world.carry_out(What::System, steps);
    let mut heard = super::world::Heard::default();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let mut attend = doorstep::front::headless::Unattended {
        reports: vec![&mut heard],
        in_the_way: doorstep::activate::InTheWayChoice::Stop,
        stop: &stop,
    };
    let mut runner = doorstep::run::Real::new(world.env.clone());
    let taken =
        doorstep::undo::undo(&finish.receipt.unwrap(), &mut runner, &mut attend, &|_| ()).unwrap();
    let sentence = taken.sentence();
    assert!(sentence.contains("doorstep activate --host slate --rollback"), "{sentence}");
    assert_eq!(world.runs(), "new");
}

#[test]
fn a_unit_that_fails_is_never_a_success() {
    // Told by the switch itself: it ends with 4 although all is in place.
    let mut world = World::new(Os::Linux);
    world.env.insert("STAND_IN_FAILED_UNIT".to_owned(), "nginx.service".into());
    let steps = machines(&world, &["slate"], false, Backend::NixosRebuild);
    let (finish, heard) = world.carry_out(What::System, steps);
    assert_eq!(finish.end, End::Failed);
    // And it is not said to run what it ran before.
    assert_eq!(world.runs(), "new");
    let heading = "Switch to it failed. slate is updated, but not all went well there.";
    assert_eq!(finish.heading, heading);
    let checked = |event: &Event| matches!(event, Event::Checked(checked) if checked.words.starts_with("slate is updated, but not all went well: "));
    assert!(heard.events.iter().any(checked), "{:?}", heard.events);

    // Told by nobody but systemd: the switch ends well.
    let world = World::new(Os::Linux);
    world.script("bin/break", "#!/bin/sh\necho nginx.service > \"$STAND_IN_SYSTEMD/failed\"\n");
    let real = fs::canonicalize(world.at("bin/nixos-rebuild")).unwrap();
    fs::remove_file(world.at("bin/nixos-rebuild")).unwrap();
    world.script(
        "bin/nixos-rebuild",
        &format!(
            "#!/bin/sh\nbreak_it=1; '{}' \"$@\" && exec \"$(dirname \"$0\")/break\"\n",
            real.display()
        ),
    );
    let steps = machines(&world, &["slate"], false, Backend::NixosRebuild);
    let (finish, _) = world.carry_out(What::System, steps);
    assert_eq!(finish.end, End::Failed);
    assert_eq!(finish.heading, "Activated, but these units failed: nginx.service.");
}

#[test]
fn machines_of_a_clan_are_told_apart_and_one_that_fails_is_a_failure() {
    for broken in [None, Some("basalt")] {
        let mut world = World::new(Os::Linux);
        // Nothing will be asked: both can be reached.
        world.script("bin/ssh", "#!/bin/sh\n");
        if let Some(broken) = broken {
            world.env.insert("STAND_IN_BROKEN".to_owned(), broken.into());
        }
        let steps = machines(&world, &["slate", "basalt"], false, Backend::Clan);
        let (finish, heard) = world.carry_out(What::System, steps);
        assert_eq!(world.arguments(), "machines update slate basalt");
        assert!(heard.lines().contains(&"[slate] activating the configuration..."));
        let (end, heading) = match broken {
            Some(_) => (End::Failed, "Update machines failed. slate is updated, basalt is not."),
            None => (End::Done, "slate and basalt are updated."),
        };
        assert_eq!((finish.end, finish.heading.as_str()), (end, heading), "{finish:?}");
        // What is gone on with is what is left.
        let receipt = Receipt::read(&finish.receipt.unwrap()).unwrap();
        let hosts = vec!["slate".to_owned(), "basalt".to_owned()];
        let asked = Asked { activate: Wish { hosts: hosts.clone(), ..Wish::default() } };
        let left = asked.left(&receipt).hosts;
        assert_eq!(left, if broken.is_some() { hosts[1..].to_vec() } else { hosts });
    }
}

#[test]
fn without_a_terminal_what_must_ask_is_refused_before_it_begins() {
    // No machine answers without asking, and a test has no terminal of its own; where the whole
    // suite is run at one, this would wait there.
    if fs::File::open("/dev/tty").is_ok() {
        return;
    }
    let world = World::new(Os::Linux);
    world.script("bin/ssh", "#!/bin/sh\nexit 255\n");
    let steps = machines(&world, &["basalt"], false, Backend::Clan);
    let (finish, heard) = world.carry_out(What::System, steps);
    assert_eq!(finish.end, End::Failed);
    let why = format!("{:?}", heard.events);
    assert!(why.contains("`clan` has to ask you, and there is no terminal"), "{why}");
    assert!(why.contains("basalt is as it was: clan has to ask you"), "{why}");
    assert!(!heard.said().iter().any(|words| words.contains("The terminal is for")));

    // Of several each has its own end: one that would ask keeps no other waiting.
    let steps = machines(&world, &["slate", "basalt"], false, Backend::Clan);
    let (finish, heard) = world.carry_out(What::System, steps);
    assert_eq!(finish.end, End::Done);
    assert!(heard.said().iter().any(|words| words.starts_with("There is no terminal: ")));
}
