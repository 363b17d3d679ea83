//! How a program has left its terminal: as it found it, or not.

use std::os::fd::AsFd;

use portable_pty::ExitStatus;
use rustix::termios::{ControlModes, InputModes, LocalModes, OutputModes, tcgetattr};

use super::terminal::Terminal;

/// How the terminal's driver treats input and output; a raw terminal differs in most of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Driver {
    input: InputModes,
    output: OutputModes,
    control: ControlModes,
    local: LocalModes,
}

impl Driver {
    pub(crate) fn of(tty: impl AsFd) -> Self {
        let found = tcgetattr(tty).expect("a terminal has modes");
        Self {
            input: found.input_modes,
            output: found.output_modes,
            control: found.control_modes,
            local: found.local_modes,
        }
    }

    pub(crate) fn is_raw(self) -> bool {
        !self.local.intersects(LocalModes::ICANON | LocalModes::ECHO)
    }

    /// What differs from `before`, in words; the ones that a person would notice by name.
    fn differs(self, before: Self) -> Vec<String> {
        let named = [
            (LocalModes::ICANON, "lines are no longer edited (ICANON)"),
            (LocalModes::ECHO, "what is typed is no longer shown (ECHO)"),
            (LocalModes::ISIG, "Ctrl-C no longer interrupts (ISIG)"),
        ];
        let changed = self.local ^ before.local;
        let found = named.iter().filter(|(mode, _)| changed.contains(*mode));
        let mut found: Vec<String> = found.map(|(_, what)| (*what).to_owned()).collect();
        if found.is_empty() && self != before {
            found.push(format!("the terminal's driver was {before:?} and is {self:?}"));
        }
        found
    }
}

/// What is not as it was, in words.
pub(crate) fn insane(terminal: &Terminal, before: Driver, now: Driver) -> Vec<String> {
    let mut found = terminal.left_on();
    found.extend(now.differs(before));
    found
}

/// A program that has ended, and all its output read.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) status: ExitStatus,
    /// What stands on the screen, without the blanks at the ends of rows and of the whole.
    pub(crate) text: String,
    pub(crate) insane: Vec<String>,
    pub(crate) keys: usize,
    pub(crate) decisions: usize,
    /// All that it ever wrote.
    pub(crate) output: Vec<u8>,
    pub(crate) copied: Vec<Vec<u8>>,
}

impl Left {
    /// It ended by itself and with success.
    #[track_caller]
    pub(crate) fn well(self) -> Self {
        self.with(0)
    }

    #[track_caller]
    pub(crate) fn with(self, code: u32) -> Self {
        let ended = (self.status.signal(), self.status.exit_code());
        assert_eq!(ended, (None, code), "it ended so, and left:\n{}", self.text);
        self
    }

    /// The terminal is as it was before the program came.
    #[track_caller]
    pub(crate) fn sane(self) -> Self {
        let (status, text) = (&self.status, &self.text);
        assert!(self.insane.is_empty(), "{status}, and {:#?}, on the screen:\n{text}", self.insane);
        self
    }

    /// Nothing of it stays on the person's own screen.
    #[track_caller]
    pub(crate) fn silent(self) -> Self {
        self.says("")
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert_eq!(self.text, text, "{}", self.status);
        self
    }
}
