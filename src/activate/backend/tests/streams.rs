//! Every backend carried out on both platforms with recorded streams: exactly what is run, in which
//! order, and what is understood of what the programs say. Nothing is really run.
//!
//! The streams of Nix, home-manager and nh are recordings (`tests/nix-logs`). Those of
//! darwin-rebuild, nixos-rebuild and clan are written after their sources, which each names.

use super::*;
use crate::activate::follow::follow;
use crate::activate::kept_log::KeptLog;
use crate::activate::nix_log::{Build, Counts};
use crate::activate::{InTheWay, InTheWayChoice};
use crate::apply::{Attend, HandOver};
use crate::event::Event;
use crate::front::headless::view;
use crate::run::Scripted;

/// modules/system/activation-scripts.nix of nix-darwin, in its order.
const MAC: &str = "building the system configuration...\n\
                   setting up groups...\nsetting up users...\nsetting up /Applications/Nix Apps...\n\
                   applying patches...\nsetting up /etc...\nuser defaults...\n\
                   setting up launchd services...\n";

/// switch-to-configuration-ng of nixpkgs.
const NIXOS: &str = "building the system configuration...\n\
                     stopping the following units: nginx.service\n\
                     activating the configuration...\nsetting up /etc...\n\
                     reloading user units for zoe...\nrestarting sysinit-reactivation.target\n\
                     the following new units were started: tool.service\n";

/// clan_lib/machines/update.py: each machine's lines are marked, and come as they come.
const CLAN: &str = "[slate] building '/nix/store/00000000000000000000000000000000-nixos-system-slate.drv'...\n\
                    [basalt] ssh: connect to host basalt port 22: No route to host\n\
                    [slate] activating the configuration...\n\
                    [onyx] activating the configuration...\n\
                    [slate] setting up /etc...\n\
                    [onyx] error: builder for '/nix/store/00000000000000000000000000000000-etc.drv' failed with exit code 2;\n\
                    [slate] reloading user units for zoe...\n\
                    [onyx]        last 1 log lines:\n\
                    [onyx]        > no space left\n\
                    [basalt] failed with error: failed to upload sources\n\
                    [onyx] failed with error: nix build failed for 'onyx' (exit code 1).\n\
                    2 hosts failed with an error. Check the logs above\n";

fn recorded(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/nix-logs/");
    fs::read_to_string(format!("{folder}{name}")).unwrap()
}

/// Folds what is told, as a front end does, one build a command.
#[derive(Default)]
struct Screen {
    builds: Vec<(&'static str, Build)>,
    handed_over: Vec<String>,
}

impl Attend for Screen {
    fn event(&mut self, event: Event) {
        let Some((_, build)) = self.builds.last_mut() else { return };
        let at = std::time::Duration::ZERO;
        match event {
            Event::Line { text, .. } => build.line(at, &text),
            Event::Nix { record, .. } => build.record(at, &record),
            _ => {}
        }
    }

    fn in_the_way(&mut self, _: &[InTheWay]) -> InTheWayChoice {
        InTheWayChoice::Stop
    }

    fn stop(&mut self) -> bool {
        false
    }

    fn hand_over(&mut self, hand: &HandOver) {
        self.handed_over.push(hand.command.clone());
    }
}

impl Screen {
    fn build(&self, step: &str) -> &Build {
        &self.builds.iter().find(|(id, _)| *id == step).unwrap().1
    }

    fn phases(&self, step: &str) -> Vec<String> {
        let name = |phase: &crate::activate::nix_log::Phase| match &phase.machine {
            Some(machine) => format!("{machine}: {}", phase.name),
            None => phase.name.clone(),
        };
        self.build(step).phases().iter().map(name).collect()
    }
}

/// A command that is expected, how it ends, and what it prints.
struct Reply<'a>(&'a str, i32, &'a str, &'a str);

/// Carries out the commands of `steps`, one after the other, until one fails. Gives what was run,
/// with the folder of the test left out.
fn carried_out(
    desk: &Desk,
    steps: Vec<Step>,
    replies: &[Reply],
) -> (Vec<String>, Screen, Result<(), Problem>) {
    let reply = |runner: Scripted, Reply(typed, code, out, err): &Reply| {
        runner.expect(&desk.inside(typed), *code, out, err)
    };
    let mut runner = replies.iter().fold(Scripted::default(), reply);
    let mut screen = Screen::default();
    let mut end = Ok(());
    for step in &steps {
        let command = step.command().expect("a step of a backend is a command");
        screen.builds.push((step.id, Build::of_command(&command.typed())));
        end = follow(command, step.id, &mut runner, &mut screen, &mut KeptLog::nowhere());
        screen.builds.last_mut().unwrap().1.ended(std::time::Duration::ZERO, end.is_ok());
        if end.is_err() {
            break;
        }
    }
    (runner.ran.iter().map(|typed| desk.plain(typed)).collect(), screen, end)
}

