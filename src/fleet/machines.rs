//! The machines of the fleet: where each is defined, who is bound on it, who looks after it.

mod accounts;
pub(crate) mod reach;
mod roles;
pub(crate) mod slot;
pub(crate) mod together;
mod uids;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::nix::{AttrPath, Pattern};

pub(super) use accounts::package;

use super::files::Files;
use super::layout::{Layout, read_names};
use super::mentions::names_word;
use super::scope::{Found, Scope, bindings, is_declaration, naming};
use super::{Clan, Machine, MachineUser, Place, Platform, User};

pub use reach::Reach;

/// Below these names a machine binds homes, and accounts.
pub(crate) const HOMES: [&str; 2] = ["home-manager", "users"];
pub(crate) const ACCOUNTS: [&str; 2] = ["users", "users"];

/// How a file tells of a machine, the one that is edited first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sign {
    /// `flake.modules.<platform>."machines/<platform>/<host>"`
    Module,
    /// A file where the layout keeps machines.
    File,
    /// `flake.darwinConfigurations.<host>` or `nixosConfigurations`
    Configuration,
    /// `clan.machines.<host>` or the inventory
    Clan,
}

impl Machine {
    /// What is known of a person on it.
    pub fn user(&self, name: &str) -> Option<&MachineUser> {
        self.users.iter().find(|user| user.name.text() == name)
    }

    /// Whether it puts the home of `name` in place.
    pub fn binds(&self, name: &str) -> bool {
        self.user(name).is_some_and(|user| user.managed)
    }
}

#[derive(Default)]
struct Traces {
    signs: Vec<(Sign, Place)>,
    platform: Option<Platform>,
    scopes: Vec<Scope>,
}

/// Every machine, by name.
pub(super) fn read(files: &Files, layouts: &[Layout], users: &[User], clan: &Clan) -> Vec<Machine> {
    let mut traces: BTreeMap<String, Traces> = BTreeMap::new();
    let words = ["Configurations", "machines", "hosts/"];
    for found in naming(files, &words).filter(|f| !is_declaration(&f.binding.path)) {
        if let Some((sign, platform, name, below)) = told_by(&found.binding.path) {
            let scope = Scope { file: found.file.to_owned(), below: Some(below) };
            add(&mut traces, name, sign, platform, found.place(), scope);
        }
    }
    let places: Vec<&String> = layouts.iter().flat_map(|layout| &layout.places.machine).collect();
    for (file, _) in files.sources() {
        if let Some((platform, name)) = kept_at(&places, file) {
            let scope = Scope { file: file.to_owned(), below: None };
            let place = Place { file: file.to_owned(), line: 1 };
            add(&mut traces, name, Sign::File, platform, place, scope);
        }
    }
    widen_to_whole_files(&mut traces, files);
    let exports = reach::Exports::of(files);
    let mut machines: Vec<Machine> = traces
        .into_iter()
        .map(|(name, mut traces)| {
            let reach = reach::follow(files, &exports, std::mem::take(&mut traces.scopes));
            machine(files, name, traces, reach, clan)
        })
        .collect();
    roles::assign(files, users, &mut machines, &clan.instances);
    machines
}

fn add(
    traces: &mut BTreeMap<String, Traces>,
    name: &str,
    sign: Sign,
    platform: Option<Platform>,
    place: Place,
    scope: Scope,
) {
    let traces = traces.entry(name.to_owned()).or_default();
    traces.platform = traces.platform.or(platform);
    if !traces.signs.iter().any(|(known, at)| *known == sign && at.file == place.file) {
        traces.signs.push((sign, place));
    }
    if !traces.scopes.iter().any(|known| known.file == scope.file && known.below == scope.below) {
        traces.scopes.push(scope);
    }
}

fn told_by(path: &AttrPath) -> Option<(Sign, Option<Platform>, &str, Pattern)> {
    use Platform::{Darwin, Nixos};
    const CONFIGURATIONS: [(&str, Platform); 2] =
        [("darwinConfigurations", Darwin), ("nixosConfigurations", Nixos)];
    const MODULES: [(&str, Platform); 2] = [("darwin", Darwin), ("nixos", Nixos)];
    let parts = path.parts();
    let name_after = |names: &[&str]| {
        let at = path.index_of(names)?;
        // Only where the flake says it: a module may have an option of the same name.
        let outermost = at == 0 || matches!(parts[0].name(), Some("flake" | "config" | "outputs"));
        parts.get(at + names.len())?.name().filter(|_| outermost)
    };
    for (output, platform) in CONFIGURATIONS {
        if let Some(name) = name_after(&[output]) {
            let below = Pattern::exact(&[output, name]);
            return Some((Sign::Configuration, Some(platform), name, below));
        }
    }
    for (class, platform) in MODULES {
        if let Some(module) = name_after(&["modules", class])
            && let Some(("machines" | "hosts", rest)) = module.split_once('/')
        {
            let name = rest.rsplit('/').next().unwrap_or(rest);
            return Some((Sign::Module, Some(platform), name, Pattern::exact(&[module])));
        }
    }
    // A file that is imported into the clan says `inventory.machines` alone.
    let inventory = [&["clan", "inventory", "machines"][..], &["inventory", "machines"]];
    for names in [&["clan", "machines"][..]].into_iter().chain(inventory) {
        if let Some(name) = name_after(names) {
            let below = Pattern::exact(&[names, &[name]].concat());
            return Some((Sign::Clan, None, name, below));
        }
    }
    None
}

