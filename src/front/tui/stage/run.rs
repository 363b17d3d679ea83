//! A run told to the stage, event by event: the one of the drawings.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};

use super::{Stage, plan};
use crate::activate::nix_log::{Activity, Record, Report};
use crate::activate::{InTheWay, InTheWayChoice};
use crate::event::{Changed, Checked, Event, Outcome, Verdict};
use crate::front::difference::Difference;
use crate::front::tui::Msg;
use crate::front::tui::screen::{Effect, Place};
use crate::front::tui::worker::{Blocked, Done};
use crate::front::{End, Finish, Left, Note};
use crate::problem::Problem;
use crate::question::Reply;
use crate::question::example::RECIPIENT;
use crate::run::Stream;

/// The drawings' steps up to the build.
pub(crate) const BEFORE: [&str; 6] =
    ["age-key", "sops-yaml", "secrets-file", "user-module", "standalone", "track"];

impl Stage {
    /// raquel, who has just applied her eight steps.
    pub(crate) fn applying() -> Self {
        let mut stage = Self::raquel();
        stage.apply();
        stage
    }

    /// Answers by the short way and applies.
    pub(crate) fn apply(&mut self) {
        self.plan = Arc::new(plan::raquels());
        self.press("<enter>raquel@example.com<enter><tab><enter>");
        self.does(vec![Effect::Answer("key_copy", Reply::Yes), Effect::Rest]);
        assert_eq!(self.app.at(), Place::Review);
        self.press("a");
        assert_eq!(self.app.at(), Place::Apply);
    }

    /// The same up to the build, which has run for a while.
    pub(crate) fn building() -> Self {
        let mut stage = Self::applying();
        stage.build();
        stage
    }

    pub(crate) fn build(&mut self) {
        for step in BEFORE {
            self.begins(step, None);
            self.ends(step, Outcome::Done, 0.1);
        }
        let command = "nix build .#homeConfigurations.raquel.activationPackage";
        self.begins("build", Some(command));
        self.later(25);
        self.work_of_nix();
    }

    pub(crate) fn tells(&mut self, event: Event) {
        self.tell(Msg::Event(event));
    }

    pub(crate) fn begins(&mut self, step: &'static str, command: Option<&str>) {
        self.tells(Event::Started { step, command: command.map(str::to_owned) });
    }

    pub(crate) fn ends(&mut self, step: &'static str, outcome: Outcome, seconds: f64) {
        let path = match step {
            "age-key" => PathBuf::from("/Users/raquel/.config/sops/age/keys.txt"),
            other => PathBuf::from("/Users/raquel/fleet").join(other),
        };
        let created = Changed::Created { path, mode: 0o644, secret: false };
        let writes = outcome == Outcome::Done && BEFORE.contains(&step) && step != "track";
        let changes = if writes { vec![created] } else { Vec::new() };
        self.tells(Event::Ended { step, outcome, seconds, changes });
    }

    pub(crate) fn says(&mut self, step: &'static str, text: &str) {
        self.tells(Event::Line { step, stream: Stream::Err, text: text.to_owned() });
    }

    fn nix(&mut self, record: Record<'static>) {
        self.tells(Event::Nix { step: "build", record });
    }

    fn starts(&mut self, id: u64, parent: u64, activity: Activity<'static>) {
        self.nix(Record::Start { id, parent, level: 3, activity, text: Cow::Borrowed("") });
    }

    /// Three at work, twelve waiting, forty-one done.
    fn work_of_nix(&mut self) {
        let progress = |id, done, expected, running| Record::Result {
            id,
            report: Report::Progress { done, expected, running, failed: 0 },
        };
        let drv = |name: &str| Cow::Owned(format!("/nix/store/{}-{name}.drv", "0".repeat(32)));
        let path = |name: &str| Cow::Owned(format!("/nix/store/{}-{name}", "0".repeat(32)));
        let from = || Cow::Borrowed("https://cache.nixos.org");
        self.starts(1, 0, Activity::Realise);
        self.starts(2, 1, Activity::Builds);
        self.starts(3, 1, Activity::Copies);
        // Nix counts what has just ended as expected once more, until its next report.
        for _ in 0..2 {
            self.nix(progress(2, 9, 22, 2));
            self.nix(progress(3, 32, 34, 1));
        }
        let name = path("neovim-unwrapped-0.11.5");
        self.starts(4, 3, Activity::Substitute { path: name, from: from() });
        self.starts(
            5,
            4,
            Activity::CopyPath { path: path("neovim-unwrapped-0.11.5"), from: from() },
        );
        self.nix(progress(5, 18 << 20, 30 << 20, 0));
        self.later(38);
        let here = || Cow::Borrowed("");
        self.starts(6, 2, Activity::Build { drv: drv("home-manager-path"), host: here() });
        self.later(7);
        self.starts(7, 2, Activity::Build { drv: drv("hm_zsh-completions"), host: here() });
        for line in [
            "copying path '/nix/store/…-ripgrep-15.1.0' from 'https://cache.nixos.org'...",
            "copying path '/nix/store/…-starship-1.24.1' from 'https://cache.nixos.org'...",
            "building '/nix/store/…-home-manager-path.drv'...",
            "home-manager-path> created 1824 symlinks in user environment",
        ] {
            self.says("build", line);
        }
        self.later(2);
    }

