//! Keys, clicks and pastes: what each is for, before a screen sees it.

use ratatui::crossterm::event::{
    Event as Seen, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::{Position, Rect};

use crate::front::interview::Station;
use crate::front::tui::frame::Size;
use crate::front::tui::help::Overlay;
use crate::front::tui::key::Press;
use crate::front::tui::paint::{Hit, Target};
use crate::front::tui::screen::tabs::TABS;
use crate::front::tui::screen::{Effect, Focus, Input, Notice, Place};
use crate::front::tui::terminal::Act;
use crate::key::private;

use super::{App, Out};

impl App {
    pub(super) fn seen(&mut self, seen: Seen) {
        match seen {
            Seen::Key(key) if key.kind != KeyEventKind::Release => self.key(key),
            Seen::Mouse(mouse) => self.mouse_event(mouse),
            Seen::Paste(text) => self.paste(text),
            Seen::Resize(width, height) => {
                self.area = Rect::new(0, 0, width, height);
                // Even if it is the size of the last frame: the terminal may have been smaller in
                // between, and has then lost what was outside.
                self.out.push(Out::Terminal(Act::Redraw));
            }
            Seen::FocusLost => self.input(Input::Unseen),
            _ => {}
        }
    }

    pub(super) fn key(&mut self, key: KeyEvent) {
        let cx = self.cx();
        let typing = self.dialog.is_none() && self.overlay.is_none() && self.screen().typing(&cx);
        let press = Press::of(key, typing);
        if self.screen().reveals() {
            self.input(Input::Unseen);
            if !matches!(press, Press::Interrupt | Press::Suspend) {
                return;
            }
        }
        match press {
            Press::Interrupt => return self.interrupt(),
            Press::Suspend => return self.out.push(Out::Terminal(Act::Suspend)),
            Press::Redraw => return self.out.push(Out::Terminal(Act::Redraw)),
            Press::Mouse => return self.turn_mouse(),
            _ => {}
        }
        if self.guard.swallows(self.now) {
            return;
        }
        if Size::of(self.area) == Size::TooSmall {
            return;
        }
        self.said = None;
        if self.overlay.is_some() {
            return self.overlay_key(press);
        }
        if self.dialog.is_some() {
            return self.dialog_key(press);
        }
        match press {
            Press::Help => self.overlay = Some(Overlay::help()),
            Press::Tab => self.tab(1),
            Press::BackTab => self.tab(-1),
            Press::Esc => self.esc(key),
            _ => {
                let shows = typing && !self.screen().hides(&self.cx());
                self.screen_key(press, key, typing);
                if shows {
                    self.guarded(key);
                }
            }
        }
    }

    /// A key has gone into a field that shows it.
    pub(super) fn guarded(&mut self, key: KeyEvent) {
        let plain = !key.modifiers.contains(KeyModifiers::CONTROL);
        let typed = key.code.as_char().filter(|_| plain);
        if self.guard.typed(self.now, typed) {
            self.say_private();
        }
    }

    /// Unless the screen has said so itself: Key does under its field.
    pub(super) fn say_private(&mut self) {
        let told = self.said.as_ref().is_some_and(|said| said.text.contains("private key"));
        if !told && self.at != Place::Keys {
            self.said = Some(Notice::bad("That is a private key; it was not kept or shown."));
        }
    }

    /// A key for the focused button, or for the screen.
    pub(super) fn screen_key(&mut self, press: Press, key: KeyEvent, typing: bool) {
        let cx = self.cx();
        let screen = self.screen();
        if let Focus::Button(at) = screen.focus() {
            let count = screen.buttons(&cx).len();
            match press {
                Press::Enter | Press::Space => return self.press_button(at),
                Press::Left if at > 0 => return self.set_focus(Focus::Button(at - 1)),
                Press::Right if at + 1 < count => return self.set_focus(Focus::Button(at + 1)),
                Press::Left | Press::Right => return,
                Press::Up if screen.parts(&cx) > 0 => {
                    let above = screen.above(&cx);
                    return self.set_focus(Focus::Part(above));
                }
                _ => {}
            }
        }
        if let (Press::Letter(letter), false) = (press, typing) {
            match self.letter(letter) {
                Ok(()) => {}
                Err(why) => {
                    self.said = why.map(Notice::plain);
                    return;
                }
            }
        }
        self.input(Input::Key(press, key));
    }

    /// Whether a letter does something here; else what the notice says.
    pub(super) fn letter(&self, letter: char) -> Result<(), Option<String>> {
        let keys = self.screen().keys(&self.cx());
        let Some(key) = keys.into_iter().find(|key| key.letter() == Some(letter)) else {
            return Err(elsewhere(letter));
        };
        match key.off {
            Some(why) => Err(Some(why)),
            None => Ok(()),
        }
    }

    pub(super) fn tab(&mut self, by: isize) {
        let cx = self.cx();
        let screen = self.screen();
        let (parts, buttons) = (screen.parts(&cx), screen.buttons(&cx).len());
        let count = parts + buttons;
        if count == 0 {
            return;
        }
        let at = match screen.focus() {
            Focus::Part(part) => part.min(count - 1),
            Focus::Button(button) => (parts + button).min(count - 1),
        };
        let to = at.wrapping_add_signed(by);
        let to = if to >= count { if by < 0 { count - 1 } else { 0 } } else { to };
        let focus = if to < parts { Focus::Part(to) } else { Focus::Button(to - parts) };
        self.set_focus(focus);
    }

    pub(super) fn set_focus(&mut self, focus: Focus) {
        self.with_screen(|screen, cx| screen.set_focus(cx, focus));
    }

    pub(super) fn press_button(&mut self, at: usize) {
        let buttons = self.screen().buttons(&self.cx());
        let Some(button) = buttons.get(at) else { return };
        match &button.off {
            Some(why) => self.said = Some(Notice::plain(why.clone())),
            None => self.input(Input::Pressed(button.id)),
        }
    }

    pub(super) fn esc(&mut self, key: KeyEvent) {
        if self.waiting.as_ref().is_some_and(|waiting| waiting.stops) {
            self.out.push(Out::End);
            return self.wait("Stopping");
        }
        let before = self.at;
        let effects = self.with_screen(|screen, cx| screen.update(cx, Input::Key(Press::Esc, key)));
        if !effects.is_empty() {
            return self.effects(effects);
        }
        if self.at == before {
            self.back();
        }
    }

    pub(super) fn input(&mut self, input: Input) {
        let effects = self.with_screen(|screen, cx| screen.update(cx, input));
        self.effects(effects);
    }

    pub(super) fn paste(&mut self, text: String) {
        self.said = None;
        if self.screen().reveals() {
            self.input(Input::Unseen);
        }
        let open = self.dialog.is_none() && self.overlay.is_none();
        if open && self.screen().takes_logs(&self.cx()) {
            return self.input(Input::Paste(text));
        }
        let typing = open && self.screen().typing(&self.cx());
        if typing && !self.screen().hides(&self.cx()) && private::is_in(&text) {
            // Its beginning is enough for any field to refuse it.
            drop(zeroize::Zeroizing::new(text));
            self.input(Input::Paste(PRIVATE.to_owned()));
            self.say_private();
        } else if typing {
            self.input(Input::Paste(text));
        } else {
            // It may have been a secret.
            drop(zeroize::Zeroizing::new(text));
            let words = "Pasted text goes into fields only. Nothing was done with it.";
            self.said = Some(Notice::plain(words));
        }
    }

    pub(super) fn mouse_event(&mut self, mouse: MouseEvent) {
        if self.screen().reveals() && matches!(mouse.kind, MouseEventKind::Down(_)) {
            return self.input(Input::Unseen);
        }
        let at = Position::new(mouse.column, mouse.row);
        let under = |hit: &&Hit| hit.area.contains(at);
        let Some(target) = self.drawn.hits.iter().rev().find(under).map(|hit| hit.target) else {
            return;
        };
        match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                self.said = None;
                self.click(target);
            }
            MouseEventKind::ScrollDown => self.wheel(target, 3),
            MouseEventKind::ScrollUp => self.wheel(target, -3),
            _ => {}
        }
    }

    pub(super) fn wheel(&mut self, target: Target, rows: i32) {
        if let Some(overlay) = &mut self.overlay {
            overlay.scroll(rows);
        } else if self.dialog.is_none() {
            self.input(Input::Wheel { target, rows });
        }
    }

    pub(super) fn click(&mut self, target: Target) {
        if self.overlay.is_some() {
            if target == Target::Button(0) {
                self.overlay = None;
            }
            return;
        }
        if let Some(dialog) = &mut self.dialog {
            if let Target::Button(at) = target {
                let again = dialog.at == at;
                dialog.at = at;
                if again {
                    self.dialog_key(Press::Enter);
                }
            }
            return;
        }
        let focus = self.screen().focus();
        match target {
            Target::Button(at) if focus == Focus::Button(at) => self.press_button(at),
            Target::Button(at) => self.set_focus(Focus::Button(at)),
            Target::Row(part, _) | Target::Part(part) => {
                let again = focus.is_part(part);
                self.set_focus(Focus::Part(part));
                self.input(Input::Click { target, again });
            }
            // What is carried out is not left by a click, nor is a question of it.
            Target::Tab(_) | Target::Station(_) if self.is_busy() => {}
            Target::Tab(at) => {
                if let Some(place) = TABS.get(at) {
                    self.effects(vec![Effect::Turn(*place)]);
                }
            }
            Target::Station(at) => {
                if let Some(station) = Station::ALL.get(at) {
                    self.jump(*station);
                }
            }
        }
    }

    /// To a station that was answered before, from the rail.
    pub(super) fn jump(&mut self, station: Station) {
        let place = Place::of(station);
        if self.trail.contains(&place) {
            self.resting = false;
            self.effects(vec![Effect::Go(place)]);
        }
    }

    pub(super) fn turn_mouse(&mut self) {
        self.mouse = !self.mouse;
        self.out.push(Out::Terminal(Act::Mouse(self.mouse)));
        self.said = Some(Notice::plain(if self.mouse {
            "The mouse clicks again. Ctrl-T turns it off, to select text."
        } else {
            "The mouse selects text now. Ctrl-T lets it click again."
        }));
    }

    pub(super) fn overlay_key(&mut self, press: Press) {
        let Some(overlay) = &mut self.overlay else { return };
        match press {
            Press::Enter | Press::Esc | Press::Help | Press::Letter('q') => self.overlay = None,
            press => overlay.key(press),
        }
    }

    pub(super) fn dialog_key(&mut self, press: Press) {
        let Some(dialog) = &mut self.dialog else { return };
        let last = dialog.buttons.len().saturating_sub(1);
        match press {
            Press::Left | Press::BackTab | Press::Up => dialog.at = dialog.at.saturating_sub(1),
            Press::Right | Press::Down => dialog.at = (dialog.at + 1).min(last),
            Press::Tab => dialog.at = if dialog.at == last { 0 } else { dialog.at + 1 },
            Press::Esc => self.decide(0),
            Press::Enter | Press::Space => {
                let at = dialog.at;
                self.decide(at);
            }
            _ => {}
        }
    }

    /// One of the dialog's buttons is pressed.
    pub(super) fn decide(&mut self, at: usize) {
        let Some(dialog) = self.dialog.take() else { return };
        let effects = dialog.buttons.into_iter().nth(at).map(|(_, effects)| effects);
        self.effects(effects.unwrap_or_default());
    }
}

/// How a private key begins.
const PRIVATE: &str = "AGE-SECRET-KEY-1";

/// What the notice says of a letter that means something on other screens only.
fn elsewhere(letter: char) -> Option<String> {
    (letter == 'q')
        .then(|| "q leaves from the first and the last screen. Ctrl-C leaves from here.".to_owned())
}
