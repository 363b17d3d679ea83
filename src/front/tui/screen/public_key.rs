//! The public key as a QR code, to be scanned by somebody with a phone. It is no secret.

use qrcode::{Color, EcLevel, QrCode};

use crate::front::tui::frame::Size;
use crate::front::tui::key::{Key, Press};
use crate::front::tui::paint::Paint;
use crate::front::tui::screen::{Button, Cx, Effect, Focus, Help, Input, Notice, Screen};
use crate::front::tui::text::fitting;
use crate::front::tui::theme::Role;

/// Light modules around a code: a scanner finds it by them.
const BORDER: usize = 4;

#[derive(Debug, Clone, Default)]
pub(crate) struct PublicKey {
    /// Dark and light are turned round, for terminals whose colours are not known.
    turned: bool,
}

/// The public key, once it is known.
fn known<'a>(cx: &Cx<'a>) -> Option<&'a str> {
    cx.public_key.and_then(|key| key.as_ref().ok()).map(String::as_str)
}

impl Screen for PublicKey {
    fn heading(&self, _cx: &Cx) -> String {
        String::new()
    }

    fn parts(&self, _cx: &Cx) -> usize {
        0
    }

    fn buttons(&self, _cx: &Cx) -> Vec<Button> {
        vec![Button::new("back", "Back")]
    }

    fn keys(&self, cx: &Cx) -> Vec<Key> {
        let off = known(cx).is_none().then_some("There is no public key yet.");
        vec![
            Key::new("Enter", "back", "one screen back"),
            Key::new("c", "copy", "copy the public key").off(off),
            Key::new("s", "save to a file", "save the public key to a file").off(off),
            Key::quiet("v", "turn dark and light round"),
            Key::new("Esc", "back", "one screen back"),
        ]
    }

    fn notice(&self, _cx: &Cx) -> Option<Notice> {
        None
    }

    fn help(&self, _cx: &Cx) -> Help {
        Help {
            title: "Public key".into(),
            what: "The public half of your key. Secrets are encrypted for it; it opens nothing, \
                   so everybody may see it."
                .into(),
            why: "Whoever looks after the fleet may need it on another machine.".into(),
            by_hand: Vec::new(),
        }
    }

    fn focus(&self) -> Focus {
        Focus::Button(0)
    }

    fn set_focus(&mut self, _cx: &Cx, _focus: Focus) {}

    fn whole(&self) -> bool {
        true
    }

    fn update(&mut self, cx: &Cx, input: Input) -> Vec<Effect> {
        match input {
            Input::Pressed("back") => vec![Effect::Back],
            Input::Key(Press::Letter('v'), _) => {
                self.turned = !self.turned;
                Vec::new()
            }
            Input::Key(Press::Letter(letter), _) => give(cx, letter),
            _ => Vec::new(),
        }
    }

    fn view(&self, cx: &Cx, paint: &mut Paint) {
        let Some(key) = known(cx) else { return };
        let mut x = 2;
        let code = modules(key).filter(|_| cx.size >= Size::Normal && !cx.theme.ascii);
        if let Some(code) = &code {
            for (y, line) in (0..).zip(half_blocks(code, self.turned)) {
                x = paint.text(0, y, Role::Code, &line) + 1;
            }
        }
        words(key, code.is_some(), &mut paint.within(x, 0, u16::MAX, u16::MAX));
    }
}

/// What `c` and `s` do with the public key, wherever it is shown.
pub(crate) fn give(cx: &Cx, letter: char) -> Vec<Effect> {
    let (Some(key), Some((scene, interview))) = (known(cx), cx.asked()) else {
        return Vec::new();
    };
    let name = interview.context(&scene).username().to_owned();
    match letter {
        'c' => vec![Effect::Copy(key.to_owned())],
        's' => vec![Effect::Save { name: format!("{name}-age.pub"), text: format!("{key}\n") }],
        _ => Vec::new(),
    }
}

/// What stands beside the code, or alone where there is no room for one.
fn words(key: &str, has_code: bool, paint: &mut Paint) {
    let room = paint.width().saturating_sub(1);
    paint.text(0, 2, Role::Heading, "Your public key");
    let show = "Show it to whoever looks after the fleet, or let them scan it with a phone. It \
                is not a secret.";
    let mut y = paint.prose(0, 4, room, Role::Text, show) + 1;
    let mut rest = key;
    while !rest.is_empty() {
        let whole = rest.len() <= usize::from(room);
        let line = if whole { rest } else { fitting(rest, usize::from(room).min(31)) };
        if line.is_empty() {
            break;
        }
        paint.text(0, y, Role::Accent, line);
        rest = &rest[line.len()..];
        y += 1;
    }
    let ends = (key.get(..8), key.len().checked_sub(8).and_then(|at| key.get(at..)));
    if let (Some(first), Some(last)) = ends {
        let compare = format!(
            "{} characters. To be sure it arrived whole, compare the first and the last eight: \
             {first} ... {last}",
            key.len()
        );
        y = paint.prose(0, y + 1, room, Role::Muted, &compare);
    }
    let instead = match has_code {
        true => "Cannot be scanned? Make the window larger, or press c to copy the text.",
        false => "A code to scan needs a larger window, and a terminal that shows Unicode.",
    };
    paint.prose(0, y + 1, room, Role::Muted, instead);
}

