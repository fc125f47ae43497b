//! The list of runs.

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::layers::Layer;
use super::super::model::{Model, Screen};
use super::super::pages::RunPage;
use super::fleet;

#[expect(clippy::wildcard_enum_match_arm, reason = "the table says which actions apply here")]
pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    let height = usize::from(model.size.page_rows());
    let all = model.runs.as_deref().unwrap_or_default();
    let Some(Screen::Runs(page)) = model.screens.last_mut() else { return Vec::new() };
    let runs = page.rows(all, model.now);
    if let Some(step) = fleet::step(action) {
        page.cursor.go(step, runs.len(), height);
        page.selected = runs.get(page.cursor.selected).map(|r| r.run.clone());
        return Vec::new();
    }
    match action {
        Action::Open => match runs.get(page.cursor.selected).map(|r| r.run.clone()) {
            Some(run) => {
                page.selected = Some(run.clone());
                model.screens.push(Screen::Run(Box::new(RunPage::new(run.clone()))));
                vec![Effect::Attach(run)]
            }
            None => Vec::new(),
        },
        Action::Filter => {
            let input = tui_input::Input::new(page.filter.clone());
            model.layers.push(Layer::Filter(input));
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// Shows only runs like this; says whether the page is there.
pub(super) fn filter(model: &mut Model, text: &str) -> bool {
    let Some(Screen::Runs(page)) = model.screens.last_mut() else { return false };
    page.filter(text);
    fit(model);
    true
}

/// Takes the filter away; says whether there was one.
pub(super) fn back(model: &mut Model) -> bool {
    let had = matches!(model.screens.last(), Some(Screen::Runs(page)) if !page.filter.is_empty());
    had && filter(model, "")
}

/// Keeps the selection on its run, and on the screen.
pub(super) fn fit(model: &mut Model) {
    let height = usize::from(model.size.page_rows());
    let (all, now) = (model.runs.as_deref().unwrap_or_default(), model.now);
    for screen in &mut model.screens {
        if let Screen::Runs(page) = screen {
            let rows = page.rows(all, now);
            let at = page.selected.as_ref().and_then(|id| rows.iter().position(|r| &r.run == id));
            let n = rows.len();
            if let Some(at) = at {
                page.cursor.selected = at;
            }
            page.cursor.fit(n, height);
        }
    }
}
