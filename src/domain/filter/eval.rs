//! Whether an instance goes through a filter.

use std::cmp::Ordering;

use jiff::Timestamp;

use super::amount::Amount;
use super::field::Field;
use super::{Ask, Filter, Op, Term};
use crate::domain::signal::Signal;
use crate::domain::snapshot::{HttpHealth, InstanceView};

impl Filter {
    /// Whether this instance goes through at this time. What is not known lets nothing through.
    pub fn lets(&self, instance: &InstanceView, now: Timestamp) -> bool {
        self.terms.iter().all(|term| holds(term, instance, now) == Some(true))
    }
}

fn holds(term: &Term, i: &InstanceView, now: Timestamp) -> Option<bool> {
    let plain = match &term.ask {
        Ask::Word(word) => Some(texts(i).any(|text| text.to_lowercase().contains(word))),
        Ask::Pattern(pattern) => Some(texts(i).any(|text| pattern.is_match(text))),
        Ask::Amount(field, op, Amount(wanted)) => {
            number(*field, i, now).map(|has| fits(*op, has.total_cmp(wanted)))
        }
        Ask::Text(field, op, wanted) => {
            let mut all = values(*field, i).peekable();
            all.peek()?;
            let same = all.any(|text| like(&text.to_lowercase(), wanted));
            Some(same == (*op == Op::Equal))
        }
        Ask::Fits(field, pattern) => {
            let mut all = values(*field, i).peekable();
            all.peek()?;
            Some(all.any(|text| pattern.is_match(text)))
        }
        Ask::Version(op, wanted) => version(*op, release(i)?, wanted),
        Ask::Missing(field) => Some(match field {
            Field::Http | Field::Figure(_) => number(*field, i, now).is_none(),
            Field::Tier => false,
            Field::Instance
            | Field::Domain
            | Field::Group
            | Field::Version
            | Field::Commit
            | Field::Health
            | Field::Reason => values(*field, i).next().is_none(),
        }),
    };
    plain.map(|holds| holds != term.not)
}

pub(super) fn fits(op: Op, order: Ordering) -> bool {
    match op {
        Op::Equal => order.is_eq(),
        Op::Unequal => order.is_ne(),
        Op::Less => order.is_lt(),
        Op::AtMost => order.is_le(),
        Op::More => order.is_gt(),
        Op::AtLeast => order.is_ge(),
    }
}

/// What a word is looked for in.
fn texts(i: &InstanceView) -> impl Iterator<Item = &str> {
    [i.id.as_str(), i.domain.as_str(), i.verdict.health.word()]
        .into_iter()
        .chain(release(i))
        .chain(i.groups.iter().map(crate::domain::ids::GroupName::as_str))
}

/// The release by its name, else by its commit.
fn release(i: &InstanceView) -> Option<&str> {
    i.release.as_ref().map(|r| match &r.reference {
        Some(reference) => reference.as_str(),
        None => r.sha.short(),
    })
}

fn values(field: Field, i: &InstanceView) -> impl Iterator<Item = &str> {
    let (one, many): (Option<&str>, Vec<&str>) = match field {
        Field::Instance => (Some(i.id.as_str()), Vec::new()),
        Field::Domain => (Some(i.domain.as_str()), Vec::new()),
        Field::Health => (Some(i.verdict.health.word()), Vec::new()),
        Field::Version => (release(i), Vec::new()),
        Field::Commit => (i.release.as_ref().map(|r| r.sha.as_str()), Vec::new()),
        Field::Group => {
            (None, i.groups.iter().map(crate::domain::ids::GroupName::as_str).collect())
        }
        Field::Reason => {
            let reasons = i.verdict.reasons.iter();
            (None, reasons.flat_map(|r| [r.subject.as_str(), r.text.as_str()]).collect())
        }
        Field::Tier | Field::Http | Field::Figure(_) => (None, Vec::new()),
    };
    one.into_iter().chain(many)
}

fn number(field: Field, i: &InstanceView, now: Timestamp) -> Option<f64> {
    match field {
        Field::Tier => Some(f64::from(u8::from(i.tier))),
        Field::Http => match &i.http {
            HttpHealth::Up { latency_s, .. } => Some(*latency_s),
            HttpHealth::NotYet | HttpHealth::Failed { .. } => None,
        },
        Field::Figure(signal) => {
            let reading = i.signals.get(&signal)?.reading?;
            // An age grows by itself between two looks.
            let since = if signal == Signal::BackupAge {
                now.duration_since(reading.at).as_secs_f64().max(0.0)
            } else {
                0.0
            };
            Some(reading.value + since)
        }
        Field::Instance
        | Field::Domain
        | Field::Group
        | Field::Version
        | Field::Commit
        | Field::Health
        | Field::Reason => None,
    }
}

/// The same text, where `*` in the wanted one stands for anything.
pub(super) fn like(text: &str, wanted: &str) -> bool {
    let mut parts = wanted.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        if let Some(before) = last.replace(part) {
            match rest.split_once(before) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
    }
    match last {
        None => rest.is_empty(),
        Some(last) => rest.ends_with(last),
    }
}

/// Releases are compared number by number; `v2.4` is the same as every `v2.4.N`.
fn version(op: Op, has: &str, wanted: &str) -> Option<bool> {
    let has = has.to_lowercase();
    let (a, b) = (numbers(&has), numbers(wanted));
    let (Some(a), Some(b)) = (a, b) else {
        // A branch or a commit: it is this one or it is not; it is neither newer nor older.
        return match op {
            Op::Equal => Some(like(&has, wanted)),
            Op::Unequal => Some(!like(&has, wanted)),
            Op::Less | Op::AtMost | Op::More | Op::AtLeast => None,
        };
    };
    let known = a.get(..b.len()).unwrap_or(&a);
    Some(fits(op, known.cmp(b.as_slice())))
}

/// The numbers of `v2.4.1`; `None` of anything else, also of what comes before a release (`v2.5.0-rc`).
fn numbers(text: &str) -> Option<Vec<u64>> {
    text.strip_prefix('v').unwrap_or(text).split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_compared_number_by_number() {
        for (op, has, wanted, holds) in [
            (Op::Equal, "v2.4.1", "v2.4", Some(true)),
            (Op::Unequal, "v2.4.1", "v2.4", Some(false)),
            (Op::Unequal, "v2.40.1", "v2.4", Some(true)),
            (Op::Less, "v2.9.0", "v2.10", Some(true)),
            (Op::More, "v2.4.1", "v2.4", Some(false)),
            (Op::AtLeast, "v2.5.0", "v2.4.9", Some(true)),
            (Op::Less, "main", "v2.10", None),
            (Op::Unequal, "main", "v2.10", Some(true)),
            (Op::Equal, "v2.5.0-rc", "v2.5.0", Some(false)),
            (Op::Equal, "v2.5.0-rc", "v2.5*", Some(true)),
        ] {
            assert_eq!(version(op, has, wanted), holds, "{has} {op:?} {wanted}");
        }
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (text, wanted, same) in [
            ("canary", "canary", true),
            ("canary", "can", false),
            ("canary", "can*", true),
            ("canary", "*ary", true),
            ("canary", "c*n*y", true),
            ("canary", "c*x*y", false),
            ("canary", "*", true),
            ("ab", "ab*b", false),
        ] {
            assert_eq!(like(text, wanted), same, "{text} {wanted}");
        }
    }
}
