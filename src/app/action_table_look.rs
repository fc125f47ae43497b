//! The rows of the table of actions that look and move about.

use super::action::{Action, ActionInfo, Danger, Place};
use super::action_row::{c, k, plays, row};
use super::action_table::{ALL, FLEET, MARKED, OUTPUT, READING};
use super::key::{Key, KeyCode};

/// Pages whose rows can be filtered.
const FILTERED: &[Place] = &[
    Place::Fleet,
    Place::Runs,
    Place::Due,
    Place::Audit,
    Place::Backups,
    Place::Alerts,
    Place::Windows,
    Place::Leases,
    Place::Inventory,
    Place::Variables,
    Place::Doctor,
    Place::Compare,
    Place::Timeline,
    Place::FleetCharts,
];

/// Pages whose rows can be put in order by their columns.
const SORTED: &[Place] = &[
    Place::Fleet,
    Place::Runs,
    Place::Due,
    Place::Audit,
    Place::Backups,
    Place::Alerts,
    Place::Windows,
    Place::Leases,
    Place::Inventory,
    Place::Variables,
    Place::Doctor,
    Place::Timeline,
    Place::FleetCharts,
];
/// Those of them where `r` is free.
const REVERSED: &[Place] = &[Place::Fleet, Place::Runs, Place::Due, Place::Audit];
/// The others.
const REVERSED_LISTS: &[Place] = &[
    Place::Backups,
    Place::Alerts,
    Place::Windows,
    Place::Leases,
    Place::Inventory,
    Place::Variables,
    Place::Doctor,
    Place::Timeline,
    Place::FleetCharts,
];
/// Pages with rows that somebody should look at, and others.
const WITH_PROBLEMS: &[Place] = &[Place::Fleet, Place::Runs, Place::Due, Place::Backups];

/// Pages of which something can be copied.
const COPIED: &[Place] = &[
    Place::Fleet,
    Place::Plan,
    Place::Run,
    Place::Instance,
    Place::Runs,
    Place::Due,
    Place::Audit,
    Place::Backups,
    Place::Alerts,
    Place::Windows,
    Place::Leases,
    Place::Inventory,
    Place::Variables,
    Place::Doctor,
    Place::Compare,
    Place::Charts,
    Place::FleetCharts,
    Place::Timeline,
    Place::Panes,
    Place::Log,
    Place::Ports,
];

