//! What somebody hears who cannot see the screen.

/// The words of a program's output, blanks collapsed and control sequences dropped, as a screen
/// reader or a braille display gets them.
///
/// # Errors
/// The output moves the cursor back over what was said; the text so far, and the sequence.
pub(crate) fn heard(output: &[u8]) -> Result<String, String> {
    let text = String::from_utf8_lossy(output);
    let mut said = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\x1b' => {
                let sequence = sequence(&mut rest);
                if moves(&sequence) {
                    return Err(format!("{said}\nthen {sequence:?}"));
                }
            }
            '\r' if rest.peek() == Some(&'\n') => {}
            '\r' | '\x08' | '\x0b' | '\x0c' => return Err(format!("{said}\nthen {c:?}")),
            '\x07' => {}
            c => said.push(c),
        }
    }
    let lines = said.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    Ok(lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n"))
}

/// What follows an escape, up to its end.
fn sequence(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let Some(kind) = rest.next() else { return String::new() };
    let mut sequence = String::from(kind);
    let ends = |c: char| match kind {
        '[' => ('\x40'..='\x7e').contains(&c),
        ']' | 'P' | '_' | '^' | 'X' => c == '\x07' || c == '\\',
        _ => true,
    };
    if matches!(kind, '[' | ']' | 'P' | '_' | '^' | 'X') {
        for c in rest.by_ref() {
            sequence.push(c);
            if ends(c) {
                break;
            }
        }
    }
    sequence
}

/// Whether a sequence moves the cursor, erases or inserts: all of CSI but modes and colours.
fn moves(sequence: &str) -> bool {
    match sequence.strip_prefix('[') {
        Some(csi) => !csi.ends_with(['m', 'h', 'l', 'n', 'q']) || csi == "?1049h",
        // Save and restore the cursor, line up, line down, next line, reset.
        None => sequence.starts_with(['7', '8', 'M', 'D', 'E', 'c']),
    }
}

#[cfg(test)]
mod tests {
    use super::heard;

    #[test]
    fn colours_titles_and_blanks_go() {
        let output = b"\x1b]0;title\x07\x1b[1;32mDone:\x1b[m  steps  1\r\n\r\n to 6.\x07\r\n";
        assert_eq!(heard(output).unwrap(), "Done: steps 1\nto 6.");
    }

    #[test]
    fn whatever_goes_back_is_refused() {
        for back in ["\x1b[A", "\x1b[2K", "\r50 %", "\x08", "\x1b[5;1H", "\x1b7", "\x1b[?1049h"] {
            let output = format!("said{back}");
            assert!(heard(output.as_bytes()).unwrap_err().starts_with("said\n"), "{back:?}");
        }
    }
}
