//! What a terminal makes of a program's output: the screen, and the modes it was left in.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use vt100::{Callbacks, Parser, Screen};

/// An emulated terminal that also remembers everything it was sent.
pub(crate) struct Terminal {
    parser: Parser<Notes>,
    output: Vec<u8>,
    chunks: usize,
}

/// What the emulator itself takes no notice of.
#[derive(Default)]
struct Notes {
    /// DEC private modes that the emulator does not know, as they were last set.
    modes: BTreeMap<u16, bool>,
    /// How deep the stack of kitty keyboard modes is.
    keyboard: i32,
    /// The screen before a synchronized update (mode 2026) that has not ended.
    held: Option<Screen>,
    copied: Vec<Vec<u8>>,
    bells: usize,
    /// What a program asked and waits for.
    answers: Vec<u8>,
}

/// Modes whose state the emulator tells itself.
const EMULATED: [u16; 12] = [1, 6, 9, 25, 47, 1000, 1002, 1003, 1005, 1006, 1049, 2004];
/// Modes that are on in a terminal that nobody has changed: lines wrap at the edge.
const ON_AT_FIRST: [u16; 1] = [7];
const SYNCHRONIZED: u16 = 2026;

impl Terminal {
    pub(crate) fn new(width: u16, height: u16) -> Self {
        let parser =
            Parser::new_with_callbacks(at_least_1(height), at_least_1(width), 0, Notes::default());
        Self { parser, output: Vec::new(), chunks: 0 }
    }

    pub(crate) fn takes(&mut self, output: &[u8]) {
        self.parser.process(output);
        self.output.extend_from_slice(output);
        self.chunks += 1;
    }

    pub(crate) fn resize(&mut self, width: u16, height: u16) {
        self.parser.set_size(at_least_1(height), at_least_1(width));
    }

    /// What a person sees: not the half of an update.
    pub(crate) fn screen(&self) -> &Screen {
        self.parser.callbacks().held.as_ref().unwrap_or_else(|| self.parser.screen())
    }

    /// The rows without the blanks at their ends.
    pub(crate) fn rows(&self) -> Vec<String> {
        rows(self.screen())
    }

    pub(crate) fn output(&self) -> &[u8] {
        &self.output
    }

    /// How many reads its output took so far.
    pub(crate) fn chunks(&self) -> usize {
        self.chunks
    }

    pub(crate) fn copied(&self) -> &[Vec<u8>] {
        &self.parser.callbacks().copied
    }

    pub(crate) fn bells(&self) -> usize {
        self.parser.callbacks().bells
    }

    /// Takes what the program has to be answered.
    pub(crate) fn answers(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.parser.callbacks_mut().answers)
    }

    /// What is not as a shell wants it, in words.
    pub(crate) fn left_on(&self) -> Vec<String> {
        let (screen, notes) = (self.parser.screen(), self.parser.callbacks());
        let column = screen.cursor_position().1;
        let wrong = [
            (screen.alternate_screen(), "the alternate screen was not left"),
            (screen.hide_cursor(), "the cursor is hidden"),
            (screen.cursor_style() != vt100::CursorStyle::Default, "the cursor has another shape"),
            (
                screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None,
                "the mouse is reported",
            ),
            (
                screen.mouse_protocol_encoding() != vt100::MouseProtocolEncoding::Default,
                "the mouse is reported in another form",
            ),
            (screen.bracketed_paste(), "pasted text is bracketed"),
            (screen.application_cursor(), "arrow keys send something else"),
            (screen.application_keypad(), "the keypad sends something else"),
            (screen.bold() || screen.inverse() || screen.underline(), "text has attributes"),
            (screen.fgcolor() != vt100::Color::Default, "text has a colour"),
            (screen.bgcolor() != vt100::Color::Default, "text has a background"),
            (column != 0, "the cursor stands in the middle of a line"),
            (notes.keyboard != 0, "the keyboard reports more than keys"),
        ];
        let wrong = wrong.into_iter().filter(|(is_so, _)| *is_so).map(|(_, what)| what.into());
        let modes = notes.modes.iter().filter(|(mode, on)| **on != ON_AT_FIRST.contains(mode));
        wrong.chain(modes.map(|(mode, on)| format!("mode {mode} is {on}"))).collect()
    }
}

/// The rows of a screen without the blanks at their ends.
pub(crate) fn rows(screen: &Screen) -> Vec<String> {
    screen.rows(0, screen.size().1.get()).map(|row| row.trim_end().to_owned()).collect()
}

/// Whether two screens look the same, cell by cell, and have the cursor in one place. A cell that
/// was never written looks as one with a blank.
pub(crate) fn same(one: &Screen, other: &Screen) -> bool {
    let (rows, columns) = one.size();
    let place = |screen: &Screen| (screen.size(), screen.hide_cursor(), screen.cursor_position());
    let cell = |screen: &Screen, row, column| {
        screen.cell(row, column).map(|cell| {
            let text = if cell.has_contents() { cell.contents().to_owned() } else { " ".into() };
            let marks = [cell.bold(), cell.dim(), cell.italic(), cell.underline(), cell.inverse()];
            (text, cell.fgcolor(), cell.bgcolor(), marks)
        })
    };
    place(one) == place(other)
        && (0..rows.get()).all(|row| {
            (0..columns.get()).all(|column| cell(one, row, column) == cell(other, row, column))
        })
}

/// The emulator has no screen without cells; a real one of 0×0 shows nothing either.
fn at_least_1(length: u16) -> NonZeroU16 {
    NonZeroU16::new(length).unwrap_or(NonZeroU16::MIN)
}

impl Callbacks for Notes {
    fn audible_bell(&mut self, _: &mut Screen) {
        self.bells += 1;
    }

    fn copy_to_clipboard(&mut self, _: &mut Screen, _: &[u8], data: &[u8]) {
        self.copied.push(data.to_vec());
    }

    fn unhandled_csi(
        &mut self,
        screen: &mut Screen,
        before: Option<u8>,
        _: Option<u8>,
        params: &[&[u16]],
        last: char,
    ) {
        match (before, last) {
            (Some(b'?'), 'h' | 'l') => {
                for mode in params.iter().filter_map(|p| p.first()) {
                    self.set(*mode, last == 'h', screen);
                }
            }
            (Some(b'>'), 'u') => self.keyboard += 1,
            (Some(b'<'), 'u') => self.keyboard -= 1,
            (None, 'n') if params == [[6]] => {
                let (row, column) = screen.cursor_position();
                self.answers.extend(format!("\x1b[{};{}R", row + 1, column + 1).into_bytes());
            }
            _ => {}
        }
    }
}

impl Notes {
    fn set(&mut self, mode: u16, on: bool, screen: &Screen) {
        if mode == SYNCHRONIZED {
            self.held = on.then(|| self.held.take().unwrap_or_else(|| screen.clone()));
        }
        if !EMULATED.contains(&mode) {
            self.modes.insert(mode, on);
        }
    }
}
