use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::*;
use crate::event::{Changed, Checked, Outcome, Verdict};
use crate::front::{End, Left};
use crate::plan::{Change, Needs, Step};
use crate::question::example::Example;
use crate::run::{Command, Stream};

fn step(id: &'static str, title: &str, changes: Vec<Change>) -> Step {
    Step {
        id,
        title: title.into(),
        why: String::new(),
        needs: Needs::You,
        by_hand: Vec::new(),
        changes,
        decided_by: None,
    }
}

fn plan() -> Plan {
    let build = Command::new("nix")
        .args(["build", ".#homeConfigurations.raquel.activationPackage"])
        .cwd("/Users/raquel/fleet");
    Plan {
        steps: vec![
            step("age-key", "Save your age key", Vec::new()),
            step("sops-yaml", "Add you to .sops.yaml", Vec::new()),
            step("build", "Build your home", vec![Change::Run { command: build }]),
            step("activate", "Activate it", Vec::new()),
        ],
        ..Plan::default()
    }
}

fn ended(step: &'static str, seconds: f64, changes: Vec<Changed>) -> Event {
    Event::Ended { step, outcome: Outcome::Done, seconds, changes }
}

fn checked(what: &'static str, verdict: Verdict, data: &Value) -> Event {
    let data = data.as_object().cloned().unwrap_or_default();
    Event::Checked(Checked { what, verdict, words: "31 of 31 files lead into it.".into(), data })
}

fn events() -> Vec<Event> {
    let home = PathBuf::from("/Users/raquel");
    vec![
        Event::Started { step: "age-key", command: None },
        ended(
            "age-key",
            0.004,
            vec![Changed::Created {
                path: home.join(".config/sops/age/keys.txt"),
                mode: 0o600,
                secret: true,
            }],
        ),
        ended(
            "sops-yaml",
            0.0,
            vec![Changed::Edited {
                path: home.join("fleet/.sops.yaml"),
                lines_added: 6,
                lines_removed: 0,
            }],
        ),
        Event::Started { step: "build", command: Some("nix build …".into()) },
        Event::Line {
            step: "build",
            stream: Stream::Err,
            text: "\u{1b}[1mbuilding\u{1b}[0m '/nix/store/...-home-manager-path.drv'...".into(),
        },
        ended("build", 118.23, vec![Changed::Ran { command: "nix build".into() }]),
        Event::InTheWay { file: home.join(".zshrc"), kept_as: home.join(".zshrc.before-doorstep") },
        ended("activate", 6.1, Vec::new()),
        checked("home-files", Verdict::Holds, &json!({"value": 31, "of": 31})),
        checked("secrets", Verdict::NotChecked, &json!({})),
    ]
}

fn finish() -> Finish {
    let left = |who: &str, what, words: &str, data: Value| Left {
        who: who.into(),
        what,
        words: words.into(),
        data: data.as_object().cloned().unwrap_or_else(Map::new),
    };
    Finish {
        end: End::Done,
        heading: "Your home is set up and active.".into(),
        receipt: Some("/Users/raquel/.local/state/doorstep/2025-11-20T1402-raquel.receipt".into()),
        left: vec![
            left("raquel", "second-copy", "Make the second copy of your key.", json!({})),
            left("crs58", "review-and-commit", "Review and commit 4 files.", json!({"files": 4})),
        ],
        note: None,
        problem: None,
        back: None,
    }
}

fn told(report: &mut dyn Report) {
    report.planned(&plan(), "raquel");
    events().iter().for_each(|event| report.event(event));
    report.finish(&finish());
}

fn with_scene<T>(practice: bool, run: impl FnOnce(Scene) -> T) -> T {
    let example = Example::raquel();
    run(Scene { host: &example.host, fleet: &example.fleet.root, practice })
}

fn text_of(practice: bool, fill: impl FnOnce(&mut Vec<u8>, Scene)) -> String {
    with_scene(practice, |scene| {
        let mut out = Vec::new();
        fill(&mut out, scene);
        String::from_utf8(out).unwrap()
    })
}

