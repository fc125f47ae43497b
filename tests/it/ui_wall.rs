//! The wall: what is seen of fleets of every size, that nothing typed changes anything, and that days leave nothing behind.

use std::fmt::Write as _;
use std::sync::Arc;

use bunker_ops::app::msg::{Mouse, RunView};
use bunker_ops::app::setup::Unusable;
use bunker_ops::app::wall::{PAGE_S, QUESTION_S, SHIFT_S};
use bunker_ops::app::{Effect, Model, Msg, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::health::Health;
use bunker_ops::domain::run::state::{Phase, RunSummary};
use bunker_ops::domain::snapshot::{FleetSnapshot, MetricsState};
use bunker_ops::domain::untrusted::Safe;
use bunker_ops::domain::window::window_sets;
use bunker_ops::tui::{Picture, picture_svg, text};
use bunker_ops::ui::{Depth, Theme, to_ascii};
use jiff::SignedDuration;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use crate::sample::{ann, host, run_id};
use crate::ui_world::{cockpit, instance, many, now, press, run_view, snapshot, troubled, twelve};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn theme() -> Theme {
    Theme::builtin("wall", Depth::True)
}

fn wall(width: u16, height: u16, fleet: &Arc<FleetSnapshot>) -> Model {
    let mut model = cockpit(width, height, None);
    model.hang();
    update(&mut model, Msg::Fleet(Arc::clone(fleet)));
    model
}

fn draw(model: &Model) -> String {
    text(&Picture::of(model, &theme()))
}

pub(crate) fn summary(view: &RunView) -> RunSummary {
    RunSummary {
        run: view.state.run.clone(),
        workflow: view.plan.workflow,
        target: None,
        phase: view.state.phase,
        planned: now(),
        finished: None,
        by: Some(ann()),
        hosts: view.state.hosts.iter().map(|h| h.id.clone()).collect(),
        at_work: vec![],
        n_ok: 0,
        n_failed: 1,
        summary: None,
    }
}

/// The fleet of twelve with a rollout that goes on.
fn rolling(width: u16, height: u16) -> Model {
    let mut model = wall(width, height, &twelve());
    let view = run_view(&["red-deer", "st-albert", "banff", "jasper"]);
    let effects = update(&mut model, Msg::Runs(vec![summary(&view)]));
    assert_eq!(effects, vec![Effect::Attach(run_id(0x7f3a))]);
    assert_eq!(update(&mut model, Msg::Run(Arc::new(view))), vec![]);
    model
}

fn mixed(n: usize, every: usize) -> Arc<FleetSnapshot> {
    let kinds = [
        (Health::Down, "api", "exited (1) 4m ago, 3 restarts in 5m"),
        (Health::Degraded, "p95", "1.9s (warn 1.0s)"),
        (Health::Unknown, "ssh", "no answer for 4m: connection timed out"),
    ];
    let one = |i: usize| {
        let name = format!("host-{i:04}");
        if !i.is_multiple_of(every) {
            return instance(&name, 5);
        }
        let (health, subject, text) = kinds[i / every % 3];
        troubled(&name, health, subject, text)
    };
    snapshot((0..n).map(one).collect())
}

/// Fleets that have broken screens before.
fn fleets() -> Vec<(&'static str, Arc<FleetSnapshot>)> {
    let long = "instance-with-a-name-that-is-as-long-as-a-name-may-be-and-012345";
    let hostile = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}gnp.exe\ttab \u{200b} ünï \u{e0041}";
    let wide = "東京都庁のサーバーが応答しません。電源を確認してください";
    let failing = ["calgary", "banff", "olds", "jasper"].map(|name| {
        troubled(
            name,
            Health::Down,
            "api",
            "exited (1) 4m ago, 3 restarts in 5m; the old version is gone",
        )
    });
    let mut stale = (*snapshot(vec![instance("old-1", 4_000), instance("old-2", 90_000)])).clone();
    stale.at -= SignedDuration::from_secs(4_000);
    stale.metrics = MetricsState::Answered { at: stale.at, partial: false };
    vec![
        ("empty", many(0)),
        ("one", many(1)),
        ("40", many(40)),
        ("1,000", many(1_000)),
        ("40 with trouble", mixed(40, 7)),
        ("1,000 with trouble", mixed(1_000, 11)),
        ("failing", snapshot(failing.to_vec())),
        ("stale", Arc::new(stale)),
        (
            "long names",
            snapshot(vec![
                troubled(long, Health::Degraded, "p95", long),
                instance(long.get(..60).unwrap(), 5),
            ]),
        ),
        ("CJK", snapshot(vec![troubled("tokyo", Health::Down, "健康", wide)])),
        ("hostile bytes", snapshot(vec![troubled("h", Health::Degraded, hostile, hostile)])),
    ]
}

