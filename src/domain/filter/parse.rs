//! From a typed line to a filter, or to a sentence that says what is wrong with it.

use std::str::FromStr;

use regex::RegexBuilder;

use super::amount::{self, example};
use super::field::{Field, Kind};
use super::{Ask, Filter, Op, Term};
use crate::domain::health::Health;
use crate::domain::suggest::nearest;

/// The longest filter that is read.
const MAX_CHARS: usize = 400;
/// Memory that a compiled pattern may take.
const MAX_PATTERN: usize = 200_000;

/// Why a filter cannot be used: one sentence, lower case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FilterError(pub String);

/// Signs of comparison, the longer ones first.
const OPS: [(&str, Op); 7] = [
    ("!=", Op::Unequal),
    (">=", Op::AtLeast),
    ("<=", Op::AtMost),
    ("==", Op::Equal),
    ("=", Op::Equal),
    (">", Op::More),
    ("<", Op::Less),
];

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let terms = checked(text)?.into_iter().map(term).collect::<Result<_, _>>()?;
        Ok(Self { terms, text: text.trim().to_owned() })
    }
}

/// The pieces of a line that is not too long.
pub(super) fn checked(text: &str) -> Result<Vec<Piece>, FilterError> {
    if text.chars().count() > MAX_CHARS {
        return Err(FilterError(format!("longer than {MAX_CHARS} characters")));
    }
    words(text)
}

/// A piece of the line: what to read and whether it stood in quotes or slashes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Word {
    Plain(String),
    Quoted(String),
    Pattern(String),
}

/// A piece with its `!`.
pub(super) type Piece = (bool, Word);

fn words(text: &str) -> Result<Vec<Piece>, FilterError> {
    let mut pieces = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (not, body) = match rest.strip_prefix('!') {
            Some(body) => (true, body),
            None => (false, rest),
        };
        let (word, left) = match body.chars().next() {
            Some('/') => {
                let (inside, left) = until(body, '/')?;
                (Word::Pattern(inside), left)
            }
            Some('"') => {
                let (inside, left) = until(body, '"')?;
                (Word::Quoted(inside), left)
            }
            _ => plain(body)?,
        };
        if not && matches!(&word, Word::Plain(word) if word.is_empty()) {
            return Err(FilterError("! needs what it is to leave out, for example !canary".into()));
        }
        pieces.push((not, word));
        rest = left.trim_start();
    }
    Ok(pieces)
}

/// What stands between two signs, and what comes after. A backslash keeps the sign.
fn until(text: &str, sign: char) -> Result<(String, &str), FilterError> {
    let (mut inside, mut escaped) = (String::new(), false);
    for (at, c) in text.char_indices().skip(1) {
        match (escaped, c) {
            (true, c) if c == sign => inside.push(c),
            (true, c) => inside.extend(['\\', c]),
            (false, '\\') => {}
            (false, c) if c == sign => {
                return Ok((inside, text.get(at + c.len_utf8()..).unwrap_or_default()));
            }
            (false, c) => inside.push(c),
        }
        escaped = !escaped && c == '\\';
    }
    Err(FilterError(format!("{sign} has no other {sign}")))
}

