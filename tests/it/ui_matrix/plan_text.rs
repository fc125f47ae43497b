//! The text of a plan that is longer than its room.

use bunker_ops::app::{Model, Screen, update};
use bunker_ops::ui::shown;

use super::pages::{PAGES, opened};
use super::world::usual;
use crate::ui_world::{press, screen};

/// Presses a key as the cockpit does: what was drawn is told before the next one.
fn pressed(model: &mut Model, key: &str) {
    press(model, key);
    if let Some(msg) = shown(model) {
        let before = screen(model);
        assert_eq!(update(model, msg), []);
        assert_eq!(screen(model), before, "it looks the same");
    }
    assert_eq!(shown(model), None);
}

#[test]
fn it_is_not_scrolled_past_its_end_so_that_one_key_goes_back_up() {
    let page = PAGES.iter().find(|page| page.name == "plan").unwrap();
    for size in [(60, 14), (40, 14)] {
        for keys in ["j", "pgdn", "G"] {
            let mut model = opened(page, "usual", &usual(), size);
            pressed(&mut model, "tab");
            let first = screen(&model);
            for _ in 0..70 {
                pressed(&mut model, keys);
            }
            let end = screen(&model);
            assert_ne!(end, first, "it is longer than its room:\n{end}");
            pressed(&mut model, "k");
            assert_ne!(screen(&model), end, "{keys} at {size:?}: one press of up is seen:\n{end}");
            pressed(&mut model, "j");
            assert_eq!(screen(&model), end, "{keys} at {size:?}");
            let Some(Screen::Plan(plan)) = model.screens.last() else { panic!() };
            let lines = plan.top;
            for _ in 0..lines {
                pressed(&mut model, "k");
            }
            assert_eq!(screen(&model), first, "as many presses as lines");
        }
    }
}

#[test]
fn a_larger_screen_takes_back_what_was_scrolled_too_far() {
    let page = PAGES.iter().find(|page| page.name == "plan").unwrap();
    let mut model = opened(page, "usual", &usual(), (40, 14));
    pressed(&mut model, "tab");
    pressed(&mut model, "G");
    update(&mut model, bunker_ops::app::Msg::Resize(200, 60));
    let msg = shown(&model).unwrap();
    update(&mut model, msg);
    let Some(Screen::Plan(plan)) = model.screens.last() else { panic!() };
    assert_eq!(plan.top, 0);
}
