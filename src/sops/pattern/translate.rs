//! A pattern of Go's `regexp` package in the dialect of the `regex` crate, or why the two part.

/// The pattern in the crate's dialect, or why the two dialects part here.
pub(super) fn from_go(pattern: &str) -> Result<String, &'static str> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut chars = pattern.chars().peekable();
    // Go refuses a quantifier on a quantifier; the crate takes it for one of its own.
    let mut quantified = false;
    while let Some(c) = chars.next() {
        let mut quantifier = false;
        match c {
            '\\' => escape(&mut chars, false, &mut out)?,
            '[' => class(&mut chars, &mut out)?,
            '*' | '+' | '?' => {
                if quantified {
                    return Err("a quantifier follows a quantifier");
                }
                quantifier = true;
                out.push(c);
                if chars.next_if_eq(&'?').is_some() {
                    out.push('?');
                }
            }
            '{' => {
                if quantified {
                    return Err("a quantifier follows a quantifier");
                }
                quantifier = true;
                count(&mut chars, &mut out)?;
            }
            '}' => return Err("a brace without its partner is read differently by Go"),
            '(' => {
                out.push('(');
                if chars.next_if_eq(&'?').is_some() {
                    out.push('?');
                    flags(&mut chars, &mut out)?;
                }
            }
            c => out.push(c),
        }
        quantified = quantifier;
    }
    Ok(out)
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn escape(chars: &mut Chars, in_class: bool, out: &mut String) -> Result<(), &'static str> {
    let c = chars.next().ok_or("it ends with a backslash")?;
    let written = match (c, in_class) {
        ('d', false) => "[0-9]",
        ('D', false) => "[^0-9]",
        ('w', false) => "[0-9A-Za-z_]",
        ('W', false) => "[^0-9A-Za-z_]",
        ('s', false) => r"[\t\n\x0c\r ]",
        ('S', false) => r"[^\t\n\x0c\r ]",
        ('d', true) => "0-9",
        ('w', true) => "0-9A-Za-z_",
        ('s', true) => r"\t\n\x0c\r ",
        ('b' | 'B', false) if chars.peek() == Some(&'{') => {
            return Err("a brace after a word boundary is read differently by Go");
        }
        ('b', false) => r"(?-u:\b)",
        ('B', false) => r"(?-u:\B)",
        ('A' | 'z', false) | ('a' | 'f' | 'n' | 'r' | 't' | 'v' | 'x' | 'p' | 'P', _) => {
            out.push('\\');
            out.push(c);
            // The brace of `\x{…}` and `\p{…}` is no count: take it here.
            if matches!(c, 'x' | 'p' | 'P') && chars.next_if_eq(&'{').is_some() {
                out.push('{');
                for c in chars.by_ref() {
                    out.push(c);
                    if c == '}' {
                        return Ok(());
                    }
                }
                return Err("a brace is not closed");
            }
            return Ok(());
        }
        (c, _) if c.is_ascii_punctuation() && !matches!(c, '<' | '>') => {
            out.push('\\');
            out.push(c);
            return Ok(());
        }
        ('<' | '>', _) => {
            out.push(c);
            return Ok(());
        }
        _ => return Err("it holds an escape that Go and this program read differently"),
    };
    out.push_str(written);
    Ok(())
}

fn class(chars: &mut Chars, out: &mut String) -> Result<(), &'static str> {
    out.push('[');
    if chars.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    let mut first = true;
    while let Some(c) = chars.next() {
        match c {
            ']' if !first => {
                out.push(']');
                return Ok(());
            }
            ']' => out.push_str(r"\]"),
            '\\' => escape(chars, true, out)?,
            '[' if chars.peek() == Some(&':') => {
                out.push('[');
                for c in chars.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            // These nest or combine classes in the crate and are themselves in Go.
            '[' | '&' | '~' => {
                out.push('\\');
                out.push(c);
            }
            '-' if chars.peek() == Some(&'-') => {
                return Err("`--` in a class is read differently by Go");
            }
            c => out.push(c),
        }
        first = false;
    }
    Err("a class is not closed")
}

/// `{2}`, `{2,}` or `{2,3}`; every other brace is a literal in Go.
fn count(chars: &mut Chars, out: &mut String) -> Result<(), &'static str> {
    let mut inner = String::new();
    loop {
        match chars.next() {
            Some('}') => break,
            Some(c) if c.is_ascii_digit() || c == ',' => inner.push(c),
            _ => return Err("a brace that is no count is read differently by Go"),
        }
    }
    let (least, most) = inner.split_once(',').unwrap_or((&inner, ""));
    let number = |digits: &str| digits.parse::<u32>().ok().filter(|n| *n <= 1000);
    if number(least).is_none() || (!most.is_empty() && number(most).is_none()) {
        return Err("a brace that is no count up to 1000 is read differently by Go");
    }
    out.push('{');
    out.push_str(&inner);
    out.push('}');
    if chars.next_if_eq(&'?').is_some() {
        out.push('?');
    }
    Ok(())
}

fn flags(chars: &mut Chars, out: &mut String) -> Result<(), &'static str> {
    // A name as in Go, or looking around, which the crate refuses as Go does.
    if chars.peek().is_some_and(|c| "P<=!".contains(*c)) {
        return Ok(());
    }
    for c in chars.by_ref() {
        out.push(c);
        match c {
            ':' | ')' => return Ok(()),
            'i' | 'm' | 's' | 'U' | '-' => {}
            _ => return Err("it sets a flag that Go does not know"),
        }
    }
    Err("a group is not closed")
}
