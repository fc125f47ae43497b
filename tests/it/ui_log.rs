//! The page of one output: keys and what they ask of the reader, what is seen, and how fast any part of a long file is there.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bunker_ops::adapters::paths::StateDir;
use bunker_ops::adapters::store::{StoreReader, StoreWriter};
use bunker_ops::app::action::Place;
use bunker_ops::app::log_page::{Keep, LogAsk, LogFind, LogView};
use bunker_ops::app::log_tail::Direction;
use bunker_ops::app::pages::{Follow, RunPage};
use bunker_ops::app::{Effect, Model, Msg, Screen, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::ids::HostId;
use bunker_ops::domain::log::{Line, Row, Sieve};
use bunker_ops::domain::marker::StepMark;
use bunker_ops::domain::run::event::EventKind;
use bunker_ops::engine::log_book::{LogBook, RunLog, Way};
use bunker_ops::engine::ports::{RunReader, RunWriter};
use bunker_ops::tui::{Picture, text};
use bunker_ops::ui::{Depth, Theme, to_ascii};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::sample::{StepClock, host, planned, run_id, simple_plan, step};
use crate::ui_world::{ago, cockpit, now, press, run_view, twelve};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

pub(crate) fn draw(model: &Model) -> String {
    text(&Picture::of(model, &Theme::builtin("dark", Depth::True)))
}

/// A cockpit on the page of red-deer's output; what opening it asked.
pub(crate) fn opened(width: u16, height: u16) -> (Model, LogAsk) {
    let mut model = cockpit(width, height, Some(Operate::grant()));
    model.person = "ann".into();
    update(&mut model, Msg::Fleet(twelve()));
    model.screens.push(Screen::Run(Box::new(RunPage::new(run_id(0x7f3a)))));
    update(&mut model, Msg::Run(Arc::new(run_view(&["red-deer", "st-albert"]))));
    let effects = press(&mut model, "L");
    let asked = ask(&effects);
    assert_eq!(model.place(), Place::Log);
    (model, asked)
}

pub(crate) fn ask(effects: &[Effect]) -> LogAsk {
    let asked = |e: &Effect| if let Effect::AskLog(ask) = e { Some((**ask).clone()) } else { None };
    effects.iter().rev().find_map(asked).expect("something is asked")
}

/// Lines of a made-up output of a million, as the reader would tell them.
pub(crate) fn told(ask: &LogAsk, n: u64) -> Msg {
    let last = n.saturating_sub(ask.rows as u64);
    let top = match ask.at {
        Follow::End => last,
        Follow::From(top) => top.min(last),
    };
    let rows = (top..n.min(top + ask.rows as u64)).map(|number| {
        let line = match number % 10 {
            3 => format!("npm error line {number} ENOSPC"),
            7 => format!("warn line {number}"),
            _ => format!("line {number} of the build"),
        };
        let len = line.len() as u64;
        Row::new(
            number,
            &Line { number, offset: number * 40, bytes: line.as_bytes(), len, tag: None },
        )
    });
    let rows = rows.collect();
    let steps = vec![StepMark { at: 0, step: step("fetch"), ended: false }];
    let view = LogView {
        ask: ask.id,
        n_lines: n,
        n_places: n,
        length: n * 40,
        looked: n * 40,
        top,
        rows,
        steps,
        ..LogView::default()
    };
    Msg::LogView(Ok(Box::new(view)))
}

#[test]
fn the_page_of_an_output_at_every_size() {
    let mut out = String::new();
    for (width, height) in SIZES {
        let (mut model, asked) = opened(width, height);
        let _ = write!(out, "=== reading, {width}x{height}\n{}", draw(&model));
        update(&mut model, told(&asked, 1_204_113));
        let _ = write!(out, "=== follow, {width}x{height}\n{}", draw(&model));
        press(&mut model, "m");
        let asked = ask(&press(&mut model, "g g"));
        update(&mut model, told(&asked, 1_204_113));
        press(&mut model, "t / n p m enter");
        let _ = write!(
            out,
            "=== from the first line, with times and hits, {width}x{height}\n{}",
            draw(&model)
        );
    }
    insta::assert_snapshot!("log", out);
}

#[test]
fn keys_ask_the_reader_for_parts_and_it_is_asked_once_for_each() {
    let (mut model, first) = opened(120, 40);
    assert_eq!((first.at, first.rows, first.sieve.is_open()), (Follow::End, 36, true));
    update(&mut model, told(&first, 1_000_000));
    let up = ask(&press(&mut model, "k"));
    assert_eq!(up.at, Follow::From(999_963));
    assert!(up.id > first.id);
    update(&mut model, told(&up, 1_000_000));
    assert_eq!(ask(&press(&mut model, "pgup")).at, Follow::From(999_963 - 35));
    assert_eq!(ask(&press(&mut model, "g g")).at, Follow::From(0));
    assert_eq!(press(&mut model, "k"), vec![], "it is asked for nothing that is asked for already");
    assert_eq!(ask(&press(&mut model, "G")).at, Follow::End);
    assert_eq!(ask(&press(&mut model, "e")).sieve, Sieve::default().errors_only(true));
    assert!(ask(&press(&mut model, "e & n p m enter")).sieve.text() == "npm");
    let effects = press(&mut model, "& x esc");
    assert!(ask(&effects).sieve.is_open(), "esc in the filter shows all lines again");
}

#[test]
fn growth_moves_nothing_that_is_read_and_the_end_is_followed() {
    let (mut model, first) = opened(80, 24);
    update(&mut model, told(&first, 1_000));
    assert!(draw(&model).contains("line 999 of the build") && draw(&model).contains("follow"));
    update(&mut model, told(&first, 2_000));
    assert!(draw(&model).contains("line 1999 of the build"), "{}", draw(&model));
    let still = ask(&press(&mut model, "f"));
    update(&mut model, told(&still, 2_000));
    let before = draw(&model);
    assert!(before.contains("line 1,981 to 2,000 · 100 %"), "{before}");
    update(&mut model, told(&still, 900_000));
    let after = draw(&model);
    assert!(
        after.contains("line 1,981 to 2,000 · 0 %") && after.contains("line 1980 of the build"),
        "{after}"
    );
    assert_eq!(ask(&press(&mut model, "f")).at, Follow::End);
}

#[test]
fn what_the_screen_skipped_is_said_where_it_was() {
    let (mut model, first) = opened(80, 24);
    let Msg::LogView(Ok(mut view)) = told(&first, 500_000) else { unreachable!() };
    view.skipped = 12_340;
    update(&mut model, Msg::LogView(Ok(view)));
    assert!(draw(&model).contains("⋯ 12,340 lines skipped here: f stays"), "{}", draw(&model));
}

#[test]
fn a_search_goes_to_the_hit_and_on_and_back() {
    let (mut model, first) = opened(80, 24);
    update(&mut model, told(&first, 1_000));
    let asked = ask(&press(&mut model, "g g / e n o enter"));
    let find = asked.find.clone().unwrap();
    assert_eq!((find.needle.text(), find.from, find.way), ("eno", 0, Direction::Forward));
    let Msg::LogView(Ok(mut view)) = told(&LogAsk { at: Follow::From(203), ..asked }, 1_000) else {
        unreachable!()
    };
    view.found = Some(Some(213));
    assert_eq!(update(&mut model, Msg::LogView(Ok(view))), vec![], "the part is there already");
    let screen = draw(&model);
    assert!(
        screen.contains("npm error line 213 ENOSPC") && screen.contains("line 204 to "),
        "{screen}"
    );
    let on = ask(&press(&mut model, "n")).find.unwrap();
    assert_eq!((on.from, on.way), (214, Direction::Forward));
    let back = ask(&press(&mut model, "N")).find.unwrap();
    assert_eq!(
        back,
        LogFind { needle: Sieve::parse("eno").unwrap(), from: 213, way: Direction::Backward }
    );
    let last = model.last_request;
    let Msg::LogView(Ok(mut view)) = told(&LogAsk { id: last, ..first }, 1_000) else {
        unreachable!()
    };
    view.found = Some(None);
    update(&mut model, Msg::LogView(Ok(view)));
    assert!(draw(&model).contains("\"eno\" is nowhere in this output"), "{}", draw(&model));
    press(&mut model, "/ / ( / enter");
    assert!(draw(&model).contains("cannot be used"), "{}", draw(&model));
}

#[test]
fn marks_carry_time_and_name_and_are_gone_to() {
    let (mut model, first) = opened(80, 24);
    update(&mut model, told(&first, 100));
    press(&mut model, "m");
    assert!(draw(&model).contains("── 14:32:07 ann ──"), "{}", draw(&model));
    update(&mut model, told(&first, 105));
    let screen = draw(&model);
    let row = |words: &str| {
        screen
            .lines()
            .position(|l| l.contains(words))
            .unwrap_or_else(|| panic!("no {words}:\n{screen}"))
    };
    assert!(
        row("line 99 of") < row("── 14:32:07 ann") && row("── 14:32:07 ann") < row("line 100 of")
    );
    update(&mut model, told(&first, 1_000));
    assert_eq!(ask(&press(&mut model, "{")).at, Follow::From(99));
    press(&mut model, "g g }");
    assert_eq!(ask(&press(&mut model, "G {")).at, Follow::From(99));
}

#[test]
fn lines_are_wrapped_shifted_kept_and_left() {
    let (mut model, first) = opened(60, 16);
    let long = format!("begin {} the end", "x".repeat(200));
    let row = Row::new(
        0,
        &Line { number: 0, offset: 0, bytes: long.as_bytes(), len: long.len() as u64, tag: None },
    );
    let view =
        LogView { ask: first.id, n_lines: 1, n_places: 1, rows: vec![row], ..LogView::default() };
    update(&mut model, Msg::LogView(Ok(Box::new(view))));
    assert!(!draw(&model).contains("the end"));
    press(&mut model, "w");
    assert!(draw(&model).contains("the end") && draw(&model).contains("begin"), "{}", draw(&model));
    press(&mut model, "w right right right right right right right right right");
    assert!(
        draw(&model).contains("the end") && !draw(&model).contains("begin"),
        "{}",
        draw(&model)
    );
    let kept = press(&mut model, "s");
    assert!(matches!(kept.as_slice(), [Effect::KeepLog { to: Keep::File, .. }]), "{kept:?}");
    let kept = press(&mut model, "o");
    assert!(matches!(kept.as_slice(), [Effect::KeepLog { to: Keep::Pager, .. }]), "{kept:?}");
    assert_eq!(press(&mut model, "esc"), vec![Effect::CloseLog]);
    assert_eq!(model.place(), Place::Run);
    assert!(now() > ago(1));
}

#[test]
fn hostile_lines_steer_nothing_at_any_size() {
    let hostile = b"\x1b[2J\x1b]0;owned\x07\xe2\x80\xaegnp.exe\ttab \xff\xfe \xe6\x9d\xb1\xe4\xba\xac\r10%\r20%";
    for (width, height) in SIZES.into_iter().chain([(0, 0), (20, 5), (40, 10), (41, 11)]) {
        let (mut model, first) = opened(width.max(40), height.max(10));
        let rows: Vec<Row> = (0..80)
            .map(|number| {
                Row::new(
                    number,
                    &Line { number, offset: 0, bytes: hostile, len: 90_000_000, tag: None },
                )
            })
            .collect();
        let view = LogView { ask: first.id, n_lines: 80, n_places: 80, rows, ..LogView::default() };
        update(&mut model, Msg::LogView(Ok(Box::new(view))));
        for keys in ["", "w", "t", "m", "/ 2 0 enter"] {
            press(&mut model, keys);
            let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
            bunker_ops::ui::view(&model, &Theme::builtin("dark", Depth::True), &mut buf);
            assert!(!buf.content.iter().any(|c| c.symbol().chars().any(char::is_control)));
            to_ascii(&mut buf);
            assert!(buf.content.iter().all(|c| c.symbol().is_ascii()));
        }
    }
}

/// A store with a run of these hosts of which each has begun a job.
async fn store(dir: &std::path::Path, hosts: &[HostId]) -> (Arc<StoreWriter>, Arc<dyn RunReader>) {
    let dir = StateDir::at(dir.join("state"));
    let writer =
        StoreWriter::open(&dir, Arc::new(StepClock::default()), &Operate::grant()).unwrap();
    let names: Vec<&str> = hosts.iter().map(HostId::as_str).collect();
    let (plan, run) = (simple_plan(&names), run_id(1));
    writer.create(&run, &plan, planned(&plan)).await.unwrap();
    writer.claim(&run, std::process::id()).await.unwrap();
    let begun = hosts.iter().map(|host| EventKind::JobIntended {
        host: host.clone(),
        seq: 1,
        nonce: "0123456789abcdef".into(),
        steps: vec![step("backup")],
    });
    let mut kinds = vec![EventKind::WorkerStarted { pid: 1, generation: 1 }];
    kinds.extend(begun);
    writer.append(&run, kinds).await.unwrap();
    let reader = StoreReader::open(&dir, Arc::new(StepClock::default())).unwrap();
    (Arc::new(writer), Arc::new(reader))
}

fn book(reader: &Arc<dyn RunReader>, host: &HostId) -> LogBook {
    let (run, host) = (run_id(1), host.clone());
    LogBook::new(Arc::new(RunLog { store: Arc::clone(reader), run, host }))
}

/// A million lines in the store: opened, gone to, filtered and searched. Bars are loose: this may be a debug build.
#[tokio::test(flavor = "multi_thread")]
async fn any_part_of_a_million_lines_is_there_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let a = host("a");
    let (writer, reader) = store(dir.path(), std::slice::from_ref(&a)).await;
    for piece in 0..100 {
        let mut text = String::new();
        for n in piece * 10_000..(piece + 1) * 10_000 {
            let what = if n % 50_000 == 49_999 {
                "npm error ENOSPC"
            } else {
                "Sending build context to the daemon"
            };
            let _ = writeln!(text, "#9 {n} {what}");
        }
        writer.keep_log(&run_id(1), &a, 1, text.as_bytes()).await.unwrap();
    }
    let mut book = book(&reader, &a);
    let begun = Instant::now();
    while book.grow(8 << 20).await.unwrap() {}
    let opened = begun.elapsed();
    assert_eq!(book.n_lines(), 1_000_000);
    let mut slowest = Duration::ZERO;
    for n in (0..200_u64).map(|i| i * 4_999) {
        let begun = Instant::now();
        let rows = book.window(n, 50).await.unwrap();
        slowest = slowest.max(begun.elapsed());
        assert!(rows[0].text.as_str().starts_with(&format!("#9 {n} ")));
    }
    let begun = Instant::now();
    let found = book.find(&Sieve::parse("enospc").unwrap(), 960_000, Way::On).await.unwrap();
    let searched = begun.elapsed();
    assert_eq!(found, Some(999_999));
    let begun = Instant::now();
    book.sift(&Sieve::default().errors_only(true));
    while book.grow(8 << 20).await.unwrap() {}
    let sifted = begun.elapsed();
    assert_eq!(book.n_places(), 20);
    assert_eq!(book.window(19, 5).await.unwrap()[0].line, 999_999);
    eprintln!(
        "a million lines ({} MB): read through in {opened:?}, any part of it within {slowest:?}, 40,000 lines searched in \
         {searched:?}, errors only in {sifted:?}",
        book.length() >> 20
    );
    assert!(opened < Duration::from_secs(30) && sifted < Duration::from_mins(1));
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
}

