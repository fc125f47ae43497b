//! An alert is silenced on its page, and made loud again: what is typed, what is asked, what came of it.

use std::sync::Arc;

use bunker_ops::app::action::Action;
use bunker_ops::app::effect::{Change, ChangeKind};
use bunker_ops::app::layers::Layer;
use bunker_ops::app::look::{Look, Looked};
use bunker_ops::app::msg::Problem;
use bunker_ops::app::quiet::{QuietAnswer, QuietAsk};
use bunker_ops::app::twin::{Twin, twin};
use bunker_ops::app::{Effect, Model, Msg, update};
use bunker_ops::domain::alerts::{Fits, Manager, ManagerSilence, ManagerState};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::figure::{Figure, Trouble};

use crate::ui_sheet_world::manager;
use crate::ui_world::{asked, cockpit, press, screen, twelve};

const SIZES: [(u16, u16); 2] = [(80, 24), (200, 60)];
const WINDOW: &str = "maintenance window night (bunker, fleet north)";

/// The page of alerts, once an Alertmanager answered so, with one alert of Banff selected.
fn page(
    (width, height): (u16, u16),
    operate: Option<Operate>,
    answer: impl FnOnce(&Model) -> Result<Option<Manager>, Problem>,
) -> Model {
    let mut model = cockpit(width, height, operate);
    update(&mut model, Msg::Fleet(twelve()));
    let effects = press(&mut model, "g a");
    let [Effect::Look { request, .. }] = effects[..] else { panic!("{effects:?}") };
    let result = answer(&model).map(|told| Looked::Alerts(told.map(Box::new)));
    update(&mut model, Msg::Looked { request, result });
    press(&mut model, "g g");
    model
}

/// One alert, held by these silences: who made each, and why.
fn held(size: (u16, u16), silences: &[(&str, &str)]) -> Model {
    let mut model = page(size, Some(Operate::grant()), |model| {
        let mut told = manager("usual", model);
        told.alerts.retain(|a| a.instance.as_str() == "banff.example.org");
        let one = |(at, (by, why)): (usize, &(&str, &str))| ManagerSilence {
            id: format!("s{at}").as_str().into(),
            by: (*by).into(),
            comment: (*why).into(),
            ..told.silences[0].clone()
        };
        let silences: Vec<ManagerSilence> = silences.iter().enumerate().map(one).collect();
        let alert = &mut told.alerts[0];
        alert.name = "MailLoop".into();
        alert.state =
            if silences.is_empty() { ManagerState::Active } else { ManagerState::Suppressed };
        alert.silenced_by = silences.iter().map(|silence| silence.id.clone()).collect();
        told.silences = silences;
        Ok(Some(told))
    });
    press(&mut model, "/ M a i l L o o p enter g g");
    model
}

fn toast(model: &Model) -> String {
    model.toasts.shown().last().map(|toast| toast.text.to_string()).unwrap_or_default()
}

fn ask(effects: &[Effect]) -> (u64, QuietAsk) {
    match &asked(effects)[..] {
        [ChangeKind::Quiet { request, ask }] => (*request, ask.clone()),
        other => panic!("{other:?}"),
    }
}

fn shows(model: &Model, all: &[&str]) {
    let drawn = screen(model);
    for words in all {
        assert!(drawn.contains(words), "no {words:?}:\n{drawn}");
    }
}

