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
use tui_input::Input;

use super::canvas::Canvas;
use super::screens;
use super::text::width;
use super::theme::{Role, Theme};
use super::widgets::{badge, chrome, dialog};
use crate::app::action::Action;
use crate::app::frame::{MIN_HEIGHT, MIN_WIDTH};
use crate::app::layers::Layer;
use crate::app::list_filter;
use crate::app::model::{Model, Screen};
use crate::app::msg::Msg;

/// What only the screen knows of what it shows: that the text of a plan was scrolled past its end. The state is told of
/// it, so that the next key goes on from what is seen.
pub fn shown(model: &Model) -> Option<Msg> {
    let Some(Screen::Plan(page)) = model.screens.last() else { return None };
    if page.top == 0 || model.size.too_small() {
        return None;
    }
    let area = Rect::new(0, 0, model.size.width, model.size.height);
    let last = screens::plan::last_top(model, page, area);
    (page.top > last).then_some(Msg::ScrolledTo(last))
}

/// Draws the model into the whole buffer.
pub fn view(model: &Model, theme: &Theme, buf: &mut Buffer) {
    let area = buf.area;
    let mut canvas = Canvas { buf, theme };
    canvas.clear(area, Role::Text);
    if area.width < MIN_WIDTH || area.height < MIN_HEIGHT || model.size.too_small() {
        too_small(&mut canvas, model, area);
        return;
    }
    match model.screens.last() {
        _ if model.wall.is_some() => screens::wall::draw(&mut canvas, model, area),
        None => match &model.setup {
            Some(setup) => screens::setup::draw(&mut canvas, model, setup, area),
            None => screens::fleet::draw(&mut canvas, model, area),
        },
        Some(Screen::Instance(page)) => screens::instance::draw(&mut canvas, model, page, area),
        Some(Screen::Plan(page)) => screens::plan::draw(&mut canvas, model, page, area),
        Some(Screen::Run(page)) => screens::run::draw(&mut canvas, model, page, area),
        Some(Screen::Runs(page)) => screens::runs::draw(&mut canvas, model, page, area),
        Some(Screen::Enrol(page)) => screens::enrol::draw(&mut canvas, model, page, area),
        Some(Screen::Log(page)) => screens::log::draw(&mut canvas, model, page, area),
        Some(Screen::Audit(page)) => screens::audit::draw(&mut canvas, model, page, area),
        Some(Screen::Due(page)) => screens::due::draw(&mut canvas, model, page, area),
        Some(Screen::Secrets(page)) => screens::secrets::draw(&mut canvas, model, page, area),
        Some(Screen::Sheet(sheet)) => screens::sheet::draw(&mut canvas, model, sheet, area),
        Some(Screen::Releases(page)) => screens::releases::draw(&mut canvas, model, page, area),
    }
    // Production is told by its line at the top, whatever page is open.
    let accent = model.fleet.snapshot.as_ref().and_then(|s| s.accent);
    if let Some(accent) = accent.filter(|_| model.wall.is_none()) {
        let style = theme.accent(accent);
        canvas.buf.set_style(Rect { height: 1, ..area }, style);
    }
    for layer in &model.layers {
        draw_layer(&mut canvas, model, layer, area);
    }
    let led = model.layers.last().is_none_or(|layer| layer.place().is_some());
    if led && !model.pending.is_empty() {
        screens::which_key::draw(&mut canvas, model, area);
    }
    let writing = matches!(model.layers.last(), Some(Layer::Filter(_) | Layer::Search(_)));
    chrome::toasts(&mut canvas, model, area, !writing);
    // Red on blue is not read: glyph and word tell the state there.
    if let Some((ground, ink)) = theme.plain_selection() {
        let selected = canvas.buf.content.iter_mut().filter(|cell| cell.bg == ground);
        selected.filter(|cell| cell.symbol() != "▌").for_each(|cell| cell.fg = ink);
    }
}

fn draw_layer(canvas: &mut Canvas<'_>, model: &Model, layer: &Layer, area: Rect) {
    match layer {
        Layer::Help { top } => screens::help::draw(canvas, model, *top, area),
        Layer::Palette(state) => screens::palette::draw(canvas, model, state, area),
        Layer::Confirm(question) => {
            let why = model.why.of_then(&question.then);
            dialog::confirm(canvas, area, question, why.as_ref());
        }
        Layer::Copy(menu) => screens::menus::copying(canvas, model, menu, area),
        Layer::Columns(pick) => screens::menus::columns(canvas, model, pick, area),
        Layer::Env(env) => screens::host::env(canvas, model, env, area),
        Layer::Services(pick) => screens::host::services(canvas, model, pick, area),
        Layer::Reasons(pick) => screens::host::reasons(canvas, model, pick, area),
        Layer::Forwards => screens::forwards::draw(canvas, model, area),
        Layer::Soak => screens::soak::draw(canvas, model, area),
        Layer::Letter(what) => screens::menus::letters(canvas, model, *what, area),
        Layer::Reference(form) => dialog::reference(canvas, area, form, "Upgrade"),
        Layer::Canary(form) => dialog::reference(canvas, area, form, "Canary upgrade of"),
        Layer::Playbook(form) => dialog::playbook(canvas, area, form),
        Layer::Guard(form) => dialog::guard(canvas, area, form),
        Layer::Why(form) => screens::asked_why::draw(canvas, model, area, form),
        Layer::Quiet(form) => screens::quiet::draw(canvas, model, form, area),
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
            typed_line(canvas, model, layer, input, area);
        }
    }
}

/// The last line, in which a filter or a search is typed; above it what is wrong with a filter.
fn typed_line(canvas: &mut Canvas<'_>, model: &Model, layer: &Layer, input: &Input, area: Rect) {
    let y = area.bottom() - 1;
    let filters = matches!(layer, Layer::Filter(_));
    let wrong = list_filter::trouble(model, input.value()).filter(|_| filters);
    let (label, hint) = if filters {
        (" filter ", "enter keep  esc all ")
    } else {
        (" search ", "enter find  esc back ")
    };
    if let Some(wrong) = &wrong {
        let above = Rect { y: y.saturating_sub(1), height: 1, ..area };
        canvas.clear(above, Role::Text);
        let mut text = format!("▲ {wrong}");
        let more = "; the terms before it count";
        if width(&text) + width(more) + 2 <= usize::from(area.width) {
            text.push_str(more);
        }
        canvas.put(above.x + 1, above.y, above.width.saturating_sub(2), &text, Role::Degraded);
    }
    canvas.clear(Rect { y, height: 1, ..area }, Role::Text);
    let used = canvas.put(area.x, y, area.width, label, Role::Key);
    let right = u16::try_from(hint.len()).unwrap_or(0);
    let room = area.width.saturating_sub(used + right + 1);
    dialog::line(canvas, area.x + used, y, room, input);
    canvas.put_right(area.x, y, area.width, hint, Role::Dim);
}

fn too_small(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let lines = [
        "too small".to_owned(),
        format!("{}x{}, needs {MIN_WIDTH}x{MIN_HEIGHT}", area.width, area.height),
        format!("{} leaves; runs go on", model.key(Action::Quit)),
    ];
    let top = area.y + area.height.saturating_sub(3) / 2;
    for (y, line) in (top..area.bottom()).zip(lines) {
        canvas.put(area.x, y, area.width, &line, Role::Text);
    }
}
