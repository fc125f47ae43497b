//! Looking at a canary: its hosts' health, and what the metrics server has of them.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::shared::Shared;
use crate::domain::canary::samples::stretch;
use crate::domain::canary::soak::{Look, Meaning, Moment, SoakClock};
use crate::domain::canary::{CanaryPlan, Evidence, Report, Scope, Verdict, judge};
use crate::domain::plan::{GateSpec, HostPlan, Phase};
use crate::domain::run::event::{EventKind, same_but_for_time};
use crate::domain::run::outcome::Failure;
use crate::domain::run::state::RunState;
use crate::domain::untrusted::Safe;
use crate::engine::canary::evidence;
use crate::engine::ports::{GateBaseline, GateObservation, StoreError};

/// Between two journalled looks that say the same: the most that a soak loses when its worker dies.
const QUIET: Duration = Duration::from_secs(15);

/// How often, and how long apart, a metrics server whose answer was lost is asked again before a person is: one lost
/// answer at the end of a soak shall wake nobody.
const ASKED_AGAIN: u32 = 2;
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// What one look means for the canary.
pub(super) enum Seen {
    /// Nothing is against it.
    Well,
    /// It failed.
    Failed(Failed),
    /// A host could not be seen for so long that a person should look; why.
    Blind(Safe),
}

/// How a canary failed.
pub(super) struct Failed {
    /// Why, as a sentence part.
    pub(super) why: Safe,
    /// What the host says, where it is one.
    pub(super) failure: Option<Failure>,
}

/// One canary host.
struct Watched<'a> {
    host: &'a HostPlan,
    gate: GateSpec,
    baseline: Option<GateBaseline>,
    skew_s: Option<f64>,
}

/// The last look that was journalled.
struct Told {
    at: Instant,
    detail: Safe,
    done: bool,
}

/// The watch over a canary.
pub(super) struct Watch<'a> {
    shared: &'a Shared,
    plan: &'a CanaryPlan,
    hosts: Vec<Watched<'a>>,
    clock: SoakClock,
    began: Timestamp,
    zero: Instant,
    told: Option<Told>,
    limits_at: Instant,
    compared_at: Instant,
}

impl<'a> Watch<'a> {
    /// Goes on from where the journal stands.
    pub(super) async fn open(
        shared: &'a Shared,
        plan: &'a CanaryPlan,
        state: &RunState,
    ) -> Result<Self, StoreError> {
        let before = state.canary.as_ref();
        let counted_s = before.map_or(0.0, |canary| canary.counted_s);
        let (now, zero) = (shared.ports.clock.now(), Instant::now());
        let hosts = plan.canary.iter().filter_map(|member| {
            let host = shared.plan.host(&member.host)?;
            Some(Watched { host, gate: gate_of(host)?, baseline: None, skew_s: None })
        });
        let watch = Self {
            shared,
            plan,
            hosts: hosts.collect(),
            clock: SoakClock::new(plan.soak_s, plan.look_s, counted_s),
            began: before.map_or(now, |canary| canary.began),
            zero,
            told: None,
            limits_at: zero,
            compared_at: zero,
        };
        match before {
            None => watch.tell(&Safe::line("the soak begins")).await?,
            Some(canary) if !watch.clock.is_done() => {
                let gap_s = now.duration_since(canary.told).as_secs_f64();
                if gap_s > 2.0 * plan.look_s as f64 {
                    watch.gap(gap_s, "no worker was there").await?;
                }
            }
            Some(_) => {}
        }
        Ok(watch)
    }

    /// Whether enough healthy time was seen.
    pub(super) fn is_soaked(&self) -> bool {
        self.clock.is_done()
    }

    /// Waits for the next look.
    pub(super) async fn rest(&self) {
        tokio::time::sleep(Duration::from_secs(self.plan.look_s.max(1))).await;
    }

