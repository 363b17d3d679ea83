//! Colour roles and the signs of the screens. Every cell has a role, never a colour: a theme says
//! how a role looks. Colour never carries meaning alone; a word or a sign stands beside it.

use ratatui::style::{Color, Modifier, Style};

use crate::host::Host;

/// What a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Text,
    /// Hints, origins, what is off, comments in code.
    Muted,
    Heading,
    /// Keys, the station one is at, commands, a public key.
    Accent,
    Good,
    Warn,
    Bad,
    /// The row that has the focus.
    Focus,
    /// The button that has the focus.
    FocusButton,
    Field,
    Added,
    Removed,
    Keyword,
    String,
    /// PRACTICE, READ-ONLY.
    Badge,
    Rule,
    /// The title bar.
    Title,
    /// Found by a search.
    Match,
    /// A QR code.
    Code,
}

/// The four renderings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Palette {
    /// The terminal's own 16 colours.
    #[value(name = "16")]
    Sixteen,
    Dark,
    Light,
    Mono,
}

/// How roles and signs look on this terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    pub palette: Palette,
    /// Signs and lines from ASCII alone.
    pub ascii: bool,
}

/// What was asked for on the command line.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish {
    pub palette: Option<Palette>,
    pub ascii: bool,
}

impl Theme {
    /// What suits the terminal: `NO_COLOR` before `DOORSTEP_THEME`, what was typed before both.
    /// Truecolour only where `COLORTERM` says so.
    pub fn choose(host: &Host, wish: Wish) -> Self {
        let truecolour = matches!(host.var("COLORTERM"), Some("truecolor" | "24bit"));
        let term = host.var("TERM").unwrap_or_default();
        let by_name = host
            .var("DOORSTEP_THEME")
            .and_then(|name| <Palette as clap::ValueEnum>::from_str(name, true).ok());
        let colourless = host.var("NO_COLOR").is_some() || term.ends_with("-m") || term == "vt100";
        let palette = match wish.palette.or(if colourless { None } else { by_name }) {
            Some(Palette::Dark | Palette::Light) if !truecolour => Palette::Sixteen,
            Some(palette) => palette,
            None if colourless => Palette::Mono,
            None => Palette::Sixteen,
        };
        Self { palette, ascii: wish.ascii || is_poor(host) }
    }

    /// The style of a role. In the 16 colours text is never coloured, only marks are: the palette
    /// is the person's own and may make any colour unreadable.
    pub(crate) fn style(self, role: Role) -> Style {
        match self.palette {
            Palette::Sixteen => sixteen(role),
            Palette::Mono => mono(role),
            Palette::Dark => DARK.style(role),
            Palette::Light => LIGHT.style(role),
        }
    }

    /// What a region that was cut ends with.
    pub(crate) fn ellipsis(self) -> &'static str {
        if self.ascii { ".." } else { "…" }
    }

    /// A character as this terminal can show it; the width stays.
    pub(crate) fn sign(self, c: char) -> char {
        if !self.ascii {
            return c;
        }
        match c {
            '▸' => '>',
            '✓' => 'v',
            '✗' => 'X',
            '─' | '╌' => '-',
            '│' => '|',
            '┌' | '┐' | '└' | '┘' | '├' | '┤' => '+',
            '…' => '.',
            c => c,
        }
    }
}

/// Whether signs beyond ASCII would come out as rubbish.
fn is_poor(host: &Host) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| host.var(name));
    let unicode = locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    });
    // Without any locale set macOS and most terminals still show UTF-8; a console does not.
    let console = matches!(host.var("TERM"), Some("linux" | "vt100" | "vt220" | "ansi"));
    !unicode || console
}

