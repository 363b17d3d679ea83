//! `inventory.json`: what clan's own programs write of the inventory. It is data of theirs, read and
//! never edited here.
//!
//! clan merges it into what the Nix files say (clan-core 25.11, modules/clan/module.nix).

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::fleet::files::Files;
use crate::fleet::{Place, Platform};

use super::UsersInstance;
use super::instances::Read;

const FILE: &str = "inventory.json";

/// The file's text as data; `None`: there is none, or it is none of clan's.
pub(super) struct Kept(Value);

/// A machine of the file.
pub(super) struct KeptMachine<'k> {
    pub(super) name: &'k str,
    pub(super) class: Option<Platform>,
    pub(super) tags: Vec<String>,
    pub(super) at: Place,
}

impl Kept {
    pub(super) fn of(files: &Files) -> Option<Self> {
        if !files.contains(Path::new(FILE)) {
            return None;
        }
        serde_json::from_str(&files.text(Path::new(FILE)).ok()?).ok().map(Self)
    }

    pub(super) fn machines(&self) -> impl Iterator<Item = KeptMachine<'_>> {
        entries(&self.0["machines"]).map(|(name, machine)| KeptMachine {
            name,
            class: match machine["machineClass"].as_str() {
                Some("darwin") => Some(Platform::Darwin),
                Some("nixos") => Some(Platform::Nixos),
                _ => None,
            },
            tags: texts(&machine["tags"]),
            at: place(),
        })
    }

    /// Instances of the `users` service.
    pub(super) fn instances(&self) -> impl Iterator<Item = Read> + '_ {
        let all = entries(&self.0["instances"]);
        let of_people = all.filter(|(_, instance)| instance["module"]["name"] == "users");
        of_people.map(|(name, instance)| read(name, &instance["roles"]["default"]))
    }
}

fn read(name: &str, role: &Value) -> Read {
    let settings = &role["settings"];
    let by_name = |targets: &Value| -> BTreeMap<String, Vec<String>> {
        let groups = |entry: &Value| texts(&entry["settings"]["groups"]);
        entries(targets).map(|(name, entry)| (name.to_owned(), groups(entry))).collect()
    };
    let (mut more_groups, mut groups_by_tag) = (by_name(&role["machines"]), by_name(&role["tags"]));
    let named: Vec<String> = more_groups.keys().cloned().collect();
    let mut tags: Vec<String> = groups_by_tag.keys().cloned().collect();
    tags.extend(texts(&role["tags"]));
    for groups in [&mut more_groups, &mut groups_by_tag] {
        groups.retain(|_, groups| !groups.is_empty());
    }
    let groups = texts(&settings["groups"]);
    let further = more_groups.values().chain(groups_by_tag.values()).flatten();
    let instance = UsersInstance {
        user: settings["user"].as_str().unwrap_or(name).to_owned(),
        admin: groups.iter().chain(further).any(|group| group == "wheel"),
        name: name.to_owned(),
        at: place(),
        machines: Vec::new(),
        prepared: Vec::new(),
        managed: false,
        shell: None,
        prompt: settings["prompt"].as_bool().unwrap_or(true),
        computed: true,
        named,
        tags,
        groups,
        more_groups,
    };
    Read { instance, groups_by_tag }
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn texts(value: &Value) -> Vec<String> {
    let all = value.as_array().into_iter().flatten();
    all.filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

fn place() -> Place {
    Place { file: FILE.into(), line: 1 }
}
