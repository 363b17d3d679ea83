//! Features: the fleet's feature sets to tick, and beside them what the highlighted one is and the
//! home module as it will be written.

mod module;
#[cfg(test)]
mod tests;

use crate::front::interview::Station;
use crate::front::tui::frame::Size;
use crate::front::tui::key::{Key, Press};
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::pane::{Scroll, Split, part, prose_of};
use crate::front::tui::screen::{Button, Cx, Effect, Focus, Help, Input, Notice, Rows, Screen};
use crate::front::tui::search::{Search, Sought};
use crate::front::tui::theme::Role;
use crate::question::{Ask, Choice, Reply, question};

use module::Written;

/// The parts that Tab goes through.
const LIST: usize = 0;
const MODULE: usize = 1;

/// Columns of the list where there is a pane beside it.
const COLUMNS: u16 = 29;

/// Where in it the person is.
#[derive(Debug, Clone)]
pub(crate) struct Features {
    focus: Focus,
    rows: Rows,
    /// How far the module is scrolled; `None`: it shows the highlighted one's line.
    scroll: Option<Scroll>,
    search: Search,
}

impl Default for Features {
    fn default() -> Self {
        Self {
            focus: Focus::Button(0),
            rows: Rows::default(),
            scroll: None,
            search: Search::default(),
        }
    }
}

/// The question as it is put.
struct Asked {
    label: String,
    help: String,
    lead: String,
    options: Vec<Choice>,
}

fn asked(cx: &Cx) -> Option<Asked> {
    let (scene, interview) = cx.asked()?;
    let aggregates = question("aggregates")?;
    let lead = aggregates.lead(&interview.context(&scene));
    Some(match interview.ask(&scene, "aggregates")? {
        Ask::PickMany { label, help, options, .. } => Asked { label, help, lead, options },
        // A fleet without any.
        other => Asked {
            label: "Which features do you want?".to_owned(),
            help: other.help().to_owned(),
            lead: other.help().to_owned(),
            options: Vec::new(),
        },
    })
}

fn options(cx: &Cx) -> Vec<Choice> {
    asked(cx).map(|asked| asked.options).unwrap_or_default()
}

impl Features {
    fn at(&self, options: &[Choice]) -> usize {
        self.rows.at.min(options.len().saturating_sub(1))
    }

    fn written(&self, cx: &Cx, options: &[Choice]) -> Option<Written> {
        let module = cx.module?.as_ref().ok()?;
        let chosen: Vec<&str> =
            options.iter().filter(|row| row.chosen).map(|row| row.id.as_str()).collect();
        let highlighted = options.get(self.at(options)).filter(|row| row.chosen);
        Some(Written::of(module, highlighted.map(|row| row.id.as_str()), &chosen))
    }

    /// The first line of the module that is seen, where `room` are.
    fn top(&self, written: &Written, room: usize) -> usize {
        let count = written.text.lines().len();
        match self.scroll {
            Some(scroll) => scroll.first(count, room),
            // From its beginning, as long as the line and what follows it are seen.
            None if written.at + room / 4 < room => 0,
            None => written.at.saturating_sub(room / 2).min(count.saturating_sub(room)),
        }
    }

    fn tick(&mut self, cx: &Cx) -> Vec<Effect> {
        let options = options(cx);
        let at = self.at(&options);
        let Some(row) = options.get(at) else { return Vec::new() };
        self.scroll = None;
        let keeps = row.fact("needed by");
        if row.chosen && !keeps.is_empty() {
            let words = format!("{} stays: {keeps} needs it. Untick that first.", row.label);
            return vec![Effect::Say(Notice::plain(words))];
        }
        let ticked = |(index, row): &(usize, &Choice)| row.chosen != (*index == at);
        let chosen = options.iter().enumerate().filter(ticked).map(|(index, _)| index).collect();
        vec![Effect::Answer("aggregates", Reply::Many(chosen))]
    }

