//! Machine files as nobody formats them: whatever they look like, one person more is all that
//! changes, and taking them out again gives the very bytes that were there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use doorstep::nix::Source;
use doorstep::plan::{Change, Plan};
use doorstep::splice::nix::{remove_binding, remove_item};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::small::{self, Small};

const FILES: usize = 1000;

/// How one file is written.
#[derive(Debug, Clone)]
struct Habits {
    darwin: bool,
    header: &'static str,
    unit: &'static str,
    eol: &'static str,
    ends_with_newline: bool,
    account: usize,
    home: usize,
    known: bool,
    /// What stands between the parts, by turns.
    gaps: Vec<&'static str>,
    /// Which part comes when.
    order: Vec<usize>,
}

fn habits() -> impl Strategy<Value = Habits> {
    let header = prop::sample::select(vec![
        "{ pkgs, lib, ... }:\n",
        "{ pkgs, lib, config, ... }:\n\n",
        "# users.zoe is no line of this file\n{\n  pkgs,\n  lib,\n  ...\n}@args:\nlet\n  hm = args.hm or { };\nin\n",
        "{ pkgs, lib, ... }: with lib; ",
        "{ pkgs ? { }, lib ? { }, ... }:\nassert true;\n",
    ]);
    let gap = prop::sample::select(vec![
        "",
        "",
        "\n",
        "U# a remark about ada and { braces\n",
        "U/* two\nUlines ] */\n",
        "UU\n",
        "Uservices.x.motd = ''\n  users.zoe = ''${y}\n    }\n'';\n",
        "Uwarnings = [ \"a } b\" /* in */ \"$${c}\" ];\n",
        "Uinherit (pkgs) hello; # and \"zoe\"\n",
    ]);
    (
        (any::<bool>(), header, prop::sample::select(vec!["  ", "    ", "\t"])),
        (prop::sample::select(vec!["\n", "\n", "\n", "\r\n"]), any::<bool>(), any::<bool>()),
        (0..ACCOUNTS.len(), 0..HOMES.len()),
        prop::collection::vec(gap, 6),
        Just((0..4).collect::<Vec<usize>>()).prop_shuffle(),
    )
        .prop_map(
            |((darwin, header, unit), (eol, newline, known), (account, home), gaps, order)| {
                Habits {
                    darwin,
                    header,
                    unit,
                    eol,
                    ends_with_newline: newline,
                    account,
                    home,
                    known,
                    gaps,
                    order,
                }
            },
        )
}

/// `U` is one level of indentation.
const ACCOUNTS: [&str; 6] = [
    "Uusers.users.ada = {\nUUFIELD;\nUUshell = pkgs.zsh;\nU};\n",
    "Uusers.users = {\nUUada = { FIELD; }; # her\nUUkai = {\nUUUFIELD;\nUUU# none yet\nUU};\nU};\n",
    "Uusers.users.ada.FIELD;\nUusers.users.ada.shell = pkgs.zsh;\n",
    "Uusers = { users.\"ada\" = { FIELD; }; };\n",
    "Uusers.users.kai = { FIELD; };Uusers.users.ada={FIELD;};\n",
    "Uusers.users = { ada = { FIELD; description = \"Ada\"; }; };\n",
];

const HOMES: [&str; 12] = [
    "Uhome-manager.users.ada = import ./home/ada.nix;\n",
    "Uhome-manager.users.ada.imports = [ ./home/ada.nix ];\n",
    "Uhome-manager = {\nUUuseGlobalPkgs = true;\n\nUU# Ada works here.\nUUusers.ada = {\nUUUimports = [\nUUUU./home/ada.nix # her own\nUUU];\nUU};\nU};\n",
    "Uhome-manager.users = { ada = ./home/ada.nix; };\n",
    "Uhome-manager.users.ada = { pkgs, ... }: {\nUUimports = [ ./home/ada.nix ] ++ (with pkgs; [ ]);\nUUhome.packages = [ pkgs.jq ];\nU};\n",
    "Uhome-manager.users.\"ada\" = { imports = lib.flatten [ [ ./home/ada.nix ] [ ] ]; };\n",
    "Uhome-manager = { users = { ada = {\nUU# mine\nUUimports = [ ./home/ada.nix\nUU./home/shared.nix ]; }; }; };\n",
    "Uhome-manager.users.ada = lib.mkMerge [ (import ./home/ada.nix) { } ];\n",
    "Uhome-manager = {\nU};\nUhome-manager.users.ada.imports = [\nUU(import ./home/ada.nix)\nU];\n",
    "Uhome-manager.users.kai = { };\n\nUhome-manager.users.ada = {\nUUimports = [ ./home/ada.nix ];\n\nUUhome.stateVersion = \"24.11\"; # once\nU};\n",
    "Uhome-manager.users.ada.home.stateVersion = \"24.11\";\nUhome-manager.users.ada.imports = [ ./home/ada.nix ];\n",
    "Uhome-manager.users.ada = rec { imports = [ ./home/ada.nix ]; home.stateVersion = \"24.11\"; };\n",
];

