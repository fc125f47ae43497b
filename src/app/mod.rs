//! The cockpit's state machine: `Model`, what happens to it (`Msg`), what an operator can do
//! (`Action`), what is to be done outside (`Effect`), and `update` between them.
//!
//! **Invariant:** pure and synchronous. No clock, file, terminal or task: time arrives in `Msg::Tick`.

pub mod action;
mod action_row;
mod action_table;
mod action_table_log;
mod action_table_look;
pub mod audit_page;
pub mod choice_pages;
pub mod columns;
pub mod copy;
pub mod cursor;
pub mod destination;
pub mod effect;
pub mod enrol_page;
pub mod fleet_charts;
pub mod fleet_page;
mod fleet_sort;
pub mod footer;
pub mod form;
pub mod forwards;
pub mod frame;
pub mod fuzzy;
pub mod history;
mod hold_rows;
pub mod holds;
pub mod host_layers;
pub mod key;
pub mod keymap;
mod layer_rows;
pub mod layers;
pub mod list_filter;
pub mod list_order;
pub mod log_page;
pub mod log_rows;
pub mod log_tail;
pub mod look;
pub mod model;
pub mod msg;
pub mod pages;
pub mod panes;
mod place;
pub mod quiet;
mod quiet_rows;
pub mod replay;
mod run_rows;
pub mod setup;
pub mod sheet;
mod sheet_actions;
mod sheet_copy;
pub mod sheet_rows;
mod sheet_words;
pub mod timeline;
pub mod toast;
pub mod twin;
pub mod update;
pub mod wall;
pub mod why;

pub use effect::{Change, ChangeKind, Effect};
pub use key::Key;
pub use model::{Model, Screen};
pub use msg::Msg;
pub use update::update;
