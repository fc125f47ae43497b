//! The page of one run: its targets, and the output of one of them.

use std::sync::Arc;

use tui_input::Input;

use super::super::action::Action;
use super::super::cursor::Step;
use super::super::effect::Effect;
use super::super::frame::{Full, Size};
use super::super::layers::Layer;
use super::super::log_page::LogOf;
use super::super::log_tail::{Direction, LogTail};
use super::super::model::{Model, Screen};
use super::super::msg::{LogChunk, RunView};
use super::super::pages::{Chosen, Follow, Pane, RunPage};
use super::super::toast::ToastKind;
use super::{controls, fleet};
use crate::domain::ids::{HostId, RunId};
use crate::domain::log::Sieve;

/// Takes the newest state of the attached run.
pub(super) fn take(model: &mut Model, view: Arc<RunView>) -> Vec<Effect> {
    let size = model.size;
    let Some(page) = model.run_page_mut() else { return Vec::new() };
    if page.run != view.state.run {
        return Vec::new();
    }
    page.view = Some(view);
    let effects = match page.chosen {
        Chosen::ByHand => Vec::new(),
        Chosen::Itself => match page.telling_host().map(|h| h.id.clone()) {
            Some(host) => show(page, host),
            None => Vec::new(),
        },
    };
    refit(page, size);
    effects
}

/// Shows the output of a target.
fn show(page: &mut RunPage, host: HostId) -> Vec<Effect> {
    if page.host.as_ref() == Some(&host) {
        return Vec::new();
    }
    page.host = Some(host.clone());
    page.log = LogTail::default();
    page.follow = Follow::End;
    page.found = None;
    vec![Effect::FollowLog { run: page.run.clone(), host }]
}

/// Takes output of the shown target; that of another is late and dropped.
pub(super) fn log(model: &mut Model, chunk: &LogChunk) {
    if let Some(page) = model.run_page_mut()
        && page.run == chunk.run
        && page.host.as_ref() == Some(&chunk.host)
    {
        page.log.push(chunk.offset, &chunk.bytes);
    }
}

/// Output of the shown target was passed over, up to an offset.
pub(super) fn gap(
    model: &mut Model,
    run: &RunId,
    host: &HostId,
    to: u64,
    lines: u64,
) -> Vec<Effect> {
    if let Some(page) = model.run_page_mut()
        && &page.run == run
        && page.host.as_ref() == Some(host)
    {
        page.log.skip(to, lines);
    }
    Vec::new()
}

/// Keeps the shown target on the screen.
pub(super) fn refit(page: &mut RunPage, size: Size) {
    let selected = page
        .host
        .as_ref()
        .and_then(|id| page.hosts().iter().position(|h| &h.id == id))
        .map_or(0, |idx| page.line_of(idx));
    let n = page.n_lines();
    page.cursor.selected = selected;
    page.cursor.fit(n, size.run(n, page.full).target_rows());
}

/// Gives a full output's screen back; says whether it had it.
pub(super) fn leave_full(model: &mut Model) -> bool {
    if let Some(Screen::Run(page)) = model.screens.last_mut()
        && page.full == Full::Yes
    {
        page.full = Full::No;
        return true;
    }
    false
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the table says which actions apply here")]
pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    let size = model.size;
    let Some(Screen::Run(page)) = model.screens.last_mut() else { return Vec::new() };
    if let Some(step) = fleet::step(action) {
        return if let (Pane::First, Full::No) = (page.pane, page.full) {
            choose(page, step, size)
        } else {
            scroll(page, step, size);
            Vec::new()
        };
    }
    match action {
        Action::NextPane | Action::PrevPane => page.pane = page.pane.other(),
        Action::Full => {
            page.full = match page.full {
                Full::Yes => Full::No,
                Full::No => Full::Yes,
            };
            refit(page, size);
        }
        Action::Follow => {
            page.follow = match page.follow {
                Follow::End => Follow::From(first_line(page, size)),
                Follow::From(_) => Follow::End,
            };
        }
        Action::ShowCanary => {
            if page.view.as_ref().is_some_and(|view| view.plan.canary.is_some()) {
                model.layers.push(Layer::Soak);
            } else {
                model.tell(ToastKind::Warning, "this run has no canary: all its targets are equal");
            }
        }
        Action::OpenLog => {
            let (run, host) = (page.run.clone(), page.host.clone());
            match host {
                Some(host) => super::log::open(model, LogOf::Run { run, host }),
                None => {
                    model.tell(ToastKind::Warning, "no target has begun: there is no output yet");
                }
            }
        }
        Action::Search => model.layers.push(Layer::Search(Input::default())),
        Action::NextMatch => next_match(model, Direction::Forward),
        Action::PrevMatch => next_match(model, Direction::Backward),
        _ => return controls::perform(model, action),
    }
    Vec::new()
}

