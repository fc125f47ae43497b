//! The whole screen.
//!
//! ```text
//! header     which fleet, how it is, how old the figures are
//! page       one of ui/screens
//! footer     what can be done here, now
//! ```
//! In front of the page: layers (the last one has the keys), then notices.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::screens;
use super::theme::{Role, Theme};
use super::widgets::{badge, chrome, dialog};
use crate::app::frame::{MIN_HEIGHT, MIN_WIDTH};
use crate::app::layers::Layer;
use crate::app::model::{Model, Screen};

/// Draws the model into the whole buffer.
pub fn view(model: &Model, theme: &Theme, buf: &mut Buffer) {
    let area = buf.area;
    let mut canvas = Canvas { buf, theme };
    canvas.clear(area, Role::Text);
    if area.width < MIN_WIDTH || area.height < MIN_HEIGHT || model.size.too_small() {
        too_small(&mut canvas, area);
        return;
    }
    match model.screens.last() {
        None => screens::fleet::draw(&mut canvas, model, area),
        Some(Screen::Instance(page)) => screens::instance::draw(&mut canvas, model, page, area),
        Some(Screen::Plan(page)) => screens::plan::draw(&mut canvas, model, page, area),
        Some(Screen::Run(page)) => screens::run::draw(&mut canvas, model, page, area),
        Some(Screen::Runs(page)) => screens::runs::draw(&mut canvas, model, page, area),
        Some(Screen::Enrol(page)) => screens::enrol::draw(&mut canvas, model, page, area),
        Some(Screen::Due(page)) => screens::due::draw(&mut canvas, model, page, area),
        Some(Screen::Secrets(page)) => screens::secrets::draw(&mut canvas, model, page, area),
        Some(Screen::Releases(page)) => screens::releases::draw(&mut canvas, model, page, area),
    }
    for layer in &model.layers {
        draw_layer(&mut canvas, model, layer, area);
    }
    let writing = matches!(model.layers.last(), Some(Layer::Filter(_) | Layer::Search(_)));
    chrome::toasts(&mut canvas, model, area, !writing);
}

fn draw_layer(canvas: &mut Canvas<'_>, model: &Model, layer: &Layer, area: Rect) {
    match layer {
        Layer::Help { top } => screens::help::draw(canvas, model, *top, area),
        Layer::Palette(state) => screens::palette::draw(canvas, model, state, area),
        Layer::Confirm(question) => dialog::confirm(canvas, area, question),
        Layer::Reference(form) => dialog::reference(canvas, area, form, "Upgrade"),
        Layer::Canary(form) => dialog::reference(canvas, area, form, "Canary upgrade of"),
        Layer::Playbook(form) => dialog::playbook(canvas, area, form),
        Layer::Planning { n_hosts, .. } => {
            let inner = dialog::frame(canvas, area, 60, 6, "Planning", "2 of 3: the plan");
            let what = if *n_hosts == 1 {
                "1 instance".to_owned()
            } else {
                format!("{n_hosts} instances")
            };
            canvas.put(
                inner.x,
                inner.y + 1,
                inner.width,
                &format!("{} looking at {what}: nothing is changed", badge::spinner(model.now)),
                Role::Running,
            );
            canvas.put(inner.x, inner.y + 2, inner.width, "esc drop it", Role::Dim);
        }
        Layer::Filter(input) | Layer::Search(input) => {
            let y = area.bottom() - 1;
            let (label, hint) = if matches!(layer, Layer::Filter(_)) {
                (" filter ", "enter keep  esc all ")
            } else {
                (" search ", "enter find  esc back ")
            };
            canvas.clear(Rect { y, height: 1, ..area }, Role::Text);
            let used = canvas.put(area.x, y, area.width, label, Role::Key);
            let right = u16::try_from(hint.len()).unwrap_or(0);
            let room = area.width.saturating_sub(used + right + 1);
            dialog::line(canvas, area.x + used, y, room, input);
            canvas.put_right(area.x, y, area.width, hint, Role::Dim);
        }
    }
}

fn too_small(canvas: &mut Canvas<'_>, area: Rect) {
    let lines = [
        "too small".to_owned(),
        format!("{}x{}, needs {MIN_WIDTH}x{MIN_HEIGHT}", area.width, area.height),
        "q leaves; runs go on".to_owned(),
    ];
    let top = area.y + area.height.saturating_sub(3) / 2;
    for (y, line) in (top..area.bottom()).zip(lines) {
        canvas.put(area.x, y, area.width, &line, Role::Text);
    }
}
