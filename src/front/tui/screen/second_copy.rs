//! Second copy: the key file copied to a folder, the private half shown for a while, a copy
//! checked. The private half is drawn here and nowhere else: only when it was asked for twice, for
//! thirty seconds at most; it never goes to the clipboard.

use std::time::Duration;

use zeroize::Zeroizing;

use crate::answers::{Hidden, KeyChoice};
use crate::front::tui::field::Field;
use crate::front::tui::frame::Size;
use crate::front::tui::key::{Key, Press};
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::screen::{Button, Cx, Effect, Focus, Help, Input, Notice, Screen};
use crate::front::tui::text::fitting;
use crate::front::tui::theme::Role;
use crate::front::tui::worker::Job;
use crate::key::copy::{Copied, Likeness};
use crate::question;

/// How long the private half is shown.
const SHOWN: Duration = Duration::from_secs(30);

/// What is being done here.
#[derive(Debug, Clone, Default)]
pub(crate) struct SecondCopy {
    focus: Option<Focus>,
    doing: Doing,
    /// What came of the last thing.
    told: Option<Notice>,
}

#[derive(Debug, Clone, Default)]
enum Doing {
    #[default]
    Nothing,
    /// Typing the folder.
    Folder(Field),
    Copying,
    /// Being asked a second time.
    Asking,
    /// Waiting for the private half.
    Fetching,
    Showing(Shown),
    /// Pasting a copy, hidden.
    Checking(Field),
}

/// The private half, while it is on the screen.
#[derive(Debug, Clone)]
struct Shown {
    text: Hidden,
    until: Duration,
    /// When the seconds are counted next.
    next: Duration,
}

/// Nothing happens, and Esc does not go back either.
fn stay(focus: Focus) -> Vec<Effect> {
    vec![Effect::Focus(focus)]
}

impl SecondCopy {
    fn begin(&mut self, doing: Doing) -> Vec<Effect> {
        self.told = None;
        self.focus = match doing {
            Doing::Folder(_) | Doing::Checking(_) => Some(Focus::Part(0)),
            _ => None,
        };
        self.doing = doing;
        Vec::new()
    }

    /// Back to the choice, with what came of it. What was private is wiped here.
    fn end(&mut self, told: Option<Notice>) -> Vec<Effect> {
        self.doing = Doing::Nothing;
        self.focus = None;
        self.told = told;
        Vec::new()
    }

    fn field(&mut self) -> Option<&mut Field> {
        match &mut self.doing {
            Doing::Folder(field) | Doing::Checking(field) => Some(field),
            _ => None,
        }
    }

    /// Gives what was typed to the core.
    fn hand_over(&mut self, cx: &Cx) -> Vec<Effect> {
        let Some(choice) = chosen(cx) else { return Vec::new() };
        let job = match &mut self.doing {
            Doing::Folder(field) if field.text().trim().is_empty() => return Vec::new(),
            Doing::Checking(field) if field.text().trim().is_empty() => return Vec::new(),
            Doing::Folder(field) => Job::CopyKey(choice, field.text().trim().to_owned()),
            Doing::Checking(field) => Job::CheckCopy(choice, Hidden(field.take())),
            _ => return Vec::new(),
        };
        if matches!(job, Job::CopyKey(..)) {
            self.doing = Doing::Copying;
        }
        vec![Effect::Do(job)]
    }

    fn pressed(&mut self, cx: &Cx, id: &str) -> Vec<Effect> {
        match id {
            "folder" => self.begin(Doing::Folder(Field::default())),
            "show" => self.begin(Doing::Asking),
            "check" => self.begin(Doing::Checking(Field::hidden_text())),
            "yes" => match chosen(cx) {
                Some(choice) => {
                    self.doing = Doing::Fetching;
                    vec![Effect::Do(Job::ShowKey(choice))]
                }
                None => self.end(None),
            },
            "do" => self.hand_over(cx),
            "back" => vec![Effect::Back],
            _ => self.end(None),
        }
    }

    fn tick(&mut self, now: Duration) -> Vec<Effect> {
        match &mut self.doing {
            Doing::Showing(shown) if now < shown.until => {
                shown.next = (now + Duration::from_secs(1)).min(shown.until);
                Vec::new()
            }
            Doing::Showing(_) => self.hide(),
            _ => Vec::new(),
        }
    }

    fn hide(&mut self) -> Vec<Effect> {
        self.end(Some(Notice::plain("It is hidden again.")))
    }
}

/// The key that is meant.
fn chosen(cx: &Cx) -> Option<KeyChoice> {
    cx.interview?.answers.key.clone()
}

fn copied(cx: &Cx, copied: &Copied) -> Notice {
    let place = cx.host.short(&copied.path);
    let done = if copied.already { "It is there already" } else { "Copied" };
    match copied.private {
        true => Notice::good(format!("{done}, read back and the same: {place}")),
        false => Notice::left(format!("{done}; whoever has that disk can read it: {place}")),
    }
}

