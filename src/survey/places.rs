//! Where people's secrets are in a fleet whose layout is unknown: `.sops.yaml` and the encrypted
//! files that are there tell.

use std::path::Path;

use crate::fleet::layout::{fill, read_names};
use crate::fleet::{Fleet, SopsFile};
use crate::sops::config::Config;

/// Where fleets keep one person's secrets, the likeliest first.
const PLACES: [&str; 8] = [
    "secrets/users/{user}.sops.yaml",
    "secrets/home-manager/users/{user}/secrets.yaml",
    "secrets/users/{user}/secrets.yaml",
    "secrets/users/{user}.yaml",
    "secrets/{user}.sops.yaml",
    "secrets/{user}.yaml",
    "secrets/{user}/secrets.yaml",
    "users/{user}/secrets.yaml",
];

/// A place with `{user}` in it: the one for which this person has a rule of their own, else the one
/// where another person's encrypted file is, else the one for which anybody has a rule.
pub(super) fn secrets_file(fleet: &Fleet, username: &str) -> Option<String> {
    let sops = fleet.sops.as_ref()?;
    let config = Config::parse(&sops.text).ok()?;
    let own = |place: &&str| has_own_rule(&config, sops, place, username);
    let mut people: Vec<String> = config.keys.iter().filter_map(|key| key.name.clone()).collect();
    // `ada-quartz` is a key of Ada's.
    people.extend(people.clone().iter().filter_map(|n| Some(n.rsplit_once('-')?.0.to_owned())));
    let known = |place: &&str| people.iter().any(|name| has_own_rule(&config, sops, place, name));
    let mut places = PLACES.iter().copied();
    let place = places
        .clone()
        .find(own)
        .or_else(|| places.clone().filter(known).find(|place| is_used(fleet, place)))
        .or_else(|| places.find(known))?;
    Some(place.to_owned())
}

/// Whether another rule wins for the file of `name` than for that of nobody in particular.
fn has_own_rule(config: &Config, sops: &SopsFile, place: &str, name: &str) -> bool {
    let winner = |name: &str| {
        let path = fill(place, &[("user", name)]);
        let path = super::below(&path, sops.file.parent().unwrap_or(Path::new("")));
        config.winner(&path).ok().flatten().map(|rule| rule.index)
    };
    winner(name).is_some_and(|index| winner(&format!("not-{name}")) != Some(index))
}

fn is_used(fleet: &Fleet, place: &str) -> bool {
    let mut files = fleet.secrets.iter().filter_map(|secrets| secrets.file.to_str());
    files.any(|file| read_names(place, file).is_some())
}
