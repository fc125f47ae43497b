//! The first run: that there is no inventory, what is wrong with it, and what can be done.

use ratatui::layout::Rect;

use crate::app::action::{Action, Place};
use crate::app::model::Model;
use crate::app::setup::{Setup, Typed};
use crate::ui::canvas::{Canvas, Focused};
use crate::ui::text::wrap;
use crate::ui::theme::Role;
use crate::ui::widgets::{badge, chrome, dialog};

pub(in crate::ui) fn draw(canvas: &mut Canvas<'_>, model: &Model, setup: &Setup, area: Rect) {
    let head = [(" bunker  ".to_owned(), Role::Accent), ("no fleet yet".to_owned(), Role::Header)];
    chrome::first_line(canvas, model, &head, area);
    let foot = Rect { y: area.bottom() - 1, height: 1, ..area };
    let skip: &[Action] = if setup.unusable.missing {
        &[]
    } else {
        &[Action::MakeInventory, Action::ImportInventory]
    };
    chrome::footer(canvas, model, foot, skip, "");
    let w = area.width.saturating_sub(4).min(100);
    let words = words(model, setup, usize::from(w.saturating_sub(4)));
    // As high as its words, with what is typed below them.
    let wanted = u16::try_from(words.len()).unwrap_or(u16::MAX).saturating_add(4);
    let place = Rect {
        x: area.x + (area.width - w) / 2,
        y: area.y + 2,
        width: w,
        height: wanted.min(area.height.saturating_sub(4)),
    };
    let title = if setup.unusable.missing { "First run" } else { "The inventory cannot be used" };
    let inner = canvas.pane(place, title, "", Focused::Yes);
    let mut y = inner.y;
    for (text, role) in words {
        if y >= inner.bottom() {
            return;
        }
        let mut x = inner.x;
        let mut rest = text.as_str();
        if role == Role::Key
            && let Some((key, does)) = text.split_once("  ")
        {
            x += canvas.put(x, y, inner.width, key, Role::Key) + 2;
            rest = does;
        }
        let plain = if role == Role::Key { Role::Text } else { role };
        canvas.put(x, y, inner.right().saturating_sub(x), rest, plain);
        y += 1;
    }
    if let Some((what, form)) = &setup.form
        && y < inner.bottom()
    {
        let (label, hint) = match what {
            Typed::First => (
                "name domain address repository  ",
                "as red-deer voices.example.org 192.0.2.7 https://git.example.org/cml.git   esc back",
            ),
            Typed::Path => ("folder or file of Ansible  ", "enter copies it  esc back"),
        };
        let used = canvas.put(inner.x, y, inner.width, label, Role::Text);
        dialog::line(canvas, inner.x + used, y, inner.width.saturating_sub(used), form);
        if y + 1 < inner.bottom() {
            canvas.put(inner.x, y + 1, inner.width, hint, Role::Dim);
        }
    }
}

fn words(model: &Model, setup: &Setup, room: usize) -> Vec<(String, Role)> {
    let mut lines: Vec<(String, Role)> = Vec::new();
    let mut say = |text: &str, role: Role, most: usize| {
        lines.extend(wrap(text, room, most).into_iter().map(|line| (line, role)));
    };
    let dir = &setup.unusable.dir;
    if setup.unusable.missing {
        say(&format!("There is no inventory at {dir}."), Role::Strong, 2);
        say(
            "It says which hosts there are; hosts.yml, group_vars and host_vars, as Ansible has them.",
            Role::Text,
            3,
        );
    } else {
        say(&format!("The files in {dir} cannot be used as they are:"), Role::Strong, 2);
    }
    lines.push((String::new(), Role::Text));
    let problems =
        if setup.unusable.missing { &[][..] } else { setup.unusable.problems.as_slice() };
    for problem in problems.iter().take(12) {
        for (at, line) in wrap(problem.as_str(), room.saturating_sub(2), 3).into_iter().enumerate()
        {
            let sign = if at == 0 { "▼ " } else { "  " };
            lines.push((format!("{sign}{line}"), if at == 0 { Role::Down } else { Role::Text }));
        }
    }
    if problems.len() > 12 {
        lines
            .push((format!("and {} more: bunker inventory check", problems.len() - 12), Role::Dim));
    }
    if !problems.is_empty() {
        lines.push((String::new(), Role::Text));
    }
    let key = |action: Action| model.keymap.first(action, Place::Setup);
    let mut offer =
        |action: Action, text: &str| lines.push((format!("{}  {text}", key(action)), Role::Key));
    if setup.unusable.missing && model.operate.is_some() {
        offer(Action::MakeInventory, "make a new one there, with its first instance");
        offer(Action::ImportInventory, "import one of Ansible: it is copied, and stays as it is");
    }
    offer(Action::StartDemo, "start the demo on this machine (needs a checkout of the sources)");
    offer(Action::TryAgain, "look again; it is looked at every few seconds anyway");
    lines.push((String::new(), Role::Text));
    if setup.busy {
        lines.push((format!("{} at it", badge::spinner(model.now)), Role::Running));
    }
    match &setup.said {
        Some(Ok(text)) => lines
            .extend(wrap(&format!("● {text}"), room, 4).into_iter().map(|l| (l, Role::Healthy))),
        Some(Err(text)) => {
            lines.extend(wrap(&format!("▼ {text}"), room, 6).into_iter().map(|l| (l, Role::Down)));
        }
        None => {}
    }
    lines
}
