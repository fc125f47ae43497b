//! Planning an upgrade over paper hosts: what is found, what it means, and that nothing is changed.

use std::fs;
use std::time::Duration;

use bunker_ops::domain::ids::HostId;
use bunker_ops::domain::plan::{Phase, Readiness};
use bunker_ops::engine::planner::PlanError;

use crate::lab::{Fault, HostSpec, PaperHost};
use crate::upgrade_bench::mode;
use crate::upgrade_fleet::{Paper, findings, of, tree};

#[tokio::test]
async fn a_plan_says_what_changes_and_in_which_order() {
    let paper = Paper::with(&["alpha", "beta", "gamma", "delta", "epsilon"], &[]);
    let asked = ["epsilon", "alpha", "gamma", "beta", "delta"];
    let plan = paper.plan(&asked, "v2.5.0").await.unwrap();
    let target = plan.target.as_ref().unwrap();
    assert_eq!(target.reference.as_str(), "v2.5.0");
    assert_eq!(target.sha.as_str(), paper.sha("v2.5.0"));

    let [change] = plan.changes.as_slice() else { panic!("{:?}", plan.changes) };
    assert_eq!(change.from.as_str(), paper.sha("v2.4.1"));
    assert_eq!(change.from_tag.as_ref().unwrap().as_str(), "v2.4.1");
    assert_eq!(change.n_commits, 5);
    assert_eq!(change.commits.len(), 5);
    assert!(change.commits[0].as_str().ends_with(" Release 2.5.0"), "{:?}", change.commits);
    assert_eq!(change.migrations.len(), 1);
    assert_eq!(change.migrations[0].as_str(), "20250902110000_mail_rate");
    let [variable] = change.new_variables.as_slice() else { panic!("{:?}", change.new_variables) };
    assert_eq!(variable.name.as_str(), "MAIL_RATE");
    assert_eq!(variable.default.as_ref().unwrap().as_str(), "30");
    assert!(!variable.required && !change.not_forward);
    let services: Vec<&str> = change.services.iter().map(AsRef::as_ref).collect();
    assert_eq!(services, ["admin", "api"]);

    let batches: Vec<Vec<&str>> =
        plan.batches.iter().map(|b| b.iter().map(HostId::as_str).collect()).collect();
    let order: Vec<&str> = paper.fleet.hosts.iter().map(|h| h.id.as_str()).collect();
    assert_eq!(
        batches,
        [&order[..2], &order[2..4], &order[4..]],
        "a quarter, rounded up, in inventory order"
    );
    assert_eq!(plan.stops_sentence(), "stops when 1 of 5 fails, or 1 of 5 cannot be reached");

    let host = of(&plan, "alpha");
    assert_eq!((host.readiness, findings(host)), (Readiness::Ready, vec![]));
    let steps: Vec<&str> = host.steps().map(|(id, _)| id.as_str()).collect();
    assert_eq!(
        steps,
        [
            "lease",
            "preflight",
            "backup",
            "fetch",
            "hold-images",
            "checkout",
            "build",
            "migrate",
            "up",
            "health",
            "record",
            "release-lease"
        ]
    );
    let Phase::Gate(gate) = &host.phases[1] else { panic!("{:?}", host.phases) };
    assert_eq!(gate.expect_commit.as_ref().unwrap().as_str(), paper.sha("v2.5.0"));
    assert_eq!(
        gate.hint.as_ref().unwrap().as_str(),
        "go back with: bunker rollback alpha; this does not undo its migrations (where its images are no longer held: bunker upgrade alpha --to v2.4.1)"
    );
    assert_eq!(host.on_failure.len(), 1);

    let again = paper.plan(&asked, "v2.5.0").await.unwrap();
    assert_eq!(again.hash(), plan.hash(), "the same wish is the same plan");
    assert_ne!(paper.plan(&asked, "v2.4.0").await.unwrap().hash(), plan.hash());
}

#[tokio::test]
async fn planning_changes_nothing_on_any_host() {
    let paper = Paper::with(&["alpha", "beta"], &[]);
    let all =
        |paper: &Paper| -> Vec<_> { paper.lab.hosts().iter().map(|h| tree(h.dir())).collect() };
    let before = all(&paper);
    assert!(before[0].len() > 50, "{}", before[0].len());
    for to in ["v2.5.0", "v2.6.0-broken-build", "v2.3.9"] {
        paper.plan(&["alpha", "beta"], to).await.unwrap();
    }
    assert_eq!(all(&paper), before);
    let changing = ["up", "build", "run", "exec", "tag", "rmi"];
    for host in paper.lab.hosts() {
        let log = host.docker_log().join("\n");
        assert!(host.execs() > 0);
        for verb in changing {
            assert_eq!(host.starts(&format!("compose {verb}")) + host.starts(verb), 0, "{log}");
        }
    }
}

