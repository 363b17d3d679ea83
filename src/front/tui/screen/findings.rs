//! What is wrong here: the likely cause first, what follows from it after it, then what could not
//! be checked. While checks go on, each group of them keeps its row and says how far it is.

mod view;

use crate::check::report::{Left, Report};
use crate::check::{Finding, Fix, Risk};
use crate::front::tui::key::{Key, Press};
use crate::front::tui::looking::Progress;
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::pane::Scroll;
use crate::front::tui::screen::{
    Button, Cx, Effect, Focus, Help, Input, Notice, Place, Rows, Screen, finding, tabs,
};

use finding::Opens;
use view::Layout;

pub(super) use view::whose;

/// The list has the focus, or a button.
#[derive(Debug, Clone, Default)]
pub(crate) struct Findings {
    rows: Rows,
    button: Option<usize>,
    /// All that is known of a row that has no screen of its own, over the whole body.
    full: bool,
    scroll: Scroll,
}

/// One row of the list.
#[derive(Debug, Clone, Copy)]
enum Row<'a> {
    Finding(usize, &'a Finding),
    NotChecked(&'a Left),
    Fine(&'a Report),
    /// A group of checks of which some still go on, or have just ended.
    Group(Progress<'a>),
}

fn report<'a>(cx: &Cx<'a>) -> Option<&'a Report> {
    let checks = &cx.looking.checks;
    checks.report().map(|report| &**report)
}

fn rows<'a>(cx: &Cx<'a>) -> Vec<Row<'a>> {
    let Some(report) = report(cx) else {
        let is_slow = cx.looking.checks.slow_from().is_none_or(|from| from <= cx.now);
        let groups = cx.looking.checks.progress().into_iter().filter(|_| is_slow);
        return groups.map(Row::Group).collect();
    };
    let findings = report.findings.iter().enumerate().map(|(at, f)| Row::Finding(at, f));
    let left = report.not_checked.iter().map(Row::NotChecked);
    let fine = (!report.fine.is_empty()).then_some(Row::Fine(report));
    findings.chain(left).chain(fine).collect()
}

const GOES_ON: &str = "The checks are still going on.";

/// Why a fix cannot be shown to be applied.
pub(super) fn no_fix(cx: &Cx, found: &Finding) -> Option<String> {
    if let Some((_, plan)) = found.safe_fix() {
        return finding::read_only(cx, plan);
    }
    Some(match found.fixes.first().map(|fix| fix.risk) {
        Some(Risk::ForAdmin) => {
            let who = admin(cx);
            format!("Not safe to do for you. The text for {who} is ready: c.")
        }
        Some(Risk::ForReader) => {
            "Only somebody who can open the file can do this. The text is ready: c.".to_owned()
        }
        Some(_) => "This takes your own hands. What to type is ready: c.".to_owned(),
        None => "No fix for this is known.".to_owned(),
    })
}

/// Who looks after this machine.
pub(super) fn admin(cx: &Cx) -> String {
    let machine = cx.world.and_then(|world| world.fleet.machine(&cx.host.name));
    let name = machine.and_then(|machine| machine.admin.clone());
    name.unwrap_or_else(|| "an administrator".to_owned())
}

/// What a person would type or hand on.
pub(super) fn by_hand(fix: &Fix) -> Vec<&str> {
    match &fix.how {
        crate::check::How::Plan(plan) => {
            plan.steps.iter().flat_map(|step| &step.by_hand).map(String::as_str).collect()
        }
        crate::check::How::Text(lines) => lines.iter().map(String::as_str).collect(),
    }
}

/// What `c` copies of a finding: the commands of its best fix, else what to do.
pub(super) fn copied(found: &Finding) -> Option<Effect> {
    let fix = found.fixes.first()?;
    let lines = by_hand(fix);
    let text = if lines.is_empty() { fix.title.clone() } else { lines.join("\n") };
    Some(Effect::Copy(format!("{text}\n")))
}

