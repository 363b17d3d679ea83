use std::fmt::Write as _;
use std::fs;

use super::*;
use crate::answers::Mode;
use crate::nix::{SetKind, Source};
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
    insta::assert_snapshot!(told(&fixture("guide")), @"");
}

#[test]
fn host_imports_fleet() {
    insta::assert_snapshot!(told(&fixture("host-imports")), @"");
}

#[test]
fn registry_fleet() {
    insta::assert_snapshot!(told(&fixture("registry")), @"");
}

#[test]
fn zz_tmp_practice() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/practice/fleet");
    eprintln!("{}", told(&Fleet::read(&root).unwrap()));
}

#[test]
fn zz_tmp_format() {
    for f in ["guide", "host-imports", "registry"] {
        let fleet = fixture(f);
        for (path, source) in fleet.files.sources() {
            let formatted = splice::nix::format(source.text()).unwrap();
            if formatted != source.text() {
                fs::write(fleet.at(path), formatted).unwrap();
                eprintln!("formatted {}", path.display());
            }
        }
    }
}
