//! `.sops.yaml`: there, read by sops, with public keys that are keys.

use super::finding::{Fix, Risk};
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::explain::Answer;
use crate::plan::Change;
use crate::run::Runner;
use crate::sops::config::Config;

pub(super) struct SopsYaml;

impl Check for SopsYaml {
    fn id(&self) -> &'static str {
        "sops-yaml"
    }

    fn group(&self) -> Group {
        Group::SopsYaml
    }

    fn title(&self) -> &'static str {
        ".sops.yaml is well formed"
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let fleet = scene.fleet()?;
        let Some(sops) = &fleet.sops else {
            let yml = fleet.at(".sops.yml");
            if yml.exists() {
                return Ok(vec![
                    Finding::of("sops-config-not-found", Severity::Error)
                        .said("the rules are in .sops.yml, and sops reads only .sops.yaml")
                        .seen(".sops.yml", "is there")
                        .by(Risk::ByHand, "Rename it", &["git mv .sops.yml .sops.yaml".to_owned()]),
                ]);
            }
            let needs = !fleet.secrets.is_empty() || scene.wants_secrets();
            let none = || {
                Finding::of("sops-config-not-found", Severity::Error)
                    .said("the fleet has no .sops.yaml")
                    .seen(scene.host.short(&fleet.root), "has none")
            };
            return Ok(needs.then(none).into_iter().collect());
        };
        let file = sops.file.display().to_string();
        match scene.ask("sops-config", &[], runner) {
            Answer::Is { what: "invalid", .. } if twice(&sops.text).is_some() => {
                Ok(twice(&sops.text)
                    .map(|(name, line)| defined_twice(&file, name, line))
                    .into_iter()
                    .collect())
            }
            Answer::Is { what: "invalid", words, .. } => Ok(vec![
                Finding::of("sops-yaml-invalid", Severity::Error)
                    .said(format!("{file} cannot be read by sops"))
                    .part("file", &file)
                    .seen(&file, words)
                    .by(Risk::ByHand, "Mend the line", &[format!("git diff {file}")])
                    .follows(&["merge-conflict"]),
            ]),
            Answer::Is { what: "bad-recipient", .. } => Ok(malformed(scene, &file)),
            Answer::Is { .. } => Ok(Vec::new()),
            Answer::Unknown { because } => Err(NotChecked(because)),
        }
    }
}

/// A name that is defined a second time, with its line. Readers of YAML differ in whom its uses mean
/// then, so that such a file is taken for one that cannot be read.
fn twice(text: &str) -> Option<(&str, u32)> {
    let mut known = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let code = line.split(" #").next().unwrap_or(line).trim_start();
        let named = code.trim_start_matches("- ").strip_prefix('&');
        let Some(name) = named.and_then(|name| name.split_whitespace().next()) else { continue };
        if known.contains(&name) {
            return Some((name, number));
        }
        known.push(name);
    }
    None
}

pub(super) fn defined_twice(file: &str, name: &str, line: u32) -> Finding {
    Finding::new(
        "duplicate-anchor",
        Severity::Error,
        format!("&{name} is defined twice in .sops.yaml"),
        "Whom a use of it means depends on the program that reads the file, so nobody can say who reads what.",
    )
    .seen(format!("{file}:{line}"), format!("defines &{name} again"))
    .by(
        Risk::ForReader,
        "Give one of them another name",
        &[format!(
            "Rename &{name} in line {line} and the uses that mean it, then sops updatekeys for their files."
        )],
    )
}

/// Every key that is none; blanks around one are taken off.
fn malformed(scene: &Scene, file: &str) -> Vec<Finding> {
    let Ok(store) = scene.store() else { return Vec::new() };
    let line_of = |line: u32| {
        store
            .text
            .lines()
            .nth(usize::try_from(line).unwrap_or(1).saturating_sub(1))
            .unwrap_or_default()
    };
    let found = store.config.malformed().into_iter().map(|(line, why)| {
        let found = Finding::of("recipient-malformed", Severity::Error)
            .said(format!("line {line} of {file} is not a public key"))
            .seen(format!("{file}:{line}"), format!("{}: {why}", line_of(line).trim()));
        let key = store.config.keys.iter().find(|key| key.line == line);
        let name = key.and_then(|key| key.name.as_deref());
        match own_key(scene, name)
            .and_then(|own| corrected(&store.text, line, key?.value.as_str(), &own))
        {
            Some(after) => found.fix(
                Fix::plan("recipient", "Write your public key", scene.bounds())
                    .why("The one that belongs to the key in your key file.")
                    .by_hand(format!("write your public key in line {line} of {file}"))
                    .changes(vec![Change::Edit {
                        path: store.file.clone(),
                        before: store.text.clone(),
                        after,
                    }]),
            ),
            None => found.by(
                Risk::ForReader,
                "Copy the public key again",
                &["age-keygen -y ~/.config/sops/age/keys.txt, on the machine of whose key it is"
                    .to_owned()],
            ),
        }
    });
    found.collect()
}

/// The person's own public key, if the entry of this name is theirs.
fn own_key(scene: &Scene, name: Option<&str>) -> Option<String> {
    let is_own = name?.strip_prefix(&scene.user).is_some_and(|rest| {
        rest.is_empty()
            || rest.strip_prefix('-').is_some_and(|host| host == scene.host.name || host == "user")
    });
    let keys = Scene::keys_in(&scene.key_file().ok()?);
    is_own.then(|| keys.first().map(|key| key.recipient().to_string()))?
}

fn corrected(text: &str, line: u32, old: &str, new: &str) -> Option<String> {
    let index = usize::try_from(line).ok()?.checked_sub(1)?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mended = lines.get(index)?.replacen(old.trim(), new, 1);
    let after: String = lines
        .iter()
        .enumerate()
        .map(|(at, line)| if at == index { mended.as_str() } else { *line })
        .collect();
    let config = Config::parse(&after).ok()?;
    (after != text && config.malformed().iter().all(|(bad, _)| *bad != line)).then_some(after)
}