    /// Looks once at the health of all hosts, and where it is time at the metrics' own limits.
    pub(super) async fn look(&mut self) -> Result<Seen, StoreError> {
        let (look, worst) = self.health().await;
        let detail = match &look {
            Look::Well => Safe::line("healthy"),
            Look::Ill(what, _) | Look::Unseen(what) => what.clone(),
        };
        let moment = Moment { steady: self.zero.elapsed(), wall: self.shared.ports.clock.now() };
        let meaning = self.clock.after(look, moment);
        if let Meaning::Gap(gap_s) = meaning {
            self.gap(gap_s, "nobody looked: this machine slept, was stopped, or its clock was set")
                .await?;
        }
        let over = matches!(meaning, Meaning::Failed(_) | Meaning::Blind(_));
        self.news(detail, over).await?;
        match meaning {
            Meaning::Failed(what) => Ok(Seen::Failed(self.explained(what, worst).await)),
            Meaning::Blind(what) => Ok(Seen::Blind(what)),
            Meaning::Counts | Meaning::Gap(_) | Meaning::Lost => self.limits().await,
        }
    }

    /// Judges everything over the last soak's time, and journals it.
    pub(super) async fn judge(&mut self) -> Result<Report, StoreError> {
        let mut found = self.evidence().await;
        for _ in 0..ASKED_AGAIN {
            if !found.as_ref().is_ok_and(Evidence::was_lost) {
                break;
            }
            tokio::time::sleep(ASK_AGAIN).await;
            found = self.evidence().await;
        }
        let report = self.judged(&found, Scope::Everything);
        self.compared_at = Instant::now();
        let kind = EventKind::CanaryJudged { report: Box::new(report.clone()) };
        self.shared.add(vec![kind]).await?;
        Ok(report)
    }

    /// While a run waits the comparison is made again, once a whole new soak's time has gone by: more often would
    /// fail it by chance.
    pub(super) async fn compare_again(&mut self) -> Result<Option<Failed>, StoreError> {
        let due = self.compared_at + Duration::from_secs(self.plan.soak_s.max(60));
        if !self.is_soaked() || !self.plan.is_judged() || Instant::now() < due {
            return Ok(None);
        }
        let report = self.judge().await?;
        let failed = report.verdict == Verdict::Fail;
        Ok(failed.then(|| Failed { why: report.why(), failure: None }))
    }

    async fn health(&mut self) -> (Look, Option<(usize, GateObservation)>) {
        let gates = &self.shared.ports.gates;
        let looks = join_all(
            self.hosts.iter().map(|w| gates.observe(w.host, &w.gate, w.baseline.as_ref())),
        )
        .await;
        let mut worst: Option<(usize, GateObservation)> = None;
        for (at, (watched, seen)) in self.hosts.iter_mut().zip(looks).enumerate() {
            watched.skew_s = seen.skew_s.or(watched.skew_s);
            if seen.known {
                watched.baseline.get_or_insert_with(|| seen.baseline.clone());
            }
            if worst.as_ref().is_none_or(|(_, worst)| rank(&seen) > rank(worst)) {
                worst = Some((at, seen));
            }
        }
        let Some((host, seen)) =
            worst.as_ref().and_then(|(at, s)| Some((self.hosts.get(*at)?.host, s)))
        else {
            return (Look::Unseen(Safe::line("no host of it can be looked at")), None);
        };
        let what = Safe::line(&format!("{}: {}", host.id, seen.detail));
        let look = match rank(seen) {
            0 => Look::Well,
            1 => Look::Unseen(what),
            _ => Look::Ill(what, seen.hopeless),
        };
        (look, worst)
    }

    async fn explained(&self, why: Safe, worst: Option<(usize, GateObservation)>) -> Failed {
        let failure = match worst.and_then(|(at, seen)| Some((self.hosts.get(at)?, seen))) {
            Some((w, seen)) => Some(self.shared.ports.gates.explain(w.host, &w.gate, &seen).await),
            None => None,
        };
        Failed { why, failure }
    }

