//! The rows of the table of actions about who holds an instance, and about what a plan has to wait for.

use super::action::{Action, ActionInfo, Danger, Place};
use super::action_row::{c, row};
use super::action_table::ALL;

/// In the order of the footer and the help.
pub(super) const HOLDS: &[ActionInfo] = &[
    row(
        Action::Leases,
        "leases",
        "list who holds what, since when and how far: this instance, the targets of this plan, the marked ones, or all",
        "",
        &[],
        ALL,
    )
    .chords(&[&[c('g'), c('l')]])
    .twin("bunker lease list"),
    row(
        Action::BreakLease,
        "break lease",
        "take the selected lease away from a run that will not give it back; asks why",
        "break",
        &[c('B')],
        &[Place::Leases],
    )
    .changing(Danger::Asks)
    .twin("bunker lease break HOST --reason TEXT"),
    row(
        Action::WhenFree,
        "start when free",
        "wait until nobody holds an instance of this plan, then start it; again gives up waiting",
        "",
        &[c('f')],
        &[Place::Plan],
    )
    .changing(Danger::Counts)
    .twin("bunker upgrade --wait SECONDS"),
];
