//! A kept log, looked at as the run that it was: the screen of a run, without a run.

use std::time::Duration;

use super::apply::Apply;
use crate::event::Outcome;
use crate::front::sanitise;
use crate::front::tui::clock;
use crate::front::tui::key::{Key, Press};
use crate::front::tui::paint::Paint;
use crate::front::tui::run::{Run, State};
use crate::front::tui::screen::{Button, Cx, Effect, Focus, Help, Input, Notice, Screen};

#[derive(Debug, Clone, Default)]
pub(crate) struct Replay {
    run: Apply,
}

/// How it ended: by its first failure, or all of it.
fn ending(run: &Run) -> String {
    let seconds = |state: &State| match state {
        State::Ended { seconds, .. } => *seconds,
        _ => 0.0,
    };
    let took = run.steps.iter().map(|step| seconds(&step.state)).sum();
    let took = clock::spelled(Duration::try_from_secs_f64(took).unwrap_or_default());
    let ended = |step: &&crate::front::tui::run::Step| {
        matches!(step.state, State::Ended { outcome: Outcome::Stopped, .. })
    };
    if let Some((_, step)) = run.failed() {
        let cause = run.build(step.id).and_then(|build| build.cause());
        let why = match (cause, &step.state) {
            (Some(cause), _) => cause.headline(),
            (None, State::Ended { outcome: Outcome::Failed { why }, .. }) => why.what.clone(),
            (None, _) => String::new(),
        };
        return format!("✗ {}: {}", step.title, sanitise(&why).replace('`', ""));
    }
    match run.steps.iter().find(ended) {
        _ if run.steps.is_empty() => "Nothing in it.".to_owned(),
        Some(step) => format!("! {} was cut short, after {took}", step.title),
        None => format!("✓ It ended well, after {took}"),
    }
}

impl Screen for Replay {
    fn heading(&self, cx: &Cx) -> String {
        cx.run.map(ending).unwrap_or_default()
    }

    fn parts(&self, cx: &Cx) -> usize {
        self.run.parts(cx)
    }

    fn buttons(&self, _cx: &Cx) -> Vec<Button> {
        vec![Button::new("leave", "Leave")]
    }

    fn keys(&self, cx: &Cx) -> Vec<Key> {
        let mut keys = self.run.keys(cx);
        // There is nothing to stop.
        keys.retain(|key| key.key != "Ctrl-C");
        keys.push(Key::quiet("q", "leave"));
        keys
    }

    fn notice(&self, cx: &Cx) -> Option<Notice> {
        self.run.notice(cx)
    }

    fn help(&self, cx: &Cx) -> Help {
        let command = self.run.help(cx).by_hand;
        Help {
            title: "A kept log".to_owned(),
            what: "What the commands of a run said, as it was when they ran. doorstep keeps the \
                   logs of its newest runs, readable by you alone."
                .to_owned(),
            why: "Each build has its own lines: Tab to what was built, then Enter. s saves what \
                  is shown as a file that you can give to somebody."
                .to_owned(),
            by_hand: command,
        }
    }

    fn focus(&self) -> Focus {
        self.run.focus()
    }

    fn set_focus(&mut self, cx: &Cx, focus: Focus) {
        self.run.set_focus(cx, focus);
    }

    fn typing(&self, cx: &Cx) -> bool {
        self.run.typing(cx)
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        match input {
            Input::Pressed(_) => vec![Effect::Leave],
            Input::Key(Press::Letter('q'), _) if !self.typing(cx) => vec![Effect::Leave],
            input => self.run.update(cx, input),
        }
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        self.run.view(cx, paint);
    }
}

#[cfg(test)]
mod tests;