#[test]
fn an_alert_is_silenced_by_keys_after_it_was_said_in_full_what_is_written() {
    for size in SIZES {
        let mut model = held(size, &[]);
        assert!(screen(&model).lines().last().unwrap().contains("z silence"), "{}", screen(&model));
        let line = "bunker silence add MailLoop --limit banff --for 2h --why TEXT".to_owned();
        assert_eq!(twin(&model, Action::Silence), Some(Twin::Lacks(line)));
        press(&mut model, "z");
        shows(&model, &["Silence MailLoop on banff.example.org", "2h", "at most 7d"]);
        // Neither a silence without a reason, nor one whose end nobody can tell, nor one without end.
        assert_eq!(press(&mut model, "enter"), vec![]);
        shows(&model, &["▼ is needed"]);
        press(&mut model, "e x c h a n g e");
        assert_eq!(press(&mut model, "S-tab C-u s o o n enter"), vec![]);
        shows(&model, &["is no duration such as 90m"]);
        assert_eq!(press(&mut model, "C-u 8 d enter"), vec![]);
        shows(&model, &["from 1m to 7d"]);
        assert_eq!(press(&mut model, "C-u 9 0 m enter"), vec![]);
        shows(
            &model,
            &[
                "Written to Alertmanager at http://127.0.0.1:9093:",
                r#"alertname="MailLoop""#,
                r#"instance="banff.example.org""#,
                "It fits 1 alert now.",
                "For 90m, until Sun 11-22 16:02 UTC. Then it is loud again.",
                "Reason: exchange",
            ],
        );
        // The safe answer leads back to what was typed.
        assert_eq!(press(&mut model, "enter"), vec![]);
        shows(&model, &["exchange", "90m"]);
        press(&mut model, "enter");
        let effects = press(&mut model, "tab enter");
        let (request, silences) = ask(&effects);
        let labels = Some(vec!["banff.example.org".to_owned()]);
        let fits = Fits::new(Some("MailLoop"), labels).unwrap();
        let (lasts, why) = ("90m".to_owned(), "exchange".into());
        let wanted = QuietAsk::Silence { fits, lasts, why };
        assert_eq!(silences, wanted);
        let [Effect::Change(change)] = &effects[..] else { panic!("{effects:?}") };
        assert_eq!(Change::why(change).map(ToString::to_string), Some("exchange".to_owned()));
        assert_eq!(press(&mut model, "enter esc"), vec![]);
        assert!(toast(&model).contains("wait for the result"), "{}", toast(&model));
        // It does not answer: all that is said of that has room, and nothing of what was typed is lost.
        let message = "asking for alerts and silences: Alertmanager at http://127.0.0.1:9093: no answer within 5 s; \
                       nothing was changed: does it run there, and is bunker_alertmanager_url right?";
        let problem = Problem { message: message.into(), hint: None };
        update(&mut model, Msg::Quiet { request, result: Err(problem) });
        shows(&model, &["▼ asking for", "http://127.0.0.1:9093", "right?", "exchange", "90m"]);
        press(&mut model, "enter");
        let (request, again) = ask(&press(&mut model, "tab enter"));
        assert_eq!(again, wanted);
        let result = Ok(QuietAnswer::Done("silent for 90m".into()));
        let effects = update(&mut model, Msg::Quiet { request, result });
        assert!(model.layers.is_empty());
        assert!(matches!(effects[..], [Effect::Look { what: Look::Alerts, .. }]), "{effects:?}");
        assert_eq!(toast(&model), "silent for 90m");
    }
}

#[test]
fn an_alert_is_silenced_everywhere_or_all_of_its_instance_where_that_is_chosen() {
    let label = || Some(vec!["banff.example.org".to_owned()]);
    let wide = [
        ("space", "silence MailLoop everywhere", Fits::new(Some("MailLoop"), None)),
        ("space space", "silence all alerts of banff.example.org", Fits::new(None, label())),
        ("space space space", "silence MailLoop", Fits::new(Some("MailLoop"), label())),
    ];
    for size in SIZES {
        for (keys, title, wanted) in wide.clone() {
            let mut model = held(size, &[]);
            press(&mut model, "z tab e x c h a n g e tab");
            shows(&model, &["covers", "this alert of this instance"]);
            press(&mut model, keys);
            assert_eq!(press(&mut model, "enter"), vec![]);
            let wanted = wanted.unwrap();
            shows(&model, &[title, wanted.words().as_str(), "It fits 1 alert now."]);
            let (_, asked) = ask(&press(&mut model, "tab enter"));
            let (lasts, why) = ("2h".to_owned(), "exchange".into());
            assert_eq!(asked, QuietAsk::Silence { fits: wanted, lasts, why });
        }
    }
}

#[test]
fn esc_and_other_keys_silence_nothing() {
    for size in SIZES {
        let mut model = held(size, &[]);
        assert_eq!(press(&mut model, "Z a x"), vec![]);
        assert!(model.layers.is_empty(), "{:?}", model.layers);
        assert!(toast(&model).contains("no silence holds MailLoop"), "{}", toast(&model));
        assert_eq!(press(&mut model, "z tab e x c h a n g e esc"), vec![]);
        assert!(model.layers.is_empty(), "{:?}", model.layers);
        assert_eq!(press(&mut model, "z tab e x c h a n g e enter esc"), vec![]);
        shows(&model, &["Silence MailLoop", "exchange"]);
        assert_eq!(press(&mut model, "esc"), vec![]);
        assert!(model.layers.is_empty(), "{:?}", model.layers);
    }
    let mut model = held((80, 24), &[]);
    press(&mut model, ": s i l e n c e space t h e space a l e r t enter");
    assert!(matches!(model.layers.last(), Some(Layer::Quiet(_))), "{:?}", model.layers);
}