/// Shows the output of this target, as somebody chose it.
pub(super) fn choose_host(model: &mut Model, host: HostId) -> Vec<Effect> {
    let size = model.size;
    let Some(page) = model.run_page_mut() else { return Vec::new() };
    page.chosen = Chosen::ByHand;
    let effects = show(page, host);
    refit(page, size);
    effects
}

fn choose(page: &mut RunPage, step: Step, size: Size) -> Vec<Effect> {
    let hosts = page.hosts();
    let mut at = super::super::cursor::Cursor {
        selected: page
            .host
            .as_ref()
            .and_then(|id| hosts.iter().position(|h| &h.id == id))
            .unwrap_or(0),
        top: 0,
    };
    let rows = size.run(page.n_lines(), page.full).target_rows();
    at.go(step, hosts.len(), rows);
    let Some(host) = hosts.get(at.selected).map(|h| h.id.clone()) else { return Vec::new() };
    page.chosen = Chosen::ByHand;
    let effects = show(page, host);
    refit(page, size);
    effects
}

fn output_rows(page: &RunPage, size: Size) -> u64 {
    size.run(page.n_lines(), page.full).output_rows() as u64
}

/// The number of the first line in view.
fn first_line(page: &RunPage, size: Size) -> u64 {
    let last_top = page.log.end().saturating_sub(output_rows(page, size)).max(page.log.first());
    match page.follow {
        Follow::End => last_top,
        Follow::From(line) => line.clamp(page.log.first(), last_top),
    }
}

/// Scrolls the output; at its end it follows again.
fn scroll(page: &mut RunPage, step: Step, size: Size) {
    let rows = output_rows(page, size);
    let top = first_line(page, size);
    let to = match step {
        Step::Up => top.saturating_sub(1),
        Step::Down => top + 1,
        Step::PageUp => top.saturating_sub(rows.saturating_sub(1).max(1)),
        Step::PageDown => top + rows.saturating_sub(1).max(1),
        Step::Top => 0,
        Step::Bottom => u64::MAX,
    };
    page.follow = if to.saturating_add(rows) >= page.log.end() {
        Follow::End
    } else {
        Follow::From(to.max(page.log.first()))
    };
}

/// Searches the output from the line in view on.
pub(super) fn search(model: &mut Model, needle: &str) {
    let size = model.size;
    let needle = match Sieve::parse(needle) {
        Ok(needle) => needle,
        Err(problem) => {
            model.tell(ToastKind::Warning, &problem.to_string());
            return;
        }
    };
    let nothing = needle.is_open();
    if let Some(Screen::Run(page)) = model.screens.last_mut() {
        page.needle = needle;
        page.found = first_line(page, size).checked_sub(1);
    }
    if !nothing {
        next_match(model, Direction::Forward);
    }
}

fn next_match(model: &mut Model, direction: Direction) {
    let size = model.size;
    let Some(Screen::Run(page)) = model.screens.last_mut() else { return };
    let from = match (page.found, direction) {
        (Some(found), _) => found,
        // Before the first line, so that it is looked at too.
        (None, Direction::Forward) => page.log.end().saturating_sub(1),
        (None, Direction::Backward) => page.log.first(),
    };
    if let Some(line) = page.log.find(&page.needle, from, direction) {
        page.found = Some(line);
        let above = output_rows(page, size) / 2;
        page.follow = Follow::From(line.saturating_sub(above).max(page.log.first()));
        page.pane = Pane::Second;
    } else {
        let text = if page.needle.is_open() {
            "nothing was searched for yet: press /".to_owned()
        } else {
            format!("{:?} is not in the output that is kept here", page.needle.text())
        };
        model.tell(ToastKind::Warning, &text);
    }
}
