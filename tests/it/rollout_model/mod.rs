//! The worker against a small model: any rollout, any misbehaviour of its hosts, any controls, killed at any write and
//! taken over again. Ten thousand sequences in CI, fewer where somebody waits for them (`BUNKER_MODEL_CASES` says how
//! many).
//!
//! Hosts, store and gates are those of `run_fakes.rs`, in stopped time; the worker and its journal are the real ones.

mod foretold;
mod model;
mod real;

use proptest::test_runner::Config;
use proptest_state_machine::prop_state_machine;

pub(crate) use foretold::{Behaviour, foretold};
use real::Real;

fn cases() -> u32 {
    let asked = std::env::var("BUNKER_MODEL_CASES").ok().and_then(|n| n.parse().ok());
    asked.unwrap_or(if std::env::var_os("CI").is_some() { 10_000 } else { 400 })
}

prop_state_machine! {
    #![proptest_config(Config {
        cases: cases(),
        // A failure is told with its seed; the shrunk case is what people need.
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..Config::default()
    })]

    #[test]
    fn no_sequence_of_crashes_controls_and_faults_diverges_from_the_model(sequential 1..5 => Real);
}
