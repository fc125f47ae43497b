//! Backup: lease, the operator's command with its proof and manifest, retention. And the restore drill, which takes no
//! lease: see [`crate::steps::backup::drill`].

use jiff::Timestamp;

use super::planned::{SHORT_S, SLACK_S, finding, step};
use crate::domain::facts::{Facts, Part};
use crate::domain::fleet::Host;
use crate::domain::plan::{
    Excluded, Finding, HostPlan, Phase, Plan, PlannedStep, Readiness, Workflow,
};
use crate::domain::remote::RemoteError;
use crate::domain::run::operator::Operator;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::steps::lease::Claim;
use crate::steps::{backup, lease};

/// A host that was asked for, with what is known of it.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// The host.
    pub host: &'a Host,
    /// Its instance.
    pub settings: &'a InstanceSettings,
    /// What the probe found, or why it found nothing.
    pub look: Result<Facts, RemoteError>,
    /// Archives that retention deletes after this backup.
    pub old: Vec<Safe>,
}

/// What is wanted of all of them.
#[derive(Debug)]
pub struct Wish {
    /// Name of the fleet.
    pub fleet: Safe,
    /// `Some` for the restore drill: whether of all archives.
    pub drill: Option<bool>,
    /// Who wants it.
    pub operator: Operator,
    /// When it was asked for.
    pub at: Timestamp,
}

/// Makes the plan: all at once, since one that fails says nothing about the others.
pub fn assemble(wish: &Wish, candidates: &[Candidate<'_>], excluded: Vec<Excluded>) -> Plan {
    let hosts: Vec<HostPlan> = candidates.iter().map(|c| host_plan(wish, c)).collect();
    let workflow = if wish.drill.is_some() { Workflow::VerifyBackup } else { Workflow::Backup };
    Plan::draft(workflow, wish.fleet.clone(), hosts, excluded, wish.at)
}

fn host_plan(wish: &Wish, candidate: &Candidate<'_>) -> HostPlan {
    let findings = judge(wish, candidate);
    let from = candidate.look.as_ref().ok().and_then(|f| f.checkout.known());
    let mut host = HostPlan::judged(
        candidate.host,
        candidate.settings,
        from.map(|c| c.commit.clone()),
        findings,
    );
    if host.will_run() {
        fill(&mut host, wish);
    }
    host
}

fn judge(wish: &Wish, candidate: &Candidate<'_>) -> Vec<Finding> {
    let facts = match &candidate.look {
        Ok(facts) => facts,
        Err(error) => {
            let text = format!("not read: {}", error.message);
            return vec![finding(Readiness::Unknown, "ssh", &text)];
        }
    };
    let mut findings = Vec::new();
    if let (Part::Known(Some(holder)), None) = (&facts.lease, wish.drill) {
        findings.push(finding(Readiness::Blocked, "lease", &format!("held by {holder}")));
    }
    if let (Part::Known(None), Some(_)) = (&facts.backup, wish.drill) {
        let text = "there is no backup: make one first";
        findings.push(finding(Readiness::Blocked, "backup", text));
    }
    if !candidate.old.is_empty() && wish.drill.is_none() {
        let names: Vec<&str> = candidate.old.iter().map(Safe::as_str).collect();
        let text = format!(
            "older than {} days, will be deleted: {}",
            candidate.settings.deploy.backup_keep_days,
            names.join(", ")
        );
        findings.push(finding(Readiness::Ready, "retention", &text));
    }
    findings
}

fn fill(host: &mut HostPlan, wish: &Wish) {
    let settings = &host.settings;
    let long_s = settings.policy.step_timeout_s;
    if let Some(all) = wish.drill {
        let script = backup::drill(settings, all);
        let says = "unpacks the backup aside, looks at it, removes what was unpacked";
        let steps = vec![step(("drill", "restore drill"), long_s, script, says)];
        host.phases = vec![Phase::Job { steps }];
        return;
    }
    let claim = Claim {
        workflow: "backup",
        target: Safe::line(settings.backup_dir.as_str()),
        operator: wish.operator.clone(),
    };
    let (short, long) = (SHORT_S + SLACK_S, long_s + SLACK_S);
    let give_back = |id: &str| -> PlannedStep {
        step((id, "give back"), SHORT_S, lease::release(&claim), "gives the lease back")
    };
    let steps = vec![
        step(
            ("lease", "lease"),
            SHORT_S,
            lease::acquire(&claim, short),
            "takes the lease of the instance",
        ),
        step(
            ("backup", "backup"),
            long_s,
            backup::backup(settings, &claim, long),
            &format!("makes a backup in {}, reads it to its end", settings.backup_dir),
        ),
        step(
            ("retention", "retention"),
            SHORT_S,
            backup::prune(settings, &claim, short),
            &format!(
                "deletes verified backups older than {} days, but never the newest {}",
                settings.deploy.backup_keep_days, settings.deploy.backup_keep_min
            ),
        ),
        give_back("release-lease"),
    ];
    host.on_failure = vec![give_back("free-lease")];
    host.phases = vec![Phase::Job { steps }];
}
