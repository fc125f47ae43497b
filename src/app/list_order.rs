//! In which order the rows of a list stand, and whether only those are shown that somebody should look at: the same for
//! every list but that of instances, by what `list_filter` says that its rows have.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::action::Place;
use super::fleet_page::Listed;
use super::fleet_sort::{UnknownSort, natural};
use super::list_filter::{columns, sorts};
use crate::domain::filter::{Row, Value};

/// The order of the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ListSort {
    /// The column; `None` is the list's own order.
    pub by: Option<&'static str>,
    /// The other way round. Rows without a value stand last either way.
    pub reversed: bool,
}

/// How the rows of a list are shown, beside its filter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ListOrder {
    /// The order.
    pub sort: ListSort,
    /// Whether all are shown.
    pub listed: Listed,
}

/// The orders that were chosen, by list.
pub type Orders = BTreeMap<Place, ListSort>;

impl ListSort {
    /// Reads an order of a list: a column of it, with `-` before it the other way round; `-` alone turns its own order.
    pub fn parse(text: &str, place: Place) -> Result<Self, UnknownSort> {
        let (reversed, name) = match text.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, text),
        };
        let by = sorts(place).iter().copied().find(|known| *known == name);
        match by {
            None if !name.is_empty() || !reversed => Err(UnknownSort(text.to_owned())),
            by => Ok(Self { by, reversed }),
        }
    }

    /// Its words in the border of the list at this place; nothing for the list's own order.
    pub fn title(self, place: Place) -> Option<String> {
        let Some(by) = self.by else { return self.reversed.then(|| "turned round".to_owned()) };
        let falls = columns(place).iter().any(|c| c.name == by && c.unit.is_some());
        let way = if falls == self.reversed { "↑" } else { "↓" };
        Some(format!("{by} {way}"))
    }

    /// By the column so many after this one among those of the place; after the last, the list's own order.
    #[must_use]
    pub fn moved(self, place: Place, by: isize) -> Self {
        let all: Vec<Option<&'static str>> =
            std::iter::once(None).chain(sorts(place).iter().copied().map(Some)).collect();
        let at = all.iter().position(|known| *known == self.by).unwrap_or(0);
        let n = isize::try_from(all.len()).unwrap_or(1);
        let to = (isize::try_from(at).unwrap_or(0) + by).rem_euclid(n);
        let by = usize::try_from(to).ok().and_then(|to| all.get(to)).copied().flatten();
        Self { by, reversed: false }
    }

    fn compare(self, a: Option<&Value>, b: Option<&Value>) -> Ordering {
        let turned = |order: Ordering| if self.reversed { order.reverse() } else { order };
        match (a, b) {
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(Value::Rank(a)), Some(Value::Rank(b))) => turned(a.cmp(b)),
            (Some(Value::Text(a)), Some(Value::Text(b))) => turned(natural(a, b)),
            (Some(Value::Figure(a)), Some(Value::Figure(b))) => turned(b.total_cmp(a)),
            // A column has one kind of values.
            (None, None) | (Some(_), Some(_)) => Ordering::Equal,
        }
    }
}

impl std::fmt::Display for ListSort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.reversed { "-" } else { "" };
        write!(f, "{sign}{}", self.by.unwrap_or_default())
    }
}

impl ListOrder {
    /// The rows that are shown, in this order; they come in the list's own, which stays among those that are alike. What
    /// a row has is asked only where something was chosen.
    pub fn arrange<T>(&self, mut rows: Vec<T>, row: impl Fn(&T) -> Row) -> Vec<T> {
        if self.listed == Listed::Problems {
            rows.retain(|one| row(one).is_problem());
        }
        let Some(name) = self.sort.by else {
            if self.sort.reversed {
                rows.reverse();
            }
            return rows;
        };
        let valued = rows.into_iter().map(|one| (row(&one).value(name), one));
        let mut valued: Vec<(Option<Value>, T)> = valued.collect();
        valued.sort_by(|(a, _), (b, _)| self.sort.compare(a.as_ref(), b.as_ref()));
        valued.into_iter().map(|(_, one)| one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let row = |name: &str, age, grade| {
            Row::of(name).text("instance", name).figure("age", age).rank("state", grade)
        };
        vec![
            row("host-10", Some(5.0), 1).text("state", "old"),
            row("host-9", None, 0).text("state", "worst").problem(true),
            row("host-2", Some(7.0), 1).text("state", "old").problem(true),
        ]
    }

    fn arranged(text: &str, listed: Listed) -> Vec<String> {
        let sort = ListSort::parse(text, Place::Backups).unwrap();
        let rows = ListOrder { sort, listed }.arrange(rows(), Row::clone);
        let name = |row: &Row| match row.value("instance") {
            Some(Value::Text(name)) => name,
            other => panic!("{other:?}"),
        };
        rows.iter().map(name).collect()
    }

    #[test]
    fn rows_stand_by_text_figure_or_rank_and_those_without_a_value_are_last() {
        for (sort, wanted) in [
            ("instance", ["host-2", "host-9", "host-10"]),
            ("-instance", ["host-10", "host-9", "host-2"]),
            ("age", ["host-2", "host-10", "host-9"]),
            ("-age", ["host-10", "host-2", "host-9"]),
            ("state", ["host-9", "host-10", "host-2"]),
            ("-state", ["host-10", "host-2", "host-9"]),
            ("-", ["host-2", "host-9", "host-10"]),
        ] {
            assert_eq!(arranged(sort, Listed::All), wanted, "{sort}");
        }
        assert_eq!(arranged("-age", Listed::Problems), ["host-2", "host-9"]);
    }

    #[test]
    fn an_order_reads_back_and_goes_round_the_columns_of_every_list() {
        for place in Place::ALL {
            let names: Vec<&str> = columns(place).iter().map(|column| column.name).collect();
            let mut sort = ListSort::default();
            for name in sorts(place) {
                assert!(names.contains(name), "{place:?}: {name} cannot be asked for");
                sort = sort.moved(place, 1);
                assert_eq!(sort.by, Some(*name), "{place:?}");
                assert_eq!(ListSort::parse(&sort.to_string(), place), Ok(sort));
                let turned = ListSort { reversed: true, ..sort };
                assert_eq!(ListSort::parse(&turned.to_string(), place), Ok(turned));
                assert_ne!(sort.title(place), turned.title(place));
            }
            assert_eq!(sort.moved(place, 1), ListSort::default());
            assert_eq!(ListSort::default().moved(place, -1).by, sorts(place).last().copied());
        }
        for text in ["", "hour", "-hour"] {
            assert!(ListSort::parse(text, Place::Backups).is_err(), "{text:?}");
        }
        let age = ListSort::parse("age", Place::Runs).unwrap();
        assert_eq!(age.title(Place::Runs).as_deref(), Some("age ↓"));
    }
}
