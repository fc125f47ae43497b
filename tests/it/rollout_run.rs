//! The program itself rolls out over paper hosts: plans, budgets, controls and what follows a run, by verbs and by keys.

use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;
use serde_json::{Value, json};

use crate::lab::terminal::Terminal;
use crate::lab::{HostSpec, Lab, Options};

const SOON: Duration = Duration::from_mins(1);
const LONG: Duration = Duration::from_mins(3);

struct Deck {
    lab: Lab,
    own: tempfile::TempDir,
}

impl Deck {
    fn new(hosts: &[&str]) -> Self {
        Self::with(hosts.iter().map(|name| HostSpec::new(name)).collect())
    }

    fn with(hosts: Vec<HostSpec>) -> Self {
        let n = hosts.len();
        let options = Options::instances()
            .with_hosts(hosts)
            .with_policy("bunker_min_healthy_s: 1")
            .with_policy("bunker_healthy_deadline_s: 10");
        Self { lab: Lab::start(n, options).unwrap(), own: tempfile::tempdir().unwrap() }
    }

    fn environment(&self) -> Vec<(&'static str, std::path::PathBuf)> {
        let own = self.own.path();
        vec![
            ("BUNKER_STATE", own.join("state")),
            ("BUNKER_INVENTORY", self.lab.inventory_dir()),
            ("XDG_CONFIG_HOME", own.join("config")),
            ("XDG_CACHE_HOME", own.join("cache")),
            ("XDG_RUNTIME_DIR", own.to_owned()),
            ("HOME", own.to_owned()),
        ]
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bunker"));
        command.args(args).envs(self.environment()).stdin(Stdio::null());
        command.env_remove("SSH_AUTH_SOCK").env_remove("BUNKER_IDENTITY");
        command
    }

    fn run(&self, args: &[&str]) -> (Option<i32>, Output) {
        let output = self.command(args).output().unwrap();
        (output.status.code(), output)
    }

    fn json(&self, args: &[&str]) -> Value {
        let (_, output) = self.run(args);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{args:?}: {output:?}"))
    }

    fn when(&self, run: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + LONG;
        loop {
            let shown = self.json(&["show", run, "--json"]);
            if holds(&shown) {
                return shown;
            }
            assert!(Instant::now() < deadline, "never {what}: {shown:#}");
            std::thread::yield_now();
        }
    }

    fn cockpit(&self) -> Terminal {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bunker"));
        for (name, place) in self.environment() {
            command.env(name, place);
        }
        command.env("LC_ALL", "C.UTF-8");
        for name in ["BUNKER_IDENTITY", "SSH_AUTH_SOCK", "NO_COLOR"] {
            command.env_remove(name);
        }
        Terminal::start(command, 80, 24).unwrap()
    }

    /// Somebody edits a tracked file on a host, or takes the edit back: the preflight refuses it.
    fn edited(&self, host: &str, on: bool) {
        let file = self.lab.named(host).unwrap().checkout().join("docker-compose.yml");
        let text = std::fs::read_to_string(&file).unwrap();
        let text = if on { format!("{text}# by hand\n") } else { text.replace("# by hand\n", "") };
        std::fs::write(file, text).unwrap();
    }
}

fn outcomes(shown: &Value) -> Vec<String> {
    let targets = shown["targets"].as_array().unwrap().iter();
    targets
        .map(|t| format!("{} {}", t["host"].as_str().unwrap(), t["state"].as_str().unwrap()))
        .collect()
}

