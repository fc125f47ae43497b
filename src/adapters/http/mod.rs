//! HTTP from the control machine: health addresses, and what all HTTP clients here share.

mod client;
mod health;
mod names;

pub use client::{Fault, LazyClient, read_capped, words};
pub use health::HttpHealthSource;
