//! The last words: how it ended, what is left for whom.

use super::asking::refuse;
use super::talk::Talk;
use super::watch;
use super::wording::{place, small};
use super::{Journey, Work};
use crate::front::{Finish, Note, sanitise};

impl Journey<'_> {
    pub(super) fn finish(
        &self,
        talk: &mut dyn Talk,
        work: &mut dyn Work,
        finish: &Finish,
        person: &str,
    ) {
        if let Some(problem) = &finish.problem {
            watch::problem(problem).iter().for_each(|line| talk.say(line));
        }
        for left in &finish.left {
            // Somebody who adds another person is not that person.
            let is_you = left.who == person && left.who == self.person();
            let who = if is_you { "you" } else { &left.who };
            talk.say(&format!("Left for {who}: {}", small(&sanitise(&left.words))));
        }
        talk.say(&finish.heading);
        if let Some(note) = &finish.note {
            self.note(talk, work, note);
        }
    }

    fn note(&self, talk: &mut dyn Talk, work: &mut dyn Work, note: &Note) {
        let who = &note.who;
        talk.say(&format!(
            "Type note to hear the note for {who}, save to write it to a file, or Enter to leave."
        ));
        // All is done; an end of the input is as good as Enter.
        while let Ok(line) = talk.ask() {
            match line.as_str() {
                "note" => note.text.lines().for_each(|line| talk.say(&sanitise(line))),
                "save" => match work.save(&format!("note-for-{who}.txt"), &note.text) {
                    Ok(path) => talk.say(&format!("Saved as {}.", place(self.host, &path))),
                    Err(problem) => refuse(talk, &problem, ""),
                },
                "" | "quit" => return,
                _ => talk.say("Type note, save, or Enter to leave."),
            }
        }
    }
}
