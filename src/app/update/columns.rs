//! The choice of columns: which stand on the screen, in which order, and by which the rows are put in order.

use super::super::action::{Action, Place};
use super::super::columns::Column;
use super::super::effect::Effect;
use super::super::fleet_page::{Sort, SortBy};
use super::super::key::Key;
use super::super::layers::{Layer, Pick};
use super::super::model::Model;
use super::menu::{self, Pressed};
use crate::domain::view::ViewChange;

pub(super) fn open(model: &mut Model) {
    let shown = model.fleet.columns.iter().map(|column| (*column, true));
    let hidden = Column::all().into_iter().filter(|c| !model.fleet.columns.contains(c));
    let rows = shown.chain(hidden.map(|column| (column, false))).collect();
    model.layers.push(Layer::Columns(Pick { rows, selected: 0 }));
}

/// Puts the rows into this order, now and the next time.
pub(super) fn sort(model: &mut Model, sort: Sort) -> Vec<Effect> {
    model.fleet.sort = sort;
    let rows = model.fleet_rows();
    model.fleet.arrange(rows);
    vec![Effect::Save(ViewChange::Sort(sort.to_string()))]
}

pub(super) fn on_key(model: &mut Model, mut pick: Pick, key: Key) -> Vec<Effect> {
    let last = pick.rows.len().saturating_sub(1);
    let at = pick.selected.min(last);
    pick.selected = at;
    let mut effects = Vec::new();
    let action = match menu::pressed(model, key, Place::Columns, (&mut pick.selected, last + 1)) {
        Pressed::Closes | Pressed::Asks(Action::ColumnsDone) => return effects,
        Pressed::Asks(action) => Some(action),
        Pressed::Stays if menu::opened_it(model, key, Action::Columns) => return effects,
        Pressed::Stays => None,
    };
    match action {
        Some(Action::ShowColumn) => {
            if let Some((column, shown)) = pick.rows.get_mut(at)
                && column.can_go()
            {
                *shown = !*shown;
                effects = take(model, &pick);
            }
            pick.selected = (at + 1).min(last);
        }
        Some(Action::ColumnBefore) if at > 0 => {
            pick.rows.swap(at, at - 1);
            pick.selected = at - 1;
            effects = take(model, &pick);
        }
        Some(Action::ColumnAfter) if at < last => {
            pick.rows.swap(at, at + 1);
            pick.selected = at + 1;
            effects = take(model, &pick);
        }
        Some(Action::SortColumn) => {
            if let Some((column, _)) = pick.rows.get(at).filter(|(column, _)| column.sorts()) {
                let by = SortBy::Column(*column);
                let reversed = model.fleet.sort.by == by && !model.fleet.sort.reversed;
                effects = sort(model, Sort { by, reversed });
            }
        }
        Some(Action::UsualColumns) => {
            model.fleet.columns = Column::default_choice();
            open(model);
            return vec![save(model)];
        }
        _ => {}
    }
    model.layers.push(Layer::Columns(pick));
    effects
}

fn take(model: &mut Model, pick: &Pick) -> Vec<Effect> {
    model.fleet.columns =
        pick.rows.iter().filter(|(_, shown)| *shown).map(|(column, _)| *column).collect();
    vec![save(model)]
}

fn save(model: &Model) -> Effect {
    let keys = model.fleet.columns.iter().map(|column| column.key().to_owned());
    Effect::Save(ViewChange::Columns(keys.collect()))
}
