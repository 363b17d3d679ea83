//! A session on the stage as plain text, and the same session again from that text.
//!
//! A line is a moment in milliseconds and what came then: `1200 key <tab>`. No secret is in it:
//! what was typed where typing is hidden is stars, as many as there were characters, and a text
//! that held a private key is told as such, without any of it.

use std::time::Duration;

use ratatui::crossterm::event::{
    Event as Seen, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use serde_json::{Value, json};

use super::{Stage, named_key};
use crate::event::{Checked, Event, Outcome, Verdict};
use crate::front::tui::Msg;
use crate::front::tui::terminal::Signal;
use crate::front::tui::worker::Done;
use crate::front::{End, Finish, Left, Note};
use crate::key::private;
use crate::problem::Problem;
use crate::run::Stream;

/// Enough of a private key to be refused.
const REFUSED: &str = "AGE-SECRET-KEY-1";

/// What a paste that held one is recorded as.
const DROPPED: &str = "a private key";

const MICE: [(&str, MouseEventKind); 8] = [
    ("down", MouseEventKind::Down(MouseButton::Left)),
    ("right-down", MouseEventKind::Down(MouseButton::Right)),
    ("up", MouseEventKind::Up(MouseButton::Left)),
    ("drag", MouseEventKind::Drag(MouseButton::Left)),
    ("moved", MouseEventKind::Moved),
    ("wheel-down", MouseEventKind::ScrollDown),
    ("wheel-up", MouseEventKind::ScrollUp),
    ("wheel-left", MouseEventKind::ScrollLeft),
];

const KEYS: [(&str, KeyCode); 15] = [
    ("enter", KeyCode::Enter),
    ("tab", KeyCode::Tab),
    ("s-tab", KeyCode::BackTab),
    ("esc", KeyCode::Esc),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("bs", KeyCode::Backspace),
    ("del", KeyCode::Delete),
    ("f1", KeyCode::F(1)),
];

/// What came so far, a line each.
#[derive(Debug, Default)]
pub(crate) struct Recording(Vec<String>);

impl Recording {
    /// `hidden`: what is typed now is not shown either.
    pub(crate) fn add(&mut self, at: Duration, msg: &Msg, hidden: bool) {
        self.0.push(format!("{} {}", at.as_millis(), line(msg, hidden)));
    }

    pub(crate) fn text(&self) -> String {
        self.0.join("\n")
    }
}

impl Stage {
    /// From now on everything that comes is recorded.
    pub(crate) fn record(mut self) -> Self {
        self.recording = Some(Recording::default());
        self
    }

    /// The same session as the one that was recorded so.
    pub(crate) fn replay(mut self, recording: &str) -> Self {
        for line in recording.lines() {
            let (at, what) = line.split_once(' ').expect("a moment, then what came");
            self.now = Duration::from_millis(at.parse().expect("milliseconds"));
            // Clicks are about what was drawn.
            self.draw();
            let msg = read(what);
            if let Msg::Seen(Seen::Resize(width, height)) = msg {
                self.resize(width, height);
            } else {
                self.tell(msg);
            }
        }
        self
    }
}

/// Whether there is a line for it: the core's answers the stage gives by itself, always the same.
pub(crate) fn recorded(msg: &Msg) -> bool {
    match msg {
        Msg::Done(done) => matches!(done, Done::Finished(_)),
        Msg::Event(event) => !matches!(event, Event::Nix { .. }),
        Msg::Coming(..) | Msg::InTheWay(..) | Msg::HandOver(..) | Msg::TakenBack(..) => false,
        Msg::Beside(_) => false,
        _ => true,
    }
}

fn line(msg: &Msg, hidden: bool) -> String {
    match msg {
        Msg::Seen(Seen::Key(key)) => match key.code {
            KeyCode::Char(_) if hidden && key.modifiers.is_empty() => "key *".to_owned(),
            _ => format!("key {}", notation(*key)),
        },
        Msg::Seen(Seen::Paste(text)) if hidden => {
            let stars: String = text.chars().map(|c| if c == '\n' { c } else { '*' }).collect();
            format!("paste {}", json!(stars))
        }
        Msg::Seen(Seen::Paste(text)) if private::is_in(text) => format!("paste {}", json!(DROPPED)),
        Msg::Seen(Seen::Paste(text)) => format!("paste {}", json!(text)),
        Msg::Seen(Seen::Mouse(mouse)) => {
            let name = MICE.iter().find(|(_, kind)| *kind == mouse.kind).map(|(name, _)| *name);
            format!("mouse {} {} {}", name.unwrap_or("moved"), mouse.column, mouse.row)
        }
        Msg::Seen(Seen::Resize(width, height)) => format!("resize {width} {height}"),
        Msg::Seen(Seen::FocusLost) => "unseen".to_owned(),
        Msg::Signal(Signal::Continued) => "continued".to_owned(),
        Msg::Signal(Signal::End(number)) => format!("signal {number}"),
        Msg::Signal(Signal::Lost) => "lost".to_owned(),
        Msg::Event(event) => format!("event {}", event_line(event)),
        Msg::Done(Done::Finished(finish)) => format!("finished {}", finish_line(finish)),
        Msg::Seen(_) | Msg::Lines | Msg::Tick => "tick".to_owned(),
        msg => {
            panic!("this is not recorded: {msg:?}")
        }
    }
}

fn read(line: &str) -> Msg {
    let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
    let numbers = || rest.split(' ').filter_map(|n| n.parse::<u16>().ok()).collect::<Vec<_>>();
    match kind {
        "key" => Msg::Seen(Seen::Key(key(rest))),
        "paste" => {
            let text: String = serde_json::from_str(rest).expect("a string");
            Msg::Seen(Seen::Paste(if text == DROPPED { REFUSED.to_owned() } else { text }))
        }
        "mouse" => {
            let name = rest.split(' ').next();
            let kind = MICE.iter().find(|(known, _)| name == Some(known)).expect("a mouse").1;
            let (column, row) = (numbers()[0], numbers()[1]);
            let modifiers = KeyModifiers::NONE;
            Msg::Seen(Seen::Mouse(MouseEvent { kind, column, row, modifiers }))
        }
        "resize" => Msg::Seen(Seen::Resize(numbers()[0], numbers()[1])),
        "unseen" => Msg::Seen(Seen::FocusLost),
        "continued" => Msg::Signal(Signal::Continued),
        "signal" => Msg::Signal(Signal::End(numbers()[0].into())),
        "lost" => Msg::Signal(Signal::Lost),
        "event" => Msg::Event(read_event(&value(rest))),
        "finished" => Msg::Done(Done::Finished(Box::new(read_finish(&value(rest))))),
        "tick" => Msg::Tick,
        _ => panic!("no such line: {line}"),
    }
}

/// A key as [`super::parse`] reads it; `<lt>` is the character that names begin with.
pub(crate) fn notation(key: KeyEvent) -> String {
    match key.code {
        KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::CONTROL) => format!("<c-{c}>"),
        KeyCode::Char(c) => c.to_string(),
        code => match KEYS.iter().find(|(_, known)| *known == code) {
            Some((name, _)) => format!("<{name}>"),
            None => panic!("no notation for {key:?}"),
        },
    }
}

