//! Whether the files of the home are those of the active generation, or somebody's own again.

use std::fs;

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::activate::in_the_way;
use crate::run::Runner;

pub(super) struct HomeFiles;

impl Check for HomeFiles {
    fn id(&self) -> &'static str {
        "home-files"
    }

    fn group(&self) -> Group {
        Group::Home
    }

    fn title(&self) -> &'static str {
        "no file of yours stands where your home puts its own"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let places = scene.activation();
        let Some(generation) = places.generation() else {
            return Err(NotChecked::because("no home is active yet"));
        };
        let way = in_the_way(&generation, Some(&generation), &places);
        let Some(first) = way.first() else { return Ok(Vec::new()) };
        let file = scene.host.typed(&first.file);
        let shown: Vec<String> = way.iter().map(|way| scene.host.short(&way.file)).collect();
        let mut found = Finding::of("file-would-be-clobbered", Severity::Error)
            .said(match &shown[..] {
                [one] => format!("{one} is in the way of your home"),
                many => format!("{} files are in the way of your home", many.len()),
            })
            .part("path", &file)
            .part("file", &file);
        for way in &way {
            let is_link = fs::symlink_metadata(&way.file).is_ok_and(|m| m.is_symlink());
            let what = if is_link {
                "is a link that is not home-manager's"
            } else {
                "is a file of your own"
            };
            found = found.seen(scene.host.short(&way.file), what);
        }
        let aside = |file: &str| format!("mv {file} {file}.before-home-manager");
        let lines: Vec<String> =
            way.iter().map(|way| aside(&scene.host.typed(&way.file))).collect();
        Ok(vec![found.by(
            Risk::ByHand,
            "Move what is in the way aside, then activate again",
            &lines,
        )])
    }
}
