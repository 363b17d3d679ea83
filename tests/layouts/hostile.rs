//! Names and emails made to break out of Nix text, through the real templates and the real Nix.

#![allow(clippy::print_stdout, reason = "the counts are a result")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use doorstep::activate::InTheWayChoice;
use doorstep::answers::{Answers, Key, Mode, Person};
use doorstep::host::Os;
use doorstep::key::Identity;
use doorstep::onboard::Onboard;
use doorstep::plan::{Change, Plan};
use doorstep::question::Subject;
use doorstep::run::Real;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};

use crate::world::{Seat, World};

const COUNT: usize = 2_000;

/// What Nix's lexer, YAML, terminals and people's eyes treat in ways of their own.
const PIECES: &[&str] = &[
    "${",
    "$${",
    "$",
    "''",
    "''${",
    "'''",
    "\\",
    "\\\\",
    "\"",
    "\\\"",
    "\r\n",
    "\r",
    "\n",
    "\t",
    "\u{1b}[31m",
    "\u{feff}",
    "🏔️",
    "\u{202e}txt",
    "ع",
    "é",
    "e\u{301}",
    "}; evil = 1; x = {",
    "/*",
    "*/",
    "#",
    ";",
    "]",
    ")",
    "<<",
    ">>",
    "<% raw %>",
    "{{",
    "@",
    " ",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
];

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES).prop_map(str::to_owned),
        2 => any::<char>().prop_filter("Nix has no NUL", |c| *c != '\0').prop_map(String::from),
        4 => "[a-zA-Z. -]{1,8}",
        1 => prop::sample::select(PIECES).prop_map(|piece| piece.repeat(300)),
    ];
    prop::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

fn person(world: &World, recipient: &str, name: &str, email: &str) -> Person {
    Person {
        username: world.seat.user.to_owned(),
        name: name.to_owned(),
        email: email.to_owned(),
        ssh_keys: Vec::new(),
        mode: Mode::Standalone,
        hosts: vec![world.seat.machine.to_owned()],
        accounts: Default::default(),
        aggregates: Vec::new(),
        key: Key { recipient: recipient.to_owned(), save: None, file: None, from_ssh: false },
        secrets: Vec::new(),
        readers: Vec::new(),
        shared: Vec::new(),
        deploy: Default::default(),
        if_failed: Default::default(),
        commit: Default::default(),
        in_the_way: InTheWayChoice::default(),
    }
}

/// The texts of the person's own new files, in order.
fn modules(plan: &Plan) -> Vec<String> {
    let step = plan.steps.iter().find(|step| step.id == "user-module").expect("a module");
    let text = |change: &Change| match change {
        Change::Create { content, .. } => content.shown().to_owned(),
        other => panic!("{other:?}"),
    };
    step.changes.iter().map(text).collect()
}

/// Every rendered person of one layout, as items of a Nix list.
fn rendered(layout: &'static str, machine: &'static str, texts: &[String]) -> String {
    let seat = Seat { user: "zoe", machine, os: Os::Darwin, arch: "aarch64" };
    // Who reads secrets is decided elsewhere, and would only take time.
    let world = World::changed(layout, seat, |fleet| {
        std::fs::remove_file(fleet.join(".sops.yaml")).unwrap();
    });
    let mut runner = Real::new(world.host.env().clone());
    let options = doorstep::onboard::Options { no_activation: true, ..Default::default() };
    let onboard = Onboard::open(
        &world.host,
        &world.fleet(),
        Subject::As("zoe".to_owned()),
        options,
        &mut runner,
    )
    .unwrap();
    let recipient = Identity::generate().recipient().to_string();
    let mut out = format!("{layout} = [\n").replace("host-imports", "hostImports");
    for (name, email) in texts.iter().zip(texts.iter().rev()) {
        let plan = onboard.plan(&person(&world, &recipient, name, email), &mut runner);
        let files = modules(&plan.unwrap_or_else(|problem| panic!("{name:?}: {problem}")));
        out.push_str("[\n");
        files.iter().for_each(|file| out.push_str(&format!("(\n{file})\n")));
        out.push_str("]\n");
    }
    out + "];\n"
}

