//! The variables of canaries: precedence, defaults, and what is refused where it stands.

use bunker_ops::domain::canary::policy::{CanaryPolicy, OnFail, OnPass};
use bunker_ops::domain::ids::HostId;
use bunker_ops::domain::signal::Signal;

use super::{load_files, problems};

const HOSTS: &str = "all:\n  hosts:\n    a: {cml_domain: a.example.org}\n    b: {cml_domain: b.example.org}\n  \
    children:\n    canary: {hosts: {a: }}\n";
const REPO: &str = "cml_repo: /srv/cml.git\n";

fn policy(files: &[(&str, &str)], host: &str) -> CanaryPolicy {
    let mut all = vec![("hosts.yml", HOSTS), ("group_vars/all/cml.yml", REPO)];
    all.extend(files);
    let (dir, loaded) = load_files(&all);
    assert_eq!(problems(dir.path(), &loaded), "");
    let id: HostId = host.parse().unwrap();
    loaded.fleet.unwrap().host(&id).unwrap().instance.as_ref().unwrap().canary.clone()
}

#[test]
fn nothing_set_means_half_an_hour_errors_and_p95() {
    let usual = policy(&[], "b");
    assert!(usual.is_usual());
    assert_eq!(
        (usual.soak_s, usual.on_pass, usual.on_fail),
        (1_800, OnPass::Continue, OnFail::Stop)
    );
    let judged: Vec<Signal> = usual.metrics.iter().filter(|m| !m.muted).map(|m| m.signal).collect();
    assert_eq!(judged, [Signal::ErrorRatio, Signal::P95Seconds]);
}

#[test]
fn a_group_overrides_what_counts_for_all() {
    let all = "bunker_soak_s: 600\nbunker_canary_on_fail: rollback\nbunker_canary_group: first\n";
    let group = "bunker_soak_s: 90\nbunker_canary_on_success: promote\nbunker_canary_metrics:\n  - error_ratio\n  \
        - {metric: p95_seconds, fail_beyond: 2.5, pass_within: 1, failure_limit: 1, min_samples: 20}\n  \
        - {metric: memory_ratio, muted: true}\n";
    let files = [("group_vars/all/bunker.yml", all), ("group_vars/canary.yml", group)];
    let (a, b) = (policy(&files, "a"), policy(&files, "b"));
    assert_eq!((a.soak_s, a.on_pass, a.on_fail), (90, OnPass::Promote, OnFail::Rollback));
    assert_eq!((b.soak_s, b.on_pass, b.on_fail), (600, OnPass::Continue, OnFail::Rollback));
    assert_eq!(a.group, "first".parse().ok());
    let p95 = &a.metrics[1];
    assert_eq!((p95.fail_beyond, p95.pass_within), (Some(2.5), Some(1.0)));
    assert_eq!((p95.failure_limit, p95.min_samples, p95.muted), (1, 20, false));
    assert!(a.metrics[2].muted);
    assert_eq!(a.differs_in(&b), Some("bunker_soak_s"));
    assert!(
        policy(&[("group_vars/all/bunker.yml", "bunker_canary_metrics: []\n")], "a")
            .metrics
            .is_empty()
    );
}

/// A line, what is said of it, and the hint.
const WRONG: [(&str, &str, &str); 13] = [
    ("bunker_soak_s: 0", "bunker_soak_s wants a whole number from 1 to 2678400", ""),
    ("bunker_canary_on_success: go", "\"go\" is no valid answer to a pass", "continue or promote"),
    ("bunker_canary_on_fail: undo", "\"undo\" is no valid answer to a failure", "stop or rollback"),
    ("bunker_canary_metrics: p95_seconds", "bunker_canary_metrics wants a list", "write a list"),
    ("bunker_canary_metrics: [p95]", "\"p95\" is no metric", "p95_seconds"),
    ("bunker_canary_metrics: [backup_age_seconds]", "is no metric", "error_ratio"),
    ("bunker_canary_metrics: [7]", "an item is no metric", "write its name"),
    ("bunker_canary_metrics: [{muted: true}]", "an item has no metric", "metric: error_ratio"),
    ("bunker_canary_metrics: [error_ratio, error_ratio]", "error_ratio stands twice", "take one"),
    (
        "bunker_canary_metrics: [{metric: error_ratio, limit: 3}]",
        "\"limit\" is no setting",
        "failure_limit",
    ),
    (
        "bunker_canary_metrics: [{metric: error_ratio, muted: maybe}]",
        "muted of error_ratio wants true",
        "",
    ),
    (
        "bunker_canary_metrics: [{metric: cpu_ratio, compare: false}]",
        "neither compared nor limited",
        "fail_beyond",
    ),
    (
        "bunker_canary_metrics: [{metric: error_ratio, pass_within: 0.5, fail_beyond: 0.1}]",
        "pass_within 0.5 is worse than fail_beyond 0.1",
        "exchange",
    ),
];

#[test]
fn what_cannot_be_used_is_refused_where_it_stands() {
    for (line, message, hint) in WRONG {
        let file = format!("# canaries\n{line}\n");
        let files = [
            ("hosts.yml", HOSTS),
            ("group_vars/all/cml.yml", REPO),
            ("group_vars/canary.yml", file.as_str()),
        ];
        let (dir, loaded) = load_files(&files);
        let said = problems(dir.path(), &loaded);
        assert!(said.contains("group_vars/canary.yml:2:"), "{line}: {said}");
        assert!(said.contains(message) && said.contains(hint), "{line}: {said}");
        let left_out: Vec<&str> =
            loaded.fleet.as_ref().unwrap().left_out.iter().map(|l| l.id.as_str()).collect();
        assert_eq!(left_out, ["a"], "{line}: a wrong value costs its host");
    }
    let files = [
        ("hosts.yml", HOSTS),
        ("group_vars/all/x.yml", "cml_repo: /srv/x.git\nbunker_canary_soak_s: 5\n"),
    ];
    let (dir, loaded) = load_files(&files);
    assert!(problems(dir.path(), &loaded).contains("bunker_canary_soak_s has no meaning"));
}
