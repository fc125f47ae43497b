//! The program itself against paper hosts: what a run survives, and what the shell is told.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::lab::processes::pause;
use crate::lab::{Fault, HostSpec, Lab, Options};

/// A lab with short gates, and the program's own folders.
pub(crate) struct Bench {
    pub(crate) lab: Lab,
    own: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new(names: &[&str]) -> Self {
        Self::with(names, &["bunker_min_healthy_s: 2"])
    }

    /// With these lines of policy.
    pub(crate) fn with(names: &[&str], policy: &[&str]) -> Self {
        let specs: Vec<HostSpec> = names.iter().map(|name| HostSpec::new(name)).collect();
        let options = Options::instances().with_hosts(specs);
        let options = policy.iter().fold(options, |options, line| options.with_policy(line));
        Self { lab: Lab::start(names.len(), options).unwrap(), own: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.own.path().join("state")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = program(&self.lab, self.own.path());
        command.args(args);
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let output = self.run(args);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{args:?}: {output:?}"))
    }

    /// Starts an upgrade and gives its run.
    pub(crate) fn upgrade(&self, host: &str, to: &str) -> String {
        let made = self.json(&["upgrade", host, "--to", to, "--yes", "--detach", "--json"]);
        made["run"].as_str().unwrap().to_owned()
    }

    /// The run, once this holds of it.
    pub(crate) fn when(&self, run: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_mins(2);
        loop {
            let shown = self.json(&["show", run, "--json"]);
            if holds(&shown) {
                return shown;
            }
            assert!(Instant::now() < deadline, "never {what}: {shown:#}");
            std::thread::yield_now();
        }
    }

    /// The worker ends with its run, once its last message is out and its connections are closed.
    pub(crate) fn no_worker_is_left(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let left = self.processes("worker");
            if left.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "the worker did not end with its run: {left:?}");
            pause(Duration::from_millis(50));
        }
    }

    /// Process ids of our programs with this word among their arguments.
    pub(crate) fn processes(&self, word: &str) -> Vec<u32> {
        let state = format!("BUNKER_STATE={}", self.state().display());
        let mut found = Vec::new();
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse::<u32>().ok()) else {
                continue;
            };
            let read = |name: &str| std::fs::read(entry.path().join(name)).unwrap_or_default();
            let has =
                |bytes: &[u8], text: &str| bytes.split(|&b| b == 0).any(|w| w == text.as_bytes());
            if has(&read("environ"), &state) && has(&read("cmdline"), word) {
                found.push(pid);
            }
        }
        found
    }

    pub(crate) fn kill_worker(&self) {
        let workers = self.processes("worker");
        assert_eq!(workers.len(), 1, "one worker carries the run");
        kill(workers[0]);
        // Its environment and its words go first; it has ended when the kernel says so.
        while lives(workers[0]) {
            std::thread::yield_now();
        }
    }

    /// The raw logs of a host's jobs in a run: as the host has them and as we kept them.
    pub(crate) fn logs(&self, run: &str, host: &str) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let there = self.lab.named(host).unwrap().state_dir().join("ops").join(run).join(host);
        let here = self.state().join("runs").join(run);
        let read =
            |path: &Path| std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let names = std::fs::read_dir(&here).unwrap().map(|entry| entry.unwrap().file_name());
        let ours = format!("{host}.");
        let n = names.filter(|name| name.to_str().unwrap().starts_with(&ours)).count();
        let hosts = (1..=n).map(|seq| read(&there.join(seq.to_string()).join("log"))).collect();
        (hosts, (1..=n).map(|seq| read(&here.join(format!("{host}.{seq}.log")))).collect())
    }
}

/// The program on the fleet of a lab, with folders of its own below `own`.
pub(crate) fn program(lab: &Lab, own: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bunker"));
    command
        .env("BUNKER_STATE", own.join("state"))
        .env("BUNKER_INVENTORY", lab.inventory_dir())
        .env("XDG_CACHE_HOME", own.join("cache"))
        .env_remove("XDG_RUNTIME_DIR")
        .stdin(Stdio::null());
    command
}

impl Drop for Bench {
    fn drop(&mut self) {
        for pid in self.processes("worker") {
            kill(pid);
        }
    }
}

/// Whether a process runs, and does not only wait to be buried.
fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, fields)| fields.chars().next());
    state.is_some_and(|state| !matches!(state, 'Z' | 'X'))
}

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    // It may have ended by itself.
    let _gone = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
}

pub(crate) fn running_step(shown: &Value) -> Option<&str> {
    let steps = shown["targets"][0]["steps"].as_array().unwrap();
    steps.iter().find(|s| s["state"] == "running").and_then(|s| s["id"].as_str())
}

pub(crate) fn all_well(shown: &Value) -> bool {
    let steps = shown["targets"][0]["steps"].as_array().unwrap();
    steps
        .iter()
        .all(|s| ["ok", "changed", "skipped"].contains(&s["outcome"].as_str().unwrap_or("")))
}

