//! Files of the person's own where a secret's link would go.
//!
//! sops-nix (`createSymlink` in pkgs/sops-install-secrets/main.go) removes whatever it finds there
//! and keeps no copy, and home-manager's own check does not know of it: a private key in
//! `~/.ssh` would be gone for good.

use std::fs;
use std::path::{Path, PathBuf};

use super::Onboard;
use crate::answers::Person;
use crate::nix::Source;
use crate::plan::{Change, Content, Plan};
use crate::problem::Problem;
use crate::survey;

/// Refuses a plan whose home would have something of the person's own removed.
pub(super) fn are_free(onboard: &Onboard, person: &Person, plan: &Plan) -> Result<(), Problem> {
    // Nobody can look into somebody else's home.
    if !onboard.subject.is_oneself() {
        return Ok(());
    }
    let link = onboard.places().secrets_link();
    let Some(path) = places(onboard, person, plan).into_iter().find(|p| is_own(p, &link)) else {
        return Ok(());
    };
    let typed = onboard.host.typed(&path);
    let aside = onboard.host.typed(&beside(&path));
    Err(Problem::user(format!(
        "`{}` is there, and your new home would delete it",
        onboard.host.short(&path)
    ))
    .cause(
        "a secret of yours is put there by sops-nix, which removes what it finds and keeps no copy",
    )
    .hint(format!("move it aside: `mv -n {typed} {aside}`; or give the secret another `path`")))
}

/// Where the home puts secrets, as far as its files say it plainly.
fn places(onboard: &Onboard, person: &Person, plan: &Plan) -> Vec<PathBuf> {
    let there = onboard.fleet.user(&person.username).map(|user| user.module.file.as_path());
    let there = there.and_then(|file| onboard.fleet.text(file).ok());
    let is_nix = |path: &Path| path.extension().is_some_and(|e| e == "nix");
    let new = plan.steps.iter().flat_map(|step| &step.changes).filter_map(|change| match change {
        Change::Create { path, content: Content::Text(text), .. } if is_nix(path) => {
            Some(text.clone())
        }
        _ => None,
    });
    let sources = new.chain(there).filter_map(|text| Source::parse(text).ok());
    let mut places = Vec::new();
    for source in sources {
        let paths = source.find("sops.secrets.*.path").map(|b| b.value.of(source.text()));
        places.extend(paths.filter_map(|expression| in_home(expression, onboard)));
    }
    let answered = person.secrets.iter().filter_map(|secret| secret.path.as_deref());
    places.extend(answered.map(|path| onboard.host.expand(path, &onboard.host.home)));
    places
}

fn in_home(expression: &str, onboard: &Onboard) -> Option<PathBuf> {
    let whole = || {
        let text = expression.trim().strip_prefix('"')?.strip_suffix('"')?;
        (text.starts_with('/') && !text.contains("${")).then(|| PathBuf::from(text))
    };
    survey::in_home(expression, &onboard.host).or_else(whole)
}

/// Whether something is there that sops-nix did not put there.
fn is_own(path: &Path, link: &Path) -> bool {
    match fs::read_link(path) {
        Ok(target) => {
            let sops = |part: &std::ffi::OsStr| part == "sops-nix" || part == "secrets.d";
            !target.starts_with(link) && !target.iter().any(sops)
        }
        Err(_) => fs::symlink_metadata(path).is_ok(),
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".before-doorstep");
    PathBuf::from(name)
}