fn sixteen(role: Role) -> Style {
    let plain = Style::new();
    match role {
        Role::Text | Role::Muted | Role::Keyword | Role::String => plain,
        Role::Rule => plain.fg(Color::DarkGray),
        Role::Heading | Role::Accent | Role::Title => plain.add_modifier(Modifier::BOLD),
        Role::Good => plain.fg(Color::Green),
        Role::Warn => plain.fg(Color::Yellow),
        Role::Bad => plain.fg(Color::Red).add_modifier(Modifier::BOLD),
        Role::Focus => plain.add_modifier(Modifier::REVERSED),
        Role::FocusButton | Role::Badge => {
            plain.add_modifier(Modifier::REVERSED.union(Modifier::BOLD))
        }
        Role::Field => plain.add_modifier(Modifier::UNDERLINED),
        Role::Added => plain.fg(Color::Green),
        Role::Removed => plain.fg(Color::Red),
        Role::Match => plain.add_modifier(Modifier::REVERSED),
        // The palette may turn these two round; then `v` does too.
        Role::Code => plain.fg(Color::Black).bg(Color::White),
    }
}

fn mono(role: Role) -> Style {
    let colourless = sixteen(role);
    let style = Style { fg: None, bg: None, ..colourless };
    match role {
        Role::Removed => style.add_modifier(Modifier::UNDERLINED),
        _ => style,
    }
}

/// A rendering with a background of its own.
struct Painted {
    ground: Color,
    bar: Color,
    focus: Color,
    text: Color,
    muted: Color,
    accent: Color,
    good: Color,
    warn: Color,
    bad: Color,
    keyword: Color,
    string: Color,
    added: (Color, Color),
    removed: (Color, Color),
    rule: Color,
    badge: (Color, Color),
}

const fn rgb(value: u32) -> Color {
    let [_, r, g, b] = value.to_be_bytes();
    Color::Rgb(r, g, b)
}

const DARK: Painted = Painted {
    ground: rgb(0x14171c),
    bar: rgb(0x1d232c),
    focus: rgb(0x2b3a4f),
    text: rgb(0xe6e9ee),
    muted: rgb(0xa3adba),
    accent: rgb(0x7cc4ff),
    good: rgb(0x7fd88f),
    warn: rgb(0xf2c35b),
    bad: rgb(0xff958d),
    keyword: rgb(0xc9adff),
    string: rgb(0x8fd6c1),
    added: (rgb(0x8fe3a0), rgb(0x15301f)),
    removed: (rgb(0xffa8a1), rgb(0x3a1d1d)),
    rule: rgb(0x7a8797),
    badge: (rgb(0x14171c), rgb(0xf2c35b)),
};

const LIGHT: Painted = Painted {
    ground: rgb(0xfbfbf9),
    bar: rgb(0xeef0f2),
    focus: rgb(0xd6e4f5),
    text: rgb(0x1d2229),
    muted: rgb(0x535d69),
    accent: rgb(0x0a569f),
    good: rgb(0x1a662f),
    warn: rgb(0x7d4f00),
    bad: rgb(0xad241c),
    keyword: rgb(0x65399b),
    string: rgb(0x0d655a),
    added: (rgb(0x14602b), rgb(0xe3f5e6)),
    removed: (rgb(0x9b1c16), rgb(0xfdeaea)),
    rule: rgb(0x76808c),
    badge: (rgb(0xfbfbf9), rgb(0x7d4f00)),
};