/// Calls every module with as little as it needs, and gives name and email back.
const READ: &str = r#"
let
  lib = { mkDefault = x: x; mkForce = x: x; };
  home = { config = { }; pkgs.stdenv.isDarwin = true; inherit lib; };
  outer = config: { inherit config; inputs = { }; };
  call = module: config: if builtins.isFunction module then module (outer config) else module;
  called = module: if builtins.isFunction module then module home else module;
  of = config: module: called (call module config).flake.modules.homeManager."users/zoe";
  plain = { flake.modules.homeManager = { }; };
  registry = files:
    let
      meta = (call (builtins.elemAt files 0) plain).flake.users.zoe;
      config = { flake.users.zoe = meta; flake.modules.homeManager = { }; };
      main = (call (builtins.elemAt files 1) config).flake.users.zoe;
    in
    called main.contentPrivate;
  settings = home: [ home.programs.git.settings.user.name home.programs.git.settings.user.email ];
  names = home: [ home.programs.git.userName home.programs.git.userEmail ];
in
{
  guide = map (files: settings (of plain (builtins.head files))) all.guide;
  hostImports = map (files: names (of plain (builtins.head files))) all.hostImports;
  registry = map (files: settings (registry files)) all.registry;
}
"#;

#[test]
fn two_thousand_hostile_names_and_emails_come_back_unchanged() {
    let mut runner = TestRunner::new(Config::default());
    let strategy = hostile();
    let texts: Vec<String> =
        (0..COUNT).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();

    let layouts = [("guide", "basalt"), ("host-imports", "opal"), ("registry", "beryl")];
    let lists: Vec<String> = std::thread::scope(|scope| {
        let texts = &texts;
        let jobs = layouts.map(|(id, machine)| scope.spawn(move || rendered(id, machine, texts)));
        jobs.into_iter().map(|job| job.join().unwrap()).collect()
    });
    let expression = format!("let all = {{\n{}}};\nin {READ}", lists.concat());
    let evaluated = nix_eval(&expression);

    let expected: Vec<serde_json::Value> = texts
        .iter()
        .zip(texts.iter().rev())
        .map(|(name, email)| serde_json::json!([name, email]))
        .collect();
    for layout in ["guide", "hostImports", "registry"] {
        let back = evaluated[layout].as_array().unwrap();
        assert_eq!(back.len(), COUNT);
        for (back, expected) in back.iter().zip(&expected) {
            assert_eq!(back, expected, "{layout}");
        }
    }
    let (names, emails) = accepted(&texts);
    println!(
        "{COUNT} hostile strings as name and as email in 3 layouts: {} came back unchanged; the \
         questions alone would accept {names} as names and {emails} as emails",
        3 * 2 * COUNT
    );
}

/// How many the questions would let through, as they are.
fn accepted(texts: &[String]) -> (usize, usize) {
    let seat = Seat { user: "zoe", machine: "basalt", os: Os::Linux, arch: "x86_64" };
    let world = World::new("guide", seat);
    let desk = world.desk();
    let good = |answers: Answers| {
        let base = world.answers(Mode::Standalone, &["aggregate-core"]);
        let name = answers.name.or(base.name.clone());
        let email = answers.email.or(base.email.clone());
        let wanted = (name.clone(), email.clone());
        let settled = world.settle(&desk, Answers { name, email, ..base });
        settled.is_ok_and(|settled| (settled.answers.name, settled.answers.email) == wanted)
    };
    let names = texts
        .iter()
        .filter(|text| good(Answers { name: Some((*text).clone()), ..Answers::default() }));
    let emails = texts.iter().filter(|text| {
        good(Answers { email: Some(format!("{text}@example.com")), ..Answers::default() })
    });
    (names.count(), emails.count())
}

fn nix_eval(expression: &str) -> serde_json::Value {
    let mut nix = Command::new("nix-instantiate")
        .args(["--eval", "--json", "--strict", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("`nix-instantiate` must be on PATH (see tests/run)");
    nix.stdin.take().unwrap().write_all(expression.as_bytes()).unwrap();
    let output = nix.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}
