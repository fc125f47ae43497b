//! What was agreed to once is bound by what the inventory says now: retries, rollbacks, and runs under way.

use std::time::Duration;

use serde_json::{Value, json};

use crate::policy_run::Bench;

/// Puts these lines behind what the fleet's variables say.
fn add(bench: &Bench, lines: &str) {
    let file = bench.lab.inventory_dir().join("group_vars/all/bunker.yml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(file, format!("{text}{lines}\n")).unwrap();
}

/// An upgrade one by one of which the first host is done and the others were not begun.
fn left_behind(bench: &Bench) -> String {
    let begun = [
        "upgrade", "a", "b", "c", "--to", "v2.5.0", "--serial", "1", "--step", "--yes", "--detach",
        "--json",
    ];
    let made = bench.json("anna", &begun);
    let run = made["run"].as_str().unwrap().to_owned();
    bench.until(&run, "paused");
    let aborted = bench.run("anna", &["abort", &run]);
    assert!(aborted.status.success(), "{aborted:?}");
    bench.until(&run, "aborted");
    run
}

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_retry_is_bound_by_guardrails_and_maintenance_of_now() {
    let bench = Bench::new(&[("a", "x"), ("b", "x"), ("c", "x")], &[]);
    let run = left_behind(&bench);
    let rest = bench.lab.inventory_dir().join("host_vars/c/rest.yml");
    std::fs::write(&rest, "---\nbunker_maintenance: new disk\n").unwrap();
    add(&bench, "bunker_guardrails: [{hosts: [b], deny: true, reason: 'it is for sale'}]");
    let shown = bench.json("anna", &["retry", &run, "--check", "--json"]);
    assert_eq!(shown["batches"], json!([["b"]]), "{shown:#}");
    let left = shown["excluded"].to_string();
    assert!(left.contains("it is in maintenance: new disk"), "{left}");
    let refused = bench.run("anna", &["retry", &run, "--yes", "--detach"]);
    assert_eq!(refused.status.code(), Some(8), "{refused:?}");
    assert!(said(&refused).contains("it is for sale"), "{refused:?}");
    let n_runs = || bench.json("anna", &["runs", "--json"])["runs"].as_array().unwrap().len();
    assert_eq!(n_runs(), 1, "nothing was started");
    // Of another address it is another host.
    let moved = std::fs::read_to_string(&rest).unwrap();
    std::fs::write(&rest, moved.replace("bunker_maintenance: new disk", "ansible_port: 9"))
        .unwrap();
    let shown = bench.json("anna", &["retry", &run, "--check", "--json"]);
    let left = shown["excluded"].to_string();
    assert!(left.contains("it is reached in another way since: plan again"), "{left}");
}

#[test]
fn what_a_guardrail_wants_typed_can_be_typed_for_a_retry_and_is_not_asked_for_the_way_back() {
    let rule = "bunker_guardrails: [{hosts: ['*'], confirm: count, reason: 'shared'}]";
    let bench = Bench::new(&[("a", "x"), ("b", "x"), ("c", "x")], &[]);
    let run = left_behind(&bench);
    add(&bench, rule);
    let refused = bench.run("anna", &["retry", &run, "--yes", "--detach"]);
    assert_eq!(refused.status.code(), Some(8), "{refused:?}");
    assert!(said(&refused).contains("type the number of instances (2)"), "{refused:?}");
    let typed = bench.json("anna", &["retry", &run, "--confirm", "2", "--detach", "--json"]);
    let again = typed["run"].as_str().unwrap();
    // It goes one by one, as the first did.
    bench.until(again, "paused");
    let on = bench.run("anna", &["promote", again, "--all"]);
    assert!(on.status.success(), "{on:?}");
    bench.until(again, "succeeded");
    let back = bench.json("anna", &["abort", "--rollback", &run, "--json"]);
    let [id] = back["started"].as_array().unwrap().as_slice() else { panic!("{back:#}") };
    let shown = bench.until(id.as_str().unwrap(), "succeeded");
    assert_eq!(shown["workflow"], "rollback");
    assert_eq!(shown["targets"].as_array().unwrap().len(), 1, "only what it changed: {shown:#}");
}

/// By its key a retry is planned and looked at first, and asked for what any plan is asked for.
#[test]
fn a_retry_by_key_is_asked_for_what_a_guardrail_wants_typed() {
    const SOON: Duration = Duration::from_mins(1);
    const LONG: Duration = Duration::from_mins(2);
    let bench = Bench::new(&[("a", "east"), ("b", "east"), ("c", "east")], &[]);
    let run = left_behind(&bench);
    let n_runs = || bench.json("anna", &["runs", "--json"])["runs"].as_array().unwrap().len();
    add(
        &bench,
        "bunker_guardrails: [{groups: [east], confirm: group, reason: 'people vote here'}]",
    );
    let mut anna = bench.cockpit("anna");
    anna.wait_for("a .*healthy", SOON).unwrap();
    anna.keys("R").unwrap();
    anna.wait_for("aborted", SOON).unwrap();
    anna.keys("enter").unwrap();
    anna.wait_for("2 not run, 1 ok", SOON).unwrap();
    anna.keys("t").unwrap();
    anna.wait_for("each from the step that it stopped at", LONG).unwrap();
    anna.wait_for("people vote here", SOON).unwrap();
    anna.keys("enter").unwrap();
    anna.wait_for("type east", SOON).unwrap();
    anna.keys("w e s t enter").unwrap();
    anna.wait_for("that is another name", SOON).unwrap();
    assert_eq!(n_runs(), 1, "nothing was started");
    anna.keys("backspace backspace backspace backspace e a s t enter").unwrap();
    anna.wait_for("the next is c", LONG).unwrap();
    let again = bench.newest("upgrade");
    let again = again["run"].as_str().unwrap();
    let shown = bench.json("anna", &["show", again, "--json"]);
    assert_eq!(shown["after"], run, "{shown:#}");
    let on = bench.run("anna", &["promote", again, "--all"]);
    assert!(on.status.success(), "{on:?}");
    anna.wait_for("● succeeded", LONG).unwrap();
    anna.keys("q").unwrap();
    assert!(anna.wait_end(SOON).unwrap().success());
}

/// Asked of a run that goes on, the way back is begun by its worker, which nobody can answer.
#[test]
fn a_run_that_is_aborted_is_taken_back_under_a_guardrail_that_wants_something_typed() {
    let rule = "bunker_guardrails: [{hosts: ['*'], confirm: count, reason: 'shared'}]";
    let bench = Bench::new(&[("a", "x"), ("b", "x")], &[rule]);
    let begun = [
        "upgrade",
        "a",
        "b",
        "--to",
        "v2.5.0",
        "--serial",
        "1",
        "--step",
        "--confirm",
        "2",
        "--detach",
        "--json",
    ];
    let made = bench.json("anna", &begun);
    let run = made["run"].as_str().unwrap();
    bench.until(run, "paused");
    let asked = bench.run("anna", &["abort", "--rollback", run]);
    assert!(asked.status.success(), "{asked:?}");
    bench.until(run, "aborted");
    let back = bench.newest("rollback");
    let shown = bench.until(back["run"].as_str().unwrap(), "succeeded");
    assert_eq!(shown["targets"][0]["host"], "a", "{shown:#}");
}

#[test]
fn a_freeze_that_begins_now_pauses_the_runs_that_it_is_about() {
    let bench = Bench::new(&[("a", "x"), ("b", "x")], &[]);
    let begun =
        ["upgrade", "a", "b", "--to", "v2.5.0", "--serial", "1", "--yes", "--detach", "--json"];
    let made: Value = bench.json("anna", &begun);
    let run = made["run"].as_str().unwrap();
    let freeze = [
        "window", "add", "ice", "--deny", "--once", "now", "--for", "2h", "--zone", "UTC", "--yes",
    ];
    let added = bench.run("anna", &freeze);
    assert!(added.status.success(), "{added:?}");
    assert!(said(&added).contains(&format!("run {run} is asked to pause")), "{added:?}");
    let shown = bench.until(run, "paused");
    assert_eq!(shown["targets"][1]["state"], "waiting", "{shown:#}");
    // A worker that waits would outlive this test.
    let ended = bench.run("anna", &["abort", run]);
    assert!(ended.status.success(), "{ended:?}");
    bench.until(run, "aborted");
}

#[test]
fn a_host_that_appears_after_the_plan_is_not_touched_by_its_run() {
    let rule = "bunker_guardrails: [{hosts: ['*'], confirm: second-operator, reason: 'all'}]";
    let bench = Bench::new(&[("a", "x"), ("b", "x"), ("c", "x")], &[rule]);
    let file = bench.lab.inventory_dir().join("hosts.yml");
    let all = std::fs::read_to_string(&file).unwrap();
    let without: Vec<&str> = all.lines().filter(|l| l.trim() != "c:").collect();
    let without = format!("{}\n", without.join("\n"));
    assert_ne!(without, all);
    std::fs::write(&file, without).unwrap();
    let wish = ["upgrade", "--limit", "all", "--to", "v2.5.0", "--yes", "--json"];
    let asked = bench.json("anna", &wish);
    let run = asked["run"].as_str().unwrap();
    std::fs::write(&file, all).unwrap();
    let commit = || bench.lab.named("c").unwrap().running_commit().unwrap();
    let before = commit();
    let given = bench.run("ben", &["approve", run]);
    assert!(given.status.success(), "{given:?}");
    let shown = bench.until(run, "succeeded");
    let targets: Vec<&str> =
        shown["targets"].as_array().unwrap().iter().map(|t| t["host"].as_str().unwrap()).collect();
    assert_eq!(targets, ["a", "b"]);
    assert_eq!(commit(), before, "it is in the inventory, and was not when the plan was made");
}
