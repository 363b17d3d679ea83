use insta::assert_snapshot;

use super::*;

/// What a build says, in a pane as wide as at 80×24.
fn build() -> Desk {
    let mut desk = Desk::new(49, 9);
    for line in [
        "\u{1b}[35;1mcopying path\u{1b}[0m quartz-ripgrep-15.1.0 from https://cache.example.org",
        "building quartz-home-manager-path.drv",
        "path> created 1824 symlinks in user environment of zoe",
        "10%\r50%\r100% fetched",
        "tabs\there\tand\tthere",
        "wide 漢字 and e\u{301}, family 👨‍👩‍👧, then the rest is cut here",
        "  error: Permission denied (publickey)",
    ] {
        desk.push(line);
    }
    desk
}

#[test]
fn a_build_is_read_line_by_line() {
    let desk = build();
    assert_snapshot!(desk.seen(), @r#"
    copying path quartz-ripgrep-15.1.0 from https:/…
    building quartz-home-manager-path.drv
    path> created 1824 symlinks in user environment…
    100% fetched
    tabs    here    and     there
    wide 漢字 and é, family 👨‍👩‍👧, then the rest is cu…
      error: Permission denied (publickey)
    "#);
    assert_snapshot!(desk.roles(), @r#"
    .mmmmmmmmmmmmm.....................mmmmmmmmmmmmmm
    .mmmmmmmmm.......................................
    ................................................m
    .................................................
    .................................................
    .............................................m
    .bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb..........
    .................................................
    .................................................
    "#);
}

#[test]
fn wrapped_lines_lose_nothing() {
    let mut desk = build();
    desk.does(Input::Wrap);
    desk.size = Size { width: 24, height: 18 };
    assert_snapshot!(desk.seen(), @r#"
    copying path quartz-rip
    grep-15.1.0 from https:
    //cache.example.org
    building quartz-home-ma
    nager-path.drv
    path> created 1824 syml
    inks in user environmen
    t of zoe
    100% fetched
    tabs    here    and
    there
    wide 漢字 and é, family
     👨‍👩‍👧, then the rest is c
    ut here
      error: Permission den
    ied (publickey)
    "#);
}

#[test]
fn what_is_searched_stands_out_and_has_a_mark() {
    let mut desk = build();
    desk.does(Input::Home);
    desk.types("PATH");
    desk.does(Input::Accept);
    desk.does(Input::Next);
    assert_snapshot!(desk.seen(), @r#"
     copying path quartz-ripgrep-15.1.0 from https:/…
    ▸building quartz-home-manager-path.drv
     path> created 1824 symlinks in user environment…
     100% fetched
     tabs    here    and     there
     wide 漢字 and é, family 👨‍👩‍👧, then the rest is cu…
       error: Permission denied (publickey)
    "#);
    assert_snapshot!(desk.roles(), @r#"
    .mmmmmmmmFFFFm.....................mmmmmmmmmmmmmm
    ammmmmmmmm....................FFFF...............
    .FFFF...........................................m
    .................................................
    .................................................
    .............................................m
    .bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb..........
    .................................................
    .................................................
    "#);
}

#[test]
fn a_place_further_right_is_brought_into_its_row() {
    let mut desk = Desk::new(31, 3);
    desk.push(&format!("{}needle{}", "ab ".repeat(50), " cd".repeat(50)));
    desk.push("needle");
    desk.push(&format!("{}漢needle", "漢".repeat(40)));
    desk.does(Input::Home);
    desk.types("needle");
    assert_snapshot!(desk.seen(), @r#"
    ▸… ab ab ab needle cd cd cd cd…
     needle
     漢漢漢漢漢漢漢漢漢漢漢漢漢漢…
    "#);
    desk.does(Input::Accept);
    desk.does(Input::Previous);
    assert_snapshot!(desk.seen(), @r#"
     ab ab ab ab ab ab ab ab ab ab…
     needle
    ▸…漢漢漢漢漢needle
    "#);
}

#[test]
fn a_poor_terminal_gets_its_own_signs() {
    let desk = build();
    let mut pane = Pane::marked(1, &desk.lines());
    pane.handle(Input::Search, &desk.lines(), desk.size);
    let area = Rect::from(desk.size);
    let mut buf = Buffer::empty(area);
    let ascii = Styles { mark: ">", cut: "..", ..styles() };
    pane.view(&desk.lines(), area, &mut buf, &ascii);
    let seen = rows(&buf, |buf, x, y| buf[(x, y)].symbol().to_owned());
    assert_snapshot!(seen.lines().take(3).collect::<Vec<_>>().join("\n"), @r#"
     copying path quartz-ripgrep-15.1.0 from https:..
    >building quartz-home-manager-path.drv
     path> created 1824 symlinks in user environmen..
    "#);
}

#[test]
fn every_size_can_be_drawn() {
    let mut desk = build();
    desk.push(&"x".repeat(1_000_000));
    desk.push(&"漢".repeat(1_000_000));
    desk.push(&format!("e{}", "\u{301}".repeat(100_000)));
    desk.push(&"\u{301}\t\u{200d}".repeat(1000));
    for wrap in 0..2 {
        for (width, height) in [(0, 0), (0, 5), (5, 0), (1, 1), (1, 9), (2, 2), (3, 1), (7, 3)] {
            desk.size = Size { width, height };
            for input in [Input::Home, Input::PageDown, Input::End, Input::PageUp, Input::Up] {
                desk.does(input);
                desk.drawn();
            }
            desk.types("漢");
            desk.drawn();
            desk.does(Input::Escape);
        }
        desk.does(Input::Wrap);
        assert_eq!(desk.pane.is_wrapped(), wrap == 0);
    }
}

#[test]
fn a_tower_of_accents_fills_one_cell_with_little() {
    let mut desk = Desk::new(20, 1);
    desk.push(&format!("e{}x", "\u{301}".repeat(3000)));
    assert_eq!(desk.seen(), " \u{fffd}x");
}

#[test]
fn it_draws_into_its_place_only() {
    let mut desk = Desk::new(20, 3);
    desk.push(&"漢".repeat(100));
    desk.push(&"x".repeat(100));
    let mut buf = Buffer::filled(Rect::new(0, 0, 30, 5), ratatui::buffer::Cell::new("#"));
    desk.pane.view(&desk.lines(), Rect::new(5, 1, 20, 3), &mut buf, &styles());
    let seen = rows(&buf, |buf, x, y| buf[(x, y)].symbol().to_owned());
    assert_snapshot!(seen, @r#"
    ##############################
    ######漢漢漢漢漢漢漢漢漢…#####
    ######xxxxxxxxxxxxxxxxxx…#####
    ##############################
    ##############################
    "#);
    // An area that is not in the buffer, as between a resize and its drawing.
    desk.pane.view(&desk.lines(), Rect::new(25, 4, 20, 30), &mut buf, &styles());
    desk.pane.view(&desk.lines(), Rect::new(90, 90, 20, 30), &mut buf, &styles());
}
