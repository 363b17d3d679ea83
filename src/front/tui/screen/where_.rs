//! Where: who puts the home in place, and on which machines. For oneself three ways, and the
//! machines below once others are wanted; for somebody else the machines, and below them what the
//! highlighted one is.

mod account;
mod details;
mod table;
mod ways;

#[cfg(test)]
mod tests;

use crate::front::interview::Station;
use crate::front::tui::frame::Size;
use crate::front::tui::key::{Key, Press};
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::pane::{view_help, with_help};
use crate::front::tui::screen::{Button, Cx, Effect, Focus, Help, Input, Notice, Rows, Screen};
use crate::front::tui::search::{Search, Sought};
use crate::question::{AccountField, Ask, Choice, Reply, question};

use account::Draft;
use table::Table;
use ways::Ways;

/// The row that opens the list of machines.
const OTHER_MACHINES: &str = "other-machines";

/// Where in it the person is.
#[derive(Debug, Clone)]
pub(crate) struct Where {
    focus: Focus,
    way: Rows,
    machine: Rows,
    /// The clan tag that is looked at in the row below the machines.
    tag: Rows,
    /// What is typed for the account on a machine.
    drafts: Vec<Draft>,
    /// Whether other machines are being chosen: one that is left of several is still a choice.
    others: bool,
    search: Search,
}

impl Default for Where {
    fn default() -> Self {
        Self {
            focus: Focus::Button(0),
            way: Rows::default(),
            machine: Rows::default(),
            tag: Rows::default(),
            drafts: Vec::new(),
            others: false,
            search: Search::default(),
        }
    }
}

/// What Tab goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The ways, one below the other.
    Ways,
    Machines,
    /// The ways in one row, below the machines.
    Home,
    /// Makes every account like that on the highlighted machine.
    Same,
    /// What can be written of the account there.
    Field(AccountField),
}

impl Where {
    fn parts_of(&self, cx: &Cx) -> Vec<Part> {
        let table = self.machines(cx).is_some();
        match (is_oneself(cx), table) {
            (true, true) => vec![Part::Ways, Part::Machines],
            (true, false) => vec![Part::Ways],
            (false, true) => self.parts_of_somebody(cx),
            (false, false) => vec![Part::Home],
        }
    }

    fn part(&self, cx: &Cx) -> Option<Part> {
        match self.focus {
            Focus::Part(at) => self.parts_of(cx).get(at).copied(),
            Focus::Button(_) => None,
        }
    }

    fn to(&mut self, cx: &Cx, part: Part) {
        if let Some(at) = self.parts_of(cx).iter().position(|other| *other == part) {
            self.focus = Focus::Part(at);
        }
    }

    /// The machines to choose among, where there is something to choose.
    fn machines(&self, cx: &Cx) -> Option<Vec<Choice>> {
        let (scene, interview) = cx.asked()?;
        if is_oneself(cx) && !self.others {
            return None;
        }
        match interview.ask(&scene, "hosts")? {
            Ask::PickMany { options, .. } => Some(options),
            _ => None,
        }
    }

    /// The way that stands: what was chosen, else what is suggested.
    fn chosen_way(&self, cx: &Cx, ways: &[Choice]) -> usize {
        let other = ways.iter().position(|way| way.id == OTHER_MACHINES);
        match (self.others, other) {
            (true, Some(other)) => other,
            _ => standing_way(cx).unwrap_or_default(),
        }
    }

    fn choose_way(&mut self, cx: &Cx, at: usize) -> Vec<Effect> {
        let Some(ways) = ways(cx) else { return Vec::new() };
        let Some(way) = ways.options.get(at) else { return Vec::new() };
        if let Some(why) = &way.off {
            return vec![Effect::Say(Notice::plain(super::sentence(why)))];
        }
        self.others = way.id == OTHER_MACHINES;
        vec![Effect::Answer("mode", Reply::Picked(at))]
    }

    fn tick(&mut self, cx: &Cx, at: usize) -> Vec<Effect> {
        let Some(machines) = self.machines(cx) else { return Vec::new() };
        let Some(machine) = machines.get(at) else { return Vec::new() };
        if let Some(why) = &machine.off {
            return vec![Effect::Say(Notice::plain(super::sentence(why)))];
        }
        let ticked = |(index, machine): (usize, &Choice)| machine.chosen != (index == at);
        let chosen: Vec<usize> = machines
            .iter()
            .enumerate()
            .filter(|row| ticked(*row))
            .map(|(index, _)| index)
            .collect();
        let only = |index: &[usize]| match index {
            [one] => machines.get(*one).map(|machine| machine.id.as_str()),
            _ => None,
        };
        let start = match is_oneself(cx) {
            // This machine alone is where choosing begins, and so is nothing for somebody else.
            true => only(&chosen) == Some(cx.host.name.as_str()),
            false => chosen.is_empty(),
        };
        match start {
            true => vec![Effect::Forget("hosts")],
            false => vec![Effect::Answer("hosts", Reply::Many(chosen))],
        }
    }

