//! Undoes an activation: back to the generation before, or, where there was none, exactly the
//! links that this one made are removed.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path};

use rustix::fs::{CWD, RenameFlags};

use super::{Places, Record, home_files, switch};
use crate::problem::Problem;
use crate::run::{Command, Runner};

/// Whether recorded facts are about this home. Those of a machine name none, and nothing of theirs
/// is taken back.
pub fn is_about(facts: &serde_json::Value, home: &Path) -> bool {
    let places = facts.get("places");
    places.is_none_or(|places| places["home"].as_str().map(Path::new) == Some(home))
}

/// Takes one recorded activation back. Gives a sentence for each thing left alone.
///
/// # Errors
/// When the record is not one of ours, or the generation before cannot be activated again.
pub fn take_back(
    facts: &serde_json::Value,
    runner: &mut dyn Runner,
) -> Result<Vec<String>, Problem> {
    if let Ok(switched) = serde_json::from_value::<switch::Record>(facts.clone()) {
        let machine = &switched.machine;
        let word = crate::run::shell_word(machine);
        return Ok(vec![format!(
            "{machine}: going back takes an administrator: `doorstep activate --host {word} --rollback`"
        )]);
    }
    let record: Record = serde_json::from_value(facts.clone())
        .map_err(|e| Problem::tool("the receipt's activation cannot be read").cause(e))?;
    let now = record.places.generation();
    // A run that was cut off has no generation written down: what is active now, if it is not what
    // was before, is what it made; else it may have linked some of the package.
    let differs = now.clone().filter(|now| Some(now) != record.previous.as_ref());
    let made = record.generation.clone().or(differs).or_else(|| record.package.clone());
    let Some(made) = made else { return Ok(Vec::new()) };
    // An undo that was cut off may have been here already.
    if now.as_ref() != Some(&made) && now != record.previous {
        let what = match now {
            Some(_) => "another generation of your home is active since",
            None => "no generation of your home is active any more",
        };
        return Ok(vec![format!("your home: {what}")]);
    }
    let mut left = Vec::new();
    match record.previous.as_deref() {
        Some(previous) if previous == made => {}
        Some(_) if now == record.previous && record.generation.is_some() => {}
        // It is run, so it must be what it is called: all generations lie in one store, and the one
        // that is active now says which.
        Some(previous)
            if now.as_deref() != Some(previous) && previous.parent() != made.parent() =>
        {
            return Err(Problem::tool("the generation before is not where generations are")
                .cause(format!("the receipt says `{}`", previous.display())));
        }
        Some(previous) => activate_again(previous, &record, runner)?,
        None => left.extend(remove_links(&made, &record)),
    }
    left.extend(put_back_kept(&record));
    Ok(left)
}

fn activate_again(
    previous: &Path,
    record: &Record,
    runner: &mut dyn Runner,
) -> Result<(), Problem> {
    let mut command = Command::new(previous.join("activate")).env("HOME", &record.places.home);
    if !record.user.is_empty() {
        command = command.env("USER", &record.user);
    }
    let output = runner.output(&command)?;
    if output.ok() {
        return Ok(());
    }
    Err(Problem::tool("the generation before could not be activated again")
        .cause(output.reason())
        .hint(format!("run `{}` by hand to see all of its output", command.typed())))
}

/// Gives a sentence when decrypted secrets stay.
fn remove_links(made: &Path, record: &Record) -> Option<String> {
    let places = &record.places;
    for file in home_files(made).iter().filter(|file| file.is_linked(&places.home)) {
        remove(&places.home.join(&file.target));
    }
    for folder in record.new_folders.iter().rev().filter(|f| is_below(&places.home, f)) {
        // Fails, as it should, when something else has moved in.
        let _ = fs::remove_dir(folder);
    }
    let left = if record.had_secrets { None } else { remove_secrets(places) };
    remove_profile(made, places);
    left
}