#[test]
fn json_lines_have_their_shapes() {
    let text = text_of(false, |out, scene| told(&mut Json::new(out, scene)));
    for line in text.lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
    insta::assert_snapshot!(text, @r#"
    {"event":"planned","version":1,"practice":false,"user":"raquel","host":"blackphos","steps":[{"id":"age-key","title":"Save your age key","needs":"you"},{"id":"sops-yaml","title":"Add you to .sops.yaml","needs":"you"},{"id":"build","title":"Build your home","needs":"you"},{"id":"activate","title":"Activate it","needs":"you"}]}
    {"event":"started","step":"age-key"}
    {"event":"ended","step":"age-key","outcome":"done","seconds":0.0,"changes":[{"create":"~/.config/sops/age/keys.txt","mode":"0600","content":"<secret>"}]}
    {"event":"ended","step":"sops-yaml","outcome":"done","seconds":0.0,"changes":[{"edit":".sops.yaml","lines_added":6}]}
    {"event":"started","step":"build","command":["nix","build",".#homeConfigurations.raquel.activationPackage"],"cwd":"~/fleet"}
    {"event":"line","step":"build","text":"building '/nix/store/...-home-manager-path.drv'..."}
    {"event":"ended","step":"build","outcome":"done","seconds":118.2}
    {"event":"in_the_way","file":"~/.zshrc","kept_as":"~/.zshrc.before-doorstep"}
    {"event":"ended","step":"activate","outcome":"done","seconds":6.1}
    {"event":"checked","what":"home-files","ok":true,"value":31,"of":31}
    {"event":"checked","what":"secrets","ok":null,"words":"31 of 31 files lead into it."}
    {"event":"result","outcome":"done","receipt":"~/.local/state/doorstep/2025-11-20T1402-raquel.receipt","left":[{"for":"raquel","what":"second-copy"},{"for":"crs58","what":"review-and-commit","files":4}],"exit":0}
    "#);
}

#[test]
fn words_are_short_and_honest() {
    let text = text_of(true, |out, scene| told(&mut Words::new(out, scene)));
    insta::assert_snapshot!(text, @r"
    Practice. 4 steps for raquel.
      1 Save your age key
      2 Add you to .sops.yaml
      3 Build your home
      4 Activate it
    done: 1 Save your age key
      made ~/.config/sops/age/keys.txt (mode 0600)
    done: 2 Add you to .sops.yaml
      changed .sops.yaml: 6 lines more
    started: 3 Build your home
      $ nix build …
      | building '/nix/store/...-home-manager-path.drv'...
    done: 3 Build your home, 118 s
    kept: ~/.zshrc is now ~/.zshrc.before-doorstep
    done: 4 Activate it, 6 s
    checked: 31 of 31 files lead into it.
    not checked: 31 of 31 files lead into it.
    left for raquel: Make the second copy of your key.
    left for crs58: Review and commit 4 files.
    Your home is set up and active.
    receipt: ~/.local/state/doorstep/2025-11-20T1402-raquel.receipt
    ");
}

#[test]
fn a_thousand_changes_are_not_a_thousand_lines() {
    let fleet = PathBuf::from("/Users/raquel/fleet");
    let changed = |n| Changed::Edited {
        path: fleet.join(format!("secrets/{n}.yaml")),
        lines_added: 11,
        lines_removed: 0,
    };
    let words = |count: usize| {
        let ended = ended("rekey", 0.4, (0..count).map(changed).collect());
        text_of(false, |out, scene| Words::new(out, scene).event(&ended))
    };
    assert_eq!(words(13).lines().count(), 14);
    let many = words(1000);
    assert_eq!(many.lines().count(), 14);
    assert!(many.starts_with("done: rekey\n  changed secrets/0.yaml: 11 lines more\n"), "{many}");
    assert!(many.ends_with("  and 988 more; the receipt has them all\n"), "{many}");
}

#[test]
fn a_problem_is_one_line_of_json() {
    let problem = Problem::user("2 answers are missing in `raquel.yaml`").cause("a; b").hint("c");
    let text = text_of(false, |out, scene| Json::new(out, scene).problem(&problem, 2));
    insta::assert_snapshot!(text, @r#"{"event":"problem","version":1,"error":"2 answers are missing in `raquel.yaml`","causes":["a; b"],"hints":["c"],"exit":2}"#);
}

#[test]
fn a_failure_says_why_and_what_was_not_run() {
    let why = Problem::tool("`nix` failed").cause("exit code 1");
    let failed = Event::Ended {
        step: "build",
        outcome: Outcome::Failed { why },
        seconds: 20.0,
        changes: Vec::new(),
    };
    let because = "the build failed".to_owned();
    let not_run = Event::Ended {
        step: "activate",
        outcome: Outcome::NotRun { because },
        seconds: 0.0,
        changes: Vec::new(),
    };
    let json = text_of(true, |out, scene| {
        let mut report = Json::new(out, scene);
        report.event(&failed);
        report.event(&not_run);
    });
    insta::assert_snapshot!(json, @r#"
    {"event":"ended","step":"build","outcome":"failed","seconds":20.0,"why":{"error":"`nix` failed","causes":["exit code 1"],"hints":[]}}
    {"event":"ended","step":"activate","outcome":"not_run","seconds":0.0,"because":"the build failed"}
    "#);
    let words = text_of(true, |out, scene| {
        let mut report = Words::new(out, scene);
        report.planned(&plan(), "raquel");
        report.event(&failed);
        report.event(&not_run);
    });
    assert!(words.ends_with(
        "failed: 3 Build your home, after 20 s\nerror: `nix` failed\ncause: exit code 1\n\
         not run: 4 Activate it: the build failed\n"
    ));
}

/// Fails from the first write on.
struct Broken(io::ErrorKind);

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_left_is_no_trouble_and_a_full_disk_is() {
    with_scene(false, |scene| {
        let mut closed = Json::new(Broken(io::ErrorKind::BrokenPipe), scene);
        told(&mut closed);
        assert!(closed.trouble().is_none());
        let mut full = Words::new(Broken(io::ErrorKind::StorageFull), scene);
        told(&mut full);
        assert_eq!(full.trouble().map(io::Error::kind), Some(io::ErrorKind::StorageFull));
    });
}

#[test]
fn nobody_is_asked() {
    with_scene(false, |scene| {
        let stop = AtomicBool::new(false);
        let (mut out, mut log) = (Vec::new(), Vec::new());
        let (mut json, mut words) = (Json::new(&mut out, scene), Words::new(&mut log, scene));
        let mut attend = Unattended {
            reports: vec![&mut json, &mut words],
            in_the_way: InTheWayChoice::Stop,
            stop: &stop,
        };
        attend.event(Event::Said("Nix is not here.".into()));
        assert_eq!(attend.in_the_way(&[]), InTheWayChoice::Stop);
        assert!(!attend.stop());
        stop.store(true, Ordering::Relaxed);
        assert!(attend.stop());
        assert_eq!(log, b"Nix is not here.\n");
        assert!(out.starts_with(b"{\"event\":\"said\""));
    });
}
