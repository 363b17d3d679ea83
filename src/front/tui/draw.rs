//! The picture: the seven regions around a screen's body, help over it, and the notice that the
//! window is too small. It reads the app and changes nothing.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::app::{App, Door};
use super::frame::{Regions, Size};
use super::key::Key;
use super::paint::{Drawn, Paint, Target};
use super::screen::{Button, Cx, Focus, Notice, Place, tabs};
use super::text::width;
use super::theme::Role;
#[cfg(test)]
use super::theme::Theme;
use crate::front::interview::{Mark, Station};
use crate::front::world::Errand;

/// What the rail says, in order; the questions' stations come first.
const RAIL: [&str; 8] = ["You", "Where", "Features", "Key", "Secrets", "Review", "Apply", "Done"];

impl App {
    /// Draws everything.
    pub(crate) fn view(&self, _now: Duration, area: Rect, buf: &mut Buffer) -> Drawn {
        let mut drawn = Drawn::default();
        let cx = Cx { size: Size::of(area), area, ..self.cx() };
        let mut whole = Paint::new(buf, &mut drawn, cx.theme, area);
        whole.clear();
        let regions = Regions::of(area);
        if regions.size == Size::TooSmall {
            too_small(&mut whole, &cx);
            return drawn;
        }
        self.title(&cx, regions.size, &mut whole.at(regions.title));
        if let Some(rail) = regions.rail {
            self.rail(&cx, &mut whole.at(rail));
        }
        mode_line(&cx, regions.size, &mut whole.at(regions.mode));
        if let Some(overlay) = self.overlay() {
            let over = Rect { height: regions.body.height + 1, ..regions.body };
            let mut body = whole.at(over);
            overlay.view(&cx, self.screen(), &mut body);
            buttons(&[Button::new("close", "Close")], Some(0), &mut whole.at(regions.buttons));
            let close = [Key::new("Enter", "close", ""), Key::new("Up/Down", "scroll", "")];
            footer(&close, "", &mut whole.at(regions.footer));
            return drawn;
        }
        if self.screen().whole() {
            self.over_everything(&cx, &regions, &mut whole);
        } else {
            let mut body = whole.at(regions.body);
            self.heading(&cx, &mut body);
            self.screen().view(&cx, &mut body);
        }
        self.notice(&cx, &mut whole.at(regions.notice));
        match self.dialog() {
            Some(dialog) => {
                let all: Vec<Button> = dialog.buttons.iter().map(|(b, _)| b.clone()).collect();
                buttons(&all, Some(dialog.at), &mut whole.at(regions.buttons));
                let keys = [
                    Key::new("Enter", "choose", ""),
                    Key::new("arrows", "move", ""),
                    Key::new("Esc", "back", ""),
                ];
                footer(&keys, "", &mut whole.at(regions.footer));
            }
            None => {
                let focused = match self.screen().focus() {
                    Focus::Button(at) => Some(at),
                    Focus::Part(_) => None,
                };
                buttons(&self.screen().buttons(&cx), focused, &mut whole.at(regions.buttons));
                self.footer(&cx, regions.size, &mut whole.at(regions.footer));
            }
        }
        drawn
    }

    /// The screen from below the title to above the buttons. What it lies over is drawn already;
    /// of that only the badge stays, at the right.
    fn over_everything(&self, cx: &Cx, regions: &Regions, whole: &mut Paint) {
        let top = regions.title.bottom();
        let area = Rect { y: top, height: regions.buttons.y.saturating_sub(top), ..regions.body };
        let mut place = whole.at(area);
        place.clear();
        self.screen().view(cx, &mut place);
        if cx.world.is_some_and(|world| world.practice || world.read_only.is_some()) {
            let half = area.width / 2 + 3;
            let right = Rect { x: area.x + half, width: area.width - half, height: 1, ..area };
            mode_line(cx, Size::Small, &mut whole.at(right));
        }
    }

    fn title(&self, cx: &Cx, size: Size, paint: &mut Paint) {
        let columns = paint.width();
        paint.text(0, 0, Role::Title, &" ".repeat(usize::from(columns)));
        let end = paint.text(1, 0, Role::Title, "doorstep");
        let place = self.place(size);
        let after = paint.text(end + 2, 0, Role::Title, &place);
        let who = whereabouts(cx, size, usize::from(columns.saturating_sub(after + 3)));
        paint.right(columns.saturating_sub(1), 0, Role::Title, &who);
    }

