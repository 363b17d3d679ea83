//! Review: every step before it happens, with its reason, what it changes, and how the same is
//! done by hand; below them what was taken without a look, and what the plan leaves alone.
//!
//! A plan is made ready once, when it comes; drawing only picks the lines that are seen.

mod branch;
pub(super) mod made;
mod view;

use std::borrow::Cow;

use ratatui::crossterm::event::KeyEvent;

use crate::front::interview::Station;
use crate::front::preview::Preview;
use crate::front::runbook::Runbook;
use crate::front::sanitise;
use crate::front::tui::code::Text;
use crate::front::tui::field::Field;
use crate::front::tui::frame::Size;
use crate::front::tui::key::{Key, Press};
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::pane::Scroll;
use crate::front::tui::screen::{
    Button, Cx, Effect, Focus, Help, Input, Notice, Planned, Rows, Screen, sentence,
};
use crate::front::tui::search::{Search, Sought};
use crate::front::tui::theme::Role;
use crate::host::Os;
use crate::plan::{Change, Needs, Step};

use made::{Item, Made, Sheet};
use view::Layout;

/// The list has the focus, or the pane beside it, or a button.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum On {
    #[default]
    List,
    Pane,
    Button(usize),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Review {
    /// The plan, made ready.
    made: Option<Made>,
    rows: Rows,
    on: On,
    /// Whether the pane is the part that is seen where there is room for one.
    pane: bool,
    /// How it is done by hand, instead of what changes.
    by_hand: bool,
    /// The pane over the whole body.
    full: bool,
    wrap: bool,
    /// What is typed for the name of the branch.
    naming: Option<Field>,
    scroll: Scroll,
    search: Search,
    /// The line that the search found last.
    hit: usize,
}

