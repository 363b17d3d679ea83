//! Explain a log: a place to paste one, and then what it shows, in the order in which somebody needs
//! it: the lines, the cause, what was looked at on this machine, the one next action.
//!
//! What is pasted may hold secrets: it goes to the worker as it came, and only what comes back,
//! without them, is kept and shown.

mod page;
mod paste;

use zeroize::Zeroizing;

use crate::answers::Hidden;
use crate::explain::{Cause, Contents};
use crate::front::tui::field;
use crate::front::tui::key::{Key, Press};
use crate::front::tui::log::{Input as PaneInput, Pane};
use crate::front::tui::looking::State;
use crate::front::tui::output;
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::pane::Scroll;
use crate::front::tui::screen::{
    Button, Cx, Effect, Focus, Help, Input, Notice, Place, Screen, tabs,
};
use crate::look::{Explained, Source};

use page::Layout;
use paste::Paste;

pub(super) use page::checked;

/// The page has the focus, or a button.
#[derive(Debug, Default)]
pub(crate) struct Explain {
    button: Option<usize>,
    /// What is written line by line, where the terminal cannot paste.
    writing: Option<Paste>,
    scroll: Scroll,
    /// The whole log, while it is open.
    log: Option<Pane>,
}

/// What is known of the log, once it was read.
fn explained<'a>(cx: &Cx<'a>) -> Option<&'a Explained> {
    cx.looking.log.explained().map(|explained| &**explained)
}

fn cause<'a>(cx: &Cx<'a>) -> Option<&'a Cause> {
    explained(cx)?.explanation.causes.first()
}

/// What `c` copies: the command, or what is to be handed on, or what to do.
fn copied(cx: &Cx) -> Option<Effect> {
    let cause = cause(cx)?;
    let text = cause.run.as_ref().or(cause.admin.as_ref()).unwrap_or(&cause.next);
    Some(Effect::Copy(format!("{text}\n")))
}

fn log_size(cx: &Cx) -> ratatui::layout::Size {
    let body = cx.body();
    ratatui::layout::Size::new(body.width, body.height.saturating_sub(1))
}

impl Explain {
    /// The log, as text that may hold secrets.
    fn given(&mut self, text: Zeroizing<String>) -> Vec<Effect> {
        if text.len() > paste::MOST {
            let words = format!(
                "That is {}; 16 MB can be pasted. Nothing was taken. Save it and start with: \
                 doorstep explain FILE",
                field::size(text.len())
            );
            return vec![Effect::Say(Notice::plain(words))];
        }
        *self = Self::default();
        // Terminals send the line ends of a paste as carriage returns.
        let lines = field::with_line_ends(&text);
        vec![Effect::Explain(Source::Text(Hidden(lines)))]
    }

    fn is_empty(cx: &Cx) -> bool {
        matches!(cx.looking.log.state, State::Nothing)
    }

    fn key(
        &mut self,
        cx: &Cx,
        press: Press,
        key: ratatui::crossterm::event::KeyEvent,
    ) -> Vec<Effect> {
        if let Some(writing) = &mut self.writing {
            return match press {
                Press::Esc => {
                    self.writing = None;
                    vec![Effect::Focus(self.focus())]
                }
                _ => writing.key(press, key).into_iter().collect(),
            };
        }
        if let Some(pane) = &mut self.log {
            let used = output::key(pane, press, key, &cx.looking.log.lines(), log_size(cx));
            match press {
                Press::Esc | Press::Enter if !used => self.log = None,
                _ if used => {}
                Press::Letter(letter) => return self.letter(cx, letter),
                _ => {}
            }
            return vec![Effect::Focus(self.focus())];
        }
        match press {
            Press::Esc => return Vec::new(),
            Press::Enter if Self::is_empty(cx) => self.writing = Some(Paste::default()),
            Press::Enter => self.open(cx),
            Press::Letter('/') => {
                self.open(cx);
                if let Some(pane) = &mut self.log {
                    pane.handle(PaneInput::Search, &cx.looking.log.lines(), log_size(cx));
                }
            }
            Press::Letter(letter) => return self.letter(cx, letter),
            press => {
                let count = page::sheet(cx).len();
                let room =
                    usize::from(Layout::of(tabs::page(cx).height).rest(tabs::page(cx).height));
                self.scroll.key(press, count, room);
            }
        }
        Vec::new()
    }

    fn letter(&mut self, cx: &Cx, letter: char) -> Vec<Effect> {
        match letter {
            'c' => copied(cx).into_iter().collect(),
            's' => self.save(cx).into_iter().collect(),
            'q' => vec![Effect::Leave],
            letter => tabs::letter(letter).unwrap_or_default(),
        }
    }

