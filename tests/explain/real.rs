//! What the real tools print, made here and now, and explained: sops, age, git and Nix.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::{explained, told};

/// A folder with two keys, a file for the first, and a home without keys.
struct Bench {
    dir: TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(bench.path("home")).unwrap();
        bench.sh(
            "age-keygen -o one.txt; age-keygen -o two.txt; ssh-keygen -q -t ed25519 -N '' -f ssh",
        );
        bench.write("plain.yaml", "a: 1\nb: text\n");
        bench.sh("sops --age $(age-keygen -y one.txt) -e plain.yaml > one.yaml");
        bench
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.path(path), text).unwrap();
    }

    /// All that a shell prints; the tools are asked for, not their absence.
    fn sh(&self, script: &str) -> String {
        let output = Command::new("sh")
            .args(["-c", &format!("{{ {script}\n}} 2>&1")])
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", path_with_sops())
            .env("HOME", self.path("home"))
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    #[track_caller]
    fn explains(&self, script: &str, class: &str) {
        let log = self.sh(script);
        let explanation = explained(log.as_bytes());
        let best = explanation.causes.first().map(|cause| cause.class.as_str());
        assert_eq!(best, Some(class), "{:?}\n{log}", told(&explanation));
    }
}

fn path_with_sops() -> String {
    let path = std::env::var("PATH").unwrap();
    let go = Path::new(&std::env::var("HOME").unwrap_or_default()).join("go/bin");
    format!("{path}:{}", go.display())
}

#[test]
fn sops_without_the_right_key() {
    let bench = Bench::new();
    bench.explains("sops -d one.yaml", "key-file-missing");
    bench.explains("SOPS_AGE_KEY_FILE=nowhere.txt sops -d one.yaml", "key-file-missing");
    bench.explains("SOPS_AGE_KEY_FILE=two.txt sops -d one.yaml", "key-not-recipient");
    bench.explains("SOPS_AGE_KEY=/a/path sops -d one.yaml", "age-key-malformed");
    bench.explains(
        "sops --age \"$(cat ssh.pub)\" -e plain.yaml > s.yaml; SOPS_AGE_KEY_FILE=one.txt sops -d s.yaml",
        "ssh-recipient-not-converted",
    );
}

#[test]
fn sops_and_its_rules() {
    let bench = Bench::new();
    bench.explains("sops -e plain.yaml", "sops-config-not-found");
    for (config, class) in [
        ("creation_rules:\n  - path_regex: other\n    age: x\n", "no-creation-rule"),
        ("creation_rules:\n  - keygroups:\n    - age: x\n", "creation-rule-without-keys"),
        ("creation_rules:\n\t- age: x\n", "sops-yaml-invalid"),
        ("creation_rules:\n  - age: *nobody\n", "sops-yaml-invalid"),
        ("creation_rules:\n  - age: foo\n", "recipient-malformed"),
    ] {
        bench.write(".sops.yaml", config);
        bench.explains("sops -e plain.yaml", class);
    }
    bench.explains(
        "printf 'creation_rules:\\n  - age: %sx\\n' $(age-keygen -y one.txt) > .sops.yaml; sops -e plain.yaml",
        "recipient-malformed",
    );
    bench.explains(
        "printf 'creation_rules:\\n  - age: %s\\n' $(age-keygen -y two.txt) > .sops.yaml; yes n | SOPS_AGE_KEY_FILE=one.txt sops updatekeys one.yaml",
        "updatekeys-not-run",
    );
    bench.explains(
        "printf 'creation_rules:\\n  - key_groups:\\n    - age: [%s]\\n    - age: [%s]\\n' $(age-keygen -y one.txt) $(age-keygen -y two.txt) > .sops.yaml; sops -e plain.yaml > g.yaml; SOPS_AGE_KEY_FILE=one.txt sops -d g.yaml",
        "shamir-group-threshold",
    );
}

#[test]
fn sops_and_its_files() {
    let bench = Bench::new();
    bench.explains("sops -d plain.yaml", "file-not-encrypted");
    bench.explains("sops -d nowhere.yaml", "sops-cli-usage");
    bench.explains(
        "sed 's/lastmodified: .*/lastmodified: \"2020-01-01T00:00:00Z\"/' one.yaml > t.yaml; SOPS_AGE_KEY_FILE=one.txt sops -d t.yaml",
        "mac-mismatch",
    );
    bench.explains(
        "sed 's/^    age:/    xage:/' one.yaml > n.yaml; sops -d n.yaml",
        "file-has-no-recipients",
    );
    bench.explains("sops --age $(age-keygen -y one.txt) -e one.yaml", "file-already-encrypted");
    bench.explains(
        "printf 'a: [1\\n b\\n' > b.yaml; sops --age $(age-keygen -y one.txt) -e b.yaml",
        "sops-yaml-invalid",
    );
}

