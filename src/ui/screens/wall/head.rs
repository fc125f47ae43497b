//! The head of a wall: how it is in one word, how late it is, and how many are how.

use ratatui::layout::Rect;

use super::letters::{Size, rows};
use crate::app::model::Model;
use crate::app::wall::SILENCE_S;
use crate::domain::health::Health;
use crate::domain::snapshot::FleetSnapshot;
use crate::ui::canvas::{Canvas, Span};
use crate::ui::figures;
use crate::ui::text::{several, width};
use crate::ui::theme::Role;
use crate::ui::widgets::badge;

/// Draws it and says how many rows it has.
pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) -> u16 {
    let (word, glyph, role) = overall(model);
    let clock = model.now.to_zoned(model.zone.clone()).strftime("%H:%M").to_string();
    let sizes: &[Size] = match area.height {
        34.. => &[Size::Large, Size::Small],
        17..34 => &[Size::Small],
        _ => &[],
    };
    let fits = |size: &&Size| -> bool {
        let wide = |text: &str| rows(text, **size).and_then(|r| r.first().map(|row| width(row)));
        let both = wide(&word).zip(wide(&clock)).map(|(a, b)| a + b + 6);
        both.is_some_and(|n| n <= usize::from(area.width))
    };
    let Some(size) = sizes.iter().find(fits) else {
        let text = format!(" {glyph} {}", word.to_lowercase());
        canvas.put_right(area.x, area.y, area.width, &clock, Role::Strong);
        canvas.put(area.x, area.y, area.width.saturating_sub(6), &text, role);
        return 1 + counts(canvas, model, Rect { y: area.y + 1, ..area });
    };
    for (y, row) in (area.y..).zip(rows(&word, *size).unwrap_or_default()) {
        canvas.draw(area.x + 1, y, area.width, &row, role);
    }
    for (y, row) in (area.y..).zip(rows(&clock, *size).unwrap_or_default()) {
        canvas.put_right(area.x, y, area.width.saturating_sub(1), &row, Role::Strong);
    }
    let gap = u16::from(*size == Size::Large);
    let used = size.rows() + gap;
    used + counts(canvas, model, Rect { y: area.y + used, ..area }) + gap
}

/// How the fleet is in one word, with its sign: the worst there is, or that nothing is heard any more.
fn overall(model: &Model) -> (String, &'static str, Role) {
    let Some(fleet) = &model.fleet.snapshot else {
        return match &model.setup {
            Some(_) => ("NO INVENTORY".to_owned(), "▼", Role::Down),
            None => ("CONNECTING".to_owned(), "·", Role::Waiting),
        };
    };
    // Who is left out of the inventory is not looked at: nobody knows whether they are well.
    let n_left_out = fleet.inventory.n_left_out;
    let left_out = (n_left_out > 0)
        .then(|| (format!("{n_left_out} LEFT OUT"), badge::health(Health::Degraded)))
        .map(|(word, look)| (word, look.glyph, look.role));
    if fleet.instances.is_empty() {
        return left_out.unwrap_or_else(|| ("NO INSTANCE".to_owned(), "?", Role::Unknown));
    }
    let silent = model.now.duration_since(fleet.at).as_secs();
    if silent > SILENCE_S {
        let age = figures::age(silent as f64).to_uppercase();
        return (format!("NO NEWS {age}"), "?", Role::Unknown);
    }
    let such = |health| {
        let (n, look) = (count(fleet, health), badge::health(health));
        (n > 0).then(|| (format!("{n} {}", look.word.to_uppercase()), look.glyph, look.role))
    };
    let bad = such(Health::Down).or_else(|| such(Health::Degraded));
    if let Some(worst) = bad.or(left_out).or_else(|| such(Health::Unknown)) {
        return worst;
    }
    let asked = fleet.instances.iter().filter(|i| !badge::not_asked(i)).count();
    if asked < fleet.instances.len() {
        return (format!("ASKING {}", fleet.instances.len() - asked), "·", Role::Waiting);
    }
    ("ALL WELL".to_owned(), "●", Role::Healthy)
}

fn count(fleet: &FleetSnapshot, health: Health) -> usize {
    let such = |i: &&std::sync::Arc<crate::domain::snapshot::InstanceView>| {
        !badge::not_asked(i) && i.verdict.health == health
    };
    fleet.instances.iter().filter(such).count()
}

/// Which fleet, and how many of it are how: one row, and a blank one where there is room.
fn counts(canvas: &mut Canvas<'_>, model: &Model, area: Rect) -> u16 {
    let Some(fleet) = &model.fleet.snapshot else { return 1 };
    let name = format!(" {} ", fleet.fleet);
    let used = canvas.put(area.x + 1, area.y, area.width / 2, &name, Role::Header);
    if let Some(accent) = fleet.accent {
        // Production is told by its colour here too.
        let style = canvas.theme.accent(accent);
        canvas.buf.set_style(Rect { x: area.x + 1, width: used, height: 1, ..area }, style);
    }
    let mut line: Vec<Span> = vec![(several(fleet.instances.len(), "instance"), Role::Dim)];
    for health in [Health::Healthy, Health::Degraded, Health::Down, Health::Unknown] {
        let (n, look) = (count(fleet, health), badge::health(health));
        let role = if n == 0 { Role::Dim } else { look.role };
        line.push((format!("   {} {n} {}", look.glyph, look.word), role));
    }
    let room = area.width.saturating_sub(used + 3);
    let wide: usize = line.iter().map(|(text, _)| width(text)).sum();
    if wide > usize::from(room) {
        line.remove(0);
    }
    canvas.spans(area.x + used + 3, area.y, room, &line);
    if area.height > 12 { 2 } else { 1 }
}
