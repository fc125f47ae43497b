//! In front of the page of an instance: its `.env` without secrets, and the choice of a service.

use ratatui::layout::Rect;

use crate::app::action::{Action, Place};
use crate::app::host_layers::{EnvLayer, PickTo, ReasonPick, ServicePick};
use crate::app::model::Model;
use crate::domain::env_shown::{EnvShown, EnvState};
use crate::ui::canvas::Canvas;
use crate::ui::text::{several, width};
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, dialog};

pub(in crate::ui) fn env(canvas: &mut Canvas<'_>, model: &Model, layer: &EnvLayer, area: Rect) {
    let (w, h) = (area.width.saturating_sub(6).min(110), area.height.saturating_sub(4));
    let title = format!(".env of {}", layer.host);
    let count = match &layer.shown {
        Some(Ok(shown)) => several(shown.rows.len(), "variable"),
        _ => String::new(),
    };
    let inner = dialog::frame(canvas, area, w, h, &title, &count);
    match &layer.shown {
        None => {
            let text =
                format!("{} reading it over ssh: nothing is changed", badge::spinner(model.now));
            canvas.put(inner.x, inner.y, inner.width, &text, Role::Running);
        }
        Some(Err(why)) => {
            for (y, line) in (inner.y..inner.bottom()).zip(crate::ui::text::wrap(
                &format!("▼ {why}"),
                usize::from(inner.width),
                6,
            )) {
                canvas.put(inner.x, y, inner.width, &line, Role::Down);
            }
        }
        Some(Ok(shown)) => rows(canvas, shown, layer.top, inner),
    }
    let foot = if inner.width < 84 {
        "esc back  up and down scroll  of secrets: their fingerprints"
    } else {
        "esc back  up and down scroll  secrets are shown as the first digits of a fingerprint"
    };
    canvas.put(inner.x, inner.bottom().saturating_sub(1), inner.width, foot, Role::Dim);
}

fn rows(canvas: &mut Canvas<'_>, shown: &EnvShown, top: usize, inner: Rect) {
    let list = Rect { height: inner.height.saturating_sub(2), ..inner };
    let widest = shown.rows.iter().map(|row| width(row.name.as_str())).max().unwrap_or(0);
    let name_w = u16::try_from(widest).unwrap_or(u16::MAX).min(inner.width / 2);
    let mut y = list.y;
    for remark in shown.remarks.iter().skip(top) {
        if y >= list.bottom() {
            return;
        }
        canvas.put(list.x, y, list.width, &format!("▲ {remark}"), Role::Degraded);
        y += 1;
    }
    let passed = top.saturating_sub(shown.remarks.len());
    for (y, row) in (y..list.bottom()).zip(shown.rows.iter().skip(passed)) {
        canvas.put(list.x, y, name_w, row.name.as_str(), Role::Strong);
        let words = match row.state {
            EnvState::Applied => String::new(),
            EnvState::Edited => format!("▲ {}", row.state.words()),
            EnvState::Own => row.state.words().to_owned(),
        };
        let role = if row.state == EnvState::Edited { Role::Degraded } else { Role::Dim };
        let tail = u16::try_from(width(&words)).unwrap_or(0);
        canvas.put_right(list.x, y, list.width, &words, role);
        let room = list.width.saturating_sub(name_w + 2 + tail + 2);
        let role = if row.secret { Role::Dim } else { Role::Text };
        canvas.put(list.x + name_w + 2, y, room, row.value.as_str(), role);
    }
}

/// The reasons of an instance, to choose whose evidence is looked at.
pub(in crate::ui) fn reasons(
    canvas: &mut Canvas<'_>,
    model: &Model,
    pick: &ReasonPick,
    area: Rect,
) {
    let n = u16::try_from(pick.rows.len()).unwrap_or(u16::MAX);
    let title = format!("Evidence for {}", pick.host);
    let take = model.key_at(Action::Open, Place::Menu);
    let inner =
        dialog::frame(canvas, area, 76, n.saturating_add(4), &title, &format!("{take} shows it"));
    let rows = usize::from(inner.height.saturating_sub(2));
    let top = pick.selected.saturating_sub(rows.saturating_sub(1));
    let shown = pick.rows.iter().enumerate().skip(top).take(rows);
    for (y, (at, (subject, text))) in (inner.y..).zip(shown) {
        if at == pick.selected {
            let band = Rect { x: inner.x - 1, y, width: inner.width + 2, height: 1 };
            canvas.band(band, Role::Selection);
            canvas.put(inner.x - 1, y, 1, "▌", Role::Accent);
        }
        canvas.put(inner.x + 1, y, 12, subject.as_str(), Role::Strong);
        canvas.put(inner.x + 15, y, inner.width.saturating_sub(15), text.as_str(), Role::Dim);
    }
    let foot = chosen(model, "shows its evidence");
    canvas.put(inner.x, inner.bottom().saturating_sub(1), inner.width, &foot, Role::Dim);
}

/// The last line of a menu.
fn chosen(model: &Model, does: &str) -> String {
    let key = |action| model.key_at(action, Place::Menu);
    let (up, down) = (key(Action::EntryBefore), key(Action::EntryAfter));
    format!("{up} and {down} choose  {} {does}  {} back", key(Action::Open), key(Action::Back))
}

pub(in crate::ui) fn services(
    canvas: &mut Canvas<'_>,
    model: &Model,
    pick: &ServicePick,
    area: Rect,
) {
    let n = u16::try_from(pick.rows.len()).unwrap_or(u16::MAX);
    let (what, does) = match pick.to {
        PickTo::Follow => ("Log", "follows it"),
        PickTo::Forward => ("Port", "brings it here"),
    };
    let foot = chosen(model, does);
    let does = format!("{} {does}", model.key_at(Action::Open, Place::Menu));
    let title = format!("{what} of a service of {}", pick.host);
    let inner = dialog::frame(canvas, area, 58, n.saturating_add(4), &title, &does);
    let rows = usize::from(inner.height.saturating_sub(2));
    let top = pick.selected.saturating_sub(rows.saturating_sub(1));
    for (y, (at, (name, state))) in
        (inner.y..).zip(pick.rows.iter().enumerate().skip(top).take(rows))
    {
        if at == pick.selected {
            let band = Rect { x: inner.x - 1, y, width: inner.width + 2, height: 1 };
            canvas.band(band, Role::Selection);
            canvas.put(inner.x - 1, y, 1, "▌", Role::Accent);
        }
        canvas.put(inner.x + 1, y, 30, name.as_str(), Role::Strong);
        let room = inner.width.saturating_sub(33);
        canvas.put(inner.x + 33, y, room, state.as_str(), Role::Dim);
    }
    canvas.put(inner.x, inner.bottom().saturating_sub(1), inner.width, &foot, Role::Dim);
}
