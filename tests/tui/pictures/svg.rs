//! A screen as an SVG picture: a window in dark colours, its text as text.
//!
//! Every run of text is laid on the grid by `textLength`, and lines and blocks are drawn instead
//! of written, so that the picture fits together in whichever monospaced font it is shown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

/// Of one cell, in the picture's units.
const WIDTH: u32 = 9;
const HEIGHT: u32 = 20;
const FONT_SIZE: u32 = 15;
/// From a cell's top to the line that letters stand on.
const BASELINE: u32 = 15;
/// Around the cells, and the bar with the window's name above.
const MARGIN: u32 = 12;
const BAR: u32 = 32;

const GROUND: &str = "#14171c";
const TEXT: &str = "#e6e9ee";
const BAR_GROUND: &str = "#1d232c";
const BAR_TEXT: &str = "#a3adba";
const EDGE: &str = "#7a8797";
/// The 16 colours of a dark palette, each readable on `GROUND` (4.5:1 and more, but for black).
const PALETTE: [&str; 16] = [
    "#1d232c", "#ff958d", "#7fd88f", "#f2c35b", "#7cc4ff", "#c9adff", "#8fd6c1", "#e6e9ee",
    "#a3adba", "#ffa8a1", "#8fe3a0", "#ffd98a", "#a5d6ff", "#dcc9ff", "#b0e6d6", "#ffffff",
];

/// How a run of cells looks, reverse video already turned round.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Look {
    text: String,
    ground: String,
    bold: bool,
    italic: bool,
    underline: bool,
    dim: bool,
}

/// Neighbouring cells that are drawn in one piece.
struct Run {
    column: u32,
    columns: u32,
    text: String,
    look: Look,
}