impl Findings {
    fn row<'a>(&self, cx: &Cx<'a>) -> Option<Row<'a>> {
        rows(cx).get(self.rows.at).copied()
    }

    /// The finding that is looked at.
    fn finding<'a>(&self, cx: &Cx<'a>) -> Option<(usize, &'a Finding)> {
        match self.row(cx)? {
            Row::Finding(at, finding) => Some((at, finding)),
            _ => None,
        }
    }

    /// Why `f` does nothing now.
    fn fix_off(&self, cx: &Cx) -> Option<String> {
        match self.row(cx) {
            Some(Row::Finding(_, found)) => no_fix(cx, found),
            Some(Row::Group(_)) => Some(GOES_ON.to_owned()),
            Some(Row::NotChecked(_)) => Some("Nobody knows whether anything is wrong.".to_owned()),
            Some(Row::Fine(_)) | None => Some("Nothing is wrong here.".to_owned()),
        }
    }

    fn fix(&self, cx: &Cx, opens: Opens) -> Vec<Effect> {
        self.finding(cx).map(|(at, _)| Effect::Finding(at, opens)).into_iter().collect()
    }

    fn open(&mut self, cx: &Cx) -> Vec<Effect> {
        match self.row(cx) {
            Some(Row::Finding(at, _)) => vec![Effect::Finding(at, Opens::Seen)],
            Some(Row::NotChecked(_) | Row::Fine(_)) => {
                self.full = !self.full;
                self.scroll = Scroll::default();
                Vec::new()
            }
            Some(Row::Group(_)) => vec![Effect::Say(Notice::plain(GOES_ON))],
            None => Vec::new(),
        }
    }

    fn key(&mut self, cx: &Cx, press: Press) -> Vec<Effect> {
        match press {
            Press::Letter(letter) => return self.letter(cx, letter),
            Press::Enter | Press::Space => return self.open(cx),
            press if self.full => {
                let room = usize::from(tabs::page(cx).height.saturating_sub(1));
                self.scroll.key(press, view::full_sheet(self, cx).len(), room);
            }
            press => {
                let page = usize::from(Layout::of(tabs::page(cx).height).list);
                self.rows.key(press, rows(cx).len(), page);
            }
        }
        Vec::new()
    }

    fn letter(&mut self, cx: &Cx, letter: char) -> Vec<Effect> {
        match letter {
            'f' => self.fix(cx, Opens::FixByKey),
            'r' => vec![Effect::CheckAgain],
            's' => vec![Effect::Report],
            'c' => self.finding(cx).and_then(|(_, found)| copied(found)).into_iter().collect(),
            'u' => undo(cx),
            'm' => vec![Effect::Watch(cx.looking.watch.is_none())],
            'q' => vec![Effect::Leave],
            letter => tabs::letter(letter).unwrap_or_default(),
        }
    }
}

fn undo(cx: &Cx) -> Vec<Effect> {
    let newest = cx.looking.mended.last();
    newest.map(|mended| Effect::Undo(mended.receipt.clone())).into_iter().collect()
}

impl Screen for Findings {
    fn heading(&self, cx: &Cx) -> String {
        let Some(report) = report(cx) else {
            return "Looking for what is wrong".to_owned();
        };
        match report.findings.len() {
            0 => {
                format!("Nothing is wrong that doorstep can see. {}.", checks(report.checks()))
            }
            1 => "1 thing to look at".to_owned(),
            n => format!("{n} things to look at, the likely cause first"),
        }
    }

    fn aside(&self, cx: &Cx) -> String {
        let watches = cx.looking.watch.is_some();
        if watches { "watching; m stops".to_owned() } else { String::new() }
    }

    fn counted(&self, cx: &Cx) -> String {
        match report(cx) {
            Some(report) => {
                let seconds = report.took.as_secs_f64();
                format!("{}, {seconds:.1} s", checks(report.checks()))
            }
            None if cx.looking.checks.count() > 0 => checks(cx.looking.checks.count()),
            None => String::new(),
        }
    }

    fn parts(&self, _cx: &Cx) -> usize {
        1
    }

    fn buttons(&self, cx: &Cx) -> Vec<Button> {
        let goes_on = report(cx).is_none().then_some(GOES_ON);
        let first = match report(cx) {
            Some(report) if report.is_clean() => Button::new("explain", "Explain a log"),
            _ => Button::new("fix", "Fix this").off(self.fix_off(cx)),
        };
        vec![
            first,
            Button::new("report", "Save a report").off(goes_on),
            Button::new("leave", "Leave"),
        ]
    }

