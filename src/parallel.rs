//! The same work on many things, on several threads. It must never know what the work is.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// As many threads as there are processors: for work that computes.
pub(crate) fn computing() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// For work that mostly waits for a disk: a disk that is asked for many things at once does them
/// together.
pub(crate) const WAITING: usize = 48;

/// `work` on each of `things`; results in the order of the things.
pub(crate) fn each<T: Sync, R: Send>(things: &[T], work: &(dyn Fn(&T) -> R + Sync)) -> Vec<R> {
    telling(things, computing(), work, &mut |_, _| ())
}

/// The same on up to `threads` threads. `done` hears of every result as it comes, on the calling
/// thread, with the position of its thing.
pub(crate) fn telling<T: Sync, R: Send>(
    things: &[T],
    threads: usize,
    work: &(dyn Fn(&T) -> R + Sync),
    done: &mut dyn FnMut(usize, &R),
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let mut results: Vec<Option<R>> = things.iter().map(|_| None).collect();
    let (tell, told) = mpsc::channel();
    let one = |tell: mpsc::Sender<(usize, R)>| {
        while let at = next.fetch_add(1, Ordering::Relaxed)
            && let Some(thing) = things.get(at)
            // Nobody listens any more only when the calling thread panics.
            && tell.send((at, work(thing))).is_ok()
        {}
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.min(things.len()) {
            let (tell, one) = (tell.clone(), &one);
            scope.spawn(move || one(tell));
        }
        drop(tell);
        for (at, result) in told {
            done(at, &result);
            results[at] = Some(result);
        }
    });
    // A thread that panicked has made the scope panic, so that none is missing here.
    results.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_things() {
        let things: Vec<usize> = (0..1000).collect();
        let mut heard = Vec::new();
        let squares = telling(&things, 7, &|n| n * n, &mut |at, square| heard.push((at, *square)));
        assert_eq!(squares, things.iter().map(|n| n * n).collect::<Vec<_>>());
        heard.sort_unstable();
        assert_eq!(heard, squares.into_iter().enumerate().collect::<Vec<_>>());
    }

    #[test]
    fn nothing_is_no_trouble() {
        assert_eq!(each(&[] as &[u8], &|n| *n), Vec::<u8>::new());
    }
}
