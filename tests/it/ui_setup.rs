//! The first run and the questions before a shell: what is typed stays, what is kept is said.

use std::sync::Arc;

use bunker_ops::app::setup::Unusable;
use bunker_ops::app::{Model, Msg, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::tui::{Picture, text};
use bunker_ops::ui::{Depth, Theme};

use crate::ui_world::{cockpit, instance, press, snapshot};

fn draw(model: &Model) -> String {
    text(&Picture::of(model, &Theme::builtin("dark", Depth::True)))
}

fn first_run() -> Model {
    let mut model = cockpit(160, 30, Some(Operate::grant()));
    let unusable = Unusable { dir: "/home/ann/inventory".into(), missing: true, problems: vec![] };
    update(&mut model, Msg::Unusable(unusable));
    model
}

fn typed(model: &mut Model, words: &str) {
    update(model, Msg::Paste(words.into()));
}

#[test]
fn what_was_typed_for_a_first_instance_stands_there_again_after_not_now() {
    let words = "calgary w7.example.org 192.0.2.7 https://git.example.org/c.git";
    let mut model = first_run();
    press(&mut model, "n");
    typed(&mut model, words);
    press(&mut model, "enter");
    assert!(draw(&model).contains("not now"), "{}", draw(&model));
    press(&mut model, "esc n");
    assert!(draw(&model).contains(words), "{}", draw(&model));
    // Also after the line itself was left.
    press(&mut model, "esc n");
    assert!(draw(&model).contains(words), "{}", draw(&model));
    // A path is another thing.
    press(&mut model, "esc i");
    assert!(!draw(&model).contains(words), "{}", draw(&model));
}

#[test]
fn a_path_that_could_not_be_imported_can_be_mended() {
    let mut model = first_run();
    press(&mut model, "i");
    typed(&mut model, "/etc/ansible/hots.yml");
    press(&mut model, "enter");
    update(&mut model, Msg::SetUp(Err("there is no /etc/ansible/hots.yml".into())));
    press(&mut model, "i");
    assert!(draw(&model).contains("/etc/ansible/hots.yml"), "{}", draw(&model));
}

#[test]
fn a_shell_that_is_recorded_says_so_before_it_opens() {
    for recorded in [false, true] {
        let mut fleet = snapshot(vec![instance("a", 5)]);
        for one in &mut Arc::make_mut(&mut fleet).instances {
            Arc::make_mut(one).records_shells = recorded;
        }
        let mut model = cockpit(100, 30, Some(Operate::grant()));
        update(&mut model, Msg::Fleet(fleet));
        press(&mut model, "enter s");
        let drawn = draw(&model);
        assert!(drawn.contains("shell on a"), "{drawn}");
        assert_eq!(drawn.contains("RECORDED"), recorded, "{drawn}");
    }
}