    /// Opens all of the log that is kept, with the line that shows the cause marked.
    fn open(&mut self, cx: &Cx) {
        let lines = cx.looking.log.lines();
        if lines.is_empty() {
            return;
        }
        self.button = None;
        self.log = Some(match page::marked(cx) {
            Some(line) => Pane::marked(line, &lines),
            None => Pane::default(),
        });
    }

    fn save(&self, cx: &Cx) -> Option<Effect> {
        explained(cx)?;
        let mut text: String =
            page::sheet(cx).texts().map(|line| format!("{}\n", line.trim_end())).collect();
        text.push_str("\nThe log\n");
        for line in cx.looking.log.lines().saved(std::borrow::Cow::Borrowed) {
            text.push_str(&line);
            text.push('\n');
        }
        Some(Effect::Save { name: "explained-log.txt".to_owned(), text })
    }
}

impl Screen for Explain {
    fn heading(&self, cx: &Cx) -> String {
        match &cx.looking.log.state {
            _ if self.log.is_some() => "The log".to_owned(),
            State::Nothing if self.writing.is_some() => {
                "Type or paste the log, then press Tab and Enter".to_owned()
            }
            State::Nothing => "Paste a log here, or start with: doorstep explain FILE".to_owned(),
            State::Reads(..) => page::reading(cx),
            State::Read(explained) => match explained.contents {
                Contents::Empty => "Nothing in it.".to_owned(),
                Contents::Binary => {
                    "This is no log: it holds something other than text.".to_owned()
                }
                // The log's own lines stand in its place.
                Contents::Text => String::new(),
            },
            State::Failed(problem) => {
                crate::front::tui::screen::sentence(&problem.what.replace('`', ""))
            }
        }
    }

    fn aside(&self, cx: &Cx) -> String {
        let pane = self.log.as_ref();
        pane.map(|_| cx.looking.log.lines().tally()).unwrap_or_default()
    }

    fn counted(&self, cx: &Cx) -> String {
        let log = &cx.looking.log;
        match log.explained() {
            Some(explained) => format!("{}, {}", log.from, page::lines(explained.lines)),
            None => String::new(),
        }
    }

    fn parts(&self, _cx: &Cx) -> usize {
        1
    }

    fn buttons(&self, cx: &Cx) -> Vec<Button> {
        if let Some(writing) = &self.writing {
            let nothing = writing.is_empty().then_some("Nothing was typed yet.");
            return vec![
                Button::new("explain", "Explain this log").off(nothing),
                Button::new("findings", "Back to the findings"),
            ];
        }
        match &cx.looking.log.state {
            State::Nothing => vec![Button::new("findings", "Back to the findings")],
            State::Reads(..) => vec![Button::new("another", "Stop reading")],
            State::Read(_) | State::Failed(_) => {
                let copy = cause(cx).map(|cause| Button::new("copy", page::copy_label(cx, cause)));
                copy.into_iter().chain([Button::new("another", "Paste another log")]).collect()
            }
        }
    }

    fn keys(&self, cx: &Cx) -> Vec<Key> {
        if self.writing.is_some() {
            return vec![
                Key::new("Tab", "to the button", "to the button that explains it"),
                Key::new("Esc", "drop it", "forget what was typed"),
            ];
        }
        let is_empty = Self::is_empty(cx);
        let nothing =
            cause(cx).is_none().then_some("No cause is known, so there is nothing to copy.");
        let no_log = cx.looking.log.lines().is_empty().then_some("There is no log yet.");
        let closed = self.log.is_none().then_some("First open the log: Enter on the page.");
        let enter = match is_empty {
            true => Key::new("Enter", "type it", "type or paste line by line"),
            false => Key::new("Enter", "whole log", "the whole log, with the line marked"),
        };
        let [_, next, previous, _, wrap] = output::keys();
        let mut keys = vec![
            Key::new("c", "copy", "copy the command, or what to do").off(no_log.or(nothing)),
            enter,
            Key::new("/", "search", "search the log").off(no_log),
            Key::new("s", "report", "save this with the log as a file").off(no_log),
            Key::new("Esc", "back", "close the log, else back"),
            next.off(closed),
            previous.off(closed),
            Key { short: "", ..wrap }.off(closed),
            Key::quiet("q", "leave doorstep"),
        ];
        if is_empty {
            // What acts on a log is listed, and comes into the footer with one.
            for key in keys.iter_mut().filter(|key| key.off.is_some()) {
                key.short = "";
            }
        }
        keys.extend(tabs::keys());
        keys
    }

