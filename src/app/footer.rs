//! What the last line of a page names, in which order: the page's own actions, the most used of them first, then the
//! general ones, then the way back and the help. See docs/decisions/0014.

use super::action::{ACTIONS, Action, ActionInfo, Place};
use super::model::Model;

/// A key with its word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// What it does.
    pub action: Action,
    /// The key.
    pub key: String,
    /// The word.
    pub word: &'static str,
}

/// The hints of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hints {
    /// What is named as far as there is room: where one has none, those after it are left out too.
    pub first: Vec<Hint>,
    /// What stands at the end. The last is the most needed: the others go before it does.
    pub last: Vec<Hint>,
}

/// The way out of a page and the page of all keys, in the order of the screen.
const LAST: [Action; 2] = [Action::Back, Action::Help];
/// On the fleet page, and where there is none yet, there is nothing to go back to.
const LAST_AT_HOME: [Action; 2] = [Action::Quit, Action::Help];

/// The most used actions of a page; its others follow in the order of the table.
#[expect(clippy::wildcard_enum_match_arm, reason = "most pages have few actions of their own")]
fn leads(place: Place) -> &'static [Action] {
    use Action as A;
    match place {
        Place::Fleet => &[A::Open, A::Upgrade, A::Mark, A::Filter, A::Backup, A::Sort],
        // Where one would not look for it, so before all else.
        Place::Instance => &[A::Charts, A::Upgrade, A::Backup, A::ServiceLog, A::Shell],
        Place::Plan => &[A::Start, A::WaitForWindow, A::WhenFree, A::NextPane],
        Place::Run => {
            &[A::Approve, A::Reject, A::Pause, A::Resume, A::Abort, A::NextPane, A::Panes]
        }
        Place::Backups => &[A::Open, A::Backup, A::Filter],
        Place::Alerts => &[A::Open, A::Filter, A::Silence, A::EndSilence],
        Place::Windows => &[A::AddWindow, A::EndWindow, A::Filter],
        Place::Leases => &[A::Open, A::BreakLease, A::Filter],
        Place::FleetCharts => &[A::Open, A::NextFigure, A::Filter],
        Place::Panes => &[A::Open, A::PanesLayout],
        Place::Compare => &[A::CompareNext, A::CompareAll, A::CompareKind, A::Filter],
        Place::Log => &[A::Search, A::LogFilter, A::ErrorsOnly, A::Follow],
        _ => &[A::Open, A::Filter],
    }
}

/// What the last line of the page that is seen names, but for what cannot be done now.
pub fn hints(model: &Model, skip: &[Action]) -> Hints {
    let place = model.place();
    let home = matches!(place, Place::Fleet | Place::Setup);
    let last: &[Action] = if home { &LAST_AT_HOME } else { &LAST };
    let hint = |row: &ActionInfo| {
        let forbidden = row.changes && model.operate.is_none();
        let elsewhere = row.action == Action::Charts && !leads(place).contains(&row.action);
        let nowhere = home && row.action == Action::Back;
        let key = model.keymap.first(row.action, place);
        let unnamed = row.hint.is_empty() || key.is_empty() || skip.contains(&row.action);
        let shown = !(forbidden || elsewhere || nowhere || unnamed);
        shown.then_some(Hint { action: row.action, key, word: row.hint })
    };
    let rows = |at: Place| ACTIONS.iter().filter(move |row| row.places.contains(&at));
    let led = leads(place).iter().map(|action| action.info());
    let led = led.filter(|row| row.places.contains(&place));
    let others = rows(place).filter(|row| !leads(place).contains(&row.action));
    let general = rows(Place::Everywhere).filter(|row| !last.contains(&row.action));
    let first = led.chain(others).chain(general).filter_map(hint).collect();
    let last = last.iter().filter_map(|action| hint(action.info())).collect();
    Hints { first, last }
}