impl Review {
    /// What was made ready, if it still is of this plan.
    fn made<'a>(&'a self, cx: &Cx) -> Option<Cow<'a, Made>> {
        let planned = cx.planned?;
        Some(match &self.made {
            Some(made) if made.is_of(cx, planned) => Cow::Borrowed(made),
            _ => Cow::Owned(Made::new(cx, planned)),
        })
    }

    /// Makes a new plan ready; the row that was looked at stays the one.
    fn refresh(&mut self, cx: &Cx) {
        let Some(planned) = cx.planned else {
            self.made = None;
            return;
        };
        if self.made.as_ref().is_some_and(|made| made.is_of(cx, planned)) {
            return;
        }
        let old = self.made.take();
        let new = Made::new(cx, planned);
        let was = old.as_ref().and_then(|old| old.items.get(self.rows.at));
        let same = was.and_then(|was| new.items.iter().position(|item| item == was));
        if same.is_none() {
            self.leave_sheet();
        }
        self.rows.at = same.unwrap_or(self.rows.at).min(new.items.len().saturating_sub(1));
        self.made = Some(new);
    }

    /// What belongs to one sheet does not belong to the next.
    fn leave_sheet(&mut self) {
        self.scroll = Scroll::default();
        self.search.close();
        self.hit = 0;
    }

    fn select(&mut self, at: usize) {
        if self.rows.at != at {
            self.rows.at = at;
            self.leave_sheet();
        }
    }

    fn turn(&mut self) {
        let turns = self.sheet().is_some_and(|sheet| sheet.by_hand.is_some());
        if turns {
            self.by_hand = !self.by_hand;
            self.leave_sheet();
        }
    }

    fn sheet(&self) -> Option<&Sheet> {
        self.made.as_ref()?.sheets.get(self.rows.at)
    }

    /// What the pane shows.
    fn text(&self) -> Option<&Text> {
        self.sheet().map(|sheet| sheet.text(self.by_hand))
    }

    /// Rows for scrolling: as many as let the last line be just seen, and how many are seen.
    fn extent(&self, cx: &Cx) -> (usize, usize) {
        let place = Layout::of(cx, self).text;
        let room = usize::from(place.height.max(1));
        let last =
            self.text().map_or(0, |text| text.last_top(place.width, place.height, self.wrap));
        (last + room, room)
    }

    fn scroll_key(&mut self, cx: &Cx, press: Press) {
        let (count, room) = self.extent(cx);
        self.scroll.key(press, count, room);
    }

    /// Does a key of the search; `false`: it was not for it.
    fn search_key(&mut self, cx: &Cx, press: Press, key: KeyEvent) -> bool {
        let was_open = self.search.is_open();
        let (count, room) = self.extent(cx);
        let from = if was_open { self.hit } else { self.scroll.first(count, room) };
        let Self { search, made, rows, by_hand, .. } = self;
        let sheet = made.as_ref().and_then(|made| made.sheets.get(rows.at));
        let lines = || sheet.map(|sheet| sheet.text(*by_hand).plain()).unwrap_or_default();
        let sought = search.key(press, key, from, lines);
        self.follow(sought, (count, room));
        if !was_open && self.search.is_open() {
            self.hit = from;
            self.on = On::Pane;
            self.pane = true;
        }
        sought != Sought::Not
    }

    fn follow(&mut self, sought: Sought, (count, room): (usize, usize)) {
        if let Sought::To(line) = sought {
            self.hit = line;
            self.scroll.show(line, count, room);
        }
    }

    fn key(&mut self, cx: &Cx, press: Press) -> Vec<Effect> {
        let count = self.made.as_ref().map_or(0, |made| made.items.len());
        if let (Press::Enter | Press::Space, Some(id), false) =
            (press, self.decision(), matches!(self.on, On::Button(_)))
        {
            return self.decide(cx, id);
        }
        match press {
            Press::Enter | Press::Space if self.on == On::List && self.on_branch() => {
                self.name_branch(cx);
            }
            Press::Letter('a') => return vec![Effect::Apply],
            Press::Letter('b') => {
                return self.station().map(Effect::Change).into_iter().collect();
            }
            Press::Letter('c') => return self.copy(cx).into_iter().collect(),
            Press::Letter('s') => return save(cx).into_iter().collect(),
            Press::Letter('q') => return vec![Effect::Leave],
            Press::Letter('w') => self.wrap = !self.wrap,
            Press::Left | Press::Right => self.turn(),
            Press::Enter if count > 0 => self.full = !self.full,
            _ if matches!(self.on, On::Button(_)) => {}
            _ if self.full || self.on == On::Pane => self.scroll_key(cx, press),
            _ => {
                let mut rows = self.rows;
                let page = usize::from(Layout::of(cx, self).list.height);
                if rows.key(press, count, page) {
                    self.select(rows.at);
                }
            }
        }
        Vec::new()
    }

    /// Closes the newest layer; nothing left to close: one screen back.
    fn esc(&mut self) -> Vec<Effect> {
        if self.search.close() || std::mem::take(&mut self.full) {
            return vec![Effect::Focus(self.focus())];
        }
        Vec::new()
    }

    /// The question that the row turns, if it is such a row.
    fn decision(&self) -> Option<&'static str> {
        match self.made.as_ref()?.items.get(self.rows.at)? {
            Item::Decision(id) => Some(id),
            _ => None,
        }
    }

    /// Turns to the next answer; the plan follows it.
    fn decide(&self, cx: &Cx, id: &'static str) -> Vec<Effect> {
        let turned = cx.asked().and_then(|(s, interview)| made::turned(&s, interview, id));
        match turned {
            Some(reply) => vec![Effect::Answer(id, reply), Effect::PlanAgain],
            None => Vec::new(),
        }
    }

    /// Where the row that is looked at is decided.
    fn station(&self) -> Option<Station> {
        self.sheet()?.station
    }

    fn copy(&self, cx: &Cx) -> Option<Effect> {
        let planned = cx.planned?;
        let text = self.text()?.plain().join("\n");
        let step = match self.made.as_ref()?.items.get(self.rows.at)? {
            Item::Step(id) => planned.plan.steps.iter().find(|step| step.id == *id),
            _ => None,
        };
        Some(match step {
            Some(step) if self.by_hand => Effect::Copy(step.by_hand.join("\n")),
            Some(step) => {
                let diff = diffs(cx, planned, step);
                let text = if diff.is_empty() { text } else { diff };
                Effect::Copy(text)
            }
            None => Effect::Copy(text),
        })
    }
}

/// A step's changes as unified diffs, secrets as one word.
fn diffs(cx: &Cx, planned: &Planned, step: &Step) -> String {
    let Some(world) = cx.world else { return String::new() };
    let preview = Preview {
        plan: &planned.plan,
        host: cx.host,
        fleet: &world.fleet.root,
        user: planned.username(),
    };
    let diffs: String = step.changes.iter().map(|change| preview.diff(change)).collect();
    diffs.lines().map(|line| format!("{}\n", sanitise(line))).collect()
}

fn save(cx: &Cx) -> Option<Effect> {
    let (world, planned) = (cx.world?, cx.planned?);
    let runbook = Runbook {
        plan: &planned.plan,
        host: cx.host,
        fleet: &world.fleet.root,
        user: planned.username(),
        practice: world.practice,
    };
    Some(Effect::Save { name: runbook.name(), text: runbook.markdown() })
}