    /// The limits of single samples, now and then: what is bad enough fails before the soak is over.
    async fn limits(&mut self) -> Result<Seen, StoreError> {
        let every = Duration::from_secs((self.plan.soak_s / 30).clamp(5, 60));
        let now = Instant::now();
        if !self.plan.is_judged() || now < self.limits_at + every {
            return Ok(Seen::Well);
        }
        self.limits_at = now;
        let found = self.evidence().await;
        let report = self.judged(&found, Scope::Limits);
        if report.verdict != Verdict::Fail {
            // For people; once it is soaked the judgement stands, and a run can wait for days.
            if !self.clock.is_done() {
                let so_far = Box::new(self.judged(&found, Scope::Everything));
                self.shared.add(vec![EventKind::CanarySoFar { report: so_far }]).await?;
            }
            return Ok(Seen::Well);
        }
        let why = report.why();
        let kind = EventKind::CanaryJudged { report: Box::new(report) };
        self.shared.add(vec![kind]).await?;
        Ok(Seen::Failed(Failed { why, failure: None }))
    }

    /// What there is to judge since the beginning, at most of a soak's time; where a wall clock that was set back
    /// leaves nothing, which is no data, the time now.
    async fn evidence(&self) -> Result<Evidence, Timestamp> {
        let (plan, ports) = (self.plan, &self.shared.ports);
        let until = ports.clock.now();
        let soak = i64::try_from(plan.soak_s).unwrap_or(i64::MAX);
        let last = until.checked_sub(SignedDuration::from_secs(soak)).unwrap_or(until);
        let grid = stretch(self.began.max(last), until).ok_or(until)?;
        let skews = self.hosts.iter().filter_map(|w| Some((w.host.id.clone(), w.skew_s?)));
        let skews: BTreeMap<_, _> = skews.collect();
        let server = plan.server.as_ref();
        Ok(evidence(&*ports.metrics, server, &plan.metrics, grid, skews).await)
    }

    fn judged(&self, found: &Result<Evidence, Timestamp>, scope: Scope) -> Report {
        let plan = self.plan;
        match found {
            Ok(found) => judge(&plan.metrics, &plan.canary, &plan.rest, found, scope),
            Err(until) => Report::nothing(&plan.metrics, *until),
        }
    }

    async fn news(&mut self, detail: Safe, over: bool) -> Result<(), StoreError> {
        let (now, done) = (Instant::now(), self.clock.is_done());
        let news = self.told.as_ref().is_none_or(|told| {
            let same = same_but_for_time(told.detail.as_str(), detail.as_str());
            // Once it is soaked there is no progress to tell.
            !same || (!told.done && (done || now.duration_since(told.at) >= QUIET))
        });
        if news || over {
            self.tell(&detail).await?;
            self.told = Some(Told { at: now, detail, done });
        }
        Ok(())
    }

    async fn tell(&self, detail: &Safe) -> Result<(), StoreError> {
        let kind = EventKind::CanarySoak {
            counted_s: self.clock.counted_s(),
            needed_s: self.plan.soak_s,
            detail: detail.clone(),
        };
        self.shared.add(vec![kind]).await.map(drop)
    }

    async fn gap(&self, gap_s: f64, why: &str) -> Result<(), StoreError> {
        let kind = EventKind::CanaryGap { gap_s, why: Safe::line(why) };
        self.shared.add(vec![kind]).await.map(drop)
    }
}

/// How bad a look is: 3 cannot get better, 2 is unhealthy, 1 is unseen, 0 is healthy.
fn rank(seen: &GateObservation) -> u8 {
    match (seen.hopeless, seen.known, seen.healthy) {
        (true, ..) => 3,
        (false, true, false) => 2,
        (false, false, _) => 1,
        (false, true, true) => 0,
    }
}

/// The gate that the host passed, which it has to go on passing.
fn gate_of(host: &HostPlan) -> Option<GateSpec> {
    host.phases.iter().find_map(|phase| match phase {
        Phase::Gate(gate) => Some(gate.clone()),
        Phase::Job { .. } | Phase::Vault(_) => None,
    })
}