    fn list_key(&mut self, cx: &Cx, press: Press) -> Vec<Effect> {
        let count = options(cx).len();
        match press {
            Press::Space | Press::Enter => return self.tick(cx),
            Press::Down if self.rows.at + 1 >= count => self.focus = Focus::Button(0),
            press => {
                if self.rows.key(press, count, Places::of(cx).room_of_list()) {
                    self.scroll = None;
                }
            }
        }
        Vec::new()
    }

    /// The module's lines as they are seen, and how many of them at once.
    fn seen(&self, cx: &Cx) -> Option<(Written, usize)> {
        let written = self.written(cx, &options(cx))?;
        let room = Places::of(cx).room_of_module(written.text.lines().len());
        Some((written, room))
    }

    fn scroll_from(&self, written: &Written, room: usize) -> Scroll {
        let mut scroll = Scroll::default();
        let top = i32::try_from(self.top(written, room)).unwrap_or(i32::MAX);
        scroll.by(top, written.text.lines().len(), room);
        scroll
    }

    fn module_key(&mut self, cx: &Cx, press: Press) {
        let Some((written, room)) = self.seen(cx) else { return };
        let mut scroll = self.scroll_from(&written, room);
        if scroll.key(press, written.text.lines().len(), room) {
            self.scroll = Some(scroll);
        }
    }

    fn wheel(&mut self, cx: &Cx, target: Target, rows: i32) {
        match target {
            Target::Part(MODULE) => {
                let Some((written, room)) = self.seen(cx) else { return };
                let mut scroll = self.scroll_from(&written, room);
                scroll.by(rows, written.text.lines().len(), room);
                self.scroll = Some(scroll);
            }
            Target::Row(LIST, _) | Target::Part(LIST) => {
                let count = options(cx).len();
                let by = if rows > 0 { Press::Down } else { Press::Up };
                for _ in 0..rows.unsigned_abs() {
                    self.rows.key(by, count, 1);
                }
                self.scroll = None;
            }
            _ => {}
        }
    }

    /// What a search goes through: the names, or the module where that has the focus.
    fn searched(&self, cx: &Cx) -> Vec<String> {
        let options = options(cx);
        match self.focus {
            Focus::Part(MODULE) => {
                let written = self.written(cx, &options);
                written
                    .into_iter()
                    .flat_map(|w| w.text.plain().into_iter().map(str::to_owned).collect::<Vec<_>>())
                    .collect()
            }
            _ => options.into_iter().map(|row| row.label).collect(),
        }
    }

    fn found(&mut self, cx: &Cx, row: usize) {
        match (self.focus, self.seen(cx)) {
            (Focus::Part(MODULE), Some((written, room))) => {
                let mut scroll = self.scroll_from(&written, room);
                scroll.show(row, written.text.lines().len(), room);
                self.scroll = Some(scroll);
            }
            (Focus::Part(MODULE), None) => {}
            _ => {
                self.rows.at = row;
                self.scroll = None;
            }
        }
    }

    /// Whether the key was for the search.
    fn search_key(&mut self, cx: &Cx, press: Press, key: super::KeyEvent) -> bool {
        let typed = matches!(press, Press::Letter('/' | 'n' | 'N'));
        if typed && !self.search.is_typing() && matches!(self.focus, Focus::Button(_)) {
            self.focus = Focus::Part(LIST);
        }
        let searched = self.searched(cx);
        let at = match (self.focus, self.seen(cx)) {
            (Focus::Part(MODULE), Some((written, room))) => self.top(&written, room),
            _ => self.rows.at,
        };
        let rows = || searched.iter().map(String::as_str).collect();
        match self.search.key(press, key, at, rows) {
            Sought::Not => return false,
            Sought::Taken => {}
            Sought::To(row) => self.found(cx, row),
        }
        true
    }
}

/// Where the list, what is told and the module are, in the body.
struct Places {
    split: Split,
    size: Size,
}

