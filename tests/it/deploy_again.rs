//! A deployment that is stopped, taken in parts, or meets what is there already.

use std::fs;
use std::time::{Duration, Instant};

use crate::deploy_run::{Site, changed};
use crate::lab::HostSpec;
use crate::upgrade_bench::git;

impl Site {
    /// Starts a deployment and ends it once this step was seen, or after it if it was quicker.
    fn stop_at(&self, step: &str) {
        let started = self.deploy(&["--to", "v2.4.1", "--detach"]);
        assert_eq!(started.exit, 0, "{step}: {}", started.text);
        let begun = Instant::now();
        while !has_begun(&self.bunker(&["show", "last", "--json"]).text, step) {
            assert!(begun.elapsed() < Duration::from_mins(1), "{step} was not seen");
        }
        self.bunker(&["abort", "last", "--kill"]);
        self.bunker(&["attach", "last"]);
    }

    fn seeds(&self) -> usize {
        self.host().docker_log().iter().filter(|call| call.contains("prisma db seed")).count()
    }
}

/// Whether a step has begun, or will not, since the run is over.
fn has_begun(show: &str, step: &str) -> bool {
    let show: serde_json::Value = serde_json::from_str(show).unwrap();
    let steps = show["targets"][0]["steps"].as_array().cloned().unwrap_or_default();
    let begun = steps.iter().any(|s| s["id"] == step && s["started_at"].is_string());
    begun || show["targets"][0]["finished_at"].is_string()
}

#[test]
fn one_that_is_ended_anywhere_goes_on_and_ends_the_same() {
    let site = Site::bare();
    site.vault();
    for step in ["clone", "env", "images", "data", "migrate", "seed", "up", "check-containers"] {
        site.stop_at(step);
    }
    let done = site.deploy(&["--to", "v2.4.1"]);
    assert_eq!(done.exit, 0, "{}", done.text);
    assert_eq!(site.host().running_commit(), Some(site.sha("v2.4.1")));
    let head = git(&site.host().checkout(), &["status", "--porcelain"]);
    assert_eq!(head, "", "the tree is that of the commit");
    let again = site.deploy(&["--to", "v2.4.1"]);
    assert_eq!(again.exit, 0, "{}", again.text);
    assert_eq!(changed(&site.outcomes()), [""; 0]);
    assert!(site.host().state_dir().join("instances/alpha/seeded").exists());
    assert!(!site.host().state_dir().join("instances/alpha/deploying").exists());
}

#[test]
fn a_checkout_that_was_cut_off_is_made_whole() {
    let site = Site::bare();
    site.vault();
    let state = site.host().state_dir().join("instances/alpha");
    let dir = site.host().checkout();
    fs::create_dir_all(&state).unwrap();
    fs::write(state.join("deploying"), "run 261122-140000-0001 since 2026-11-22T14:00:00Z\n")
        .unwrap();
    fs::write(state.join("cloning"), "").unwrap();
    // What git leaves when it is killed: locks, half of the files, no commit.
    fs::create_dir_all(&dir).unwrap();
    git(&dir, &["init", "-q"]);
    fs::write(dir.join(".git/index.lock"), "").unwrap();
    fs::write(dir.join("docker-compose.yml"), "services:\n").unwrap();
    let done = site.deploy(&["--to", "v2.4.1"]);
    assert_eq!(done.exit, 0, "{}", done.text);
    assert!(done.text.contains("incomplete, resumable (run 261122-140000-0001"), "{}", done.text);
    assert_eq!(git(&dir, &["status", "--porcelain"]), "");
    assert_eq!(site.host().running_commit(), Some(site.sha("v2.4.1")));
}

#[test]
fn tags_take_parts_and_what_was_not_checked_is_no_release() {
    let site = Site::bare();
    site.vault();
    let unknown = site.deploy(&["--tags", "comon"]);
    assert_eq!(unknown.exit, 2, "{}", unknown.text);
    assert!(unknown.text.contains("common, deploy, env, build, migrate"), "{}", unknown.text);
    let nothing = site.deploy(&["--to", "v2.4.1", "--tags", "common"]);
    assert_eq!(nothing.exit, 2, "{}", nothing.text);
    assert!(nothing.text.contains("these tags leave nothing to do"), "{}", nothing.text);

    let some = site.deploy(&["--to", "v2.4.1", "--skip-tags", "seed,validate"]);
    assert_eq!(some.exit, 0, "{}", some.text);
    for left in
        ["seed (--skip-tags seed)", "login (--skip-tags validate)", "record (not everything"]
    {
        assert!(some.text.contains(&format!("left out: {left}")), "{left}: {}", some.text);
    }
    assert!(!site.host().state_dir().join("facts.d/changemaker.fact").exists());
    assert_eq!(site.seeds(), 0);
    let status = site.bunker(&["status"]);
    assert!(status.text.contains("incomplete, resumable"), "{}", status.text);

    let rest = site.deploy(&["--to", "v2.4.1", "--tags", "env,deploy"]);
    assert_eq!(rest.exit, 0, "{}", rest.text);
    assert_eq!(changed(&site.outcomes()), ["seed", "record"], "{}", rest.text);
    assert_eq!(site.seeds(), 1);
}

