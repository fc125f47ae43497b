//! Moving about in the cockpit: filters, order, columns, marks, history, bookmarks, copies, the palette.

use std::sync::Arc;

use bunker_ops::app::action::Place;
use bunker_ops::app::layers::{Entry, Layer};
use bunker_ops::app::{Effect, Model, Msg, Screen, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::health::Health;
use bunker_ops::domain::signal::Signal;
use bunker_ops::domain::view::{SavedView, ViewChange};

use crate::sample::run_id;
use crate::ui_world::{
    ago, cockpit, instance, many, now, press, screen, snapshot, troubled, twelve,
};

fn open() -> Model {
    let mut model = cockpit(120, 40, Some(Operate::grant()));
    update(&mut model, Msg::Fleet(twelve()));
    model
}

fn shown(model: &Model) -> Vec<String> {
    model.fleet.rows().map(|i| i.id.to_string()).collect()
}

fn marked(model: &Model) -> Vec<String> {
    model.fleet.marked.iter().map(ToString::to_string).collect()
}

/// Types a text into what stands open.
fn type_in(model: &mut Model, text: &str) {
    for c in text.chars() {
        update(model, Msg::Key(bunker_ops::app::Key::char(c)));
    }
}

fn told(model: &Model) -> String {
    model.toasts.shown().last().map(|t| t.text.to_string()).unwrap_or_default()
}

#[test]
fn a_filter_that_cannot_be_used_says_why_and_the_one_before_stays() {
    let mut model = open();
    press(&mut model, "/");
    type_in(&mut model, "health=down ");
    assert_eq!(shown(&model), ["calgary-prod"]);
    type_in(&mut model, "bakup>2");
    assert_eq!(shown(&model), ["calgary-prod"], "the last good one stays");
    let drawn = screen(&model);
    assert!(drawn.contains("did you mean backup?; the terms before it count"), "{drawn}");
    press(&mut model, "enter");
    assert!(matches!(model.layers.last(), Some(Layer::Filter(_))), "a broken one is not taken");
    press(&mut model, "C-u");
    assert_eq!(shown(&model).len(), 12);
    type_in(&mut model, "backup<26h !canary");
    press(&mut model, "enter");
    assert!(model.layers.is_empty());
    assert!(screen(&model).contains("filter: backup<26h !canary"), "{}", screen(&model));
}

#[test]
fn a_filter_by_a_figure_follows_the_figure() {
    let mut model = open();
    press(&mut model, "/");
    type_in(&mut model, "queue>100");
    press(&mut model, "enter");
    assert_eq!(shown(&model), Vec::<String>::new());
    let mut worse: Vec<_> = twelve().instances.iter().map(|i| (**i).clone()).collect();
    worse[5].signals.get_mut(&Signal::MailQueue).unwrap().reading.as_mut().unwrap().value = 120.0;
    let id = worse[5].id.to_string();
    update(&mut model, Msg::Fleet(snapshot(worse)));
    assert_eq!(shown(&model), [id]);
}

#[test]
fn problems_only_leaves_the_healthy_out_and_esc_brings_them_back() {
    let mut model = open();
    press(&mut model, "p");
    assert_eq!(shown(&model), ["calgary-prod", "red-deer", "leduc-test"]);
    assert!(screen(&model).contains("problems only"), "{}", screen(&model));
    press(&mut model, "esc");
    assert_eq!(shown(&model).len(), 12);
    let mut model = cockpit(80, 24, None);
    update(&mut model, Msg::Fleet(many(3)));
    press(&mut model, "p");
    assert!(screen(&model).contains("nothing is wrong with 3 instances"), "{}", screen(&model));
}

#[test]
fn rows_are_sorted_by_any_column_both_ways_and_the_choice_is_kept() {
    let mut model = open();
    let effects = press(&mut model, "s");
    assert_eq!(effects, [Effect::Save(ViewChange::Sort("instance".into()))]);
    assert_eq!(shown(&model)[0], "airdrie");
    press(&mut model, "r");
    assert_eq!(shown(&model)[0], "test-01");
    assert!(screen(&model).contains("sort: instance ↓"), "{}", screen(&model));
    press(&mut model, "< < <");
    assert_eq!(model.fleet.sort.to_string(), "disk_ratio", "the last column but the trend");
    // By a column that is chosen by its name: the ninth, and once more for the other way.
    press(&mut model, "w j j j j j j j j s s esc");
    assert_eq!(model.fleet.sort.to_string(), "-mail_queue");
}

#[test]
fn an_instance_without_the_figure_stands_last_whichever_way_is_sorted() {
    let mut slow = instance("slow", 5);
    slow.signals.get_mut(&Signal::P95Seconds).unwrap().reading.as_mut().unwrap().value = 3.0;
    let mut none = instance("a-none", 5);
    none.signals.remove(&Signal::P95Seconds);
    let mut model = cockpit(120, 40, None);
    update(&mut model, Msg::Fleet(snapshot(vec![none, instance("fast", 5), slow])));
    model.fleet.sort = "p95_seconds".parse().unwrap();
    model.fleet.arrange(20);
    assert_eq!(shown(&model), ["slow", "fast", "a-none"]);
    press(&mut model, "r");
    assert_eq!(shown(&model), ["fast", "slow", "a-none"]);
}

#[test]
fn columns_are_chosen_moved_and_kept_and_name_and_state_stay() {
    let mut model = open();
    let effects = press(&mut model, "w space space j j space");
    // Name cannot go; domain went; health cannot go.
    assert!(!screen(&model).contains("DOMAIN"), "{}", screen(&model));
    let Some(Effect::Save(ViewChange::Columns(keys))) = effects.last() else {
        panic!("{effects:?}")
    };
    assert_eq!(keys[..3], ["instance", "tier", "release"]);
    press(&mut model, "K K K K K K esc");
    assert_eq!(model.fleet.columns[0].key(), "http");
    press(&mut model, "w d esc");
    assert_eq!(model.fleet.columns.len(), 14);
    let mut view = SavedView::default();
    view.apply(&ViewChange::Columns(vec![
        "disk_ratio".into(),
        "memory_ratio".into(),
        "odd".into(),
    ]));
    view.apply(&ViewChange::Sort("-release".into()));
    view.apply(&ViewChange::Bookmark { letter: 'x', to: Some("nowhere".into()) });
    let strange = model.remember(&view);
    assert_eq!(strange.len(), 2, "{strange:?}");
    let drawn = screen(&model);
    let heads = drawn.lines().find(|l| l.contains("INSTANCE")).unwrap();
    let words: Vec<&str> = heads.split_whitespace().collect();
    assert_eq!(words[1..5], ["INSTANCE", "HEALTH", "DISK", "MEM"], "{heads}");
    assert_eq!(model.fleet.sort.to_string(), "-release");
}

#[test]
fn marks_are_made_by_row_range_filter_and_inversion_and_kept_by_id() {
    let mut model = open();
    press(&mut model, "v j j");
    assert!(screen(&model).contains("range of 3"), "{}", screen(&model));
    press(&mut model, "space");
    assert_eq!(marked(&model), ["calgary-prod", "leduc-test", "red-deer"]);
    press(&mut model, "v j esc");
    assert_eq!(marked(&model).len(), 3, "a range that is left marks nothing");
    press(&mut model, "/ o l d s enter * esc");
    assert_eq!(marked(&model).len(), 4);
    press(&mut model, "s s i");
    assert_eq!(marked(&model).len(), 8);
    assert!(!marked(&model).contains(&"olds".to_owned()));
    // Rows move while a range is open: it goes on from its instance.
    press(&mut model, "esc");
    model.fleet.sort = bunker_ops::app::fleet_page::Sort::default();
    model.fleet.arrange(20);
    press(&mut model, "g g v");
    let mut worse: Vec<_> = twelve().instances.iter().map(|i| (**i).clone()).collect();
    worse[0] = troubled("edmonton-prod", Health::Down, "api", "exited (1)");
    update(&mut model, Msg::Fleet(snapshot(worse)));
    press(&mut model, "j v");
    assert_eq!(marked(&model), ["calgary-prod", "edmonton-prod"]);
}

#[test]
fn a_frozen_screen_stands_still_says_since_when_and_goes_on_with_what_came() {
    let mut model = open();
    press(&mut model, "f");
    let before = screen(&model);
    assert!(before.contains("frozen since 14:32"), "{before}");
    update(&mut model, Msg::Tick(ago(-600)));
    update(&mut model, Msg::Fleet(many(3)));
    assert_eq!(screen(&model), before, "neither figures nor ages move");
    press(&mut model, "f");
    assert_eq!(shown(&model).len(), 3);
    assert_eq!(model.now, ago(-600));
    // Whoever goes to act sees what is, not what was.
    press(&mut model, "f R");
    assert!(model.frozen.is_none() && told(&model).contains("go on"), "{}", told(&model));
}

#[test]
fn history_goes_back_and_forward_by_keys() {
    let mut model = open();
    press(&mut model, "enter esc R");
    assert_eq!(model.place(), Place::Runs);
    press(&mut model, "[ [");
    assert_eq!(model.place(), Place::Instance);
    press(&mut model, "] ]");
    assert_eq!(model.place(), Place::Runs);
    press(&mut model, "]");
    assert_eq!(told(&model), "this is the last page that was looked at");
    // A form that is being filled in is not left by that.
    press(&mut model, "esc N");
    let place = model.place();
    assert_eq!(place, Place::Form);
    press(&mut model, "[");
    assert_eq!(model.place(), Place::Form, "it is typed");
}

#[test]
fn a_bookmark_keeps_page_and_filter_and_is_saved() {
    let mut model = open();
    press(&mut model, "/");
    type_in(&mut model, "health=degraded");
    let effects = press(&mut model, "enter m d");
    let to = Some("fleet: health=degraded".to_owned());
    assert_eq!(effects, [Effect::Save(ViewChange::Bookmark { letter: 'd', to })]);
    press(&mut model, "esc R");
    press(&mut model, "' d");
    assert_eq!((model.place(), shown(&model)), (Place::Fleet, vec!["red-deer".to_owned()]));
    press(&mut model, "' x");
    assert_eq!(told(&model), "bookmark x is not set");
    let effects = press(&mut model, "' bs d");
    assert_eq!(effects, [Effect::Save(ViewChange::Bookmark { letter: 'd', to: None })]);
    assert!(model.bookmarks.is_empty());
}

#[test]
fn what_is_copied_is_one_line_of_validated_names() {
    let mut model = open();
    let connection = bunker_ops::domain::connection::Connection {
        host: "calgary-prod".parse().unwrap(),
        address: "192.0.2.7".parse().unwrap(),
        port: Some(2222),
        user: Some("deploy".parse().unwrap()),
        identity: Some("/home/ann/my keys/it's".into()),
        jump: vec![bunker_ops::domain::connection::JumpHost {
            user: None,
            address: "bastion.example.org".parse().unwrap(),
            port: Some(22),
        }],
        become_root: bunker_ops::domain::connection::Become::Root,
        known_hosts: None,
    };
    let mut all: Vec<_> = twelve().instances.iter().map(|i| (**i).clone()).collect();
    for i in &mut all {
        i.connection = Some(Arc::new(connection.clone()));
    }
    update(&mut model, Msg::Fleet(snapshot(all)));
    let copied = |model: &mut Model, keys: &str| match &press(model, keys)[..] {
        [Effect::Copy(text)] => text.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(copied(&mut model, "y y"), "bunker status --limit calgary-prod");
    assert_eq!(copied(&mut model, "y v"), "calgary-prod");
    let ssh =
        r"ssh -J bastion.example.org:22 -p 2222 -i '/home/ann/my keys/it'\''s' deploy@192.0.2.7";
    assert_eq!(copied(&mut model, "y s"), ssh);
    assert!(
        copied(&mut model, "y r")
            .ends_with("v2.4.1  down  api: exited (1) 4m ago, 3 restarts in 5m")
    );
    assert_eq!(
        copied(&mut model, "space space y c"),
        "bunker status --limit red-deer,calgary-prod"
    );
    assert_eq!(press(&mut model, "y esc"), vec![]);
    // The command line of what the palette would do.
    assert_eq!(
        copied(&mut model, ": b a c k u p C-y"),
        "bunker backup --limit red-deer,calgary-prod"
    );
    model.layers.clear();
    let run = bunker_ops::app::pages::RunPage::new(run_id(0x7f3a));
    model.screens.push(Screen::Run(Box::new(run)));
    assert_eq!(copied(&mut model, "y y"), format!("bunker attach {}", run_id(0x7f3a)));
    assert_eq!(copied(&mut model, ": a b o r t C-y"), format!("bunker abort {}", run_id(0x7f3a)));
}

#[test]
fn the_palette_says_why_something_cannot_be_done_here() {
    let mut model = open();
    press(&mut model, ":");
    type_in(&mut model, "pause");
    let Some(Layer::Palette(state)) = model.layers.last() else { panic!("no palette") };
    let found = state.found.iter().find_map(|entry| {
        let Entry::Unavailable(action, why) = entry else { return None };
        (action.info().name == "pause").then(|| why.clone())
    });
    assert_eq!(found.as_deref(), Some("on: Run"));
    assert_eq!(press(&mut model, "enter"), vec![]);
    assert!(told(&model).contains("pause cannot be done here: on: Run"), "{}", told(&model));
    let mut watch = cockpit(120, 40, None);
    update(&mut watch, Msg::Fleet(twelve()));
    press(&mut watch, ": u p g r a d e");
    let Some(Layer::Palette(state)) = watch.layers.last() else { panic!("no palette") };
    assert!(
        matches!(&state.found[0], Entry::Unavailable(_, why) if why == "read-only"),
        "{state:?}"
    );
}

#[test]
fn the_clock_of_notices_goes_on_while_the_screen_stands_still() {
    let mut model = open();
    press(&mut model, "f");
    update(&mut model, Msg::Tick(ago(-600)));
    press(&mut model, "]");
    assert!(!model.toasts.shown().is_empty());
    update(&mut model, Msg::Tick(ago(-601)));
    assert!(!model.toasts.shown().is_empty(), "it is a second old");
    update(&mut model, Msg::Tick(ago(-700)));
    assert!(model.toasts.shown().is_empty());
    assert_eq!(model.now, now());
}