/// The profile link, its numbered links and the collector's root, as far as they lead to `made`.
fn remove_profile(made: &Path, places: &Places) {
    let leads = |link: &Path| fs::canonicalize(link).is_ok_and(|target| target == made);
    let profile = places.profile();
    let numbered =
        profile.parent().and_then(|p| fs::read_dir(p).ok()).into_iter().flatten().flatten();
    let mut links: Vec<_> = numbered
        .filter(|e| e.file_name().to_string_lossy().starts_with("home-manager-"))
        .map(|e| e.path())
        .collect();
    // The profile leads through a numbered link, so it goes first.
    links.insert(0, profile);
    links.push(places.gc_root());
    // Looked at before any is removed: each may lead through another.
    let ours: Vec<_> = links.into_iter().filter(|l| l.is_symlink() && leads(l)).collect();
    ours.iter().for_each(|link| remove(link));
}

/// Decrypted secrets and the link to them; the files themselves lie in `secrets.d/<n>` of the
/// person's runtime folder. The link may lead elsewhere by now: what does not look like sops-nix's
/// own stays, and so does the link.
fn remove_secrets(places: &Places) -> Option<String> {
    let link = places.secrets_link();
    let target = fs::read_link(&link).ok()?;
    if fs::symlink_metadata(&target).is_ok() {
        if !is_generation_of_secrets(&target) {
            return Some(format!("{}: it leads to what sops-nix did not make", link.display()));
        }
        let _ = fs::remove_dir_all(&target);
    }
    remove(&link);
    // Fails, as it should, when something else is in it.
    let _ = link.parent().map(fs::remove_dir);
    None
}

/// Whether this is a folder that sops-nix numbers and fills: without links on the way, beside
/// nothing but others like it, with nothing in it that somebody else may read.
fn is_generation_of_secrets(folder: &Path) -> bool {
    let is_number = |name: &std::ffi::OsStr| {
        name.to_str().is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let Some(around) = folder.parent() else { return false };
    let is_ours = fs::symlink_metadata(folder)
        .is_ok_and(|m| m.is_dir() && m.uid() == rustix::process::geteuid().as_raw());
    // What sops-nix (pkgs/sops-install-secrets/main.go) keeps there: `<n>` and the keys that it
    // has made from ssh's.
    let is_kept = |name: &std::ffi::OsStr| is_number(name) || name == "age-keys.txt";
    is_ours
        && folder.file_name().is_some_and(is_number)
        && around.file_name().is_some_and(|name| name == "secrets.d")
        && fs::canonicalize(around).is_ok_and(|real| real == around)
        && fs::read_dir(around).is_ok_and(|mut all| {
            all.all(|entry| entry.is_ok_and(|entry| is_kept(&entry.file_name())))
        })
}

/// Whether `path` lies below `folder` as it is written. A receipt is a file that anybody may have
/// written, so that what it names is not taken on trust.
fn is_below(folder: &Path, path: &Path) -> bool {
    path.strip_prefix(folder).is_ok_and(|below| {
        !below.as_os_str().is_empty()
            && below.components().all(|c| matches!(c, Component::Normal(_)))
    })
}

fn put_back_kept(record: &Record) -> Vec<String> {
    let mut left = Vec::new();
    let home = &record.places.home;
    for kept in &record.kept {
        let Some(kept_as) = &kept.kept_as else { continue };
        if fs::symlink_metadata(kept_as).is_err() {
            continue;
        }
        if !is_below(home, kept_as) || !is_below(home, &kept.file) {
            left.push(format!("{}: not in your home", kept_as.display()));
            continue;
        }
        // Never over something that came meanwhile, however late.
        match rustix::fs::renameat_with(CWD, kept_as, CWD, &kept.file, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            Err(
                rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP,
            ) if fs::symlink_metadata(&kept.file).is_err()
                && fs::rename(kept_as, &kept.file).is_ok() => {}
            Err(_) if fs::symlink_metadata(&kept.file).is_ok() => left.push(format!(
                "{}: something else is there now; your own is kept as {}",
                kept.file.display(),
                kept_as.display()
            )),
            Err(_) => left.push(format!("{}: could not be put back", kept_as.display())),
        }
    }
    left
}

fn remove(link: &Path) {
    // Gone already is as good.
    let _ = fs::remove_file(link);
}
