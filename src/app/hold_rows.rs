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
    .chords(&[&[c('g'), c('w')]])
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
        "wait until nobody holds an instance of this plan, then start it, or plan anew what was left out for that; again gives up waiting",
        "when free",
        &[c('f')],
        &[Place::Plan],
    )
    .changing(Danger::Counts)
    .twin("bunker WORKFLOW HOST --wait=SECONDS"),
    row(
        Action::WaitForWindow,
        "wait for the window",
        "start outside of the maintenance window as a run that waits for it, or do not",
        "wait",
        &[c('w')],
        &[Place::Plan],
    )
    .changing(Danger::Counts)
    .twin("bunker WORKFLOW HOST --outside wait"),
    row(
        Action::SayWhy,
        "say why",
        "say why you do what comes next, such as maintenance CHG-123: each change is kept with it until you say something else",
        "",
        &[c('Y')],
        ALL,
    )
    .changing(Danger::None)
    .twin("bunker --why TEXT"),
];
