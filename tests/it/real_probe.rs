//! What the program sees of a real Debian server with the application on it, and what it plans there.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use bunker_ops::adapters::clock::SystemClock;
use bunker_ops::adapters::env_template::TemplateFiles;
use bunker_ops::adapters::git::Mirrors;
use bunker_ops::adapters::inventory::load;
use bunker_ops::adapters::paths::StateDir;
use bunker_ops::adapters::ssh::{SshPool, SshSettings};
use bunker_ops::adapters::store::StoreReader;
use bunker_ops::adapters::vault::NoVault;
use bunker_ops::adapters::victoria::Victoria;
use bunker_ops::domain::facts::Facts;
use bunker_ops::domain::fleet::Fleet;
use bunker_ops::domain::plan::strategy::Asked;
use bunker_ops::domain::plan::{Plan, Readiness, What, Wish};
use bunker_ops::domain::run::operator::Operator;
use bunker_ops::domain::untrusted::Safe;
use bunker_ops::engine::planner::{self, PlanPorts};
use bunker_ops::engine::poller::probe_host;
use bunker_ops::engine::ports::RemoteRead;
use bunker_ops::steps::probe::DEADLINE;

use crate::capability::missing;
use crate::lab::real::{Ready, RealHost, RealLab};

async fn plan(ports: &PlanPorts, fleet: &Fleet, to: &str) -> Plan {
    let by = Operator { user: Safe::line("mona"), machine: Safe::line("desk"), from: None };
    let hosts = vec!["real-01".parse().unwrap()];
    let what = What::Upgrade { reference: Some(to.parse().unwrap()) };
    planner::plan(ports, fleet, &Wish { hosts, what, asked: Asked::default() }, &by).await.unwrap()
}

/// Everything on the host that a look could change: files with their sizes and times, containers, images.
fn trace(host: &RealHost) -> BTreeSet<String> {
    host.sh(
        "find /opt /etc /var/lib/bunker /home /root -xdev -printf '%p %s %T@ %m %u\\n' 2>/dev/null | sort
         docker ps -a --no-trunc --format '{{.ID}} {{.State}} {{.Image}}' | sort; docker images --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}'",
    )
    .unwrap()
    .lines()
    .map(str::to_owned)
    .collect()
}

/// The facts are those of a server with v2.4.1 installed by hand a moment ago.
fn is_true(facts: &Facts, lab: &RealLab) {
    let mut containers: Vec<_> = facts
        .stack
        .known()
        .unwrap_or_else(|| panic!("{facts:#?}"))
        .containers
        .iter()
        .map(|c| (c.service.as_str(), c.state.as_str(), c.health.as_str(), c.one_shot))
        .collect();
    containers.sort_unstable();
    let expected = [
        ("admin", "running", "healthy", false),
        ("api", "running", "healthy", false),
        ("db", "running", "healthy", false),
        ("init", "exited", "", true),
        ("redis", "running", "healthy", false),
    ];
    assert_eq!(containers, expected);
    let checkout = facts.checkout.known().unwrap();
    assert_eq!(checkout.commit.as_str(), lab.repository().sha("v2.4.1").unwrap());
    assert_eq!(checkout.reference.as_ref().map(Safe::as_str), Some("v2.4.1"));
    assert!(checkout.changed.is_empty(), "{checkout:?}");
    assert_eq!(facts.env_file.known().unwrap().mode, 0o600);
    assert!(facts.backup.known().unwrap().is_some(), "{:?}", facts.backup);
    assert_eq!(facts.release.known(), Some(&None));
    assert!(facts.clock_skew_s.known().unwrap().abs() < 2.0, "{:?}", facts.clock_skew_s);
    assert!(facts.disk.known().unwrap().used_ratio().unwrap() < 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_and_a_plan_tell_the_truth_of_a_real_server_and_leave_no_trace() {
    let ready = match Ready::check() {
        Ok(ready) => ready,
        Err(why) => {
            return missing(
                "a_probe_and_a_plan_tell_the_truth_of_a_real_server_and_leave_no_trace",
                &why,
            );
        }
    };
    let lab = RealLab::start(ready, 1).unwrap();
    let host = &lab.hosts()[0];
    host.deploy("v2.4.1").unwrap();
    let loaded = load(&lab.inventory_dir());
    assert_eq!(loaded.diagnostics, []);
    let fleet = loaded.fleet.unwrap();
    let state = tempfile::tempdir().unwrap();
    let remote: Arc<dyn RemoteRead> = SshPool::open(SshSettings::below(state.path())).unwrap();
    let before = trace(host);

    let instance = fleet.hosts.first().unwrap();
    let settings = instance.instance.as_ref().unwrap();
    let facts = probe_host(&*remote, instance, settings, &SystemClock, DEADLINE).await.unwrap();
    is_true(&facts, &lab);

    plans_tell_the_truth(remote, &fleet, state.path()).await;
    let after = trace(host);
    let changed: Vec<_> = after.symmetric_difference(&before).collect();
    assert_eq!(changed, Vec::<&String>::new());
}

/// What a plan says of the deployed instance, with a good target and with one that lacks a variable.
async fn plans_tell_the_truth(remote: Arc<dyn RemoteRead>, fleet: &Fleet, state: &Path) {
    let clock = Arc::new(SystemClock);
    let repository = Arc::new(Mirrors::below(state.join("repos")));
    let (secrets, inventory) = (Arc::new(NoVault), state.to_owned());
    let templates = Arc::new(TemplateFiles);
    let playbooks = Arc::new(bunker_ops::adapters::ansible::playbook::NoPlaybooks);
    let past = StoreReader::open(&StateDir::at(state), Arc::new(SystemClock)).unwrap();
    let past = Arc::new(past);
    let hooks = Arc::new(bunker_ops::adapters::hooks::HookFiles);
    let metrics = Arc::new(Victoria::new());
    let ports = PlanPorts {
        remote,
        repository,
        secrets,
        templates,
        playbooks,
        past,
        hooks,
        inventory,
        metrics,
        clock,
    };
    let good = plan(&ports, fleet, "v2.5.0").await;
    let target = good.hosts.first().unwrap();
    assert_eq!((target.readiness, &target.findings[..]), (Readiness::Ready, &[][..]));
    let change = good.changes.first().unwrap();
    let texts = |all: &[Safe]| all.iter().map(|s| s.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!(change.n_commits, 5);
    assert_eq!(texts(&change.migrations), ["20250902110000_mail_rate"]);
    assert_eq!(texts(&change.services), ["admin", "api"]);
    assert_eq!(change.new_variables.len(), 1);
    let without = plan(&ports, fleet, "v2.6.3-needs-variable").await;
    let target = without.hosts.first().unwrap();
    assert_eq!(target.readiness, Readiness::Blocked, "{:?}", target.findings);
    assert!(target.findings[0].text.as_str().contains("MAIL_RELAY_TOKEN"), "{:?}", target.findings);
}
