//! One newcomer, from answers to an evaluated home and back.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use doorstep::answers::Mode;
use doorstep::host::Os;
use doorstep::plan::{Change, Plan};
use doorstep::splice;
use serde_json::json;

use crate::world::{Seat, World, picture};

/// A layout's machines, aggregates and habits, as its fixture has them.
struct Habits {
    layout: &'static str,
    mac: &'static str,
    linux: &'static str,
    aggregates: &'static [&'static str],
    /// What only the chosen aggregates bring: an attribute of the home, and its value.
    effect: &'static str,
    secrets: &'static str,
    /// The key's name in `.sops.yaml`.
    anchor: fn(&str, &str) -> String,
    /// The home configuration's name.
    standalone: fn(&str, &str) -> String,
    git: &'static str,
}

fn by_machine(user: &str, machine: &str) -> String {
    format!("{user}-{machine}")
}

fn user_alone(user: &str, _: &str) -> String {
    user.to_owned()
}

const GUIDE: Habits = Habits {
    layout: "guide",
    mac: "basalt",
    linux: "flint",
    aggregates: &["aggregate-core", "aggregate-shell"],
    effect: "programs.zsh.enable",
    secrets: "secrets/users/{user}.sops.yaml",
    anchor: by_machine,
    standalone: user_alone,
    git: "{ inherit (c.programs.git.settings.user) name email; }",
};

const PRACTICE: Habits = Habits { layout: "practice", mac: "quartz", linux: "granite", ..GUIDE };

const HOST_IMPORTS: Habits = Habits {
    layout: "host-imports",
    mac: "opal",
    linux: "slate",
    aggregates: &["core", "shell"],
    effect: "programs.fish.enable",
    git: "{ name = c.programs.git.userName; email = c.programs.git.userEmail; }",
    ..GUIDE
};

const REGISTRY: Habits = Habits {
    layout: "registry",
    mac: "beryl",
    linux: "gabbro",
    aggregates: &["core", "shell"],
    secrets: "secrets/home-manager/users/{user}/secrets.yaml",
    anchor: |user, _| format!("{user}-user"),
    standalone: |user, system| format!("{user}@{system}"),
    ..GUIDE
};

#[test]
fn guide() {
    everywhere(&GUIDE);
}

#[test]
fn practice() {
    everywhere(&PRACTICE);
}

#[test]
fn host_imports() {
    everywhere(&HOST_IMPORTS);
}

#[test]
fn registry() {
    everywhere(&REGISTRY);
}

fn everywhere(habits: &Habits) {
    for user in ["zoe", "zoe.b"] {
        for (machine, os, arch) in
            [(habits.mac, Os::Darwin, "aarch64"), (habits.linux, Os::Linux, "x86_64")]
        {
            for mode in [Mode::Standalone, Mode::Integrated] {
                one(habits, Seat { user, machine, os, arch }, mode);
            }
        }
    }
}

fn one(habits: &Habits, seat: Seat, mode: Mode) {
    let world = World::new(habits.layout, seat);
    let before = picture(&world);
    let mut desk = world.desk();
    let plan = world.plan(&mut desk, world.answers(mode, habits.aggregates));
    assert_eq!(picture(&world), before, "a plan touches nothing");
    shown(&world, &plan, mode);
    let formatted = formatted_before(&plan);

    let receipt = world.apply(&mut desk, &plan);
    nix_files_are_good(&world, &plan, &formatted);
    home_evaluates(&world, habits, mode);
    sops_agrees(&world, habits);
    nothing_is_left_to_do(&world, habits, mode);

    assert_eq!(world.undo(&receipt), "Taken back, byte for byte.");
    assert_eq!(picture(&world), before, "{} {seat:?}", habits.layout);
}

/// The whole plan, for one of the two names.
fn shown(world: &World, plan: &Plan, mode: Mode) {
    if world.seat.user != "zoe" {
        return;
    }
    let mode = if mode == Mode::Standalone { "standalone" } else { "integrated" };
    let name = format!("{}-{mode}-{}", world.layout, world.seat.machine);
    world.shown(&name, plan);
}

/// Edited files that were formatted before.
fn formatted_before(plan: &Plan) -> Vec<PathBuf> {
    let changes = plan.steps.iter().flat_map(|step| &step.changes);
    let formatted = |text: &str| splice::nix::format(text).is_ok_and(|same| same == text);
    changes
        .filter_map(|change| match change {
            Change::Create { path, .. } => Some(path.clone()),
            Change::Edit { path, before, .. } => formatted(before).then(|| path.clone()),
            _ => None,
        })
        .collect()
}

fn nix_files_are_good(world: &World, plan: &Plan, formatted: &[PathBuf]) {
    let changes = plan.steps.iter().flat_map(|step| &step.changes);
    let files: Vec<&Path> = changes
        .filter_map(Change::path)
        .filter(|path| path.extension().is_some_and(|e| e == "nix"))
        .collect();
    assert!(!files.is_empty());
    world.run(Command::new("nix-instantiate").arg("--parse").args(&files));
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        if formatted.iter().any(|f| f == file) {
            assert_eq!(splice::nix::format(&text).unwrap(), text, "{}", file.display());
        }
    }
}