#[test]
fn a_plan_of_any_workflow_shows_batches_sha_and_hash_and_leaves_out_who_rests() {
    let mut resting = HostSpec::new("d");
    resting.vars.push("bunker_maintenance: new disk, ann".to_owned());
    let hosts = ["a", "b", "c"].map(HostSpec::new).into_iter().chain([resting, HostSpec::new("e")]);
    let deck = Deck::with(hosts.collect());
    // Somebody stopped all containers of e.
    let stopped = deck.lab.named("e").unwrap();
    for container in std::fs::read_dir(stopped.dir().join("docker/containers")).unwrap() {
        let service = container.unwrap().file_name().into_string().unwrap();
        let (state, exit) = ("exited".to_owned(), "0".to_owned());
        stopped.set_container(&service, &[("state", &state), ("exit", &exit)]).unwrap();
    }
    let args = [
        "plan", "upgrade", "--limit", "all", "--to", "v2.5.0", "--serial", "1,50%", "--order",
        "reverse", "--json",
    ];
    let (code, output) = deck.run(&args);
    assert_eq!(code, Some(3), "{output:?}");
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(plan["batches"], json!([["c"], ["b", "a"]]), "{plan:#}");
    assert_eq!((&plan["sizes"], &plan["sha"]), (&json!([1, 2]), &plan["target"]["sha"]));
    assert_eq!(plan["hash"].as_str().unwrap().len(), 64);
    assert_eq!(plan["stops"], "stops when 1 of 3 fails, or 1 of 3 cannot be reached");
    let left: Vec<_> =
        plan["excluded"].as_array().unwrap().iter().map(ToString::to_string).collect();
    let left = left.join("\n");
    assert!(left.contains("it is in maintenance: new disk, ann"), "{left}");
    assert!(left.contains("it was stopped on purpose"), "{left}");
    // The strategy is part of the hash; the same one is the same plan.
    let again = deck.json(&args);
    let other = deck.json(&["plan", "upgrade", "--limit", "all", "--to", "v2.5.0", "--json"]);
    assert_eq!(again["hash"], plan["hash"]);
    assert_ne!(other["hash"], plan["hash"]);
    for workflow in [&["backup"][..], &["verify-backup"], &["rollback"], &["import"]] {
        let shown = deck.json(&[&["plan"], workflow, &["--limit", "a:b", "--json"]].concat());
        assert!(
            shown["batches"].is_array() && shown["hash"].is_string(),
            "{workflow:?}: {shown:#}"
        );
    }
    let (code, output) = deck.run(&["plan", "upgrade", "d", "--to", "v2.5.0"]);
    assert_eq!(code, Some(8), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("in maintenance: d (new disk, ann)"));
    for wrong in
        [["--serial", "0%"], ["--order", "random"], ["--max-failed", "1/host"], ["--parallel", "0"]]
    {
        let (code, output) = deck.run(&[&["plan", "upgrade", "a"], &wrong[..]].concat());
        assert_eq!(code, Some(2), "{wrong:?}: {output:?}");
    }
    assert!(
        deck.json(&["runs", "--json"])["runs"].as_array().unwrap().is_empty(),
        "planning made no run"
    );
}

