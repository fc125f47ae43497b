//! What the fleet *is*: pure, synchronous types and rules.
//!
//! **Invariant:** nothing in here reads a clock, a file, the network or the environment, and nothing
//! in here names another folder of this crate. Time arrives as a value.

pub mod accent;
pub mod alerts;
pub mod answer;
pub mod asciicast;
pub mod audit;
pub mod backups;
pub mod bundle;
pub mod canary;
pub mod capability;
pub mod catalogue;
pub mod charts;
pub mod compare;
pub mod connection;
pub mod diagnostic;
pub mod dotenv;
pub mod env;
pub mod env_shown;
pub mod facts;
pub mod figure;
pub mod filter;
pub mod finding;
pub mod fleet;
pub mod git;
pub mod health;
pub mod hook;
pub mod ids;
pub mod inventory;
pub mod job;
pub mod lease;
pub mod log;
pub mod lower;
pub mod marker;
pub mod notify;
pub mod paths;
pub mod plan;
pub mod policy;
pub mod release;
pub mod remote;
pub mod run;
pub mod scaffold;
pub mod schema;
pub mod secret;
pub mod selector;
pub mod series;
pub mod server;
pub mod service;
pub mod settings;
pub mod signal;
pub mod snapshot;
pub mod suggest;
mod text_type;
pub mod untrusted;
pub mod view;
pub mod window;
