//! Activation, proof and taking back, on folders that look like a home and its generations.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use super::*;
use crate::event::Verdict;
use crate::run::Real;

/// A home and two generations whose `activate` links one file, as home-manager's would.
struct Home {
    folder: tempfile::TempDir,
}

struct Watcher {
    choice: InTheWayChoice,
    asked: Vec<InTheWay>,
}

impl Attend for Watcher {
    fn event(&mut self, _: Event) {}

    fn in_the_way(&mut self, files: &[InTheWay]) -> InTheWayChoice {
        self.asked = files.to_vec();
        self.choice
    }

    fn stop(&mut self) -> bool {
        false
    }
}

const ACTIVATE: &str = r#"#!/bin/sh
set -eu
generation=$(dirname "$0")
for file in .zshrc .config/tool.toml; do
  mkdir -p "$(dirname "$HOME/$file")"
  if [ -e "$HOME/$file" ] && ! [ -L "$HOME/$file" ]; then
    mv "$HOME/$file" "$HOME/$file.$HOME_MANAGER_BACKUP_EXT"
  fi
  ln -sf "$generation/home-files/$file" "$HOME/$file"
done
[ -z "${FAIL:-}" ] || { echo "cannot go on" >&2; exit 3; }
profiles=$HOME/.local/state/nix/profiles
mkdir -p "$profiles"
ln -sfn "$generation" "$profiles/home-manager-1-link"
ln -sfn home-manager-1-link "$profiles/home-manager"
"#;

impl Home {
    fn new() -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(home.at("home")).unwrap();
        for (generation, text) in [("one", "new zsh\n"), ("two", "newer zsh\n")] {
            let files = home.at(generation).join("home-files");
            fs::create_dir_all(files.join(".config")).unwrap();
            fs::write(files.join(".zshrc"), text).unwrap();
            fs::write(files.join(".config/tool.toml"), "a = 1\n").unwrap();
            let script = home.at(generation).join("activate");
            fs::write(&script, ACTIVATE).unwrap();
            fs::set_permissions(script, fs::Permissions::from_mode(0o755)).unwrap();
        }
        home
    }

    fn at(&self, path: &str) -> PathBuf {
        fs::canonicalize(self.folder.path()).unwrap().join(path)
    }

    fn places(&self) -> Places {
        let home = self.at("home");
        Places { state: home.join(".local/state"), config: home.join(".config"), home }
    }

    fn activation(&self, generation: &str) -> Activation {
        let command = Command::new(self.at(generation).join("activate"))
            .env("HOME", self.at("home"))
            .env("USER", "zoe");
        Activation { command, package: Some(self.at(generation)), places: self.places() }
    }

    /// Activates and gives the facts as the receipt would have them.
    fn activate(
        &self,
        activation: &Activation,
        choice: InTheWayChoice,
    ) -> (Result<PathBuf, Problem>, Vec<InTheWay>, serde_json::Value) {
        let mut watcher = Watcher { choice, asked: Vec::new() };
        let mut facts = serde_json::Value::Null;
        let result = put_in_place(
            activation,
            &mut runner(),
            &mut watcher,
            &mut KeptLog::nowhere(),
            &mut |value| {
                facts = value;
                Ok(())
            },
        );
        (result, watcher.asked, facts)
    }
}

fn runner() -> Real {
    Real::new([("PATH".to_owned(), "/usr/bin:/bin".into())].into())
}

fn holds(proofs: &[crate::event::Checked]) -> Vec<(&'static str, Verdict)> {
    proofs.iter().map(|proof| (proof.what, proof.verdict)).collect()
}

#[test]
fn a_first_home_is_put_in_place_proved_and_taken_away() {
    let home = Home::new();
    let (result, asked, facts) = home.activate(&home.activation("one"), InTheWayChoice::Stop);
    assert_eq!(result.unwrap(), home.at("one"));
    assert!(asked.is_empty());
    assert_eq!(
        holds(&proofs(&home.places())),
        [("generation", Verdict::Holds), ("home-files", Verdict::Holds)]
    );

    assert!(take_back(&facts, &mut runner()).unwrap().is_empty());
    assert!(!home.at("home/.zshrc").is_symlink());
    assert!(!home.at("home/.config").exists(), "a folder that was made is gone");
    assert_eq!(holds(&proofs(&home.places())), [("generation", Verdict::DoesNotHold)]);
    // A second time there is nothing to do, and nothing goes wrong.
    assert!(take_back(&facts, &mut runner()).unwrap().is_empty());
}

