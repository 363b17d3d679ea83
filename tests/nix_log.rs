//! Nix's structured log under real Nix: how a build ends, what is told of it, and what is kept.
//!
//! Nix must be on PATH, and whoever runs this may build without a sandbox. Each test has a flake of
//! its own whose derivations need nothing but `/bin/sh`; nothing outside a temporary folder is
//! written, except what Nix puts in its store.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use doorstep::activate::nix_log::{self, Build, Counts, Failing};
use doorstep::run::{Command, Exit, Heard, Real, Runner as _};
use tempfile::TempDir;

/// A flake with one package, `x`. Its expression may call `build NAME SCRIPT MORE` for a derivation
/// that runs a script of the shell's own commands, and is built anew in each test.
struct Flake {
    folder: TempDir,
    end: Arc<AtomicBool>,
}

/// How it went.
struct Told {
    exit: Exit,
    build: Build,
    lines: Vec<String>,
    records: usize,
}

impl Flake {
    fn new(x: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let unique = folder.path().file_name().unwrap().to_string_lossy().into_owned();
        let text = format!(
            r#"{{
  outputs = _: let
    system = "{system}";
    unique = "{unique}";
    script = text: builtins.toFile "script" text;
    build = name: text: more: derivation ({{
      inherit name system unique;
      builder = "/bin/sh";
      args = [ (script text) ];
    }} // more);
  in {{
    packages.${{system}}.x = {x};
  }};
}}
"#,
            system = system(),
        );
        fs::write(folder.path().join("flake.nix"), text).unwrap();
        Self { folder, end: Arc::default() }
    }

    fn env(&self) -> BTreeMap<String, OsString> {
        let home = self.folder.path().join("home");
        fs::create_dir_all(&home).unwrap();
        let settings = "experimental-features = nix-command flakes\n\
                        substitute = false\n\
                        sandbox = false\n\
                        keep-going = true";
        BTreeMap::from([
            ("PATH".to_owned(), std::env::var_os("PATH").unwrap()),
            ("HOME".to_owned(), home.into()),
            ("NIX_CONFIG".to_owned(), settings.into()),
        ])
    }

    fn command(&self) -> Command {
        let flake = format!("path:{}#x", self.root().display());
        Command::new("nix").args(["build", "--no-link", "--offline"]).arg(flake).cwd(self.root())
    }

    fn root(&self) -> PathBuf {
        fs::canonicalize(self.folder.path()).unwrap()
    }

    fn build(&self) -> Told {
        self.build_until(|_| false)
    }

    /// Builds, and ends it once `is_enough`.
    fn build_until(&self, is_enough: impl Fn(&Build) -> bool) -> Told {
        let mut runner = Real::new(self.env()).ended_by(Arc::clone(&self.end));
        let mut told =
            Told { exit: Exit::Code(0), build: Build::new(), lines: Vec::new(), records: 0 };
        let began = Instant::now();
        told.exit = runner
            .listen(&self.command(), &mut |heard| {
                let at = began.elapsed();
                match heard {
                    Heard::Line(_, text) => {
                        told.build.line(at, text);
                        told.lines.push(text.to_owned());
                    }
                    Heard::Record { json, .. } => {
                        let record = nix_log::record(json.as_bytes()).expect("a whole record");
                        told.build.record(at, &record);
                        told.lines.extend(told.build.human(&record));
                        told.records += 1;
                    }
                    Heard::LeftOut(lines) => panic!("{lines} lines of a tiny build are lost"),
                    Heard::Rest => {}
                }
                if is_enough(&told.build) {
                    self.end.store(true, Ordering::Relaxed);
                }
            })
            .unwrap();
        told.build.ended(began.elapsed(), told.exit.ok());
        told
    }
}

impl Told {
    fn headline(&self) -> String {
        let cause = self.build.cause();
        cause.unwrap_or_else(|| panic!("no cause: {:#?}", self.lines)).headline()
    }
}

