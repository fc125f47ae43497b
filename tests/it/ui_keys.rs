//! Keys as the operator gave them: sequences, keys of one's own, the mouse.

use std::sync::Arc;

use bunker_ops::app::action::Place;
use bunker_ops::app::keymap::{self, Keymap};
use bunker_ops::app::msg::Mouse;
use bunker_ops::app::{Effect, Model, Msg, update};
use bunker_ops::domain::capability::Operate;
use bunker_ops::tui::{Picture, text};
use bunker_ops::ui::{Depth, Theme};

use crate::ui_world::{asked, cockpit, press, twelve};

fn open(keys: &str) -> Model {
    let mut model = cockpit(100, 30, Some(Operate::grant()));
    let (keymap, problems) = keymap::parse("keys.yaml", keys);
    assert_eq!(problems, vec![]);
    model.keymap = Arc::new(keymap);
    update(&mut model, Msg::Fleet(twelve()));
    model
}

fn screen(model: &Model) -> String {
    text(&Picture::of(model, &Theme::builtin("dark", Depth::True)))
}

#[test]
fn a_sequence_shows_what_can_follow_and_esc_drops_it() {
    let mut model = open("");
    press(&mut model, "G g");
    let drawn = screen(&model);
    for words in ["╭─ g ", "g  top", "r  runs", "s  secrets due", "f  fleet page"] {
        assert!(drawn.contains(words), "no {words}:\n{drawn}");
    }
    press(&mut model, "esc");
    assert!(model.pending.is_empty() && !screen(&model).contains("fleet page"));
    press(&mut model, "g g");
    assert_eq!(model.fleet.cursor.selected, 0);
    assert_eq!(
        press(&mut model, "g u"),
        vec![],
        "what means nothing does nothing, also its last key"
    );
    assert!(model.layers.is_empty() && model.pending.is_empty());
    assert!(
        model.toasts.shown().iter().any(|t| t.text.as_str().contains("g u means nothing here"))
    );
    press(&mut model, "g r");
    assert_eq!(model.place(), Place::Runs);
    press(&mut model, "g f");
    assert_eq!(model.place(), Place::Fleet);
}

#[test]
fn keys_of_ones_own_count_everywhere_where_keys_are_named() {
    let mut model = open("preset: tmux-safe\nkeys:\n  fleet:\n    upgrade: X X\n    filter: o\n");
    assert_eq!(press(&mut model, "u"), vec![]);
    assert!(model.layers.is_empty(), "the old key means nothing any more");
    let drawn = screen(&model);
    assert!(drawn.contains("X X upgrade") && drawn.contains("o filter"), "{drawn}");
    press(&mut model, "?");
    assert!(screen(&model).contains("X X "), "{}", screen(&model));
    press(&mut model, "esc X X enter");
    assert_eq!(model.last_request, 1, "planning has begun");
    model.layers.clear();
    press(&mut model, ": u p g r a d e");
    assert!(screen(&model).contains("X X"), "{}", screen(&model));
    assert_eq!(press(&mut model, "esc C-c"), vec![Effect::Quit]);
}

#[test]
fn a_broken_file_keeps_every_usual_key() {
    let (keymap, problems) = keymap::parse("keys.yaml", "keys:\n  run:\n    kill: k\n");
    assert_eq!(keymap, Keymap::default());
    let told = problems[0].to_string();
    assert!(told.starts_with("keys.yaml:3: error: kill changes the fleet"), "{told}");
}

#[test]
fn the_wheel_moves_and_a_click_selects_and_neither_changes_anything() {
    let mut model = open("mouse: true\n");
    update(&mut model, Msg::Mouse(Mouse::Down));
    assert_eq!(model.fleet.cursor.selected, 1);
    // Two lines of header, the border and the headings stand above the first row.
    update(&mut model, Msg::Mouse(Mouse::Click(10, 4 + 5)));
    assert_eq!(model.fleet.cursor.selected, 5);
    for y in 0..40 {
        let effects = update(&mut model, Msg::Mouse(Mouse::Click(3, y)));
        assert_eq!(asked(&effects), vec![]);
    }
    press(&mut model, "u");
    let before = format!("{:?}", model.layers);
    update(&mut model, Msg::Mouse(Mouse::Click(50, 12)));
    assert_eq!(format!("{:?}", model.layers), before, "a dialog is answered by keys only");
}
