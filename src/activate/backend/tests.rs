//! Every backend on both platforms: what is offered, and what would really be run.

mod streams;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::host::{Account, Os};

/// A fleet's folder with a lock, a person at a machine, and the tools that are on the `PATH`.
struct Desk {
    folder: tempfile::TempDir,
    host: Host,
    network: bool,
    nix: Vec<String>,
    machines: Vec<String>,
    addresses: Vec<String>,
    deploy: Option<&'static str>,
}

const LOCK: &str = r#"{
  "nodes": {
    "root": { "inputs": {
      "home-manager": "hm", "darwin": "darwin", "nixpkgs": "nixpkgs", "clan-core": "clan",
      "tools": ["clan-core", "nixpkgs"]
    } },
    "clan": { "inputs": { "nixpkgs": "nixpkgs" },
      "locked": { "type": "tarball", "url": "https://git.example.org/clan/archive/c1a2.tar.gz" } },
    "darwin": { "locked": { "type": "github", "owner": "nix-darwin", "repo": "nix-darwin", "rev": "d4a1" } },
    "hm": { "locked": { "type": "github", "owner": "nix-community", "repo": "home-manager", "rev": "ec1a8fdf" } },
    "nixpkgs": { "locked": { "type": "github", "owner": "NixOS", "repo": "nixpkgs", "rev": "n1x" } }
  },
  "root": "root", "version": 7
}"#;

impl Desk {
    fn new(os: Os, tools: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fleet = folder.path().join("fleet");
        fs::create_dir(&fleet).unwrap();
        fs::write(fleet.join("flake.lock"), LOCK).unwrap();
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).unwrap();
        for tool in tools {
            fs::write(bin.join(tool), "#!/bin/sh\n").unwrap();
            fs::set_permissions(bin.join(tool), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let home = if os == Os::Darwin { "/Users/zoe" } else { "/home/zoe" };
        let account = Account { name: "zoe".into(), uid: 501, home: home.into(), full_name: None };
        let env = BTreeMap::from([("PATH".to_owned(), bin.into_os_string())]);
        let (name, arch) =
            if os == Os::Darwin { ("quartz", "aarch64") } else { ("slate", "x86_64") };
        Self {
            folder,
            host: Host::pretend(account, name, os, arch, env),
            network: true,
            nix: Vec::new(),
            machines: vec![name.to_owned()],
            addresses: Vec::new(),
            deploy: None,
        }
    }

    fn fleet(&self) -> PathBuf {
        self.folder.path().join("fleet")
    }

    fn home<T>(&self, ask: impl FnOnce(&Context) -> T) -> T {
        let home = Home {
            user: "zoe",
            output: "homeConfigurations",
            configuration: "zoe@aarch64-darwin",
            package: Path::new("/state/built-zoe"),
        };
        ask(&self.context(&self.fleet(), Goal::Home(home)))
    }

    fn system<T>(&self, ask: impl FnOnce(&Context) -> T) -> T {
        let system = System {
            machines: &self.machines,
            platform: Platform::of(self.host.os),
            is_here: self.machines == [self.host.name.as_str()],
            deploy: self.deploy,
            addresses: &self.addresses,
            package: Path::new("/state/built-machine"),
            profile: Path::new(system::CURRENT),
        };
        ask(&self.context(&self.fleet(), Goal::System(system)))
    }

    fn context<'a>(&'a self, fleet: &'a Path, goal: Goal<'a>) -> Context<'a> {
        let is_nixos = self.host.os == Os::Linux;
        Context { host: &self.host, fleet, goal, nix: &self.nix, network: self.network, is_nixos }
    }

    /// The commands of `steps`, the id of each before it; `+` where it may ask.
    fn typed(&self, steps: Result<Vec<Step>, Problem>) -> String {
        let steps = match steps {
            Ok(steps) => steps,
            Err(problem) => return self.plain(&problem.to_string()),
        };
        let line = |step: &Step| {
            let command = step.command().expect("a step of a backend is a command");
            let asks = match &command.asks {
                Some(asks) if asks.unless.is_empty() => " + always",
                Some(_) => " + maybe",
                None => "",
            };
            format!("{}{asks}: {}\n", step.id, command.typed())
        };
        self.plain(&steps.iter().map(line).collect::<String>())
    }

    fn plain(&self, text: &str) -> String {
        text.replace(&self.folder.path().display().to_string(), "")
    }
}

