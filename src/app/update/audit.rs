//! Keys and data of the page of the audit log.

use super::super::action::{Action, Place};
use super::super::audit_page::{AuditPage, Shown, run_of_selected};
use super::super::choice_pages::Asked;
use super::super::cursor::Cursor;
use super::super::destination::Destination;
use super::super::effect::Effect;
use super::super::frame::Size;
use super::super::layers::Layer;
use super::super::model::{Model, Screen};
use super::super::msg::Problem;
use super::super::toast::ToastKind;
use super::{fleet, go, sorting};
use crate::domain::audit::Entry;
use crate::domain::filter::RowFilter;

/// Opens the page.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    model.screens.retain(|screen| !matches!(screen, Screen::Audit(_)));
    let request = model.next_request();
    let page = AuditPage {
        opened: model.now,
        entries: Asked::Waiting(request),
        filter: String::new(),
        counts: RowFilter::default(),
        order: sorting::of(model, Place::Audit),
        cursor: Cursor::default(),
        shown: Shown::List,
    };
    model.screens.push(Screen::Audit(Box::new(page)));
    vec![Effect::LoadAudit { request }]
}

/// The records, or why they cannot be read.
pub(super) fn take(model: &mut Model, request: u64, answer: &Result<Vec<Entry>, Problem>) {
    let size = model.size;
    for screen in &mut model.screens {
        if let Screen::Audit(page) = screen {
            page.entries.take(request, answer.clone(), |entries| entries);
            refit(page, size);
        }
    }
}

/// Keeps the selection on the screen.
pub(super) fn refit(page: &mut AuditPage, size: Size) {
    let n = page.rows().len();
    page.cursor.fit(n, size.choice_rows());
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the table says which actions apply here")]
pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    let height = model.size.choice_rows();
    if action == Action::OpenRun {
        return open_run(model);
    }
    let Some(Screen::Audit(page)) = model.screens.last_mut() else { return Vec::new() };
    if let Some(step) = fleet::step(action) {
        let n = page.rows().len();
        page.cursor.go(step, n, height);
        return Vec::new();
    }
    match action {
        Action::Open if page.selected().is_some() => page.shown = Shown::Record,
        Action::Filter => {
            let input = tui_input::Input::new(page.filter.clone());
            page.shown = Shown::List;
            model.layers.push(Layer::Filter(input));
        }
        _ => {}
    }
    Vec::new()
}

/// Opens the run of the selected record.
fn open_run(model: &mut Model) -> Vec<Effect> {
    if let Some(run) = run_of_selected(model) {
        return go::open(model, Destination::Run(run));
    }
    model.tell(ToastKind::Warning, "this record is of no run");
    Vec::new()
}

/// Leaves a record for the list, or takes the filter away; says whether there was one.
pub(super) fn back(model: &mut Model) -> bool {
    let size = model.size;
    let Some(Screen::Audit(page)) = model.screens.last_mut() else { return false };
    if page.shown == Shown::Record {
        page.shown = Shown::List;
        return true;
    }
    let had = !page.filter.is_empty();
    page.filter("");
    refit(page, size);
    had
}

/// Shows only records with these words; says whether the page is there.
pub(super) fn filter(model: &mut Model, text: &str) -> bool {
    let size = model.size;
    let Some(Screen::Audit(page)) = model.screens.last_mut() else { return false };
    page.filter(text);
    refit(page, size);
    true
}