/// A word up to the next blank; quotes within it, as in `reason="no answer"`, keep blanks.
fn plain(text: &str) -> Result<(Word, &str), FilterError> {
    let mut word = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c.is_whitespace() {
            break;
        }
        if c == '"' {
            let (inside, left) = until(rest, '"')?;
            word.push_str(&inside);
            rest = left;
        } else {
            word.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    Ok((Word::Plain(word), rest))
}

fn term((not, word): Piece) -> Result<Term, FilterError> {
    let ask = match word {
        Word::Pattern(pattern) => Ask::Pattern(compiled(&pattern)?),
        Word::Quoted(text) => Ask::Word(text.to_lowercase()),
        Word::Plain(text) => match split(&text) {
            Some((name, sign, value)) => comparison(name, sign, value)?,
            None => Ask::Word(text.to_lowercase()),
        },
    };
    Ok(Term { not, ask })
}

pub(super) fn compiled(pattern: &str) -> Result<regex::Regex, FilterError> {
    RegexBuilder::new(pattern).case_insensitive(true).size_limit(MAX_PATTERN).build().map_err(
        |error| {
            let told = error.to_string();
            let last = told.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
            FilterError(format!("/{pattern}/ {}", last.trim().trim_start_matches("error: ")))
        },
    )
}

/// `name OP value`. A word without a sign of comparison is none.
pub(super) fn split(text: &str) -> Option<(&str, Sign, &str)> {
    let at = text.find(['=', '<', '>', '!', '~'])?;
    let (name, tail) = text.split_at_checked(at)?;
    if let Some(value) = tail.strip_prefix('~') {
        return Some((name, Sign::Fits, value));
    }
    let (sign, op) = OPS.iter().find(|(sign, _)| tail.starts_with(sign))?;
    Some((name, Sign::Op(*op, sign), tail.get(sign.len()..)?))
}

#[derive(Clone, Copy)]
pub(super) enum Sign {
    Op(Op, &'static str),
    Fits,
}

fn comparison(name: &str, sign: Sign, value: &str) -> Result<Ask, FilterError> {
    let Some(field) = Field::named(name) else {
        let near = nearest(name, Field::names());
        let more = near.map_or_else(
            || {
                "there are p95, backup, disk, queue, version, group, tier, health and more"
                    .to_owned()
            },
            |near| format!("did you mean {near}?"),
        );
        return Err(FilterError(format!("{name:?} is nothing that can be compared: {more}")));
    };
    let (op, sign) = match sign {
        Sign::Fits => {
            return match field.kind() {
                Kind::Text | Kind::Version | Kind::Health if !value.is_empty() => {
                    Ok(Ask::Fits(field, compiled(value)?))
                }
                Kind::Text | Kind::Version | Kind::Health => {
                    Err(FilterError(format!("{name}~ needs a pattern")))
                }
                Kind::Tier | Kind::Number(_) => {
                    Err(FilterError(format!("{name} is a number: compare it with =, < or >")))
                }
            };
        }
        Sign::Op(op, sign) => (op, sign),
    };
    let same = matches!(op, Op::Equal | Op::Unequal);
    if value.eq_ignore_ascii_case("none") && same {
        return Ok(Ask::Missing(field)).map(|ask| negated(ask, op));
    }
    let wrong = |needs: &str| Err(FilterError(format!("{name}{sign} needs {needs}")));
    match field.kind() {
        Kind::Number(unit) => match amount::read(value, unit) {
            Some(amount) => Ok(Ask::Amount(field, op, amount)),
            None => wrong(example(unit)),
        },
        Kind::Tier => match value {
            "1" => Ok(Ask::Amount(field, op, amount::Amount(1.0))),
            "2" => Ok(Ask::Amount(field, op, amount::Amount(2.0))),
            _ => wrong("1 or 2"),
        },
        _ if value.is_empty() => wrong("a value, or none"),
        Kind::Version => Ok(Ask::Version(op, value.to_lowercase())),
        _ if !same => wrong("= or !=, since it is no number"),
        Kind::Health => {
            let words: Vec<&str> = HEALTHS.iter().map(|health| health.word()).collect();
            match words.iter().find(|word| word.eq_ignore_ascii_case(value)) {
                Some(word) => Ok(Ask::Text(field, op, (*word).to_owned())),
                None => wrong(&format!("one of {}", words.join(", "))),
            }
        }
        Kind::Text => Ok(Ask::Text(field, op, value.to_lowercase())),
    }
}

const HEALTHS: [Health; 4] = [Health::Healthy, Health::Degraded, Health::Down, Health::Unknown];

/// `x!=none`: there is some. A text that holds anything fits everything.
fn negated(ask: Ask, op: Op) -> Ask {
    match (ask, op) {
        (Ask::Missing(field), Op::Unequal) => match field.kind() {
            Kind::Number(_) | Kind::Tier => {
                Ask::Amount(field, Op::AtLeast, amount::Amount(f64::MIN))
            }
            Kind::Text | Kind::Version | Kind::Health => {
                Ask::Text(field, Op::Equal, "*".to_owned())
            }
        },
        (ask, _) => ask,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        match text.parse::<Filter>() {
            Ok(filter) => format!("taken: {filter:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_a_sentence() {
        for (text, want) in [
            ("p95>", "p95> needs 800ms, 1.5s, 20m, 26h or 3d"),
            ("p95>800", "p95> needs 800ms, 1.5s, 20m, 26h or 3d"),
            ("disk>80", "disk> needs 80%"),
            ("tier=3", "tier= needs 1 or 2"),
            ("health=sick", "health= needs one of healthy, degraded, down, unknown"),
            ("domain>a", "domain> needs = or !=, since it is no number"),
            ("bakup>26h", "\"bakup\" is nothing that can be compared: did you mean backup?"),
            ("version=", "version= needs a value, or none"),
            ("disk~x", "disk is a number: compare it with =, < or >"),
            ("/abc", "/ has no other /"),
            ("\"no", "\" has no other \""),
            ("a !", "! needs what it is to leave out, for example !canary"),
            ("/(/", "/(/ unclosed group"),
        ] {
            assert_eq!(refused(text), want, "{text}");
        }
        assert!(refused(&"x".repeat(500)).contains("longer than"));
        assert!(
            refused("/(a{1000}){1000}/").contains("size limit"),
            "{}",
            refused("/(a{1000}){1000}/")
        );
    }

    #[test]
    fn blanks_are_kept_in_quotes_and_slashes() {
        let pieces = words("  !\"a b\" /c d/ e\\f reason=\"no answer\"x ").unwrap();
        assert_eq!(
            pieces,
            [
                (true, Word::Quoted("a b".into())),
                (false, Word::Pattern("c d".into())),
                (false, Word::Plain("e\\f".into())),
                (false, Word::Plain("reason=no answerx".into())),
            ]
        );
        assert_eq!(words("/a\\/b\\d/").unwrap(), [(false, Word::Pattern("a/b\\d".into()))]);
        assert!("".parse::<Filter>().unwrap().is_empty());
    }
}
