//! Text that was wrapped, made one line again with every piece's own line number.
//!
//! sops breaks its reasons at about 60 columns, each piece behind a bar; a phrase is split between
//! words, and so is a path with a space in it.

/// A piece of a line: where its text begins in the whole, and which line of the log it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) at: usize,
    pub(super) number: u64,
    /// As it may be shown.
    pub(super) shown: String,
}

/// A line to be matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) text: String,
    /// In order, at least one.
    pub(super) pieces: Vec<Piece>,
}

impl Whole {
    pub(super) fn new(number: u64, shown: String, text: String) -> Self {
        Self { text, pieces: vec![Piece { at: 0, number, shown }] }
    }

    /// The piece that holds byte `at` of the text.
    pub(super) fn piece(&self, at: usize) -> Option<&Piece> {
        self.pieces.iter().rev().find(|piece| piece.at <= at).or(self.pieces.first())
    }

    /// This line with another after it.
    pub(super) fn and(&self, next: &Self, between: &str) -> Self {
        let mut both = self.clone();
        both.push(next.text.trim_start(), between, &next.pieces);
        both
    }

    fn push(&mut self, text: &str, between: &str, pieces: &[Piece]) {
        self.text.truncate(self.text.trim_end().len());
        self.text.push_str(between);
        let at = self.text.len();
        self.text.push_str(text);
        self.pieces.extend(pieces.iter().map(|piece| Piece { at, ..piece.clone() }));
    }
}

/// Collects the pieces of sops's blocks; every other line passes as it is.
#[derive(Debug, Default)]
pub(super) struct Joiner {
    open: Option<Whole>,
}

/// More than any reason of sops has; a table that looks like a block must not grow for ever.
const MOST_PIECES: usize = 60;

impl Joiner {
    /// Whether the next line may belong to the last one.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Takes a line, gives those that are whole.
    pub(super) fn push(&mut self, line: Whole, mut whole: impl FnMut(Whole)) {
        let text = line.text.trim_start();
        if let Some(first) = text.strip_prefix("- | ") {
            self.end(&mut whole);
            let text = first.trim().to_owned();
            self.open = Some(Whole { text, pieces: line.pieces });
            return;
        }
        if let Some(open) = &mut self.open {
            let more = text.strip_prefix("| ").or((text == "|").then_some(""));
            if let Some(more) = more.filter(|_| open.pieces.len() < MOST_PIECES) {
                open.push(more.trim(), " ", &line.pieces);
                return;
            }
            self.end(&mut whole);
        }
        whole(line);
    }

    /// What is left when the log ends.
    pub(super) fn end(&mut self, whole: &mut impl FnMut(Whole)) {
        if let Some(open) = self.open.take() {
            whole(open);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(lines: &str) -> Vec<Whole> {
        let mut joiner = Joiner::default();
        let mut all = Vec::new();
        for (line, number) in lines.lines().zip(1..) {
            joiner.push(Whole::new(number, line.into(), line.into()), |w| all.push(w));
        }
        joiner.end(&mut |w| all.push(w));
        all
    }

    #[test]
    fn a_wrapped_reason_becomes_one_line_and_keeps_its_numbers() {
        let all = joined(
            "  age1qq: FAILED\n    - | failed to open file: open\n      | /Users/zoe/Library/Application\n      | Support/sops\n    - | second\n\nafter",
        );
        let texts: Vec<&str> = all.iter().map(|w| w.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "  age1qq: FAILED",
                "failed to open file: open /Users/zoe/Library/Application Support/sops",
                "second",
                "",
                "after"
            ]
        );
        let at = all[1].text.find("Support").unwrap();
        assert_eq!(all[1].piece(at).unwrap().number, 4);
        assert_eq!(all[1].piece(0).unwrap().number, 2);
    }

    #[test]
    fn bars_of_other_programs_are_left_alone() {
        let trace = "   8| x = 1;\n    | ^\n| table |";
        assert_eq!(joined(trace).len(), 3);
    }
}
