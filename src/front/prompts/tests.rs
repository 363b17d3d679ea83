//! Whole conversations with scripted words, over hand-built facts.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::activate::InTheWayChoice;
use crate::answers::{Commit, Deploy, Hidden, KeyChoice, Mode, SecretFrom};
use crate::check::report::Report;
use crate::event::{self, Checked, Event, Verdict};
use crate::front::{Attend, End, Left, Note};
use crate::look::{Look, Source};
use crate::plan::{Change, Needs, Step};
use crate::question::Found;
use crate::question::example::{Example, RECIPIENT};
use crate::run::Command;

mod transcript;

/// Says into a text; asks from a list. Words in `hidden!…` are typed where nothing is shown.
#[derive(Default)]
struct Script {
    words: VecDeque<&'static str>,
    heard: String,
    /// What the cursor gives; when there is nothing, there is no cursor.
    points: VecDeque<Pointed>,
}

impl Script {
    fn new(words: &[&'static str]) -> Self {
        Self { words: words.iter().copied().collect(), ..Self::default() }
    }
}

impl Talk for Script {
    fn say(&mut self, text: &str) {
        self.heard.push_str(text);
        self.heard.push('\n');
    }

    fn ask(&mut self) -> Result<String, Ended> {
        let word = self.words.pop_front().ok_or(Ended::NoInput)?;
        self.heard.push_str(format!("> {word}").trim_end());
        self.heard.push('\n');
        Ok(word.to_owned())
    }

    fn ask_hidden(&mut self) -> Result<Hidden, Ended> {
        let word = self.words.pop_front().ok_or(Ended::NoInput)?;
        self.heard.push_str(">\n");
        Ok(Hidden(word.to_owned().into()))
    }

    fn point(&mut self, menu: &Menu) -> Option<Result<Pointed, Ended>> {
        let pointed = self.points.pop_front()?;
        self.heard.push_str(&format!(
            "[{} of {}] {pointed:?}\n",
            menu.chosen.len(),
            menu.rows.len()
        ));
        Some(Ok(pointed))
    }
}

/// Plans and applies from a script; the time is the script's.
struct Scripted<'a> {
    clock: &'a AtomicU64,
    found: Found,
    plan: fn() -> Plan,
    events: Vec<(u64, What)>,
    finish: Finish,
    settled: &'a Mutex<Option<Settled>>,
    saved: Vec<(String, String)>,
}

enum What {
    Happens(Event),
    IsInTheWay(Vec<InTheWay>),
}

impl Work for Scripted<'_> {
    fn look(&mut self, _subject: &Subject) -> Result<Found, Problem> {
        Ok(self.found.clone())
    }

    fn read_again(&mut self) -> Result<Option<Fleet>, Problem> {
        Ok(None)
    }

    fn plan(&mut self, settled: &Settled) -> Result<Plan, Problem> {
        *self.settled.lock().unwrap() = Some(settled.clone());
        Ok((self.plan)())
    }

    fn apply(&mut self, _plan: &Plan, attend: &mut dyn Attend) -> Finish {
        for (at, what) in self.events.drain(..) {
            self.clock.store(at, Ordering::Relaxed);
            match what {
                What::Happens(event) => attend.event(event),
                What::IsInTheWay(files) => {
                    if attend.in_the_way(&files) == InTheWayChoice::Stop {
                        return Finish {
                            end: End::Stopped,
                            heading: "Stopped.".into(),
                            ..finish()
                        };
                    }
                }
            }
        }
        self.finish.clone()
    }

    fn save(&mut self, name: &str, text: &str) -> Result<PathBuf, Problem> {
        self.saved.push((name.to_owned(), text.to_owned()));
        Ok(PathBuf::from("/Users/raquel").join(name))
    }
}

fn finish() -> Finish {
    Finish {
        end: End::Done,
        heading: "Your home is set up and active.".into(),
        receipt: None,
        left: Vec::new(),
        note: None,
        problem: None,
        back: None,
    }
}

fn step(id: &'static str, title: &str, why: &str, changes: Vec<Change>) -> Step {
    Step {
        id,
        title: title.into(),
        why: why.into(),
        needs: Needs::You,
        by_hand: vec![format!("do {id}")],
        changes,
        decided_by: None,
    }
}

fn small_plan() -> Plan {
    let edit = Change::Edit {
        path: "/Users/raquel/fleet/.sops.yaml".into(),
        before: "keys:\n".into(),
        after: "keys:\n  - &raquel age1x\n".into(),
    };
    Plan { steps: vec![step("sops-yaml", "Add you", "1 line.", vec![edit])], ..Plan::default() }
}

