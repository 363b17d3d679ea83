use std::fmt::Write as _;
use std::fs;

use super::*;
use crate::answers::Mode;
use crate::plan::{Change, Content, Needs, Plan, Step};
use crate::splice;

/// A fixture fleet.
fn fixture(name: &str) -> Fleet {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fleets").join(name);
    Fleet::read(&root).unwrap()
}

/// A fleet of these files, in a folder that lives as long as the first value.
fn fleet_of(files: &[(&str, &str)]) -> (tempfile::TempDir, Fleet) {
    let dir = folder_of(files);
    let fleet = Fleet::read(dir.path()).unwrap();
    (dir, fleet)
}

fn folder_of(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in [("flake.nix", "{ outputs = _: { }; }")].iter().chain(files) {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn at(place: &Place) -> String {
    let file = place.file.display().to_string();
    let short = file.strip_prefix("modules/").unwrap_or(&file).to_owned();
    format!("{short}:{}", place.line)
}

fn or_dash(text: Option<&str>) -> &str {
    text.unwrap_or("-")
}

fn name(name: &Name) -> String {
    match name {
        Name::Literal(name) => name.clone(),
        Name::Computed(name) => format!("({name})"),
    }
}

/// The whole read model, a line for each fact.
fn told(fleet: &Fleet) -> String {
    let mut out = String::new();
    let layout = or_dash(fleet.layout.id.as_deref());
    writeln!(out, "layout {layout}").unwrap();
    for evidence in &fleet.layout.evidence {
        let place = evidence.at.as_ref().map(at);
        writeln!(out, "  {} {}", evidence.what, or_dash(place.as_deref())).unwrap();
    }
    for user in &fleet.users {
        writeln!(out, "user {} {}", user.name, at(&user.module)).unwrap();
        if let Some(target) = &user.alias_of {
            writeln!(out, "  alias of {target}").unwrap();
        }
        let (full, email) = (or_dash(user.full_name.as_deref()), or_dash(user.email.as_deref()));
        writeln!(out, "  {full} <{email}>").unwrap();
        writeln!(out, "  uses {}", user.aggregates.join(" ")).unwrap();
        writeln!(out, "  secrets {}", user.secrets.join(" ")).unwrap();
        writeln!(out, "  on {}", user.machines.join(" ")).unwrap();
    }
    for machine in &fleet.machines {
        let system = or_dash(machine.system.as_deref());
        let deploy = or_dash(machine.deploy.as_deref());
        let (name_of, platform) = (&machine.name, machine.platform);
        writeln!(out, "machine {name_of} {platform:?} {system} {} by {deploy}", at(&machine.at))
            .unwrap();
        for user in &machine.users {
            let kind = if user.managed { "home" } else { "account" };
            let uid = user.uid.map_or("-".into(), |uid| uid.to_string());
            let home = or_dash(user.home.as_deref());
            writeln!(out, "  {kind} {} {} {uid} {home}", name(&user.name), at(&user.at)).unwrap();
        }
        for (role, who, why) in [
            ("primary", &machine.primary, &machine.primary_because),
            ("admin", &machine.admin, &machine.admin_because),
        ] {
            if let (Some(who), Some(why)) = (who, why) {
                writeln!(out, "  {role} {who}: {why}").unwrap();
            }
        }
    }
    for aggregate in &fleet.aggregates {
        let text = or_dash(aggregate.description.as_deref());
        writeln!(out, "aggregate {} {}: {text}", aggregate.name, at(&aggregate.at)).unwrap();
        let (used, imports) = (aggregate.used_by.join(" "), aggregate.imports.join(" "));
        writeln!(out, "  used by {used}; imports {imports}").unwrap();
    }
    for secrets in &fleet.secrets {
        let keys: Vec<&str> = secrets.recipients.iter().map(|r| &r[4..9]).collect();
        writeln!(out, "secrets {} {}", secrets.file.display(), keys.join(" ")).unwrap();
    }
    for entry in &fleet.standalone {
        let user = or_dash(entry.user.as_deref());
        writeln!(out, "standalone {} {user} {}", name(&entry.name), at(&entry.at)).unwrap();
    }
    let sops = fleet
        .sops
        .as_ref()
        .map(|sops| format!("{} {}", sops.file.display(), or_dash(sops.generated_by.as_deref())));
    writeln!(out, "sops {}", or_dash(sops.as_deref())).unwrap();
    for machine in &fleet.clan.machines {
        let (name_of, tags) = (&machine.name, machine.tags.join(" "));
        writeln!(out, "clan machine {name_of} {:?} {}: {tags}", machine.class, at(&machine.at))
            .unwrap();
    }
    for instance in &fleet.clan.instances {
        let (name_of, user) = (&instance.name, &instance.user);
        writeln!(out, "clan instance {name_of} of {user} {}", at(&instance.at)).unwrap();
        for machine in &instance.machines {
            writeln!(out, "  on {machine} in {}", instance.groups_on(machine).join(" ")).unwrap();
        }
        let shell = or_dash(instance.shell.as_deref());
        let (home, asks) = (instance.managed, instance.prompt);
        writeln!(out, "  shell {shell}, home {home}, asks {asks}").unwrap();
        writeln!(
            out,
            "  tags {}; prepared {}",
            instance.tags.join(" "),
            instance.prepared.join(" ")
        )
        .unwrap();
    }
    if !fleet.clan.people.is_empty() {
        writeln!(out, "clan people {}", fleet.clan.people.join(" ")).unwrap();
    }
    let lock = &fleet.lock;
    let rev = lock.home_manager_rev.as_ref().map(|rev| &rev[..4]);
    writeln!(out, "lock {rev:?} {:?} {}", lock.home_manager_date, lock.inputs.join(" ")).unwrap();
    for unread in &fleet.unread {
        let column = unread.column.map_or(String::new(), |column| format!(":{column}"));
        writeln!(out, "unread {}{column} {}", at(&unread.at), unread.why).unwrap();
    }
    out.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[test]
fn guide_fleet() {
    insta::assert_snapshot!(told(&fixture("guide")), @r#"
    layout guide
      a binding `flake.modules.homeManager.users/*` home/users/ada/default.nix:6
    user ada home/users/ada/default.nix:6
      Ada Ferreira <ada@example.com>
      uses aggregate-core aggregate-shell aggregate-development
      secrets github-token ssh-signing-key
      on basalt flint quartz
    user kai home/users/kai/default.nix:6
      Kai Lindqvist <kai@example.com>
      uses aggregate-core aggregate-shell
      secrets github-token
      on basalt
    machine basalt Darwin aarch64-darwin machines/darwin/basalt.nix:3 by darwin-rebuild
      home kai machines/darwin/basalt.nix:21 502 /Users/kai
      home ada machines/darwin/basalt.nix:24 501 /Users/ada
      primary kai: a comment says so (line 6)
      admin ada: a comment says so (line 11)
    machine flint Nixos x86_64-linux machines/nixos/flint.nix:3 by nixos-rebuild
      home ada machines/nixos/flint.nix:19 - -
      account kai machines/nixos/flint.nix:6 - -
      primary ada: the first person bound on it
      admin ada: is in the group `wheel`
    machine marl Nixos x86_64-linux machines/nixos/marl.nix:3 by nixos-rebuild
    machine quartz Darwin aarch64-darwin machines/darwin/quartz.nix:3 by darwin-rebuild
      home ada machines/darwin/quartz.nix:12 501 /Users/ada
      primary ada: `system.primaryUser` (line 5)
      admin ada: the only person on it
    aggregate aggregate-ai home/aggregates/ai.nix:2: llama-cpp, whisper-cpp
      used by ; imports
    aggregate aggregate-core home/aggregates/core.nix:4: What everybody needs: XDG folders, ssh, secrets
      used by ada kai; imports
    aggregate aggregate-development home/aggregates/development.nix:4: git, an editor and per-project environments
      used by ada; imports aggregate-shell
    aggregate aggregate-shell home/aggregates/shell.nix:2: zsh, starship, lorri
      used by ada kai; imports
    secrets secrets/users/ada.sops.yaml ky3ys h54yy
    secrets secrets/users/kai.sops.yaml tzg03 h54yy
    standalone ada ada home/configurations/ada.nix:3
    sops .sops.yaml -
    lock Some("aaaa") Some(1764547200) home-manager nixpkgs sops-nix
    "#);
}

#[test]
fn host_imports_fleet() {
    insta::assert_snapshot!(told(&fixture("host-imports")), @r#"
    layout host-imports
      a binding `flake.modules.homeManager.users/*` home/users/june/default.nix:4
      `modules.homeManager.*` listed in `home-manager.users.*.imports` machines/darwin/agate/default.nix:41
    user june home/users/june/default.nix:4
      alias of juno
      - <->
      uses base-sops core shell
      secrets
      on agate
    user juno home/users/juno/default.nix:6
      Juno Okafor <juno@example.com>
      uses base-sops core development
      secrets github-token
      on opal slate
    user milo home/users/milo/default.nix:6
      Milo Brandt <milo@example.com>
      uses base-sops core
      secrets github-token
      on opal
    machine agate Darwin aarch64-darwin machines/darwin/agate/default.nix:11 by darwin-rebuild
      home june machines/darwin/agate/default.nix:39 501 /Users/june
      primary june: the account has uid 501
      admin june: the only person on it
    machine opal Darwin aarch64-darwin machines/darwin/opal/default.nix:11 by clan
      home juno machines/darwin/opal/default.nix:49 502 /Users/juno
      home milo machines/darwin/opal/default.nix:57 506 /Users/milo
      primary milo: a comment says so (line 30)
      admin juno: a comment says so (line 29)
    machine shale Nixos aarch64-linux machines/nixos/shale/default.nix:2 by clan
      account juno clan/inventory.nix:2 - -
      primary juno: the only person on it
      admin juno: is in the group `wheel`
    machine slate Nixos x86_64-linux machines/nixos/slate/default.nix:6 by clan
      home juno machines/nixos/slate/default.nix:11 - -
      primary juno: the only person on it
      admin juno: is in the group `wheel`
    aggregate base-sops home/core/default.nix:10: Keys and secrets: brings sops-nix in
      used by june juno milo; imports
    aggregate core home/core/default.nix:4: Ground for everybody
      used by june juno milo; imports
    aggregate development home/development.nix:3: git, helix
      used by juno; imports shell
    aggregate shell home/shell.nix:2: fish
      used by june; imports
    secrets secrets/users/juno.sops.yaml ky3ys h54yy
    secrets secrets/users/milo.sops.yaml tzg03 h54yy
    sops .sops.yaml -
    clan machine opal Darwin clan/machines.nix:4: all darwin
    clan machine shale Nixos clan/machines.nix:6: all nixos
    clan machine slate Nixos clan/machines.nix:5: all nixos
    clan instance user-juno of juno clan/inventory.nix:2
      on slate in wheel networkmanager
      on shale in wheel networkmanager
      shell -, home false, asks false
      tags ; prepared
    lock Some("bbbb") Some(1735689600) home-manager nixpkgs
    "#);
}

#[test]
fn registry_fleet() {
    insta::assert_snapshot!(told(&fixture("registry")), @r#"
    layout registry
      a binding `flake.users.*.meta` home/users/rhea/meta.nix:4
      a binding `flake.users.*.aggregates` home/users/rhea/meta.nix:10
    user rhea home/users/rhea/default.nix:25
      Rhea Marchetti <rhea@example.com>
      uses base-sops core development shell
      secrets github-token ssh-signing-key
      on beryl
    user rheam home/users/options.nix:59
      alias of rhea
      - <->
      uses
      secrets
      on gabbro
    user theo home/users/theo/default.nix:25
      Theo Nakamura <theo@example.com>
      uses base-sops core shell
      secrets github-token ssh-signing-key
      on beryl topaz tuff
    machine beryl Darwin aarch64-darwin machines/darwin/beryl/default.nix:6 by darwin-rebuild
      home rhea machines/darwin/beryl/default.nix:30 501 /Users/rhea
      home theo machines/darwin/beryl/default.nix:32 506 /Users/theo
      primary rhea: the account has uid 501
      admin theo: of its people on most machines (3)
    machine gabbro Nixos x86_64-linux machines/nixos/gabbro/default.nix:6 by nixos-rebuild
      home rheam machines/nixos/gabbro/default.nix:17 - -
      primary rheam: the only person on it
      admin rheam: is in the group `wheel`
    machine topaz Darwin x86_64-darwin machines/darwin/topaz/default.nix:6 by darwin-rebuild
      home theo machines/darwin/topaz/default.nix:14 - /Users/theo
      primary theo: `system.primaryUser` (line 12)
      admin theo: the only person on it
    machine tuff Nixos x86_64-linux machines/nixos/tuff/default.nix:6 by nixos-rebuild
      home (theo) machines/nixos/tuff/default.nix:14 - -
      primary theo: the only person on it
      admin theo: the only person on it
    aggregate base-sops home/aggregates.nix:5: Secrets for homes
      used by rhea theo; imports
    aggregate core home/aggregates.nix:15: Everyday tools
      used by rhea theo; imports
    aggregate development home/aggregates.nix:23: git, direnv
      used by rhea; imports
    aggregate shell home/aggregates.nix:21: zsh
      used by rhea theo; imports
    secrets secrets/home-manager/users/rhea/secrets.yaml ky3ys h54yy
    secrets secrets/home-manager/users/theo/secrets.yaml tzg03 h54yy
    standalone (rhea@aarch64-darwin) rhea home/configurations.nix:23
    standalone (rhea@x86_64-linux) rhea home/configurations.nix:23
    standalone (rheam@aarch64-darwin) rheam home/configurations.nix:23
    standalone (rheam@x86_64-linux) rheam home/configurations.nix:23
    standalone (theo@aarch64-darwin) theo home/configurations.nix:23
    standalone (theo@x86_64-linux) theo home/configurations.nix:23
    sops .sops.yaml -
    lock Some("cccc") Some(1762300800) home-manager nixpkgs
    "#);
}

#[test]
fn the_practice_fleet_is_read_like_any_other() {
    let fleet = Fleet::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/practice/fleet"));
    let fleet = fleet.unwrap();
    assert_eq!(fleet.layout.id.as_deref(), Some("guide"));
    let counts = (fleet.users.len(), fleet.machines.len(), fleet.aggregates.len());
    assert_eq!((counts, fleet.unread.len()), ((2, 4, 4), 0));
    assert!(fleet.sops_base().is_some());
}

#[test]
fn fixtures_are_formatted_and_nix_parses_them() {
    for name in ["guide", "host-imports", "registry"] {
        let fleet = fixture(name);
        let mut paths = Vec::new();
        for (path, source) in fleet.files.sources() {
            assert_eq!(
                splice::nix::format(source.text()).as_deref(),
                Ok(source.text()),
                "{path:?}"
            );
            paths.push(fleet.at(path));
        }
        let nix =
            std::process::Command::new("nix-instantiate").arg("--parse").args(&paths).output();
        assert!(nix.unwrap().status.success(), "{name}");
    }
}

#[test]
fn clan_fleets() {
    insta::assert_snapshot!(told(&fixture("clan-files")), @r#"
    layout guide
      a binding `flake.modules.homeManager.users/*` home/users/ada/default.nix:3
    user ada home/users/ada/default.nix:3
      Ada Ferreira <ada@example.com>
      uses aggregate-core aggregate-shell
      secrets github-token
      on quartz slate
    user kai home/users/kai/default.nix:3
      Kai Ferreira <kai@example.com>
      uses aggregate-core aggregate-shell
      secrets github-token
      on shale slate
    machine marl Nixos x86_64-linux machines/nixos/marl.nix:2 by clan
    machine quartz Darwin aarch64-darwin machines/darwin/quartz.nix:3 by clan
      home ada clan/inventory/services/users/ada.nix:5 501 /Users/ada
      primary ada: `system.primaryUser` (line 7)
      admin ada: is in the group `wheel`
    machine shale Nixos x86_64-linux machines/nixos/shale.nix:2 by clan
      home kai clan/inventory/services/users/kai.nix:3 - -
      primary kai: the only person on it
      admin kai: the only person on it
    machine slate Nixos x86_64-linux machines/nixos/slate.nix:2 by clan
      home ada clan/inventory/services/users/ada.nix:5 - -
      home kai clan/inventory/services/users/kai.nix:3 - -
      primary ada: the first person bound on it
      admin ada: is in the group `wheel`
    aggregate aggregate-core home/aggregates/core.nix:4: What everybody needs: XDG folders, ssh, secrets
      used by ada kai; imports
    aggregate aggregate-development home/aggregates/development.nix:4: git, an editor and per-project environments
      used by ; imports aggregate-shell
    aggregate aggregate-shell home/aggregates/shell.nix:2: zsh, starship, lorri
      used by ada kai; imports
    secrets secrets/users/ada.sops.yaml ky3ys h54yy
    secrets secrets/users/kai.sops.yaml tzg03 h54yy
    sops .sops.yaml -
    clan machine marl Nixos clan/inventory/machines.nix:18: all nixos
    clan machine quartz Darwin clan/inventory/machines.nix:3: laptop all darwin
    clan machine shale Nixos clan/inventory/machines.nix:14: server all nixos
    clan machine slate Nixos clan/inventory/machines.nix:7: server cloud all nixos
    clan instance user-ada of ada clan/inventory/services/users/ada.nix:5
      on quartz in wheel networkmanager
      on slate in wheel networkmanager
      shell zsh, home true, asks false
      tags ; prepared marl
    clan instance user-kai of kai clan/inventory/services/users/kai.nix:3
      on shale in video
      on slate in video
      shell zsh, home true, asks false
      tags server; prepared
    clan people ada
    lock Some("aaaa") Some(1764547200) home-manager nixpkgs sops-nix
    "#);
    insta::assert_snapshot!(told(&fixture("clan-set")), @r#"
    layout guide
      a binding `flake.modules.homeManager.users/*` home/users/ada/default.nix:3
    user ada home/users/ada/default.nix:3
      Ada Ferreira <ada@example.com>
      uses aggregate-core aggregate-shell
      secrets github-token
      on quartz slate
    user kai home/users/kai/default.nix:3
      Kai Ferreira <kai@example.com>
      uses aggregate-core aggregate-shell
      secrets github-token
      on shale slate
    machine marl Nixos x86_64-linux machines/nixos/marl.nix:2 by clan
    machine quartz Darwin aarch64-darwin machines/darwin/quartz.nix:3 by clan
      home ada clan/inventory/users.nix:12 501 /Users/ada
      primary ada: `system.primaryUser` (line 7)
      admin ada: is in the group `wheel`
    machine shale Nixos x86_64-linux machines/nixos/shale.nix:2 by clan
      home kai clan/inventory/users.nix:49 - -
      primary kai: the only person on it
      admin kai: the only person on it
    machine slate Nixos x86_64-linux machines/nixos/slate.nix:2 by clan
      home ada clan/inventory/users.nix:12 - -
      home kai clan/inventory/users.nix:49 - -
      primary ada: the first person bound on it
      admin ada: is in the group `wheel`
    aggregate aggregate-core home/aggregates/core.nix:4: What everybody needs: XDG folders, ssh, secrets
      used by ada kai; imports
    aggregate aggregate-development home/aggregates/development.nix:4: git, an editor and per-project environments
      used by ; imports aggregate-shell
    aggregate aggregate-shell home/aggregates/shell.nix:2: zsh, starship, lorri
      used by ada kai; imports
    secrets secrets/users/ada.sops.yaml ky3ys h54yy
    secrets secrets/users/kai.sops.yaml tzg03 h54yy
    sops .sops.yaml -
    clan machine marl Nixos clan/inventory/machines.nix:18: all nixos
    clan machine quartz Darwin clan/inventory/machines.nix:3: laptop all darwin
    clan machine shale Nixos clan/inventory/machines.nix:14: server all nixos
    clan machine slate Nixos clan/inventory/machines.nix:7: server cloud all nixos
    clan instance users-ada of ada clan/inventory/users.nix:12
      on quartz in wheel
      on slate in wheel docker
      shell zsh, home true, asks false
      tags cloud; prepared
    clan instance users-kai of kai clan/inventory/users.nix:49
      on shale in
      on slate in
      shell -, home true, asks true
      tags server; prepared marl
    clan instance users-root of root clan/inventory/users.nix:5
      on marl in
      on shale in
      on slate in
      shell -, home false, asks true
      tags nixos; prepared
    clan people ada
    lock Some("aaaa") Some(1764547200) home-manager nixpkgs sops-nix
    "#);
}

#[test]
fn every_set_and_list_of_the_fixtures_takes_one_more() {
    let all = [
        "guide",
        "host-imports",
        "registry",
        "literal",
        "per-host",
        "owner",
        "helper",
        "clan-files",
        "clan-set",
    ];
    let edits = all.map(|name| {
        let fleet = fixture(name);
        let sources = fleet.files.sources();
        sources
            .map(|(_, source)| splice::nix::tests::append_everywhere(source.text()))
            .sum::<usize>()
    });
    assert!(edits.iter().all(|count| *count > 10), "{edits:?}");
}

/// Who is on each machine of a fleet without a layout, and where its files lead.
fn people(name: &str) -> String {
    let fleet = fixture(name);
    let line = |machine: &Machine| {
        let user = |user: &MachineUser| {
            let uid = user.uid.map(|uid| format!(" {uid}")).unwrap_or_default();
            format!("{}{uid} {}", self::name(&user.name), at(&user.at))
        };
        let users: Vec<String> = machine.users.iter().map(user).collect();
        format!("{} {}: {}", machine.name, at(&machine.at), users.join(", "))
    };
    fleet.machines.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn people_are_found_through_what_a_machine_imports() {
    let all = ["literal", "per-host", "owner", "helper"].map(people).join("\n");
    let all = all.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(all, @r"
    basalt hosts/basalt.nix:6: kai hosts/basalt.nix:13
    granite hosts/granite.nix:2: ada flake.nix:40
    quartz hosts/quartz/default.nix:4: ada 501 hosts/quartz/default.nix:42, kai 502 hosts/quartz/default.nix:47
    slate hosts/slate/default.nix:3: ada 1000 hosts/slate/default.nix:10, kai.l 1001 hosts/slate/default.nix:15
    agate hosts/agate/default.nix:2: ada hosts/common/users/ada/default.nix:18
    beryl hosts/beryl/default.nix:2: ada hosts/common/users/ada/default.nix:18, kai hosts/common/users/kai/default.nix:7
    opal hosts/opal/default.nix:3: ada 501 hosts/common/darwin-users/ada.nix:8
    gabbro hosts/gabbro.nix:4: (rhea) home.nix:4
    topaz hosts/topaz.nix:2: (theo) 501 home.nix:4
    tuff hosts/tuff.nix:6: (theo) hosts/tuff.nix:12
    dune flake.nix:10:
    reef flake.nix:15:
    ");
}

#[test]
fn a_folder_without_a_flake_is_no_fleet() {
    let dir = tempfile::tempdir().unwrap();
    let problem = Fleet::read(dir.path()).unwrap_err();
    assert_eq!(problem.kind, crate::problem::Kind::Fleet);
    assert!(problem.to_string().contains("there is no `flake.nix` in it"), "{problem}");
    assert!(
        Fleet::read(&dir.path().join("gone")).unwrap_err().to_string().contains("cause: No such")
    );
}

#[test]
fn files_that_cannot_be_used_are_told_with_their_place() {
    let dir = folder_of(&[
        ("modules/broken.nix", "{\n  a = ;\n}\n"),
        ("flake.lock", "{ \"nodes\": "),
        (".doorstep/ours/layout.yaml", "detect: []\n"),
        ("secrets/odd.yaml", "a: ENC[AES256_GCM,data:x]\nsops: 3\n"),
        ("docs/notes.yaml", "text: values look like ENC[AES256_GCM,…]\n"),
        ("users/zoe.nix", "{ flake.modules.homeManager.\"users/zoe\" = { }; }"),
    ]);
    fs::write(dir.path().join("bytes.nix"), b"{ a = \"\xff\"; }").unwrap();
    let fleet = Fleet::read(dir.path()).unwrap();
    let unread: Vec<_> =
        fleet.unread.iter().map(|u| format!("{} {:?} {}", at(&u.at), u.column, u.why)).collect();
    insta::assert_snapshot!(unread.join("\n"), @"
    bytes.nix:1 None it is not UTF-8 text
    broken.nix:2 Some(7) unexpected `;`
    .doorstep/ours/layout.yaml:1 None missing field `where`
    flake.lock:1 Some(11) it is not valid JSON
    secrets/odd.yaml:1 None its `sops` block is wrong: it is not a mapping
    ");
    assert_eq!(fleet.users.len(), 1);
}

#[test]
fn carriage_returns_change_nothing() {
    let unix = fixture("registry");
    let dir = tempfile::tempdir().unwrap();
    for file in unix.files.all() {
        let text = fs::read_to_string(unix.at(file)).unwrap();
        let path = dir.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = if file.extension().is_some_and(|e| e == "nix") {
            text.replace('\n', "\r\n")
        } else {
            text
        };
        fs::write(path, text).unwrap();
    }
    assert_eq!(told(&Fleet::read(dir.path()).unwrap()), told(&unix));
}

#[test]
fn the_walk_stays_inside_the_fleet() {
    let outside = folder_of(&[("users.nix", "{ flake.modules.homeManager.\"users/spy\" = { }; }")]);
    let inside = "{ flake.modules.homeManager.\"users/NAME\" = { }; }";
    let module = |name: &str| inside.replace("NAME", name);
    let (zoe, old, sub) = (module("zoe"), module("old"), module("sub"));
    let dir = folder_of(&[
        ("modules/zoe.nix", &zoe),
        ("result/old.nix", &old),
        ("result-2/old.nix", &old),
        (".direnv/old.nix", &old),
        (".git/old.nix", &old),
        ("vendor/.git", "gitdir: elsewhere"),
        ("vendor/sub.nix", &sub),
    ]);
    std::os::unix::fs::symlink(outside.path(), dir.path().join("folder")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("users.nix"), dir.path().join("file.nix"))
        .unwrap();
    std::os::unix::fs::symlink("modules/zoe.nix", dir.path().join("again.nix")).unwrap();
    std::os::unix::fs::symlink("loop.nix", dir.path().join("loop.nix")).unwrap();
    let fleet = Fleet::read(dir.path()).unwrap();
    let users: Vec<_> = fleet.users.iter().map(|user| user.name.as_str()).collect();
    assert_eq!((users, fleet.unread), (vec!["zoe"], vec![]));
}

#[test]
fn people_are_found_however_a_machine_binds_them() {
    let (_dir, fleet) = fleet_of(&[(
        "hosts/a.nix",
        r#"{ config, ... }: {
          flake.nixosConfigurations.a = f {
            modules = [ ({ lib, ... }: {
              home-manager = {
                users."zoe.smith" = {
                  imports = [ ./x.nix ];
                  programs.git.userName = "Zoe Smith";
                  sops.secrets = lib.mkIf true { token = { }; };
                };
              };
              home-manager.users.${config.owner} = { };
              users.users."zoe.smith".uid = 1000;
            }) ];
          };
        }"#,
    )]);
    insta::assert_snapshot!(told(&fleet), @"
    layout -
      a binding `flake.users.*.meta` -
      a binding `flake.users.*.aggregates` -
      a binding `flake.modules.homeManager.users/*` -
      `modules.homeManager.*` listed in `home-manager.users.*.imports` -
    user zoe.smith hosts/a.nix:5
      Zoe Smith <->
      uses
      secrets token
      on a
    machine a Nixos - hosts/a.nix:2 by nixos-rebuild
      home zoe.smith hosts/a.nix:5 1000 -
      home (${config.owner}) hosts/a.nix:11 - -
      primary zoe.smith: the account has uid 1000
      admin zoe.smith: of its people on most machines (1)
    sops -
    lock None None
    ");
}

#[test]
fn aliases_are_told_from_people_who_build_on_others() {
    let (_dir, fleet) = fleet_of(&[
        (
            "a.nix",
            r#"{ flake.modules.homeManager."users/ada" = { programs.git.userName = "Ada"; }; }"#,
        ),
        (
            "b.nix",
            r#"{ config, ... }: let hm = config.flake.modules.homeManager; in {
              flake.modules.homeManager."users/plain" = hm."users/ada";
              flake.modules.homeManager."users/named" = { imports = [ hm."users/ada" ]; home.username = "named"; };
              flake.modules.homeManager."users/more" = { imports = [ hm."users/ada" ]; programs.x.enable = true; };
              flake.modules.homeManager."users/two" = { imports = [ hm."users/ada" hm."users/more" ]; };
            }"#,
        ),
        (
            "m.nix",
            r#"{ config, ... }: {
          flake.darwinConfigurations.m.home-manager.users.bound.imports =
            [ config.flake.modules.homeManager."users/ada" ];
        }"#,
        ),
    ]);
    let aliases: Vec<_> =
        fleet.users.iter().map(|u| (u.name.as_str(), u.alias_of.as_deref())).collect();
    assert_eq!(
        aliases,
        [
            ("ada", None),
            ("bound", Some("ada")),
            ("more", None),
            ("named", Some("ada")),
            ("plain", Some("ada")),
            ("two", None)
        ]
    );
}

#[test]
fn a_neighbour_is_somebody_like_the_newcomer() {
    let fleet = fixture("guide");
    let neighbour =
        |host, platform, mode| fleet.neighbour(host, platform, mode).map(|user| user.name.as_str());
    assert_eq!(neighbour(Some("basalt"), Platform::Darwin, Mode::Integrated), Some("ada"));
    assert_eq!(neighbour(Some("quartz"), Platform::Darwin, Mode::Integrated), Some("ada"));
    assert_eq!(neighbour(None, Platform::Nixos, Mode::Standalone), Some("ada"));
    // An alias is never copied: juno is on one darwin machine, like milo, and first by name.
    let fleet = fixture("host-imports");
    let on = |host| fleet.neighbour(Some(host), Platform::Darwin, Mode::Integrated).unwrap();
    assert_eq!(on("agate").name, "juno");
    let (_dir, empty) = fleet_of(&[]);
    assert_eq!(empty.neighbour(None, Platform::Nixos, Mode::Standalone), None);
}

#[test]
fn mentions_are_whole_words_in_any_text() {
    let fleet = fixture("guide");
    let lines: Vec<_> =
        fleet.mentions("kai").iter().map(|m| format!("{} {}", at(&m.at), m.text)).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    .sops.yaml:7 - &kai-basalt age1tzg03sh2elast48cuys7sdzclgl45xt5vuqa873c30p6q62v7f8s5ef8ed
    .sops.yaml:14 - path_regex: secrets/users/kai\.sops\.yaml$
    .sops.yaml:17 - *kai-basalt
    checks/people.sh:3 for person in ada kai; do
    home/users/kai/default.nix:6 flake.modules.homeManager."users/kai" =
    home/users/kai/default.nix:9 home.username = lib.mkDefault "kai";
    home/users/kai/default.nix:10 home.homeDirectory = lib.mkDefault "/Users/kai";
    home/users/kai/default.nix:17 user.email = lib.mkForce "kai@example.com";
    home/users/kai/default.nix:22 defaultSopsFile = "${inputs.self}/secrets/users/kai.sops.yaml";
    machines/darwin/basalt.nix:6 # kai: the primary user of this machine
    machines/darwin/basalt.nix:7 users.users.kai = {
    machines/darwin/basalt.nix:9 home = "/Users/kai";
    machines/darwin/basalt.nix:17 "kai"
    machines/darwin/basalt.nix:21 home-manager.users.kai = {
    machines/darwin/basalt.nix:22 imports = [ config.flake.modules.homeManager."users/kai" ];
    machines/nixos/flint.nix:6 users.users.kai = {
    "#);
    assert_eq!(fleet.mentions("ka"), []);
    assert_eq!(fleet.mentions(""), []);
}

#[test]
fn secrets_come_in_with_an_aggregate_or_for_all() {
    let base = |name: &str| fixture(name).sops_base();
    assert_eq!(base("guide"), Some(SopsBase::Aggregate("aggregate-core".into())));
    assert_eq!(base("host-imports"), Some(SopsBase::Aggregate("base-sops".into())));
    let (_dir, fleet) = fleet_of(&[(
        "a.nix",
        "{ inputs, ... }: {\n  home-manager.sharedModules = [ inputs.sops-nix.homeModules.sops ];\n}",
    )]);
    let place = Place { file: "a.nix".into(), line: 2 };
    assert_eq!(fleet.sops_base(), Some(SopsBase::Shared(place)));
    assert_eq!(fleet_of(&[]).1.sops_base(), None);
}

#[test]
fn git_identity_follows_the_neighbours_then_the_lock_file() {
    assert_eq!(fixture("guide").git_identity(), GitIdentity::Settings);
    assert_eq!(fixture("host-imports").git_identity(), GitIdentity::UserName);
    let locked = |date: u64| {
        let lock = format!(
            r#"{{ "nodes": {{ "root": {{ "inputs": {{ "home-manager": "hm" }} }},
                "hm": {{ "locked": {{ "lastModified": {date} }} }} }}, "root": "root" }}"#
        );
        fleet_of(&[("flake.lock", &lock)]).1.git_identity()
    };
    assert_eq!(locked(1_700_000_000), GitIdentity::UserName);
    assert_eq!(locked(1_764_000_000), GitIdentity::Settings);
    assert_eq!(fleet_of(&[]).1.git_identity(), GitIdentity::Settings);
}

#[test]
fn a_home_configuration_is_named_as_the_others_are() {
    let named = |fleet: &str| fixture(fleet).standalone_name("zoe", "quartz", "aarch64-darwin");
    assert_eq!(named("guide"), "zoe");
    assert_eq!(named("registry"), "zoe@aarch64-darwin");
    for (entry, name) in [
        ("\"ada@x86_64-linux\" = 1;", "zoe@aarch64-darwin"),
        ("\"ada@m\" = 1;", "zoe@quartz"),
        ("ada = 1;", "zoe"),
    ] {
        let (_dir, fleet) = fleet_of(&[
            ("h.nix", &format!("{{ flake.homeConfigurations = {{ {entry} }}; }}")),
            ("m.nix", "{ flake.nixosConfigurations.m = { }; }"),
            ("u.nix", "{ flake.modules.homeManager.\"users/ada\" = { }; }"),
        ]);
        assert_eq!(fleet.standalone_name("zoe", "quartz", "aarch64-darwin"), name);
    }
}

#[test]
fn a_generated_sops_file_is_known_by_header_or_module() {
    let by = |files: &[(&str, &str)]| fleet_of(files).1.sops.unwrap().generated_by;
    let header = "# Generated from people.nix: do not edit.\nkeys: []\n";
    assert_eq!(
        by(&[(".sops.yaml", header)]).as_deref(),
        Some("Generated from people.nix: do not edit.")
    );
    let plain = "# keys of everybody\nkeys: [] # generated by age-keygen\n";
    assert_eq!(by(&[(".sops.yaml", plain)]), None);
    let writer = "{ x = \"writes .sops.yaml\"; creation_rules = [ ]; }";
    assert_eq!(
        by(&[(".sops.yaml", plain), ("nix/sops-config.nix", writer)]).as_deref(),
        Some("`nix/sops-config.nix`")
    );
    let reader = "{ x = ./.sops.yaml; }";
    assert_eq!(by(&[(".sops.yaml", plain), ("sops.nix", reader)]), None);
}

#[test]
fn the_sops_file_may_be_in_a_folder() {
    let file = |files: &[(&str, &str)]| fleet_of(files).1.sops.map(|sops| sops.file);
    assert_eq!(
        file(&[("nix/.sops.yaml", ""), ("secrets/.sops.yaml", "")]),
        Some("secrets/.sops.yaml".into())
    );
    assert_eq!(file(&[("a/b/.sops.yaml", "")]), None);
}

#[test]
fn json_has_the_promised_keys() {
    let json = fixture("guide").to_json();
    let keys: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "version",
            "layout",
            "users",
            "machines",
            "aggregates",
            "sops",
            "secrets",
            "standalone",
            "clan",
            "lock",
            "unread"
        ]
    );
    assert_eq!(json["machines"][0]["platform"], "darwin");
    assert_eq!(json["users"][0]["module"]["file"], "modules/home/users/ada/default.nix");
    assert_eq!(json["standalone"][0]["name"]["literal"], "ada");
}

/// Two machines of these people, each a file.
fn two_machines(quartz: &str, slate: &str) -> [(&'static str, String); 2] {
    let machine = |name: &str, people: &str| {
        let bound = people.split(' ').map(|user| format!("home-manager.users.{user} = {{ }}; "));
        format!("{{ flake.nixosConfigurations.{name} = {{ {}}}; }}", bound.collect::<String>())
    };
    [("quartz.nix", machine("quartz", quartz)), ("slate.nix", machine("slate", slate))]
}

#[test]
fn who_looks_after_a_machine_stays_while_a_run_brings_somebody_in() {
    let before = two_machines("ada", "kai");
    let after = two_machines("ada zoe", "kai zoe");
    let [a, b] = &before;
    let (dir, fleet) = fleet_of(&[(a.0, &a.1), (b.0, &b.1)]);
    let admins = |fleet: &Fleet| -> Vec<String> {
        fleet.machines.iter().map(|machine| machine.admin.clone().unwrap()).collect()
    };
    let edit = |((file, before), (_, after)): (&(&str, String), &(&str, String))| Change::Edit {
        path: fleet.at(file),
        before: before.clone(),
        after: after.clone(),
    };
    let changes: Vec<Change> = before.iter().zip(&after).map(edit).collect();
    let step = Step {
        id: "machine-import",
        title: String::new(),
        why: String::new(),
        needs: Needs::You,
        by_hand: Vec::new(),
        changes,
        decided_by: None,
    };
    let planned = fleet.after(&Plan { steps: vec![step], ..Plan::default() });
    assert!(planned.machines.iter().all(|machine| machine.binds("zoe")));
    assert_eq!(admins(&planned), ["ada", "kai"]);

    // The same where it was written, the one in a file of its own.
    fs::remove_file(dir.path().join("slate.nix")).unwrap();
    fs::write(dir.path().join("quartz.nix"), &after[0].1).unwrap();
    fs::write(dir.path().join("kai.nix"), &before[1].1).unwrap();
    fs::write(dir.path().join("zoe.nix"), before[1].1.replace("kai", "zoe")).unwrap();
    let mut written = Fleet::read(dir.path()).unwrap();
    assert_eq!(admins(&written), ["zoe", "zoe"]);
    let texts = [("quartz.nix", before[0].1.clone()), ("quartz.nix", "half".to_owned())];
    let texts = texts.map(|(file, text)| (written.at(file), text));
    written.keep_roles_before(&[written.at("zoe.nix")], &texts);
    assert_eq!(admins(&written), ["ada", "kai"]);
}

#[test]
fn nobody_is_modelled_on_somebody_of_the_same_run() {
    let fleet = fixture("guide");
    // One who would come first by name, with ada's module.
    let (like, path) = (fleet.user("ada").unwrap(), fleet.at("modules/home/users/abe.nix"));
    let text = fleet.text(&like.module.file).unwrap().replace("ada", "abe");
    let machine = fleet.machine("quartz").unwrap();
    let before = fleet.text(&machine.at.file).unwrap();
    let step = |id, change| Step {
        id,
        title: String::new(),
        why: String::new(),
        needs: Needs::You,
        by_hand: Vec::new(),
        changes: vec![change],
        decided_by: None,
    };
    let steps = vec![
        step("user-module", Change::Create { path, content: Content::Text(text), mode: 0o644 }),
        step(
            "machine-import",
            Change::Edit {
                path: fleet.at(&machine.at.file),
                after: before.replace("ada", "abe"),
                before,
            },
        ),
    ];
    let after = fleet.after(&Plan { steps, ..Plan::default() });
    assert!(after.user("abe").unwrap().machines.contains(&"quartz".to_owned()));
    let like = after.neighbour(Some("quartz"), Platform::Darwin, Mode::Integrated).unwrap();
    assert_ne!(like.name, "abe");
}