/// The platform and name that a file's path gives, where layouts keep machines.
fn kept_at<'f>(places: &[&String], file: &'f Path) -> Option<(Option<Platform>, &'f str)> {
    let path = file.to_str()?;
    places.iter().find_map(|place| {
        let names = read_names(place, path)?;
        let get = |key: &str| names.iter().find(|(k, _)| *k == key).map(|(_, value)| *value);
        let host = get("host").filter(|host| *host != "default" && !host.starts_with('_'))?;
        let platform = match get("platform") {
            Some("darwin") => Some(Platform::Darwin),
            Some("nixos" | "linux") => Some(Platform::Nixos),
            _ => None,
        };
        Some((platform, host))
    })
}

/// A file that tells of one machine only belongs to it whole, and so do the files of its folder.
fn widen_to_whole_files(traces: &mut BTreeMap<String, Traces>, files: &Files) {
    let mut owners: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for traces in traces.values() {
        let mut own: Vec<&PathBuf> = traces.scopes.iter().map(|scope| &scope.file).collect();
        own.dedup();
        for file in own {
            *owners.entry(file.clone()).or_default() += 1;
        }
    }
    for (name, traces) in traces.iter_mut() {
        for scope in &mut traces.scopes {
            if owners.get(&scope.file) == Some(&1) {
                scope.below = None;
            }
        }
        let mut folders = traces.scopes.iter().filter_map(|scope| scope.file.parent());
        let named_for_it = |f: &&Path| f.file_name().is_some_and(|f| f == name.as_str());
        let Some(folder) = folders.find(named_for_it).map(Path::to_owned) else { continue };
        for (file, _) in files.sources().filter(|(file, _)| file.parent() == Some(&folder)) {
            if !traces.scopes.iter().any(|scope| scope.file == file) {
                traces.scopes.push(Scope { file: file.to_owned(), below: None });
            }
        }
    }
}

fn machine(files: &Files, name: String, mut traces: Traces, reach: Reach, known: &Clan) -> Machine {
    let own = own_file(files, &name, &traces, &reach);
    traces.signs.extend(own.map(|at| (Sign::File, at)));
    traces.signs.sort_by_key(|(sign, _)| *sign);
    let found = bindings(files, &reach.scopes());
    let system = system(&found);
    let platform = traces.platform.unwrap_or_else(|| match &system {
        Some(system) if system.ends_with("-darwin") => Platform::Darwin,
        Some(_) => Platform::Nixos,
        None => known.machine(&name).map_or(Platform::Nixos, |machine| machine.class),
    });
    let clan = traces.signs.iter().any(|(sign, _)| *sign == Sign::Clan)
        || known.instances.iter().any(|instance| instance.applies_to(&name));
    let deploy = match (clan, platform) {
        (true, _) => "clan",
        (false, Platform::Darwin) => "darwin-rebuild",
        (false, Platform::Nixos) => "nixos-rebuild",
    };
    let at = match traces.signs.into_iter().next() {
        Some((Sign::File, at)) => first_binding(files, at),
        Some((_, at)) => at,
        // A trace always comes with a sign.
        None => Place { file: PathBuf::new(), line: 1 },
    };
    Machine {
        users: accounts::read(files, &found, &name, &known.instances),
        system,
        platform,
        at,
        primary: None,
        primary_because: None,
        admin: None,
        admin_because: None,
        deploy: Some(deploy.to_owned()),
        reach,
        name,
    }
}

/// The file named for the machine that its configuration, which says no more itself, is made from.
fn own_file(files: &Files, name: &str, traces: &Traces, reach: &Reach) -> Option<Place> {
    let says_more = |(sign, at): &(Sign, Place)| {
        *sign <= Sign::File || files.nix(&at.file).is_some_and(|s| slot::body_of(s, name).is_some())
    };
    if traces.signs.iter().any(says_more) {
        return None;
    }
    let own = |file: &Path| reach.parts().iter().any(|p| p.by.is_none() && p.is_in(file));
    let imported = |part: &&reach::Reached| part.by.as_ref().is_some_and(|by| own(&by.file));
    let files = reach.parts().iter().filter(imported).map(|part| &part.scope.file);
    let named = files.filter(|file| names_word(&file.to_string_lossy(), name));
    // `hosts/quartz/default.nix` before `hosts/quartz/hardware.nix`.
    let main = |file: &&PathBuf| {
        let stem = file.file_stem().and_then(std::ffi::OsStr::to_str);
        stem.is_some_and(|stem| stem == name || matches!(stem, "default" | "configuration"))
    };
    let named: Vec<&PathBuf> = named.collect();
    let file = *named.iter().find(|file| main(file)).or(named.first())?;
    Some(Place { file: file.clone(), line: 1 })
}

/// A file as a whole is shown at its first binding that is no helper.
fn first_binding(files: &Files, at: Place) -> Place {
    let source = files.nix(&at.file);
    let line = source.and_then(|source| {
        let outer =
            |b: &&crate::nix::Binding| source.sets()[b.set].kind != crate::nix::SetKind::Let;
        source.bindings().iter().find(outer).map(|binding| binding.line)
    });
    Place { line: line.unwrap_or(at.line), ..at }
}

/// `aarch64-darwin` and the like, where a file spells it out.
fn system(found: &[Found<'_>]) -> Option<String> {
    const SAYING: [&str; 5] = [
        "nixpkgs.hostPlatform",
        "nixpkgs.hostPlatform.system",
        "nixpkgs.system",
        "hostPlatform",
        "system",
    ];
    SAYING.iter().find_map(|pattern| {
        let pattern = Pattern::new(pattern);
        found
            .iter()
            .filter(|found| found.binding.path.ends_with(&pattern))
            .filter_map(Found::text)
            .find(|system| system.ends_with("-darwin") || system.ends_with("-linux"))
    })
}
