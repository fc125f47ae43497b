//! Why something is done: asked where a policy wants it, said for all that comes next, and never told of another thing.

use std::sync::Arc;

use bunker_ops::app::effect::{Change, ChangeKind};
use bunker_ops::app::layers::Layer;
use bunker_ops::app::msg::Problem;
use bunker_ops::app::pages::RunPage;
use bunker_ops::app::{Effect, Model, Msg, Screen, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::plan::Plan;
use bunker_ops::domain::run::state::Phase;

use crate::sample::{host, run_id};
use crate::ui_world::{asked, cockpit, open_twelve, plan, press, run_view, screen, twelve};

/// A plan whose policies ask for a reason.
fn demanding(hosts: &[&str]) -> Plan {
    let mut plan = plan(hosts);
    for host in &mut plan.hosts {
        host.settings.policy.require_why = true;
    }
    plan
}

fn planned(model: &mut Model, plan: Plan) {
    press(model, "u enter");
    let (request, result) = (model.last_request, Ok(Arc::new(plan)));
    update(model, Msg::Planned { request, result });
}

/// The reasons of the changes among effects.
fn reasons(effects: &[Effect]) -> Vec<Option<String>> {
    let why = |effect: &Effect| {
        let Effect::Change(change) = effect else { return None };
        Some(Change::why(change).map(ToString::to_string))
    };
    effects.iter().filter_map(why).collect()
}

fn asks(model: &Model) -> bool {
    matches!(model.layers.last(), Some(Layer::Why(_)))
}

#[test]
fn a_policy_that_asks_for_a_reason_is_answered_before_the_question_and_the_start_has_it() {
    let mut model = open_twelve(Some(Operate::grant()));
    planned(&mut model, demanding(&["red-deer"]));
    assert_eq!(press(&mut model, "enter"), vec![]);
    assert!(asks(&model), "{:?}", model.layers);
    assert!(screen(&model).contains("bunker_require_why asks for a reason"), "{}", screen(&model));
    assert_eq!(press(&mut model, "enter enter"), vec![], "nothing is no reason");
    press(&mut model, "C H G space 7 enter");
    assert!(screen(&model).contains("Reason: CHG 7"), "{}", screen(&model));
    let effects = press(&mut model, "tab enter");
    assert_eq!(reasons(&effects), [Some("CHG 7".to_owned())]);
    let [ChangeKind::StartRun { request, .. }] = asked(&effects)[..] else { panic!("{effects:?}") };
    // It is used up: what is tried again is asked about again.
    let problem = Problem { message: "no".into(), hint: None };
    update(&mut model, Msg::Started { request, result: Err(problem) });
    press(&mut model, "enter");
    assert!(asks(&model));
}

#[test]
fn a_reason_that_was_taken_back_or_was_for_another_plan_is_not_told() {
    let mut model = open_twelve(Some(Operate::grant()));
    planned(&mut model, demanding(&["red-deer"]));
    press(&mut model, "enter a enter esc");
    press(&mut model, "enter");
    assert!(asks(&model), "the question was left, so its reason is gone");
    press(&mut model, "esc");
    assert!(model.layers.is_empty());
    // More than one: their number first, then the reason, then it starts.
    press(&mut model, "esc");
    planned(&mut model, demanding(&["red-deer", "st-albert"]));
    press(&mut model, "3 enter");
    assert!(!asks(&model), "a wrong number is told first");
    press(&mut model, "2 enter");
    assert!(asks(&model));
    let effects = press(&mut model, "b enter");
    assert_eq!(reasons(&effects), [Some("b".to_owned())], "{effects:?}");
}

#[test]
fn what_is_said_once_for_all_goes_with_every_change_until_it_is_taken_back() {
    let mut model = open_twelve(Some(Operate::grant()));
    press(&mut model, "Y enter");
    assert!(model.layers.is_empty() && model.why.standing.is_none());
    press(&mut model, "Y C H G 9 enter");
    assert!(screen(&model).contains("why: CHG9"), "{}", screen(&model));
    planned(&mut model, demanding(&["red-deer"]));
    press(&mut model, "enter");
    assert!(!asks(&model), "it was said already");
    assert!(screen(&model).contains("Reason: CHG9"), "{}", screen(&model));
    assert_eq!(reasons(&press(&mut model, "tab enter")), [Some("CHG9".to_owned())]);
    // A control of a run has it too, and a lease that is broken has its own.
    let mut view = run_view(&["red-deer"]);
    view.state.phase = Phase::Running;
    model.screens.push(Screen::Run(Box::new(RunPage::new(run_id(0x7f3a)))));
    update(&mut model, Msg::Run(Arc::new(view)));
    assert_eq!(reasons(&press(&mut model, "p")), [Some("CHG9".to_owned())]);
    press(&mut model, "Y C-u enter");
    assert_eq!(reasons(&press(&mut model, "p")), [None]);
    assert!(!screen(&model).contains("why: "), "{}", screen(&model));
    // Who may change nothing has nothing to say.
    let mut model = open_twelve(None);
    press(&mut model, "Y");
    assert!(model.layers.is_empty());
}

#[test]
fn a_shell_and_a_retry_are_asked_about_too_where_policy_wants_it() {
    let mut fleet = (*twelve()).clone();
    for instance in &mut fleet.instances {
        Arc::make_mut(instance).policy.require_why = true;
    }
    let mut model = cockpit(120, 40, Some(Operate::grant()));
    update(&mut model, Msg::Fleet(Arc::new(fleet)));
    model.fleet.select(&host("red-deer"), 20);
    press(&mut model, "enter s");
    assert!(asks(&model));
    let effects = press(&mut model, "l o o k enter tab enter");
    assert_eq!(asked(&effects), [ChangeKind::Shell(host("red-deer"))]);
    assert_eq!(reasons(&effects), [Some("look".to_owned())]);

    let mut view = run_view(&["red-deer"]);
    view.plan = Arc::new(demanding(&["red-deer"]));
    view.state.phase = Phase::Failed;
    model.screens.push(Screen::Run(Box::new(RunPage::new(run_id(0x7f3a)))));
    update(&mut model, Msg::Run(Arc::new(view)));
    // A retry is planned first, which changes nothing, and asked about as any plan.
    let effects = press(&mut model, "t");
    let [ChangeKind::PlanRetry { request, run }] = &asked(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(run, &run_id(0x7f3a));
    let plan = Plan { after: Some(run.clone()), ..demanding(&["red-deer"]) };
    update(&mut model, Msg::Planned { request: *request, result: Ok(Arc::new(plan)) });
    press(&mut model, "enter");
    assert!(asks(&model), "{:?}", model.toasts);
    let effects = press(&mut model, "a g a i n enter tab enter");
    assert!(matches!(asked(&effects)[..], [ChangeKind::StartRun { .. }]), "{effects:?}");
    assert_eq!(reasons(&effects), [Some("again".to_owned())]);
    // What it changed is brought back at once, for a reason of its own.
    model.screens.pop();
    press(&mut model, "B");
    assert!(asks(&model), "{:?}", model.toasts);
    let effects = press(&mut model, "b a c k enter tab enter");
    assert_eq!(asked(&effects), [ChangeKind::RollBack(run_id(0x7f3a))]);
    assert_eq!(reasons(&effects), [Some("back".to_owned())]);
}