    fn keys(&self, cx: &Cx) -> Vec<Key> {
        let goes_on = report(cx).is_none().then_some(GOES_ON);
        let found = self.finding(cx).is_none().then_some("There is nothing to copy here.");
        let nothing =
            cx.looking.mended.is_empty().then_some("Nothing has been applied from here yet.");
        let mut keys = vec![
            Key::new("Enter", "details", "all that is known of the row"),
            Key::new("f", "fix", "show the fix; it changes nothing yet").off(self.fix_off(cx)),
            Key::new("r", "check again", "make all checks again"),
            Key::new("c", "copy", "copy what to do").off(found),
            Key::new("s", "report", "save a report for somebody else, without homes and secrets")
                .off(goes_on),
            Key::new("Esc", "back", "back"),
            Key::quiet("u", "take the last fix back").off(nothing),
            Key::quiet("m", "check again when files change, or stop that"),
            Key::quiet("q", "leave doorstep"),
        ];
        keys.extend(tabs::keys());
        keys
    }

    fn notice(&self, cx: &Cx) -> Option<Notice> {
        match report(cx) {
            None => Some(Notice::plain("Nothing is changed by looking.")),
            Some(_) => cx
                .looking
                .mended
                .last()
                .map(|mended| Notice::good(format!("{}: done. u takes it back.", mended.title))),
        }
    }

    fn help(&self, cx: &Cx) -> Help {
        let by_hand = self.finding(cx).and_then(|(_, found)| found.fixes.first()).map(by_hand);
        Help {
            title: "What is wrong".to_owned(),
            what: "Each row was looked at a moment ago, on this machine and in this fleet. What \
                   most likely follows from something else stands after it; a question mark means \
                   that it could not be checked, and why."
                .to_owned(),
            why: "Looking changes nothing. f shows what a fix would do; only a on that page \
                  carries it out, and u takes it back."
                .to_owned(),
            by_hand: by_hand.unwrap_or_default().into_iter().map(str::to_owned).collect(),
        }
    }

    fn focus(&self) -> Focus {
        Focus::at(self.button)
    }

    fn set_focus(&mut self, _cx: &Cx, focus: Focus) {
        self.button = focus.button();
    }

    /// When it is told that the checks take a while; and while `m` is on, when to look again.
    fn wake(&self, cx: &Cx) -> Option<std::time::Duration> {
        let slow = cx.looking.checks.slow_from().filter(|from| *from > cx.now);
        slow.into_iter().chain(cx.looking.watch.map(|watch| watch.next)).min()
    }

    fn arrive(&mut self, cx: &Cx) {
        self.full = false;
        self.rows.at = self.rows.at.min(rows(cx).len().saturating_sub(1));
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        match input {
            Input::Pressed("fix") => self.fix(cx, Opens::Fix),
            Input::Pressed("report") => vec![Effect::Report],
            Input::Pressed("explain") => vec![Effect::Turn(Place::Explain)],
            Input::Pressed(_) => vec![Effect::Leave],
            Input::Tick => {
                let is_due = cx.looking.watch.is_some_and(|watch| watch.next <= cx.now);
                is_due.then_some(Effect::Peek).into_iter().collect()
            }
            // The rows are others now: the likely cause is the first of them.
            Input::Looked => {
                self.rows.at = if cx.looking.at < rows(cx).len() { cx.looking.at } else { 0 };
                Vec::new()
            }
            Input::Key(Press::Esc, _) if self.full => {
                self.full = false;
                vec![Effect::Focus(self.focus())]
            }
            Input::Key(Press::Esc, _) => Vec::new(),
            Input::Key(press, _) => self.key(cx, press),
            Input::Click { target: Target::Row(_, at), again } => {
                if self.rows.click(at, again) {
                    self.open(cx)
                } else {
                    Vec::new()
                }
            }
            Input::Wheel { rows, .. } => {
                let press = if rows < 0 { Press::Up } else { Press::Down };
                (0..rows.unsigned_abs()).flat_map(|_| self.key(cx, press)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        let page = tabs::page(cx);
        let mut place = paint.within(0, 0, page.width, page.height);
        match self.full {
            true => view::full(self, cx, &mut place),
            false => view::list(self, cx, &mut place),
        }
        tabs::help(self, cx, paint);
    }
}

fn checks(count: usize) -> String {
    if count == 1 { "1 check".to_owned() } else { format!("{count} checks") }
}

#[cfg(test)]
mod tests;
