//! The page of one output whose lines wrap: no line is jumped over, a hit is on the screen, and the title tells what is seen.
//! And what stands beside lines: marks, and the times that are known.

use std::time::{Duration, Instant};

use bunker_ops::app::log_page::{Keep, LogAsk, LogOf, LogPage, LogView};
use bunker_ops::app::pages::Follow;
use bunker_ops::app::{Effect, Model, Msg, Screen, update};
use bunker_ops::domain::log::{Line, Row};
use bunker_ops::domain::marker::StepMark;
use regex::Regex;

use crate::sample::{host, step};
use crate::ui_log::{ask, draw, opened, told};
use crate::ui_world::press;

const SIZES: [(u16, u16); 4] = [(80, 24), (120, 40), (40, 10), (200, 60)];

/// So many signs of which no two rows are alike.
fn filler(n: u64, sign: &str) -> String {
    let pieces = (0..).map(|at| format!("{at}{sign}"));
    pieces.flat_map(|piece| piece.chars().collect::<Vec<char>>()).take(n as usize).collect()
}

/// Lines of very different lengths; each begins and ends with its number. Some hold signs of two columns.
fn lines(n: u64) -> Vec<String> {
    let text = |at: u64| match at % 7 {
        0 => String::new(),
        1 => filler(at * 3 % 270, "東京都"),
        2 => filler(at % 400, "é"),
        _ => filler(at * 37 % 300, "x"),
    };
    (0..n).map(|at| format!("<{at}>{}<{at}/>", text(at))).collect()
}

fn row(number: u64, line: &str, len: u64) -> Row {
    let line = Line { number, offset: number * 40, bytes: line.as_bytes(), len, tag: None };
    Row::new(number, &line)
}

/// What the reader tells of these lines.
fn part(ask: &LogAsk, lines: &[String]) -> LogView {
    let (n, height) = (lines.len() as u64, ask.rows as u64);
    let found = ask.find.as_ref().map(|find| {
        let hit = |at: &u64| find.needle.lets_text(&lines[*at as usize]);
        (find.from..n).find(hit)
    });
    let wanted = match (found.flatten(), ask.at) {
        (Some(place), _) => place.saturating_sub(height / 2),
        (None, Follow::From(place)) => place,
        (None, Follow::End) => n,
    };
    let top = wanted.min(n.saturating_sub(height));
    let shown = (top..n.min(top + height)).map(|at| {
        let line = &lines[at as usize];
        row(at, line, line.len() as u64)
    });
    LogView {
        ask: ask.id,
        n_lines: n,
        n_places: n,
        length: n,
        looked: n,
        top,
        rows: shown.collect(),
        found,
        ..LogView::default()
    }
}

/// Types keys and answers what is asked then.
fn go(model: &mut Model, keys: &str, lines: &[String]) {
    for effect in press(model, keys) {
        if let Effect::AskLog(ask) = effect {
            let view = part(&ask, lines);
            assert_eq!(update(model, Msg::LogView(Ok(Box::new(view)))), vec![], "asked once");
        }
    }
}

/// A page of these lines, at its first one, with wrap.
fn wrapped(size: (u16, u16), lines: &[String]) -> Model {
    let (mut model, first) = opened(size.0, size.1);
    update(&mut model, Msg::LogView(Ok(Box::new(part(&first, lines)))));
    go(&mut model, "w", lines);
    go(&mut model, "g g", lines);
    model
}

/// The rows within the border.
fn rows(model: &Model) -> Vec<String> {
    let screen = draw(model);
    let inside = screen.lines().filter_map(|line| line.strip_prefix("│ ")?.strip_suffix(" │"));
    inside.map(|row| row.trim_end().to_owned()).collect()
}

/// The number of the line that begins in a row.
fn begins(row: &str) -> Option<u64> {
    row.strip_prefix('<')?.split_once('>')?.0.parse().ok()
}

/// The numbers of the lines that [`told`] made.
fn numbers(rows: &[String]) -> impl Iterator<Item = u64> {
    let number = Regex::new(r"\bline (\d+)").unwrap();
    rows.iter().filter_map(move |row| number.captures(row)?[1].parse().ok())
}

fn follows(model: &Model) -> bool {
    draw(model).contains("follow · ")
}

