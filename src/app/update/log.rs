//! The page of one output: what is pressed changes what is wanted; the reader of the file is asked for that, and only that.

use jiff::Timestamp;
use tui_input::Input;

use super::super::action::{Action, Place};
use super::super::cursor::Step;
use super::super::effect::Effect;
use super::super::frame::Size;
use super::super::layers::Layer;
use super::super::log_page::{Keep, LogAsk, LogFind, LogMark, LogOf, LogPage, LogView};
use super::super::log_tail::Direction;
use super::super::model::{Model, Screen};
use super::super::msg::Problem;
use super::super::pages::{Follow, RunPage};
use super::super::toast::ToastKind;
use super::fleet;
use crate::domain::log::Sieve;

/// Columns by which a line is shifted.
const SHIFT: usize = 20;
/// Marks that a page keeps.
const MOST_MARKS: usize = 500;

/// Opens the page above the one that is seen.
pub(super) fn open(model: &mut Model, of: LogOf) {
    model.screens.retain(|screen| !matches!(screen, Screen::Log(_)));
    let mut page = LogPage::new(of);
    if matches!(page.of, LogOf::Merged { .. }) {
        let hosts = model.run_page().map(RunPage::hosts).unwrap_or_default();
        page.names = hosts.iter().map(|host| host.id.as_str().len()).max().unwrap_or(0);
    }
    page.marks = model.log_marks.get(&page.of).cloned().unwrap_or_default();
    model.screens.push(Screen::Log(Box::new(page)));
}

/// Opens the outputs of all targets of the run that is seen as one, above what is seen.
pub(super) fn open_merged(model: &mut Model) {
    let Some(run) = model.run_page().map(|page| page.run.clone()) else { return };
    open(model, LogOf::Merged { run });
}

fn page(model: &mut Model) -> Option<&mut LogPage> {
    match model.screens.last_mut() {
        Some(Screen::Log(page)) => Some(page),
        _ => None,
    }
}

/// Whether a page of an output lies anywhere.
pub(super) fn is_open(model: &Model) -> bool {
    model.screens.iter().any(|screen| matches!(screen, Screen::Log(_)))
}

/// Lines of an output that are shown at once.
fn rows(model: &Model) -> usize {
    model.size.log_rows()
}

/// Asks the reader for what is wanted now, where that is something else than before; `was` is whether a page lay there.
pub(super) fn after(model: &mut Model, was: bool) -> Vec<Effect> {
    if !is_open(model) {
        return if was { vec![Effect::CloseLog] } else { Vec::new() };
    }
    let rows = rows(model);
    let id = model.last_request + 1;
    let Some(page) = page(model) else { return Vec::new() };
    let (at, n) = page.wanted(rows);
    let ask = LogAsk {
        id,
        of: page.of.clone(),
        sieve: page.sieve.clone(),
        at,
        rows: n,
        find: page.find.take(),
    };
    let same = page.asked.as_ref().is_some_and(|before| {
        ask.find.is_none()
            && LogAsk { id: before.id, find: None, ..ask.clone() }
                == LogAsk { find: None, ..before.clone() }
    });
    if same {
        return Vec::new();
    }
    page.asked = Some(ask.clone());
    model.last_request = id;
    vec![Effect::AskLog(Box::new(ask))]
}

/// A part of the output that was asked for.
pub(super) fn take(model: &mut Model, result: Result<Box<LogView>, Problem>) -> Vec<Effect> {
    let size = model.size;
    let Some(page) = page(model) else { return Vec::new() };
    let view = match result {
        Ok(view) => *view,
        Err(problem) => {
            page.trouble = Some(problem.message);
            return Vec::new();
        }
    };
    let Some(asked) = page.asked.as_mut().filter(|asked| asked.id == view.ask) else {
        return Vec::new();
    };
    page.trouble = None;
    let before = page.follow;
    let found = view.found.filter(|_| asked.find.is_some());
    let mut told = None;
    if let Some(found) = found {
        asked.find = None;
        if let Some(place) = found {
            page.found = Some(place);
            page.follow = Follow::From(view.top);
        } else {
            let needle = page.needle.as_ref().map(|needle| needle.text().to_owned());
            told = Some(format!("{:?} is nowhere in this output", needle.unwrap_or_default()));
        }
    } else if let (Follow::From(top), true) = (page.follow, view.looked >= view.length) {
        // The output is shorter than the place that was wanted.
        if !page.wrap && top > view.top {
            page.follow = Follow::From(view.top);
        }
    }
    if page.wrap {
        take_wrapped(page, view, size, found.flatten());
    } else {
        page.show(view);
    }
    // The reader shows it already.
    let (at, _) = page.wanted(size.log_rows());
    if let Some(asked) = page.asked.as_mut().filter(|_| page.follow != before) {
        asked.at = at;
    }
    if let Some(told) = told {
        model.tell(ToastKind::Warning, &told);
    }
    Vec::new()
}

