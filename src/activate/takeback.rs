//! Undoes an activation: back to the generation before, or, where there was none, exactly the
//! links that this one made are removed.

use std::fs;
use std::path::Path;

use super::{Places, Record, home_files};
use crate::problem::Problem;
use crate::run::{Command, Runner};

/// Takes one recorded activation back. Gives a sentence for each thing left alone.
///
/// # Errors
/// When the record is not one of ours, or the generation before cannot be activated again.
pub fn take_back(
    facts: &serde_json::Value,
    runner: &mut dyn Runner,
) -> Result<Vec<String>, Problem> {
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
    match record.previous.as_deref() {
        Some(previous) if previous == made => {}
        Some(_) if now == record.previous && record.generation.is_some() => {}
        Some(previous) => activate_again(previous, &record, runner)?,
        None => remove_links(&made, &record),
    }
    Ok(put_back_kept(&record))
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

fn remove_links(made: &Path, record: &Record) {
    let places = &record.places;
    for file in home_files(made).iter().filter(|file| file.is_linked(&places.home)) {
        remove(&places.home.join(&file.target));
    }
    for folder in record.new_folders.iter().rev() {
        // Fails, as it should, when something else has moved in.
        let _ = fs::remove_dir(folder);
    }
    if !record.had_secrets {
        remove_secrets(places);
    }
    remove_profile(made, places);
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
/// person's runtime folder.
fn remove_secrets(places: &Places) {
    let link = places.secrets_link();
    let Ok(target) = fs::read_link(&link) else { return };
    if target.parent().and_then(Path::file_name).is_some_and(|name| name == "secrets.d") {
        let _ = fs::remove_dir_all(&target);
    }
    remove(&link);
    // Fails, as it should, when something else is in it.
    let _ = link.parent().map(fs::remove_dir);
}

fn put_back_kept(record: &Record) -> Vec<String> {
    let mut left = Vec::new();
    for kept in &record.kept {
        let Some(kept_as) = &kept.kept_as else { continue };
        if fs::symlink_metadata(kept_as).is_err() {
            continue;
        }
        if fs::symlink_metadata(&kept.file).is_ok() {
            left.push(format!(
                "{}: something else is there now; your own is kept as {}",
                kept.file.display(),
                kept_as.display()
            ));
        } else if fs::rename(kept_as, &kept.file).is_err() {
            left.push(format!("{}: could not be put back", kept_as.display()));
        }
    }
    left
}

fn remove(link: &Path) {
    // Gone already is as good.
    let _ = fs::remove_file(link);
}
