//! What the cockpit's operator asks for, done as the command line does it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::cockpit_enrol::Enrolling;
use super::cockpit_forwards::Forwards;
use super::exit::Trouble;
use super::lease::breaking;
use super::run::{again, operator, unlock_for};
use super::{Context, cockpit_quiet, hooks, host, in_the_way, wiring};
use crate::adapters::ssh::SshPool;
use crate::adapters::store::StoreWriter;
use crate::adapters::vault;
use crate::app::Msg;
use crate::app::effect::Answered;
use crate::app::forwards::{ForwardAsk, Forwarded};
use crate::app::holds::HoldOf;
use crate::app::msg::Problem;
use crate::app::quiet::{QuietAnswer, QuietAsk};
use crate::app::toast::ToastKind;
use crate::domain::capability::Operate;
use crate::domain::fleet::{Fleet, Host};
use crate::domain::ids::{HostId, RunId};
use crate::domain::plan::{Plan, Wish};
use crate::domain::policy::Consent;
use crate::domain::release::Recorded;
use crate::domain::run::control::Control;
use crate::domain::scaffold::enrol::{Answer, Ask};
use crate::domain::secret::due::Due;
use crate::domain::untrusted::Safe;
use crate::engine::launch::Launched;
use crate::engine::planner;
use crate::engine::poller::{LookAgain, Watched};
use crate::engine::ports::{Clock as _, RunWriter, StoreError};
use crate::engine::supervisor::Supervisor;
use crate::tui::{AtTerminal, Changer};

/// How long an edit of the inventory may take to be read.
const READS_AGAIN: Duration = Duration::from_secs(5);

/// How long a host may take until a shell can be opened on it.
const SHELL_READY: Duration = Duration::from_secs(20);

/// The changing side of the cockpit. Made with the right to change things only.
pub(super) struct Changes {
    right: Operate,
    inventory: PathBuf,
    hosts: Arc<SshPool>,
    watched: watch::Receiver<Watched>,
    look_again: LookAgain,
    supervisor: Supervisor,
    forwards: Arc<Forwards>,
}

impl Changes {
    pub(super) fn new(
        right: Operate,
        inventory: PathBuf,
        hosts: Arc<SshPool>,
        watched: watch::Receiver<Watched>,
        look_again: LookAgain,
        supervisor: Supervisor,
        forwards: Arc<Forwards>,
    ) -> Self {
        Self { right, inventory, hosts, watched, look_again, supervisor, forwards }
    }

    /// The fleet. One that was just written into the inventory is waited for until its files were read again.
    async fn fleet_with(&self, hosts: &[HostId]) -> Arc<Fleet> {
        let mut watched = self.watched.clone();
        let knows = |w: &Watched| hosts.iter().all(|id| w.fleet.host(id).is_some());
        let there = tokio::time::timeout(READS_AGAIN, watched.wait_for(knows)).await;
        drop(there);
        Arc::clone(&watched.borrow().fleet)
    }

    fn plan_ports(&self) -> Result<planner::PlanPorts, Problem> {
        wiring::plan_ports(&self.hosts, &self.inventory).map_err(|trouble| problem(&trouble))
    }

    /// A host of which something is asked that is no run and is written down with a reason where policy wants one.
    async fn host(&self, host: &HostId) -> Result<Host, Problem> {
        self.hosts.forget_refusals();
        let fleet = self.fleet_with(std::slice::from_ref(host)).await;
        let gone = || failed(format!("the inventory has no host {host} any more"));
        let host = fleet.host(host).ok_or_else(gone)?.clone();
        let asked = host.instance.as_ref().is_some_and(|i| i.policy.require_why);
        if asked && wiring::caller().why.is_none() {
            return Err(failed(StoreError::NoReason));
        }
        Ok(host)
    }

    fn store(&self) -> Result<Arc<StoreWriter>, Problem> {
        wiring::store_writer(&self.right).map_err(|trouble| problem(&trouble))
    }
}

fn problem(trouble: &Trouble) -> Problem {
    Problem { message: Safe::line(&format!("{:#}", trouble.report)), hint: None }
}

fn failed(error: impl std::fmt::Display) -> Problem {
    Problem { message: Safe::line(&error.to_string()), hint: None }
}