/// 100,000 lines a second from fifty hosts: all are on the disk, and whoever follows one of them is up with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_from_fifty_hosts_is_kept_whole_while_one_is_followed() {
    let dir = tempfile::tempdir().unwrap();
    let hosts: Vec<HostId> = (0..50).map(|n| host(&format!("h{n:02}"))).collect();
    let (writer, reader) = store(dir.path(), &hosts).await;
    let lines: Vec<String> =
        (0..200).map(|n| format!("line {n} of a flood that goes on and on\n")).collect();
    let piece = lines.concat();
    // Two seconds of it: ten times a second 200 lines of each host.
    let flood = {
        let (writer, hosts) = (Arc::clone(&writer), hosts.clone());
        #[expect(clippy::disallowed_methods, reason = "it is waited for below")]
        tokio::spawn(async move {
            let begun = Instant::now();
            for _ in 0..20 {
                for host in &hosts {
                    writer.keep_log(&run_id(1), host, 1, piece.as_bytes()).await.unwrap();
                }
            }
            begun.elapsed()
        })
    };
    let mut followed = book(&reader, &hosts[7]);
    let (mut looks, mut slowest) = (0, Duration::ZERO);
    while !flood.is_finished() {
        let begun = Instant::now();
        while followed.grow(8 << 20).await.unwrap() {}
        let last = followed.n_places().saturating_sub(50);
        followed.window(last, 50).await.unwrap();
        slowest = slowest.max(begun.elapsed());
        looks += 1;
        tokio::task::yield_now().await;
    }
    let took = flood.await.unwrap();
    let mut lines = 0;
    for host in &hosts {
        let mut book = book(&reader, host);
        while book.grow(8 << 20).await.unwrap() {}
        assert_eq!(book.n_lines(), 4_000, "{host} lost lines");
        lines += book.n_lines();
    }
    let rate = lines as f64 / took.as_secs_f64();
    eprintln!(
        "{lines} lines of fifty hosts kept in {took:?} ({rate:.0} a second); {looks} looks at one, the slowest {slowest:?}"
    );
    assert_eq!(lines, 200_000);
    // How fast it goes is for the bench to say: here other tests have the machine too.
    assert!(looks > 0);
}
