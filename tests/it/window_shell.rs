//! `bunker window` and what windows do to runs, by the program itself on paper hosts.

use std::path::PathBuf;
use std::process::Output;
use std::time::{Duration, Instant};

use bunker_ops::adapters::clock::SystemClock;
use bunker_ops::engine::ports::Clock;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::lab::{HostSpec, Lab, Options};
use crate::lease_break::records;
use crate::run_process::program;

struct Bench {
    lab: Lab,
    own: tempfile::TempDir,
}

impl Bench {
    fn new(names: &[&str], policy: &[&str]) -> Self {
        let specs = names.iter().map(|name| HostSpec::new(name)).collect();
        let options = Options::instances().with_hosts(specs);
        let options = options.with_policy("bunker_min_healthy_s: 1");
        let options = policy.iter().fold(options, |options, line| options.with_policy(line));
        Self { lab: Lab::start(names.len(), options).unwrap(), own: tempfile::tempdir().unwrap() }
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = program(&self.lab, self.own.path());
        command.args(args).env("SUDO_USER", "anna").output().unwrap()
    }

    fn json(&self, args: &[&str]) -> Value {
        let output = self.run(args);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{args:?}: {output:?}"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.lab.inventory_dir().join(name)
    }

    fn until(&self, run: &str, state: &str) -> Value {
        let deadline = Instant::now() + Duration::from_mins(2);
        loop {
            let shown = self.json(&["show", run, "--json"]);
            if shown["state"] == state {
                return shown;
            }
            assert!(Instant::now() < deadline, "never {state}: {shown:#}");
            std::thread::yield_now();
        }
    }
}

/// A window on the day after tomorrow.
fn far() -> String {
    let at = SystemClock.now() + SignedDuration::from_hours(48);
    let at = at.strftime("%Y-%m-%d 00:00").to_string();
    format!("bunker_windows: [{{name: far, once: '{at}', for: 2h, zone: UTC}}]")
}

#[test]
fn outside_of_its_window_a_run_is_refused_or_waits_as_chosen() {
    let bench = Bench::new(&["a"], &[&far()]);
    let upgrade = ["upgrade", "a", "--to", "v2.5.0", "--yes", "--detach", "--json"];
    let refused = bench.run(&upgrade);
    let err = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(8), "{err}");
    assert!(err.contains("outside of the maintenance window: a opens in"), "{err}");
    assert_eq!(bench.json(&["runs", "--json"])["runs"].as_array().unwrap().len(), 0);
    let plan = bench.json(&["upgrade", "a", "--to", "v2.5.0", "--check", "--json"]);
    assert_eq!(plan["window"]["state"], "closed");
    assert_eq!(plan["estimates"][0]["seconds"], Value::Null, "there is no past");
    let status = bench.json(&["status", "--json"]);
    assert_eq!(status["windows"]["a"]["open"], false);
    assert!(status["window"]["words"].as_str().unwrap().starts_with("opens in 1d"), "{status}");

    let waits = bench.json(&[&upgrade[..], &["--outside", "wait"]].concat());
    let run = waits["run"].as_str().unwrap();
    let shown = bench.until(run, "paused");
    assert_eq!(shown["reason"], "window-closed");
    assert_eq!(bench.lab.named("a").unwrap().starts("up"), 0, "nothing was begun there");
    let ended = bench.run(&["abort", run]);
    assert!(ended.status.success(), "{ended:?}");
    bench.until(run, "aborted");

    // A backup touches nothing that runs; it is the first past of its kind.
    let backup = bench.json(&["backup", "a", "--yes", "--detach", "--json"]);
    bench.until(backup["run"].as_str().unwrap(), "succeeded");
    let again = bench.json(&["backup", "a", "--check", "--json"]);
    assert_eq!(again["window"]["state"], "none");
    assert_eq!(again["estimates"][0]["n_runs"], 1);
    assert!(again["estimates"][0]["seconds"].is_u64(), "{again}");
}

