//! What asks for a frame, and for whom.

use jiff::Timestamp;

use super::pace::For;
use crate::app::choice_pages::Asked;
use crate::app::enrol_page::Stage;
use crate::app::keymap::Mouse;
use crate::app::layers::Layer;
use crate::app::pages::is_active;
use crate::app::wall::Wall;
use crate::app::{Model, Msg, Screen};

/// For whom a message asks for a frame: the first sight of the fleet is waited for, as an answer is.
pub(super) fn whom(model: &Model, msg: &Msg) -> For {
    match msg {
        Msg::Key(_) | Msg::Mouse(_) | Msg::Paste(_) | Msg::Resize(..) | Msg::Go(_) | Msg::Do(_) => {
            For::Person
        }
        Msg::Fleet(_) if model.fleet.snapshot.is_none() => For::Person,
        // The answer to a key is waited for; what only grows is not.
        Msg::LogView(_) if log_is_waited_for(model) => For::Person,
        Msg::Tick(_)
        | Msg::Fleet(_)
        | Msg::Runs(_)
        | Msg::Planned { .. }
        | Msg::Started { .. }
        | Msg::Run(_)
        | Msg::Log(_)
        | Msg::LogGap { .. }
        | Msg::LogView(_)
        | Msg::Env { .. }
        | Msg::Unusable(_)
        | Msg::SetUp(_)
        | Msg::Releases { .. }
        | Msg::Secrets { .. }
        | Msg::Recorded { .. }
        | Msg::Enrol { .. }
        | Msg::Audit { .. }
        | Msg::Looked { .. }
        | Msg::Forwards(_)
        | Msg::Replay(_)
        | Msg::ScrolledTo(_)
        | Msg::Rewound
        | Msg::LeaseBroken(_)
        | Msg::Quiet { .. }
        | Msg::Notice(..) => For::Data,
    }
}

/// Whether a part of an output was asked for and has not come.
fn log_is_waited_for(model: &Model) -> bool {
    let Some(Screen::Log(page)) = model.screens.last() else { return false };
    page.asked.as_ref().map(|ask| ask.id) != page.view.as_ref().map(|view| view.ask)
}

/// Ages below a minute are shown in steps of ten seconds, everything else in longer ones.
pub(super) fn bucket(at: Timestamp) -> i64 {
    at.as_second().div_euclid(10)
}

/// Whether the mouse means something: never where text is read, which is then selected by the terminal.
pub(super) fn wants_mouse(model: &Model) -> bool {
    let lists = matches!(
        model.screens.last(),
        None | Some(
            Screen::Runs(_)
                | Screen::Due(_)
                | Screen::Secrets(_)
                | Screen::Releases(_)
                | Screen::Sheet(_)
        )
    );
    model.keymap.mouse == Mouse::On && lists && model.wall.is_none()
}

/// Whether something on the screen counts seconds.
pub(super) fn moves(model: &Model) -> bool {
    let waits = |layer: &Layer| {
        let unread = matches!(layer, Layer::Env(env) if env.shown.is_none());
        unread || matches!(layer, Layer::Planning { .. })
    };
    let planning = model.layers.iter().any(waits);
    let starting = matches!(model.screens.last(), Some(Screen::Plan(p)) if p.starting.is_some());
    let running = match model.screens.last() {
        Some(Screen::Run(page)) => page.phase().is_some_and(is_active),
        Some(Screen::Audit(page)) => matches!(page.entries, Asked::Waiting(_)),
        Some(Screen::Sheet(sheet)) => sheet.waits(),
        Some(Screen::Due(page)) => matches!(page.due, Asked::Waiting(_)),
        Some(Screen::Secrets(page)) => matches!(page.rows, Asked::Waiting(_)),
        Some(Screen::Enrol(page)) => matches!(page.stage, Stage::Working { .. }),
        Some(Screen::Releases(page)) => matches!(page.releases, Asked::Waiting(_)),
        Some(Screen::Instance(_) | Screen::Plan(_) | Screen::Runs(_) | Screen::Log(_)) | None => {
            false
        }
    };
    let rolls = |wall: &Wall| wall.view.as_ref().is_some_and(|v| is_active(v.state.phase));
    let busy = model.setup.as_ref().is_some_and(|setup| setup.busy);
    busy || planning || starting || running || model.wall.as_ref().is_some_and(rolls)
}