/// The code's modules in rows, dark ones true, with the border. `None`: it fits into no code.
fn modules(text: &str) -> Option<Vec<Vec<bool>>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let (width, colors) = (code.width(), code.to_colors());
    let whole = width + 2 * BORDER;
    let mut rows = vec![vec![false; whole]; whole];
    for (index, color) in colors.into_iter().enumerate() {
        rows[BORDER + index / width][BORDER + index % width] = color == Color::Dark;
    }
    Some(rows)
}

/// Two rows of modules to a line: a cell is about twice as high as wide.
fn half_blocks(rows: &[Vec<bool>], turned: bool) -> Vec<String> {
    let line = |pair: &[Vec<bool>]| {
        let below = |at: usize| pair.get(1).and_then(|row| row.get(at)).copied().unwrap_or(false);
        let cells = pair.first().into_iter().flatten().enumerate();
        cells
            .map(|(at, dark)| match (*dark != turned, below(at) != turned) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            })
            .collect()
    };
    rows.chunks(2).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::tui::stage::Stage;
    use crate::front::tui::theme::{Palette, Theme};
    use crate::question::FoundKey;
    use crate::question::example::{Example, RECIPIENT};

    /// raquel in front of the code of the key she has.
    fn stage() -> Stage {
        let mut example = Example::raquel();
        let place = &mut example.found.key_places[0];
        place.keys = vec![FoundKey { line: 3, recipient: RECIPIENT.into() }];
        Stage::of(example).keys("<enter>raquel@example.com<enter><enter><enter><enter>v")
    }

    #[test]
    fn the_code_stands_beside_the_text() {
        insta::assert_snapshot!("code", stage().screen());
        insta::assert_snapshot!("code-60x16", stage().size(60, 16).screen());
    }

    #[test]
    fn the_picture_is_the_code() {
        let picture = stage().screen();
        let code = QrCode::with_error_correction_level(RECIPIENT, EcLevel::M).unwrap();
        let dark = |x: usize, y: usize| {
            let cell = picture.lines().nth(1 + (y + BORDER) / 2).unwrap();
            let cell = cell.chars().nth(x + BORDER).unwrap_or(' ');
            cell == '█' || cell == if (y + BORDER).is_multiple_of(2) { '▀' } else { '▄' }
        };
        for y in 0..code.width() {
            for x in 0..code.width() {
                assert_eq!(dark(x, y), code[(x, y)] == Color::Dark, "{x},{y}");
            }
        }
    }

    #[test]
    fn it_is_dark_on_light_whatever_the_colours_are() {
        let style = |palette| Theme { palette, ascii: false }.style(Role::Code);
        for palette in [Palette::Sixteen, Palette::Dark, Palette::Light] {
            let style = style(palette);
            assert!(style.fg.is_some() && style.bg.is_some() && style.fg != style.bg);
        }
        assert_eq!(style(Palette::Mono).fg, None);
        // Where the colours are the terminal's own, `v` turns it.
        let turned = stage().keys("v").screen();
        assert!(turned.lines().nth(1).unwrap().starts_with('█'));
        assert_eq!(stage().keys("vv").screen(), stage().screen());
    }

    #[test]
    fn enter_and_esc_lead_back() {
        for keys in ["<enter>", "<esc>"] {
            assert!(stage().keys(keys).screen().contains("Which key opens"), "{keys}");
        }
        let mut stage = stage().keys("c");
        assert!(!stage.outs.is_empty());
        stage.press("v");
    }

    #[test]
    fn practice_is_marked_here_too() {
        let mut practising = stage();
        practising.world.practice = true;
        let world = practising.world.clone();
        let example = practising.example.clone();
        let mut stage = Stage::with(example, world)
            .keys("<enter>raquel@example.com<enter><enter><enter><enter>v");
        let picture = stage.screen();
        assert!(picture.contains(" PRACTICE ") && picture.contains('█'), "{picture}");
    }

    #[test]
    fn a_text_that_is_too_long_has_no_code() {
        assert!(modules(&"x".repeat(5000)).is_none());
    }
}
