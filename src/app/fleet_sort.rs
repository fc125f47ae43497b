//! The order of the fleet table's rows.

use std::cmp::Ordering;
use std::str::FromStr;

use super::columns::Column;
use crate::domain::health::Health;
use crate::domain::snapshot::{HttpHealth, InstanceView};

/// What the rows are put in order by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SortBy {
    /// The worst health first, then by name.
    #[default]
    Problems,
    /// What stands in a column.
    Column(Column),
}

/// The order of the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// The other way round. Instances without a figure stand last either way.
    pub reversed: bool,
}

impl Sort {
    /// Its words in the table's border.
    pub fn title(self) -> String {
        match (self.by, self.reversed) {
            (SortBy::Problems, false) => "problems first".to_owned(),
            (SortBy::Problems, true) => "problems last".to_owned(),
            (SortBy::Column(column), reversed) => {
                let way = match (falls(column), reversed) {
                    (true, false) | (false, true) => "↓",
                    (true, true) | (false, false) => "↑",
                };
                format!("{} {way}", column.title())
            }
        }
    }

    /// By the column after this one among those that are shown; after the last, problems first.
    #[must_use]
    pub fn next(self, columns: &[Column]) -> Self {
        self.moved(columns, 1)
    }

    /// By the column before this one.
    #[must_use]
    pub fn before(self, columns: &[Column]) -> Self {
        self.moved(columns, -1)
    }

    fn moved(self, columns: &[Column], by: isize) -> Self {
        let mut all = vec![SortBy::Problems];
        all.extend(columns.iter().filter(|c| c.sorts()).map(|c| SortBy::Column(*c)));
        let n = isize::try_from(all.len()).unwrap_or(1);
        let at = all.iter().position(|known| *known == self.by).unwrap_or(0);
        let to = (isize::try_from(at).unwrap_or(0) + by).rem_euclid(n);
        let by = usize::try_from(to).ok().and_then(|to| all.get(to)).copied().unwrap_or_default();
        Self { by, reversed: false }
    }

    /// The order of two instances.
    pub fn compare(self, a: &InstanceView, b: &InstanceView) -> Ordering {
        let by_name = a.id.cmp(&b.id);
        let turned = |order: Ordering| if self.reversed { order.reverse() } else { order };
        let order = match self.by {
            SortBy::Problems | SortBy::Column(Column::Health) => {
                turned(urgency(a).cmp(&urgency(b)))
            }
            SortBy::Column(column) => match (value(column, a), value(column, b)) {
                (Value::None, Value::None) => Ordering::Equal,
                (Value::None, _) => Ordering::Greater,
                (_, Value::None) => Ordering::Less,
                (Value::Text(a), Value::Text(b)) => turned(natural(&a, &b)),
                (Value::Number(a), Value::Number(b)) => turned(b.total_cmp(&a)),
                (Value::Text(_), Value::Number(_)) | (Value::Number(_), Value::Text(_)) => {
                    Ordering::Equal
                }
            },
        };
        order.then(by_name)
    }
}

impl std::fmt::Display for Sort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = match self.by {
            SortBy::Problems => "problems",
            SortBy::Column(column) => column.key(),
        };
        write!(f, "{}{key}", if self.reversed { "-" } else { "" })
    }
}

/// The text names no order of rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no order of rows: problems or a column, with - before it the other way round")]
pub struct UnknownSort(pub String);

impl FromStr for Sort {
    type Err = UnknownSort;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (reversed, key) = match text.strip_prefix('-') {
            Some(key) => (true, key),
            None => (false, text),
        };
        let by = match Column::named(key) {
            _ if key == "problems" => SortBy::Problems,
            Some(column) if column.sorts() => SortBy::Column(column),
            _ => return Err(UnknownSort(text.to_owned())),
        };
        Ok(Self { by, reversed })
    }
}

enum Value {
    None,
    Text(String),
    Number(f64),
}

/// Whether the largest stands first.
fn falls(column: Column) -> bool {
    matches!(column, Column::Tier | Column::Latency | Column::Figure(_))
}

fn value(column: Column, i: &InstanceView) -> Value {
    let number = |n: Option<f64>| n.map_or(Value::None, Value::Number);
    match column {
        Column::Instance => Value::Text(i.id.to_string()),
        Column::Domain => Value::Text(i.domain.to_string()),
        Column::Groups => {
            Value::Text(i.groups.first().map(ToString::to_string).unwrap_or_default())
        }
        Column::Tier => Value::Number(f64::from(u8::from(i.tier))),
        Column::Release => match &i.release {
            None => Value::None,
            Some(r) => Value::Text(match &r.reference {
                Some(reference) => reference.to_string(),
                None => r.sha.short().to_owned(),
            }),
        },
        Column::Latency => match &i.http {
            HttpHealth::Up { latency_s, .. } => Value::Number(*latency_s),
            HttpHealth::NotYet | HttpHealth::Failed { .. } => Value::None,
        },
        Column::Figure(signal) => {
            number(i.signals.get(&signal).and_then(|f| f.reading).map(|r| r.value))
        }
        Column::Health | Column::Hour => Value::None,
        Column::Reason => match i.verdict.reasons.first() {
            Some(reason) => Value::Text(reason.subject.to_string()),
            None => Value::None,
        },
    }
}

/// Texts in the order that people expect: `v2.9` before `v2.10`.
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    let pieces = |text: &str| {
        let mut pieces: Vec<(u64, String)> = vec![(0, String::new())];
        let mut in_number = false;
        for c in text.chars() {
            let digit = c.to_digit(10);
            if digit.is_some() != in_number && digit.is_some() {
                pieces.push((0, String::new()));
            }
            in_number = digit.is_some();
            let Some(last) = pieces.last_mut() else { continue };
            match digit {
                Some(d) if last.1.is_empty() => {
                    last.0 = last.0.saturating_mul(10).saturating_add(u64::from(d));
                }
                _ => last.1.extend(c.to_lowercase()),
            }
        }
        pieces
    };
    pieces(a).cmp(&pieces(b))
}

/// Problems first; an instance that was not asked yet is no problem.
fn urgency(instance: &InstanceView) -> (Health, bool) {
    (instance.verdict.health, matches!(instance.http, HttpHealth::NotYet))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::signal::Signal;

    #[test]
    fn an_order_reads_back_and_goes_round_the_columns() {
        for text in ["problems", "-problems", "release", "-p95_seconds", "groups"] {
            assert_eq!(text.parse::<Sort>().unwrap().to_string(), text);
        }
        assert!("hour".parse::<Sort>().is_err() && "".parse::<Sort>().is_err());
        let columns = [Column::Instance, Column::Hour, Column::Figure(Signal::DiskRatio)];
        let mut sort = Sort::default();
        let mut seen = Vec::new();
        for _ in 0..3 {
            sort = sort.next(&columns);
            seen.push(sort.to_string());
        }
        assert_eq!(seen, ["instance", "disk_ratio", "problems"]);
        assert_eq!(Sort::default().before(&columns).to_string(), "disk_ratio");
    }

    #[test]
    fn numbers_within_texts_are_numbers() {
        assert_eq!(natural("v2.9.0", "v2.10.0"), Ordering::Less);
        assert_eq!(natural("host-9", "host-10"), Ordering::Less);
        assert_eq!(natural("abc", "abc"), Ordering::Equal);
        assert_eq!(natural("a", "b"), Ordering::Less);
    }
}