/// Pictures of a wall, where they are asked for.
fn pictures(model: &Model, name: &str) {
    let Some(folder) = std::env::var_os("BUNKER_PICTURES") else { return };
    for (theme, depth) in [("wall", Depth::True), ("light", Depth::True), ("wall", Depth::Ansi16)] {
        let picture = Picture::of(model, &Theme::builtin(theme, depth));
        let file = format!("wall-{name}-{theme}-{depth:?}.svg").replace([' ', ','], "-");
        std::fs::write(std::path::Path::new(&folder).join(file), picture_svg(&picture)).unwrap();
    }
}

#[test]
fn the_wall_of_every_fleet_at_every_size() {
    let mut out = String::new();
    for (width, height) in SIZES {
        let all = fleets().into_iter().map(|(kind, fleet)| (kind, wall(width, height, &fleet)));
        let twelve =
            [("twelve", wall(width, height, &twelve())), ("rollout", rolling(width, height))];
        for (kind, model) in all.chain(twelve).chain([("waiting", unconnected(width, height))]) {
            let screen = draw(&model);
            assert_eq!(screen.lines().count(), usize::from(height), "{kind}");
            let widest = screen.lines().map(unicode_width::UnicodeWidthStr::width).max();
            assert!(widest.unwrap_or(0) <= usize::from(width), "{kind} at {width}x{height}");
            let _ = write!(out, "=== {kind}, {width}x{height}\n{screen}");
            pictures(&model, &format!("{kind}-{width}x{height}"));
        }
    }
    insta::assert_snapshot!("wall", out);
}

fn unconnected(width: u16, height: u16) -> Model {
    let mut model = cockpit(width, height, None);
    model.hang();
    model
}

#[test]
fn no_size_and_no_fleet_break_the_wall_and_no_byte_of_it_steers_a_terminal() {
    let tiny = [(0, 0), (1, 1), (20, 5), (40, 10), (41, 11), (60, 16), (500, 12), (40, 200)];
    for (kind, fleet) in fleets() {
        for (width, height) in tiny.into_iter().chain(SIZES) {
            let model = wall(width, height, &fleet);
            let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
            bunker_ops::ui::view(&model, &theme(), &mut buf);
            let steers = buf.content.iter().any(|c| c.symbol().chars().any(char::is_control));
            assert!(!steers, "{kind} at {width}x{height}");
            to_ascii(&mut buf);
            assert!(buf.content.iter().all(|c| c.symbol().is_ascii()), "{kind}");
            // A terminal that is smaller than what the model believes yet.
            let mut small = Buffer::empty(Rect::new(0, 0, width / 2, height / 3));
            bunker_ops::ui::view(&model, &theme(), &mut small);
        }
    }
}

#[test]
fn problems_stand_first_in_tiles_of_their_colour_and_the_rest_by_name() {
    let model = wall(120, 40, &twelve());
    let picture = Picture::of(&model, &theme());
    let screen = text(&picture);
    let at = |words: &str| screen.find(words).unwrap_or_else(|| panic!("no {words}:\n{screen}"));
    let order = [at("▼ calgary-prod"), at("▲ red-deer"), at("? leduc-test"), at("● airdrie")];
    assert!(order.is_sorted(), "{screen}");
    for words in [
        "DOWN",
        "DEGRADED",
        "UNKNOWN",
        "api exited (1)",
        "p95 1.9s",
        "no answer for 4m",
        "● 9 healthy",
        "read-only",
    ] {
        at(words);
    }
    // The first row of a tile is filled with the colour of its state, and its word says it too.
    let filled =
        picture.buffer().content.iter().filter(|c| c.modifier.contains(Modifier::REVERSED));
    assert!(filled.clone().any(|c| c.symbol() == "▼") && filled.count() > 60);
    let quiet = Picture::of(&wall(120, 40, &many(12)), &theme());
    let loud = quiet.buffer().content.iter().any(|c| c.modifier.contains(Modifier::REVERSED));
    assert!(!loud, "a healthy wall shouts nowhere");
}

#[test]
fn the_age_of_every_figure_is_told() {
    let screen = draw(&wall(120, 40, &fleets().remove(7).1));
    for words in ["hosts 2 · 25h ago", "metrics 66m ago", "figures 66m ago", "212ms 66m"] {
        assert!(screen.contains(words), "no {words}:\n{screen}");
    }
    let lines: Vec<&str> = screen.lines().collect();
    assert!(!lines[0].contains("ALL"), "{screen}");
    let small = draw(&wall(50, 12, &fleets().remove(7).1));
    assert!(small.contains("? no news 66m"), "{small}");
    let gone =
        draw(&wall(50, 12, &snapshot(vec![troubled("a", Health::Unknown, "ssh", "no answer")])));
    assert!(gone.contains("? 1 unknown"), "{gone}");
}

