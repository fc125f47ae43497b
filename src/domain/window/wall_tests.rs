//! Windows against a slow oracle that watches the clock on the wall minute by minute.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;

use super::tests::at;
use super::*;

/// The days and minutes around which windows are tried.
const ZONES: [&str; 4] =
    ["America/Edmonton", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"];
/// Days before a clock change of some zone, a month end, a year end.
const MIDDLES: [&str; 7] = [
    "2026-03-08T09:00:00Z",
    "2026-11-01T08:00:00Z",
    "2026-03-29T01:00:00Z",
    "2026-10-25T01:00:00Z",
    "2026-04-04T15:00:00Z",
    "2026-10-03T15:30:00Z",
    "2026-12-31T18:00:00Z",
];
const HOURS_AROUND: i64 = 24 * 5;

/// The clock on the wall, minute by minute.
struct Wall {
    first: Timestamp,
    shown: Vec<DateTime>,
}

impl Wall {
    fn around(zone: &str, middle: Timestamp) -> Self {
        let zone = TimeZone::get(zone).unwrap();
        let first = middle - SignedDuration::from_hours(HOURS_AROUND);
        let minutes = HOURS_AROUND * 2 * 60;
        let show = |m: i64| zone.to_datetime(first + SignedDuration::from_mins(m));
        Self { first, shown: (0..minutes).map(show).collect() }
    }

    /// The first minute at which the wall shows this or something later.
    fn first_at(&self, wanted: DateTime) -> Option<usize> {
        self.shown.iter().position(|shown| *shown >= wanted)
    }

    fn minute(&self, at: usize) -> Timestamp {
        self.first + SignedDuration::from_mins(i64::try_from(at).unwrap())
    }

    /// For every minute whether the window is on, by watching the wall.
    fn watched(&self, start: &Start, end: End) -> Vec<bool> {
        let mut on = vec![false; self.shown.len()];
        let mut date: Date = self.shown[0].date();
        while date <= self.shown[self.shown.len() - 1].date() {
            for time in start.times(date) {
                let opened = date.to_datetime(time);
                let Some(from) = self.first_at(opened).filter(|from| *from > 0) else { continue };
                let until = match end {
                    End::After(minutes) => from + minutes as usize,
                    End::At(time) if time > opened.time() => {
                        self.first_at(date.to_datetime(time)).unwrap_or(on.len())
                    }
                    End::At(time) => self
                        .first_at(date.tomorrow().unwrap().to_datetime(time))
                        .unwrap_or(on.len()),
                };
                for minute in from..until.min(on.len()) {
                    on[minute] = true;
                }
            }
            date = date.tomorrow().unwrap();
        }
        on
    }
}

#[derive(Debug, Clone)]
enum Start {
    Daily(Time),
    Weekly(Weekday, Time),
    Cron(i8, i8),
}

#[derive(Debug, Clone, Copy)]
enum End {
    After(i64),
    At(Time),
}

impl Start {
    fn times(&self, date: Date) -> Vec<Time> {
        match self {
            Self::Daily(time) => vec![*time],
            Self::Weekly(day, time) if date.weekday() == *day => vec![*time],
            Self::Weekly(..) => Vec::new(),
            Self::Cron(minute, every) => (0..24)
                .filter(|h| h % every == 0)
                .map(|h| Time::constant(h, *minute, 0, 0))
                .collect(),
        }
    }

    fn written(&self) -> (&'static str, String) {
        match self {
            Self::Daily(time) => ("daily", time.strftime("%H:%M").to_string()),
            Self::Weekly(day, time) => {
                ("weekly", format!("{} {}", words::day(*day), time.strftime("%H:%M")))
            }
            Self::Cron(minute, every) => ("cron", format!("{minute} */{every} * * *")),
        }
    }
}

fn time() -> impl Strategy<Value = Time> {
    // The hours in which clocks are changed come up often.
    let hour = prop_oneof![3 => 0i8..5, 1 => 0i8..24];
    (hour, 0i8..60).prop_map(|(h, m)| Time::constant(h, m, 0, 0))
}

fn start() -> impl Strategy<Value = Start> {
    prop_oneof![
        time().prop_map(Start::Daily),
        (0i8..7, time()).prop_map(|(day, time)| {
            Start::Weekly(Weekday::from_monday_zero_offset(day).unwrap(), time)
        }),
        (0i8..60, 1i8..24).prop_map(|(minute, every)| Start::Cron(minute, every)),
    ]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![(1i64..1_600).prop_map(End::After), time().prop_map(End::At)]
}

/// A window, and the minutes in which a person who watches the wall says it is on.
fn both(
    zone: &str,
    wall: &Wall,
    start: &Start,
    end: End,
    deny: bool,
) -> Option<(Window, Vec<bool>)> {
    let (key, text) = start.written();
    let mut value = json!({"name": "w", "zone": zone, "deny": deny});
    value[key] = text.into();
    match end {
        End::After(minutes) => value["for"] = format!("{minutes}m").into(),
        End::At(time) => value["to"] = time.strftime("%H:%M").to_string().into(),
    }
    // Only a window that closes when it opens is refused.
    let window = serde_json::from_value::<Window>(value).ok()?;
    Some((window, wall.watched(start, end)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_window_agrees_with_the_clock_on_the_wall(
        zone in 0..ZONES.len(), middle in 0..MIDDLES.len(), start in start(), end in end(),
        second in 0i64..60,
    ) {
        let wall = Wall::around(ZONES[zone], at(MIDDLES[middle]));
        let Some((window, on)) = both(ZONES[zone], &wall, &start, end, false) else { return Ok(()) };
        // The oracle knows nothing of windows that opened before it began to watch: three days are left out.
        let edge = |m: usize| on[m] != on[m - 1] || on[m] != on[m + 1];
        for minute in (3 * 1_440..on.len() - 1).filter(|m| m % 37 == 0 || edge(*m)) {
            let moment = wall.minute(minute) + SignedDuration::from_secs(second);
            prop_assert_eq!(
                window.spell_at(moment).is_some(), on[minute],
                "{} at {} ({})", window, moment, wall.shown[minute]
            );
        }
    }

    #[test]
    fn several_windows_agree_with_the_clock_on_the_wall(
        zone in 0..ZONES.len(), middle in 0..MIDDLES.len(),
        parts in proptest::collection::vec((start(), end(), proptest::bool::weighted(0.3)), 1..4),
    ) {
        let wall = Wall::around(ZONES[zone], at(MIDDLES[middle]));
        let parts: Vec<(Window, Vec<bool>)> = parts
            .iter()
            .filter_map(|(start, end, deny)| both(ZONES[zone], &wall, start, *end, *deny))
            .collect();
        let windows: Vec<Window> = parts.iter().map(|(w, _)| w.clone()).collect();
        let gates = windows.iter().any(|w| !w.deny);
        let open: Vec<bool> = (0..wall.shown.len()).map(|m| {
            let any = |deny: bool| parts.iter().any(|(w, on)| w.deny == deny && on[m]);
            (any(false) || !gates) && !any(true)
        }).collect();
        let edge = |m: usize| open[m] != open[m - 1];
        for minute in (3 * 1_440..open.len() - 2 * 1_440).filter(|m| m % 211 == 0 || edge(*m)) {
            let standing = standing(&windows, wall.minute(minute));
            prop_assert_eq!(standing.is_open(), open[minute], "{:?} at {}", &windows, wall.shown[minute]);
            let next = (minute + 1..open.len()).find(|m| open[*m] != open[minute]);
            if let Some(next) = next {
                prop_assert_eq!(standing.changes(), Some(wall.minute(next)), "{:?} at {}", &windows, wall.shown[minute]);
            }
        }
    }

    #[test]
    fn a_window_reads_back_as_it_was_written(start in start(), end in end(), zone in 0..ZONES.len()) {
        let wall = Wall { first: at(MIDDLES[0]), shown: vec![DateTime::constant(2026, 1, 1, 0, 0, 0, 0)] };
        let Some((window, _)) = both(ZONES[zone], &wall, &start, end, false) else { return Ok(()) };
        let text = serde_json::to_string(&window).unwrap();
        prop_assert_eq!(serde_json::from_str::<Window>(&text).unwrap(), window);
    }
}
