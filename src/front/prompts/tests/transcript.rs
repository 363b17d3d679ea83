//! The journey of the design, word for word: raquel's first home on `blackphos`.

use super::*;

/// What raquel hears; `>` marks what she types.
const TRANSCRIPT: &str = "\
doorstep, as plain questions.
At every question: Enter takes the suggestion. You can also type help, back, rest or quit.
Rest takes the suggestions for all further questions. You hear everything before it happens.
This Mac is blackphos. crs58 looks after it. You are not its administrator.
Your fleet is the folder fleet in your home: the shared setup of 6 machines and 4 people.
Your home is not set up yet.

What would you like to do?
1. Set up my home.
2. Add somebody.
3. Something is wrong.
4. Practice.
Type a number. Suggested: 1
>
Set up my home. 7 questions, then a review. Nothing is changed before you type apply.

Question 1 of 7. Full name. From your account: Raquel
>
Question 2 of 7. Email. Not found; please type it.
> raquel.example.com
Problem: An email address has an @ in it, like raquel@example.com
Email:
> raquel@example.com
Question 3 of 7. Who puts your home in place on blackphos?
1. By yourself, today. No administrator is needed.
2. Together with the machine. crs58 has to apply it.
3. On other machines as well. Each one needs its administrator.
Type a number. Suggested: 1, because your account is not an administrator of blackphos.
>
By yourself.
Question 4 of 7. Which features do you want? 2 of 4 are chosen.
1. aggregate-core, chosen. XDG, SSH, fonts, basic tools. 4 of 4 people use it.
2. aggregate-shell, chosen. zsh, fish, nushell, starship. 4 of 4 people use it.
3. aggregate-development, not chosen. git, editors, languages. 3 of 4 people use it.
4. aggregate-ai, not chosen. MCP servers and helpers. 1 of 4 people uses it.
Type numbers to change, or Enter to go on.
> 3
aggregate-development is now chosen. 3 of 4 are chosen. Numbers, or Enter to go on.
>
Question 5 of 7. Which key opens your secrets? No age key was found in 5 places.
1. Create a new key.
2. Make it from your SSH key.
3. Give a public key only.
Type a number. Suggested: 1
>
A new key. Nobody can make this key a second time.
Please keep a second copy in a safe place. Type yes when you have read this.
> yes
Question 6 of 7. Secrets. 2 are suggested.
1. ssh-signing-key. A new one is made for you.
2. github-token. Later: a placeholder goes in.
Type a number to change one, or Enter to go on.
>
Question 7 of 7. Who else can open them? As for the other people's files: admin, the recovery key kept by crs58.
>
Review. 8 steps. None needs an administrator. Nothing has been changed yet.
1. Save your age key. One new file, readable by you alone.
2. Add you to .sops.yaml. 1 line for your key, and a rule of 5 lines above the rule for everything else.
3. Create secrets file. 2 secrets, for raquel and admin.
4. Write home module. One new file of 29 lines.
5. Add configuration. One new file of 6 lines.
6. Show files to git. 3 files. Nothing is committed.
7. Build your home. Needs the network.
8. Activate it. If a file of yours is in the way, you are asked first.
Type a number to hear more, save for a runbook, or apply. There is no suggestion here.
> apply
Done: steps 1 to 6.
Started: step 7, Build your home. You will hear from it every 30 seconds.
Still building: 12 done, 9 waiting, 30 seconds.
Still building: 41 done, 12 waiting, 1 minute.
Done: step 7, 1 minute 58 seconds.
Question: 1 file of yours is in the way: .zshrc in your home, settings of the shell.
1. Keep a copy as .zshrc.before-doorstep and go on.
2. Hear the difference.
3. Stop here.
Type a number. Suggested: 1
>
Done: step 8, Activate it, 6 seconds.
Checked: generation 1 of your home is active.
Checked: 31 of 31 files lead into it.
Checked: both secrets are on disk and readable.
Left for you: open a new Terminal window.
Left for you: keep a second copy of the key. It is the file keys.txt in .config/sops/age in your home.
Left for you: set github-token. The command is: doorstep secrets set secrets/users/raquel.sops.yaml github-token
Left for crs58: review and commit 4 files.
Your home is set up and active.
Type note to hear the note for crs58, save to write it to a file, or Enter to leave.
>";

