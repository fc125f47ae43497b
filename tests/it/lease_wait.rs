//! `--wait`: who comes second waits for whoever has the instance, and then plans anew; by the program itself on a paper host.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::Duration;

use portable_pty::CommandBuilder;

use crate::lab::terminal::Terminal;
use crate::lab::{HostSpec, Lab, Options};
use crate::lease_break::Bench;
use crate::run_process::program;

const SOON: Duration = Duration::from_mins(1);
const LONG: Duration = Duration::from_mins(3);

fn upgrade(bench: &Bench, args: &[&str]) -> Command {
    let name = bench.lab.host(0).name().to_owned();
    let mut command = program(&bench.lab, bench.own.path());
    command.args(["upgrade", &name, "--to", "v2.5.0"]).args(args).env("SUDO_USER", "ben");
    command
}

/// Ann gives up.
fn given_up(bench: &Bench) {
    let name = bench.lab.host(0).name().to_owned();
    let broken = ["lease", "break", &name, "--reason", "she gave up", "--confirm", &name];
    let broken = bench.run(&broken);
    assert!(broken.status.success(), "{broken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_plans_anew_once_it_is_free_and_the_plan_that_was_shown_last_runs() {
    let bench = Bench::new();
    let name = bench.lab.host(0).name().to_owned();
    bench.taken_by_ann().await;
    // Without it nothing is done, and it is named; with it and too little time neither.
    let refused = upgrade(&bench, &["--yes"]).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(8), "{said}");
    assert!(said.contains("--wait waits for it"), "{said}");
    let late = upgrade(&bench, &["--yes", "--wait=1"]).output().unwrap();
    let said = String::from_utf8_lossy(&late.stderr).into_owned();
    assert_eq!(late.status.code(), Some(5), "{said}");
    for words in
        ["gave up after waiting 1 s, and nothing was started", "by ann on desk", "batch 1 of 2"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(bench.json(&["runs", "--json"])["runs"].as_array().unwrap().is_empty());

    let mut waits = upgrade(&bench, &["--yes", "--wait"]);
    let mut child = waits.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("waiting: ") {
        assert!(err.read_line(&mut said).unwrap() > 0, "it ended: {said}");
    }
    for words in [
        format!("waiting: {name} is held by run ").as_str(),
        "by ann on desk",
        "since ",
        "batch 1 of 2",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    given_up(&bench);
    err.read_to_string(&mut said).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("planned anew"), "{said}");
    // Two plans were shown, and the second is the one that ran.
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let run = bench.json(&["show", "last", "--json"]);
    let hash = run["plan_hash"].as_str().unwrap();
    assert_eq!(run["state"], "succeeded", "{run:#}");
    let short: String = hash.chars().take(4).collect();
    let (held, free) =
        (shown.find("held by").unwrap(), shown.rfind(&format!("plan {short}")).unwrap());
    assert!(held < free, "{hash}: {shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_without_yes_is_asked_once_it_is_free() {
    let bench = Bench::new();
    bench.taken_by_ann().await;
    let plain = upgrade(&bench, &["--wait"]);
    let mut command = CommandBuilder::new(plain.get_program());
    command.args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        }
    }
    let mut terminal = Terminal::start(command, 120, 40).unwrap();
    terminal.wait_for("waiting: .* is held by", SOON).unwrap();
    given_up(&bench);
    terminal.wait_for("planned anew", SOON).unwrap();
    terminal.wait_for("upgrade 1 instance[?]", LONG).unwrap();
    terminal.keys("n enter").unwrap();
    terminal.wait_for("nothing was done", SOON).unwrap();
    assert_eq!(terminal.wait_end(SOON).unwrap().exit_code(), 8);
    assert!(bench.json(&["runs", "--json"])["runs"].as_array().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollout_whose_only_canary_is_held_waits_for_it_and_starts_nothing_before() {
    let mut first = HostSpec::new("first");
    first.groups.push("canary".to_owned());
    let options = Options::instances()
        .with_hosts(vec![first, HostSpec::new("one")])
        .with_policy("bunker_min_healthy_s: 1")
        .with_policy("bunker_soak_s: 600");
    let lab = Lab::start(2, options).unwrap();
    let bench = Bench { lab, own: tempfile::tempdir().unwrap() };
    bench.taken_by_ann().await;
    let canary = |more: &[&str]| {
        let mut command = program(&bench.lab, bench.own.path());
        command.args(["canary-upgrade", "--limit", "all", "--to", "v2.5.0", "--yes"]);
        command.args(more).env("SUDO_USER", "ben");
        command
    };
    let refused = canary(&[]).output().unwrap();
    let (shown, said) =
        (String::from_utf8_lossy(&refused.stdout), String::from_utf8_lossy(&refused.stderr));
    assert_eq!(refused.status.code(), Some(8), "{shown}{said}");
    assert!(shown.contains("no canary could go before it: first is held by"), "{shown}");
    assert!(said.contains("first is held by") && said.contains("--wait waits for it"), "{said}");
    assert!(!said.contains("one is held"), "{said}");
    assert!(bench.json(&["runs", "--json"])["runs"].as_array().unwrap().is_empty());

    let mut waits = canary(&["--wait", "--detach"]);
    let mut child = waits.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("waiting: first is held by") {
        assert!(err.read_line(&mut said).unwrap() > 0, "it ended: {said}");
    }
    let broken = ["lease", "break", "first", "--reason", "she gave up", "--confirm", "first"];
    assert!(bench.run(&broken).status.success());
    err.read_to_string(&mut said).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let run = bench.json(&["show", "last", "--json"]);
    assert_eq!(run["workflow"], "canary-upgrade", "{run:#}");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains("first (group canary)"), "{shown}");
    let ended = bench.run(&["abort", "last"]);
    assert!(ended.status.success(), "{ended:?}");
    // Its worker ends before the hosts do.
    let attached = bench.run(&["attach", "last"]);
    let told = String::from_utf8_lossy(&attached.stdout);
    assert!(told.contains(" aborted: "), "{told}");
}
