//! `cml_*` that the first deployment and its checks need.

use super::instance::{NAME_RULE, command, name, url};
use super::reader::Reader;
use crate::domain::ids::{Domain, InvalidName};
use crate::domain::paths::RemotePath;
use crate::domain::settings::{CronTime, DeploySettings, UrlPath};

/// The longest time for which archives are kept: ten years.
const MOST_DAYS: u64 = 3_650;

/// The settings; what cannot be used was said by the reader.
pub(super) fn deploy(r: &mut Reader<'_>, domain: Option<&Domain>) -> DeploySettings {
    let usual = DeploySettings::default();
    let public = domain.map(|d| format!("https://app.{d}"));
    let mail = domain.map(|d| format!("admin@{d}")).unwrap_or_default();
    DeploySettings {
        seed_command: command(r, "cml_seed_command", usual.seed_command.as_str())
            .unwrap_or(usual.seed_command),
        seeded_marker: r.parse::<RemotePath>("cml_seeded_marker"),
        migrate_status_command: command(
            r,
            "cml_migrate_status_command",
            usual.migrate_status_command.as_str(),
        )
        .unwrap_or(usual.migrate_status_command),
        data_services: r.list("cml_data_services", NAME_RULE, name).unwrap_or_default(),
        admin_url: url(r, "cml_admin_url", public),
        local_admin_url: url(r, "cml_local_admin_url", None).unwrap_or(usual.local_admin_url),
        login_path: r
            .check("cml_login_path", |text| UrlPath::try_from(text.to_owned()))
            .unwrap_or(usual.login_path),
        admin_email: r.check("cml_admin_email", address).unwrap_or(mail),
        backup_cron: r
            .check("cml_backup_cron", |text| CronTime::try_from(text.to_owned()))
            .unwrap_or(usual.backup_cron),
        backup_keep_days: r
            .whole("cml_backup_keep_days", (1, MOST_DAYS))
            .and_then(|days| u32::try_from(days).ok())
            .unwrap_or(usual.backup_keep_days),
        backup_keep_min: r
            .whole("cml_backup_keep_min", (1, 1_000))
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(usual.backup_keep_min),
        keep_releases: r
            .whole("cml_keep_releases", (2, 100))
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(usual.keep_releases),
    }
}

/// An e-mail address, as far as it has to be one: it stands in JSON without escapes.
fn address(text: &str) -> Result<String, InvalidName> {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '\'');
    let ok = text.len() <= 254
        && text.chars().all(plain)
        && text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    let rule = "use name@example.org";
    if ok { Ok(text.to_owned()) } else { Err(InvalidName::new("e-mail address", text, rule)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_paths_and_addresses_follow_their_rules() {
        let cron = |text: &str| CronTime::try_from(text.to_owned());
        assert_eq!(cron(" 0  3 * * * ").unwrap().as_str(), "0 3 * * *");
        for good in ["*/15 1-5 1,15 JAN mon", "@daily"] {
            assert!(cron(good).is_ok(), "{good}");
        }
        for bad in ["", "0 3 * *", "@reboot", "0 3 * * * rm", "0 3 * * $(id)", "0 3 * * %"] {
            assert!(cron(bad).is_err(), "{bad}");
        }
        for (path, ok) in [("/api/auth/login", true), ("login", false), ("//h/x", false)] {
            assert_eq!(UrlPath::try_from(path.to_owned()).is_ok(), ok, "{path}");
        }
        assert!(address("a@example.org").is_ok());
        for bad in ["a", "@b", "a@", "a b@c", "a\"@c", "a'@c"] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
