//! Every screen with every kind of fleet at three sizes, kept as text: a change of a screen is seen in review.
//! `INSTA_UPDATE=always cargo test --test it ui_gallery` writes them anew; look at the difference.
//!
//! Text has no colour, so what has which role is checked in `ui_styles`. With `BUNKER_PICTURES=FOLDER` each screen is
//! drawn as pictures too, in three themes and in sixteen colours, for a person to look at.

use std::fmt::Write as _;
use std::sync::Arc;

use bunker_ops::app::msg::LogChunk;
use bunker_ops::app::pages::{PlanPage, RunPage};
use bunker_ops::app::{Model, Msg, Screen, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::health::Health;
use bunker_ops::domain::snapshot::FleetSnapshot;
use bunker_ops::tui::{Picture, picture_svg, text};
use bunker_ops::ui::{Depth, Theme};

use crate::sample::{host, run_id};
use crate::ui_world::{cockpit, instance, many, plan, press, run_view, snapshot, troubled, twelve};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// Fleets that have broken screens before.
pub(crate) fn fleets() -> Vec<(&'static str, Arc<FleetSnapshot>)> {
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
    vec![
        ("empty", many(0)),
        ("one", many(1)),
        ("40", many(40)),
        ("1,000", many(1_000)),
        ("failing", snapshot(failing.to_vec())),
        ("stale", snapshot(vec![instance("old-1", 4_000), instance("old-2", 90_000)])),
        ("long names", snapshot(vec![troubled(long, Health::Degraded, "p95", long)])),
        ("CJK", snapshot(vec![troubled("tokyo", Health::Down, "健康", wide)])),
        ("hostile bytes", snapshot(vec![troubled("h", Health::Degraded, hostile, hostile)])),
    ]
}

pub(crate) fn with(width: u16, height: u16, fleet: &Arc<FleetSnapshot>) -> Model {
    let mut model = cockpit(width, height, Some(Operate::grant()));
    update(&mut model, Msg::Fleet(Arc::clone(fleet)));
    model
}

/// Draws one screen with each of these fleets at each size.
pub(crate) fn drawn(
    name: &str,
    fleets: &[(&str, Arc<FleetSnapshot>)],
    make: impl Fn(&mut Model),
) -> String {
    drawn_of(name, fleets, |_, model| make(model))
}

/// The same where what is drawn depends on the kind of fleet.
pub(crate) fn drawn_of(
    name: &str,
    fleets: &[(&str, Arc<FleetSnapshot>)],
    make: impl Fn(&str, &mut Model),
) -> String {
    let theme = Theme::builtin("dark", Depth::True);
    let mut out = String::new();
    for (kind, fleet) in fleets {
        for (width, height) in SIZES {
            let mut model = with(width, height, fleet);
            make(kind, &mut model);
            let screen = text(&Picture::of(&model, &theme));
            assert_eq!(screen.lines().count(), usize::from(height), "{kind}");
            let widest = screen.lines().map(unicode_width::UnicodeWidthStr::width).max();
            assert!(widest.unwrap_or(0) <= usize::from(width), "{kind} at {width}x{height}");
            let _ = write!(out, "=== {kind}, {width}x{height}\n{screen}");
            pictures(&model, &format!("{name}-{kind}-{width}x{height}"));
        }
    }
    // Smaller than anything that can be shown.
    for (kind, fleet) in fleets {
        let mut model = with(20, 5, fleet);
        make(kind, &mut model);
        drop(Picture::of(&model, &theme));
    }
    out
}

/// Pictures of a screen, where they are asked for.
pub(crate) fn pictures(model: &Model, name: &str) {
    let Some(folder) = std::env::var_os("BUNKER_PICTURES") else { return };
    let looks = [
        ("dark", Depth::True),
        ("light", Depth::True),
        ("high-contrast", Depth::True),
        ("dark", Depth::Ansi16),
    ];
    for (theme, depth) in looks {
        let picture = Picture::of(model, &Theme::builtin(theme, depth));
        let file = format!("{}-{theme}-{depth:?}.svg", name.replace([' ', ','], "-"));
        let path = std::path::Path::new(&folder).join(file);
        std::fs::write(path, picture_svg(&picture)).unwrap();
    }
}

fn twelve_only() -> Vec<(&'static str, Arc<FleetSnapshot>)> {
    vec![("twelve", twelve())]
}

fn keys(keys: &str) -> impl Fn(&mut Model) + '_ {
    move |model| {
        press(model, keys);
    }
}

#[test]
fn the_fleet_page() {
    insta::assert_snapshot!("fleet", drawn("fleet", &fleets(), |_| {}));
    insta::assert_snapshot!("fleet_of_twelve", drawn("fleet", &twelve_only(), |_| {}));
}

#[test]
fn the_page_of_an_instance() {
    insta::assert_snapshot!("instance", drawn("instance", &fleets()[1..], keys("enter")));
}

#[test]
fn what_stands_in_front_of_a_page() {
    let mut out = String::new();
    for (name, pressed) in [
        ("help", "?"),
        ("palette", ": b a"),
        ("filter that is wrong", "/ b a k u p > 2"),
        ("copy", "y"),
        ("columns", "w j j"),
        ("bookmarks", "m a R m b esc '"),
        ("sequence", "g"),
        ("range", "v j j"),
        ("frozen", "f"),
        ("problems only", "p"),
        ("reference", "u x"),
        ("planning", "u enter"),
    ] {
        let _ = write!(out, "##### {name}\n{}", drawn(name, &twelve_only(), keys(pressed)));
    }
    insta::assert_snapshot!("layers", out);
}

#[test]
fn the_pages_of_runs_and_plans() {
    let planned = |model: &mut Model| {
        let page = PlanPage {
            typed: "3".into(),
            ..PlanPage::new(Arc::new(plan(&["red-deer", "st-albert", "banff"])))
        };
        model.screens.push(Screen::Plan(Box::new(page)));
    };
    insta::assert_snapshot!("plan", drawn("plan", &twelve_only(), planned));
    let run = |model: &mut Model| {
        model.screens.push(Screen::Run(Box::new(RunPage::new(run_id(0x7f3a)))));
        update(model, Msg::Run(Arc::new(run_view(&["red-deer", "st-albert", "banff"]))));
        let bytes = b"#9 RUN npm ci\n\x1b[31mnpm error ENOSPC\x1b[0m: no space left on device\n";
        let (run, host) = (run_id(0x7f3a), host("red-deer"));
        let bytes = bytes.as_slice().into();
        update(model, Msg::Log(LogChunk { run, host, offset: 0, bytes }));
    };
    insta::assert_snapshot!("run", drawn("run", &twelve_only(), run));
    let none = |model: &mut Model| {
        update(model, Msg::Runs(Vec::new()));
        press(model, "R");
    };
    insta::assert_snapshot!("runs_none", drawn("runs", &twelve_only(), none));
}
