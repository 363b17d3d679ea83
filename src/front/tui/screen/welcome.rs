//! Welcome: which machine, which fleet, how far the person is, and the doors.

#[cfg(test)]
mod tests;

use crate::front::tui::key::{Key, Press};
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::screen::{Button, Cx, Effect, Focus, Help, Input, Notice, Rows, Screen};
use crate::front::tui::theme::Role;
use crate::front::world::{Unfinished, Which, World};
use crate::host::Os;
use crate::question::Subject;

/// The list has the focus, or Leave.
#[derive(Debug, Clone, Default)]
pub(crate) struct Welcome {
    rows: Rows,
    on_leave: bool,
}

/// One row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    GoOn,
    Undo,
    SetUp,
    AddSomebody,
    Wrong,
    Practice,
}

impl Row {
    fn all(cx: &Cx) -> Vec<Self> {
        let unfinished = unfinished(cx).is_some();
        let runs = [Self::GoOn, Self::Undo].into_iter().filter(|_| unfinished);
        runs.chain([Self::SetUp, Self::AddSomebody, Self::Wrong, Self::Practice]).collect()
    }

    fn key(self) -> char {
        match self {
            Self::GoOn => 'r',
            Self::Undo => 'u',
            Self::SetUp => '1',
            Self::AddSomebody => '2',
            Self::Wrong => '3',
            Self::Practice => 'p',
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::GoOn => "Go on where you stopped",
            Self::Undo => "Undo what was done",
            Self::SetUp => "Set up my home",
            Self::AddSomebody => "Add somebody",
            Self::Wrong => "Something is wrong",
            Self::Practice => "Practice",
        }
    }

    /// Why it cannot be chosen.
    fn off(self, cx: &Cx) -> Option<&'static str> {
        let practice = cx.world.is_some_and(|world| world.practice);
        match self {
            Self::SetUp | Self::AddSomebody if unfinished(cx).is_some() => {
                Some("First go on with the run above, or undo it.")
            }
            Self::Practice if practice => Some("You are practising."),
            _ => None,
        }
    }

    fn detail(self, cx: &Cx) -> String {
        let kind = kind(cx);
        match (self, unfinished(cx)) {
            (Self::GoOn, Some(run)) => {
                let own = cx.world.is_some_and(|world| world.person() == run.user);
                let what = match own {
                    true => "Set up my home".to_owned(),
                    false => format!("Add somebody: {}", run.user),
                };
                format!("{what}, {} of {} steps done", run.done, run.steps)
            }
            (Self::Undo, Some(run)) => {
                let steps = if run.done == 1 { "step" } else { "steps" };
                format!("Takes the {} {steps} back, byte for byte", run.done)
            }
            (Self::SetUp, Some(_)) => "First go on with the run above, or undo it".into(),
            (Self::SetUp, None) => format!("Tools, settings and secrets on this {kind}"),
            (Self::AddSomebody, _) => "Give a person a home on one or more machines".into(),
            (Self::Wrong, _) => "Find the cause, and mend what is safe to mend".into(),
            (Self::Practice, _) if self.off(cx).is_some() => "You are practising".into(),
            _ => "The same on a pretend fleet; yours stays as is".into(),
        }
    }

    /// Two more lines below the row that has the focus.
    fn more(self, cx: &Cx) -> Option<String> {
        match (self, unfinished(cx)) {
            (Self::GoOn, Some(run)) => {
                let at = run.at.as_deref().map(|at| format!(" in \"{at}\"")).unwrap_or_default();
                Some(format!("Begun {}, stopped{at}. Nothing is half written.", when(&run.started)))
            }
            (Self::SetUp, None) if cx.world.is_some_and(|world| world.read_only.is_some()) => Some(
                "Nothing can be written here, so it ends with a runbook: every change and command, \
                 for somebody who may."
                    .into(),
            ),
            (Self::SetUp, None) if cx.world.is_some_and(|w| w.fleet.layout.id.is_none()) => Some(
                "Possible here: your key and .sops.yaml. The rest by hand, with the lines shown."
                    .into(),
            ),
            (Self::SetUp, None) => Some(
                "A few questions, then you see every change before it is made, then a wait while \
                 things are fetched. You can stop and go on at any time."
                    .into(),
            ),
            _ => None,
        }
    }
}

fn unfinished<'a>(cx: &Cx<'a>) -> Option<&'a Unfinished> {
    cx.world?.unfinished.as_ref()
}