#[test]
fn the_silence_of_an_alert_is_told_and_ended_whoever_made_it() {
    for size in SIZES {
        for by in ["ann via bunker", "eve"] {
            let mut model = held(size, &[(by, "the disk")]);
            let made = format!("the disk (by {by}), until ");
            shows(&model, &["silenced", &made, "x ends it"]);
            let line = "bunker silence end s0".to_owned();
            assert_eq!(twin(&model, Action::EndSilence), Some(Twin::Whole(line)));
            press(&mut model, "z");
            assert!(toast(&model).contains("MailLoop is silent already"), "{}", toast(&model));
            press(&mut model, "x");
            assert_eq!(press(&mut model, "enter"), vec![]);
            shows(&model, &["end the silence", &format!("Made by {by} until "), "is loud again"]);
            assert_eq!(press(&mut model, "esc esc"), vec![]);
            assert!(model.layers.is_empty());
            press(&mut model, "x d o n e enter");
            let (request, ends) = ask(&press(&mut model, "tab enter"));
            assert_eq!(ends, QuietAsk::EndSilence { id: "s0".into(), why: Some("done".into()) });
            let gone = Problem { message: "it has no silence s0".into(), hint: None };
            update(&mut model, Msg::Quiet { request, result: Err(gone) });
            shows(&model, &["▼ it has no silence s0", "done"]);
        }
    }
}

#[test]
fn the_silence_of_a_window_is_left_to_its_window() {
    let mut model = held((80, 24), &[("bunker", WINDOW)]);
    shows(&model, &["with window night"]);
    press(&mut model, "x");
    assert!(model.layers.is_empty());
    assert!(toast(&model).contains("window night silences MailLoop"), "{}", toast(&model));
    // Somebody who calls it a window is none; and where both hold it, the other one is ended.
    for silences in [&[("eve", WINDOW)][..], &[("bunker", WINDOW), ("eve", "mine")]] {
        let mut model = held((80, 24), silences);
        press(&mut model, "x enter");
        let end = format!("s{}", silences.len() - 1);
        if silences.len() > 1 {
            shows(&model, &["By 1 more silence this alert stays silent."]);
        }
        let (_, ends) = ask(&press(&mut model, "tab enter"));
        assert_eq!(ends, QuietAsk::EndSilence { id: end.as_str().into(), why: None });
    }
}

#[test]
fn where_nothing_can_be_silenced_the_page_says_why_and_what_to_do() {
    let refused = |model: &mut Model, words: &str| {
        for key in ["z", "x"] {
            assert_eq!(press(model, key), vec![]);
            assert!(model.layers.is_empty(), "{:?}", model.layers);
            assert!(toast(model).contains(words), "{key}: {}", toast(model));
        }
    };
    let told = |model: &Model| Ok(Some(manager("usual", model)));
    refused(&mut page((80, 24), None, told), "read-only");
    let right = || Some(Operate::grant());
    refused(&mut page((80, 24), right(), |_| Ok(None)), "set bunker_alertmanager_url");
    let down = "Alertmanager at http://127.0.0.1:9093: no answer within 5 s";
    let failed = |_: &Model| Err(Problem { message: down.into(), hint: None });
    let mut model = page((80, 24), right(), failed);
    refused(&mut model, down);
    assert!(toast(&model).contains("r asks again"), "{}", toast(&model));
    // What is judged here alone is told to nobody.
    let mut model = page((80, 24), right(), |model| {
        let alerts = Vec::new();
        Ok(Some(Manager { alerts, ..manager("usual", model) }))
    });
    press(&mut model, "z");
    assert_eq!(toast(&model), "there is no alert to silence");
    let mut judged = (*twelve()).clone();
    for instance in &mut judged.instances {
        for figure in Arc::make_mut(instance).signals.values_mut() {
            *figure = Figure::absent(Trouble::Down("refused".into()));
        }
    }
    update(&mut model, Msg::Fleet(Arc::new(judged)));
    press(&mut model, "g g z");
    assert!(model.layers.is_empty());
    assert!(toast(&model).contains("does not tell of"), "{}", toast(&model));
}
