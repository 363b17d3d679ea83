//! Whether the person's own home configuration is for this kind of machine.

use super::finding::{Fix, Risk};
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::nix::Source;
use crate::plan::Change;
use crate::run::Runner;

const SYSTEMS: [&str; 4] = ["aarch64-darwin", "aarch64-linux", "x86_64-darwin", "x86_64-linux"];

pub(super) struct OwnSystem;

impl Check for OwnSystem {
    fn id(&self) -> &'static str {
        "own-system"
    }

    fn group(&self) -> Group {
        Group::Fleet
    }

    fn title(&self) -> &'static str {
        "your home configuration is for this kind of machine"
    }

    fn applies(&self, scene: &Scene) -> bool {
        // A home that the machine brings has the machine's; another person's may be for theirs.
        scene.is_oneself()
            && scene.person().is_ok_and(|user| !user.machines.contains(&scene.host.name))
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let fleet = scene.fleet()?;
        let own = fleet.standalone.iter().filter(|entry| {
            super::tracked::is_of(&entry.at.file, &scene.user)
                && entry.user.as_ref() == Some(&scene.user)
        });
        let mut files: Vec<_> = own.map(|entry| entry.at.file.clone()).collect();
        files.dedup();
        let [file] = &files[..] else { return Ok(Vec::new()) };
        let Some(source) = fleet.files.nix(file) else { return Ok(Vec::new()) };
        let text = source.text();
        let named: Vec<&str> = SYSTEMS.into_iter().filter(|system| text.contains(system)).collect();
        let here = scene.host.system();
        let [only] = named[..] else { return Ok(Vec::new()) };
        if only == here {
            return Ok(Vec::new());
        }
        let line = text.lines().zip(1..).find(|(line, _)| line.contains(only));
        let (line, number) = line.unwrap_or_default();
        let at = format!("{}:{number}", file.display());
        let found = Finding::of("wrong-system", Severity::Error)
            .said(format!("your home configuration is for {only}, and this machine is {here}"))
            .seen(&at, line.trim());
        let after = text.replace(only, &here);
        Ok(vec![match Source::parse(after.as_str()) {
            Ok(_) => found.fix(
                Fix::plan("own-system", "Name this system", scene.bounds())
                    .why("In your own configuration. If it is for another machine of yours, leave it.")
                    .by_hand(format!("write {here} for {only} at {at}"))
                    .changes(vec![Change::Edit { path: fleet.at(file), before: text.to_owned(), after }]),
            ),
            Err(_) => found.by(Risk::ByHand, format!("Write {here} there"), &[at]),
        }])
    }
}
