//! What makes one copy of the template an instance of its own: settings, identities, times, backups.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use color_eyre::eyre::{Result, WrapErr};
use sha2::{Digest, Sha256};

use super::PaperHost;
use crate::lab::clock;

/// The text of `.env` for a domain, from the checkout's example with every secret filled in.
pub(super) fn env_file(checkout: &Path, domain: &str) -> Result<String> {
    let example = fs::read_to_string(checkout.join(".env.example"))?;
    let mut text = String::new();
    for line in example.lines() {
        let filled = match line.split_once('=') {
            Some(("DOMAIN", _)) => format!("DOMAIN={domain}"),
            Some(("INSTANCE_LABEL", _)) => format!("INSTANCE_LABEL={domain}"),
            Some((name, "")) if name.ends_with("PASSWORD") || name.ends_with("SECRET") => {
                format!("{name}={:.24}", digest(&[name, domain]))
            }
            _ => line.to_owned(),
        };
        _ = writeln!(text, "{filled}");
    }
    Ok(text)
}

/// Gives a fresh copy its own settings, container ids and times, and its backup.
pub(super) fn settle(host: &PaperHost) -> Result<()> {
    let checkout = host.checkout();
    let env = env_file(&checkout, &host.spec().domain)?;
    let file = checkout.join(".env");
    fs::write(&file, &env)?;
    for (name, file) in
        [("REDIS_PASSWORD=", "redis-password"), ("POSTGRES_PASSWORD=", "db-password")]
    {
        let value = env.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        fs::write(host.dir().join("docker").join(file), format!("{value}\n"))?;
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
    let compose = fs::read_to_string(checkout.join("docker-compose.yml"))?;
    let up_since = clock::now() - Duration::from_hours(9 * 24) - jitter(host, 3 * 86_400);
    for entry in fs::read_dir(host.dir().join("docker/containers"))? {
        let service = entry?.file_name().to_string_lossy().into_owned();
        let id = digest(&[host.name(), &service]);
        let hash = service_hash(&compose, &service, &env);
        host.set_container(
            &service,
            &[
                ("id", &id),
                ("hash", &hash),
                ("created", &seconds(up_since)),
                ("started", &seconds(up_since)),
                ("finished", &if service == "init" { seconds(up_since) } else { "0".to_owned() }),
            ],
        )?;
    }
    fs::create_dir_all(checkout.join("backups"))?;
    if let Some(age) = host.spec().backup_age {
        backup(&checkout, clock::now() - age)?;
    }
    Ok(())
}

/// An archive of some megabytes (sparse) with its age.
fn backup(checkout: &Path, at: SystemTime) -> Result<()> {
    let when = jiff::Timestamp::try_from(at)?.strftime("%Y%m%d-%H%M%S").to_string();
    let file = checkout.join(format!("backups/changemaker-{when}.tar.gz"));
    let archive = fs::File::create(&file)?;
    archive.set_permissions(fs::Permissions::from_mode(0o600))?;
    archive.set_len(48_300_000)?;
    archive.set_modified(at).wrap_err("cannot date a backup")
}

impl PaperHost {
    /// Changes fields (without their `c_`) of what the docker stand-in knows of a container.
    pub fn set_container(&self, service: &str, fields: &[(&str, &String)]) -> Result<()> {
        let file = self.dir().join("docker/containers").join(service);
        let old = fs::read_to_string(&file)
            .wrap_err_with(|| format!("{} has no container {service}", self.name()))?;
        let mut all: BTreeMap<&str, &str> = old.lines().filter_map(|l| l.split_once('=')).collect();
        let names: Vec<String> = fields.iter().map(|(name, _)| format!("c_{name}")).collect();
        for (name, (_, value)) in names.iter().zip(fields) {
            all.insert(name, value);
        }
        let mut text = String::new();
        for (name, value) in all {
            _ = writeln!(text, "{name}={value}");
        }
        let next = self.dir().join("docker").join(format!("{service}.next"));
        fs::write(&next, text)?;
        Ok(fs::rename(next, file)?)
    }

    /// Lets the API crash, `ago` from now in the past: exited (1) after some restarts.
    pub fn crash_api(&self, ago: Duration) -> Result<()> {
        let at = seconds(clock::now() - ago);
        self.set_container(
            "api",
            &[
                ("state", &"exited".to_owned()),
                ("exit", &"1".to_owned()),
                ("restarts", &"3".to_owned()),
                ("behaviour", &"crashed".to_owned()),
                ("finished", &at),
            ],
        )
    }
}

/// The hash that the docker stand-in works out for a service (`docker.d/project.sh`).
fn service_hash(compose: &str, service: &str, env: &str) -> String {
    let block = block(compose, service);
    let mut text = format!("{}\n", block.trim_end());
    if block.contains("env_file") {
        text += env;
    }
    for rest in block.split("${").skip(1) {
        let word = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
        let name = format!("{}=", word.unwrap_or_default());
        for line in env.lines().filter(|line| line.starts_with(&name)) {
            _ = writeln!(text, "{line}");
        }
    }
    digest(&[&text])
}

/// The lines of one service in a compose file, without comments and empty lines.
fn block(compose: &str, service: &str) -> String {
    let (mut inside, mut mine) = (false, false);
    let mut block = String::new();
    for line in compose.lines() {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if indent == 0 {
            inside = line.starts_with("services:");
            mine = false;
        } else if indent == 2 {
            mine = text.trim_end().trim_end_matches(':') == service;
        }
        if inside && mine {
            _ = writeln!(block, "{line}");
        }
    }
    block
}

fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    })
}

fn jitter(host: &PaperHost, most_s: u64) -> Duration {
    let number = u64::from_str_radix(&format!("{:.8}", digest(&[host.name()])), 16).unwrap_or(0);
    Duration::from_secs(number % most_s)
}

fn seconds(at: SystemTime) -> String {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().to_string()
}
