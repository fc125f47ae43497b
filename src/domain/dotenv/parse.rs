//! Reads `.env` without losing a byte: what was parsed prints as it was.
//!
//! The rules are those of compose-go's `dotenv/parser.go`: a statement may begin after another on the same line, `export`
//! is allowed, `:` stands for `=`, a comment begins at ` #` in a bare value, quoted values go on over lines.
//!
//! **Not carried out:** `$NAME` and `${NAME}` in bare and double-quoted values are left as they are written, and the entry
//! says so ([`Entry::interpolates`]): what they become depends on the environment that Compose is started in.

use std::collections::BTreeMap;

use super::value::{self, Read};

/// A `.env` file.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct DotEnv {
    /// In order; together they are the file, byte for byte.
    pub items: Vec<Item>,
    /// What Compose would refuse or surprise with, in order.
    pub problems: Vec<Problem>,
}

/// A piece of the file.
#[derive(Clone, PartialEq, Eq)]
pub enum Item {
    /// Blank lines, comments, the byte order mark, line ends, and what is no statement.
    Other(String),
    /// A statement.
    Entry(Entry),
}

/// A statement, `NAME=value`.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The variable.
    pub name: String,
    /// What it is set to; `None` for a name alone, which takes its value from the environment.
    pub value: Option<String>,
    /// Whether Compose would fill other variables into the value; it is then as written.
    pub interpolates: bool,
    /// As it stands in the file, from the name or `export` on, without the line end.
    pub raw: String,
    /// Where it begins, from 1.
    pub line: usize,
    /// Where it begins, in bytes from the beginning of the file.
    pub at: usize,
}

/// What is wrong with a line. The text names no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, as a sentence part.
    pub text: String,
}

impl DotEnv {
    /// The statements, in order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.items.iter().filter_map(|item| match item {
            Item::Entry(entry) => Some(entry),
            Item::Other(_) => None,
        })
    }

    /// What each variable is set to: where one stands twice, the last statement counts.
    pub fn last(&self) -> BTreeMap<&str, &Entry> {
        self.entries().map(|entry| (entry.name.as_str(), entry)).collect()
    }

    /// The file, byte for byte as it was read.
    pub fn print(&self) -> String {
        let piece = |item: &Item| match item {
            Item::Other(text) => text.clone(),
            Item::Entry(entry) => entry.raw.clone(),
        };
        self.items.iter().map(piece).collect()
    }
}

/// Reads a file. What is no statement is kept and named in the problems.
pub fn parse(text: &str) -> DotEnv {
    let mut reader =
        Reader { text, at: 0, line: 1, file: DotEnv::default(), seen: BTreeMap::new() };
    if text.starts_with('\u{feff}') {
        reader.other('\u{feff}'.len_utf8());
    }
    while reader.at < text.len() {
        let blank = reader.blank();
        if blank > 0 {
            reader.other(blank);
        } else {
            reader.statement();
        }
    }
    reader.file
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    file: DotEnv,
    /// The line that each name was first set in.
    seen: BTreeMap<String, usize>,
}

/// Characters that compose-go takes for space within a line.
fn is_space(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// How many bytes of space, line ends and comments come next.
    fn blank(&self) -> usize {
        let rest = self.rest();
        let mut used = 0;
        loop {
            let after = rest.get(used..).unwrap_or_default();
            let next = after.trim_start_matches(|c| is_space(c) || c == '\n');
            used += after.len() - next.len();
            if !next.starts_with('#') {
                return used;
            }
            used += next.find('\n').unwrap_or(next.len());
        }
    }

    fn other(&mut self, n: usize) {
        let piece = self.rest().get(..n).unwrap_or_default();
        self.line += piece.matches('\n').count();
        self.at += n;
        match self.file.items.last_mut() {
            Some(Item::Other(before)) => before.push_str(piece),
            _ => self.file.items.push(Item::Other(piece.to_owned())),
        }
    }

    /// Keeps the rest of the line, which is no statement.
    fn refuse(&mut self, text: &str) {
        self.file.problems.push(Problem { line: self.line, text: text.to_owned() });
        let rest = self.rest();
        self.other(rest.find('\n').unwrap_or(rest.len()));
    }

    fn statement(&mut self) {
        let rest = self.rest();
        let exported = rest.strip_prefix("export").filter(|r| r.starts_with(char::is_whitespace));
        let start = exported.map_or(0, |r| rest.len() - r.trim_start().len());
        let body = rest.get(start..).unwrap_or_default();
        let Some(end) = body.find(['=', ':', '\n']) else {
            return self.bare_name(start, body.len());
        };
        if body.get(end..).is_some_and(|b| b.starts_with('\n')) {
            return self.bare_name(start, end);
        }
        let name = body.get(..end).unwrap_or_default().trim_end();
        if !is_name(name) {
            return self.refuse("it does not begin with the name of a variable");
        }
        let after = body.get(end + 1..).unwrap_or_default();
        let value_at = start + end + 1 + (after.len() - after.trim_start_matches(is_space).len());
        match read_value(rest.get(value_at..).unwrap_or_default()) {
            Some((read, used)) => {
                let value = Some(read.text);
                self.entry(name, value, read.interpolates, value_at + used);
            }
            None => self.refuse("its quoted value does not end"),
        }
    }

    /// A name without a value.
    fn bare_name(&mut self, start: usize, end: usize) {
        let name = self.rest().get(start..start + end).unwrap_or_default().trim();
        if is_name(name) {
            self.entry(name, None, false, start + name.len());
        } else {
            self.refuse("it is no statement");
        }
    }

    fn entry(&mut self, name: &str, value: Option<String>, interpolates: bool, n: usize) {
        let (line, at) = (self.line, self.at);
        let raw = self.rest().get(..n).unwrap_or_default().to_owned();
        if let Some(first) = self.seen.insert(name.to_owned(), line) {
            let text = format!("{name} is set again (first in line {first}); the last one counts");
            self.file.problems.push(Problem { line, text });
        }
        self.line += raw.matches('\n').count();
        self.at += n;
        let name = name.to_owned();
        self.file.items.push(Item::Entry(Entry { name, value, interpolates, raw, line, at }));
    }
}

