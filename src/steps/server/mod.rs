//! The steps that make a bare server one on which an instance can run: the plan's role `common`.
//!
//! **Invariants:** each looks before it changes, so a second time changes nothing. What somebody installed stays. SSH is
//! let in before the firewall is switched on, and until the control machine has come in again a timer of the host takes
//! the firewall back.

use super::deploy::Site;
use super::lease;
use super::script::Script;
use crate::domain::connection::UserName;
use crate::domain::server::{FileUrl, Network, Sha256};
use crate::domain::settings::HttpUrl;

/// Looks at the system, its space, ports, clock and DNS. Changes nothing.
pub fn look(site: &Site<'_>) -> String {
    let settings = site.settings;
    let mut ports: Vec<u16> = settings.server.ufw_ports.clone();
    ports.extend(settings.local_health_url.port());
    base(site)
        .set("need_b", &settings.policy.upgrade_free_b.to_string())
        .set("domain", settings.domain.as_str())
        .list(
            "ports",
            ports.iter().map(u16::to_string).collect::<Vec<_>>().iter().map(String::as_str),
        )
        .fixed(include_str!("look.sh"))
        .text()
}

/// The packages that the program and the application need.
pub fn packages(site: &Site<'_>) -> String {
    apt(site).fixed(include_str!("packages.sh")).text()
}

/// Docker and Compose v2.
pub fn docker(site: &Site<'_>) -> String {
    let server = &site.settings.server;
    apt(site)
        .set("compose_url", server.compose_url.as_ref().map_or("", FileUrl::as_str))
        .set("compose_sha256", server.compose_sha256.as_ref().map_or("", Sha256::as_str))
        .set("mirror", server.registry_mirror.as_ref().map_or("", HttpUrl::as_str))
        .fixed(include_str!("docker.sh"))
        .text()
}

/// The login user. `login` is who the control machine comes in as.
pub fn user(site: &Site<'_>, login: Option<&UserName>) -> String {
    let user = &site.settings.server.user;
    base(site)
        .set("user", user.as_str())
        .set("login", login.unwrap_or(user).as_str())
        .fixed(include_str!("user.sh"))
        .text()
}

/// Lets SSH and people in, and nothing else.
pub fn firewall(site: &Site<'_>) -> String {
    let ports: Vec<String> = site.settings.server.ufw_ports.iter().map(u16::to_string).collect();
    apt(site)
        .list("ports", ports.iter().map(String::as_str))
        .fixed(include_str!("firewall.sh"))
        .text()
}

/// The firewall stays: the host was reached after it was switched on. Belongs into a job after that of [`firewall`].
pub fn firewall_confirm(site: &Site<'_>) -> String {
    base(site).fixed(include_str!("firewall_confirm.sh")).text()
}

/// Bans addresses that guess at SSH.
pub fn fail2ban(site: &Site<'_>) -> String {
    let ignore = site.settings.server.fail2ban_ignore.iter().map(Network::as_str);
    apt(site).list("ignore", ignore).fixed(include_str!("fail2ban.sh")).text()
}

/// Security updates by themselves.
pub fn unattended_upgrades(site: &Site<'_>) -> String {
    apt(site).fixed(include_str!("unattended.sh")).text()
}

fn base(site: &Site<'_>) -> Script {
    lease::held(site.claim, site.hold_s).fixed(include_str!("base.sh"))
}

fn apt(site: &Site<'_>) -> Script {
    base(site).fixed(include_str!("apt.sh"))
}
