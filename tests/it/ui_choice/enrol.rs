//! Taking an instance into the inventory, by keys: the form, what is shown before anything is written, and the way on.

use bunker_ops::app::action::Place;
use bunker_ops::app::effect::ChangeKind;
use bunker_ops::app::msg::Problem;
use bunker_ops::app::{Effect, Model, Msg, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::plan::What;
use bunker_ops::domain::scaffold::enrol::{
    Answer, Ask, Draft, Enrolled, Entry, FoundThere, ShownFile, ShownKey,
};
use bunker_ops::tui::{Picture, text};
use bunker_ops::ui::{Depth, Theme};

use crate::sample::host;
use crate::ui_world::{asked, cockpit, press, twelve};

fn open(width: u16, height: u16) -> Model {
    let mut model = cockpit(width, height, Some(Operate::grant()));
    update(&mut model, Msg::Fleet(twelve()));
    model
}

fn draw(model: &Model) -> String {
    text(&Picture::of(model, &Theme::builtin("dark", Depth::True)))
}

pub(crate) fn typed(model: &mut Model, text: &str) {
    for c in text.chars() {
        let key = bunker_ops::app::Key::char(c);
        assert_eq!(update(model, Msg::Key(key)), vec![], "{text}");
    }
}

/// The one thing that is asked for.
fn wanted(effects: &[Effect]) -> Ask {
    match &asked(effects)[..] {
        [ChangeKind::Enrol { ask, .. }] => (**ask).clone(),
        other => panic!("{other:?}"),
    }
}

fn answer(model: &mut Model, answer: Answer) -> Vec<Effect> {
    let request = model.last_request;
    update(model, Msg::Enrol { request, result: Ok(Box::new(answer)) })
}

pub(crate) fn key() -> ShownKey {
    ShownKey { kind: "ssh-ed25519".into(), fingerprint: "SHA256:abcdef".into() }
}

fn files() -> Vec<ShownFile> {
    vec![ShownFile {
        path: "inventory/host_vars/olds-2/main.yml".into(),
        is_new: true,
        lines: vec!["+cml_domain: two.olds.ca".into()],
    }]
}

pub(crate) fn draft() -> Draft {
    Draft {
        host: host("olds-2"),
        keys: vec![key()],
        files: files(),
        secrets: vec!["vault_jwt_secret".parse().unwrap()],
        warnings: vec!["host olds has the address 192.0.2.7 too".into()],
        asks_why: false,
    }
}

pub(crate) fn done() -> Answer {
    Answer::Done(Enrolled { host: host("olds-2"), files: vec!["inventory/hosts.yml".into()] })
}

/// To the end of the form, all that has to be there typed.
pub(crate) fn filled(model: &mut Model) {
    press(model, "N");
    typed(model, "olds-2");
    press(model, "tab");
    typed(model, "two.olds.ca");
    press(model, "tab");
    typed(model, "192.0.2.7");
}

#[test]
fn an_instance_is_added_after_its_key_and_its_files_were_shown() {
    let mut model = open(80, 24);
    filled(&mut model);
    press(&mut model, "tab space tab tab");
    typed(&mut model, "2222");
    let Ask::Draft(new) = wanted(&press(&mut model, "enter")) else { panic!() };
    assert_eq!((new.host.as_str(), new.port), ("olds-2", Some(2222)));
    assert_eq!(u8::from(new.tier), 2, "space chose the other tier");
    assert_eq!(press(&mut model, "enter y tab enter"), vec![], "nothing is known yet");
    answer(&mut model, Answer::Draft(draft()));
    let screen = draw(&model);
    for word in ["SHA256:abcdef", "vault_jwt_secret", "has the address", "+cml_domain: two.olds.ca"]
    {
        assert!(screen.contains(word), "no {word} in\n{screen}");
    }
    assert_eq!(press(&mut model, "enter enter"), vec![], "the safe answer has the focus");
    let effects = press(&mut model, "enter tab enter");
    assert!(matches!(wanted(&effects), Ask::Add(_, keys) if keys == [key()]));
    assert_eq!(press(&mut model, "esc"), vec![], "what is being written is waited for");
    answer(&mut model, done());
    assert!(draw(&model).contains("olds-2 is in the inventory"));
    match &asked(&press(&mut model, "enter"))[..] {
        [ChangeKind::Plan { wish, .. }] => {
            assert_eq!(wish.hosts, [host("olds-2")]);
            assert!(matches!(wish.what, What::Deploy { .. }));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_wrong_is_told_at_its_field_and_nothing_is_asked() {
    let mut model = open(80, 24);
    press(&mut model, "N");
    assert_eq!(model.place(), Place::Form);
    typed(&mut model, "olds");
    press(&mut model, "tab");
    assert!(draw(&model).contains("is in the inventory already"));
    typed(&mut model, "Bad Domain");
    press(&mut model, "tab");
    let screen = draw(&model);
    assert!(screen.contains("▼ ") && screen.contains("DNS name"), "{screen}");
    assert_eq!(press(&mut model, "enter"), vec![]);
    assert!(draw(&model).contains("is needed"), "the address");
    // The keys went to the first field that is wrong: what is typed mends it.
    press(&mut model, "S-tab");
    press(&mut model, "C-u");
    typed(&mut model, "q:?");
    assert_eq!(model.place(), Place::Form, "letters are typed, not meant as keys");
}

#[test]
fn leaving_asks_only_where_something_was_typed() {
    let mut model = open(80, 24);
    press(&mut model, "N esc");
    assert_eq!(model.place(), Place::Fleet);
    press(&mut model, "N");
    typed(&mut model, "olds-2");
    press(&mut model, "esc");
    assert!(draw(&model).contains("What was typed is lost"));
    press(&mut model, "enter");
    assert_eq!(model.place(), Place::Form);
    press(&mut model, "esc tab enter");
    assert_eq!(model.place(), Place::Fleet);
}

#[test]
fn a_refusal_leads_back_to_what_was_typed() {
    let mut model = open(80, 24);
    filled(&mut model);
    press(&mut model, "enter");
    let request = model.last_request;
    let problem = Problem { message: "192.0.2.7 does not tell its host key".into(), hint: None };
    update(&mut model, Msg::Enrol { request, result: Err(problem) });
    let screen = draw(&model);
    assert!(screen.contains("does not tell its host key") && screen.contains("olds-2"), "{screen}");
    press(&mut model, "enter esc");
    assert_eq!(model.place(), Place::Form, "waiting is given up, what was typed is kept");
    assert_eq!(answer(&mut model, Answer::Draft(draft())), vec![]);
    assert_eq!(model.place(), Place::Form, "nobody waits for it any more");
    update(&mut model, Msg::Paste("9".into()));
    assert!(draw(&model).contains("192.0.2.79"), "pasted text is typed");
}

#[test]
fn an_answer_that_comes_while_the_runs_are_looked_at_is_not_lost() {
    let mut model = open(80, 24);
    filled(&mut model);
    press(&mut model, "enter R");
    assert_eq!(model.place(), Place::Runs);
    answer(&mut model, Answer::Draft(draft()));
    assert_eq!(model.place(), Place::Runs, "nothing moves under a person's hands");
    press(&mut model, "esc");
    assert!(draw(&model).contains("SHA256:abcdef"));
    press(&mut model, "enter tab enter R");
    answer(&mut model, done());
    press(&mut model, "esc");
    assert!(draw(&model).contains("olds-2 is in the inventory"));
}

pub(crate) fn found() -> FoundThere {
    FoundThere {
        host: host("olds-2"),
        domain: "two.olds.ca".parse().unwrap(),
        secrets: vec![("vault_jwt_secret".parse().unwrap(), "1a2b3c4d".to_owned())],
        made: vec!["vault_redis_password".parse().unwrap()],
        variables: vec!["cml_smtp_from".to_owned()],
        n_same: 40,
        unknown: vec!["HAND_MADE".to_owned()],
        n_left_out: 123,
        differs: vec!["MAIL_RATE".to_owned()],
        files: files(),
        asks_why: false,
    }
}

#[test]
fn an_import_shows_the_key_then_what_was_found_and_then_plans_its_run() {
    let mut model = open(80, 24);
    press(&mut model, "I");
    typed(&mut model, "olds-2");
    press(&mut model, "tab");
    typed(&mut model, "192.0.2.7");
    let Ask::Key(words) = wanted(&press(&mut model, "enter")) else { panic!() };
    assert_eq!(words[&Entry::Address], "192.0.2.7");
    answer(&mut model, Answer::Key { keys: vec![key()], asks_why: false });
    assert!(draw(&model).contains("SHA256:abcdef"));
    let effects = press(&mut model, "enter tab enter");
    assert!(matches!(wanted(&effects), Ask::Read(_, keys) if keys == [key()]));
    answer(&mut model, Answer::Found(found()));
    let screen = draw(&model);
    for word in [
        "vault_jwt_secret (1a2b3c4d)",
        "vault_redis_password",
        "cml_smtp_from",
        "HAND_MADE",
        "MAIL_RATE",
    ] {
        assert!(screen.contains(word), "no {word} in\n{screen}");
    }
    assert_eq!(press(&mut model, "enter esc"), vec![]);
    assert!(matches!(wanted(&press(&mut model, "enter tab enter")), Ask::Import(_)));
    let effects = answer(&mut model, done());
    assert!(
        matches!(&asked(&effects)[..], [ChangeKind::Plan { wish, .. }] if wish.what == What::Import)
    );
}

/// The reason of the one change.
fn reason(effects: &[Effect]) -> Option<String> {
    match effects {
        [Effect::Change(change)] => change.why().map(ToString::to_string),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_policy_that_asks_why_is_answered_on_the_way_and_nothing_typed_is_lost() {
    let mut model = open(80, 24);
    filled(&mut model);
    press(&mut model, "enter");
    let demanding = || Draft { asks_why: true, ..draft() };
    answer(&mut model, Answer::Draft(demanding()));
    assert_eq!(press(&mut model, "enter"), vec![]);
    let screen = draw(&model);
    assert!(screen.contains("asks for a reason before this instance is taken"), "{screen}");
    // Left and asked again; the page stands as it was.
    press(&mut model, "esc");
    assert!(draw(&model).contains("+cml_domain: two.olds.ca"));
    press(&mut model, "enter");
    typed(&mut model, "CHG7");
    press(&mut model, "enter");
    assert!(draw(&model).contains("Reason: CHG7"), "{}", draw(&model));
    let effects = press(&mut model, "tab enter");
    assert_eq!(reason(&effects).as_deref(), Some("CHG7"));
    let Ask::Add(new, _) = wanted(&effects) else { panic!() };
    assert_eq!(new.domain.as_str(), "two.olds.ca");
    // What failed is tried again for a reason of its own; the form has what was typed.
    let (request, problem) =
        (model.last_request, Problem { message: "no space".into(), hint: None });
    update(&mut model, Msg::Enrol { request, result: Err(problem) });
    assert!(draw(&model).contains("two.olds.ca") && draw(&model).contains("no space"));
    press(&mut model, "enter");
    answer(&mut model, Answer::Draft(demanding()));
    press(&mut model, "enter");
    assert!(draw(&model).contains("asks for a reason"));
    press(&mut model, "esc esc esc tab enter");
    assert_eq!(model.place(), Place::Fleet);
}

#[test]
fn an_import_has_one_reason_from_its_key_to_its_end() {
    let mut model = open(80, 24);
    press(&mut model, "I");
    typed(&mut model, "olds-2");
    press(&mut model, "enter");
    answer(&mut model, Answer::Key { keys: vec![key()], asks_why: true });
    press(&mut model, "enter");
    typed(&mut model, "moved");
    let effects = press(&mut model, "enter tab enter");
    assert!(matches!(wanted(&effects), Ask::Read(..)));
    assert_eq!(reason(&effects).as_deref(), Some("moved"));
    answer(&mut model, Answer::Found(FoundThere { asks_why: true, ..found() }));
    press(&mut model, "enter");
    assert!(draw(&model).contains("Reason: moved"), "{}", draw(&model));
    let effects = press(&mut model, "tab enter");
    assert!(matches!(wanted(&effects), Ask::Import(_)));
    assert_eq!(reason(&effects).as_deref(), Some("moved"));
    // Another one is asked about anew.
    let mut model = open(80, 24);
    press(&mut model, "I");
    typed(&mut model, "olds-3");
    press(&mut model, "enter");
    answer(&mut model, Answer::Key { keys: Vec::new(), asks_why: true });
    answer(&mut model, Answer::Found(FoundThere { asks_why: true, ..found() }));
    press(&mut model, "enter");
    assert!(draw(&model).contains("asks for a reason"));
}

#[test]
fn a_host_whose_key_is_pinned_is_read_at_once() {
    let mut model = open(80, 24);
    press(&mut model, "I");
    typed(&mut model, "olds");
    press(&mut model, "enter");
    let effects = answer(&mut model, Answer::Key { keys: Vec::new(), asks_why: false });
    assert!(matches!(wanted(&effects), Ask::Read(_, keys) if keys.is_empty()));
}

#[test]
fn a_read_only_cockpit_has_no_form_and_all_stages_draw_at_every_size() {
    let mut model = cockpit(80, 24, None);
    update(&mut model, Msg::Fleet(twelve()));
    assert_eq!(press(&mut model, "N I"), vec![]);
    assert_eq!(model.place(), Place::Fleet);
    for (width, height) in [(40, 10), (41, 12), (80, 24), (200, 60), (400, 11)] {
        let mut model = open(width, height);
        filled(&mut model);
        draw(&model);
        press(&mut model, "tab tab tab tab tab tab");
        draw(&model);
        press(&mut model, "enter");
        draw(&model);
        answer(&mut model, Answer::Draft(draft()));
        draw(&model);
        press(&mut model, "G j j k enter");
        draw(&model);
        press(&mut model, "tab enter");
        answer(&mut model, done());
        assert!(!draw(&model).trim().is_empty());
    }
}