fn plan() -> Plan {
    let mut plan = Plan::default();
    let build = Change::Run { command: Command::new("nix").arg("build") };
    plan.steps = vec![
        step("age-key", "Save your age key", "One new file, readable by you alone.", vec![]),
        step(
            "sops-yaml",
            "Add you to .sops.yaml",
            "1 line for your key, and a rule of 5 lines above the rule for everything else.",
            vec![],
        ),
        step("secrets", "Create secrets file", "2 secrets, for raquel and admin.", vec![]),
        step("module", "Write home module", "One new file of 29 lines.", vec![]),
        step("configuration", "Add configuration", "One new file of 6 lines.", vec![]),
        step("track", "Show files to git", "3 files. Nothing is committed.", vec![]),
        step("build", "Build your home", "Needs the network.", vec![build]),
        step(
            "activate",
            "Activate it",
            "If a file of yours is in the way, you are asked first.",
            vec![],
        ),
    ];
    plan
}

fn happens() -> Vec<(u64, What)> {
    let started = |step| What::Happens(Event::Started { step, command: None });
    let done = |step, seconds| {
        let outcome = event::Outcome::Done;
        What::Happens(Event::Ended { step, outcome, seconds, changes: Vec::new() })
    };
    let progress = |done, waiting| What::Happens(Event::Progress { step: "build", done, waiting });
    let checked = |what, words: &str| {
        let (verdict, words) = (Verdict::Holds, words.to_owned());
        What::Happens(Event::Checked(Checked { what, verdict, words, data: Default::default() }))
    };
    let zshrc = InTheWay {
        file: "/Users/raquel/.zshrc".into(),
        kept_as: Some("/Users/raquel/.zshrc.before-doorstep".into()),
    };
    let kept =
        Event::InTheWay { file: zshrc.file.clone(), kept_as: zshrc.kept_as.clone().unwrap() };
    let mut events: Vec<(u64, What)> =
        ["age-key", "sops-yaml", "secrets", "module", "configuration", "track"]
            .into_iter()
            .flat_map(|step| [(0, started(step)), (0, done(step, 0.01))])
            .collect();
    events.extend([
        (0, started("build")),
        (29, progress(12, 9)),
        (59, progress(41, 12)),
        // Heard at one minute; it ends before the next time.
        (61, progress(53, 0)),
        (89, done("build", 118.2)),
        (89, started("activate")),
        (89, What::IsInTheWay(vec![zshrc])),
        (90, What::Happens(kept)),
        (95, done("activate", 6.1)),
        (96, checked("generation", "Generation 1 of your home is active.")),
        (96, checked("home-files", "31 of 31 files lead into it.")),
        (96, checked("secrets", "Both secrets are on disk and readable.")),
    ]);
    events
}

fn last_words() -> Finish {
    let left = |who: &str, what, words: &str| Left {
        who: who.into(),
        what,
        words: words.into(),
        data: Default::default(),
    };
    Finish {
        left: vec![
            left("raquel", "new-terminal", "Open a new Terminal window."),
            left(
                "raquel",
                "second-copy",
                "Keep a second copy of the key. It is the file keys.txt in .config/sops/age in your home.",
            ),
            left(
                "raquel",
                "set-secret",
                "Set github-token. The command is: doorstep secrets set secrets/users/raquel.sops.yaml github-token",
            ),
            left("crs58", "review-and-commit", "Review and commit 4 files."),
        ],
        note: Some(Note { who: "crs58".into(), text: "Please review.".into() }),
        ..finish()
    }
}

/// Runs of blanks and line ends as one blank, as a reader of a screen hears them.
fn collapsed(text: &str) -> String {
    text.lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_journey_is_word_for_word_the_same() {
    let words: Vec<&'static str> =
        TRANSCRIPT.lines().filter_map(|line| line.strip_prefix('>')).map(str::trim).collect();
    let setting = Setting {
        doors: vec![Door::SetUp, Door::AddSomebody, Door::SomethingIsWrong, Door::Practice],
        plan,
        events: happens(),
        finish: last_words(),
        ..Setting::default()
    };
    let heard = converse(setting, &words);
    pretty(&collapsed(&heard.text), &collapsed(TRANSCRIPT));
    assert_eq!(heard.left_over, 0);
    assert!(!heard.text.contains('\u{1b}'));
    assert!(heard.text.chars().all(|c| c == '\n' || !c.is_control()));
}

#[track_caller]
fn pretty(heard: &str, expected: &str) {
    let difference = similar::TextDiff::from_lines(expected, heard);
    assert!(heard == expected, "{}", difference.unified_diff().context_radius(2));
}
