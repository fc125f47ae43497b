//! What the keys do on the page of alerts, on that of a comparison, and on the list of ports that were brought here.

use std::sync::Arc;

use bunker_ops::app::action::Place;
use bunker_ops::app::effect::ChangeKind;
use bunker_ops::app::forwards::{ForwardAsk, Forwarded};
use bunker_ops::app::look::Look;
use bunker_ops::app::toast::ToastKind;
use bunker_ops::app::{Effect, Model, Msg, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::forward::{Forward, Lost};
use bunker_ops::domain::plan::What;
use bunker_ops::domain::signal::Signal;
use bunker_ops::domain::snapshot::FleetSnapshot;

use crate::sample::host;
use crate::ui_sheet_world::open;
use crate::ui_world::{ago, asked, cockpit, instance, now, press, screen, snapshot};

fn at(operate: Option<Operate>, fleet: Arc<FleetSnapshot>) -> Model {
    let mut model = cockpit(120, 40, operate);
    update(&mut model, Msg::Fleet(fleet));
    model
}

/// One whose backup is too old, one whose disk is nearly full, one that is well.
fn fleet() -> Arc<FleetSnapshot> {
    let with = |name: &str, signal: Signal, value: f64| {
        let mut view = instance(name, 5);
        view.signals.get_mut(&signal).unwrap().reading.as_mut().unwrap().value = value;
        view
    };
    snapshot(vec![
        with("banff", Signal::BackupAge, 200_000.0),
        with("olds", Signal::DiskRatio, 0.95),
        instance("well", 5),
    ])
}

/// The row that is selected.
fn row(model: &Model) -> String {
    let drawn = screen(model);
    drawn.lines().find(|l| l.contains('▌')).unwrap_or_default().to_owned()
}

/// What is copied by these keys.
fn copied(model: &mut Model, keys: &str) -> String {
    let effects = press(model, keys);
    let copy = |e: &Effect| if let Effect::Copy(text) = e { Some(text.clone()) } else { None };
    effects.iter().find_map(copy).unwrap_or_else(|| panic!("{keys}: {effects:?}"))
}

fn here(model: &Model) -> String {
    model.here().unwrap().to_string()
}

#[test]
fn the_keys_of_the_page_of_alerts_do_what_its_foot_says() {
    let mut model = at(Some(Operate::grant()), fleet());
    open("one", &mut model, "g a");
    let names = |model: &Model| -> Vec<bool> {
        ["BackupStale", "DiskSpaceLow"].map(|name| screen(model).contains(name)).to_vec()
    };
    assert_eq!(names(&model), [true, true], "{}", screen(&model));
    // To each in turn, with what it means below the list.
    open("one", &mut model, "g g");
    let first = row(&model);
    open("one", &mut model, "j");
    assert_ne!(row(&model), first);
    open("one", &mut model, "k");
    assert_eq!(row(&model), first);
    // Words leave out the others; the backup that is too old can be made here and now, as the line below says.
    open("one", &mut model, "/ b a n f f enter");
    assert_eq!(names(&model), [true, false], "{}", screen(&model));
    assert!(screen(&model).contains("b backs it up now"), "{}", screen(&model));
    let effects = press(&mut model, "b");
    let [ChangeKind::Plan { wish, .. }] = &asked(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!((&wish.what, &wish.hosts[..]), (&What::Backup, &[host("banff")][..]));
    press(&mut model, "esc");
    assert_eq!(copied(&mut model, "y c"), "bunker alerts");
    let text = copied(&mut model, "y r");
    assert!(text.contains("BackupStale  banff"), "{text}");
    open("one", &mut model, "g m");
    assert_eq!(here(&model), "charts banff");
    open("one", &mut model, "esc");
    assert_eq!(names(&model), [true, false], "the filter stayed");
    open("one", &mut model, "enter");
    assert_eq!(here(&model), "instance banff");
    open("one", &mut model, "esc esc");
    assert_eq!(names(&model), [true, true], "esc took the filter away first");
    let effects = press(&mut model, "r");
    assert!(matches!(effects[..], [Effect::Look { what: Look::Alerts, .. }]), "{effects:?}");
    open("one", &mut model, "esc");
    assert_eq!(model.place(), Place::Fleet);

    let mut model = at(None, fleet());
    open("one", &mut model, "g a / b a n f f enter");
    assert!(asked(&press(&mut model, "b")).is_empty());
    assert!(screen(&model).contains("read-only"), "{}", screen(&model));
}

#[test]
fn the_keys_of_a_comparison_do_what_its_foot_says() {
    let mut model = at(Some(Operate::grant()), fleet());
    open("one", &mut model, "g c");
    let compared = here(&model);
    assert!(compared.starts_with("compare "), "{compared}");
    let title = |model: &Model| {
        screen(model).lines().find(|l| l.contains("What differs")).map(str::to_owned)
    };
    let differing = title(&model);
    assert!(differing.as_ref().is_some_and(|t| t.contains("1 line")), "{}", screen(&model));
    open("one", &mut model, "j");
    assert!(row(&model).contains("backup"), "{}", screen(&model));
    assert_eq!(format!("bunker {compared}"), copied(&mut model, "y c"));
    let line = copied(&mut model, "y r");
    assert!(line.contains(" | "), "{line}");
    // All lines and back, one with words only, and again.
    open("one", &mut model, "d");
    // Only beside those that are alike does a sign tell which differ.
    let signs = screen(&model).lines().filter(|l| l.contains('▲')).count();
    assert_eq!(signs, 1, "{}", screen(&model));
    open("one", &mut model, "/ h e a l t h y enter");
    assert!(screen(&model).contains("healthy"), "{}", screen(&model));
    open("one", &mut model, "esc d");
    assert_eq!(title(&model), differing);
    open("one", &mut model, "n");
    assert_ne!(here(&model), compared);
    open("one", &mut model, "N");
    assert_eq!(here(&model), compared);
    open("one", &mut model, "x");
    let ids: Vec<&str> = compared.split(' ').collect();
    assert_eq!(here(&model), format!("compare {} {}", ids[2], ids[1]));
    let effects = press(&mut model, "r");
    let variables = |e: &Effect| matches!(e, Effect::Look { what: Look::Variables(_), .. });
    assert_eq!(effects.iter().filter(|e| variables(e)).count(), 2, "{effects:?}");
    open("one", &mut model, "esc");
    assert_eq!(model.place(), Place::Fleet);
}

fn forward(number: u64, name: &str, lives: bool) -> Forward {
    Forward {
        number,
        host: host(name),
        what: "api".parse().unwrap(),
        to: "127.0.0.1:4000".parse().unwrap(),
        at: format!("127.0.0.1:{}", 40_000 + number).parse().unwrap(),
        since: ago(125),
        lost: (!lives).then(|| {
            let mut lost = Lost::at(ago(70));
            lost.failed(ago(5), "no route to host".into(), true);
            lost
        }),
    }
}

fn forwards(effects: &[Effect]) -> Vec<ForwardAsk> {
    let ask = |kind: ChangeKind| if let ChangeKind::Forward(ask) = kind { Some(ask) } else { None };
    asked(effects).into_iter().filter_map(ask).collect()
}

#[test]
fn ports_that_were_brought_here_are_listed_at_every_size_looked_after_and_taken_back() {
    let mut model = at(Some(Operate::grant()), fleet());
    assert_eq!(forwards(&press(&mut model, "g p")), [ForwardAsk::List]);
    assert!(screen(&model).contains("none: F on the page of an instance"), "{}", screen(&model));
    let long = "a-host-with-a-name-that-is-as-long-as-a-name-may-be-and-012345";
    let all = vec![forward(1, "banff", true), forward(2, long, false), forward(3, "olds", true)];
    let told = Some((ToastKind::Warning, "one was lost".into()));
    update(&mut model, Msg::Forwards(Forwarded { all: all.clone(), told }));
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        update(&mut model, Msg::Resize(width, height));
        let drawn = screen(&model);
        let line = drawn.lines().find(|l| l.contains("127.0.0.1:40001")).unwrap();
        assert!(line.contains("banff") && line.contains("127.0.0.1:4000 "), "{drawn}");
        assert!(line.contains("2m"), "{drawn}");
        let lost = drawn.lines().find(|l| l.contains("127.0.0.1:40002")).unwrap();
        assert!(lost.contains("lost 1m") && drawn.contains("3 ports"), "{drawn}");
    }
    update(&mut model, Msg::Resize(20, 5));
    screen(&model);
    update(&mut model, Msg::Resize(80, 24));
    assert_eq!(copied(&mut model, "j j j k y"), "127.0.0.1:40002");
    // Of the chosen one that is lost it is said how it stands; it can be tried at once.
    let drawn = screen(&model);
    assert!(
        drawn.contains("s ago, tried once since (no route to host): next attempt in"),
        "{drawn}"
    );
    assert_eq!(forwards(&press(&mut model, "r")), [ForwardAsk::Again(2)]);
    assert_eq!(forwards(&press(&mut model, "x")), [ForwardAsk::End(2)]);
    let all = vec![all[0].clone()];
    update(&mut model, Msg::Forwards(Forwarded { all, told: None }));
    assert_eq!(forwards(&press(&mut model, "r")), [ForwardAsk::List], "this one is open");
    assert_eq!(forwards(&press(&mut model, "x")), [ForwardAsk::End(1)]);
    press(&mut model, "esc");
    assert!(!screen(&model).contains("Ports brought here"), "{}", screen(&model));
    // While there are some, it is asked now and then whether they stand; nobody has to look at the list.
    let tick = |model: &mut Model, s: i64| {
        let at = now() + jiff::SignedDuration::from_secs(s);
        forwards(&update(model, Msg::Tick(at)))
    };
    assert_eq!(tick(&mut model, 1), [ForwardAsk::List]);
    assert_eq!(tick(&mut model, 2), []);
    assert_eq!(tick(&mut model, 4), [ForwardAsk::List]);
    update(&mut model, Msg::Forwards(Forwarded { all: Vec::new(), told: None }));
    assert_eq!(tick(&mut model, 8), []);

    // Nothing is asked where nothing may be changed.
    let mut model = at(None, fleet());
    assert_eq!(press(&mut model, "g p"), []);
    press(&mut model, "esc enter");
    assert_eq!(press(&mut model, "F"), []);
    assert!(screen(&model).contains("read-only"), "{}", screen(&model));
}
