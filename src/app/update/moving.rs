//! Moving between pages, and holding the screen still.

use std::sync::Arc;

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::history::Bookmark;
use super::super::key::{Key, KeyCode};
use super::super::layers::{Layer, Letters};
use super::super::model::{Frozen, Model, Screen};
use super::super::msg::Mouse;
use super::super::toast::ToastKind;
use super::{data, go, layers, sheet};
use crate::domain::snapshot::FleetSnapshot;
use crate::domain::view::ViewChange;

/// Notes the page that is seen, and lets a frozen screen go on where another page was opened.
pub(super) fn after(model: &mut Model) {
    if let Some(here) = model.here_filtered() {
        model.history.note(here);
    }
    let still = matches!(model.screens.last(), None | Some(Screen::Instance(_)));
    if !still && thaw(model) {
        model.tell(ToastKind::Done, "the fleet's figures go on: another page was opened");
    }
}

/// Why no other page can be gone to now.
fn held(model: &Model) -> bool {
    let starts = |screen: &Screen| matches!(screen, Screen::Plan(page) if page.starting.is_some());
    let open = |screen: &Screen| matches!(screen, Screen::Enrol(_)) || starts(screen);
    model.screens.iter().any(open)
}

/// Goes to a page by history or by a bookmark.
fn leave_for(model: &mut Model, bookmark: Bookmark) -> Vec<Effect> {
    if held(model) {
        let back = model.key(Action::Back);
        let text =
            format!("a form or a start stands open: finish it or leave it with {back} first");
        model.tell(ToastKind::Warning, &text);
        return Vec::new();
    }
    let list = bookmark.to.list();
    let mut effects = go::go(model, bookmark.to);
    // Of what is no list the filter is nothing, and the fleet keeps its own.
    if Action::Filter.applies(list) && model.place() == list {
        layers::apply_filter(model, &bookmark.filter);
        effects.extend(sheet::wanted(model));
    }
    effects
}

pub(super) fn back(model: &mut Model) -> Vec<Effect> {
    let before = model.history.clone();
    let to = model.history.back();
    through(model, before, to, "this is the first page that was looked at")
}

pub(super) fn forward(model: &mut Model) -> Vec<Effect> {
    let before = model.history.clone();
    let to = model.history.forward();
    through(model, before, to, "this is the last page that was looked at")
}

fn through(
    model: &mut Model,
    before: super::super::history::History,
    to: Option<Bookmark>,
    end: &str,
) -> Vec<Effect> {
    let Some(to) = to else {
        model.tell(ToastKind::Done, end);
        return Vec::new();
    };
    if held(model) {
        model.history = before;
    }
    leave_for(model, to)
}

/// Holds the fleet's figures still, or lets them go on.
pub(super) fn freeze(model: &mut Model) {
    if thaw(model) {
        model.tell(ToastKind::Done, "the fleet's figures go on");
    } else {
        model.frozen = Some(Frozen { since: model.clock, held: None });
    }
}

/// Lets a frozen screen go on with what came meanwhile; says whether it was frozen.
pub(super) fn thaw(model: &mut Model) -> bool {
    let Some(frozen) = model.frozen.take() else { return false };
    model.now = model.clock;
    if let Some(held) = frozen.held {
        data::show(model, held);
    }
    true
}

/// A snapshot that comes while the screen stands still waits.
pub(super) fn fleet(model: &mut Model, snapshot: Arc<FleetSnapshot>) -> Vec<Effect> {
    model.setup = None;
    match &mut model.frozen {
        Some(frozen) => frozen.held = Some(snapshot),
        None => return data::fleet(model, snapshot),
    }
    Vec::new()
}

/// Asks for the letter of a bookmark, to set it or to go to it.
pub(super) fn ask_letter(model: &mut Model, letters: Letters) {
    if letters == Letters::Go && model.bookmarks.is_empty() {
        let set = model.key(Action::BookmarkSet);
        let text = format!("no bookmark is set yet: {set} and a letter sets one on this page");
        model.tell(ToastKind::Warning, &text);
        return;
    }
    if letters == Letters::Set && model.here().is_none() {
        let text = "a plan or a form has no bookmark: it is made anew each time";
        model.tell(ToastKind::Warning, text);
        return;
    }
    model.layers.push(Layer::Letter(letters));
}

/// A key while the letter of a bookmark is asked for.
pub(super) fn letter(model: &mut Model, letters: Letters, key: Key) -> Vec<Effect> {
    if letters == Letters::Go && matches!(key.code, KeyCode::Backspace | KeyCode::Delete) {
        model.layers.push(Layer::Letter(Letters::Drop));
        return Vec::new();
    }
    let KeyCode::Char(letter) = key.code else { return Vec::new() };
    if key.ctrl || !letter.is_ascii_alphanumeric() {
        return Vec::new();
    }
    match letters {
        Letters::Set => {
            let Some(bookmark) = model.here_filtered() else { return Vec::new() };
            let text = bookmark.to_string();
            model.tell(ToastKind::Done, &format!("bookmark {letter}: {text}"));
            model.bookmarks.insert(letter, bookmark);
            vec![Effect::Save(ViewChange::Bookmark { letter, to: Some(text) })]
        }
        Letters::Go => {
            if let Some(bookmark) = model.bookmarks.get(&letter).cloned() {
                return leave_for(model, bookmark);
            }
            model.tell(ToastKind::Warning, &format!("bookmark {letter} is not set"));
            Vec::new()
        }
        Letters::Drop => {
            if model.bookmarks.remove(&letter).is_none() {
                return Vec::new();
            }
            model.tell(ToastKind::Done, &format!("bookmark {letter} is gone"));
            vec![Effect::Save(ViewChange::Bookmark { letter, to: None })]
        }
    }
}

/// To the fleet page.
pub(super) fn home(model: &mut Model) -> Vec<Effect> {
    let to = super::super::destination::Destination::Fleet;
    leave_for(model, Bookmark { to, filter: model.fleet.filter.text().to_owned() })
}

/// The mouse: the wheel goes up and down, a click on a row of the fleet table selects it.
pub(super) fn mouse(model: &mut Model, mouse: Mouse) -> Vec<Effect> {
    if !model.layers.is_empty() || model.size.too_small() {
        return Vec::new();
    }
    match mouse {
        Mouse::Up => super::route::perform(model, Action::Up),
        Mouse::Down => super::route::perform(model, Action::Down),
        Mouse::Click(_, y) if model.screens.is_empty() => {
            let frame = model.size.fleet(model.fleet.n_rows());
            let first = frame.header + if frame.border { 2 } else { 1 };
            let row = y.checked_sub(first).map(usize::from).filter(|row| *row < frame.rows());
            let at = row.map(|row| model.fleet.cursor.top + row);
            let id = at.and_then(|at| model.fleet.rows().nth(at).map(|i| i.id.clone()));
            if let Some(id) = id {
                let rows = model.fleet_rows();
                model.fleet.select(&id, rows);
            }
            Vec::new()
        }
        Mouse::Click(..) => Vec::new(),
    }
}
