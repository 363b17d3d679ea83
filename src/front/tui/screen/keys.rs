//! Key: which one opens the secrets. Private halves are never listed, only where they are; a
//! private key that is pasted where a public one belongs is refused, wiped and not shown.

use zeroize::Zeroizing;

use crate::answers::KeyChoice;
use crate::counted::counted;
use crate::front::interview::{Interview, Scene, Station};
use crate::front::tui::field::Field;
use crate::front::tui::frame::Size;
use crate::front::tui::key::{Key, Press};
use crate::front::tui::paint::{Paint, Target};
use crate::front::tui::screen::public_key::give;
use crate::front::tui::screen::{
    Button, Cx, Effect, Focus, Help, Input, Notice, Place, Rows, Screen,
};
use crate::front::tui::text::fitting;
use crate::key::private;
use crate::question::{self, Ask, Choice, KeyHere, Reply};

mod view;

/// Ids of the question's choices that mean something to this screen.
const FOUND: &str = "found";
const GENERATE: &str = "generate";
const PUBLIC: &str = "public";
const KNOWN: &str = "known";

const NONE_YET: &str = "There is no public half yet.";

/// Where the person is, and the public key while it is typed.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    focus: Focus,
    rows: Rows,
    public: Field,
    /// A public key only was chosen, whether or not there is one yet.
    wants_public: bool,
    /// Why what was pasted is not in the field.
    refused: Option<String>,
    /// Whose key was typed: somebody else's does not stay in the field.
    whose: String,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            focus: Focus::Button(0),
            rows: Rows::default(),
            public: Field::default(),
            wants_public: false,
            refused: None,
            whose: String::new(),
        }
    }
}

/// What Tab goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Choices,
    /// The public key.
    Field,
    /// The box about the second copy.
    Tick,
}

/// The question as it is put now.
struct Asked<'a> {
    scene: Scene<'a>,
    interview: &'a Interview,
    label: String,
    note: String,
    help: String,
    /// What can be chosen first, then what cannot; a public key only is last among both.
    options: Vec<Choice>,
    /// Whether a suggestion says so rather than the person.
    suggested: Option<usize>,
    chosen: Option<usize>,
}

impl<'a> Asked<'a> {
    fn of(cx: &Cx<'a>, screen: &Keys) -> Option<Self> {
        let (scene, interview) = cx.asked()?;
        let Ask::Pick { label, note, help, mut options, suggested } =
            interview.ask(&scene, "key")?
        else {
            return None;
        };
        let id = suggested.and_then(|s| Some(options.get(s.value)?.id.clone()));
        options.sort_by_key(|choice| (choice.id == PUBLIC, choice.off.is_some()));
        let at = |id: &str| options.iter().position(|choice| choice.id == id);
        let suggested = id.as_deref().and_then(at);
        let chosen = if screen.wants_public { at(PUBLIC) } else { suggested };
        let suggested = suggested.filter(|_| !interview.is_chosen("key"));
        Some(Self { scene, interview, label, note, help, options, suggested, chosen })
    }

    fn chosen(&self) -> Option<&Choice> {
        self.options.get(self.chosen?)
    }

    fn is_chosen(&self, id: &str) -> bool {
        self.chosen().is_some_and(|choice| choice.id == id)
    }

    /// How the second copy is asked about: its help, and whether it was promised.
    fn copy(&self) -> Option<(String, bool)> {
        // While a public key is still being typed the answer is another one.
        let generates = self.is_chosen(GENERATE);
        match self.interview.ask(&self.scene, "key_copy")? {
            Ask::Confirm { help, .. } if generates => {
                Some((help, self.interview.answers.key_copy.is_some()))
            }
            _ => None,
        }
    }

    fn keys_here(&self) -> Vec<KeyHere> {
        question::keys_here(&self.interview.context(&self.scene))
    }

    /// The key in a file that is chosen to be used, if one is.
    fn key_in_file(&self) -> bool {
        self.is_chosen(FOUND) && self.keys_here().iter().any(|key| key.is_meant && key.in_file)
    }
}

impl Keys {
    fn parts_of(&self, asked: &Asked) -> Vec<Part> {
        let field = asked.is_chosen(PUBLIC).then_some(Part::Field);
        let tick = asked.copy().map(|_| Part::Tick);
        [Some(Part::Choices), field, tick].into_iter().flatten().collect()
    }

    fn part(&self, asked: &Asked) -> Option<Part> {
        match self.focus {
            Focus::Part(part) => self.parts_of(asked).get(part).copied(),
            Focus::Button(_) => None,
        }
    }