/// A fleet in which each host has something else the matter.
fn one_of_each() -> Paper {
    let mut specs: Vec<HostSpec> =
        ["done", "dirty", "full", "stale", "extra", "held", "dead", "down", "open", "ahead"]
            .iter()
            .map(|n| HostSpec::new(n))
            .collect();
    "v2.5.0".clone_into(&mut specs[0].release);
    specs[2].disk_used = 97;
    specs[3].backup_age = Some(Duration::from_hours(31));
    let paper = Paper::of(specs, &[]);
    paper.by_hand("dirty", "echo changed >> docker-compose.yml; echo x >> package.json");
    paper.by_hand("extra", "echo 'services: {}' > docker-compose.override.yml");
    let held = paper.host("held").state_dir().join("instances/held");
    fs::create_dir_all(&held).unwrap();
    fs::write(
        held.join("lease"),
        "holder=run 7 (upgrade) by ops-2 on bastion since 14:20\nexpires=9999999999\n",
    )
    .unwrap();
    paper.host("dead").fault(Fault::Refuse);
    paper.host("down").crash_api(Duration::from_mins(5)).unwrap();
    mode(&paper.host("open").checkout().join(".env"), 0o644);
    paper.by_hand("ahead", "git -c user.name=x -c user.email=x@y commit -q --allow-empty -m local");
    paper
}

#[tokio::test]
async fn each_host_is_as_ready_as_what_was_found_on_it() {
    let paper = one_of_each();
    let names: Vec<&str> = paper.lab.hosts().iter().map(PaperHost::name).collect();
    let plan = paper.plan(&names, "v2.5.0").await.unwrap();
    let sha: String = paper.sha("v2.5.0").chars().take(7).collect();
    let excluded: Vec<String> =
        plan.excluded.iter().map(|e| format!("{} {}", e.host, e.reason)).collect();
    assert_eq!(excluded, [format!("done runs v2.5.0 ({sha}) already")]);
    let expect = |name: &str, readiness, runs: bool, part: &str| {
        let host = of(&plan, name);
        let found = findings(host);
        assert_eq!(host.readiness, readiness, "{name}: {found:?}");
        assert_eq!(host.will_run(), runs);
        assert_eq!(host.phases.is_empty(), !runs);
        assert_eq!(plan.batches.iter().flatten().any(|h| h.as_str() == name), runs);
        assert!(found[0].contains(part), "{name}: {found:?}");
    };
    expect(
        "dirty",
        Readiness::Blocked,
        false,
        "blocked drift: local changes that an upgrade would lose: ",
    );
    expect("full", Readiness::Blocked, false, "% full, 2.5 GB are left: refused from 95 % on");
    expect(
        "stale",
        Readiness::Warning,
        true,
        "warning backup: the newest backup is 31 h old; the upgrade makes one first",
    );
    expect(
        "extra",
        Readiness::Review,
        true,
        "review drift: local change: docker-compose.override.yml; it stays",
    );
    expect(
        "held",
        Readiness::Blocked,
        false,
        "blocked lease: held by run 7 (upgrade) by ops-2 on bastion since 14:20",
    );
    expect("dead", Readiness::Unknown, false, "unknown ssh: not read: ");
    expect(
        "down",
        Readiness::Blocked,
        false,
        "blocked containers: down: api exited (1): an upgrade would hide the cause",
    );
    expect("open", Readiness::Warning, true, "warning env: .env has mode 644");
    expect(
        "ahead",
        Readiness::Review,
        true,
        "review change: what changes cannot be told: the repository does not hold ",
    );

    // Alone, a host that is down may be upgraded after a look: the fix may be in the new release.
    let plan = paper.plan(&["down"], "v2.5.0").await.unwrap();
    assert_eq!(of(&plan, "down").readiness, Readiness::Review);
}

#[tokio::test]
async fn a_required_variable_blocks_and_going_back_wants_a_look() {
    let paper = Paper::with(&["alpha", "beta"], &[]);
    paper.by_hand("beta", "echo MAIL_RELAY_TOKEN=x >> .env");
    let plan = paper.plan(&["alpha", "beta"], "v2.6.3-needs-variable").await.unwrap();
    assert_eq!(
        findings(of(&plan, "alpha")),
        ["blocked env: .env lacks MAIL_RELAY_TOKEN, which the target needs: set it first"]
    );
    assert!(of(&plan, "beta").will_run(), "{:?}", findings(of(&plan, "beta")));

    let plan = paper.plan(&["alpha"], "v2.3.9").await.unwrap();
    let found = findings(of(&plan, "alpha"));
    assert!(found[0].starts_with("review change: v2.3.9 does not follow "), "{found:?}");
    assert!(plan.changes[0].not_forward);
}

#[tokio::test]
async fn a_wish_that_means_nothing_is_an_error_and_never_all_hosts() {
    let paper = Paper::with(&["alpha"], &[]);
    assert_eq!(paper.plan(&[], "v2.5.0").await.unwrap_err(), PlanError::NoHosts);
    let unknown = paper.plan(&["alpha", "omega"], "v2.5.0").await.unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "there is no host omega in the inventory (`bunker inventory list` shows them)"
    );
    let no_ref = paper.plan(&["alpha"], "v9.9.9").await.unwrap_err().to_string();
    assert!(no_ref.contains("has no branch, tag or commit v9.9.9"), "{no_ref}");
    let by_branch = paper.plan(&["alpha"], "").await.unwrap();
    assert_eq!(
        by_branch.target.unwrap().reference.as_str(),
        "v2",
        "cml_ref where nothing is named"
    );
    let by_commit = paper
        .plan(&["alpha"], &paper.sha("v2.5.0").chars().take(9).collect::<String>())
        .await
        .unwrap();
    assert_eq!(by_commit.target.unwrap().sha.as_str(), paper.sha("v2.5.0"));
    assert_eq!(paper.host("alpha").starts("compose up"), 0);
}
