//! The menu of what can be copied.

use super::super::action::{Action, Place};
use super::super::copy::{self, Copying};
use super::super::effect::Effect;
use super::super::key::{Key, KeyCode};
use super::super::layers::Layer;
use super::super::model::Model;
use super::super::toast::ToastKind;
use super::menu::{self, Pressed};

pub(super) fn open(model: &mut Model) {
    let offers = copy::offers(model);
    if offers.is_empty() {
        model.tell(ToastKind::Warning, "there is nothing to copy here");
        return;
    }
    model.layers.push(Layer::Copy(Copying { offers, selected: 0 }));
}

pub(super) fn on_key(model: &mut Model, mut menu: Copying, key: Key) -> Vec<Effect> {
    let taken = |offer: Option<copy::Offer>| offer.map(copy::Offer::effect).into_iter().collect();
    if let KeyCode::Char(letter) = key.code
        && model.pending.is_empty()
        && !key.ctrl
        && let Some(offer) = menu.offers.iter().find(|offer| offer.key == letter)
    {
        return taken(Some(offer.clone()));
    }
    let again = menu::opened_it(model, key, Action::CopyCommand);
    let n = menu.offers.len();
    match menu::pressed(model, key, Place::Menu, (&mut menu.selected, n)) {
        Pressed::Asks(Action::Open) => return taken(menu.offers.into_iter().nth(menu.selected)),
        _ if again => return taken(menu.offers.into_iter().nth(menu.selected)),
        Pressed::Closes => return Vec::new(),
        Pressed::Stays | Pressed::Asks(_) => {}
    }
    model.layers.push(Layer::Copy(menu));
    Vec::new()
}
