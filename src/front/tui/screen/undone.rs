//! Taken back: what is as it was, and what was left alone with the reason. While it goes on the
//! same page fills.

use crate::front::tui::app::Door;
use crate::front::tui::key::{Key, Press};
use crate::front::tui::paint::Paint;
use crate::front::tui::pane::Scroll;
use crate::front::tui::screen::{
    Button, Cx, Effect, Focus, Help, Input, Notice, Place, Screen, sentence,
};
use crate::front::tui::sheet::{Sheet, headline};
use crate::front::tui::theme::Role;
use crate::front::world::Which;
use crate::undo::TakenBack;

#[derive(Debug, Clone)]
pub(crate) struct Undone {
    focus: Focus,
    scroll: Scroll,
}

impl Default for Undone {
    fn default() -> Self {
        Self { focus: Focus::Button(0), scroll: Scroll::default() }
    }
}

const GOES_ON: &str = "It is being taken back. Ctrl-C stops after the change that is at work.";

/// The result's own sentence without the list, which stands below it.
fn result(taken: &TakenBack) -> String {
    let whole = taken.sentence();
    whole.split(" Left alone: ").next().unwrap_or_default().to_owned()
}

fn sheet(cx: &Cx) -> Sheet {
    let mut sheet = Sheet::new(cx.area.width);
    match cx.taken {
        None => {
            for said in cx.run.map(|run| run.said.as_slice()).unwrap_or_default() {
                sheet.marked(4, (Role::Muted, "-"), 6, Role::Text, said);
            }
        }
        Some(Ok(taken)) => told(cx, taken, &mut sheet),
        Some(Err(problem)) => {
            for cause in problem.causes.iter().flat_map(|cause| cause.lines()) {
                sheet.marked(2, (Role::Heading, "Shown"), 10, Role::Text, cause);
            }
            for hint in &problem.hints {
                let hint = sentence(&hint.replace('`', ""));
                sheet.marked(2, (Role::Heading, "Next"), 10, Role::Text, &hint);
            }
        }
    }
    sheet
}

fn told(cx: &Cx, taken: &TakenBack, sheet: &mut Sheet) {
    let whole = result(taken);
    let rest = headline(&whole, cx.area.width.saturating_sub(6)).1;
    if !rest.is_empty() {
        sheet.prose(4, Role::Text, rest);
    }
    for left in &taken.left {
        let words = format!("Left alone: {}, {}.", left.what, left.why);
        sheet.marked(4, (Role::Warn, "!"), 6, Role::Text, &words);
    }
    for restored in &taken.restored {
        sheet.marked(4, (Role::Good, "✓"), 6, Role::Text, restored);
    }
}

fn mark(cx: &Cx) -> (Role, &'static str) {
    match cx.taken {
        None => (Role::Heading, ""),
        Some(Ok(taken)) if taken.left.is_empty() && !taken.stopped => (Role::Good, "✓ "),
        Some(Ok(_)) => (Role::Warn, "! "),
        Some(Err(_)) => (Role::Bad, "✗ "),
    }
}

impl Screen for Undone {
    fn heading(&self, cx: &Cx) -> String {
        let words = match cx.taken {
            None => "Taking it back, the newest change first".to_owned(),
            Some(Ok(taken)) => {
                let whole = result(taken);
                headline(&whole, cx.area.width.saturating_sub(6)).0.to_owned()
            }
            Some(Err(problem)) => sentence(&problem.what.replace('`', "")),
        };
        format!("{}{words}", mark(cx).1)
    }

    fn parts(&self, _cx: &Cx) -> usize {
        0
    }

    fn buttons(&self, cx: &Cx) -> Vec<Button> {
        let goes_on = cx.taken.is_none().then_some(GOES_ON);
        let first = match cx.door {
            Door::Wrong => Button::new("findings", "Back to the findings"),
            _ => Button::new("start", "Back to the start"),
        };
        vec![first.off(goes_on), Button::new("leave", "Leave").off(goes_on)]
    }

    fn keys(&self, cx: &Cx) -> Vec<Key> {
        let goes_on = cx.taken.is_none().then_some(GOES_ON);
        vec![
            Key::new("Enter", "choose", "do what has the focus").off(goes_on),
            Key::new("Up/Down", "scroll", "scroll"),
            Key::new("q", "leave", "leave doorstep").off(goes_on),
        ]
    }

    fn notice(&self, cx: &Cx) -> Option<Notice> {
        cx.taken.is_none().then(|| Notice::plain(GOES_ON))
    }

