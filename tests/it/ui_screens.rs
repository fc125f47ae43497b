//! The cockpit's screens as text: what stands where, at every size, with every kind of fleet.

use std::sync::Arc;
use std::time::Instant;

use bunker_ops::app::msg::LogChunk;
use bunker_ops::app::pages::{PlanPage, RunPage};
use bunker_ops::app::{Model, Msg, Screen, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::health::Health;
use bunker_ops::domain::run::event::{EventKind, RunEvent};
use bunker_ops::domain::run::outcome::Outcome;
use bunker_ops::domain::run::pause::PauseReason;
use bunker_ops::domain::snapshot::FleetSnapshot;
use bunker_ops::tui::{Picture, text};
use bunker_ops::ui::theme::Role;
use bunker_ops::ui::{Depth, Theme, to_ascii};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::sample::{host, run_id, step};
use crate::ui_world::{
    ago, cockpit, env_changes, instance, many, plan, press, run_view, snapshot, troubled, twelve,
};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];
const TINY: [(u16, u16); 7] = [(0, 0), (1, 1), (20, 5), (39, 10), (40, 10), (41, 11), (500, 3)];

fn theme() -> Theme {
    Theme::builtin("dark", Depth::True)
}

fn draw(model: &Model) -> String {
    text(&Picture::of(model, &theme()))
}

fn with(width: u16, height: u16, fleet: &Arc<FleetSnapshot>) -> Model {
    let mut model = cockpit(width, height, Some(Operate::grant()));
    update(&mut model, Msg::Fleet(Arc::clone(fleet)));
    model
}

fn line<'a>(screen: &'a str, word: &str) -> &'a str {
    screen.lines().find(|l| l.contains(word)).unwrap_or_else(|| panic!("no {word} in:\n{screen}"))
}

/// Fleets that have broken screens before: empty, one, many, old figures, long names, wide and hostile text.
fn fleets() -> Vec<(&'static str, Arc<FleetSnapshot>)> {
    let long = "x".repeat(64);
    let hostile =
        "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}gnp.exe\ttab \u{200b} 東京都庁 ünï \u{e0041}";
    vec![
        ("empty", many(0)),
        ("one", many(1)),
        ("twelve", twelve()),
        ("two hundred", many(200)),
        (
            "old",
            snapshot(vec![
                instance("old", 4_000),
                troubled("gone", Health::Unknown, "ssh", "no answer"),
            ]),
        ),
        ("long", snapshot(vec![troubled(&long, Health::Down, &long, &"word ".repeat(400))])),
        ("hostile", snapshot(vec![troubled("h", Health::Degraded, hostile, hostile)])),
    ]
}

/// Every page and layer on a fleet.
fn pages(width: u16, height: u16, fleet: &Arc<FleetSnapshot>) -> Vec<(&'static str, Model)> {
    let fresh = || with(width, height, fleet);
    let keyed = |keys: &str| {
        let mut model = fresh();
        press(&mut model, keys);
        model
    };
    let mut planned = fresh();
    let page = PlanPage { typed: "3".into(), ..PlanPage::new(Arc::new(plan(&["a", "b", "c"]))) };
    planned.screens.push(Screen::Plan(Box::new(page)));
    let mut run = fresh();
    run.screens.push(Screen::Run(Box::new(RunPage::new(run_id(0x7f3a)))));
    update(&mut run, Msg::Run(Arc::new(run_view(&["red-deer", "st-albert", "banff"]))));
    let bytes = b"#9 RUN npm ci\n\x1b[31mnpm error ENOSPC\x1b[0m: no space left on device\n";
    update(
        &mut run,
        Msg::Log(LogChunk {
            run: run_id(0x7f3a),
            host: host("red-deer"),
            offset: 0,
            bytes: bytes.as_slice().into(),
        }),
    );
    vec![
        ("fleet", fresh()),
        ("waiting", cockpit(width, height, None)),
        ("instance", keyed("enter")),
        ("runs", keyed("R")),
        ("help", keyed("?")),
        ("palette", keyed(": a")),
        ("filter", keyed("/ a")),
        ("reference", keyed("u x")),
        ("planning", keyed("u enter")),
        ("plan", planned),
        ("run", run),
    ]
}

