//! The cockpit's state machine, by keys.

use std::sync::Arc;

use bunker_ops::app::action::{ACTIONS, Danger, Place};
use bunker_ops::app::effect::ChangeKind;
use bunker_ops::app::keymap::Keymap;
use bunker_ops::app::layers::{Focus, Layer};
use bunker_ops::app::msg::Begun;
use bunker_ops::app::msg::{LogChunk, Problem};
use bunker_ops::app::pages::Follow;
use bunker_ops::app::{Effect, Key, Model, Msg, Screen, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::domain::health::Health;
use bunker_ops::domain::plan::{What, Wish};
use bunker_ops::domain::run::control::Control;

use crate::sample::{host, run_id};
use crate::ui_world::{
    asked, cockpit, many, now, plan, press, run_view, snapshot, troubled, twelve,
};

fn open() -> Model {
    let mut model = cockpit(120, 40, Some(Operate::grant()));
    update(&mut model, Msg::Fleet(twelve()));
    model
}

fn selected(model: &Model) -> String {
    model.fleet.selected().map(|i| i.id.to_string()).unwrap_or_default()
}

fn shown(model: &Model) -> Vec<String> {
    model.fleet.rows().map(|i| i.id.to_string()).collect()
}

fn last_toast(model: &Model) -> String {
    model.toasts.shown().last().map(|t| t.text.to_string()).unwrap_or_default()
}

#[test]
fn problems_stand_first_and_the_selection_follows_its_instance() {
    let mut model = open();
    assert_eq!(shown(&model)[..4], ["calgary-prod", "red-deer", "leduc-test", "airdrie"]);
    press(&mut model, "j");
    assert_eq!(selected(&model), "red-deer");
    // Another instance gets worse: the rows move, the selection stays with its instance.
    let mut worse: Vec<_> = twelve().instances.iter().map(|i| (**i).clone()).collect();
    worse[0] = troubled("edmonton-prod", Health::Down, "api", "exited (1)");
    update(&mut model, Msg::Fleet(snapshot(worse)));
    assert_eq!(shown(&model)[..3], ["calgary-prod", "edmonton-prod", "red-deer"]);
    assert_eq!(selected(&model), "red-deer");
    press(&mut model, "G");
    assert_eq!(selected(&model), "test-01");
    press(&mut model, "g g");
    assert_eq!(selected(&model), "calgary-prod");
}

#[test]
fn a_filter_narrows_and_esc_brings_all_back_and_marks_are_by_id() {
    let mut model = open();
    press(&mut model, "/ d o w n enter");
    assert_eq!(shown(&model), ["calgary-prod"]);
    press(&mut model, "space esc");
    assert_eq!(shown(&model).len(), 12);
    assert_eq!(
        model.fleet.marked.iter().map(bunker_ops::domain::ids::HostId::as_str).collect::<Vec<_>>(),
        ["calgary-prod"]
    );
    press(&mut model, "s s s");
    assert!(model.fleet.marked.contains(&host("calgary-prod")));
    press(&mut model, "esc");
    assert!(model.fleet.marked.is_empty());
    press(&mut model, "/ q x z");
    assert_eq!(shown(&model), Vec::<String>::new());
    assert_eq!(
        press(&mut model, "enter enter j u"),
        vec![],
        "nothing is selected, nothing happens"
    );
}

/// To the plan page with this many targets.
fn planned(model: &mut Model, hosts: &[&str]) {
    let effects = press(model, "u enter");
    let [ChangeKind::Plan { request, .. }] = asked(&effects)[..] else {
        panic!("{effects:?}");
    };
    update(model, Msg::Planned { request, result: Ok(Arc::new(plan(hosts))) });
    assert_eq!(model.place(), Place::Plan);
}

#[test]
fn an_upgrade_of_many_starts_only_after_their_number_was_typed() {
    let mut model = open();
    let effects = press(&mut model, "space space u v 2 . 5 . 0 enter");
    match &asked(&effects)[..] {
        [
            ChangeKind::Plan {
                wish: Wish { hosts, what: What::Upgrade { reference }, .. }, ..
            },
        ] => {
            // In the order of the inventory, not of the marks.
            assert_eq!(hosts, &[host("red-deer"), host("calgary-prod")]);
            assert_eq!(reference.as_ref().unwrap().as_str(), "v2.5.0");
        }
        other => panic!("{other:?}"),
    }
    let request = model.last_request;
    let result = Ok(Arc::new(plan(&["red-deer", "calgary-prod"])));
    update(&mut model, Msg::Planned { request, result });
    assert_eq!(press(&mut model, "enter"), vec![]);
    assert_eq!(last_toast(&model), "type 2 and press enter to start: nothing has been changed");
    assert_eq!(press(&mut model, "1 enter 2 2 enter"), vec![], "a wrong number starts nothing");
    let effects = press(&mut model, "2 enter");
    assert!(
        matches!(&asked(&effects)[..], [ChangeKind::StartRun { plan, .. }] if plan.hosts.len() == 2)
    );
    assert_eq!(press(&mut model, "2 enter enter"), vec![], "it is not started twice");
    let request = model.last_request;
    let effects =
        update(&mut model, Msg::Started { request, result: Ok(Begun::Started(run_id(0x7f3a))) });
    assert_eq!(effects, vec![Effect::Attach(run_id(0x7f3a))]);
    assert_eq!(model.place(), Place::Run);
    assert!(model.fleet.marked.is_empty());
}

#[test]
fn an_upgrade_of_one_asks_once_more_and_the_safe_answer_has_the_focus() {
    let mut model = open();
    planned(&mut model, &["calgary-prod"]);
    assert_eq!(press(&mut model, "enter enter"), vec![], "enter twice takes the safe answer");
    assert!(model.layers.is_empty());
    let effects = press(&mut model, "enter tab enter");
    assert!(matches!(&asked(&effects)[..], [ChangeKind::StartRun { .. }]));
}

#[test]
fn a_plan_that_fails_or_comes_too_late_changes_nothing() {
    let mut model = open();
    press(&mut model, "u enter");
    let request = model.last_request;
    let problem = Problem { message: "host calgary-prod did not answer".into(), hint: None };
    update(&mut model, Msg::Planned { request, result: Err(problem) });
    assert_eq!(model.place(), Place::Fleet);
    assert_eq!(last_toast(&model), "host calgary-prod did not answer");
    press(&mut model, "u enter esc");
    let request = model.last_request;
    update(&mut model, Msg::Planned { request, result: Ok(Arc::new(plan(&["a"]))) });
    assert_eq!(model.place(), Place::Fleet, "nobody waits for it any more");
    press(&mut model, "u - x enter");
    assert!(matches!(model.layers.last(), Some(Layer::Reference(form)) if form.problem.is_some()));
}

#[test]
fn a_playbook_is_named_with_its_options_and_planned_for_the_marked() {
    let mut model = open();
    press(&mut model, "space P a . t x t enter");
    assert!(matches!(model.layers.last(), Some(Layer::Playbook(form)) if form.problem.is_some()));
    let effects = press(&mut model, "esc P a . y m l space - - c h e c k enter");
    let [ChangeKind::Plan { wish, .. }] = &asked(&effects)[..] else { panic!("{effects:?}") };
    let What::Ansible(playbook) = &wish.what else { panic!("{wish:?}") };
    assert_eq!((playbook.path.as_str(), playbook.check), ("a.yml", true));
    assert_eq!(wish.hosts.len(), 1);
}

fn watching() -> Model {
    let mut model = open();
    model.screens.push(Screen::Run(Box::new(bunker_ops::app::pages::RunPage::new(run_id(0x7f3a)))));
    let view = run_view(&["red-deer", "st-albert", "banff"]);
    let effects = update(&mut model, Msg::Run(Arc::new(view)));
    let follow = Effect::FollowLog { run: run_id(0x7f3a), host: host("red-deer") };
    assert_eq!(effects, vec![follow], "the target that failed is shown");
    model
}

fn page(model: &Model) -> &bunker_ops::app::pages::RunPage {
    model.run_page().unwrap()
}

#[test]
fn the_operator_chooses_a_target_and_a_refresh_does_not_choose_another() {
    let mut model = watching();
    let effects = press(&mut model, "j");
    assert_eq!(effects, vec![Effect::FollowLog { run: run_id(0x7f3a), host: host("st-albert") }]);
    let view = run_view(&["red-deer", "st-albert", "banff"]);
    assert_eq!(update(&mut model, Msg::Run(Arc::new(view))), vec![]);
    assert_eq!(page(&model).host, Some(host("st-albert")));
    // Output of the other target comes late and is dropped.
    let late = LogChunk {
        run: run_id(0x7f3a),
        host: host("red-deer"),
        offset: 0,
        bytes: b"x\n".as_slice().into(),
    };
    update(&mut model, Msg::Log(late));
    assert_eq!(page(&model).log.end(), 0);
}

#[test]
fn the_output_is_followed_scrolled_and_searched() {
    let mut model = watching();
    let text: Vec<String> = (0..500).map(|n| format!("line {n}\n")).collect();
    let text = text.concat();
    let chunk = LogChunk {
        run: run_id(0x7f3a),
        host: host("red-deer"),
        offset: 0,
        bytes: text.as_bytes().into(),
    };
    update(&mut model, Msg::Log(chunk));
    assert_eq!(page(&model).follow, Follow::End);
    press(&mut model, "tab k");
    assert!(matches!(page(&model).follow, Follow::From(_)));
    press(&mut model, "G");
    assert_eq!(page(&model).follow, Follow::End);
    press(&mut model, "/ l i n e space 7 7 enter");
    assert_eq!(page(&model).found, Some(77), "the search goes round: {:?}", page(&model).needle);
    press(&mut model, "/ 4 2 0 enter n");
    assert_eq!(page(&model).found, Some(420));
    press(&mut model, "f");
    assert_eq!(page(&model).follow, Follow::End);
    press(&mut model, "z esc");
    assert_eq!(model.place(), Place::Run, "esc first gives the screen back");
}

#[test]
fn a_run_is_paused_at_once_and_aborted_only_after_a_second_thought() {
    let mut model = watching();
    let control = |effects: &[Effect]| match &asked(effects)[..] {
        [ChangeKind::Control { control, .. }] => Some(control.clone()),
        _ => None,
    };
    assert_eq!(control(&press(&mut model, "p")), Some(Control::Pause));
    assert_eq!(control(&press(&mut model, "r")), Some(Control::Resume));
    assert_eq!(press(&mut model, "a enter"), vec![], "the safe answer has the focus");
    assert_eq!(press(&mut model, "a esc A a A enter"), vec![]);
    assert_eq!(control(&press(&mut model, "a l enter")), Some(Control::Abort));
    assert_eq!(control(&press(&mut model, "A tab enter")), Some(Control::Kill));
    assert_eq!(control(&press(&mut model, "B tab enter")), Some(Control::AbortAndRollBack));
    // Nobody waits, the selected target has begun, and the run has not ended.
    assert_eq!(press(&mut model, "P tab enter O tab enter s tab enter t tab enter"), vec![]);
    let effects = press(&mut model, "esc esc");
    assert!(effects.contains(&Effect::Detach), "leaving a run stops nothing: {effects:?}");
    assert_eq!(asked(&effects), vec![]);
}

#[test]
fn no_dangerous_action_happens_on_a_key_alone() {
    for row in ACTIONS.iter().filter(|row| row.danger != Danger::None) {
        for key in row.keys {
            let mut model = if row.places.contains(&Place::Run) { watching() } else { open() };
            if row.places.contains(&Place::Plan) {
                planned(&mut model, &["a", "b"]);
            }
            let effects = update(&mut model, Msg::Key(*key));
            // A plan only reads, as does what leads to it; it is what is approved then.
            let mut done = asked(&effects);
            done.retain(|kind| {
                use ChangeKind::{Plan, Releases, Secrets};
                !matches!(kind, Plan { .. } | Secrets { .. } | Releases { .. })
            });
            assert_eq!(done, vec![], "{key} does {} at once", row.name);
            if let Some(Layer::Confirm(question)) = model.layers.last() {
                assert_eq!(question.focus, Focus::Safe, "{}", row.name);
            }
        }
    }
}

#[test]
fn read_only_has_no_changing_effect_whatever_is_pressed() {
    let mut keys: Vec<Key> = (' '..='~').map(Key::char).collect();
    keys.extend(('a'..='z').map(Key::ctrl));
    for name in [
        "enter", "esc", "tab", "S-tab", "bs", "del", "up", "down", "left", "right", "home", "end",
        "pgup", "pgdn",
    ] {
        keys.push(name.parse().unwrap());
    }
    let mut model = cockpit(120, 40, None);
    update(&mut model, Msg::Fleet(twelve()));
    // A fixed walk that mixes every key with every other, from every page.
    let (mut at, mut looked) = (7usize, std::collections::BTreeSet::new());
    for round in 0..20_000usize {
        at = (at.wrapping_mul(1_103_515_245).wrapping_add(12_345)) % (1 << 31);
        let key = keys[(at >> 8) % keys.len()];
        for effect in update(&mut model, Msg::Key(key)) {
            assert!(!matches!(effect, Effect::Change(_)), "{key} gave {effect:?}");
            if let Effect::LoadAudit { request }
            | Effect::Look { request, .. }
            | Effect::LoadEnv { request, .. } = effect
            {
                looked.insert(request);
            } else if let Effect::AskLog(ask) = effect {
                looked.insert(ask.id);
            }
        }
        if round % 97 == 0 {
            model.layers.clear();
            model.screens.clear();
            let run = bunker_ops::app::pages::RunPage::new(run_id(0x7f3a));
            model.screens.push(Screen::Run(Box::new(run)));
            update(&mut model, Msg::Run(Arc::new(run_view(&["red-deer", "st-albert"]))));
        }
    }
    let n_looks = u64::try_from(looked.len()).unwrap();
    assert_eq!(model.last_request, n_looks, "what was asked for was only to be looked at");
}

#[test]
fn pasted_text_presses_no_keys() {
    let mut model = open();
    assert_eq!(update(&mut model, Msg::Paste("uq\n2".into())), vec![]);
    assert!(model.layers.is_empty());
    press(&mut model, "/");
    update(&mut model, Msg::Paste("calgary".into()));
    assert_eq!(shown(&model), ["calgary-prod"]);
}

#[test]
fn the_palette_finds_actions_and_instances() {
    let mut model = open();
    press(&mut model, ": r e d - d enter");
    assert!(matches!(model.screens.last(), Some(Screen::Instance(p)) if p.id == host("red-deer")));
    press(&mut model, "esc : r u n s enter");
    assert_eq!(model.place(), Place::Runs);
    assert_eq!(press(&mut model, ": l e a v e enter"), vec![Effect::Quit]);
}

#[test]
fn nothing_makes_the_state_machine_fail() {
    let mut model = cockpit(0, 0, Some(Operate::grant()));
    for (width, height) in [(0, 0), (1, 1), (40, 10), (80, 24), (10_000, 2), (200, 60)] {
        update(&mut model, Msg::Resize(width, height));
        for snapshot in [many(0), many(1), many(200), many(3)] {
            update(&mut model, Msg::Fleet(snapshot));
            press(
                &mut model,
                "G k pgdn space enter tab j esc R G enter esc esc : x esc ? G k esc / a bs esc s",
            );
        }
        update(&mut model, Msg::Tick(now()));
    }
    assert_eq!(
        Keymap::default().action(Key::char('q'), Place::Fleet).map(|a| a.info().name),
        Some("leave")
    );
    assert_eq!(press(&mut model, "C-c"), vec![Effect::Quit]);
}

#[test]
fn c_plans_to_configure_the_marked_instances() {
    let mut model = open();
    let effects = press(&mut model, "c");
    let asked = asked(&effects);
    let [ChangeKind::Plan { wish, .. }] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(wish.what, What::Configure { overwrite_drift: false });
    assert_eq!(wish.hosts.len(), 1);
}