#[test]
fn the_unhealthy_go_first_by_what_hosts_say_and_a_canary_is_planned_by_its_own_verb() {
    let deck = Deck::new(&["a", "b", "c"]);
    let ill = deck.lab.named("b").unwrap();
    ill.set_container("api", &[("behaviour", &"unhealthy".to_owned())]).unwrap();
    let first = deck.json(&[
        "plan",
        "upgrade",
        "--limit",
        "a:b:c",
        "--to",
        "v2.5.0",
        "--serial",
        "1",
        "--order",
        "unhealthy-first",
        "--json",
    ]);
    assert_eq!(first["batches"], json!([["b"], ["a"], ["c"]]), "{first:#}");
    // Nobody of the canary group is among them; the verb is there and says so.
    let (code, output) = deck.run(&["plan", "canary-upgrade", "a", "--to", "v2.5.0"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(code == Some(2) && said.contains("no host of the canary group"), "{code:?} {said}");
}

#[test]
fn an_ended_run_is_taken_back_by_a_run_that_points_to_it() {
    let deck = Deck::new(&["a", "b"]);
    let old = deck.lab.named("a").unwrap().running_commit().unwrap();
    let made =
        deck.json(&["upgrade", "a", "b", "--to", "v2.5.0", "--serial", "1", "--yes", "--json"]);
    assert_eq!(made["state"], "succeeded", "{made:#}");
    let run = made["run"].as_str().unwrap();
    let back = deck.json(&["abort", "--rollback", run, "--json"]);
    let started = back["started"].as_array().unwrap();
    assert_eq!(started.len(), 1, "{back:#}");
    let id = started[0].as_str().unwrap();
    let shown = deck.when(id, "ended", |shown| shown["finished_at"].is_string());
    assert_eq!(
        (&shown["state"], &shown["workflow"]),
        (&json!("succeeded"), &json!("rollback")),
        "{shown:#}"
    );
    assert_eq!(shown["after"], run);
    for host in ["a", "b"] {
        assert_eq!(deck.lab.named(host).unwrap().running_commit().unwrap(), old);
    }
    // There is nothing to retry, and nothing to promote.
    for verb in [["retry", run], ["promote", run]] {
        let (code, output) = deck.run(&verb);
        assert_eq!(code, Some(8), "{output:?}");
    }
}

#[test]
fn an_abort_with_rollback_takes_back_what_was_changed_and_leaves_the_rest() {
    let deck = Deck::new(&["a", "b"]);
    let old = deck.lab.named("a").unwrap().running_commit().unwrap();
    let made = deck
        .json(&["upgrade", "a", "b", "--to", "v2.5.0", "--step", "--yes", "--detach", "--json"]);
    let run = made["run"].as_str().unwrap();
    deck.when(run, "asked", |shown| shown["reason"] == "step-mode");
    assert_ne!(deck.lab.named("a").unwrap().running_commit().unwrap(), old);
    let (code, output) = deck.run(&["abort", "--rollback", run]);
    assert_eq!(code, Some(0), "{output:?}");
    let shown = deck.when(run, "ended", |shown| shown["finished_at"].is_string());
    assert_eq!(outcomes(&shown), ["a changed", "b not-run"]);
    let deadline = Instant::now() + LONG;
    let back = loop {
        let runs = deck.json(&["runs", "--json"]);
        if let Some(back) =
            runs["runs"].as_array().unwrap().iter().find(|r| r["workflow"] == "rollback")
        {
            break back["run"].as_str().unwrap().to_owned();
        }
        assert!(Instant::now() < deadline, "{runs:#}");
        std::thread::yield_now();
    };
    let shown = deck.when(&back, "ended", |shown| shown["finished_at"].is_string());
    assert_eq!((outcomes(&shown), &shown["after"]), (vec!["a changed".to_owned()], &json!(run)));
    assert_eq!(deck.lab.named("a").unwrap().running_commit().unwrap(), old);
}

fn interrupt(child: &Child) {
    let pid = rustix::process::Pid::from_raw(child.id().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
}

#[test]
fn the_first_ctrl_c_starts_nothing_further_and_the_second_leaves_the_run_to_its_worker() {
    let deck = Deck::new(&["a", "b"]);
    let child = deck.one_after_the_other();
    deck.when_there("a is worked on", |shown| shown["targets"][0]["state"] == "running");
    interrupt(&child);
    let shown = deck.when_there("paused", |shown| shown["state"] == "paused");
    assert_eq!(shown["reason"], "manual");
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("no further step is started; these finish what they do: a"), "{said}");
    assert!(said.contains("stays with its worker"), "{said}");
    let (code, output) = deck.run(&["resume", "last"]);
    assert_eq!(code, Some(0), "{output:?}");
    let shown = deck.when_there("ended", |shown| shown["finished_at"].is_string());
    assert_eq!(outcomes(&shown), ["a changed", "b changed"]);
}

/// Whoever presses Ctrl-C at the first sight of a run means that run, also while it is still being started.
#[test]
fn a_ctrl_c_at_the_first_sight_of_a_run_is_heard() {
    let deck = Deck::new(&["a", "b"]);
    let child = deck.one_after_the_other();
    deck.when_there("is there", |_| true);
    interrupt(&child);
    deck.when_there("paused", |shown| shown["state"] == "paused" && shown["reason"] == "manual");
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("stays with its worker"), "{said}");
    let (code, _) = deck.run(&["resume", "last"]);
    assert_eq!(code, Some(0));
    deck.when_there("ended", |shown| shown["finished_at"].is_string());
}

impl Deck {
    /// An upgrade of a, then of b, that is followed.
    fn one_after_the_other(&self) -> Child {
        let args = ["upgrade", "a", "b", "--to", "v2.5.0", "--serial", "1", "--yes"];
        self.command(&args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The only run, once there is one and this holds of it.
    fn when_there(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + LONG;
        while self.json(&["runs", "--json"])["runs"].as_array().unwrap().is_empty() {
            assert!(Instant::now() < deadline, "no run");
            std::thread::yield_now();
        }
        self.when("last", what, holds)
    }
}

/// Promoting, a failure, retrying and skipping by keys, at 80x24.
#[test]
fn a_rollout_is_promoted_retried_and_a_host_of_it_skipped_by_keys() {
    let deck = Deck::new(&["one", "three", "two"]);
    let made = deck.json(&[
        "upgrade", "--limit", "all", "--to", "v2.5.0", "--step", "--order", "sorted", "--yes",
        "--detach", "--json",
    ]);
    let run = made["run"].as_str().unwrap();
    deck.when(run, "asked", |shown| shown["reason"] == "step-mode");
    let mut terminal = deck.cockpit();
    terminal.wait_for("one .*healthy", SOON).unwrap();
    terminal.keys("R").unwrap();
    terminal.wait_for("paused", SOON).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("one instance at a time: the next is three", SOON).unwrap();
    deck.edited("three", true);
    terminal.keys("P").unwrap();
    terminal.wait_for("It goes on although that is so", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    terminal.wait_for("1 failed, 1 not run, 1 ok", LONG).unwrap();
    deck.edited("three", false);
    terminal.keys("t").unwrap();
    terminal.wait_for("each from the step that it stopped at", LONG).unwrap();
    terminal.keys("2 enter").unwrap();
    let second = deck.when("last", "the retry", |shown| shown["after"] == run);
    let second = second["run"].as_str().unwrap();
    deck.when(second, "asked again", |shown| shown["reason"] == "step-mode");
    terminal.wait_for("the next is two", SOON).unwrap();
    terminal.keys("G s").unwrap();
    terminal.wait_for("leaves two as it is", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    deck.when(second, "heard", |shown| shown["controls"].to_string().contains("skip-host"));
    terminal.keys("r").unwrap();
    terminal.wait_for("1 skipped, 1 ok", LONG).unwrap();
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
    let shown = deck.json(&["show", second, "--json"]);
    assert_eq!(outcomes(&shown), ["three changed", "two skipped"]);
    let first: Vec<_> = shown["targets"][0]["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["id"].as_str().unwrap())
        .collect();
    assert_eq!(first[..2], ["lease", "preflight"]);
}

/// A run that is under way goes one at a time from then on, by the verb and by the key.
#[test]
fn a_run_under_way_goes_one_by_one_once_that_is_wanted_by_verb_or_by_key() {
    let deck = Deck::new(&["a", "b", "c"]);
    let upgrade =
        ["upgrade", "--limit", "all", "--to", "v2.5.0", "--serial", "1", "--yes", "--detach"];
    let made = deck.json(&[&upgrade[..], &["--json"]].concat());
    let run = made["run"].as_str().unwrap();
    let said = deck.json(&["step", run, "--json"]);
    assert_eq!(said["asked"], "step", "{said:#}");
    let shown = deck.when(run, "asked", |shown| shown["reason"] == "step-mode");
    assert_eq!(
        (&shown["one_by_one"], &shown["controls"][0]["control"]),
        (&json!(true), &json!("step"))
    );
    let (code, output) = deck.run(&["step", run]);
    assert_eq!(code, Some(0), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("already"), "{output:?}");
    let (_, output) = deck.run(&["show", run]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("asks before the next"), "{output:?}");
    deck.run(&["promote", "--all", run]);
    let shown = deck.when(run, "ended", |shown| shown["finished_at"].is_string());
    assert_eq!((&shown["state"], &shown["one_by_one"]), (&json!("succeeded"), &json!(false)));
    assert_eq!(deck.run(&["step", run]).0, Some(8), "it has ended");

    let back = ["rollback", "--limit", "all", "--serial", "1", "--yes", "--detach", "--json"];
    let made = deck.json(&back);
    let run = made["run"].as_str().unwrap_or_else(|| panic!("{made:#}"));
    assert_eq!(deck.run(&["pause", run]).0, Some(0));
    let mut terminal = deck.cockpit();
    terminal.wait_for("a .*healthy", SOON).unwrap();
    terminal.keys("R").unwrap();
    terminal.wait_for("paused", SOON).unwrap();
    terminal.keys("enter").unwrap();
    terminal.wait_for("─ Targets ─", SOON).unwrap();
    terminal.keys("i").unwrap();
    deck.when(run, "heard", |shown| shown["one_by_one"] == true);
    terminal.keys("r").unwrap();
    terminal.wait_for("one instance at a time: the next is", SOON).unwrap();
    terminal.keys("i").unwrap();
    terminal.wait_for("already", SOON).unwrap();
    terminal.keys("O").unwrap();
    terminal.wait_for("to its end", SOON).unwrap();
    terminal.keys("tab enter").unwrap();
    let shown = deck.when(run, "ended", |shown| shown["finished_at"].is_string());
    assert_eq!(shown["state"], "succeeded", "{shown:#}");
    terminal.keys("q").unwrap();
    assert!(terminal.wait_end(SOON).unwrap().success());
}
