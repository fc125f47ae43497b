//! Bunker Ops: a terminal cockpit for fleets of Changemaker Lite instances.
//!
//! The map, in reading order; each folder may name only those before it on its line:
//! `domain <- steps <- workflows <- engine <- adapters`, and `domain <- app <- ui`;
//! `tui` and `cli` are the edges that put them together. `tests/it/tidy.rs` enforces it.

use mimalloc::MiMalloc;

pub mod adapters;
pub mod app;
pub mod cli;
pub mod domain;
pub mod engine;
pub mod steps;
pub mod tui;
pub mod ui;
pub mod workflows;

/// That of glibc gives every thread an arena of its own and keeps what it once had: with 1,000 instances and after fifty outputs
/// it held 11 MiB more. It stands here and not in the program, so that benches measure what operators have.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;
