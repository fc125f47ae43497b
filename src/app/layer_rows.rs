//! The rows of the table of actions of what stands in front of a page: menus, the choice of columns, the ports that were
//! brought here, the palette. Questions keep the keys that every question has, and what is typed is typed.

use super::action::{Action, ActionInfo, Place};
use super::action_row::{c, k, row};
use super::key::{Key, KeyCode};

const PALETTE: &[Place] = &[Place::Palette];
const CHOSEN: &[Place] = &[Place::Palette, Place::Menu];
const COLUMNS: &[Place] = &[Place::Columns];
const PORTS: &[Place] = &[Place::Ports];

/// In the order of the help.
pub(super) const LAYERS: &[ActionInfo] = &[
    row(Action::TakeEntry, "take", "do the chosen entry", "", &[k(KeyCode::Enter)], PALETTE),
    row(
        Action::EntryBefore,
        "entry before",
        "choose the entry before",
        "",
        &[k(KeyCode::Up), Key::ctrl('p')],
        CHOSEN,
    ),
    row(
        Action::EntryAfter,
        "entry after",
        "choose the next entry",
        "",
        &[k(KeyCode::Down), k(KeyCode::Tab), Key::ctrl('n')],
        CHOSEN,
    ),
    row(
        Action::CopyEntry,
        "copy entry",
        "copy the command line that does the chosen entry",
        "",
        // The second one for those whose keys have no Ctrl.
        &[Key::ctrl('y'), k(KeyCode::BackTab)],
        PALETTE,
    ),
    row(
        Action::ShowColumn,
        "show column",
        "show the chosen column, or leave it out",
        "",
        &[c(' ')],
        COLUMNS,
    ),
    row(
        Action::ColumnBefore,
        "column before",
        "move the chosen column to the left",
        "",
        &[c('K'), c('<')],
        COLUMNS,
    ),
    row(
        Action::ColumnAfter,
        "column after",
        "move the chosen column to the right",
        "",
        &[c('J'), c('>')],
        COLUMNS,
    ),
    row(
        Action::SortColumn,
        "sort by column",
        "sort by the chosen column; again the other way round",
        "",
        &[c('s')],
        COLUMNS,
    ),
    row(
        Action::UsualColumns,
        "usual columns",
        "show the columns that stand there by themselves",
        "",
        &[c('d')],
        COLUMNS,
    ),
    row(
        Action::ColumnsDone,
        "columns are chosen",
        "leave the choice of columns: each change counts at once",
        "",
        &[k(KeyCode::Enter)],
        COLUMNS,
    ),
    row(
        Action::EndForward,
        "take port back",
        "take the chosen port back: nothing listens here any more",
        "",
        &[c('x'), k(KeyCode::Delete)],
        PORTS,
    ),
    row(
        Action::TryForward,
        "try port again",
        "look again whether the ports stand; one that was lost is brought here anew",
        "",
        &[c('r')],
        PORTS,
    ),
];