/// Why nothing can be applied now.
fn no_apply(cx: &Cx) -> Option<String> {
    if let Some(why) = cx.world.and_then(|world| world.read_only.as_deref()) {
        return Some(format!("{} Save as a runbook instead (s).", sentence(why)));
    }
    match (cx.planned, cx.waiting) {
        (_, Some(waiting)) => Some(sentence(&waiting.words)),
        (None, None) => Some("There is no plan yet.".to_owned()),
        (Some(planned), None) if planned.plan.is_empty() => Some(NOTHING.to_owned()),
        _ => None,
    }
}

const NOTHING: &str = "Everything is already so. Nothing to apply.";

/// Why no answer can be changed for a step.
fn fixed(cx: &Cx) -> &'static str {
    match cx.planned.map(|planned| planned.errand.settled().is_some()) {
        Some(false) => "Nothing was asked for this step: it follows from the command.",
        _ => "This step follows from the fleet's layout, not from an answer.",
    }
}

/// Whether an earlier run has done a step.
fn is_done(planned: &Planned, step: &Step) -> bool {
    planned.done.contains(&step.title)
}

/// Titles of steps that an earlier run has done and that are no part of the plan any more.
fn earlier(planned: &Planned) -> impl Iterator<Item = &String> {
    let is_left = |title: &&String| planned.plan.steps.iter().any(|step| step.title == **title);
    planned.done.iter().filter(move |title| !is_left(title))
}

/// Steps that are still to be done.
fn left(planned: &Planned) -> usize {
    planned.plan.steps.iter().filter(|step| !is_done(planned, step)).count()
}

fn steps(count: usize) -> String {
    if count == 1 { "1 step".to_owned() } else { format!("{count} steps") }
}

/// What is known beforehand of how applying will go.
fn outlook(cx: &Cx, planned: &Planned) -> Option<Notice> {
    if !planned.changed.is_empty() {
        let files = match planned.changed.len() {
            1 => "1 file".to_owned(),
            n => format!("{n} files"),
        };
        return Some(Notice::plain(format!(
            "The fleet changed: {files}. The plan was made again; look at the rows with *."
        )));
    }
    let mut numbered = (earlier(planned).count() + 1..).zip(&planned.plan.steps);
    if let Some(warning) = planned.plan.remarks.iter().find(|remark| remark.warns) {
        return Some(Notice::left(warning.text.replace('`', "")));
    }
    let activates = |step: &Step| step.changes.iter().any(|c| matches!(c, Change::Activate(_)));
    let (number, _) = numbered.find(|(_, step)| activates(step) && !is_done(planned, step))?;
    let settled = planned.errand.settled();
    let secrets = settled.is_some_and(|settled| !settled.secrets().is_empty());
    let from_afar = cx.host.os == Os::Darwin && cx.host.var("SSH_CONNECTION").is_some();
    Some(Notice::plain(if secrets && from_afar {
        "You are connected over ssh: your secrets become readable only after a login on the screen."
            .to_owned()
    } else {
        format!("If a file of yours is in the way, doorstep stops and asks before step {number}.")
    }))
}

impl Screen for Review {
    fn heading(&self, cx: &Cx) -> String {
        let Some(planned) = cx.planned else { return "Review".to_owned() };
        let all = planned.plan.steps.len() + earlier(planned).count();
        let left = left(planned);
        if planned.plan.is_empty() {
            NOTHING.to_owned()
        } else if left < all {
            format!("Look it over, then go on. {} of {} are done.", all - left, steps(all))
        } else {
            "Look it over, then apply. Nothing has been changed yet.".to_owned()
        }
    }

    fn parts(&self, cx: &Cx) -> usize {
        match self.made(cx) {
            Some(made) if made.items.is_empty() => 0,
            Some(_) if self.full => 1,
            Some(_) => 2,
            None => 0,
        }
    }

    fn buttons(&self, cx: &Cx) -> Vec<Button> {
        match cx.planned {
            Some(planned) if planned.plan.is_empty() => vec![Button::new("leave", "Leave")],
            planned => {
                let count = planned.map_or(0, left);
                let label =
                    if count == 0 { "Apply".into() } else { format!("Apply {}", steps(count)) };
                let none = planned.is_none().then_some("There is no plan yet.");
                vec![
                    Button::new("apply", label).off(no_apply(cx)),
                    Button::new("save", "Save as a runbook").off(none),
                ]
            }
        }
    }