/// The newcomer's home as Nix sees it.
fn home_evaluates(world: &World, habits: &Habits, mode: Mode) {
    let Seat { user, machine, os, .. } = world.seat;
    let system = world.host.system();
    let quoted = |name: &str| format!("\"{name}\"");
    let attribute = match (mode, os) {
        (Mode::Standalone, _) => {
            let name = (habits.standalone)(user, &system);
            format!("homeConfigurations.{}.config", quoted(&name))
        }
        (Mode::Integrated, Os::Darwin) => {
            format!("darwinConfigurations.{machine}.config.home-manager.users.{}", quoted(user))
        }
        (Mode::Integrated, Os::Linux) => {
            format!("nixosConfigurations.{machine}.config.home-manager.users.{}", quoted(user))
        }
    };
    let function = format!(
        "c: {{
          inherit (c.home) username homeDirectory;
          git = {};
          effect = c.{};
          keyFile = c.sops.age.keyFile;
          secrets = builtins.mapAttrs (_: s: {{ inherit (s) path mode; inside = builtins.pathExists s.sopsFile; }}) c.sops.secrets;
          cli = c.home.sessionVariables ? SOPS_AGE_KEY_FILE;
          xdg = c.xdg.enable;
        }}",
        habits.git, habits.effect
    );
    let home = world.evaluable().eval(&attribute, &function);
    let folder = match (os, mode) {
        // The entry that a person activates alone says where they really live.
        (_, Mode::Standalone) if habits.layout == "practice" => {
            world.at("home").display().to_string()
        }
        (Os::Darwin, _) => format!("/Users/{user}"),
        (Os::Linux, _) => format!("/home/{user}"),
    };
    let folder = match home["homeDirectory"].as_str() {
        // A template's entry, where no neighbour has one to copy, has this account's own folder.
        Some(own) if own == world.host.home.display().to_string() => own.to_owned(),
        _ => folder,
    };
    assert_eq!(
        home,
        json!({
            "username": user,
            "homeDirectory": folder,
            "git": { "name": "Zoë \"Z\" O'Brien ${x}", "email": "zoe@example.com" },
            "effect": true,
            "keyFile": format!("{folder}/.config/sops/age/keys.txt"),
            "secrets": {
                "github-token": {
                    "path": format!("{folder}/.config/sops-nix/secrets/github-token"),
                    "mode": "0400",
                    "inside": true,
                },
                "ssh-signing-key": {
                    "path": format!("{folder}/.ssh/signing"),
                    "mode": "0600",
                    "inside": true,
                },
            },
            // Without XDG folders the sops command on a Mac looks elsewhere.
            "cli": os == Os::Darwin && home["xdg"] == false,
            "xdg": home["xdg"],
        }),
        "{} {:?} {mode:?}",
        habits.layout,
        world.seat
    );
}

fn sops_agrees(world: &World, habits: &Habits) {
    let Seat { user, machine, .. } = world.seat;
    let key = world.host.home.join(".config/sops/age/keys.txt");
    let recipient = world.run(Command::new("age-keygen").arg("-y").arg(&key));
    let text = fs::read_to_string(world.fleet().join(".sops.yaml")).unwrap();
    let anchor = (habits.anchor)(user, machine).replace('.', "-");
    let line = format!("&{anchor} {}", recipient.trim());
    assert!(text.contains(&line), "{line}\n{text}");

    let file = habits.secrets.replace("{user}", user);
    let sops = |key: &Path, arguments: &[&str]| {
        let mut command = Command::new("sops");
        command.args(arguments).arg(&file).current_dir(world.fleet());
        world.try_run_with_key(&mut command, key)
    };
    for key in [&key, &world.admin_key()] {
        let (ok, opened) = sops(key, &["-d"]);
        assert!(ok, "{opened}");
        assert!(opened.contains("github-token: ") && opened.contains("BEGIN OPENSSH PRIVATE KEY"));
        let names = opened.lines().filter(|line| line.contains(": ")).count();
        assert_eq!(names, 2, "exactly what the module declares");
    }
    let stranger = world.at("stranger.txt");
    world.run(Command::new("age-keygen").arg("-o").arg(&stranger));
    assert!(!sops(&stranger, &["-d"]).0, "a stranger opened it");
    let (ok, said) = sops(&world.admin_key(), &["updatekeys", "-y"]);
    assert!(ok && said.contains("already up to date"), "{said}");
}

/// A second run finds everything already so.
fn nothing_is_left_to_do(world: &World, habits: &Habits, mode: Mode) {
    let mut desk = world.desk();
    let mut answers = world.answers(mode, habits.aggregates);
    answers.key = Some(doorstep::answers::KeyChoice::Found);
    answers.key_copy = None;
    let plan = world.plan(&mut desk, answers);
    assert!(plan.is_empty(), "{} {mode:?}: {}", habits.layout, world.told(&plan));
}
