//! The wall: a screen that nobody types at.
//!
//! **Invariant:** which page is seen and where the picture stands follow from the time alone, so a wall keeps nothing of
//! the days that it has hung there.

use std::sync::Arc;

use jiff::Timestamp;

use super::model::Model;
use super::msg::RunView;
use crate::domain::ids::{HostId, RunId};
use crate::domain::run::state::HostState;

/// Seconds for which a page is seen.
pub const PAGE_S: i64 = 20;
/// Seconds for which the picture stands at one place.
pub const SHIFT_S: i64 = 180;
/// Seconds after which a question that nobody answers goes away.
pub const QUESTION_S: i64 = 30;
/// Seconds without anything new of a fleet after which the wall says so before all else.
pub const SILENCE_S: i64 = 180;
/// Columns and rows by which the picture moves at most, so that no letter burns in.
pub const SHIFT: (u16, u16) = (2, 1);

/// What a wall knows beside the fleet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wall {
    /// The run that is watched: the newest that goes on.
    pub run: Option<RunId>,
    /// What is known of it.
    pub view: Option<Arc<RunView>>,
    /// Since when the question stands whether to leave.
    pub asked: Option<Timestamp>,
}

impl Wall {
    /// A target that the watched run works on now.
    pub fn at_work(&self, id: &HostId) -> Option<&HostState> {
        let hosts = self.view.as_ref().map(|view| view.state.hosts.as_slice()).unwrap_or_default();
        hosts.iter().find(|h| &h.id == id && h.is_under_way())
    }
}

/// Which of so many pages is seen.
pub fn page(now: Timestamp, n: usize) -> usize {
    turn(now, PAGE_S, n)
}

/// Where the picture stands: columns from the left, rows from the top.
pub fn shift(now: Timestamp) -> (u16, u16) {
    let places = [(0, 0), (1, 1), (2, 0), (2, 1), (1, 0), (0, 1)];
    places.get(turn(now, SHIFT_S, places.len())).copied().unwrap_or_default()
}

fn turn(now: Timestamp, seconds: i64, n: usize) -> usize {
    let n = i64::try_from(n.max(1)).unwrap_or(1);
    usize::try_from(now.as_second().div_euclid(seconds).rem_euclid(n)).unwrap_or(0)
}

impl Model {
    /// Makes the cockpit a wall.
    pub fn hang(&mut self) {
        self.wall = Some(Wall::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_its_turn_and_the_picture_moves_within_its_margin() {
        let at = |s: i64| Timestamp::from_second(1_800_000_000 + s).unwrap();
        let seen: Vec<usize> = (0..6).map(|i| page(at(i * PAGE_S), 3)).collect();
        assert!([0, 1, 2].iter().all(|p| seen.contains(p)), "{seen:?}");
        assert_eq!(seen[0], seen[3]);
        assert_eq!((page(at(0), 0), page(at(5), 1)), (0, 0));
        let mut places: Vec<(u16, u16)> = (0..6).map(|i| shift(at(i * SHIFT_S))).collect();
        assert!(places.iter().all(|(x, y)| *x <= SHIFT.0 && *y <= SHIFT.1));
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), 6, "every place of the margin is used alike");
    }
}
