//! The page of alerts: whose silence is told, and what cannot be judged as one row.

use std::sync::Arc;

use bunker_ops::app::look::Looked;
use bunker_ops::app::{Effect, Model, Msg, update};
use bunker_ops::domain::figure::{Figure, Trouble};
use jiff::SignedDuration;

use crate::ui_sheet_world::{manager, open};
use crate::ui_sheets::at;
use crate::ui_world::{now, press, screen, twelve};

/// The Alertmanager of `kind` with another silence before its own: over sooner, and without a word.
fn with_a_silence_before(kind: &str, model: &mut Model) {
    let effects = press(model, "g a");
    let [Effect::Look { request, .. }] = effects[..] else { panic!("{effects:?}") };
    let mut told = manager(kind, model);
    let mut first = told.silences[0].clone();
    (first.id, first.comment) = ("s0".into(), "".into());
    first.until = now() + SignedDuration::from_mins(7);
    told.silences.insert(0, first);
    let result = Ok(Looked::Alerts(Some(Box::new(told))));
    update(model, Msg::Looked { request, result });
}

#[test]
fn an_alert_says_the_end_of_its_own_silence_whatever_others_say_of_themselves() {
    let mut model = at(120, 40, twelve());
    with_a_silence_before("one", &mut model);
    press(&mut model, "G");
    let end = |by: SignedDuration| {
        (now() + by).to_zoned(model.zone.clone()).strftime("%F %H:%M").to_string()
    };
    let drawn = screen(&model);
    let (own, other) = (end(SignedDuration::from_hours(2)), end(SignedDuration::from_mins(7)));
    assert!(drawn.contains(&format!("until {own}")), "{drawn}");
    assert!(!drawn.contains(&format!("until {other}")), "{drawn}");
}

#[test]
fn a_metrics_server_that_fails_is_one_row_of_the_alerts_and_the_detail_names_the_rest() {
    let mut all = twelve().as_ref().clone();
    for i in &mut all.instances {
        let figure = Figure::absent(Trouble::Down("refused".into()));
        let signals = &mut Arc::make_mut(i).signals;
        for f in signals.values_mut() {
            *f = figure.clone();
        }
    }
    let n = all.instances.iter().filter(|i| !i.signals.is_empty()).count();
    let mut model = at(120, 40, Arc::new(all));
    open("one", &mut model, "g a / r e f u s e d enter");
    let drawn = screen(&model);
    let rows = drawn.lines().filter(|l| l.contains("? unknown ")).count();
    assert_eq!(rows, 1, "{drawn}");
    assert!(drawn.contains(&format!("{n} instances")) && drawn.contains(" rules "), "{drawn}");
    assert!(drawn.contains("DiskSpaceLow, "), "the detail names them: {drawn}");
}
