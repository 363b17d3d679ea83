use super::*;

/// 100 lines, of which 20, 50 and 80 tell of a cause.
fn desk() -> Desk {
    let mut desk = Desk::new(30, 6);
    for n in 0..100 {
        desk.push(&match n {
            20 | 50 | 80 => format!("line {n} Permission denied"),
            _ => format!("line {n}"),
        });
    }
    desk
}

fn found(desk: &Desk) -> Option<u64> {
    desk.pane.search().and_then(|search| search.line())
}

#[test]
fn each_letter_looks_from_where_it_began() {
    let mut desk = desk();
    desk.does(Input::Home);
    desk.types("line 5");
    assert_eq!(found(&desk), Some(5));
    desk.does(Input::Type('0'));
    assert_eq!(found(&desk), Some(50));
    assert_eq!(desk.pane.notice().as_deref(), Some("/line 50"));
    assert!(desk.shown().iter().any(|line| line.contains("line 50 Perm")));
    desk.does(Input::Erase);
    assert_eq!(found(&desk), Some(5));
    assert_eq!(desk.shown()[0], "line 0");
}

#[test]
fn case_does_not_matter_and_signs_are_text() {
    let mut desk = desk();
    desk.push("what (is) [this].*? Ünïcode");
    desk.types("PERMISSION DEN");
    assert_eq!(found(&desk), Some(20), "after the end, from the top");
    desk.does(Input::Escape);
    desk.types("(IS) [this].*? ünÏ");
    assert_eq!(found(&desk), Some(100));
}

#[test]
fn next_and_previous_go_round() {
    let mut desk = desk();
    desk.does(Input::Home);
    desk.types("denied");
    assert!(desk.does(Input::Accept));
    assert!(!desk.pane.is_typing());
    let mut stops = vec![found(&desk)];
    for input in [Input::Next, Input::Next, Input::Next, Input::Previous, Input::Previous] {
        assert!(desk.does(input));
        stops.push(found(&desk));
    }
    assert_eq!(stops, [20, 50, 80, 20, 80, 50].map(Some));
    assert_eq!(desk.pane.notice(), None);
}

#[test]
fn nothing_found_says_so_and_stays() {
    let mut desk = desk();
    let before = desk.seen();
    desk.types("xyz");
    assert_eq!(desk.pane.notice().as_deref(), Some("No \"xyz\" here. Esc ends the search."));
    assert_eq!(desk.seen(), before);
    assert!(desk.pane.is_following());
    desk.push("line with xyz");
    desk.does(Input::Accept);
    desk.does(Input::Next);
    assert_eq!((found(&desk), desk.pane.notice()), (Some(100), None));
}

#[test]
fn escape_while_typing_goes_back() {
    let mut desk = desk();
    desk.types("line 5");
    assert!(!desk.pane.is_following());
    assert!(desk.does(Input::Escape));
    assert!(desk.pane.is_following());
    assert!(!desk.does(Input::Escape), "then it means something to the screen");

    desk.types("line 5");
    desk.does(Input::Accept);
    let before = desk.shown();
    desk.does(Input::Escape);
    assert_eq!(desk.shown(), before.iter().map(|l| l.trim_start_matches('▸')).collect::<Vec<_>>());
}

#[test]
fn an_empty_query_is_no_search() {
    let mut desk = desk();
    desk.types("");
    assert_eq!(desk.pane.notice().as_deref(), Some("/"));
    desk.does(Input::Accept);
    assert_eq!(desk.pane.notice(), None);
    desk.types("a");
    desk.does(Input::Erase);
    assert!(desk.pane.is_typing());
    desk.does(Input::Erase);
    assert!(!desk.pane.is_typing());
    for input in [Input::Next, Input::Previous, Input::Accept, Input::Erase, Input::Type('x')] {
        assert!(!desk.does(input), "{input:?}");
    }
}

#[test]
fn what_is_pasted_into_the_query_is_harmless_and_short() {
    let mut desk = desk();
    desk.types("");
    desk.does(Input::Paste(&format!("\u{1b}[2Jdenied\u{202e}{}", "x".repeat(10_000_000))));
    let notice = desk.pane.notice().unwrap_or_default();
    assert!(notice.starts_with("No \"deniedxx"), "{notice}");
    assert!(notice.chars().count() < 240);
}

#[test]
fn what_comes_does_not_move_what_was_found() {
    let mut desk = desk();
    desk.types("line 98");
    let before = desk.seen();
    desk.say(50);
    assert_eq!(desk.seen(), before);
    assert_eq!(desk.status(), "paused, 50 new; End");
}

#[test]
fn a_search_keeps_to_its_step() {
    let mut store = Store::of_chunks(4000, 500);
    for n in 0..60 {
        store.push(["a", "b"][n / 7 % 2], Stream::Out, &format!("word {n}"));
    }
    let lines = store.lines(Which::Step("b"));
    let size = Size { width: 20, height: 3 };
    let mut pane = Pane::default();
    pane.handle(Input::Search, &lines, size);
    pane.handle(Input::Paste("word 2"), &lines, size);
    let at = |pane: &Pane| {
        let line = pane.search().and_then(|search| search.line());
        line.and_then(|n| lines.get(n)).map(|line| line.text.to_owned())
    };
    let mut texts = vec![at(&pane).unwrap()];
    for input in [Input::Next, Input::Previous, Input::Previous, Input::Previous] {
        pane.handle(input, &lines, size);
        texts.push(at(&pane).unwrap());
    }
    assert_eq!(texts, ["word 21", "word 22", "word 21", "word 27", "word 26"]);
}
