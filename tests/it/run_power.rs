//! What a loss of power on the control machine leaves of a run.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::run_process::{Bench, all_well};

/// Output is durable when its job has ended, so a machine that loses power can come back with a journal that knows of more
/// than the logs hold. What is cut off here is what such a file system would not have.
#[test]
fn output_that_a_loss_of_power_took_comes_again_and_nothing_counts_twice() {
    for left in [0, 1, 700] {
        let bench = Bench::new(&["one"]);
        let run = bench.upgrade("one", "v2.5.0");
        bench.when(&run, "in the middle", |shown| {
            shown["targets"][0]["steps"][3]["outcome"].is_string()
        });
        bench.kill_worker();
        let before = bench.json(&["show", &run, "--json"]);
        let log = bench.state().join("runs").join(&run).join("one.1.log");
        let whole = std::fs::metadata(&log).unwrap().len();
        assert!(whole > left, "{whole} bytes were kept");
        std::fs::File::options().write(true).open(&log).unwrap().set_len(left).unwrap();
        assert_eq!(bench.run(&["resume", &run]).status.code(), Some(0));
        assert_eq!(bench.run(&["attach", &run]).status.code(), Some(0));
        let (there, here) = bench.logs(&run, "one");
        assert_eq!(there, here, "the log is the host's, byte for byte, from {left} on");
        let shown = bench.json(&["show", &run, "--json"]);
        assert!(shown["state"] == "succeeded" && all_well(&shown), "{shown:#}");
        // What the journal knew stands as it was.
        for (was, is) in steps(&before).iter().zip(steps(&shown)) {
            let known = was["outcome"].is_string() && was["outcome"] != "unknown";
            assert!(!known || was == is, "{was:#} {is:#}");
        }
        assert_begun_once(&bench, &run);
        bench.no_worker_is_left();
    }
}

fn steps(shown: &Value) -> &[Value] {
    shown["targets"][0]["steps"].as_array().unwrap()
}

/// By the journal itself: that each step began, and ended, once.
fn assert_begun_once(bench: &Bench, run: &str) {
    let events = bench.run(&["attach", run, "--json"]);
    let mut seen = BTreeSet::new();
    for line in String::from_utf8(events.stdout).unwrap().lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        if ["step-started", "step-finished"].contains(&event["event"].as_str().unwrap()) {
            let key = (event["event"].to_string(), event["step"].to_string());
            assert!(seen.insert(key), "twice: {line}");
        }
    }
    assert!(seen.len() >= 20, "{seen:?}");
}