impl Places {
    fn of(cx: &Cx) -> Self {
        let top = if cx.size <= Size::Small { 1 } else { 3 };
        Self { split: Split::of(cx.body(), cx.size, top, COLUMNS), size: cx.size }
    }

    /// Rows above the module in the pane: what the highlighted one is.
    fn told(&self) -> u16 {
        match self.size {
            Size::TooSmall | Size::Small => 0,
            Size::Normal => 5,
            Size::Large | Size::Huge => 3,
        }
    }

    /// Rows of the list. The first is the search's; where there is no pane beside it, what the
    /// highlighted one is stands below.
    fn room_of_list(&self) -> usize {
        let below = if self.split.both { 0 } else { 5 };
        usize::from(self.split.list.height.saturating_sub(1 + below))
    }

    /// Rows of the module, below its rule; the last says how many more there are.
    fn room_of_module(&self, count: usize) -> usize {
        let room = usize::from(self.split.pane.height.saturating_sub(self.told() + 1));
        if count > room { room.saturating_sub(1) } else { room }
    }
}

impl Screen for Features {
    fn heading(&self, cx: &Cx) -> String {
        asked(cx).map(|asked| asked.label).unwrap_or_default()
    }

    fn aside(&self, cx: &Cx) -> String {
        let options = options(cx);
        let chosen = options.iter().filter(|row| row.chosen).count();
        match options.len() {
            0 => String::new(),
            all => format!("{chosen} of {all} chosen"),
        }
    }

    fn parts(&self, cx: &Cx) -> usize {
        if options(cx).is_empty() { 0 } else { 2 }
    }

    fn above(&self, _cx: &Cx) -> usize {
        LIST
    }

    fn buttons(&self, _cx: &Cx) -> Vec<Button> {
        vec![
            Button::new("continue", "Continue"),
            Button::new("rest", "Use suggestions for the rest"),
        ]
    }

    fn keys(&self, cx: &Cx) -> Vec<Key> {
        let small = cx.size <= Size::Small;
        let mut keys = match self.focus {
            Focus::Button(_) => vec![
                Key::new("Enter", "press", "press the button"),
                Key::new("Up", "list", "to the list"),
            ],
            Focus::Part(MODULE) => vec![
                Key::new("Up/Down", "scroll", "scroll the module"),
                Key::new("Tab", "buttons", "to the buttons"),
            ],
            _ => vec![
                Key::new("Space", "tick", "tick the highlighted one, or untick it"),
                Key::new("Tab", if small { "module" } else { "preview" }, "to the module"),
            ],
        };
        if small {
            keys.push(Key::new("Esc", "back", "one screen back"));
        }
        let none = options(cx).is_empty().then_some("There is nothing to search.");
        keys.extend(self.search.keys(none));
        let off = self.written(cx, &[]).is_none().then_some("The module is not known yet.");
        let copy = "copy the module";
        keys.push(match cx.size >= Size::Large {
            true => Key::new("c", copy, copy).off(off),
            false => Key::quiet("c", copy).off(off),
        });
        if !small {
            keys.push(Key::new("Esc", "back", "one screen back"));
        }
        keys
    }

    fn notice(&self, cx: &Cx) -> Option<Notice> {
        let searched = self.searched(cx);
        let searched: Vec<&str> = searched.iter().map(String::as_str).collect();
        let doubt = || cx.interview.and_then(|interview| interview.doubt(Station::Features));
        self.search.notice(&searched).or_else(|| doubt().map(Notice::left))
    }

    fn help(&self, cx: &Cx) -> Help {
        let asked = asked(cx);
        let file = match cx.module {
            Some(Ok(module)) => module.path.display().to_string(),
            _ => "your home module".to_owned(),
        };
        Help {
            title: "Features".to_owned(),
            what: asked.map(|asked| asked.help).unwrap_or_default(),
            why: "It is how people of this fleet share what works.".to_owned(),
            by_hand: vec![format!(
                "Write or remove its name in the list of imports in {file}, and activate."
            )],
        }
    }

    fn focus(&self) -> Focus {
        self.focus
    }

