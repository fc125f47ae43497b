//! Keys and news of a replay.

use super::super::action::Action;
use super::super::effect::Effect;
use super::super::log_tail::LogTail;
use super::super::model::{Model, Screen};
use super::super::pages::{Follow, RunPage};
use super::super::replay::{Ask, Replay};

/// Where the replay stands now. The first news of it opens its page.
pub(super) fn take(model: &mut Model, replay: Replay) -> Vec<Effect> {
    let run = replay.run.clone();
    if model.replay.replace(replay).is_some() {
        return Vec::new();
    }
    model.screens.push(Screen::Run(Box::new(RunPage::new(run.clone()))));
    vec![Effect::Attach(run)]
}

/// The time went back: what was shown is forgotten, and comes anew.
pub(super) fn rewound(model: &mut Model) -> Vec<Effect> {
    if let Some(page) = model.run_page_mut() {
        page.view = None;
        page.host = None;
        page.log = LogTail::default();
        page.follow = Follow::End;
        page.found = None;
    }
    Vec::new()
}

/// What an action asks of the replay; `None` where there is none, or it is about something else.
#[expect(clippy::wildcard_enum_match_arm, reason = "the table says which actions apply here")]
pub(super) fn perform(model: &Model, action: Action) -> Option<Vec<Effect>> {
    model.replay.as_ref()?;
    let ask = match action {
        Action::ReplayPause => Ask::Pause,
        Action::ReplayFaster => Ask::Faster,
        Action::ReplaySlower => Ask::Slower,
        Action::ReplayForward => Ask::Forward,
        Action::ReplayBack => Ask::Back,
        Action::ReplayBegin => Ask::Begin,
        Action::ReplayEnd => Ask::End,
        _ => return None,
    };
    Some(vec![Effect::Replay(ask)])
}