    fn needs(&self, cx: &Cx) -> bool {
        let Some((scene, interview)) = cx.asked() else { return false };
        !interview.needs(&scene, Station::Where).is_empty()
    }

    /// After the last row comes what is below the list.
    fn below(&mut self, cx: &Cx) {
        let next = self.focus_at() + 1;
        self.focus =
            if next < self.parts_of(cx).len() { Focus::Part(next) } else { Focus::Button(0) };
    }

    fn focus_at(&self) -> usize {
        match self.focus {
            Focus::Part(at) => at,
            Focus::Button(_) => 0,
        }
    }

    fn ways_key(&mut self, cx: &Cx, press: Press) -> Vec<Effect> {
        let count = ways(cx).map_or(0, |ways| ways.options.len());
        match press {
            Press::Space => self.choose_way(cx, self.way.at),
            Press::Enter => {
                let effects = self.choose_way(cx, self.way.at);
                if effects.iter().any(|effect| matches!(effect, Effect::Answer(..))) {
                    self.focus = if self.others { Focus::Part(1) } else { Focus::Button(0) };
                }
                effects
            }
            Press::Down if self.way.at + 1 >= count => {
                self.below(cx);
                Vec::new()
            }
            press => {
                self.way.key(press, count, count);
                Vec::new()
            }
        }
    }

    fn machines_key(&mut self, cx: &Cx, press: Press) -> Vec<Effect> {
        let machines = self.machines(cx).map_or(0, |machines| machines.len());
        let count = machines + usize::from(!self.tags(cx).is_empty());
        let on_tags = self.machine.at >= machines;
        match press {
            Press::Space | Press::Enter if on_tags => self.take_tag(cx),
            Press::Left | Press::Right if on_tags => {
                let step = if press == Press::Left { Press::Up } else { Press::Down };
                self.tag.key(step, self.tags(cx).len(), 1);
                Vec::new()
            }
            Press::Space | Press::Enter => self.tick(cx, self.machine.at),
            Press::Down if self.machine.at + 1 >= count => {
                self.below(cx);
                Vec::new()
            }
            Press::Up if self.machine.at == 0 => {
                self.to(cx, Part::Ways);
                Vec::new()
            }
            press => {
                self.machine.key(press, count, Table::room(cx));
                Vec::new()
            }
        }
    }

    fn click(&mut self, cx: &Cx, row: usize, again: bool) -> Vec<Effect> {
        match self.part(cx) {
            Some(Part::Ways) => {
                let same = again && self.way.at == row;
                self.way.at = row;
                if same { self.choose_way(cx, row) } else { Vec::new() }
            }
            Some(Part::Machines) => {
                let same = again && self.machine.at == row;
                self.machine.at = row;
                match same {
                    true if self.on_tags(cx) => self.take_tag(cx),
                    true => self.tick(cx, row),
                    false => Vec::new(),
                }
            }
            Some(Part::Home) if again => self.choose_home(cx, row),
            Some(Part::Same) if again => self.same_for_all(cx),
            _ => Vec::new(),
        }
    }
}

fn is_oneself(cx: &Cx) -> bool {
    cx.interview.is_none_or(|interview| interview.subject.is_oneself())
}

/// The ways as they are put to somebody who has not chosen yet.
fn ways(cx: &Cx) -> Option<Ways> {
    let (scene, interview) = cx.asked()?;
    let asked = question("mode")?;
    let open = interview.answers.clone().without("mode");
    let context = interview.context(&scene);
    match asked.ask(&context.with(&open)) {
        Ask::Pick { label, help, options, suggested, .. } => Some(Ways {
            label,
            help,
            lead: asked.lead(&context),
            options,
            suggested: suggested.as_ref().map(|suggested| suggested.value),
            reason: suggested.map(|suggested| suggested.from).unwrap_or_default(),
        }),
        _ => None,
    }
}

fn standing_way(cx: &Cx) -> Option<usize> {
    let (scene, interview) = cx.asked()?;
    match interview.ask(&scene, "mode")? {
        Ask::Pick { suggested, .. } => suggested.map(|suggested| suggested.value),
        _ => None,
    }
}

/// The question about the machines.
fn label_of_machines(cx: &Cx) -> Option<(String, String)> {
    let (scene, interview) = cx.asked()?;
    match interview.ask(&scene, "hosts")? {
        Ask::PickMany { label, help, .. } => Some((label, help)),
        _ => None,
    }
}

