//! A canary on the screens: its key, the plan's page, and the header of a run that soaks or failed.

use std::sync::Arc;

use bunker_ops::app::effect::ChangeKind;
use bunker_ops::app::pages::RunPage;
use bunker_ops::app::{Model, Msg, Screen, update};
use bunker_ops::domain::canary::soak::CanaryEnd;
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::plan::{Plan, What};
use bunker_ops::domain::run::event::{EventKind, RunEvent};
use bunker_ops::tui::{Picture, text};
use bunker_ops::ui::{Depth, Theme};

use crate::canary_engine::{plan, rolls_back};
use crate::sample::run_id;
use crate::ui_world::{asked, cockpit, now, press, run_view, twelve};

fn draw(model: &Model) -> String {
    text(&Picture::of(model, &Theme::builtin("dark", Depth::True)))
}

fn open(width: u16, height: u16) -> Model {
    let mut model = cockpit(width, height, Some(Operate::grant()));
    update(&mut model, Msg::Fleet(twelve()));
    model
}

fn planned(width: u16, height: u16, plan: Plan) -> Model {
    let mut model = open(width, height);
    press(&mut model, "U v 2 . 5 . 0 enter");
    let request = model.last_request;
    update(&mut model, Msg::Planned { request, result: Ok(Arc::new(plan)) });
    model
}

#[test]
fn its_key_asks_where_to_and_for_a_canary_upgrade() {
    let mut model = open(80, 24);
    let effects = press(&mut model, "space space U v 2 . 5 . 0 enter");
    let [ChangeKind::Plan { wish, .. }] = &asked(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!(wish.hosts.len(), 2);
    let What::CanaryUpgrade { reference } = &wish.what else { panic!("{wish:?}") };
    assert_eq!(reference.as_ref().unwrap().as_str(), "v2.5.0");
    let mut model = open(80, 24);
    press(&mut model, "U");
    assert!(draw(&model).contains("Canary upgrade of"), "{}", draw(&model));
}

#[test]
fn the_plan_says_who_goes_first_how_long_and_what_follows_at_every_size() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let screen = draw(&planned(width, height, plan(1_800, rolls_back)));
        for words in [
            "canary-upgrade",
            "c1 (group canary)",
            "of observed health",
            "errors, p95",
            "rolls the canary back",
        ] {
            assert!(screen.contains(words), "{words} is missing at {width}x{height}:\n{screen}");
        }
    }
}

#[test]
fn a_run_shows_its_soak_and_a_failure() {
    let mut view = run_view(&["a", "b", "c"]);
    let mut shown = |kind: EventKind| {
        let seq = view.state.seq + 1;
        view.state.apply(&RunEvent { run: run_id(0x7f3a), seq, at: now(), kind });
        let mut model = open(80, 24);
        model.screens.push(Screen::Run(Box::new(RunPage::new(run_id(0x7f3a)))));
        update(&mut model, Msg::Run(Arc::new(view.clone())));
        draw(&model)
    };
    let detail = "healthy".into();
    let soaking = shown(EventKind::CanarySoak { counted_s: 754.0, needed_s: 1_800, detail });
    assert!(soaking.contains("of observed health, last healthy"), "{soaking}");
    let why = "p95: 900 ms against 350 ms of the rest".into();
    let end = CanaryEnd { passed: false, why, failure: None, rollback: Vec::new() };
    let failed = shown(EventKind::CanaryEnded { end });
    assert!(failed.contains("canary FAILED: p95"), "{failed}");
}