    fn help(&self, _cx: &Cx) -> Help {
        Help {
            title: "Taking back".to_owned(),
            what: "doorstep follows its receipt backwards. A file that somebody has changed since \
                   is left alone; so is a key that something is encrypted for."
                .to_owned(),
            why: "Undo must never destroy what it has not made.".to_owned(),
            by_hand: vec!["doorstep undo".to_owned()],
        }
    }

    fn focus(&self) -> Focus {
        self.focus
    }

    fn set_focus(&mut self, _cx: &Cx, focus: Focus) {
        self.focus = focus;
    }

    fn arrive(&mut self, _cx: &Cx) {
        *self = Self::default();
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        let room = usize::from(cx.body().height.saturating_sub(1));
        match input {
            Input::Pressed("start") => return vec![Effect::Open(Which::Again)],
            Input::Pressed("findings") => return vec![Effect::Turn(Place::Findings)],
            Input::Pressed(_) | Input::Key(Press::Letter('q'), _) => return vec![Effect::Leave],
            Input::Key(Press::Esc, _) if cx.taken.is_none() => {
                return vec![Effect::Say(Notice::plain(GOES_ON))];
            }
            Input::Key(Press::Esc, _) if cx.door == Door::Wrong => {
                return vec![Effect::Turn(Place::Findings)];
            }
            Input::Key(Press::Esc, _) => return vec![Effect::Open(Which::Again)],
            Input::Key(press, _) => {
                self.scroll.key(press, sheet(cx).len(), room);
            }
            Input::Wheel { rows, .. } => self.scroll.by(rows, sheet(cx).len(), room),
            _ => {}
        }
        Vec::new()
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        let (columns, rows) = (paint.width(), paint.height());
        let wide = u16::try_from(crate::front::tui::text::width(&self.heading(cx)));
        paint.lay(2, 0, wide.unwrap_or(0).min(columns.saturating_sub(4)), mark(cx).0);
        let mut below = paint.within(0, 1, columns, rows.saturating_sub(1));
        sheet(cx).view(self.scroll, None, &mut below);
    }
}

#[cfg(test)]
mod tests {
    use crate::front::tui::Msg;
    use crate::front::tui::screen::{Effect, Place};
    use crate::front::tui::stage::Stage;
    use crate::front::tui::worker::Done;
    use crate::problem::Problem;
    use crate::undo::{LeftAlone, TakenBack};

    fn taking() -> Stage {
        let mut stage = Stage::building();
        stage.fails(crate::front::tui::stage::run::refused());
        stage.does(vec![Effect::Undo("/r".into())]);
        stage
    }

    fn taken() -> TakenBack {
        TakenBack {
            restored: vec![
                "secrets/users/raquel.sops.yaml is gone again.".into(),
                "The key of ~/.config/sops/age/keys.txt is gone again.".into(),
            ],
            left: vec![LeftAlone {
                what: ".sops.yaml".into(),
                why: "changed by somebody else since (line 30)".into(),
            }],
            steps: 6,
            steps_back: 5,
            stopped: false,
        }
    }

    #[test]
    fn what_was_taken_back_is_told_in_full() {
        let mut stage = taking();
        stage.tells(crate::event::Event::Said("secrets/users/raquel.sops.yaml is gone".into()));
        insta::assert_snapshot!("taking", stage.screen());
        assert!(stage.app.at() == Place::Undone);
        stage.press("q<enter><esc>");
        assert!(stage.app.at() == Place::Undone && stage.ended.is_none());
        stage.tell(Msg::Done(Done::Undone(Ok(taken()))));
        insta::assert_snapshot!("left-alone", stage.screen());
        let all = TakenBack { left: Vec::new(), steps_back: 6, ..taken() };
        stage.tell(Msg::Done(Done::Undone(Ok(all))));
        insta::assert_snapshot!("byte-for-byte", stage.screen());
        stage.press("<enter>");
        assert_eq!(stage.app.at(), Place::Welcome);
    }

    #[test]
    fn back_at_the_start_the_last_errand_is_over() {
        let mut stage = Stage::of(crate::question::example::Example::raquel());
        let wish = crate::activate::update::Wish::default();
        stage.does(vec![Effect::Plan(crate::front::world::Errand::Update(wish))]);
        assert!(stage.app.errand().is_some());
        stage.does(vec![Effect::Open(crate::front::world::Which::Again)]);
        assert!(stage.app.errand().is_none());
        assert_eq!(stage.app.at(), Place::Welcome);
    }

    #[test]
    fn a_receipt_that_cannot_be_followed() {
        let mut stage = taking();
        let problem = Problem::tool("the receipt `/r` cannot be read").cause("No such file");
        stage.tell(Msg::Done(Done::Undone(Err(problem))));
        insta::assert_snapshot!("not-followed", stage.screen());
    }
}
