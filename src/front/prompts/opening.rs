//! What is said before anything is asked: how this works, where we are, and what one can do.

use super::Journey;
use super::talk::{Ended, Talk};
use super::wording::{capital, count, place};
use crate::counted::counted;
use crate::host::Os;

/// What a person may have come for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    SetUp,
    AddSomebody,
    SomethingIsWrong,
    Practice,
}

impl Door {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::SetUp => "Set up my home",
            Self::AddSomebody => "Add somebody",
            Self::SomethingIsWrong => "Something is wrong",
            Self::Practice => "Practice",
        }
    }
}

const HOW: &str = "\
doorstep, as plain questions.
At every question: Enter takes the suggestion. You can also type help, back, rest or quit.
Rest takes the suggestions for all further questions. You hear everything before it happens.";

const DOORS: &str = "\
Set up my home: for yourself, on this machine. Add somebody: prepares the fleet for another person.
Something is wrong: finds causes, explains a log, tells who can read which secrets.
Practice: the same journey on a pretend fleet, where nothing can go wrong.
Nothing is changed before you have heard all of it and typed apply. Quit leaves.";

impl Journey<'_> {
    pub(super) fn greet(&self, talk: &mut dyn Talk) {
        talk.say(HOW);
        if self.practice {
            talk.say("This is practice: a pretend fleet and a pretend home. Nothing of yours is touched.");
            // Places are told from the home on, and here that is not the person's own.
            let home = self.host.home.display();
            talk.say(&format!(
                "Until it ends, your home, also written ~, means the folder {home}."
            ));
        }
        talk.say(&self.machine());
        talk.say(&self.fleet());
        self.notices.iter().for_each(|notice| talk.say(&capital(notice)));
        talk.say(match self.fleet.user(self.person()) {
            Some(_) => "You are in this fleet already.",
            None => "Your home is not set up yet.",
        });
    }

    fn machine(&self) -> String {
        let kind = match self.host.os {
            Os::Darwin => "Mac",
            Os::Linux => "machine",
        };
        let name = &self.host.name;
        let Some(machine) = self.fleet.machine(name) else {
            return format!("This {kind} is {name}. It is not one of the fleet's machines.");
        };
        let administrator = self.host.is_admin() || machine.admin.as_deref() == Some(self.person());
        match (&machine.admin, administrator) {
            (_, true) => format!("This {kind} is {name}. You are its administrator."),
            (Some(admin), false) => format!(
                "This {kind} is {name}. {admin} looks after it. You are not its administrator."
            ),
            (None, false) => format!("This {kind} is {name}. You are not its administrator."),
        }
    }

    fn fleet(&self) -> String {
        let people = self.fleet.people().count();
        format!(
            "Your fleet is the folder {}: the shared setup of {} and {}.",
            place(self.host, &self.fleet.root),
            counted(self.fleet.machines.len(), "machine"),
            count(people, "person", "people"),
        )
    }

    /// Which door, if there are several.
    pub(super) fn door(&self, talk: &mut dyn Talk) -> Result<Door, Ended> {
        if let [door] = self.doors {
            return Ok(*door);
        }
        talk.say("\nWhat would you like to do?");
        loop {
            for (index, door) in self.doors.iter().enumerate() {
                talk.say(&format!("{}. {}.", index + 1, door.label()));
            }
            talk.say("Type a number. Suggested: 1");
            let line = talk.ask()?;
            let number = if line.is_empty() { "1" } else { line.as_str() };
            match (number, number.trim_end_matches('.').parse::<usize>()) {
                ("quit" | "back", _) => return Err(Ended::Quit),
                ("help", _) => talk.say(DOORS),
                (_, Ok(n)) if (1..=self.doors.len()).contains(&n) => return Ok(self.doors[n - 1]),
                _ => talk.say(&format!(
                    "Problem: Type a number from 1 to {}, or quit.",
                    self.doors.len()
                )),
            }
        }
    }
}
