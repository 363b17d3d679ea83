//! Key files that are there: whether they can be used, and whether only their owner can read them.

use super::finding::{Fix, Risk};
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::plan::Change;
use crate::question::{KeyPlace, KeyTrouble};
use crate::run::Runner;

pub(super) struct KeyFiles;

impl Check for KeyFiles {
    fn id(&self) -> &'static str {
        "key-files"
    }

    fn group(&self) -> Group {
        Group::Keys
    }

    fn title(&self) -> &'static str {
        "your key files are well formed, and yours alone"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        Ok(scene.key_places()?.iter().filter_map(|place| finding(scene, place)).collect())
    }
}

fn finding(scene: &Scene, place: &KeyPlace) -> Option<Finding> {
    let trouble = place.trouble.as_ref()?;
    // The variable is another check's.
    let path = place.path.as_ref()?;
    let shown = trouble.words();
    let typed = scene.host.typed(path);
    Some(match trouble {
        KeyTrouble::Mode(before) => {
            let after = before & 0o700 & !0o100;
            let fix = Fix::plan("key-mode", "Close the key file", vec![scene.host.home.clone()])
                .why("Only you can read it afterwards.")
                .by_hand(format!("chmod {after:04o} {typed}"))
                .changes(vec![Change::Mode { path: path.clone(), before: *before, after }]);
            let found = Finding::new(
                "key-file-open",
                Severity::Warning,
                format!("other accounts can read your private key file (mode {before:04o})"),
                "Whoever reads the key can open every secret that is encrypted for you, now and in git's history.",
            )
            .seen(format!("stat {typed}"), shown);
            match path.starts_with(&scene.host.home) {
                true => found.fix(fix),
                false => found.by(Risk::ByHand, "Close it", &[format!("chmod {after:04o} {typed}")]),
            }
        }
        KeyTrouble::Malformed { line, .. } => Finding::of("age-key-malformed", Severity::Error)
            .seen(format!("{}:{line}", place.place), shown)
            .by(
                Risk::ByHand,
                "Put the key back from your second copy",
                &[format!("Look at line {line} of {typed}. One bad line makes the whole file useless to sops.")],
            ),
        KeyTrouble::Directory => Finding::of("key-file-is-directory", Severity::Error)
            .part("path", &place.place)
            .seen(&place.place, shown)
            .by(
                Risk::ByHand,
                "Move the folder aside, and the key in its place",
                &[format!("mv {typed} {typed}.folder")],
            ),
        KeyTrouble::NotYours { owner } => Finding::new(
            "key-file-unusable",
            Severity::Error,
            format!("your key file belongs to {owner}"),
            "sops-nix runs as you, and a key that another account owns may be closed to it, or read by it.",
        )
        .seen(&place.place, shown)
        .by(
            Risk::ForAdmin,
            "Give the file back",
            &[format!("sudo chown {} {typed}", scene.host.account.name)],
        ),
        KeyTrouble::Unreadable { .. } => Finding::new(
            "key-file-unusable",
            Severity::Error,
            "your key file cannot be read",
            "Without it none of your secrets opens.",
        )
        .seen(&place.place, shown)
        .by(Risk::ByHand, "Look at it", &[format!("ls -l {typed}")]),
        KeyTrouble::Empty => Finding::new(
            "key-file-unusable",
            if place.is_target { Severity::Error } else { Severity::Warning },
            "your key file is empty",
            "sops stops at a key file without a key.",
        )
        .seen(&place.place, shown)
        .by(Risk::ByHand, "Put the key back from your second copy", &[typed]),
        // A link is somebody's decision, and works.
        KeyTrouble::Symlink(_) => return None,
    })
}
