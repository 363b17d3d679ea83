//! The matrix as text, for a terminal and for a file.

use unicode_width::UnicodeWidthStr as _;

use super::{Cell, Matrix, Remark};

impl Matrix {
    /// A column per key, as wide as it needs, and what the words mean.
    pub fn table(&self) -> String {
        if self.rows.is_empty() {
            return "No encrypted files in this fleet.\n".to_owned();
        }
        let labels: Vec<String> = self.columns.iter().map(super::Column::label).collect();
        let wide = |label: &String| label.width().max(Cell::Gone.word().len());
        let first = self.rows.iter().map(|row| row.file.width()).max().unwrap_or(0).max(4);
        let mut out = padded("file", first);
        for label in &labels {
            out.push_str(&format!("  {}", padded(label, wide(label))));
        }
        for row in &self.rows {
            out.push('\n');
            out.push_str(&padded(&row.file, first));
            for (label, cell) in labels.iter().zip(&row.cells) {
                out.push_str(&format!("  {}", padded(cell.word(), wide(label))));
            }
            for remark in &row.remarks {
                let mark = if *remark == Remark::NoRule { "" } else { "! " };
                out.push_str(&format!("  {mark}{}", remark.words()));
            }
            if !row.others.is_empty() {
                out.push_str(&format!("  also {}", row.others.join(", ")));
            }
        }
        out.push_str("\n\n");
        for line in LEGEND {
            out.push_str(line);
            out.push('\n');
        }
        out
    }
}

/// What the words in the cells mean.
pub const LEGEND: [&str; 2] = [
    "yes   can open it now              + add    rule says so, file not yet",
    "empty cannot                       - gone   file says so, rule no longer",
];

fn padded(text: &str, to: usize) -> String {
    format!("{text}{}", " ".repeat(to.saturating_sub(text.width())))
}
