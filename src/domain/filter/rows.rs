//! The filter of the rows of any other list than that of instances: words, `/patterns/`, `!not`, and comparisons of what
//! the rows of that list have.
//!
//! **Invariant:** as with instances, what a row does not have neither holds nor fails; only `name=none` shows it.

use regex::Regex;

use super::amount::{self, Amount, example};
use super::eval::{fits, like};
use super::parse::{self, FilterError, Sign, Word};
use super::{Op, parse::compiled};
use crate::domain::signal::Unit;

/// What can be asked of the rows of a list by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its unit; `None` where it is a text.
    pub unit: Option<Unit>,
}

/// What a row has under a name.
#[derive(Debug, Clone, PartialEq)]
pub enum Has {
    /// A text.
    Text(String),
    /// A figure in the unit of its column.
    Figure(f64),
}

/// What the rows of a list can be asked.
pub type Columns = &'static [Column];

/// A row as a filter sees it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// What a word is looked for in.
    words: String,
    /// What it has; a name can stand several times.
    has: Vec<(&'static str, Has)>,
    /// The place of a text in an order of its own, such as that of states from the worst on.
    ranks: Vec<(&'static str, u8)>,
    /// Whether it is one that somebody should look at.
    problem: bool,
}

/// What a row is put in order by.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Its place in an order of its own; the lowest stands first.
    Rank(u8),
    /// A text.
    Text(String),
    /// A figure; the greatest stands first.
    Figure(f64),
}

impl Row {
    /// A row with these words.
    pub fn of(words: impl Into<String>) -> Self {
        Self { words: words.into(), ..Self::default() }
    }

    /// The same with a text.
    #[must_use]
    pub fn text(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.has.push((name, Has::Text(text.into())));
        self
    }

    /// The same with a figure, where it is known.
    #[must_use]
    pub fn figure(mut self, name: &'static str, figure: Option<f64>) -> Self {
        self.has.extend(figure.map(|figure| (name, Has::Figure(figure))));
        self
    }

    /// The same with the place of a text in an order of its own.
    #[must_use]
    pub fn rank(mut self, name: &'static str, rank: u8) -> Self {
        self.ranks.push((name, rank));
        self
    }

    /// The same as a row that somebody should look at, or not.
    #[must_use]
    pub fn problem(self, problem: bool) -> Self {
        Self { problem, ..self }
    }

    /// Whether it is one that somebody should look at.
    pub fn is_problem(&self) -> bool {
        self.problem
    }

    /// What it is put in order by under this name; of several texts the first.
    pub fn value(&self, name: &str) -> Option<Value> {
        if let Some((_, rank)) = self.ranks.iter().find(|(known, _)| *known == name) {
            return Some(Value::Rank(*rank));
        }
        self.has.iter().find(|(known, _)| *known == name).map(|(_, has)| match has {
            Has::Text(text) => Value::Text(text.clone()),
            Has::Figure(figure) => Value::Figure(*figure),
        })
    }

    fn texts(&self, name: &'static str) -> impl Iterator<Item = &str> {
        self.has.iter().filter(move |(known, _)| *known == name).filter_map(|(_, has)| match has {
            Has::Text(text) => Some(text.as_str()),
            Has::Figure(_) => None,
        })
    }

    fn number(&self, name: &'static str) -> Option<f64> {
        self.has.iter().find(|(known, _)| *known == name).and_then(|(_, has)| match has {
            Has::Figure(figure) => Some(*figure),
            Has::Text(_) => None,
        })
    }
}

