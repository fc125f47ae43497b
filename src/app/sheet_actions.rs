//! The rows of the table of actions that open the lists of the whole fleet, and what works on them.

use super::action::{Action, ActionInfo, Place};
use super::action_row::{c, row};
use super::action_table::ALL;

/// Lists that can be read again.
const SHEET: &[Place] = &[
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
];
/// Two things side by side.
const BESIDE: &[Place] = &[Place::Compare];

/// In the order of the footer and the help.
pub(super) const SHEETS: &[ActionInfo] = &[
    row(
        Action::LookAgain,
        "look again",
        "read again what this page shows",
        "look again",
        &[c('r')],
        SHEET,
    ),
    row(
        Action::OpenRun,
        "its run",
        "open the run that this record is of",
        "its run",
        &[c('o')],
        &[Place::Audit],
    )
    .twin("bunker show RUN"),
    row(
        Action::CompareNext,
        "next on the right",
        "compare with the next instance, or release",
        "next",
        &[c('n')],
        BESIDE,
    ),
    row(
        Action::ComparePrev,
        "one before on the right",
        "compare with the instance, or release, before",
        "",
        &[c('N')],
        BESIDE,
    ),
    row(Action::CompareSwap, "exchange", "exchange left and right", "exchange", &[c('x')], BESIDE),
    row(
        Action::CompareAll,
        "all lines",
        "show the lines that do not differ too, or leave them out",
        "all lines",
        &[c('d')],
        BESIDE,
    ),
    row(
        Action::CompareKind,
        "releases",
        "compare the releases that run, by the instances that run them, or instances again",
        "releases",
        &[c('o')],
        BESIDE,
    ),
    row(
        Action::Panes,
        "outputs",
        "show the outputs of several targets at once: one, two by two, all that fit, alike ones folded",
        "outputs",
        &[c('v')],
        &[Place::Run],
    )
    .twin("bunker logs RUN"),
    row(
        Action::PanesLayout,
        "layout",
        "one output, two by two, all that fit, or alike ones folded",
        "layout",
        &[c('v')],
        &[Place::Panes],
    ),
    row(
        Action::Evidence,
        "evidence",
        "go to what a reason rests on: charts, backups, containers, findings; of several on the page of an instance, one is chosen",
        "",
        &[c('x')],
        &[Place::Fleet, Place::Instance],
    ),
    row(
        Action::Charts,
        "charts",
        "show the last hour of this instance as charts: health, influence, canvass, geocoding, system",
        "charts",
        &[],
        &[
            Place::Fleet,
            Place::Instance,
            Place::Backups,
            Place::Alerts,
            Place::Doctor,
            Place::FleetCharts,
            Place::Timeline,
        ],
    )
    .chords(&[&[c('g'), c('m')]])
    .twin("bunker snapshot charts"),
    row(
        Action::FleetCharts,
        "fleet charts",
        "show the last hour of all instances as charts side by side: canvass visits, mails, requests, mail queue",
        "",
        &[],
        ALL,
    )
    .chords(&[&[c('g'), c('v')]])
    .twin("bunker snapshot fleet-charts"),
    row(
        Action::NextFigure,
        "next figure",
        "put the next figure first: visits, mails, requests, queue; as many stand side by side as there is room for",
        "next figure",
        &[c('n')],
        &[Place::FleetCharts],
    ),
    row(
        Action::FigureBefore,
        "figure before",
        "put the figure before first",
        "",
        &[c('N')],
        &[Place::FleetCharts],
    ),
    row(
        Action::Timeline,
        "timeline",
        "list what changed on this instance, also while this program was closed: its state and why, its release, the runs that worked on it",
        "",
        &[],
        &[
            Place::Fleet,
            Place::Instance,
            Place::Backups,
            Place::Alerts,
            Place::Doctor,
            Place::Charts,
            Place::FleetCharts,
        ],
    )
    .chords(&[&[c('g'), c('l')]])
    .twin("bunker timeline HOST"),
    row(
        Action::Compare,
        "compare",
        "show two instances, or two releases, side by side: the marked ones, or this and the next",
        "",
        &[],
        &[Place::Fleet, Place::Instance],
    )
    .chords(&[&[c('g'), c('c')]])
    .twin("bunker compare A B"),
    row(
        Action::Backups,
        "backups",
        "list the backups of every instance: age, size, and when the last was proven",
        "",
        &[],
        ALL,
    )
    .chords(&[&[c('g'), c('b')]])
    .twin("bunker snapshot backups"),
    row(
        Action::Alerts,
        "alerts",
        "list what the alert rules and the Alertmanager say, with silences",
        "",
        &[],
        ALL,
    )
    .chords(&[&[c('g'), c('a')]])
    .twin("bunker alerts"),
    row(
        Action::Windows,
        "windows",
        "list the maintenance windows, the one that is on or comes next first",
        "",
        &[],
        ALL,
    )
    .chords(&[&[c('g'), c('t')]])
    .twin("bunker window list"),
    row(
        Action::Inventory,
        "inventory",
        "list groups and hosts; a host opens with its variables and where each came from",
        "",
        &[],
        ALL,
    )
    .chords(&[&[c('g'), c('i')]])
    .twin("bunker inventory list"),
    row(
        Action::Doctor,
        "doctor",
        "check this machine and the hosts, with the fix for each finding",
        "",
        &[],
        ALL,
    )
    .chords(&[&[c('g'), c('d')]])
    .twin("bunker doctor"),
];
