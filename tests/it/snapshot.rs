//! `bunker snapshot`: the cockpit's pages from the shell, with the hosts of a lab.

use std::path::Path;
use std::process::Command;

use crate::lab::{Lab, Options};
use crate::speed::outputs::Outputs;
use crate::speed::screen::dead_fleet;

fn snapshot(lab: &Lab, state: &Path, args: &[&str]) -> (i32, String, String) {
    of(&lab.inventory_dir(), state, args)
}

fn of(inventory: &Path, state: &Path, args: &[&str]) -> (i32, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_bunker"))
        .arg("--inventory")
        .arg(inventory)
        .arg("snapshot")
        .args(args)
        .env("BUNKER_STATE", state)
        .env("XDG_CACHE_HOME", state)
        .env("XDG_CONFIG_HOME", state)
        .env("LC_ALL", "C.UTF-8")
        .env_remove("NO_COLOR")
        .env_remove("BUNKER_THEME")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

#[test]
fn a_page_is_printed_as_text_colours_picture_and_json_without_a_terminal() {
    let lab = Lab::start(2, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| snapshot(&lab, state.path(), args);

    let (code, out, err) = run(&["fleet", "--size", "80x24"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert_eq!(out.lines().count(), 24);
    assert!(out.contains("● paper-01") && out.contains("● 2  ▲ 0"), "{out}");
    assert!(!out.contains('\u{1b}') && out.lines().all(|l| l.chars().count() <= 80), "{out}");

    let (code, out, _) =
        run(&["instance", "--host", "paper-02", "--format", "ansi", "--colors", "16"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("paper-02") && out.contains("\u{1b}[0"), "{out}");
    assert!(!out.contains("38;2"), "sixteen colours were asked for: {out}");

    let (code, out, _) =
        run(&["fleet", "--theme", "light", "--format", "svg", "--keys", "j ? pgdn"]);
    assert_eq!(code, 0, "{out}");
    assert!(
        out.starts_with("<svg")
            && out.contains("#fbfbf9")
            && out.contains("mark or unmark the selected"),
        "{out}"
    );

    let (code, out, _) = run(&["--json", "runs"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, json["page"].as_str()), (0, Some("runs")), "{out}");
    assert!(json["content"].as_str().unwrap().contains("no run yet"), "{out}");
}

#[test]
fn a_page_that_cannot_be_is_refused_with_what_to_do_and_keys_change_nothing() {
    let lab = Lab::start(1, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| snapshot(&lab, state.path(), args);
    for (args, code, words) in [
        (&["instance", "--host", "nobody"] as &[&str], 4, "no instance nobody"),
        (&["fleet", "--theme", "/no/theme.yaml"], 2, "cannot be read"),
        (&["fleet", "--size", "80"], 2, "80x24"),
        (&["fleet", "--limit", "nobody"], 4, "nobody"),
        (&["run"], 4, ""),
        (&["fleet", "--size", "20x5"], 2, "40x10 at least"),
    ] {
        let (ended, out, err) = run(args);
        assert_eq!((ended, out.as_str()), (code, ""), "{args:?}: {err}");
        assert!(err.contains(words), "{args:?}: {err}");
    }
    // A plan is made and shown; what would start it is pressed and not done.
    let (code, out, err) = run(&["fleet", "--keys", "b enter tab enter", "--timeout", "60"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("plan  backup paper-01") || out.contains("backup paper-01"), "{out}{err}");
    let (_, runs, _) = run(&["runs"]);
    assert!(runs.contains("no run yet"), "{runs}");
}

#[test]
fn pages_behind_a_key_are_shown_whichever_key_the_operator_gave_them() {
    let lab = Lab::start(1, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let own = state.path().join("bunker");
    std::fs::create_dir(&own).unwrap();
    let keys = "keys:\n  everywhere:\n    help: '%'\n  fleet:\n    open: '='\n";
    std::fs::write(own.join("keys.yaml"), keys).unwrap();
    let run = |args: &[&str]| snapshot(&lab, state.path(), args);
    let (code, out, err) = run(&["fleet", "--keys", "?"]);
    assert!(
        code == 0 && !out.contains("show what every key does here"),
        "? means nothing now: {out}{err}"
    );
    let (code, out, err) = run(&["help", "--size", "100x40"]);
    assert!(code == 0 && out.contains("any other key closes"), "{out}{err}");
    let (code, out, err) = run(&["instance"]);
    assert!(code == 0 && out.contains("instance  paper-01"), "{out}{err}");
}

#[test]
fn the_output_of_a_run_is_a_page_and_a_run_without_a_canary_has_none() {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let state = dir.path().join("state");
    let outputs = runtime.block_on(Outputs::new(&state, 2));
    runtime.block_on(outputs.pour(40, 10));
    let inventory = dead_fleet(dir.path(), 2);
    let (code, out, err) = of(&inventory, &state, &["canary"]);
    assert_eq!((code, out.as_str()), (4, ""), "{err}");
    assert!(err.contains("has no canary") && err.contains("bunker snapshot run"), "{err}");
    let (code, out, err) = of(&inventory, &state, &["log", "--timeout", "10"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("output of run") && out.contains("#9 39 Sending"), "{out}");
}

#[test]
fn a_plan_is_made_and_shown_by_name_and_started_by_nobody() {
    let lab = Lab::start(2, Options::instances()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| snapshot(&lab, state.path(), args);
    let (code, out, err) = run(&[
        "plan",
        "--to",
        "v2.5.0",
        "--timeout",
        "60",
        "--keys",
        "2 enter",
        "--size",
        "120x40",
    ]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("upgrade 2 instances to v2.5.0"), "{out}{err}");
    let (code, out, err) =
        run(&["plan", "--host", "paper-02", "--to", "v2.5.0", "--timeout", "60"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("upgrade paper-02 to v2.5.0") && !out.contains("paper-01"), "{out}{err}");
    let (_, runs, _) = run(&["runs"]);
    assert!(runs.contains("no run yet"), "{runs}");
    for (args, code, words) in [
        (&["plan", "--host", "nobody"] as &[&str], 4, "no instance nobody"),
        (&["plan", "--to", "-x"], 2, "-x"),
        (&["plan", "--to=--upload-pack=x"], 2, "--upload-pack=x"),
        (&["plan", "--to", "v9.9.9", "--timeout", "60"], 1, "no plan to show"),
    ] {
        let (ended, out, err) = run(args);
        assert_eq!((ended, out.as_str()), (code, ""), "{args:?}: {err}");
        assert!(err.contains(words), "{args:?}: {err}");
    }
}

#[test]
fn the_first_run_is_a_page_where_the_inventory_cannot_be_used_and_nothing_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let (state, nowhere) = (dir.path().join("state"), dir.path().join("nowhere"));
    let (code, out, err) = of(&nowhere, &state, &["setup"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("First run") && out.contains("There is no inventory at"), "{out}");
    let (code, out, _) = of(&nowhere, &state, &["setup", "--keys", "i / x enter"]);
    assert_eq!(code, 0, "{out}");
    assert!(!nowhere.exists(), "keys make nothing");
    // Other pages say as before that there is no inventory.
    let (code, _, err) = of(&nowhere, &state, &["fleet"]);
    assert!(code == 2 && err.contains("nowhere"), "{code} {err}");
    let inventory = dead_fleet(dir.path(), 2);
    let (code, out, err) = of(&inventory, &state, &["setup"]);
    assert_eq!((code, out.as_str()), (4, ""), "{err}");
    assert!(err.contains("nothing to set up") && err.contains("bunker snapshot fleet"), "{err}");
    std::fs::write(inventory.join("hosts.yml"), "all:\n  hosts: [\n").unwrap();
    let (code, out, err) = of(&inventory, &state, &["setup"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("The inventory cannot be used") && out.contains("hosts.yml:"), "{out}");
}
