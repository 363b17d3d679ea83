//! What children print, on its way from pipes and sockets to whoever listens.
//!
//! Each pipe has a thread of its own that hands over whole lines, many at a time: a message a line
//! would cost more than reading it. What is on its way is bounded, in one of two ways. Usually a
//! child that prints faster than it is heard waits, as it would at a terminal. Nix must not wait
//! for us, so in its case lines are left out, the dispensable ones first.

use std::borrow::Cow;
use std::io::{self, BufRead as _, BufReader, Read};
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::time::Duration;

use super::Stream;

/// A line longer than this arrives in pieces, so that memory stays bounded whatever a child prints.
const LONGEST_LINE: usize = 64 * 1024;

/// The same for a record, which is of no use in pieces: an error with its trace can be long.
const LONGEST_RECORD: usize = 1024 * 1024;

/// What is little for one read.
const LITTLE: usize = 4 * 1024;

/// How long whoever has read little waits before the next read. A child that writes line by line
/// would otherwise wake two threads for every line, which costs more than all that is done with
/// it, and takes the time from the child.
const NAP: Duration = Duration::from_micros(500);

/// Chunks on their way where the child waits; each is 64 KiB or little more.
const BACKLOG: usize = 32;

/// Bytes on their way where it does not: above the first, results of activities are left out
/// (progress, lines of logs); above the second, everything.
const ENOUGH: usize = 8 * 1024 * 1024;
const TOO_MUCH: usize = 16 * 1024 * 1024;

/// Whole lines of one stream, or a piece of a line that is too long.
#[derive(Debug)]
pub(super) struct Chunk {
    /// `None` for a socket of records.
    pub(super) stream: Option<Stream>,
    bytes: Vec<u8>,
}

#[derive(Debug)]
pub(super) enum Message {
    Chunk(Chunk),
    Ended(io::Result<ExitStatus>),
}

impl Chunk {
    /// Calls `each` with every line, without its end. Invalid UTF-8 is replaced.
    pub(super) fn lines(&self, each: &mut dyn FnMut(&str)) {
        // The lossy reader goes through good text a byte at a time.
        let text = std::str::from_utf8(&self.bytes)
            .map_or_else(|_| String::from_utf8_lossy(&self.bytes), Cow::Borrowed);
        let mut rest = &*text;
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest.as_bytes());
            let line = &rest[..end.unwrap_or(rest.len())];
            rest = end.map_or("", |end| &rest[end + 1..]);
            self.pieces(line, each);
        }
    }

    fn pieces(&self, mut line: &str, each: &mut dyn FnMut(&str)) {
        let longest = longest(self.stream, line.as_bytes());
        while line.len() > longest {
            let cut = (0..=longest).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(longest);
            let (piece, rest) = line.split_at(cut);
            each(piece);
            line = rest;
        }
        each(line);
    }
}

/// Where chunks are put in.
#[derive(Debug, Clone)]
pub(super) struct Post {
    send: Send,
    shared: Arc<Shared>,
}

#[derive(Debug, Clone)]
enum Send {
    Waits(SyncSender<Message>),
    NeverWaits(Sender<Message>),
}

#[derive(Debug, Default)]
struct Shared {
    /// Nothing more is taken.
    closed: AtomicBool,
    /// Bytes on their way.
    held: AtomicUsize,
    /// Lines that were left out and not told yet.
    left_out: AtomicU64,
}

/// Where chunks come out.
#[derive(Debug)]
pub(super) struct Inbox {
    receive: Receiver<Message>,
    shared: Arc<Shared>,
}

impl Inbox {
    /// Whoever prints faster than this is emptied waits.
    pub(super) fn that_waits() -> (Post, Self) {
        let (send, receive) = mpsc::sync_channel(BACKLOG);
        Self::with(Send::Waits(send), receive)
    }

    /// Nobody waits; lines are left out instead.
    pub(super) fn that_never_waits() -> (Post, Self) {
        let (send, receive) = mpsc::channel();
        Self::with(Send::NeverWaits(send), receive)
    }