    fn notice(&self, cx: &Cx) -> Option<Notice> {
        if let Some(pane) = &self.log {
            return pane.notice().map(Notice::plain);
        }
        let hidden = explained(cx)?.private_keys;
        (hidden > 0).then(|| {
            Notice::left(
                "A private key was in this log; it is hidden here. If others saw the log, make a \
                 new key.",
            )
        })
    }

    fn help(&self, cx: &Cx) -> Help {
        let by_hand = cause(cx).map(|cause| cause.look.clone()).unwrap_or_default();
        Help {
            title: "Explain a log".to_owned(),
            what: "Paste everything that was printed, from the command to its error. doorstep \
                   names the cause, the line that shows it, and how sure that is; it says so when \
                   it does not know."
                .to_owned(),
            why: "Several causes share one text: what tells them apart is looked at on this \
                  machine. Nothing is sent anywhere, and private keys in the log are hidden at \
                  once."
                .to_owned(),
            by_hand,
        }
    }

    fn focus(&self) -> Focus {
        Focus::at(self.button)
    }

    fn set_focus(&mut self, _cx: &Cx, focus: Focus) {
        self.button = focus.button();
    }

    fn typing(&self, _cx: &Cx) -> bool {
        let writes = self.writing.is_some() && self.button.is_none();
        writes || self.log.as_ref().is_some_and(Pane::is_typing)
    }

    /// A log may hold anything, and is shown without what nobody may see.
    fn hides(&self, _cx: &Cx) -> bool {
        self.writing.is_some()
    }

    fn takes_logs(&self, _cx: &Cx) -> bool {
        !self.log.as_ref().is_some_and(Pane::is_typing)
    }

    /// When reading has taken long enough to be told.
    fn wake(&self, cx: &Cx) -> Option<std::time::Duration> {
        match cx.looking.log.state {
            State::Reads(_, since) => {
                Some(since + crate::front::tui::screen::SLOW).filter(|at| *at > cx.now)
            }
            _ => None,
        }
    }

    fn arrive(&mut self, _cx: &Cx) {
        self.log = None;
        self.button = None;
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        match input {
            Input::Pressed("explain") => match self.writing.take() {
                Some(writing) => self.given(writing.into_text()),
                None => Vec::new(),
            },
            Input::Pressed("findings") => vec![Effect::Turn(Place::Findings)],
            Input::Pressed("copy") => copied(cx).into_iter().collect(),
            Input::Pressed(_) => {
                *self = Self::default();
                vec![Effect::AnotherLog]
            }
            Input::Key(press, key) => self.key(cx, press, key),
            Input::Paste(text) => {
                let text = Zeroizing::new(text);
                match (&mut self.log, &mut self.writing) {
                    (Some(pane), _) if pane.is_typing() => {
                        pane.handle(PaneInput::Paste(&text), &cx.looking.log.lines(), log_size(cx));
                        Vec::new()
                    }
                    (_, Some(writing)) if !writing.is_empty() => {
                        writing.paste(&text).map(Effect::Say).into_iter().collect()
                    }
                    _ => self.given(text),
                }
            }
            Input::Looked => {
                (self.scroll, self.log) = (Scroll::default(), None);
                Vec::new()
            }
            Input::Click { target: Target::Row(..) | Target::Part(_), again: true } => {
                if self.log.is_none() && self.writing.is_none() {
                    self.open(cx);
                }
                Vec::new()
            }
            Input::Wheel { rows, .. } => {
                match &mut self.log {
                    Some(pane) => {
                        let lines = cx.looking.log.lines();
                        pane.handle(output::wheel(rows), &lines, log_size(cx));
                    }
                    None => {
                        let height = tabs::page(cx).height;
                        let room = usize::from(Layout::of(height).rest(height));
                        self.scroll.by(rows, page::sheet(cx).len(), room);
                    }
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        let (columns, rows) = (paint.width(), paint.height());
        if let Some(pane) = &self.log {
            let mut below = paint.within(0, 1, columns, rows.saturating_sub(1));
            below.hit(0, 0, columns, rows, Target::Part(0));
            return output::view(pane, &cx.looking.log.lines(), self.button.is_none(), &mut below);
        }
        if let Some(writing) = &self.writing {
            let mut below = paint.within(2, 2, columns.saturating_sub(4), rows.saturating_sub(3));
            return writing.view(self.button.is_none(), &mut below);
        }
        let area = tabs::page(cx);
        let mut place = paint.within(0, 0, area.width, area.height);
        page::view(cx, self.scroll, self.button.is_none(), &mut place);
        tabs::help(self, cx, paint);
    }
}

#[cfg(test)]
mod tests;