    /// Why the typed public key is none.
    fn problem(&self, asked: &Asked) -> Option<String> {
        if let Some(refused) = &self.refused {
            return Some(refused.clone());
        }
        let text = self.public.text().trim();
        if text.is_empty() {
            return None;
        }
        let checked = asked.interview.check(&asked.scene, "key", Reply::Text(text.to_owned()));
        checked.err().map(|problem| problem.what.replace('`', ""))
    }

    /// What keeps the person here, as a button says it.
    fn missing(&self, asked: &Asked) -> Option<String> {
        let public = asked.chosen().filter(|choice| choice.id == PUBLIC);
        if let Some(choice) = public {
            let open = self.public.text().trim().is_empty() || self.problem(asked).is_some();
            let label = choice.asks.as_deref().unwrap_or_default().to_lowercase();
            return open.then(|| format!("First: the {label}"));
        }
        if matches!(asked.copy(), Some((_, false))) {
            return Some("First: tick the box about your second copy".to_owned());
        }
        let needs = asked.interview.needs(&asked.scene, Station::Key);
        (!needs.is_empty()).then(|| "First: choose a key".to_owned())
    }

    /// Where the focus belongs when one comes here: on what needs the person.
    fn opening(&self, asked: &Asked) -> Focus {
        let parts = self.parts_of(asked);
        let at = |part| parts.iter().position(|p| *p == part).map(Focus::Part);
        let field = at(Part::Field).filter(|_| self.missing(asked).is_some());
        let tick = at(Part::Tick).filter(|_| matches!(asked.copy(), Some((_, false))));
        let needed = self.missing(asked).map(|_| Focus::Part(0));
        field.or(tick).or(needed).unwrap_or(Focus::Button(0))
    }

    /// Chooses a row. `go_on`: and goes to what comes after it.
    fn choose(&mut self, asked: &Asked, at: usize, go_on: bool) -> Vec<Effect> {
        let Some(choice) = asked.options.get(at) else { return Vec::new() };
        self.rows.at = at;
        if let Some(why) = &choice.off {
            return vec![Effect::Say(Notice::plain(super::sentence(why)))];
        }
        self.wants_public = choice.id == PUBLIC;
        if self.wants_public {
            let mut effects = self.answer(asked);
            effects.extend(go_on.then_some(Effect::Focus(Focus::Part(1))));
            return effects;
        }
        let mut effects = vec![Effect::Answer("key", Reply::Named(vec![choice.id.clone()]))];
        let promised = asked.interview.answers.key_copy.is_some();
        let next = match choice.id == GENERATE && !promised {
            true => Focus::Part(1),
            false => Focus::Button(0),
        };
        effects.extend(go_on.then_some(Effect::Focus(next)));
        effects
    }

    /// The answer that the typed public key amounts to.
    fn answer(&self, asked: &Asked) -> Vec<Effect> {
        let text = self.public.text().trim();
        match text.is_empty() || self.problem(asked).is_some() {
            true => vec![Effect::Forget("key")],
            false => vec![Effect::Answer("key", Reply::Text(text.to_owned()))],
        }
    }

    /// After something was typed or pasted into the field.
    fn typed(&mut self, asked: &Asked) -> Vec<Effect> {
        self.refused = None;
        if private::is_in(self.public.text()) {
            self.refuse(asked);
        }
        self.answer(asked)
    }

    /// A private key is not kept, and not shown.
    fn refuse(&mut self, asked: &Asked) {
        self.public.clear();
        // The question says it in its own words; how such a key begins is enough for that.
        let begin = Reply::Text("AGE-SECRET-KEY-1".to_owned());
        let refused = asked.interview.check(&asked.scene, "key", begin);
        self.refused = refused.err().map(|problem| problem.what);
    }

    fn paste(&mut self, asked: &Asked, text: &str) -> Vec<Effect> {
        // Looked at before the field does: a key file has several lines.
        if private::is_in(text) {
            self.refuse(asked);
            return self.answer(asked);
        }
        match self.public.paste(text.trim()) {
            Ok(()) => self.typed(asked),
            Err(why) => vec![Effect::Say(Notice::plain(why))],
        }
    }

    fn promise(&self, promised: bool) -> Vec<Effect> {
        match promised {
            true => vec![Effect::Forget("key_copy")],
            false => vec![Effect::Answer("key_copy", Reply::Yes), Effect::Focus(Focus::Button(0))],
        }
    }