#[test]
fn every_page_draws_at_every_size_with_every_fleet() {
    for (kind, fleet) in fleets() {
        for (width, height) in SIZES.into_iter().chain(TINY) {
            for (page, model) in pages(width, height, &fleet) {
                for name in ["dark", "mono"] {
                    let theme = Theme::builtin(name, Depth::Ansi256);
                    let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
                    bunker_ops::ui::view(&model, &theme, &mut buf);
                    let steers =
                        buf.content.iter().any(|c| c.symbol().chars().any(char::is_control));
                    assert!(!steers, "{page} of {kind} at {width}x{height}");
                    to_ascii(&mut buf);
                    assert!(buf.content.iter().all(|c| c.symbol().is_ascii()), "{page} of {kind}");
                }
                // A terminal that is smaller than what the model believes yet.
                let mut small = Buffer::empty(Rect::new(0, 0, width / 2, height / 3));
                bunker_ops::ui::view(&model, &theme(), &mut small);
            }
        }
    }
}

#[test]
fn the_fleet_at_80_columns_says_who_needs_help_and_why() {
    let screen = draw(&with(80, 24, &twelve()));
    assert_eq!(screen.lines().count(), 24);
    assert!(line(&screen, "bunker").contains("● 9  ▲ 1  ▼ 1  ? 1"), "{screen}");
    let down = line(&screen, "▼ calgary-prod");
    assert!(down.contains("v2.4.1") && down.contains("down") && down.contains("212ms"), "{down}");
    assert!(screen.contains("Why calgary-prod is down"), "{screen}");
    assert!(line(&screen, "api   exited (1)").contains("4m ago"), "{screen}");
    let unknown = line(&screen, "? leduc-test");
    assert!(
        unknown.contains("unknown") && unknown.contains('—') && !unknown.contains(" 0 "),
        "{unknown}"
    );
    let order: Vec<usize> = ["calgary-prod ", "red-deer ", "leduc-test ", "airdrie "]
        .iter()
        .map(|name| screen.find(name).unwrap())
        .collect();
    assert!(order.is_sorted(), "problems stand first:\n{screen}");
    assert!(
        screen.contains("u upgrade") && screen.contains("? help") && screen.contains("q leave")
    );
}

#[test]
fn wide_screens_have_all_columns_and_narrow_ones_keep_name_and_health() {
    let wide = draw(&with(200, 60, &twelve()));
    for heading in [
        "INSTANCE",
        "DOMAIN",
        "T RELEASE",
        "HEALTH",
        "HTTP",
        "P95",
        "ERR",
        "QUEUE",
        "SESS",
        "BACKUP",
        "DISK",
        "1H",
        "REASON",
    ] {
        assert!(wide.contains(heading), "no {heading}:\n{wide}");
    }
    let narrow = draw(&with(40, 10, &twelve()));
    let row = line(&narrow, "calgary-prod");
    assert!(row.contains("▼") && row.contains("down"), "{narrow}");
    let tiny = draw(&with(30, 8, &twelve()));
    assert!(tiny.contains("too small") && tiny.contains("30x8"), "{tiny}");
}

#[test]
fn old_figures_show_their_age_and_missing_ones_a_dash() {
    let fleet = snapshot(vec![instance("old", 4_000)]);
    let screen = draw(&with(80, 24, &fleet));
    let row = line(&screen, "● old");
    assert!(row.contains("? 66m") && !row.contains("212ms"), "{row}");
    // The age of a backup grows by itself: 6 h when it was read, 67 minutes ago.
    assert!(row.contains("7h"), "{row}");
}

#[test]
fn nothing_moves_when_a_figure_refreshes() {
    let before = draw(&with(120, 40, &twelve()));
    let mut next = (*twelve()).clone();
    next.instances = next
        .instances
        .iter()
        .map(|i| {
            let mut i = (**i).clone();
            if let Some(figure) = i.signals.get_mut(&bunker_ops::domain::signal::Signal::MailQueue)
                && let Some(reading) = figure.reading.as_mut()
            {
                reading.value = 98_765.0;
            }
            Arc::new(i)
        })
        .collect();
    let after = draw(&with(120, 40, &Arc::new(next)));
    for (a, b) in before.lines().zip(after.lines()).skip(2).take(16) {
        let place = |l: &str| {
            l.chars().enumerate().filter(|(_, c)| *c == '%').map(|(at, _)| at).collect::<Vec<_>>()
        };
        assert_eq!(place(a), place(b), "\n{a}\n{b}");
    }
}