    /// The door, or the station where there is no rail.
    fn place(&self, size: Size) -> String {
        if let Some(tab) = tabs::of(self.at()) {
            return match size {
                Size::Small => tabs::NAMES[tab].to_owned(),
                _ => "Something is wrong".to_owned(),
            };
        }
        if self.replayed().is_some() {
            return "A kept log".to_owned();
        }
        if self.rail_at().is_none() {
            return String::new();
        }
        if let (Size::Small, Some(at)) = (size, self.rail_at()) {
            let skipped = self.skipped();
            return format!("{} of {} {}", at + 1 - skipped, RAIL.len() - skipped, RAIL[at]);
        }
        match self.door() {
            Door::SetUp => "Set up my home".to_owned(),
            Door::Errand => self.errand_name(),
            Door::Wrong => "Something is wrong".to_owned(),
            Door::AddSomebody => {
                match self.cx().interview.and_then(|i| i.answers.username.as_ref()) {
                    Some(name) => format!("Add somebody: {name}"),
                    None => "Add somebody".to_owned(),
                }
            }
        }
    }

    /// Stations at which nothing is asked, because the command has said it all.
    fn skipped(&self) -> usize {
        if self.door() == Door::Errand { Station::ALL.len() } else { 0 }
    }

    fn errand_name(&self) -> String {
        let Some(Errand::Update(wish)) = self.errand() else { return String::new() };
        let hosts = super::super::sanitise(&wish.hosts.join(", ")).into_owned();
        let is_home = hosts.is_empty();
        let what = if is_home { "my home" } else { hosts.as_str() };
        match (wish.rollback, wish.build_only) {
            (true, _) if is_home => "Go back".to_owned(),
            (true, _) => format!("Go back on {hosts}"),
            (_, true) => format!("Build {what}"),
            _ => format!("Update {what}"),
        }
    }

    /// The number of the rail's entry one is at.
    fn rail_at(&self) -> Option<usize> {
        match self.at() {
            // It is reached from the end too, and nobody is sent back to the questions there.
            Place::SecondCopy if self.cx().finish.is_some() => Place::Finished.rail(),
            place => place.rail(),
        }
    }

    /// What is behind the third door, with the key of each.
    fn tabs(&self, cx: &Cx, paint: &mut Paint) {
        // Whoever looks a plan over, or carries it out, is still at where it came from.
        let from = if matches!(cx.errand, Some(Errand::Fix { .. })) { 0 } else { 2 };
        let here = tabs::of(self.at()).unwrap_or(from);
        let mut x = 2;
        for (at, name) in tabs::NAMES.iter().enumerate() {
            let (start, is_here) = (x, at == here);
            let role = if is_here { Role::Accent } else { Role::Muted };
            if is_here {
                x = paint.text(x, 0, role, "▸ ");
            }
            x = paint.text(x, 0, role, &format!("{} {name}", at + 1));
            paint.hit(start, 0, x - start, 1, Target::Tab(at));
            x += 3;
        }
        let counted = self.screen().counted(cx);
        let end = paint.width().saturating_sub(1);
        let room = end.saturating_sub(x);
        if columns_of(&counted) <= room {
            paint.right(end, 0, Role::Text, &counted);
        }
    }

