//! What a narrow screen keeps, and what a wide one does with its room.

use std::sync::Arc;

use bunker_ops::app::look::Looked;
use bunker_ops::app::pages::PlanPage;
use bunker_ops::app::{Effect, Model, Msg, Screen, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::figure::{Figure, Source, Trouble};
use bunker_ops::domain::health::Health;
use bunker_ops::domain::inventory::{HostTold, InventoryTold};
use bunker_ops::domain::signal::Signal;
use bunker_ops::domain::snapshot::{
    Contact, FleetSnapshot, InstanceView, MetricsState, RefusedEdit,
};
use bunker_ops::domain::window::{Window, WindowSet};
use serde_json::json;

use crate::sample::host;
use crate::ui_sheet_world::{LONG, open};
use crate::ui_wall::summary;
use crate::ui_world::{
    ago, cockpit, env_changes, instance, plan, press, run_view, screen, snapshot, troubled, twelve,
};

fn at(width: u16, height: u16, fleet: Arc<FleetSnapshot>) -> Model {
    let mut model = cockpit(width, height, Some(Operate::grant()));
    update(&mut model, Msg::Fleet(fleet));
    model
}

fn line<'a>(screen: &'a str, word: &str) -> &'a str {
    screen.lines().find(|l| l.contains(word)).unwrap_or_else(|| panic!("no {word} in:\n{screen}"))
}

/// The fleet of the mock-ups in its worst hour: its files are broken, its metrics gone, no host answers.
fn worst() -> Arc<FleetSnapshot> {
    let mut fleet = (*twelve()).clone();
    fleet.inventory.refused = Some(RefusedEdit {
        file: "main.yml".into(),
        problem: "host_vars/a/main.yml:3: a tab".into(),
    });
    fleet.metrics =
        MetricsState::Failed { since: ago(50), last_seen: None, trouble: Trouble::TimedOut };
    let lost = |i: &Arc<InstanceView>| {
        let error = "no route".into();
        Arc::new(InstanceView {
            contact: Contact::Lost { since: ago(50), last_seen: None, error },
            ..(**i).clone()
        })
    };
    fleet.instances = fleet.instances.iter().map(lost).collect();
    Arc::new(fleet)
}

#[test]
fn what_the_figures_rest_on_is_told_at_every_width_and_the_sums_give_way_to_it() {
    for (width, files, metrics, hosts) in [
        (80, "▲ main.yml broken", "▼ metrics gone for 50s", "hosts 0 of 12"),
        (60, "▲ main.yml broken", "▼ metrics gone for 50s", "hosts 0 of 12"),
        (120, "▲ main.yml is broken: last good", "▼ metrics gone for 50s", "hosts 0 of 12"),
    ] {
        let drawn = screen(&at(width, 24, worst()));
        let second = drawn.lines().nth(1).unwrap();
        for words in [files, metrics, hosts] {
            assert!(second.contains(words), "no {words:?} at {width}: {second}");
        }
    }
    let mut fleet = (*worst()).clone();
    let long = "changemaker_instances.yml".into();
    fleet.inventory.refused = Some(RefusedEdit { file: long, problem: "a tab".into() });
    for (width, words) in [
        (64, "▲ changemaker_instanc… broken   ▼ no metrics · hosts 0 of 12"),
        (60, "▲ changemaker_instanc… broken   ▼ no metrics · hosts 0/12"),
    ] {
        let drawn = screen(&at(width, 24, Arc::new(fleet.clone())));
        assert!(drawn.lines().nth(1).unwrap().contains(words), "no {words:?}:\n{drawn}");
    }
    // No figure touches what stands behind it.
    let mut fleet = (*worst()).clone();
    fleet.inventory.refused = None;
    let fleet = Arc::new(fleet);
    for width in 60..130 {
        let drawn = screen(&at(width, 24, Arc::clone(&fleet)));
        let second = drawn.lines().nth(1).unwrap();
        assert!(second.contains("  ▼ "), "at {width}: {second}");
    }
}