#[test]
fn page_after_page_goes_over_every_row_down_and_up() {
    let lines = lines(260);
    for size in SIZES {
        let mut model = wrapped(size, &lines);
        let mut down = rows(&model);
        for _ in 0..5_000 {
            if follows(&model) {
                break;
            }
            let before = rows(&model);
            go(&mut model, "pgdn", &lines);
            let after = rows(&model);
            let kept = if follows(&model) {
                // The last page is full: it begins further up.
                (1..=before.len()).rev().find(|n| after.starts_with(&before[before.len() - n..]))
            } else {
                Some(1)
            };
            let kept = kept.unwrap_or_else(|| panic!("{size:?}: rows were jumped over"));
            assert_eq!(after[..kept], before[before.len() - kept..], "{size:?}");
            down.extend_from_slice(&after[kept..]);
        }
        assert_eq!(down.concat(), lines.concat(), "{size:?}: down");
        let mut up = rows(&model);
        for _ in 0..5_000 {
            let before = rows(&model);
            go(&mut model, "pgup", &lines);
            let after = rows(&model);
            if after == before {
                break;
            }
            let kept = (1..=after.len()).find(|n| before.starts_with(&after[after.len() - n..]));
            let kept = kept.unwrap_or_else(|| panic!("{size:?}: rows were jumped over"));
            up.splice(..0, after[..after.len() - kept].iter().cloned());
        }
        assert_eq!(up.concat(), lines.concat(), "{size:?}: up");
    }
}

#[test]
fn the_title_names_the_lines_that_are_drawn() {
    let lines = lines(260);
    let title = Regex::new(r"line ([\d,]+) to ([\d,]+) ").unwrap();
    for size in SIZES {
        let mut model = wrapped(size, &lines);
        for turn in 0..12 {
            if turn > 0 {
                go(&mut model, "pgdn", &lines);
            }
            if follows(&model) {
                break;
            }
            let screen = draw(&model);
            let said = title.captures(&screen).unwrap_or_else(|| panic!("{screen}"));
            let (first, last): (u64, u64) = (said[1].parse().unwrap(), said[2].parse().unwrap());
            let shown = rows(&model);
            let begun: Vec<u64> = shown.iter().filter_map(|row| begins(row)).collect();
            let (Some(next), Some(newest)) = (begun.first(), begun.last()) else { continue };
            // Above the first that begins here is the rest of the one before it, which the title counts from 1.
            let top = if begins(&shown[0]).is_some() { next + 1 } else { *next };
            assert_eq!((first, last), (top, newest + 1), "{size:?}:\n{screen}");
        }
    }
}

#[test]
fn a_hit_is_on_the_screen_whole() {
    let mut lines = lines(260);
    for at in [3, 40, 41, 100, 199, 258, 259] {
        lines[at] = format!("<{at}>{}zebra{}<{at}/>", "x".repeat(70), "y".repeat(at));
    }
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut model = wrapped(size, &lines);
        go(&mut model, "/ z e b r a enter", &lines);
        for at in [3, 40, 41, 100, 199, 258, 259] {
            let shown = rows(&model);
            let all = shown.concat();
            assert!(all.contains(&lines[at]), "{size:?} line {at}:\n{}", draw(&model));
            let begins = shown.iter().position(|row| row.starts_with(&format!("<{at}>"))).unwrap();
            assert!(begins <= shown.len() / 3 || at > 240, "{size:?} line {at} in row {begins}");
            go(&mut model, "n", &lines);
        }
    }
    // A line that is longer than the screen is shown where the hit is.
    lines[100] = format!("<100>{}zebra{}", "x".repeat(5_000), "y".repeat(5_000));
    let mut model = wrapped((80, 24), &lines);
    go(&mut model, "/ z e b r a enter", &lines);
    for _ in 0..3 {
        go(&mut model, "n", &lines);
    }
    assert!(draw(&model).contains("xzebray"), "{}", draw(&model));
}