impl Desk {
    /// `/fleet` and `/bin` as they are in the folder of the test.
    fn inside(&self, typed: &str) -> String {
        let folder = self.folder.path().display();
        typed
            .replace("/fleet", &format!("{folder}/fleet"))
            .replace(" /bin/", &format!(" {folder}/bin/"))
    }
}

const HOME: &str = "nix --extra-experimental-features 'nix-command flakes' build '/fleet#homeConfigurations.\"zoe@aarch64-darwin\".activationPackage' --print-build-logs --out-link /state/built-zoe";
const BUILT: Counts = Counts { done: 3, failed: 0, running: 0, waiting: 0 };

#[test]
fn a_home_is_built_activated_and_understood() {
    let ok = recorded("2.34-ok.stderr");
    let (nh_out, nh_err) = (recorded("nh-ok.stdout"), recorded("nh-ok.stderr"));
    let script = "Starting Home Manager activation\nActivating checkFilesChanged\n\
                  Activating writeBoundary\nActivating linkGeneration\nActivating sops-nix\n";
    let own = ["checkFilesChanged", "writeBoundary", "linkGeneration", "sops-nix"];
    let nhs = ["checkLinkTargets", "writeBoundary", "linkGeneration", "sops-nix"];
    for os in [Os::Darwin, Os::Linux] {
        let desk = Desk::new(os, &["nix", "home-manager", "nh"]);
        for (backend, typed, out, err, phases) in [
            (Backend::Nix, "/state/built-zoe/activate", script, "", own),
            (
                Backend::HomeManager,
                "home-manager switch --flake /fleet#zoe@aarch64-darwin",
                script,
                "",
                own,
            ),
            (
                Backend::Nh,
                "nh home switch --no-nom -c zoe@aarch64-darwin /fleet",
                &nh_out,
                &nh_err,
                nhs,
            ),
        ] {
            let steps = desk.home(|cx| backend.steps(cx)).unwrap();
            let replies = [Reply(HOME, 0, "", &ok), Reply(typed, 0, out, err)];
            let (ran, screen, end) = carried_out(&desk, steps, &replies);
            end.unwrap();
            assert_eq!(ran, [HOME, typed], "{os:?}");
            assert_eq!(screen.build("build").builds(), BUILT);
            assert_eq!(screen.phases("activate"), phases, "{os:?} {backend:?}");
            assert!(screen.handed_over.is_empty());
        }
        // nh builds once more: what its Nix says comes by standard output.
        let steps = desk.home(|cx| Backend::Nh.steps(cx)).unwrap();
        let replies = [Reply(HOME, 0, "", &ok), Reply("nh home", 0, &nh_out, &nh_err)];
        let (_, screen, _) = carried_out(&desk, steps, &replies);
        assert_eq!(screen.build("activate").builds().done, 1);
    }
}

#[test]
fn a_home_that_fails_on_the_way_ends_there() {
    let (ok, fail) = (recorded("2.34-ok.stderr"), recorded("2.34-fail.stderr"));
    let in_the_way = recorded("nh-in-the-way.stdout");
    let chain = recorded("nh-in-the-way.stderr");
    let clobbered = recorded("hm-switch-jlp.stderr");
    for os in [Os::Darwin, Os::Linux] {
        let desk = Desk::new(os, &["nix", "home-manager", "nh"]);
        for backend in [Backend::Nix, Backend::HomeManager, Backend::Nh] {
            let steps = desk.home(|cx| backend.steps(cx)).unwrap();
            let (ran, _, end) = carried_out(&desk, steps, &[Reply(HOME, 1, "", &fail)]);
            assert_eq!(ran, [HOME], "what failed to build is not activated");
            let what = end.unwrap_err().what;
            assert_eq!(what, "`bad` could not be built: builder failed with exit code 3");
        }
        for (backend, out, err, file) in [
            (Backend::HomeManager, "", clobbered.as_str(), "/home/x/.zshrc"),
            (Backend::Nh, in_the_way.as_str(), chain.as_str(), "/home/zoe/.zshrc"),
        ] {
            let steps = desk.home(|cx| backend.steps(cx)).unwrap();
            let replies = [Reply(HOME, 0, "", &ok), Reply("", 1, out, err)];
            let (_, _, end) = carried_out(&desk, steps, &replies);
            let what = end.unwrap_err().what;
            assert_eq!(what, format!("`{file}`: the file is there already and would be replaced"));
        }
    }
}

