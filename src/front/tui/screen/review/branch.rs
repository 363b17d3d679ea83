//! The name of the branch that a commit goes on, typed in its row of the list.

use ratatui::crossterm::event::KeyEvent;

use super::Review;
use super::made::Item;
use crate::answers::Commit;
use crate::front::tui::field::Field;
use crate::front::tui::key::{Key, Press};
use crate::front::tui::screen::{Cx, Effect, Focus, Notice};
use crate::key::private;
use crate::question::Reply;

/// The branch that was answered.
pub(super) fn chosen<'a>(cx: &Cx<'a>) -> Option<&'a str> {
    match cx.interview?.answers.commit.as_ref()? {
        Commit::Branch(name) => Some(name),
        Commit::No | Commit::One => None,
    }
}

/// The keys while it is typed.
pub(super) fn keys() -> Vec<Key> {
    vec![
        Key::new("Enter", "take it", "take the name; the plan is made again"),
        Key::new("Esc", "leave it", "leave it as it was"),
    ]
}

impl Review {
    /// Whether the row of the branch is the one that is looked at.
    pub(super) fn on_branch(&self) -> bool {
        let item = self.made.as_ref().and_then(|made| made.items.get(self.rows.at));
        matches!(item, Some(Item::Branch))
    }

    /// Begins to type, with the name that stands.
    pub(super) fn name_branch(&mut self, cx: &Cx) {
        self.naming = chosen(cx).map(Field::new);
    }

    pub(super) fn naming_key(&mut self, cx: &Cx, press: Press, key: KeyEvent) -> Vec<Effect> {
        match press {
            Press::Enter => return self.named(cx),
            Press::Up | Press::Down => self.naming = None,
            // Staying is an effect too: Esc ended the typing.
            Press::Esc => {
                self.naming = None;
                return vec![Effect::Focus(Focus::Part(0))];
            }
            _ => {
                if let Some(field) = &mut self.naming {
                    field.key(key);
                }
            }
        }
        self.wipe_private()
    }

    pub(super) fn naming_paste(&mut self, text: &str) -> Vec<Effect> {
        match self.naming.as_mut().map(|field| field.paste(text)) {
            Some(Err(why)) => vec![Effect::Say(Notice::plain(why))],
            _ => self.wipe_private(),
        }
    }

    fn named(&mut self, cx: &Cx) -> Vec<Effect> {
        let (Some(field), Some((scene, interview))) = (&self.naming, cx.asked()) else {
            return Vec::new();
        };
        let reply = Reply::Text(field.text().to_owned());
        match interview.check(&scene, "commit", reply.clone()) {
            Ok(_) => {
                self.naming = None;
                vec![Effect::Answer("commit", reply), Effect::PlanAgain]
            }
            Err(problem) => vec![Effect::Say(Notice::bad(problem.what.replace('`', "")))],
        }
    }

    /// A private key does not stay in the field.
    fn wipe_private(&mut self) -> Vec<Effect> {
        match &mut self.naming {
            Some(field) if private::is_in(field.text()) => {
                field.clear();
                let words = "That is a private key; it was not kept or shown.";
                vec![Effect::Say(Notice::bad(words))]
            }
            _ => Vec::new(),
        }
    }
}
