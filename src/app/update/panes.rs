//! The outputs of several targets of a run at once.

use std::sync::Arc;

use super::super::effect::Effect;
use super::super::look::Look;
use super::super::model::{Model, Screen};
use super::super::msg::RunView;
use super::super::pages::{RunPage, is_active};
use super::super::panes::{self, PanesSheet};
use super::super::sheet::{Sheet, SheetOf};
use super::super::sheet_rows;
use super::{run, sheet};
use crate::domain::ids::{HostId, RunId};

/// Opens the outputs of a run. Its page lies below, which knows how the run stands.
pub(super) fn open(model: &mut Model, run: RunId) -> Vec<Effect> {
    let mut effects = Vec::new();
    if model.run_page().is_none_or(|page| page.run != run) {
        model.screens.push(Screen::Run(Box::new(RunPage::new(run.clone()))));
        effects.push(Effect::Attach(run.clone()));
    }
    let asked = model.clock;
    let (layout, outputs, trouble) = Default::default();
    let page = PanesSheet { run, layout, outputs, trouble, asking: None, asked };
    sheet::push(model, SheetOf::Panes(page));
    effects.extend(read(model));
    effects
}

fn page(model: &mut Model) -> Option<&mut PanesSheet> {
    let Sheet { of: SheetOf::Panes(page), .. } = sheet::seen(model)? else { return None };
    Some(page)
}

/// Reads the ends of all outputs, once it is known whose there are.
pub(super) fn read(model: &mut Model) -> Vec<Effect> {
    let (now, request) = (model.clock, model.last_request + 1);
    let Some(Screen::Sheet(seen)) = model.screens.last() else { return Vec::new() };
    let SheetOf::Panes(page) = &seen.of else { return Vec::new() };
    let hosts: Vec<HostId> = panes::view(model, page)
        .map(panes::hosts)
        .unwrap_or_default()
        .iter()
        .filter(|host| host.started.is_some())
        .map(|host| host.id.clone())
        .collect();
    let run = page.run.clone();
    let known = panes::view(model, page).is_some();
    let Some(page) = self::page(model).filter(|page| known && page.asking.is_none()) else {
        return Vec::new();
    };
    page.asking = Some(request);
    page.asked = now;
    model.last_request = request;
    vec![Effect::Look { request, what: Look::Outputs(run, hosts) }]
}

/// The newest state of the attached run: outputs may have come to it that are seen here.
pub(super) fn run(model: &mut Model, view: Arc<RunView>) -> Vec<Effect> {
    let mut effects = run::take(model, view);
    effects.extend(tick(model));
    effects
}

/// Every second while the run goes on, and once more when it has ended.
pub(super) fn tick(model: &mut Model) -> Vec<Effect> {
    let now = model.clock;
    let Some(Screen::Sheet(seen)) = model.screens.last() else { return Vec::new() };
    let SheetOf::Panes(page) = &seen.of else { return Vec::new() };
    let Some(view) = panes::view(model, page) else { return Vec::new() };
    let ended = !is_active(view.state.phase);
    let whole = view.state.finished.is_some_and(|at| at < page.asked) && page.outputs.is_some();
    if (ended && whole) || now.duration_since(page.asked).as_secs() < 1 && page.outputs.is_some() {
        return Vec::new();
    }
    read(model)
}

/// The next way in which the outputs share the screen.
pub(super) fn turn(model: &mut Model) {
    if let Some(page) = page(model) {
        page.layout = page.layout.next();
    }
}

/// Back to the page of the run, at the selected target.
pub(super) fn leave_for(model: &mut Model) -> Vec<Effect> {
    let Some(Screen::Sheet(seen)) = model.screens.last() else { return Vec::new() };
    let names = sheet_rows::names(model, seen);
    let host = names.get(seen.cursor.selected).and_then(|name| name.parse::<HostId>().ok());
    model.screens.pop();
    host.map(|host| run::choose_host(model, host)).unwrap_or_default()
}