/// How often each step began, by the marks in the host's own logs.
pub(crate) fn starts(logs: &[Vec<u8>]) -> BTreeMap<String, u32> {
    let mut starts = BTreeMap::new();
    for log in logs {
        for mark in log.split(|&b| b == 0x1e).skip(1) {
            let line = mark.split(|&b| b == b'\n').next().unwrap();
            let line = String::from_utf8_lossy(line).into_owned();
            let mut words = line.split(' ').skip(1);
            if words.next() == Some("start") {
                *starts.entry(words.next().unwrap().to_owned()).or_insert(0) += 1;
            }
        }
    }
    starts
}

/// The same for all jobs of a host in one run, whose folders are below this one.
pub(crate) fn all_starts(run: &Path) -> BTreeMap<String, u32> {
    let mut logs = Vec::new();
    for host in std::fs::read_dir(run).into_iter().flatten().flatten() {
        for job in std::fs::read_dir(host.path()).into_iter().flatten().flatten() {
            logs.extend(std::fs::read(job.path().join("log")));
        }
    }
    starts(&logs)
}

#[test]
fn a_run_whose_worker_is_killed_is_lost_and_is_resumed_to_its_end() {
    let bench = Bench::new(&["early", "middle", "late"]);
    for (host, at) in [("early", "lease"), ("middle", "build"), ("late", "health")] {
        let run = bench.upgrade(host, "v2.5.0");
        // A short step may be over when it is looked at: then the moment is a later one.
        bench.when(&run, "under way", |shown| {
            running_step(shown) == Some(at)
                || shown["targets"][0]["steps"][7]["outcome"].is_string()
        });
        bench.kill_worker();
        let shown = bench.json(&["show", &run, "--json"]);
        assert_eq!(shown["state"], "lost", "{shown:#}");
        assert_eq!(running_step(&shown), None, "nothing is shown as running");
        assert_eq!(bench.run(&["pause", &run]).status.code(), Some(8));
        assert_eq!(bench.run(&["resume", &run]).status.code(), Some(0));
        let attached = bench.run(&["attach", &run]);
        let text = String::from_utf8_lossy(&attached.stdout);
        assert!(text.ends_with(&format!("run {run} succeeded: 1 ok\n")), "{text}");
        assert_eq!(attached.status.code(), Some(0));
        let shown = bench.json(&["show", &run, "--json"]);
        assert_eq!(
            (&shown["state"], all_well(&shown)),
            (&Value::from("succeeded"), true),
            "{shown:#}"
        );
        let (there, here) = bench.logs(&run, host);
        assert_eq!(there, here, "the log is the host's, byte for byte");
        let starts = starts(&there);
        assert!(starts.len() >= 10 && starts.values().all(|n| *n == 1), "{starts:?}");
        bench.no_worker_is_left();
        assert_eq!(
            bench.run(&["resume", &run]).status.code(),
            Some(8),
            "an ended run is not resumed"
        );
    }
    let runs = bench.json(&["runs", "--json"]);
    assert_eq!(runs["runs"].as_array().unwrap().len(), 3);
    assert_eq!(runs["runs"][0]["state"], "succeeded");
}

#[test]
fn a_run_goes_on_when_whoever_watches_it_is_killed() {
    let bench = Bench::new(&["one"]);
    let mut watcher = bench.command(&["upgrade", "one", "--to", "v2.5.0", "--yes"]);
    let mut watcher = watcher.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    while bench.processes("worker").is_empty() {
        assert!(Instant::now() < deadline, "no worker came");
        std::thread::yield_now();
    }
    let worker = bench.processes("worker")[0];
    bench.when("last", "under way", |shown| running_step(shown).is_some());
    let session = std::fs::read_to_string(format!("/proc/{worker}/stat")).unwrap();
    let session =
        session.rsplit_once(')').unwrap().1.split_ascii_whitespace().nth(3).unwrap().to_owned();
    assert_eq!(session, worker.to_string(), "it leads a session of its own");
    watcher.kill().unwrap();
    watcher.wait().unwrap();
    let shown = bench.when("last", "over", |shown| !shown["finished_at"].is_null());
    assert_eq!((&shown["state"], all_well(&shown)), (&Value::from("succeeded"), true), "{shown:#}");
}

