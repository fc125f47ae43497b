//! What the inventory says about one instance, resolved: `app-contract` defaults applied.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::canary::CanaryPolicy;
use super::git::{GitRef, GitUrl};
use super::ids::{Domain, InvalidName};
use super::paths::RemotePath;
use super::server::ServerSettings;

/// 1 managed; 2 managed and reporting metrics to the central server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Tier {
    /// Managed.
    Managed,
    /// Managed and reporting.
    Reporting,
}

impl From<Tier> for u8 {
    fn from(tier: Tier) -> Self {
        match tier {
            Tier::Managed => 1,
            Tier::Reporting => 2,
        }
    }
}

impl TryFrom<u8> for Tier {
    type Error = InvalidName;
    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            1 => Ok(Self::Managed),
            2 => Ok(Self::Reporting),
            _ => Err(InvalidName::new("tier", &number.to_string(), "it is 1 or 2")),
        }
    }
}

/// A shell command that the operator wrote in the inventory (`cml_migrate_command` ...): one line.
///
/// It is the only text that reaches a shell unquoted, since the operator wrote it to be one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OperatorCommand(String);

impl OperatorCommand {
    /// The command line.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OperatorCommand {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            Err(InvalidName::new("command", &text, "use one line without control characters"))
        } else {
            Ok(Self(text))
        }
    }
}

impl From<OperatorCommand> for String {
    fn from(command: OperatorCommand) -> Self {
        command.0
    }
}

/// An `http://` or `https://` address without credentials, at most 500 characters.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HttpUrl(String);

impl HttpUrl {
    /// The address as text, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Scheme, host and port: `http://127.0.0.1:4000`.
    pub fn origin(&self) -> &str {
        let scheme = self.0.find("://").map_or(0, |at| at + 3);
        let path = self.0.get(scheme..).and_then(|rest| rest.find('/'));
        path.and_then(|at| self.0.get(..scheme + at)).unwrap_or(&self.0)
    }

    /// The port, where the address names one.
    pub fn port(&self) -> Option<u16> {
        self.origin().rsplit_once(':').and_then(|(_, port)| port.parse().ok())
    }
}

impl fmt::Debug for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl TryFrom<String> for HttpUrl {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let authority = rest.and_then(|r| r.split('/').next()).unwrap_or_default();
        let ok = !authority.is_empty()
            && !authority.contains('@')
            && text.len() <= 500
            && text.chars().all(|c| c.is_ascii_graphic());
        if ok {
            Ok(Self(text.trim_end_matches('/').to_owned()))
        } else {
            Err(InvalidName::new(
                "URL",
                &text,
                "use http://… or https://… without a password in it",
            ))
        }
    }
}

impl From<HttpUrl> for String {
    fn from(url: HttpUrl) -> Self {
        url.0
    }
}

/// The settings of one instance. Field names follow the variables of `app-contract`, less `cml_`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstanceSettings {
    /// `cml_domain`; the instance's identity towards its users.
    pub domain: Domain,
    /// `cml_tier`, by default 2 where `bunker_ops_enabled`, else 1.
    pub tier: Tier,
    /// `cml_instance_label`, the value of the label `instance` in metrics; by default the domain.
    pub label: String,
    /// `cml_dir`: the checkout; by default `/opt/changemaker-lite`.
    pub dir: RemotePath,
    /// `cml_repo`.
    pub repo: GitUrl,
    /// `cml_ref`: the branch or tag followed; by default `v2`.
    pub reference: GitRef,
    /// `cml_compose_files`, relative to the checkout; empty leaves it to Compose.
    pub compose_files: Vec<String>,
    /// `cml_compose_profiles`.
    pub compose_profiles: Vec<String>,
    /// `cml_expected_services`; empty means all services of the compose file less one-shots.
    pub expected_services: Vec<String>,
    /// `cml_migrate_command`, run in the checkout.
    pub migrate_command: OperatorCommand,
    /// `cml_migrations_dir`, relative to the checkout.
    pub migrations_dir: String,
    /// `cml_health_url`, asked from the control machine.
    pub health_url: HttpUrl,
    /// `cml_local_health_url`, asked on the host.
    pub local_health_url: HttpUrl,
    /// `cml_backup_command`, run in the checkout.
    pub backup_command: OperatorCommand,
    /// `cml_backup_dir`.
    pub backup_dir: RemotePath,
    /// The server below it.
    #[serde(default)]
    pub server: ServerSettings,
    /// What the first deployment and its checks need beside that.
    #[serde(default)]
    pub deploy: DeploySettings,
    /// Whether it goes first in a canary upgrade, and how that is judged. A plan has what of this it needs elsewhere.
    #[serde(default, skip)]
    pub canary: CanaryPolicy,
    /// Limits and times that decide health and gates.
    pub policy: InstancePolicy,
}

