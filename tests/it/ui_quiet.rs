//! Maintenance windows are added and ended on their page: what is typed, what is asked, what came of it.

use std::sync::Arc;

use bunker_ops::app::action::Action;
use bunker_ops::app::effect::{Change, ChangeKind};
use bunker_ops::app::layers::Layer;
use bunker_ops::app::msg::Problem;
use bunker_ops::app::quiet::{QuietAnswer, QuietAsk, WindowDraft};
use bunker_ops::app::twin::{Twin, twin};
use bunker_ops::app::{Effect, Model, Msg, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::untrusted::Safe;
use bunker_ops::domain::window::{Whom, Window, WindowSet, WindowWish};
use serde_json::json;

use crate::sample::host;
use crate::ui_world::{asked, cockpit, press, screen, twelve};

/// The page of windows of a fleet with one that is on (it is 14:32) and one that comes at night.
fn windows(operate: Option<Operate>) -> Model {
    let window = |name: &str, daily: &str| {
        let it = json!({"name": name, "daily": daily, "for": "2h", "zone": "UTC"});
        serde_json::from_value::<Window>(it).unwrap()
    };
    let mut fleet = (*twelve()).clone();
    let hosts = vec![host("banff"), host("red-deer")];
    let both = vec![window("lunch", &opened()), window("night", &closed())];
    fleet.windows = vec![WindowSet { windows: both.into(), hosts }].into();
    let mut model = cockpit(120, 40, operate);
    update(&mut model, Msg::Fleet(Arc::new(fleet)));
    press(&mut model, "g t");
    model
}

/// A time of day an hour ago, and one in six hours, by the clock of the made-up world.
fn opened() -> String {
    let at = crate::ui_world::now() - jiff::SignedDuration::from_hours(1);
    at.strftime("%H:%M").to_string()
}

fn closed() -> String {
    let at = crate::ui_world::now() + jiff::SignedDuration::from_hours(6);
    at.strftime("%H:%M").to_string()
}

fn toast(model: &Model) -> String {
    model.toasts.shown().last().map(|toast| toast.text.to_string()).unwrap_or_default()
}

fn types(model: &mut Model, text: &str) {
    let keys: Vec<String> =
        text.chars().map(|c| if c == ' ' { "space".to_owned() } else { c.to_string() }).collect();
    press(model, &keys.join(" "));
}

/// What one effect asks.
fn ask(effects: &[Effect]) -> (u64, QuietAsk) {
    match &asked(effects)[..] {
        [ChangeKind::Quiet { request, ask }] => (*request, ask.clone()),
        other => panic!("{other:?}"),
    }
}

/// The reason that goes with one effect.
fn reason(effects: &[Effect]) -> Option<String> {
    let [Effect::Change(change)] = effects else { panic!("{effects:?}") };
    Change::why(change).map(ToString::to_string)
}

/// A freeze for one host, typed and sent off to be looked at.
fn typed(model: &mut Model) -> Vec<Effect> {
    press(model, "a");
    types(model, "tonight");
    press(model, "tab right right tab");
    types(model, "2026-12-24 22:00");
    press(model, "tab");
    types(model, "6h");
    press(model, "tab left tab");
    types(model, "red-deer");
    press(model, "tab C-u");
    types(model, "America/Edmonton");
    press(model, "tab");
    types(model, "CHG 7");
    press(model, "enter")
}

fn wish() -> WindowWish {
    WindowWish {
        name: "tonight".into(),
        once: Some("2026-12-24 22:00".into()),
        lasts: Some("6h".into()),
        zone: Some("America/Edmonton".into()),
        deny: true,
        whom: Whom::Named("red-deer".into()),
        ..WindowWish::default()
    }
}

fn draft() -> WindowDraft {
    WindowDraft {
        wish: Box::new(wish()),
        about: "window tonight (once 2026-12-24 22:00 for 6h)".into(),
        hosts: vec![host("red-deer")],
        frozen: vec![host("red-deer")],
        lines: vec!["host_vars/red-deer.yml".into(), "+  - name: tonight".into()],
    }
}

#[test]
fn a_window_is_typed_shown_and_only_then_written_for_the_reason_that_was_given() {
    let mut model = windows(Some(Operate::grant()));
    assert!(screen(&model).lines().last().unwrap().contains("a add"), "{}", screen(&model));
    let effects = typed(&mut model);
    let (request, looks) = ask(&effects);
    assert_eq!(looks, QuietAsk::Draft(Box::new(wish())));
    assert_eq!(reason(&effects), None, "nothing is changed by looking");
    assert!(screen(&model).contains("looking what would be written"), "{}", screen(&model));
    // An answer to something else is dropped.
    let other = Ok(QuietAnswer::Draft(draft()));
    update(&mut model, Msg::Quiet { request: request + 9, result: other });
    assert_eq!(model.layers.len(), 1);
    update(&mut model, Msg::Quiet { request, result: Ok(QuietAnswer::Draft(draft())) });
    let drawn = screen(&model);
    for words in [
        "add window tonight",
        "For 1 host: red-deer.",
        "It is on at once: runs are asked to pause",
        "- name: tonight",
        "Reason: CHG 7",
    ] {
        assert!(drawn.contains(words), "{words}: {drawn}");
    }
    // The safe answer leads back to what was typed.
    assert_eq!(press(&mut model, "enter"), vec![]);
    assert!(screen(&model).contains("2026-12-24 22:00"), "{}", screen(&model));
    let (request, _) = ask(&press(&mut model, "enter"));
    update(&mut model, Msg::Quiet { request, result: Ok(QuietAnswer::Draft(draft())) });
    let effects = press(&mut model, "tab enter");
    let (request, adds) = ask(&effects);
    assert_eq!(adds, QuietAsk::Add(Box::new(wish()), Some("CHG 7".into())));
    assert_eq!(reason(&effects), Some("CHG 7".to_owned()));
    // It is being written: nobody leaves that alone, and it is not written twice.
    assert_eq!(press(&mut model, "enter esc"), vec![]);
    assert!(toast(&model).contains("wait for the result"), "{}", toast(&model));
    let told = QuietAnswer::Done("window tonight is in the inventory".into());
    update(&mut model, Msg::Quiet { request, result: Ok(told) });
    assert!(model.layers.is_empty());
    assert_eq!(toast(&model), "window tonight is in the inventory");
}

#[test]
fn now_is_the_time_at_which_it_was_asked_for_and_what_is_shown_is_what_is_written() {
    let mut model = windows(Some(Operate::grant()));
    press(&mut model, "a");
    types(&mut model, "tonight");
    press(&mut model, "tab right right tab n o w tab 2 h tab tab tab C-u");
    types(&mut model, "UTC");
    let (request, looks) = ask(&press(&mut model, "enter"));
    let QuietAsk::Draft(wish) = looks else { panic!("{looks:?}") };
    let at = crate::ui_world::now().strftime("%Y-%m-%d %H:%M").to_string();
    assert_eq!(wish.once, Some(at));
    // Ten minutes go by until somebody agrees.
    model.now += jiff::SignedDuration::from_mins(10);
    let shown = WindowDraft { wish: wish.clone(), ..draft() };
    update(&mut model, Msg::Quiet { request, result: Ok(QuietAnswer::Draft(shown)) });
    assert_eq!(ask(&press(&mut model, "tab enter")).1, QuietAsk::Add(wish, None));
}

#[test]
fn what_is_wrong_with_a_window_is_said_in_the_form_and_nothing_of_it_is_lost() {
    let mut model = windows(Some(Operate::grant()));
    assert_eq!(press(&mut model, "a enter"), vec![]);
    assert!(screen(&model).contains("▼ is needed"), "{}", screen(&model));
    types(&mut model, "x");
    press(&mut model, "tab tab");
    types(&mut model, "25:00");
    press(&mut model, "tab");
    types(&mut model, "2h");
    assert_eq!(press(&mut model, "enter"), vec![]);
    let drawn = screen(&model);
    assert!(drawn.contains("25:00") && drawn.contains("is no time of day"), "{drawn}");
    // What was typed is not lost by one key.
    press(&mut model, "esc");
    assert!(screen(&model).contains("What was typed is lost"), "{}", screen(&model));
    press(&mut model, "enter");
    assert!(screen(&model).contains("is no time of day"), "{}", screen(&model));
    press(&mut model, "esc tab enter");
    assert!(model.layers.is_empty());
    press(&mut model, "a esc");
    assert!(model.layers.is_empty(), "nothing was typed");
    // What the inventory says against it.
    let (request, _) = ask(&typed(&mut model));
    let message: Safe = "the inventory has neither a group nor a host red-deer".into();
    let problem = Problem { message, hint: None };
    update(&mut model, Msg::Quiet { request, result: Err(problem) });
    let drawn = screen(&model);
    assert!(drawn.contains("▼ the inventory has neither"), "{drawn}");
    assert!(drawn.contains("tonight") && drawn.contains("2026-12-24 22:00"), "{drawn}");
    assert_eq!(ask(&press(&mut model, "enter")).1, QuietAsk::Draft(Box::new(wish())));
    // While it only looks, that can be given up: the form is still there, and an answer of before says nothing to it.
    press(&mut model, "esc");
    assert!(screen(&model).contains("2026-12-24 22:00"), "{}", screen(&model));
    update(&mut model, Msg::Quiet { request, result: Ok(QuietAnswer::Draft(draft())) });
    assert_eq!(model.layers.len(), 1);
    press(&mut model, "esc tab enter");
    assert!(model.layers.is_empty());
}

#[test]
fn the_window_that_is_on_is_ended_after_a_question_that_names_its_hosts() {
    let mut model = windows(Some(Operate::grant()));
    press(&mut model, "g g");
    let line = "bunker window end lunch --limit banff,red-deer".to_owned();
    assert_eq!(twin(&model, Action::EndWindow), Some(Twin::Whole(line)));
    press(&mut model, "x");
    assert!(screen(&model).contains("End window lunch"), "{}", screen(&model));
    types(&mut model, "done early");
    assert_eq!(press(&mut model, "enter"), vec![]);
    let drawn = screen(&model);
    for words in ["2 hosts: banff, red-deer.", "asked to pause", "Reason: done early"] {
        assert!(drawn.contains(words), "{words}: {drawn}");
    }
    let effects = press(&mut model, "tab enter");
    let (hosts, why) = (vec![host("banff"), host("red-deer")], Some("done early".into()));
    let (request, ends) = ask(&effects);
    assert_eq!(ends, QuietAsk::End { name: "lunch".into(), hosts, why });
    assert_eq!(reason(&effects), Some("done early".to_owned()));
    let problem = Problem { message: "the file was changed meanwhile".into(), hint: None };
    update(&mut model, Msg::Quiet { request, result: Err(problem) });
    assert!(screen(&model).contains("▼ the file was changed meanwhile"), "{}", screen(&model));
    // One that is not on, and one without a reason of its own.
    press(&mut model, "esc j x");
    assert!(model.layers.is_empty());
    assert!(toast(&model).contains("window night is not on"), "{}", toast(&model));
    press(&mut model, "k x enter");
    let effects = press(&mut model, "tab enter");
    assert_eq!(reason(&effects), None);
}

#[test]
fn who_may_only_look_adds_and_ends_nothing() {
    let mut model = windows(None);
    for key in ["a", "x"] {
        assert_eq!(press(&mut model, key), vec![]);
        assert!(model.layers.is_empty() && toast(&model).contains("read-only"), "{key}");
    }
    assert!(!screen(&model).lines().last().unwrap().contains("a add"), "{}", screen(&model));
    let mut model = windows(Some(Operate::grant()));
    press(&mut model, ": a d d space a space w i n d o w enter");
    assert!(matches!(model.layers.last(), Some(Layer::Quiet(_))), "{:?}", model.layers);
}
