//! How the keys are drawn.

use super::{Asked, FOUND, GENERATE, Keys, PUBLIC, Part, short};
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::screen::{Cx, sentence};
use crate::front::tui::text::{fitting, width};
use crate::front::tui::theme::Role;
use crate::question::{self, Choice, PROMISE};

/// Where the words that belong to a row begin.
const ASIDE: u16 = 33;
/// Rows under the field that its problem may take.
const PROBLEM: u16 = 2;

impl Keys {
    pub(super) fn draw(&self, cx: &Cx, asked: &Asked, paint: &mut Paint) {
        let columns = paint.width();
        let dense = paint.height() < 14;
        let mut y = 1;
        if !dense {
            y = paint.prose(2, y, columns.saturating_sub(3), Role::Text, &asked.help);
        }
        for (index, choice) in asked.options.iter().enumerate() {
            y = self.choice(asked, index, choice, dense, paint, y);
        }
        if dense {
            let more = asked.options.get(self.rows.at).map(|c| c.more.as_str());
            let focused = self.part(asked) == Some(Part::Choices);
            if let Some(more) = more.filter(|_| focused && !asked.is_chosen(PUBLIC)) {
                paint.cut(8, y, columns.saturating_sub(9), Role::Muted, more);
            }
        }
        y += 1;
        if asked.is_chosen(PUBLIC) {
            y = y.saturating_sub(u16::from(dense));
        } else {
            y = public_half(cx, asked, dense, paint, y);
        }
        if let Some((help, promised)) = asked.copy() {
            self.tick(asked, &help, promised, paint, y);
            return;
        }
        y = others(asked, paint, y);
        let context = asked.interview.context(&asked.scene);
        match question::troubles(&context).is_empty() {
            true if asked.is_chosen(FOUND) => {
                paint.prose(2, y, columns.saturating_sub(3), Role::Muted, &asked.note);
            }
            _ => troubles(asked, paint, y),
        }
    }

    /// One row of the choices, with what there is to know of it. Gives the row after.
    fn choice(
        &self,
        asked: &Asked,
        index: usize,
        choice: &Choice,
        dense: bool,
        paint: &mut Paint,
        y: u16,
    ) -> u16 {
        let columns = paint.width();
        let chosen = asked.chosen == Some(index);
        let off = choice.off.as_deref();
        let role = if off.is_some() { Role::Muted } else { Role::Text };
        let x = paint.text(4, y, role, if chosen { "(*) " } else { "( ) " });
        let mut x = paint.text(x, y, role, &choice.label);
        if let (true, None, Some(ssh)) =
            (choice.id == "from-ssh", off, &asked.interview.found.ssh_identity)
        {
            x = paint.cut(x, y, columns.saturating_sub(x), role, &format!(", {}", ssh.place));
        }
        let aside = match off {
            Some(why) if choice.id == FOUND && !dense && nothing_there(asked) => {
                format!("{why}: ? lists them")
            }
            Some(why) => why.to_owned(),
            None if choice.id == PUBLIC => choice.more.clone(),
            None => String::new(),
        };
        let from = x.saturating_add(2).max(ASIDE);
        let suggested = asked.suggested == Some(index);
        let end = if suggested { columns.saturating_sub(18) } else { columns.saturating_sub(1) };
        let room = end.saturating_sub(from);
        let below = width(&aside) > usize::from(room) && !dense;
        if !below {
            paint.cut(from, y, room, Role::Muted, &aside);
        }
        if suggested && x < columns.saturating_sub(17) {
            paint.text(columns.saturating_sub(17), y, Role::Good, "suggested");
        }
        if self.part(asked) == Some(Part::Choices) && self.rows.at == index {
            paint.text(2, y, Role::Text, "▸");
            paint.focus(0, y, columns);
        }
        let mut after = y + 1;
        let detail = match choice.id.as_str() {
            _ if below => Some(aside),
            _ if dense || off.is_some() => None,
            FOUND => meant(asked),
            PUBLIC => None,
            _ => Some(choice.more.clone()).filter(|more| !more.is_empty()),
        };
        if let Some(detail) = detail {
            paint.cut(8, after, columns.saturating_sub(9), Role::Muted, &detail);
            after += 1;
        }
        paint.hit(0, y, columns, after - y, Target::Row(0, index));
        if choice.id == PUBLIC && chosen {
            after = self.field(asked, paint, after);
        }
        after
    }

    fn field(&self, asked: &Asked, paint: &mut Paint, y: u16) -> u16 {
        let room = paint.width().saturating_sub(9);
        let focused = self.part(asked) == Some(Part::Field);
        if focused {
            paint.text(6, y, Role::Text, "▸");
        }
        self.public.view(paint, 8, y, room, focused);
        paint.hit(0, y, paint.width(), 1 + PROBLEM, Target::Row(1, 0));
        match self.problem(asked) {
            Some(why) => {
                let x = paint.text(8, y + 1, Role::Bad, "✗") + 1;
                let mut below = paint.within(x, y + 1, room.saturating_sub(2), PROBLEM);
                below.prose(0, 0, room.saturating_sub(2), Role::Text, &why);
            }
            None => {
                let empty = self.public.text().trim().is_empty();
                let text = self.public.text().trim();
                let whose = asked.interview.answers.username.as_deref().unwrap_or_default();
                let words = match empty {
                    true if asked.interview.subject.is_oneself() => {
                        "Paste it, or type it: 62 characters, from age1 on.".to_owned()
                    }
                    true => "Paste it: age1..., or an ssh-ed25519 line, or type a file's path."
                        .to_owned(),
                    false if text.starts_with("ssh-") => format!(
                        "An age key is made from it. On {whose}'s side sops-nix needs that SSH \
                         private key, or the age key made from it."
                    ),
                    false => String::new(),
                };
                let mut below = paint.within(8, y + 1, room, PROBLEM);
                below.prose(0, 0, room, Role::Muted, &words);
            }
        }
        y + 1 + PROBLEM
    }