/// Shows a part of an output whose lines wrap: only the drawing of it tells what is on the screen.
fn take_wrapped(page: &mut LogPage, view: LogView, size: Size, found: Option<u64>) {
    let end = page.seen(page.room_of(size)).last().map(|row| row.place + 1);
    let same = page.view.as_ref().is_some_and(|before| before.ask == view.ask);
    page.show(view);
    let room = page.room_of(size);
    if let Some(place) = found {
        let text = page.view.iter().flat_map(|view| &view.rows).find(|row| row.place == place);
        let hits = text.zip(page.needle.as_ref()).map(|(row, n)| n.hits(row.text.as_str()));
        let hit = hits.and_then(|hits| hits.first().map(|hit| hit.start)).unwrap_or(0);
        page.reveal(place, hit, room);
    } else if matches!(page.follow, Follow::From(_)) {
        // The output may be shorter than the place that was wanted.
        page.stay(room);
    } else {
        let first = page.seen(room).first().map(|row| row.place);
        let skipped = first.zip(end.filter(|_| same)).map_or(0, |(a, b)| a.saturating_sub(b));
        if let Some(view) = &mut page.view {
            view.skipped = skipped;
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the table says which actions apply here")]
pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    let (size, now, person) = (model.size, model.clock, model.person.clone());
    let Some(page) = page(model) else { return Vec::new() };
    if let Some(step) = fleet::step(action) {
        scroll(page, step, size);
        return Vec::new();
    }
    match action {
        Action::Follow => match page.follow {
            Follow::End if page.wrap => page.stay(page.room_of(size)),
            Follow::End => page.follow = Follow::From(page.top()),
            Follow::From(_) => page.follow = Follow::End,
        },
        Action::Search => model.layers.push(Layer::Search(Input::default())),
        Action::NextMatch => next(model, Direction::Forward),
        Action::PrevMatch => next(model, Direction::Backward),
        Action::LogFilter => {
            let text = page.sieve.text().to_owned();
            model.layers.push(Layer::Filter(Input::new(text)));
        }
        Action::ErrorsOnly => {
            let sieve = page.sieve.clone();
            let errors_only = !sieve.is_errors_only();
            sift(page, sieve.errors_only(errors_only));
        }
        Action::Wrap => {
            page.wrap = !page.wrap;
            (page.shift, page.passed) = (0, 0);
        }
        Action::Times => page.times = !page.times,
        Action::ShiftRight => {
            page.shift = (page.shift + SHIFT).min(crate::domain::log::SHOWN_BYTES);
        }
        Action::ShiftLeft => page.shift = page.shift.saturating_sub(SHIFT),
        Action::MarkLog => mark(model, now, person),
        Action::NextMark => to_mark(model, Direction::Forward),
        Action::PrevMark => to_mark(model, Direction::Backward),
        Action::SaveLog => return keep(page, Keep::File),
        Action::OpenPager => return keep(page, Keep::Pager),
        _ => {}
    }
    Vec::new()
}

fn keep(page: &LogPage, to: Keep) -> Vec<Effect> {
    let (of, sieve) = (page.of.clone(), page.sieve.clone());
    vec![Effect::KeepLog { of, sieve, to, marks: page.marks.clone() }]
}

fn scroll(page: &mut LogPage, step: Step, size: Size) {
    let room = page.room_of(size);
    if page.wrap {
        page.step(step, room);
        return;
    }
    let (top, height) = (page.top(), room.rows as u64);
    // Marks take rows from lines.
    let most = height.saturating_sub(1);
    let seen = page.seen(room).len() as u64;
    let is_here = page.view.as_ref().is_some_and(|view| view.top == top) && seen > 0;
    let down = if is_here { seen.saturating_sub(1) } else { most }.max(1);
    let above = page.marks.iter().map(|mark| mark.above).filter(|_| page.sieve.is_open());
    let marks = above.filter(|above| *above > top.saturating_sub(most) && *above <= top).count();
    let up = most.saturating_sub(marks as u64).max(1);
    let last = page.n_places().saturating_sub(height);
    let to = match step {
        Step::Up => top.saturating_sub(1),
        Step::Down => top.saturating_add(1),
        Step::PageUp => top.saturating_sub(up),
        Step::PageDown => top.saturating_add(down),
        Step::Top => 0,
        Step::Bottom => u64::MAX,
    };
    let down = matches!(step, Step::Down | Step::PageDown | Step::Bottom);
    page.follow = if down && to >= last { Follow::End } else { Follow::From(to.min(last)) };
}

/// From now on other lines are wanted; the end of them is in view.
fn sift(page: &mut LogPage, sieve: Sieve) {
    page.sieve = sieve;
    page.follow = Follow::End;
    page.found = None;
}

/// Filters by what is typed, as far as it can be used; says whether an output is seen.
pub(super) fn filter(model: &mut Model, text: &str) -> bool {
    let Some(page) = page(model) else { return false };
    if let Ok(sieve) = Sieve::parse(text) {
        let sieve = sieve.errors_only(page.sieve.is_errors_only());
        if sieve != page.sieve {
            sift(page, sieve);
        }
    }
    true
}

/// Looks for what was typed, from the line in view on; says whether an output is seen.
pub(super) fn search(model: &mut Model, text: &str) -> bool {
    let size = model.size;
    let Some(page) = page(model) else { return false };
    match Sieve::parse(text) {
        Ok(needle) if needle.is_open() => page.needle = None,
        Ok(needle) => {
            page.needle = Some(needle.clone());
            let from = page.first(page.room_of(size));
            page.find = Some(LogFind { needle, from, way: Direction::Forward });
        }
        Err(problem) => model.tell(ToastKind::Warning, &problem.to_string()),
    }
    true
}

fn next(model: &mut Model, way: Direction) {
    let size = model.size;
    let Some(page) = page(model) else { return };
    let Some(needle) = page.needle.clone() else {
        model.tell(ToastKind::Warning, "nothing was searched for yet: press /");
        return;
    };
    let from = match (page.found, way) {
        (Some(found), Direction::Forward) => found.saturating_add(1),
        (Some(found), Direction::Backward) => found,
        (None, _) => page.first(page.room_of(size)),
    };
    page.find = Some(LogFind { needle, from, way });
}

/// Draws a line below the newest line: what comes from now on stands under it.
fn mark(model: &mut Model, at: Timestamp, by: crate::domain::untrusted::Safe) {
    let Some(page) = page(model) else { return };
    let above = page.view.as_ref().map_or(0, |view| view.n_lines);
    page.marks.push(LogMark { above, at, by });
    let excess = page.marks.len().saturating_sub(MOST_MARKS);
    page.marks.drain(..excess);
    // What hosts print in a run is never read anew from elsewhere: its lines have the same numbers again.
    if matches!(page.of, LogOf::Run { .. }) {
        let (of, marks) = (page.of.clone(), page.marks.clone());
        model.log_marks.insert(of, marks);
    }
}

/// Goes to the mark after or before the line in view. Marks stand between lines of the whole output.
fn to_mark(model: &mut Model, way: Direction) {
    let size = model.size;
    let Some(page) = page(model) else { return };
    let here = page.seen(page.room_of(size)).first().map_or(0, |row| row.line);
    let above = |mark: &&LogMark| match way {
        Direction::Forward => mark.above.saturating_sub(1) > here,
        Direction::Backward => mark.above.saturating_sub(1) < here,
    };
    let mut marks = page.marks.iter();
    let mark = match way {
        Direction::Forward => marks.find(above),
        Direction::Backward => marks.rfind(above),
    };
    let to = mark.map(|mark| mark.above.saturating_sub(1));
    match to {
        Some(_) if !page.sieve.is_open() => {
            model.tell(ToastKind::Warning, "marks are gone to where all lines are shown");
        }
        Some(line) => (page.follow, page.passed) = (Follow::From(line), 0),
        None => {
            let sets = model.key_at(Action::MarkLog, Place::Log);
            model.tell(ToastKind::Warning, &format!("there is no mark that way: {sets} sets one"));
        }
    }
}
