//! A record read from its line, in one pass and mostly without copying.
//!
//! `serde_json` reads the same lines at half the speed, and needs a visitor for each field that
//! may be of another kind than expected. 98 in 100 records of a long build report progress, in
//! one spelling (Nix sorts keys and writes no spaces), so that spelling has a way of its own.

mod cursor;

use std::borrow::Cow;

use cursor::{Cursor, Text, Value};

use super::record::{Activity, Message, Outcome, Position, Record, Report};

/// What stands before a record on standard error.
const PREFIX: &[u8] = b"@nix ";

/// A line of standard error, or of a structured log.
#[derive(Debug, Clone, PartialEq)]
pub enum Line<'a> {
    Record(Record<'a>),
    /// Marked as a record, but not a whole one: the end of a process that was killed.
    Broken,
    /// Somebody else's: a script, sudo, a builder.
    Plain(Cow<'a, str>),
}

/// Reads a line of standard error.
pub fn line(bytes: &[u8]) -> Line<'_> {
    match bytes.strip_prefix(PREFIX) {
        Some(json) => record(json).map_or(Line::Broken, Line::Record),
        None => Line::Plain(String::from_utf8_lossy(bytes)),
    }
}

/// Reads one JSON object; `None` when it is not a whole one.
pub fn record(json: &[u8]) -> Option<Record<'_>> {
    if let Some(record) = progress(json) {
        return Some(record);
    }
    let mut cursor = Cursor::new(json);
    let keys = Keys::read(&mut cursor)?;
    cursor.is_at_end().then(|| keys.record())
}

/// `{"action":"result","fields":[0,1,2,3],"id":4,"type":105}` to the byte, and the same for 106.
#[inline]
fn progress(json: &[u8]) -> Option<Record<'_>> {
    let mut cursor = Cursor::new(json);
    if !cursor.take_all(br#"{"action":"result","fields":["#) {
        return None;
    }
    let mut numbers = [0; 4];
    let mut count = 0;
    loop {
        *numbers.get_mut(count)? = cursor.digits()?;
        count += 1;
        if !cursor.take_all(b",") {
            break;
        }
    }
    if !cursor.take_all(br#"],"id":"#) {
        return None;
    }
    let id = cursor.digits()?;
    if !cursor.take_all(br#","type":"#) {
        return None;
    }
    let kind = cursor.digits()?;
    if !cursor.take_all(b"}") || !cursor.is_at_end() {
        return None;
    }
    let [done, expected, running, failed] = numbers;
    let report = match (kind, count) {
        (105, 4) => Report::Progress { done, expected, running, failed },
        (106, 2) => Report::Expect { kind: done, count: expected },
        _ => return None,
    };
    Some(Record::Result { id, report })
}

/// The keys of a record, in whatever order they came.
#[derive(Default)]
struct Keys<'a> {
    action: Option<Text<'a>>,
    id: Option<u64>,
    parent: Option<u64>,
    level: Option<u64>,
    kind: Option<u64>,
    text: Option<Text<'a>>,
    message: Option<Text<'a>>,
    file: Option<Text<'a>>,
    line: Option<u64>,
    column: Option<u64>,
    fields: Fields<'a>,
    payload: Payload<'a>,
}

/// The first fields; no record that is known here has more.
#[derive(Default)]
struct Fields<'a>([Option<Value<'a>>; 4]);

/// What Determinate Nix says of a build that ended.
#[derive(Default)]
struct Payload<'a> {
    drv: Option<Text<'a>>,
    status: Option<Text<'a>>,
}

