//! What the checks of the drawings find, and the log of the drawings.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::check::report::{Fine, Left, Report};
use crate::check::{CHECKS, Evidence, Finding, Fix, Group, How, Risk, Severity};
use crate::plan::{Change, Needs, Plan, Step};

const MODULE: &str = "modules/home/users/raquel/default.nix";

/// A plan of one step.
pub(crate) fn plan(title: &str, by_hand: &str, change: Change) -> Arc<Plan> {
    let step = Step {
        id: "fix",
        title: title.into(),
        why: String::new(),
        needs: Needs::You,
        by_hand: vec![by_hand.into()],
        changes: vec![change],
        decided_by: None,
    };
    let bounds = vec!["/Users/raquel/fleet".into(), "/Users/raquel".into()];
    Arc::new(Plan { steps: vec![step], bounds, ..Plan::default() })
}

pub(crate) fn finding(
    id: &'static str,
    group: Group,
    severity: Severity,
    summary: &str,
    why: &str,
) -> Finding {
    let mut found = Finding::new(id, severity, summary, why);
    (found.group, found.check) = (group, id);
    found
}

fn seen(at: &str, shown: &str) -> Evidence {
    Evidence { at: at.into(), shown: shown.into() }
}

fn untracked() -> Finding {
    let mut found = finding(
        "untracked-file",
        Group::Fleet,
        Severity::Error,
        "Nix cannot see your home module: git does not track it",
        "A flake sees only the files that git knows. Nix leaves this one out without a word; a \
         build then stops with: attribute '\"users/raquel\"' missing.",
    );
    found.check = "tracked";
    found.evidence = vec![seen(
        &format!("git -C ~/fleet ls-files {MODULE}"),
        "prints nothing; the file is there, 31 lines, written Tue 14:01.",
    )];
    let by_hand = format!("git -C ~/fleet add --intent-to-add {MODULE}");
    let change = Change::Track {
        repository: "/Users/raquel/fleet".into(),
        paths: vec![PathBuf::from(MODULE)],
    };
    let title = "Tell git that the file exists, without its contents";
    let how = How::Plan(plan(title, &by_hand, change));
    found.fixes =
        vec![Fix { title: "Let doorstep tell git about it".into(), risk: Risk::Safe, how }];
    found
}

fn no_home() -> Finding {
    let mut found = finding(
        "no-generation",
        Group::Home,
        Severity::Error,
        "no home is active for you: there is no generation yet",
        "Until one is active, none of your settings are in place.",
    );
    found.check = "home-active";
    found.follows_from = Some("untracked-file");
    found.evidence = vec![seen("~/.local/state/nix/profiles", "has no home-manager profile")];
    let how = How::Text(vec!["doorstep activate".to_owned()]);
    let title = "Build it once the file is seen".into();
    found.fixes = vec![Fix { title, risk: Risk::ByHand, how }];
    found
}

fn open_key() -> Finding {
    let mut found = finding(
        "key-mode",
        Group::Keys,
        Severity::Warning,
        "other accounts can read your private key file (mode 0644)",
        "Whoever reads it can open your secrets.",
    );
    found.check = "key-files";
    found.evidence = vec![seen("~/.config/sops/age/keys.txt", "mode 0644")];
    let path = PathBuf::from("/Users/raquel/.config/sops/age/keys.txt");
    let change = Change::Mode { path, before: 0o644, after: 0o600 };
    let by_hand = "chmod 600 ~/.config/sops/age/keys.txt";
    let how = How::Plan(plan("Make it readable by you alone", by_hand, change));
    found.fixes = vec![Fix { title: "Make the file private".into(), risk: Risk::Safe, how }];
    found
}

/// Three findings, one check that could not be made, 41 that are fine.
pub(crate) fn report() -> Report {
    let found = ["tracked", "home-active", "key-files", "clan-key"];
    let fine = CHECKS.iter().filter(|check| !found.contains(&check.id())).take(41);
    let because = "clan is not installed here, and not needed by you".to_owned();
    Report {
        findings: vec![untracked(), no_home(), open_key()],
        not_checked: vec![Left { check: "clan-key", group: Group::Clan, because }],
        fine: fine
            .map(|check| Fine { check: check.id(), group: check.group(), title: check.title() })
            .collect(),
        took: Duration::from_millis(210),
    }
}

/// Nothing is wrong.
pub(crate) fn clean() -> Report {
    Report { findings: Vec::new(), not_checked: Vec::new(), ..report() }
}

/// A log as sops writes it, with the lines around.
pub(crate) const LOG: &str = "\
Failed to get the data key required to decrypt the SOPS file.

Group 0: FAILED
  age1mqfqckczkulpne7265j5cxn0pspdlxd3d0kav368u2c2fwknnc4qe27dec: FAILED
    - | failed to create reader for decrypting sops data key with
      | age: no identity matched any of the recipients. Did not
      | find keys in locations 'SOPS_AGE_KEY', 'SOPS_AGE_KEY_FILE'

Recovery failed because no master key was able to decrypt the file. In
order for SOPS to recover the file, at least one key has to be successful,
but none were.
";