    fn tick(&self, asked: &Asked, help: &str, promised: bool, paint: &mut Paint, y: u16) {
        let columns = paint.width();
        let sign = if promised { "[x] " } else { "[ ] " };
        let x = paint.text(4, y, Role::Text, sign);
        paint.cut(x, y, columns.saturating_sub(x), Role::Text, PROMISE);
        if self.part(asked) == Some(Part::Tick) {
            paint.text(2, y, Role::Text, "▸");
            paint.focus(0, y, columns);
        }
        let after = paint.prose(8, y + 1, columns.saturating_sub(9), Role::Muted, help);
        paint.hit(0, y, columns, after - y, Target::Row(1, 0));
    }
}

/// Where the key that would be used is, and whether the fleet knows it.
fn meant(asked: &Asked) -> Option<String> {
    let key = asked.keys_here().into_iter().find(|key| key.is_meant)?;
    Some(format!("{}, line {}; {}", key.place, key.line, key.standing()))
}

/// Whether no place holds a key or anything else.
fn nothing_there(asked: &Asked) -> bool {
    let context = asked.interview.context(&asked.scene);
    context.subject.is_oneself()
        && asked.keys_here().is_empty()
        && question::troubles(&context).is_empty()
}

/// The public half alone on its line, to be selected without anything beside it.
fn public_half(cx: &Cx, asked: &Asked, dense: bool, paint: &mut Paint, y: u16) -> u16 {
    let room = paint.width().saturating_sub(5);
    paint.text(2, y, Role::Text, "Its public half, which everybody may see:");
    let mut after = y + 1;
    match cx.public_key {
        Some(Ok(key)) => {
            // Broken only where the window is too narrow for it; never cut.
            let mut rest = key.as_str();
            while !rest.is_empty() {
                let fits = width(rest) <= usize::from(room);
                let line = if fits { rest } else { fitting(rest, usize::from(room).min(31)) };
                if line.is_empty() {
                    break;
                }
                paint.text(4, after, Role::Accent, line);
                rest = &rest[line.len()..];
                after += 1;
            }
        }
        Some(Err(problem)) => {
            let x = paint.text(4, after, Role::Bad, "✗") + 1;
            let why = sentence(&problem.what.replace('`', ""));
            paint.cut(x, after, room.saturating_sub(2), Role::Text, &why);
            after += 1;
        }
        None => after += 1,
    }
    if dense {
        return after;
    }
    let words = match asked.is_chosen(GENERATE) {
        true => "copy, QR code and save: off until the key is saved; then on the last screen",
        false => "c copies it, s saves it to a file, v shows it as a QR code",
    };
    paint.cut(4, after, room, Role::Muted, words);
    after + 2
}

/// Keys that were found beside the one that is meant.
fn others(asked: &Asked, paint: &mut Paint, y: u16) -> u16 {
    let others: Vec<_> = asked.keys_here().into_iter().filter(|key| !key.is_meant).collect();
    if others.is_empty() || !asked.is_chosen(FOUND) {
        return y;
    }
    let columns = paint.width();
    let title = match others.len() {
        1 => "Found as well, and left alone:".to_owned(),
        n => format!("{n} more were found, and are left alone:"),
    };
    paint.text(2, y, Role::Text, &title);
    let mut row = y + 1;
    for key in others.iter().take(3) {
        let place = format!("{}:{}", key.place, key.line);
        let (at, words) = (columns.saturating_sub(40), columns.saturating_sub(22));
        paint.path(4, row, at.saturating_sub(6), Role::Text, &place);
        paint.text(at, row, Role::Accent, &short(&key.recipient, paint.theme.ellipsis()));
        paint.cut(words, row, 21, Role::Muted, key.standing());
        row += 1;
    }
    row + 1
}

/// What is wrong with a place, and the way out of it.
fn troubles(asked: &Asked, paint: &mut Paint, y: u16) {
    let columns = paint.width();
    let mut row = y;
    for trouble in question::troubles(&asked.interview.context(&asked.scene)) {
        let x = paint.text(2, row, Role::Warn, "!") + 1;
        let room = columns.saturating_sub(x + 1);
        row = paint.prose(x, row, room, Role::Text, &trouble.what);
        row = paint.prose(x, row, room, Role::Muted, &trouble.way_out);
        if let Some(command) = &trouble.command {
            paint.cut(x, row, room, Role::Accent, command);
            row += 1;
        }
    }
}