    fn set_focus(&mut self, _cx: &Cx, focus: Focus) {
        // What is looked for among names is not what is looked for in the module.
        if focus != self.focus {
            self.search.close();
        }
        self.focus = focus;
    }

    fn typing(&self, _cx: &Cx) -> bool {
        self.search.is_typing()
    }

    fn arrive(&mut self, _cx: &Cx) {
        self.search.close();
        self.focus = Focus::Button(0);
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        match input {
            Input::Pressed("continue") => vec![Effect::Continue],
            Input::Pressed("rest") => vec![Effect::Rest],
            // Staying is an effect too: Esc went to the search.
            Input::Key(Press::Esc, _) if self.search.close() => vec![Effect::Focus(self.focus)],
            Input::Key(Press::Esc, _) => Vec::new(),
            Input::Key(press, key) => {
                if self.search_key(cx, press, key) {
                    return Vec::new();
                }
                match (press, self.focus) {
                    (Press::Letter('c'), _) => match cx.module {
                        Some(Ok(module)) => {
                            vec![Effect::Copy(module.after.clone())]
                        }
                        _ => Vec::new(),
                    },
                    (press, Focus::Part(LIST)) => self.list_key(cx, press),
                    (press, Focus::Part(_)) => {
                        self.module_key(cx, press);
                        Vec::new()
                    }
                    _ => Vec::new(),
                }
            }
            Input::Paste(text) => {
                let searched = self.searched(cx);
                let searched: Vec<&str> = searched.iter().map(String::as_str).collect();
                match self.search.paste(&text, &searched) {
                    Ok(Sought::To(row)) => self.found(cx, row),
                    Ok(_) => {}
                    Err(why) => return vec![Effect::Say(Notice::plain(why))],
                }
                Vec::new()
            }
            Input::Click { target: Target::Row(LIST, row), again } => {
                let same = again && self.rows.at == row;
                self.rows.at = row;
                self.scroll = None;
                if same { self.tick(cx) } else { Vec::new() }
            }
            Input::Wheel { target, rows } => {
                self.wheel(cx, target, rows);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        let Some(asked) = asked(cx) else { return };
        let places = Places::of(cx);
        let both = places.split.both;
        if both || asked.options.is_empty() {
            paint.prose(2, 1, paint.width().saturating_sub(3), Role::Text, &asked.lead);
        }
        places.split.view(paint, &self.help(cx));
        let options = &asked.options;
        if both || self.focus != Focus::Part(MODULE) {
            self.view_list(&places, options, &mut part(paint, places.split.list));
        }
        if both || self.focus == Focus::Part(MODULE) {
            self.view_pane(cx, &places, options, &mut part(paint, places.split.pane));
        }
    }
}

impl Features {
    fn view_list(&self, places: &Places, options: &[Choice], paint: &mut Paint) {
        let columns = paint.width();
        let room = places.room_of_list();
        let at = self.at(options);
        let first = self.rows.first(options.len(), room);
        let people = if places.split.both { columns } else { columns.min(32) };
        for (y, (index, row)) in (1..).zip(options.iter().enumerate().skip(first).take(room)) {
            paint.text(2, y, Role::Text, if row.chosen { "[x]" } else { "[ ]" });
            paint.cut(6, y, people.saturating_sub(7), Role::Text, &row.label);
            if !places.split.both {
                let room = columns.saturating_sub(33);
                paint.cut(32, y, room, Role::Text, row.fact("people"));
            }
            if index == at && self.focus == Focus::Part(LIST) {
                paint.text(0, y, Role::Text, "▸");
                paint.focus(0, y, columns);
            }
            self.search.mark(paint, 6, y, &row.label);
            paint.hit(0, y, columns, 1, Target::Row(LIST, index));
        }
        let below = options.len().saturating_sub(first + room);
        if below > 0 {
            let y = u16::try_from(room).unwrap_or(0);
            paint.right(columns, y, Role::Muted, &format!(" {below} more"));
        }
        if self.focus != Focus::Part(MODULE) {
            self.search.view(paint, 2, 0, columns.saturating_sub(2));
        }
        if let (Some(row), false) = (options.get(at), places.split.both) {
            let y = u16::try_from(room.min(options.len())).unwrap_or(0) + 2;
            let end = self.view_what(row, y, 2, &mut paint.within(1, 0, columns, 99));
            paint.text(2, end + 1, Role::Muted, "Tab shows your module as it will be written");
        }
    }

    /// What a feature set is, and what comes with it.
    fn view_what(&self, row: &Choice, y: u16, rows: u16, paint: &mut Paint) -> u16 {
        let mut what = row.fact("is").to_owned();
        if !row.more.is_empty() {
            what = format!("{what} {}", super::sentence(&row.more));
        }
        prose_of(paint, y, rows, Role::Text, &what)
    }

    fn view_pane(&self, cx: &Cx, places: &Places, options: &[Choice], paint: &mut Paint) {
        let columns = paint.width();
        let told = places.told();
        if let Some(row) = options.get(self.at(options)).filter(|_| told > 0) {
            let count = row.fact("count").trim_end_matches(" it");
            let count = format!("{count} it");
            let start = paint.right(columns.saturating_sub(1), 0, Role::Text, &count);
            paint.cut(1, 0, start.saturating_sub(2), Role::Heading, &row.label);
            self.view_what(row, 1, if told > 3 { 2 } else { 1 }, paint);
            let (used, defined) = (row.fact("used by"), row.fact("defined in"));
            let used = if used.is_empty() { "nobody yet" } else { used };
            let room = columns.saturating_sub(2);
            if told > 3 {
                paint.cut(1, 3, room, Role::Muted, &format!("used by {used}"));
                let x = paint.text(1, 4, Role::Muted, "defined in ");
                paint.path(x, 4, columns.saturating_sub(x + 1), Role::Muted, defined);
            } else {
                let words = format!("used by {used}   defined in {defined}");
                paint.cut(1, 2, room, Role::Muted, &words);
            }
        }
        let inner = part(paint, ratatui::layout::Rect::new(0, told, columns, 999));
        self.view_module(cx, places, options, inner);
    }

    fn view_module(&self, cx: &Cx, places: &Places, options: &[Choice], mut paint: Paint) {
        let (columns, rows) = (paint.width(), paint.height());
        let focused = self.focus == Focus::Part(MODULE);
        paint.hit(0, 0, columns, rows, Target::Part(MODULE));
        let title = match cx.module {
            Some(Ok(module)) => {
                let whole = format!("{}, as it will be written", module.path.display());
                let fits = whole.len() + 6 <= usize::from(columns);
                if fits { whole } else { "your module, as it will be written".to_owned() }
            }
            _ => "your module, as it will be written".to_owned(),
        };
        paint.rule(0, 0, columns, &title);
        if focused {
            paint.text(1, 0, Role::Text, "▸");
            paint.cursor(1, 0);
        }
        if let Some(Err(problem)) = cx.module {
            let y = prose_of(&mut paint, 1, 3, Role::Text, "It cannot be shown here:");
            prose_of(&mut paint, y, 4, Role::Text, &super::sentence(&problem.what));
            return;
        }
        let Some(written) = self.written(cx, options) else { return };
        let room = places.room_of_module(written.text.lines().len());
        let top = self.top(&written, room);
        let search = focused.then_some(&self.search);
        let height = u16::try_from(room).unwrap_or(rows);
        written.view(top, search, &mut paint.within(0, 1, columns, height));
        let below = written.text.lines().len().saturating_sub(top + room);
        if below > 0 {
            let lines = if below == 1 { "line" } else { "lines" };
            paint.text(6, height + 1, Role::Muted, &format!("{below} more {lines}"));
        }
        if focused {
            self.search.view(&mut paint, 1, height + 1, columns.saturating_sub(2));
        }
    }
}