    fn rail(&self, cx: &Cx, paint: &mut Paint) {
        let wrong = self.door() == Door::Wrong
            && !matches!(self.at(), Place::Welcome | Place::NoFleet | Place::Undone);
        if wrong || tabs::of(self.at()).is_some() {
            return self.tabs(cx, paint);
        }
        if let Some(name) = self.replayed() {
            let room = paint.width().saturating_sub(3);
            paint.cut(2, 0, room, Role::Text, &super::super::sanitise(name));
            return;
        }
        let Some(here) = self.rail_at() else {
            if self.at() == Place::Undone {
                return;
            }
            let name = cx.host.account.full_name.as_deref().unwrap_or(&cx.host.account.name);
            let name = name.split_whitespace().next().unwrap_or(name);
            let name = match cx.world.and_then(|world| world.as_user.as_deref()) {
                Some(pretend) => crate::front::prompts::capital(pretend),
                None => name.to_owned(),
            };
            paint.text(2, 0, Role::Heading, &format!("Welcome, {name}"));
            return;
        };
        let mut x = 2;
        let skipped = self.skipped();
        for (index, name) in RAIL.iter().enumerate().skip(skipped) {
            let start = x;
            if index == here {
                x = paint.text(x, 0, Role::Accent, "▸ ");
                x = paint.text(x, 0, Role::Accent, name);
            } else {
                let mark = match (Station::ALL.get(index), cx.interview) {
                    // Whoever is past the review has answered for all of it.
                    _ if index < here && here > Station::ALL.len() => Mark::Answered,
                    (Some(station), Some(interview)) => interview.mark(*station),
                    _ => Mark::Open,
                };
                let (sign, sign_role, role) = match mark {
                    Mark::Answered => ("✓ ", Role::Good, Role::Text),
                    Mark::Suggested => ("~ ", Role::Muted, Role::Muted),
                    Mark::Doubtful => ("! ", Role::Warn, Role::Text),
                    Mark::Open => ("", Role::Muted, Role::Muted),
                };
                x = paint.text(x, 0, sign_role, sign);
                x = paint.text(x, 0, role, name);
            }
            paint.hit(start, 0, x - start, 1, Target::Station(index));
            x += 2;
        }
        let count = format!("{} of {}", here + 1 - skipped, RAIL.len() - skipped);
        let end = paint.width().saturating_sub(1);
        if x + columns_of(&count) <= end {
            paint.right(end, 0, Role::Text, &count);
        }
    }

    fn heading(&self, cx: &Cx, paint: &mut Paint) {
        let screen = self.screen();
        let aside = screen.aside(cx);
        let room = paint.width().saturating_sub(3);
        let taken = u16::try_from(width(&aside)).unwrap_or(room).min(room);
        let gap = if aside.is_empty() { 0 } else { taken + 4 };
        paint.cut(2, 0, room.saturating_sub(gap), Role::Heading, &screen.heading(cx));
        if !aside.is_empty() {
            paint.right(paint.width().saturating_sub(4), 0, Role::Text, &aside);
        }
    }

    fn notice(&self, cx: &Cx, paint: &mut Paint) {
        let own = || self.screen().notice(cx);
        let slow = || cx.slow().map(Notice::plain);
        let dialog = self.dialog().map(|dialog| Notice::plain(dialog.question.clone()));
        let Some(notice) = dialog.or_else(|| self.said().cloned()).or_else(slow).or_else(own)
        else {
            return;
        };
        let mut x = 2;
        if let Some((role, mark)) = notice.mark {
            x = paint.text(x, 0, role, mark) + 1;
        }
        let room = paint.width().saturating_sub(x + 1);
        paint.cut(x, 0, room, Role::Text, &notice.text);
    }

    fn footer(&self, cx: &Cx, size: Size, paint: &mut Paint) {
        let screen = self.screen();
        let mut keys: Vec<Key> =
            screen.keys(cx).into_iter().filter(|key| !key.short.is_empty()).collect();
        let most = if size == Size::Small { 3 } else { 6 };
        keys.truncate(most);
        let help = if screen.typing(cx) { "Ctrl-G" } else { "?" };
        footer(&keys, help, paint);
    }
}

/// `raquel on blackphos  ~/fleet`, as far as it fits.
fn whereabouts(cx: &Cx, size: Size, room: usize) -> String {
    let (person, practice) = match cx.world {
        Some(world) => (world.person(), world.practice),
        None => (cx.host.account.name.as_str(), false),
    };
    let pretend = if practice { " (pretend)" } else { "" };
    let who = format!("{person} on {}{pretend}", cx.host.name);
    let Some(world) = cx.world.filter(|_| size >= Size::Normal) else { return who };
    let left = room.saturating_sub(width(&who) + 2);
    if left < 8 {
        return who;
    }
    format!("{who}  {}", super::text::cut_path(&world.folder, left, cx.theme.ellipsis()))
}

