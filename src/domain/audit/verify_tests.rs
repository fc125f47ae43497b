//! Damage to every record of a log of a thousand, of every kind: all of it is found.

use super::*;
use crate::domain::untrusted::Safe;

const N: u64 = 1_000;

fn caller() -> Caller {
    let who = Actor {
        uid: 1000,
        user: "ann".into(),
        machine: "desk".into(),
        sudo_from: None,
        connection: None,
        key: None,
    };
    Caller { who, source: Source::Cli, why: None }
}

/// A log of intents and outcomes, as the store makes it.
fn log(n: u64) -> Vec<Row> {
    let mut prev = ChainHash::genesis();
    let mut rows = Vec::new();
    for seq in 1..=n {
        let at = jiff::Timestamp::new(1_800_000_000 + i64::try_from(seq).unwrap(), 0).unwrap();
        let place = Place { log: "l1".into(), seq, at, prev: prev.clone() };
        let deed = Deed::new("vault-set").about("all");
        let record = if seq % 2 == 1 {
            Record::intent(place, &caller(), &deed)
        } else {
            Record::outcome(place, &caller(), &deed, Some(seq - 1), &Ending::done())
        };
        let row = record.row().unwrap();
        prev = row.hash.parse().unwrap();
        rows.push(row);
    }
    rows
}

fn verdict<'r>(rows: impl IntoIterator<Item = &'r Row>, anchors: &[(Anchor, Safe)]) -> Verdict {
    let mut verifier = Verifier::new(anchors.to_vec(), Some("desk".into()));
    for row in rows {
        verifier.feed(row);
    }
    verifier.finish()
}

/// The first record that is bad.
fn first_bad(rows: &[Row]) -> Option<u64> {
    verdict(rows, &[]).findings.first().map(Finding::seq)
}

/// Damages a log at each of its records in turn, and gives the first bad record of each. `damage` gets the rows from that
/// record on; what stands before it was read already, and a few behind it are.
fn damaged_at_each(rows: &[Row], damage: impl Fn(&mut Vec<Row>)) -> Vec<Option<u64>> {
    let mut read = Verifier::new(Vec::new(), None);
    let mut found = Vec::new();
    for at in 0..rows.len() - 1 {
        let mut rest: Vec<Row> = rows[at..rows.len().min(at + 4)].to_vec();
        damage(&mut rest);
        let mut verifier = read.clone();
        for row in &rest {
            verifier.feed(row);
        }
        found.push(verifier.finish().findings.first().map(Finding::seq));
        read.feed(&rows[at]);
    }
    found
}

/// Each record but the last, which has nothing behind it.
fn each(rows: &[Row]) -> Vec<Option<u64>> {
    rows[..rows.len() - 1].iter().map(|row| Some(row.seq)).collect()
}

fn anchor(row: &Row) -> (Anchor, Safe) {
    let hash = row.hash.parse().unwrap();
    (Anchor::new(&"l1".into(), &"desk".into(), row.seq, hash), "one".into())
}

#[test]
fn a_whole_log_has_nothing_to_find() {
    let rows = log(N);
    let found = verdict(&rows, &[anchor(&rows[499]), anchor(&rows[9])]);
    assert_eq!(found.findings, []);
    assert_eq!((found.n, found.head.unwrap().0, found.anchored), (N, N, Some(500)));
    assert_eq!((found.n_anchors, found.open.len()), (2, 0));
    assert_eq!(verdict(&[], &[]).findings, []);
    assert_eq!(verdict(&rows[..9], &[]).open, [9]);
}

