//! The rows of the table of actions for one host, and for an output that is read.

use super::action::{Action, ActionInfo, Danger, Place};
use super::action_row::{c, k, row};
use super::action_table::{ALL, OUTPUT};
use super::key::KeyCode;

const LOGS: &[Place] = &[Place::Log];
const FIRST: &[Place] = &[Place::Setup];

/// In the order of the footer and the help.
pub(super) const LOG: &[ActionInfo] = &[
    row(
        Action::Shell,
        "shell",
        "open a shell on the host: audited, and recorded where bunker_shell_record says so",
        "shell",
        &[c('s')],
        &[Place::Instance],
    )
    .changing(Danger::Asks)
    .twin("bunker shell HOST"),
    row(
        Action::ShowEnv,
        "env",
        "show the .env of the host without its secrets, and what of it was edited there",
        ".env",
        &[c('e')],
        &[Place::Instance],
    )
    .twin("bunker env HOST"),
    row(
        Action::ServiceLog,
        "log of a service",
        "choose a service of the instance and follow what it writes",
        "log",
        &[c('l')],
        &[Place::Instance],
    )
    .twin("bunker logs HOST SERVICE --follow"),
    row(
        Action::Forward,
        "forward a port",
        "choose a service of the instance and bring its port to 127.0.0.1 of this machine: audited",
        "port",
        &[c('F')],
        &[Place::Instance],
    )
    .changing(Danger::None)
    .twin("bunker forward HOST SERVICE"),
    row(
        Action::Forwards,
        "forwarded ports",
        "list the ports that were brought to this machine, and take them back",
        "",
        &[],
        ALL,
    )
    .chords(&[&[c('g'), c('p')]])
    .twin("bunker forward HOST SERVICE"),
    row(
        Action::MakeInventory,
        "make an inventory",
        "make an inventory with its first instance; asks for its name, domain, address and repository",
        "make one",
        &[c('n')],
        FIRST,
    )
    .changing(Danger::Asks)
    .twin("bunker inventory init"),
    row(
        Action::ImportInventory,
        "import an inventory",
        "copy an inventory of Ansible; asks where it is",
        "import",
        &[c('i')],
        FIRST,
    )
    .changing(Danger::Asks)
    .twin("bunker inventory init --from PATH"),
    row(
        Action::StartDemo,
        "demo",
        "start a fleet of paper hosts on this machine, in a checkout of the sources",
        "demo",
        &[c('d')],
        FIRST,
    )
    .changing(Danger::None)
    .twin("cargo demo"),
    row(
        Action::TryAgain,
        "read the inventory again",
        "look whether the inventory can be used by now",
        "look again",
        &[c('r')],
        FIRST,
    )
    .twin("bunker inventory check"),
    row(
        Action::ShowCanary,
        "canary of the run",
        "show the canary of this run: its soak, each metric against the rest of the fleet, and the verdict so far",
        "canary",
        &[c('C')],
        OUTPUT,
    )
    .twin("bunker show RUN"),
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
        Action::MergedLog,
        "merged log",
        "read the outputs of all targets as one, in the order of time: up to 50 of them",
        "",
        &[c('M')],
        &[Place::Run, Place::Replay, Place::Panes],
    )
    .twin("bunker logs RUN --by-time"),
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
        "show when lines came: each line of a service and of all targets, else the first line of each step",
        "times",
        &[c('t')],
        LOGS,
    ),
    row(
        Action::MarkLog,
        "mark here",
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
    .twin("bunker logs RUN HOST"),
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
