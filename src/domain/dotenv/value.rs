//! What a value says, once its quotes are gone: escapes, and where Compose would fill something in.

/// A value as Compose reads it.
pub(super) struct Read {
    /// The value; where `interpolates`, with its `$` references as they are written.
    pub(super) text: String,
    /// Whether Compose would fill in other variables.
    pub(super) interpolates: bool,
}

/// In single quotes nothing has a meaning.
pub(super) fn literal(inner: &str) -> Read {
    Read { text: inner.to_owned(), interpolates: false }
}

/// Without quotes `$` has a meaning and a backslash has none.
pub(super) fn bare(text: &str) -> Read {
    let references = has_reference(text);
    Read {
        text: if references { text.to_owned() } else { text.replace("$$", "$") },
        interpolates: references,
    }
}

/// In double quotes both have: first the escapes, then `$`.
pub(super) fn quoted(inner: &str) -> Read {
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        let (before, after) = rest.split_at(at);
        text.push_str(before);
        let escape = after.get(1..).unwrap_or_default();
        let (meant, used) = escaped(escape);
        text.push_str(&meant);
        rest = escape.get(used..).unwrap_or_default();
    }
    text.push_str(rest);
    bare(&text)
}

/// What stands for the characters after a backslash, and how many bytes of them are used up.
fn escaped(after: &str) -> (String, usize) {
    let plain = |meant: char| (meant.to_string(), 1);
    match after.chars().next() {
        Some('a') => plain('\u{7}'),
        Some('b') => plain('\u{8}'),
        Some('f') => plain('\u{c}'),
        Some('n') => plain('\n'),
        Some('r') => plain('\r'),
        Some('t') => plain('\t'),
        Some('v') => plain('\u{b}'),
        Some('"') => plain('"'),
        Some('\\') => plain('\\'),
        // `$$` is a dollar sign that refers to nothing.
        Some('$') => ("$$".to_owned(), 1),
        Some('0') => octal(after),
        _ => ("\\".to_owned(), 0),
    }
}

/// `\0` and three octal digits are one byte; anything shorter stays as it is written.
fn octal(after: &str) -> (String, usize) {
    let digits = after.get(1..4).filter(|d| d.bytes().all(|b| (b'0'..=b'7').contains(&b)));
    let byte = digits.and_then(|d| u8::from_str_radix(d, 8).ok()).filter(u8::is_ascii);
    match byte {
        Some(byte) => (char::from(byte).to_string(), 4),
        None => ("\\".to_owned(), 0),
    }
}

/// Whether a `$` begins a reference, or anything else than a second `$`.
fn has_reference(text: &str) -> bool {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '$' {
            match chars.peek() {
                Some('$') => {
                    chars.next();
                }
                Some(next) if next.is_ascii_alphabetic() || matches!(next, '_' | '{') => {
                    return true;
                }
                _ => {}
            }
        }
    }
    false
}
