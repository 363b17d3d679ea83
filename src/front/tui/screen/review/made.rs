//! A plan made ready to be looked at: its rows, and a sheet for each with everything the pane can
//! show of it. Made once for a plan.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::sync::Arc;

use super::{branch, earlier, is_done};
use crate::front::interview::{self, Interview, Scene, Station};
use crate::front::shown_path;
use crate::front::tui::code::{Language, Line, Side, Span, Text, added, coloured, difference};
use crate::front::tui::screen::{Cx, Planned};
use crate::front::tui::theme::Role;
use crate::plan::{Change, Content, Needs, Plan, Remark, Step};
use crate::question::{Ask, Reply, question};

/// A row that can be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// A step that an earlier run has done and that nothing is left of, by its title.
    Done(String),
    /// By its id.
    Step(&'static str),
    /// A station whose suggestions were taken without a look.
    Chosen(Station),
    /// What happens once the files are written, by the id of its question.
    Decision(&'static str),
    /// The name of the branch that the commit goes on.
    Branch,
    /// By what it says.
    Remark(String),
}

/// Everything there is to see of a row.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    /// The row's own name.
    pub(super) name: String,
    /// What stands above the pane: a path, cut in its middle, and what follows it.
    pub(super) title: (String, String),
    pub(super) why: String,
    changes: Text,
    /// How it is done by hand, where that is something else.
    pub(super) by_hand: Option<Text>,
    /// Where it is decided.
    pub(super) station: Option<Station>,
    pub(super) mark: Mark,
    /// Whether it needs an administrator.
    pub(super) admin: bool,
    /// Whether it is not what it was before the fleet changed.
    pub(super) differs: bool,
}

/// What stands before a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// A step that is to be done, counted from 1.
    Number(usize),
    Done,
    Taken,
    Remark,
    /// It is turned here, by Enter.
    Decision,
}

/// What whoever adds somebody decides here, with the row's own words.
const DECISIONS: [(&str, &str); 3] =
    [("commit", "Commit"), ("deploy", "Update machines"), ("if_failed", "If one machine fails")];

/// What stands before the name of the branch.
pub(super) const BRANCH: &str = "Branch: ";

impl Sheet {
    fn new(name: &str, mark: Mark, why: &str) -> Self {
        Self {
            name: name.to_owned(),
            title: (String::new(), String::new()),
            why: why.to_owned(),
            changes: Text::default(),
            by_hand: None,
            station: None,
            mark,
            admin: false,
            differs: false,
        }
    }

    pub(super) fn text(&self, by_hand: bool) -> &Text {
        self.by_hand.as_ref().filter(|_| by_hand).unwrap_or(&self.changes)
    }
}

/// The plan with a sheet for each of its rows.
#[derive(Debug, Clone)]
pub(super) struct Made {
    plan: Arc<Plan>,
    pub(super) items: Vec<Item>,
    pub(super) sheets: Vec<Sheet>,
    /// What the decisions came to.
    decided: Vec<String>,
}

impl Made {
    pub(super) fn new(cx: &Cx, planned: &Planned) -> Self {
        let mut made = Self {
            plan: Arc::clone(&planned.plan),
            items: Vec::new(),
            sheets: Vec::new(),
            decided: decided(cx),
        };
        for title in earlier(planned) {
            made.items.push(Item::Done(title.clone()));
            made.sheets.push(Sheet::new(title, Mark::Done, "Done already, in the run before."));
        }
        let before = made.items.len();
        for (number, step) in (before + 1..).zip(&planned.plan.steps) {
            let mark = if is_done(planned, step) { Mark::Done } else { Mark::Number(number) };
            let differs = differs(cx, planned, step);
            made.items.push(Item::Step(step.id));
            made.sheets.push(Sheet { differs, mark, ..of_step(cx, step) });
        }
        if let Some((scene, interview)) = cx.asked() {
            for station in Station::ALL {
                if interview.mark(station) == interview::Mark::Suggested
                    && interview.asks(&scene, station)
                {
                    made.items.push(Item::Chosen(station));
                    made.sheets.push(of_station(&scene, interview, planned, station));
                }
            }
        }
        if let Some((scene, interview)) = cx.asked() {
            for (id, label) in DECISIONS {
                if let Some(sheet) = of_decision(&scene, interview, id, label) {
                    made.items.push(Item::Decision(id));
                    made.sheets.push(sheet);
                }
                if let ("commit", Some(name)) = (id, branch::chosen(cx)) {
                    made.items.push(Item::Branch);
                    made.sheets.push(of_branch(name));
                }
            }
        }
        for remark in &planned.plan.remarks {
            made.items.push(Item::Remark(remark.text.clone()));
            made.sheets.push(of_remark(remark));
        }
        made
    }