/// Nix's name of this system.
fn system() -> String {
    let os = if std::env::consts::OS == "macos" { "darwin" } else { "linux" };
    format!("{}-{os}", std::env::consts::ARCH)
}

#[test]
fn a_success_is_counted_and_its_log_is_kept_by_derivation() {
    let flake = Flake::new(
        r#"build "outer" "echo outside; echo made > $out" { inner = build "inner" "echo inside; echo made > $out" { }; }"#,
    );
    let told = flake.build();
    assert!(told.exit.ok(), "{:#?}", told.lines);
    assert!(told.records > 10, "{}", told.records);
    assert_eq!(told.build.builds(), Counts { done: 2, failed: 0, running: 0, waiting: 0 });
    assert!(told.build.cause().is_none());
    let finished: Vec<_> = told.build.finished().map(|f| nix_log::name_of(&f.drv)).collect();
    assert_eq!(finished, ["inner", "outer"]);
    let inner = &told.build.finished().next().unwrap().drv;
    assert_eq!(told.build.log(inner).collect::<Vec<_>>(), ["inside"]);
    assert!(told.lines.iter().any(|line| line == "inner> inside"), "{:#?}", told.lines);
}

#[test]
fn a_builder_that_fails_is_named_before_what_needed_it() {
    let flake = Flake::new(
        r#"build "outer" "echo made > $out" { inner = build "inner" "echo going; echo wrong >&2; exit 3" { }; }"#,
    );
    let told = flake.build();
    assert!(!told.exit.ok());
    assert_eq!(told.headline(), "`inner` could not be built: builder failed with exit code 3");
    let cause = told.build.cause().unwrap();
    let log: Vec<_> = told.build.log(cause.derivation().unwrap()).collect();
    assert_eq!(log, ["going", "wrong"]);
    let consequences: Vec<_> = told.build.failures().filter(|f| f.is_consequence).collect();
    assert_eq!(consequences.len(), 1, "{:#?}", told.lines);
    assert_eq!(told.build.builds().failed, 1);
}

#[test]
fn a_hash_that_does_not_match_is_said_with_both() {
    let hash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let flake = Flake::new(&format!(
        r#"build "fetched" "echo $unique > $out" {{ outputHash = "{hash}"; outputHashMode = "flat"; outputHashAlgo = "sha256"; }}"#
    ));
    let told = flake.build();
    assert!(!told.exit.ok());
    let headline = told.headline();
    let start =
        format!("`fetched` could not be built: hash mismatch: specified {hash}, got sha256-");
    assert!(headline.starts_with(&start), "{headline}");
}

#[test]
fn an_error_of_evaluation_is_placed_in_the_fleet() {
    let told = Flake::new("{ a = 1; }.nope").build();
    assert!(!told.exit.ok());
    let cause = told.build.cause().expect("a cause");
    assert_eq!(cause.reason, "attribute 'nope' missing");
    let Failing::File { file, line, .. } = &cause.what else { panic!("{cause:?}") };
    assert!(file.ends_with("flake.nix") && *line > 1, "{cause:?}");
    // And one in the grammar.
    let told = Flake::new("{ a = 1").build();
    assert!(matches!(told.build.cause().expect("a cause").what, Failing::File { .. }));
}

#[test]
fn a_build_that_is_cancelled_ends_soon_and_leaves_nothing_running() {
    let flake = Flake::new(r#"build "endless" "echo begun; while :; do :; done" { }"#);
    let began = Instant::now();
    let told = flake.build_until(|build| {
        build.running(Duration::ZERO).iter().any(|running| running.phase.is_none())
            && build.finished().next().is_none()
            && build.builds().running == 1
    });
    assert!(!told.exit.ok(), "{:?}", told.exit);
    assert!(began.elapsed() < Duration::from_secs(60));
    assert_eq!(told.build.builds().running, 0);
    assert!(told.build.running(Duration::from_secs(1)).is_empty());
}