fn kind(cx: &Cx) -> &'static str {
    match cx.host.os {
        Os::Darwin => "Mac",
        Os::Linux => "machine",
    }
}

/// `2026-11-20T10:19:15Z` as `2026-11-20 at 10:19 UTC`.
fn when(utc: &str) -> String {
    match (utc.get(..10), utc.get(11..16)) {
        (Some(day), Some(time)) => format!("{day} at {time} UTC"),
        _ => utc.to_owned(),
    }
}

impl Welcome {
    fn row(&self, cx: &Cx) -> Option<Row> {
        Row::all(cx).get(self.rows.at).copied()
    }

    fn choose(&self, cx: &Cx, row: Row) -> Vec<Effect> {
        if let Some(why) = row.off(cx) {
            return vec![Effect::Say(Notice::plain(why))];
        }
        let Some(world) = cx.world else { return Vec::new() };
        let subject = match &world.as_user {
            Some(name) => Subject::As(name.clone()),
            None => Subject::Account,
        };
        match (row, unfinished(cx)) {
            (Row::GoOn, Some(run)) => vec![Effect::Resume(run.receipt.clone())],
            (Row::Undo, Some(run)) => vec![Effect::Undo(run.receipt.clone())],
            (Row::SetUp, _) => vec![Effect::Begin { subject }],
            (Row::AddSomebody, _) => vec![Effect::Begin { subject: Subject::Somebody(None) }],
            (Row::Wrong, _) => vec![Effect::Wrong],
            (Row::Practice, _) => vec![Effect::Open(Which::Practice { afresh: false })],
            _ => Vec::new(),
        }
    }
}

impl Screen for Welcome {
    fn heading(&self, _cx: &Cx) -> String {
        String::new()
    }

    fn parts(&self, _cx: &Cx) -> usize {
        1
    }

    fn buttons(&self, _cx: &Cx) -> Vec<Button> {
        vec![Button::new("leave", "Leave")]
    }

    fn keys(&self, cx: &Cx) -> Vec<Key> {
        let off = |row: Row| row.off(cx);
        let mut keys = vec![
            Key::new("Enter", "choose", "choose the row"),
            Key::new("arrows", "move", "move in the list"),
        ];
        if unfinished(cx).is_some() {
            keys.push(Key::quiet("r", "go on where you stopped"));
            keys.push(Key::quiet("u", "undo what was done"));
            keys.push(Key::new("Tab", "buttons", "to the buttons"));
        } else {
            keys.push(Key::new(
                "1 2 3",
                "choose",
                "set up my home, add somebody, something is wrong",
            ));
        }
        keys.push(Key::quiet("1", "set up my home").off(off(Row::SetUp)));
        keys.push(Key::quiet("2", "add somebody").off(off(Row::AddSomebody)));
        keys.push(Key::quiet("3", "something is wrong: findings, logs, who can read what"));
        keys.push(Key::quiet("p", "practice").off(off(Row::Practice)));
        keys.push(Key::new("q", "leave", "leave doorstep"));
        keys
    }

    fn notice(&self, cx: &Cx) -> Option<Notice> {
        cx.world?.notices.first().map(|notice| Notice::plain(super::sentence(notice)))
    }

    fn help(&self, _cx: &Cx) -> Help {
        Help {
            title: "Welcome".into(),
            what: "A fleet is one git repository that holds the shared setup of several machines \
                   and of the people on them. Your home is your part of it: tools, settings and \
                   secrets."
                .into(),
            why: "Set up my home is for yourself, on this machine. Add somebody prepares the \
                  fleet for another person. Something is wrong finds causes, says how it knows, \
                  and mends what is safe to mend. Practice is the same journey on a pretend \
                  fleet, where nothing can go wrong."
                .into(),
            by_hand: Vec::new(),
        }
    }

    fn focus(&self) -> Focus {
        if self.on_leave { Focus::Button(0) } else { Focus::Part(0) }
    }

