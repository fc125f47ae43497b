//! The first run: that there is no inventory, what is wrong with it, and what can be done.

use ratatui::layout::Rect;
use tui_input::Input;

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
    footer(canvas, model, setup, Rect { y: area.bottom() - 1, height: 1, ..area });
    let w = area.width.saturating_sub(4).min(100);
    let words = words(model, setup, usize::from(w.saturating_sub(4)));
    // As high as its words, with what is typed below them.
    let below: u16 = if setup.form.is_some() { 3 } else { 2 };
    let wanted = u16::try_from(words.len()).unwrap_or(u16::MAX).saturating_add(2 + below);
    let place = Rect {
        x: area.x + (area.width - w) / 2,
        y: area.y + 2,
        width: w,
        height: wanted.min(area.height.saturating_sub(4)),
    };
    let title = if setup.unusable.missing { "First run" } else { "The inventory cannot be used" };
    let inner = canvas.pane(place, title, "", Focused::Yes);
    // What is typed is seen before all else; where it was refused, that stands last.
    let room = inner.height.saturating_sub(if setup.form.is_some() { below } else { 0 });
    let passed = words.len().saturating_sub(usize::from(room));
    let passed = if setup.form.is_some() { passed } else { 0 };
    let mut y = inner.y;
    for (text, role) in words.into_iter().skip(passed).take(usize::from(room)) {
        let mut x = inner.x;
        let mut rest = text.as_str();
        if role == Role::Key
            && setup.form.is_none()
            && let Some((key, does)) = text.split_once("  ")
        {
            x += canvas.put(x, y, inner.width, key, Role::Key) + 2;
            rest = does;
        }
        // While something is typed, these keys are letters.
        let plain = match (role == Role::Key, setup.form.is_some()) {
            (true, true) => Role::Dim,
            (true, false) => Role::Text,
            (false, _) => role,
        };
        canvas.put(x, y, inner.right().saturating_sub(x), rest, plain);
        y += 1;
    }
    if let Some((what, form)) = &setup.form {
        let rest = Rect { y, height: inner.bottom().saturating_sub(y), ..inner };
        typed(canvas, *what, form, rest);
    }
}

/// What can be done; while something is typed, letters are.
fn footer(canvas: &mut Canvas<'_>, model: &Model, setup: &Setup, area: Rect) {
    let Some((what, _)) = &setup.form else {
        let skip: &[Action] = if setup.unusable.missing {
            &[]
        } else {
            &[Action::MakeInventory, Action::ImportInventory]
        };
        return chrome::footer(canvas, model, area, skip, "");
    };
    let does = match what {
        Typed::First => " asks once more  ",
        Typed::Path => " copies it  ",
    };
    let keys =
        [("enter", Role::Key), (does, Role::Hint), ("esc", Role::Key), (" back", Role::Hint)];
    let keys = keys.map(|(text, role)| (text.to_owned(), role));
    canvas.spans(area.x + 1, area.y, area.width.saturating_sub(1), &keys);
}

/// What is typed, below its label, and what it looks like.
fn typed(canvas: &mut Canvas<'_>, what: Typed, form: &Input, area: Rect) {
    let (label, as_in) = match what {
        Typed::First => (
            "name, domain, address and repository, with blanks between them",
            "as red-deer voices.example.org 192.0.2.7 https://git.example.org/cml.git",
        ),
        Typed::Path => ("folder or file of Ansible", "as /etc/ansible/hosts.yml"),
    };
    let [first, second, third] = [0, 1, 2].map(|n| area.y + n);
    if second < area.bottom() {
        canvas.put(area.x, first, area.width, label, Role::Text);
        dialog::line(canvas, area.x, second, area.width, form);
    }
    if third < area.bottom() {
        canvas.put(area.x, third, area.width, as_in, Role::Dim);
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
    let (text, sign, role) = match &setup.said {
        Some(Ok(text)) => (text.as_str(), "●", Role::Healthy),
        Some(Err(text)) => (text.as_str(), "▼", Role::Down),
        None => return lines,
    };
    let said = wrap(text, room.saturating_sub(2), 6).into_iter().enumerate();
    lines.extend(said.map(|(at, line)| match at {
        0 => (format!("{sign} {line}"), role),
        _ => (format!("  {line}"), Role::Text),
    }));
    lines
}