#[test]
fn hosts_that_the_inventory_leaves_out_are_told() {
    let mut fleet = (*twelve()).clone();
    fleet.inventory.n_left_out = 3;
    let screen = draw(&wall(120, 40, &Arc::new(fleet)));
    assert!(screen.contains("▲ inventory: 3 hosts left out"), "{screen}");
}

/// In letters that are read from across the room: who is not looked at is not well, and not connecting either.
#[test]
fn a_wall_is_not_well_while_hosts_are_left_out_or_there_is_no_inventory() {
    let mut fleet = snapshot(vec![instance("a", 5), instance("b", 5)]);
    let word = |fleet: &Arc<FleetSnapshot>| {
        // Too low for large letters, so that the word stands there as text.
        let screen = draw(&wall(80, 12, fleet));
        screen.lines().find(|l| !l.trim().is_empty()).unwrap().to_owned()
    };
    assert!(word(&fleet).contains("all well"), "{}", word(&fleet));
    Arc::make_mut(&mut fleet).inventory.n_left_out = 3;
    assert!(word(&fleet).contains("▲ 3 left out"), "{}", word(&fleet));
    let inner = Arc::make_mut(&mut fleet);
    inner.instances.clear();
    inner.inventory.problems = vec!["host_vars/a/main.yml:3: a tab".into()];
    let screen = draw(&wall(120, 40, &fleet));
    assert!(screen.contains("all 3 hosts: host_vars/a/main.yml:3: a tab"), "{screen}");
    assert!(!screen.contains("names no instance"), "{screen}");
    let mut model = wall(80, 12, &fleet);
    model.fleet.snapshot = None;
    let unusable = Unusable { dir: "/x".into(), missing: true, problems: Vec::new() };
    update(&mut model, Msg::Unusable(unusable));
    let screen = draw(&model);
    assert!(screen.contains("▼ no inventory") && !screen.contains("connecting"), "{screen}");
}

#[test]
fn a_rollout_is_followed_with_its_progress_and_what_each_target_does() {
    let model = rolling(120, 40);
    let screen = draw(&model);
    for words in [
        "running",
        "upgrade → v2.5.0",
        "1 of 4",
        "batch 1 of 2",
        "1 failed",
        "healthy for 12 s of 30 s",
        "IN WORK",
    ] {
        assert!(screen.contains(words), "no {words}:\n{screen}");
    }
    let mut model = model;
    let mut ended = run_view(&["red-deer", "st-albert", "banff", "jasper"]);
    ended.state.phase = Phase::Failed;
    let effects = update(&mut model, Msg::Runs(vec![summary(&ended)]));
    assert_eq!(effects, vec![Effect::Detach], "an ended run is watched no more");
    assert!(!draw(&model).contains("v2.5.0 "), "{}", draw(&model));
}

#[test]
fn the_window_counts_down() {
    let daily = serde_json::json!({
        "name": "night", "daily": "13:00", "to": "15:44", "zone": "UTC",
    });
    let windows: Arc<[bunker_ops::domain::window::Window]> =
        Arc::new([serde_json::from_value(daily).unwrap()]);
    let mut fleet = (*twelve()).clone();
    let ids: Vec<_> = fleet.instances.iter().map(|i| i.id.clone()).collect();
    fleet.windows = window_sets(ids.iter().map(|id| (id, &windows)));
    let model = wall(120, 40, &Arc::new(fleet));
    assert!(draw(&model).contains("window: open for 1h 11m"), "{}", draw(&model));
}

#[test]
fn what_does_not_fit_has_its_turn_and_nothing_burns_in() {
    let mut model = wall(80, 24, &mixed(1_000, 11));
    let mut seen = std::collections::BTreeSet::new();
    let mut places = std::collections::BTreeSet::new();
    for turn in 0..200 {
        let at = now() + SignedDuration::from_secs(turn * PAGE_S);
        update(&mut model, Msg::Tick(at));
        // The figures are refreshed meanwhile.
        let mut fleet = (*mixed(1_000, 11)).clone();
        fleet.at = at;
        update(&mut model, Msg::Fleet(Arc::new(fleet)));
        let screen = draw(&model);
        let row = screen.lines().position(|l| l.contains("bnkserve")).unwrap();
        let column = screen.lines().nth(row).unwrap().find("bnkserve").unwrap();
        places.insert((row, column));
        for word in screen.split_whitespace().filter(|w| w.starts_with("host-")) {
            seen.insert(word.to_owned());
        }
        if turn == 0 {
            assert!(screen.contains("page ") && screen.contains("91 problems"), "{screen}");
        }
    }
    assert_eq!(seen.len(), 1_000, "every instance was on the wall within {} s", 200 * PAGE_S);
    assert!(places.len() >= 4, "the picture moves every {SHIFT_S} s: {places:?}");
}

