//! Named instants of a run at which a test may kill it. Only debug builds know them.

use crate::host::Host;

/// A function to be called at each checkpoint: does nothing in what people use.
#[cfg(not(debug_assertions))]
pub(crate) fn of(_: &Host) -> impl Fn(&str) + use<> {
    |_| ()
}

/// With `DOORSTEP_TEST_CHECKPOINTS` the names go to that file, a line each; with
/// `DOORSTEP_TEST_KILL_AT` the process kills itself at that one, as a power cut would (`NAME@2` is
/// the second time that this name comes); with `DOORSTEP_TEST_PANIC_AT` it panics there, over a text
/// read from the file that `DOORSTEP_TEST_PANIC_OVER` names.
#[cfg(debug_assertions)]
pub(crate) fn of(host: &Host) -> impl Fn(&str) + use<> {
    use std::io::Write as _;

    let list = host.var("DOORSTEP_TEST_CHECKPOINTS").map(str::to_owned);
    let kill_at = host.var("DOORSTEP_TEST_KILL_AT").map(|at| match at.split_once('@') {
        Some((name, time)) => (name.to_owned(), time.parse().unwrap_or(1)),
        None => (at.to_owned(), 1),
    });
    let met = std::sync::atomic::AtomicUsize::new(0);
    let panic_at = host.var("DOORSTEP_TEST_PANIC_AT").map(str::to_owned);
    let over = host.var("DOORSTEP_TEST_PANIC_OVER").map(str::to_owned);
    move |name| {
        if let Some(list) = &list {
            let file = std::fs::OpenOptions::new().create(true).append(true).open(list);
            // A test that gets no list fails by itself.
            let _ = file.and_then(|mut file| writeln!(file, "{name}"));
        }
        if panic_at.as_deref() == Some(name) {
            let text = over.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
            // A slice that ends inside of a character: the standard library's message quotes it.
            let _ = &text.unwrap_or_default()[..1];
        }
        let Some((at, time)) = &kill_at else { return };
        if at == name && met.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1 == *time {
            let me = rustix::process::getpid();
            let _ = rustix::process::kill_process(me, rustix::process::Signal::KILL);
            // The signal needs no cooperation; nothing after this runs.
            loop {
                std::thread::park();
            }
        }
    }
}
