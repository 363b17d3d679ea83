//! Whether the key is where each program looks for it: sops-nix in the file that the module names,
//! the sops command in a folder that depends on the platform and on a variable.

use std::fs;
use std::path::Path;

use super::finding::{Fix, Risk};
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::counted::counted;
use crate::host::Os;
use crate::plan::{Change, Content};
use crate::question::KeyPlace;
use crate::run::Runner;
use crate::survey;

pub(super) struct KeyPlaces;

impl Check for KeyPlaces {
    fn id(&self) -> &'static str {
        "key-place"
    }

    fn group(&self) -> Group {
        Group::Keys
    }

    fn title(&self) -> &'static str {
        "your age key is where it is looked for"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let places = scene.key_places()?;
        let has_key = |place: &&KeyPlace| !place.keys.is_empty();
        let target = places.iter().find(|place| place.is_target);
        let Some(target) = target else { return Ok(Vec::new()) };
        // What is wrong with the file itself is another check's.
        if target.keys.is_empty() && target.trouble.is_some() {
            return Ok(Vec::new());
        }
        if target.keys.is_empty() {
            if let Some(at) = given_by_the_machine(scene) {
                return Err(NotChecked::because(format!("the machine gives you your key ({at})")));
            }
            return Ok(vec![match places.iter().find(has_key) {
                Some(place) => elsewhere(scene, place, target),
                None => nowhere(scene, places),
            }]);
        }
        Ok(hidden_from_sops(scene, target).into_iter().collect())
    }
}

/// On some NixOS machines the machine itself hands the key over; then none in the home is right.
fn given_by_the_machine(scene: &Scene) -> Option<String> {
    if scene.host.os != Os::Linux || scene.machine().is_none() {
        return None;
    }
    let mut sources = scene.fleet().ok()?.files.sources();
    sources.find_map(|(path, source)| {
        let binding = source
            .bindings()
            .iter()
            .filter(|binding| binding.path.last().and_then(|part| part.name()) == Some("keyFile"))
            .find(|binding| binding.value.of(source.text()).contains("config.sops.secrets"))?;
        Some(format!("{}:{}", path.display(), binding.line))
    })
}

fn nowhere(scene: &Scene, places: &[KeyPlace]) -> Finding {
    let names: Vec<&str> = places.iter().map(|place| place.place.as_str()).collect();
    let copy = "From the second copy that you made when the key was: put its lines into that file, and chmod 0600.";
    Finding::of("key-file-missing", Severity::Error)
        .said("you have no age key on this machine")
        .seen(names.join(", "), "no key there")
        .by(Risk::ByHand, "Put the key back from your second copy", &[copy.to_owned()])
        .by(
            Risk::ForReader,
            "Without a copy: make a new key, and have it added",
            &[format!("doorstep onboard --as {}", scene.user)],
        )
}

/// The key is in another place than the one that the fleet names.
fn elsewhere(scene: &Scene, place: &KeyPlace, target: &KeyPlace) -> Finding {
    let class = match scene.host.os {
        Os::Darwin => "key-file-wrong-macos-path",
        Os::Linux => "key-not-in-place",
    };
    let why = "sops-nix reads the key from the one file that the fleet names, and takes no notice of the others.";
    let found = Finding::new(
        class,
        Severity::Error,
        format!("your key is in {}, and your home looks for it in {}", place.place, target.place),
        why,
    )
    .seen(&place.place, counted(place.keys.len(), "key"))
    .seen(&target.place, "is not there");
    let (Some(from), Some(to)) = (&place.path, &target.path) else {
        return found.by(
            Risk::ByHand,
            "Save the key in that file",
            std::slice::from_ref(&target.place),
        );
    };
    let by_hand = format!("install -m 600 {} {}", scene.host.typed(from), scene.host.typed(to));
    match copied(from, to, &scene.host.home) {
        Some(change) => found.fix(
            Fix::plan("key-place", "Copy the key there", vec![scene.host.home.clone()])
                .why("The other file stays; the copy is for you alone.")
                .by_hand(by_hand)
                .changes(vec![change]),
        ),
        None => found.by(Risk::ByHand, "Copy it there", &[by_hand]),
    }
}

fn copied(from: &Path, to: &Path, home: &Path) -> Option<Change> {
    if fs::symlink_metadata(to).is_ok() || !to.starts_with(home) {
        return None;
    }
    let content = Content::secret(survey::read_small(from)?);
    Some(Change::Create { path: to.to_owned(), content, mode: 0o600 })
}

/// sops-nix finds it, the sops command of this shell does not.
fn hidden_from_sops(scene: &Scene, target: &KeyPlace) -> Option<Finding> {
    let host = &scene.host;
    let is_told = ["SOPS_AGE_KEY_FILE", "SOPS_AGE_KEY", "SOPS_AGE_KEY_CMD"]
        .iter()
        .any(|name| host.var(name).is_some());
    let usual = host.sops_default_key_file();
    if host.os != Os::Darwin || is_told || !Scene::keys_in(&usual).is_empty() {
        return None;
    }
    let path = target.path.as_ref()?;
    let line = format!("export SOPS_AGE_KEY_FILE={}", host.typed(path));
    Some(
        Finding::of("key-file-wrong-macos-path", Severity::Warning)
            .seen(host.short(&usual), "is where sops of this shell looks; it is not there")
            .seen(&target.place, "is where your key is, and where sops-nix looks")
            .part("path", &target.place)
            .by(Risk::ByHand, "Tell sops where the key is", &[line]),
    )
}
