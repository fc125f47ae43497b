//! What a deployment looks at in the end, each a line of its result. None of it changes anything.

use super::super::{lease, migrate::in_new_image};
use super::{Site, crontab};
use crate::domain::git::CommitSha;
use crate::domain::secret::{Encoding, Part, SecretName};
use crate::domain::untrusted::Safe;

/// All services run, and go on doing so.
pub fn containers(site: &Site<'_>) -> String {
    let settings = site.settings;
    site.stack()
        .list("expected", settings.expected_services.iter().map(String::as_str))
        .set("healthy_s", &settings.policy.min_healthy_s.to_string())
        .fixed(include_str!("check_containers.sh"))
        .text()
}

/// The API answers on the host, with the commit that was deployed where it names one.
pub fn api(site: &Site<'_>, sha: Option<&CommitSha>) -> String {
    http(site)
        .set("health_url", site.settings.local_health_url.as_str())
        .set("sha", sha.map_or("", CommitSha::as_str))
        .fixed(include_str!("check_api.sh"))
        .text()
}

/// The admin GUI answers with a page.
pub fn admin(site: &Site<'_>) -> String {
    http(site)
        .set("admin_url", site.settings.deploy.local_admin_url.as_str())
        .fixed(include_str!("check_admin.sh"))
        .text()
}

/// The administrator can log in. The step gets its request as the input `login`: [`login_body`].
pub fn login(site: &Site<'_>) -> String {
    let deploy = &site.settings.deploy;
    let url = format!("{}{}", site.settings.local_health_url.origin(), deploy.login_path.as_str());
    http(site)
        .set("login_url", &url)
        .set("email", Safe::line(&deploy.admin_email).as_str())
        .fixed(include_str!("check_login.sh"))
        .text()
}

/// The request of a login, with a hole for the password. The e-mail address needs no escapes, by its own rule.
pub fn login_body(email: &str, password: SecretName) -> Vec<Part> {
    vec![
        Part::Text(format!("{{\"email\":\"{email}\",\"password\":\"")),
        Part::Secret { name: password, encoding: Encoding::Json },
        Part::Text("\"}".to_owned()),
    ]
}

/// No migration is pending or failed.
pub fn migrations(site: &Site<'_>) -> String {
    site.keeping()
        .set("status_command", &in_new_image(&site.settings.deploy.migrate_status_command))
        .fixed(include_str!("check_migrations.sh"))
        .text()
}

/// The backup stands in the crontab.
pub fn cron_line(site: &Site<'_>) -> String {
    crontab(site).fixed(include_str!("cron_check.sh")).text()
}

/// The firewall is on and lets in what it should. `ports` are those of TCP. A server without a checkout has one too.
pub fn ufw(site: &Site<'_>, ports: &[u16]) -> String {
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    lease::held(site.claim, site.hold_s)
        .list("ports", ports.iter().map(String::as_str))
        .fixed(include_str!("check_ufw.sh"))
        .text()
}

/// fail2ban runs and watches SSH.
pub fn fail2ban(site: &Site<'_>) -> String {
    lease::held(site.claim, site.hold_s).fixed(include_str!("check_fail2ban.sh")).text()
}

/// Whether the addresses for people answer, as seen from the host.
pub fn public(site: &Site<'_>) -> String {
    let health = Some(&site.settings.health_url);
    let urls = health.into_iter().chain(site.settings.deploy.admin_url.as_ref());
    http(site)
        .list("public", urls.map(crate::domain::settings::HttpUrl::as_str))
        .fixed(include_str!("check_public.sh"))
        .text()
}

fn http(site: &Site<'_>) -> super::Script {
    let deadline = site.settings.policy.healthy_deadline_s.to_string();
    site.keeping().set("deadline_s", &deadline).fixed(include_str!("http.sh"))
}
