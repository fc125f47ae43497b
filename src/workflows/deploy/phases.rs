//! What happens on one host, rendered.

use super::assemble::{Candidate, Wish};
use super::{env::Env, server};
use crate::domain::connection::Become;
use crate::domain::ids::StepId;
use crate::domain::job::{JobStep, StepInput};
use crate::domain::plan::{HostPlan, LeftOut, Phase, PlannedStep, Tag};
use crate::domain::secret::{Sealed, SecretName};
use crate::domain::untrusted::Safe;
use crate::steps::deploy::{self, Site};
use crate::steps::env_file::Record;
use crate::steps::lease::{self, Claim};
use crate::steps::record;

/// Seconds that a step may take which neither builds nor waits.
const SHORT_S: u64 = 120;
/// Seconds by which a lease outlives what it is for: time for the control side to come back.
const SLACK_S: u64 = 120;
/// The step that brings the checkout.
const CLONE: &str = "clone";
/// The step that records the release.
const RECORD: &str = "record";
/// Whose the checks of the instance are.
const CHECKS: &[Tag] = &[Tag::Deploy, Tag::Validate];

/// The steps of a host: those that it gets, in order, and those that are left out.
pub(super) struct Steps {
    going: Vec<PlannedStep>,
    left_out: Vec<LeftOut>,
    claim: Claim,
}

impl Steps {
    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.going.is_empty()
    }

    /// Whether the checkout is brought to the commit of the plan.
    pub(super) fn clones(&self) -> bool {
        self.going.iter().any(|s| s.step.id.as_str() == CLONE)
    }
}

/// Whether the host's release is recorded in the end.
pub(super) fn records(host: &HostPlan) -> bool {
    host.steps().any(|(id, _)| id.as_str() == RECORD)
}

/// Whether any of its steps gets a secret.
pub(super) fn has_holes(host: &HostPlan) -> bool {
    let steps = host.phases.iter().flat_map(|phase| match phase {
        Phase::Job { steps } => steps.as_slice(),
        Phase::Gate(_) | Phase::Vault(_) => &[],
    });
    steps.flat_map(|s| &s.step.inputs).any(|input| input.content.names().next().is_some())
}

/// Gives a host its jobs: the lease, its steps, the lease back.
pub(super) fn fill(host: &mut HostPlan, steps: Steps) {
    let Steps { going, left_out, claim } = steps;
    let take = lease::acquire(&claim, SHORT_S + SLACK_S);
    let mut first = vec![looking("lease", "lease", SHORT_S, take)];
    // The firewall is confirmed by a job of its own, sent over a new login: the control machine has come in again.
    let confirmed = going.iter().position(|s| s.step.id.as_str() == server::CONFIRM);
    let mut going = going;
    let mut last = going.split_off(confirmed.unwrap_or(0));
    first.extend(going);
    let give_back = looking("release-lease", "give back", SHORT_S, lease::release(&claim));
    if confirmed.is_some() {
        last.push(give_back);
        host.phases = vec![Phase::Job { steps: first }, Phase::Job { steps: last }];
    } else {
        first.extend(last);
        first.push(give_back);
        host.phases = vec![Phase::Job { steps: first }];
    }
    host.left_out = left_out;
    host.on_failure = vec![looking("free-lease", "give back", SHORT_S, lease::release(&claim))];
}

/// A step that no tag or reason has decided about yet.
pub(super) struct Offered {
    pub(super) step: PlannedStep,
    tags: &'static [Tag],
    /// Why this host cannot have it.
    not_here: Option<Safe>,
}

/// The steps of a host by the tags and by what the host is.
pub(super) fn steps(wish: &Wish, candidate: &Candidate<'_>) -> Steps {
    let claim = Claim {
        workflow: "deploy",
        target: Safe::line(&format!("{} ({})", wish.target.reference, wish.target.sha.short())),
        operator: wish.operator.clone(),
    };
    let mut going = Vec::new();
    let mut left_out = Vec::new();
    let offered = Host { wish, candidate, claim: &claim }.offered();
    let mut checks = offered.iter().filter(|o| o.tags == CHECKS);
    let unchecked = checks.find_map(|o| wish.tags.leaves_out(o.tags));
    for Offered { step, tags, not_here } in offered {
        let unproved = || {
            let reason = unchecked.as_ref().filter(|_| step.step.id.as_str() == RECORD)?;
            Some(Safe::line(&format!("not everything is checked ({reason})")))
        };
        match wish.tags.leaves_out(tags).or(not_here).or_else(unproved) {
            Some(reason) => left_out.push(LeftOut { title: step.title, reason }),
            None => going.push(step),
        }
    }
    Steps { going, left_out, claim }
}

