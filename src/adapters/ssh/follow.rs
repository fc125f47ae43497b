//! See jobs.