fn compared(likeness: &Likeness) -> Notice {
    match likeness {
        Likeness::Same => Notice::good("That is a good copy"),
        Likeness::Other => Notice::bad("That is another key"),
        Likeness::Public => Notice::bad("That is the public half of a key; it opens nothing."),
        Likeness::Damaged(why) => Notice::bad(format!("That is no key: {}", why.replace('`', ""))),
    }
}

impl Screen for SecondCopy {
    fn heading(&self, _cx: &Cx) -> String {
        match self.doing {
            Doing::Asking => "Show the private half of your key?",
            Doing::Showing(_) => "The private half of your key",
            _ => "A second copy of your key",
        }
        .to_owned()
    }

    fn parts(&self, _cx: &Cx) -> usize {
        usize::from(matches!(self.doing, Doing::Folder(_) | Doing::Checking(_)))
    }

    fn buttons(&self, cx: &Cx) -> Vec<Button> {
        let small = cx.size == Size::Small;
        match &self.doing {
            Doing::Nothing if small => vec![
                Button::new("folder", "Copy it"),
                Button::new("show", "Show it"),
                Button::new("check", "Check a copy"),
                Button::new("back", "Back"),
            ],
            Doing::Nothing => vec![
                Button::new("folder", "Copy the file to a folder"),
                Button::new("show", "Show it to me"),
                Button::new("check", "Check my copy"),
            ],
            Doing::Folder(field) => {
                let empty = field.text().trim().is_empty().then_some("First: the folder");
                vec![
                    Button::new("do", "Copy the file").off(empty),
                    Button::new("cancel", "Do not copy"),
                ]
            }
            Doing::Asking => vec![
                Button::new("cancel", "Keep it hidden"),
                Button::new("yes", "Show it for 30 seconds"),
            ],
            Doing::Checking(field) => {
                let empty = field.text().is_empty().then_some("First: paste the copy");
                vec![
                    Button::new("do", "Check it").off(empty),
                    Button::new("cancel", "Do not check"),
                ]
            }
            Doing::Copying | Doing::Fetching => vec![Button::new("cancel", "Go on without")],
            Doing::Showing(_) => vec![Button::new("cancel", "Hide it")],
        }
    }

    fn keys(&self, _cx: &Cx) -> Vec<Key> {
        if matches!(self.doing, Doing::Showing(_)) {
            return vec![Key::new("any key", "hides it", "hide it")];
        }
        let mut keys = match self.focus() {
            Focus::Part(_) => vec![Key::new("Enter", "do it", "do it")],
            Focus::Button(_) => vec![
                Key::new("Enter", "press", "press the button"),
                Key::new("arrows", "move", "move among the buttons"),
            ],
        };
        keys.push(Key::new("Tab", "next", "to the next part or button"));
        keys.push(Key::new("Esc", "back", "one step back"));
        keys.push(Key::quiet("c", "copy").off(Some("A private key is never copied.")));
        keys
    }

    fn notice(&self, _cx: &Cx) -> Option<Notice> {
        match &self.doing {
            Doing::Copying => Some(Notice::plain("Copying and reading back.")),
            _ => self.told.clone(),
        }
    }

    fn help(&self, _cx: &Cx) -> Help {
        Help {
            title: "A second copy".into(),
            what: "The private half of your key opens your secrets. It is in one file on this \
                   machine. A second copy is the same file, or its one line with the key, kept \
                   where the loss of this machine does not reach it: on a stick in a drawer, on \
                   paper, in a password store."
                .into(),
            why: "Nobody can make this key a second time.".into(),
            by_hand: Vec::new(),
        }
    }

    fn focus(&self) -> Focus {
        self.focus.unwrap_or(Focus::Button(0))
    }

    fn set_focus(&mut self, _cx: &Cx, focus: Focus) {
        self.focus = Some(focus);
    }

    fn typing(&self, cx: &Cx) -> bool {
        self.parts(cx) == 1 && self.focus().is_part(0)
    }

    fn hides(&self, _cx: &Cx) -> bool {
        matches!(self.doing, Doing::Checking(_))
    }

    fn reveals(&self) -> bool {
        matches!(self.doing, Doing::Showing(_))
    }

    fn wake(&self, _cx: &Cx) -> Option<Duration> {
        match &self.doing {
            Doing::Showing(shown) => Some(shown.next),
            _ => None,
        }
    }

