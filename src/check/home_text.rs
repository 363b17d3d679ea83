//! The text that makes a person's home: their own module, what else is theirs, and the feature sets
//! they use. What Nix makes of it, only an evaluation tells.

use std::collections::BTreeSet;
use std::path::Path;

use super::tracked::is_of;
use super::{NotChecked, Scene};
use crate::fleet::Fleet;
use crate::nix::{Pattern, Source};

/// A package that the home lists by its name.
pub(super) struct Package<'f> {
    pub(super) name: &'f str,
    /// `file:line`.
    pub(super) at: String,
}

/// Every file of the home, each once.
pub(super) fn files(scene: &Scene) -> Result<Vec<(&Path, &Source)>, NotChecked> {
    let (fleet, user) = (scene.fleet()?, scene.person()?);
    let used = used(fleet, &user.aggregates);
    let is_home = |path: &Path| {
        path == user.module.file
            || is_of(path, &user.name)
            || fleet.aggregates.iter().any(|a| used.contains(a.name.as_str()) && a.at.file == path)
    };
    Ok(fleet.files.sources().filter(|(path, _)| is_home(path)).collect())
}

/// Feature sets with those that they bring.
fn used<'f>(fleet: &'f Fleet, names: &'f [String]) -> BTreeSet<&'f str> {
    let mut used = BTreeSet::new();
    let mut next: Vec<&str> = names.iter().map(String::as_str).collect();
    while let Some(name) = next.pop() {
        if used.insert(name) {
            let aggregate = fleet.aggregates.iter().find(|aggregate| aggregate.name == name);
            next.extend(aggregate.iter().flat_map(|a| &a.imports).map(String::as_str));
        }
    }
    used
}

/// What stands in `home.packages`.
pub(super) fn packages(scene: &Scene) -> Result<Vec<Package<'_>>, NotChecked> {
    let wanted = Pattern::new("home.packages");
    let mut found = Vec::new();
    for (path, source) in files(scene)? {
        for list in source.lists().iter().filter(|list| list.path.ends_with(&wanted)) {
            found.extend(list.items.iter().filter_map(|item| {
                let name = item.reference.as_ref()?.last()?;
                Some(Package { name, at: format!("{}:{}", path.display(), item.line) })
            }));
        }
    }
    Ok(found)
}

/// Where the home sets an option below `dotted`, with the line's text.
pub(super) fn setting(
    scene: &Scene,
    dotted: &str,
    counts: impl Fn(&str) -> bool,
) -> Result<Option<(String, String)>, NotChecked> {
    let wanted = Pattern::new(dotted);
    for (path, source) in files(scene)? {
        let mut bindings = source.bindings().iter().filter(|b| b.path.contains(&wanted));
        if let Some(binding) = bindings.find(|b| counts(b.value.of(source.text()).trim())) {
            let line = source.line(binding.line).unwrap_or_default().trim().to_owned();
            return Ok(Some((format!("{}:{}", path.display(), binding.line), line)));
        }
    }
    Ok(None)
}