#[test]
fn a_program_that_is_missing_is_run_from_the_fleets_lock() {
    let ok = recorded("2.34-ok.stderr");
    for os in [Os::Darwin, Os::Linux] {
        let desk = Desk::new(os, &["nix"]);
        for (backend, typed) in [
            (
                Backend::HomeManager,
                "nix --extra-experimental-features 'nix-command flakes' run github:nix-community/home-manager/ec1a8fdf#home-manager -- switch --flake /fleet#zoe@aarch64-darwin",
            ),
            (
                Backend::Nh,
                "nix --extra-experimental-features 'nix-command flakes' run github:NixOS/nixpkgs/n1x#nh -- home switch --no-nom -c zoe@aarch64-darwin /fleet",
            ),
        ] {
            let steps = desk.home(|cx| backend.steps(cx)).unwrap();
            let replies = [Reply(HOME, 0, "", &ok), Reply(typed, 0, "Activating sops-nix\n", "")];
            let (ran, screen, end) = carried_out(&desk, steps, &replies);
            end.unwrap();
            assert_eq!(ran, [HOME, typed]);
            assert_eq!(screen.phases("activate"), ["sops-nix"]);
        }
        let mut desk = desk;
        desk.deploy = Some("clan");
        let typed = "nix --extra-experimental-features 'nix-command flakes' run https://git.example.org/clan/archive/c1a2.tar.gz#clan-cli -- machines update";
        let steps = desk.system(|cx| Backend::Clan.steps(cx)).unwrap();
        let (ran, ..) = carried_out(&desk, steps, &[Reply(typed, 0, "", "")]);
        assert_eq!(ran, [format!("{typed} {}", desk.host.name)]);
    }
}

#[test]
fn a_machine_is_built_as_the_person_and_then_switched_with_rights() {
    const MAC_BUILD: &str = "nix --extra-experimental-features 'nix-command flakes' build /fleet#darwinConfigurations.quartz.system --print-build-logs --out-link /state/built-machine";
    const NIXOS_BUILD: &str = "nix --extra-experimental-features 'nix-command flakes' build /fleet#nixosConfigurations.slate.config.system.build.toplevel --print-build-logs --out-link /state/built-machine";
    let ok = recorded("2.34-ok.stderr");
    let mac = [
        "setting up groups",
        "setting up users",
        "setting up /Applications/Nix Apps",
        "applying patches",
        "setting up /etc",
        "user defaults",
        "setting up launchd services",
    ];
    let nixos = ["activating the configuration", "setting up /etc", "reloading user units for zoe"];
    for (os, backend, build, switch, said, phases) in [
        (
            Os::Darwin,
            Backend::DarwinRebuild,
            MAC_BUILD,
            "sudo -H /bin/darwin-rebuild switch --flake /fleet#quartz",
            MAC,
            &mac[..],
        ),
        (
            Os::Darwin,
            Backend::NhDarwin,
            MAC_BUILD,
            "nh darwin switch --no-nom -H quartz /fleet",
            MAC,
            &mac,
        ),
        (
            Os::Linux,
            Backend::NixosRebuild,
            NIXOS_BUILD,
            "sudo -H /bin/nixos-rebuild switch --flake /fleet#slate",
            NIXOS,
            &nixos,
        ),
        (
            Os::Linux,
            Backend::NhOs,
            NIXOS_BUILD,
            "nh os switch --no-nom -H slate /fleet",
            NIXOS,
            &nixos,
        ),
    ] {
        let desk = Desk::new(os, &["nix", "darwin-rebuild", "nixos-rebuild", "nh"]);
        let steps = || desk.system(|cx| backend.steps(cx)).unwrap();
        let rights = "sudo -n true";
        let replies = [
            Reply(build, 0, "", &ok),
            Reply("sudo -v", 0, "", ""),
            Reply(rights, 0, "", ""),
            Reply(switch, 0, "", said),
        ];
        let (ran, screen, end) = carried_out(&desk, steps(), &replies);
        end.unwrap();
        assert_eq!(ran, [build, "sudo -v", rights, switch]);
        // Only what asks has the terminal; the switch is listened to.
        assert_eq!(screen.handed_over, ["sudo -v"]);
        assert_eq!(screen.build("build").builds(), BUILT);
        assert_eq!(screen.phases("activate"), phases, "{backend:?}");

        let replies = [Reply(build, 0, "", &ok), Reply("sudo -v", 1, "", "")];
        let (ran, _, end) = carried_out(&desk, steps(), &replies);
        assert_eq!(ran, [build, "sudo -v"], "without rights nothing is switched");
        assert_eq!(end.unwrap_err().what, "sudo refused: it gave you no rights");

        // Where rights do not last, the switch gets the terminal.
        let replies = [
            Reply(build, 0, "", &ok),
            Reply("sudo -v", 0, "", ""),
            Reply(rights, 1, "", "sudo: a password is required\n"),
            Reply(switch, 0, "", ""),
        ];
        let (_, screen, end) = carried_out(&desk, steps(), &replies);
        end.unwrap();
        assert_eq!(screen.handed_over.len(), 2);
    }
}

