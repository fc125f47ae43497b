//! When a window is on: its spells, found by walking over the days around a moment.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

use super::{Closes, Opens, Window};

/// How far one looks for the next spell: four years and a day, so that 29 February is found.
const DAYS_AHEAD: i32 = 4 * 366;

const DAY_S: i64 = 86_400;

/// A stretch in which a window is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spell {
    /// The first moment of it.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
}

impl Spell {
    /// Whether it holds this moment.
    pub fn holds(self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }
}

impl Window {
    /// The spell that holds this moment; the longest to come, where several overlap.
    pub fn spell_at(&self, at: Timestamp) -> Option<Spell> {
        let mut best: Option<Spell> = None;
        for date in self.dates(at, 1) {
            for spell in self.spells_of(date).filter(|s| s.holds(at)) {
                best = best.filter(|b| b.until >= spell.until).or(Some(spell));
            }
        }
        best
    }

    /// The first spell that begins after this moment.
    pub fn spell_after(&self, at: Timestamp) -> Option<Spell> {
        for date in self.dates(at, DAYS_AHEAD) {
            // The spells of a day begin before those of the next, but for a day that a zone left out.
            if let Some(first) = self.spells_of(date).filter(|s| s.from > at).min() {
                return Some(first);
            }
        }
        None
    }

    /// Days whose spells may hold a moment, and `ahead` days more.
    fn dates(&self, at: Timestamp, ahead: i32) -> impl Iterator<Item = Date> + use<> {
        if let Opens::Once(start) = &self.opens {
            return Days { next: Some(start.date()), left: 1 };
        }
        let back = match self.closes {
            Closes::After(seconds) => i32::try_from(seconds / DAY_S).unwrap_or(0) + 2,
            Closes::At(_) | Closes::On(_) => 2,
        };
        let today = self.zone.local(at).date();
        let first = today.checked_sub(jiff::Span::new().days(back)).ok();
        Days { next: first, left: back + ahead + 1 }
    }

    /// The spells that begin on this day of the wall calendar, in order.
    fn spells_of(&self, date: Date) -> impl Iterator<Item = Spell> + '_ {
        let once;
        let times: &[Time] = match &self.opens {
            Opens::Daily(time) => std::slice::from_ref(time),
            Opens::Weekly(days, time) if days.contains(&date.weekday()) => {
                std::slice::from_ref(time)
            }
            Opens::Once(start) if start.date() == date => {
                once = start.time();
                std::slice::from_ref(&once)
            }
            Opens::Weekly(..) | Opens::Once(_) => &[],
            Opens::Cron(cron) => cron.times_of(date),
        };
        let spells: Vec<Spell> =
            times.iter().filter_map(|time| self.spell(date.to_datetime(*time))).collect();
        spells.into_iter()
    }

    /// The spell that opens when the clock on the wall shows this; `None` where a clock change leaves nothing of it.
    fn spell(&self, start: DateTime) -> Option<Spell> {
        let from = self.zone.moment(start)?;
        let until = match self.closes {
            Closes::After(seconds) => {
                from.checked_add(jiff::SignedDuration::from_secs(seconds)).ok()?
            }
            Closes::On(end) => self.zone.moment(end)?,
            Closes::At(minute) => self.zone.moment(end_of(start, minute)?)?,
        };
        let whole = Spell { from, until };
        let until = match &self.ended {
            Some(ended) if whole.holds(ended.at) => ended.at,
            _ => until,
        };
        (from < until).then_some(Spell { from, until })
    }
}

/// When the clock on the wall first shows so many minutes after midnight after `start`, by the calendar.
fn end_of(start: DateTime, minute: i64) -> Option<DateTime> {
    let begun = i64::from(start.hour()) * 60 + i64::from(start.minute());
    let days = i64::from(minute <= begun);
    let midnight = start.date().to_datetime(Time::midnight());
    midnight.checked_add(jiff::Span::new().days(days).minutes(minute)).ok()
}

struct Days {
    next: Option<Date>,
    left: i32,
}

impl Iterator for Days {
    type Item = Date;
    fn next(&mut self) -> Option<Date> {
        if self.left <= 0 {
            return None;
        }
        self.left -= 1;
        let date = self.next?;
        self.next = date.tomorrow().ok();
        Some(date)
    }
}