#[test]
fn data_that_was_there_is_never_seeded_over() {
    let site = Site::bare();
    site.vault();
    fs::create_dir_all(site.host().dir().join("docker")).unwrap();
    fs::write(site.host().dir().join("docker/volumes"), "").unwrap();
    let done = site.deploy(&["--to", "v2.4.1"]);
    assert_eq!(done.exit, 0, "{}", done.text);
    let show = site.bunker(&["show", "last", "--json"]).text;
    assert!(show.contains("it is never seeded over"), "{show}");
    assert_eq!(site.seeds(), 0);
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let specs = [HostSpec::bare("alpha"), HostSpec::bare("beta"), HostSpec::new("gamma")];
    let site = Site::of(specs.to_vec());
    let wrong = site.lab.inventory_dir().join("host_vars/beta/repo.yml");
    fs::write(wrong, "cml_repo: /nowhere/repo.git\n").unwrap();
    site.vault();
    let said = site.bunker(&["deploy", "beta", "--yes"]);
    assert_eq!(said.exit, 1, "{}", said.text);
    assert!(said.text.contains("/nowhere/repo.git"), "{}", said.text);
    assert!(!site.lab.named("beta").unwrap().checkout().exists());

    let dir = site.host().checkout();
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("notes.txt"), "mine").unwrap();
    let said = site.deploy(&["--to", "v2.4.1"]);
    assert_eq!(said.exit, 8, "{}", said.text);
    assert!(said.text.contains("holds files (notes.txt …) that are no checkout"), "{}", said.text);
    assert_eq!(fs::read_to_string(dir.join("notes.txt")).unwrap(), "mine");

    let said = site.bunker(&["deploy", "gamma", "--yes", "--to", "v2.4.1", "--skip-tags", "env"]);
    assert_eq!(said.exit, 8, "{}", said.text);
    assert!(said.text.contains("`bunker import gamma` takes it over"), "{}", said.text);
}

#[test]
fn settings_that_somebody_edited_are_not_overwritten() {
    let site = Site::bare();
    site.vault();
    assert_eq!(site.deploy(&["--to", "v2.4.1"]).exit, 0);
    let file = site.host().checkout().join(".env");
    let ours = fs::read_to_string(&file).unwrap();
    let edited = ours.replace("MAIL_RATE=30", "MAIL_RATE=90");
    fs::write(&file, &edited).unwrap();
    let refused = || {
        let said = site.deploy(&["--to", "v2.4.1"]);
        assert_eq!(said.exit, 1, "{}", said.text);
        assert!(said.text.contains("edited on the host"), "{}", said.text);
        assert_eq!(fs::read_to_string(&file).unwrap(), edited);
    };
    refused();
    // A workflow that records a release with it makes it none of ours.
    let sum = std::process::Command::new("sha256sum").arg(&file).output().unwrap().stdout;
    let record = site.host().state_dir().join("instances/alpha/env_applied.sha256");
    fs::write(record, String::from_utf8_lossy(&sum).split_whitespace().next().unwrap()).unwrap();
    refused();
    // Variables that only the host has are nobody else's, and stay.
    let own = ours + "MINE=1\n";
    fs::write(&file, &own).unwrap();
    let said = site.deploy(&["--to", "v2.4.1"]);
    assert_eq!(said.exit, 0, "{}", said.text);
    assert!(said.text.contains("what it has besides stays"), "{}", said.text);
    assert_eq!(fs::read_to_string(&file).unwrap(), own);
    // Other lines of the crontab stay, too.
    let table = site.host().dir().join("crontab");
    fs::write(&table, "5 5 * * * mine # a line\n").unwrap();
    let said = site.deploy(&["--to", "v2.4.1", "--tags", "backup"]);
    assert_eq!(said.exit, 0, "{}", said.text);
    let lines = fs::read_to_string(&table).unwrap();
    assert!(lines.starts_with("5 5 * * * mine # a line\n0 3 * * * cd "), "{lines}");
}