/// The screen in a window called `title`.
pub(crate) fn window(screen: &Screen, title: &str) -> String {
    let (rows, columns) = screen.size();
    let width = u32::from(columns.get()) * WIDTH + 2 * MARGIN;
    let height = u32::from(rows.get()) * HEIGHT + 2 * MARGIN + BAR;
    let mut svg = frame(width, height, title);
    for row in 0..rows.get() {
        draw_row(&mut svg, u32::from(row), &runs(screen, row));
    }
    draw_cursor(&mut svg, screen);
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// Everything around the cells; ends inside the group of the cells.
fn frame(width: u32, height: u32, title: &str) -> String {
    let title = escaped(title);
    let (right, bottom) = (width - 1, height - 1);
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" aria-label="{title}">
<rect x=".5" y=".5" width="{right}" height="{bottom}" rx="8" fill="{GROUND}" stroke="{EDGE}"/>
<path d="M1 {BAR}V8.5A7.5 7.5 0 0 1 8.5 1H{arc}A7.5 7.5 0 0 1 {right} 8.5V{BAR}Z" fill="{BAR_GROUND}"/>
"#,
        arc = width - 9,
    );
    for (n, colour) in ["#ff958d", "#f2c35b", "#7fd88f"].iter().enumerate() {
        let _ = writeln!(svg, r#"<circle cx="{}" cy="16" r="5.5" fill="{colour}"/>"#, 20 + 18 * n);
    }
    let _ = writeln!(
        svg,
        r#"<text x="{}" y="20.5" text-anchor="middle" font-family="system-ui, sans-serif" font-size="12.5" fill="{BAR_TEXT}">{title}</text>
<g transform="translate({MARGIN} {})" font-family="ui-monospace, 'JetBrains Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="{FONT_SIZE}">"#,
        width / 2,
        BAR + MARGIN,
    );
    svg
}

fn draw_row(svg: &mut String, row: u32, runs: &[Run]) {
    let top = row * HEIGHT;
    for run in runs.iter().filter(|run| run.look.ground != GROUND) {
        let (x, width) = (run.column * WIDTH, run.columns * WIDTH);
        let ground = &run.look.ground;
        // A hair wider and taller: neighbours of one colour show no seam when scaled.
        let _ = writeln!(
            svg,
            r#"<rect x="{x}" y="{top}" width="{width}.4" height="{HEIGHT}.4" fill="{ground}"/>"#
        );
    }
    let mut strokes: BTreeMap<&str, String> = BTreeMap::new();
    for run in runs {
        let first = run.text.chars().next().unwrap_or(' ');
        if let Some(arms) = arms(first) {
            let stroke = strokes.entry(&run.look.text).or_default();
            stroke.push_str(&match first {
                '╌' => dashes(run.column * WIDTH, top, run.columns),
                _ => lines(arms, run.column * WIDTH, top, run.columns),
            });
        } else if let Some((left, from, width, height)) = block(first) {
            let (x, y) = (run.column * WIDTH + left, top + from);
            let width = width + (run.columns - 1) * WIDTH;
            let fill = &run.look.text;
            let _ = writeln!(
                svg,
                r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}" shape-rendering="crispEdges"/>"#
            );
        } else {
            draw_text(svg, top, run);
        }
    }
    for (colour, path) in strokes {
        let _ = writeln!(svg, r#"<path d="{path}" stroke="{colour}" fill="none"/>"#);
    }
}

fn draw_text(svg: &mut String, top: u32, run: &Run) {
    let look = &run.look;
    let (x, y, width) = (run.column * WIDTH, top + BASELINE, run.columns * WIDTH);
    if look.underline {
        let (y, fill) = (y + 2, &look.text);
        let _ =
            writeln!(svg, r#"<rect x="{x}" y="{y}" width="{width}" height="1" fill="{fill}"/>"#);
    }
    if run.text.trim().is_empty() {
        return;
    }
    let mut style = String::new();
    for (is_so, attribute) in [
        (look.bold, r#" font-weight="700""#),
        (look.italic, r#" font-style="italic""#),
        (look.dim, r#" opacity=".65""#),
    ] {
        if is_so {
            style.push_str(attribute);
        }
    }
    let (fill, text) = (&look.text, escaped(&run.text));
    let _ = writeln!(
        svg,
        r#"<text x="{x}" y="{y}" fill="{fill}"{style} textLength="{width}" lengthAdjust="spacingAndGlyphs" xml:space="preserve">{text}</text>"#
    );
}

/// A bar before the cell, which hides nothing.
fn draw_cursor(svg: &mut String, screen: &Screen) {
    if screen.hide_cursor() {
        return;
    }
    let (row, column) = screen.cursor_position();
    let (x, y) = (u32::from(column) * WIDTH, u32::from(row) * HEIGHT + 1);
    let height = HEIGHT - 2;
    let _ =
        writeln!(svg, r##"<rect x="{x}" y="{y}" width="2" height="{height}" fill="#7cc4ff"/>"##);
}

/// The cells of a row in pieces: ASCII of one look together, every other character by itself
/// (fonts disagree about its width), except that equal lines and blocks join.
fn runs(screen: &Screen, row: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for column in 0..screen.size().1.get() {
        let Some(cell) = screen.cell(row, column).filter(|c| !c.is_wide_continuation()) else {
            continue;
        };
        let text = if cell.has_contents() { cell.contents() } else { " " };
        let look = Look::of(cell);
        if let Some(last) = runs.last_mut()
            && last.look == look
            && join(&last.text, text)
        {
            last.text.push_str(text);
            last.columns += 1;
        } else {
            let columns = if cell.is_wide() { 2 } else { 1 };
            runs.push(Run { column: u32::from(column), columns, text: text.to_owned(), look });
        }
    }
    runs
}

fn join(before: &str, after: &str) -> bool {
    if before.is_ascii() && after.is_ascii() {
        // A gap of two columns ends a run: words then keep their place even where a viewer does
        // not know `textLength`.
        return !(before.ends_with("  ") && after != " ");
    }
    let (Some(first), Some(next)) = (before.chars().next(), after.chars().next()) else {
        return false;
    };
    first == next && (matches!(first, '─' | '╌') || block(first).is_some_and(|b| b.2 == WIDTH))
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let text = colour(cell.fgcolor(), TEXT);
        let ground = colour(cell.bgcolor(), GROUND);
        let (text, ground) = if cell.inverse() { (ground, text) } else { (text, ground) };
        Self {
            text,
            ground,
            bold: cell.bold(),
            italic: cell.italic(),
            underline: cell.underline(),
            dim: cell.dim(),
        }
    }
}

fn colour(of: Color, default: &str) -> String {
    match of {
        Color::Default => default.to_owned(),
        Color::Idx(n @ 0..16) => PALETTE[usize::from(n)].to_owned(),
        // The cube of 6×6×6 colours and the 24 greys, as xterm has them.
        Color::Idx(n @ 16..232) => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let n = n - 16;
            hex(level(n / 36), level(n / 6 % 6), level(n % 6))
        }
        Color::Idx(n) => hex(8 + 10 * (n - 232), 8 + 10 * (n - 232), 8 + 10 * (n - 232)),
        Color::Rgb(red, green, blue) => hex(red, green, blue),
    }
}

fn hex(red: u8, green: u8, blue: u8) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Where a line character has arms: up, right, down, left.
fn arms(c: char) -> Option<[bool; 4]> {
    let arms = match c {
        '─' | '╌' => [0, 1, 0, 1],
        '│' => [1, 0, 1, 0],
        '┌' | '╭' => [0, 1, 1, 0],
        '┐' | '╮' => [0, 0, 1, 1],
        '└' | '╰' => [1, 1, 0, 0],
        '┘' | '╯' => [1, 0, 0, 1],
        '├' => [1, 1, 1, 0],
        '┤' => [1, 0, 1, 1],
        '┬' => [0, 1, 1, 1],
        '┴' => [1, 1, 0, 1],
        '┼' => [1, 1, 1, 1],
        _ => return None,
    };
    Some(arms.map(|arm| arm == 1))
}

/// Lines of `columns` cells, through the middles of pixels.
fn lines([up, right, down, left]: [bool; 4], x: u32, top: u32, columns: u32) -> String {
    let (middle, centre) = (x + WIDTH / 2, top + HEIGHT / 2);
    let mut path = String::new();
    if left || right {
        let from = if left { x } else { middle };
        let to = if right { x + columns * WIDTH } else { middle + 1 };
        let _ = write!(path, "M{from} {centre}.5H{to}");
    }
    if up || down {
        let from = if up { top } else { centre };
        let to = if down { top + HEIGHT } else { centre + 1 };
        let _ = write!(path, "M{middle}.5 {from}V{to}");
    }
    path
}

/// Two dashes per cell, with equal gaps across cells.
fn dashes(x: u32, top: u32, columns: u32) -> String {
    let centre = top + HEIGHT / 2;
    let dashes = (0..2 * columns).map(|n| 2 * x + n * WIDTH + 2);
    dashes.map(|twice| format!("M{} {centre}.5h2.5", f64::from(twice) / 2.0)).collect()
}

/// The filled part of a block character's cell: left, top, width, height.
fn block(c: char) -> Option<(u32, u32, u32, u32)> {
    match c {
        '█' => Some((0, 0, WIDTH, HEIGHT)),
        '▀' => Some((0, 0, WIDTH, HEIGHT / 2)),
        '▄' => Some((0, HEIGHT / 2, WIDTH, HEIGHT / 2)),
        '▌' => Some((0, 0, WIDTH / 2, HEIGHT)),
        '▐' => Some((WIDTH / 2, 0, WIDTH - WIDTH / 2, HEIGHT)),
        _ => None,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use super::window;

    fn svg(output: &str) -> String {
        let [rows, columns] = [2, 10].map(|n| NonZeroU16::new(n).unwrap());
        let mut parser = vt100::Parser::new(rows, columns, 0);
        parser.process(output.as_bytes());
        window(parser.screen(), "a <window>")
    }

    #[test]
    fn text_stands_on_the_grid_in_its_colours() {
        let svg = svg("a<b\x1b[1;32m ok\x1b[7m!\x1b[m\x1b[?25l");
        for part in [
            r##"<text x="0" y="15" fill="#e6e9ee" textLength="27" lengthAdjust="spacingAndGlyphs" xml:space="preserve">a&lt;b</text>"##,
            r##"<text x="27" y="15" fill="#7fd88f" font-weight="700" textLength="27""##,
            // Reverse video: the ground has the colour.
            r##"<rect x="54" y="0" width="9.4" height="20.4" fill="#7fd88f"/>"##,
            r##"<text x="54" y="15" fill="#14171c" font-weight="700""##,
            "aria-label=\"a &lt;window&gt;\"",
        ] {
            assert!(svg.contains(part), "{part}\n{svg}");
        }
        assert!(!svg.contains(r#"width="2""#), "a hidden cursor: {svg}");
    }

    #[test]
    fn lines_join_and_blocks_fill() {
        let svg = svg("┌───┐▄\r\n│");
        assert!(svg.contains("M4 10.5H9M4.5 10V20M9 10.5H36M36 10.5H41M40.5 10V20"), "{svg}");
        assert!(svg.contains(r#"<rect x="45" y="10" width="9" height="10""#), "{svg}");
        assert!(svg.contains("M4.5 20V40"), "{svg}");
    }

    #[test]
    fn wide_characters_take_two_cells() {
        let svg = svg("家x");
        assert!(svg.contains(r#"textLength="18""#), "{svg}");
        assert!(svg.contains(r#"<text x="18""#), "{svg}");
    }

    #[test]
    fn every_colour_has_its_value() {
        let svg = svg("\x1b[38;5;196mr\x1b[38;5;244mg\x1b[38;2;1;2;3mb");
        for colour in ["#ff0000", "#808080", "#010203"] {
            assert!(svg.contains(colour), "{colour}\n{svg}");
        }
    }
}
