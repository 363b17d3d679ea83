//! How words reach a person and theirs come back: the only part of the prompts that differs
//! between a plain terminal, cursor menus and a test.

use crate::answers::Hidden;
use crate::problem::Problem;

/// Why asking ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// Nothing more can be read: no terminal, or the end of the input.
    NoInput,
    /// The person left.
    Quit,
    Failed(Problem),
}

/// A list with a row to be chosen by cursor.
#[derive(Debug)]
pub struct Menu {
    pub rows: Vec<String>,
    /// Where the cursor starts, or what is ticked.
    pub chosen: Vec<usize>,
    pub many: bool,
}

/// What a menu gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pointed {
    Rows(Vec<usize>),
    /// A word that could have been typed, such as `back`.
    Word(String),
}

/// Says lines and reads lines.
pub trait Talk {
    /// Says one or more lines.
    fn say(&mut self, text: &str);

    /// Reads one line, without its end and the blanks around it.
    fn ask(&mut self) -> Result<String, Ended>;

    /// Reads something that is not shown while it is typed; several lines when they were pasted.
    fn ask_hidden(&mut self) -> Result<Hidden, Ended>;

    /// Lets the person point at a row. `None`: there is no cursor, the list is to be spoken.
    fn point(&mut self, _menu: &Menu) -> Option<Result<Pointed, Ended>> {
        None
    }

    /// Calls for attention after a wait.
    fn ring(&mut self) {}
}