#[test]
fn age_alone() {
    let bench = Bench::new();
    bench.explains(
        "echo x | age -r $(age-keygen -y one.txt) > x.age; age -d -i two.txt x.age",
        "key-not-recipient",
    );
    bench.explains("age -d -i nowhere.txt x.age", "key-file-missing");
    bench.explains("echo no-key > bad.txt; age-keygen -y bad.txt", "age-key-malformed");
    bench.explains("echo no-key > bad.txt; echo x | age -r $(age-keygen -y one.txt) > x.age; age -d -i bad.txt x.age", "age-key-malformed");
    bench.explains("echo x | age -r $(age-keygen -y one.txt)q", "recipient-malformed");
}

#[test]
fn nix_and_git() {
    let bench = Bench::new();
    let nix = "nix --extra-experimental-features 'nix-command flakes' --store dummy://";
    bench.explains(
        "nix --option experimental-features '' eval --expr 1",
        "experimental-features-disabled",
    );
    bench.explains(&format!("{nix} eval --expr '{{ a = 1 }}'"), "nix-syntax-error");
    bench.explains(&format!("{nix} eval --expr '{{ }}.bob'"), "attribute-missing");
    bench.explains(
        &format!("{nix} eval --expr 'builtins.readFile /etc/hostname'"),
        "absolute-path-pure-eval",
    );
    bench.explains("nix-instantiate --eval -E '<home-manager>'", "nix-path-missing");
}

/// A small fleet of its own, with a module that git does not know.
fn fleet(bench: &Bench) {
    bench.sh("mkdir -p fleet/modules; cd fleet; git init -q .; echo '\"bob\"' > modules/bob.nix; echo '\"ada\"' > modules/ada.nix");
    bench.write(
        "fleet/flake.nix",
        "{\n  outputs = _: rec {\n    users = builtins.mapAttrs (name: _: name) (builtins.readDir ./modules);\n    homeConfigurations.zoe = \"x\";\n    homeConfigurations.bob = users.\"bob.nix\";\n    one = import ./modules/bob.nix;\n  };\n}\n",
    );
    bench.sh("cd fleet; git add flake.nix modules/ada.nix");
}

#[test]
fn a_fleet_in_git() {
    let bench = Bench::new();
    fleet(&bench);
    let eval = |attribute: &str| {
        format!(
            "cd fleet; nix --extra-experimental-features 'nix-command flakes' eval '.#{attribute}'"
        )
    };
    bench.explains(&eval("one"), "untracked-file");
    bench.explains(&eval("homeConfigurations.bob"), "untracked-file");
    bench.explains(&eval("homeConfigurations.nobody"), "flake-attr-missing");
    bench.explains("age-keygen -o one.txt", "key-file-exists");
    if rustix::process::geteuid().is_root() {
        // git alone, and Nix, in which git's own word for it does not appear.
        bench.sh("chown -R 65534 fleet");
        bench.explains("cd fleet; git status", "git-repo-not-owned");
        bench.explains(&eval("one"), "git-repo-not-owned");
    }
}

#[test]
fn nix_and_its_store() {
    let bench = Bench::new();
    let nix = "nix --extra-experimental-features 'nix-command flakes' --offline --option substitute false";
    let socket = "NIX_DAEMON_SOCKET_PATH=$PWD/nix/daemon-socket/socket NIX_REMOTE=daemon";
    bench.explains(&format!("{socket} {nix} store ping"), "nix-daemon-not-running");
    let derivation = |system: &str, more: &str| {
        format!(
            "{nix} build --no-link --impure --expr 'derivation {{ name = \"x\"; system = {system}; builder = \"/bin/sh\"; {more} }}'"
        )
    };
    bench.explains(&derivation("\"riscv64-linux\"", ""), "wrong-system");
    let fixed = "args = [ \"-c\" \"echo hi > $out\" ]; outputHashMode = \"flat\"; outputHashAlgo = \"sha256\"; outputHash = \"0000000000000000000000000000000000000000000000000000\";";
    bench.explains(&derivation("builtins.currentSystem", fixed), "hash-mismatch");
}

/// Logs of failures that were made on purpose elsewhere, where a folder with them is named.
#[test]
fn failures_that_others_have_reproduced() {
    let Some(corpus) = std::env::var_os("DOORSTEP_CORPUS") else { return };
    let file = Path::new(&corpus).join("failures-reproduced.jsonl");
    let Ok(text) = fs::read_to_string(&file) else { return };
    let mut wrong = Vec::new();
    for line in text.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let explanation = explained(case["log"].as_str().unwrap().as_bytes());
        let best = explanation.causes.first().map(|cause| cause.class.as_str());
        if best != case["cause_class"].as_str() {
            wrong.push(format!("{}: {:?}", case["id"], told(&explanation)));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
