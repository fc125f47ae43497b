//! The rows of the table of actions for an output that is read.

use super::action::{Action, ActionInfo, Place};
use super::action_row::{c, k, row};
use super::action_table::OUTPUT;
use super::key::KeyCode;

const LOGS: &[Place] = &[Place::Log];

/// In the order of the footer and the help.
pub(super) const LOG: &[ActionInfo] = &[
    row(
        Action::OpenLog,
        "whole log",
        "read the whole output of this host from its file, however long it is",
        "whole log",
        &[c('L')],
        OUTPUT,
    )
    .twin("bunker logs RUN HOST"),
    row(
        Action::LogFilter,
        "filter lines",
        "show only lines with these words, with a /pattern/, or !without",
        "filter",
        &[c('&')],
        LOGS,
    ),
    row(
        Action::ErrorsOnly,
        "errors only",
        "show only lines that tell of errors, or all again",
        "errors",
        &[c('e')],
        LOGS,
    ),
    row(
        Action::Wrap,
        "wrap",
        "let long lines go on in the next row, or cut them",
        "wrap",
        &[c('w')],
        LOGS,
    ),
    row(
        Action::Times,
        "times",
        "show before each line when its step began, or when the container wrote it",
        "times",
        &[c('t')],
        LOGS,
    ),
    row(
        Action::MarkLog,
        "mark",
        "draw a line with the time and your name below the newest line",
        "mark",
        &[c('m')],
        LOGS,
    ),
    row(Action::NextMark, "next mark", "go to the next mark", "", &[c('}')], LOGS),
    row(Action::PrevMark, "previous mark", "go to the mark before", "", &[c('{')], LOGS),
    row(
        Action::SaveLog,
        "save",
        "write the lines that are shown, all of them, into a file",
        "save",
        &[c('s')],
        LOGS,
    )
    .twin("bunker logs RUN HOST > FILE"),
    row(
        Action::OpenPager,
        "pager",
        "open the lines that are shown, all of them, in $PAGER",
        "pager",
        &[c('o')],
        LOGS,
    )
    .twin("bunker logs RUN HOST | less"),
    row(
        Action::ShiftRight,
        "to the right",
        "see what stands further right",
        "",
        &[k(KeyCode::Right), c('>')],
        LOGS,
    ),
    row(
        Action::ShiftLeft,
        "to the left",
        "see what stands further left",
        "",
        &[k(KeyCode::Left), c('<')],
        LOGS,
    ),
];