fn key(notation: &str) -> KeyEvent {
    let name = notation.strip_prefix('<').and_then(|name| name.strip_suffix('>'));
    let known = name.and_then(|name| {
        let code = KEYS.iter().find(|(known, _)| *known == name).map(|(_, code)| *code);
        code.map(|code| KeyEvent::new(code, KeyModifiers::NONE)).or_else(|| named_key(name))
    });
    known.unwrap_or_else(|| {
        let c = notation.chars().next().expect("a character");
        KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)
    })
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn event_line(event: &Event) -> String {
    let value = match event {
        Event::Started { step, command } => json!(["started", step, command]),
        Event::Line { step, stream, text } => {
            json!(["line", step, *stream == Stream::Err, text])
        }
        Event::Progress { step, done, waiting } => json!(["progress", step, done, waiting]),
        Event::Ended { step, outcome, seconds, .. } => {
            let why = match outcome {
                Outcome::Failed { why } => why.what.clone(),
                Outcome::NotRun { because } => because.clone(),
                _ => String::new(),
            };
            json!(["ended", step, outcome.word(), why, seconds])
        }
        Event::InTheWay { file, kept_as } => json!(["kept", file, kept_as]),
        Event::Checked(checked) => {
            let verdict = match checked.verdict {
                Verdict::Holds => true.into(),
                Verdict::DoesNotHold => false.into(),
                Verdict::NotChecked => Value::Null,
            };
            json!(["checked", checked.what, verdict, checked.words])
        }
        Event::Said(words) => json!(["said", words]),
        Event::Nix { .. } => panic!("Nix's own records are not recorded"),
    };
    value.to_string()
}

