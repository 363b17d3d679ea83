//! A fleet as large as real ones are, for benchmarks.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

/// 40 people, 40 machines, 20 aggregates in 17 files each: 421 files of 3.8 kB on average, as in
/// real fleets, and more where asked for.
pub(crate) struct Generated {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) files: Vec<PathBuf>,
}

impl Generated {
    /// With one more aggregate, of `more` files.
    pub(crate) fn new(more: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut files = Vec::new();
        let mut write = |path: String, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            files.push(path);
        };
        write("flake.nix".into(), "{ outputs = _: { }; }\n");
        for person in 0..40 {
            write(format!("modules/home/users/u{person}/default.nix"), &user(person));
            write(format!("modules/machines/nixos/m{person}.nix"), &machine(person));
        }
        let parts = (0..20).flat_map(|aggregate| (0..17).map(move |part| (aggregate, part)));
        for (aggregate, part) in parts.chain((0..more).map(|part| (20, part))) {
            let text = module(aggregate, part);
            write(format!("modules/home/a{aggregate}/part{part}.nix"), &text);
        }
        Self { dir, files }
    }
}

fn user(n: usize) -> String {
    format!(
        r#"{{ config, ... }}:
let
  hm = config.flake.modules.homeManager;
in
{{
  flake.modules.homeManager."users/u{n}" = {{ lib, ... }}: {{
    home.username = lib.mkDefault "u{n}";
    imports = with hm; [ {} ];
    programs.git.settings.user = {{ name = "U {n}"; email = "u{n}@example.com"; }};
    sops.secrets = {{ github-token = {{ }}; ssh-key.mode = "0400"; }};
  }};
}}
"#,
        (0..8).map(|i| format!("a{} ", (n + i) % 20)).collect::<String>()
    )
}

fn machine(n: usize) -> String {
    let mut text = format!("{{ config, ... }}:\n{{\n  flake.nixosConfigurations.m{n} = {{\n");
    text.push_str("    nixpkgs.hostPlatform = \"x86_64-linux\";\n");
    for person in [n, (n + 1) % 40, (n + 7) % 40] {
        writeln!(text, "    users.users.u{person} = {{ isNormalUser = true; uid = {person}; }};")
            .unwrap();
        writeln!(
            text,
            "    home-manager.users.u{person}.imports = [ config.flake.modules.homeManager.\"users/u{person}\" ];"
        )
        .unwrap();
    }
    text.push_str(&settings(16));
    text.push_str("  };\n}\n");
    text
}

fn module(aggregate: usize, part: usize) -> String {
    format!(
        "{{\n  # What a{aggregate} is for, part {part}.\n  flake.modules.homeManager.a{aggregate} = \
         {{ pkgs, lib, ... }}: {{\n{}  }};\n}}\n",
        settings(20)
    )
}

/// The usual body of a module: options with their reasons, packages, a script.
fn settings(count: usize) -> String {
    let mut text = String::new();
    for n in 0..count {
        writeln!(
            text,
            "    # Setting {n} is what it is for a reason, which takes a line of prose to give.\n    \
             programs.tool{n} = {{\n      enable = lib.mkDefault true;\n      extraConfig = \"level \
             = {n}\";\n    }};"
        )
        .unwrap();
    }
    text.push_str("    home.packages = with pkgs; [\n      ripgrep\n      fd\n      jq\n    ];\n");
    text.push_str("    home.file.\"run\".text = ''\n      set -eu\n");
    for n in 0..12 {
        writeln!(text, "      test -e \"$HOME/.cache/step-{n}\" || run-step --number {n} \"$@\"")
            .unwrap();
    }
    text.push_str("    '';\n");
    text
}
