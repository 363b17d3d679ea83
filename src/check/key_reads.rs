//! Whether a key of this person opens their secrets file; if not, why.

use super::finding::{Fix, Risk};
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::explain::Answer;
use crate::plan::{Change, Needs, Plan, Step};
use crate::run::Runner;
use crate::secrets::keyring::Held;
use crate::secrets::rekey::{Rekey, Wish};
use crate::secrets::{Keyring, Store};
use crate::sops::config::Config;
use crate::sops::config::edit::{self, Addition, Mode};

pub(super) struct KeyReads;

impl Check for KeyReads {
    fn id(&self) -> &'static str {
        "key-reads"
    }

    fn group(&self) -> Group {
        Group::Keys
    }

    fn title(&self) -> &'static str {
        "your key opens your secrets"
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let path = scene.secrets_path()?;
        let fleet = scene.fleet()?;
        if !fleet.secrets.iter().any(|file| file.file.to_str() == Some(&path)) {
            return Err(NotChecked::because(format!("{path} is not there, or not encrypted")));
        }
        if let Some(found) = not_the_one_in_place(scene, &path, runner) {
            return Ok(vec![found]);
        }
        let (class, words) = match scene.ask("decryption", &[("file", &path)], runner) {
            Answer::Unknown { because } => return Err(NotChecked(because)),
            Answer::Is { what, words, .. } => match what {
                "no-recipients" => ("file-has-no-recipients", words),
                "ssh-recipient" => ("ssh-recipient-not-converted", words),
                "named-by-rule" => ("updatekeys-not-run", words),
                "not-named" => ("key-not-recipient", words),
                // A key that is missing or damaged is another check's.
                _ => return Ok(Vec::new()),
            },
        };
        let readers = readers(scene, &path);
        Ok(vec![
            Finding::of(class, Severity::Error)
                .part("file", &path)
                .part("readers", readers)
                .seen(&path, words)
                .follows(&[
                    "rule-shadowed",
                    "sops-yaml-invalid",
                    "recipient-malformed",
                    "key-not-in-place",
                    "key-file-wrong-macos-path",
                    "key-file-missing",
                ]),
        ])
    }
}

/// Who can open a file, as `.sops.yaml` calls them.
fn readers(scene: &Scene, path: &str) -> String {
    let name = |recipient: &String| scene.store().ok()?.config.key_of(recipient)?.name.clone();
    let fleet = scene.fleet().ok();
    let file = fleet.and_then(|f| f.secrets.iter().find(|file| file.file.to_str() == Some(path)));
    let names: Vec<String> =
        file.iter().flat_map(|file| &file.recipients).filter_map(name).collect();
    names.join(" or ")
}

/// The key that sops-nix will take does not open the file, but another one here does: then the
/// person can let it in by themselves.
fn not_the_one_in_place(scene: &Scene, path: &str, runner: &mut dyn Runner) -> Option<Finding> {
    let target = scene.key_file().ok()?;
    let own = Scene::keys_in(&target).first()?.recipient().to_string();
    let fleet = scene.fleet().ok()?;
    let file = fleet.secrets.iter().find(|file| file.file.to_str() == Some(path))?;
    let in_place = Scene::keys_in(&target);
    let opens =
        in_place.iter().any(|key| file.recipients.iter().any(|r| *r == key.recipient().as_str()));
    if opens {
        return None;
    }
    let ring = Keyring::of(
        scene
            .identities(runner)
            .iter()
            .map(|identity| Held { identity: identity.clone(), from: String::new() })
            .collect(),
    );
    let store = scene.store().ok()?;
    let ruled = scene.ruled_path().ok()?;
    let winner = store.config.who(&ruled).ok()??;
    let class = match winner.readers.iter().any(|reader| reader.recipient == own) {
        true => "updatekeys-not-run",
        false => "key-not-recipient",
    };
    let plan = let_in(scene, store, &ring, &ruled, &own)?;
    let short = crate::secrets::matrix::short(&own);
    Some(
        Finding::of(class, Severity::Error)
            .part("file", path)
            .seen(scene.host.short(&target), format!("is {short}"))
            .seen(path, "is not encrypted for it, but for another key that you have here")
            .fix(Fix {
                title: "Encrypt it for the key in place".to_owned(),
                risk: Risk::Safe,
                how: super::How::Plan(plan),
            })
            .follows(&["rule-shadowed"]),
    )
}

/// The rule with this key, and the file encrypted again as it says.
fn let_in(scene: &Scene, store: &Store, ring: &Keyring, path: &str, own: &str) -> Option<Plan> {
    let fleet = scene.fleet().ok()?;
    let text = with_key(scene, store, path, own)?;
    let config = Config::parse(&text).ok()?;
    let changed = Store { file: store.file.clone(), text: text.clone(), config };
    let only = [path.to_owned()];
    let rekey = Rekey::make(
        &changed,
        ring,
        &Wish { only: &only, rotate: false },
        std::time::SystemTime::now().into(),
    );
    let mut plan = rekey.plan(&changed);
    if rekey.changed.is_empty() {
        return None;
    }
    plan.bounds = scene.bounds();
    if text != store.text {
        let edit =
            Change::Edit { path: store.file.clone(), before: store.text.clone(), after: text };
        let step = Step {
            id: "sops-yaml",
            title: "Add your key to the rule".to_owned(),
            why: "The rule for your own file names it afterwards.".to_owned(),
            needs: Needs::You,
            by_hand: vec![format!("add {own} in {}", scene.host.typed(&store.file))],
            changes: vec![edit],
            decided_by: None,
        };
        plan.steps.insert(0, step);
    }
    fleet.sops.as_ref()?.generated_by.is_none().then_some(plan)
}

fn with_key(scene: &Scene, store: &Store, path: &str, own: &str) -> Option<String> {
    let winner = store.config.winner(path).ok()??;
    if winner.lists(own) {
        return Some(store.text.clone());
    }
    // A rule that also covers others' files is not the person's to change.
    let stranger = path.replace(&scene.user, &format!("not-{}", scene.user));
    if store.config.winner(&stranger).ok()?.is_some_and(|rule| rule.index == winner.index) {
        return None;
    }
    let base = format!("{}-{}", scene.user, scene.host.name);
    let names = std::iter::once(base.clone()).chain((2..9).map(|n| format!("{base}-{n}")));
    names
        .filter(|name| !store.config.keys.iter().any(|key| key.name.as_deref() == Some(name)))
        .find_map(|name| {
            let addition =
                Addition { name: &name, recipient: own, path, admins: None, mode: Mode::Join };
            match edit::add_person(&store.text, &addition).ok()? {
                edit::Change::Edited(edited) => Some(edited.text),
                edit::Change::AlreadySo { .. } => None,
            }
        })
}