#[test]
fn the_run_page_shows_targets_steps_output_and_what_to_do() {
    for (width, height) in SIZES {
        let (_, model) = pages(width, height, &twelve()).pop().unwrap();
        let screen = draw(&model);
        for words in [
            "run 7f3a",
            "upgrade → v2.5.0",
            "by ann",
            "1 failed",
            "▼ red-deer",
            "batch 2 of 2",
            "npm error ENOSPC: no space left on device",
            "▼ build failed after 3s: the disk of / is full",
            "next: free space",
            "p pause",
            "a abort",
            "follow",
        ] {
            assert!(screen.contains(words), "no {words:?} at {width}x{height}:\n{screen}");
        }
    }
    let (_, model) = pages(200, 60, &twelve()).pop().unwrap();
    let screen = draw(&model);
    let failed = line(&screen, "▼ red-deer  ");
    assert!(failed.contains("● 3s") && failed.contains("▼ 3s"), "{failed}");
    let gate = line(&screen, "st-albert");
    assert!(gate.contains("12s"), "{gate}");
}

/// The run that is seen goes on by one event.
fn happens(model: &mut Model, kind: EventKind) {
    let Some(Screen::Run(page)) = model.screens.last_mut() else { panic!("no run is seen") };
    let state = &mut Arc::make_mut(page.view.as_mut().unwrap()).state;
    let (run, seq, at) = (state.run.clone(), state.seq + 1, ago(1));
    state.apply(&RunEvent { run, seq, at, kind });
}

#[test]
fn a_paused_run_says_who_paused_it_and_that_a_target_between_two_steps_stands_still() {
    let (_, mut model) = pages(80, 24, &twelve()).pop().unwrap();
    let why = "paused by ann".into();
    happens(&mut model, EventKind::Paused { why, reason: PauseReason::Manual });
    let screen = draw(&model);
    assert!(screen.contains("\n paused by ann") && screen.contains("1 at work"), "{screen}");

    let (host, step, took_s) = (host("st-albert"), step("gate"), Some(12.0));
    happens(&mut model, EventKind::StepFinished { host, step, outcome: Outcome::Ok, took_s });
    let screen = draw(&model);
    assert!(line(&screen, "st-albert").contains("▲ st-albert"), "{screen}");
    assert!(line(&screen, "│   batch 1 of 2").contains("paused"), "{screen}");
    assert!(screen.contains("0 at work"), "{screen}");
    press(&mut model, "a");
    assert!(draw(&model).contains("1 stands between"), "{}", draw(&model));
}

#[test]
fn the_plan_page_says_what_will_happen_and_asks_for_the_number() {
    let (_, model) = pages(100, 30, &twelve()).remove(9);
    let screen = draw(&model);
    for words in [
        "plan  upgrade 3 instances to v2.5.0",
        "(3f9c2ab)",
        "batches",
        "2 · 1",
        "parallel 2",
        "when 1 of 3 fails",
        "backup → fetch → build",
        "3 ready",
        "type the number of instances to start (3): 3",
        "enter starts them",
        "nothing has been changed",
    ] {
        assert!(screen.contains(words), "no {words:?}:\n{screen}");
    }
}

#[test]
fn the_plan_page_tells_a_change_of_settings_on_several_hosts_once() {
    use bunker_ops::domain::env::{EnvChange, EnvChangeKind, EnvValue};
    let (_, mut model) = pages(100, 30, &twelve()).remove(9);
    let Some(Screen::Plan(page)) = model.screens.last_mut() else { panic!("no plan page") };
    let plan = Arc::make_mut(&mut page.plan);
    let plain = |text: &str| Some(EnvValue::Plain(text.into()));
    for host in &mut plan.hosts {
        let (from, to) = (plain("false"), plain("true"));
        let (name, kind) = ("ENABLE_MEDIA".into(), EnvChangeKind::Change);
        host.diff.push(EnvChange { name, kind, from, to });
    }
    let (from, to) = (plain("x"), Some(EnvValue::Secret("1234abcd".into())));
    let (name, kind) = ("SMTP_PASSWORD".into(), EnvChangeKind::Drift);
    plan.hosts[0].diff.push(EnvChange { name, kind, from, to });
    let screen = draw(&model);
    for words in [
        "3 hosts: a, b, c",
        "ENABLE_MEDIA: false -> true",
        "1 host: a",
        "▲ SMTP_PASSWORD changed (1234abcd)   edited on the host",
    ] {
        assert_eq!(screen.matches(words).count(), 1, "{words:?}:\n{screen}");
    }
}