    /// Why the public half is not given away yet: one that went out must never be one that was
    /// thrown away.
    fn held_back(&self, asked: &Asked) -> Option<&'static str> {
        if asked.is_chosen(GENERATE) {
            return Some("Off until the key is saved.");
        }
        // What is known is that of the suggestion then.
        let typing = asked.is_chosen(PUBLIC) && self.missing(asked).is_some();
        typing.then_some(NONE_YET)
    }

    /// One row up or down, over the parts' ends.
    fn step(&mut self, asked: &Asked, press: Press) {
        let parts = self.parts_of(asked);
        let Focus::Part(at) = self.focus else { return };
        let last = asked.options.len().saturating_sub(1);
        let choices = parts.get(at) == Some(&Part::Choices);
        match press {
            Press::Down if choices && self.rows.at < last => self.rows.at += 1,
            Press::Down if at + 1 < parts.len() => self.focus = Focus::Part(at + 1),
            Press::Down => self.focus = Focus::Button(0),
            Press::Up if choices => self.rows.at = self.rows.at.saturating_sub(1),
            Press::Up => {
                self.focus = Focus::Part(at.saturating_sub(1));
                if at == 1 {
                    self.rows.at = last;
                }
            }
            press => {
                self.rows.key(press, last + 1, last + 1);
            }
        }
    }
}

impl Screen for Keys {
    fn heading(&self, cx: &Cx) -> String {
        Asked::of(cx, self).map(|asked| asked.label).unwrap_or_default()
    }

    fn parts(&self, cx: &Cx) -> usize {
        Asked::of(cx, self).map_or(0, |asked| self.parts_of(&asked).len())
    }

    fn buttons(&self, cx: &Cx) -> Vec<Button> {
        let Some(asked) = Asked::of(cx, self) else { return Vec::new() };
        let missing = self.missing(&asked);
        let copy = asked.key_in_file();
        let rest = match cx.size == Size::Small && copy {
            true => "Use suggestions",
            false => "Use suggestions for the rest",
        };
        let mut buttons = vec![
            Button::new("continue", "Continue").off(missing.clone()),
            Button::new("rest", rest).off(missing),
        ];
        buttons.extend(copy.then(|| Button::new("copy", "Second copy")));
        buttons
    }

    fn keys(&self, cx: &Cx) -> Vec<Key> {
        let asked = Asked::of(cx, self);
        let part = asked.as_ref().and_then(|asked| self.part(asked));
        let mut keys = match part {
            Some(Part::Choices) => vec![
                Key::new("Space", "choose", "choose the row"),
                Key::quiet("Enter", "choose the row and go on"),
            ],
            Some(Part::Field) => vec![Key::new("Enter", "go on", "to what comes next")],
            Some(Part::Tick) => vec![
                Key::new("Space", "tick", "tick or untick"),
                Key::quiet("Enter", "tick or untick"),
            ],
            None => vec![Key::new("Enter", "press", "press the button")],
        };
        keys.push(Key::new("arrows", "move", "move among the rows"));
        keys.push(Key::new("Tab", "buttons", "to the next part or button"));
        let off = asked.as_ref().and_then(|asked| self.held_back(asked));
        let known = matches!(cx.public_key, Some(Ok(_)));
        let off = off.or((!known).then_some(NONE_YET));
        keys.push(Key::quiet("c", "copy the public half").off(off));
        keys.push(Key::quiet("s", "save the public half to a file").off(off));
        let poor =
            cx.theme.ascii.then_some("A QR code needs a Unicode terminal; the text is the same.");
        keys.push(Key::quiet("v", "show the public half as a QR code").off(off.or(poor)));
        keys.push(Key::new("Esc", "back", "one screen back"));
        keys
    }

    fn notice(&self, cx: &Cx) -> Option<Notice> {
        let asked = Asked::of(cx, self)?;
        let Some(missing) = self.missing(&asked) else {
            if let Some(doubt) = asked.interview.doubt(Station::Key) {
                return Some(Notice::left(doubt));
            }
            // About a key that is there the body says it, where there is room for it.
            let told = asked.note.is_empty() || asked.is_chosen(FOUND);
            return (!told).then(|| Notice::plain(asked.note.clone()));
        };
        let what = missing.trim_start_matches("First: ");
        Some(Notice::left(format!("1 thing left here: {what}")))
    }

    fn help(&self, cx: &Cx) -> Help {
        let Some(asked) = Asked::of(cx, self) else { return Help::default() };
        if let (Some(Part::Tick), Some((help, _))) = (self.part(&asked), asked.copy()) {
            let why = "doorstep has no way to make the key again, and no copy of its own.".into();
            return Help { title: "A second copy".into(), what: help, why, by_hand: Vec::new() };
        }
        let places = question::looked_in(&asked.interview.context(&asked.scene));
        let count = counted(places.len(), "place");
        let looked = match places.is_empty() {
            true => String::new(),
            false => format!("\nLooked in {count}:\n{}", places.join("\n")),
        };
        Help {
            title: "Key".into(),
            what: format!("{}{looked}", asked.help),
            why: asked
                .options
                .get(self.rows.at)
                .map(|choice| choice.more.clone())
                .unwrap_or_default(),
            by_hand: Vec::new(),
        }
    }

