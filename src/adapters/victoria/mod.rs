//! The central metrics server: VictoriaMetrics, single node or cluster, or anything that speaks
//! Prometheus' query API.

mod answer;
mod client;
mod token;

pub use client::Victoria;
