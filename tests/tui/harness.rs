//! The scripted person himself: that she sees, types and notices what she says she does. The
//! programs are a few lines of `sh`, so that what fails here is the person.

use std::process::Command;

use rustix::process::Signal;

use super::pty::{Person, Seat};

/// A program of `sh` that ends without giving anything back, by itself or by a signal.
fn sh(script: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]);
    command
}

/// At 40×10.
fn runs(script: &str) -> Person {
    Seat::of(40, 10).runs(&sh(script))
}

#[test]
fn what_is_printed_is_seen_and_what_is_typed_arrives() {
    let mut zoe = runs("printf 'who? '; read -r name; printf 'hello %s\\n' \"$name\"");
    zoe.sees("who?").types("zoë<enter>").sees("hello zoë");
    assert_eq!(zoe.screen()[1], "hello zoë");
    let left = zoe.ends().well().sane().says("who? zoë\nhello zoë");
    assert_eq!(left.keys, 4);
}

#[test]
fn keys_and_decisions_are_counted() {
    let mut zoe = runs("stty raw -echo; printf ready; cat -v");
    zoe.sees("ready").decides("<tab><enter>").types("a<esc>").pastes("xyz").clicks(2, 3);
    zoe.wheel(0, 0, -1);
    zoe.sees("^[[200~xyz^[[201~").sees("^[[<0;3;4M").sees("64;1;1M");
    assert_eq!((zoe.keys(), zoe.decisions()), (7, 1));
}

#[test]
fn escape_is_read_alone() {
    // `dd` reads once per key, as programs do; each read is one line.
    let mut zoe = runs(
        "stty raw -echo; printf ready; while k=$(dd bs=64 count=1 2>/dev/null | od -An -tx1); \
         do printf '%s;' \"$k\"; done",
    );
    zoe.sees("ready").types("<esc>a<enter>").sees(" 1b; 61");
}

#[test]
fn an_update_is_seen_whole() {
    let mut zoe = runs(
        "printf old; printf '\\033[?2026h\\r\\nhalf'; read -r _; printf '\\033[?2026l'; read -r _",
    );
    // The program waits: what it has written lies behind the update's beginning.
    while !zoe.output().ends_with(b"half") {
        std::thread::yield_now();
    }
    assert_eq!(zoe.screen()[..2], ["old", ""]);
    zoe.types("<enter>").sees("half").types("<enter>").ends().well().sane();
}

#[test]
fn another_size_is_told() {
    let mut zoe = runs("trap 'stty size' WINCH; stty size; while :; do read -r line; done");
    zoe.sees("10 40").resizes(60, 12).sees("12 60");
    assert_eq!(zoe.screen().len(), 12);
}

#[test]
fn every_way_to_leave_a_terminal_wrong_is_noticed() {
    for (script, noticed) in [
        ("printf '\\033[?1049h'", "the alternate screen was not left"),
        ("printf '\\033[?25l'", "the cursor is hidden"),
        ("printf '\\033[?1000h'", "the mouse is reported"),
        ("printf '\\033[?1006h'", "the mouse is reported in another form"),
        ("printf '\\033[?2004h'", "pasted text is bracketed"),
        ("printf '\\033[?1004h'", "mode 1004 is true"),
        ("printf '\\033[?7l'", "mode 7 is false"),
        ("printf '\\033[>1u'", "the keyboard reports more than keys"),
        ("printf '\\033[6 q'", "the cursor has another shape"),
        ("printf '\\033[31m'", "text has a colour"),
        ("printf 'half a line'", "the cursor stands in the middle of a line"),
        ("stty -icanon", "lines are no longer edited (ICANON)"),
        ("stty -echo", "what is typed is no longer shown (ECHO)"),
        ("stty -isig", "Ctrl-C no longer interrupts (ISIG)"),
    ] {
        let left = runs(script).ends().well();
        assert_eq!(left.insane, [noticed], "{script}");
    }
}

#[test]
fn a_terminal_given_back_is_sane() {
    let enter = "was=$(stty -g); stty raw -echo; printf '\\033[?1049h\\033[?25l\\033[?1000h\\033[?1006h\\033[?2004h'";
    let leave =
        "printf '\\033[?2004l\\033[?1006l\\033[?1000l\\033[?25h\\033[?1049l'; stty \"$was\"";
    runs(&format!("{enter}; printf hello; {leave}")).ends().well().sane().silent();
}

#[test]
fn how_it_ends_is_told() {
    assert_eq!(runs("exit 3").ends().with(3).keys, 0);
    let left = runs("kill -TERM $$").ends();
    assert_eq!(left.status.signal(), Some("Terminated"));
    assert_eq!(runs("echo; echo last").ends().text, "\nlast");
}

#[test]
fn a_signal_comes_with_a_piece_of_output() {
    let script = "trap 'stty size' WINCH; trap 'echo; echo struck; exit 4' TERM; \
                  echo start; while :; do read -r line; done";
    for nth in 1..4 {
        let mut zoe = Seat::of(40, 10).struck(Signal::TERM, nth).runs(&sh(script));
        let left = zoe.until_struck("").ends().with(4).sane();
        assert!(left.text.ends_with("struck"), "{}", left.text);
    }
}

#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_back() {
    let mut zoe =
        Seat::of(40, 10).in_shell().runs(&sh("echo here; read -r line; echo $line; exit 5"));
    zoe.sees("here").types("<c-z>").sees("(away 1)").has_the_terminal_back();
    zoe.types("<enter>");
    zoe.types("back<enter>").ends().with(5).sane();
}

#[test]
fn a_terminal_can_be_taken_away() {
    let mut zoe = runs("trap 'stty size' WINCH; echo here; while :; do read -r line || exit; done");
    assert!(!zoe.sees("here").hangs_up().success());
}

#[test]
#[should_panic(expected = "waited for to see `never`, but the program has ended: Success\n┌────")]
fn what_never_comes_ends_with_the_last_screen() {
    runs("echo this instead").sees("never");
}