struct Host<'a> {
    wish: &'a Wish,
    candidate: &'a Candidate<'a>,
    claim: &'a Claim,
}

impl Host<'_> {
    fn offered(&self) -> Vec<Offered> {
        let mut all: Vec<Offered> =
            self.preparing().into_iter().map(|step| self.only_as_root(step)).collect();
        all.extend(self.installing());
        all.extend(self.starting());
        all.extend(self.checking());
        all.push(self.recording());
        all
    }

    fn site(&self, lasting_s: u64) -> Site<'_> {
        Site {
            id: &self.candidate.host.id,
            settings: self.candidate.settings,
            claim: self.claim,
            hold_s: lasting_s + SLACK_S,
        }
    }

    /// Whether steps run as root, so that what belongs to the whole server can be changed and seen.
    fn as_root(&self) -> bool {
        let connection = &self.candidate.host.connection;
        let root_login = connection.user.as_ref().is_some_and(|user| user.as_str() == "root");
        connection.become_root == Become::Root || root_login
    }

    /// What makes the server one on which an instance can run.
    fn preparing(&self) -> Vec<Offered> {
        let settings = self.candidate.settings;
        let long_s = settings.policy.step_timeout_s;
        let login = self.candidate.host.connection.user.as_ref();
        server::offered(&self.site(SHORT_S), &self.site(long_s), (SHORT_S, long_s), login)
    }

    fn installing(&self) -> Vec<Offered> {
        let settings = self.candidate.settings;
        let (target, dir) = (&self.wish.target, &settings.dir);
        let sha = &target.sha;
        let long_s = settings.policy.step_timeout_s;
        let (short, long) = (self.site(SHORT_S), self.site(long_s));
        let owner = self.candidate.host.connection.user.as_ref().filter(|_| self.as_root());
        let clone = format!("{dir} at {} ({}) of {}", target.reference, sha.short(), settings.repo);
        vec![
            does(
                CLONE,
                "clone",
                long_s,
                deploy::clone(&long, owner, target),
                &clone,
                &[Tag::Deploy],
            ),
            does(
                "folders",
                "folders",
                SHORT_S,
                deploy::folders(&short),
                &format!("makes {}, for its owner alone", settings.backup_dir),
                &[Tag::Deploy],
            ),
            self.env(&short),
            does(
                "images",
                "images",
                long_s,
                deploy::images(&long, sha),
                "pulls and builds all images",
                &[Tag::Deploy, Tag::Build],
            ),
        ]
    }

    /// From the images to a server that keeps itself backed up.
    fn starting(&self) -> Vec<Offered> {
        let settings = self.candidate.settings;
        let (long_s, wait_s) =
            (settings.policy.step_timeout_s, settings.policy.healthy_deadline_s + SHORT_S);
        let (short, long, wait) = (self.site(SHORT_S), self.site(long_s), self.site(wait_s));
        let cron = &settings.deploy.backup_cron;
        vec![
            does(
                "data",
                "data services",
                wait_s,
                deploy::data(&wait),
                "starts the databases and waits for them",
                &[Tag::Deploy],
            ),
            does(
                "migrate",
                "migrate",
                long_s,
                deploy::migrate(&long),
                "applies pending migrations",
                &[Tag::Deploy, Tag::Migrate],
            ),
            does(
                "seed",
                "seed",
                long_s,
                deploy::seed(&long),
                "seeds, only where there was no data and never twice",
                &[Tag::Deploy, Tag::Seed],
            ),
            does(
                "up",
                "up",
                long_s,
                deploy::up(&long),
                "starts all services that do not run as they should",
                &[Tag::Deploy],
            ),
            does(
                "cron",
                "backup cron",
                SHORT_S,
                deploy::cron(&short),
                &format!("lets cron make a backup ({})", cron.as_str()),
                &[Tag::Deploy, Tag::Backup],
            ),
        ]
    }

    fn env(&self, site: &Site<'_>) -> Offered {
        let what = "writes .env from the inventory and the vault";
        match &self.candidate.env {
            Ok(Env { desired, seen, verdict }) => {
                let record = Record { written: &desired.variables, left_out: &desired.left_out };
                let script = deploy::env(site, seen.as_deref(), *verdict, &record);
                let mut offered = does("env", ".env", SHORT_S, script, what, &[Tag::Env]);
                let content = desired.file.clone();
                offered.step.step.inputs = vec![StepInput { name: step_id("env"), content }];
                offered
            }
            Err(why) => {
                let mut offered = does("env", ".env", SHORT_S, String::new(), what, &[Tag::Env]);
                offered.not_here = Some(why.clone());
                offered
            }
        }
    }

    fn checking(&self) -> Vec<Offered> {
        let settings = self.candidate.settings;
        let wait_s = settings.policy.healthy_deadline_s + SHORT_S;
        let (short, wait) = (self.site(SHORT_S), self.site(wait_s));
        let sha = Some(&self.wish.target.sha)
            .filter(|_| self.wish.tags.leaves_out(&[Tag::Deploy]).is_none());
        let mut all = vec![
            looks("check-containers", "containers", wait_s, deploy::containers(&wait), CHECKS),
            looks("check-api", "API", wait_s, deploy::api(&wait, sha), CHECKS),
            looks("check-admin", "admin page", wait_s, deploy::admin(&wait), CHECKS),
            self.login(wait_s),
            looks("check-migrations", "migrations", SHORT_S, deploy::migrations(&short), CHECKS),
            looks("check-cron", "cron", SHORT_S, deploy::cron_line(&short), CHECKS),
        ];
        let ports = &settings.server.ufw_ports;
        for (id, title, script) in [
            ("check-ufw", "UFW", deploy::ufw(&short, ports)),
            ("check-fail2ban", "fail2ban", deploy::fail2ban(&short)),
        ] {
            let offered = looks(id, title, SHORT_S, script, &[Tag::Common, Tag::Validate]);
            all.push(self.only_as_root(offered));
        }
        all.push(looks("check-public", "from outside", SHORT_S, deploy::public(&short), CHECKS));
        all
    }

    fn login(&self, wait_s: u64) -> Offered {
        let mut offered =
            looks("check-login", "login", wait_s, deploy::login(&self.site(wait_s)), CHECKS);
        match self.login_request() {
            Ok(content) => {
                offered.step.step.inputs = vec![StepInput { name: step_id("login"), content }];
            }
            Err(why) => offered.not_here = Some(why),
        }
        offered
    }

    fn login_request(&self) -> Result<Sealed, Safe> {
        let secrets = self.candidate.secrets.as_ref().map_err(Clone::clone)?;
        let body = deploy::login_body(&self.candidate.settings.deploy.admin_email, password());
        Sealed::seal(body, secrets).map_err(|error| Safe::line(&error.to_string()))
    }

    fn only_as_root(&self, mut offered: Offered) -> Offered {
        if !self.as_root() {
            let why = "the server itself is not managed: changes are not made as root";
            offered.not_here = Some(Safe::line(why));
        }
        offered
    }

    fn recording(&self) -> Offered {
        let candidate = self.candidate;
        let target = &self.wish.target;
        let hold = SHORT_S + SLACK_S;
        let script = record::record(candidate.settings, self.claim, hold, target, None);
        let what = "records the release on the host";
        does(RECORD, "record", SHORT_S, script, what, &[Tag::Deploy])
    }
}

/// The secret with which the administrator logs in.
#[expect(clippy::expect_used, reason = "the name is written here, and a test uses it")]
fn password() -> SecretName {
    "vault_admin_password".parse().expect("the name of a secret of this file is valid")
}

fn looking(id: &str, title: &str, timeout_s: u64, script: String) -> PlannedStep {
    let step = JobStep { id: step_id(id), script, timeout_s, inputs: Vec::new(), new_login: false };
    PlannedStep { step, title: Safe::line(title), changes: None }
}

pub(super) fn looks(
    id: &str,
    title: &str,
    timeout_s: u64,
    script: String,
    tags: &'static [Tag],
) -> Offered {
    Offered { step: looking(id, title, timeout_s, script), tags, not_here: None }
}

pub(super) fn does(
    id: &str,
    title: &str,
    timeout_s: u64,
    script: String,
    changes: &str,
    tags: &'static [Tag],
) -> Offered {
    let mut offered = looks(id, title, timeout_s, script, tags);
    offered.step.changes = Some(Safe::line(changes));
    offered
}

#[expect(clippy::expect_used, reason = "all ids are written in this file, and a test renders each")]
fn step_id(id: &str) -> StepId {
    id.parse().expect("a step id of this file is valid")
}
