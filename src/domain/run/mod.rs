//! A run: one execution of a plan. Its state is a fold of its events.

pub mod control;
pub mod event;
pub mod operator;
pub mod outcome;
pub mod state;
