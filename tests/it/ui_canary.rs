//! A canary on the screens: its key, the plan's page, and the header of a run that soaks or failed.

use std::sync::Arc;

use bunker_ops::app::effect::ChangeKind;
use bunker_ops::app::msg::RunView;
use bunker_ops::app::pages::RunPage;
use bunker_ops::app::{Model, Msg, Screen, update};
use bunker_ops::domain::canary::report::{Comparison, MetricReport};
use bunker_ops::domain::canary::soak::CanaryEnd;
use bunker_ops::domain::canary::{MetricResult, Report};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::plan::{Plan, What};
use bunker_ops::domain::run::event::{EventKind, RunEvent};
use bunker_ops::domain::signal::Signal;
use bunker_ops::tui::{Picture, text};
use bunker_ops::ui::{Depth, Theme};

use crate::canary_engine::{plan, rolls_back};
use crate::sample::run_id;
use crate::ui_world::{asked, cockpit, now, press, run_view, twelve};

/// What the metrics of a canary say: one is no worse, of one there are too few samples.
pub(crate) fn report(why: &str) -> Report {
    let metric = |signal, result, comparison| MetricReport {
        signal,
        result,
        muted: false,
        why: why.into(),
        n_canary: 61,
        n_rest: 183,
        comparison,
    };
    let middles = Comparison {
        canary: 0.412,
        rest: 0.35,
        shift: 0.062,
        low: 0.01,
        high: 0.1,
        p: 0.214,
        effect: 0.55,
    };
    let metrics = vec![
        metric(Signal::ErrorRatio, MetricResult::NoData, None),
        metric(Signal::P95Seconds, MetricResult::Pass, Some(middles)),
    ];
    let verdict = Report::verdict_of(&metrics);
    Report { verdict, since: now(), until: now(), step_s: 15, metrics }
}

/// A run with a canary after these events.
pub(crate) fn soaking(kinds: Vec<EventKind>) -> RunView {
    let mut view = run_view(&["a", "b", "c"]);
    let mut with = (*view.plan).clone();
    with.canary = plan(1_800, |_| {}).canary;
    view.plan = Arc::new(with);
    for kind in kinds {
        let seq = view.state.seq + 1;
        view.state.apply(&RunEvent { run: run_id(0x7f3a), seq, at: now(), kind });
    }
    view
}

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

#[test]
fn the_page_of_a_canary_has_its_clock_each_metric_against_the_rest_and_the_verdict_so_far() {
    let soak =
        || EventKind::CanarySoak { counted_s: 754.0, needed_s: 1_800, detail: "healthy".into() };
    let gap = || EventKind::CanaryGap { gap_s: 45.0, why: "no worker was there".into() };
    let so_far =
        || EventKind::CanarySoFar { report: Box::new(report("too few samples: 12 of 50")) };
    let shown = |kinds: Vec<EventKind>, width, height| {
        let mut model = open(width, height);
        model.screens.push(Screen::Run(Box::new(RunPage::new(run_id(0x7f3a)))));
        update(&mut model, Msg::Run(Arc::new(soaking(kinds))));
        press(&mut model, "C");
        let screen = draw(&model);
        // Keys of the run behind it do nothing to it.
        assert!(press(&mut model, "a p q").is_empty());
        assert_eq!(draw(&model), screen);
        press(&mut model, "esc");
        assert!(!draw(&model).contains("REST"), "{}", draw(&model));
        screen
    };
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let screen = shown(vec![soak(), gap(), so_far()], width, height);
        for words in [
            "12m34 of 30m00 of observed health",
            "45s do not count",
            "so far   ? no-data: errors: too few samples",
            "1 of group canary against 3",
            "p95           ● pass",
            "412 ms",
            "350 ms",
        ] {
            assert!(screen.contains(words), "{words} is missing at {width}x{height}:\n{screen}");
        }
    }
    let screen = shown(Vec::new(), 80, 24);
    assert!(screen.contains("not begun: the canary group is upgraded first"), "{screen}");
    assert!(screen.contains("judged once it soaks: errors, p95"), "{screen}");
    // A judgement decides, and takes the place of what was said before.
    let judged = EventKind::CanaryJudged { report: Box::new(report("x")) };
    let screen = shown(vec![soak(), so_far(), judged], 120, 40);
    assert!(screen.contains("judged   ? no-data") && !screen.contains("so far"), "{screen}");
}

#[test]
fn a_run_without_a_canary_says_so() {
    let mut model = open(120, 40);
    model.screens.push(Screen::Run(Box::new(RunPage::new(run_id(0x7f3a)))));
    update(&mut model, Msg::Run(Arc::new(run_view(&["a", "b"]))));
    assert!(!draw(&model).contains("C canary"), "{}", draw(&model));
    press(&mut model, "C");
    assert!(draw(&model).contains("this run has no canary"), "{}", draw(&model));
}