#[test]
fn nothing_typed_at_the_wall_changes_anything() {
    // Even where the cockpit could.
    let mut model = cockpit(120, 40, Some(Operate::grant()));
    model.hang();
    update(&mut model, Msg::Fleet(twelve()));
    let before = draw(&model);
    let keys = "u U D c b B Z S P N I enter space * / a x esc : ? R K H T f p s r w v i y m a ' a [ ] g r g f C-z down G tab";
    assert_eq!(press(&mut model, keys), vec![]);
    update(&mut model, Msg::Paste(Safe::line("q\ry")));
    update(&mut model, Msg::Mouse(Mouse::Click(10, 10)));
    update(&mut model, Msg::Mouse(Mouse::Down));
    assert_eq!(draw(&model), before);
    assert_eq!((model.layers.len(), model.screens.len(), model.pending.len()), (0, 0, 0));
    assert_eq!(press(&mut model, "C-l"), vec![Effect::Redraw]);
}

#[test]
fn leaving_the_wall_asks_first_and_an_unanswered_question_goes_away() {
    let mut model = wall(120, 40, &twelve());
    assert_eq!(press(&mut model, "q"), vec![]);
    assert!(draw(&model).contains("> stay"), "{}", draw(&model));
    assert_eq!(press(&mut model, "enter"), vec![], "the safe answer has the focus");
    assert_eq!(press(&mut model, "q q"), vec![], "twice the same key is no answer");
    press(&mut model, "q");
    update(&mut model, Msg::Tick(now() + SignedDuration::from_secs(QUESTION_S - 1)));
    assert_eq!(model.layers.len(), 1);
    update(&mut model, Msg::Tick(now() + SignedDuration::from_secs(QUESTION_S)));
    assert_eq!(model.layers.len(), 0, "somebody leant on the keyboard");
    assert_eq!(press(&mut model, "q tab enter"), vec![Effect::Quit]);
    assert_eq!(press(&mut model, "C-c"), vec![Effect::Quit]);
}

/// Seven days by a clock that is wound: what the wall holds does not grow. Its whole state is written out and counted.
#[test]
fn seven_days_leave_nothing_behind() {
    // Twenty fleets that take turns: hosts come and go, fail and are well again.
    let fleets: Vec<FleetSnapshot> =
        (0..20).map(|turn| (*mixed(30 + turn, 3 + turn % 7)).clone()).collect();
    let mut model = wall(120, 40, &mixed(40, 7));
    let view = run_view(&["host-0000", "host-0001"]);
    let mut sizes = Vec::new();
    let mut buf = Buffer::empty(Rect::new(0, 0, 120, 40));
    for second in (0..7 * 86_400_i64).step_by(10) {
        let at = now() + SignedDuration::from_secs(second);
        update(&mut model, Msg::Tick(at));
        if second % 60 == 0 {
            let turn = usize::try_from(second / 60).unwrap() % fleets.len();
            let mut fleet = fleets[turn].clone();
            fleet.at = at;
            update(&mut model, Msg::Fleet(Arc::new(fleet)));
            press(&mut model, "u q enter x");
        }
        if second % 1_200 == 0 {
            bunker_ops::ui::view(&model, &theme(), &mut buf);
        }
        if second % 1_800 == 0 {
            // A run comes, is watched, and goes; something is told.
            let mut line = summary(&view);
            line.run = run_id(u16::try_from(second / 1_800).unwrap());
            let mut watched = view.clone();
            watched.state.run = line.run.clone();
            update(&mut model, Msg::Runs(vec![line.clone()]));
            update(&mut model, Msg::Run(Arc::new(watched)));
            let kind = bunker_ops::app::toast::ToastKind::Problem;
            update(&mut model, Msg::Notice(kind, Safe::line("the store is busy")));
            line.phase = Phase::Succeeded;
            update(&mut model, Msg::Runs(vec![line]));
        }
        if second % 86_400 == 43_200 {
            sizes.push(format!("{model:?}").len());
        }
    }
    assert_eq!(sizes.len(), 7);
    let (first, last) = (sizes[0], sizes[6]);
    eprintln!("the state of a wall after each of seven days, written out: {sizes:?} bytes");
    assert!(last <= first + first / 100, "it grew: {sizes:?}");
    assert!(model.history.clone().back().is_none(), "a wall goes to no page");
    assert!(model.fleet.instance(&host("host-0001")).is_some());
}
