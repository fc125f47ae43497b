//! From text to a pattern.

use std::str::FromStr;

use regex::RegexBuilder;

use super::glob::Glob;
use super::{Matcher, Part, Selector, SelectorError, Term, Way};

/// How long a pattern may be, in bytes.
const MAX_BYTES: usize = 100_000;

fn syntax(pattern: &str, why: &str) -> SelectorError {
    let pattern = pattern.chars().take(80).collect();
    SelectorError::Syntax { pattern, why: why.to_owned() }
}

impl FromStr for Selector {
    type Err = SelectorError;

    /// Reads `a:b`, `a,b`, `!c`, `&d`, globs, `~regex`, `group[0]`, `group[1:3]`, `web[01:03]`.
    fn from_str(text: &str) -> Result<Self, SelectorError> {
        if text.trim().is_empty() {
            return Err(syntax(text, "it is empty; write `all` for all hosts"));
        }
        if text.len() > MAX_BYTES || text.chars().any(char::is_control) {
            return Err(syntax(text, "it is too long, or holds control characters"));
        }
        let terms =
            split(text)?.into_iter().map(|part| term(text, part)).collect::<Result<_, _>>()?;
        Ok(Self { terms })
    }
}

/// The parts between `:` and `,`, but for those inside brackets.
fn split(text: &str) -> Result<Vec<&str>, SelectorError> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut open: Vec<char> = Vec::new();
    let mut escaped = false;
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default().trim();
    for (at, c) in text.char_indices() {
        let regex = part(start, at).trim_start_matches(['!', '&']).starts_with('~');
        match c {
            _ if escaped => escaped = false,
            '\\' if regex => escaped = true,
            '[' if open.last() != Some(&']') => open.push(']'),
            '(' if regex && open.last() != Some(&']') => open.push(')'),
            '{' if regex && open.last() != Some(&']') => open.push('}'),
            _ if open.last() == Some(&c) => {
                open.pop();
            }
            ':' | ',' if open.is_empty() => {
                parts.push(part(start, at));
                start = at + 1;
            }
            _ => {}
        }
    }
    if !open.is_empty() {
        return Err(syntax(text, "a bracket is not closed"));
    }
    parts.push(part(start, text.len()));
    Ok(parts)
}

fn term(whole: &str, part: &str) -> Result<Term, SelectorError> {
    let (way, text) = match part.strip_prefix('!') {
        Some(rest) => (Way::Drop, rest),
        None => match part.strip_prefix('&') {
            Some(rest) => (Way::Keep, rest),
            None => (Way::Add, part),
        },
    };
    let text = text.trim();
    if text.is_empty() {
        // An unset variable of a script, most likely: `all:!$SKIP` would be all.
        return Err(syntax(whole, "a part of it is empty"));
    }
    if text.starts_with('@') {
        return Err(syntax(whole, "a file (@FILE) must stand alone"));
    }
    if text.starts_with(['!', '&']) || text.contains(char::is_whitespace) {
        return Err(syntax(text, "a name has no blanks and at most one `!` or `&` before it"));
    }
    if let Some(pattern) = text.strip_prefix('~') {
        // Ansible matches from the start of the name, and not to its end.
        let built = RegexBuilder::new(&format!("^(?:{pattern})")).size_limit(1 << 20).build();
        let regex = built.map_err(|_| syntax(text, "it is no regular expression"))?;
        return Ok(Term { way, text: text.to_owned(), matcher: Matcher::Regex(regex), part: None });
    }
    let (base, part) = subscript(text);
    let glob = || Glob::parse(base).ok_or_else(|| syntax(text, "a bracket is empty or not closed"));
    let matcher = match base {
        "all" | "*" => Matcher::All,
        _ if base.contains(['*', '?', '[']) => Matcher::Glob(glob()?),
        _ => Matcher::Name(base.to_owned()),
    };
    if part.is_some() && !matches!(matcher, Matcher::Name(_)) {
        // The order of `all` and of globs is Ansible's own affair: another host might be meant.
        return Err(syntax(text, "a number in brackets picks hosts of a group, named in full"));
    }
    Ok(Term { way, text: text.to_owned(), matcher, part })
}

/// `base[1]`, `base[-1]`, `base[1:]` or `base[1:3]`.
fn subscript(text: &str) -> (&str, Option<Part>) {
    let inside = text.strip_suffix(']').and_then(|t| t.rsplit_once('['));
    let Some((base, inside)) = inside.filter(|(base, _)| !base.is_empty()) else {
        return (text, None);
    };
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let part = match inside.split_once([':', '-']) {
        Some(("", last)) if inside.starts_with('-') && digits(last) => {
            inside.parse().ok().map(Part::One)
        }
        Some((first, last)) if digits(first) && (last.is_empty() || digits(last)) => {
            let last = if last.is_empty() { Ok(None) } else { last.parse().map(Some) };
            first.parse().ok().zip(last.ok()).map(|(first, last)| Part::Range(first, last))
        }
        None if digits(inside) => inside.parse().ok().map(Part::One),
        _ => None,
    };
    match part {
        Some(part) => (base, Some(part)),
        None => (text, None),
    }
}