    fn set_focus(&mut self, _cx: &Cx, focus: Focus) {
        self.on_leave = matches!(focus, Focus::Button(_));
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        let rows = Row::all(cx);
        match input {
            Input::Key(Press::Letter('q'), _) | Input::Pressed("leave") => vec![Effect::Leave],
            Input::Key(Press::Letter(letter), _) => {
                let row = rows.iter().find(|row| row.key() == letter);
                row.map(|row| self.choose(cx, *row)).unwrap_or_default()
            }
            Input::Key(Press::Enter | Press::Space, _) => {
                self.row(cx).map(|row| self.choose(cx, row)).unwrap_or_default()
            }
            Input::Key(Press::Down, _) if self.rows.at + 1 == rows.len() => {
                self.on_leave = true;
                Vec::new()
            }
            Input::Key(press, _) => {
                self.rows.key(press, rows.len(), rows.len());
                Vec::new()
            }
            Input::Click { target: Target::Row(_, at), again } => {
                let asks = self.rows.click(at, again);
                let row = rows.get(at).filter(|_| asks);
                row.map(|row| self.choose(cx, *row)).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        let Some(world) = cx.world else { return };
        let mut y = facts(cx, world, paint);
        let dense = paint.height() < 14;
        let gap = u16::from(!dense);
        y = paint.prose(2, y + gap, 76, Role::Heading, "What would you like to do?") + gap;
        for (index, row) in Row::all(cx).into_iter().enumerate() {
            let focused = index == self.rows.at && !self.on_leave;
            let off = row.off(cx).is_some();
            let top = y;
            let role = if off { Role::Muted } else { Role::Text };
            paint.text(3, y, role, &row.key().to_string());
            paint.text(7, y, role, row.label());
            let room = paint.width().saturating_sub(34);
            paint.cut(33, y, room, if off { Role::Muted } else { Role::Text }, &row.detail(cx));
            if focused {
                paint.text(1, y, Role::Text, "▸");
                paint.focus(0, y, paint.width());
            }
            y += 1;
            // A low window has room for the words of one row.
            let shown = !dense || index == self.rows.at;
            if let Some(more) = row.more(cx).filter(|_| shown) {
                y = paint.prose(7, y, paint.width().saturating_sub(8), Role::Muted, &more);
            }
            paint.hit(0, top, paint.width(), y - top, Target::Row(0, index));
            if row == Row::Undo && !dense {
                y += 1;
            }
        }
    }
}

/// What is so, from files alone. Gives the row after.
fn facts(cx: &Cx, world: &World, paint: &mut Paint) -> u16 {
    let room = paint.width().saturating_sub(16);
    let narrow = paint.height() < 16;
    paint.text(2, 0, Role::Text, &format!("This {}", kind(cx)));
    paint.cut(15, 0, room, Role::Text, &machine(cx, world));
    paint.text(2, 1, Role::Text, "Your fleet");
    paint.cut(15, 1, room, Role::Text, &fleet(world));
    let mut y = 2;
    if let (Some(branch), false) = (&world.branch, narrow) {
        paint.cut(15, y, room, Role::Muted, &format!("branch {branch}"));
        y += 1;
    }
    paint.text(2, y, Role::Text, "Your home");
    paint.cut(15, y, room, Role::Text, home(world));
    y += 1;
    if !narrow {
        paint.cut(15, y, room, Role::Muted, &standing(world));
        y += 1;
    }
    y
}

fn machine(cx: &Cx, world: &World) -> String {
    let name = &cx.host.name;
    let Some(machine) = world.fleet.machine(name) else {
        return format!("{name}. It is not one of the fleet's machines.");
    };
    let own = machine.admin.as_deref() == Some(world.person());
    match &machine.admin {
        _ if cx.host.is_admin() || own => format!("{name}. You are its administrator."),
        Some(admin) => {
            format!("{name}. {admin} looks after it; you are not its administrator.")
        }
        None => format!("{name}. You are not its administrator."),
    }
}

fn fleet(world: &World) -> String {
    let people = world.fleet.people().count();
    let count = |n: usize, one: &str, many: &str| match n {
        1 => format!("1 {one}"),
        n => format!("{n} {many}"),
    };
    format!(
        "{}, the shared setup of {} and {}",
        world.folder,
        count(world.fleet.machines.len(), "machine", "machines"),
        count(people, "person", "people"),
    )
}

fn home(world: &World) -> &'static str {
    let standing = &world.standing;
    if standing.generation.is_some() {
        "set up and active"
    } else if standing.module {
        "prepared, not active yet"
    } else {
        "not set up yet"
    }
}

fn standing(world: &World) -> String {
    let standing = &world.standing;
    let yes = |is: bool| if is { "yes" } else { "no" };
    let generation = standing.generation.map_or("none".to_owned(), |number| number.to_string());
    format!(
        "key {}, secrets file {}, module {}, generation {generation}",
        yes(standing.key),
        yes(standing.secrets_file),
        yes(standing.module)
    )
}
