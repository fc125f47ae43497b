//! What was edited on hosts: the cockpit says so, and takes it back only where that was asked for on its own.

use std::sync::Arc;

use bunker_ops::app::action::Place;
use bunker_ops::app::effect::ChangeKind;
use bunker_ops::app::{Model, Msg, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::env::{EnvChange, EnvChangeKind, EnvValue};
use bunker_ops::domain::plan::{Plan, Readiness, What, Workflow};
use bunker_ops::tui::{Picture, text};
use bunker_ops::ui::{Depth, Theme};

use crate::ui_world::{asked, cockpit, plan, press, twelve};

fn draw(model: &Model) -> String {
    text(&Picture::of(model, &Theme::builtin("dark", Depth::True)))
}

fn change(name: &str, kind: EnvChangeKind, from: Option<EnvValue>, to: &str) -> EnvChange {
    EnvChange { name: name.into(), kind, from, to: Some(EnvValue::Plain(to.into())) }
}

/// A plan to configure two hosts, on one of which something was edited.
fn drifted(readiness: Readiness) -> Arc<Plan> {
    let mut plan = plan(&["calgary-prod", "red-deer"]);
    plan.workflow = Workflow::Configure;
    plan.target = None;
    let plain = |text: &str| Some(EnvValue::Plain(text.into()));
    let host = &mut plan.hosts[0];
    host.readiness = readiness;
    host.diff = vec![
        change("MAIL_RATE", EnvChangeKind::Drift, plain("90"), "30"),
        change("API_PORT", EnvChangeKind::Change, plain("4000"), "4001"),
        EnvChange {
            name: "SMTP_PASSWORD".into(),
            kind: EnvChangeKind::Drift,
            from: plain("hunter2"),
            to: Some(EnvValue::Secret("1234abcd".into())),
        },
    ];
    Arc::new(plan)
}

fn planned(model: &mut Model, plan: Arc<Plan>) {
    let request = model.last_request;
    update(model, Msg::Planned { request, result: Ok(plan) });
    assert_eq!(model.place(), Place::Plan);
}

fn opened() -> Model {
    let mut model = cockpit(80, 24, Some(Operate::grant()));
    update(&mut model, Msg::Fleet(twelve()));
    press(&mut model, "space space c");
    planned(&mut model, drifted(Readiness::Blocked));
    model
}

#[test]
fn edits_on_a_host_are_overwritten_only_after_they_were_named() {
    let mut model = opened();
    assert!(draw(&model).contains("o overwrites what was edited there"));
    assert_eq!(press(&mut model, "o"), vec![]);
    let screen = draw(&model);
    assert!(screen.contains("Lost on calgary-prod:"), "{screen}");
    assert!(screen.contains("MAIL_RATE: 90, becomes 30"), "{screen}");
    assert!(!screen.contains("hunter2"), "a secret was shown: {screen}");
    assert_eq!(screen.matches("API_PORT: 4000,").count(), 0, "what was not edited is not lost");
    assert_eq!(press(&mut model, "enter"), vec![], "the safe answer has the focus");
    let effects = press(&mut model, "o tab enter");
    match &asked(&effects)[..] {
        [ChangeKind::Plan { wish, .. }] => {
            assert_eq!(wish.what, What::Configure { overwrite_drift: true });
            assert_eq!(wish.hosts.len(), 2);
        }
        other => panic!("{other:?}"),
    }
    planned(&mut model, drifted(Readiness::Review));
    assert_eq!(model.screens.len(), 1, "the new plan stands for the old one");
    assert!(!draw(&model).contains("o overwrites"));
    let effects = press(&mut model, "y y");
    let copied = format!("{effects:?}");
    assert!(copied.contains("configure calgary-prod red-deer --overwrite-drift"), "{copied}");
    press(&mut model, "o");
    assert!(model.layers.is_empty(), "there is nothing more to overwrite");
}

#[test]
fn a_plan_without_edits_offers_nothing() {
    let mut model = opened();
    press(&mut model, "esc u enter");
    planned(&mut model, Arc::new(plan(&["calgary-prod"])));
    assert!(!draw(&model).contains("o overwrites"));
    assert_eq!(press(&mut model, "o"), vec![]);
    assert!(model.layers.is_empty());
}
