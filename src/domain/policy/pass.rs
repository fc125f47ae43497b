//! From a plan with its verdict and what a person did to the right to run it.

use jiff::Timestamp;

use super::approval::{Approval, Decision, same_person};
use super::{Demand, Denial};
use crate::domain::plan::{Plan, PlanHash, Workflow};
use crate::domain::run::operator::Operator;
use crate::domain::untrusted::Safe;

/// What a person did to have a plan run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consent {
    /// Said so beforehand: `--yes`.
    Beforehand,
    /// Said yes to a question that named the plan.
    Yes,
    /// Typed this.
    Typed(String),
    /// Asked for the way back from a run, which had its own consent. It stands for what has to be typed, as it comes in
    /// an emergency and often when nobody can be asked; not for a second person, and not against what is forbidden.
    WayBack,
}

/// A plan that may run now. Made by [`pass`] and [`second`] only.
#[derive(Debug)]
pub struct Approved<'p> {
    plan: &'p Plan,
}

impl<'p> Approved<'p> {
    /// The plan.
    pub fn plan(&self) -> &'p Plan {
        self.plan
    }
}

/// A plan that may run once another person approves. Made by [`pass`] only.
#[derive(Debug)]
pub struct Asked<'p> {
    plan: &'p Plan,
    ttl_s: u64,
    reasons: Vec<Safe>,
}

impl<'p> Asked<'p> {
    /// The plan.
    pub fn plan(&self) -> &'p Plan {
        self.plan
    }

    /// What is asked of the other person, from this moment on.
    pub fn approval(&self, by: &Operator, now: Timestamp) -> Approval {
        let ttl = jiff::SignedDuration::from_secs(i64::try_from(self.ttl_s).unwrap_or(i64::MAX));
        Approval {
            hash: self.plan.hash(),
            by: by.clone(),
            asked: now,
            until: now.saturating_add(ttl).unwrap_or(Timestamp::MAX),
            reasons: self.reasons.clone(),
            decision: None,
        }
    }
}

/// How a plan goes on.
#[derive(Debug)]
pub enum Passed<'p> {
    /// It may run.
    Now(Approved<'p>),
    /// Another person is asked first.
    Later(Asked<'p>),
}

/// Why a plan may not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody asked the guardrails.
    #[error("the guardrails were not asked about this plan: make the plan again")]
    NotJudged,
    /// A guardrail forbids it.
    #[error("a guardrail forbids this: {}", denials(.0))]
    Denied(Vec<Denial>),
    /// Something else has to be typed.
    #[error("a guardrail asks for more: {wanted}{}", because(reasons))]
    Unconfirmed {
        /// What.
        wanted: String,
        /// Why.
        reasons: Vec<Safe>,
    },
    /// The person who asked cannot be the one who approves.
    #[error("{0} asked for this run: another person has to approve it")]
    SamePerson(Safe),
    /// It was decided before.
    #[error("this was decided before: {0}")]
    Decided(Safe),
    /// The time is over.
    #[error("the approval was not given until {0}: make the plan again")]
    Expired(Timestamp),
    /// The plan that waits is not the one that was asked about.
    #[error("the stored plan is not the one that approval was asked for: make the plan again")]
    OtherPlan,
}

fn denials(denied: &[Denial]) -> String {
    let one = |d: &Denial| {
        let hosts: Vec<&str> = d.hosts.iter().map(super::HostId::as_str).collect();
        format!("{} ({})", d.why, hosts.join(", "))
    };
    denied.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn because(reasons: &[Safe]) -> String {
    let reasons: Vec<&str> = reasons.iter().map(Safe::as_str).collect();
    if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join("; ")) }
}

/// Whether this plan may run by its verdict and what its operator did.
pub fn pass<'p>(plan: &'p Plan, consent: &Consent) -> Result<Passed<'p>, Refusal> {
    let verdict = plan.rules.verdict.as_ref().ok_or(Refusal::NotJudged)?;
    if !verdict.denied.is_empty() {
        return Err(Refusal::Denied(verdict.denied.clone()));
    }
    let n = plan.targets().count();
    let wanted = verdict.demand.typed(n);
    let enough = match (&verdict.demand, consent) {
        // A script that says --yes has not read the plan: it does not stand for what a guardrail wants typed.
        (Demand::Count | Demand::Group(_), Consent::Beforehand) => false,
        (Demand::Usual | Demand::Yes | Demand::SecondOperator, Consent::Beforehand) => true,
        (_, Consent::WayBack) => plan.workflow == Workflow::Rollback && plan.after.is_some(),
        (_, Consent::Yes) => wanted.is_none(),
        (_, Consent::Typed(typed)) => wanted.as_deref().is_none_or(|wanted| typed.trim() == wanted),
    };
    if !enough {
        let wanted = verdict.demand.words(n);
        return Err(Refusal::Unconfirmed { wanted, reasons: verdict.reasons.clone() });
    }
    if verdict.demand == Demand::SecondOperator {
        let (ttl_s, reasons) = (verdict.approval_ttl_s, verdict.reasons.clone());
        return Ok(Passed::Later(Asked { plan, ttl_s, reasons }));
    }
    Ok(Passed::Now(Approved { plan }))
}

/// Whether this person may approve that plan now.
pub fn second<'p>(
    plan: &'p Plan,
    approval: &Approval,
    by: &Operator,
    now: Timestamp,
) -> Result<Approved<'p>, Refusal> {
    approval.open(now)?;
    if same_person(&approval.by, by) {
        return Err(Refusal::SamePerson(by.user.clone()));
    }
    approved(plan, &approval.hash)
}

/// The right to go on with a run that was approved before.
pub fn again<'p>(plan: &'p Plan, approval: &Approval) -> Result<Approved<'p>, Refusal> {
    match &approval.decision {
        Some(given) if given.decision == Decision::Approved => approved(plan, &approval.hash),
        Some(given) => Err(Refusal::Decided(given.words())),
        None => Err(Refusal::Unconfirmed {
            wanted: "a second person approves".to_owned(),
            reasons: approval.reasons.clone(),
        }),
    }
}

fn approved<'p>(plan: &'p Plan, hash: &PlanHash) -> Result<Approved<'p>, Refusal> {
    if plan.hash() == *hash { Ok(Approved { plan }) } else { Err(Refusal::OtherPlan) }
}
