//! What this machine lacks is said aloud, and is a failure where everything must be there.

use std::env;

/// Says that the test `name` cannot run on this machine and why. A visible line on standard error;
/// with `CI=true` it fails the test, so that nothing is left out unseen.
///
/// The caller returns after it: `if ... { return missing("…", "…"); }`.
pub(crate) fn missing(name: &str, why: &str) {
    let in_ci = env::var_os("CI").is_some_and(|v| v == "true");
    assert!(!in_ci, "NOT RUN {name}: {why} (and CI=true)");
    elsewhere(name, why);
}

/// The same where no machine can be blamed: the test needs something of a network that not everybody has. It fails
/// nowhere, so it is for what has its twin among the tests that must run.
pub(crate) fn elsewhere(name: &str, why: &str) {
    let line = format!("NOT RUN {name}: {why}");
    // Straight to the descriptor: the test harness hides what `eprintln!` says of tests that pass.
    let told = std::fs::write("/dev/stderr", format!("{line}\n"));
    if told.is_err() {
        eprintln!("{line}");
    }
}