    pub(super) fn is_of(&self, cx: &Cx, planned: &Planned) -> bool {
        Arc::ptr_eq(&self.plan, &planned.plan) && self.decided == decided(cx)
    }
}

fn decided(cx: &Cx) -> Vec<String> {
    let answers = cx.interview.map(|interview| &interview.answers);
    let told = |(id, _): (&'static str, _)| Some(question(id)?.told(answers?));
    DECISIONS.into_iter().filter_map(told).collect()
}

/// A row that is turned here: what can be chosen, and what is.
fn of_decision(
    scene: &Scene,
    interview: &Interview,
    id: &'static str,
    label: &str,
) -> Option<Sheet> {
    let Ask::Pick { help, options, suggested, .. } = interview.ask(scene, id)? else { return None };
    let told = question(id)?.told(&interview.answers);
    let chosen = suggested.map(|suggested| suggested.value);
    let mut lines = Vec::new();
    for (index, choice) in options.iter().enumerate() {
        let mark = if chosen == Some(index) { "(*)" } else { "( )" };
        lines.push(Line::words(Role::Text, &format!("{mark} {}", choice.label)));
        lines.push(Line::words(Role::Muted, &format!("    {}", choice.detail)));
    }
    lines.push(Line::words(Role::Muted, "Enter or Space turns to the next."));
    Some(Sheet {
        title: (String::new(), label.to_owned()),
        changes: Text::new(lines),
        ..Sheet::new(&format!("{label}: {told}"), Mark::Decision, &help)
    })
}

/// The branch of the commit, to be given another name.
fn of_branch(name: &str) -> Sheet {
    let why = "The commit goes on a new branch of this name, which is checked out for it.";
    let text = Line::words(Role::Muted, "Enter or Space: type another name.");
    Sheet {
        title: (String::new(), "Branch".to_owned()),
        changes: Text::new(vec![text]),
        ..Sheet::new(&format!("{BRANCH}{name}"), Mark::Decision, why)
    }
}

/// The answer after the one that stands.
pub(super) fn turned(scene: &Scene, interview: &Interview, id: &str) -> Option<Reply> {
    let Ask::Pick { options, suggested, .. } = interview.ask(scene, id)? else { return None };
    let at = suggested.map_or(0, |suggested| suggested.value + 1) % options.len().max(1);
    let choice = options.get(at)?;
    Some(match choice.asks {
        // What has to be written is suggested; an answers file may say it otherwise.
        Some(_) => Reply::Text(choice.fact("suggested").to_owned()),
        None => Reply::Named(vec![choice.id.clone()]),
    })
}

/// What a step comes down to. Encrypted text is never the same twice, so of a new file only its
/// place and length count.
fn print(step: &Step) -> (&'static str, u64) {
    let mut hasher = DefaultHasher::new();
    (&step.title, &step.why, &step.by_hand).hash(&mut hasher);
    for change in &step.changes {
        match change {
            Change::Edit { path, before, after } => (path, before, after).hash(&mut hasher),
            Change::Create { path, content, .. } => {
                (path, content.shown().lines().count()).hash(&mut hasher);
            }
            _ => change.path().hash(&mut hasher),
        }
    }
    (step.id, hasher.finish())
}

/// Whether a change of the fleet has made a step another one.
fn differs(cx: &Cx, planned: &Planned, step: &Step) -> bool {
    if planned.changed.is_empty() {
        return false;
    }
    let root = cx.world.map(|world| world.fleet.root.as_path()).unwrap_or(Path::new(""));
    let touched = |change: &Change| {
        change.path().is_some_and(|path| planned.changed.iter().any(|file| root.join(file) == path))
    };
    step.changes.iter().any(touched)
        || planned
            .before
            .as_ref()
            .is_some_and(|old| !old.steps.iter().any(|old| print(old) == print(step)))
}

fn of_step(cx: &Cx, step: &Step) -> Sheet {
    let name = |path: &Path| match cx.world {
        Some(world) => shown_path(cx.host, &world.fleet.root, path),
        None => cx.host.short(path),
    };
    let files: Vec<&Path> = step.changes.iter().filter_map(Change::path).collect();
    let mut lines = Vec::new();
    for change in &step.changes {
        if let (Some(path), true) = (change.path(), files.len() > 1) {
            if !lines.is_empty() {
                lines.push(Line::blank());
            }
            lines.push(Line::words(Role::Heading, &name(path)));
        }
        lines.extend(of_change(cx, change));
    }
    let title = match (files.as_slice(), step.changes.as_slice()) {
        ([path], [.., change]) => (name(path), extent(change, &lines)),
        ([], [Change::Track { paths, .. }]) => (String::new(), count(paths.len(), "file")),
        ([], [Change::Commit(_)]) => (String::new(), "1 commit".to_owned()),
        ([], [.., Change::Run { .. } | Change::Activate(_) | Change::Switch(_)]) => {
            (String::new(), count(step.changes.len(), "command"))
        }
        (files, _) => (String::new(), count(files.len(), "file")),
    };
    let by_hand = step.by_hand.iter().flat_map(|entry| entry.lines());
    Sheet {
        title,
        changes: Text::new(lines),
        by_hand: Some(Text::new(by_hand.map(|line| Line::words(Role::Accent, line)).collect())),
        // Where nobody was asked there is no station to go to.
        station: cx
            .planned
            .and_then(|planned| planned.errand.settled())
            .and_then(|_| Station::of(step.decided_by?)),
        admin: step.needs == Needs::Admin,
        ..Sheet::new(&step.title, Mark::Done, &step.why)
    }
}

/// What a change does, line by line.
pub(in crate::front::tui::screen) fn of_change(cx: &Cx, change: &Change) -> Vec<Line> {
    match change {
        Change::Create { path, content: Content::Text(text), .. } => {
            added(Language::of(path), text)
        }
        // One word, whatever is in it.
        Change::Create { content, .. } | Change::Append { content, .. } => {
            let spans = vec![Span::new(Role::Added, content.shown())];
            vec![Line { number: Some(1), side: Side::Added, spans }]
        }
        Change::Edit { path, before, after } => difference(Language::of(path), before, after),
        Change::Seal { path, before, after } => {
            difference(Language::of(path), before.shown(), after)
        }
        Change::Mode { before, after, .. } => {
            vec![Line::words(Role::Text, &format!("mode {before:04o} becomes {after:04o}"))]
        }
        Change::Track { paths, .. } => {
            let shown = |path: &std::path::PathBuf| path.display().to_string();
            paths.iter().map(|path| Line::words(Role::Text, &shown(path))).collect()
        }
        Change::Commit(commit) => {
            commit.message.lines().map(|line| Line::words(Role::Text, line)).collect()
        }
        Change::Run { command } => of_command(cx, command),
        Change::Activate(activation) => of_command(cx, &activation.command),
        Change::Switch(switch) => of_command(cx, &switch.command),
    }
}

fn of_command(cx: &Cx, command: &crate::run::Command) -> Vec<Line> {
    let place = command.cwd.as_deref().map(|cwd| format!("in {}", cx.host.short(cwd)));
    let place = place.map(|place| Line::words(Role::Muted, &place));
    place.into_iter().chain([Line::words(Role::Accent, &command.typed())]).collect()
}

/// How much a change is that is shown as these lines, to follow its file's name.
pub(in crate::front::tui::screen) fn extent(change: &Change, shown: &[Line]) -> String {
    let lines = |n: usize| if n == 1 { "1 line".to_owned() } else { format!("{n} lines") };
    match change {
        Change::Create { content: Content::Text(text), mode: 0o644, .. } => {
            format!(", {}", lines(text.lines().count()))
        }
        Change::Create { mode, .. } => format!(", mode {mode:04o}"),
        Change::Edit { .. } => {
            let of = |side| shown.iter().filter(|line| line.side == side).count();
            match (of(Side::Added), of(Side::Removed)) {
                (more, 0) => format!(", {} more", lines(more)),
                (0, less) => format!(", {} less", lines(less)),
                (more, less) => format!(", {} more, {less} less", lines(more)),
            }
        }
        _ => String::new(),
    }
}

fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// A station as the rail calls it.
pub(super) fn name(station: Station) -> &'static str {
    match station {
        Station::You => "You",
        Station::Where => "Where",
        Station::Features => "Features",
        Station::Key => "Key",
        Station::Secrets => "Secrets",
    }
}

