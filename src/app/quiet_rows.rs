//! The rows of the table of actions that make a part of the fleet quiet for a time, or loud again.

use super::action::{Action, ActionInfo, Danger, Place};
use super::action_row::{c, row};

/// In the order of the footer and the help.
pub(super) const QUIET: &[ActionInfo] = &[
    row(
        Action::AddWindow,
        "add a window",
        "write a maintenance window into the inventory: a form, then what would be written, and for which hosts",
        "add",
        &[c('a')],
        &[Place::Windows],
    )
    .changing(Danger::Asks)
    .twin("bunker window add NAME --daily TIME --for DURATION"),
    row(
        Action::EndWindow,
        "end the window",
        "close the selected window that is on now, for all its hosts; its next time is not changed",
        "end",
        &[c('x')],
        &[Place::Windows],
    )
    .changing(Danger::Asks)
    .twin("bunker window end NAME"),
    row(
        Action::Silence,
        "silence the alert",
        "tell nobody of the selected alert for a time: asks for how long, why, and whether everywhere or for all alerts of its instance, then says what would be written to Alertmanager",
        "silence",
        &[c('z')],
        &[Place::Alerts],
    )
    .changing(Danger::Asks)
    .twin("bunker silence add ALERT --limit HOST --for 2h --why TEXT"),
    row(
        Action::EndSilence,
        "end the silence",
        "end the silence of the selected alert, whoever made it; that of a window ends with the window",
        "end silence",
        &[c('x')],
        &[Place::Alerts],
    )
    .changing(Danger::Asks)
    .twin("bunker silence end SILENCE"),
];
