//! A plan outside of its maintenance window, in the cockpit.

use std::sync::Arc;

use bunker_ops::app::effect::ChangeKind;
use bunker_ops::app::{Model, Msg, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::plan::{Outside, Plan};
use bunker_ops::domain::window::Window;
use jiff::SignedDuration;
use serde_json::json;

use crate::sample::host;
use crate::ui_world::{asked, cockpit, now, plan, press, screen, twelve};

fn toast(model: &Model) -> String {
    model.toasts.shown().last().map(|toast| toast.text.to_string()).unwrap_or_default()
}

/// A plan whose window opens at 22:00; it is 14:32.
fn at_night() -> Plan {
    let window = json!({"name": "night", "daily": "22:00", "for": "2h", "zone": "UTC"});
    let window: Window = serde_json::from_value(window).unwrap();
    let mut plan = plan(&["red-deer"]);
    plan.rules.windows = [(host("red-deer"), vec![window])].into();
    plan
}

fn planned(width: u16, plan: Plan) -> Model {
    let mut model = cockpit(width, 40, Some(Operate::grant()));
    update(&mut model, Msg::Fleet(twelve()));
    press(&mut model, "u enter");
    let (request, result) = (model.last_request, Ok(Arc::new(plan)));
    update(&mut model, Msg::Planned { request, result });
    model
}

#[test]
fn outside_of_its_window_a_plan_is_offered_as_a_run_that_waits() {
    for width in [80, 120, 200] {
        let model = planned(width, at_night());
        let drawn = screen(&model);
        let foot = drawn.lines().last().unwrap();
        assert!(foot.contains("w wait"), "{width}: {drawn}");
        assert!(drawn.contains("▼ outside of the window: w starts a run that waits"), "{drawn}");
    }
    let mut model = planned(120, at_night());
    assert_eq!(press(&mut model, "enter"), vec![]);
    assert!(model.layers.is_empty(), "it is refused before anything is asked");
    assert!(toast(&model).contains("w starts a run that waits for it"), "{}", toast(&model));
    press(&mut model, "esc");
    let mut model = planned(120, at_night());
    press(&mut model, "w");
    assert!(screen(&model).contains("the run waits"), "{}", screen(&model));
    let effects = press(&mut model, "enter tab enter");
    match &asked(&effects)[..] {
        [ChangeKind::StartRun { plan, .. }] => {
            let mut waits = at_night();
            assert_ne!(plan.hash(), waits.hash(), "that is another plan");
            waits.rules.outside = Outside::Wait;
            assert_eq!(plan.hash(), waits.hash());
        }
        other => panic!("{other:?}"),
    }
    // Again takes it back.
    let mut model = planned(120, at_night());
    press(&mut model, "w w enter");
    assert!(model.layers.is_empty() && toast(&model).contains("w starts a run that waits"));
}

#[test]
fn within_its_window_and_without_one_nothing_is_offered() {
    let mut open = planned(120, at_night());
    update(&mut open, Msg::Tick(now() + SignedDuration::from_hours(8)));
    for mut model in [open, planned(120, plan(&["red-deer"]))] {
        let drawn = screen(&model);
        assert!(!drawn.contains("w wait"), "{drawn}");
        press(&mut model, "w");
        assert!(toast(&model).contains("not outside of its window"), "{}", toast(&model));
        let effects = press(&mut model, "enter tab enter");
        assert!(matches!(&asked(&effects)[..], [ChangeKind::StartRun { plan, .. }]
            if plan.rules.outside == Outside::Refuse));
    }
}
