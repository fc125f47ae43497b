//! Bunker Ops: a terminal cockpit for fleets of Changemaker Lite instances.
//!
//! The map, in reading order; each folder may name only those before it on its line:
//! `domain <- steps <- workflows <- engine <- adapters`, and `domain <- app <- ui`;
//! `tui` and `cli` are the edges that put them together. `tests/it/tidy.rs` enforces it.

pub mod adapters;
pub mod app;
pub mod cli;
pub mod domain;
pub mod engine;
pub mod steps;
pub mod tui;
pub mod ui;
pub mod workflows;
