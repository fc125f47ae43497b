//! The order of the rows of any list above the fleet page, and whether only those are shown that somebody should look at.

use super::super::action::{Action, Place};
use super::super::effect::Effect;
use super::super::fleet_page::Listed;
use super::super::list_order::{ListOrder, ListSort};
use super::super::model::{Model, Screen};
use super::{data, sheet};
use crate::domain::view::ViewChange;

/// The order that was chosen for a list before.
pub(super) fn of(model: &Model, place: Place) -> ListOrder {
    let sort = model.orders.get(&place).copied().unwrap_or_default();
    ListOrder { sort, ..ListOrder::default() }
}

/// Does what an action says of the order of the list that is seen; `None` where it says nothing of one.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other actions leave the order alone")]
pub(super) fn perform(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let place = model.place();
    let ListOrder { sort, listed } = *seen(model)?;
    let sort = match action {
        Action::Sort => sort.moved(place, 1),
        Action::SortBefore => sort.moved(place, -1),
        Action::SortReverse | Action::ReverseList => ListSort { reversed: !sort.reversed, ..sort },
        Action::ProblemsOnly => {
            let listed = match listed {
                Listed::All => Listed::Problems,
                Listed::Problems => Listed::All,
            };
            return Some(put(model, ListOrder { sort, listed }));
        }
        _ => return None,
    };
    let usual = sort == ListSort::default();
    if usual {
        model.orders.remove(&place);
    } else {
        model.orders.insert(place, sort);
    }
    let mut effects = put(model, ListOrder { sort, listed });
    let chosen = (!usual).then(|| sort.to_string());
    effects.push(Effect::Save(ViewChange::ListSort { list: place.key(), sort: chosen }));
    Some(effects)
}

/// Shows what was left out again; says whether something was.
pub(super) fn back(model: &mut Model) -> bool {
    let Some(order) = seen(model).copied() else { return false };
    let had = order.listed == Listed::Problems;
    if had {
        drop(put(model, ListOrder { listed: Listed::All, ..order }));
    }
    had
}

/// The order of the list that is seen.
fn seen(model: &mut Model) -> Option<&mut ListOrder> {
    match model.screens.last_mut()? {
        Screen::Runs(page) => Some(&mut page.order),
        Screen::Due(page) => Some(&mut page.order),
        Screen::Audit(page) => Some(&mut page.order),
        Screen::Sheet(sheet) => Some(&mut sheet.order),
        Screen::Instance(_)
        | Screen::Plan(_)
        | Screen::Run(_)
        | Screen::Secrets(_)
        | Screen::Releases(_)
        | Screen::Enrol(_)
        | Screen::Log(_) => None,
    }
}

/// Puts the rows into this order; the selection stays on its row where one was chosen.
fn put(model: &mut Model, order: ListOrder) -> Vec<Effect> {
    let selected = selected(model);
    if let Some(known) = seen(model) {
        *known = order;
    }
    let at = selected.and_then(|name| names(model).iter().position(|known| *known == name));
    match model.screens.last_mut() {
        Some(Screen::Due(page)) => page.cursor.selected = at.unwrap_or(0),
        Some(Screen::Audit(page)) => page.cursor.selected = at.unwrap_or(0),
        // The others keep the name of the selected row themselves.
        Some(Screen::Runs(page)) if page.selected.is_none() => page.cursor.selected = 0,
        Some(Screen::Sheet(page)) if page.selected.is_none() => page.cursor.selected = 0,
        Some(_) | None => {}
    }
    data::refit(model);
    sheet::wanted(model)
}

/// The name of the selected row, in those lists that keep none: it stays selected, whether somebody chose it or not.
fn selected(model: &Model) -> Option<String> {
    let at = match model.screens.last()? {
        Screen::Due(page) => page.cursor.selected,
        Screen::Audit(page) => page.cursor.selected,
        Screen::Runs(_)
        | Screen::Sheet(_)
        | Screen::Instance(_)
        | Screen::Plan(_)
        | Screen::Run(_)
        | Screen::Secrets(_)
        | Screen::Releases(_)
        | Screen::Enrol(_)
        | Screen::Log(_) => 0,
    };
    names(model).into_iter().nth(at)
}

/// The names of the rows of those lists that keep no name of the selected one.
fn names(model: &Model) -> Vec<String> {
    match model.screens.last() {
        Some(Screen::Due(page)) => {
            page.rows().iter().map(|due| format!("{} {}", due.owner, due.name)).collect()
        }
        Some(Screen::Audit(page)) => {
            page.rows().iter().map(|entry| entry.record.seq.to_string()).collect()
        }
        Some(_) | None => Vec::new(),
    }
}