#[test]
fn a_line_of_fifty_megabytes_is_gone_through_row_by_row() {
    let long = "x".repeat(bunker_ops::domain::log::SHOWN_BYTES);
    let (mut model, first) = opened(80, 24);
    let answer = |ask: &LogAsk| {
        let rows = vec![row(0, &long, 50_000_000), row(1, "the next line", 13)];
        let view = LogView { ask: ask.id, n_lines: 2, n_places: 2, rows, ..LogView::default() };
        Msg::LogView(Ok(Box::new(view)))
    };
    update(&mut model, answer(&first));
    let asked = ask(&press(&mut model, "w g g"));
    update(&mut model, answer(&asked));
    let begun = Instant::now();
    let mut pages = 0;
    while !draw(&model).contains("the next line") {
        press(&mut model, "pgdn");
        pages += 1;
        assert!(pages < 100, "{}", draw(&model));
    }
    let shown = rows(&model);
    assert!(shown.concat().contains("x… (49983680 more bytes)"), "{shown:?}");
    // 16,320 signs in rows of 76, and the count; a page down moves by 19 of them.
    assert_eq!(pages, 11);
    press(&mut model, "g g");
    assert_eq!(rows(&model), vec!["x".repeat(76); 20]);
    press(&mut model, "j");
    assert!(draw(&model).contains("line 1 to 1 · "), "{}", draw(&model));
    // Nothing depends on the fifty megabytes.
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn wrapped_growth_moves_nothing_that_is_read_and_what_was_skipped_is_counted_by_what_was_seen() {
    let all = lines(400);
    let (mut model, first) = opened(80, 24);
    update(&mut model, Msg::LogView(Ok(Box::new(part(&first, &all[..200])))));
    let asked = ask(&press(&mut model, "w"));
    update(&mut model, Msg::LogView(Ok(Box::new(part(&asked, &all[..200])))));
    assert!(draw(&model).contains("<199/>") && follows(&model), "{}", draw(&model));
    update(&mut model, Msg::LogView(Ok(Box::new(part(&asked, &all[..240])))));
    let screen = draw(&model);
    let skipped = Regex::new(r"⋯ (\d+) lines skipped here").unwrap();
    let skipped: u64 =
        skipped.captures(&screen).unwrap_or_else(|| panic!("{screen}"))[1].parse().unwrap();
    let page = match model.screens.last() {
        Some(Screen::Log(page)) => page,
        other => panic!("{other:?}"),
    };
    let seen = page.seen(page.room_of(model.size));
    assert_eq!(skipped, seen[0].place - 200);
    let asked = ask(&press(&mut model, "f"));
    update(&mut model, Msg::LogView(Ok(Box::new(part(&asked, &all[..240])))));
    let before = rows(&model);
    update(&mut model, Msg::LogView(Ok(Box::new(part(&asked, &all)))));
    assert_eq!(rows(&model), before);
}

#[test]
fn marks_take_rows_but_no_line_is_jumped_over() {
    for keys in ["", "w"] {
        let (mut model, mut asked) = opened(80, 24);
        for n in [100, 103, 106] {
            update(&mut model, told(&asked, n));
            press(&mut model, "m");
        }
        let go = |model: &mut Model, keys: &str, asked: &mut LogAsk| {
            for effect in press(model, keys) {
                if let Effect::AskLog(ask) = effect {
                    *asked = *ask;
                    update(model, told(asked, 200));
                }
            }
        };
        update(&mut model, told(&asked, 200));
        go(&mut model, keys, &mut asked);
        go(&mut model, "g g", &mut asked);
        for way in ["pgdn", "pgup"] {
            let mut seen = std::collections::BTreeSet::new();
            for _ in 0..14 {
                seen.extend(numbers(&rows(&model)));
                go(&mut model, way, &mut asked);
            }
            assert!(seen.into_iter().eq(0..200), "{way} with {keys:?}");
        }
    }
}

#[test]
fn marks_are_there_again_when_one_comes_back_and_go_with_the_lines_into_the_file() {
    let (mut model, first) = opened(80, 24);
    update(&mut model, told(&first, 100));
    press(&mut model, "m esc");
    assert!(!draw(&model).contains("ann ──"), "the page was left: {}", draw(&model));
    let again = ask(&press(&mut model, "L"));
    update(&mut model, told(&again, 110));
    assert!(draw(&model).contains("── 14:32:07 ann ──"), "{}", draw(&model));
    let kept = press(&mut model, "s");
    let [Effect::KeepLog { to: Keep::File, marks, .. }] = kept.as_slice() else {
        panic!("{kept:?}")
    };
    assert_eq!((marks[0].above, marks[0].by.as_str()), (100, "ann"));
}

#[test]
fn a_time_stands_only_where_it_is_known() {
    let (mut model, first) = opened(120, 24);
    let Msg::LogView(Ok(mut view)) = told(&first, 12) else { unreachable!() };
    // The step began to write with the fourth line.
    view.steps = vec![StepMark { at: 120, step: step("fetch"), ended: false }];
    update(&mut model, Msg::LogView(Ok(view)));
    press(&mut model, "t");
    let time = Regex::new(r"^\d\d:\d\d:\d\d ").unwrap();
    let timed: Vec<usize> = rows(&model)
        .iter()
        .enumerate()
        .filter(|(_, row)| time.is_match(row))
        .map(|(at, _)| at)
        .collect();
    assert_eq!(timed, [3], "{}", draw(&model));
    assert!(draw(&model).contains("a time stands where a step begins"), "{}", draw(&model));
    // Docker writes a time before each line of a service.
    let service = LogOf::Service { host: host("red-deer"), service: "api".parse().unwrap() };
    let mut page = LogPage::new(service);
    let text = "2026-11-22T14:30:59.123456789Z GET /health 200";
    let rows_of = vec![row(0, text, text.len() as u64), row(1, "no time", 7)];
    page.show(LogView { n_lines: 2, n_places: 2, rows: rows_of, ..LogView::default() });
    model.screens.push(Screen::Log(Box::new(page)));
    assert_eq!(rows(&model)[..2], ["14:30:59 GET /health 200", "         no time"]);
    press(&mut model, "t");
    assert_eq!(rows(&model)[..2], [text, "no time"], "t shows the lines as they came");
}