    fn keys(&self, cx: &Cx) -> Vec<Key> {
        if self.search.is_typing() {
            return vec![
                Key::new("Enter", "keep", "stop typing, keep what was found"),
                Key::new("Up/Down", "next", "next and previous one found"),
                Key::new("Esc", "end", "end the search"),
            ];
        }
        if self.naming.is_some() {
            return branch::keys();
        }
        let made = self.made(cx);
        let sheet = made.as_ref().and_then(|made| made.sheets.get(self.rows.at));
        let nothing = sheet.is_none().then_some("There is nothing here.");
        let one_view = sheet.is_none_or(|sheet| sheet.by_hand.is_none());
        let [this, other] = match self.by_hand {
            true => ["by hand", "changes"],
            false => ["changes", "by hand"],
        };
        let fixed = match made.as_ref().and_then(|made| made.items.get(self.rows.at)) {
            _ if sheet.is_some_and(|sheet| sheet.station.is_some()) => None,
            Some(Item::Remark(_)) => Some("No answer decides this; the fleet does."),
            Some(Item::Done(_)) => Some("It is done. Undo takes it back."),
            Some(Item::Decision(_) | Item::Branch) => Some("It is decided here, by Enter."),
            _ => Some(fixed(cx)),
        };
        let [search, next, previous] = self.search.keys(nothing);
        let empty = cx.planned.is_some_and(|planned| planned.plan.is_empty());
        let short = if empty { "" } else { "apply" };
        let mut keys = vec![Key::new("a", short, "apply the steps").off(no_apply(cx))];
        let unseen = cx.size == Size::Small && !self.pane && !self.full;
        if unseen {
            keys.push(Key::new("Tab", this, "to the other part"));
        }
        if !one_view {
            let short = if unseen { "" } else { other };
            keys.push(Key::new("Left/Right", short, "what changes, or how it is done by hand"));
        }
        keys.push(match self.full {
            _ if self.decision().is_some() => {
                Key::new("Enter", "change", "turn to the next choice")
            }
            _ if self.on_branch() => Key::new("Enter", "another name", "type another name"),
            true => Key::new("Enter", "close", "back to the list"),
            false => Key::new("Enter", "open", "the whole text over the whole width"),
        });
        if self.full {
            keys.push(search);
        } else {
            keys.push(Key::quiet("/", search.long).off(nothing));
        }
        keys.extend([next, previous]);
        // Of what the command line has said, nothing was asked.
        let asked = cx.planned.is_none_or(|planned| planned.errand.settled().is_some());
        let short = |words| if asked { words } else { "" };
        let change = Key::new("b", short("change answer"), "change the answer that decides this");
        keys.push(change.off(fixed));
        keys.extend([
            Key::new("Esc", short("back"), "one screen back"),
            Key::quiet("c", "copy what is shown: changes, or the commands").off(nothing),
            Key::quiet("s", "save a runbook, to do it all by hand")
                .off(cx.planned.is_none().then_some("There is no plan yet.")),
            Key::quiet("w", "wrap long lines, or cut them").off(nothing),
            Key::quiet("PgUp/PgDn", "a page up or down"),
        ]);
        keys
    }

    fn notice(&self, cx: &Cx) -> Option<Notice> {
        if self.naming.is_some() {
            return Some(Notice::plain("Letters, digits, - and / make the name of a branch."));
        }
        let none = || match self.search.is_open() {
            true => self.search.notice(&self.text()?.plain()),
            false => None,
        };
        let read_only = cx.world.is_some_and(|world| world.read_only.is_some());
        let locked = || no_apply(cx).filter(|_| read_only).map(Notice::left);
        none().or_else(locked).or_else(|| outlook(cx, cx.planned?))
    }

    fn help(&self, cx: &Cx) -> Help {
        let made = self.made(cx);
        let row = made
            .as_ref()
            .and_then(|made| Some((made.items.get(self.rows.at)?, made.sheets.get(self.rows.at)?)));
        let Some((item, sheet)) = row else {
            return Help {
                title: "Review".into(),
                what: "Everything that doorstep would do, in order.".into(),
                why: "Nothing is changed before you apply it.".into(),
                by_hand: Vec::new(),
            };
        };
        let step = match item {
            Item::Step(id) => {
                cx.planned.and_then(|p| p.plan.steps.iter().find(|step| step.id == *id))
            }
            _ => None,
        };
        let decides = match sheet.station {
            Some(station) => {
                format!("Your answers at {} decide it; b goes there.", made::name(station))
            }
            None if step.is_some() => fixed(cx).to_owned(),
            None => String::new(),
        };
        let admin = step.is_some_and(|step| step.needs == Needs::Admin);
        let admin = if admin { "It needs an administrator. " } else { "" };
        Help {
            title: sheet.name.clone(),
            what: sheet.why.clone(),
            why: format!("{admin}{decides}"),
            by_hand: step.map(|step| step.by_hand.clone()).unwrap_or_default(),
        }
    }

