//! A fleet, a home, two generations and the stand-ins, all in a folder of one test.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use doorstep::activate::InTheWayChoice;
use doorstep::activate::update::{About, Run, What, Wish};
use doorstep::event::Event;
use doorstep::front::Finish;
use doorstep::front::headless::{Report, Unattended};
use doorstep::host::{Account, Host, Os};
use doorstep::plan::{Plan, Step};
use doorstep::problem::Problem;
use doorstep::run::Real;

pub(crate) struct World {
    folder: tempfile::TempDir,
    pub(crate) os: Os,
    pub(crate) env: BTreeMap<String, OsString>,
}

/// What was told.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) events: Vec<Event>,
}

impl Report for Heard {
    fn planned(&mut self, _: &Plan, _: &str) {}
    fn event(&mut self, event: &Event) {
        self.events.push(event.clone());
    }
    fn finish(&mut self, _: &Finish) {}
    fn problem(&mut self, _: &Problem, _: u8) {}
}

impl Heard {
    pub(crate) fn lines(&self) -> Vec<&str> {
        let line = |event: &'_ Event| matches!(event, Event::Line { .. });
        let lines = self.events.iter().filter(|event| line(event));
        lines
            .filter_map(|event| match event {
                Event::Line { text, .. } => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn said(&self) -> Vec<&str> {
        let said = |event: &'_ Event| matches!(event, Event::Said(_));
        let said = self.events.iter().filter(|event| said(event));
        said.filter_map(|event| match event {
            Event::Said(words) => Some(words.as_str()),
            _ => None,
        })
        .collect()
    }
}

/// Puts one file in place and moves the profile, as home-manager's does.
const ACTIVATE: &str = r#"#!/bin/sh
set -eu
generation=$(dirname "$0")
echo "Activating writeBoundary"
ln -sfn "$generation/home-files/.zshrc" "$HOME/.zshrc"
profiles=$HOME/.local/state/nix/profiles
mkdir -p "$profiles"
ln -sfn "$generation" "$profiles/home-manager-2-link"
ln -sfn home-manager-2-link "$profiles/home-manager"
"#;

impl World {
    pub(crate) fn new(os: Os) -> Self {
        let mut world = Self { folder: tempfile::tempdir().unwrap(), os, env: BTreeMap::new() };
        for folder in ["fleet", "home", "bin", "old", "new", "generation/home-files"] {
            fs::create_dir_all(world.at(folder)).unwrap();
        }
        fs::write(world.at("fleet/flake.nix"), "{ outputs = _: { }; }").unwrap();
        fs::write(world.at("generation/home-files/.zshrc"), "# zsh\n").unwrap();
        world.script("generation/activate", ACTIVATE);
        symlink(world.at("old"), world.at("current-system")).unwrap();
        let stand_ins = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stand-ins"));
        let programs =
            ["home-manager", "darwin-rebuild", "nixos-rebuild", "clan", "launchctl", "systemctl"];
        for name in programs {
            symlink(stand_ins.join(name), world.at("bin").join(name)).unwrap();
        }
        // What nix would build, behind the link that it is told.
        world.script(
            "bin/nix",
            "#!/bin/sh\ncase $1 in --version) echo 'nix (Nix) 2.8.0'; exit;; esac\n\
             while [ \"$1\" != --out-link ]; do shift; done\nln -sfn \"$STAND_IN_BUILT\" \"$2\"\n",
        );
        for (name, place) in [
            ("STAND_IN_ARGUMENTS", "arguments"),
            ("STAND_IN_PROFILE", "current-system"),
            ("STAND_IN_BUILT", "new"),
            ("STAND_IN_BEFORE", "old"),
            ("STAND_IN_GENERATION", "generation"),
            ("STAND_IN_LAUNCHD", "launchd"),
            ("STAND_IN_SYSTEMD", "systemd"),
        ] {
            let place = world.at(place).into_os_string();
            world.env.insert(name.to_owned(), place);
        }
        fs::create_dir(world.at("launchd")).unwrap();
        fs::create_dir(world.at("systemd")).unwrap();
        fs::write(world.at("systemd/state"), "running\n").unwrap();
        fs::write(world.at("systemd/failed"), "").unwrap();
        fs::write(world.at("systemd/show"), "ActiveState=active\nResult=success\n").unwrap();
        let path = format!("{}:/usr/bin:/bin", world.at("bin").display());
        world.env.insert("PATH".to_owned(), path.into());
        world
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        fs::canonicalize(self.folder.path()).unwrap().join(path)
    }

    pub(crate) fn script(&self, path: &str, text: &str) {
        fs::write(self.at(path), text).unwrap();
        fs::set_permissions(self.at(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Somebody at a machine who needs no `sudo`: what asks is tried at a terminal, in `tests/tui`.
    pub(crate) fn host(&self) -> Host {
        let account =
            Account { name: "zoe".into(), uid: 0, home: self.at("home"), full_name: None };
        let name = if self.os == Os::Darwin { "quartz" } else { "slate" };
        Host::pretend(account, name, self.os, "aarch64", self.env.clone())
    }

    /// What the program was told, a word a line.
    pub(crate) fn arguments(&self) -> String {
        fs::read_to_string(self.at("arguments")).unwrap().replace('\n', " ").trim().to_owned()
    }

    /// Where the system that runs leads.
    pub(crate) fn runs(&self) -> String {
        let now = fs::canonicalize(self.at("current-system")).unwrap();
        now.file_name().unwrap().to_string_lossy().into_owned()
    }

    pub(crate) fn carry_out(&self, kind: What, steps: Vec<Step>) -> (Finish, Heard) {
        let host = self.host();
        let bounds = vec![self.at("fleet"), host.home.clone(), host.state_dir()];
        let plan = Plan { steps, bounds, ..Plan::default() };
        let about = About { subject: host.name.clone(), chosen: None, kind, left: None };
        let mut heard = Heard::default();
        let stop = AtomicBool::new(false);
        let finish = {
            let mut attend = Unattended {
                reports: vec![&mut heard],
                in_the_way: InTheWayChoice::Stop,
                stop: &stop,
            };
            let (fleet, wish) = (self.at("fleet"), Wish::default());
            let mut runner = Real::new(self.env.clone());
            let run = Run {
                host: &host,
                fleet: &fleet,
                wish: &wish,
                runner: &mut runner,
                checkpoint: &|_| (),
                resuming: None,
                patience: Duration::ZERO,
            };
            run.carry_out(&plan, &about, &mut attend)
        };
        (finish, heard)
    }
}
