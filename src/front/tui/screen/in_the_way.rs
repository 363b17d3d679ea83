//! In the way: files of the person's own that the new home would replace. Nothing is replaced
//! without an answer, and nothing at all where one of them cannot be kept.

use crate::activate::InTheWayChoice;
use crate::counted::counted;
use crate::front::difference::Difference;
use crate::front::prompts::what_it_is;
use crate::front::tui::frame::Size;
use crate::front::tui::key::{Key, Press};
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::pane::Scroll;
use crate::front::tui::screen::{Button, Cx, Effect, Focus, Help, Input, Notice, Rows, Screen};
use crate::front::tui::text::{cut_path, wrap};
use crate::front::tui::theme::Role;
use crate::front::tui::worker::Blocked;

/// Rows of the list that are always there.
const MOST_ROWS: usize = 6;

#[derive(Debug, Clone)]
pub(crate) struct InTheWay {
    focus: Focus,
    rows: Rows,
    /// The difference of the chosen file over the whole body.
    is_full: bool,
    wrap: bool,
    scroll: Scroll,
}

impl Default for InTheWay {
    fn default() -> Self {
        let (rows, scroll) = (Rows::default(), Scroll::default());
        Self { focus: Focus::Button(0), rows, is_full: false, wrap: false, scroll }
    }
}

/// The first that cannot be kept, and why none is then.
fn not_kept(cx: &Cx) -> Option<String> {
    let mut files = cx.blocked.unwrap_or_default().iter();
    let blocked = files.find(|blocked| blocked.file.kept_as.is_none())?;
    let file = cx.host.short(&blocked.file.file);
    Some(format!("{file} is a link and is never moved for you. Move it, then try again."))
}

fn chosen<'a>(screen: &InTheWay, cx: &Cx<'a>) -> Option<&'a Blocked> {
    let files = cx.blocked?;
    files.get(screen.rows.at.min(files.len().saturating_sub(1)))
}

/// One line of a difference, with its sign.
fn told(line: &Difference) -> (Role, &'static str, &str) {
    match line {
        Difference::Yours(text) => (Role::Removed, "-", text),
        Difference::Coming(text) => (Role::Added, "+", text),
    }
}

impl InTheWay {
    fn key(&mut self, cx: &Cx, press: Press) -> Vec<Effect> {
        let files = cx.blocked.unwrap_or_default();
        match press {
            Press::Esc if self.is_full => {
                self.is_full = false;
                return vec![Effect::Focus(self.focus)];
            }
            Press::Esc => return vec![Effect::Settle(InTheWayChoice::Stop)],
            Press::Letter('w') => self.wrap = !self.wrap,
            Press::Letter('c') => return copy(chosen(self, cx)),
            Press::Enter => {
                self.is_full = !self.is_full;
                self.scroll = Scroll::default();
            }
            press if self.is_full => {
                let count = self.lines(cx).len();
                self.scroll.key(press, count, room(cx));
            }
            press => {
                if self.rows.key(press, files.len(), MOST_ROWS) {
                    self.focus = Focus::Part(0);
                }
            }
        }
        Vec::new()
    }

    /// The lines that differ, as wide as they are shown.
    fn lines(&self, cx: &Cx) -> Vec<(Role, &'static str, String)> {
        let columns = usize::from(cx.area.width.saturating_sub(6));
        let lines = chosen(self, cx).map(|blocked| blocked.difference.as_slice());
        let mut all = Vec::new();
        for line in lines.unwrap_or_default() {
            let (role, sign, text) = told(line);
            let text = crate::front::sanitise(text);
            if !self.wrap {
                all.push((role, sign, text.into_owned()));
                continue;
            }
            let rows = wrap(&text, columns);
            let rows = if rows.is_empty() { vec![String::new()] } else { rows };
            all.extend(rows.into_iter().map(|row| (role, sign, row)));
        }
        all
    }

