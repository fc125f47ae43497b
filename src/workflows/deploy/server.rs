//! The steps for the server itself, which the plan calls the role `common`.

use super::phases::{Offered, does, looks};
use crate::domain::connection::UserName;
use crate::domain::plan::Tag;
use crate::steps::deploy::Site;
use crate::steps::server;

/// The step that a second job begins with.
pub(super) const CONFIRM: &str = "firewall-confirm";
const COMMON: &[Tag] = &[Tag::Common];

/// All of them, in order. `short` and `long` are the host with what such steps may take, in seconds `short_s` and
/// `long_s`; `login` is who the control machine comes in as.
pub(super) fn offered(
    short: &Site<'_>,
    long: &Site<'_>,
    (short_s, long_s): (u64, u64),
    login: Option<&UserName>,
) -> Vec<Offered> {
    let settings = &short.settings.server;
    let ports: Vec<String> = settings.ufw_ports.iter().map(u16::to_string).collect();
    let firewall = format!("lets SSH in, then {}, and nothing else", ports.join(", "));
    let user = format!("{} may log in, use sudo and Docker", settings.user);
    let mut all = vec![
        looks("server", "server", short_s, server::look(short), COMMON),
        does(
            "packages",
            "packages",
            long_s,
            server::packages(long),
            "installs the packages that are missing",
            COMMON,
        ),
        does(
            "docker",
            "Docker",
            long_s,
            server::docker(long),
            "installs Docker and Compose v2 where they are missing",
            COMMON,
        ),
        does("user", "login user", short_s, server::user(short, login), &user, COMMON),
    ];
    if settings.unattended_upgrades {
        all.push(does(
            "unattended-upgrades",
            "security updates",
            long_s,
            server::unattended_upgrades(long),
            "lets the server install security updates by itself",
            COMMON,
        ));
    }
    all.extend([
        does(
            "fail2ban",
            "fail2ban on",
            long_s,
            server::fail2ban(long),
            "bans addresses that guess at SSH",
            COMMON,
        ),
        does("firewall", "firewall", long_s, server::firewall(long), &firewall, COMMON),
        confirms(looks(
            CONFIRM,
            "firewall stays",
            short_s,
            server::firewall_confirm(short),
            COMMON,
        )),
    ]);
    all
}

/// Only a new login shows that the firewall lets one in.
fn confirms(mut offered: Offered) -> Offered {
    offered.step.step.new_login = true;
    offered
}