    fn with(send: Send, receive: Receiver<Message>) -> (Post, Self) {
        let shared = Arc::<Shared>::default();
        (Post { send, shared: Arc::clone(&shared) }, Self { receive, shared })
    }

    pub(super) fn next(&self, wait: Duration) -> Result<Message, RecvTimeoutError> {
        let message = self.receive.recv_timeout(wait)?;
        if let Message::Chunk(chunk) = &message {
            self.shared.held.fetch_sub(chunk.bytes.len(), Ordering::Relaxed);
        }
        Ok(message)
    }

    /// Whether nothing is on its way.
    pub(super) fn is_empty(&self) -> bool {
        self.shared.held.load(Ordering::Relaxed) == 0
    }

    /// How many lines were left out since the last time this was asked.
    pub(super) fn left_out(&self) -> Option<u64> {
        Some(self.shared.left_out.swap(0, Ordering::Relaxed)).filter(|lines| *lines > 0)
    }

    /// Takes nothing more in; what is on its way still comes out.
    pub(super) fn close(&self) {
        self.shared.closed.store(true, Ordering::Relaxed);
    }
}

impl Post {
    /// `false` when nobody listens any more.
    pub(super) fn put(&self, message: Message) -> bool {
        match &self.send {
            Send::Waits(send) => send.send(message).is_ok(),
            Send::NeverWaits(send) => send.send(message).is_ok(),
        }
    }

    fn chunk(&self, stream: Option<Stream>, mut bytes: Vec<u8>) -> bool {
        if self.shared.closed.load(Ordering::Relaxed) {
            return false;
        }
        let held = self.shared.held.load(Ordering::Relaxed);
        if held > ENOUGH && matches!(self.send, Send::NeverWaits(_)) {
            let left_out = thin(&mut bytes, held > TOO_MUCH);
            self.shared.left_out.fetch_add(left_out, Ordering::Relaxed);
            if bytes.is_empty() {
                return true;
            }
        }
        self.shared.held.fetch_add(bytes.len(), Ordering::Relaxed);
        self.put(Message::Chunk(Chunk { stream, bytes }))
    }
}

/// Leaves out lines that tell how an activity goes on, or all of them, and says how many.
fn thin(bytes: &mut Vec<u8>, all: bool) -> u64 {
    let mut kept = Vec::new();
    let mut left_out = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let record = line.strip_prefix(b"@nix ").unwrap_or(line);
        if all || record.starts_with(br#"{"action":"result""#) {
            left_out += 1;
        } else {
            kept.extend_from_slice(line);
        }
    }
    *bytes = kept;
    left_out
}