impl Screen for Where {
    fn heading(&self, cx: &Cx) -> String {
        let of_ways = || ways(cx).map(|ways| ways.label);
        let of_machines = || label_of_machines(cx).map(|(label, _)| label);
        let label = if is_oneself(cx) { of_ways() } else { of_machines().or_else(of_ways) };
        label.unwrap_or_default()
    }

    fn aside(&self, cx: &Cx) -> String {
        let Some(machines) = self.machines(cx) else { return String::new() };
        let chosen = machines.iter().filter(|machine| machine.chosen).count();
        format!("{chosen} of {} chosen", machines.len())
    }

    fn parts(&self, cx: &Cx) -> usize {
        self.parts_of(cx).len()
    }

    fn buttons(&self, cx: &Cx) -> Vec<Button> {
        let machine = self.needs(cx).then(|| "First: choose at least one machine".to_owned());
        let first = machine.or_else(|| self.wrong(cx).map(|(what, _)| format!("First: {what}")));
        vec![
            Button::new("continue", "Continue").off(first.clone()),
            Button::new("rest", "Use suggestions for the rest").off(first),
        ]
    }

    fn keys(&self, cx: &Cx) -> Vec<Key> {
        let part = self.part(cx);
        let table = self.machines(cx).is_some();
        let mut keys = vec![match part {
            None if self.focus == Focus::Button(0) => {
                Key::new("Enter", "continue", "press the button")
            }
            None => Key::new("Enter", "press", "press the button"),
            Some(Part::Ways) => Key::new("Enter", "choose, go on", "choose it and go on"),
            Some(Part::Machines) if self.on_tags(cx) => {
                Key::new("Space", "tick all of it", "tick every machine with the tag")
            }
            Some(Part::Machines) => Key::new("Space", "tick", "tick the machine, or untick it"),
            Some(Part::Home) => Key::new("Left/Right", "choose", "the other way"),
            Some(Part::Same) => Key::new("Enter", "the same for all", "make all accounts alike"),
            Some(Part::Field(_)) => Key::new("Enter", "next", "to the next field"),
        }];
        if self.on_tags(cx) {
            keys.push(Key::new("Left/Right", "another tag", "the tag before, or the next"));
        }
        keys.push(match (part, table) {
            (Some(Part::Ways), _) => Key::new("Space", "choose", "choose it and stay"),
            (None, false) => Key::new("Up", "choose another way", "to the ways"),
            (None, true) => Key::new("Up", "choose", "to what is above the buttons"),
            (Some(Part::Machines), _) if !is_oneself(cx) => {
                Key::new("Tab", "details", "to the details of the machine")
            }
            (Some(Part::Home | Part::Same | Part::Field(_)), _) => {
                Key::new("Tab", "next", "to the next detail, then the buttons")
            }
            _ => Key::new("Tab", "buttons", "to the buttons"),
        });
        if table && !matches!(part, Some(Part::Field(_))) {
            keys.extend(self.search.keys(None));
        }
        keys.push(Key::new("Esc", "back", "one screen back"));
        keys
    }

    fn notice(&self, cx: &Cx) -> Option<Notice> {
        let names = self.names(cx);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        if let Some(notice) = self.search.notice(&names) {
            return Some(notice);
        }
        if let Some(doubt) = cx.interview.and_then(|interview| interview.doubt(Station::Where)) {
            return Some(Notice::left(doubt));
        }
        if let Some((what, why)) = self.wrong(cx) {
            let here = matches!(self.part(cx), Some(Part::Field(_)));
            return Some(Notice::bad(if here { why } else { format!("{what}: {why}") }));
        }
        if let Some(Part::Field(field)) = self.part(cx) {
            return Some(Notice::plain(field.help()));
        }
        self.needs(cx).then(|| Notice::left("1 thing left here: choose at least one machine"))
    }

    fn help(&self, cx: &Cx) -> Help {
        if let Some(help) = self.account_help(cx) {
            return help;
        }
        let ways = ways(cx);
        let machines = label_of_machines(cx).filter(|_| self.part(cx) == Some(Part::Machines));
        Help {
            title: "Where".to_owned(),
            what: match (machines, &ways) {
                (Some((_, help)), _) => help,
                (None, Some(ways)) => ways.help.clone(),
                (None, None) => String::new(),
            },
            why: ways.map(|ways| ways.reason).unwrap_or_default(),
            by_hand: Vec::new(),
        }
    }

    fn focus(&self) -> Focus {
        self.focus
    }

    fn set_focus(&mut self, cx: &Cx, focus: Focus) {
        self.search.rest();
        self.focus = focus;
        // The cursor stands on what is chosen when one comes to the ways.
        if let (Some(Part::Ways), Some(ways)) = (self.part(cx), ways(cx)) {
            self.way.at = self.chosen_way(cx, &ways.options);
        }
        self.open_draft(cx);
    }

