//! Runs that wait for a second person.

use rusqlite::params;

use super::db::Db;
use crate::domain::ids::RunId;
use crate::domain::plan::Plan;
use crate::domain::policy::{Approval, Decision, Verdicted};
use crate::domain::run::event::EventKind;
use crate::domain::run::state::Phase;
use crate::domain::untrusted::Safe;
use crate::engine::ports::StoreError;

impl Db {
    pub(super) fn approval(&mut self, run: &RunId) -> Result<Option<Approval>, StoreError> {
        if !self.has_approvals()? {
            return Ok(None);
        }
        let sql = "SELECT approval FROM approvals WHERE run = ?1";
        let found: Vec<String> = self.query(sql, params![run.as_str()], |row| row.get(0))?;
        found.first().map(|text| self.parsed(text)).transpose()
    }

    /// Whether the database is new enough; one who only looks does not bring it up to date.
    fn has_approvals(&mut self) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'approvals'";
        let found: Vec<i64> = self.query(sql, &[], |row| row.get(0))?;
        Ok(!found.is_empty())
    }

    pub(super) fn create_waiting(
        &mut self,
        run: &RunId,
        plan: Plan,
        first: EventKind,
        approval: &Approval,
    ) -> Result<(), StoreError> {
        self.create(run, plan, first)?;
        let sql = "INSERT INTO approvals (run, approval) VALUES (?1, ?2)";
        let text = self.json(approval)?;
        self.execute_with(sql, params![run.as_str(), text])?;
        let reasons: Vec<&str> = approval.reasons.iter().map(Safe::as_str).collect();
        let why = Safe::line(&format!("a second person has to approve: {}", reasons.join("; ")));
        self.journal(run, vec![EventKind::ApprovalAsked { until: approval.until, why }]).map(drop)
    }

    pub(super) fn decide(&mut self, run: &RunId, what: &Verdicted) -> Result<(), StoreError> {
        self.must_go_on(run)?;
        let approval = self.approval(run)?;
        let Some(mut approval) = approval.filter(|a| a.decision.is_none()) else {
            return Err(StoreError::Ended(run.to_string()));
        };
        approval.decision = Some(what.clone());
        let sql = "UPDATE approvals SET approval = ?2 WHERE run = ?1";
        let text = self.json(&approval)?;
        self.execute_with(sql, params![run.as_str(), text])?;
        let (by, why) = (what.by.clone(), what.words());
        let kinds = match what.decision {
            Decision::Approved => vec![EventKind::ApprovalGiven { by }],
            Decision::Rejected | Decision::Expired => vec![
                EventKind::ApprovalRefused { by, why: why.clone() },
                EventKind::RunFinished { state: Phase::Aborted, summary: why },
            ],
        };
        self.journal(run, kinds).map(drop)
    }

    /// Refuses a worker of a run to which nobody agreed, and of one whose plan is not the one that was agreed to.
    pub(super) fn must_be_approved(&mut self, run: &RunId) -> Result<(), StoreError> {
        let Some(approval) = self.approval(run)? else { return Ok(()) };
        let given = approval.decision.is_some_and(|d| d.decision == Decision::Approved);
        if given && self.plan(run)?.hash() == approval.hash {
            Ok(())
        } else {
            Err(StoreError::Unapproved(run.to_string()))
        }
    }
}