/// What was taken at a station without a look.
fn of_station(scene: &Scene, interview: &Interview, planned: &Planned, station: Station) -> Sheet {
    let mut short = String::new();
    let mut lines = Vec::new();
    for id in station.questions() {
        let answers = planned.errand.settled().map(|settled| &settled.answers);
        let told = question(id).zip(answers).map(|(q, a)| q.told(a)).unwrap_or_default();
        let Some((label, because)) = interview.ask(scene, id).and_then(asked) else { continue };
        if told.is_empty() {
            continue;
        }
        if short.is_empty() {
            short = without_family(scene, &told);
        }
        lines.push(Line::words(Role::Heading, &label));
        lines.push(Line::words(Role::Text, &told));
        if !because.is_empty() {
            lines.push(Line::words(Role::Muted, &because));
        }
        lines.push(Line::blank());
    }
    let why = "Taken for you, without a look at it. Press b to look, and to change it.";
    Sheet {
        title: (String::new(), name(station).to_owned()),
        changes: Text::new(lines),
        station: Some(station),
        ..Sheet::new(&format!("{:<10}{short}", name(station)), Mark::Taken, why)
    }
}

/// How a question is put and why its suggestion is what it is; `None`: it was not asked.
fn asked(ask: Ask) -> Option<(String, String)> {
    Some(match ask {
        Ask::Skip { .. } => return None,
        Ask::Text { label, suggestion, .. } => {
            (label, suggestion.map(|suggestion| suggestion.from).unwrap_or_default())
        }
        Ask::Pick { label, note, suggested, .. } => {
            let from = suggested.map(|suggested| suggested.from).filter(|from| !from.is_empty());
            (label, from.unwrap_or(note))
        }
        Ask::PickMany { label, note, .. }
        | Ask::Secrets { label, note, .. }
        | Ask::Accounts { label, note, .. } => (label, note),
        Ask::Confirm { label, .. } => (label, String::new()),
    })
}