#[derive(Debug, Clone)]
enum Ask {
    Word(String),
    Pattern(Regex),
    Amount(&'static str, Op, Amount),
    Text(&'static str, Op, String),
    Fits(&'static str, Regex),
    Missing(&'static str),
}

/// A filter of rows that can be used. The empty one lets everything through.
#[derive(Debug, Clone, Default)]
pub struct RowFilter {
    terms: Vec<(bool, Ask)>,
    text: String,
}

impl PartialEq for RowFilter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl RowFilter {
    /// Reads a filter of rows that have these columns.
    pub fn parse(text: &str, columns: Columns) -> Result<Self, FilterError> {
        let words = parse::checked(text)?;
        let terms = words.into_iter().map(|(not, word)| term(word, columns).map(|ask| (not, ask)));
        Ok(Self { terms: terms.collect::<Result<_, _>>()?, text: text.trim().to_owned() })
    }

    /// The same while it is typed: where its last term cannot be used, those before it count. `None` where that cannot be
    /// told either.
    pub fn so_far(text: &str, columns: Columns) -> Option<Self> {
        let before = text.trim_end().rsplit_once(char::is_whitespace).map_or("", |(all, _)| all);
        Self::parse(text, columns).or_else(|_| Self::parse(before, columns)).ok()
    }

    /// Whether everything goes through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether this row goes through.
    pub fn lets(&self, row: &Row) -> bool {
        let words = row.words.to_lowercase();
        self.terms.iter().all(|(not, ask)| holds(ask, row, &words).is_some_and(|h| h != *not))
    }
}

fn holds(ask: &Ask, row: &Row, words: &str) -> Option<bool> {
    let any = |name, one: &dyn Fn(&str) -> bool| {
        let mut all = row.texts(name).peekable();
        all.peek()?;
        Some(all.any(one))
    };
    match ask {
        Ask::Word(word) => Some(words.contains(word)),
        Ask::Pattern(pattern) => Some(pattern.is_match(&row.words)),
        Ask::Amount(name, op, Amount(wanted)) => {
            row.number(name).map(|has| fits(*op, has.total_cmp(wanted)))
        }
        Ask::Text(name, op, wanted) => {
            let same = any(name, &|text| like(&text.to_lowercase(), wanted))?;
            Some(same == (*op == Op::Equal))
        }
        Ask::Fits(name, pattern) => any(name, &|text| pattern.is_match(text)),
        Ask::Missing(name) => Some(!row.has.iter().any(|(known, _)| known == name)),
    }
}

fn term(word: Word, columns: Columns) -> Result<Ask, FilterError> {
    match word {
        Word::Pattern(pattern) => Ok(Ask::Pattern(compiled(&pattern)?)),
        Word::Quoted(text) => Ok(Ask::Word(text.to_lowercase())),
        Word::Plain(text) => match parse::split(&text) {
            // Rows without figures are texts that may hold such a sign themselves.
            Some((name, sign, value)) if !columns.is_empty() => {
                comparison(name, sign, value, columns)
            }
            _ => Ok(Ask::Word(text.to_lowercase())),
        },
    }
}

fn comparison(name: &str, sign: Sign, value: &str, columns: Columns) -> Result<Ask, FilterError> {
    let Some(column) = columns.iter().find(|known| known.name.eq_ignore_ascii_case(name)) else {
        let names: Vec<&str> = columns.iter().map(|known| known.name).collect();
        let there = names.join(", ");
        return Err(FilterError(format!("{name:?} is nothing that can be compared here: {there}")));
    };
    let (op, sign) = match (sign, column.unit) {
        (Sign::Fits, None) if !value.is_empty() => {
            return Ok(Ask::Fits(column.name, compiled(value)?));
        }
        (Sign::Fits, None) => return Err(FilterError(format!("{name}~ needs a pattern"))),
        (Sign::Fits, Some(_)) => {
            let text = format!("{name} is a number: compare it with =, < or >");
            return Err(FilterError(text));
        }
        (Sign::Op(op, sign), _) => (op, sign),
    };
    let same = matches!(op, Op::Equal | Op::Unequal);
    let wrong = |needs: &str| Err(FilterError(format!("{name}{sign} needs {needs}")));
    match column.unit {
        _ if value.eq_ignore_ascii_case("none") && op == Op::Equal => Ok(Ask::Missing(column.name)),
        Some(unit) => match amount::read(value, unit) {
            Some(amount) => Ok(Ask::Amount(column.name, op, amount)),
            None => wrong(example(unit)),
        },
        None if value.is_empty() => wrong("a value, or none"),
        None if !same => wrong("= or !=, since it is no number"),
        None => Ok(Ask::Text(column.name, op, value.to_lowercase())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: Columns =
        &[Column { name: "age", unit: Some(Unit::Seconds) }, Column { name: "state", unit: None }];

    fn lets(text: &str, row: &Row) -> bool {
        RowFilter::parse(text, COLUMNS).unwrap().lets(row)
    }

    #[test]
    fn rows_go_through_by_words_patterns_and_what_they_have() {
        let row =
            Row::of("red-deer Too Old").text("state", "failed").figure("age", Some(100_000.0));
        for text in [
            "",
            "RED",
            "red old",
            "/^red/",
            "!olds",
            "!/^deer/",
            "\"too old\"",
            "age>26h",
            "age<=2d",
            "state=failed",
            "state=fail*",
            "state!=ok",
            "state~^f",
            "!state=ok",
            "red !state=ok age>1h",
        ] {
            assert!(lets(text, &row), "{text}");
        }
        for text in
            ["blue", "/^deer/", "!red", "age<26h", "state=fail", "!state=failed", "age=none"]
        {
            assert!(!lets(text, &row), "{text}");
        }
        let bare = Row::of("x");
        assert!(lets("age=none state=none", &bare));
        assert!(!lets("age>1s", &bare) && !lets("!age>1s", &bare), "what is not known");
    }

    #[test]
    fn what_is_wrong_is_said_and_what_stands_before_counts() {
        let told = |text| RowFilter::parse(text, COLUMNS).map_err(|e| e.to_string()).unwrap_err();
        assert_eq!(told("agr>1h"), "\"agr\" is nothing that can be compared here: age, state");
        assert_eq!(told("age>1"), "age> needs 800ms, 1.5s, 20m, 26h or 3d");
        assert_eq!(told("state>a"), "state> needs = or !=, since it is no number");
        assert_eq!(told("/("), "/ has no other /");
        let row = Row::of("red");
        assert!(RowFilter::so_far("red age>", COLUMNS).unwrap().lets(&row));
        assert!(!RowFilter::so_far("blue age>", COLUMNS).unwrap().lets(&row));
        // Texts of their own may hold such a sign.
        assert!(RowFilter::parse("A=b", &[]).unwrap().lets(&Row::of("a=b")));
    }
}
