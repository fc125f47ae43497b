//! Windows against what a person with a calendar and a clock would say, and against a slow oracle that watches the
//! clock on the wall minute by minute.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn window(value: serde_json::Value) -> Window {
    serde_json::from_value(value).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_window_is_on_from_its_start_to_just_before_its_end() {
    let night = json!({"name": "n", "daily": "22:00", "to": "04:00", "zone": "America/Edmonton"});
    let saturday =
        json!({"name": "s", "weekly": "sat 22:00", "to": "02:00", "zone": "Europe/Berlin"});
    let once = json!({"name": "o", "once": "2026-12-31 23:00", "for": "3h", "zone": "UTC"});
    let month = json!({"name": "m", "cron": "30 23 28-31 * *", "for": "90m", "zone": "UTC"});
    for (value, moment, on) in [
        // Over midnight, also where it is Komodo's Saturday: the small hours belong to the day of the start.
        (&night, "2026-11-26T05:00:00Z", true),
        (&night, "2026-11-26T04:59:59Z", false),
        (&night, "2026-11-26T10:59:59Z", true),
        (&night, "2026-11-26T11:00:00Z", false),
        (&saturday, "2026-11-28T21:00:00Z", true),
        (&saturday, "2026-11-29T00:59:59Z", true),
        (&saturday, "2026-11-29T01:00:00Z", false),
        (&saturday, "2026-11-27T23:30:00Z", false),
        // Over the end of a month and of a year.
        (&once, "2026-12-31T22:59:59Z", false),
        (&once, "2027-01-01T01:59:59Z", true),
        (&once, "2027-01-01T02:00:00Z", false),
        (&month, "2027-03-01T00:59:00Z", true),
        (&month, "2027-03-01T01:00:00Z", false),
        (&month, "2027-03-02T00:30:00Z", false),
    ] {
        assert_eq!(window(value.clone()).spell_at(at(moment)).is_some(), on, "{value} {moment}");
    }
}

#[test]
fn both_clock_changes_keep_their_word() {
    let spell = |value: serde_json::Value, moment: &str| {
        let spell = window(value).spell_after(at(moment)).unwrap();
        format!("{} {}", spell.from, spell.until)
    };
    let berlin = |start: &str, key: &str, end: &str| json!({"name": "x", "daily": start, key: end, "zone": "Europe/Berlin"});
    // 29 March 2026: 02:00 becomes 03:00. 02:30 does not exist: the moment of the change stands for it.
    let spring = "2026-03-28T12:00:00Z";
    assert_eq!(
        spell(berlin("02:30", "to", "04:00"), spring),
        "2026-03-29T01:00:00Z 2026-03-29T02:00:00Z"
    );
    assert_eq!(
        spell(berlin("02:30", "for", "90m"), spring),
        "2026-03-29T01:00:00Z 2026-03-29T02:30:00Z"
    );
    assert_eq!(
        spell(berlin("01:00", "to", "02:30"), spring),
        "2026-03-29T00:00:00Z 2026-03-29T01:00:00Z"
    );
    // Nothing is left of a window that the change skips whole: the next night has it.
    assert_eq!(
        spell(berlin("02:10", "to", "02:50"), spring),
        "2026-03-30T00:10:00Z 2026-03-30T00:50:00Z"
    );
    // 25 October 2026: 02:00 to 03:00 happens twice. The first of both counts.
    let autumn = "2026-10-24T12:00:00Z";
    assert_eq!(
        spell(berlin("02:30", "to", "03:30"), autumn),
        "2026-10-25T00:30:00Z 2026-10-25T02:30:00Z"
    );
    assert_eq!(
        spell(berlin("02:30", "for", "1h"), autumn),
        "2026-10-25T00:30:00Z 2026-10-25T01:30:00Z"
    );
    assert_eq!(
        spell(berlin("01:00", "to", "02:30"), autumn),
        "2026-10-24T23:00:00Z 2026-10-25T00:30:00Z"
    );
}