/// Ids live as long as the program; a test's may stay for ever.
fn id(value: &Value) -> &'static str {
    text(value).leak()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn count(value: &Value) -> usize {
    value.as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or_default()
}

fn read_event(event: &Value) -> Event {
    match event[0].as_str().unwrap_or_default() {
        "started" => {
            Event::Started { step: id(&event[1]), command: event[2].as_str().map(str::to_owned) }
        }
        "line" => Event::Line {
            step: id(&event[1]),
            stream: if event[2] == true { Stream::Err } else { Stream::Out },
            text: text(&event[3]),
        },
        "progress" => Event::Progress {
            step: id(&event[1]),
            done: count(&event[2]),
            waiting: count(&event[3]),
        },
        "ended" => Event::Ended {
            step: id(&event[1]),
            outcome: match event[2].as_str().unwrap_or_default() {
                "done" => Outcome::Done,
                "already_so" => Outcome::AlreadySo,
                "failed" => Outcome::Failed { why: Problem::tool(text(&event[3])) },
                "not_run" => Outcome::NotRun { because: text(&event[3]) },
                _ => Outcome::Stopped,
            },
            seconds: event[4].as_f64().unwrap_or_default(),
            changes: Vec::new(),
        },
        "kept" => Event::InTheWay { file: text(&event[1]).into(), kept_as: text(&event[2]).into() },
        "checked" => Event::Checked(Checked {
            what: id(&event[1]),
            verdict: match event[2].as_bool() {
                Some(true) => Verdict::Holds,
                Some(false) => Verdict::DoesNotHold,
                None => Verdict::NotChecked,
            },
            words: text(&event[3]),
            data: serde_json::Map::new(),
        }),
        "said" => Event::Said(text(&event[1])),
        _ => panic!("no such event: {event}"),
    }
}

fn finish_line(finish: &Finish) -> String {
    let left: Vec<_> = finish.left.iter().map(|l| json!([l.who, l.what, l.words])).collect();
    let note = finish.note.as_ref().map(|note| json!([note.who, note.text]));
    let problem = finish.problem.as_ref().map(|problem| problem.what.clone());
    json!([finish.end.word(), finish.heading, finish.receipt, left, note, problem]).to_string()
}

