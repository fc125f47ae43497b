//! Windows against what a person with a calendar and a clock would say.

use jiff::Timestamp;
use serde_json::json;

use super::*;

fn window(value: serde_json::Value) -> Window {
    serde_json::from_value(value).unwrap()
}

pub(super) fn at(text: &str) -> Timestamp {
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
fn the_next_change_is_found_beyond_any_number_of_openings() {
    let hourly = |name: &str, length: &str| json!({"name": name, "cron": "0 * * * *", "for": length, "zone": "UTC"});
    let freeze =
        json!({"name": "f", "weekly": "thu 00:00", "for": "1m", "deny": true, "zone": "UTC"});
    let year = json!({"name": "y", "once": "2026-01-01 00:00", "for": "300d", "zone": "UTC"});
    let first_days = json!({"name": "d", "cron": "0 0 1-27 * *", "for": "24h", "zone": "UTC"});
    let april = json!({"name": "a", "once": "2026-04-01 00:00", "for": "1d", "zone": "UTC"});
    let hours = [hourly("a", "1m"), hourly("b", "62m")];
    for (written, changes) in [
        // Two openings an hour, six days long, and then a freeze.
        (vec![hours[0].clone(), hours[1].clone(), freeze.clone()], Some("2026-03-12T00:00:00Z")),
        // Nothing but openings: always.
        (hours.to_vec(), None),
        // One end that is far away, with and without something before it.
        (vec![year.clone()], Some("2026-10-28T00:00:00Z")),
        (vec![year, freeze], Some("2026-03-12T00:00:00Z")),
        (vec![first_days], Some("2026-03-28T00:00:00Z")),
        // From closed: a gate that is a month away.
        (vec![april], Some("2026-04-01T00:00:00Z")),
    ] {
        let windows: Vec<Window> = written.iter().map(|w| window(w.clone())).collect();
        let standing = standing(&windows, at("2026-03-06T03:51:00Z"));
        assert_eq!(standing.changes(), changes.map(at), "{written:?}");
    }
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