    fn draw_lines(&self, cx: &Cx, paint: &mut Paint, whole: bool) {
        let lines = self.lines(cx);
        let (columns, rows) = (paint.width(), paint.height());
        let is_cut = !whole && lines.len() > usize::from(rows);
        let shown = usize::from(rows).saturating_sub(usize::from(is_cut));
        let first = if whole { self.scroll.first(lines.len(), shown) } else { 0 };
        for (y, (role, sign, text)) in (0..).zip(lines.iter().skip(first).take(shown)) {
            paint.text(2, y, *role, sign);
            let text_role = match paint.theme.palette {
                crate::front::tui::theme::Palette::Sixteen => Role::Text,
                _ => *role,
            };
            paint.cut(4, y, columns.saturating_sub(5), text_role, text);
        }
        if lines.is_empty() {
            let words = "Nothing of it can be shown as text.";
            paint.cut(2, 0, columns.saturating_sub(3), Role::Muted, words);
        } else if is_cut {
            let more = lines.len() - shown;
            let more = counted(more, "more line");
            let words = format!("{more}; Enter on the file shows all");
            paint.cut(4, rows - 1, columns.saturating_sub(5), Role::Muted, &words);
        }
    }

    fn draw_files(&self, cx: &Cx, files: &[Blocked], paint: &mut Paint) -> u16 {
        let columns = paint.width();
        let wide = cx.size > Size::Small;
        let (what, kept) = if wide { (27, 50) } else { (columns, 30) };
        paint.text(4, 0, Role::Text, "your file");
        if wide {
            paint.text(what, 0, Role::Text, "what it is");
        }
        paint.text(kept, 0, Role::Text, "before it is replaced");
        let at = self.rows.at.min(files.len().saturating_sub(1));
        let rows = Rows { at };
        let first = rows.first(files.len(), MOST_ROWS);
        let mut y = 1;
        for (index, blocked) in files.iter().enumerate().skip(first).take(MOST_ROWS) {
            let room = if wide { what } else { kept }.saturating_sub(6);
            let file = cx.host.short(&blocked.file.file);
            let file = cut_path(&file, usize::from(room), paint.theme.ellipsis());
            paint.text(4, y, Role::Text, &file);
            if wide {
                let words = what_it_is(&blocked.file.file).unwrap_or("a file of yours");
                paint.cut(what, y, kept - what - 2, Role::Text, words);
            }
            let room = columns.saturating_sub(kept + 1);
            paint.cut(kept, y, room, Role::Text, &keeping(blocked));
            paint.hit(0, y, columns, 1, Target::Row(0, index));
            if index == at {
                paint.text(2, y, Role::Text, "▸");
                if self.focus == Focus::Part(0) {
                    paint.focus(0, y, columns);
                }
            }
            y += 1;
        }
        y
    }
}

/// Where the copy goes.
fn keeping(blocked: &Blocked) -> String {
    match blocked.file.kept_as.as_ref().and_then(|kept| kept.file_name()) {
        Some(name) => format!("kept: {}", name.to_string_lossy()),
        None => "a link, cannot be kept".to_owned(),
    }
}

fn copy(blocked: Option<&Blocked>) -> Vec<Effect> {
    let Some(blocked) = blocked else { return Vec::new() };
    let lines = blocked.difference.iter().map(|line| {
        let (_, sign, text) = told(line);
        format!("{sign} {text}\n")
    });
    vec![Effect::Copy(lines.collect())]
}

/// Rows for the difference where it has the whole body.
fn room(cx: &Cx) -> usize {
    usize::from(cx.body().height.saturating_sub(2))
}

impl Screen for InTheWay {
    fn heading(&self, cx: &Cx) -> String {
        let built = cx.run.is_some_and(|run| run.steps.iter().any(|s| s.id == "build"));
        let built = if built { "Built. " } else { "" };
        match cx.blocked.map_or(0, <[_]>::len) {
            1 => format!("{built}1 file of yours is in the way."),
            n => format!("{built}{n} files of yours are in the way."),
        }
    }

    fn parts(&self, _cx: &Cx) -> usize {
        1
    }

    fn buttons(&self, cx: &Cx) -> Vec<Button> {
        let keep = match cx.blocked.map_or(0, <[_]>::len) {
            1 => "Keep a copy and go on",
            _ => "Keep copies and go on",
        };
        vec![Button::new("keep", keep).off(not_kept(cx)), Button::new("stop", "Stop here")]
    }

