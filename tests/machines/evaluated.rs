//! What Nix makes of fleets: who lives on their machines, and whose homes stand alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::world::copy_folder;

const HOME: &str = r#"h: {
  inherit (h.home) username homeDirectory stateVersion;
  git = h.programs.git.settings.user or { };
  on = builtins.filter (name: h.programs.${name}.enable) [ "fish" "git" "starship" "zsh" ];
  tools = map (p: p.pname) (h.home.packages or [ ]);
}"#;

const MACHINE: &str = r#"c: {
  homes = builtins.mapAttrs (_: home) c.home-manager.users;
  accounts = builtins.mapAttrs (_: u: {
    inherit (u) uid home description;
    shell = u.shell.pname or null;
    groups = u.extraGroups or [ ];
    keys = builtins.length u.openssh.authorizedKeys.keys;
  }) c.users.users;
  known = c.users.knownUsers or [ ];
  trusted = c.nix.settings.trusted-users or [ ];
  checked = c.homes-check.users or [ ];
  bridge = c.hm-sops-bridge.users or { };
}"#;

/// The evaluator, in a folder of its own.
pub(crate) struct Evaluator(tempfile::TempDir);

/// A home-manager from before git's identity had its present name.
const LOCKED: &str = r#"{ "root": "root", "nodes": {
  "root": { "inputs": { "home-manager": "hm" } }, "hm": { "locked": { "lastModified": 1700000000 } } } }"#;

impl Evaluator {
    /// For fleets with this `flake.lock`, or without one.
    pub(crate) fn new(lock: Option<&Path>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let locked = lock.map_or(LOCKED.to_owned(), |lock| fs::read_to_string(lock).unwrap());
        fs::write(folder.path().join("locked.json"), locked).unwrap();
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        for part in
            ["assets/practice/fleet/offline", "tests/layouts/evaluator", "tests/machines/evaluator"]
        {
            copy_folder(&here.join(part), &folder.path().join("offline"));
        }
        Self(folder)
    }

    /// Everybody on one machine of each fleet.
    pub(crate) fn people(&self, fleets: &[PathBuf], machine: &str) -> Vec<Value> {
        let of = format!("f: machine (read f).machines.{machine}.config");
        serde_json::from_value(self.eval(fleets, &of)).unwrap()
    }

    /// The homes that stand alone in each fleet, by the names of their entries.
    pub(crate) fn homes(&self, fleets: &[PathBuf]) -> Vec<Value> {
        let of = "f: builtins.mapAttrs (_: h: home h.config) (read f).homes";
        serde_json::from_value(self.eval(fleets, of)).unwrap()
    }

    fn eval(&self, fleets: &[PathBuf], of: &str) -> Value {
        let plain = self.0.path().join("offline/plain.nix");
        let paths: String = fleets.iter().map(|f| format!(" {}/flake.nix", f.display())).collect();
        let expression = format!(
            "let home = {HOME}; machine = {MACHINE}; \
             read = flake: import {} {{ flake = import flake; }}; in map ({of}) [{paths} ]",
            plain.display()
        );
        let file = self.0.path().join("asked.nix");
        fs::write(&file, expression).unwrap();
        let mut nix = Command::new("nix-instantiate");
        nix.args(["--eval", "--strict", "--json"]).arg(&file);
        let output = nix.output().expect("`nix-instantiate` must be on PATH (see tests/run)");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// Everybody on a machine of a fleet.
pub(crate) fn people(fleet: &Path, machine: &str) -> Value {
    Evaluator::new(Some(&fleet.join("flake.lock"))).people(&[fleet.to_owned()], machine).remove(0)
}