#[async_trait]
impl Changer for Changes {
    fn because(&self, why: Option<Safe>, deed: BoxFuture<'static, Msg>) -> BoxFuture<'static, Msg> {
        Box::pin(wiring::because(why, deed))
    }

    async fn plan(&self, wish: Wish) -> Result<Plan, Problem> {
        // Somebody is at the keyboard now, who may have mended what a host refused before.
        self.hosts.forget_refusals();
        for host in &wish.hosts {
            self.look_again.at(host);
        }
        let fleet = self.fleet_with(&wish.hosts).await;
        hooks::before_plan(&self.right, &fleet, &self.inventory, &wish)
            .await
            .map_err(|trouble| problem(&trouble))?;
        let ports = self.plan_ports()?;
        planner::plan(&ports, &fleet, &wish, &operator::operator()).await.map_err(failed)
    }

    async fn plan_retry(&self, run: &RunId) -> Result<Plan, Problem> {
        self.hosts.forget_refusals();
        again::unlocked_retry(&self.plan_ports()?, run, &self.supervisor)
            .await
            .map_err(|trouble| problem(&trouble))
    }

    async fn secrets(&self) -> Result<Vec<Due>, Problem> {
        let (inventory, now) = (self.inventory.clone(), wiring::clock().now());
        let reading = move || vault::due(&inventory, &wiring::keys(), now);
        self.supervisor
            .spawn_blocking("secrets", reading)
            .join()
            .await
            .map_err(failed)?
            .map_err(failed)
    }

    async fn releases(&self, hosts: &[HostId]) -> Result<Vec<Recorded>, Problem> {
        self.hosts.forget_refusals();
        let fleet = Arc::clone(&self.watched.borrow().fleet);
        let ports = self.plan_ports()?;
        planner::releases(&ports, &fleet, hosts).await.map_err(failed)
    }

    async fn enrol(&self, ask: Ask) -> Result<Answer, Problem> {
        let enrolling = Enrolling::new(&self.inventory, Arc::clone(&self.hosts), &self.right);
        // Files are read and written on the way: on a task that nothing else waits on.
        self.supervisor
            .spawn(
                "enrol",
                wiring::because(wiring::reason(), async move { enrolling.answer(ask).await }),
            )
            .join()
            .await
            .map_err(failed)?
    }

    async fn start(&self, plan: &Plan, consent: &Consent) -> Result<Launched, Problem> {
        let held = in_the_way::look(&self.hosts, plan).await.map_err(|t| problem(&t))?;
        if let Some(first) = held.first() {
            let more = match held.len() {
                1 => String::new(),
                n => format!(" (and {} more)", n - 1),
            };
            let message = format!("{}{more} is held by {}", first.what, first.who);
            let hint = "f waits for it and then starts; g w shows who, to watch or to break it";
            return Err(Problem { message: Safe::line(&message), hint: Some(Safe::line(hint)) });
        }
        let (store, workers, clock) = (
            self.store()?,
            wiring::workers(&self.right, &self.inventory).lending(&self.hosts),
            wiring::clock(),
        );
        let launcher = wiring::launcher(&*store, &workers, &*clock);
        let how = match &plan.after {
            Some(run) => format!("cockpit: retry of run {run}"),
            None => "cockpit".to_owned(),
        };
        launcher.start_run(plan, consent, &operator::operator(), &how).await.map_err(failed)
    }

    async fn decide(&self, run: &RunId, answer: Answered) -> Result<(), Problem> {
        let (store, workers, clock) =
            (self.store()?, wiring::workers(&self.right, &self.inventory), wiring::clock());
        let launcher = wiring::launcher(&*store, &workers, &*clock);
        let by = operator::operator();
        match answer {
            Answered::Approved => {
                let unlocked = unlock_for(&*store, run, &self.supervisor).await;
                unlocked.map_err(|locked| problem(&locked))?;
                launcher.approve(run, &by).await.map_err(failed)
            }
            Answered::Rejected => {
                launcher.reject(run, &by, Safe::line("in the cockpit")).await.map_err(failed)
            }
        }
    }

    async fn control(&self, run: &RunId, control: Control) -> Result<(), Problem> {
        let (store, workers, clock) = (
            self.store()?,
            wiring::workers(&self.right, &self.inventory).lending(&self.hosts),
            wiring::clock(),
        );
        let launcher = wiring::launcher(&*store, &workers, &*clock);
        let by = operator::operator();
        let (worker, ends) = match control {
            Control::Pause | Control::SkipHost(_) | Control::Step => (false, false),
            Control::Abort | Control::Kill => (true, true),
            Control::Resume
            | Control::Promote
            | Control::PromoteAll
            | Control::AbortAndRollBack => (true, false),
        };
        // A run is ended also without its secrets.
        if worker
            && let Err(locked) = unlock_for(&*store, run, &self.supervisor).await
            && !ends
        {
            return Err(problem(&locked));
        }
        match control {
            Control::Pause | Control::SkipHost(_) | Control::Step => {
                store.ask(run, control, &by).await.map_err(failed)
            }
            Control::Promote => launcher.promote(run, false, &by).await.map_err(failed),
            Control::PromoteAll => launcher.promote(run, true, &by).await.map_err(failed),
            Control::AbortAndRollBack => {
                launcher.abort_and_roll_back(run, &by).await.map_err(failed)
            }
            Control::Resume => launcher.resume(run, &by).await.map_err(failed),
            Control::Abort => launcher.abort(run, false, &by).await.map_err(failed),
            Control::Kill => launcher.abort(run, true, &by).await.map_err(failed),
        }
    }

    async fn roll_back(&self, run: &RunId) -> Result<Vec<RunId>, Problem> {
        let by = operator::operator();
        self.hosts.forget_refusals();
        again::roll_back(&self.right, &self.inventory, &self.hosts, run, &by)
            .await
            .map_err(|trouble| problem(&trouble))
    }

    async fn break_lease(
        &self,
        of: &HoldOf,
        seen: &(u64, Option<RunId>),
        reason: &Safe,
    ) -> Result<Safe, Problem> {
        self.hosts.forget_refusals();
        let (fleet, name) = (Arc::clone(&self.watched.borrow().fleet), of.to_string());
        let (right, hosts, (generation, run)) = (&self.right, &self.hosts, seen);
        let gone = match of {
            HoldOf::Fleet => breaking::fleet(right, hosts, &fleet, run.as_ref(), reason).await,
            HoldOf::Instance(id) => {
                let gone = || failed(format!("the inventory has no host {id} any more"));
                let host = fleet.host(id).ok_or_else(gone)?;
                breaking::instance(right, hosts, host, *generation, reason).await
            }
        };
        let gone = gone.map_err(|trouble| problem(&trouble))?;
        Ok(Safe::line(&match gone {
            Some(gone) => gone.words(&name),
            None => format!("nobody holds {name} any more: nothing was done"),
        }))
    }

    async fn quiet(&self, ask: QuietAsk) -> Result<QuietAnswer, Problem> {
        let operate = Some(self.right.clone());
        let context =
            Context { inventory: self.inventory.clone(), json: false, color: false, operate };
        let why = wiring::reason();
        let work = move || wiring::because_now(why, || cockpit_quiet::answer(&context, &ask));
        self.supervisor
            .spawn_blocking("quiet", work)
            .join()
            .await
            .map_err(failed)?
            .map_err(|trouble| problem(&trouble))
    }

    async fn terminal(&self, host: &HostId) -> Result<AtTerminal, Problem> {
        let (host, why) = (self.host(host).await?, wiring::reason());
        let shell = self.hosts.terminal(&host.connection, &self.right, SHELL_READY).await;
        let (shell, right) = (shell.map_err(failed)?, self.right.clone());
        Ok(Box::new(move || match wiring::because_now(why, || host::open(&host, shell, &right)) {
            Ok(opened) => Ok(opened.words(&host)),
            Err(trouble) => Err(format!("{:#}", trouble.report)),
        }))
    }

    async fn forward(&self, ask: ForwardAsk) -> Forwarded {
        let told = match ask {
            ForwardAsk::List => return self.forwards.looked(&self.hosts, &self.right).await,
            ForwardAsk::Again(number) => {
                self.forwards.hurry(number);
                return self.forwards.looked(&self.hosts, &self.right).await;
            }
            ForwardAsk::End(number) => self.forwards.end(number).await,
            ForwardAsk::Open { host, what } => {
                let opened = match self.host(&host).await {
                    Ok(host) => {
                        let opened = self.forwards.open(&self.hosts, &self.right, &host, &what);
                        opened.await.map_err(|trouble| problem(&trouble))
                    }
                    Err(problem) => Err(problem),
                };
                Some(match opened {
                    Ok(text) => (ToastKind::Done, text),
                    Err(problem) => (ToastKind::Problem, problem.message),
                })
            }
        };
        self.forwards.with(told)
    }

    async fn revive(&self, run: &RunId) -> Result<(), Problem> {
        self.control(run, Control::Resume).await
    }
}
