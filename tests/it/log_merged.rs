//! The outputs of all targets of a run as one: in the order of time, with the name of each host in a gutter, by key and by verb.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::Arc;

use bunker_ops::app::action::Place;
use bunker_ops::app::log_page::{LogAsk, LogOf, LogView};
use bunker_ops::app::pages::{Follow, RunPage};
use bunker_ops::app::{Effect, Model, Msg, Screen, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::log::{Row, Splitter, tagged};
use jiff::SignedDuration;

use crate::sample::{host, run_id};
use crate::speed::outputs::Outputs;
use crate::speed::screen::{SOON, dead_fleet, on_run, opened};
use crate::ui_world::{cockpit, now, press, run_view, screen, twelve};

const HOSTS: [&str; 3] = ["red-deer", "st-albert", "banff"];

/// A cockpit on the page of all outputs of a run; what opening it asked.
fn merged(width: u16, height: u16) -> (Model, LogAsk) {
    let mut model = cockpit(width, height, Some(Operate::grant()));
    update(&mut model, Msg::Fleet(twelve()));
    model.screens.push(Screen::Run(Box::new(RunPage::new(run_id(0x7f3a)))));
    update(&mut model, Msg::Run(Arc::new(run_view(&HOSTS))));
    let effects = press(&mut model, "M");
    let asked = effects.iter().find_map(|effect| {
        let Effect::AskLog(ask) = effect else { return None };
        Some((**ask).clone())
    });
    assert_eq!(model.place(), Place::Log);
    (model, asked.expect("something is asked"))
}

/// The first lines of three hosts, as the reader would tell them.
fn told(ask: &LogAsk) -> Msg {
    let mut rows = Vec::new();
    let mut splitter = Splitter::default().tagged(true);
    for n in 0..12_u64 {
        let at = now() + SignedDuration::from_secs(n.cast_signed());
        let text = if n % 5 == 4 { "npm error ENOSPC" } else { "Sending build context" };
        let line = tagged(at, &host(HOSTS[n as usize % 3]), &format!("{n} {text}").as_str().into());
        splitter.feed(line.as_bytes(), |line| {
            rows.push(Row::new(n, line));
            true
        });
    }
    let (length, n_lines) = (splitter.next_offset(), rows.len() as u64);
    let view = LogView {
        ask: ask.id,
        n_lines,
        n_places: n_lines,
        length,
        looked: length,
        rows,
        ..LogView::default()
    };
    Msg::LogView(Ok(Box::new(view)))
}

#[test]
fn names_stand_in_a_gutter_that_is_as_wide_on_every_line_at_every_size() {
    for (width, height) in [(80, 24), (120, 40), (200, 60), (40, 10)] {
        let (mut model, asked) = merged(width, height);
        assert_eq!((&asked.of, asked.at), (&LogOf::Merged { run: run_id(0x7f3a) }, Follow::End));
        update(&mut model, told(&asked));
        for keys in ["", "t", "w"] {
            press(&mut model, keys);
            let shown = screen(&model);
            let lines: Vec<&str> = shown.lines().filter(|line| line.contains("Send")).collect();
            assert!(lines.len() > 3, "{width}x{height}\n{shown}");
            let place = |line: &&str| line.chars().skip(1).position(|c| c == '│');
            let places: std::collections::BTreeSet<_> = lines.iter().map(place).collect();
            assert_eq!(places.len(), 1, "{width}x{height} {keys}\n{shown}");
            assert!(shown.contains("banff "), "{shown}");
            if width >= 80 {
                assert!(shown.contains("all targets · output of run 7f3a"), "{shown}");
                // Beside the place, which is never left out.
                let words = if width == 80 {
                    "times: spread in steps"
                } else {
                    "times within a step are spread evenly"
                };
                let said = shown.contains(words) && shown.contains("follow · 12 lines");
                assert_eq!(said, keys.is_empty(), "where times are shown: {shown}");
                assert_eq!(
                    shown.contains("14:32:07 red-deer  │ 0 Sending"),
                    keys.is_empty(),
                    "{shown}"
                );
            }
        }
    }
}

#[test]
fn names_are_whole_where_the_page_was_opened_before_the_run_was_known_and_stay_where_they_are() {
    let mut model = cockpit(120, 40, Some(Operate::grant()));
    update(&mut model, Msg::Fleet(twelve()));
    model.screens.push(Screen::Run(Box::new(RunPage::new(run_id(0x7f3a)))));
    let effects = press(&mut model, "M");
    let asked = effects.iter().find_map(|effect| {
        let Effect::AskLog(ask) = effect else { return None };
        Some(ask)
    });
    let Msg::LogView(Ok(all)) = told(asked.unwrap()) else { panic!("a view") };
    let mut one = all.clone();
    let short = |row: &Row| row.from.as_ref().is_some_and(|from| from.host == host("banff"));
    one.rows.retain(short);
    assert!(one.rows.len() > 2, "{:?}", one.rows);
    update(&mut model, Msg::LogView(Ok(all)));
    let shown = screen(&model);
    assert!(shown.contains("st-albert │ ") && shown.contains("banff     │ "), "{shown}");
    update(&mut model, Msg::LogView(Ok(one)));
    assert!(screen(&model).contains("banff     │ "), "{}", screen(&model));
}

#[test]
fn what_works_on_one_output_works_on_all_of_them() {
    let (mut model, asked) = merged(120, 40);
    update(&mut model, told(&asked));
    let ask = |effects: Vec<Effect>| match effects.into_iter().next_back() {
        Some(Effect::AskLog(ask)) => *ask,
        other => panic!("{other:?}"),
    };
    assert!(ask(press(&mut model, "e")).sieve.is_errors_only());
    assert_eq!(ask(press(&mut model, "e & b a n enter")).sieve.text(), "ban");
    assert!(ask(press(&mut model, "/ e n o enter")).find.is_some());
    assert!(ask(press(&mut model, "n")).find.is_some());
    assert_eq!(ask(press(&mut model, "g g")).at, Follow::From(0));
    let kept = press(&mut model, "s");
    assert!(matches!(kept.as_slice(), [Effect::KeepLog { .. }]), "{kept:?}");
    assert!(asked.of.command().ends_with(" --by-time"), "{}", asked.of.command());
    press(&mut model, "esc");
    assert_eq!(model.place(), Place::Run);
    press(&mut model, "v M");
    assert_eq!(model.place(), Place::Log);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_outputs_are_one_with_no_line_lost_and_each_host_in_its_own_order() {
    let dir = tempfile::tempdir().unwrap();
    let outputs = Outputs::new(&dir.path().join("state"), 50).await;
    outputs.pour(2_000, 100).await;
    let (took, lines) = outputs.merged().await;
    eprintln!("100,000 lines of fifty hosts as one in {took:?}");
    assert_eq!(lines.len(), 100_000);
    assert!(lines.is_sorted_by_key(|line| line.at));
    let mut next = vec![0; 50];
    for line in &lines {
        let n: usize = line.text.as_str().split(' ').nth(1).unwrap().parse().unwrap();
        assert_eq!(n, next[line.of], "host {}", line.of);
        next[line.of] += 1;
    }
}

fn bunker(state: &std::path::Path, args: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bunker"));
    let out = command.args(args).env("BUNKER_STATE", state).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

#[test]
fn the_verb_prints_all_outputs_in_the_order_of_time() {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let state = dir.path().join("state");
    let outputs = runtime.block_on(Outputs::new(&state, 3));
    runtime.block_on(outputs.pour(4, 2));
    runtime.block_on(outputs.keep(b"and \x1b[31mno end"));
    let (code, out, err) = bunker(&state, &["logs", "last", "--by-time"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(out.lines().count(), 13, "{out}");
    assert!(err.contains("within a step, lines are spread evenly"), "{err}");
    let line =
        regex::Regex::new(r"(?m)^\d\d:\d\d:\d\d host-0002 \| #9 3 Sending build context").unwrap();
    assert!(line.is_match(&out) && out.contains("host-0000 | and no end"), "{out}");
    let (code, out, _) = bunker(&state, &["--json", "logs", "last", "--by-time"]);
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, told["lines"].as_array().unwrap().len()), (0, 13));
    assert!(told["lines"][0]["at"].is_string() && told["lines"][0]["host"].is_string(), "{out}");
    let (code, _, _) = bunker(&state, &["logs", "last", "host-0001", "--by-time"]);
    assert_eq!(code, 2);
}

#[test]
fn all_outputs_are_followed_sifted_by_host_and_opened_in_the_pager() {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let outputs = runtime.block_on(Outputs::new(&dir.path().join("state"), 3));
    runtime.block_on(outputs.pour(200, 10));
    let pager = dir.path().join("pager");
    std::fs::write(
        &pager,
        "#!/bin/sh\nwc -l <\"$2\"\necho \"option $1\"\nread -r line\necho \"left with $line\"\n",
    )
    .unwrap();
    std::fs::set_permissions(&pager, std::fs::Permissions::from_mode(0o755)).unwrap();
    let inventory = dead_fleet(dir.path(), 3);
    let pager = format!("{} -x", pager.display());
    let mut terminal = opened(&inventory, dir.path(), &[("PAGER", &pager)]);
    terminal.wait_for("host-0001", SOON).unwrap();
    on_run(&mut terminal);
    terminal.keys("M").unwrap();
    terminal.wait_for("follow · 600 lines", SOON).unwrap();
    terminal.wait_for(r"\d\d:\d\d:\d\d host-0002 │ #9 199 Sending", SOON).unwrap();
    runtime.block_on(outputs.pour(1, 1));
    terminal.wait_for("follow · 603 lines", SOON).unwrap();
    terminal.keys("& host-0001 enter").unwrap();
    terminal.wait_for("201 of 603 lines", SOON).unwrap();
    terminal.wait_gone("host-0002 │", SOON).unwrap();
    terminal.keys("o").unwrap();
    terminal.wait_for("option -x", SOON).unwrap();
    let screen = terminal.text();
    assert!(screen.contains("201") && !screen.contains("follow · "), "{screen}");
    terminal.keys("word C-j").unwrap();
    terminal.wait_for("has been left", SOON).unwrap();
    terminal.wait_for("201 of 603 lines", SOON).unwrap();
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    assert_eq!(terminal.left_behind(), Vec::<&str>::new());
}