    fn arrive(&mut self, _cx: &Cx) {
        self.end(None);
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        match input {
            Input::Unseen if self.reveals() => self.hide(),
            // Not shown to whoever comes along meanwhile.
            Input::Unseen if matches!(self.doing, Doing::Fetching) => self.hide(),
            Input::Tick => self.tick(cx.now),
            Input::Private(Ok(text)) if matches!(self.doing, Doing::Fetching) => {
                let (until, next) = (cx.now + SHOWN, cx.now + Duration::from_secs(1));
                self.begin(Doing::Showing(Shown { text, until, next }))
            }
            Input::Private(Err(problem)) | Input::Copied(Err(problem)) => {
                self.end(Some(Notice::problem(&problem)))
            }
            Input::Copied(Ok(done)) => {
                let told = copied(cx, &done);
                self.end(Some(told))
            }
            Input::Compared(Ok(likeness)) => self.end(Some(compared(&likeness))),
            Input::Compared(Err(problem)) => self.end(Some(Notice::problem(&problem))),
            Input::Pressed(id) => self.pressed(cx, id),
            Input::Key(Press::Esc, _) => match self.doing {
                Doing::Nothing => Vec::new(),
                _ => {
                    self.end(None);
                    stay(Focus::Button(0))
                }
            },
            Input::Key(Press::Enter, _) => self.hand_over(cx),
            Input::Key(Press::Down, _) => {
                self.focus = Some(Focus::Button(0));
                Vec::new()
            }
            Input::Key(_, key) => {
                if let Some(field) = self.field() {
                    field.key(key);
                }
                Vec::new()
            }
            Input::Paste(text) => {
                let text = Zeroizing::new(text);
                match self.field().map(|field| field.paste(&text)) {
                    Some(Err(why)) => vec![Effect::Say(Notice::plain(why))],
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        }
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        let room = paint.width().saturating_sub(3);
        match &self.doing {
            Doing::Folder(field) => {
                let words = "Where to? A folder that is there, such as one on a USB stick. The \
                             copy is read back and compared.";
                let y = paint.prose(2, 1, room, Role::Text, words) + 1;
                self.typed(field, "Folder", paint, y);
            }
            Doing::Checking(field) => {
                let words = "Paste the copy: the file's text, or its one line that starts with \
                             AGE-SECRET-KEY-1. It is hidden as you paste, and not kept.";
                let y = paint.prose(2, 1, room, Role::Text, words) + 1;
                self.typed(field, "Copy", paint, y);
            }
            Doing::Asking => {
                let words = "Anybody who sees this screen can then read your secrets. Show it \
                             for 30 seconds?";
                paint.prose(2, 1, room, Role::Text, words);
            }
            Doing::Showing(shown) => show(cx, shown, paint),
            Doing::Nothing | Doing::Copying | Doing::Fetching => choices(cx, paint),
        }
    }
}

impl SecondCopy {
    fn typed(&self, field: &Field, label: &str, paint: &mut Paint, y: u16) {
        let focused = self.focus().is_part(0);
        if focused {
            paint.text(2, y, Role::Text, "▸");
        }
        paint.text(4, y, Role::Text, label);
        let room = paint.width().saturating_sub(14);
        field.view(paint, 13, y, room, focused);
        paint.hit(0, y, paint.width(), 1, Target::Row(0, 0));
    }
}

/// What can be done, and where the key is.
fn choices(cx: &Cx, paint: &mut Paint) {
    let columns = paint.width();
    let room = columns.saturating_sub(3);
    let mut y = 1;
    if let Some(place) = place(cx) {
        paint.text(2, y, Role::Text, "The key is in");
        paint.path(16, y, columns.saturating_sub(17), Role::Accent, &place);
        y += 1;
    }
    let words = "If it is lost, nobody can make it again. Keep a copy where whatever happens to \
                 this machine does not happen to the copy.";
    y = paint.prose(2, y, room, Role::Text, words) + 1;
    let dense = paint.height() < 14;
    for (what, how) in [
        ("Copy the file to a folder", "Such as one on a USB stick. It is read back and compared."),
        ("Show it to me", "To write it down, or for a password store. For 30 seconds."),
        ("Check my copy", "Paste it, hidden: is it this key, whole and without a slip?"),
    ] {
        paint.text(4, y, Role::Text, what);
        match dense {
            true => y += 1,
            false => {
                paint.cut(6, y + 1, columns.saturating_sub(7), Role::Muted, how);
                y += 3;
            }
        }
    }
}

/// The file that holds the key, for people.
fn place(cx: &Cx) -> Option<String> {
    let (scene, interview) = cx.asked()?;
    let context = interview.context(&scene);
    match interview.answers.key.as_ref()? {
        KeyChoice::Found => {
            let key = question::keys_here(&context).into_iter().find(|key| key.is_meant)?;
            Some(format!("{}, line {}", key.place, key.line))
        }
        KeyChoice::Public(_) | KeyChoice::File(_) => None,
        _ => context.found.key_places.iter().find(|p| p.is_target).map(|p| p.place.clone()),
    }
}

/// The private half, in as few rows as it fits.
fn show(cx: &Cx, shown: &Shown, paint: &mut Paint) {
    let room = usize::from(paint.width().saturating_sub(4));
    let mut rest: &str = shown.text.0.as_str();
    let mut y = 2;
    while !rest.is_empty() {
        let line = if rest.len() <= room { rest } else { fitting(rest, room.min(37)) };
        if line.is_empty() {
            break;
        }
        paint.text(3, y, Role::Heading, line);
        rest = &rest[line.len()..];
        y += 1;
    }
    let left = shown.until.saturating_sub(cx.now).as_secs_f32().ceil();
    let words = format!(
        "Hidden again in {left} s, on any key, and when this window is left. It is not copied \
         anywhere: write it down, or type it into a password store."
    );
    paint.prose(2, y + 1, paint.width().saturating_sub(3), Role::Text, &words);
}

#[cfg(test)]
mod tests;