/// In the order of the footer and the help.
pub(super) const LOOK: &[ActionInfo] = &[
    row(
        Action::Mark,
        "mark",
        "mark or unmark the selected instance, or secret",
        "mark",
        &[k(KeyCode::Char(' '))],
        MARKED,
    ),
    row(
        Action::MarkAll,
        "mark all",
        "mark all that are shown, or unmark them",
        "",
        &[c('*')],
        MARKED,
    ),
    row(
        Action::Filter,
        "filter",
        "show only what fits: words, /patterns/, !not; and what the rows have: p95>800ms or group=canary on the fleet, age>26h on backups, state=failed on runs",
        "filter",
        &[c('/')],
        FILTERED,
    )
    .twin("bunker status --limit PATTERN"),
    row(
        Action::ProblemsOnly,
        "problems only",
        "leave out what needs nobody (the healthy instances, fresh backups, runs that ended well, secrets that are not due), or show it again",
        "problems",
        &[c('p')],
        WITH_PROBLEMS,
    ),
    row(
        Action::Sort,
        "sort",
        "sort by the next column; after the last as the page itself does",
        "sort",
        &[c('s'), c('>')],
        SORTED,
    ),
    row(
        Action::SortBefore,
        "sort by the one before",
        "sort by the column before",
        "",
        &[c('<')],
        SORTED,
    ),
    row(
        Action::SortReverse,
        "reverse",
        "sort the other way round",
        "",
        &[c('r'), c('~')],
        REVERSED,
    ),
    // On these `r` reads again.
    row(
        Action::ReverseList,
        "reverse the list",
        "sort the other way round",
        "",
        &[c('~')],
        REVERSED_LISTS,
    ),
    row(
        Action::Columns,
        "columns",
        "choose which columns stand on the screen, in which order, and by which is sorted",
        "columns",
        &[c('w')],
        FLEET,
    ),
    row(
        Action::MarkRange,
        "mark range",
        "begin a range of marks at this row; again, or mark, ends it at the selected row",
        "",
        &[c('v')],
        FLEET,
    ),
    row(
        Action::Invert,
        "invert marks",
        "mark those of the shown that are not marked, and unmark the others",
        "",
        &[c('i')],
        FLEET,
    ),
    row(
        Action::Freeze,
        "freeze",
        "hold the figures still, or let them go on; hosts are asked meanwhile",
        "",
        &[c('f')],
        &[Place::Fleet, Place::Instance],
    ),
    plays(Action::ReplayPause, "pause the replay", "stand still, or go on", "pause", &[c(' ')])
        .twin("bunker replay FILE"),
    plays(Action::ReplayForward, "ten seconds on", "go on", "10 s on", &[k(KeyCode::Right), c(']')]),
    plays(Action::ReplayBack, "ten seconds back", "go back", "10 s back", &[k(KeyCode::Left), c('[')]),
    plays(Action::ReplayFaster, "faster", "play twice as fast", "faster", &[c('+'), c('>')])
        .twin("bunker replay FILE --speed TIMES"),
    plays(Action::ReplaySlower, "slower", "play half as fast", "slower", &[c('-'), c('<')]),
    plays(Action::ReplayBegin, "to the beginning", "play from there", "", &[k(KeyCode::Home), c('0')]),
    plays(Action::ReplayEnd, "to the end", "go to the end of the run", "", &[k(KeyCode::End), c('$')]),
    row(
        Action::Follow,
        "follow",
        "keep the end of the output in view, or stop doing so",
        "follow",
        &[c('f')],
        READING,
    )
    .twin("bunker attach RUN"),
    row(
        Action::Full,
        "full",
        "give the output the whole screen, or give it back",
        "full",
        &[c('z')],
        OUTPUT,
    ),
    row(Action::Search, "search", "search the output: words, or a /pattern/", "search", &[c('/')], READING)
        .twin("bunker logs RUN HOST"),
    row(
        Action::NextMatch,
        "next match",
        "go to the next place that was searched for",
        "",
        &[c('n')],
        READING,
    ),
    row(
        Action::PrevMatch,
        "previous match",
        "go to the previous place that was searched for",
        "",
        &[c('N')],
        READING,
    ),
    row(
        Action::NextPane,
        "next pane",
        "give the keys to the next pane",
        "pane",
        &[k(KeyCode::Tab)],
        &[Place::Plan, Place::Run, Place::Replay, Place::Instance],
    ),
    row(
        Action::PrevPane,
        "previous pane",
        "give the keys to the previous pane",
        "",
        &[k(KeyCode::BackTab)],
        &[Place::Plan, Place::Run, Place::Replay, Place::Instance],
    ),
    row(
        Action::CopyCommand,
        "copy",
        "choose what to copy: the command line that does the same, a value, the row, the ssh command",
        "copy",
        &[c('y')],
        COPIED,
    ),
    row(Action::Runs, "runs", "list the runs", "runs", &[c('R')], ALL)
        .chords(&[&[c('g'), c('r')]])
        .twin("bunker runs"),
    row(Action::GoFleet, "fleet page", "go to the fleet page", "", &[], ALL)
        .chords(&[&[c('g'), c('f')]])
        .twin("bunker status"),
    row(Action::NextTheme, "next theme", "show the screen in the next theme, and keep it", "", &[c('T')], ALL),
    row(Action::Audit, "audit log", "list who changed what, newest first", "", &[c('H')], ALL)
        .chords(&[&[c('g'), c('h')]])
        .twin("bunker audit log"),
    row(
        Action::SecretsDue,
        "secrets due",
        "list all secrets by when they should be changed",
        "",
        &[c('K')],
        ALL,
    )
    .chords(&[&[c('g'), c('s')]])
    .changing(Danger::None)
    .twin("bunker secrets due"),
    row(
        Action::Palette,
        "command",
        "find an action or an instance by some of its letters",
        "command",
        &[c(':')],
        ALL,
    ),
    row(
        Action::HistoryBack,
        "page before",
        "go to the page that was looked at before",
        "",
        &[c('[')],
        ALL,
    ),
    row(
        Action::HistoryForward,
        "page after",
        "go to the page that was looked at after this one",
        "",
        &[c(']')],
        ALL,
    ),
    row(
        Action::BookmarkSet,
        "set bookmark",
        "keep this page, with its filter, under a letter",
        "",
        &[c('m')],
        ALL,
    ),
    row(
        Action::BookmarkGo,
        "bookmarks",
        "go to the page that was kept under a letter",
        "",
        &[c('\'')],
        ALL,
    ),
    row(Action::Help, "help", "show what every key does here", "help", &[c('?')], ALL)
        .twin("bunker --help"),
    row(
        Action::Back,
        "back",
        "go back; a run goes on without being watched",
        "back",
        &[k(KeyCode::Esc), c('h'), k(KeyCode::Left)],
        ALL,
    ),
    row(
        Action::Quit,
        "leave",
        "leave the cockpit; runs go on",
        "leave",
        &[c('q'), Key::ctrl('c')],
        ALL,
    ),
    row(
        Action::LeaveWall,
        "leave the wall",
        "leave the wall; no other key means anything there but C-l and C-c (asks first)",
        "leaves",
        &[c('q')],
        &[Place::Wall],
    )
    .twin("bunker watch --wall"),
    row(Action::Up, "up", "go one up", "", &[k(KeyCode::Up), c('k')], ALL),
    row(Action::Down, "down", "go one down", "", &[k(KeyCode::Down), c('j')], ALL),
    row(Action::PageUp, "page up", "go a page up", "", &[k(KeyCode::PageUp), Key::ctrl('u')], ALL),
    row(
        Action::PageDown,
        "page down",
        "go a page down",
        "",
        &[k(KeyCode::PageDown), Key::ctrl('d')],
        ALL,
    ),
    row(Action::Top, "top", "go to the first", "", &[k(KeyCode::Home)], ALL)
        .chords(&[&[c('g'), c('g')]]),
    row(Action::Bottom, "bottom", "go to the last", "", &[c('G'), k(KeyCode::End)], ALL),
    row(Action::Redraw, "redraw", "draw the screen anew", "", &[Key::ctrl('l')], ALL),
    row(
        Action::Suspend,
        "suspend",
        "back to the shell until `fg`; runs go on",
        "",
        &[Key::ctrl('z')],
        ALL,
    ),
];