/// Reads `pipe` to its end on a thread of its own.
pub(super) fn read(
    pipe: impl Read + std::marker::Send + 'static,
    stream: Option<Stream>,
    post: Post,
) {
    std::thread::spawn(move || {
        let mut reader = BufReader::with_capacity(LONGEST_LINE, pipe);
        // The beginning of a line whose end has not come yet.
        let mut begun = Vec::new();
        loop {
            let came = match reader.fill_buf() {
                Ok([]) => break,
                Ok(came) => came,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            let length = came.len();
            let whole = memchr::memrchr(b'\n', came).map_or(0, |end| end + 1);
            if whole > 0 {
                let mut lines = std::mem::take(&mut begun);
                lines.extend_from_slice(&came[..whole]);
                if !post.chunk(stream, lines) {
                    return;
                }
            }
            begun.extend_from_slice(&came[whole..]);
            reader.consume(length);
            while begun.len() > longest(stream, &begun) {
                let rest = begun.split_off(end_of_piece(&begun, longest(stream, &begun)));
                if !post.chunk(stream, std::mem::replace(&mut begun, rest)) {
                    return;
                }
            }
            if length < LITTLE {
                std::thread::sleep(NAP);
            }
        }
        if !begun.is_empty() {
            post.chunk(stream, begun);
        }
    });
}

fn longest(stream: Option<Stream>, line: &[u8]) -> usize {
    let is_record = stream.is_none() || line.starts_with(b"@nix ");
    if is_record { LONGEST_RECORD } else { LONGEST_LINE }
}

/// At most `most`, and not within a character.
fn end_of_piece(line: &[u8], most: usize) -> usize {
    let most = most.min(line.len());
    let is_inside = |at: usize| line.get(at).is_some_and(|b| b & 0xc0 == 0x80);
    (most.saturating_sub(3)..=most).rev().find(|at| !is_inside(*at)).unwrap_or(most).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(stream: Option<Stream>, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        Chunk { stream, bytes: bytes.to_vec() }.lines(&mut |line| lines.push(line.to_owned()));
        lines
    }

    /// Reads as a thread does, in reads of whatever size the other side makes.
    fn through(bytes: &[u8]) -> Vec<String> {
        let (post, inbox) = Inbox::that_waits();
        read(io::Cursor::new(bytes.to_vec()), Some(Stream::Out), post);
        let mut all = Vec::new();
        while let Ok(Message::Chunk(chunk)) = inbox.next(Duration::from_secs(60)) {
            chunk.lines(&mut |line| all.push(line.to_owned()));
        }
        all
    }

    #[test]
    fn lines_lose_their_ends_and_nothing_else() {
        let out = Some(Stream::Out);
        assert_eq!(lines(out, b"a\n\nb\r\n"), ["a", "", "b\r"]);
        assert_eq!(lines(out, b"a\ncut"), ["a", "cut"]);
        assert_eq!(lines(out, b"caf\xe9\xff\n"), ["caf\u{fffd}\u{fffd}"]);
        assert!(lines(out, b"").is_empty());
    }

    #[test]
    fn a_line_that_is_too_long_comes_in_pieces() {
        let sizes = |bytes: &[u8]| through(bytes).iter().map(String::len).collect::<Vec<_>>();
        assert_eq!(sizes(&[b'x'; 150_000]), [65536, 65536, 150_000 - 2 * 65536]);
        let mut long = vec![b'x'; 100_000];
        long.extend(b"\nshort\n");
        assert_eq!(sizes(&long), [65536, 100_000 - 65536, 5]);
        // A character is never torn.
        let text = "é".repeat(70_000);
        let pieces = through(format!("x{text}").as_bytes());
        assert!(pieces.iter().all(|piece| !piece.contains('\u{fffd}')));
        assert_eq!(pieces.concat(), format!("x{text}"));
    }

    #[test]
    fn a_long_record_stays_whole() {
        let record = format!("@nix {}\n", "y".repeat(200_000));
        assert_eq!(through(record.as_bytes()), [record.trim_end()]);
        assert_eq!(through(&[b"@nix ".to_vec(), vec![b'y'; 3 << 20]].concat()).len(), 1 + 33);
    }

    #[test]
    fn what_can_be_done_without_goes_first() {
        let (post, inbox) = Inbox::that_never_waits();
        let line = [vec![b'x'; 1023], b"\n".to_vec()].concat();
        let mib = line.repeat(1024);
        let progress =
            b"@nix {\"action\":\"result\",\"id\":1}\n{\"action\":\"stop\",\"id\":1}\n".to_vec();
        (0..9).for_each(|_| assert!(post.chunk(Some(Stream::Err), mib.clone())));
        assert_eq!(inbox.left_out(), None);
        assert!(post.chunk(None, progress.clone()));
        assert_eq!(inbox.left_out(), Some(1));
        (0..40).for_each(|_| assert!(post.chunk(Some(Stream::Err), mib.clone())));
        assert!(inbox.left_out().unwrap() >= 20 * 1024);
        assert!(post.shared.held.load(Ordering::Relaxed) <= TOO_MUCH + (1 << 20));
        drop(post);
        let mut last = String::new();
        while let Ok(Message::Chunk(chunk)) = inbox.next(Duration::ZERO) {
            chunk.lines(&mut |line| last = line.to_owned());
            if chunk.stream.is_none() {
                assert_eq!(last, r#"{"action":"stop","id":1}"#);
            }
        }
        assert_eq!(inbox.shared.held.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_closed_inbox_ends_whoever_reads() {
        let (post, inbox) = Inbox::that_waits();
        inbox.close();
        assert!(!post.chunk(Some(Stream::Out), b"x\n".to_vec()));
    }
}