/// Runs go by a window that says when they may work. One that is for alerts alone ends without them.
#[test]
fn the_end_of_a_window_pauses_the_runs_that_go_by_it_and_no_others() {
    let bench = Bench::new(&["a", "b"], &[]);
    for (host, only, pauses) in [("a", Some("alerts"), false), ("b", None, true)] {
        let mut add = vec!["window", "add", "tea", "--once", "now", "--for", "2h"];
        add.extend(["--zone", "UTC", "--host", host, "--yes"]);
        add.extend(only.into_iter().flat_map(|only| ["--only", only]));
        let added = bench.run(&add);
        assert!(added.status.success(), "{added:?}");
        let upgrade = ["upgrade", host, "--to", "v2.5.0", "--yes", "--detach", "--json"];
        let run = bench.json(&upgrade)["run"].as_str().unwrap().to_owned();
        bench.until(&run, "running");
        let ended = bench.json(&["window", "end", "tea", "--yes", "--json"]);
        let asked = if pauses { json!([run]) } else { json!([]) };
        assert_eq!((&ended["hosts"], &ended["paused"]), (&json!([host]), &asked), "{ended:#}");
        bench.until(&run, if pauses { "paused" } else { "succeeded" });
        if pauses {
            // Its worker would wait for ever.
            let ended = bench.run(&["abort", &run]);
            assert!(ended.status.success(), "{ended:?}");
            bench.until(&run, "aborted");
        }
    }
}

#[test]
fn a_window_is_added_opens_what_was_shut_and_is_ended_with_who_and_why() {
    let bench = Bench::new(&["a", "b"], &[&far()]);
    let list = |name: &str| bench.json(&["window", "list", "--json"])["hosts"][name].clone();
    assert_eq!(list("a")["runs"], false);
    // Nobody can be asked here.
    let add = [
        "window", "add", "tonight", "--once", "now", "--for", "2h", "--zone", "UTC", "--host", "a",
    ];
    assert_eq!(bench.run(&add).status.code(), Some(8));
    let checked = bench.run(&[&add[..], &["--check"]].concat());
    assert_eq!(checked.status.code(), Some(3), "{checked:?}");
    assert_eq!(list("a")["runs"], false, "nothing was written");
    let added = bench.json(&[&add[..], &["--yes", "--json"]].concat());
    assert_eq!(added["window"]["name"], "tonight");
    assert_eq!((&list("a")["runs"], &list("b")["runs"]), (&true.into(), &false.into()));
    assert_eq!(list("a")["silenced_by"], "tonight");
    for (bad, code) in [
        (&["window", "add", "x", "--daily", "25:00", "--for", "1h", "--yes"][..], 2),
        (&["window", "add", "x", "--daily", "22:00", "--yes"], 2),
        (
            &[
                "window", "add", "x", "--once", "now", "--for", "1h", "--zone", "UTC", "--host",
                "zz", "--yes",
            ],
            4,
        ),
        (&["window", "end", "never", "--yes"], 4),
        (&["window", "sync"], 2),
    ] {
        assert_eq!(bench.run(bad).status.code(), Some(code), "{bad:?}");
    }
    // A second window of that name on that host would be no window that can be named.
    let twice = bench.run(&[&add[..], &["--yes"]].concat());
    assert_eq!(twice.status.code(), Some(2), "{twice:?}");

    let end = ["window", "end", "tonight", "--reason", "done early", "--yes", "--json"];
    let ended = bench.json(&end);
    assert_eq!((&ended["hosts"][0], &ended["ended"]["by"]), (&"a".into(), &"anna".into()));
    assert_eq!((&list("a")["runs"], &list("a")["silenced_by"]), (&false.into(), &Value::Null));
    let vars = bench.file("host_vars/a.yml");
    let text = std::fs::read_to_string(if vars.exists() {
        vars
    } else {
        bench.file("host_vars/a/bunker.yml")
    });
    let text = text.unwrap();
    assert!(text.contains("\"why\":\"done early\"") && text.contains("name: tonight"), "{text}");
    assert_eq!(bench.run(&end).status.code(), Some(4), "it is not on any more");
    let log = bench.json(&["audit", "log", "--json"]);
    let [intent, outcome] = &records(&log, "window-add")[..] else { panic!("{log:#}") };
    assert!(intent["target"].as_str().unwrap().starts_with("window tonight ("), "{intent:#}");
    assert_eq!((&outcome["outcome"], &outcome["intent"]), (&"done".into(), &intent["seq"]));
    let [intent, outcome] = &records(&log, "window-end")[..] else { panic!("{log:#}") };
    assert_eq!((&intent["hosts"], &intent["why"]), (&json!(["a"]), &"done early".into()));
    assert_eq!((&outcome["outcome"], &outcome["intent"]), (&"done".into(), &intent["seq"]));
}