fn read_finish(finish: &Value) -> Finish {
    let ends = [End::Done, End::AlreadySo, End::Failed, End::Stopped, End::NotReadable];
    let left = finish[3].as_array().into_iter().flatten().map(|left| Left {
        who: text(&left[0]),
        what: id(&left[1]),
        words: text(&left[2]),
        data: serde_json::Map::new(),
    });
    Finish {
        end: ends.into_iter().find(|end| finish[0] == end.word()).expect("an end"),
        heading: text(&finish[1]),
        receipt: finish[2].as_str().map(Into::into),
        left: left.collect(),
        note: finish[4]
            .is_array()
            .then(|| Note { who: text(&finish[4][0]), text: text(&finish[4][1]) }),
        problem: finish[5].as_str().map(Problem::tool),
        back: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::tui::screen::{Focus, Place};

    const CANARY: &str = "canary-ghp-2718281828";
    const CANARY_KEY: &str =
        "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQCANARY";

    fn run(stage: &mut Stage) {
        let ids: Vec<&'static str> = stage.plan.steps.iter().map(|step| step.id).collect();
        for step in ids {
            let command = (step == "build").then(|| "nix build .#x".to_owned());
            stage.tell(Msg::Event(Event::Started { step, command }));
            if step == "build" {
                for n in 0..40 {
                    let line = format!("building '/nix/store/{n}-hello.drv'...");
                    let stream = Stream::Err;
                    stage.tell(Msg::Event(Event::Line { step, stream, text: line }));
                }
                stage.later(3);
                stage.press("<right>/12<enter><esc>");
            }
            let (outcome, seconds) = (Outcome::Done, 1.5);
            let changes = Vec::new();
            stage.tell(Msg::Event(Event::Ended { step, outcome, seconds, changes }));
        }
        stage.tell(Msg::Event(Event::Checked(Checked {
            what: "generation",
            verdict: Verdict::Holds,
            words: "Generation 1 of your home is active.".into(),
            data: serde_json::Map::new(),
        })));
        let left = Left {
            who: "raquel".into(),
            what: "second-copy",
            words: "Keep a second copy of the key.".into(),
            data: serde_json::Map::new(),
        };
        stage.tell(Msg::Done(Done::Finished(Box::new(Finish {
            end: End::Done,
            heading: "Your home is set up and active.".into(),
            receipt: Some("/Users/raquel/.local/state/doorstep/x.receipt".into()),
            left: vec![left],
            note: None,
            problem: None,
            back: None,
        }))));
    }

    /// Through every screen, with a click, a paste, another size and a secret.
    fn journey() -> Stage {
        let mut stage = Stage::raquel().record();
        stage.press("<enter>raquel.example.com");
        stage.press("<c-u>");
        stage.paste(CANARY_KEY);
        stage.later(1);
        stage.paste("raquel@example.com");
        stage.press("<enter><enter>");
        assert_eq!(stage.app.at(), Place::Where);
        stage.press("<enter>?<esc>");
        stage.press("<up><home><space><tab><tab>");
        stage.resize(120, 40);
        stage.press("<enter>");
        assert_eq!(stage.app.at(), Place::Keys, "{}", stage.screen());
        stage.press("<space><enter>");
        assert_eq!(stage.app.at(), Place::Secrets);
        // A value for the second secret, typed and pasted, hidden.
        stage.press("<tab><down><tab><up><up><up><enter>");
        assert!(stage.app.screen().hides(&stage.app.cx()), "{}", stage.screen());
        stage.press(CANARY);
        stage.paste(CANARY_KEY);
        stage.press("<enter>");
        stage.resize(80, 24);
        while stage.app.screen().focus() != Focus::Button(0) {
            stage.press("<tab>");
        }
        stage.press("<enter>");
        assert_eq!(stage.app.at(), Place::Review, "{}", stage.screen());
        stage.press("<down><down><right>a");
        assert_eq!(stage.app.at(), Place::Apply);
        run(&mut stage);
        stage.press("<down>");
        stage
    }

    #[test]
    fn a_whole_journey_comes_to_the_same_screen_again() {
        let mut stage = journey();
        let recording = stage.recording.take().unwrap().text();
        let mut again = Stage::raquel().replay(&recording);
        assert_eq!(stage.screen(), again.screen());
        assert_eq!(stage.app.at(), Place::Finished);
        assert_eq!(stage.jobs.len(), again.jobs.len());
        assert!(recording.lines().count() > 100);
    }

    #[test]
    fn no_secret_is_in_a_recording() {
        let stage = journey();
        let recording = stage.recording.unwrap().text();
        let at = |text: &str| recording.find(text).map(|at| &recording[..at]);
        assert_eq!(at("canary"), None);
        assert_eq!(at("CANARY"), None);
        assert_eq!(at(REFUSED), None);
        let stars = recording.lines().filter(|line| line.ends_with("key *")).count();
        assert_eq!(stars, CANARY.len());
        // Nor letter by letter.
        let typed: String = recording
            .lines()
            .filter_map(|line| line.split_once(" key "))
            .map(|(_, key)| key)
            .collect();
        assert!(!typed.contains(&CANARY[..6]), "{typed}");
    }

    #[test]
    fn every_key_comes_back_as_it_was() {
        let keys = super::super::parse("a李<lt<enter><c-u><tab>é<pgdn><bs>");
        for one in keys {
            assert_eq!(key(&notation(one)), one);
        }
    }
}
