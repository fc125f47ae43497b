//! `cml_*`: what runs on a host, with the defaults of the managed application.

use super::reader::Reader;
use super::{canary, deploy, policy, server};
use crate::domain::git::{GitRef, GitUrl};
use crate::domain::ids::{Domain, GroupName, InvalidName};
use crate::domain::paths::RemotePath;
use crate::domain::settings::{HttpUrl, InstanceSettings, OperatorCommand, Tier};

/// The group whose members are instances.
const GROUP: &str = "changemaker_instances";
/// The checkout, unless `cml_dir` says otherwise.
const DIR: &str = "/opt/changemaker-lite";
/// The branch, unless `cml_ref` says otherwise.
const REF: &str = "v2";
/// The database step, unless `cml_migrate_command` says otherwise.
const MIGRATE: &str = "docker compose exec -T api npx prisma migrate deploy";
/// The backup, unless `cml_backup_command` says otherwise.
const BACKUP: &str = "./scripts/backup.sh";
/// The health address on the host, unless `cml_local_health_url` says otherwise.
const LOCAL_HEALTH: &str = "http://127.0.0.1:4000/api/health";

pub(super) const NAME_RULE: &str =
    "use letters, digits, `_`, `.` and `-`, the first a letter or digit";
const PATH_RULE: &str = "use a path below the checkout, without `..`";

/// The instance of a host: `Ok(None)` where the host is none, `Err` where a value cannot be used.
pub(super) fn instance(
    r: &mut Reader<'_>,
    groups: &[GroupName],
) -> Result<Option<InstanceSettings>, ()> {
    if r.variable("cml_domain").is_none() {
        if groups.iter().any(|g| g.as_str() == GROUP) {
            let message = format!("host {} is in group {GROUP} and has no cml_domain", r.host);
            r.miss(message, "set cml_domain in its host_vars, for example cml_domain: example.org");
            return Err(());
        }
        return Ok(None);
    }
    settings(r).filter(|_| !r.failed()).map(Some).ok_or(())
}

fn settings(r: &mut Reader<'_>) -> Option<InstanceSettings> {
    let domain = r.parse::<Domain>("cml_domain");
    if domain.is_none() && !r.failed() {
        let message = format!("cml_domain of host {} is empty", r.host);
        r.refuse("cml_domain", message, Some("write the instance's domain"));
    }
    let tier = tier(r);
    let label = r.check("cml_instance_label", label);
    let dir = r.parse::<RemotePath>("cml_dir").or_else(|| DIR.parse().ok());
    let repo = repo(r);
    let reference = r.parse::<GitRef>("cml_ref").or_else(|| REF.parse().ok());
    let compose_files = r.list("cml_compose_files", PATH_RULE, below);
    let compose_profiles = r.list("cml_compose_profiles", NAME_RULE, name);
    let expected_services = r.list("cml_expected_services", NAME_RULE, name);
    let migrate_command = command(r, "cml_migrate_command", MIGRATE);
    let migrations_dir = r.check("cml_migrations_dir", |text| {
        let ok = below(text).then(|| text.trim_end_matches('/').to_owned());
        ok.ok_or_else(|| InvalidName::new("folder of the checkout", text, PATH_RULE))
    });
    let health = domain.as_ref().map(|d| format!("https://api.{d}/api/health"));
    let health_url = url(r, "cml_health_url", health);
    let local_health_url = url(r, "cml_local_health_url", Some(LOCAL_HEALTH.to_owned()));
    let backup_command = command(r, "cml_backup_command", BACKUP);
    let backup_dir = r.parse::<RemotePath>("cml_backup_dir");
    let server = server::server(r);
    let deploy = deploy::deploy(r, domain.as_ref());
    let policy = policy::policy(r);
    let canary = canary::canary(r, &policy);
    let domain = domain?;
    let dir = dir?;
    Some(InstanceSettings {
        tier,
        label: label.unwrap_or_else(|| domain.as_str().to_owned()),
        repo: repo?,
        reference: reference?,
        compose_files: compose_files.unwrap_or_default(),
        compose_profiles: compose_profiles.unwrap_or_default(),
        expected_services: expected_services.unwrap_or_default(),
        migrate_command: migrate_command?,
        migrations_dir: migrations_dir.unwrap_or_else(|| "api/prisma/migrations".to_owned()),
        health_url: health_url?,
        local_health_url: local_health_url?,
        backup_command: backup_command?,
        backup_dir: backup_dir.or_else(|| dir.join("backups").ok())?,
        server,
        deploy,
        canary,
        policy,
        domain,
        dir,
    })
}

fn tier(r: &mut Reader<'_>) -> Tier {
    let reporting = r.truth("bunker_ops_enabled").unwrap_or(false);
    match r.whole("cml_tier", (1, 2)) {
        Some(1) => Tier::Managed,
        Some(_) => Tier::Reporting,
        None if reporting => Tier::Reporting,
        None => Tier::Managed,
    }
}

fn repo(r: &mut Reader<'_>) -> Option<GitUrl> {
    let repo = r.parse::<GitUrl>("cml_repo");
    let unset = r.variable("cml_repo").is_none();
    if repo.is_none() && (unset || !r.failed()) {
        let message = format!("instance {} has no cml_repo", r.host);
        r.miss(message, "set it for all, in group_vars/all: cml_repo: https://git.example.org/…");
    }
    repo
}

pub(super) fn command(r: &mut Reader<'_>, name: &str, usual: &str) -> Option<OperatorCommand> {
    let given = r.check(name, |text| OperatorCommand::try_from(text.to_owned()));
    given.or_else(|| OperatorCommand::try_from(usual.to_owned()).ok())
}

pub(super) fn url(r: &mut Reader<'_>, name: &str, usual: Option<String>) -> Option<HttpUrl> {
    let given = r.check(name, |text| HttpUrl::try_from(text.to_owned()));
    given.or_else(|| usual.and_then(|u| HttpUrl::try_from(u).ok()))
}

fn label(text: &str) -> Result<String, InvalidName> {
    let ok = !text.is_empty()
        && text.len() <= 253
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'));
    let rule = "use letters, digits, `.`, `-`, `_` and `:`";
    if ok { Ok(text.to_owned()) } else { Err(InvalidName::new("label", text, rule)) }
}

/// A name of Compose: a service or a profile.
pub(super) fn name(text: &str) -> bool {
    text.len() <= 100
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

/// A path below the checkout.
fn below(text: &str) -> bool {
    let part_ok = |part: &str| !part.starts_with('-') && !matches!(part, "." | "..");
    !text.is_empty()
        && text.len() <= 300
        && !text.starts_with('/')
        && text.split('/').all(part_ok)
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/'))
}