#[test]
fn the_shell_is_told_what_is_wrong_by_exit_codes() {
    let bench = Bench::new(&["one"]);
    for (args, code, said) in [
        (vec!["show", "nosuch"], 4, "there is no run nosuch"),
        (vec!["logs", "last"], 4, "there is no run last"),
        (vec!["upgrade"], 2, "no host was named"),
        (vec!["upgrade", "two"], 4, "there is no host two in the inventory"),
        (vec!["upgrade", "one", "--to", "v9"], 4, "has no branch, tag or commit v9"),
        (vec!["upgrade", "one", "--to=-x"], 2, "git ref"),
        (vec!["upgrade", "one", "--to", "v2.5.0"], 8, "give --yes"),
        (vec!["--read-only", "upgrade", "one", "--yes"], 8, "--read-only"),
        (vec!["--read-only", "pause", "last"], 8, "--read-only"),
        (vec!["upgrade", "one", "--to", "v2.5.0", "--check"], 3, ""),
    ] {
        let output = bench.run(&args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
        assert!(stderr.contains(said), "{args:?}: {stderr}");
    }
    assert!(!bench.state().join("bunker.db").exists(), "none of it made a run");
    let runs = bench.json(&["runs", "--json"]);
    assert_eq!(runs, serde_json::json!({ "runs": [] }));
    assert_eq!(bench.json(&["runs", "--json", "--read-only"]), runs);
}

#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    let bench = Bench::new(&["one"]);
    let run = bench.upgrade("one", "v2.5.0");
    bench.when(&run, "over", |shown| !shown["finished_at"].is_null());
    for verb in ["logs", "attach", "show"] {
        let mut child = bench.command(&[verb, &run]);
        let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{verb}");
        assert_eq!(output.status.code(), Some(0), "{verb}");
    }
}

/// Lines that a person sees of a run: output belongs to the step that printed it.
fn assert_in_order(text: &str, host: &str) {
    let (mut open, mut n_output) = (None, 0);
    for line in text.lines() {
        if line.starts_with(&format!("{host} | ")) {
            assert!(open.is_some(), "{line:?} belongs to no step in:\n{text}");
            n_output += 1;
        } else if let Some(said) = line.strip_prefix(&format!("{host} > ")) {
            let (title, what) = said.split_once(": ").unwrap_or((said, ""));
            if what == "started" {
                assert_eq!(open, None, "{line:?} in:\n{text}");
                open = Some(title);
            } else if ["ok", "changed", "skipped"].iter().any(|w| what.starts_with(w)) {
                assert_eq!(open.take(), Some(title), "{line:?} in:\n{text}");
            }
        }
    }
    assert!(n_output > 10, "{text}");
}

#[test]
fn output_stands_between_the_lines_of_its_step_while_it_comes_and_afterwards() {
    let bench = Bench::new(&["one"]);
    let live = bench.run(&["upgrade", "one", "--to", "v2.5.0", "--yes"]);
    let live = String::from_utf8(live.stdout).unwrap();
    let live = live.get(live.find("batch 1 of 1").unwrap()..).unwrap();
    assert_in_order(live, "one");
    let after = String::from_utf8(bench.run(&["attach", "last"]).stdout).unwrap();
    assert_eq!(live, after, "who comes later reads the same");
    assert!(after.matches("healthy for").count() <= 4, "{after}");

    let events = String::from_utf8(bench.run(&["attach", "last", "--json"]).stdout).unwrap();
    let events: Vec<Value> =
        events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (idx, event) in events.iter().enumerate() {
        assert_eq!(event["seq"], idx as u64 + 1);
    }
    assert_eq!(events.first().unwrap()["event"], "planned");
    assert_eq!(events.last().unwrap()["event"], "run-finished");
    assert_eq!(events.last().unwrap()["state"], "succeeded");
}

#[test]
fn a_script_notices_a_host_that_was_left_alone() {
    let bench = Bench::new(&["well", "dead", "late", "held"]);
    bench.lab.named("dead").unwrap().fault(Fault::Refuse);
    let held = bench.lab.named("held").unwrap().state_dir().join("instances/held");
    std::fs::create_dir_all(&held).unwrap();
    let lease = "holder=run 7 (upgrade) by ops-2\nexpires=9999999999\n";
    std::fs::write(held.join("lease"), lease).unwrap();
    let upgraded = bench.run(&["upgrade", "well", "dead", "--to", "v2.5.0", "--yes"]);
    assert_eq!(upgraded.status.code(), Some(6), "{upgraded:?}");
    assert_eq!(bench.run(&["attach", "last"]).status.code(), Some(6));
    let shown = bench.json(&["show", "last", "--json"]);
    assert_eq!(shown["targets"][0]["outcome"], "changed", "{shown:#}");
    assert_eq!(shown["targets"][1]["outcome"], "not-run", "{shown:#}");
    let upgrade = |hosts: &[&str]| {
        let args = [&["upgrade", "--to", "v2.5.0", "--yes"], hosts].concat();
        bench.run(&args).status.code()
    };
    assert_eq!(upgrade(&["late", "held"]), Some(1), "late is done and held is not");
    assert_eq!(upgrade(&["held"]), Some(8), "nothing was done");
    assert_eq!(upgrade(&["late"]), Some(0), "nothing is left to do");
}