#[test]
fn going_back_activates_the_generation_before() {
    let home = Home::new();
    home.activate(&home.activation("one"), InTheWayChoice::Stop).0.unwrap();
    let (result, asked, facts) = home.activate(&home.activation("two"), InTheWayChoice::Stop);
    assert_eq!(result.unwrap(), home.at("two"));
    assert!(asked.is_empty(), "its own links are not in its way");
    assert!(take_back(&facts, &mut runner()).unwrap().is_empty());
    assert_eq!(home.places().generation(), Some(home.at("one")));
    assert_eq!(fs::read_to_string(home.at("home/.zshrc")).unwrap(), "new zsh\n");
}

#[test]
fn a_file_in_the_way_is_kept_and_comes_back() {
    let home = Home::new();
    fs::write(home.at("home/.zshrc"), "mine\n").unwrap();
    fs::write(home.at("home/.zshrc.before-doorstep"), "older\n").unwrap();
    let (result, asked, facts) = home.activate(&home.activation("one"), InTheWayChoice::Keep);
    result.unwrap();
    let kept_as = home.at("home/.zshrc.before-doorstep-2");
    assert_eq!(asked, [InTheWay { file: home.at("home/.zshrc"), kept_as: Some(kept_as.clone()) }]);
    assert_eq!(fs::read_to_string(&kept_as).unwrap(), "mine\n");

    assert!(take_back(&facts, &mut runner()).unwrap().is_empty());
    assert_eq!(fs::read_to_string(home.at("home/.zshrc")).unwrap(), "mine\n");
    assert!(!kept_as.exists());
}

#[test]
fn stop_changes_nothing_and_the_same_content_is_not_in_the_way() {
    let home = Home::new();
    fs::create_dir(home.at("home/.config")).unwrap();
    fs::write(home.at("home/.config/tool.toml"), "a = 1\n").unwrap();
    fs::write(home.at("home/.zshrc"), "mine\n").unwrap();
    let (result, asked, facts) = home.activate(&home.activation("one"), InTheWayChoice::Stop);
    assert!(result.unwrap_err().what.contains(".zshrc"));
    assert_eq!(asked.len(), 1);
    assert_eq!(facts, serde_json::Value::Null, "nothing was begun");
    assert_eq!(fs::read_to_string(home.at("home/.zshrc")).unwrap(), "mine\n");
}

#[test]
fn a_foreign_link_is_never_kept_so_it_stops_even_with_a_yes() {
    let home = Home::new();
    symlink("/etc/hosts", home.at("home/.zshrc")).unwrap();
    let (result, asked, _) = home.activate(&home.activation("one"), InTheWayChoice::Keep);
    assert!(result.unwrap_err().causes[0].contains("links"));
    assert_eq!(asked.len(), 1, "it is shown all the same");
    assert_eq!(fs::read_link(home.at("home/.zshrc")).unwrap(), Path::new("/etc/hosts"));
}

#[test]
fn an_activation_that_was_cut_short_is_taken_back_too() {
    let home = Home::new();
    fs::write(home.at("home/.zshrc"), "mine\n").unwrap();
    let mut activation = home.activation("one");
    activation.command = activation.command.env("FAIL", "1");
    let (result, _, facts) = home.activate(&activation, InTheWayChoice::Keep);
    let problem = result.unwrap_err();
    assert!(problem.what.ends_with("ended with exit code 3"), "{problem}");
    assert_eq!(problem.causes, ["cannot go on"]);
    assert!(home.at("home/.zshrc").is_symlink(), "it had begun");

    assert!(take_back(&facts, &mut runner()).unwrap().is_empty());
    assert_eq!(fs::read_to_string(home.at("home/.zshrc")).unwrap(), "mine\n");
    assert!(!home.at("home/.config").exists());
}