impl Painted {
    fn style(&self, role: Role) -> Style {
        let on = |fg: Color| Style::new().fg(fg).bg(self.ground);
        match role {
            Role::Text => on(self.text),
            Role::Muted => on(self.muted),
            Role::Heading => on(self.text).add_modifier(Modifier::BOLD),
            Role::Accent => on(self.accent),
            Role::Good => on(self.good),
            Role::Warn => on(self.warn),
            Role::Bad => on(self.bad).add_modifier(Modifier::BOLD),
            // Laid over a drawn row: what is written there keeps its colour.
            Role::Focus => Style::new().bg(self.focus),
            Role::FocusButton => {
                Style::new().fg(self.ground).bg(self.accent).add_modifier(Modifier::BOLD)
            }
            Role::Field => on(self.text).add_modifier(Modifier::UNDERLINED),
            Role::Added => Style::new().fg(self.added.0).bg(self.added.1),
            Role::Removed => Style::new().fg(self.removed.0).bg(self.removed.1),
            Role::Keyword => on(self.keyword),
            Role::String => on(self.string),
            Role::Badge => {
                Style::new().fg(self.badge.0).bg(self.badge.1).add_modifier(Modifier::BOLD)
            }
            Role::Rule => on(self.rule),
            Role::Title => Style::new().fg(self.text).bg(self.bar).add_modifier(Modifier::BOLD),
            Role::Match => Style::new().fg(self.ground).bg(self.warn),
            Role::Code => Style::new().fg(rgb(0x00_0000)).bg(rgb(0xff_ffff)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::ffi::OsString;
    use std::path::PathBuf;

    use super::*;
    use crate::host::{Account, Os};

    fn theme(env: &[(&str, &str)], wish: Wish) -> Theme {
        let account =
            Account { name: "zoe".into(), uid: 501, home: PathBuf::from("/h"), full_name: None };
        let env: BTreeMap<String, OsString> =
            env.iter().map(|(n, v)| ((*n).to_owned(), OsString::from(v))).collect();
        Theme::choose(&Host::pretend(account, "quartz", Os::Darwin, "aarch64", env), wish)
    }

    #[test]
    fn the_terminal_and_the_person_choose() {
        let by = |env: &[(&str, &str)]| theme(env, Wish::default()).palette;
        assert_eq!(by(&[("TERM", "xterm-256color")]), Palette::Sixteen);
        assert_eq!(by(&[("NO_COLOR", "1"), ("DOORSTEP_THEME", "dark")]), Palette::Mono);
        assert_eq!(by(&[("DOORSTEP_THEME", "dark")]), Palette::Sixteen);
        let truecolour = [("COLORTERM", "truecolor"), ("DOORSTEP_THEME", "dark")];
        assert_eq!(by(&truecolour), Palette::Dark);
        let wish = Wish { palette: Some(Palette::Mono), ascii: false };
        assert_eq!(theme(&truecolour, wish).palette, Palette::Mono);
    }

    #[test]
    fn poor_terminals_get_ascii() {
        let ascii = |env: &[(&str, &str)]| theme(env, Wish::default()).ascii;
        assert!(!ascii(&[("LANG", "de_DE.UTF-8")]));
        assert!(!ascii(&[]));
        assert!(ascii(&[("LANG", "de_DE.ISO-8859-1")]));
        assert!(ascii(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]));
        assert!(ascii(&[("TERM", "linux"), ("LANG", "de_DE.UTF-8")]));
    }

    /// Relative luminance by WCAG 2.
    fn luminance(colour: Color) -> f64 {
        let Color::Rgb(r, g, b) = colour else { panic!("{colour:?}") };
        let part = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
    }

    fn contrast(a: Color, b: Color) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn both_painted_themes_pass_wcag_aa() {
        for painted in [&DARK, &LIGHT] {
            let text = [
                Role::Text,
                Role::Muted,
                Role::Heading,
                Role::Accent,
                Role::Good,
                Role::Warn,
                Role::Bad,
                Role::Keyword,
                Role::String,
                Role::Field,
                Role::Badge,
                Role::FocusButton,
                Role::Title,
                Role::Match,
                Role::Added,
                Role::Removed,
            ];
            for role in text {
                let style = painted.style(role);
                let (fg, bg) = (style.fg.unwrap(), style.bg.unwrap());
                assert!(contrast(fg, bg) >= 4.5, "{role:?} {:.1}", contrast(fg, bg));
                let laid_over = !matches!(role, Role::Badge | Role::FocusButton | Role::Match);
                if laid_over {
                    let over = contrast(fg, painted.focus);
                    assert!(over >= 4.5, "{role:?} on the focused row {over:.1}");
                }
            }
            assert!(contrast(painted.rule, painted.ground) >= 3.0);
        }
    }

    #[test]
    fn without_colour_marks_differ_by_more_than_colour() {
        for role in [Role::Good, Role::Warn, Role::Bad, Role::Added, Role::Removed] {
            assert_eq!(mono(role).fg, None, "{role:?}");
        }
        assert_ne!(mono(Role::Added), mono(Role::Removed));
    }
}
