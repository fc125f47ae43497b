//! The menu of what can be copied.

use super::super::copy::{self, Copying};
use super::super::effect::Effect;
use super::super::key::{Key, KeyCode};
use super::super::layers::Layer;
use super::super::model::Model;
use super::super::toast::ToastKind;

pub(super) fn open(model: &mut Model) {
    let offers = copy::offers(model);
    if offers.is_empty() {
        model.tell(ToastKind::Warning, "there is nothing to copy here");
        return;
    }
    model.layers.push(Layer::Copy(Copying { offers, selected: 0 }));
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all other keys close the menu")]
pub(super) fn on_key(model: &mut Model, mut menu: Copying, key: Key) -> Vec<Effect> {
    let last = menu.offers.len().saturating_sub(1);
    match key.code {
        KeyCode::Enter | KeyCode::Char('y') => {
            return menu
                .offers
                .into_iter()
                .nth(menu.selected)
                .map(copy::Offer::effect)
                .into_iter()
                .collect();
        }
        KeyCode::Up | KeyCode::Char('k') => menu.selected = menu.selected.saturating_sub(1),
        KeyCode::Down | KeyCode::Tab | KeyCode::Char('j') => {
            menu.selected = (menu.selected + 1).min(last);
        }
        KeyCode::Char(letter) => {
            let taken = menu.offers.into_iter().find(|offer| offer.key == letter);
            return taken.map(copy::Offer::effect).into_iter().collect();
        }
        _ => return Vec::new(),
    }
    model.layers.push(Layer::Copy(menu));
    Vec::new()
}