#[test]
fn the_counts_of_states_are_never_given_up_in_the_first_line() {
    let counts = "● 9  ▲ 1  ▼ 1  ? 1";
    let mut fleet = (*twelve()).clone();
    fleet.fleet = "the-fleet-of-the-whole-province".into();
    for width in [80, 100, 200] {
        for operate in [Some(Operate::grant()), None] {
            let mut model = cockpit(width, 24, operate);
            update(&mut model, Msg::Fleet(Arc::new(fleet.clone())));
            model.why.standing = Some("the release of november for all".into());
            update(&mut model, Msg::Runs(vec![summary(&run_view(&["a", "b"]))]));
            press(&mut model, "f");
            let drawn = screen(&model);
            let first = drawn.lines().next().unwrap();
            let told = first.contains(counts) || first.contains("● 9 healthy  ▲ 1 degraded");
            assert!(told && first.contains("▲ frozen"), "{width}: {first}");
            assert!(first.contains("◐ 1 run") && first.contains("why: t"), "{width}: {first}");
            assert_eq!(first.contains("read-only"), model.operate.is_none(), "{width}: {first}");
        }
    }
    // A name that has no room is cut, and says so.
    let mut model = at(60, 24, Arc::new(fleet));
    model.why.standing = Some("the release".into());
    let drawn = screen(&model);
    assert!(drawn.lines().next().unwrap().contains("bunker  the-fle…   ● 9"), "{drawn}");
}

#[test]
fn names_are_whole_where_a_wide_screen_has_room_and_an_address_keeps_its_port() {
    let name = "ward-7-of-the-city-of-calgary-and-its-surroundings";
    let fleet = || snapshot(vec![instance(name, 5), troubled("b", Health::Down, "ssh", "gone")]);
    for keys in ["g i", "g d", "g a"] {
        let mut model = at(200, 60, fleet());
        open("40", &mut model, keys);
        let drawn = screen(&model);
        let rows = drawn.lines().filter(|l| l.contains("ward-7")).collect::<Vec<_>>();
        assert!(!rows.is_empty(), "{keys}: {drawn}");
        for row in rows {
            assert!(row.contains(name), "{keys}: {row}");
        }
    }
    let mut model = at(200, 60, fleet());
    open("long names", &mut model, "g i");
    let domain: String = LONG.chars().take(60).collect();
    assert!(screen(&model).contains(&domain), "{}", screen(&model));
    let mut model = at(80, 24, fleet());
    let effects = press(&mut model, "g i");
    let [Effect::Look { request, .. }] = effects[..] else { panic!("{effects:?}") };
    let host = HostTold {
        ssh: None,
        id: host("b"),
        address: "the-operators-of-the-night@192.0.2.22:20022".into(),
        instance: None,
        groups: Vec::new(),
        left_out: false,
    };
    let told = InventoryTold { groups: Vec::new(), hosts: vec![host] };
    update(&mut model, Msg::Looked { request, result: Ok(Looked::Inventory(told)) });
    let drawn = screen(&model);
    assert!(line(&drawn, "▌").contains("night@192.0.2.22:20022  "), "{drawn}");
}

#[test]
fn a_backup_says_at_80_columns_when_one_was_last_proven_and_how_many_are_kept() {
    let mut model = at(80, 24, snapshot(vec![instance("a", 5)]));
    open("one", &mut model, "g b");
    let drawn = screen(&model);
    assert!(!drawn.contains("LAST PROVEN"), "{drawn}");
    assert!(line(&drawn, "proven").contains("6h ago, read to its end"), "{drawn}");
    assert!(line(&drawn, "on host").contains("14 kept"), "{drawn}");
    assert!(line(&drawn, "next  ").contains("B unpacks"), "{drawn}");
}

#[test]
fn reasons_and_facts_of_an_instance_go_on_in_lines_that_are_free_and_its_charts_are_named() {
    let error = "Connection timed out during banner exchange on port 2222";
    let view = troubled("leduc-test", Health::Unknown, "ssh", error);
    let mut model = at(80, 24, snapshot(vec![view]));
    open("one", &mut model, "enter");
    let drawn = screen(&model);
    let left: String =
        drawn.lines().map(|l| l.chars().take(43).collect::<String>() + "\n").collect();
    let words: Vec<&str> = left.split(['│', '\n', ' ']).filter(|w| !w.is_empty()).collect();
    assert_eq!(
        words.join(" ").matches("during banner exchange on port 2222").count(),
        2,
        "{drawn}"
    );
    assert!(drawn.lines().last().unwrap().contains("g m charts"), "{drawn}");
}