/// A conversation and all that came of it.
struct Heard {
    outcome: Result<Outcome, Problem>,
    text: String,
    settled: Option<Settled>,
    saved: Vec<(String, String)>,
    left_over: usize,
}

struct Setting {
    example: Example,
    practice: bool,
    doors: Vec<Door>,
    plan: fn() -> Plan,
    events: Vec<(u64, What)>,
    finish: Finish,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            example: Example::raquel(),
            practice: false,
            doors: vec![Door::SetUp],
            plan: small_plan,
            events: Vec::new(),
            finish: finish(),
        }
    }
}

fn converse(setting: Setting, words: &[&'static str]) -> Heard {
    converse_by(setting, Script::new(words))
}

fn converse_by(setting: Setting, mut script: Script) -> Heard {
    let Setting { example, practice, doors, plan, events, finish } = setting;
    let time = AtomicU64::new(0);
    let clock = || Duration::from_secs(time.load(Ordering::Relaxed));
    let stop = AtomicBool::new(false);
    let settled = Mutex::new(None);
    let difference = |_: &Plan, file: &InTheWay| {
        vec![format!("Yours has 2 lines that {} will not have.", file.file.display())]
    };
    let look = Look::of(example.host.clone(), None);
    let explain = |log: String| {
        let explained = look.explain(&Source::Text(Hidden(log.into())), &|| false, &mut |_| ());
        explained.ok().map(|explained| Looked {
            explanation: explained.explanation,
            report: Report::default(),
        })
    };
    let notices: Vec<String> =
        practice.then(|| "not read: notes.nix".to_owned()).into_iter().collect();
    let journey = Journey {
        notices: &notices,
        host: &example.host,
        fleet: &example.fleet,
        practice,
        as_user: None,
        doors: &doors,
        stop: &stop,
        clock: &clock,
        difference: &difference,
        explain: &explain,
    };
    let mut work = Scripted {
        clock: &time,
        found: example.found.clone(),
        plan,
        events,
        finish,
        settled: &settled,
        saved: Vec::new(),
    };
    let outcome = journey.run(&mut script, &mut work);
    let (text, left_over) = (script.heard, script.words.len());
    let saved = work.saved;
    Heard { outcome, text, settled: settled.into_inner().unwrap(), saved, left_over }
}

/// Raquel's git knows her address, so that every question has a suggestion but the promise.
fn with_email() -> Setting {
    let mut setting = Setting::default();
    setting.example.found.git_email = Some("raquel@example.com".into());
    setting
}

#[test]
fn rest_takes_suggestions_and_stops_where_somebody_is_needed() {
    let heard = converse(with_email(), &["rest", "yes", "apply"]);
    let settled = heard.settled.unwrap();
    assert_eq!(settled.answers.key, Some(KeyChoice::Generate));
    assert_eq!(settled.mode(), Mode::Standalone);
    assert!(settled.suggested.contains(&"aggregates"));
    assert!(!settled.suggested.contains(&"key_copy"));
    assert!(heard.text.contains("Chosen for you: features, aggregate-core, aggregate-shell."));
    assert!(matches!(heard.outcome, Ok(Outcome::Finished(_))));
    assert_eq!(heard.left_over, 0);
}

#[test]
fn back_asks_again_and_keeps_what_was_chosen() {
    let words = ["", "", "2", "3", "back", "1", "rest", "yes", "back", "quit", "3"];
    let heard = converse(with_email(), &words);
    insta::assert_snapshot!(heard.text.split("> 2").nth(1).unwrap().trim(), @r"
    Together with the machine.
    Question 4 of 7. Which features do you want? 2 of 4 are chosen.
    1. aggregate-core, chosen. XDG, SSH, fonts, basic tools. 4 of 4 people use it.
    2. aggregate-shell, chosen. zsh, fish, nushell, starship. 4 of 4 people use it.
    3. aggregate-development, not chosen. git, editors, languages. 3 of 4 people use it.
    4. aggregate-ai, not chosen. MCP servers and helpers. 1 of 4 people uses it.
    Type numbers to change, or Enter to go on.
    > 3
    aggregate-development is now chosen. 3 of 4 are chosen. Numbers, or Enter to go on.
    > back
    Question 3 of 7. Who puts your home in place on blackphos?
    1. By yourself, today. No administrator is needed.
    2. Together with the machine. crs58 has to apply it.
    3. On other machines as well. Each one needs its administrator.
    Type a number. Suggested: 2
    > 1
    By yourself.
    Question 4 of 7. Which features do you want? 3 of 4 are chosen.
    1. aggregate-core, chosen. XDG, SSH, fonts, basic tools. 4 of 4 people use it.
    2. aggregate-shell, chosen. zsh, fish, nushell, starship. 4 of 4 people use it.
    3. aggregate-development, chosen. git, editors, languages. 3 of 4 people use it.
    4. aggregate-ai, not chosen. MCP servers and helpers. 1 of 4 people uses it.
    Type numbers to change, or Enter to go on.
    > rest
    Question 5 of 7. A new key. Nobody can make this key a second time.
    Please keep a second copy in a safe place. Type yes when you have read this.
    > yes
    Review. 1 step. None needs an administrator. Nothing has been changed yet.
    1. Add you. 1 line.
    Chosen for you: secrets, 2, 1 for later.
    Chosen for you: who else can open your secrets, admin.
    Type a number to hear more, save for a runbook, or apply. There is no suggestion here.
    > back
    Question 7 of 7. Who else can open them? As for the other people's files: admin, the recovery key kept by crs58.
    > quit
    Leave? Your 6 answers are not saved.
    1. Keep going.
    2. Save the answers, then leave.
    3. Leave.
    Type a number. Suggested: 1
    > 3
    Nothing has been changed.
    ");
    assert_eq!(heard.outcome, Ok(Outcome::Quit));
}

#[test]
fn practice_is_the_first_word_of_every_question() {
    let setting = Setting { practice: true, ..with_email() };
    let heard = converse(setting, &["", "", "", "", "", "yes", "", "", "apply"]);
    for line in heard.text.lines().filter(|line| line.contains("Question ")) {
        assert!(line.starts_with("Practice. Question "), "{line}");
    }
    assert!(heard.text.contains("Practice. Review. 1 step."));
}

#[test]
fn a_command_word_is_text_behind_an_equals_sign() {
    let heard = converse(with_email(), &["=rest", "rest", "yes", "apply"]);
    assert_eq!(heard.settled.unwrap().answers.name.as_deref(), Some("rest"));
}

#[test]
fn an_end_of_input_says_what_is_missing() {
    let setting = Setting { doors: vec![Door::SetUp, Door::Practice], ..Setting::default() };
    let heard = converse(setting, &["1", "Zoe"]);
    insta::assert_snapshot!(heard.outcome.unwrap_err(), @r"
    error: the questions cannot be asked: there is no more input
    cause: `email` has no suggestion here (git config has none); `key_copy` is needed because `key` is `generate`
    hint: write them to a file and name the file with `--answers FILE`; `doorstep answers` prints an example of every key
    ");
    let at_once =
        converse(Setting { doors: vec![Door::SetUp, Door::Practice], ..Setting::default() }, &[]);
    insta::assert_snapshot!(at_once.outcome.unwrap_err(), @r"
    error: the questions cannot be asked: there is no more input
    hint: give the answers with `--answers FILE`; `doorstep answers` prints an example of every key
    ");
}

#[test]
fn the_greeting_holds_the_notices_and_says_which_home_is_meant() {
    let doors = vec![Door::SetUp, Door::Practice];
    let setting = Setting { practice: true, doors, ..with_email() };
    let heard = converse(setting, &["help", "quit"]);
    insta::assert_snapshot!(heard.text.split("before it happens.").nth(1).unwrap().trim(), @r"
    This is practice: a pretend fleet and a pretend home. Nothing of yours is touched.
    Until it ends, your home, also written ~, means the folder /Users/raquel.
    This Mac is blackphos. crs58 looks after it. You are not its administrator.
    Your fleet is the folder fleet in your home: the shared setup of 6 machines and 4 people.
    Not read: notes.nix
    Your home is not set up yet.

    What would you like to do?
    1. Set up my home.
    2. Practice.
    Type a number. Suggested: 1
    > help
    Set up my home: for yourself, on this machine. Add somebody: prepares the fleet for another person.
    Something is wrong: finds causes, explains a log, tells who can read which secrets.
    Practice: the same journey on a pretend fleet, where nothing can go wrong.
    Nothing is changed before you have heard all of it and typed apply. Quit leaves.
    1. Set up my home.
    2. Practice.
    Type a number. Suggested: 1
    > quit
    Nothing has been changed.
    ");
}

#[test]
fn the_fleet_is_asked_for_until_it_is_found() {
    let mut find = |name: &str| match name {
        "~/fleet" => Ok(PathBuf::from("/Users/raquel/fleet")),
        _ => Err(Problem::user(format!("`{name}` is not a fleet")).hint("name another folder")),
    };
    let mut script = Script::new(&["", "~/notes", "~/fleet"]);
    let at = whereabouts(&mut script, &mut find);
    assert_eq!(at, Ok(Whereabouts::At("/Users/raquel/fleet".into())));
    insta::assert_snapshot!(script.heard.split("no suggestion here.").nth(1).unwrap().trim(), @r"
    >
    Type a folder, a git address, practice or quit.
    > ~/notes
    Problem: `~/notes` is not a fleet
    What helps: name another folder
    Where is your fleet?
    > ~/fleet
    ");
    assert_eq!(whereabouts(&mut Script::new(&["practice"]), &mut find), Ok(Whereabouts::Practice));
    assert_eq!(whereabouts(&mut Script::new(&["quit"]), &mut find), Ok(Whereabouts::Quit));
    assert_eq!(whereabouts(&mut Script::new(&[]), &mut find), Err(Ended::NoInput));
}

#[test]
fn leaving_asks_and_can_save() {
    let heard = converse(with_email(), &["Zoe", "quit", "", "quit", "2"]);
    insta::assert_snapshot!(heard.text.split("Zoe").nth(1).unwrap().trim(), @r"
    Question 2 of 7. Email. From git config: raquel@example.com
    > quit
    Leave? Your answer is not saved.
    1. Keep going.
    2. Save the answers, then leave.
    3. Leave.
    Type a number. Suggested: 1
    >
    Question 2 of 7. Email. From git config: raquel@example.com
    > quit
    Leave? Your answer is not saved.
    1. Keep going.
    2. Save the answers, then leave.
    3. Leave.
    Type a number. Suggested: 1
    > 2
    Saved as answers-raquel.yaml in your home. Secret values are not in it.
    Nothing has been changed.
    ");
    assert_eq!(heard.outcome, Ok(Outcome::Quit));
    assert_eq!(heard.saved[0].0, "answers-raquel.yaml");
    assert!(heard.saved[0].1.contains("name: \"Zoe\""));
    assert!(
        converse(with_email(), &["quit"]).text.ends_with("> quit\nNothing has been changed.\n")
    );
}

#[test]
fn a_typed_secret_is_counted_and_never_said() {
    let token = "ghp_0123456789012345678901234567890123456";
    let words = [
        "",
        "",
        "",
        "",
        "",
        "yes",
        "2",
        "1",
        token,
        "add",
        "sops",
        "add",
        "api",
        "2",
        "~/api.txt",
        "1",
        "5",
        "",
        "",
        "apply",
    ];
    let heard = converse(with_email(), &words);
    let from = heard.text.find("Question 6").unwrap();
    let to = heard.text.find("Question 7").unwrap();
    insta::assert_snapshot!(&heard.text[from..to], @r"
    Question 6 of 7. Secrets. 2 are suggested.
    1. ssh-signing-key. A new one is made for you.
    2. github-token. Later: a placeholder goes in.
    Type a number to change one, or Enter to go on.
    > 2
    github-token. Where does its value come from?
    1. Type or paste it now, hidden as you type.
    2. Read it from a file.
    3. Make a new ed25519 key.
    4. Later. A placeholder goes in, so that your home can be built.
    5. Leave it out.
    Type a number, or Enter to leave it as it is.
    > 1
    What you type is hidden.
    >
    Set, 41 characters.
    A number, add, or Enter to go on.
    > add
    Name of the secret:
    > sops
    Problem: sops is the one name that an encrypted file keeps for itself.
    Nothing is added.
    A number, add, or Enter to go on.
    > add
    Name of the secret:
    > api
    api. Where does its value come from?
    1. Type or paste it now, hidden as you type.
    2. Read it from a file.
    3. Make a new ed25519 key.
    4. Later. A placeholder goes in, so that your home can be built.
    5. Leave it out.
    Type a number, or Enter to leave it as it is.
    > 2
    Which file? A path, such as ~/token.txt:
    > ~/api.txt
    api. From the file ~/api.txt.
    A number, add, or Enter to go on.
    > 1
    ssh-signing-key. Where does its value come from?
    1. Type or paste it now, hidden as you type.
    2. Read it from a file.
    3. Make a new ed25519 key.
    4. Later. A placeholder goes in, so that your home can be built.
    5. Leave it out.
    Type a number, or Enter to leave it as it is.
    > 5
    ssh-signing-key is left out.
    A number, add, or Enter to go on.
    >
    ");
    assert!(!heard.text.contains("ghp_"));
    let secrets = heard.settled.unwrap().answers.secrets.unwrap();
    assert!(matches!(&secrets[0].from, SecretFrom::Given(value) if value.0.as_str() == token));
    assert_eq!(secrets[1].from, SecretFrom::File("~/api.txt".into()));
    assert!(!format!("{secrets:?}").contains("ghp_"));
}

#[test]
fn a_public_key_is_asked_for_after_its_row() {
    let words = ["", "", "", "", "3", "age1nope", "back", "3", RECIPIENT, "", "", "apply"];
    let heard = converse(with_email(), &words);
    assert!(heard.text.contains("Public key:\n> age1nope\nProblem: This key has a wrong"));
    assert!(heard.text.contains("A public key only."));
    let key = heard.settled.unwrap().answers.key;
    assert_eq!(key, Some(KeyChoice::Public(RECIPIENT.into())));
}

#[test]
fn other_machines_follow_who_applies() {
    let words = ["", "", "3", "2", "", "", "", "yes", "", "change", "1", "", "apply"];
    let heard = converse(with_email(), &words);
    let from = heard.text.find("Question 3").unwrap();
    let to = heard.text.find("Question 5").unwrap();
    insta::assert_snapshot!(&heard.text[from..to], @r"
    Question 3 of 7. Who puts your home in place on blackphos?
    1. By yourself, today. No administrator is needed.
    2. Together with the machine. crs58 has to apply it.
    3. On other machines as well. Each one needs its administrator.
    Type a number. Suggested: 1, because your account is not an administrator of blackphos.
    > 3
    On other machines as well. On which machines do you get a home? 1 of 6 is chosen.
    1. blackphos, chosen. macOS. On it now: crs58. Updated by darwin-rebuild.
    2. stibnite, not chosen. macOS. On it now: crs58. Updated by darwin-rebuild.
    3. cinnabar, not chosen. NixOS. On it now: cameron. Updated by clan.
    4. electrum, not chosen. NixOS. On it now: cameron, christophersmith. Updated by clan.
    5. rosegold, not chosen. macOS. On it now: cameron, janettesmith. Updated by darwin-rebuild.
    6. argentum, not chosen. macOS. On it now: cameron. Updated by darwin-rebuild.
    Type numbers to change, or Enter to go on.
    > 2
    stibnite is now chosen. 2 of 6 are chosen. Numbers, or Enter to go on.
    >
    Question 4 of 7. Which features do you want? 2 of 4 are chosen.
    1. aggregate-core, chosen. XDG, SSH, fonts, basic tools. 4 of 4 people use it.
    2. aggregate-shell, chosen. zsh, fish, nushell, starship. 4 of 4 people use it.
    3. aggregate-development, not chosen. git, editors, languages. 3 of 4 people use it.
    4. aggregate-ai, not chosen. MCP servers and helpers. 1 of 4 people uses it.
    Type numbers to change, or Enter to go on.
    >
    ");
    let settled = heard.settled.unwrap();
    assert_eq!(settled.hosts(), ["blackphos", "stibnite"]);
    assert_eq!(settled.answers.readers, Some(vec![]));
}

#[test]
fn somebody_elses_journey_asks_more() {
    let setting = Setting { doors: vec![Door::AddSomebody], ..Setting::default() };
    let words = [
        "Zoe",
        "zoe",
        "Zoe",
        "zoe@example.com",
        "",
        "2",
        "",
        "1 3",
        "",
        "2",
        "1",
        "networkmanager Wheel",
        "networkmanager, video",
        "1",
        "5",
        "",
        "",
        RECIPIENT,
        "",
        "",
        "3",
        "add zoe",
        "add-zoe",
        "2",
        "",
        "apply",
    ];
    let heard = converse(setting, &words);
    assert!(heard.text.contains("Add somebody. 10 questions, then a review."));
    assert!(heard.text.contains("Did you mean zoe?"));
    assert!(heard.text.contains("Problem: Choose at least one, or type none."));
    let accounts = heard.text.find("Which account does zoe get?").unwrap();
    let features = heard.text.find("Question 7 of").unwrap();
    insta::assert_snapshot!(&heard.text[accounts..features], @r"
    Which account does zoe get?
    1. blackphos. The home comes with the machine. Beside crs58's.
    2. cinnabar. The home comes with the machine. Beside cameron's. Groups none, without wheel: no sudo.
    Type a number to change one, or Enter to go on.
    > 2
    cinnabar. What is to be different?
    1. Groups.
    2. Number.
    3. Shell.
    4. By themselves instead of with the machine.
    5. The same for all chosen machines; numbers stay as they are.
    Type a number, or Enter to leave it as it is.
    > 1
    Groups on cinnabar:
    > networkmanager Wheel
    Problem: A group has a to z, 0 to 9, - and _, and starts with a letter: `Wheel` does not.
    Groups on cinnabar:
    > networkmanager, video
    cinnabar. The home comes with the machine. Beside cameron's. Groups networkmanager video, without wheel: no sudo.
    A number, or Enter to go on.
    > 1
    blackphos. What is to be different?
    1. Groups.
    2. Number.
    3. Shell.
    4. By themselves instead of with the machine.
    5. The same for all chosen machines; numbers stay as they are.
    Type a number, or Enter to leave it as it is.
    > 5
    blackphos. The home comes with the machine. Beside crs58's.
    A number, or Enter to go on.
    >
    Question 6 of 10. Which features do you want? 2 of 4 are chosen.
    1. aggregate-core, chosen. XDG, SSH, fonts, basic tools. 4 of 4 people use it.
    2. aggregate-shell, chosen. zsh, fish, nushell, starship. 4 of 4 people use it.
    3. aggregate-development, not chosen. git, editors, languages. 3 of 4 people use it.
    4. aggregate-ai, not chosen. MCP servers and helpers. 1 of 4 people uses it.
    Type numbers to change, or Enter to go on.
    >
    ");
    let commit = heard.text.find("Question 10 of").unwrap();
    let review = heard.text.find("Review.").unwrap();
    insta::assert_snapshot!(&heard.text[commit..review], @r"
    Question 10 of 10. Is what was written committed?
    1. Not now. The files are left for you to look at and commit.
    2. One commit. On the branch that is checked out.
    3. On a new branch. One commit there.
    Type a number. Suggested: 1
    > 3
    Name of the branch:
    > add zoe
    Problem: git does not take `add zoe` as the name of a branch. Letters, digits, - and / are fine.
    Name of the branch:
    > add-zoe
    On a new branch. Are the machines updated at the end?
    1. Not now. The commands are told at the end.
    2. At the end. One machine after the other; each is asked for what it needs.
    Type a number. Suggested: 1
    > 2
    At the end. What if one machine fails?
    1. Stop. The machines after it are left as they are.
    2. Go on. The machines after it are updated all the same.
    Type a number. Suggested: 1
    >
    Stop.
    ");
    assert_eq!(heard.left_over, 0);
    let settled = heard.settled.unwrap();
    assert_eq!(settled.username(), "zoe");
    assert_eq!(settled.hosts(), ["blackphos", "cinnabar"]);
    assert_eq!(settled.answers.commit, Some(Commit::Branch("add-zoe".into())));
    assert_eq!(settled.answers.deploy, Some(Deploy::Now));
}

#[test]
fn the_review_tells_more_and_saves_a_runbook() {
    let heard = converse(with_email(), &["rest", "yes", "", "1", "9", "save", "apply"]);
    let from = heard.text.find("There is no suggestion here. Type apply").unwrap();
    insta::assert_snapshot!(&heard.text[from..], @r"
    There is no suggestion here. Type apply when you want it done.
    > 1
    Step 1, Add you. 1 line.
    Changed: .sops.yaml in fleet in your home.
    Before line 2, 1 line comes in:
      - &raquel age1x
    By hand:
    do sops-yaml
    > 9
    Type a number, save, apply, back or quit.
    > save
    Saved as runbook-raquel.md in your home.
    > apply
    Your home is set up and active.
    ");
    assert_eq!(heard.saved[0].0, "runbook-raquel.md");
    assert!(heard.saved[0].1.contains("By hand:\n\n```\ndo sops-yaml\n```"));
}

#[test]
fn nothing_to_apply_is_said() {
    let heard = converse(Setting { plan: Plan::default, ..with_email() }, &["rest", "yes"]);
    assert_eq!(heard.outcome, Ok(Outcome::NothingToDo));
    assert!(heard.text.ends_with("Everything is already so. Nothing to apply.\n"));
}

#[test]
fn a_failure_is_told_with_cause_and_help() {
    let why = Problem::tool("`nix` failed").cause("no space\u{1b}[2J left").hint("free some");
    let failed = event::Outcome::Failed { why };
    let ended =
        |outcome| Event::Ended { step: "sops-yaml", outcome, seconds: 20.0, changes: vec![] };
    let setting = Setting {
        events: vec![(20, What::Happens(ended(failed)))],
        finish: Finish { end: End::Failed, heading: "It failed.".into(), ..finish() },
        ..with_email()
    };
    let heard = converse(setting, &["rest", "yes", "apply"]);
    insta::assert_snapshot!(heard.text.split("> apply").nth(1).unwrap().trim(), @r"
    Failed: step 1, Add you, after 20 seconds.
    Problem: `nix` failed
    Cause: no space left
    What helps: free some
    Looking at the log and at this machine.
    Cause: doorstep does not know this error.
    It failed.
    ");
}

#[test]
fn a_failure_that_is_known_is_explained() {
    let why = Problem::tool("`nix build` ended with exit 1")
        .cause("error: experimental Nix feature 'flakes' is disabled");
    let failed = event::Outcome::Failed { why };
    let ended =
        |outcome| Event::Ended { step: "sops-yaml", outcome, seconds: 20.0, changes: vec![] };
    let setting = Setting {
        events: vec![(20, What::Happens(ended(failed)))],
        finish: Finish { end: End::Failed, heading: "It failed.".into(), ..finish() },
        ..with_email()
    };
    let heard = converse(setting, &["rest", "yes", "apply"]);
    let said = heard.text.split("this machine.\n").nth(1).unwrap();
    assert!(said.starts_with("Cause: Flakes are not switched on in this Nix. This is"), "{said}");
    assert!(said.contains("\nShown: error: experimental Nix feature 'flakes'"), "{said}");
    assert!(said.contains("\nNext: "), "{said}");
}

#[test]
fn the_third_door_says_what_there_is_to_hear() {
    let mut script = Script::new(&["help", "2", "build.log", "2", "", "quit"]);
    let errand = Wrong::ask(&mut script);
    assert_eq!(errand, Ok(Some(Errand::Log("build.log".to_owned()))));
    assert!(script.heard.contains("1. Look for what is wrong here."), "{}", script.heard);
    assert_eq!(Wrong::ask(&mut script), Ok(None));
    assert_eq!(Wrong::ask(&mut Script::new(&[""])), Ok(Some(Errand::Findings)));
    assert_eq!(Wrong::ask(&mut Script::new(&["3"])), Ok(Some(Errand::Readers)));
    let lines = Wrong::findings(&crate::front::tui::example_report());
    insta::assert_snapshot!(lines.join("\n"), @r#"
    3 things to look at, the likely cause first.
    1. Wrong, fleet: Nix cannot see your home module: git does not track it.
    Seen: git -C ~/fleet ls-files modules/home/users/raquel/default.nix prints nothing; the file is there, 31 lines, written Tue 14:01.
    Why: A flake sees only the files that git knows. Nix leaves this one out without a word; a build then stops with: attribute '"users/raquel"' missing.
    What helps: Let doorstep tell git about it.
    doorstep can do that for you. The command is: doorstep doctor --fix
    2. Wrong, home: No home is active for you: there is no generation yet.
    It most likely follows from untracked-file.
    Seen: ~/.local/state/nix/profiles has no home-manager profile
    Why: Until one is active, none of your settings are in place.
    What helps: Build it once the file is seen.
    The command is: doorstep activate
    3. Warning, keys: Other accounts can read your private key file (mode 0644).
    Seen: ~/.config/sops/age/keys.txt mode 0644
    Why: Whoever reads it can open your secrets.
    What helps: Make the file private.
    doorstep can do that for you. The command is: doorstep doctor --fix
    Not checked: clan-key, because clan is not installed here, and not needed by you.
    Fine: 41 checks.
    "#);
}

#[test]
fn files_in_the_way_stop_it_when_nobody_answers() {
    let files = vec![
        InTheWay { file: "/Users/raquel/.zshrc".into(), kept_as: None },
        InTheWay { file: "/Users/raquel/.x".into(), kept_as: Some("/Users/raquel/.x.b".into()) },
    ];
    let setting = Setting { events: vec![(0, What::IsInTheWay(files))], ..with_email() };
    let heard = converse(setting, &["rest", "yes", "apply"]);
    insta::assert_snapshot!(heard.text.split("> apply").nth(1).unwrap().trim(), @r"
    Question: 2 files of yours are in the way:
    .zshrc in your home, settings of the shell.
    .x in your home.
    1. Hear the difference.
    2. Stop here.
    Type a number. Suggested: 2
    Stopped.
    ");
    assert!(matches!(heard.outcome, Ok(Outcome::Finished(f)) if f.end == End::Stopped));
}

/// raquel's fleet with clan tags, one of which no machine has.
fn with_tags() -> Setting {
    let tag = |name: &str, machines: &[&str]| crate::fleet::Tag {
        name: name.to_owned(),
        machines: machines.iter().map(|machine| (*machine).to_owned()).collect(),
        computed: false,
    };
    let mut setting = Setting { doors: vec![Door::AddSomebody], ..Setting::default() };
    setting.example.fleet.clan.tags =
        vec![tag("server", &["cinnabar", "electrum"]), tag("tablet", &[])];
    setting
}

#[test]
fn a_clan_tag_stands_for_machines() {
    let words = [
        "zoe",
        "Zoe",
        "zoe@example.com",
        "",
        "2",
        "tag:tablet",
        "tag:sever",
        "rosegold, tag:server",
        "",
        "quit",
        "yes",
    ];
    let heard = converse(with_tags(), &words);
    let from = heard.text.find("On which machines does zoe").unwrap();
    let to = heard.text.find("Which account does zoe get?").unwrap();
    insta::assert_snapshot!(&heard.text[from..to], @r"
    On which machines does zoe get a home? 0 of 6 are chosen.
    1. blackphos, not chosen. macOS. On it now: crs58. Updated by darwin-rebuild.
    2. stibnite, not chosen. macOS. On it now: crs58. Updated by darwin-rebuild.
    3. cinnabar, not chosen. NixOS. On it now: cameron. Updated by clan.
    4. electrum, not chosen. NixOS. On it now: cameron, christophersmith. Updated by clan.
    5. rosegold, not chosen. macOS. On it now: cameron, janettesmith. Updated by darwin-rebuild.
    6. argentum, not chosen. macOS. On it now: cameron. Updated by darwin-rebuild.
    tag:server stands for cinnabar, electrum.
    Type numbers to change, or Enter to go on.
    > tag:tablet
    Problem: No machine of the clan has the tag `tablet`. There is server.
    Numbers, or Enter to go on.
    > tag:sever
    Problem: `sever` is not a tag of the clan. Did you mean server?
    Numbers, or Enter to go on.
    > rosegold, tag:server
    3 of 6 are chosen. Numbers, or Enter to go on.
    >
    ");
}

#[test]
fn a_cursor_chooses_a_clan_tag() {
    let mut script = Script::new(&["zoe", "Zoe", "zoe@example.com", "", "quit", "yes"]);
    script.points = [Pointed::Rows(vec![1]), Pointed::Rows(vec![0, 6])].into();
    let heard = converse_by(with_tags(), script);
    let from = heard.text.find("On which machines does zoe").unwrap();
    assert!(heard.text[from..].contains("cinnabar. The home comes"), "{}", &heard.text[from..]);
    assert!(heard.text[from..].contains("electrum. The home comes"), "{}", &heard.text[from..]);
}

#[test]
fn a_cursor_chooses_rows_and_words() {
    let mut script = Script::new(&["", "", "yes", "", "", "apply"]);
    let word = |word: &str| Pointed::Word(word.into());
    script.points = [
        word("help"),
        Pointed::Rows(vec![1]),
        word("back"),
        Pointed::Rows(vec![0]),
        word("help"),
        Pointed::Rows(vec![0, 3]),
        Pointed::Rows(vec![0]),
    ]
    .into();
    let heard = converse_by(with_email(), script);
    let from = heard.text.find("Question 3").unwrap();
    let to = heard.text.find("Question 6").unwrap();
    insta::assert_snapshot!(&heard.text[from..to], @r#"
    Question 3 of 7. Who puts your home in place on blackphos?
    [1 of 3] Word("help")
    The tools and settings are the same. What differs is who applies changes. In the fleet's words: by yourself is standalone, together with the machine is integrated.
    [1 of 3] Rows([1])
    Together with the machine.
    Question 4 of 7. Which features do you want? 2 of 4 are chosen.
    [2 of 4] Word("back")
    Question 3 of 7. Who puts your home in place on blackphos?
    [1 of 3] Rows([0])
    By yourself.
    Question 4 of 7. Which features do you want? 2 of 4 are chosen.
    [2 of 4] Word("help")
    A feature set is a group of tools and settings that the fleet keeps under one name; its word for it is aggregate. Ticked at the start is what most people on the fleet's machines like this one use.
    [2 of 4] Rows([0, 3])
    Question 5 of 7. Which key opens your secrets? No age key was found in 5 places.
    [1 of 3] Rows([0])
    A new key. Nobody can make this key a second time.
    Please keep a second copy in a safe place. Type yes when you have read this.
    > yes
    "#);
    let settled = heard.settled.unwrap();
    assert_eq!(settled.mode(), Mode::Standalone);
    assert_eq!(settled.answers.aggregates.unwrap(), ["aggregate-core", "aggregate-ai"]);
}