    fn typing(&self, cx: &Cx) -> bool {
        match self.part(cx) {
            Some(Part::Field(_)) => true,
            part => self.search.is_typing() && part == Some(Part::Machines),
        }
    }

    fn arrive(&mut self, cx: &Cx) {
        self.search.close();
        self.drafts.clear();
        let Some(ways) = ways(cx) else { return };
        let standing = standing_way(cx).and_then(|at| ways.options.get(at));
        self.others |= standing.is_some_and(|way| way.id == OTHER_MACHINES);
        self.way.at = self.chosen_way(cx, &ways.options);
        match self.needs(cx) {
            true => self.to(cx, Part::Machines),
            false => self.focus = Focus::Button(0),
        }
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        match input {
            Input::Pressed("continue") => vec![Effect::Continue],
            Input::Pressed("rest") => vec![Effect::Rest],
            // Staying is an effect too: Esc went to the search.
            Input::Key(Press::Esc, _) if self.search.close() => vec![Effect::Focus(self.focus)],
            Input::Key(Press::Esc, _) => Vec::new(),
            Input::Key(press, key) if matches!(self.part(cx), Some(Part::Field(_))) => {
                self.field_key(cx, press, key)
            }
            Input::Paste(text) if matches!(self.part(cx), Some(Part::Field(_))) => {
                self.field_paste(cx, &text)
            }
            Input::Key(press, key) => {
                if matches!(press, Press::Letter('/' | 'n' | 'N')) && !self.search.is_typing() {
                    self.to(cx, Part::Machines);
                }
                if self.part(cx) == Some(Part::Machines) {
                    let names = self.names(cx);
                    let rows = || names.iter().map(String::as_str).collect();
                    match self.search.key(press, key, self.machine.at, rows) {
                        Sought::To(row) => self.machine.at = row,
                        Sought::Taken => {}
                        Sought::Not => return self.machines_key(cx, press),
                    }
                    return Vec::new();
                }
                match self.part(cx) {
                    Some(Part::Ways) => self.ways_key(cx, press),
                    Some(Part::Home) => self.home_key(cx, press),
                    Some(Part::Same) => self.same_key(cx, press),
                    _ => Vec::new(),
                }
            }
            Input::Paste(text) => {
                let names = self.names(cx);
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                match self.search.paste(&text, &names) {
                    Ok(Sought::To(row)) => self.machine.at = row,
                    Ok(_) => {}
                    Err(why) => return vec![Effect::Say(Notice::plain(why))],
                }
                Vec::new()
            }
            Input::Click { target: Target::Row(_, row), again } => self.click(cx, row, again),
            Input::Wheel { target: Target::Row(_, _) | Target::Part(_), rows } => {
                let count = self.machines(cx).map_or(0, |machines| machines.len())
                    + usize::from(!self.tags(cx).is_empty());
                let by = if rows > 0 { Press::Down } else { Press::Up };
                for _ in 0..rows.unsigned_abs() {
                    self.machine.key(by, count, 1);
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        let (main, help) = with_help(cx.body(), cx.size);
        if let Some(area) = help {
            view_help(paint, area, &self.help(cx));
        }
        let Some(ways) = ways(cx) else { return };
        let mut paint = paint.within(main.x, main.y, main.width, main.height);
        let machines = self.machines(cx);
        match (is_oneself(cx), &machines) {
            (true, None) => {
                self.view_ways(cx, &ways, &mut paint);
            }
            (true, Some(machines)) => {
                let from = self.view_brief_ways(cx, &ways, &mut paint);
                let rows = paint.height().saturating_sub(from);
                self.view_table(cx, machines, 1, (from, rows), &mut paint);
            }
            (false, _) => self.view_somebody(cx, machines.as_deref(), &mut paint),
        }
    }
}

impl Where {
    fn names(&self, cx: &Cx) -> Vec<String> {
        self.machines(cx).into_iter().flatten().map(|machine| machine.label).collect()
    }

    /// The machines, and below them what the highlighted one is. Where there is room for one of
    /// them only, Tab turns to the other.
    fn view_somebody(&self, cx: &Cx, machines: Option<&[Choice]>, paint: &mut Paint) {
        let (rows, details) = (paint.height(), table::DETAILS);
        let Some(machines) = machines else { return };
        let lower = !matches!(self.part(cx), Some(Part::Machines) | None);
        if cx.size > Size::Small {
            let room = rows.saturating_sub(1 + details);
            let end = self.view_table(cx, machines, 0, (1, room), paint);
            self.view_details(cx, machines, end, paint);
        } else if lower {
            self.view_details(cx, machines, 1, paint);
        } else {
            self.view_table(cx, machines, 0, (1, rows.saturating_sub(1)), paint);
        }
    }
}
