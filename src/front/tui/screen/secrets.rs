//! Secrets.

use crate::front::tui::key::Key;
use crate::front::tui::paint::Paint;
use crate::front::tui::screen::{Button, Cx, Effect, Focus, Help, Input, Notice, Screen};

#[derive(Debug, Clone)]
pub(crate) struct Secrets {
    focus: Focus,
}

impl Default for Secrets {
    fn default() -> Self {
        Self { focus: Focus::Button(0) }
    }
}

impl Screen for Secrets {
    fn heading(&self, _cx: &Cx) -> String {
        "Which secrets should be ready for you?".to_owned()
    }

    fn parts(&self, _cx: &Cx) -> usize {
        0
    }

    fn buttons(&self, _cx: &Cx) -> Vec<Button> {
        vec![Button::new("continue", "Continue")]
    }

    fn keys(&self, _cx: &Cx) -> Vec<Key> {
        vec![Key::new("Enter", "continue", "go on"), Key::new("Esc", "back", "one screen back")]
    }

    fn notice(&self, _cx: &Cx) -> Option<Notice> {
        None
    }

    fn help(&self, _cx: &Cx) -> Help {
        Help { title: "Secrets".to_owned(), ..Help::default() }
    }

    fn focus(&self) -> Focus {
        self.focus
    }

    fn set_focus(&mut self, _cx: &Cx, focus: Focus) {
        self.focus = focus;
    }

    fn update(&mut self, _cx: &Cx, input: Input) -> Vec<Effect> {
        match input {
            Input::Pressed("continue") => vec![Effect::Continue],
            _ => Vec::new(),
        }
    }

    fn view(&self, _cx: &Cx, _paint: &mut Paint) {}
}
