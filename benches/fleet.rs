//! Reading a fleet of 400 files, beside what it costs to read the same bytes at all.
//!
//! Only the ratio means anything: the aim is under three times `cat`.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "what it has measured is for a person to read")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use divan::Bencher;
use doorstep::fleet::Fleet;

/// Rounds of the comparison; each is one run of both sides.
const ROUNDS: usize = 40;

fn main() {
    LazyLock::force(&FLEET);
    divan::main();
    // Not when one benchmark is picked out, nor for `cargo test`, which asks only whether they run.
    if std::env::args().skip(1).all(|argument| argument == "--bench") {
        println!("{}", comparison());
    }
}

/// Both sides in turn, so that a load from outside falls on both, and the median of each.
fn comparison() -> String {
    let (mut reads, mut cats) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        reads.push(time(|| drop(Fleet::read(FLEET.dir.path()).unwrap())));
        cats.push(time(run_cat));
    }
    let (read, cat) = (median(reads), median(cats));
    let ratio = read.as_secs_f64() / cat.as_secs_f64();
    format!(
        "reading the fleet takes {:.1} ms, `cat` of its {} files {:.1} ms: {ratio:.1} times as long \
         (aim: under 3)",
        read.as_secs_f64() * 1e3,
        FLEET.files.len(),
        cat.as_secs_f64() * 1e3,
    )
}

fn time(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn run_cat() {
    assert!(
        Command::new("cat").args(&FLEET.files).stdout(Stdio::null()).status().unwrap().success()
    );
}

/// 40 people, 40 machines, 20 aggregates in 17 files each: 421 files of 3.8 kB on average, as in
/// real fleets.
struct Generated {
    dir: tempfile::TempDir,
    files: Vec<PathBuf>,
}

static FLEET: LazyLock<Generated> = LazyLock::new(|| {
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
    for aggregate in 0..20 {
        for part in 0..17 {
            let text = module(aggregate, part);
            write(format!("modules/home/a{aggregate}/part{part}.nix"), &text);
        }
    }
    Generated { dir, files }
});

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

#[divan::bench]
fn read_fleet(bencher: Bencher<'_, '_>) {
    bencher.bench(|| Fleet::read(FLEET.dir.path()).unwrap());
}

#[divan::bench]
fn bytes_alone(bencher: Bencher<'_, '_>) {
    let read = |path: &PathBuf| fs::read(Path::new(path)).unwrap().len();
    bencher.bench(|| FLEET.files.iter().map(read).sum::<usize>());
}

#[divan::bench]
fn cat(bencher: Bencher<'_, '_>) {
    bencher.bench(run_cat);
}