#[test]
fn a_plan_says_in_full_what_stands_in_the_way_and_offers_no_start_where_nothing_can_be() {
    use bunker_ops::domain::plan::{Finding, Readiness};
    let (_, mut model) = pages(80, 24, &twelve()).remove(9);
    let Some(Screen::Plan(page)) = model.screens.last_mut() else { panic!("no plan page") };
    let plan = Arc::make_mut(&mut page.plan);
    for host in &mut plan.hosts {
        host.readiness = Readiness::Blocked;
        let text = "line 34: vault_jwt_secret is not defined for this host: put it into the vault: bunker vault set HOST NAME";
        let (readiness, subject) = (Readiness::Blocked, "template".into());
        host.findings = vec![Finding { readiness, subject, text: text.into() }];
    }
    plan.batches.clear();
    let screen = draw(&model);
    let words: Vec<&str> = screen.split(['│', '\n', ' ']).filter(|word| !word.is_empty()).collect();
    assert!(
        words.join(" ").contains("put it into the vault: bunker vault set HOST NAME"),
        "{screen}"
    );
    assert!(screen.contains("3 blocked") && screen.contains("nothing to start"), "{screen}");
    for words in ["batches", "of 0", "enter start"] {
        assert!(!screen.contains(words), "{words:?}:\n{screen}");
    }
}

#[test]
fn a_plan_says_how_many_lines_have_no_room() {
    for (width, height, cut) in [(80, 24, true), (200, 60, false)] {
        let (_, mut model) = pages(width, height, &twelve()).remove(9);
        let Some(Screen::Plan(page)) = model.screens.last_mut() else { panic!("no plan page") };
        let plan = Arc::make_mut(&mut page.plan);
        plan.hosts[0].diff = env_changes(20);
        let screen = draw(&model);
        assert_eq!(
            screen.contains("more lines: tab and down show them, or `bunker plan`"),
            cut,
            "{screen}"
        );
        assert_eq!(screen.contains("SETTING_19"), !cut, "{screen}");
    }
}

#[test]
fn state_is_never_told_by_colour_alone() {
    let theme = theme();
    let model = with(120, 40, &twelve());
    let picture = Picture::of(&model, &theme);
    let screen = text(&picture);
    for (role, glyph, word) in [
        (Role::Down, "▼", "down"),
        (Role::Degraded, "▲", "degraded"),
        (Role::Unknown, "?", "unknown"),
    ] {
        let colour = theme.style(role).fg.unwrap();
        let coloured =
            picture.buffer().content.iter().any(|c| c.symbol() == glyph && c.fg == colour);
        assert!(coloured, "{word} has its colour");
        let row = screen.lines().find(|l| l.contains(glyph) && l.contains(word));
        assert!(row.is_some(), "{word} has its sign and its word:\n{screen}");
    }
}

#[test]
fn a_screen_of_a_thousand_instances_is_drawn_in_time() {
    let model = with(200, 60, &many(1_000));
    let theme = theme();
    let mut buf = Buffer::empty(Rect::new(0, 0, 200, 60));
    let mut best = f64::MAX;
    for _ in 0..20 {
        let start = Instant::now();
        bunker_ops::ui::view(&model, &theme, &mut buf);
        best = best.min(start.elapsed().as_secs_f64());
    }
    eprintln!("a frame of 1,000 instances at 200x60: {:.2} ms at best in this build", best * 1e3);
    // The bar is 4 ms in a release build; a debug build on a busy machine gets ten times that.
    assert!(best < 0.040, "{:.1} ms", best * 1e3);
}