    fn focus(&self) -> Focus {
        self.focus
    }

    fn set_focus(&mut self, _cx: &Cx, focus: Focus) {
        self.focus = focus;
    }

    fn typing(&self, cx: &Cx) -> bool {
        Asked::of(cx, self).is_some_and(|asked| self.part(&asked) == Some(Part::Field))
    }

    fn arrive(&mut self, cx: &Cx) {
        let Some((_, interview)) = cx.asked() else { return };
        let whose = interview.answers.username.clone().unwrap_or_default();
        if whose != self.whose {
            *self = Self { whose, ..Self::default() };
        }
        match &interview.answers.key {
            // The one that the fleet has is a row of its own.
            Some(KeyChoice::Public(_)) if is_known(&cx.asked()) => self.wants_public = false,
            Some(KeyChoice::Public(key)) => {
                self.public = Field::new(key);
                self.wants_public = true;
            }
            Some(KeyChoice::File(path)) => {
                self.public = Field::new(&path.to_string_lossy());
                self.wants_public = true;
            }
            Some(_) if interview.is_chosen("key") => self.wants_public = false,
            // Only what is no answer yet is kept as it was typed.
            _ if Asked::of(cx, self).is_some_and(|asked| self.missing(&asked).is_none()) => {
                self.wants_public = false;
            }
            _ => {}
        }
        let Some(asked) = Asked::of(cx, self) else { return };
        self.rows.at = asked.chosen.unwrap_or(0);
        self.focus = self.opening(&asked);
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        let Some(asked) = Asked::of(cx, self) else { return Vec::new() };
        match (self.part(&asked), input) {
            (_, Input::Pressed("continue")) => vec![Effect::Continue],
            (_, Input::Pressed("rest")) => vec![Effect::Rest],
            (_, Input::Pressed("copy")) => vec![Effect::Go(Place::SecondCopy)],
            (_, Input::Key(Press::Esc, _)) => Vec::new(),
            (Some(Part::Field), Input::Paste(text)) => self.paste(&asked, &Zeroizing::new(text)),
            (Some(Part::Field), Input::Key(Press::Enter, _)) => {
                self.focus = match self.missing(&asked) {
                    None => Focus::Button(0),
                    Some(_) => self.focus,
                };
                Vec::new()
            }
            (Some(Part::Field), Input::Key(press @ (Press::Up | Press::Down), _)) => {
                self.step(&asked, press);
                Vec::new()
            }
            (Some(Part::Field), Input::Key(_, key)) => match self.public.key(key) {
                true => self.typed(&asked),
                false => Vec::new(),
            },
            (_, Input::Key(Press::Letter('v'), _)) => vec![Effect::Go(Place::PublicKey)],
            (_, Input::Key(Press::Letter(letter), _)) => give(cx, letter),
            (Some(Part::Choices), Input::Key(Press::Space, _)) => {
                self.choose(&asked, self.rows.at, false)
            }
            (Some(Part::Choices), Input::Key(Press::Enter, _)) => {
                self.choose(&asked, self.rows.at, true)
            }
            (Some(Part::Choices), Input::Click { target: Target::Row(_, at), again }) => {
                let same = again && self.rows.at == at;
                self.rows.at = at;
                if same { self.choose(&asked, at, false) } else { Vec::new() }
            }
            (Some(Part::Tick), Input::Key(Press::Enter | Press::Space, _))
            | (Some(Part::Tick), Input::Click { again: true, .. }) => {
                self.promise(matches!(asked.copy(), Some((_, true))))
            }
            (Some(_), Input::Key(press, _)) => {
                self.step(&asked, press);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        if let Some(asked) = Asked::of(cx, self) {
            self.draw(cx, &asked, paint);
        }
    }
}

/// Whether the key that stands is the one that the fleet has for somebody.
fn is_known(asked: &Option<(Scene, &Interview)>) -> bool {
    let Some((scene, interview)) = asked else { return false };
    match interview.ask(scene, "key") {
        Some(Ask::Pick { options, suggested: Some(suggested), .. }) => {
            options.get(suggested.value).is_some_and(|choice| choice.id == KNOWN)
        }
        _ => false,
    }
}

/// `age1jx3c…5nn44c`: enough to tell keys apart.
fn short(recipient: &str, ellipsis: &str) -> String {
    let end = recipient.char_indices().rev().nth(5).map_or(0, |(at, _)| at);
    match recipient.len() > 20 {
        true => format!("{}{ellipsis}{}", fitting(recipient, 8), &recipient[end..]),
        false => recipient.to_owned(),
    }
}

#[cfg(test)]
mod tests;