#[test]
fn another_generation_since_is_left_alone() {
    let home = Home::new();
    let (_, _, facts) = home.activate(&home.activation("one"), InTheWayChoice::Stop);
    home.activate(&home.activation("two"), InTheWayChoice::Stop).0.unwrap();
    let left = take_back(&facts, &mut runner()).unwrap();
    assert_eq!(left, ["your home: another generation of your home is active since"]);
    assert_eq!(home.places().generation(), Some(home.at("two")));
}

#[test]
fn secrets_that_are_not_on_disk_are_named() {
    let home = Home::new();
    let places = home.places();
    fs::create_dir_all(home.at("run/secrets.d/1")).unwrap();
    fs::write(home.at("run/secrets.d/1/github-token"), "x").unwrap();
    fs::create_dir_all(places.secrets_link().parent().unwrap()).unwrap();
    symlink(home.at("run/secrets.d/1"), places.secrets_link()).unwrap();
    let names = ["github-token".to_owned(), "ssh-signing-key".to_owned()];
    let checked = secrets_on_disk(&places, &names, &[]);
    assert_eq!(checked.verdict, Verdict::DoesNotHold);
    assert_eq!(checked.words, "Not readable on disk: ssh-signing-key.");
    assert_eq!(secrets_on_disk(&places, &names[..1], &[]).verdict, Verdict::Holds);
}

#[test]
fn a_link_to_secrets_that_leads_elsewhere_takes_nothing_with_it() {
    for (place, stays) in
        [("run/secrets.d/1", false), ("mine/secrets.d/keep", true), ("mine/secrets.d/2", true)]
    {
        let home = Home::new();
        let (result, _, facts) = home.activate(&home.activation("one"), InTheWayChoice::Stop);
        result.unwrap();
        let root = fs::canonicalize(home.folder.path()).unwrap();
        fs::create_dir_all(root.join(place)).unwrap();
        fs::write(root.join(place).join("token"), "precious\n").unwrap();
        if stays {
            fs::write(root.join("mine/secrets.d/notes"), "mine\n").unwrap();
        }
        let link = home.places().secrets_link();
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(root.join(place), &link).unwrap();
        let left = take_back(&facts, &mut runner()).unwrap();
        assert_eq!(left.len(), usize::from(stays), "{left:?}");
        assert_eq!(root.join(place).join("token").exists(), stays, "{place}");
        assert_eq!(link.is_symlink(), stays, "{place}");
    }
}

#[test]
fn what_a_receipt_names_outside_the_home_is_left_alone() {
    let home = Home::new();
    let (result, _, mut facts) = home.activate(&home.activation("one"), InTheWayChoice::Stop);
    result.unwrap();
    fs::create_dir(home.at("empty")).unwrap();
    fs::write(home.at("mine"), "mine\n").unwrap();
    facts["new_folders"] = serde_json::json!([home.at("empty"), home.at("home/../empty")]);
    facts["kept"] = serde_json::json!([{ "file": home.at("home/x"), "kept_as": home.at("mine") }]);
    let left = take_back(&facts, &mut runner()).unwrap();
    assert_eq!(left, [format!("{}: not in your home", home.at("mine").display())]);
    assert!(home.at("empty").is_dir() && home.at("mine").is_file());
}

#[test]
fn only_a_generation_beside_the_active_one_is_run_again() {
    let home = Home::new();
    home.activate(&home.activation("one"), InTheWayChoice::Stop).0.unwrap();
    let (_, _, mut facts) = home.activate(&home.activation("two"), InTheWayChoice::Stop);
    fs::create_dir(home.at("evil")).unwrap();
    facts["previous"] = serde_json::json!(home.at("evil/inner"));
    let problem = take_back(&facts, &mut runner()).unwrap_err();
    assert_eq!(problem.what, "the generation before is not where generations are");
}

#[test]
fn a_listed_file_never_leads_out_of_the_home() {
    let home = Home::new();
    let listed = "file\t../out\t/x\nfile\t/etc/x\t/x\nfile\t.zshrc\t/x\n";
    fs::write(home.at("one").join("manifest.nix"), listed).unwrap();
    let files: Vec<_> = home_files(&home.at("one")).into_iter().map(|f| f.target).collect();
    assert_eq!(files, [Path::new(".zshrc")]);
}