    /// Two files are in the way of the activation; the answer comes out of the channel.
    pub(crate) fn blocks(&mut self, keeps: bool) -> mpsc::Receiver<InTheWayChoice> {
        let (answer, answered) = mpsc::channel();
        let home = PathBuf::from("/Users/raquel");
        let file = |name: &str| InTheWay {
            file: home.join(name),
            kept_as: keeps.then(|| home.join(format!("{name}.before-doorstep"))),
        };
        let mut difference = vec![
            Difference::Yours("export PATH=\"$HOME/bin:$PATH\"".into()),
            Difference::Yours("alias ll=\"ls -l\"".into()),
            Difference::Coming(
                "# zsh from aggregate-shell: history, completion, starship prompt".into(),
            ),
        ];
        difference.extend((0..38).map(|n| Difference::Coming(format!("setopt option_{n}"))));
        let git = vec![Difference::Yours("[user] name = raquel\u{1b}[31m".into())];
        let files = vec![
            Blocked { file: file(".zshrc"), difference },
            Blocked { file: file(".config/git/config"), difference: git },
        ];
        self.tell(Msg::InTheWay(files, answer));
        answered
    }

    /// It ended well, and was looked at.
    pub(crate) fn succeeds(&mut self) {
        self.ends("build", Outcome::Done, 118.0);
        self.begins("activate", Some("./result/activate"));
        self.later(6);
        self.ends("activate", Outcome::Done, 6.0);
        self.checks("Generation 1 of your home is active.", Verdict::Holds);
        self.checks("31 of 31 files lead into it.", Verdict::Holds);
        self.checks("both secrets are on disk and readable.", Verdict::Holds);
        self.checks("Your key opens secrets/users/raquel.sops.yaml.", Verdict::Holds);
        self.finishes(done());
    }

    pub(crate) fn checks(&mut self, words: &str, verdict: Verdict) {
        let mut data = serde_json::Map::new();
        if words.contains("secrets are") {
            data.insert("placeholders".into(), serde_json::json!(["github-token"]));
        }
        let checked = Checked { what: "it", verdict, words: words.into(), data };
        self.tells(Event::Checked(checked));
    }

    pub(crate) fn finishes(&mut self, finish: Finish) {
        self.tell(Msg::Done(Done::Finished(Box::new(finish))));
    }

    /// The build failed: a private repository.
    pub(crate) fn fails(&mut self, problem: Problem) {
        for line in [
            "fetching Git repository 'ssh://git@github.com/crs58/fleet-private.git'...",
            "git@github.com: Permission denied (publickey).",
            "fatal: Could not read from remote repository.",
            "error: Failed to fetch git repository ssh://git@github.com/crs58/fleet-private",
            "",
        ] {
            self.says("build", line);
        }
        self.ends("build", Outcome::Failed { why: problem }, 8.0);
        let because = "`Build your home` was not done".to_owned();
        self.ends("activate", Outcome::NotRun { because }, 0.0);
        self.finishes(Finish {
            end: End::Failed,
            heading: "Step 7, Build your home, failed. Steps 1 to 6 are done. When it is mended, \
                      go on with doorstep resume, or take them back with doorstep undo."
                .into(),
            left: Vec::new(),
            note: None,
            ..done()
        });
    }
}

/// What nix said of a repository that cannot be read.
pub(crate) fn refused() -> Problem {
    Problem::tool(
        "`nix build .#homeConfigurations.raquel.activationPackage` ended with exit code 1",
    )
    .cause(
        "git@github.com: Permission denied (publickey).\n\
             fatal: Could not read from remote repository.\n\
             error: Failed to fetch git repository ssh://git@github.com/crs58/fleet-private",
    )
}

/// The end of the drawings.
pub(crate) fn done() -> Finish {
    let left = |who: &str, what, words: &str| Left {
        who: who.into(),
        what,
        words: words.into(),
        data: serde_json::Map::new(),
    };
    let set = "Set github-token. The command is: cd ~/fleet && sops secrets/users/raquel.sops.yaml";
    Finish {
        end: End::Done,
        heading: "Your home is set up and active.".into(),
        receipt: Some("/Users/raquel/.local/state/doorstep/2025-11-20T1402-raquel.receipt".into()),
        left: vec![
            left("raquel", "new-terminal", "Open a new Terminal window."),
            left(
                "raquel",
                "second-copy",
                "Keep a second copy of the key. It is the file ~/.config/sops/age/keys.txt.",
            ),
            left("raquel", "set-secret", set),
            left("crs58", "review-and-commit", "Review and commit 4 files in ~/fleet."),
        ],
        note: Some(Note {
            who: "crs58".into(),
            text: format!(
                "Raquel has set up a home in ~/fleet.\nPublic key: {RECIPIENT}\nReview and commit \
                 4 files in ~/fleet.\n"
            ),
        }),
        problem: None,
        back: None,
    }
}