impl Habits {
    fn text(&self) -> String {
        let field = if self.darwin { "home = \"/Users/ada\"" } else { "isNormalUser = true" };
        let platform = if self.darwin { "aarch64-darwin" } else { "x86_64-linux" };
        let known = match self.known && self.darwin {
            true => "Uusers.knownUsers = [ \"root\"\nUU\"ada\" # her\nU];\n",
            false => "",
        };
        let account = ACCOUNTS[self.account].replace("FIELD", field);
        // A set that is written twice is refused by Nix itself.
        let known = if account.contains("Uusers = {") { "" } else { known };
        let parts = [
            format!(
                "Unetworking.hostName = \"quartz\";\nUnixpkgs.hostPlatform = \"{platform}\";\n"
            ),
            account,
            HOMES[self.home].to_owned(),
            known.to_owned(),
        ];
        let mut text = format!("{}{{\n{}", self.header, self.gaps[0]);
        for (turn, part) in self.order.iter().enumerate() {
            text.push_str(&parts[*part]);
            // An attribute may stand in a file once.
            if !text.contains(self.gaps[turn + 1].trim()) || self.gaps[turn + 1].trim().is_empty() {
                text.push_str(self.gaps[turn + 1]);
            }
        }
        text.push_str("}\n");
        let text = unfolded(&text, self.unit);
        let text = if self.ends_with_newline { text } else { text.trim_end().to_owned() };
        text.replace('\n', self.eol)
    }
}

/// `U` at the beginning of a line, or behind another, as a level of indentation.
fn unfolded(text: &str, unit: &str) -> String {
    let line = |line: &str| {
        let levels = line.len() - line.trim_start_matches('U').len();
        format!("{}{}", unit.repeat(levels), line[levels..].replace(";U", &format!("; {unit}")))
    };
    text.split_inclusive('\n').map(line).collect()
}

/// A fleet of one machine, whose file is another each time.
fn fleet(darwin: bool) -> Small {
    Small::new(&[
        ("flake.nix", small::flake(darwin)),
        ("quartz.nix", "{ }"),
        ("home/ada.nix", "{ home.stateVersion = \"24.11\"; }"),
        ("home/shared.nix", "{ }"),
        // There already, so that the machine's file is all that changes.
        ("home/zoe.nix", "{ }"),
    ])
}

/// The machine's file with the newcomer.
fn with_newcomer(plan: &Plan) -> String {
    let changes = plan.steps.iter().flat_map(|step| &step.changes);
    let edits = changes.filter_map(|change| match change {
        Change::Edit { path, after, .. } if path.ends_with("quartz.nix") => Some(after),
        _ => None,
    });
    let edits: Vec<&String> = edits.collect();
    assert_eq!(edits.len(), 1);
    edits[0].clone()
}

/// Takes the newcomer out again, binding by binding and item by item.
pub(crate) fn without_newcomer(mut text: String) -> String {
    loop {
        let source = Source::parse(text.as_str()).unwrap();
        let written = source
            .bindings()
            .iter()
            .find(|binding| binding.written().iter().any(|part| part.name() == Some("zoe")));
        if let Some(binding) = written {
            text = remove_binding(&text, binding.span).unwrap().text;
            continue;
        }
        let item = source.lists().iter().find_map(|list| {
            let item = list.items.iter().find(|item| item.span.of(&text) == "\"zoe\"")?;
            Some((list.span, item.span))
        });
        match item {
            Some((list, item)) => text = remove_item(&text, list, item).unwrap().text,
            None => return text,
        }
    }
}

#[test]
fn a_thousand_machine_files_take_one_person_more_and_give_them_back() {
    let mut runner = TestRunner::deterministic();
    let (mac, linux) = (fleet(true), fleet(false));
    let results = tempfile::tempdir().unwrap();
    let mut files: Vec<PathBuf> = Vec::new();
    for number in 0..FILES {
        let habits = habits().new_tree(&mut runner).unwrap().current();
        let before = habits.text();
        let folder = if habits.darwin { &mac } else { &linux };
        let plan = folder
            .plan_where("quartz.nix", &before)
            .unwrap_or_else(|p| panic!("{p}\n{habits:?}\n{before}"));
        let after = with_newcomer(&plan);
        assert!(binds(&after), "{habits:?}\n{after}");
        assert_eq!(without_newcomer(after.clone()), before, "{habits:?}\n{after}");
        assert_eq!(kept(&before, &after), 0, "{after}");
        if number % 10 == 0 {
            let again =
                folder.plan_where("quartz.nix", &after).unwrap_or_else(|p| panic!("{p}\n{after}"));
            assert!(again.steps.iter().all(|step| step.id != "machine-import"), "{after}");
        }
        files.push(results.path().join(format!("{number}.nix")));
        fs::write(&files[number], after).unwrap();
    }
    parse(&files);
}

/// Whether home and account are there.
fn binds(text: &str) -> bool {
    let source = Source::parse(text).unwrap();
    let has = |names: [&str; 3]| {
        source.bindings().iter().any(|binding| binding.path.index_of(&names).is_some())
    };
    has(["home-manager", "users", "zoe"]) && has(["users", "users", "zoe"])
}

/// How many characters of `before` are not in `after`, in their order.
fn kept(before: &str, after: &str) -> usize {
    let diff = similar::TextDiff::from_lines(before, after);
    diff.iter_all_changes()
        .filter(|change| change.tag() == similar::ChangeTag::Delete)
        // A line that grew is another line; its characters are all still there.
        .filter(|change| {
            let mut rest = after.chars();
            !change.value().trim_end().chars().all(|c| rest.any(|other| other == c))
        })
        .count()
}

fn parse(files: &[impl AsRef<Path>]) {
    let mut nix = Command::new("nix-instantiate");
    nix.arg("--parse").args(files.iter().map(AsRef::as_ref));
    let output = nix.output().expect("`nix-instantiate` must be on PATH (see tests/run)");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