    fn focus(&self) -> Focus {
        match self.on {
            On::Button(at) => Focus::Button(at),
            On::List => Focus::Part(0),
            On::Pane => Focus::Part(usize::from(!self.full)),
        }
    }

    fn set_focus(&mut self, cx: &Cx, focus: Focus) {
        self.search.rest();
        self.naming = None;
        self.on = match focus {
            Focus::Button(at) => On::Button(at),
            Focus::Part(0) if !self.full && self.parts(cx) > 0 => On::List,
            Focus::Part(_) if self.parts(cx) > 0 => On::Pane,
            Focus::Part(_) => On::Button(0),
        };
        match self.on {
            On::List => self.pane = false,
            On::Pane => self.pane = true,
            On::Button(_) => {}
        }
    }

    fn typing(&self, _cx: &Cx) -> bool {
        self.naming.is_some() || self.search.is_typing() && !matches!(self.on, On::Button(_))
    }

    fn arrive(&mut self, cx: &Cx) {
        self.refresh(cx);
        self.naming = None;
        // Never on the button: Apply is not reached by pressing Enter again and again.
        let nothing = cx.planned.is_none_or(|planned| planned.plan.is_empty());
        self.on = match (self.on, self.parts(cx)) {
            (_, 0) => On::Button(0),
            // Here the button is Leave.
            _ if nothing => On::Button(0),
            (On::Button(_), _) if self.full => On::Pane,
            (On::Button(_), _) => On::List,
            (on, _) => on,
        };
        self.pane = self.on == On::Pane;
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        self.refresh(cx);
        match input {
            Input::Key(press, key) if self.naming.is_some() => {
                return self.naming_key(cx, press, key);
            }
            Input::Paste(text) if self.naming.is_some() => return self.naming_paste(&text),
            Input::Key(Press::Esc, _) => return self.esc(),
            Input::Key(press, key) => {
                if self.search_key(cx, press, key) {
                    return Vec::new();
                }
                return self.key(cx, press);
            }
            Input::Paste(text) => {
                let lines = self.text().map(|text| text.plain().join("\n")).unwrap_or_default();
                let lines: Vec<&str> = lines.lines().collect();
                match self.search.paste(&text, &lines) {
                    Ok(sought) => self.follow(sought, self.extent(cx)),
                    Err(why) => return vec![Effect::Say(Notice::plain(why))],
                }
            }
            Input::Pressed("apply") => return vec![Effect::Apply],
            Input::Pressed("save") => return save(cx).into_iter().collect(),
            Input::Pressed("leave") => return vec![Effect::Leave],
            Input::Click { target: Target::Row(_, at), again } => {
                self.naming = None;
                let same = again && at == self.rows.at;
                if let (true, Some(id)) = (same, self.decision()) {
                    return self.decide(cx, id);
                }
                if same && self.on_branch() {
                    self.name_branch(cx);
                    return Vec::new();
                }
                self.full = same;
                self.select(at.min(self.last()));
            }
            Input::Click { again: true, .. } => self.full = true,
            Input::Wheel { target: Target::Row(..), rows } => {
                let at = if rows < 0 { self.rows.at.saturating_sub(1) } else { self.rows.at + 1 };
                self.select(at.min(self.last()));
            }
            Input::Wheel { rows, .. } => {
                let (count, room) = self.extent(cx);
                self.scroll.by(rows, count, room);
            }
            _ => {}
        }
        Vec::new()
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        let Some(made) = self.made(cx) else {
            let words = match cx.waiting {
                Some(_) => cx.slow().unwrap_or_default(),
                None => "There is no plan: an answer is missing. Esc goes back to the questions.",
            };
            paint.prose(2, 2, 76, Role::Text, words);
            return;
        };
        view::draw(self, cx, &made, paint);
    }
}

impl Review {
    fn last(&self) -> usize {
        self.made.as_ref().map_or(0, |made| made.items.len().saturating_sub(1))
    }
}

#[cfg(test)]
pub(in crate::front::tui) mod tests;
