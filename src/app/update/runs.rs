//! The list of runs.

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::model::{Model, Screen};
use super::super::pages::RunPage;
use super::fleet;

#[expect(clippy::wildcard_enum_match_arm, reason = "the table says which actions apply here")]
pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    let height = usize::from(model.size.page_rows());
    let runs = model.runs.as_deref().unwrap_or_default();
    let Some(Screen::Runs(page)) = model.screens.last_mut() else { return Vec::new() };
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
        _ => Vec::new(),
    }
}
