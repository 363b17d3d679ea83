//! Words on the person's own screen while a command has the terminal: who asks, why, and where
//! what they type goes. Plain text, made here and written elsewhere; nothing of a command's output
//! passes through.

use std::time::Duration;

use super::clock;
use super::text::wrap;
use crate::front::sanitise;

/// A command that needs the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HandOver {
    /// Counted from 1.
    pub(crate) step: usize,
    pub(crate) steps: usize,
    pub(crate) title: String,
    /// As it would be typed.
    pub(crate) command: String,
    /// Why somebody has to be there.
    pub(crate) why: String,
    /// Who asks: the program that reads what is typed, such as `sudo`.
    pub(crate) program: String,
}

/// Columns of the words, as everywhere.
const COLUMNS: usize = 76;
/// Columns before what stands beside a label.
const LABEL: usize = 10;

/// What is said before the command begins. Ends with a line feed.
pub(crate) fn before(hand: &HandOver) -> String {
    let program = sanitise(&hand.program);
    let mut out = String::from("doorstep has stepped aside: a command needs you.\n\n");
    let step = format!("{} of {}, {}", hand.step, hand.steps, hand.title);
    labelled(&mut out, "step", &step);
    // A command is copied, so it stands on one line however long it is.
    out.push_str(&format!("  {:<width$}{}\n", "command", sanitise(&hand.command), width = LABEL));
    labelled(&mut out, "why", &hand.why);
    out.push('\n');
    let typed = [
        format!("What you type goes to {program}, not to doorstep. It is not shown and not kept."),
        "No letters or stars appear while you type a password. That is normal.".to_owned(),
        "To stop the command press Ctrl-C. doorstep comes back when it has ended.".to_owned(),
    ];
    for line in typed {
        out.push_str(&format!("  {line}\n"));
    }
    out.push_str(&format!("\n--- from here on: {program} ---\n"));
    out
}

/// What is said when it has ended; `exit` as in `exit 0` or `signal 9`, `None`: it never began.
pub(crate) fn after(hand: &HandOver, exit: Option<&str>, took: Duration) -> String {
    let (program, exit) = (sanitise(&hand.program), sanitise(exit.unwrap_or("not started")));
    let took = clock::spelled(took);
    // Whatever the command wrote last may have left the cursor in a line.
    format!("\n--- end of {program}: {exit}, {took} ---\ndoorstep is back.\n")
}

fn labelled(out: &mut String, label: &str, text: &str) {
    for (at, line) in wrap(&sanitise(text), COLUMNS - LABEL).iter().enumerate() {
        let label = if at == 0 { label } else { "" };
        out.push_str(&format!("  {label:<LABEL$}{line}\n"));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hand() -> HandOver {
        HandOver {
            step: 5,
            steps: 9,
            title: "Activate blackphos".into(),
            command: "sudo darwin-rebuild switch --flake ~/fleet#blackphos".into(),
            why: "The system part of this Mac belongs to root, so macOS wants to know that an \
                  administrator is at the keyboard: crs58."
                .into(),
            program: "sudo".into(),
        }
    }

    #[test]
    fn who_asks_why_and_what_happens_to_what_is_typed() {
        insta::assert_snapshot!(before(&hand()), @r"
        doorstep has stepped aside: a command needs you.

          step      5 of 9, Activate blackphos
          command   sudo darwin-rebuild switch --flake ~/fleet#blackphos
          why       The system part of this Mac belongs to root, so macOS wants to
                    know that an administrator is at the keyboard: crs58.

          What you type goes to sudo, not to doorstep. It is not shown and not kept.
          No letters or stars appear while you type a password. That is normal.
          To stop the command press Ctrl-C. doorstep comes back when it has ended.

        --- from here on: sudo ---
        ");
    }

    #[test]
    fn it_is_said_that_doorstep_is_back() {
        let words = after(&hand(), Some("exit 0"), Duration::from_secs(41));
        assert_eq!(words, "\n--- end of sudo: exit 0, 41 s ---\ndoorstep is back.\n");
    }

    proptest! {
        #[test]
        fn no_name_steers_the_terminal(text in "\\PC{0,40}|(\u{1b}\\[2J|a| |\r|\n){0,20}") {
            let hand = HandOver { title: text.clone(), command: text.clone(), why: text.clone(), program: text, ..hand() };
            let words = before(&hand) + &after(&hand, Some("exit 0"), Duration::ZERO);
            let steers = |c: char| c.is_control() && c != '\n';
            prop_assert!(!words.chars().any(steers));
        }
    }
}