/// What a deployment does beside an upgrade, and how its result is looked at. Field names follow the variables of
/// `app-contract`, less `cml_`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeploySettings {
    /// `cml_seed_command`, run in the checkout, once in the life of an instance.
    pub seed_command: OperatorCommand,
    /// `cml_seeded_marker`: the file on the host that says so; by default `seeded` in our state of the instance.
    pub seeded_marker: Option<RemotePath>,
    /// `cml_migrate_status_command`: succeeds where no migration is pending.
    pub migrate_status_command: OperatorCommand,
    /// `cml_data_services`, started before all others; empty means those that are databases by their name.
    pub data_services: Vec<String>,
    /// `cml_admin_url`, where people reach the admin GUI; by default `https://app.<domain>`.
    pub admin_url: Option<HttpUrl>,
    /// `cml_local_admin_url`: the admin GUI as the host reaches it.
    pub local_admin_url: HttpUrl,
    /// `cml_login_path`, on the API.
    pub login_path: UrlPath,
    /// `cml_admin_email`; by default `admin@<domain>`.
    pub admin_email: String,
    /// `cml_backup_cron`: when the backup runs by itself.
    pub backup_cron: CronTime,
    /// `cml_backup_keep_days`: days for which archives are kept.
    pub backup_keep_days: u32,
    /// `cml_backup_keep_min`: how many verified archives are kept however old they are; at least 1.
    pub backup_keep_min: u32,
    /// `cml_keep_releases`: how many releases' images are held on the host for a rollback; at least 2.
    pub keep_releases: u32,
}

impl Default for DeploySettings {
    fn default() -> Self {
        let command = |text: &str| OperatorCommand(text.to_owned());
        Self {
            seed_command: command("docker compose exec -T api npx prisma db seed"),
            seeded_marker: None,
            migrate_status_command: command("docker compose exec -T api npx prisma migrate status"),
            data_services: Vec::new(),
            admin_url: None,
            local_admin_url: HttpUrl("http://127.0.0.1:3000".to_owned()),
            login_path: UrlPath("/api/auth/login".to_owned()),
            admin_email: String::new(),
            backup_cron: CronTime("0 3 * * *".to_owned()),
            backup_keep_days: 30,
            backup_keep_min: 3,
            keep_releases: 5,
        }
    }
}

/// When cron runs something: five fields, or `@daily` and its like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CronTime(String);

impl CronTime {
    /// The text as it stands in a crontab.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CronTime {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let field = |f: &str| {
            f.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '*' | '/' | ',' | '-'))
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let named = ["@hourly", "@daily", "@midnight", "@weekly", "@monthly"];
        let ok = match fields.as_slice() {
            [one] => named.contains(one),
            five => five.len() == 5 && five.iter().all(|f| field(f)),
        };
        let rule = "use five fields as crontab(5) has them, such as `0 3 * * *`, or @daily";
        if ok {
            Ok(Self(fields.join(" ")))
        } else {
            Err(InvalidName::new("cron time", &text, rule))
        }
    }
}

impl From<CronTime> for String {
    fn from(time: CronTime) -> Self {
        time.0
    }
}

/// The path of an address: from its first slash on, printable, at most 200 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UrlPath(String);

impl UrlPath {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UrlPath {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let ok = text.starts_with('/')
            && !text.starts_with("//")
            && text.len() <= 200
            && text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '#' | '\\' | '"'));
        let rule = "begin with one slash and use no spaces";
        if ok { Ok(Self(text)) } else { Err(InvalidName::new("path of an address", &text, rule)) }
    }
}

impl From<UrlPath> for String {
    fn from(path: UrlPath) -> Self {
        path.0
    }
}

/// The `bunker_*` variables that apply to one instance (so that a group or a host overrides them).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InstancePolicy {
    /// Seconds of uninterrupted health that a gate asks for.
    pub min_healthy_s: u64,
    /// Seconds after which a gate gives up.
    pub healthy_deadline_s: u64,
    /// Seconds that one step may take.
    pub step_timeout_s: u64,
    /// Part of the disk in use, 0 to 1: degraded from here on.
    pub disk_warn: f64,
    /// Part of the disk in use, 0 to 1: preflight refuses from here on.
    pub disk_critical: f64,
    /// Bytes that an upgrade needs free.
    pub upgrade_free_b: u64,
    /// Backup age in seconds: degraded (yellow) from here on.
    pub backup_warn_s: u64,
    /// Backup age in seconds: red from here on.
    pub backup_critical_s: u64,
    /// Clock skew in seconds: degraded from here on.
    pub skew_warn_s: f64,
    /// Clock skew in seconds: preflight refuses from here on.
    pub skew_critical_s: f64,
    /// 95th percentile of request time in seconds: degraded from here on.
    pub p95_warn_s: f64,
    /// Part of answers that are 5xx, 0 to 1: degraded from here on.
    pub error_ratio_warn: f64,
    /// Mails waiting: degraded from here on (plan: 100).
    pub mail_queue_warn: f64,
    /// Whether a person must say why before something is changed here.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub require_why: bool,
}

impl Default for InstancePolicy {
    fn default() -> Self {
        Self {
            min_healthy_s: 10,
            healthy_deadline_s: 300,
            step_timeout_s: 1_800,
            disk_warn: 0.85,
            disk_critical: 0.95,
            upgrade_free_b: 2 * 1024 * 1024 * 1024,
            backup_warn_s: 24 * 3_600,
            backup_critical_s: 48 * 3_600,
            skew_warn_s: 2.0,
            skew_critical_s: 30.0,
            p95_warn_s: 1.0,
            error_ratio_warn: 0.02,
            mail_queue_warn: 100.0,
            require_why: false,
        }
    }
}