/// Names without what all of the fleet's feature sets start with: there is little room.
fn without_family(scene: &Scene, told: &str) -> String {
    let mut names = scene.fleet.aggregates.iter().map(|aggregate| aggregate.name.as_str());
    let Some(first) = names.next() else { return told.to_owned() };
    let family = first.find('-').map_or("", |at| &first[..=at]);
    if family.is_empty() || !names.all(|name| name.starts_with(family)) {
        return told.to_owned();
    }
    let short = told.split(", ").map(|name| name.strip_prefix(family).unwrap_or(name));
    short.collect::<Vec<_>>().join(", ")
}

fn of_remark(remark: &Remark) -> Sheet {
    let mut lines = Vec::new();
    for (place, text) in &remark.places {
        lines.push(Line::words(Role::Muted, place));
        let file = place.rsplit_once(':').map_or(place.as_str(), |(file, _)| file);
        let code = coloured(Language::of(Path::new(file)), text).into_iter();
        lines.extend(code.map(|mut spans| {
            spans.insert(0, Span::new(Role::Text, "  "));
            Line { number: None, side: Side::Same, spans }
        }));
    }
    let places = match remark.places.len() {
        _ if remark.warns => "To mend beforehand".to_owned(),
        0 => "To know beforehand".to_owned(),
        n => count(n, "place"),
    };
    Sheet {
        title: (String::new(), places),
        changes: Text::new(lines),
        ..Sheet::new(&remark.text, Mark::Remark, &remark.text)
    }
}
