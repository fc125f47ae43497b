//! Choosing secrets to change and a release to go back to, by keys, and how that looks.

mod drift;
pub(crate) mod enrol;

use bunker_ops::app::action::Place;
use bunker_ops::app::effect::ChangeKind;
use bunker_ops::app::msg::Problem;
use bunker_ops::app::{Effect, Model, Msg, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::plan::What;
use bunker_ops::domain::release::Recorded;
use bunker_ops::domain::secret::due::Due;
use bunker_ops::tui::{Picture, text};
use bunker_ops::ui::{Depth, Theme};

use crate::sample::host;
use crate::ui_world::{ago, asked, cockpit, now, press, twelve};

fn open(width: u16, height: u16) -> Model {
    let mut model = cockpit(width, height, Some(Operate::grant()));
    update(&mut model, Msg::Fleet(twelve()));
    model
}

fn draw(model: &Model) -> String {
    text(&Picture::of(model, &Theme::builtin("dark", Depth::True)))
}

fn toast(model: &Model) -> String {
    model.toasts.shown().last().map(|t| t.text.to_string()).unwrap_or_default()
}

fn secret(owner: &str, of_host: bool, name: &str, days: i64) -> Due {
    let set = (2, ago(days * 86_400));
    Due::new(now(), (owner.into(), of_host), name.parse().unwrap(), set)
}

/// The vaults of two instances and of all, sorted as they come.
pub(crate) fn vaults() -> Vec<Due> {
    let mut all = vec![
        secret("calgary-prod", true, "vault_jwt_secret", 100),
        secret("calgary-prod", true, "vault_redis_password", 20),
        secret("calgary-prod", true, "vault_encryption_key", 400),
        secret("red-deer", true, "vault_jwt_secret", 12),
        secret("all", false, "vault_bunker_ops_remote_write_token", 366),
    ];
    all.sort_by_key(Due::urgency);
    all
}

fn wish(effects: &[Effect]) -> (Vec<String>, What) {
    match &asked(effects)[..] {
        [ChangeKind::Plan { wish, .. }] => {
            (wish.hosts.iter().map(ToString::to_string).collect(), wish.what.clone())
        }
        other => panic!("{other:?}"),
    }
}

fn answer(model: &mut Model, result: Result<Vec<Due>, Problem>) {
    let request = model.last_request;
    update(model, Msg::Secrets { request, result });
}

fn names(what: &What) -> Vec<&str> {
    let What::RotateSecrets { names } = what else { panic!("{what:?}") };
    names.iter().map(bunker_ops::domain::secret::SecretName::as_str).collect()
}

#[test]
fn secrets_of_the_marked_are_chosen_with_those_that_are_due_chosen_already() {
    let mut model = open(100, 30);
    let effects = press(&mut model, "space space S");
    assert!(matches!(asked(&effects)[..], [ChangeKind::Secrets { .. }]), "{effects:?}");
    assert_eq!(model.place(), Place::Secrets);
    assert!(draw(&model).contains("reading the vaults"));
    assert_eq!(press(&mut model, "enter"), vec![], "nothing is known yet");
    answer(&mut model, Ok(vaults()));
    let screen = draw(&model);
    assert!(screen.contains("1 of 2 chosen"), "{screen}");
    assert!(screen.contains("since 10 days") && screen.contains("2 hosts"), "{screen}");
    assert!(!screen.contains("remote_write_token"), "what is of all is not of an instance");
    let (hosts, what) = wish(&press(&mut model, "enter"));
    assert_eq!(hosts, ["red-deer", "calgary-prod"]);
    assert_eq!(names(&what), ["vault_jwt_secret"]);
    press(&mut model, "esc");
    assert_eq!(model.place(), Place::Secrets, "dropping the plan leads back to the choice");
    // The second is chosen too, the first no longer.
    press(&mut model, "space space");
    let (_, what) = wish(&press(&mut model, "enter"));
    assert_eq!(names(&what), ["vault_redis_password"]);
    press(&mut model, "esc * G space");
    assert!(toast(&model).starts_with("vault_encryption_key is changed by hand: "));
    let (_, what) = wish(&press(&mut model, "enter"));
    assert_eq!(names(&what), ["vault_jwt_secret", "vault_redis_password"]);
    press(&mut model, "esc * enter");
    assert_eq!(toast(&model), "no secret is chosen: choose some with space");
}

#[test]
fn what_is_due_in_the_fleet_leads_to_its_rotation_or_says_how_else() {
    let mut model = open(80, 24);
    press(&mut model, ": s e c r e t s space d u e enter");
    assert_eq!(model.place(), Place::Due);
    answer(&mut model, Ok(vaults()));
    let screen = draw(&model);
    assert!(screen.contains("2 due of 5"), "{screen}");
    let first = screen.lines().find(|l| l.contains("vault_")).unwrap();
    assert!(first.contains("calgary-prod") && first.contains("since 10 days"), "{screen}");
    press(&mut model, "j enter");
    assert!(toast(&model).contains("is changed by hand"), "{}", toast(&model));
    press(&mut model, "k enter");
    assert_eq!(model.place(), Place::Secrets);
    answer(&mut model, Ok(vaults()));
    let (hosts, what) = wish(&press(&mut model, "enter"));
    assert_eq!((hosts, names(&what)), (vec!["calgary-prod".to_owned()], vec!["vault_jwt_secret"]));
}

#[test]
fn vaults_that_cannot_be_read_say_why_and_a_late_answer_is_dropped() {
    let mut model = open(80, 24);
    press(&mut model, "S");
    let late = model.last_request;
    press(&mut model, "esc S");
    update(&mut model, Msg::Secrets { request: late, result: Ok(vaults()) });
    assert!(draw(&model).contains("reading the vaults"));
    let problem = Problem { message: "vault.age is damaged: no header".into(), hint: None };
    answer(&mut model, Err(problem));
    assert!(draw(&model).contains("vault.age is damaged: no header"));
    assert_eq!(press(&mut model, "space * j enter"), vec![]);
}

pub(crate) fn release(digit: &str, reference: &str, days: i64) -> Recorded {
    Recorded {
        sha: digit.repeat(40).parse().unwrap(),
        reference: reference.into(),
        at: Some(ago(days * 86_400)),
        healthy: true,
        hosts: vec![host("calgary-prod")],
        running: Vec::new(),
        previous: Vec::new(),
        missing: Vec::new(),
    }
}

#[test]
fn a_rollback_goes_to_the_release_before_or_to_a_chosen_one() {
    let mut model = open(80, 24);
    let effects = press(&mut model, "Z");
    let [ChangeKind::Releases { hosts, request }] = &asked(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(hosts, &[host("calgary-prod")]);
    let mut running = release("c", "v2.6.0", 1);
    running.running = vec![host("calgary-prod")];
    let mut before = release("b", "v2.5.0", 9);
    before.previous = vec![host("calgary-prod")];
    let mut gone = release("a", "v2.4.0", 80);
    gone.missing = vec!["calgary-prod: no longer there: images".into()];
    let result = Ok(vec![running, before, gone]);
    update(&mut model, Msg::Recorded { request: *request, result });
    let screen = draw(&model);
    assert!(screen.contains("the one before") && screen.contains("runs now"), "{screen}");
    assert!(screen.contains("v2.5.0 on calgary-prod"), "{screen}");
    assert_eq!(wish(&press(&mut model, "enter")).1, What::Rollback { to: None });
    press(&mut model, "esc G");
    let screen = draw(&model);
    assert!(screen.contains("no longer there: images"), "{screen}");
    let to = "a".repeat(40).parse().unwrap();
    assert_eq!(wish(&press(&mut model, "enter")).1, What::Rollback { to: Some(to) });
}

#[test]
fn a_read_only_cockpit_offers_none_of_it() {
    let mut model = cockpit(100, 30, None);
    update(&mut model, Msg::Fleet(twelve()));
    for keys in ["S", "K", "Z"] {
        assert_eq!(press(&mut model, keys), vec![]);
        assert_eq!(model.place(), Place::Fleet);
    }
    press(&mut model, ": s e c r e t");
    let screen = draw(&model);
    let row = screen.lines().find(|l| l.contains("rotate secrets")).unwrap_or_default();
    assert!(row.contains("read-only") && row.contains("not here"), "it says why: {screen}");
    assert_eq!(press(&mut model, "enter"), vec![]);
    assert_eq!(model.place(), Place::Fleet);
}

#[test]
fn the_choices_draw_at_every_size() {
    for (width, height) in [(40, 10), (41, 17), (80, 18), (80, 24), (200, 60), (500, 11)] {
        for keys in ["S", "K", "Z"] {
            let mut model = open(width, height);
            press(&mut model, keys);
            draw(&model);
            answer(&mut model, Ok(vaults()));
            let request = model.last_request;
            update(&mut model, Msg::Recorded { request, result: Ok(vec![release("d", "-", 3)]) });
            press(&mut model, "G k j");
            let screen = draw(&model);
            assert!(!screen.trim().is_empty());
            update(&mut model, Msg::Resize(width / 2, height / 2));
            draw(&model);
        }
    }
}