#[test]
fn a_home_is_built_and_put_in_place_by_each_program() {
    let desk = Desk::new(Os::Darwin, &["nix", "home-manager", "nh"]);
    let typed = |backend: Backend| desk.home(|cx| desk.typed(backend.steps(cx)));
    let build = "build: nix --extra-experimental-features 'nix-command flakes' build '/fleet#homeConfigurations.\"zoe@aarch64-darwin\".activationPackage' --print-build-logs --out-link /state/built-zoe\n";
    for (backend, last) in [
        (Backend::Nix, "/state/built-zoe/activate"),
        (Backend::HomeManager, "home-manager switch --flake /fleet#zoe@aarch64-darwin"),
        (Backend::Nh, "nh home switch --no-nom -c zoe@aarch64-darwin /fleet"),
    ] {
        assert_eq!(typed(backend), format!("{build}activate: {last}\n"));
    }
}

#[test]
fn a_missing_program_is_the_fleets_own_where_it_can_be_fetched() {
    let desk = Desk::new(Os::Darwin, &["nix"]);
    let typed = |backend: Backend| desk.home(|cx| desk.typed(backend.steps(cx)));
    let last = |text: String| text.lines().last().unwrap_or_default().to_owned();
    insta::assert_snapshot!(last(typed(Backend::HomeManager)), @"activate: nix --extra-experimental-features 'nix-command flakes' run github:nix-community/home-manager/ec1a8fdf#home-manager -- switch --flake /fleet#zoe@aarch64-darwin");
    insta::assert_snapshot!(last(typed(Backend::Nh)), @"activate: nix --extra-experimental-features 'nix-command flakes' run github:NixOS/nixpkgs/n1x#nh -- home switch --no-nom -c zoe@aarch64-darwin /fleet");
    let mut desk = desk;
    desk.network = false;
    let typed = desk.home(|cx| desk.typed(Backend::HomeManager.steps(cx)));
    insta::assert_snapshot!(typed, @"
    error: `home-manager` cannot activate your home
    cause: `home-manager` is not on PATH, and without a network it cannot be fetched
    hint: leave out `--backend`: what fits here is chosen then
    ");
    fs::remove_file(desk.fleet().join("flake.lock")).unwrap();
    let offer = desk.home(|cx| Backend::HomeManager.offer(cx));
    assert_eq!(
        offer,
        Offer::No("`home-manager` is not on PATH, and the fleet's `flake.lock` names no home-manager that could be run instead".into())
    );
}

#[test]
fn flakes_are_switched_on_for_the_child_alone() {
    let mut desk = Desk::new(Os::Linux, &["nix", "home-manager", "nh"]);
    let mut env = desk.host.env().clone();
    env.insert("NIX_CONFIG".to_owned(), "max-jobs = 2".into());
    desk.host = Host::pretend(desk.host.account.clone(), "slate", Os::Linux, "x86_64", env);
    for backend in [Backend::HomeManager, Backend::Nh] {
        let steps = desk.home(|cx| backend.steps(cx)).unwrap();
        let env = &steps.last().and_then(Step::command).unwrap().env;
        let config = env["NIX_CONFIG"].clone().unwrap().into_string().unwrap();
        assert_eq!(config, "max-jobs = 2\nextra-experimental-features = nix-command flakes");
    }
}

#[test]
fn a_mac_is_built_as_the_person_and_switched_with_rights() {
    let desk = Desk::new(Os::Darwin, &["nix", "darwin-rebuild", "nh"]);
    let typed = |backend: Backend| desk.system(|cx| desk.typed(backend.steps(cx)));
    insta::assert_snapshot!(typed(Backend::DarwinRebuild), @"
    build: nix --extra-experimental-features 'nix-command flakes' build /fleet#darwinConfigurations.quartz.system --print-build-logs --out-link /state/built-machine
    elevate + always: sudo -v
    activate + maybe: sudo -H /bin/darwin-rebuild switch --flake /fleet#quartz
    ");
    insta::assert_snapshot!(typed(Backend::NhDarwin), @"
    build: nix --extra-experimental-features 'nix-command flakes' build /fleet#darwinConfigurations.quartz.system --print-build-logs --out-link /state/built-machine
    elevate + always: sudo -v
    activate + maybe: nh darwin switch --no-nom -H quartz /fleet
    ");
    insta::assert_snapshot!(typed(Backend::NhOs), @"
    error: `nh-os` cannot activate this system
    cause: it is for NixOS machines
    hint: leave out `--backend`: what fits here is chosen then
    ");
    let desk = Desk::new(Os::Darwin, &["nix"]);
    let typed = desk.system(|cx| desk.typed(Backend::DarwinRebuild.steps(cx)));
    insta::assert_snapshot!(typed.lines().last().unwrap_or_default(), @"activate + maybe: sudo -H nix --extra-experimental-features 'nix-command flakes' run github:nix-darwin/nix-darwin/d4a1#darwin-rebuild -- switch --flake /fleet#quartz");
}

#[test]
fn a_nixos_machine_is_built_as_the_person_and_switched_with_rights() {
    let desk = Desk::new(Os::Linux, &["nix", "nixos-rebuild", "nh"]);
    let typed = |backend: Backend| desk.system(|cx| desk.typed(backend.steps(cx)));
    insta::assert_snapshot!(typed(Backend::NixosRebuild), @"
    build: nix --extra-experimental-features 'nix-command flakes' build /fleet#nixosConfigurations.slate.config.system.build.toplevel --print-build-logs --out-link /state/built-machine
    elevate + always: sudo -v
    activate + maybe: sudo -H /bin/nixos-rebuild switch --flake /fleet#slate
    ");
    insta::assert_snapshot!(typed(Backend::NhOs).lines().last().unwrap_or_default(), @"activate + maybe: nh os switch --no-nom -H slate /fleet");
}

#[test]
fn root_asks_nobody_and_nh_refuses_root() {
    let mut desk = Desk::new(Os::Linux, &["nix", "nixos-rebuild", "nh"]);
    desk.host.account.uid = 0;
    let typed = desk.system(|cx| desk.typed(Backend::NixosRebuild.steps(cx)));
    assert!(
        typed.ends_with("\nactivate: /bin/nixos-rebuild switch --flake /fleet#slate\n"),
        "{typed}"
    );
    let offer = desk.system(|cx| Backend::NhOs.offer(cx));
    assert_eq!(offer, Offer::No("nh refuses to run as root".into()));
}

#[test]
fn machines_of_a_clan_are_updated_together_and_may_ask() {
    let mut desk = Desk::new(Os::Linux, &["nix", "clan", "nixos-rebuild"]);
    desk.deploy = Some("clan");
    desk.machines = vec!["slate".into(), "basalt".into()];
    let steps = |desk: &Desk| desk.system(|cx| Backend::Clan.steps(cx)).unwrap();
    assert_eq!(
        desk.typed(Ok(steps(&desk))),
        "activate + always: clan machines update slate basalt\n"
    );
    desk.addresses = vec!["root@slate.example".into(), "root@basalt.example".into()];
    let steps = steps(&desk);
    let asks = steps[0].command().and_then(|c| c.asks.clone()).unwrap();
    let probes: Vec<_> = asks.unless.iter().map(Command::typed).collect();
    assert_eq!(
        probes,
        [
            "ssh -o BatchMode=yes -o ConnectTimeout=10 -- root@slate.example true",
            "ssh -o BatchMode=yes -o ConnectTimeout=10 -- root@basalt.example true",
        ]
    );
    // Several machines, and machines that are elsewhere, are for clan alone.
    let chosen = desk.system(Backend::choose).unwrap();
    assert_eq!(chosen.0, Backend::Clan);
    desk.deploy = None;
    let none = desk.system(Backend::choose).unwrap_err();
    insta::assert_snapshot!(none, @"
    error: nothing here can activate it
    cause: `darwin-rebuild`: it is for Macs
    cause: `nh-darwin`: it is for Macs
    cause: `nixos-rebuild`: it switches the machine that it runs on, which is slate
    cause: `nh-os`: it switches the machine that it runs on, which is slate
    cause: `clan`: the fleet does not update this machine with clan
    ");
}

#[test]
fn what_fits_best_is_chosen_and_every_offer_has_a_reason() {
    let cases: [(Os, &[&str], Option<&'static str>, Backend); 5] = [
        (Os::Darwin, &["nix", "darwin-rebuild", "nh"], None, Backend::DarwinRebuild),
        (Os::Darwin, &["nix", "nh"], None, Backend::DarwinRebuild),
        (Os::Darwin, &["nix", "darwin-rebuild", "clan"], Some("clan"), Backend::Clan),
        (Os::Linux, &["nix", "nixos-rebuild", "nh"], None, Backend::NixosRebuild),
        (Os::Linux, &["nix", "clan", "nixos-rebuild"], Some("clan"), Backend::Clan),
    ];
    for (os, tools, deploy, expected) in cases {
        let mut desk = Desk::new(os, tools);
        desk.deploy = deploy;
        let (backend, why) = desk.system(Backend::choose).unwrap();
        assert_eq!(backend, expected, "{tools:?} {deploy:?}: {why}");
        let home = desk.home(Backend::choose).unwrap();
        assert_eq!(home.0, Backend::Nix);
        for backend in Backend::ALL {
            let offers = [desk.home(|cx| backend.offer(cx)), desk.system(|cx| backend.offer(cx))];
            for offer in offers {
                let (Offer::Best(why) | Offer::Works(why) | Offer::No(why)) = offer;
                assert!(!why.is_empty() && !why.ends_with('.'), "{backend:?}: {why}");
            }
        }
    }
}

#[test]
fn going_back_is_a_plan_too() {
    let desk = Desk::new(Os::Darwin, &["nix", "darwin-rebuild"]);
    let back = |desk: &Desk| {
        desk.system(|cx| {
            let Goal::System(system) = cx.goal else { panic!("a system") };
            desk.typed(system::back(cx, &system))
        })
    };
    insta::assert_snapshot!(back(&desk), @"
    elevate + always: sudo -v
    activate + maybe: sudo -H /bin/darwin-rebuild --rollback
    ");
    let desk = Desk::new(Os::Linux, &["nix", "nixos-rebuild"]);
    insta::assert_snapshot!(back(&desk), @"
    elevate + always: sudo -v
    activate + maybe: sudo -H /bin/nixos-rebuild switch --rollback
    ");
    let mut desk = desk;
    desk.machines = vec!["basalt".into()];
    insta::assert_snapshot!(back(&desk), @"
    error: basalt cannot go back from here
    cause: it switches the machine that it runs on, which is slate
    ");
}

#[test]
fn a_lock_file_is_other_peoples_text() {
    let desk = Desk::new(Os::Linux, &["nix"]);
    let reference = |input: &str| locked::reference(&desk.fleet(), &[input]);
    assert_eq!(reference("tools").as_deref(), Some("github:NixOS/nixpkgs/n1x"));
    assert_eq!(
        reference("clan-core").as_deref(),
        Some("https://git.example.org/clan/archive/c1a2.tar.gz")
    );
    assert_eq!(reference("nobody"), None);
    let hostile = LOCK.replace("ec1a8fdf", "x; rm -r /").replace("\"n1x\"", "\"--impure\"");
    fs::write(desk.fleet().join("flake.lock"), hostile).unwrap();
    assert_eq!((reference("home-manager"), reference("nixpkgs")), (None, None));
    fs::write(desk.fleet().join("flake.lock"), "{ not json").unwrap();
    assert_eq!(reference("home-manager"), None);
}

#[test]
fn private_inputs_may_ask_before_a_build() {
    let desk = Desk::new(Os::Linux, &["nix"]);
    assert_eq!(private_inputs(&desk.fleet()), None);
    let lock = LOCK.replace(
        r#""darwin": { "locked""#,
        r#""own": { "locked": { "type": "git", "url": "ssh://git@git.example.org/zoe/own.git", "rev": "0a" } },
        "darwin": { "locked""#,
    );
    fs::write(desk.fleet().join("flake.lock"), lock).unwrap();
    let asks = private_inputs(&desk.fleet()).unwrap();
    insta::assert_snapshot!(asks.unless[0].typed(), @"git -c 'core.sshCommand=ssh -o BatchMode=yes -o ConnectTimeout=10' ls-remote --quiet -- ssh://git@git.example.org/zoe/own.git HEAD");
    let typed = desk.home(|cx| desk.typed(Backend::Nix.steps(cx)));
    assert!(typed.starts_with("build + maybe: nix "), "{typed}");
}

#[test]
fn a_machines_name_is_no_path() {
    let desk = Desk::new(Os::Linux, &[]);
    let link = system_link(&desk.host, "../../etc/x y");
    assert_eq!(link, desk.host.receipts_dir().join("built-machine-.._.._etc_x_y"));
    assert_ne!(system_link(&desk.host, "zoe"), package_link(&desk.host, "zoe"));
}