#[test]
fn a_machine_whose_units_failed_is_not_a_success() {
    let ok = recorded("2.34-ok.stderr");
    let desk = Desk::new(Os::Linux, &["nix", "nixos-rebuild"]);
    let steps = desk.system(|cx| Backend::NixosRebuild.steps(cx)).unwrap();
    let said = format!("{NIXOS}warning: the following units failed: nginx.service\n");
    let replies = [
        Reply("nix", 0, "", &ok),
        Reply("sudo -v", 0, "", ""),
        Reply("sudo -n true", 0, "", ""),
        Reply("sudo", 4, "", &said),
    ];
    let (_, _, end) = carried_out(&desk, steps, &replies);
    let problem = end.unwrap_err().to_string();
    assert!(problem.contains("units failed: nginx.service"), "{problem}");
    assert!(problem.contains("exit code 4"), "{problem}");
}

#[test]
fn several_machines_have_a_part_each() {
    const SSH: &str = "ssh -o BatchMode=yes -o ConnectTimeout=10 --";
    for os in [Os::Darwin, Os::Linux] {
        let mut desk = Desk::new(os, &["nix", "clan"]);
        desk.deploy = Some("clan");
        desk.machines = ["slate", "basalt", "onyx"].map(str::to_owned).to_vec();
        desk.addresses = ["root@slate", "root@basalt", "root@onyx"].map(str::to_owned).to_vec();
        let steps = desk.system(|cx| Backend::Clan.steps(cx)).unwrap();
        let probes = desk.addresses.iter().map(|address| format!("{SSH} {address} true"));
        let probes: Vec<String> = probes.collect();
        let unreachable = "ssh: connect to host basalt port 22: No route to host\n";
        let clan = "clan machines update slate basalt onyx";
        let replies = [
            Reply(&probes[0], 0, "", ""),
            Reply(&probes[1], 255, "", unreachable),
            Reply(&probes[2], 0, "", ""),
            Reply(clan, 1, "", CLAN),
        ];
        let (ran, screen, end) = carried_out(&desk, steps, &replies);
        assert_eq!(ran[..3], probes);
        assert_eq!(ran[3], clan);
        assert!(screen.handed_over.is_empty(), "nobody would have been asked");
        insta::allow_duplicates! {
            insta::assert_snapshot!(end.unwrap_err(), @r"
            error: `onyx`: `etc` could not be built: builder failed with exit code 2
            cause: `clan machines update slate basalt onyx` ended with exit code 1
            ");
            let shown = view(screen.build("activate"), std::time::Duration::ZERO).join("\n");
            insta::assert_snapshot!(shown, @r"
            failed: `onyx`: `etc` could not be built: builder failed with exit code 2
            builds: 1 failed
            [slate] activated: activating the configuration, 0 s
            [onyx] ended in: activating the configuration, 0 s
            [slate] activated: setting up /etc, 0 s
            [slate] activated: reloading user units for zoe, 0 s
            [slate] last: reloading user units for zoe...
            [basalt] failed: `basalt` cannot be reached: No route to host
            [onyx] failed: `etc` could not be built: builder failed with exit code 2
            ");
        }
    }
}