fn is_name(text: &str) -> bool {
    let ok = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']');
    !text.is_empty() && text.chars().all(ok)
}

/// A value and the bytes that it takes; `None` where its quotes do not end.
fn read_value(text: &str) -> Option<(Read, usize)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'));
    let Some(quote) = quote else {
        let line = text.split('\n').next().unwrap_or_default();
        let bare = line.split(" #").next().unwrap_or_default().trim_end();
        return Some((value::bare(bare), bare.len()));
    };
    let mut inner = String::new();
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match (c, escaped) {
            (c, true) => {
                // A backslash only goes where it protects the quote.
                if c != quote {
                    inner.push('\\');
                }
                inner.push(c);
                escaped = false;
            }
            ('\\', false) => escaped = true,
            (c, false) if c == quote => {
                let read =
                    if quote == '"' { value::quoted(&inner) } else { value::literal(&inner) };
                return Some((read, at + 1));
            }
            (c, false) => inner.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::encode;
    use super::*;
    use proptest::prelude::*;

    fn values(text: &str) -> Vec<(String, Option<String>)> {
        parse(text).entries().map(|e| (e.name.clone(), e.value.clone())).collect()
    }

    fn one(text: &str) -> String {
        values(text).remove(0).1.unwrap()
    }

    #[test]
    fn values_are_read_as_compose_reads_them() {
        for (line, want) in [
            ("A=plain", "plain"),
            ("A = spaced  ", "spaced"),
            ("A: yaml", "yaml"),
            ("export A=x", "x"),
            ("A=", ""),
            ("A=a#b # comment", "a#b"),
            ("A='single $X \\n # in'", "single $X \\n # in"),
            ("A='it\\'s'", "it's"),
            ("A=\"two\\nlines\" # comment", "two\nlines"),
            ("A=\"two\nlines\"", "two\nlines"),
            ("A=\"two\r\nlines\"", "two\r\nlines"),
            ("A=\"q \\\" d \\$X b \\\\ t \\t u \\u0041\"", "q \" d $X b \\ t \t u \\u0041"),
            ("A=\"\\0101\"", "A"),
            ("A=5$$", "5$"),
            ("A=5$ 6$%", "5$ 6$%"),
            ("A=back\\nslash", "back\\nslash"),
        ] {
            assert_eq!(one(line), want, "{line:?}");
        }
        let file = parse("A=$HOME\nB=\"${X:-y}\"\nC='$X'\nD=$$X\n");
        let interpolating: Vec<bool> = file.entries().map(|e| e.interpolates).collect();
        assert_eq!(interpolating, [true, true, false, false]);
    }

    #[test]
    fn what_stands_around_statements_is_kept_and_named() {
        let text = "\u{feff}# head\r\nA=1\r\n\r\nB='x' C=2 # tail\nALONE\nno statement here!\nA=3";
        let file = parse(text);
        assert_eq!(file.print(), text);
        let want = [("A", Some("1")), ("B", Some("x")), ("C", Some("2")), ("ALONE", None)];
        let got = values(text);
        for (at, (name, value)) in want.iter().enumerate() {
            assert_eq!(got[at], ((*name).to_owned(), value.map(str::to_owned)));
        }
        assert_eq!(file.last()["A"].value.as_deref(), Some("3"));
        let problems: Vec<(usize, &str)> =
            file.problems.iter().map(|p| (p.line, p.text.as_str())).collect();
        assert_eq!(
            problems,
            [
                (6, "it is no statement"),
                (7, "A is set again (first in line 2); the last one counts")
            ]
        );
        let open = parse("A=1\nB=\"never\nC=2\n");
        assert_eq!((open.problems[0].line, open.entries().count()), (2, 2));
        for entry in file.entries() {
            assert!(text.get(entry.at..).unwrap().starts_with(&entry.raw));
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_prints_as_it_was(text in "[A-Ca ='\"\\\\$#\r\n\u{a0}ü:export.]{0,60}") {
            prop_assert_eq!(parse(&text).print(), text);
        }

        #[test]
        fn what_was_encoded_is_read_back(value in "[^\0]{0,40}|[\\\\'\"$# \n\ra{}=]{0,30}") {
            let line = format!("NAME={}\nNEXT=1\n", encode(&value).unwrap());
            let file = parse(&line);
            prop_assert_eq!(file.last()["NAME"].value.as_deref(), Some(value.as_str()));
            prop_assert!(!file.last()["NAME"].interpolates);
            prop_assert_eq!(file.entries().count(), 2);
            prop_assert!(file.problems.is_empty());
        }
    }
}
