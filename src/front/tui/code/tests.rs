use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::*;
use crate::front::tui::paint::{Drawn, Paint};
use crate::front::tui::theme::{Palette, Theme};
use proptest::prelude::*;

/// Each character's role by the letter of the drawings.
fn roles(lines: &[Vec<Span>]) -> String {
    let letter = |role| match role {
        Role::Text => '.',
        Role::Muted => 'c',
        Role::Keyword => 'k',
        Role::String => 's',
        Role::Added => '+',
        Role::Removed => '-',
        _ => '?',
    };
    let line = |spans: &Vec<Span>| -> String {
        let text: String = spans.iter().map(|span| span.text.as_str()).collect();
        let roles: String =
            spans.iter().flat_map(|s| s.text.chars().map(|_| letter(s.role))).collect();
        format!("{text}\n{roles}")
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn nix_has_keywords_strings_and_comments() {
    let text = "{ lib, ... }: # args\nlet x = \"a${toString y}b\"; in\n''\n  two ${x}\n''\n";
    insta::assert_snapshot!(roles(&coloured(Language::Nix, text)), @r#"
    { lib, ... }: # args
    ..............cccccc
    let x = "a${toString y}b"; in
    kkk.....ss.............ss..kk
    ''
    ss
      two ${x}
    ssssss....
    ''
    ss
    "#);
}

#[test]
fn yaml_has_keys_strings_and_comments() {
    let text = "keys: # people\n  - &ada age1x\n  - path_regex: secrets/.*\\.y$\n    \"a: b\": 'it''s' # c\n    url: http://x/#y\nnote: |-\n  x: y\n\n  # z\nlast: [\"a\", b]\n";
    insta::assert_snapshot!(roles(&coloured(Language::Yaml, text)), @r#"
    keys: # people
    kkkk..cccccccc
      - &ada age1x
    ..............
      - path_regex: secrets/.*\.y$
    ....kkkkkkkkkk................
        "a: b": 'it''s' # c
    ....kkkkkk..sssssss.ccc
        url: http://x/#y
    ....kkk.............
    note: |-
    kkkk....
      x: y
    ssssss


      # z
    sssss
    last: ["a", b]
    kkkk...sss....
    "#);
}

#[test]
fn a_string_over_several_lines_is_one_string() {
    let lines = coloured(Language::Yaml, "a: \"one\n  two: x\n  three\" # c\nb: 1\n");
    insta::assert_snapshot!(roles(&lines), @r#"
    a: "one
    k..ssss
      two: x
    ssssssss
      three" # c
    ssssssss.ccc
    b: 1
    k...
    "#);
}

#[test]
fn nothing_in_a_file_steers_the_terminal_or_hides() {
    let lines = coloured(Language::Plain, "gone\rseen\u{1b}[2J\u{202e}\n\tx\r\n");
    let shown: Vec<String> = lines.iter().flatten().map(|span| span.text.clone()).collect();
    assert_eq!(shown, ["gone\u{fffd}seen\u{fffd}[2J\u{fffd}", "    x"]);
}

const BEFORE: &str = "keys:\n  - &ada age1a\n  - &bo age1b\nrules:\n  - a\n  - b\n  - c\n  - d\n";
const AFTER: &str =
    "keys:\n  - &ada age1a\n  - &zoe age1z\n  - &bo age1b\nrules:\n  - a\n  - b\n  - c\n  - e\n";

#[test]
fn a_difference_has_numbers_signs_and_what_is_around() {
    let text = Text::new(difference(Language::Yaml, BEFORE, AFTER));
    let lines = text.lines();
    insta::assert_snapshot!(picture(&text, 24, 12, 0, false), @r"
      1   keys:
      2     - &ada age1a
      3 +   - &zoe age1z
      4     - &bo age1b
      5   rules:
      7     - b
      8     - c
      8 -   - d
      9 +   - e
    ");
    let signs: Vec<Side> = lines.iter().map(|line| line.side).collect();
    assert_eq!(signs.iter().filter(|sign| **sign == Side::Added).count(), 2);
    assert_eq!(lines[2].spans[0].role, Role::Added);
    assert_eq!(lines[7].spans[0].role, Role::Removed);
    assert_eq!(lines[0].spans[0].role, Role::Keyword);
    assert_eq!(lines[1].spans[0].role, Role::Muted);
}

fn picture(text: &Text, width: u16, height: u16, top: usize, wrap: bool) -> String {
    let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
    let mut drawn = Drawn::default();
    let theme = Theme { palette: Palette::Mono, ascii: false };
    let area = buf.area;
    View { text, top, wrap, search: None }.draw(&mut Paint::new(&mut buf, &mut drawn, theme, area));
    let row = |y| (0..width).map(|x| buf[(x, y)].symbol()).collect::<String>();
    let rows: Vec<String> = (0..height).map(|y| row(y).trim_end().to_owned()).collect();
    rows.join("\n").trim_end().to_owned()
}

#[test]
fn long_lines_are_cut_or_wrapped() {
    let text = Text::new(added(Language::Plain, "abcdefghijklmno\nx\n"));
    insta::assert_snapshot!(picture(&text, 12, 4, 0, false), @r"
    1 + abcde…
    2 + x
    ");
    insta::assert_snapshot!(picture(&text, 12, 4, 0, true), @r"
    1 + abcdef
        ghijkl
        mno
    2 + x
    ");
    let words = Text::new(vec![Line::words(Role::Text, "git add the/very-long/name x")]);
    insta::assert_snapshot!(picture(&words, 12, 6, 0, false), @r"
    git add
    the/very-lon
    g/name x
    ");
    assert_eq!(text.last_top(12, 3, true), 1);
    assert_eq!(text.last_top(12, 4, true), 0);
    assert_eq!(text.last_top(12, 1, false), 1);
}

proptest! {
    #[test]
    fn no_text_is_lost(text in "(\\PC|[\n\t'\"#:|>-]){0,60}") {
        for language in [Language::Nix, Language::Yaml, Language::Plain] {
            let lines = coloured(language, &text);
            let shown: Vec<String> =
                lines.iter().map(|l| l.iter().map(|s| s.text.as_str()).collect()).collect();
            let all = visible(&text);
            prop_assert_eq!(shown.join("\n"), all.strip_suffix('\n').unwrap_or(&all));
        }
    }

    #[test]
    fn any_two_texts_can_be_drawn(
        before in "([a-c ]{0,12}\n){0,8}", after in "(\\PC{0,12}\n){0,8}",
        width in 0_u16..30, height in 0_u16..8, wrap: bool,
    ) {
        let text = Text::new(difference(Language::Yaml, &before, &after));
        let top = text.last_top(width, height, wrap);
        prop_assert!(top <= text.lines().len());
        picture(&text, width, height, top, wrap);
    }
}
