//! The steps of a first deployment that an upgrade does not have.
//!
//! **Invariant:** each looks whether it is done before it does anything, so that a deployment that was stopped
//! anywhere goes on from there, and one of a deployed instance changes nothing. What only a first deployment may do
//! (to seed) is bound to marks in the state folder of the instance: `deploying` while no release is recorded, `cloning`
//! until the checkout is whole, `data` (what was there before the first container), `built`, `made` (what the
//! containers were made from), `seeded`.

mod checks;

pub use checks::{
    admin, api, containers, cron_line, fail2ban, login, login_body, migrations, public, ufw,
};

use super::env_file::Record;
use super::git;
use super::lease::{self, Claim};
use super::migrate::in_new_image;
use super::quote::quote;
use super::script::Script;
use crate::domain::connection::UserName;
use crate::domain::git::CommitSha;
use crate::domain::ids::HostId;
use crate::domain::plan::Target;
use crate::domain::settings::InstanceSettings;

/// What all steps of one host share.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// The instance.
    pub id: &'a HostId,
    /// Its settings.
    pub settings: &'a InstanceSettings,
    /// For whom the lease is held.
    pub claim: &'a Claim,
    /// Seconds for which each step prolongs it.
    pub hold_s: u64,
}

impl Site<'_> {
    fn keeping(&self) -> Script {
        lease::keeping(self.settings, self.claim, self.hold_s)
    }

    fn stack(&self) -> Script {
        let deadline = self.settings.policy.healthy_deadline_s.to_string();
        self.keeping().set("deadline_s", &deadline).fixed(include_str!("stack.sh"))
    }
}

/// Makes the folder and brings it to the commit of the plan. `owner` is whose it is to be; `None` is the login user.
pub fn clone(site: &Site<'_>, owner: Option<&UserName>, target: &Target) -> String {
    let settings = site.settings;
    let script = lease::held(site.claim, site.hold_s)
        .set("dir", settings.dir.as_str())
        .set("owner", owner.map_or("", UserName::as_str))
        .set("repo", settings.repo.as_str())
        .set("ref", target.reference.as_str())
        .set("sha", target.sha.as_str())
        .set("sha_short", target.sha.short())
        .fixed(include_str!("clone.sh"));
    git::fetching(script.fixed(include_str!("../git.sh")).fixed(include_str!("clone_git.sh")))
        .fixed(include_str!("clone_checkout.sh"))
        .text()
}

/// Makes the folders that the application expects, with their owner and mode.
pub fn folders(site: &Site<'_>) -> String {
    site.keeping()
        .set("backup_dir", site.settings.backup_dir.as_str())
        .fixed(include_str!("folders.sh"))
        .text()
}

/// What may be done with the `.env` that the plan saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvVerdict {
    /// All its variables are as they should be: it is left as it is.
    AsItIs,
    /// There is none, or all of it was written by a run: the wanted one takes its place.
    Write,
    /// Somebody edited it on the host: `configure` decides.
    Refuse,
}

/// Writes `.env` from the input `env`, unless somebody else did. `seen` is the SHA-256 of the file that the plan saw.
pub fn env(
    site: &Site<'_>,
    seen: Option<&str>,
    verdict: EnvVerdict,
    record: &Record<'_>,
) -> String {
    let fingerprints = record.lines();
    let verdict = match verdict {
        EnvVerdict::AsItIs => "as-it-is",
        EnvVerdict::Write => "write",
        EnvVerdict::Refuse => "refuse",
    };
    site.keeping()
        .set("seen", seen.unwrap_or("none"))
        .set("verdict", verdict)
        .list("fingerprints", fingerprints.iter().map(String::as_str))
        .fixed(include_str!("env.sh"))
        .text()
}

/// Pulls and builds all images.
pub fn images(site: &Site<'_>, sha: &CommitSha) -> String {
    site.stack()
        .set("sha", sha.as_str())
        .set("sha_short", sha.short())
        .fixed(include_str!("images.sh"))
        .text()
}

/// Starts the services that hold data, and waits for them.
pub fn data(site: &Site<'_>) -> String {
    let named = site.settings.deploy.data_services.iter().map(String::as_str);
    site.stack().list("data_services", named).fixed(include_str!("data.sh")).text()
}

/// Applies the migrations that are pending.
pub fn migrate(site: &Site<'_>) -> String {
    site.keeping()
        .set("status_command", &in_new_image(&site.settings.deploy.migrate_status_command))
        .set("command", &in_new_image(&site.settings.migrate_command))
        .fixed(include_str!("migrate.sh"))
        .text()
}

/// Seeds, once in the life of an instance, and never over data.
pub fn seed(site: &Site<'_>) -> String {
    let deploy = &site.settings.deploy;
    let marker = deploy.seeded_marker.as_ref().map_or("", |path| path.as_str());
    site.keeping()
        .set("marker", marker)
        .set("command", &in_new_image(&deploy.seed_command))
        .fixed(include_str!("seed.sh"))
        .text()
}

/// Starts what does not run as it should.
pub fn up(site: &Site<'_>) -> String {
    site.stack().fixed(include_str!("up.sh")).text()
}

/// Lets cron make the backup: one line of the owner's crontab; all other lines stay.
pub fn cron(site: &Site<'_>) -> String {
    crontab(site).fixed(include_str!("cron_install.sh")).text()
}

/// What marks the line of a crontab that is ours.
pub fn backup_mark(id: &HostId) -> String {
    format!("# bunker {id} backup")
}

fn crontab(site: &Site<'_>) -> Script {
    let settings = site.settings;
    let mark = backup_mark(site.id);
    let log = format!("{}/backup.log", settings.backup_dir.as_str().trim_end_matches('/'));
    let (dir, log) = (quote(settings.dir.as_str()), quote(&log));
    let job = format!("cd {dir} && {{ {}; }} >>{log} 2>&1", settings.backup_command.as_str());
    // A bare % is a line end to cron.
    let line =
        format!("{} {} {mark}", settings.deploy.backup_cron.as_str(), job.replace('%', "\\%"));
    site.keeping().set("line", &line).set("mark", &mark).fixed(include_str!("crontab.sh"))
}