/// A plain rule, or a dashed one with a badge.
fn mode_line(cx: &Cx, size: Size, paint: &mut Paint) {
    let columns = paint.width();
    let badge = match cx.world {
        Some(world) if world.practice => Some((
            "PRACTICE",
            "Everything here is pretend. Nothing of yours is touched.".to_owned(),
        )),
        Some(world) => world.read_only.clone().map(|why| ("READ-ONLY", why)),
        None => None,
    };
    let Some((badge, words)) = badge else { return paint.rule(0, 0, columns, "") };
    let dashes = if cx.theme.ascii { "=" } else { "╌" };
    paint.text(0, 0, Role::Rule, &dashes.repeat(usize::from(columns)));
    let end = paint.text(2, 0, Role::Badge, &format!(" {badge} "));
    if size >= Size::Normal {
        paint.cut(end, 0, columns.saturating_sub(end + 2), Role::Text, &format!(" {words} "));
    }
}

fn buttons(buttons: &[Button], focused: Option<usize>, paint: &mut Paint) {
    let mut x = 2;
    for (index, button) in buttons.iter().enumerate() {
        let text = format!("[ {} ]", button.label);
        let role = match (focused == Some(index), &button.off) {
            (true, _) => Role::FocusButton,
            (false, Some(_)) => Role::Muted,
            (false, None) => Role::Text,
        };
        let start = x;
        if focused == Some(index) {
            paint.text(x, 0, Role::FocusButton, "▸");
            paint.cursor(x, 0);
        }
        x = paint.text(x + 1, 0, role, &text);
        paint.hit(start, 0, x - start, 1, Target::Button(index));
        x += 2;
    }
}

/// Keys with what they do, help last at the right edge.
fn footer(keys: &[Key], help: &str, paint: &mut Paint) {
    let columns = paint.width();
    let reserved = if help.is_empty() { 1 } else { columns_of(help) + 8 };
    let mut x = 1;
    for key in keys {
        let wide = columns_of(key.key) + 1 + columns_of(key.short);
        if x + wide + reserved > columns {
            break;
        }
        let role = if key.off.is_some() { Role::Muted } else { Role::Accent };
        x = paint.text(x, 0, role, key.key);
        x = paint.text(x + 1, 0, Role::Text, key.short) + 3;
    }
    if !help.is_empty() {
        let end = columns.saturating_sub(1);
        let start = paint.right(end, 0, Role::Text, &format!("{help} help"));
        paint.text(start, 0, Role::Accent, help);
    }
}

fn columns_of(text: &str) -> u16 {
    u16::try_from(width(text)).unwrap_or(u16::MAX / 4)
}

/// Work goes on; the picture waits for more room.
fn too_small(paint: &mut Paint, cx: &Cx) {
    let (w, h) = (paint.width(), paint.height());
    let practice = cx.world.is_some_and(|world| world.practice);
    let mut lines: Vec<String> = if w >= 48 && h >= 10 {
        vec![
            String::new(),
            "  doorstep needs a little more room.".into(),
            String::new(),
            format!("  This window   {w} x {h}"),
            "  Needed        60 x 16".into(),
            String::new(),
            "  Make the window larger or the text smaller.".into(),
            "  Nothing is lost; the work goes on meanwhile.".into(),
            String::new(),
            "  Ctrl-C stop   Ctrl-Z suspend".into(),
        ]
    } else if w >= 22 && h >= 3 {
        vec![
            "Window too small:".into(),
            format!("{w} x {h}, needs 60 x 16."),
            "Nothing is lost.".into(),
        ]
    } else {
        vec!["too small".into(), format!("{w}x{h}")]
    };
    if practice {
        let at = usize::from(lines.len() > 3);
        lines.insert(
            at.min(lines.len()),
            if at == 1 { "  PRACTICE".into() } else { "PRACTICE".into() },
        );
    }
    if w * h <= 4 {
        return;
    }
    for (y, line) in (0..h).zip(&lines) {
        paint.text(0, y, Role::Text, line);
    }
}

/// A theme for tests and for whoever has none yet.
#[cfg(test)]
pub(crate) const PLAIN: Theme = Theme { palette: super::theme::Palette::Mono, ascii: false };