fn plan_page(n: usize, width: u16, height: u16) -> Model {
    let names: Vec<String> = (0..n).map(|at| format!("host-{at:04}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut plan = plan(&names);
    for host in &mut plan.hosts {
        host.diff = env_changes(20);
    }
    let mut model = at(width, height, twelve());
    model.screens.push(Screen::Plan(Box::new(PlanPage::new(Arc::new(plan)))));
    model
}

#[test]
fn all_of_what_a_plan_will_do_can_be_read_on_a_small_screen() {
    let mut model = plan_page(40, 80, 24);
    let drawn = screen(&model);
    assert!(line(&drawn, "more lines").contains("tab and down show them"), "{drawn}");
    assert!(line(&drawn, "batches").contains("20 × 2, parallel 2"), "{drawn}");
    assert!(line(&drawn, "● host-0003").contains("batch 2"), "{drawn}");
    press(&mut model, "tab");
    let mut seen = String::new();
    for _ in 0..40 {
        seen.push_str(&screen(&model));
        press(&mut model, "j");
    }
    for n in 0..20 {
        assert!(seen.contains(&format!("SETTING_{n}: a -> b")), "SETTING_{n}:\n{seen}");
    }
    press(&mut model, "G");
    let end = screen(&model);
    assert!(end.contains("steps") && !end.contains("more lines"), "{end}");
    // The targets move again once they have the keys, and what was read stays.
    press(&mut model, "tab G");
    let drawn = screen(&model);
    assert!(drawn.contains("host-0039") && drawn.contains("steps"), "{drawn}");
    press(&mut model, "tab g g");
    assert!(screen(&model).contains("batches"), "{}", screen(&model));
}

#[test]
fn a_figure_that_is_a_reason_on_one_side_alone_differs_and_both_sides_show_what_does() {
    let with_disk = |mut view: InstanceView, ratio: f64| {
        let disk = Figure::fresh(ratio, ago(5), Source::Metrics);
        view.signals.insert(Signal::DiskRatio, disk);
        view
    };
    let full = troubled("a", Health::Degraded, "disk", "88% of / (warn 85%)");
    let other = with_disk(instance("b", 5), 0.61);
    let mut model = at(80, 24, snapshot(vec![with_disk(full, 0.88), other]));
    open("one", &mut model, "g c");
    let drawn = screen(&model);
    assert!(drawn.contains("What differs") && drawn.contains("by half, or by state"), "{drawn}");
    let disk = line(&drawn, "│   figures     disk");
    assert!(disk.contains("88%") && disk.contains("61%"), "{drawn}");
    let group = |view: InstanceView, last: &str| InstanceView {
        groups: ["changemaker_instances_of_the_province", last].map(|g| g.parse().unwrap()).into(),
        ..view
    };
    let pair = vec![group(instance("a", 5), "canary"), group(instance("b", 5), "rest")];
    let mut model = at(80, 24, snapshot(pair));
    open("one", &mut model, "g c");
    let drawn = screen(&model);
    let groups = line(&drawn, "groups  ");
    assert!(groups.contains(", canary") && groups.contains(", rest"), "{drawn}");
}

#[test]
fn the_tallies_of_a_list_have_short_words_where_long_ones_have_no_room() {
    for (keys, words) in [
        ("g i", "   ◆ 3 groups   · 12 hosts   ▲ 0 problems  "),
        ("g a", " firing  "),
        ("g a", " silent  "),
        ("g b", " fresh  "),
    ] {
        let mut model = at(80, 24, twelve());
        open("40", &mut model, keys);
        let drawn = screen(&model);
        assert!(drawn.lines().next().unwrap().contains(words), "no {words:?}:\n{drawn}");
    }
}

#[test]
fn only_a_window_that_is_on_can_be_ended() {
    let window = |value| serde_json::from_value::<Window>(value).unwrap();
    let windows: Vec<Window> = vec![
        window(json!({"name": "day", "daily": "14:00", "for": "2h", "zone": "UTC"})),
        window(json!({"name": "night", "daily": "22:00", "for": "2h", "zone": "UTC"})),
    ];
    let mut fleet = (*twelve()).clone();
    let hosts = fleet.instances.iter().map(|i| i.id.clone()).collect();
    fleet.windows = vec![WindowSet { windows: windows.into(), hosts }].into();
    let mut model = at(80, 24, Arc::new(fleet));
    open("one", &mut model, "g t");
    assert!(screen(&model).contains("x ends it"), "{}", screen(&model));
    // Who may only look is told what somebody else would type.
    let operate = model.operate.take();
    assert!(screen(&model).contains("bunker window end day"), "{}", screen(&model));
    model.operate = operate;
    open("one", &mut model, "j");
    for operate in [model.operate.take(), None] {
        model.operate = operate;
        let drawn = screen(&model);
        let ends = drawn.contains("ends it") || drawn.contains("window end");
        assert!(drawn.contains("night: ") && !ends, "{drawn}");
    }
}
