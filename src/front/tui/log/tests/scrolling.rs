use super::*;

#[test]
fn it_follows_until_it_is_scrolled() {
    let mut desk = Desk::with_lines(20, 3, 10);
    assert_eq!(desk.shown(), ["line 7", "line 8", "line 9"]);
    assert_eq!(desk.status(), "following");
    desk.say(1);
    assert_eq!(desk.shown(), ["line 8", "line 9", "line 10"]);

    desk.does(Input::Up);
    assert_eq!(desk.status(), "paused; End");
    let before = desk.seen();
    desk.say(1214);
    assert_eq!(desk.seen(), before);
    assert_eq!(desk.status(), "paused, 1,214 new; End");
    desk.does(Input::Up);
    assert_eq!(desk.status(), "paused, 1,214 new; End");

    desk.does(Input::End);
    assert_eq!(desk.shown(), ["line 1222", "line 1223", "line 1224"]);
    assert_eq!(desk.status(), "following");
}

#[test]
fn space_stops_and_goes_on() {
    let mut desk = Desk::with_lines(20, 2, 5);
    desk.does(Input::Pause);
    desk.say(3);
    assert_eq!(desk.shown(), ["line 3", "line 4"]);
    assert_eq!(desk.status(), "paused, 3 new; End");
    desk.does(Input::Pause);
    assert_eq!(desk.shown(), ["line 6", "line 7"]);
}

#[test]
fn pages_overlap_by_a_row_and_end_at_the_ends() {
    let mut desk = Desk::with_lines(20, 4, 12);
    desk.does(Input::PageUp);
    assert_eq!(desk.shown()[0], "line 5");
    desk.does(Input::Home);
    assert_eq!(desk.shown()[0], "line 0");
    desk.does(Input::PageUp);
    assert_eq!(desk.shown()[0], "line 0");
    desk.does(Input::PageDown);
    assert_eq!(desk.shown()[0], "line 3");
    desk.does(Input::Wheel(3));
    assert_eq!(desk.shown()[0], "line 6");
    desk.does(Input::Wheel(-1));
    assert_eq!(desk.shown()[0], "line 5");
    for _ in 0..2 {
        desk.does(Input::PageDown);
    }
    assert_eq!(desk.shown()[0], "line 8");
}

#[test]
fn going_down_past_the_end_follows_again() {
    let mut desk = Desk::with_lines(20, 3, 10);
    desk.does(Input::Up);
    desk.does(Input::Down);
    assert!(!desk.pane.is_following());
    desk.does(Input::Down);
    assert!(desk.pane.is_following());
}

#[test]
fn with_all_in_view_there_is_nothing_to_stop_for() {
    let mut desk = Desk::with_lines(20, 5, 2);
    for input in [Input::Up, Input::PageUp, Input::Home, Input::Wheel(-3), Input::Down] {
        desk.does(input);
        assert!(desk.pane.is_following(), "{input:?}");
    }
    assert_eq!(desk.shown(), ["line 0", "line 1", "", "", ""]);
}

#[test]
fn the_top_stays_until_it_is_lost() {
    let mut desk = Desk::new(20, 2);
    desk.store = Store::of_chunks(300, 100);
    desk.say(6);
    desk.does(Input::Home);
    assert_eq!(desk.shown(), ["line 0", "line 1"]);
    desk.say(100);
    let first = desk.store.first();
    assert!(first > 1);
    assert_eq!(desk.shown()[0], format!("line {first}"));
    desk.does(Input::Up);
    assert_eq!(desk.shown()[0], format!("line {first}"));
}

#[test]
fn wrapping_keeps_the_top_and_goes_by_rows() {
    let mut desk = Desk::new(11, 3);
    desk.push("abcdefghijklmnopqrstuvwxyz");
    desk.push("0123456789ABC");
    assert_eq!(desk.shown(), ["abcdefghi…", "012345678…", ""]);
    desk.does(Input::Wrap);
    assert_eq!(desk.shown(), ["uvwxyz", "0123456789", "ABC"]);
    desk.does(Input::Up);
    assert_eq!(desk.shown(), ["klmnopqrst", "uvwxyz", "0123456789"]);
    desk.does(Input::Wrap);
    assert_eq!(desk.shown()[0], "abcdefghi…");
    desk.does(Input::Wrap);
    assert_eq!(desk.shown()[0], "klmnopqrst");
}

#[test]
fn a_resize_keeps_the_top_or_the_last() {
    let mut desk = Desk::new(11, 2);
    desk.does(Input::Wrap);
    for line in ["abcdefghijklmnopqrstuvwxyz", "0123456789ABC", "end"] {
        desk.push(line);
    }
    desk.does(Input::Home);
    desk.does(Input::Down);
    assert_eq!(desk.shown(), ["klmnopqrst", "uvwxyz"]);
    desk.size = Size { width: 9, height: 3 };
    assert_eq!(desk.shown(), ["ijklmnop", "qrstuvwx", "yz"]);
    desk.size = Size { width: 80, height: 2 };
    assert_eq!(desk.shown(), ["abcdefghijklmnopqrstuvwxyz", "0123456789ABC"]);
    desk.size = Size { width: 11, height: 2 };
    assert_eq!(desk.shown(), ["klmnopqrst", "uvwxyz"]);
    desk.does(Input::End);
    desk.size = Size { width: 30, height: 1 };
    assert_eq!(desk.shown(), ["end"]);
}

#[test]
fn it_opens_with_a_line_marked() {
    let mut desk = Desk::with_lines(20, 6, 100);
    desk.pane = Pane::marked(11, &desk.store.lines(Which::All));
    assert_eq!(desk.seen().lines().nth(2), Some("▸line 11"));
    assert_eq!(desk.pane.current(&desk.lines(), desk.size), Some(11));
    assert_eq!(desk.pane.cursor(&desk.lines(), desk.size), Some((0, 2)));
    desk.does(Input::Down);
    assert_eq!(desk.seen().lines().nth(1), Some("▸line 11"));

    desk.pane = Pane::marked(99, &desk.store.lines(Which::All));
    assert_eq!(desk.seen().lines().last(), Some("▸line 99"));
    desk.pane = Pane::marked(7000, &desk.store.lines(Which::All));
    assert_eq!(desk.shown().last().map(String::as_str), Some("line 99"));
}

#[test]
fn a_click_marks_the_line_under_it() {
    let mut desk = Desk::with_lines(20, 3, 10);
    assert!(desk.does(Input::Click(1)));
    assert_eq!(desk.pane.mark(), Some(8));
    desk.say(5);
    assert_eq!(desk.seen().lines().nth(1), Some("▸line 8"));
    assert_eq!(desk.pane.current(&desk.lines(), desk.size), Some(8));
    desk.does(Input::Home);
    assert_eq!(desk.pane.current(&desk.lines(), desk.size), Some(0));
    assert!(!Desk::new(20, 3).does(Input::Click(0)));
}

#[test]
fn enter_shows_the_newest_while_following() {
    let desk = Desk::with_lines(20, 3, 10);
    assert_eq!(desk.pane.current(&desk.lines(), desk.size), Some(9));
    let empty = Desk::new(20, 3);
    assert_eq!(empty.pane.current(&empty.lines(), empty.size), None);
}
