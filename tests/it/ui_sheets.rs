//! The pages with one list: backups, alerts, windows, inventory, variables, doctor, compare, charts.

use std::sync::Arc;

use bunker_ops::app::effect::ChangeKind;
use bunker_ops::app::look::Look;
use bunker_ops::app::pages::RunPage;
use bunker_ops::app::{Effect, Model, Msg, Screen, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::health::Health;
use bunker_ops::domain::plan::What;
use bunker_ops::domain::snapshot::FleetSnapshot;
use bunker_ops::domain::window::{Window, WindowSet};
use bunker_ops::tui::{Picture, text};
use bunker_ops::ui::theme::Role;
use bunker_ops::ui::{Depth, Theme};
use serde_json::json;

use crate::sample::{host, run_id};
use crate::ui_gallery::{drawn_of, fleets};
use crate::ui_sheet_world::{answer, open};
use crate::ui_world::{asked, cockpit, press, run_view, screen, snapshot, troubled, twelve};

fn gallery(name: &str, keys: &str) -> String {
    drawn_of(name, &fleets(), |kind, model| open(kind, model, keys))
}

#[test]
fn the_page_of_backups() {
    insta::assert_snapshot!("backups", gallery("backups", "g b"));
}

#[test]
fn the_page_of_alerts() {
    insta::assert_snapshot!("alerts", gallery("alerts", "g a"));
}

#[test]
fn the_page_of_windows() {
    let with_windows = |(kind, fleet): (&'static str, Arc<FleetSnapshot>)| {
        let name = match kind {
            "long names" => "a-window-with-a-name-that-is-longer-than-any-column-for-it",
            "CJK" => "夜間の作業時間",
            "hostile bytes" => "ünï night \"quoted\" \\ %n",
            _ => "night",
        };
        let window = |value| serde_json::from_value::<Window>(value).unwrap();
        let windows = vec![
            window(json!({"name": name, "daily": "14:00", "for": "2h", "zone": "UTC"})),
            window(
                json!({"name": "mails", "daily": "16:00", "for": "1h", "zone": "UTC", "only": "alerts"}),
            ),
            window(
                json!({"name": "election", "once": "2026-12-24 00:30", "to": "2026-12-27 00:00", "zone": "UTC", "deny": true}),
            ),
            window(
                json!({"name": "over", "once": "2026-01-02 00:30", "to": "2026-01-03 00:00", "zone": "UTC"}),
            ),
        ];
        let mut fleet = (*fleet).clone();
        let hosts = fleet.instances.iter().map(|i| i.id.clone()).collect();
        if kind != "one" {
            fleet.windows = vec![WindowSet { windows: windows.into(), hosts }].into();
        }
        (kind, Arc::new(fleet))
    };
    let all: Vec<_> = fleets().into_iter().map(with_windows).collect();
    insta::assert_snapshot!("windows", drawn_of("windows", &all, |kind, m| open(kind, m, "g t")));
}

#[test]
fn the_page_of_leases() {
    insta::assert_snapshot!("leases", gallery("leases", "g w"));
}

#[test]
fn the_page_of_the_inventory_and_of_variables() {
    insta::assert_snapshot!("inventory", gallery("inventory", "g i"));
    insta::assert_snapshot!("variables", gallery("variables", "g i G enter"));
}

#[test]
fn the_page_of_findings() {
    insta::assert_snapshot!("doctor", gallery("doctor", "g d"));
}

#[test]
fn two_instances_and_two_releases_side_by_side() {
    insta::assert_snapshot!("compare", gallery("compare", "g c d"));
}

#[test]
fn the_charts_of_an_instance() {
    insta::assert_snapshot!("charts", gallery("charts", "g m"));
}

/// A run in its middle with the outputs of its targets: two alike but for numbers, one not begun.
fn outputs(kind: &str, model: &mut Model, layouts: usize) {
    let run = RunPage::new(run_id(0x7f3a));
    model.screens.push(Screen::Run(Box::new(run)));
    let many = |n: usize| (0..n).map(|at| format!("host-{at:04}")).collect();
    let names: Vec<String> = match kind {
        "empty" => Vec::new(),
        "40" => many(40),
        "1,000" => many(1_000),
        _ => ["red-deer", "st-albert", "banff", "olds", "jasper"].map(str::to_owned).to_vec(),
    };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    update(model, Msg::Run(Arc::new(run_view(&names))));
    open(kind, model, "v");
    for _ in 0..layouts {
        open(kind, model, "v");
    }
}

#[test]
fn the_outputs_of_several_targets() {
    let mut out = String::new();
    for (layouts, name) in [(0, "two by two"), (1, "many"), (2, "folded"), (3, "one")] {
        let drawn =
            drawn_of(&format!("outputs-{layouts}"), &fleets(), |kind, m| outputs(kind, m, layouts));
        out = format!("{out}##### {name}\n{drawn}");
    }
    insta::assert_snapshot!("outputs", out);
}

#[test]
fn outputs_fold_where_they_are_alike_and_a_target_says_what_it_waits_for() {
    let mut model = at(120, 40, twelve());
    outputs("one", &mut model, 2);
    let drawn = screen(&model);
    assert!(drawn.contains("2 targets: red-deer, st-albert"), "{drawn}");
    assert!(drawn.contains("alike but for numbers"), "{drawn}");
    assert!(drawn.contains("waits for batch 1: st-albert at gate"), "{drawn}");
    open("one", &mut model, "j enter");
    assert_eq!(model.here().unwrap().to_string(), format!("run {}", run_id(0x7f3a)));
    assert_eq!(model.run_page().unwrap().host, Some(host("st-albert")));
    open("one", &mut model, "j");
    assert!(screen(&model).contains("not begun: it waits for batch 1"), "{}", screen(&model));
    // While the run goes on, the ends are read again each second, one question at a time.
    press(&mut model, "v");
    let tick = |model: &mut Model, s: i64| {
        let at = crate::ui_world::now() + jiff::SignedDuration::from_secs(s);
        update(model, Msg::Tick(at))
    };
    assert!(tick(&mut model, 2).is_empty(), "the first answer is waited for");
    let request = model.last_request;
    let result = Ok(bunker_ops::app::look::Looked::Outputs(std::collections::BTreeMap::default()));
    update(&mut model, Msg::Looked { request, result });
    let asked = tick(&mut model, 3);
    assert!(matches!(asked[..], [Effect::Look { what: Look::Outputs(..), .. }]), "{asked:?}");
}

pub(crate) fn at(width: u16, height: u16, fleet: Arc<FleetSnapshot>) -> Model {
    let mut model = cockpit(width, height, Some(Operate::grant()));
    update(&mut model, Msg::Fleet(fleet));
    model
}

#[test]
fn every_page_is_reached_by_keys_by_the_palette_and_by_history_also_read_only() {
    for operate in [Some(Operate::grant()), None] {
        let mut model = cockpit(120, 40, operate);
        update(&mut model, Msg::Fleet(twelve()));
        for (keys, palette, here) in [
            ("g b", ": b a c k u p s enter", "backups"),
            ("g a", ": a l e r t s enter", "alerts"),
            ("g t", ": w i n d o w s enter", "windows"),
            ("g w", ": l e a s e s enter", "leases"),
            ("g i", ": i n v e n t o r y enter", "inventory"),
            ("g d", ": d o c t o r enter", "doctor"),
            ("g c", ": c o m p a r e enter", "compare calgary-prod st-albert"),
            ("g m", ": c h a r t s enter", "charts calgary-prod"),
        ] {
            for way in [keys, palette] {
                open("one", &mut model, way);
                assert_eq!(model.here().unwrap().to_string(), here, "{way}");
                open("one", &mut model, "[");
                assert_eq!(model.here().unwrap().to_string(), "fleet", "{way} and back");
                open("one", &mut model, "]");
                assert_eq!(model.here().unwrap().to_string(), here, "{way} and forward");
                open("one", &mut model, "esc esc");
                assert_eq!(model.here().unwrap().to_string(), "fleet", "{way} and esc");
            }
        }
    }
}

#[test]
fn backups_are_asked_of_the_instances_in_view_only_once_and_the_selection_stays() {
    let mut model = at(80, 24, crate::ui_world::many(40));
    let hosts = |effects: &[Effect]| -> usize {
        let one = |e: &Effect| matches!(e, Effect::Look { what: Look::Backups(hosts), .. } if hosts.len() == 1);
        effects.iter().filter(|e| one(e)).count()
    };
    let effects = press(&mut model, "g b");
    assert_eq!(hosts(&effects), 11, "as many as rows are seen");
    assert!(screen(&model).contains("asking the host for its manifests"), "{}", screen(&model));
    answer("one", &mut model, effects);
    assert_eq!(hosts(&press(&mut model, "j k")), 0);
    let more = press(&mut model, "G");
    assert_eq!(hosts(&more), 11);
    answer("one", &mut model, more);
    assert!(screen(&model).contains("14 kept, back to 13d ago"), "{}", screen(&model));
    // Another instance gets old and stands first: the selected one stays selected.
    let mut worse: Vec<_> =
        crate::ui_world::many(40).instances.iter().map(|i| (**i).clone()).collect();
    let age = bunker_ops::domain::signal::Signal::BackupAge;
    worse[7].signals.get_mut(&age).unwrap().reading.as_mut().unwrap().value = 200_000.0;
    update(&mut model, Msg::Fleet(snapshot(worse)));
    let drawn = screen(&model);
    let selected = drawn.lines().find(|l| l.contains('▌')).unwrap();
    assert!(selected.contains("host-0039"), "{selected}");
    open("one", &mut model, "g g");
    let drawn = screen(&model);
    assert!(drawn.contains("▼ host-0007") && drawn.contains("too old"), "{drawn}");
}

#[test]
fn the_colour_of_a_backup_is_that_of_its_age_and_the_word_says_it_too() {
    let age = bunker_ops::domain::signal::Signal::BackupAge;
    let hours = [
        ("fresh", 6.0, Role::Healthy, "●"),
        ("aging", 31.0, Role::Degraded, "▲"),
        ("too old", 60.0, Role::Down, "▼"),
    ];
    for (word, hours, role, glyph) in hours {
        let mut view = crate::ui_world::instance("a", 5);
        view.signals.get_mut(&age).unwrap().reading.as_mut().unwrap().value = hours * 3_600.0;
        let mut model = at(120, 40, snapshot(vec![view]));
        open("one", &mut model, "g b");
        let theme = Theme::builtin("dark", Depth::True);
        let picture = Picture::of(&model, &theme);
        let drawn = text(&picture);
        let y = drawn.lines().position(|l| l.contains("▌") && l.contains(word)).unwrap();
        let y = u16::try_from(y).unwrap();
        let row: Vec<_> = (0..120).map(|x| &picture.buffer()[(x, y)]).collect();
        let colour = theme.style(role).fg;
        for sign in [glyph, "━"] {
            let cell = row.iter().find(|cell| cell.symbol() == sign).unwrap();
            assert_eq!(Some(cell.fg), colour, "{word} {sign}");
        }
    }
}

#[test]
fn a_backup_is_planned_from_its_page_and_not_where_nothing_may_be_changed() {
    let mut model = at(120, 40, twelve());
    open("one", &mut model, "g b");
    let effects = press(&mut model, "b");
    let [ChangeKind::Plan { wish, .. }] = &asked(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!((&wish.what, wish.hosts.len()), (&What::Backup, 1));
    let mut model = cockpit(120, 40, None);
    update(&mut model, Msg::Fleet(twelve()));
    open("one", &mut model, "g b");
    assert!(asked(&press(&mut model, "b B")).is_empty());
    assert!(!screen(&model).contains("b backup"), "{}", screen(&model));
}

#[test]
fn words_filter_every_list_and_esc_brings_all_back() {
    for (keys, word, left) in [
        ("g b", "c a l g a r y", "1 of 12"),
        ("g i", "c a n a r y", "1 of 15"),
        ("g d", "r e d - d e e r", "3 of 39"),
        ("g i G enter", "s e c r e t", "1 of 6"),
    ] {
        let mut model = at(200, 60, twelve());
        open("one", &mut model, keys);
        open("one", &mut model, &format!("/ {word} enter"));
        assert!(screen(&model).contains(left), "{keys}: {}", screen(&model));
        open("one", &mut model, "esc");
        assert!(!screen(&model).contains(left), "{keys}: {}", screen(&model));
    }
}

#[test]
fn alerts_are_asked_for_again_and_what_was_known_stays_while_the_alertmanager_fails() {
    let mut model = at(120, 40, twelve());
    open("40", &mut model, "g a G");
    let known = screen(&model);
    assert!(known.contains("from http://127.0.0.1:9093") && known.contains("6 firing"), "{known}");
    assert!(known.contains("the disk is being exchanged (by ann)"), "{known}");
    let later = crate::ui_world::now() + jiff::SignedDuration::from_secs(31);
    let effects = update(&mut model, Msg::Tick(later));
    assert!(matches!(effects[..], [Effect::Look { what: Look::Alerts, .. }]), "{effects:?}");
    assert!(update(&mut model, Msg::Tick(later)).is_empty(), "one question at a time");
    answer("failing", &mut model, effects);
    let drawn = screen(&model);
    assert!(
        drawn.contains("▲ no answer within 5 s") && drawn.contains("shown is what it said"),
        "{drawn}"
    );
    assert!(drawn.contains("the disk is being exchanged (by ann)"), "{drawn}");
}

#[test]
fn secrets_are_masked_and_each_variable_says_where_it_comes_from() {
    let mut model = at(120, 40, twelve());
    open("one", &mut model, "g i G enter");
    let drawn = screen(&model);
    let line = |word: &str| drawn.lines().find(|l| l.contains(word)).unwrap().to_owned();
    assert!(line("vault_jwt_secret").contains("<secret>"), "{drawn}");
    assert!(drawn.contains("1 secret"), "{drawn}");
    let mut filtered = at(120, 40, twelve());
    open("one", &mut filtered, "g i G enter / v a u l t enter");
    let drawn_filtered = screen(&filtered);
    assert!(drawn_filtered.contains("<secret>, generation 3"), "{drawn_filtered}");
    let from = line("cml_ref");
    assert!(from.contains("group production") && from.contains("group_vars/production.yml:3"));
    assert!(line("cml_motd").contains('▲'), "{drawn}");
}

#[test]
fn any_two_instances_and_releases_are_compared_and_only_what_differs_is_shown() {
    let mut other = crate::ui_world::instance("b", 5);
    let release = other.release.as_mut().unwrap();
    release.sha = "3f9c2ab000000000000000000000000000000000".parse().unwrap();
    release.reference = Some("v2.5.0".into());
    let third = crate::ui_world::instance("c", 5);
    let mut model = at(120, 40, snapshot(vec![crate::ui_world::instance("a", 5), other, third]));
    open("one", &mut model, "g c");
    assert_eq!(model.here().unwrap().to_string(), "compare a b");
    let drawn = screen(&model);
    assert!(drawn.contains("v2.4.1") && drawn.contains("v2.5.0"), "{drawn}");
    assert!(!drawn.contains("healthy"), "what is alike is left out: {drawn}");
    open("one", &mut model, "d");
    assert!(screen(&model).contains("healthy"), "{}", screen(&model));
    open("one", &mut model, "n");
    assert_eq!(model.here().unwrap().to_string(), "compare a c");
    open("one", &mut model, "N x");
    assert_eq!(model.here().unwrap().to_string(), "compare b a");
    open("one", &mut model, "o");
    let drawn = screen(&model);
    assert!(drawn.contains("v2.5.0 (3f9c2ab)") && drawn.contains("v2.4.1 (642cb08)"), "{drawn}");
    assert!(drawn.contains("p95 (median)"), "{drawn}");
    let marked = press(&mut model, "esc esc space j space");
    drop(marked);
    open("one", &mut model, "g c");
    assert_eq!(model.here().unwrap().to_string(), "compare a c", "the two that are marked");
}

#[test]
fn evidence_goes_to_what_the_worst_reason_rests_on() {
    for (subject, here, words) in [
        ("backup", "backups", "▌"),
        ("p95", "charts a", "p99"),
        ("disk", "charts a", "System"),
        ("ssh", "doctor", "with \"a\""),
        ("api", "instance a", "Containers"),
    ] {
        let mut model =
            at(120, 40, snapshot(vec![troubled("a", Health::Degraded, subject, "bad")]));
        open("one", &mut model, "x");
        assert_eq!(model.here().unwrap().to_string(), here, "{subject}");
        assert!(screen(&model).contains(words), "{subject}: {}", screen(&model));
    }
    let mut model = at(120, 40, snapshot(vec![crate::ui_world::instance("a", 5)]));
    open("one", &mut model, "x");
    assert_eq!(model.here().unwrap().to_string(), "fleet");
}

#[test]
fn charts_say_what_is_missing_and_how_old_they_are_and_what_changed() {
    let mut model = at(120, 40, snapshot(vec![crate::ui_world::instance("a", 5)]));
    let worse = troubled("a", Health::Down, "api", "exited (1)");
    update(&mut model, Msg::Fleet(snapshot(vec![worse])));
    open("stale", &mut model, "g m");
    let drawn = screen(&model);
    assert!(drawn.contains("healthy → down: api exited (1)"), "{drawn}");
    assert!(drawn.contains("m ago"), "a line that came to its end says so: {drawn}");
    open("stale", &mut model, "j j j");
    let drawn = screen(&model);
    assert!(
        drawn.contains("Geocoding") && drawn.contains("the source has no data for it"),
        "{drawn}"
    );
    let mut model = at(80, 24, snapshot(vec![crate::ui_world::instance("a", 5)]));
    open("failing", &mut model, "g m");
    assert!(screen(&model).contains("no answer within 5 s"), "{}", screen(&model));
    assert_eq!(model.here().unwrap().to_string(), format!("charts {}", host("a")));
}