    fn keys(&self, _cx: &Cx) -> Vec<Key> {
        let enter = match self.focus {
            Focus::Button(0) => Key::new("Enter", "keep and go on", "do what has the focus"),
            Focus::Button(_) => Key::new("Enter", "stop here", "do what has the focus"),
            Focus::Part(_) if self.is_full => Key::new("Enter", "back", "back to the files"),
            Focus::Part(_) => Key::new("Enter", "all lines", "all lines that differ"),
        };
        vec![
            enter,
            Key::new("arrows", "choose a file", "choose a file"),
            Key::new("Esc", "stop here", "stop here; nothing is replaced"),
            Key::quiet("w", "wrap long lines"),
            Key::quiet("c", "copy what differs"),
        ]
    }

    fn notice(&self, cx: &Cx) -> Option<Notice> {
        not_kept(cx).map(Notice::left)
    }

    fn help(&self, cx: &Cx) -> Help {
        let by_hand = cx.blocked.unwrap_or_default().iter().filter_map(|blocked| {
            let kept = blocked.file.kept_as.as_ref()?;
            let (from, to) = (cx.host.typed(&blocked.file.file), cx.host.typed(kept));
            Some(format!("mv {from} {to}"))
        });
        Help {
            title: "Files in the way".to_owned(),
            what: "Your new home brings its own version of these files. A copy of yours is kept \
                   beside it before it is replaced; doorstep undo puts yours back as it was."
                .to_owned(),
            why: "home-manager does not replace a file that it has not made, unless it may keep a \
                  copy. What you like in yours belongs into your home module afterwards."
                .to_owned(),
            by_hand: by_hand.collect(),
        }
    }

    fn focus(&self) -> Focus {
        self.focus
    }

    fn set_focus(&mut self, _cx: &Cx, focus: Focus) {
        self.focus = focus;
    }

    fn arrive(&mut self, cx: &Cx) {
        *self = Self::default();
        if not_kept(cx).is_some() {
            self.focus = Focus::Button(1);
        }
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        match input {
            Input::Pressed("keep") => vec![Effect::Settle(InTheWayChoice::Keep)],
            Input::Pressed(_) => vec![Effect::Settle(InTheWayChoice::Stop)],
            Input::Key(press, _) => self.key(cx, press),
            Input::Click { target: Target::Row(_, at), again } => {
                if self.rows.click(at, again) {
                    self.key(cx, Press::Enter)
                } else {
                    Vec::new()
                }
            }
            Input::Wheel { rows, .. } => {
                let count = self.lines(cx).len();
                self.scroll.by(rows, count, room(cx));
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        let Some(files) = cx.blocked else { return };
        let (columns, rows) = (paint.width(), paint.height());
        let file = chosen(self, cx).map(|b| cx.host.short(&b.file.file)).unwrap_or_default();
        let title = format!("{file}: yours (-) and the one that comes (+)");
        if self.is_full {
            paint.rule(2, 1, columns.saturating_sub(4), &title);
            paint.hit(0, 2, columns, rows, Target::Part(0));
            let mut lines = paint.within(0, 2, columns, rows.saturating_sub(2));
            return self.draw_lines(cx, &mut lines, true);
        }
        let small = cx.size <= Size::Small;
        let words = match small {
            true => "Nothing has been replaced yet.",
            false => {
                "Your new home brings its own version of these. Nothing has been replaced yet."
            }
        };
        paint.cut(2, 1, columns.saturating_sub(3), Role::Text, words);
        let top = if small { 2 } else { 3 };
        let below = self.draw_files(cx, files, &mut paint.within(0, top, columns, rows));
        let rule = top + below + u16::from(!small);
        paint.rule(2, rule, columns.saturating_sub(4), &title);
        let note = if small { 0 } else { 3 };
        let most = if cx.size >= Size::Large { 20 } else { 4 };
        let room = rows.saturating_sub(rule + 1 + note).min(if small { u16::MAX } else { most });
        self.draw_lines(cx, &mut paint.within(0, rule + 1, columns, room), false);
        if !small {
            let words = "Your own lines do not come along by themselves. They stay in the kept \
                         copy, and doorstep undo puts your file back as it was.";
            paint.prose(2, rule + room + 2, columns.saturating_sub(4), Role::Text, words);
        }
    }
}

#[cfg(test)]
mod tests;
