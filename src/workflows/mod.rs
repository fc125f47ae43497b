//! Workflows: ordered steps, strategy and readiness. Pure: facts in, a plan out.

pub mod configure;
pub mod deploy;
pub mod env;
pub mod upgrade;