impl<'a> Keys<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        let mut keys = Self::default();
        members(cursor, |cursor, key| {
            match key.raw() {
                b"fields" if cursor.peek()? == b'[' => return keys.fields.read(cursor),
                b"payload" if cursor.peek()? == b'{' => return keys.payload.read(cursor),
                name => {
                    let value = cursor.value()?;
                    keys.put(name, value);
                }
            }
            Some(())
        })?;
        Some(keys)
    }

    #[inline]
    fn put(&mut self, name: &[u8], value: Value<'a>) {
        match (name, value) {
            (b"action", Value::Text(text)) => self.action = Some(text),
            (b"text", Value::Text(text)) => self.text = Some(text),
            (b"msg", Value::Text(text)) => self.message = Some(text),
            (b"file", Value::Text(text)) => self.file = Some(text),
            (b"id", Value::Number(number)) => self.id = Some(number),
            (b"parent", Value::Number(number)) => self.parent = Some(number),
            (b"level", Value::Number(number)) => self.level = Some(number),
            (b"type", Value::Number(number)) => self.kind = Some(number),
            (b"line", Value::Number(number)) => self.line = Some(number),
            (b"column", Value::Number(number)) => self.column = Some(number),
            _ => {}
        }
    }

    fn record(self) -> Record<'a> {
        let known = match self.action.map(Text::raw) {
            Some(b"result") => self.result(),
            Some(b"start") => self.start(),
            Some(b"stop") => self.id.map(|id| Record::Stop { id }),
            Some(b"msg") => self.message(),
            _ => None,
        };
        known.unwrap_or(Record::Unknown)
    }

    fn message(&self) -> Option<Record<'a>> {
        let file = self.file.map(Text::decoded).filter(|file| !file.is_empty());
        let at = file.filter(|file| !file.starts_with("«none»")).map(|file| {
            let (line, column) = (self.line.unwrap_or(0), self.column.unwrap_or(0));
            Position { file: without_place(file, line, column), line, column }
        });
        let text = self.message?.decoded();
        Some(Record::Message(Message { level: self.level.unwrap_or(3), text, at }))
    }

    fn start(&self) -> Option<Record<'a>> {
        let text = self.text.map(Text::decoded).unwrap_or_default();
        // A field that is missing or of another kind is empty: the text still says what it is.
        let field = |at: usize| self.fields.text(at).unwrap_or_default();
        let activity = match self.kind.unwrap_or(0) {
            100 => Activity::CopyPath { path: field(0), from: field(1) },
            101 => Activity::Transfer { url: field(0) },
            102 => Activity::Realise,
            103 => Activity::Copies,
            104 => Activity::Builds,
            105 => Activity::Build { drv: field(0), host: field(1) },
            108 => Activity::Substitute { path: field(0), from: field(1) },
            109 => Activity::QueryPath,
            110 => Activity::Hook { drv: field(0) },
            111 => Activity::Waiting,
            112 => Activity::FetchTree,
            other => Activity::Other(other),
        };
        let (parent, level) = (self.parent.unwrap_or(0), self.level.unwrap_or(3));
        Some(Record::Start { id: self.id?, parent, level, activity, text })
    }

    fn result(&self) -> Option<Record<'a>> {
        let id = self.id?;
        let kind = self.kind?;
        let known = match kind {
            101 | 107 => self.fields.text(0).map(Report::Log),
            104 => self.fields.text(0).map(Report::Phase),
            105 => self.fields.number(0).map(|done| Report::Progress {
                done,
                expected: self.fields.number(1).unwrap_or(0),
                running: self.fields.number(2).unwrap_or(0),
                failed: self.fields.number(3).unwrap_or(0),
            }),
            106 => (self.fields.number(0).zip(self.fields.number(1)))
                .map(|(kind, count)| Report::Expect { kind, count }),
            108 => self.fields.text(0).map(Report::Fetching),
            // 109 and 110 mean different things in different Nixes: only what is there decides.
            _ => self.payload.ended(),
        };
        Some(Record::Result { id, report: known.unwrap_or(Report::Other(kind)) })
    }
}

impl<'a> Fields<'a> {
    fn read(&mut self, cursor: &mut Cursor<'a>) -> Option<()> {
        cursor.take(b'[')?;
        if cursor.take(b']').is_some() {
            return Some(());
        }
        let mut at = 0;
        loop {
            let value = cursor.value()?;
            if let Some(place) = self.0.get_mut(at) {
                *place = Some(value);
            }
            at += 1;
            if cursor.take(b',').is_none() {
                return cursor.take(b']');
            }
        }
    }

    fn text(&self, at: usize) -> Option<Cow<'a, str>> {
        match self.0.get(at) {
            Some(Some(Value::Text(text))) => Some(text.decoded()),
            _ => None,
        }
    }

    fn number(&self, at: usize) -> Option<u64> {
        match self.0.get(at) {
            Some(Some(Value::Number(number))) => Some(*number),
            _ => None,
        }
    }
}

impl<'a> Payload<'a> {
    fn read(&mut self, cursor: &mut Cursor<'a>) -> Option<()> {
        members(cursor, |cursor, key| {
            match (key.raw(), cursor.value()?) {
                (b"drvPath", Value::Text(text)) => self.drv = Some(text),
                (b"status", Value::Text(text)) => self.status = Some(text),
                _ => {}
            }
            Some(())
        })
    }

    /// Statuses that are a success: `BuildResult::Success` in src/libstore.
    fn ended(&self) -> Option<Report<'a>> {
        const GOOD: [&[u8]; 4] =
            [b"Built", b"Substituted", b"AlreadyValid", b"ResolvesToAlreadyValid"];
        let is_good = GOOD.contains(&self.status?.raw());
        let outcome = if is_good { Outcome::Built } else { Outcome::Failed };
        Some(Report::Ended { drv: self.drv?.decoded(), outcome })
    }
}

/// Calls `each` at the value of every member of an object.
fn members<'a>(
    cursor: &mut Cursor<'a>,
    mut each: impl FnMut(&mut Cursor<'a>, Text<'a>) -> Option<()>,
) -> Option<()> {
    cursor.take(b'{')?;
    if cursor.take(b'}').is_some() {
        return Some(());
    }
    loop {
        let key = cursor.text()?;
        cursor.take(b':')?;
        each(cursor, key)?;
        if cursor.take(b',').is_none() {
            return cursor.take(b'}');
        }
    }
}

/// Newer Nix writes the place into the file's name as well: `/fleet/x.nix:1:83`.
fn without_place(file: Cow<'_, str>, line: u64, column: u64) -> Cow<'_, str> {
    let place = format!(":{line}:{column}");
    match file.strip_suffix(&place).map(str::len) {
        Some(length) => match file {
            Cow::Borrowed(file) => Cow::Borrowed(&file[..length]),
            Cow::Owned(mut file) => {
                file.truncate(length);
                Cow::Owned(file)
            }
        },
        None => file,
    }
}

#[cfg(test)]
mod tests;