#[test]
fn a_flipped_bit_in_any_record_or_hash_is_found_at_that_record() {
    let rows = log(N);
    let text = damaged_at_each(&rows, |rest| {
        let record = &mut rest[0].record;
        // A digit of the time, which no parser minds.
        let digit = record.find("\"at\":\"").unwrap() + 9;
        let mut bytes = std::mem::take(record).into_bytes();
        bytes[digit] ^= 1;
        *record = String::from_utf8(bytes).unwrap();
    });
    assert_eq!(text, each(&rows));
    let hash = damaged_at_each(&rows, |rest| {
        let flipped = if rest[0].hash.starts_with('0') { "1" } else { "0" };
        rest[0].hash.replace_range(0..1, flipped);
    });
    assert_eq!(hash, each(&rows));
}

#[test]
fn every_byte_of_a_record_counts() {
    let rows = log(3);
    for at in 0..rows[1].record.len() {
        let mut damaged = rows.clone();
        let mut bytes = damaged[1].record.clone().into_bytes();
        bytes[at] ^= 2;
        damaged[1].record = String::from_utf8_lossy(&bytes).into_owned();
        assert!(first_bad(&damaged).is_some_and(|seq| seq <= 2), "byte {at}");
    }
}

#[test]
fn a_record_that_was_taken_out_is_found_wherever_it_stood() {
    let rows = log(N);
    let taken = damaged_at_each(&rows, |rest| drop(rest.remove(0)));
    assert_eq!(taken, each(&rows));
    let renumbered = damaged_at_each(&rows, |rest| {
        rest.remove(0);
        for row in rest {
            row.seq -= 1;
        }
    });
    assert_eq!(renumbered, each(&rows), "so that no gap shows");
}

#[test]
fn two_records_that_were_swapped_are_found() {
    let rows = log(N);
    assert_eq!(damaged_at_each(&rows, |rest| rest.swap(0, 1)), each(&rows));
    let renumbered = damaged_at_each(&rows, |rest| {
        rest.swap(0, 1);
        (rest[0].seq, rest[1].seq) = (rest[1].seq, rest[0].seq);
    });
    assert_eq!(renumbered, each(&rows), "so that the numbers are in order");
}

#[test]
fn a_missing_end_is_found_by_an_anchor_and_only_by_one() {
    let rows = log(N);
    let mut alone = Verifier::new(Vec::new(), None);
    let mut remembered = Verifier::new(vec![anchor(rows.last().unwrap())], None);
    for row in &rows[..rows.len() - 1] {
        alone.feed(row);
        remembered.feed(row);
        assert_eq!(alone.clone().finish().findings, [], "the chain alone cannot tell");
        let found = remembered.clone().finish().findings;
        assert_eq!(found.first().map(Finding::seq), Some(row.seq + 1));
    }
}

#[test]
fn a_log_that_was_written_anew_is_found_by_an_anchor() {
    let rows = log(20);
    let mut anew = Vec::new();
    let mut prev = ChainHash::genesis();
    for row in &rows {
        let mut record: Record = serde_json::from_str(&row.record).unwrap();
        record.who.user = "mallory".into();
        record.prev = prev;
        let row = record.row().unwrap();
        prev = row.hash.parse().unwrap();
        anew.push(row);
    }
    assert_eq!(first_bad(&anew), None, "the chain alone cannot tell");
    let found = verdict(&anew, &[anchor(&rows[9])]).findings;
    assert!(matches!(found.as_slice(), [Finding::Rewritten { anchor, .. }] if anchor.seq == 10));
    // Under another name too.
    for row in &mut anew {
        row.record = row.record.replace("\"log\":\"l1\"", "\"log\":\"l2\"");
    }
    let found = verdict(&anew, &[anchor(&rows[9])]).findings;
    assert!(found.iter().any(|f| matches!(f, Finding::Replaced { .. })), "{found:?}");
}

#[test]
fn an_exported_line_holds_the_record_byte_for_byte() {
    for row in log(3) {
        assert_eq!(Row::of_line(&row.line()), Some(row));
    }
    for wrong in ["", "{}", "{\"hash\":\"x\",\"record\":{}}", "[1]"] {
        assert_eq!(Row::of_line(wrong), None, "{wrong}");
    }
}