#[test]
fn windows_are_a_union_and_a_freeze_wins() {
    let windows = [
        window(json!({"name": "a", "daily": "22:00", "to": "02:00", "zone": "UTC"})),
        window(json!({"name": "b", "daily": "02:00", "for": "1h", "zone": "UTC"})),
        window(
            json!({"name": "loud", "daily": "12:00", "for": "1h", "zone": "UTC", "only": "runs"}),
        ),
        window(
            json!({"name": "quiet", "daily": "14:00", "for": "1h", "zone": "UTC", "only": "alerts"}),
        ),
        window(
            json!({"name": "xmas", "once": "2026-12-24 00:30", "to": "2026-12-27 00:00", "zone": "UTC", "deny": true}),
        ),
    ];
    let stands = |moment: &str| countdown(&standing(&windows, at(moment)), at(moment));
    assert_eq!(stands("2026-12-01T23:00:00Z"), "open for 4h 00m (a)");
    assert_eq!(stands("2026-12-02T02:30:00Z"), "open for 30m (b)");
    assert_eq!(stands("2026-12-02T03:00:00Z"), "opens in 9h 00m (loud)");
    assert_eq!(stands("2026-12-02T14:30:00Z"), "opens in 7h 30m (a)");
    assert_eq!(stands("2026-12-23T23:00:00Z"), "open for 1h 30m (a)");
    assert_eq!(stands("2026-12-24T00:30:00Z"), "frozen for 2d 23h (xmas)");
    assert_eq!(stands("2026-12-26T23:59:30Z"), "frozen for under 1m (xmas)");
    let quiet = |moment: &str| silenced(&windows, at(moment)).map(|(w, _)| w.name.to_string());
    assert_eq!(quiet("2026-12-02T14:30:00Z").as_deref(), Some("quiet"));
    assert_eq!(quiet("2026-12-02T12:30:00Z"), None, "a window for runs leaves alerts loud");
    assert_eq!(quiet("2026-12-25T12:30:00Z"), None, "so does a freeze");
    assert_eq!(quiet("2026-12-25T22:30:00Z").as_deref(), Some("a"));
    assert_eq!(standing(&[], at("2026-12-02T14:30:00Z")), Standing::Free);
    assert_eq!(standing(&windows[3..4], at("2026-12-02T14:30:00Z")), Standing::Free);
    let only_freeze = standing(&windows[4..], at("2026-12-02T00:30:00Z"));
    assert_eq!(countdown(&only_freeze, at("2026-12-02T00:30:00Z")), "open for 22d 0h");
}

#[test]
fn a_spell_that_was_ended_early_is_over_and_the_next_one_comes() {
    let mut night = window(json!({"name": "n", "daily": "22:00", "to": "04:00", "zone": "UTC"}));
    let ended = at("2026-12-01T23:15:00Z");
    night.ended = Some(Ended { at: ended, by: "anna".into(), why: None });
    assert!(night.spell_at(at("2026-12-01T23:14:59Z")).is_some());
    assert!(night.spell_at(ended).is_none());
    assert_eq!(night.spell_after(ended).map(|s| s.from), Some(at("2026-12-02T22:00:00Z")));
    let text = serde_json::to_string(&night).unwrap();
    assert_eq!(serde_json::from_str::<Window>(&text).unwrap(), night);
}

#[test]
fn what_cannot_be_meant_is_refused_with_the_reason() {
    for (value, why) in [
        (json!({"name": "x", "daily": "22:00", "to": "22:00", "zone": "UTC"}), "for: 24h"),
        (json!({"name": "x", "daily": 1320, "to": "04:00", "zone": "UTC"}), "expected a string"),
        (json!({"name": "x", "daily": "2:00", "to": "04:00", "zone": "UTC"}), "time of day"),
        (json!({"name": "x", "daily": "22:00", "zone": "UTC"}), "when it closes"),
        (
            json!({"name": "x", "daily": "22:00", "to": "04:00", "for": "1h", "zone": "UTC"}),
            "closes",
        ),
        (
            json!({"name": "x", "daily": "22:00", "weekly": "sun 01:00", "for": "1h", "zone": "UTC"}),
            "one of",
        ),
        (json!({"name": "x", "daily": "22:00", "for": "8d", "zone": "UTC"}), "7d"),
        (json!({"name": "x", "daily": "22:00", "for": "1h"}), "zone"),
        (json!({"name": "x", "daily": "22:00", "for": "1h", "zone": "Mars/Olympus"}), "IANA"),
        (json!({"name": "x", "daily": "22:00", "for": "1h", "zone": "../etc/passwd"}), "IANA"),
        (json!({"name": "x", "once": "2026-02-30 22:00", "for": "1h", "zone": "UTC"}), "date"),
        (
            json!({"name": "x", "once": "2026-12-01 22:00", "to": "2026-12-01 21:00", "zone": "UTC"}),
            "after",
        ),
        (json!({"name": "x", "weekly": "someday 22:00", "for": "1h", "zone": "UTC"}), "weekly"),
        (json!({"name": "", "daily": "22:00", "for": "1h", "zone": "UTC"}), "name"),
        (
            json!({"name": "x", "daily": "22:00", "for": "1h", "zone": "UTC", "dayly": 1}),
            "unknown field",
        ),
    ] {
        let error = serde_json::from_value::<Window>(value.clone()).unwrap_err().to_string();
        assert!(error.contains(why), "{value}: {error}");
    }
}

#[test]
fn zones_are_there_without_the_systems_database() {
    for name in ["America/Edmonton", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"] {
        let own = jiff::tz::TimeZoneDatabase::bundled().get(name).unwrap();
        let noon = at("2026-07-01T12:00:00Z");
        assert_eq!(own.to_datetime(noon), Zone::named(name).unwrap().local(noon), "{name}");
    }
}

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
